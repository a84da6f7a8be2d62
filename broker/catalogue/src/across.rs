//! Rules over returns of several agencies. Pure: who sent what, and whether it is in, is the broker's to say.
//!
//! What comes of a rule is one of three words. No figure of a return leaves this place, neither in a finding nor in
//! what is recorded, for the sender of one part may not know those of another.

use concordat_core::across::Outcome;
use concordat_core::agency::Kind;
use concordat_core::finding::{Finding, Severity};
use concordat_core::ids::{AreaCode, Digest, ReturnTypeId, RuleId};
use concordat_core::submission::Identity;
use concordat_core::table::Table;
use jiff::Timestamp;

use crate::cell::{self, Value};
use crate::decimal;
use crate::definition::ReturnType;
use crate::rule::{Compiled, Env, Fold, PartRef, Unknown, holds};

/// One part of a rule across returns.
#[derive(Debug, Clone)]
pub struct AcrossPart {
    /// Its name in the expression.
    pub name: String,
    /// The return type.
    pub return_type: ReturnTypeId,
    /// For a return that several owners fill, whose part.
    pub part: Option<Kind>,
    /// Whether it is a count of events and not the figures of a return.
    pub events: bool,
    /// Which rows of the area speak, per version of the type by its digest; every row when empty.
    pub(crate) rows: Vec<(Digest, Compiled)>,
}

/// A rule across returns.
#[derive(Debug, Clone)]
pub struct AcrossRule {
    /// Its id.
    pub id: RuleId,
    /// What it means when it does not hold: a query, or an info. Another agency's figures refuse no return.
    pub severity: Severity,
    /// Its parts.
    pub parts: Vec<AcrossPart>,
    /// The expression that must hold.
    pub check: String,
    /// What is wrong when it does not, and what to do.
    pub words: String,
    pub(crate) compiled: Compiled,
}

/// A return that fills a part.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The position of the part.
    pub part: usize,
    /// Its type, in the version in force for its period.
    pub of: &'a ReturnType,
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
    /// them and they could be counted.
    #[must_use]
    pub fn outcome(
        &self,
        area: &AreaCode,
        sides: &[Side<'_>],
        events: Option<u64>,
        now: Timestamp,
    ) -> Outcome {
        let figure = |wanted: &PartRef| match wanted.fold {
            Fold::Count => events.map(|n| i128::from(n) * decimal::ONE).ok_or(Unknown::Absent),
            _ => self.figure(wanted, area, sides, now),
        };
        let figures = self.compiled.parts.iter().map(figure).collect();
        match holds(&self.compiled.logic, &Figures { figures, now }) {
            Ok(true) => Outcome::Holds,
            Ok(false) => Outcome::DoesNotHold,
            Err(_) => Outcome::NotChecked,
        }
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
        for side in sides.iter().filter(|side| side.part == wanted.part) {
            let at = side.of.field(&wanted.field).ok_or(Unknown::Absent)?;
            let rows = part.speaking(side, area, now);
            // an agency that has no such row has not said that there is nothing
            if rows.is_empty() {
                return Err(Unknown::Absent);
            }
            for (_, row) in rows {
                match row.get(at) {
                    Some(Value::Number(n)) => figures.push(i128::from(*n)),
                    _ => return Err(Unknown::Absent),
                }
            }
        }
        match (wanted.fold, figures.as_slice()) {
            (_, []) => Err(Unknown::Absent),
            (Fold::Only, [only]) => Ok(*only),
            (Fold::Only | Fold::Count, _) => Err(Unknown::Absent),
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
        outcome: Outcome,
        own: &Side<'_>,
        area: &AreaCode,
        with: &[String],
        now: Timestamp,
    ) -> Option<Finding> {
        let compared = match with {
            [] => String::new(),
            with => format!(" (compared with {})", with.join(", ")),
        };
        let (severity, text) = match outcome {
            Outcome::Holds => return None,
            Outcome::DoesNotHold => (self.severity, format!("{}{compared}", self.words)),
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
        let rows = self.parts.get(own.part).map(|part| part.speaking(own, area, now)).unwrap_or_default();
        let row = match rows.as_slice() {
            [(row, _)] => u32::try_from(row.saturating_add(1)).ok(),
            _ => None,
        };
        let column = self.compiled.parts.iter().find(|wanted| wanted.part == own.part);
        Finding {
            rule: self.id.clone(),
            severity,
            table: own.tables.first().map(|table| table.name.clone()).unwrap_or_default(),
            row,
            column: column.map(|wanted| wanted.field.clone()),
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
