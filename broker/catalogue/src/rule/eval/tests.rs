use super::*;
use crate::rule::compile::tests::fields;
use crate::rule::{Scene, compile};

struct Row {
    values: Vec<Value<'static>>,
    before: Known<i128>,
    calendar: Option<Calendar>,
}

impl Env for Row {
    fn value(&self, field: u16) -> Value<'_> {
        self.values[usize::from(field)]
    }
    fn previous(&self, _: u16) -> Known<i128> {
        self.before
    }
    fn cell(&self, _: u16) -> Known<i128> {
        Err(Unknown::Absent)
    }
    fn unchanged(&self) -> Known<i128> {
        Err(Unknown::NoPrevious)
    }
    fn now(&self) -> Timestamp {
        "2023-06-30T23:30:00Z".parse().unwrap()
    }
    fn calendar(&self) -> Option<&Calendar> {
        self.calendar.as_ref()
    }
}

fn number(n: i64) -> Value<'static> {
    Value::Number(n * 1_000_000)
}

fn row() -> Row {
    let values = vec![
        number(7),
        Value::Absent,
        Value::Code(1),
        Value::Set(0b10),
        Value::Date("2023-07-01".parse().unwrap()),
        Value::Time("2023-06-30T23:00:00Z".parse().unwrap()),
        Value::Bool(true),
        Value::Absent,
        Value::Bad,
    ];
    Row { values, before: Ok(4 * decimal::ONE), calendar: None }
}

fn eval(text: &str, row: &Row) -> Known<bool> {
    let fields = fields();
    holds(&compile(text, &Scene::new(&fields, None)).unwrap().logic, row)
}

#[test]
fn a_blank_operand_is_not_checked_never_a_pass_and_never_zero() {
    for text in
        ["b <= a", "a + b >= 0", "b == 0", "b * 0 == 0", "sum(a, b) > 0", "max(a, b) >= a", "!(b == 0)"]
    {
        assert_eq!(eval(text, &row()), Err(Unknown::Absent), "{text}");
    }
}

#[test]
fn one_side_that_decides_is_enough() {
    assert_eq!(eval("a == 8 && b == 0", &row()), Ok(false));
    assert_eq!(eval("a == 7 || b == 0", &row()), Ok(true));
    assert_eq!(eval("a == 7 && b == 0", &row()), Err(Unknown::Absent));
    assert_eq!(eval("b == 0 || a == 8", &row()), Err(Unknown::Absent));
    assert_eq!(eval("!given(b) || b <= a", &row()), Ok(true));
    assert_eq!(eval("given(a) && !given(name)", &row()), Ok(true));
}

#[test]
fn a_cell_that_could_not_be_read_outweighs_every_other_reason() {
    assert_eq!(eval("shade == 'red' && b == 0", &row()), Err(Unknown::Bad));
    assert_eq!(eval("given(shade)", &row()), Err(Unknown::Bad));
}

#[test]
fn what_cannot_be_computed_is_not_checked() {
    assert_eq!(eval("a / 0 == 1", &row()), Err(Unknown::Uncomputable));
    assert_eq!(eval("percent(a, 0) == 1", &row()), Err(Unknown::Uncomputable));
    let huge = ["9000000000000"; 12].join(" * ");
    assert_eq!(eval(&format!("{huge} > 0"), &row()), Err(Unknown::Uncomputable));
    let none = Row { before: Err(Unknown::Offline), ..row() };
    assert_eq!(eval("a == previous.a", &none), Err(Unknown::Offline));
}

#[test]
fn values_compare_as_what_they_are() {
    for text in [
        "a == 7.0 && a != 6.999999",
        "-a == 0 - 7",
        "change(a) == 3 && abs(previous.a - a) == 3",
        "percent(a, 21) == 33.333333",
        "colour == 'blue' && colour != 'red' && colour in ['red', 'blue']",
        "'y' in marks && !('x' in marks) && size(marks) == 1",
        "on == today && date(at) == on && at < now",
        "months_before(on, 1) == date('2023-06-01') && days_before(on, 1) == date('2023-06-30')",
        "yes && yes == true && (yes ? true : false)",
    ] {
        assert_eq!(eval(text, &row()), Ok(true), "{text}");
    }
}

#[test]
fn the_sides_of_a_comparison_can_be_shown() {
    let fields = fields();
    let compiled = compile("a <= 5", &Scene::new(&fields, None)).unwrap();
    assert_eq!(sides(&compiled.logic, &row()), Some((7 * decimal::ONE, 5 * decimal::ONE)));
}

#[test]
fn ages_and_elapsed_hours_are_reckoned() {
    for (born, on, years) in [
        ("2005-06-30", "2023-06-29", 17),
        ("2005-06-30", "2023-06-30", 18),
        ("2004-02-29", "2022-02-28", 17),
        ("2004-02-29", "2022-03-01", 18),
        ("2023-06-30", "2023-06-29", -1),
    ] {
        let text = format!("age(date('{born}'), date('{on}')) == {years}");
        assert_eq!(eval(&text, &row()), Ok(true), "{text}");
    }
    // the clocks do not matter to elapsed hours
    assert_eq!(eval("hours_after(at, 24) > now && hours_after(at, 0) == at", &row()), Ok(true));
    assert_eq!(eval("age(on, today) < 18 && hours_after(at, 1) > now", &row()), Ok(true));
}

#[test]
fn working_days_are_counted_by_the_bank_holidays_and_without_them_the_rule_is_not_checked() {
    let holidays = "from = 2023\nto = 2023\nholidays = [\"2023-07-04\"]";
    let with = Row { calendar: Some(Calendar::from_toml(holidays).unwrap()), ..row() };
    // 1 July 2023 is a Saturday: day 0 whatever it is
    for (n, day) in [(0, "2023-07-01"), (1, "2023-07-03"), (2, "2023-07-05"), (5, "2023-07-10")] {
        let text = format!("working_days_after(on, {n}) == date('{day}')");
        assert_eq!(eval(&text, &with), Ok(true), "{text}");
    }
    assert_eq!(eval("working_days_after(on, 1) >= today", &row()), Err(Unknown::NoCalendar));
    assert_eq!(eval("working_days_after(on, 1) >= today || a == 7", &row()), Ok(true));
    assert_eq!(eval("working_days_after(on, 200) >= today", &with), Err(Unknown::Uncomputable));
}
