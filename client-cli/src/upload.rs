//! Sending a return that is too large for one message: its content goes in pieces, and after a broken connection from
//! where it broke off.

use concordat_proto::v1;
use concordat_proto::v1::submission_service_client::SubmissionServiceClient;
use tonic::transport::Channel;

use crate::connect;
use crate::context::Context;
use crate::failure::Failure;
use crate::session::{Session, failed};
use crate::submitter::{self, Sent, wait_after};

/// The most bytes of content that are sent in one message, whose 4 MiB they then fill at most by half.
pub const AT_ONCE: usize = 1 << 20;

/// How many bytes of content go in one piece.
const PIECE: usize = 256 << 10;

/// How many pieces go in one call: if it breaks, what arrived of it stays.
const PIECES: usize = 8;

/// How often is tried without any of it arriving before it is given up for the time being.
const ATTEMPTS: u32 = 4;

/// Tells how far a large return has come, on a terminal.
pub struct Progress<'s, 'd> {
    session: &'s mut Session<'d>,
    length: u64,
}

impl<'s, 'd> Progress<'s, 'd> {
    /// Nothing of so many bytes has arrived.
    pub fn new(session: &'s mut Session<'d>, length: u64) -> Self {
        Self { session, length }
    }

    fn tell(&mut self, arrived: u64) {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let text = match self.length.saturating_sub(arrived) {
            0 => "all of it has arrived: the broker checks and records it".to_owned(),
            _ => format!("{:.1} of {:.1} MiB have arrived", mib(arrived), mib(self.length)),
        };
        self.session.printer.progress(&text);
    }
}

impl Drop for Progress<'_, '_> {
    fn drop(&mut self) {
        self.session.printer.progress_over();
    }
}

/// Sends a return whose canonical bytes are `content`, under the key in its head; only failures that may pass are tried
/// again, each time from what has arrived.
pub async fn send(
    context: &Context,
    head: &v1::SubmitRequest,
    content: &[u8],
    progress: &mut Progress<'_, '_>,
) -> Sent {
    let announced = v1::BeginUploadRequest {
        head: Some(head.clone()),
        length: content.len() as u64,
        content_digest: concordat_catalogue::content::digest(content).0.to_vec(),
    };
    let (mut unknown, mut attempt, mut arrived) = (false, 1, 0);
    loop {
        let mut upload = Upload { context, announced: &announced, content, arrived, ended: false };
        let failure = match upload.go(progress).await {
            Ok(reply) => return Sent { outcome: Ok(reply), unknown },
            Err(failure) => failure,
        };
        // until its end was asked for nothing can have been recorded
        unknown |= upload.ended && failure.is_passing();
        attempt = if upload.arrived > arrived { 1 } else { attempt + 1 };
        arrived = upload.arrived;
        if !failure.is_passing() || attempt > ATTEMPTS {
            return Sent { outcome: Err(failure), unknown };
        }
        tokio::time::sleep(wait_after(attempt, failure.retry_after)).await;
    }
}

/// One attempt.
struct Upload<'a> {
    context: &'a Context,
    announced: &'a v1::BeginUploadRequest,
    content: &'a [u8],
    /// The most that the broker ever said has arrived.
    arrived: u64,
    /// Whether it was asked to record it.
    ended: bool,
}

impl Upload<'_> {
    async fn go(&mut self, progress: &mut Progress<'_, '_>) -> Result<v1::SubmitReply, Failure> {
        let mut client = submitter::client(connect::channel(self.context).await?);
        let fail = failed(self.context);
        let begun = client.begin_upload(self.announced.clone()).await.map_err(&fail)?.into_inner();
        if let Some(recorded) = begun.recorded {
            return Ok(recorded);
        }
        let mut at = begun.offset;
        // what came of a call that broke counts too
        self.arrived = self.arrived.max(at);
        progress.tell(at);
        while at < self.announced.length {
            let now = self.pieces(&mut client, at).await?;
            if now <= at {
                return Err(self.astray());
            }
            at = now;
            self.arrived = self.arrived.max(at);
            progress.tell(at);
        }
        self.ended = true;
        let request = v1::FinishUploadRequest { key: self.key() };
        Ok(client.finish_upload(request).await.map_err(&fail)?.into_inner())
    }

    /// Sends some pieces from a byte on; tells how much has arrived then.
    async fn pieces(&self, client: &mut SubmissionServiceClient<Channel>, at: u64) -> Result<u64, Failure> {
        let from = usize::try_from(at).ok().and_then(|at| self.content.get(at..));
        let rest = from.ok_or_else(|| self.astray())?;
        let starts = (at..).step_by(PIECE);
        let pieces: Vec<v1::UploadPiece> = rest
            .chunks(PIECE)
            .zip(starts)
            .take(PIECES)
            .map(|(bytes, offset)| v1::UploadPiece { key: self.key(), offset, bytes: bytes.to_vec().into() })
            .collect();
        let reply = client.upload(tokio_stream::iter(pieces)).await.map_err(failed(self.context))?;
        Ok(reply.into_inner().offset)
    }

    fn key(&self) -> Vec<u8> {
        self.announced.head.as_ref().map(|head| head.key.clone()).unwrap_or_default()
    }

    fn astray(&self) -> Failure {
        Failure::new(
            crate::exit::Exit::Queued,
            format!("`{}` does not say where to go on with the return", self.context.facts.broker),
        )
    }
}
