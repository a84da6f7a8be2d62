//! Any call by its path: messages go and come as bytes, so that one function makes every call there is.

use bytes::{Buf as _, BufMut as _, Bytes};
use tokio_stream::Stream;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

#[derive(Debug, Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// Calls `Service/Method` and reads its answer to the end.
pub async fn call(
    channel: Channel,
    method: &str,
    messages: impl Stream<Item = Vec<u8>> + Send + 'static,
) -> Result<Vec<Bytes>, Status> {
    let mut client = tonic::client::Grpc::new(channel).max_decoding_message_size(32 << 20);
    client.ready().await.map_err(|why| Status::unavailable(why.to_string()))?;
    let path = format!("/concordat.v1.{method}").try_into().unwrap();
    let mut answer = client.streaming(Request::new(messages), path, Raw).await?.into_inner();
    let mut parts = Vec::new();
    while let Some(part) = answer.message().await? {
        parts.push(part);
    }
    Ok(parts)
}
