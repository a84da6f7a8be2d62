//! The canonical bytes of a return: its identity, whether it is a nil, and its tables, every text
//! with its length before it. One return has one encoding, and one digest.
//!
//! Layout, version 1: the 20 bytes of [`HEAD`]; agency and return type; the number of areas and each;
//! one byte 0 and a period, or 1 and an event's id; one byte 0, or 1 and the part; one byte 0 or 1 for a nil;
//! the number of tables and, for each, its name, the number of columns and each, the number of cells and
//! each. Numbers and lengths are unsigned LEB128 in their shortest form; a text is its length in bytes and
//! its UTF-8.

use aws_lc_rs::digest::{Context, SHA256};
use concordat_core::ids::Digest;
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::{Cells, Table};

use crate::load::sha256;
use stream::{Heading, ReadFault, Reader, Top, Whole};

pub mod stream;

/// The first bytes of every encoded return.
pub const HEAD: &[u8; 20] = b"concordat return v1\n";

/// Why bytes are not an encoded return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentFault {
    /// They do not start as one.
    #[error("the content does not start as an encoded return of version 1")]
    Head,
    /// They end too early, or a length points past their end.
    #[error("the content ends too early")]
    Short,
    /// A number is not in its shortest form, or a mark is neither 0 nor 1.
    #[error("the content is not in its canonical form")]
    NotCanonical,
    /// A text is not UTF-8.
    #[error("the content holds a text that is not UTF-8")]
    NotText,
    /// A name, area, period or event id breaks its rule.
    #[error("the content holds a name, area, period or event id that breaks its rule")]
    BadName,
    /// A table's cells do not fill whole rows.
    #[error("the content holds a table whose cells do not fill whole rows")]
    NotRectangular,
    /// There is more after the last table.
    #[error("the content goes on after its end")]
    Trailing,
    /// It is not the return that it was said to be.
    #[error("the content is of another return than its header says")]
    OtherReturn,
    /// It has more cells, or a longer text, than a reader holds at once.
    #[error("the content holds more than is read at once")]
    TooLong,
}

/// The canonical bytes of a return.
#[must_use]
pub fn encode(identity: &Identity, nil: bool, tables: &[Table]) -> Vec<u8> {
    let cells: usize = tables.iter().map(|table| table.cells.bytes() + 2 * table.cells.len()).sum();
    let mut out = Vec::with_capacity(cells + 1_024);
    top(&mut out, identity, nil, tables.len());
    for table in tables {
        heading(&mut out, &table.name, &table.columns, table.cells.len());
        table.cells.iter().for_each(|cell| text(&mut out, cell));
    }
    out
}

/// What an encoded return says before its tables.
pub(crate) fn top(out: &mut Vec<u8>, identity: &Identity, nil: bool, tables: usize) {
    out.extend_from_slice(HEAD);
    text(out, identity.agency.as_str());
    text(out, identity.return_type.as_str());
    number(out, identity.areas.len());
    identity.areas.iter().for_each(|area| text(out, area.as_str()));
    match &identity.covers {
        Covers::Period(period) => {
            out.push(0);
            text(out, &period.to_string());
        }
        Covers::Event(event) => {
            out.push(1);
            text(out, event.as_str());
        }
    }
    match &identity.part {
        None => out.push(0),
        Some(part) => {
            out.push(1);
            text(out, part);
        }
    }
    out.push(u8::from(nil));
    number(out, tables);
}

/// What an encoded table says before its cells.
pub(crate) fn heading(out: &mut Vec<u8>, name: &str, columns: &[String], cells: usize) {
    text(out, name);
    number(out, columns.len());
    columns.iter().for_each(|column| text(out, column));
    number(out, cells);
}

fn number(out: &mut Vec<u8>, n: usize) {
    let mut rest = n;
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// A text with its length before it.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// SHA-256 of an encoded return: its content digest.
#[must_use]
pub fn digest(encoded: &[u8]) -> Digest {
    sha256(encoded)
}

/// The digest of an encoded return that comes piece by piece.
pub(crate) struct Hash(Context);

impl Default for Hash {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Hash {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Digest {
        let mut out = [0; 32];
        out.iter_mut().zip(self.0.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Digest(out)
    }
}

/// Reads an encoded return. Whatever is read encodes to the very same bytes again.
///
/// # Errors
/// [`ContentFault`] when the bytes are anything but one encoded return.
pub fn decode(encoded: &[u8]) -> Result<(Identity, bool, Vec<Table>), ContentFault> {
    decode_within(encoded, usize::MAX)
}

/// The same of a return of so many cells at most.
///
/// # Errors
/// As [`decode`]; [`ContentFault::TooLong`] when it has more.
pub fn decode_within(encoded: &[u8], most: usize) -> Result<(Identity, bool, Vec<Table>), ContentFault> {
    whole(encoded, most).map_err(|fault| match fault {
        ReadFault::Content(fault) => fault,
        // bytes in memory are all there are
        ReadFault::Io(_) => ContentFault::Short,
    })
}

fn whole(encoded: &[u8], mut most: usize) -> Result<(Identity, bool, Vec<Table>), ReadFault> {
    let (mut reader, Top { identity, nil, tables: count }) = Reader::of(Whole::new(encoded))?;
    let mut tables = Vec::new();
    for _ in 0..count {
        let Heading { name, columns, rows } = reader.heading()?;
        let width = columns.len();
        // each cell takes at least a byte, so a count above what is left is a lie and reserves nothing
        let left = reader.source().left();
        let count = width.saturating_mul(rows);
        most = most.checked_sub(count).ok_or(ContentFault::TooLong)?;
        let mut cells = if count > left {
            return Err(ContentFault::Short.into());
        } else {
            Cells::with_capacity(count, left - count)
        };
        reader.cells(count, &mut cells)?;
        tables.push(Table { name, columns, cells });
    }
    reader.end()?;
    Ok((identity, nil, tables))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            agency: "met".parse().unwrap(),
            return_type: "t".parse().unwrap(),
            areas: vec!["E09000001".parse().unwrap(), "E09000012".parse().unwrap()],
            covers: Covers::Period("2022-23/Q1".parse().unwrap()),
            part: None,
        }
    }

    fn table() -> Table {
        Table {
            name: "main".into(),
            columns: vec!["a".into(), "b".into()],
            cells: ["", "é"].iter().collect(),
        }
    }

    #[test]
    fn a_return_reads_back_as_it_was_encoded() {
        let encoded = encode(&identity(), false, &[table()]);
        assert_eq!(decode(&encoded), Ok((identity(), false, vec![table()])));
    }

    #[test]
    fn moving_a_letter_between_cells_changes_the_digest() {
        let with = |a: &str, b: &str| {
            let table = Table { cells: [a, b].iter().collect(), ..table() };
            digest(&encode(&identity(), false, &[table]))
        };
        assert_ne!(with("ab", "c"), with("a", "bc"));
        assert_ne!(digest(&encode(&identity(), true, &[])), digest(&encode(&identity(), false, &[])));
    }

    #[test]
    fn a_second_spelling_of_the_same_content_is_refused() {
        let encoded = encode(&identity(), true, &[]);
        let mut trailing = encoded.clone();
        trailing.push(0);
        assert_eq!(decode(&trailing), Err(ContentFault::Trailing));
        // the length of the agency, 3, written in two bytes
        let mut long = encoded.clone();
        long.splice(20..21, [0x83, 0x00]);
        assert_eq!(decode(&long), Err(ContentFault::NotCanonical));
        assert_eq!(decode(&encoded[..encoded.len() - 1]), Err(ContentFault::Short));
        let mut unsorted = identity();
        unsorted.areas.reverse();
        assert_eq!(decode(&encode(&unsorted, true, &[])), Err(ContentFault::NotCanonical));
        assert_eq!(decode(b""), Err(ContentFault::Head));
    }

    #[test]
    fn a_table_with_half_a_row_is_refused() {
        let table = Table { cells: ["1"].iter().collect(), ..table() };
        assert_eq!(decode(&encode(&identity(), false, &[table])), Err(ContentFault::NotRectangular));
    }
}
