use super::*;
use crate::codes::{Code, CodeList};
use crate::definition::Field;
use crate::kind::FieldKind;
use std::sync::Arc;

fn words(id: &str, words: &[&str]) -> Option<Arc<CodeList>> {
    let codes = words
        .iter()
        .map(|w| Code { code: (*w).into(), title: (*w).into(), extra: vec![] })
        .collect::<Vec<_>>();
    Some(Arc::new(CodeList::new(id.into(), "s".into(), codes).unwrap()))
}

pub(crate) fn fields() -> Vec<Field> {
    vec![
        Field::plain("a", FieldKind::Count),
        Field::plain("b", FieldKind::Count),
        Field { codes: words("colour", &["red", "blue"]), ..Field::plain("colour", FieldKind::Enum) },
        Field { codes: words("marks", &["x", "y"]), ..Field::plain("marks", FieldKind::Set) },
        Field::plain("on", FieldKind::Date),
        Field::plain("at", FieldKind::DateTime),
        Field::plain("yes", FieldKind::Bool),
        Field::plain("name", FieldKind::Text),
        Field { codes: words("shade", &["red", "green"]), ..Field::plain("shade", FieldKind::Enum) },
    ]
}

fn faults(text: &str) -> Vec<String> {
    let fields = fields();
    match compile(text, &Scene::new(&fields, None)) {
        Ok(_) => vec![],
        Err(faults) => faults,
    }
}

#[test]
fn rules_of_every_shape_compile() {
    for text in [
        "a + b <= 3 * a - -b / 2",
        "a == 0.5 || !(b != 2) && yes",
        "sum(a, b, 1) >= min(a, b) && max(a, b) > abs(a - b)",
        "a == previous.a + change(b)",
        "unchanged() < 60",
        "percent(a, b) <= 50",
        "colour == 'red' || colour in ['red', 'blue']",
        "'x' in marks && size(marks) >= 1",
        "on <= today && date(at) >= on && at <= now",
        "on >= date('2022-04-01') && on >= months_before(today, 12) && on > days_before(on, 7)",
        "given(name) ? yes : yes == false",
        "age(on, today) < 18 && working_days_after(on, 5) >= today && hours_after(at, 72) > now",
    ] {
        assert_eq!(faults(text), [""; 0], "{text}");
    }
}

#[test]
fn every_unknown_name_is_told_not_only_the_first() {
    assert_eq!(faults("nope <= a && other == 1"), ["there is no field `nope`", "there is no field `other`"]);
    assert_eq!(faults("previous.nope == 1"), ["there is no field `nope`"]);
    assert_eq!(faults("colour == 'green'"), ["`green` is no code of `colour`"]);
    assert_eq!(faults("'z' in marks"), ["`z` is no code of `marks`"]);
}

#[test]
fn what_does_not_fit_together_does_not_compile() {
    for text in [
        "a",
        "a + b",
        "a <= b <= 3",
        "a == colour",
        "colour < 'red'",
        "colour == shade",
        "on == at",
        "name == 'x'",
        "name <= a",
        "yes < yes",
        "a && b",
        "previous.name == 'x'",
        "change(1) == 0",
        "change(colour) == 0",
        "given(a + b)",
        "size(a) == 1",
        "date(a) == on",
        "date('2022-02-30') == on",
        "months_before(on, a) == on",
        "months_before(on, 0.5) == on",
        "a.b == 1",
        "a.size() == 1",
        "[a] == [b]",
        "a % 2 == 0",
        "has(previous.a)",
        "[1].all(x, x > 0)",
        "a == 1.1234567",
        "a == null",
        "cell('X') == 1",
        "sum_of('X*') == 1",
        "sum() == 1",
        "unknown(a)",
        "",
        "a ==",
        "((((",
        "'",
    ] {
        assert!(!faults(text).is_empty(), "{text}");
    }
    assert!(!faults(&format!("a == 1{}", " ".repeat(LONGEST))).is_empty());
    for deep in ["(", "!", "-", "[", "a ? a : ", "a.", "a + "] {
        assert!(faults(&deep.repeat(500))[0].contains("too deep"), "{deep}");
    }
    for wide in ["(", "!", "-", "[", "a ? a : ", "a.", "a + ", "a[0]", "'", "a in "] {
        assert!(!faults(&wide.repeat(DEEPEST)).is_empty(), "{wide}");
    }
}

#[test]
fn a_rule_knows_what_it_reads() {
    let fields = fields();
    let compiled = compile("a <= b && given(name) && previous.a == 1", &Scene::new(&fields, None)).unwrap();
    assert_eq!((compiled.fields, compiled.previous), (vec![0, 1], true));
}

#[test]
fn a_field_may_not_be_called_like_a_word_of_the_rules() {
    for name in ["now", "previous", "in", "A", "1a", "a-b", "", "é"] {
        assert!(!is_field_name(name), "{name}");
    }
    assert!(is_field_name("s47_started"));
}
