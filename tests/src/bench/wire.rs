//! A submission as the client sends it: the tables, which are the same in every return, are encoded once before
//! the time is taken, so that the load costs little beside the broker on the same machine.

use bytes::{BufMut as _, Bytes};
use concordat_proto::v1::SubmitReply;
use prost::Message as _;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// An encoded `SubmitRequest` in two pieces: fields of a message may stand in any order.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The header's fields.
    pub head: Vec<u8>,
    /// The tables.
    pub tables: Bytes,
}

/// Sends pieces, reads replies.
#[derive(Debug, Clone, Copy, Default)]
pub struct SentCodec;

/// Puts the pieces together.
#[derive(Debug, Clone, Copy, Default)]
pub struct SentEncoder;

/// Reads replies.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReplyDecoder;

impl Codec for SentCodec {
    type Encode = Sent;
    type Decode = SubmitReply;
    type Encoder = SentEncoder;
    type Decoder = ReplyDecoder;

    fn encoder(&mut self) -> SentEncoder {
        SentEncoder
    }

    fn decoder(&mut self) -> ReplyDecoder {
        ReplyDecoder
    }
}

impl Encoder for SentEncoder {
    type Item = Sent;
    type Error = Status;

    fn encode(&mut self, item: Sent, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&item.head);
        into.put_slice(&item.tables);
        Ok(())
    }
}

impl Decoder for ReplyDecoder {
    type Item = SubmitReply;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<SubmitReply>, Status> {
        SubmitReply::decode(from).map(Some).map_err(|e| Status::internal(e.to_string()))
    }
}
