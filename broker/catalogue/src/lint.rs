//! What is not wrong with a return type and still worth a look: rules that no return can break, or none keep.
//!
//! Each rule is held against rows that are made up, the same ones every time: small numbers, zeros, the numbers
//! that the rule itself names, days around today, blanks. A rule that never once fails on thousands of them checks
//! nothing; one that never once holds would stop every return.
//!
//! Rules of returns of several tables are not tried: a row made up by itself has no child, no next row and no parent.
//! Each has a fixture that breaks it and one that keeps it, and a type that comes without is seen by nobody but its
//! author.

use concordat_core::calendar::Calendar;
use concordat_core::clock::london_date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::across::AcrossRule;
use crate::cell::Value;
use crate::complaint::Complaint;
use crate::decimal;
use crate::definition::{Field, ReturnType, Rule};
use crate::kind::{FieldKind, Sort, date_constant};
use crate::rule::{Env, Unknown, holds};
use crate::stretch::Stretch;

/// How many rows are made up for a rule that keeps giving one answer.
const MOST_ROWS: usize = 20_000;

/// What is odd about the rules of a return type. Pure: the same answer for the same type, time and calendar.
#[must_use]
pub fn lint(of: &ReturnType, now: Timestamp, calendar: &Calendar) -> Vec<Complaint> {
    let tried = if of.has_several_tables() { &[][..] } else { of.rules.as_slice() };
    let told = tried.iter().filter_map(|rule| {
        let text = match answers(of, rule, now, calendar) {
            (true, true) => return None,
            (true, false) => "no return can break it: it checks nothing; mend it or take it out",
            (false, true) => {
                "no return can keep it: it would be told of every return; mend it or take it out"
            }
            (false, false) => "it can never be computed; mend it or take it out",
        };
        let file = format!("returns/{}.toml", of.id);
        Some(Complaint { file, line: None, key: Some(rule.id.to_string()), text: text.to_owned() })
    });
    told.collect()
}

/// What is odd about a rule across returns: the same, over made-up figures.
#[must_use]
pub fn lint_across(rule: &AcrossRule, now: Timestamp) -> Option<Complaint> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let named = Named::of(&rule.check);
    let figure = || {
        let size = dice.pick(&[2, 4, 13, 150]).unwrap_or(2);
        let zeros = dice.pick(&[1, 2, 4]).unwrap_or(2);
        i128::from(figure(&named, size, zeros, &mut dice))
    };
    let text = match rule.answers(figure, now) {
        (true, true) => return None,
        (true, false) => "no returns can break it: it checks nothing; mend it or take it out",
        (false, true) => "no returns can keep it: it would be told of all; mend it or take it out",
        (false, false) => "it can never be computed; mend it or take it out",
    };
    let file = crate::load::ACROSS.to_owned();
    Some(Complaint { file, line: None, key: Some(rule.id.to_string()), text: text.to_owned() })
}

/// Whether a rule was seen to hold, and whether it was seen not to.
fn answers(of: &ReturnType, rule: &Rule, now: Timestamp, calendar: &Calendar) -> (bool, bool) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let named = Named::of(&rule.check);
    let (mut kept, mut broken) = (false, false);
    for _ in 0..MOST_ROWS {
        match holds(&rule.compiled.logic, &MadeUp::row(of, rule, &named, &mut dice, now, calendar)) {
            Ok(true) => kept = true,
            Ok(false) => broken = true,
            Err(_) => {}
        }
        if kept && broken {
            break;
        }
    }
    (kept, broken)
}

/// Numbers that are no better than they need to be, and the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % most.max(1)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = usize::try_from(self.below(from.len() as u64)).ok()?;
        from.get(at).copied()
    }
}

/// What the text of a rule names: numbers, in millionths, and days.
struct Named {
    numbers: Vec<i64>,
    days: Vec<jiff::civil::Date>,
}

impl Named {
    fn of(check: &str) -> Self {
        let texts = check.split(|c: char| !c.is_ascii_digit() && c != '.');
        let mut numbers: Vec<i64> = texts.filter_map(|text| decimal::parse(text, 6)).collect();
        // on either side of each
        let beside: Vec<i64> = numbers
            .iter()
            .flat_map(|n| [n.saturating_sub(1_000_000), n.saturating_add(1_000_000), n / 10_000])
            .filter(|n| *n >= 0)
            .collect();
        numbers.extend(beside);
        Self { numbers, days: check.split(['"', '\'']).filter_map(date_constant).collect() }
    }
}

/// A row that nobody sent.
struct MadeUp<'e> {
    values: Vec<Value<'static>>,
    previous: Vec<i128>,
    cells: Vec<Option<i128>>,
    unchanged: i128,
    now: Timestamp,
    calendar: &'e Calendar,
}

impl<'e> MadeUp<'e> {
    fn row(
        of: &ReturnType,
        rule: &Rule,
        named: &Named,
        dice: &mut Dice,
        now: Timestamp,
        calendar: &'e Calendar,
    ) -> Self {
        // one size for a whole row, so that its numbers are of a kind; many zeros, so that sums come out
        let size = dice.pick(&[2, 4, 13, 150, 20_000]).unwrap_or(2);
        let zeros = dice.pick(&[1, 2, 4, 40]).unwrap_or(2);
        let blanks = dice.pick(&[0, 0, 4]).unwrap_or(0);
        let number = |dice: &mut Dice| figure(named, size, zeros, dice);
        let values = of.fields.iter().map(|field| {
            if blanks > 0 && !field.required && dice.one_in(blanks) {
                return Value::Absent;
            }
            value(field, number(dice), named, dice, now)
        });
        let values = values.collect();
        let previous = of.fields.iter().map(|_| i128::from(number(dice))).collect();
        let cells = rule.compiled.cells.iter().map(|_| {
            let figure = i128::from(number(dice));
            (!dice.one_in(8)).then_some(figure)
        });
        let cells = cells.collect();
        let unchanged = i128::from(dice.below(101)) * decimal::ONE;
        Self { values, previous, cells, unchanged, now, calendar }
    }
}

fn figure(named: &Named, size: u64, zeros: u64, dice: &mut Dice) -> i64 {
    if !dice.one_in(zeros) {
        return 0;
    }
    match dice.pick(&named.numbers).filter(|_| dice.one_in(3)) {
        Some(number) => number,
        None => i64::try_from(dice.below(size)).unwrap_or(0) * 1_000_000,
    }
}

fn value(field: &Field, number: i64, named: &Named, dice: &mut Dice, now: Timestamp) -> Value<'static> {
    let codes = field.codes.as_ref().map_or(1, |list| list.codes().len() as u64);
    match field.kind.row().sort {
        Sort::Number => Value::Number(bounded(field, number, dice)),
        Sort::Text if field.kind == FieldKind::Gss => Value::Area("E09000012"),
        Sort::Text => Value::Text("made up"),
        Sort::Code => Value::Code(u16::try_from(dice.below(codes)).unwrap_or(0)),
        Sort::Set => {
            // one word, or several
            let one = 1u64.checked_shl(u32::try_from(dice.below(codes)).unwrap_or(0)).unwrap_or(1);
            let two = 1u64.checked_shl(u32::try_from(dice.below(codes)).unwrap_or(0)).unwrap_or(1);
            Value::Set(if dice.one_in(2) { one } else { one | two })
        }
        Sort::Bool => Value::Bool(dice.one_in(2)),
        Sort::Date => match dice.pick(&named.days).filter(|_| dice.one_in(2)) {
            Some(day) => Value::Date(day),
            None => Value::Date(london_date(now).saturating_add(days(dice).days())),
        },
        Sort::Time => {
            let hours = days(dice) * 24 + i64::try_from(dice.below(3)).unwrap_or(0) - 1;
            now.checked_add(SignedDuration::from_hours(hours)).map_or(Value::Absent, Value::Time)
        }
        Sort::Period | Sort::Varies => Value::Stretch(Stretch::FinancialYear(2022)),
    }
}

// no count is negative, no percentage above 100, and none is below what its field admits
fn bounded(field: &Field, number: i64, dice: &mut Dice) -> i64 {
    let signed = matches!(field.kind, FieldKind::Int | FieldKind::Number | FieldKind::Money);
    let number = if signed && field.min.is_none() && dice.one_in(4) { -number } else { number };
    let number = if field.kind == FieldKind::Percent { number.min(100_000_000) } else { number };
    field.min.map_or(number, |min| number.max(min.saturating_mul(1_000_000)))
}

// days from today: near, around the spans that rules speak of, and a childhood away
fn days(dice: &mut Dice) -> i64 {
    let far =
        dice.pick(&[0, 0, 1, 2, 3, 4, 7, 10, 20, 60, 200, 366, 800, 5_000, 6_570, 6_580, 9_000]).unwrap_or(0);
    let far = far + i64::try_from(dice.below(3)).unwrap_or(0);
    if dice.one_in(4) { far } else { -far }
}

impl Env for MadeUp<'_> {
    fn value(&self, field: u16) -> Value<'_> {
        self.values.get(usize::from(field)).copied().unwrap_or(Value::Absent)
    }

    fn previous(&self, field: u16) -> Result<i128, Unknown> {
        self.previous.get(usize::from(field)).copied().ok_or(Unknown::Absent)
    }

    fn cell(&self, at: u16) -> Result<i128, Unknown> {
        self.cells.get(usize::from(at)).copied().flatten().ok_or(Unknown::Absent)
    }

    fn unchanged(&self) -> Result<i128, Unknown> {
        Ok(self.unchanged)
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn calendar(&self) -> Option<&Calendar> {
        Some(self.calendar)
    }
}
