//! Sending: the request as the wire has it, and the attempts under one key.

use std::time::Duration;

use concordat_core::explanation::Explanation;
use concordat_core::ids::{Digest, PurposeId, SendKey};
use concordat_core::submission::{Identity, Replaces};
use concordat_core::table::Table;
use concordat_proto::v1;
use concordat_proto::v1::submission_service_client::SubmissionServiceClient;
use prost::Message as _;
use tonic::transport::Channel;

use crate::connect::{self, MAX_ANSWER};
use crate::context::Context;
use crate::convert::{explanation_to_wire, identity_to_wire, table_to_wire};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::failed;

/// How often one run tries before it gives up for the time being.
pub const ATTEMPTS: u32 = 3;

/// The most bytes a broker takes in one request.
pub const MAX_REQUEST: usize = 4 * 1024 * 1024;

/// The longest a broker may ask the client to wait between attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What it is a version of.
    pub identity: Identity,
    /// The submission key.
    pub key: SendKey,
    /// The purpose stated.
    pub purpose: PurposeId,
    /// The digest of the return type it was checked against.
    pub type_digest: Digest,
    /// Whether it declares that there was nothing.
    pub nil: bool,
    /// What it replaces, and why.
    pub replaces: Option<Replaces>,
    /// The tables; none for a nil.
    pub tables: Vec<Table>,
    /// Answers to queries.
    pub explanations: Vec<Explanation>,
    /// Whether the whole is to be refused rather than accepted in part.
    pub all_or_nothing: bool,
}

impl Outgoing {
    /// The request as the wire has it.
    #[must_use]
    pub fn into_request(self) -> v1::SubmitRequest {
        let (replaces, reason) = match &self.replaces {
            Some(replaces) => (replaces.submission.0.to_vec(), replaces.reason.as_str().to_owned()),
            None => (Vec::new(), String::new()),
        };
        v1::SubmitRequest {
            identity: Some(identity_to_wire(&self.identity)),
            key: self.key.0.to_vec(),
            purpose: self.purpose.to_string(),
            type_digest: self.type_digest.0.to_vec(),
            nil: self.nil,
            replaces,
            replace_reason: reason,
            tables: self.tables.into_iter().map(table_to_wire).collect(),
            explanations: self.explanations.into_iter().map(explanation_to_wire).collect(),
            all_or_nothing: self.all_or_nothing,
        }
    }
}

/// A client of the submission service with limits set; it may be cloned.
#[must_use]
pub fn client(channel: Channel) -> SubmissionServiceClient<Channel> {
    SubmissionServiceClient::new(channel)
        .max_encoding_message_size(MAX_ANSWER)
        .max_decoding_message_size(MAX_ANSWER)
}

/// What became of the attempts.
#[derive(Debug)]
pub struct Sent {
    /// The broker's reply, or the last failure.
    pub outcome: Result<v1::SubmitReply, Failure>,
    /// Whether an attempt ended without an answer, so that the broker may have recorded it.
    pub unknown: bool,
}

/// Sends a request up to [`ATTEMPTS`] times, always the same, waiting between attempts; only failures that may
/// pass are tried again.
pub async fn send(context: &Context, request: &v1::SubmitRequest) -> Sent {
    if let Err(failure) = fits(request) {
        return Sent { outcome: Err(failure), unknown: false };
    }
    let mut unknown = false;
    let mut attempt = 1;
    loop {
        let failure = match once(context, request).await {
            Ok(reply) => return Sent { outcome: Ok(reply), unknown },
            Err(failure) => failure,
        };
        unknown |= failure.is_passing();
        if !failure.is_passing() || attempt == ATTEMPTS {
            return Sent { outcome: Err(failure), unknown };
        }
        tokio::time::sleep(wait_after(attempt, failure.retry_after)).await;
        attempt += 1;
    }
}

async fn once(context: &Context, request: &v1::SubmitRequest) -> Result<v1::SubmitReply, Failure> {
    let mut client = client(connect::channel(context).await?);
    let reply = client.submit(request.clone()).await.map_err(failed(context))?;
    Ok(reply.into_inner())
}

/// Refuses here what the broker would cut off without a word.
fn fits(request: &v1::SubmitRequest) -> Result<(), Failure> {
    if request.encoded_len() <= MAX_REQUEST {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Rejected,
        "nothing was sent: the return is larger than the 4 MiB a broker takes at once",
    )
    .hint("send fewer rows or shorter texts"))
}

/// A quarter of a second, then a second; more when the broker asks for it.
pub(crate) fn wait_after(attempt: u32, asked: Option<Duration>) -> Duration {
    let own = Duration::from_millis(250).saturating_mul(4_u32.saturating_pow(attempt.saturating_sub(1)));
    asked.map_or(own, |asked| asked.max(own)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use concordat_core::submission::{Covers, ReplaceReason};

    use super::*;
    use crate::context::tests::credentials;

    fn outgoing() -> Outgoing {
        Outgoing {
            identity: Identity {
                agency: "met".parse().unwrap(),
                return_type: "core-data-set-annual".parse().unwrap(),
                areas: vec!["E09000012".parse().unwrap()],
                covers: Covers::Period("2022-23".parse().unwrap()),
                part: None,
            },
            key: SendKey([1; 16]),
            purpose: "P4-partnership-assurance".parse().unwrap(),
            type_digest: Digest([2; 32]),
            nil: false,
            replaces: None,
            tables: vec![Table {
                name: "main".into(),
                columns: vec!["a".into()],
                cells: ["1"].iter().collect(),
            }],
            explanations: Vec::new(),
            all_or_nothing: false,
        }
    }

    #[test]
    fn a_request_says_what_is_replaced_only_when_something_is() {
        let request = outgoing().into_request();
        assert!(request.replaces.is_empty() && request.replace_reason.is_empty());
        let replaces =
            Replaces { submission: concordat_core::ids::EntryId([3; 16]), reason: ReplaceReason::LateData };
        let request = Outgoing { replaces: Some(replaces), ..outgoing() }.into_request();
        assert_eq!((request.replaces, request.replace_reason.as_str()), (vec![3; 16], "late_data"));
    }

    #[test]
    fn a_request_larger_than_a_broker_takes_is_refused_here() {
        let of = |bytes: usize| {
            let table = Table {
                name: "main".into(),
                columns: vec!["a".into()],
                cells: ["x".repeat(bytes)].iter().collect(),
            };
            fits(&Outgoing { tables: vec![table], ..outgoing() }.into_request())
        };
        of(MAX_REQUEST - 1000).unwrap();
        assert_eq!(of(MAX_REQUEST).unwrap_err().exit, Exit::Rejected);
    }

    #[test]
    fn waits_grow_and_heed_the_broker_up_to_a_limit() {
        assert_eq!(wait_after(1, None), Duration::from_millis(250));
        assert_eq!(wait_after(2, None), Duration::from_secs(1));
        assert_eq!(wait_after(1, Some(Duration::from_secs(3))), Duration::from_secs(3));
        assert_eq!(wait_after(2, Some(Duration::ZERO)), Duration::from_secs(1));
        assert_eq!(wait_after(1, Some(Duration::from_secs(3600))), LONGEST_WAIT);
    }

    #[tokio::test]
    async fn an_unreachable_broker_is_tried_three_times_and_the_outcome_is_unknown() {
        let dir = tempfile::tempdir().unwrap();
        let context = Context::store("met", dir.path(), &credentials()).unwrap();
        let begun = std::time::Instant::now();
        let sent = send(&context, &outgoing().into_request()).await;
        assert_eq!(sent.outcome.unwrap_err().exit, Exit::Queued);
        assert!(sent.unknown);
        assert!(begun.elapsed() >= Duration::from_millis(1250), "two waits between three attempts");
    }
}
