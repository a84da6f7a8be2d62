//! The tables of a return that has several: `[[table]]`, each with its fields and rules.

use std::ops::Range;

use concordat_core::ids::RuleId;
use concordat_core::table::FieldClass;

use crate::bulk::{Compiling, Place, Role, Schema, Stage, WORDS, compile, plan};
use crate::definition::{Acceptance, Field, Rule, Scope, TableDef, TypeKind};
use crate::kind::{FieldKind, Sort};
use crate::rule::{Compiled, named};

use super::fields::{self, About};
use super::header::Content;
use super::rules::{SEVERITIES, add};
use super::section::Section;
use super::{Read, acceptance};

const KEYS: [&str; 16] = [
    "name",
    "title",
    "files",
    "optional_columns",
    "path",
    "recognise",
    "child",
    "parent",
    "order",
    "single",
    "required",
    "key",
    "max_rows",
    "field",
    "rule",
    "says_period",
];

/// The most rows of one table.
const MOST_ROWS: usize = 5_000_000;

/// What a type of several tables may not say of itself as a whole.
const NOT_HERE: [&str; 8] = ["field", "rule", "additive", "long", "key", "max_rows", "event_due", "event_id"];

/// Whether a name may be that of a field or a table: as the files have it.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !WORDS.contains(&name)
}

/// Reads every table, then every rule, which may speak of any of them; and the code lists that they use.
pub(super) fn read(
    root: &Section<'_, '_>,
    kind: Option<TypeKind>,
    about: About<'_>,
) -> (Read<Content>, Vec<String>) {
    if kind.is_some_and(|kind| kind != TypeKind::Bulk) {
        root.complain("table", "only a bulk type has several tables".to_owned());
    }
    for key in NOT_HERE.into_iter().filter(|key| root.has(key)) {
        root.complain(key, format!("a type with [[table]] has no `{key}` of its own: its tables have"));
    }
    let about = About { is_name, more: &["path"], ..about };
    let mut used = Vec::new();
    let mut work = Work { fields: Vec::new(), tables: Vec::new(), paths: Vec::new() };
    let sections = root.sections("table");
    for section in &sections {
        section.only(&KEYS);
        work.table(section, &about, &mut used);
    }
    let content =
        (work.tables.len() == sections.len()).then(|| work.content(root, &sections, &about, &mut used));
    used.sort();
    used.dedup();
    (content.flatten(), used)
}

struct Work {
    fields: Vec<Field>,
    tables: Vec<TableDef>,
    /// Per field, the elements from its table's row to it.
    paths: Vec<Vec<String>>,
}

impl Work {
    fn table(&mut self, section: &Section<'_, '_>, about: &About<'_>, used: &mut Vec<String>) -> Option<()> {
        let name = section.string("name")?;
        if !is_name(&name) || self.tables.iter().any(|other| other.name == name) {
            section.complain("name", format!("`{name}` cannot be a table's name, or is one already"));
        }
        let title = section.string("title");
        let (fields, mut lists) = fields::read(section, about);
        used.append(&mut lists);
        let range = self.fields.len()..self.fields.len() + fields.len();
        for (field, part) in fields.iter().zip(section.sections("field")) {
            if field.partner.is_some() || field.class == FieldClass::FreeText || field.is_period {
                part.complain(
                    "name",
                    format!("`{}`: by, limits, is_period and free text have no place here", field.name),
                );
            }
            let path = if part.has("path") { part.string_if("path") } else { Some(field.name.clone()) };
            self.paths.push(path.unwrap_or_default().split('/').map(str::to_owned).collect());
        }
        self.fields.extend(fields);
        let place = self.place(section, &range);
        let key = section
            .strings("key")?
            .iter()
            .filter_map(|name| self.field(section, "key", name, &range))
            .collect();
        let max_rows = match section.has("max_rows").then(|| section.integer::<usize>("max_rows")) {
            None => MOST_ROWS,
            Some(Some(rows)) if (1..=MOST_ROWS).contains(&rows) => rows,
            Some(_) => {
                section.complain("max_rows", format!("`max_rows` is 1 to {MOST_ROWS}"));
                MOST_ROWS
            }
        };
        self.tables.push(TableDef {
            name,
            title: title?,
            fields: range,
            key,
            max_rows,
            long: None,
            place: Some(place?),
        });
        Some(())
    }

    fn place(&self, section: &Section<'_, '_>, range: &Range<usize>) -> Read<Place> {
        let named = |key: &str, sort: Sort| {
            let name = section.has(key).then(|| section.string_if(key)).flatten()?;
            let at = self.field(section, key, &name, range)?;
            if self.fields.get(at).is_some_and(|field| field.kind.row().sort != sort) {
                section.complain(key, format!("`{name}` is of another kind than `{key}` needs"));
            }
            Some(at)
        };
        let path = if section.has("path") { section.string_if("path")? } else { String::new() };
        let files: Vec<String> = section.strings("files")?.iter().map(|name| name.to_lowercase()).collect();
        if path.is_empty() == files.is_empty() {
            section.complain(
                "files",
                "a table says `files` (names without .csv) or `path` (elements from the root)".to_owned(),
            );
        }
        let parent = match section.has("parent").then(|| section.section("parent")).flatten() {
            None => None,
            Some(parent) => {
                parent.only(&["table", "field"]);
                let (table, field) = (parent.string("table")?, parent.string("field")?);
                let Some(above) = self.tables.iter().position(|other| other.name == table) else {
                    parent.complain("table", format!("there is no table `{table}` above this one"));
                    return None;
                };
                let at = self.field(&parent, "field", &field, range)?;
                if self.fields.get(at).is_none_or(|field| field.kind != FieldKind::Count) {
                    parent.complain("field", format!("`{field}` counts rows: its kind is `count`"));
                }
                Some((above, at))
            }
        };
        let optional = section.strings("optional_columns")?;
        Some(Place {
            files,
            path: path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            child: named("child", Sort::Text),
            parent,
            order: named("order", Sort::Date),
            says_period: named("says_period", Sort::Date),
            single: section.boolean("single", Some(false))?,
            required: section.boolean("required", Some(false))?,
            optional: optional
                .iter()
                .filter_map(|name| self.field(section, "optional_columns", name, range))
                .collect(),
        })
    }

    fn field(&self, section: &Section<'_, '_>, key: &str, name: &str, range: &Range<usize>) -> Option<usize> {
        let found = range.clone().find(|at| self.fields.get(*at).is_some_and(|field| field.name == name));
        if found.is_none() {
            section.complain(key, format!("there is no field `{name}` in this table"));
        }
        found
    }

    fn content(
        self,
        root: &Section<'_, '_>,
        sections: &[Section<'_, '_>],
        about: &About<'_>,
        used: &mut Vec<String>,
    ) -> Read<Content> {
        let (mut rules, mut programs, mut spoken_for) = (Vec::<Rule>::new(), Vec::new(), Vec::new());
        for (table, section) in sections.iter().enumerate() {
            for section in section.sections("rule") {
                section.only(&["id", "severity", "over", "check", "words", "column"]);
                let over_last = section.has("over") && section.word("over", &[("last", ())]).is_some();
                let (fields, tables) = (&self.fields, &self.tables);
                let stage = Stage { fields, tables, table, lists: about.lists, over_last };
                let Some((rule, mut outcome)) = one(&section, rules.len(), &stage) else { continue };
                add(&mut rules, rule, &section);
                used.append(&mut outcome.lists);
                spoken_for.append(&mut outcome.spoken_for);
                programs.push(outcome.program);
            }
        }
        let schema = self.schema(sections)?;
        let area_fields = root.strings("area_fields")?;
        if !area_fields.is_empty() {
            root.complain(
                "area_fields",
                "a type with several tables is sent for the areas that its header names".to_owned(),
            );
        }
        let places = self.tables.iter().filter_map(|table| table.place.as_ref());
        let linking = places.flat_map(|place| [place.child, place.order, place.parent.map(|(_, at)| at)]);
        let keys = self.tables.iter().flat_map(|table| table.key.iter().copied());
        let acceptance = acceptance::of_tables(root, &self.fields, &self.tables)?;
        let naming = if let Acceptance::Record { field, .. } = acceptance { Some(field) } else { None };
        let kept: Vec<usize> = linking.flatten().chain(keys).chain(naming).collect();
        let bulk = plan(&self.fields, &self.tables, programs, &kept, &spoken_for, schema);
        Some(Content {
            fields: self.fields,
            tables: self.tables,
            rules,
            additive: Vec::new(),
            event_due: None,
            area_fields,
            agency_fields: Vec::new(),
            event_id: None,
            by_indicator: Vec::new(),
            bulk: Some(bulk),
            acceptance,
        })
    }

    // the elements of the message, where the tables are elements
    fn schema(&self, sections: &[Section<'_, '_>]) -> Read<Option<Schema>> {
        let place = |table: &TableDef| table.place.clone().unwrap_or_default();
        let roots: Vec<Option<String>> =
            self.tables.iter().map(|table| place(table).path.first().cloned()).collect();
        let Some(root) = roots.iter().flatten().next() else { return Some(None) };
        let mut schema = Schema::new(root);
        for (at, (table, section)) in self.tables.iter().zip(sections).enumerate() {
            let place = place(table);
            let told =
                |outcome: Result<usize, String>| outcome.map_err(|why| section.complain("path", why)).ok();
            if roots.get(at).and_then(Option::as_ref) != Some(root) || place.path.len() < 2 {
                section.complain("path", format!("every table's path begins with `{root}/`"));
                return None;
            }
            let from = told(schema.add(0, place.path.get(1..).unwrap_or(&[]), Role::Row(at)))?;
            for (column, (field, path)) in self
                .fields
                .iter()
                .zip(&self.paths)
                .skip(table.fields.start)
                .take(table.fields.len())
                .enumerate()
            {
                if place.parent.is_some_and(|(_, link)| link == table.fields.start + column) {
                    continue;
                }
                // the text of the row's own element
                if path.first().is_some_and(|first| first == ".") {
                    schema.line(from, at, column);
                    continue;
                }
                let many = field.kind == FieldKind::Set;
                let role = Role::Cell { table: at, column, many };
                told(schema.add(from, path, role))?;
                for alias in &field.aliases {
                    let mut path = path.clone();
                    if let Some(last) = path.last_mut() {
                        last.clone_from(alias);
                    }
                    told(schema.add(from, &path, role))?;
                }
            }
            if section.has("recognise") {
                let name = section.string_if("recognise")?;
                let column = self.field(section, "recognise", &name, &table.fields)? - table.fields.start;
                schema.recognise = Some((at, column));
            }
        }
        Some(Some(schema))
    }
}

fn one(section: &Section<'_, '_>, at: usize, stage: &Stage<'_>) -> Read<(Rule, Compiling)> {
    let id: Option<RuleId> = section.parsed("id");
    let severity = section.word("severity", &SEVERITIES);
    let words = section.string("words");
    let check = section.string("check")?;
    let id = id?;
    let outcome = match compile(&check, at, stage) {
        Ok(outcome) => Some(outcome),
        Err(faults) => {
            faults.iter().for_each(|fault| section.complain("check", named(&id, fault)));
            None
        }
    }?;
    let columns = stage.tables.get(stage.table).map(|table| table.fields.clone()).unwrap_or_default();
    let name_of = |at: usize| stage.fields.get(at).map(|field| field.name.clone());
    let column = if section.has("column") {
        let column = section.string_if("column")?;
        if !columns.clone().any(|at| name_of(at).as_deref() == Some(column.as_str())) {
            section.complain("column", named(&id, &format!("there is no field `{column}` in this table")));
        }
        Some(column)
    } else {
        let mut read = outcome.program.cells.iter().map(|cell| usize::from(cell.field));
        read.find(|at| columns.contains(at)).and_then(name_of)
    };
    let previous = outcome.program.previous();
    let rule = Rule {
        id,
        severity: severity?,
        scope: Scope::Row,
        check,
        words: words?,
        column,
        additive: false,
        compiled: Compiled::elsewhere(previous, outcome.program.calendar),
    };
    Some((rule, outcome))
}
