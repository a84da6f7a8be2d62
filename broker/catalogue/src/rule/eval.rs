//! Evaluation: what holds, what does not, and what cannot be known.

use concordat_core::calendar::Calendar;
use concordat_core::clock::london_date;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{Cmp, Day, Logic, Moment, Num};
use crate::cell::Value;
use crate::decimal;

/// Why something cannot be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unknown {
    /// A blank, `x`, `z`, `u` or `p`, or a figure that is not in the return.
    Absent,
    /// A published figure that was suppressed.
    Suppressed,
    /// A division by zero, or a number too large.
    Uncomputable,
    /// There is no earlier return to compare with.
    NoPrevious,
    /// Only the broker holds the earlier return.
    Offline,
    /// Only the broker holds the bank holidays.
    NoCalendar,
    /// A cell that could not be read; a finding says so already.
    Bad,
}

type Known<T> = Result<T, Unknown>;

/// Where an expression finds what it names. What an environment does not have is not known, and never a pass.
pub(crate) trait Env {
    /// A cell of this row.
    fn value(&self, _field: u16) -> Value<'_> {
        Value::Absent
    }
    /// A number of the same row in the return before.
    fn previous(&self, _field: u16) -> Known<i128> {
        Err(Unknown::NoPrevious)
    }
    /// A figure of the group.
    fn cell(&self, _at: u16) -> Known<i128> {
        Err(Unknown::Absent)
    }
    /// A figure of a part, in a rule across returns.
    fn part(&self, _at: u16) -> Known<i128> {
        Err(Unknown::Absent)
    }
    /// The share of figures that equal those of the return before, in per cent.
    fn unchanged(&self) -> Known<i128> {
        Err(Unknown::NoPrevious)
    }
    /// The time of the check.
    fn now(&self) -> Timestamp;
    /// The bank holidays, where they are at hand.
    fn calendar(&self) -> Option<&Calendar> {
        None
    }
}

fn missing(value: Value<'_>) -> Unknown {
    match value {
        Value::Bad => Unknown::Bad,
        Value::Suppressed => Unknown::Suppressed,
        _ => Unknown::Absent,
    }
}

/// Whether a rule holds.
pub(crate) fn holds(logic: &Logic, env: &impl Env) -> Known<bool> {
    match logic {
        Logic::Constant(b) => Ok(*b),
        Logic::Field(at) => match env.value(*at) {
            Value::Bool(b) => Ok(b),
            other => Err(missing(other)),
        },
        Logic::Given(at) => match env.value(*at) {
            Value::Bad => Err(Unknown::Bad),
            value => Ok(!matches!(value, Value::Absent | Value::Suppressed)),
        },
        Logic::GivenCell(at) => match env.cell(*at) {
            Ok(_) => Ok(true),
            Err(Unknown::Bad) => Err(Unknown::Bad),
            Err(_) => Ok(false),
        },
        Logic::OneOf(at, codes) => match env.value(*at) {
            Value::Code(code) => Ok(codes.contains(&code)),
            other => Err(missing(other)),
        },
        Logic::SameCode(a, b) => match (env.value(*a), env.value(*b)) {
            (Value::Code(a), Value::Code(b)) => Ok(a == b),
            (a, b) => Err(missing(a).max(missing(b))),
        },
        Logic::Contains(at, bit) => match env.value(*at) {
            Value::Set(bits) => Ok(bits & bit != 0),
            other => Err(missing(other)),
        },
        Logic::Numbers(cmp, pair) => {
            both(number(&pair.0, env), number(&pair.1, env)).map(|(a, b)| compare(*cmp, &a, &b))
        }
        Logic::Days(cmp, pair) => {
            both(day(&pair.0, env), day(&pair.1, env)).map(|(a, b)| compare(*cmp, &a, &b))
        }
        Logic::Moments(cmp, pair) => {
            both(moment(&pair.0, env), moment(&pair.1, env)).map(|(a, b)| compare(*cmp, &a, &b))
        }
        Logic::Not(inner) => holds(inner, env).map(|b| !b),
        Logic::And(parts) => combine(parts, false, env),
        Logic::Or(parts) => combine(parts, true, env),
        Logic::Same(pair) => both(holds(&pair.0, env), holds(&pair.1, env)).map(|(a, b)| a == b),
        Logic::If(parts) => {
            if holds(&parts.0, env)? {
                holds(&parts.1, env)
            } else {
                holds(&parts.2, env)
            }
        }
    }
}

// one part that decides is enough, whatever the others are; otherwise one unknown part leaves the whole unknown
fn combine(parts: &[Logic], decides: bool, env: &impl Env) -> Known<bool> {
    let mut unknown = None;
    for part in parts {
        match holds(part, env) {
            Ok(b) if b == decides => return Ok(decides),
            Ok(_) => {}
            Err(why) => unknown = unknown.max(Some(why)),
        }
    }
    unknown.map_or(Ok(!decides), Err)
}

fn both<A, B>(a: Known<A>, b: Known<B>) -> Known<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(a.max(b)),
        (Err(why), _) | (_, Err(why)) => Err(why),
    }
}

fn compare<T: Ord>(cmp: Cmp, a: &T, b: &T) -> bool {
    match cmp {
        Cmp::Less => a < b,
        Cmp::LessEqual => a <= b,
        Cmp::Equal => a == b,
        Cmp::NotEqual => a != b,
        Cmp::GreaterEqual => a >= b,
        Cmp::Greater => a > b,
    }
}

fn number(num: &Num, env: &impl Env) -> Known<i128> {
    let computed = |value: Option<i128>| value.ok_or(Unknown::Uncomputable);
    match num {
        Num::Constant(n) => Ok(*n),
        Num::Field(at) => match env.value(*at) {
            Value::Number(n) => Ok(i128::from(n)),
            other => Err(missing(other)),
        },
        Num::Previous(at) => env.previous(*at),
        Num::Cell(at) => env.cell(*at),
        Num::Part(at) => env.part(*at),
        Num::SizeOf(at) => match env.value(*at) {
            Value::Set(bits) => Ok(i128::from(bits.count_ones()) * decimal::ONE),
            other => Err(missing(other)),
        },
        Num::Age(pair) => {
            let (born, on) = both(day(&pair.0, env), day(&pair.1, env))?;
            Ok(age(born, on) * decimal::ONE)
        }
        Num::Unchanged => env.unchanged(),
        Num::Sum(terms) => fold(terms, env, |a, b| a.checked_add(b)),
        Num::Least(terms) => fold(terms, env, |a, b| Some(a.min(b))),
        Num::Greatest(terms) => fold(terms, env, |a, b| Some(a.max(b))),
        Num::Negate(a) => computed(number(a, env)?.checked_neg()),
        Num::Absolute(a) => computed(number(a, env)?.checked_abs()),
        Num::Multiply(pair) => {
            let (a, b) = both(number(&pair.0, env), number(&pair.1, env))?;
            computed(decimal::multiply(a, b))
        }
        Num::Divide(pair) => {
            let (a, b) = both(number(&pair.0, env), number(&pair.1, env))?;
            computed(decimal::divide(a, b))
        }
        Num::Percent(pair) => {
            let (part, whole) = both(number(&pair.0, env), number(&pair.1, env))?;
            computed(part.checked_mul(100).and_then(|part| decimal::divide(part, whole)))
        }
    }
}

fn fold(terms: &[Num], env: &impl Env, with: impl Fn(i128, i128) -> Option<i128>) -> Known<i128> {
    let (mut total, mut unknown) = (None, None);
    for term in terms {
        match number(term, env) {
            Ok(n) => total = Some(total.map_or(Some(n), |sum| with(sum, n)).ok_or(Unknown::Uncomputable)?),
            Err(why) => unknown = unknown.max(Some(why)),
        }
    }
    match unknown {
        Some(why) => Err(why),
        None => total.ok_or(Unknown::Absent),
    }
}

/// Whole years: one more on each anniversary, which for 29 February is 1 March in other years.
fn age(born: Date, on: Date) -> i128 {
    let before = (on.month(), on.day()) < (born.month(), born.day());
    i128::from(on.year()) - i128::from(born.year()) - i128::from(before)
}

fn day(day_of: &Day, env: &impl Env) -> Known<Date> {
    match day_of {
        Day::Constant(date) => Ok(*date),
        Day::Field(at) => match env.value(*at) {
            Value::Date(date) => Ok(date),
            other => Err(missing(other)),
        },
        Day::Of(of) => moment(of, env).map(london_date),
        Day::Today => Ok(london_date(env.now())),
        Day::DaysBefore(from, days) => {
            day(from, env)?.checked_sub(days.days()).map_err(|_| Unknown::Uncomputable)
        }
        Day::MonthsBefore(from, months) => {
            day(from, env)?.checked_sub(months.months()).map_err(|_| Unknown::Uncomputable)
        }
        Day::WorkingDaysAfter(from, days) => {
            let from = day(from, env)?;
            let calendar = env.calendar().ok_or(Unknown::NoCalendar)?;
            calendar.add_working_days(from, *days).map_err(|_| Unknown::Uncomputable)
        }
    }
}

fn moment(of: &Moment, env: &impl Env) -> Known<Timestamp> {
    match of {
        Moment::Now => Ok(env.now()),
        Moment::HoursAfter(from, hours) => {
            moment(from, env)?.checked_add(hours.hours()).map_err(|_| Unknown::Uncomputable)
        }
        Moment::Field(at) => match env.value(*at) {
            Value::Time(time) => Ok(time),
            other => Err(missing(other)),
        },
    }
}

/// The two sides of a rule that compares numbers, for showing to the sender of an aggregate.
pub(crate) fn sides(logic: &Logic, env: &impl Env) -> Option<(i128, i128)> {
    match logic {
        Logic::Numbers(_, pair) => Some((number(&pair.0, env).ok()?, number(&pair.1, env).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
