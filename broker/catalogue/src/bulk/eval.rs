//! Evaluation: a rule over a block of rows at a time, every part of its expression a mask of bits.

use std::borrow::Cow;

use concordat_core::calendar::Calendar;
use jiff::ToSpan;

use super::days;
use super::frame::{Column, Frame, Marked, Rows};
use super::helpers;
use super::links::{Links, NONE};
use super::mask::{Mask, ROWS, State};
use super::plan::{Cell, Day, Logic, Num, Other, Program, Rel};
use crate::definition::ReturnType;
use crate::rule::Cmp;

/// When a return is checked, and by which calendar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When<'a> {
    /// The first and the last day of the period.
    pub(crate) period: (i32, i32),
    pub(crate) today: i32,
    /// The bank holidays; without them no working day is known.
    pub(crate) calendar: Option<&'a Calendar>,
}

/// What rules may speak of.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) of: &'a ReturnType,
    /// The return whose rows are looked over.
    pub(crate) frame: &'a Frame<'a>,
    /// That of the other year, where it is known: the one before, or for rules over the rows of that, this one.
    pub(crate) other: Option<&'a Frame<'a>>,
    pub(crate) links: &'a Links,
    pub(crate) when: When<'a>,
}

impl<'a> Scene<'a> {
    /// The column of a cell, in this return or that of the other year.
    pub(crate) fn column(&self, cell: Cell) -> Option<&'a Column> {
        let frame = if cell.of.rel == Rel::Last { self.other? } else { self.frame };
        frame.columns.get(usize::from(cell.field))
    }
}

/// What a rule found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Rows that break it.
    pub(crate) broken: Rows,
    /// Rows of which it cannot be said, though something it reads is there.
    pub(crate) unknown: Rows,
}

/// Evaluates a rule over all rows of its table.
pub(crate) fn run(program: &Program, scene: &Scene<'_>) -> Found {
    let helped: Vec<Vec<State>> =
        program.helpers.iter().map(|helper| helpers::answer(helper, scene, program.table)).collect();
    let height = scene.frame.height(program.table);
    let looks_at_nothing = scene.other.is_none() && program.others_tables().next().is_some();
    let mut found = Found::default();
    for from in (0..height).step_by(ROWS) {
        let block = Block { program, scene, helped: &helped, from, len: ROWS.min(height - from) };
        let mask = block.logic(&program.logic);
        Mask::rows_of(mask.broken(block.len)).for_each(|row| found.broken.add(from + row));
        if mask.unknown(block.len).any(|word| word != 0) {
            // what would be compared with a return that is not known is told even where this one is blank
            let there = if looks_at_nothing { Mask::all(true) } else { block.anything() };
            let words = mask.unknown(block.len).zip(there.kept(block.len)).map(|(a, b)| a & b);
            Mask::rows_of(words).for_each(|row| found.unknown.add(from + row));
        }
    }
    found
}

struct Block<'a> {
    program: &'a Program,
    scene: &'a Scene<'a>,
    helped: &'a [Vec<State>],
    from: usize,
    len: usize,
}

impl Block<'_> {
    fn of_block<'v, T>(&self, values: &'v [T]) -> &'v [T] {
        values.get(self.from..self.from + self.len).unwrap_or(&[])
    }

    // a column's values for the rows of this block; rows that are not there are blank
    fn fetch<'v, T: Marked>(&self, values: &'v [T], other: Other) -> Cow<'v, [T]> {
        if other.rel == Rel::Own {
            return Cow::Borrowed(self.of_block(values));
        }
        let rows = self.of_block(self.scene.links.rows(self.program.table, other));
        Cow::Owned(rows.iter().map(|row| values.get(*row as usize).copied().unwrap_or(T::BLANK)).collect())
    }

    fn column(&self, cell: Cell) -> Option<&Column> {
        self.scene.column(cell)
    }

    /// Asks of each cell of a column whether it is blank, cannot be read, or neither.
    fn presence(&self, cell: Cell, blank: State, bad: State, there: State) -> Mask {
        fn ask<T: Marked>(values: &[T], [blank, bad, there]: [State; 3]) -> Mask {
            Mask::over(values, |value| match value {
                _ if value == T::BLANK => blank,
                _ if value == T::BAD => bad,
                _ => there,
            })
        }
        let states = [blank, bad, there];
        match self.column(cell) {
            Some(Column::Days(v)) => ask(&self.fetch(v, cell.of), states),
            Some(Column::Codes(v)) => ask(&self.fetch(v, cell.of), states),
            Some(Column::Texts(v)) => ask(&self.fetch(v, cell.of), states),
            Some(Column::Numbers(v)) => ask(&self.fetch(v, cell.of), states),
            Some(Column::Marks(v)) => ask(&self.fetch(v, cell.of), states),
            Some(Column::Unused) | None => Mask::over(&[State::Unknown; ROWS], |s| s),
        }
    }

    /// Whether any cell that the rule reads is there.
    fn anything(&self) -> Mask {
        self.program.cells.iter().fold(Mask::all(false), |any, cell| {
            any.or(&self.presence(*cell, State::No, State::Yes, State::Yes))
        })
    }

    fn logic(&self, logic: &Logic) -> Mask {
        match logic {
            Logic::Constant(b) => Mask::all(*b),
            Logic::Cell(cell) => match self.column(*cell) {
                Some(Column::Marks(v)) => {
                    Mask::over(&self.fetch(v, cell.of), |m| known(m).map_or_else(|s| s, |m| (m == 1).into()))
                }
                _ => Mask::over(&[State::Unknown; ROWS], |s| s),
            },
            Logic::Given(cell) => self.presence(*cell, State::No, State::Yes, State::Yes),
            Logic::Valid(cell) => self.presence(*cell, State::Yes, State::No, State::Yes),
            Logic::Exists(other) if other.rel == Rel::Last && self.scene.other.is_none() => {
                Mask::over(&[State::Unknown; ROWS], |s| s)
            }
            Logic::Exists(other) => {
                let rows = self.of_block(self.scene.links.rows(self.program.table, *other));
                Mask::over(rows, |row| (row != NONE).into())
            }
            Logic::OneOf(cell, wanted) => match self.column(*cell) {
                Some(Column::Codes(v)) => Mask::over(&self.fetch(v, cell.of), |code| match known(code) {
                    Ok(code) => wanted.get(usize::from(code)).copied().unwrap_or(false).into(),
                    Err(state) => state,
                }),
                _ => Mask::over(&[State::Unknown; ROWS], |s| s),
            },
            Logic::SameCode(a, b) => match (self.column(*a), self.column(*b)) {
                (Some(Column::Codes(x)), Some(Column::Codes(y))) => {
                    compare(&self.fetch(x, a.of), &self.fetch(y, b.of), Cmp::Equal)
                }
                _ => Mask::over(&[State::Unknown; ROWS], |s| s),
            },
            Logic::SameText(a, b) => match (self.column(*a), self.column(*b)) {
                (Some(Column::Texts(x)), Some(Column::Texts(y))) => {
                    compare(&self.fetch(x, a.of), &self.fetch(y, b.of), Cmp::Equal)
                }
                _ => Mask::over(&[State::Unknown; ROWS], |s| s),
            },
            Logic::TextIn(cell, words) => match self.column(*cell) {
                Some(Column::Texts(v)) => {
                    let wanted: Vec<u32> =
                        words.iter().filter_map(|word| self.scene.frame.texts.find(word)).collect();
                    Mask::over(&self.fetch(v, cell.of), |text| match known(text) {
                        Ok(text) => wanted.contains(&text).into(),
                        Err(state) => state,
                    })
                }
                _ => Mask::over(&[State::Unknown; ROWS], |s| s),
            },
            Logic::Days(cmp, pair) => compare(&self.days(&pair.0), &self.days(&pair.1), *cmp),
            Logic::Numbers(cmp, pair) => compare(&self.numbers(&pair.0), &self.numbers(&pair.1), *cmp),
            Logic::Not(inner) => self.logic(inner).not(),
            Logic::And(parts) => parts.iter().fold(Mask::all(true), |all, part| all.and(&self.logic(part))),
            Logic::Or(parts) => parts.iter().fold(Mask::all(false), |any, part| any.or(&self.logic(part))),
            Logic::Same(pair) => self.logic(&pair.0).same(&self.logic(&pair.1)),
            Logic::If(parts) => self.logic(&parts.0).choose(&self.logic(&parts.1), &self.logic(&parts.2)),
            Logic::Helped(at) => {
                let states = self.helped.get(usize::from(*at)).map_or(&[][..], Vec::as_slice);
                Mask::over(self.of_block(states), |state| state)
            }
        }
    }

    fn days(&self, day: &Day) -> Cow<'_, [i32]> {
        let all = |day: i32| Cow::Owned(vec![day; self.len]);
        let each = |from: &Day, with: &dyn Fn(i32) -> Option<i32>| {
            let days = self.days(from);
            // mostly one day, such as that of the period's end, all the way down
            let mut last = (i32::BLANK, i32::BLANK);
            let turned = days.iter().map(|day| {
                if *day != last.0 {
                    last = (*day, if *day > i32::BAD { with(*day).unwrap_or(i32::BLANK) } else { *day });
                }
                last.1
            });
            Cow::Owned(turned.collect())
        };
        match day {
            Day::Constant(day) => all(*day),
            Day::PeriodStart => all(self.scene.when.period.0),
            Day::PeriodEnd => all(self.scene.when.period.1),
            Day::Today => all(self.scene.when.today),
            Day::Cell(cell) => match self.column(*cell) {
                Some(Column::Days(v)) => self.fetch(v, cell.of),
                _ => all(i32::BLANK),
            },
            Day::DaysBefore(from, n) => each(from, &|day| day.checked_sub(*n)),
            Day::MonthsBefore(from, n) => each(from, &|day| {
                let before = days::date_of(day)?.checked_sub(n.months()).ok()?;
                Some(days::of(before))
            }),
            Day::WorkingDaysBefore(from, n) => {
                each(from, &|day| helpers::working_day_before(self.scene.when.calendar?, day, *n))
            }
        }
    }

    fn numbers(&self, num: &Num) -> Cow<'_, [i64]> {
        match num {
            Num::Constant(n) => Cow::Owned(vec![*n; self.len]),
            Num::Cell(cell) => match self.column(*cell) {
                Some(Column::Numbers(v)) => self.fetch(v, cell.of),
                _ => Cow::Owned(vec![i64::BLANK; self.len]),
            },
            Num::Negate(inner) => {
                let inner = self.numbers(inner);
                Cow::Owned(inner.iter().map(|n| if *n > i64::BAD { -*n } else { *n }).collect())
            }
            Num::Sum(terms) => {
                let mut sum = vec![0i64; self.len];
                for term in terms {
                    for (sum, n) in sum.iter_mut().zip(self.numbers(term).iter()) {
                        *sum = both(*sum, *n, i64::checked_add);
                    }
                }
                Cow::Owned(sum)
            }
            Num::DaysBetween(pair) => {
                let (from, to) = (self.days(&pair.0), self.days(&pair.1));
                let wide = |day: i32| match day {
                    i32::BLANK => i64::BLANK,
                    i32::BAD => i64::BAD,
                    day => i64::from(day) * 1_000_000,
                };
                let between =
                    |(from, to): (&i32, &i32)| both(wide(*from), wide(*to), |a, b| b.checked_sub(a));
                Cow::Owned(from.iter().zip(to.iter()).map(between).collect())
            }
        }
    }
}

fn both(a: i64, b: i64, with: impl Fn(i64, i64) -> Option<i64>) -> i64 {
    match (a, b) {
        (i64::BAD, _) | (_, i64::BAD) => i64::BAD,
        (i64::BLANK, _) | (_, i64::BLANK) => i64::BLANK,
        (a, b) => with(a, b).filter(|n| *n > i64::BAD).unwrap_or(i64::BLANK),
    }
}

fn known<T: Marked>(value: T) -> Result<T, State> {
    match value {
        _ if value == T::BLANK => Err(State::Unknown),
        _ if value == T::BAD => Err(State::Bad),
        value => Ok(value),
    }
}

fn compare<T: Marked + Ord>(a: &[T], b: &[T], cmp: Cmp) -> Mask {
    fn with<T: Marked>(a: &[T], b: &[T], holds: impl Fn(T, T) -> bool) -> Mask {
        Mask::over_both(a, b, |a, b| match (known(a), known(b)) {
            (Ok(a), Ok(b)) => holds(a, b).into(),
            (Err(State::Bad), _) | (_, Err(State::Bad)) => State::Bad,
            _ => State::Unknown,
        })
    }
    match cmp {
        Cmp::Less => with(a, b, |a, b| a < b),
        Cmp::LessEqual => with(a, b, |a, b| a <= b),
        Cmp::Equal => with(a, b, |a, b| a == b),
        Cmp::NotEqual => with(a, b, |a, b| a != b),
        Cmp::GreaterEqual => with(a, b, |a, b| a >= b),
        Cmp::Greater => with(a, b, |a, b| a > b),
    }
}
