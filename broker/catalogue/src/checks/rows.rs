//! Rules over rows.
//!
//! A rule that cannot be decided for a row is told as not checked if at least one of the fields it reads
//! is there; if none is, it has nothing to say. What needs the earlier return is told once per rule, not
//! once per row.

use concordat_core::calendar::Calendar;
use concordat_core::finding::{Finding, Severity};
use jiff::Timestamp;

use super::Grid;
use super::findings::{Findings, Place};
use super::previous::Before;
use crate::cell::Value;
use crate::check::Context;
use crate::decimal;
use crate::definition::{ReturnType, Rule, TypeKind};
use crate::rule::{Env, Unknown, holds, sides};

struct RowEnv<'e> {
    values: &'e [Value<'e>],
    before: Result<&'e [Value<'e>], Unknown>,
    now: Timestamp,
    calendar: Option<&'e Calendar>,
}

impl Env for RowEnv<'_> {
    fn value(&self, field: u16) -> Value<'_> {
        self.values.get(usize::from(field)).copied().unwrap_or(Value::Absent)
    }

    fn previous(&self, field: u16) -> Result<i128, Unknown> {
        match self.before?.get(usize::from(field)) {
            Some(Value::Number(n)) => Ok(i128::from(*n)),
            _ => Err(Unknown::Absent),
        }
    }

    fn unchanged(&self) -> Result<i128, Unknown> {
        let (mut both, mut same) = (0i128, 0i128);
        for pair in self.values.iter().zip(self.before?) {
            if let (Value::Number(now), Value::Number(then)) = pair {
                both += 1;
                same += i128::from(now == then);
            }
        }
        decimal::divide(same * 100, both).ok_or(Unknown::Absent)
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn calendar(&self) -> Option<&Calendar> {
        self.calendar
    }
}

pub(crate) fn check(of: &ReturnType, grid: &Grid<'_>, context: &Context<'_>, findings: &mut Findings) {
    let before = Before::of(of, context);
    let table = of.tables.first().map_or("", |def| def.name.as_str());
    let mut told = vec![false; of.rules.len()];
    for (row, values) in grid.rows().enumerate() {
        let env = RowEnv { values, before: before.row(values), now: context.now, calendar: context.calendar };
        for (rule, told) in of.rules.iter().zip(&mut told) {
            let place = Place { table, row: Some(row), column: rule.column.as_deref() };
            match holds(&rule.compiled.logic, &env) {
                Ok(true) => {}
                Ok(false) => broken(of, rule, &env, place, findings),
                Err(why) => unchecked(rule, why, values, place, told, findings),
            }
        }
        if findings.is_full() {
            return;
        }
    }
}

/// Tells that a rule does not hold.
pub(crate) fn broken(
    of: &ReturnType,
    rule: &Rule,
    env: &impl Env,
    place: Place<'_>,
    findings: &mut Findings,
) {
    let figures = (of.kind == TypeKind::Aggregate).then(|| sides(&rule.compiled.logic, env)).flatten().map(
        |(left, right)| {
            let (left, right) = (decimal::show(left), decimal::show(right));
            if rule.additive {
                format!("the parts add up to {left}; the total says {right}")
            } else {
                format!("{left} against {right}")
            }
        },
    );
    findings.push(&rule.id, rule.severity, place, rule.words.clone(), figures);
}

fn unchecked(
    rule: &Rule,
    why: Unknown,
    values: &[Value<'_>],
    place: Place<'_>,
    told: &mut bool,
    findings: &mut Findings,
) {
    let fields = &rule.compiled.fields;
    let there = |at: &u16| {
        !matches!(values.get(usize::from(*at)), None | Some(Value::Absent | Value::Suppressed | Value::Bad))
    };
    if why == Unknown::Bad || !(fields.is_empty() || fields.iter().any(there)) {
        return;
    }
    let whole = matches!(why, Unknown::Offline | Unknown::NoPrevious | Unknown::NoCalendar);
    if whole && std::mem::replace(told, true) {
        return;
    }
    let place = if whole { Place { row: None, ..place } } else { place };
    not_checked(rule, why, place, findings);
}

/// Tells that a rule could not be applied, and why.
pub(crate) fn not_checked(rule: &Rule, why: Unknown, place: Place<'_>, findings: &mut Findings) {
    if let Some(text) = because(why) {
        findings.push(&rule.id, Severity::NotChecked, place, text.to_owned(), None);
    }
}

/// Why a rule is not applied that looks at the earlier return, which a client does not have.
const OFFLINE: &str = "not checked offline: only the broker holds the earlier return to compare with";

/// Whether a finding says no more than that the broker will compare with the earlier return, so that its sender has
/// nothing to do.
#[must_use]
pub fn is_for_broker(finding: &Finding) -> bool {
    finding.severity == Severity::NotChecked && finding.text == OFFLINE
}

/// Why a rule could not be applied, in plain words; nothing for a cell that another finding is about.
pub(crate) fn because(why: Unknown) -> Option<&'static str> {
    Some(match why {
        Unknown::Absent => {
            "not checked: something that this rule needs is blank, marked x, z, u or p, or not in this return"
        }
        Unknown::Suppressed => "not checked: a figure that this rule needs is suppressed",
        Unknown::Uncomputable => "not checked: this rule cannot be computed from these figures",
        Unknown::NoPrevious => "not checked: there is no earlier return to compare with",
        Unknown::Offline => OFFLINE,
        Unknown::NoCalendar => {
            "not checked offline: only the broker holds the bank holidays by which this rule counts"
        }
        Unknown::Bad => return None,
    })
}
