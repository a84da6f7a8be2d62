//! The fields of a return type as `concordat types` tells them.

use std::fmt::Write as _;

use concordat_catalogue::{Code, Field, FieldKind, ReturnType};
use concordat_core::table::FieldClass;

/// The fields by name; where there are several tables, by table and name.
pub(super) fn columns(of: &ReturnType) -> Vec<(String, &Field)> {
    let several = of.has_several_tables();
    let name = |table: &str, field: &Field| {
        if several { format!("{table}.{}", field.name) } else { field.name.clone() }
    };
    let each = of.tables.iter().flat_map(|table| of.columns(table).iter().map(|f| (name(&table.name, f), f)));
    each.collect()
}

/// Every code of a field.
pub(super) fn codes(field: &Field) -> Option<String> {
    let all = field.codes.as_ref()?.codes().iter().map(|code| code.code.as_str());
    Some(format!("one of {}", all.collect::<Vec<_>>().join(", ")))
}

/// What a field tells of a person, in plain words; none of what happened, of figures and of free text.
pub(super) const fn about_person(class: FieldClass) -> Option<&'static str> {
    match class {
        FieldClass::Identifier => Some("names or numbers a person"),
        FieldClass::Contact => Some("tells where or how to reach a person"),
        FieldClass::Demographic => Some("describes a person"),
        FieldClass::SpecialCategory => Some("describes a person; specially protected (UK GDPR Article 9)"),
        FieldClass::Criminal => Some("describes a person; about offences (UK GDPR Article 10)"),
        FieldClass::Operational | FieldClass::Aggregate | FieldClass::FreeText => None,
    }
}

/// The fields as people read them.
pub(super) fn fields(of: &ReturnType, out: &mut String) {
    let _ = writeln!(out, "\nFIELDS (* must not be blank)");
    let columns = columns(of);
    let wide = columns.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut part = None;
    for (name, field) in columns {
        if field.part != part
            && let Some(kind) = field.part
        {
            let _ = writeln!(out, "\n  {:wide$}  only for the part `{kind}`", "");
        }
        part = field.part;
        let star = if field.required { "*" } else { " " };
        let _ = writeln!(out, "{star} {name:wide$}  {}", field.title);
        for line in must_be(field) {
            let _ = writeln!(out, "  {:wide$}    {line}", "");
        }
        if let Some(words) = about_person(field.class) {
            let _ = writeln!(out, "  {:wide$}    {words}", "");
        }
        if let Some(note) = &field.note {
            let _ = writeln!(out, "  {:wide$}    {note}", "");
        }
    }
}

/// What a cell must be; for a coded field all its codes, with their meaning where the code does not say it.
fn must_be(field: &Field) -> Vec<String> {
    let Some(list) = &field.codes else { return vec![field.kind.says().to_owned()] };
    let all = list.codes();
    let speaks = |code: &Code| code.title == code.code.replace('_', " ");
    let several = if field.kind == FieldKind::Set { ", or several with ; between them" } else { "" };
    if all.iter().all(speaks) {
        return wrapped(&format!("{}{several}", codes(field).unwrap_or_default()));
    }
    let wide = all.iter().map(|code| code.code.len()).max().unwrap_or(0);
    let lines = all.iter().map(|code| format!("  {:wide$}  {}", code.code, code.title));
    std::iter::once(format!("one of{several}")).chain(lines).collect()
}

/// A text in lines of at most 80 bytes, where its words allow.
fn wrapped(text: &str) -> Vec<String> {
    const WIDE: usize = 80;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use concordat_catalogue::Catalogue;

    use super::*;

    #[test]
    fn every_code_of_every_field_is_told_to_people_and_to_programs() {
        for of in Catalogue::built_in().types() {
            let mut said = String::new();
            fields(of, &mut said);
            for (name, field) in columns(of) {
                let Some(list) = &field.codes else { continue };
                let words: Vec<&str> = said.split([' ', ',', '\n']).collect();
                let first = |code: &str| code.split(' ').next().unwrap_or_default().to_owned();
                let told = codes(field).unwrap();
                for code in list.codes() {
                    assert!(words.contains(&first(&code.code).as_str()), "{name} {}", code.code);
                    assert!(told.contains(&code.code), "{name} {}", code.code);
                }
            }
        }
    }
}
