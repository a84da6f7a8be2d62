//! From CEL text to expressions over columns. The parser is the `cel` crate's, as for any other rule.

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators as op};

use super::days;
use super::plan::{Cell, Day, Helper, Logic, Num, Other, Program, Rel};
use crate::decimal;
use crate::definition::{Field, TableDef};
use crate::kind::Sort;
use crate::load::Lists;
use crate::rule::{Cmp, comparison, parse, text_of};

/// What a rule may speak of.
pub(crate) struct Stage<'a> {
    pub(crate) fields: &'a [Field],
    pub(crate) tables: &'a [TableDef],
    /// The table over whose rows the rule looks.
    pub(crate) table: usize,
    pub(crate) lists: &'a Lists,
    /// Whether these are the rows of the return before.
    pub(crate) over_last: bool,
}

/// Words that mean something of their own: no field and no table may be called so.
pub(crate) const WORDS: [&str; 10] =
    ["next", "prior", "today", "period_start", "period_end", "true", "false", "null", "in", "as"];

/// What an expression, or a part of it, turned out to be.
pub(super) enum Typed {
    Logic(Logic),
    Day(Day),
    Num(Num),
    Code(Cell),
    Text(Cell),
    Word(String),
    Words(Vec<String>),
    Other,
}

impl Typed {
    fn what(&self) -> &'static str {
        match self {
            Typed::Logic(_) => "a yes or no",
            Typed::Day(_) => "a date",
            Typed::Num(_) => "a number",
            Typed::Code(_) => "a coded field",
            Typed::Text(_) => "a text",
            Typed::Word(_) => "a quoted text",
            Typed::Words(_) => "a list of quoted texts",
            Typed::Other => "a field that can only be asked whether it is given",
        }
    }
}

/// A compiled rule, and the names of the code lists that it uses.
pub(crate) struct Outcome {
    pub(crate) program: Program,
    pub(crate) lists: Vec<String>,
    /// Fields whose readability the rule is about.
    pub(crate) spoken_for: Vec<usize>,
}

/// Compiles the text of the rule at a position. Every fault found is told, not only the first.
pub(crate) fn compile(text: &str, rule: usize, stage: &Stage<'_>) -> Result<Outcome, Vec<String>> {
    let tree = parse(text)?;
    let program = Program {
        rule,
        table: stage.table,
        logic: Logic::Constant(true),
        helpers: Vec::new(),
        cells: Vec::new(),
        through: Vec::new(),
        others: Vec::new(),
        needs: Vec::new(),
        calendar: false,
        over_last: stage.over_last,
    };
    let mut work = Work { stage, program, lists: Vec::new(), spoken_for: Vec::new(), faults: Vec::new() };
    let logic = work.logic(&tree.expr);
    let Work { mut program, lists, spoken_for, mut faults, .. } = work;
    if program.cells.is_empty() && faults.is_empty() {
        faults.push("it names no field".to_owned());
    }
    match logic {
        Some(logic) if faults.is_empty() => {
            program.logic = logic;
            Ok(Outcome { program, lists, spoken_for })
        }
        _ => Err(faults),
    }
}

/// One compilation under way.
pub(super) struct Work<'a> {
    pub(super) stage: &'a Stage<'a>,
    program: Program,
    pub(super) lists: Vec<String>,
    spoken_for: Vec<usize>,
    faults: Vec<String>,
}

impl Work<'_> {
    pub(super) fn fault<T>(&mut self, text: String) -> Option<T> {
        self.faults.push(text);
        None
    }

    pub(super) fn helped(&mut self, helper: Helper) -> Option<Typed> {
        let at = u16::try_from(self.program.helpers.len()).ok()?;
        self.program.helpers.push(helper);
        Some(Typed::Logic(Logic::Helped(at)))
    }

    fn logic(&mut self, expr: &Expr) -> Option<Logic> {
        match self.typed(expr)? {
            Typed::Logic(logic) => Some(logic),
            other => self.fault(format!("{} stands where a condition belongs", other.what())),
        }
    }

    pub(super) fn day(&mut self, expr: &Expr) -> Option<Day> {
        match self.typed(expr)? {
            Typed::Day(day) => Some(day),
            other => self.fault(format!("{} stands where a date belongs", other.what())),
        }
    }

    fn num(&mut self, expr: &Expr) -> Option<Num> {
        match self.typed(expr)? {
            Typed::Num(num) => Some(num),
            other => self.fault(format!("{} stands where a number belongs", other.what())),
        }
    }

    fn typed(&mut self, expr: &Expr) -> Option<Typed> {
        match expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Ident(name) => match name.as_str() {
                "period_start" => Some(Typed::Day(Day::PeriodStart)),
                "period_end" => Some(Typed::Day(Day::PeriodEnd)),
                "today" => Some(Typed::Day(Day::Today)),
                _ => self.cell(expr).map(|cell| self.of_kind(cell)),
            },
            Expr::Select(select) if !select.test => self.cell(expr).map(|cell| self.of_kind(cell)),
            Expr::List(list) => {
                let words: Option<Vec<String>> =
                    list.elements.iter().map(|element| text_of(&element.expr)).collect();
                match words {
                    Some(words) => Some(Typed::Words(words)),
                    None => self.fault("a list holds quoted texts only".to_owned()),
                }
            }
            Expr::Call(call) => self.call(call),
            _ => self.fault("this form of expression is not known here".to_owned()),
        }
    }

    fn literal(&mut self, literal: &LiteralValue) -> Option<Typed> {
        let number = |text: String| decimal::parse(&text, 6).map(|n| Typed::Num(Num::Constant(n)));
        match literal {
            LiteralValue::Boolean(b) => Some(Typed::Logic(Logic::Constant(*b.inner()))),
            LiteralValue::Int(n) => number(n.inner().to_string()),
            LiteralValue::UInt(n) => number(n.inner().to_string()),
            LiteralValue::Double(n) => number(n.inner().to_string()),
            LiteralValue::String(text) => Some(Typed::Word(text.inner().to_owned())),
            _ => None,
        }
        .or_else(|| self.fault("this constant is not known here".to_owned()))
    }

    fn of_kind(&self, cell: Cell) -> Typed {
        let sort = self.stage.fields.get(usize::from(cell.field)).map(|field| field.kind.row().sort);
        match sort {
            Some(Sort::Date) => Typed::Day(Day::Cell(cell)),
            Some(Sort::Code) => Typed::Code(cell),
            Some(Sort::Text) => Typed::Text(cell),
            Some(Sort::Number) => Typed::Num(Num::Cell(cell)),
            Some(Sort::Bool) => Typed::Logic(Logic::Cell(cell)),
            Some(Sort::Set | Sort::Time | Sort::Period | Sort::Varies) | None => Typed::Other,
        }
    }

    /// The row that `next`, `prior` or the name of another table speaks of.
    fn other(&mut self, name: &str) -> Option<Other> {
        let own = u16::try_from(self.stage.table).ok()?;
        let beside = match name {
            "next" => Some(Rel::Next),
            "prior" => Some(Rel::Prior),
            _ => None,
        };
        let here = self.stage.tables.get(self.stage.table)?;
        if let Some(rel) = beside {
            if here.place.as_ref().is_none_or(|place| place.order.is_none()) {
                return self.fault(format!("`{name}` needs a table whose rows have an `order`"));
            }
            return Some(self.speaks_of(Other { rel, table: own }));
        }
        let Some(at) = self.stage.tables.iter().position(|table| table.name == name) else {
            return self.fault(format!("there is no table `{name}`"));
        };
        if at == self.stage.table || !super::reaches(self.stage.tables, self.stage.table, at) {
            return self.fault(format!("a row of `{}` has no row of `{name}`", here.name));
        }
        let other = Other { rel: Rel::To, table: u16::try_from(at).ok()? };
        Some(self.speaks_of(other))
    }

    /// The row that a name, `last(table)` or `this(table)` speaks of.
    pub(super) fn row(&mut self, expr: &Expr) -> Option<Other> {
        match expr {
            Expr::Ident(name) => self.other(name),
            Expr::Call(call)
                if ["last", "this"].contains(&call.func_name.as_str()) && call.target.is_none() =>
            {
                let here = if self.stage.over_last { "this" } else { "last" };
                match call.args.as_slice() {
                    _ if call.func_name != here => self.fault(format!(
                        "the other year's row is {here}(table) here, not {}()",
                        call.func_name
                    )),
                    [cel::IdedExpr { expr: Expr::Ident(name), .. }] => self.other_year(here, name),
                    _ => self.fault(format!("{here}() takes the name of a table")),
                }
            }
            _ => self.fault("next, prior, the name of a table or last(table) belongs here".to_owned()),
        }
    }

    /// The row of the other year's return.
    fn other_year(&mut self, function: &str, name: &str) -> Option<Other> {
        let Some(at) = self.stage.tables.iter().position(|table| table.name == name) else {
            return self.fault(format!("there is no table `{name}`"));
        };
        for at in [self.stage.table, at] {
            let table = self.stage.tables.get(at)?;
            if table.place.as_ref().is_none_or(|place| place.child.is_none() || place.parent.is_some()) {
                let name = &table.name;
                return self
                    .fault(format!("{function}() needs tables that name a `child`: `{name}` does not"));
            }
        }
        Some(self.speaks_of(Other { rel: Rel::Last, table: u16::try_from(at).ok()? }))
    }

    pub(super) fn counts_working_days(&mut self) {
        self.program.calendar = true;
    }

    fn speaks_of(&mut self, other: Other) -> Other {
        if !self.program.others.contains(&other) {
            self.program.others.push(other);
        }
        other
    }

    /// A field, of this row or of another.
    pub(super) fn cell(&mut self, expr: &Expr) -> Option<Cell> {
        let (of, name) = match expr {
            Expr::Ident(name) => {
                (Other { rel: Rel::Own, table: u16::try_from(self.stage.table).ok()? }, name.as_str())
            }
            Expr::Select(select) => match &select.operand.expr {
                of @ (Expr::Ident(_) | Expr::Call(_)) => (self.row(of)?, select.field.as_str()),
                _ => return self.fault(format!("`.{}` stands after no table's name", select.field)),
            },
            _ => return self.fault("the name of a field belongs here".to_owned()),
        };
        let at = usize::from(of.table);
        let field = self.field(at, name)?;
        // to ask whether there is such a row needs no table, to read its cells does
        if of.rel == Rel::To && !self.program.needs.contains(&at) {
            self.program.needs.push(at);
        }
        let cell = Cell { of, field };
        if !self.program.cells.contains(&cell) {
            self.program.cells.push(cell);
        }
        Some(cell)
    }

    pub(super) fn field(&mut self, table: usize, name: &str) -> Option<u16> {
        let table = self.stage.tables.get(table)?;
        let mut columns = table.fields.clone();
        match columns.find(|at| self.stage.fields.get(*at).is_some_and(|field| field.name == name)) {
            Some(at) => u16::try_from(at).ok(),
            None => self.fault(format!("there is no field `{name}` in `{}`", table.name)),
        }
    }

    /// A table named as the place of `table.field`, which is looked through and not joined.
    pub(super) fn elsewhere(&mut self, expr: &Expr) -> Option<(u16, u16)> {
        let Expr::Select(select) = expr else {
            return self.fault(
                "a field of another table belongs here, such as section47.DateOfInitialCPC".to_owned(),
            );
        };
        let Expr::Ident(name) = &select.operand.expr else {
            return self.fault(format!("`.{}` stands after no table's name", select.field));
        };
        let Some(at) = self.stage.tables.iter().position(|table| table.name == *name) else {
            return self.fault(format!("there is no table `{name}`"));
        };
        if !super::akin(self.stage.tables, self.stage.table, at) {
            return self.fault(format!("the rows of `{name}` have no parent or child in common with these"));
        }
        let field = self.field(at, &select.field)?;
        self.program.through.push(field);
        self.program.needs.push(at);
        Some((u16::try_from(at).ok()?, field))
    }

    pub(super) fn speaks_for(&mut self, cell: Cell) {
        if cell.of.rel == Rel::Own && !self.stage.over_last {
            self.spoken_for.push(usize::from(cell.field));
        }
    }

    pub(super) fn sort(&self, cell: Cell) -> Option<Sort> {
        self.stage.fields.get(usize::from(cell.field)).map(|field| field.kind.row().sort)
    }

    fn call(&mut self, call: &CallExpr) -> Option<Typed> {
        if call.target.is_some() {
            return self.fault(format!("write {0}(x), not x.{0}()", call.func_name));
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            (op::LOGICAL_AND, [a, b]) => self.join(&a.expr, &b.expr, Logic::And),
            (op::LOGICAL_OR, [a, b]) => self.join(&a.expr, &b.expr, Logic::Or),
            (op::LOGICAL_NOT, [a]) => self.logic(&a.expr).map(|a| Typed::Logic(Logic::Not(Box::new(a)))),
            (op::CONDITIONAL, [a, b, c]) => {
                let parts = (self.logic(&a.expr), self.logic(&b.expr), self.logic(&c.expr));
                Some(Typed::Logic(Logic::If(Box::new((parts.0?, parts.1?, parts.2?)))))
            }
            (op::ADD, [a, b]) => {
                let pair = (self.num(&a.expr), self.num(&b.expr));
                Some(Typed::Num(Num::Sum(vec![pair.0?, pair.1?])))
            }
            (op::SUBSTRACT, [a, b]) => {
                let pair = (self.num(&a.expr), self.num(&b.expr));
                Some(Typed::Num(Num::Sum(vec![pair.0?, Num::Negate(Box::new(pair.1?))])))
            }
            (op::NEGATE, [a]) => self.num(&a.expr).map(|a| Typed::Num(Num::Negate(Box::new(a)))),
            (op::IN, [a, b]) => {
                let sides = (self.typed(&a.expr), self.typed(&b.expr));
                match (sides.0?, sides.1?) {
                    (Typed::Code(cell), Typed::Words(words)) => self.one_of(cell, &words).map(Typed::Logic),
                    (Typed::Text(cell), Typed::Words(words)) => {
                        Some(Typed::Logic(Logic::TextIn(cell, words)))
                    }
                    (a, b) => self.fault(format!("{} cannot be looked for in {}", a.what(), b.what())),
                }
            }
            (name, [a, b]) if comparison(name).is_some() => {
                let cmp = comparison(name)?;
                let sides = (self.typed(&a.expr), self.typed(&b.expr));
                self.compare(cmp, sides.0?, sides.1?).map(Typed::Logic)
            }
            (name, args) => self.function(name, args),
        }
    }

    fn join(&mut self, a: &Expr, b: &Expr, join: fn(Vec<Logic>) -> Logic) -> Option<Typed> {
        let pair = (self.logic(a), self.logic(b));
        Some(Typed::Logic(join(vec![pair.0?, pair.1?])))
    }

    fn one_of(&mut self, cell: Cell, words: &[String]) -> Option<Logic> {
        let field = self.stage.fields.get(usize::from(cell.field))?;
        let list = field.codes.as_ref()?;
        let mut wanted = vec![false; list.codes().len()];
        for word in words {
            match list.position(word).and_then(|at| wanted.get_mut(usize::from(at))) {
                Some(slot) => *slot = true,
                None => return self.fault(format!("`{word}` is no code of `{}`", field.name)),
            }
        }
        Some(Logic::OneOf(cell, wanted))
    }

    fn compare(&mut self, cmp: Cmp, a: Typed, b: Typed) -> Option<Logic> {
        let same = matches!(cmp, Cmp::Equal | Cmp::NotEqual);
        let turned = |logic: Logic| if cmp == Cmp::NotEqual { Logic::Not(Box::new(logic)) } else { logic };
        match (a, b) {
            (Typed::Day(a), Typed::Day(b)) => Some(Logic::Days(cmp, Box::new((a, b)))),
            (Typed::Num(a), Typed::Num(b)) => Some(Logic::Numbers(cmp, Box::new((a, b)))),
            (Typed::Logic(a), Typed::Logic(b)) if same => Some(turned(Logic::Same(Box::new((a, b))))),
            (Typed::Text(a), Typed::Text(b)) if same => Some(turned(Logic::SameText(a, b))),
            (Typed::Text(cell), Typed::Word(word)) | (Typed::Word(word), Typed::Text(cell)) if same => {
                Some(turned(Logic::TextIn(cell, vec![word])))
            }
            (Typed::Code(cell), Typed::Word(word)) | (Typed::Word(word), Typed::Code(cell)) if same => {
                self.one_of(cell, &[word]).map(turned)
            }
            (Typed::Code(a), Typed::Code(b)) if same => {
                let list = |cell: Cell| self.stage.fields.get(usize::from(cell.field))?.codes.as_ref();
                match (list(a), list(b)) {
                    (Some(x), Some(y)) if x.codes() == y.codes() => Some(turned(Logic::SameCode(a, b))),
                    _ => self.fault("two coded fields are compared that have different lists".to_owned()),
                }
            }
            (a, b) => self.fault(format!("{} cannot be compared with {}", a.what(), b.what())),
        }
    }

    pub(super) fn constant_day(&mut self, text: &str) -> Option<Typed> {
        match days::iso(text) {
            Some(day) => Some(Typed::Day(Day::Constant(day))),
            None => self.fault(format!("`{text}` is not a date such as 2023-03-31")),
        }
    }
}
