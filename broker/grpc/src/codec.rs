//! A submission's message, read by ourselves: its shape is judged before memory is spent on it, and its cells go
//! straight from the wire into a table.
//!
//! Two bytes on the wire can stand for an empty cell or table, which takes a dozen times as much in memory and
//! more. So each table is walked first, without copying, and what is beyond the limits of [`crate::convert`] is
//! refused before anything is built. A hundred rows are some five hundred cells: as texts of their own they cost
//! more than any other part of a call.

use bytes::Buf as _;
use concordat_core::table::{Cells, Table};
use concordat_proto::v1 as wire;
use prost::Message as _;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::ProstEncoder;

use crate::convert::{AREAS, CELLS, COLUMNS, EXPLANATIONS, TABLES};

// the numbers of the fields that repeat, as the .proto files give them
const IDENTITY: u64 = 1;
const IDENTITY_AREAS: u64 = 3;
const TABLES_FIELD: u64 = 8;
const EXPLANATIONS_FIELD: u64 = 9;
const TABLE_NAME: u64 = 1;
const TABLE_COLUMNS: u64 = 2;
const TABLE_CELLS: u64 = 3;

/// A submission's message with its tables read into cells: what it says, and what it holds.
#[derive(Debug)]
pub struct Parcel {
    /// The message without its tables.
    pub head: wire::SubmitRequest,
    /// The tables.
    pub tables: Vec<Table>,
}

impl From<wire::SubmitRequest> for Parcel {
    fn from(mut head: wire::SubmitRequest) -> Self {
        let tables = std::mem::take(&mut head.tables).into_iter().map(|table| Table {
            name: table.name,
            columns: table.columns,
            cells: table.cells.iter().collect(),
        });
        Self { tables: tables.collect(), head }
    }
}

/// The codec of a submission.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubmitCodec;

/// Decodes a submission whose shape is within the limits.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubmitDecoder;

// a receipt and a few findings fit
fn buffers() -> BufferSettings {
    BufferSettings::new(4 << 10, 32 << 10)
}

impl Codec for SubmitCodec {
    type Encode = wire::SubmitReply;
    type Decode = Parcel;
    type Encoder = ProstEncoder<wire::SubmitReply>;
    type Decoder = SubmitDecoder;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::new(buffers())
    }

    fn decoder(&mut self) -> SubmitDecoder {
        SubmitDecoder
    }
}

impl Decoder for SubmitDecoder {
    type Item = Parcel;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Parcel>, Status> {
        // the whole message lies in one piece: tonic has put it there
        let message = buffer.chunk();
        let whole = message.len() == buffer.remaining();
        let read = if whole { read(message) } else { Err(Unread::Garbled) };
        let length = buffer.remaining();
        buffer.advance(length);
        // the layers turn both into statuses with our details
        read.map(Some).map_err(|unread| match unread {
            Unread::TooLarge => Status::out_of_range("beyond the limits of a return"),
            Unread::Garbled => Status::internal("not a message"),
        })
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    TooLarge,
    Garbled,
}

/// Reads a message. What cannot be walked is garbled: what another decoder would make of it is not known.
fn read(mut message: &[u8]) -> Result<Parcel, Unread> {
    let mut head = Vec::with_capacity(256);
    let mut tables = Vec::new();
    let (mut cells, mut areas, mut explanations) = (0_usize, 0_usize, 0_usize);
    loop {
        let before = message;
        let Some((number, content)) = field(&mut message).ok_or(Unread::Garbled)? else { break };
        match (number, content) {
            (TABLES_FIELD, Some(content)) => {
                if tables.len() == TABLES {
                    return Err(Unread::TooLarge);
                }
                tables.push(table(content, &mut cells)?);
                continue;
            }
            (TABLES_FIELD, None) => return Err(Unread::Garbled),
            (IDENTITY, Some(content)) => areas += count(content, IDENTITY_AREAS).ok_or(Unread::Garbled)?,
            (EXPLANATIONS_FIELD, _) => explanations += 1,
            _ => {}
        }
        if areas > AREAS || explanations > EXPLANATIONS {
            return Err(Unread::TooLarge);
        }
        head.extend_from_slice(before.get(..before.len() - message.len()).unwrap_or_default());
    }
    let head = wire::SubmitRequest::decode(head.as_slice()).map_err(|_| Unread::Garbled)?;
    Ok(Parcel { head, tables })
}

/// Reads a table; `cells` is how many there are in all tables up to here.
fn table(content: &[u8], cells: &mut usize) -> Result<Table, Unread> {
    let (columns, mine) = shape(content)?;
    *cells += mine;
    if columns > COLUMNS || *cells > CELLS {
        return Err(Unread::TooLarge);
    }
    let mut table = Table {
        name: String::new(),
        columns: Vec::with_capacity(columns),
        cells: Cells::with_capacity(mine, content.len().saturating_sub(2 * mine)),
    };
    let mut rest = content;
    while let Some((number, content)) = field(&mut rest).ok_or(Unread::Garbled)? {
        if !(TABLE_NAME..=TABLE_CELLS).contains(&number) {
            continue;
        }
        let text = content.and_then(|content| std::str::from_utf8(content).ok()).ok_or(Unread::Garbled)?;
        match number {
            TABLE_CELLS => table.cells.push(text),
            TABLE_COLUMNS => table.columns.push(text.to_owned()),
            _ => text.clone_into(&mut table.name),
        }
    }
    Ok(table)
}

/// How many columns and cells a table has.
fn shape(mut content: &[u8]) -> Result<(usize, usize), Unread> {
    let (mut columns, mut cells) = (0, 0);
    while let Some((number, _)) = field(&mut content).ok_or(Unread::Garbled)? {
        columns += usize::from(number == TABLE_COLUMNS);
        cells += usize::from(number == TABLE_CELLS);
    }
    Ok((columns, cells))
}

fn count(mut message: &[u8], wanted: u64) -> Option<usize> {
    let mut found = 0;
    while let Some((number, _)) = field(&mut message)? {
        found += usize::from(number == wanted);
    }
    Some(found)
}

/// A field's number and, if it has a length, its content.
type Field<'m> = (u64, Option<&'m [u8]>);

// the next field. `None` when it is no field, `Some(None)` at the end.
#[inline]
fn field<'m>(message: &mut &'m [u8]) -> Option<Option<Field<'m>>> {
    if message.is_empty() {
        return Some(None);
    }
    let key = varint(message)?;
    if key > u64::from(u32::MAX) {
        return None;
    }
    let length = match key & 7 {
        0 => {
            varint(message)?;
            0
        }
        1 => 8,
        2 => usize::try_from(varint(message)?).ok()?,
        5 => 4,
        // groups: nothing of ours has any
        _ => return None,
    };
    let (content, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(Some((key >> 3, (key & 7 == 2).then_some(content))))
}

#[inline]
fn varint(message: &mut &[u8]) -> Option<u64> {
    if let [byte, rest @ ..] = *message
        && *byte < 0x80
    {
        *message = rest;
        return Some(u64::from(*byte));
    }
    let mut value = 0_u64;
    for shift in 0..10_u32 {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << (7 * shift);
        if *byte < 0x80 {
            // the tenth byte has room for one bit
            return (shift < 9 || *byte <= 1).then_some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: usize, cells: usize) -> wire::Table {
        wire::Table {
            name: "main".to_owned(),
            columns: vec![String::new(); columns],
            cells: vec![String::new(); cells],
        }
    }

    fn request(tables: Vec<wire::Table>, areas: usize) -> wire::SubmitRequest {
        let identity = wire::Identity { areas: vec!["E09000012".to_owned(); areas], ..Default::default() };
        wire::SubmitRequest {
            identity: Some(identity),
            key: vec![1; 16],
            nil: true,
            tables,
            ..Default::default()
        }
    }

    fn unread(tables: Vec<wire::Table>, areas: usize) -> Option<Unread> {
        read(&request(tables, areas).encode_to_vec()).err()
    }

    #[test]
    fn a_message_reads_as_the_generated_decoder_reads_it() {
        let mut sent = request(vec![table(2, 4), table(1, 0)], 2);
        sent.tables[0].cells = ["", "é", "12", "last"].map(str::to_owned).to_vec();
        let bytes = sent.encode_to_vec();
        let own = read(&bytes).unwrap();
        let other = Parcel::from(wire::SubmitRequest::decode(bytes.as_slice()).unwrap());
        assert_eq!((own.head, own.tables), (other.head, other.tables));
        // fields in another order, an unknown one, a name given twice: the last counts
        let again = [
            &[0x42, 6, 0x1a, 1, b'7', 0x12, 1, b'c'][..],
            &[0x98, 6, 1],
            &[0x42, 6, 0x0a, 1, b'a', 0x0a, 1, b'b'],
        ];
        let own = read(&again.concat()).unwrap();
        let other = Parcel::from(wire::SubmitRequest::decode(again.concat().as_slice()).unwrap());
        assert_eq!((own.head, own.tables), (other.head, other.tables));
    }

    #[test]
    fn a_message_is_refused_by_its_shape_before_it_is_built() {
        assert_eq!(unread(vec![table(COLUMNS, 5); TABLES], AREAS), None);
        assert_eq!(unread(vec![table(1, 1); TABLES + 1], 1), Some(Unread::TooLarge));
        assert_eq!(unread(vec![table(COLUMNS + 1, 1)], 1), Some(Unread::TooLarge));
        assert_eq!(unread(vec![table(1, 1)], AREAS + 1), Some(Unread::TooLarge));
        assert_eq!(unread(vec![table(1, CELLS)], 1), None);
        assert_eq!(unread(vec![table(1, CELLS / 2), table(1, CELLS / 2 + 1)], 1), Some(Unread::TooLarge));
        let explained = |count| wire::SubmitRequest {
            explanations: vec![wire::Explanation::default(); count],
            ..Default::default()
        };
        assert_eq!(read(&explained(EXPLANATIONS).encode_to_vec()).err(), None);
        assert_eq!(read(&explained(EXPLANATIONS + 1).encode_to_vec()).err(), Some(Unread::TooLarge));
    }

    #[test]
    fn what_cannot_be_walked_is_garbled_so_that_nothing_hides_behind_it() {
        let group_then_tables = [&[0x0b, 0x0c][..], &[0x42, 0].repeat(100)].concat();
        for bytes in [
            &group_then_tables[..],
            &[0x42, 0x05, 0x00],
            &[0x80],
            &[0xff; 11],
            &[0x42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            // a table that is a number, a cell that is one, a cell that is no text
            &[0x40, 0x01],
            &[0x42, 0x02, 0x18, 0x01],
            &[0x42, 0x03, 0x1a, 0x01, 0xff],
        ] {
            assert_eq!(read(bytes).err(), Some(Unread::Garbled), "{bytes:?}");
        }
        assert!(read(&[]).is_ok());
    }
}
