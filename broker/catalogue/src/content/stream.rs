//! An encoded return read as it comes: however long it is, only one row of it is in memory.

use std::io::{self, Read};

use concordat_core::ids::{AgencyId, AreaCode, Digest, ReturnTypeId};
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Cells;

use super::{ContentFault, HEAD, Hash};

/// The longest text that is read, in bytes: no message that is taken whole holds a longer one.
const LONGEST: usize = 4 << 20;

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

/// Where the bytes of an encoded return come from.
pub(super) trait Source {
    /// The next bytes, so many of them.
    fn take(&mut self, wanted: usize) -> Result<&[u8], ReadFault>;

    /// Whether nothing follows.
    fn is_over(&mut self) -> Result<bool, ReadFault>;
}

/// Bytes that are all in memory.
pub(super) struct Whole<'b>(&'b [u8]);

impl<'b> Whole<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// How many are not read yet.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }
}

impl Source for Whole<'_> {
    #[inline]
    fn take(&mut self, wanted: usize) -> Result<&[u8], ReadFault> {
        let (now, later) = self.0.split_at_checked(wanted).ok_or(ContentFault::Short)?;
        self.0 = later;
        Ok(now)
    }

    fn is_over(&mut self) -> Result<bool, ReadFault> {
        Ok(self.0.is_empty())
    }
}

/// Bytes that are read piece by piece, and hashed as they come.
pub struct Pieces<R> {
    input: R,
    piece: Vec<u8>,
    buffer: Vec<u8>,
    /// What of the buffer is read already.
    at: usize,
    hash: Hash,
}

impl<R: Read> Pieces<R> {
    fn fill(&mut self, wanted: usize) -> Result<bool, ReadFault> {
        if self.buffer.len() - self.at >= wanted {
            return Ok(true);
        }
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
}

impl<R: Read> Source for Pieces<R> {
    #[inline]
    fn take(&mut self, wanted: usize) -> Result<&[u8], ReadFault> {
        if !self.fill(wanted)? {
            return Err(ContentFault::Short.into());
        }
        let from = self.at;
        self.at += wanted;
        Ok(self.buffer.get(from..self.at).unwrap_or_default())
    }

    fn is_over(&mut self) -> Result<bool, ReadFault> {
        self.fill(1).map(|more| !more)
    }
}

/// Reads an encoded return from front to end: its top, then each table's heading and rows.
pub struct Reader<S> {
    source: S,
    row: Cells,
}

impl<R: Read> Reader<Pieces<R>> {
    /// Reads the top.
    ///
    /// # Errors
    /// [`ReadFault`] when it is none.
    pub fn new(input: R) -> Result<(Self, Top), ReadFault> {
        let hash = Hash::default();
        Self::of(Pieces { input, piece: vec![0; PIECE], buffer: Vec::new(), at: 0, hash })
    }

    /// The digest of the content that was read, once nothing follows.
    ///
    /// # Errors
    /// [`ReadFault`] when something does.
    pub fn finish(mut self) -> Result<Digest, ReadFault> {
        self.end()?;
        Ok(self.source.hash.finish())
    }
}

#[expect(private_bounds, reason = "where bytes come from is this room's own business")]
impl<S: Source> Reader<S> {
    pub(super) fn of(source: S) -> Result<(Self, Top), ReadFault> {
        let mut reader = Self { source, row: Cells::default() };
        let top = reader.top()?;
        Ok((reader, top))
    }

    pub(super) fn source(&self) -> &S {
        &self.source
    }

    fn top(&mut self) -> Result<Top, ReadFault> {
        let head = self.source.take(HEAD.len()).map_err(|fault| match fault {
            ReadFault::Content(_) => ContentFault::Head.into(),
            failed @ ReadFault::Io(_) => failed,
        })?;
        if head != HEAD.as_slice() {
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
        self.cells(width, &mut row)?;
        self.row = row;
        Ok(&self.row)
    }

    /// Adds so many cells to others.
    pub(super) fn cells(&mut self, count: usize, to: &mut Cells) -> Result<(), ReadFault> {
        for _ in 0..count {
            to.push(self.text()?);
        }
        Ok(())
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(&mut self) -> Result<(), ReadFault> {
        if self.source.is_over()? { Ok(()) } else { Err(ContentFault::Trailing.into()) }
    }

    fn byte(&mut self) -> Result<u8, ReadFault> {
        self.source.take(1)?.first().copied().ok_or_else(|| ContentFault::Short.into())
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
        // five groups of seven bits: far above any content that is accepted
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
        std::str::from_utf8(self.source.take(length)?).map_err(|_| ContentFault::NotText.into())
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

impl<S> std::fmt::Debug for Reader<S> {
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

    fn sample(cells: usize) -> Vec<u8> {
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
        let long = (0..cells).map(|n| "x".repeat(n % 7)).collect();
        encode(
            &identity,
            false,
            &[table("one", long), table("two", Vec::new()), table("three", vec!["é".into(); 3])],
        )
    }

    #[test]
    fn a_stream_reads_as_the_whole_does_in_pieces_of_any_size() {
        let bytes = sample(60_000);
        let (identity, nil, tables) = decode(&bytes).unwrap();
        for step in [13, 4_096, bytes.len()] {
            let read = whole(&bytes, step).unwrap();
            assert_eq!(read, (identity.clone(), nil, tables.clone(), digest(&bytes)), "step {step}");
        }
    }

    #[test]
    fn what_is_cut_or_goes_on_is_refused() {
        let bytes = sample(3_000);
        for end in [0, 5, 20, 60, bytes.len() - 1] {
            assert!(whole(&bytes[..end], 4_096).is_err(), "{end}");
        }
        let longer = [bytes.as_slice(), b"\0"].concat();
        assert!(matches!(whole(&longer, 4_096), Err(ReadFault::Content(ContentFault::Trailing))));
    }

    proptest! {
        #[test]
        fn no_bytes_read_other_than_the_whole_reads(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = sample(3_000);
            let at = at.index(400);
            bytes[at] = byte;
            match (decode(&bytes), whole(&bytes, 4_096)) {
                (Ok((identity, nil, tables)), Ok(read)) => {
                    prop_assert_eq!((identity, nil, tables, digest(&bytes)), read);
                }
                (Err(_), Err(_)) => {}
                (one, other) => prop_assert!(false, "{:?} {:?}", one.err(), other.err()),
            }
        }
    }
}
