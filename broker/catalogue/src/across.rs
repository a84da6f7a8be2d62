//! Rules over returns of several agencies. Pure: who sent what, and whether it is in, is the broker's to say.
//!
//! What comes of a rule is one of three words. No figure of a return leaves this place, neither in a finding nor in
//! what is recorded, for the sender of one part may not know those of another.

use concordat_core::across::Outcome;
use concordat_core::agency::Kind;
use concordat_core::finding::{Finding, Severity};
use concordat_core::ids::{AreaCode, Digest, ReturnTypeId, RuleId};
use concordat_core::period::Period;
use concordat_core::submission::Identity;
use concordat_core::table::Table;
use jiff::Timestamp;

use crate::cell::{self, Value};
use crate::decimal;
use crate::definition::ReturnType;
use crate::rule::{Compiled, Env, Fold, PartRef, Unknown, When, holds};
use crate::stretch::Stretch;

/// One part of a rule across returns.
#[derive(Debug, Clone)]
pub struct AcrossPart {
    /// Its name in the expression.
    pub name: String,
    /// The return type.
    pub return_type: ReturnTypeId,
    /// For a return that several owners fill, whose part.
    pub part: Option<Kind>,
    /// For a return that several kinds of agency send whole, whose.
    pub sender: Option<Kind>,
    /// Whether it is a count of events and not the figures of a return.
    pub events: bool,
    /// Of events, whether those count that the sender of the other part sent itself, and not those that reached it.
    pub sent: bool,
    /// Whether it is the returns of all quarters of the year.
    pub of_year: bool,
    /// Which rows of the area speak, per version of the type by its digest; every row when empty.
    pub(crate) rows: Vec<(Digest, Compiled)>,
    /// How a table that names areas in words names each.
    pub(crate) names: Vec<(AreaCode, String)>,
}

/// A rule across returns.
#[derive(Debug, Clone)]
pub struct AcrossRule {
    /// Its id.
    pub id: RuleId,
    /// What it means when it does not hold: a query, or an info. Another agency's figures refuse no return.
    pub severity: Severity,
    /// Whether all its parts are returns of one agency.
    pub own: bool,
    /// Whether it speaks of a year, whose parts come months apart.
    pub yearly: bool,
    /// Its parts.
    pub parts: Vec<AcrossPart>,
    /// The expression that must hold.
    pub check: String,
    /// What is wrong when it does not, and what to do.
    pub words: String,
    pub(crate) compiled: Compiled,
}

/// What comes of a rule over one area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Whether it holds.
    pub outcome: Outcome,
    /// Whether it was not checked because a published figure is suppressed.
    pub suppressed: bool,
}

impl Told {
    const fn plainly(outcome: Outcome) -> Self {
        Self { outcome, suppressed: false }
    }
}

/// A return that fills a part.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The position of the part.
    pub part: usize,
    /// Its type, in the version in force for its period.
    pub of: &'a ReturnType,
    /// Its period.
    pub period: Period,
    /// Its tables; none when its content is gone.
    pub tables: &'a [Table],
}

impl AcrossRule {
    /// The parts that are returns, and no counts of events.
    pub fn sent(&self) -> impl Iterator<Item = &AcrossPart> {
        self.parts.iter().filter(|part| !part.events)
    }

    /// The part that a count of events is, where there is one.
    #[must_use]
    pub fn events(&self) -> Option<&AcrossPart> {
        self.parts.iter().find(|part| part.events)
    }

    /// The position of the part that a return fills.
    #[must_use]
    pub fn part_of(&self, identity: &Identity) -> Option<usize> {
        self.parts.iter().position(|part| !part.events && part.is_filled_by(identity))
    }

    /// What comes of it over one area, when every part is in. `events` is how many there are, where the rule counts
    /// them and they could be counted. Nothing where a table of one figure per row has none of those that it needs:
    /// nobody has sent it there.
    #[must_use]
    pub fn outcome(
        &self,
        area: &AreaCode,
        sides: &[Side<'_>],
        events: Option<u64>,
        now: Timestamp,
    ) -> Option<Told> {
        let silent = |wanted: &PartRef| {
            let mut of_part = sides.iter().filter(|side| side.part == wanted.part);
            wanted.cell.is_some() && of_part.any(|side| self.cell_row(wanted, area, side).is_none())
        };
        if self.compiled.parts.iter().any(silent) || self.has_empty_part(area, sides, now) {
            return None;
        }
        let figure = |wanted: &PartRef| match wanted.fold {
            Fold::Count => events.map(|n| i128::from(n) * decimal::ONE).ok_or(Unknown::Absent),
            _ => self.figure(wanted, area, sides, now),
        };
        let figures = self.compiled.parts.iter().map(figure).collect();
        Some(match holds(&self.compiled.logic, &Figures { figures, now }) {
            Ok(true) => Told::plainly(Outcome::Holds),
            Ok(false) => Told::plainly(Outcome::DoesNotHold),
            Err(why) => Told { outcome: Outcome::NotChecked, suppressed: why == Unknown::Suppressed },
        })
    }

    // published figures come in several files, and not all of them need be there
    fn has_empty_part(&self, area: &AreaCode, sides: &[Side<'_>], now: Timestamp) -> bool {
        let published = sides.iter().filter(|side| side.of.published.is_some());
        let mut parts = published.filter_map(|side| Some((self.parts.get(side.part)?, side)));
        parts.any(|(part, side)| part.speaking(side, area, now).is_empty())
    }

    // the row of a figure in a table of one figure per row, by its place from 0, where there is exactly one
    fn cell_row(&self, wanted: &PartRef, area: &AreaCode, side: &Side<'_>) -> Option<usize> {
        let (unit, when) = wanted.cell.as_ref()?;
        let (part, table) = (self.parts.get(wanted.part)?, side.tables.first()?);
        let long = side.of.tables.first()?.long.as_ref().filter(|_| table.is_rectangular())?;
        let at = |field: usize| table.column(&side.of.fields.get(field)?.name);
        let (area_at, indicator_at, unit_at) = (at(long.area)?, at(long.indicator)?, at(long.unit)?);
        let period_at = at(long.period)?;
        let period_field = side.of.fields.get(long.period)?;
        let own = Stretch::of(side.period);
        let wanted_period = if *when == When::End { own.end()? } else { own };
        let is_area = |text: &str| {
            text == area.as_str() || part.names.iter().any(|(code, name)| code == area && name == text)
        };
        let mut rows = table.rows().enumerate().filter(|(_, row)| {
            let cell = |at: usize| row.get(at).unwrap_or_default();
            is_area(cell(area_at))
                && cell(indicator_at) == wanted.field
                && cell(unit_at) == unit.as_str()
                && cell::read(period_field, cell(period_at)) == Ok(Value::Stretch(wanted_period))
        });
        match (rows.next(), rows.next()) {
            (Some((at, _)), None) => Some(at),
            _ => None,
        }
    }

    fn cell(&self, wanted: &PartRef, area: &AreaCode, side: &Side<'_>) -> Result<i128, Unknown> {
        let found = || -> Option<Value<'_>> {
            let table = side.tables.first()?;
            let long = side.of.tables.first()?.long.as_ref()?;
            let field = side.of.fields.get(long.value)?;
            let row = table.rows().nth(self.cell_row(wanted, area, side)?)?;
            let (unit, _) = wanted.cell.as_ref()?;
            let units = side.of.fields.get(long.unit)?.codes.as_ref()?;
            let kind = field.by.as_ref()?.get(usize::from(units.position(unit)?))?;
            let text = row.get(table.column(&field.name)?).unwrap_or_default();
            if text.is_empty() { None } else { cell::read_as(field, kind.row(), text).ok() }
        };
        number(found().unwrap_or(Value::Absent))
    }

    fn figure(
        &self,
        wanted: &PartRef,
        area: &AreaCode,
        sides: &[Side<'_>],
        now: Timestamp,
    ) -> Result<i128, Unknown> {
        let part = self.parts.get(wanted.part).ok_or(Unknown::Absent)?;
        let mut figures = Vec::new();
        let last =
            sides.iter().filter(|side| side.part == wanted.part).map(|side| side.period.last_day()).max();
        for side in sides.iter().filter(|side| side.part == wanted.part) {
            if wanted.cell.is_some() {
                figures.push(self.cell(wanted, area, side)?);
                continue;
            }
            if wanted.fold == Fold::Last && Some(side.period.last_day()) != last {
                continue;
            }
            let at = side.of.field(&wanted.field).ok_or(Unknown::Absent)?;
            let rows = part.speaking(side, area, now);
            // an agency that has no such row has not said that there is nothing
            if rows.is_empty() {
                return Err(Unknown::Absent);
            }
            for (_, row) in rows {
                figures.push(number(row.get(at).copied().unwrap_or(Value::Absent))?);
            }
        }
        match (wanted.fold, figures.as_slice()) {
            (_, []) => Err(Unknown::Absent),
            (Fold::Only | Fold::Last, [only]) => Ok(*only),
            (Fold::Only | Fold::Last | Fold::Count, _) => Err(Unknown::Absent),
            (Fold::Sum, all) => {
                all.iter().try_fold(0i128, |sum, n| sum.checked_add(*n)).ok_or(Unknown::Uncomputable)
            }
            (Fold::Least, all) => all.iter().min().copied().ok_or(Unknown::Absent),
            (Fold::Greatest, all) => all.iter().max().copied().ok_or(Unknown::Absent),
        }
    }

    /// What the sender of one of the returns is told; nothing when the rule holds. `with` says what it was compared
    /// with, in words without figures.
    #[must_use]
    pub fn finding(
        &self,
        told: Told,
        own: &Side<'_>,
        area: &AreaCode,
        with: &[String],
        now: Timestamp,
    ) -> Option<Finding> {
        let compared = match with {
            [] => String::new(),
            with => format!(" (compared with {})", with.join(", ")),
        };
        let (severity, text) = match told.outcome {
            Outcome::Holds => return None,
            Outcome::DoesNotHold => (self.severity, format!("{}{compared}", self.words)),
            Outcome::NotChecked if told.suppressed => {
                (Severity::NotChecked, format!("not checked: the published figure is suppressed{compared}"))
            }
            Outcome::NotChecked => (
                Severity::NotChecked,
                format!(
                    "not checked: a figure that this rule needs is blank, marked x, z, u or p, or not there, here or in another return{compared}"
                ),
            ),
        };
        Some(self.at(own, area, severity, text, now))
    }

    /// What the sender of one of the returns is told when another is overdue.
    #[must_use]
    pub fn overdue(&self, own: &Side<'_>, area: &AreaCode, missing: &[String], now: Timestamp) -> Finding {
        let text = format!("not checked: overdue is {}", missing.join(", "));
        self.at(own, area, Severity::NotChecked, text, now)
    }

    fn at(
        &self,
        own: &Side<'_>,
        area: &AreaCode,
        severity: Severity,
        text: String,
        now: Timestamp,
    ) -> Finding {
        let wanted = self.compiled.parts.iter().find(|wanted| wanted.part == own.part);
        let rows = self.parts.get(own.part).map(|part| part.speaking(own, area, now)).unwrap_or_default();
        let row = match (rows.as_slice(), wanted) {
            (_, Some(wanted)) if wanted.cell.is_some() => self.cell_row(wanted, area, own),
            ([(row, _)], _) => Some(*row),
            _ => None,
        };
        let long = own.of.tables.first().and_then(|table| table.long.as_ref());
        let column = match long {
            Some(long) => own.of.fields.get(long.value).map(|field| field.name.clone()),
            None => wanted.map(|wanted| wanted.field.clone()),
        };
        Finding {
            rule: self.id.clone(),
            severity,
            table: own.tables.first().map(|table| table.name.clone()).unwrap_or_default(),
            row: row.and_then(|row| u32::try_from(row.saturating_add(1)).ok()),
            column,
            text,
            figures: None,
            record: None,
        }
    }

    /// Whether it was seen to hold over made-up figures, and whether it was seen not to.
    pub(crate) fn answers(&self, mut figure: impl FnMut() -> i128, now: Timestamp) -> (bool, bool) {
        let (mut kept, mut broken) = (false, false);
        for _ in 0..2_000 {
            let figures = self.compiled.parts.iter().map(|_| Ok(figure())).collect();
            match holds(&self.compiled.logic, &Figures { figures, now }) {
                Ok(true) => kept = true,
                Ok(false) => broken = true,
                Err(_) => {}
            }
        }
        (kept, broken)
    }
}

impl AcrossPart {
    /// Whether a return of this identity fills it.
    #[must_use]
    pub fn is_filled_by(&self, identity: &Identity) -> bool {
        self.return_type == identity.return_type && self.part.map(Kind::as_str) == identity.part.as_deref()
    }

    /// The rows of an area that speak, by their place from 0, each read as its type declares.
    fn speaking<'a>(&self, side: &Side<'a>, area: &AreaCode, now: Timestamp) -> Vec<(usize, Vec<Value<'a>>)> {
        let of = side.of;
        let area_at = of.area_fields.first().and_then(|name| of.field(name));
        let (Some(area_at), Some(table)) = (area_at, side.tables.first().filter(|t| t.is_rectangular()))
        else {
            return Vec::new();
        };
        let only = match (self.rows.is_empty(), self.rows.iter().find(|(digest, _)| *digest == of.digest)) {
            (true, _) => None,
            (false, Some((_, only))) => Some(only),
            // a version of the type that this rule was not read with
            (false, None) => return Vec::new(),
        };
        let places: Vec<Option<usize>> = of.fields.iter().map(|field| table.column(&field.name)).collect();
        let read = |cells: concordat_core::table::Row<'a>| -> Vec<Value<'a>> {
            let each = of.fields.iter().zip(&places);
            each.map(|(field, at)| {
                let text = at.and_then(|at| cells.get(at)).unwrap_or_default();
                cell::read(field, text).unwrap_or(Value::Absent)
            })
            .collect()
        };
        let rows = table.rows().map(read).enumerate();
        rows.filter(|(_, row)| row.get(area_at) == Some(&Value::Area(area.as_str())))
            .filter(|(_, row)| {
                only.is_none_or(|only| holds(&only.logic, &OneRow { row, now }).unwrap_or(false))
            })
            .collect()
    }
}

fn number(value: Value<'_>) -> Result<i128, Unknown> {
    match value {
        Value::Number(n) => Ok(i128::from(n)),
        Value::Suppressed => Err(Unknown::Suppressed),
        _ => Err(Unknown::Absent),
    }
}

/// The figures that a rule across returns names.
struct Figures {
    figures: Vec<Result<i128, Unknown>>,
    now: Timestamp,
}

impl Env for Figures {
    fn part(&self, at: u16) -> Result<i128, Unknown> {
        self.figures.get(usize::from(at)).copied().unwrap_or(Err(Unknown::Absent))
    }
    fn now(&self) -> Timestamp {
        self.now
    }
}

/// A row, asked whether it speaks.
struct OneRow<'r> {
    row: &'r [Value<'r>],
    now: Timestamp,
}

impl Env for OneRow<'_> {
    fn value(&self, field: u16) -> Value<'_> {
        self.row.get(usize::from(field)).copied().unwrap_or(Value::Absent)
    }
    fn now(&self) -> Timestamp {
        self.now
    }
}

#[cfg(test)]
mod tests;
