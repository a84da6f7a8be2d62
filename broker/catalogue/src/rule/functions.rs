//! The functions that an expression may call.

use cel::common::ast::Expr;

use super::compile::{Typed, Work, text_of};
use super::{Day, Fold, Logic, Moment, Num, When};
use crate::decimal;
use crate::kind::date_constant;

impl Work<'_> {
    pub(super) fn function(&mut self, name: &str, args: &[cel::IdedExpr]) -> Option<Typed> {
        if let Some(num) = self.folded(name, args) {
            return num.map(Typed::Num);
        }
        match (name, args) {
            ("sum", [_, ..]) => self.nums(args).map(|n| Typed::Num(Num::Sum(n))),
            ("min", [_, ..]) => self.nums(args).map(|n| Typed::Num(Num::Least(n))),
            ("max", [_, ..]) => self.nums(args).map(|n| Typed::Num(Num::Greatest(n))),
            ("abs", [a]) => self.num(&a.expr).map(|a| Typed::Num(Num::Absolute(Box::new(a)))),
            ("percent", [a, b]) => {
                self.pair(&a.expr, &b.expr).map(|p| Typed::Num(Num::Percent(Box::new(p))))
            }
            ("unchanged", []) => {
                self.previous = true;
                Some(Typed::Num(Num::Unchanged))
            }
            ("change", [a]) => self.change(&a.expr),
            ("given", [a]) => self.given(&a.expr),
            ("size", [a]) => match self.typed(&a.expr)? {
                Typed::Set(at) => Some(Typed::Num(Num::SizeOf(at))),
                other => self.fault(format!("size() takes a set of codes, not {}", other.what())),
            },
            ("date", [a]) => match self.typed(&a.expr)? {
                Typed::Moment(moment) => Some(Typed::Day(Day::Of(moment))),
                Typed::Text(text) => match date_constant(&text) {
                    Some(date) => Some(Typed::Day(Day::Constant(date))),
                    None => self.fault(format!("`{text}` is not a date such as 2023-03-31")),
                },
                other => self.fault(format!("date() takes a date and time, not {}", other.what())),
            },
            ("months_before" | "days_before" | "working_days_after" | "hours_after", [a, b]) => {
                self.moved(name, &a.expr, &b.expr)
            }
            ("age", [a, b]) => match (self.typed(&a.expr)?, self.typed(&b.expr)?) {
                (Typed::Day(born), Typed::Day(on)) => Some(Typed::Num(Num::Age(Box::new((born, on))))),
                (a, b) => self.fault(format!("age() takes two dates, not {} and {}", a.what(), b.what())),
            },
            ("cell" | "at_end" | "at_start" | "year_before" | "in_year", [_, ..]) => {
                self.figure(name, args).map(|at| Typed::Num(Num::Cell(at)))
            }
            ("sum_of", [_, ..]) => self.sum_of(args),
            _ => self.fault(format!(
                "there is no function `{name}` with {} arguments; there are sum, min, max, abs, percent, change, \
                 unchanged, given, size, date, age, days_before, months_before, working_days_after, hours_after, cell, at_end, at_start, year_before, in_year, sum_of",
                args.len()
            )),
        }
    }

    // sum(part.field) and its like take all rows of a part; count(part) its events
    fn folded(&mut self, name: &str, args: &[cel::IdedExpr]) -> Option<Option<Num>> {
        let [only] = args else { return None };
        if name == "count" {
            let (at, _) = self.part_named(&only.expr)?;
            return Some(self.figure_of(at, "", Fold::Count));
        }
        let fold = match name {
            "sum" => Fold::Sum,
            "min" => Fold::Least,
            "max" => Fold::Greatest,
            "last" => Fold::Last,
            _ => return None,
        };
        let Expr::Select(select) = &only.expr else { return None };
        let (at, _) = self.part_named(&select.operand.expr)?;
        Some(self.figure_of(at, &select.field, fold))
    }

    fn change(&mut self, expr: &Expr) -> Option<Typed> {
        let Expr::Ident(name) = expr else {
            return self.fault("change() takes the name of a field".to_owned());
        };
        let pair = (self.num(expr), self.previous_field(name));
        Some(Typed::Num(Num::Sum(vec![pair.0?, Num::Negate(Box::new(pair.1?))])))
    }

    fn given(&mut self, expr: &Expr) -> Option<Typed> {
        if let Expr::Call(call) = expr
            && call.func_name == "cell"
        {
            return self.figure("cell", &call.args).map(|at| Typed::Logic(Logic::GivenCell(at)));
        }
        let Expr::Ident(name) = expr else {
            return self.fault("given() takes the name of a field, or cell(\"CODE\")".to_owned());
        };
        // asking whether it is there is no operand: it never makes a rule not checked
        match self.scene.field(name) {
            Some((at, _)) => Some(Typed::Logic(Logic::Given(at))),
            None => self.fault(format!("there is no field `{name}`")),
        }
    }

    // days_before(day, n) and its like, n a constant
    fn moved(&mut self, name: &str, from: &Expr, by: &Expr) -> Option<Typed> {
        let pair = (self.typed(from), self.num(by));
        let (from, by) = (pair.0?, pair.1?);
        let by = match by {
            Num::Constant(n) if n % decimal::ONE == 0 && (0..=1_200 * decimal::ONE).contains(&n) => {
                u16::try_from(n / decimal::ONE).ok()
            }
            _ => None,
        };
        match (name, from, by) {
            ("days_before", Typed::Day(day), Some(n)) => {
                Some(Typed::Day(Day::DaysBefore(Box::new(day), i32::from(n))))
            }
            ("months_before", Typed::Day(day), Some(n)) => {
                Some(Typed::Day(Day::MonthsBefore(Box::new(day), i32::from(n))))
            }
            ("working_days_after", Typed::Day(day), Some(n)) => {
                self.calendar = true;
                Some(Typed::Day(Day::WorkingDaysAfter(Box::new(day), n)))
            }
            ("hours_after", Typed::Moment(moment), Some(n)) => {
                Some(Typed::Moment(Moment::HoursAfter(Box::new(moment), i32::from(n))))
            }
            ("hours_after", ..) => {
                self.fault("hours_after() takes a date and time and a whole number up to 1,200".to_owned())
            }
            _ => self.fault(format!("{name}() takes a date and a whole number up to 1,200")),
        }
    }

    fn figure(&mut self, name: &str, args: &[cel::IdedExpr]) -> Option<u16> {
        let when = match name {
            "at_end" => When::End,
            "at_start" => When::Start,
            "year_before" => When::YearBefore,
            "in_year" => When::InYear,
            _ => When::Here,
        };
        let texts: Option<Vec<String>> = args.iter().map(|arg| text_of(&arg.expr)).collect();
        match texts.as_deref() {
            Some([code]) => self.cell(code, None, when),
            Some([code, unit]) => self.cell(code, Some(unit), when),
            _ => self.fault(format!("{name}() takes a quoted code and, where it needs one, a quoted unit")),
        }
    }

    fn sum_of(&mut self, args: &[cel::IdedExpr]) -> Option<Typed> {
        let texts: Option<Vec<String>> = args.iter().map(|arg| text_of(&arg.expr)).collect();
        let Some([pattern, except @ ..]) = texts.as_deref() else {
            return self
                .fault("sum_of() takes a quoted pattern and the quoted codes to leave out".to_owned());
        };
        let except: Vec<&str> = except.iter().map(String::as_str).collect();
        let found = self.scene.matching(pattern, &except);
        let codes = self.told(found)?;
        let terms: Option<Vec<Num>> = codes.into_iter().map(|code| self.term(code)).collect();
        terms.map(|terms| Typed::Num(Num::Sum(terms)))
    }
}
