use super::*;
use crate::cell;

const DATE: Shown = Shown::Date { day: true, time: false };
const BOTH: Shown = Shown::Date { day: true, time: true };

fn taken(kind: FieldKind, value: f64, shown: Shown) -> Taken {
    take(&Field { class: FieldClass::Identifier, ..Field::plain("f", kind) }, &Content::Number(value, shown))
}

fn exactly(text: &str) -> Taken {
    Exactly(text.to_owned())
}

#[test]
fn whole_numbers_and_true_dates_are_read_without_fuss() {
    assert_eq!(taken(FieldKind::Count, 1_234.0, Shown::Plain), exactly("1234"));
    assert_eq!(taken(FieldKind::Number, 0.1 + 0.2, Shown::Plain), exactly("0.3"));
    assert_eq!(taken(FieldKind::Number, -0.0, Shown::Plain), exactly("0"));
    assert_eq!(taken(FieldKind::Date, 45_016.0, DATE), exactly("2023-03-31"));
    assert_eq!(taken(FieldKind::UkDate, 45_016.0, DATE), exactly("31/03/2023"));
    assert_eq!(taken(FieldKind::DateTime, 45_016.604_166_666_664, BOTH), exactly("2023-03-31T14:30:00"));
    assert_eq!(taken(FieldKind::DateTime, 45_016.0, BOTH), exactly("2023-03-31T00:00:00"));
    assert_eq!(taken(FieldKind::PeriodNotation, 2_021.0, Shown::Plain), exactly("2021"));
    let truth = take(&Field::plain("f", FieldKind::Bool), &Content::Truth(true));
    assert_eq!(truth, exactly("yes"));
}

#[test]
fn what_a_spreadsheet_has_changed_is_never_taken_in_silence() {
    for (kind, value, shown) in [
        (FieldKind::Date, 45_016.0, Shown::Plain),
        (FieldKind::Date, 45_016.5, DATE),
        (FieldKind::Date, 60.0, DATE),
        (FieldKind::Date, 0.5, Shown::Date { day: false, time: true }),
        (FieldKind::DateTime, 45_016.0, DATE),
        (FieldKind::Count, 45_016.0, DATE),
        (FieldKind::Count, 0.12, Shown::Percent),
        (FieldKind::Count, 1e15, Shown::Plain),
        (FieldKind::Quarter, 45_016.0, DATE),
        (FieldKind::PeriodNotation, 45_017.0, DATE),
        (FieldKind::NhsNumber, 943_476_591.0, Shown::Plain),
        (FieldKind::NhsNumber, 9.434_765_919_1e9, Shown::Plain),
        (FieldKind::Text, 1.5, Shown::Plain),
        (FieldKind::Text, 1.234e15, Shown::Plain),
        (FieldKind::Uuid, 45_016.0, DATE),
        (FieldKind::Count, f64::INFINITY, Shown::Plain),
    ] {
        assert!(matches!(taken(kind, value, shown), Not(_)), "{kind:?} {value} {shown:?}");
    }
    for (kind, value, shown, text) in [
        (FieldKind::NhsNumber, 9_434_765_919.0, Shown::Plain, "9434765919"),
        (FieldKind::Text, 12_345.0, Shown::Plain, "12345"),
        (FieldKind::Text, 12_345.0, Shown::Digits(8), "00012345"),
        (FieldKind::Percent, 0.147, Shown::Percent, "14.7"),
        (FieldKind::Month, 45_017.0, DATE, "2023-04"),
    ] {
        let Told(read, ..) = taken(kind, value, shown) else { panic!("{kind:?} {value} {shown:?}") };
        assert_eq!(read, text);
    }
    for content in [Content::Error, Content::Uncomputed, Content::Truth(true)] {
        assert!(matches!(take(&Field::plain("f", FieldKind::Count), &content), Not(_)), "{content:?}");
    }
}

#[test]
fn text_that_a_spreadsheet_has_spoilt_is_seen_where_it_is_a_name_and_its_errors_everywhere() {
    let of = |kind, class| Field { class, ..Field::plain("f", kind) };
    let is = |kind, text| spoilt(&of(kind, FieldClass::Identifier), text).is_some();
    for text in ["9.43477E+09", "9E+09", "9,43E+09", "9434765919.0", " 12345.0"] {
        assert!(is(FieldKind::NhsNumber, text) && is(FieldKind::Text, text), "{text}");
        assert!(
            !is(FieldKind::Count, text) && spoilt(&of(FieldKind::Text, FieldClass::FreeText), text).is_none()
        );
        let number = Content::Text(text.into());
        assert!(matches!(take(&of(FieldKind::NhsNumber, FieldClass::Identifier), &number), Not(_)));
    }
    for text in ["9434765919", "E+09", "12E+9", "1.E+9", "aE+b", "1E+x", "1.0", "#1", "###", "a.0"] {
        assert!(!is(FieldKind::Text, text), "{text}");
    }
    for text in ["#REF!", "#N/A", "#DIV/0!", "########"] {
        assert!(
            is(FieldKind::Count, text) && spoilt(&of(FieldKind::Text, FieldClass::FreeText), text).is_some()
        );
    }
}

#[test]
fn a_code_that_lost_its_zero_is_no_other_code() {
    let code = |code: &str| crate::codes::Code { code: code.into(), title: String::new(), extra: vec![] };
    let codes = crate::codes::CodeList::new("f".into(), "s".into(), vec![code("01"), code("12")]).unwrap();
    let field = Field { codes: Some(codes.into()), ..Field::plain("f", FieldKind::Code) };
    let take = |value, shown| take(&field, &Content::Number(value, shown));
    assert!(matches!(take(1.0, Shown::Plain), Not(_)));
    assert_eq!(take(1.0, Shown::Digits(2)), exactly("01"));
    assert_eq!(take(12.0, Shown::Plain), exactly("12"));
    assert_eq!(cell::read(&field, "13"), Err(cell::CellFault::Code));
}
