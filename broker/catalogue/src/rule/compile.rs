//! From CEL text to the typed form. The parser is the `cel` crate's; the meaning is ours.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators as op};
use cel::parser::PrattParser;

pub(crate) use super::names::{Meant, Scene};
use super::{CellRef, Cmp, Compiled, Day, Fold, Logic, Moment, Num, PartRef, When};
use crate::decimal;
use crate::kind::Sort;

/// The longest expression, in bytes.
const LONGEST: usize = 4_000;

/// The most operators and brackets of an expression: the parser recurses over them.
const MOST_OPERATORS: usize = 150;

/// How deep the parser may recurse, and how many nodes it may make.
const RECURSION: u16 = 64;
const NODES: usize = 2_000;

/// The most brackets within one another.
const DEEPEST: usize = 16;

/// What an expression, or a part of it, turned out to be.
pub(super) enum Typed {
    Num(Num),
    Logic(Logic),
    Code(u16),
    Set(u16),
    Text(String),
    Texts(Vec<String>),
    Day(Day),
    Moment(Moment),
    Other,
}

impl Typed {
    pub(super) fn what(&self) -> &'static str {
        match self {
            Typed::Num(_) => "a number",
            Typed::Logic(_) => "a yes or no",
            Typed::Code(_) => "a coded field",
            Typed::Set(_) => "a set of codes",
            Typed::Text(_) => "a quoted text",
            Typed::Texts(_) => "a list of quoted texts",
            Typed::Day(_) => "a date",
            Typed::Moment(_) => "a date and time",
            Typed::Other => "a field that can only be asked whether it is given",
        }
    }
}

/// Reads the text of a rule as a tree.
pub(crate) fn parse(text: &str) -> Result<cel::IdedExpr, Vec<String>> {
    if !is_sane(text) {
        return Err(vec![format!(
            "the expression is too long or too deep: at most {LONGEST} characters, {MOST_OPERATORS} operators and {DEEPEST} brackets within one another"
        )]);
    }
    // the parser is not ours: whatever it does, a definition file must not bring the process down
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        PrattParser::new().max_recursion_depth(RECURSION).max_expression_node_count(NODES).parse(text)
    }))
    .map_err(|_| vec!["the expression cannot be read".to_owned()])?;
    parsed.map_err(|errors| {
        errors
            .errors
            .iter()
            .map(|error| format!("the expression cannot be read: {}", error.msg))
            .collect::<Vec<_>>()
    })
}

/// Compiles the text of a rule. Every fault found is told, not only the first.
pub(crate) fn compile(text: &str, scene: &Scene<'_>) -> Result<Compiled, Vec<String>> {
    let tree = parse(text)?;
    let mut work = Work::new(scene);
    let logic = work.logic(&tree.expr);
    work.finish(logic)
}

/// Compiles "the parts add up to the total". Names may be followed by a space and a unit; a name with `*`
/// stands for every indicator that it matches, the total excepted. Gives the names in full as well.
pub(crate) fn compile_additive(
    total: &str,
    parts: &[String],
    scene: &Scene<'_>,
) -> Result<(Compiled, Vec<String>), Vec<String>> {
    let mut work = Work::new(scene);
    let mut names = Vec::new();
    for part in parts {
        match part.contains('*') {
            true => match scene.matching(part, &[total]) {
                Ok(found) => names.extend(found.into_iter().map(str::to_owned)),
                Err(fault) => work.faults.push(fault),
            },
            false => names.push(part.clone()),
        }
    }
    let sum: Option<Vec<Num>> = names.iter().map(|name| work.term(name)).collect();
    let total = work.term(total);
    let logic =
        sum.zip(total).map(|(sum, total)| Logic::Numbers(Cmp::Equal, Box::new((Num::Sum(sum), total))));
    work.finish(logic).map(|compiled| (compiled, names))
}

fn is_sane(text: &str) -> bool {
    let (mut depth, mut deepest, mut operators) = (0usize, 0usize, 0usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                operators += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'!' | b'-' | b'+' | b'*' | b'/' | b'%' | b'?' | b':' | b'<' | b'>' | b'=' | b'&' | b'|'
            | b'.' => {
                operators += 1;
            }
            _ => {}
        }
    }
    text.len() <= LONGEST && operators <= MOST_OPERATORS && deepest <= DEEPEST
}

/// One compilation under way.
pub(super) struct Work<'a> {
    pub(super) scene: &'a Scene<'a>,
    fields: Vec<u16>,
    cells: Vec<CellRef>,
    parts: Vec<PartRef>,
    pub(super) previous: bool,
    pub(super) calendar: bool,
    faults: Vec<String>,
}

impl<'a> Work<'a> {
    fn new(scene: &'a Scene<'a>) -> Self {
        Self {
            scene,
            fields: Vec::new(),
            cells: Vec::new(),
            parts: Vec::new(),
            previous: false,
            calendar: false,
            faults: Vec::new(),
        }
    }

    fn finish(mut self, logic: Option<Logic>) -> Result<Compiled, Vec<String>> {
        match logic {
            Some(logic) if self.faults.is_empty() => {
                let Self { fields, cells, parts, previous, calendar, .. } = self;
                let compiled = Compiled { logic, fields, cells, parts, previous, calendar };
                if self.scene.long.is_some() && compiled.anchors().next().is_none() {
                    return Err(vec!["it names no figure of its own period: use cell(\"CODE\")".to_owned()]);
                }
                Ok(compiled)
            }
            _ => {
                if self.faults.is_empty() {
                    self.faults.push("it cannot be compiled".to_owned());
                }
                Err(self.faults)
            }
        }
    }

    pub(super) fn fault<T>(&mut self, text: String) -> Option<T> {
        self.faults.push(text);
        None
    }

    pub(super) fn told<T>(&mut self, outcome: Result<T, String>) -> Option<T> {
        outcome.map_err(|fault| self.faults.push(fault)).ok()
    }

    // a name in an additive group: a field, or an indicator with or without its unit
    pub(super) fn term(&mut self, name: &str) -> Option<Num> {
        if self.scene.long.is_some() {
            let (code, unit) = name.split_once(' ').map_or((name, None), |(code, unit)| (code, Some(unit)));
            return self.cell(code, unit, When::Here).map(Num::Cell);
        }
        match self.ident(name)? {
            Typed::Num(num) => Some(num),
            other => self.fault(format!("`{name}` is {}, not a number", other.what())),
        }
    }

    pub(super) fn cell(&mut self, code: &str, unit: Option<&str>, when: When) -> Option<u16> {
        let found = self.scene.indicator(code, unit);
        let (indicator, unit) = self.told(found)?;
        let cell = CellRef { indicator, unit, when };
        let at = self.cells.iter().position(|known| *known == cell).unwrap_or_else(|| {
            self.cells.push(cell);
            self.cells.len() - 1
        });
        u16::try_from(at).ok()
    }

    fn logic(&mut self, expr: &Expr) -> Option<Logic> {
        match self.typed(expr)? {
            Typed::Logic(logic) => Some(logic),
            other => self.fault(format!("{} stands where a condition belongs", other.what())),
        }
    }

    pub(super) fn num(&mut self, expr: &Expr) -> Option<Num> {
        match self.typed(expr)? {
            Typed::Num(num) => Some(num),
            other => self.fault(format!("{} stands where a number belongs", other.what())),
        }
    }

    pub(super) fn nums(&mut self, args: &[cel::IdedExpr]) -> Option<Vec<Num>> {
        let each: Vec<Option<Num>> = args.iter().map(|arg| self.num(&arg.expr)).collect();
        each.into_iter().collect()
    }

    pub(super) fn typed(&mut self, expr: &Expr) -> Option<Typed> {
        match expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Ident(name) => self.ident(name),
            Expr::Select(select) if !select.test => {
                if let Some((at, _)) = self.part_named(&select.operand.expr) {
                    return self.figure_of(at, &select.field, Fold::Only).map(Typed::Num);
                }
                let of_previous = matches!(&select.operand.expr, Expr::Ident(name) if name == "previous");
                if !of_previous {
                    return self.fault(format!("`.{}` is only known after `previous`", select.field));
                }
                self.previous_field(&select.field).map(Typed::Num)
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                let texts: Option<Vec<String>> =
                    list.elements.iter().map(|element| text_of(&element.expr)).collect();
                match texts {
                    Some(texts) => Some(Typed::Texts(texts)),
                    None => self.fault("a list may hold quoted texts only".to_owned()),
                }
            }
            _ => self.fault("this sort of expression is not known here".to_owned()),
        }
    }

    pub(super) fn part_named(&self, expr: &Expr) -> Option<(usize, &'a Meant)> {
        match expr {
            Expr::Ident(name) => self.scene.part(name),
            _ => None,
        }
    }

    /// A figure of a part: a field that is a number in every version of its type, or a count of events.
    pub(super) fn figure_of(&mut self, part: usize, field: &str, fold: Fold) -> Option<Num> {
        let meant = self.scene.parts().get(part)?;
        let name = &meant.name;
        if meant.events != (fold == Fold::Count) {
            return self.fault(match meant.events {
                true => format!("`{name}` is a count of events: write count({name}) and nothing else of it"),
                false => format!("`{name}` is not a count of events: name one of its fields"),
            });
        }
        if meant.of_year && fold == Fold::Only {
            return self.fault(format!(
                "`{name}` is the returns of a year: write sum({name}.{field}), or last({name}.{field}) for what stands at its end"
            ));
        }
        if fold == Fold::Last && !meant.of_year {
            return self.fault(format!("`{name}` is not the returns of a year: it has no last one"));
        }
        for of in meant.of.iter().filter(|_| fold != Fold::Count) {
            let found = of.field(field).and_then(|at| of.fields.get(at));
            match found.map(|field| field.kind.row().sort) {
                Some(Sort::Number) => {}
                Some(_) => return self.fault(format!("`{field}` of `{}` is not a number", of.id)),
                None => {
                    return self
                        .fault(format!("`{}` has no field `{field}` in version {}", of.id, of.version));
                }
            }
        }
        self.wanted(PartRef { part, field: field.to_owned(), cell: None, fold })
    }

    /// A figure of a part whose type is a table of one figure per row, by its indicator.
    fn indicator_of(&mut self, part: usize, name: &str, args: &[cel::IdedExpr]) -> Option<Num> {
        let when = match name {
            "cell" => When::Here,
            "at_end" => When::End,
            _ => return self.fault(format!("of a part there are cell and at_end, and no `{name}`")),
        };
        let texts: Option<Vec<String>> = args.iter().map(|arg| text_of(&arg.expr)).collect();
        let (code, unit) = match texts.as_deref() {
            Some([code]) => (code, None),
            Some([code, unit]) => (code, Some(unit.as_str())),
            _ => {
                return self
                    .fault(format!("{name}() takes a quoted indicator and, where it has several, its unit"));
            }
        };
        let mut found = None;
        for of in &self.scene.parts().get(part)?.of {
            let scene = Scene::new(&of.fields, of.tables.first().and_then(|table| table.long.as_ref()));
            let unit = self.told(scene.indicator(code, unit).and_then(|(_, unit)| scene.unit(unit)))?;
            found = Some(unit);
        }
        let cell = Some((found?, when));
        self.wanted(PartRef { part, field: code.clone(), cell, fold: Fold::Only })
    }

    fn wanted(&mut self, wanted: PartRef) -> Option<Num> {
        let at = self.parts.iter().position(|known| *known == wanted).unwrap_or_else(|| {
            self.parts.push(wanted);
            self.parts.len() - 1
        });
        u16::try_from(at).ok().map(Num::Part)
    }

    fn literal(&mut self, literal: &LiteralValue) -> Option<Typed> {
        let number =
            |text: String| decimal::parse(&text, 6).map(|n| Typed::Num(Num::Constant(i128::from(n))));
        match literal {
            LiteralValue::Boolean(b) => Some(Typed::Logic(Logic::Constant(*b.inner()))),
            LiteralValue::Int(n) => number(n.inner().to_string()),
            LiteralValue::UInt(n) => number(n.inner().to_string()),
            // written back as the shortest text that means it, and read as a decimal: no arithmetic on floats
            LiteralValue::Double(n) => number(n.inner().to_string()),
            LiteralValue::String(text) => Some(Typed::Text(text.inner().to_owned())),
            _ => None,
        }
        .or_else(|| {
            self.fault("this constant is not known here, or has more than six decimal places".to_owned())
        })
    }

    fn ident(&mut self, name: &str) -> Option<Typed> {
        match name {
            "now" => return Some(Typed::Moment(Moment::Now)),
            "today" => return Some(Typed::Day(Day::Today)),
            _ => {}
        }
        let Some((at, field)) = self.scene.field(name) else {
            return self.fault(format!("there is no field `{name}`"));
        };
        if !self.fields.contains(&at) {
            self.fields.push(at);
        }
        Some(match field.kind.row().sort {
            Sort::Number => Typed::Num(Num::Field(at)),
            Sort::Bool => Typed::Logic(Logic::Field(at)),
            Sort::Code => Typed::Code(at),
            Sort::Set => Typed::Set(at),
            Sort::Date => Typed::Day(Day::Field(at)),
            Sort::Time => Typed::Moment(Moment::Field(at)),
            Sort::Text | Sort::Period | Sort::Varies => Typed::Other,
        })
    }

    pub(super) fn previous_field(&mut self, name: &str) -> Option<Num> {
        match self.scene.field(name) {
            Some((at, field)) if field.kind.row().sort == Sort::Number => {
                self.previous = true;
                Some(Num::Previous(at))
            }
            Some(_) => self.fault(format!("`{name}` is not a number: only numbers are compared with before")),
            None => self.fault(format!("there is no field `{name}`")),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Option<Typed> {
        if let Some(target) = &call.target {
            if let Some((part, _)) = self.part_named(&target.expr) {
                return self.indicator_of(part, &call.func_name, &call.args).map(Typed::Num);
            }
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
            (op::ADD, [a, b]) => self.pair(&a.expr, &b.expr).map(|(a, b)| Typed::Num(Num::Sum(vec![a, b]))),
            (op::SUBSTRACT, [a, b]) => self
                .pair(&a.expr, &b.expr)
                .map(|(a, b)| Typed::Num(Num::Sum(vec![a, Num::Negate(Box::new(b))]))),
            (op::MULTIPLY, [a, b]) => {
                self.pair(&a.expr, &b.expr).map(|p| Typed::Num(Num::Multiply(Box::new(p))))
            }
            (op::DIVIDE, [a, b]) => self.pair(&a.expr, &b.expr).map(|p| Typed::Num(Num::Divide(Box::new(p)))),
            (op::NEGATE, [a]) => self.num(&a.expr).map(|a| Typed::Num(Num::Negate(Box::new(a)))),
            (op::IN, [a, b]) => self.membership(&a.expr, &b.expr),
            (name, [a, b]) if comparison(name).is_some() => {
                let cmp = comparison(name)?;
                let sides = (self.typed(&a.expr), self.typed(&b.expr));
                self.compare(cmp, sides.0?, sides.1?).map(Typed::Logic)
            }
            (name, args) => self.function(name, args),
        }
    }

    pub(super) fn pair(&mut self, a: &Expr, b: &Expr) -> Option<(Num, Num)> {
        let pair = (self.num(a), self.num(b));
        Some((pair.0?, pair.1?))
    }

    fn join(&mut self, a: &Expr, b: &Expr, join: fn(Vec<Logic>) -> Logic) -> Option<Typed> {
        let pair = (self.logic(a), self.logic(b));
        Some(Typed::Logic(join(vec![pair.0?, pair.1?])))
    }

    fn membership(&mut self, element: &Expr, list: &Expr) -> Option<Typed> {
        let sides = (self.typed(element), self.typed(list));
        match (sides.0?, sides.1?) {
            (Typed::Text(word), Typed::Set(at)) => {
                let bit = self.code(at, &word)?;
                Some(Typed::Logic(Logic::Contains(at, 1u64.checked_shl(u32::from(bit))?)))
            }
            (Typed::Code(at), Typed::Texts(words)) => {
                let codes: Vec<Option<u16>> = words.iter().map(|word| self.code(at, word)).collect();
                Some(Typed::Logic(Logic::OneOf(at, codes.into_iter().collect::<Option<_>>()?)))
            }
            (a, b) => self.fault(format!("{} cannot be looked for in {}", a.what(), b.what())),
        }
    }

    fn code(&mut self, at: u16, word: &str) -> Option<u16> {
        let field = self.scene.fields.get(usize::from(at))?;
        match field.codes.as_ref().and_then(|list| list.position(word)) {
            Some(code) => Some(code),
            None => self.fault(format!("`{word}` is no code of `{}`", field.name)),
        }
    }

    fn compare(&mut self, cmp: Cmp, a: Typed, b: Typed) -> Option<Logic> {
        let same = matches!(cmp, Cmp::Equal | Cmp::NotEqual);
        let turned = |logic: Logic| if cmp == Cmp::NotEqual { Logic::Not(Box::new(logic)) } else { logic };
        match (a, b) {
            (Typed::Num(a), Typed::Num(b)) => Some(Logic::Numbers(cmp, Box::new((a, b)))),
            (Typed::Day(a), Typed::Day(b)) => Some(Logic::Days(cmp, Box::new((a, b)))),
            (Typed::Moment(a), Typed::Moment(b)) => Some(Logic::Moments(cmp, Box::new((a, b)))),
            (Typed::Logic(a), Typed::Logic(b)) if same => Some(turned(Logic::Same(Box::new((a, b))))),
            (Typed::Code(at), Typed::Text(word)) | (Typed::Text(word), Typed::Code(at)) if same => {
                self.code(at, &word).map(|code| turned(Logic::OneOf(at, vec![code])))
            }
            (Typed::Code(a), Typed::Code(b)) if same => {
                let list = |at: u16| self.scene.fields.get(usize::from(at)).and_then(|f| f.codes.as_ref());
                match (list(a), list(b)) {
                    (Some(x), Some(y)) if x.codes() == y.codes() => Some(turned(Logic::SameCode(a, b))),
                    _ => self.fault("two coded fields are compared that have different lists".to_owned()),
                }
            }
            (a, b) => self.fault(format!("{} cannot be compared with {}", a.what(), b.what())),
        }
    }
}

pub(crate) fn comparison(name: &str) -> Option<Cmp> {
    Some(match name {
        op::LESS => Cmp::Less,
        op::LESS_EQUALS => Cmp::LessEqual,
        op::EQUALS => Cmp::Equal,
        op::NOT_EQUALS => Cmp::NotEqual,
        op::GREATER_EQUALS => Cmp::GreaterEqual,
        op::GREATER => Cmp::Greater,
        _ => return None,
    })
}

pub(crate) fn text_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
        _ => None,
    }
}

/// Whether a name may be a field's: rules must be able to speak of it.
pub(crate) fn is_field_name(name: &str) -> bool {
    const TAKEN: [&str; 8] = ["previous", "now", "today", "true", "false", "null", "in", "as"];
    (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !TAKEN.contains(&name)
}

#[cfg(test)]
pub(crate) mod tests;
