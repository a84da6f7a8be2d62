//! Rules that check nothing, and rules that stop everything.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use common::{catalogue, now};
use concordat_catalogue::{Catalogue, lint};
use concordat_core::calendar::Calendar;

fn calendar() -> Calendar {
    Calendar::from_toml(include_str!("../../../policies/calendar.toml")).unwrap()
}

fn told(check: &str) -> Vec<String> {
    let text = format!(
        r#"
id = "t"
version = 1
title = "T"
why = "w"
lawful = "l"
source = "s"
kind = "aggregate"
person_level = false
owners = ["health"]
frequency = "month"
purpose = "P4-partnership-assurance"
nil = false
in_force = {{ from = 2022-04-01 }}
due = {{ anchor = "period_end", add = 5, unit = "working_days" }}
collect_within = {{ add = 5, unit = "days" }}
recipients = [{{ kind = "partnership", areas = "any" }}]
field = [
    {{ name = "a", kind = "count" }},
    {{ name = "b", kind = "count", required = true }},
    {{ name = "share", kind = "percent" }},
    {{ name = "depth", kind = "number" }},
    {{ name = "at_least", kind = "int", min = 3 }},
    {{ name = "colour", kind = "enum", values = ["red", "blue"] }},
    {{ name = "marks", kind = "set", values = ["x", "y", "z"] }},
    {{ name = "on", kind = "date" }},
    {{ name = "until", kind = "datetime" }},
]
[[rule]]
id = "R"
severity = "error"
check = '''{check}'''
words = "w"
"#
    );
    let catalogue = Catalogue::from_files([("returns/t.toml".to_owned(), text.into_bytes())]);
    let of = catalogue.unwrap_or_else(|c| panic!("{c:?}")).types()[0].clone();
    lint(&of, now(), &calendar()).iter().map(ToString::to_string).collect()
}

#[test]
fn no_rule_of_a_shipped_type_is_idle_or_impossible() {
    for of in catalogue().types() {
        assert_eq!(lint(of, now(), &calendar()), [], "{}", of.id);
    }
}

#[test]
fn a_rule_that_no_return_can_break_is_told() {
    for check in [
        "a >= 0",
        "a == a",
        "share <= 100",
        "at_least >= 3",
        "given(b)",
        "given(a) || !given(a)",
        r#"colour == "red" || colour == "blue""#,
        "size(marks) >= 1",
        "a + b >= b",
        "true",
    ] {
        let told = told(check);
        assert!(told.len() == 1 && told[0].contains("no return can break it"), "{check}: {told:?}");
        assert!(told[0].starts_with("returns/t.toml"), "{told:?}");
    }
}

#[test]
fn a_rule_that_no_return_can_keep_or_that_is_never_computed_is_told() {
    for check in ["a < b && a > b", "share > 100", "a < 0", r#"size(marks) == 0"#, "on < on", "false"] {
        let told = told(check);
        assert!(told.len() == 1 && told[0].contains("no return can keep it"), "{check}: {told:?}");
    }
    assert!(told("a / 0 == 1")[0].contains("never be computed"));
}

#[test]
fn a_sound_rule_is_let_be() {
    for check in [
        "a <= b",
        "a == 12345",
        "a * 10000 >= b * 40",
        "abs(share - percent(a, b)) <= 0.5",
        "depth < 0 || a > 0",
        "at_least == 3",
        r#"colour != "red" || "z" in marks"#,
        "size(marks) == 1",
        "on <= today && on >= months_before(today, 12)",
        "today <= working_days_after(on, 5)",
        "until <= hours_after(until, 0) && until <= now",
        r#"on == date("2019-02-28")"#,
        "age(on, today) < 18",
        "age(on, today) == 18",
        "unchanged() < 60",
        "previous.a + a == b",
    ] {
        assert_eq!(told(check), [""; 0], "{check}");
    }
}
