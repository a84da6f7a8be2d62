//! What is said of a cell that is not what its field declares. Codes and headings are named, what the cell holds never.

use std::fmt::Write as _;

use concordat_core::ids::RuleId;
use concordat_core::table::FieldClass;

use super::findings::ids;
use crate::cell::{self, CellFault};
use crate::codes::CodeList;
use crate::definition::{Field, ReturnType, TypeKind};
use crate::guard::{self, Detail};
use crate::kind::{FieldKind, Sort};

/// How many codes of a list are named in a finding.
const NAMED: usize = 24;

/// What is said of a cell that is not what its field declares, and under which rule.
pub(crate) fn said(field: &Field, says: &str, fault: CellFault) -> (&'static RuleId, String) {
    let name = &field.name;
    match fault {
        CellFault::Missing => {
            let wanted = codes(field).unwrap_or_else(|| says.to_owned());
            (&ids().required, format!("`{name}` is required: write {wanted}"))
        }
        CellFault::Suppressed => (
            &ids().suppressed,
            format!("`{name}` is suppressed here: send the real figure; readers see what they may"),
        ),
        CellFault::Kind => (&ids().kind, format!("`{name}` is not {says}")),
        CellFault::Code => {
            let wanted = codes(field).unwrap_or_else(|| "one of them".to_owned());
            (&ids().code, format!("`{name}` is not one of its codes: write {wanted}"))
        }
        CellFault::Long => (
            &ids().length,
            format!("`{name}` is longer than {} characters: shorten it", field.max.unwrap_or(cell::SHORT)),
        ),
        CellFault::Range => (
            &ids().range,
            format!("`{name}` is below {}, the least that makes sense", field.min.unwrap_or(0)),
        ),
    }
}

/// The codes of a field to choose from, or where they stand; none for a field that is not coded.
fn codes(field: &Field) -> Option<String> {
    let list = field.codes.as_ref().filter(|_| matches!(field.kind.row().sort, Sort::Code | Sort::Set))?;
    let several = field.kind == FieldKind::Set;
    Some(match (named(list), several) {
        (Some(words), false) if list.codes().len() > 3 => format!("one of {words}"),
        (Some(words), false) => words,
        (Some(words), true) => format!("one or more of {words}, with ; between them"),
        (None, _) => format!(
            "one of the {} codes that `concordat types TYPE` lists, as does the sheet `codes` of a workbook template",
            list.codes().len()
        ),
    })
}

/// `a, b or c`; none where there are too many.
fn named(list: &CodeList) -> Option<String> {
    let words: Vec<&str> = list.codes().iter().map(|code| code.code.as_str()).collect();
    match words.split_last()? {
        _ if words.len() > NAMED => None,
        (only, []) => Some((*only).to_owned()),
        (last, rest) => Some(format!("{} or {last}", rest.join(", "))),
    }
}

/// What the cell's text gives to add: how to write the figure, and which personal detail it seems to hold. Empty for
/// most.
pub(crate) fn of_text(of: &ReturnType, field: &Field, text: &str, fault: CellFault) -> String {
    let mut out = String::new();
    if fault == CellFault::Kind
        && let Some(advice) = figure(field, text)
    {
        // writing to a string cannot fail
        let _ = write!(out, ": {advice}");
    }
    // where persons are named by right, a mistyped number is no surprise
    let expected = of.kind == TypeKind::Bulk
        || matches!(field.class, FieldClass::Identifier | FieldClass::Contact | FieldClass::FreeText);
    if matches!(fault, CellFault::Kind | CellFault::Code | CellFault::Long) && !expected {
        let held: Vec<&str> = guard::scan(text).into_iter().map(Detail::as_str).collect();
        if !held.is_empty() {
            let _ = write!(out, ", and it seems to hold {}: take it out of the file", held.join(" and "));
        }
    }
    out
}

/// How a figure is written that is no number as it stands.
fn figure(field: &Field, text: &str) -> Option<&'static str> {
    if !matches!(field.kind.row().sort, Sort::Number | Sort::Varies) {
        return None;
    }
    let text = text.trim();
    if has_thousands(text) {
        return Some("write it without the comma");
    }
    if text.starts_with(['<', '\u{2264}']) {
        return Some("write the exact figure; readers see what they may");
    }
    let dash =
        !text.is_empty() && text.chars().all(|c| matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}'));
    dash.then_some(if field.required {
        "write 0 if there was none, or x if it is not known"
    } else {
        "write 0 if there was none, or leave it blank if it is not known"
    })
}

/// Whether a text is a number with a comma before every three digits, such as `1,204` or `12,000.5`.
fn has_thousands(text: &str) -> bool {
    let whole = text.strip_prefix('-').unwrap_or(text);
    let whole = whole.split_once('.').map_or(whole, |(whole, _)| whole);
    let mut groups = whole.split(',');
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()) && digits(group));
    let mut rest = groups.peekable();
    first && rest.peek().is_some() && rest.all(|group| group.len() == 3 && digits(group))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::codes::Code;

    fn coded(kind: FieldKind, codes: usize) -> Field {
        let code = |n: usize| Code { code: format!("C{n}"), title: String::new(), extra: vec![] };
        let list = CodeList::new("l".into(), "s".into(), (1..=codes).map(code).collect()).unwrap();
        Field { codes: Some(Arc::new(list)), ..Field::plain("f", kind) }
    }

    #[test]
    fn the_codes_to_choose_from_are_named_or_where_they_stand() {
        let told = |kind, codes, fault| said(&coded(kind, codes), "one of its words", fault).1;
        assert_eq!(told(FieldKind::Enum, 3, CellFault::Missing), "`f` is required: write C1, C2 or C3");
        assert_eq!(
            told(FieldKind::Code, 5, CellFault::Code),
            "`f` is not one of its codes: write one of C1, C2, C3, C4 or C5"
        );
        assert_eq!(
            told(FieldKind::Set, 2, CellFault::Code),
            "`f` is not one of its codes: write one or more of C1 or C2, with ; between them"
        );
        let many = told(FieldKind::Code, NAMED + 1, CellFault::Code);
        assert!(many.contains("one of the 25 codes that `concordat types TYPE` lists"), "{many}");
        assert!(told(FieldKind::Code, NAMED, CellFault::Code).contains("C23 or C24"));
    }

    #[test]
    fn a_figure_that_is_no_number_is_told_how_to_write_it() {
        let (may, must) = (Field::plain("n", FieldKind::Count), FieldKind::Count);
        let must = Field { required: true, ..Field::plain("n", must) };
        for (text, words) in [
            ("1,204", Some("without the comma")),
            ("12,000.5", Some("without the comma")),
            ("1,20", None),
            ("1,204,5", None),
            ("1234,567", None),
            (",204", None),
            ("<5", Some("the exact figure")),
            ("-", Some("leave it blank")),
            ("\u{2013}", Some("leave it blank")),
            ("", None),
            ("twelve", None),
        ] {
            let told = figure(&may, text);
            assert_eq!(told.is_some(), words.is_some(), "{text}");
            assert!(told.unwrap_or("").contains(words.unwrap_or("")), "{text}: {told:?}");
        }
        assert!(figure(&must, "-").unwrap().contains("or x if it is not known"));
        assert_eq!(figure(&Field::plain("t", FieldKind::Date), "-"), None);
    }
}
