//! The functions that an expression over columns may call.

use std::sync::Arc;

use cel::common::ast::{Expr, LiteralValue};

use super::compile::{Typed, Work};
use super::plan::{Cell, Day, Helper, Logic, Num, Rel};
use crate::kind::Sort;
use crate::rule::text_of;

impl Work<'_> {
    pub(super) fn function(&mut self, name: &str, args: &[cel::IdedExpr]) -> Option<Typed> {
        match (name, args) {
            ("given", [a]) => self.cell(&a.expr).map(|cell| Typed::Logic(Logic::Given(cell))),
            ("valid", [a]) => {
                let cell = self.cell(&a.expr)?;
                self.speaks_for(cell);
                Some(Typed::Logic(Logic::Valid(cell)))
            }
            ("exists", [a]) => self.row(&a.expr).map(|other| Typed::Logic(Logic::Exists(other))),
            ("date", [a]) => match text_of(&a.expr) {
                Some(text) => self.constant_day(&text),
                None => self.fault("date() takes a quoted date".to_owned()),
            },
            ("days_before" | "months_before" | "working_days_before", [a, b]) => self.back(name, &a.expr, &b.expr),
            ("days_between", [a, b]) => {
                let pair = (self.day(&a.expr), self.day(&b.expr));
                Some(Typed::Num(Num::DaysBetween(Box::new((pair.0?, pair.1?)))))
            }
            ("no_overlap", [a, b]) => {
                let pair = (self.own(&a.expr, Sort::Date), self.own(&b.expr, Sort::Date));
                self.grouped()?;
                self.helped(Helper::NoOverlap { start: pair.0?, end: pair.1? })
            }
            ("unique", [a]) => {
                let cell = self.own(&a.expr, Sort::Text)?;
                self.helped(Helper::Unique(cell))
            }
            ("among", [a, b]) => {
                let day = self.own_or_last(&a.expr, Sort::Date);
                let there = self.elsewhere(&b.expr);
                let (day, (table, field)) = (day?, there?);
                if self.stage.fields.get(usize::from(field))?.kind.row().sort != Sort::Date {
                    return self.fault("among() looks among dates".to_owned());
                }
                self.helped(Helper::Among { day, table, field })
            }
            ("check_letter", [a]) => {
                let cell = self.own(&a.expr, Sort::Text)?;
                self.helped(Helper::CheckLetter(cell))
            }
            ("part_in", [a, from, length, list]) => {
                let text = self.own(&a.expr, Sort::Text);
                let span = (whole(&from.expr), whole(&length.expr));
                let (Some(from @ 1..=1_000), Some(length @ 1..=1_000), Some(name)) =
                    (span.0, span.1, text_of(&list.expr))
                else {
                    return self.fault(
                        "part_in() takes a field, a first character, a length and a quoted code list".to_owned(),
                    );
                };
                let Some((list, _)) = self.stage.lists.get(&name) else {
                    return self.fault(format!("there is no code list `{name}`: add returns/codes/{name}.toml"));
                };
                let list = Arc::clone(list);
                self.lists.push(name);
                self.helped(Helper::PartIn { text: text?, from, length, list })
            }
            _ => self.fault(format!(
                "there is no function `{name}` with {} arguments; there are given, valid, exists, date, days_before, \
                 months_before, working_days_before, days_between, no_overlap, unique, among, check_letter, part_in",
                args.len()
            )),
        }
    }

    // helpers look at whole columns of their own table
    fn own(&mut self, expr: &Expr, sort: Sort) -> Option<Cell> {
        self.column_of(expr, sort, &[Rel::Own])
    }

    fn own_or_last(&mut self, expr: &Expr, sort: Sort) -> Option<Cell> {
        self.column_of(expr, sort, &[Rel::Own, Rel::Last])
    }

    fn column_of(&mut self, expr: &Expr, sort: Sort, rels: &[Rel]) -> Option<Cell> {
        let cell = self.cell(expr)?;
        if !rels.contains(&cell.of.rel) || self.sort(cell) != Some(sort) {
            let what = if sort == Sort::Date { "date" } else { "text" };
            return self.fault(format!("a {what} field of the rule's own table belongs here"));
        }
        Some(cell)
    }

    fn grouped(&mut self) -> Option<()> {
        let place = self.stage.tables.get(self.stage.table)?.place.as_ref()?;
        if place.child.is_none() && place.parent.is_none() {
            return self.fault("the rows of this table belong to no child".to_owned());
        }
        Some(())
    }

    // days_before(day, n) and its like, n a constant
    fn back(&mut self, name: &str, day: &Expr, by: &Expr) -> Option<Typed> {
        let day = Box::new(self.day(day)?);
        let Some(n @ 0..=1_200) = whole(by) else {
            return self.fault(format!("{name}() takes a date and a whole number up to 1,200"));
        };
        let n = i32::try_from(n).ok()?;
        Some(Typed::Day(match name {
            "days_before" => Day::DaysBefore(day, n),
            "months_before" => Day::MonthsBefore(day, n),
            _ => {
                self.counts_working_days();
                Day::WorkingDaysBefore(day, u16::try_from(n).ok()?)
            }
        }))
    }
}

fn whole(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Literal(LiteralValue::Int(n)) => usize::try_from(*n.inner()).ok(),
        Expr::Literal(LiteralValue::UInt(n)) => usize::try_from(*n.inner()).ok(),
        _ => None,
    }
}
