//! Which column of a file is which field.

use std::sync::Arc;

use crate::checks::findings::{Findings, Place, ids};
use crate::definition::{ReturnType, TypeKind};
use crate::near;

/// A heading as it is compared: without case, spaces and underscores alike.
#[must_use]
pub fn key(heading: &str) -> String {
    let mut key = String::with_capacity(heading.len());
    let words = heading.split(|c: char| c.is_whitespace() || c == '_' || c == '\u{feff}');
    for word in words.filter(|word| !word.is_empty()) {
        if !key.is_empty() {
            key.push('_');
        }
        key.extend(word.chars().flat_map(char::to_lowercase));
    }
    key
}

/// What a heading is to a return type.
enum Meaning {
    Field(usize),
    Ignored,
    Unknown,
}

fn meaning(of: &ReturnType, name: &str) -> Meaning {
    let is = |other: &String| key(other) == name;
    if let Some(at) = of.fields.iter().position(|field| is(&field.name) || field.aliases.iter().any(is)) {
        Meaning::Field(at)
    } else if of.ignored_columns.iter().any(is) {
        Meaning::Ignored
    } else {
        Meaning::Unknown
    }
}

/// Whether a heading means anything to a return type.
pub(crate) fn is_known(of: &ReturnType, heading: &str) -> bool {
    !matches!(meaning(of, &key(heading)), Meaning::Unknown)
}

/// How the headings of a file fit a return type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// How many of them name a field, each field once.
    pub known: usize,
    /// How many mean nothing to it.
    pub unknown: usize,
    /// Whether every required field is among them.
    pub whole: bool,
}

/// How well headings fit a return type.
#[must_use]
pub fn fit<S: AsRef<str>>(of: &ReturnType, headings: &[S]) -> Fit {
    let mut named = vec![false; of.fields.len()];
    let mut unknown = 0;
    for name in headings.iter().map(|heading| key(heading.as_ref())).filter(|name| !name.is_empty()) {
        match meaning(of, &name) {
            Meaning::Field(at) => {
                if let Some(slot) = named.get_mut(at) {
                    *slot = true;
                }
            }
            Meaning::Ignored => {}
            Meaning::Unknown => unknown += 1,
        }
    }
    let whole = of.fields.iter().zip(&named).all(|(field, named)| *named || !field.required);
    Fit { known: named.iter().filter(|named| **named).count(), unknown, whole }
}

/// The column of a file in which a field stands.
#[must_use]
pub fn place<S: AsRef<str>>(of: &ReturnType, headings: &[S], field: &str) -> Option<usize> {
    let wanted = of.field(field)?;
    let is = |heading: &S| matches!(meaning(of, &key(heading.as_ref())), Meaning::Field(at) if at == wanted);
    headings.iter().position(is)
}

/// The other return type whose headings these are, when they do not fit the one asked for: it knows more of
/// them, and none of them is unknown to it.
#[must_use]
pub fn other_type<'t, S: AsRef<str>>(
    of: &ReturnType,
    among: &'t [Arc<ReturnType>],
    headings: &[S],
) -> Option<&'t ReturnType> {
    let own = fit(of, headings);
    if own.whole && own.unknown == 0 {
        return None;
    }
    let others = among.iter().filter(|other| other.id != of.id).map(|other| (other, fit(other, headings)));
    others
        .filter(|(_, fit)| fit.whole && fit.unknown == 0 && fit.known > own.known)
        .max_by_key(|(_, fit)| fit.known)
        .map(|(other, _)| &**other)
}

/// Columns that only tables of the looked-after children's return have beside `CHILD`.
const OF_903: [&str; 10] = [
    "upn",
    "decom",
    "sdq_score",
    "date_int",
    "review",
    "duc",
    "mis_start",
    "in_touch",
    "date_placed",
    "prev_perm",
];

/// Whether the headings are those of a table of the Department for Education's SSDA903 return.
pub(crate) fn is_903<S: AsRef<str>>(headings: &[S]) -> bool {
    let keys: Vec<String> = headings.iter().map(|heading| key(heading.as_ref())).collect();
    keys.iter().any(|key| key == "child") && keys.iter().any(|key| OF_903.contains(&key.as_str()))
}

/// The columns of a file, found.
#[derive(Debug)]
pub(crate) struct Headings {
    /// Per column that travels, in the order of the type: the field and the column in the file.
    pub(crate) columns: Vec<(usize, usize)>,
    /// The names of those that the type says never travel.
    pub(crate) left_behind: Vec<String>,
    /// The columns without a name: nothing may stand in them.
    pub(crate) nameless: Vec<usize>,
    /// How many columns there are.
    pub(crate) width: usize,
}

impl Headings {
    /// Finds the columns, and says everything that is wrong with them.
    pub(crate) fn of<S: AsRef<str>>(
        of: &ReturnType,
        headings: &[S],
        findings: &mut Findings,
    ) -> Option<Self> {
        let place = Place::table(of.first_table());
        let mut read = Headings {
            columns: Vec::new(),
            left_behind: Vec::new(),
            nameless: Vec::new(),
            width: headings.len(),
        };
        let mut unknown = Vec::new();
        for (at, heading) in headings.iter().enumerate() {
            let name = key(heading.as_ref());
            if name.is_empty() {
                read.nameless.push(at);
                continue;
            }
            match meaning(of, &name) {
                Meaning::Field(field) if read.columns.iter().any(|(other, _)| *other == field) => {
                    let name = of.fields.get(field).map_or("", |field| field.name.as_str());
                    findings.error(&ids().columns, place, format!("the column `{name}` stands twice"));
                }
                Meaning::Field(field) => read.columns.push((field, at)),
                Meaning::Ignored => read.left_behind.push(name),
                // as it stands: that what was two words is no word keeps names of persons out of what is said
                Meaning::Unknown => unknown.push((at, heading.as_ref().trim().to_lowercase())),
            }
        }
        if read.columns.is_empty() {
            // the first line may be a row of data: it is not repeated
            let some: Vec<&str> = of.fields.iter().take(3).map(|field| field.name.as_str()).collect();
            let text = format!(
                "the first line names none of the columns of {}: it must hold headings such as {}",
                of.id,
                some.join(", ")
            );
            findings.error(&ids().columns, place, text);
            return None;
        }
        for (at, name) in unknown {
            let stands = |field: usize| read.columns.iter().any(|(other, _)| *other == field);
            findings.error(&ids().columns, place, unknown_column(of, at, &name, stands));
        }
        for (at, field) in of.fields.iter().enumerate() {
            if field.required && !read.columns.iter().any(|(other, _)| *other == at) {
                findings.error(&ids().columns, place, format!("the column `{}` is missing", field.name));
            }
        }
        read.columns.sort_unstable();
        (!findings.has_errors()).then_some(read)
    }

    pub(crate) fn names(&self, of: &ReturnType) -> Vec<String> {
        self.columns.iter().filter_map(|(field, _)| of.fields.get(*field)).map(|f| f.name.clone()).collect()
    }
}

/// Says of a heading that it is no column, and which field it may mean that does not stand in the file yet. About
/// persons only what cannot be a name or number is repeated.
pub(crate) fn unknown_column(
    of: &ReturnType,
    at: usize,
    name: &str,
    stands: impl Fn(usize) -> bool,
) -> String {
    let word = name.contains('_') && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let which = if (of.kind == TypeKind::Aggregate || word) && name.len() <= 64 {
        let name: String = name.chars().map(|c| if c.is_control() || c == '`' { '?' } else { c }).collect();
        format!("`{name}`")
    } else {
        format!("column {}", at + 1)
    };
    let missing = of.fields.iter().enumerate().filter(|(field, _)| !stands(*field));
    let missing = missing.map(|(_, field)| field.name.as_str());
    match near::nearest(&key(name), missing) {
        Some(meant) => format!("{which} is no column of {}: did you mean `{meant}`?", of.id),
        None => format!("{which} is no column of {}: take it out or correct its name", of.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_compared_without_case_and_with_spaces_as_underscores() {
        for heading in ["area_of_work", " Area of Work ", "AREA  OF_WORK", "\u{feff}Area of\nwork"] {
            assert_eq!(key(heading), "area_of_work", "{heading:?}");
        }
        assert_ne!(key("areaofwork"), "area_of_work");
    }

    #[test]
    fn a_903_table_is_known_by_child_and_a_column_of_its_own() {
        assert!(is_903(&["CHILD", "DECOM", "RNE"]));
        assert!(!is_903(&["child", "name"]));
        assert!(!is_903(&["decom"]));
    }
}
