//! The shape of a submission's message, judged before memory is spent on it.
//!
//! Two bytes on the wire can stand for an empty cell or table, which takes a dozen times as much in memory and
//! more. So the message is walked once, without copying, and what is beyond the limits of [`crate::convert`] is
//! refused before anything is built.

use bytes::Buf as _;
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
const TABLE_COLUMNS: u64 = 2;
const TABLE_CELLS: u64 = 3;

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
    type Decode = wire::SubmitRequest;
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
    type Item = wire::SubmitRequest;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<wire::SubmitRequest>, Status> {
        match shape_of(buffer.chunk()) {
            Shape::Fits if buffer.chunk().len() == buffer.remaining() => {}
            // the layers turn both into statuses with our details
            Shape::TooLarge => return Err(Status::out_of_range("beyond the limits of a return")),
            Shape::Fits | Shape::Garbled => return Err(Status::internal("not a message")),
        }
        wire::SubmitRequest::decode(buffer).map(Some).map_err(|_| Status::internal("not a message"))
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Fits,
    TooLarge,
    Garbled,
}

fn shape_of(message: &[u8]) -> Shape {
    match walk(message) {
        None => Shape::Garbled,
        Some(false) => Shape::TooLarge,
        Some(true) => Shape::Fits,
    }
}

// whether it fits; `None` when it cannot be walked, for then what the decoder would make of it is not known
fn walk(mut message: &[u8]) -> Option<bool> {
    let (mut tables, mut cells, mut areas, mut explanations) = (0_usize, 0_usize, 0_usize, 0_usize);
    while let Some((number, content)) = field(&mut message)? {
        match number {
            IDENTITY => areas += count(content, IDENTITY_AREAS, 0)?.0,
            TABLES_FIELD => {
                let (columns, more) = count(content, TABLE_COLUMNS, TABLE_CELLS)?;
                if columns > COLUMNS {
                    return Some(false);
                }
                tables += 1;
                cells += more;
            }
            EXPLANATIONS_FIELD => explanations += 1,
            _ => {}
        }
        if tables > TABLES || cells > CELLS || areas > AREAS || explanations > EXPLANATIONS {
            return Some(false);
        }
    }
    Some(true)
}

fn count(mut message: &[u8], one: u64, other: u64) -> Option<(usize, usize)> {
    let (mut ones, mut others) = (0, 0);
    while let Some((number, _)) = field(&mut message)? {
        ones += usize::from(number == one);
        others += usize::from(number == other);
    }
    Some((ones, others))
}

// the next field: its number and, if it has a length, its content. `None` when it is no field, `Some(None)` at
// the end.
fn field<'m>(message: &mut &'m [u8]) -> Option<Option<(u64, &'m [u8])>> {
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
    Some(Some((key >> 3, content)))
}

fn varint(message: &mut &[u8]) -> Option<u64> {
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

    fn shape(tables: Vec<wire::Table>, areas: usize) -> Shape {
        let identity = wire::Identity { areas: vec!["E09000012".to_owned(); areas], ..Default::default() };
        let request = wire::SubmitRequest {
            identity: Some(identity),
            key: vec![1; 16],
            nil: true,
            tables,
            ..Default::default()
        };
        shape_of(&request.encode_to_vec())
    }

    #[test]
    fn a_message_is_refused_by_its_shape_before_it_is_built() {
        assert_eq!(shape(vec![table(COLUMNS, 5); TABLES], AREAS), Shape::Fits);
        assert_eq!(shape(vec![table(1, 1); TABLES + 1], 1), Shape::TooLarge);
        assert_eq!(shape(vec![table(COLUMNS + 1, 1)], 1), Shape::TooLarge);
        assert_eq!(shape(vec![table(1, 1)], AREAS + 1), Shape::TooLarge);
        assert_eq!(shape(vec![table(1, CELLS)], 1), Shape::Fits);
        assert_eq!(shape(vec![table(1, CELLS / 2), table(1, CELLS / 2 + 1)], 1), Shape::TooLarge);
        let explained = |count| wire::SubmitRequest {
            explanations: vec![wire::Explanation::default(); count],
            ..Default::default()
        };
        assert_eq!(shape_of(&explained(EXPLANATIONS).encode_to_vec()), Shape::Fits);
        assert_eq!(shape_of(&explained(EXPLANATIONS + 1).encode_to_vec()), Shape::TooLarge);
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
        ] {
            assert_eq!(shape_of(bytes), Shape::Garbled, "{bytes:?}");
        }
        assert_eq!(shape_of(&[]), Shape::Fits);
    }
}
