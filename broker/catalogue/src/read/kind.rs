//! What sort of file the bytes are, whatever the file is called: one sentence for what is no table of ours.

use std::fmt;

/// What the bytes are, so far as a table may be in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// Perhaps a table in text.
    Text,
    /// An Excel workbook (.xlsx).
    Workbook,
    /// Something that holds no table to be read.
    Other(Other),
}

/// A file that is no table, and what to do about it. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other(String);

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much of a file's beginning is searched for what it is.
const HEAD: usize = 64 << 10;

/// What files begin with, and what they then are.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF", "this is a PDF: send the table that it was printed from, as CSV or XLSX"),
    (b"{\\rtf", "this is a text document (RTF): send the table as CSV or XLSX"),
    (b"\x1f\x8b", "this is a compressed file (gzip): unpack it and send the table in it"),
    (b"7z\xbc\xaf\x27\x1c", "this is an archive (7z): unpack it and send the table in it"),
    (b"Rar!\x1a\x07", "this is an archive (RAR): unpack it and send the table in it"),
    (b"\x89PNG", "this is a picture: send the table itself, as CSV or XLSX"),
    (b"\xff\xd8\xff", "this is a picture: send the table itself, as CSV or XLSX"),
    (b"PAR1", "this is a Parquet file: send the table as CSV or XLSX"),
    (b"SQLite format 3\0", "this is a database (SQLite): send the table as CSV or XLSX"),
];

/// What sort of file the bytes are.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> FileKind {
    let head = bytes.get(..HEAD.min(bytes.len())).unwrap_or_default();
    let other = |text: &str| FileKind::Other(Other(text.to_owned()));
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        let tail = bytes.get(bytes.len().saturating_sub(HEAD)..).unwrap_or_default();
        return zip(&|name| has(head, name) || has(tail, name));
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return ole(bytes);
    }
    // a PDF may have a little before its mark
    let start = bytes.get(..1_024.min(bytes.len())).unwrap_or_default();
    for (magic, text) in MAGIC {
        if bytes.starts_with(magic) || (*magic == b"%PDF" && has(start, b"%PDF-")) {
            return other(text);
        }
    }
    FileKind::Text
}

fn zip(names: &dyn Fn(&[u8]) -> bool) -> FileKind {
    let other = |text: &str| FileKind::Other(Other(text.to_owned()));
    if names(b"xl/workbook.bin") {
        return other("this is a binary workbook (.xlsb): save it as an Excel workbook (.xlsx) or CSV");
    }
    if names(b"xl/workbook.xml") || names(b"xl/worksheets/") {
        return FileKind::Workbook;
    }
    if names(b"opendocument") {
        return other("this is an OpenDocument file: save it as an Excel workbook (.xlsx) or CSV");
    }
    if names(b"word/") || names(b"ppt/") {
        return other("this is a document, not a table: send the table in it as CSV or XLSX");
    }
    other("this is a zip archive: unpack it and send the table in it")
}

fn ole(bytes: &[u8]) -> FileKind {
    let wide = |word: &str| word.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    // the directory of such a file may stand anywhere in it
    let names = |word: &str| has(bytes, &wide(word));
    FileKind::Other(Other(
        if names("EncryptedPackage") {
            "this workbook is locked with a password: save it without one"
        } else if names("Workbook") || names("Book") {
            "this is an old Excel workbook (.xls): save it as an Excel workbook (.xlsx) or CSV"
        } else {
            "this is an old Office file: save the table in it as an Excel workbook (.xlsx) or CSV"
        }
        .to_owned(),
    ))
}

/// What text is, when it is no table: nothing at all, JSON, XML, a web page.
#[must_use]
pub fn of_text(text: &str) -> Option<Other> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let mut chars = text.chars();
    let (first, second) = (chars.next(), chars.find(|c| !c.is_whitespace()));
    let said = |text: &str| Some(Other(text.to_owned()));
    match (first, second) {
        (None, _) => said("the file is empty: the first line names the columns"),
        (Some('{'), Some('"' | '}')) | (Some('['), Some('{' | '[' | ']' | '"')) => {
            said("this is JSON, not a table: send the table as CSV or XLSX")
        }
        (Some('<'), _) => markup(text),
        _ => None,
    }
}

fn markup(text: &str) -> Option<Other> {
    let end = text.char_indices().nth(HEAD).map_or(text.len(), |(at, _)| at);
    let head = text.get(..end).unwrap_or_default();
    let lower = head.to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.contains("<html") || lower.starts_with("<table") {
        return Some(Other(
            "this is a web page, as some systems export in place of a workbook: open it in the spreadsheet and save it as .xlsx or CSV"
                .to_owned(),
        ));
    }
    if !(lower.starts_with("<?xml") || lower.starts_with("<!") || root(&lower).is_some()) {
        return None;
    }
    // the collection's name is the census's own and says nothing of a person
    let collection = between(head, "<Collection>", "</Collection>")
        .map(str::trim)
        .filter(|name| name.len() <= 16 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' '));
    let what = match collection {
        Some(name) => format!("this is an XML census file (collection {name})"),
        None => "this is an XML file".to_owned(),
    };
    Some(Other(format!(
        "{what}, not a table: send the table as CSV or XLSX, or name another type with --type"
    )))
}

fn root(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('<')?;
    let name = rest.split(|c: char| c == '>' || c == '/' || c.is_whitespace()).next()?;
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() < rest.len()).then_some(name)
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    text.split_once(open)?.1.split_once(close).map(|(inner, _)| inner)
}

fn has(hay: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    hay.iter()
        .enumerate()
        .any(|(at, byte)| byte == first && hay.get(at + 1..).is_some_and(|after| after.starts_with(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> String {
        match of_bytes(bytes) {
            FileKind::Other(other) => other.to_string(),
            FileKind::Workbook => "workbook".to_owned(),
            FileKind::Text => of_text(std::str::from_utf8(bytes).unwrap())
                .map_or("table".to_owned(), |other| other.to_string()),
        }
    }

    #[test]
    fn files_are_known_by_what_is_in_them() {
        let wide = |word: &str| word.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let ole = |word: &str| [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &wide(word)].concat();
        for (bytes, words) in [
            (b"PK\x03\x04....xl/workbook.xml".to_vec(), "workbook"),
            (b"PK\x03\x04....xl/workbook.bin".to_vec(), ".xlsb"),
            (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet".to_vec(), "OpenDocument"),
            (b"PK\x03\x04....word/document.xml".to_vec(), "a document"),
            (b"PK\x03\x04....episodes.csv".to_vec(), "zip archive"),
            (ole("Workbook"), "old Excel workbook (.xls)"),
            (ole("EncryptedPackage"), "locked with a password"),
            (ole("WordDocument"), "old Office file"),
            (b"%PDF-1.7\n".to_vec(), "PDF"),
            (b"\n \n%PDF-1.7\n".to_vec(), "PDF"),
            (b"{\\rtf1".to_vec(), "RTF"),
            (b"{\n \"a\": 1}".to_vec(), "JSON"),
            (b"[{}]".to_vec(), "JSON"),
            (b" \r\n".to_vec(), "the file is empty"),
            (b"".to_vec(), "the file is empty"),
            (b"<?xml version=\"1.0\"?><Message><Collection>CIN</Collection>".to_vec(), "(collection CIN)"),
            (b"<Message><Header/></Message>".to_vec(), "an XML file"),
            (b"<!DOCTYPE html><p>".to_vec(), "a web page"),
            (b"area,period\n".to_vec(), "table"),
            (b"<5,period\n".to_vec(), "table"),
        ] {
            assert!(said(&bytes).contains(words), "{words}: {}", said(&bytes));
        }
    }

    #[test]
    fn what_a_census_says_of_itself_is_repeated_only_when_it_is_a_name_of_a_collection() {
        let text = said(b"<?xml version=\"1.0\"?><Message><Collection>Alex Example, 9434765919</Collection>");
        assert!(!text.contains("Alex"), "{text}");
    }
}
