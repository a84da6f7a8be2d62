//! An encoded return read as it comes: however long it is, only one row of it is in memory.

use std::io::{self, Read};

use aws_lc_rs::digest::{self, SHA256};
use concordat_core::ids::{AgencyId, AreaCode, Digest, ReturnTypeId};
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Cells;

use super::{ContentFault, HEAD};

/// The longest text that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// The most areas, columns or tables that are read.
const MOST: usize = 4_096;

/// How many bytes are asked for at once.
const PIECE: usize = 64 << 10;

/// Why an encoded return cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// It is no encoded return.
    #[error(transparent)]
    Content(#[from] ContentFault),
    /// Its bytes could not be had.
    #[error("the content could not be read: {0}")]
    Io(#[from] io::Error),
}

/// What an encoded return says before its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Top {
    /// What it is a version of.
    pub identity: Identity,
    /// Whether it declares that there was nothing.
    pub nil: bool,
    /// How many tables follow.
    pub tables: usize,
}

/// What an encoded table says before its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Its name.
    pub name: String,
    /// Its columns' names.
    pub columns: Vec<String>,
    /// How many rows follow.
    pub rows: usize,
}

/// Reads an encoded return from front to end: its top, then each table's heading and rows.
pub struct Reader<R> {
    input: R,
    piece: Vec<u8>,
    buffer: Vec<u8>,
    /// What of the buffer is read already.
    at: usize,
    hash: digest::Context,
    row: Cells,
}

impl<R: Read> Reader<R> {
    /// Reads the top.
    ///
    /// # Errors
    /// [`ReadFault`] when it is none.
    pub fn new(input: R) -> Result<(Self, Top), ReadFault> {
        let mut reader = Self {
            input,
            piece: vec![0; PIECE],
            buffer: Vec::new(),
            at: 0,
            hash: digest::Context::new(&SHA256),
            row: Cells::default(),
        };
        let top = reader.top()?;
        Ok((reader, top))
    }

    fn top(&mut self) -> Result<Top, ReadFault> {
        if !self.fill(HEAD.len())? || self.take(HEAD.len())? != HEAD.as_slice() {
            return Err(ContentFault::Head.into());
        }
        let agency = AgencyId::new(self.text()?).map_err(|_| ContentFault::BadName)?;
        let return_type = ReturnTypeId::new(self.text()?).map_err(|_| ContentFault::BadName)?;
        let mut areas = Vec::new();
        for _ in 0..self.few()? {
            areas.push(AreaCode::new(self.text()?).map_err(|_| ContentFault::BadName)?);
        }
        if !areas.is_sorted_by(|a, b| a < b) {
            return Err(ContentFault::NotCanonical.into());
        }
        let is_event = self.mark()?;
        let covers = self.text()?;
        let covers = if is_event {
            Covers::Event(covers.parse().map_err(|_| ContentFault::BadName)?)
        } else {
            Covers::Period(covers.parse().map_err(|_| ContentFault::BadName)?)
        };
        let part = if self.mark()? { Some(self.text()?.to_owned()) } else { None };
        let nil = self.mark()?;
        let tables = self.few()?;
        Ok(Top { identity: Identity { agency, return_type, areas, covers, part }, nil, tables })
    }

    /// Reads the heading of the next table; after it every row of it must be read.
    ///
    /// # Errors
    /// [`ReadFault`] when there is none, or its cells do not fill whole rows.
    pub fn heading(&mut self) -> Result<Heading, ReadFault> {
        let name = self.text()?.to_owned();
        let mut columns = Vec::new();
        for _ in 0..self.few()? {
            columns.push(self.text()?.to_owned());
        }
        let cells = self.number()?;
        let width = columns.len();
        if cells.checked_rem(width).unwrap_or(cells) != 0 {
            return Err(ContentFault::NotRectangular.into());
        }
        Ok(Heading { name, columns, rows: cells.checked_div(width).unwrap_or(0) })
    }

    /// Reads a row of so many cells.
    ///
    /// # Errors
    /// [`ReadFault`] when it is none.
    pub fn row(&mut self, width: usize) -> Result<&Cells, ReadFault> {
        let mut row = std::mem::take(&mut self.row);
        row.truncate(0);
        for _ in 0..width {
            row.push(self.text()?);
        }
        self.row = row;
        Ok(&self.row)
    }

    /// The digest of the content that was read, once nothing follows.
    ///
    /// # Errors
    /// [`ReadFault`] when something does.
    pub fn finish(mut self) -> Result<Digest, ReadFault> {
        if self.fill(1)? {
            return Err(ContentFault::Trailing.into());
        }
        let mut out = [0; 32];
        out.iter_mut().zip(self.hash.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Ok(Digest(out))
    }

    /// Whether so many bytes are at hand, once more were read if need be.
    #[inline]
    fn fill(&mut self, wanted: usize) -> Result<bool, ReadFault> {
        if self.buffer.len() - self.at >= wanted { Ok(true) } else { self.fill_anew(wanted) }
    }

    fn fill_anew(&mut self, wanted: usize) -> Result<bool, ReadFault> {
        self.buffer.drain(..self.at);
        self.at = 0;
        while self.buffer.len() < wanted {
            let read = read_some(&mut self.input, &mut self.piece)?;
            let new = self.piece.get(..read).unwrap_or_default();
            if new.is_empty() {
                return Ok(false);
            }
            self.hash.update(new);
            self.buffer.extend_from_slice(new);
        }
        Ok(true)
    }

    fn take(&mut self, wanted: usize) -> Result<&[u8], ReadFault> {
        if !self.fill(wanted)? {
            return Err(ContentFault::Short.into());
        }
        let from = self.at;
        self.at += wanted;
        Ok(self.buffer.get(from..self.at).unwrap_or_default())
    }

    fn byte(&mut self) -> Result<u8, ReadFault> {
        self.take(1)?.first().copied().ok_or_else(|| ContentFault::Short.into())
    }

    fn mark(&mut self) -> Result<bool, ReadFault> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(ContentFault::NotCanonical.into()),
        }
    }

    fn number(&mut self) -> Result<usize, ReadFault> {
        let mut n = 0_usize;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            n |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || shift == 0;
                return if shortest { Ok(n) } else { Err(ContentFault::NotCanonical.into()) };
            }
        }
        Err(ContentFault::NotCanonical.into())
    }

    fn few(&mut self) -> Result<usize, ReadFault> {
        let n = self.number()?;
        if n > MOST { Err(ContentFault::TooLong.into()) } else { Ok(n) }
    }

    fn text(&mut self) -> Result<&str, ReadFault> {
        let length = self.number()?;
        if length > LONGEST {
            return Err(ContentFault::TooLong.into());
        }
        std::str::from_utf8(self.take(length)?).map_err(|_| ContentFault::NotText.into())
    }
}

fn read_some(input: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(room) {
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

impl<R> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use concordat_core::table::Table;
    use proptest::prelude::*;

    use super::super::{decode, digest, encode};
    use super::*;

    /// Gives a few bytes at a time, as a network or a chunk would.
    struct Dripping<'b>(&'b [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let (now, later) = self.0.split_at(self.1.min(self.0.len()).min(room.len()));
            room[..now.len()].copy_from_slice(now);
            self.0 = later;
            Ok(now.len())
        }
    }

    /// What a reader makes of bytes, as `decode` would say it.
    fn whole(bytes: &[u8], step: usize) -> Result<(Identity, bool, Vec<Table>, Digest), ReadFault> {
        let (mut reader, top) = Reader::new(Dripping(bytes, step))?;
        let mut tables = Vec::new();
        for _ in 0..top.tables {
            let Heading { name, columns, rows } = reader.heading()?;
            let mut cells = Cells::default();
            for _ in 0..rows {
                cells.extend(reader.row(columns.len())?.iter());
            }
            tables.push(Table { name, columns, cells });
        }
        Ok((top.identity, top.nil, tables, reader.finish()?))
    }

    fn sample() -> Vec<u8> {
        let identity = Identity {
            agency: "met".parse().unwrap(),
            return_type: "t".parse().unwrap(),
            areas: vec!["E09000001".parse().unwrap(), "E09000012".parse().unwrap()],
            covers: Covers::Period("2022-23".parse().unwrap()),
            part: Some("p".to_owned()),
        };
        let table = |name: &str, cells: Vec<String>| Table {
            name: name.into(),
            columns: vec!["a".into(), "b".into(), "ü".into()],
            cells: cells.iter().collect(),
        };
        let long = (0..60_000).map(|n| "x".repeat(n % 7)).collect();
        encode(
            &identity,
            false,
            &[table("one", long), table("two", Vec::new()), table("three", vec!["é".into(); 3])],
        )
    }

    #[test]
    fn a_stream_reads_as_the_whole_does_in_pieces_of_any_size() {
        let bytes = sample();
        let (identity, nil, tables) = decode(&bytes).unwrap();
        for step in [13, 4_096, bytes.len()] {
            let read = whole(&bytes, step).unwrap();
            assert_eq!(read, (identity.clone(), nil, tables.clone(), digest(&bytes)), "step {step}");
        }
    }

    #[test]
    fn what_is_cut_or_goes_on_is_refused() {
        let bytes = sample();
        for end in [0, 5, 20, 60, bytes.len() - 1] {
            assert!(whole(&bytes[..end], 4_096).is_err(), "{end}");
        }
        let longer = [bytes.as_slice(), b"\0"].concat();
        assert!(matches!(whole(&longer, 4_096), Err(ReadFault::Content(ContentFault::Trailing))));
    }

    proptest! {
        #[test]
        fn no_bytes_read_other_than_the_whole_reads(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = sample();
            let at = at.index(400);
            bytes[at] = byte;
            match (decode(&bytes), whole(&bytes, 4_096)) {
                (Ok((identity, nil, tables)), Ok(read)) => {
                    prop_assert_eq!((identity, nil, tables, digest(&bytes)), read);
                }
                (Err(_), Err(_)) => {}
                // a text too long for the reader is none the less one text to the other
                (Ok(_), Err(fault)) => prop_assert!(matches!(fault, ReadFault::Content(ContentFault::TooLong))),
                (Err(fault), Ok(_)) => prop_assert!(false, "{fault}"),
            }
        }
    }
}
