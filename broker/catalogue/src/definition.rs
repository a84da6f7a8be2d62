//! A return type: what agencies send, how it is checked, when it is due and where it goes.

use std::ops::Range;
use std::sync::Arc;

use concordat_core::agency::Kind;
use concordat_core::calendar::DueRule;
use concordat_core::finding::Severity;
use concordat_core::ids::{AreaCode, Digest, PurposeId, ReturnTypeId, RuleId};
use concordat_core::period::Frequency;
use concordat_core::table::FieldClass;
use jiff::civil::Date;

use crate::bulk;
use crate::codes::CodeList;
use crate::kind::FieldKind;
use crate::rule::Compiled;

/// The name of a return type's table where it has one only.
pub const MAIN: &str = "main";

/// What sort of return it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// Figures over many.
    Aggregate,
    /// One event, by its own id.
    Event,
    /// Many rows about persons.
    Bulk,
}

impl TypeKind {
    /// Every kind.
    pub const ALL: [TypeKind; 3] = [TypeKind::Aggregate, TypeKind::Event, TypeKind::Bulk];

    /// The word used in files and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            TypeKind::Aggregate => "aggregate",
            TypeKind::Event => "event",
            TypeKind::Bulk => "bulk",
        }
    }
}

/// Which agencies of a kind a return goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AreaMatch {
    /// All of them.
    Any,
    /// Those that answer for at least one of the return's areas.
    Shared,
    /// Those that the return itself names in the type's agency fields.
    Named,
}

/// One sort of recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecipientRule {
    /// The kind of agency.
    pub kind: Kind,
    /// Which of them.
    pub areas: AreaMatch,
}

/// When an event's own notice is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDue {
    /// The field, a date or a date and time, from which it counts.
    pub field: String,
    /// The rule.
    pub rule: DueRule,
}

/// One field: a column of the return's table.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name: the column's heading.
    pub name: String,
    /// What it means, for people.
    pub title: String,
    /// Its kind.
    pub kind: FieldKind,
    /// What sort of thing it tells.
    pub class: FieldClass,
    /// Whether its cells may not be blank.
    pub required: bool,
    /// The codes it may hold, where it is coded; for a period, the words it may say besides.
    pub codes: Option<Arc<CodeList>>,
    /// Other headings accepted in a file.
    pub aliases: Vec<String>,
    /// The longest text, in characters.
    pub max: Option<usize>,
    /// The smallest number.
    pub min: Option<i64>,
    /// A note for whoever fills it in.
    pub note: Option<String>,
    /// For a return that several owners fill, the kind of agency whose part it is; the other parts leave it blank.
    pub part: Option<Kind>,
    /// Whether it is a measure of the twelve months that end with the period.
    pub rolling: bool,
    /// For such a measure, the fields that it counts back over in earlier periods.
    pub looks_back: Vec<String>,
    /// Whether its figures were published, so that a cell may say that one is suppressed.
    pub published: bool,
    /// For a `by_code` field: the position of the field whose code says the kind.
    pub(crate) by: Option<Vec<FieldKind>>,
    /// The position of the field that `by` or `limits` speaks of.
    pub(crate) partner: Option<usize>,
    /// Per code of this field, the codes of the partner that go with it; empty means any.
    pub(crate) limits: Option<Vec<Vec<u16>>>,
    /// Whether every cell must be the header's period.
    pub(crate) is_period: bool,
}

impl Field {
    /// Whether it is a count of people or cases, which is suppressed where it is small.
    #[must_use]
    pub fn is_count(&self) -> bool {
        self.class == FieldClass::Aggregate
            && matches!(
                self.kind,
                FieldKind::Count | FieldKind::SnapshotCount | FieldKind::Int | FieldKind::ByCode
            )
    }

    /// Whether it is a percentage, rate or average made from counts, which is suppressed beside them.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        matches!(self.kind, FieldKind::Percent | FieldKind::Number | FieldKind::Quantity)
    }

    /// A field of a kind with nothing else said of it.
    #[cfg(test)]
    pub(crate) fn plain(name: &str, kind: FieldKind) -> Self {
        Self {
            name: name.into(),
            title: String::new(),
            kind,
            class: FieldClass::Aggregate,
            required: false,
            codes: None,
            aliases: vec![],
            max: None,
            min: None,
            note: None,
            part: None,
            rolling: false,
            looks_back: vec![],
            published: false,
            by: None,
            partner: None,
            limits: None,
            is_period: false,
        }
    }
}

/// How a table with one figure per row is read: which fields say what the figure is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Long {
    /// The position of the field that says the area.
    pub area: usize,
    /// Of the indicator.
    pub indicator: usize,
    /// Of the period.
    pub period: usize,
    /// Of the unit.
    pub unit: usize,
    /// Of the figure.
    pub value: usize,
    /// The areas that others make up.
    pub area_sums: Vec<AreaSum>,
}

/// An area whose counts are those of others together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaSum {
    /// The area, as the table calls it.
    pub area: String,
    /// The areas that make it up.
    pub parts: Vec<String>,
}

/// How the files of who publishes figures are laid out: one row per area and period, one column per figure. Of such a
/// file each figure of the return's areas and period becomes a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The rows that are read: the column, and what it says there.
    pub level: (String, String),
    /// The column of the area's code, the areas that are read, and the position of the field it becomes.
    pub area: (String, Vec<AreaCode>, usize),
    /// The column of the period, the column that says what sort of period, and the position of the field it becomes.
    pub period: (String, String, usize),
    /// What may stand in the second of these for a financial year, or for the year that ends with March.
    pub years: Vec<String>,
    /// The position of the field that says which figure it is.
    pub indicator: usize,
    /// The position of the field of the figure.
    pub value: usize,
    /// The figures.
    pub figures: Vec<PublishedFigure>,
}

/// A column of a published file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFigure {
    /// The indicator that it becomes.
    pub indicator: String,
    /// Its heading.
    pub column: String,
    /// The rows that speak of it, where not all do: the column, and what it says there.
    pub only: Option<(String, String)>,
}

/// A table of a return.
#[derive(Debug, Clone)]
pub struct TableDef {
    /// Its name.
    pub name: String,
    /// What it holds, for people.
    pub title: String,
    /// Which of the type's fields are its columns.
    pub fields: Range<usize>,
    /// The positions of the fields that together name a row: no two rows agree in all of them.
    pub key: Vec<usize>,
    /// How many rows it may have.
    pub max_rows: usize,
    /// For a table of one figure per row, how it is read.
    pub long: Option<Long>,
    /// For one table of several, where it comes from and how its rows belong to others'.
    pub(crate) place: Option<bulk::Place>,
}

impl TableDef {
    /// The name of its CSV file, or its sheet, without an ending; none where it is the only table or comes as XML.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.place.as_ref()?.files.first().map(String::as_str)
    }
}

/// What of a return is accepted, or refused, as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// The return.
    Whole,
    /// Each record of a return of several tables: the rows of all of them that belong to one child.
    Record {
        /// The table with a row for each record.
        table: usize,
        /// Its field that names the record.
        field: usize,
    },
    /// Each event: a file may hold several, which are sent one by one.
    Event,
}

impl Acceptance {
    /// Whether a return may be accepted in part.
    #[must_use]
    pub fn is_in_part(self) -> bool {
        matches!(self, Acceptance::Record { .. })
    }
}

/// Over what a rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One row.
    Row,
    /// The figures of one area and period.
    Table,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// What it means when the rule does not hold.
    pub severity: Severity,
    /// Over what it looks.
    pub scope: Scope,
    /// The expression that must hold.
    pub check: String,
    /// What is wrong and what to do when it does not, in plain words.
    pub words: String,
    /// The column to look at.
    pub column: Option<String>,
    pub(crate) additive: bool,
    pub(crate) compiled: Compiled,
}

impl Rule {
    /// Whether only the broker can check it: it looks at the return before, or counts working days.
    #[must_use]
    pub fn needs_broker(&self) -> bool {
        self.compiled.previous || self.compiled.calendar
    }
}

/// Parts that add up to a total. Suppression must not leave one part to be found by subtraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Additive {
    /// The rule that checks it.
    pub id: RuleId,
    /// The field, or the indicator, that holds the total.
    pub total: String,
    /// The fields, or the indicators, that hold the parts.
    pub parts: Vec<String>,
}

/// A return type, as one file of the catalogue declares it.
#[derive(Debug, Clone)]
pub struct ReturnType {
    /// Its id.
    pub id: ReturnTypeId,
    /// The number of this version.
    pub version: u32,
    /// Its title.
    pub title: String,
    /// What sort of return it is.
    pub kind: TypeKind,
    /// Whether its content is about persons.
    pub person_level: bool,
    /// The kinds of agency that owe or send it.
    pub owners: Vec<Kind>,
    /// How often.
    pub frequency: Frequency,
    /// When it is due after the end of its period.
    pub due: Option<DueRule>,
    /// When the notice of an event is due.
    pub event_due: Option<EventDue>,
    /// Whom it goes to.
    pub recipients: Vec<RecipientRule>,
    /// What it may be used for.
    pub purpose: PurposeId,
    /// Whether "there was nothing" is an answer.
    pub nil: bool,
    /// What of it is accepted, or refused, as one.
    pub acceptance: Acceptance,
    /// How long a recipient has to collect it before its sender is told.
    pub collect_within: DueRule,
    /// The first day on which this version is in force.
    pub from: Date,
    /// The last such day, where there is one.
    pub until: Option<Date>,
    /// Its fields, in the order of the file; where there are several tables, those of one after another.
    pub fields: Vec<Field>,
    /// Its tables.
    pub tables: Vec<TableDef>,
    /// Its rules; those of the additive groups stand at the end.
    pub rules: Vec<Rule>,
    /// Its additive groups.
    pub additive: Vec<Additive>,
    /// Columns that a file may have and that never leave the client.
    pub ignored_columns: Vec<String>,
    /// How the files of who publishes its figures are laid out, which are read too.
    pub published: Option<Published>,
    /// The fields whose areas are the return's areas.
    pub area_fields: Vec<String>,
    /// The fields that name agencies to which the return goes.
    pub agency_fields: Vec<String>,
    /// The field that holds an event's id.
    pub event_id: Option<String>,
    /// What it is for, in plain words.
    pub why: String,
    /// On what basis it is shared, in plain words.
    pub lawful: String,
    /// Where the definition comes from.
    pub source: String,
    /// The text of its file.
    pub text: Arc<str>,
    /// SHA-256 of the bytes of its file, followed by those of the code lists that it names, in order of name.
    pub digest: Digest,
    /// For a table of one figure per row: per indicator, the rules that speak of it.
    pub(crate) by_indicator: Vec<Vec<u16>>,
    /// For a type of several tables: its rules, compiled to evaluate columns.
    pub(crate) bulk: Option<Arc<bulk::Plan>>,
}

/// The most events that one file may hold, where its type lets it hold several: each is checked, sealed, recorded
/// and proved by itself, and a thousand take a minute or so.
pub const MOST_EVENTS: usize = 1_000;

impl ReturnType {
    /// How many rows a file of a type of one table may have: those of one return, or several events.
    #[must_use]
    pub fn most_rows_of_a_file(&self) -> usize {
        match self.acceptance {
            Acceptance::Event => MOST_EVENTS,
            Acceptance::Whole | Acceptance::Record { .. } => {
                self.tables.first().map_or(0, |def| def.max_rows)
            }
        }
    }

    /// The position of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Whether its returns have several tables, each with columns and rules of its own.
    #[must_use]
    pub fn has_several_tables(&self) -> bool {
        self.bulk.is_some()
    }

    /// Whether a return can be checked as it comes: it has several tables, and neither where it goes, which areas it is
    /// for nor which part it is stands in them.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        let said_in_rows = !self.area_fields.is_empty() || !self.agency_fields.is_empty();
        self.has_several_tables() && !said_in_rows && self.parts().is_empty()
    }

    /// Whether its returns come as one XML file.
    #[must_use]
    pub fn is_xml(&self) -> bool {
        self.bulk.as_ref().is_some_and(|plan| plan.schema.is_some())
    }

    /// The columns of one of its tables.
    #[must_use]
    pub fn columns(&self, table: &TableDef) -> &[Field] {
        self.fields.get(table.fields.clone()).unwrap_or(&[])
    }

    /// The name of its table, or of the first of several.
    pub(crate) fn first_table(&self) -> &str {
        self.tables.first().map_or(MAIN, |def| def.name.as_str())
    }

    /// One of its several tables as a type of its own, to read a sheet by: a column is required there if every
    /// file of the table must have it. It has no rules.
    #[must_use]
    pub fn alone(&self, table: usize) -> Option<ReturnType> {
        let def = self.tables.get(table)?;
        let optional = def.place.as_ref().map_or(&[][..], |place| place.optional.as_slice());
        let needed = def.fields.clone().map(|at| !optional.contains(&at));
        let fields = self.columns(def).iter().cloned().zip(needed);
        Some(ReturnType {
            fields: fields.map(|(field, required)| Field { required, ..field }).collect(),
            tables: vec![TableDef { fields: 0..def.fields.len(), key: Vec::new(), ..def.clone() }],
            rules: Vec::new(),
            additive: Vec::new(),
            bulk: None,
            ..self.clone()
        })
    }

    /// Whether this version is in force on a day.
    #[must_use]
    pub fn in_force(&self, on: Date) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }

    /// The parts of a return that several owners fill, each named after the kind of agency that fills it, in the
    /// order of the fields. Empty for a return that is sent whole.
    #[must_use]
    pub fn parts(&self) -> Vec<Kind> {
        let mut parts = Vec::new();
        for part in self.fields.iter().filter_map(|field| field.part) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts
    }

    /// Whether it has a measure of the twelve months that end with its period.
    #[must_use]
    pub fn is_rolling(&self) -> bool {
        self.fields.iter().any(|field| field.rolling)
    }

    /// Whether any rule needs the return before this one, which only the broker holds.
    #[must_use]
    pub fn needs_previous(&self) -> bool {
        self.rules.iter().any(|rule| rule.compiled.previous)
    }
}
