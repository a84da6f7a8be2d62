//! Code lists: `returns/codes/*.toml`.

use crate::codes::{Code, CodeList};

use super::Read;
use super::section::Section;

/// Reads a code list file: `title`, `source`, `codes` (rows of code, what it means, and more).
pub(super) fn read(root: &Section<'_, '_>, name: &str) -> Read<CodeList> {
    root.only(&["title", "source", "codes"]);
    let title = root.string("title");
    let source = root.string("source");
    let rows = root.rows("codes")?;
    let mut codes = Vec::with_capacity(rows.len());
    for row in rows {
        match row.as_slice() {
            [code, title, extra @ ..] if fits(code) && !title.is_empty() => {
                codes.push(Code { code: code.clone(), title: title.clone(), extra: extra.to_vec() });
            }
            [code, ..] => root.complain(
                "codes",
                format!("the row of `{code}` needs a code of 1 to 200 characters and what it means"),
            ),
            [] => root.complain("codes", "a row has at least a code and what it means".to_owned()),
        }
    }
    title?;
    build(root, "codes", name, source?, codes)
}

/// A list that a field declares itself: words, each its own meaning.
pub(super) fn of_words(
    section: &Section<'_, '_>,
    key: &str,
    name: &str,
    source: &str,
    words: &[String],
) -> Read<CodeList> {
    let codes = words
        .iter()
        .map(|word| Code { code: word.clone(), title: word.replace('_', " "), extra: Vec::new() })
        .collect::<Vec<_>>();
    if let Some(bad) = codes.iter().find(|code| !fits(&code.code)) {
        section.complain(key, format!("`{}` must have 1 to 200 characters", bad.code));
        return None;
    }
    build(section, key, name, source.to_owned(), codes)
}

fn fits(code: &str) -> bool {
    (1..=200).contains(&code.len()) && code.trim() == code
}

fn build(
    section: &Section<'_, '_>,
    key: &str,
    name: &str,
    source: String,
    codes: Vec<Code>,
) -> Read<CodeList> {
    match CodeList::new(name.to_owned(), source, codes) {
        Ok(list) => Some(list),
        Err(Some(twice)) => {
            section.complain(key, format!("`{twice}` stands twice"));
            None
        }
        Err(None) => {
            section.complain(key, "a list has 1 to 65,000 codes".to_owned());
            None
        }
    }
}
