//! The one place where a refusal or a fault becomes a gRPC status.
//!
//! Every status carries an `ErrorInfo` of domain [`DOMAIN`] whose reason is the refusal's code. A refusal for
//! findings carries them, as many as fit into the headers, in the trailer [`FINDINGS`].

mod findings;

use std::collections::HashMap;
use std::time::Duration;

use concordat_core::fault::{Fault, FaultKind};
use concordat_core::refusal::Refusal;
use concordat_flow::Stop;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// The domain of every `ErrorInfo`.
pub const DOMAIN: &str = "concordat";

/// The trailer with an encoded `concordat.v1.Findings`.
pub const FINDINGS: &str = "concordat-findings-bin";

/// When a caller who was turned away for want of room may try again.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The longest message in characters; what is longer is cut.
const MESSAGE: usize = 500;

/// How a walk of the flow ended short of its goal. A fault is logged here, once, with the operator's context.
#[must_use]
pub fn of(stop: Stop) -> Status {
    match stop {
        Stop::Refused(refusal) => refused(&refusal),
        Stop::Denied { refusal, decision } => explained(&refusal, Some(decision)),
        Stop::Failed(fault) => failed(&fault),
    }
}

/// A refusal as a status. Two refusals that must read alike are the same refusal already: nothing is added here
/// that could tell them apart.
#[must_use]
pub fn refused(refusal: &Refusal) -> Status {
    explained(refusal, None)
}

/// The same with the index of the decision, which every denial has: it says nothing of what was asked for.
fn explained(refusal: &Refusal, decision: Option<u64>) -> Status {
    tracing::debug!(code = refusal.code(), "refused");
    let mut about = HashMap::new();
    let mut metadata = MetadataMap::new();
    let mut text = refusal.text();
    let mut details = ErrorDetails::new();
    about.extend(decision.map(|index| ("decision".to_owned(), index.to_string())));
    match refusal {
        Refusal::Denied { reason } => {
            about.insert("why".to_owned(), reason.as_str().to_owned());
        }
        Refusal::Malformed { field, text } => {
            details.add_bad_request_violation(*field, cut(text.clone()));
        }
        Refusal::AlreadyAccepted { in_force, version } => {
            about.insert("in_force".to_owned(), in_force.to_string());
            about.insert("version".to_owned(), version.to_string());
        }
        Refusal::TooBusy => {
            details.set_retry_info(Some(RETRY_AFTER));
        }
        Refusal::Invalid(all) => {
            let listed = findings::listed(all);
            if listed.count < all.len() {
                text = format!("{text}; {} of {} findings are listed", listed.count, all.len());
            }
            about.insert("findings".to_owned(), all.len().to_string());
            about.insert("listed".to_owned(), listed.count.to_string());
            details.set_bad_request(listed.violations);
            metadata.insert_bin(FINDINGS, MetadataValue::from_bytes(&listed.encoded));
        }
        Refusal::Unauthenticated(_)
        | Refusal::NotThere
        | Refusal::UnknownType(_)
        | Refusal::CatalogueChanged
        | Refusal::NilNotAllowed
        | Refusal::NotRoutable(_)
        | Refusal::KeyReused
        | Refusal::NotInForce
        | Refusal::Withdrawn
        | Refusal::WrongState(_) => {}
    }
    details.set_error_info(refusal.code(), DOMAIN, about);
    Status::with_error_details_and_metadata(code_of(refusal), cut(text), details, metadata)
}

const fn code_of(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::Unauthenticated(_) => Code::Unauthenticated,
        Refusal::Denied { .. } | Refusal::NotThere => Code::PermissionDenied,
        Refusal::Malformed { .. }
        | Refusal::Invalid(_)
        | Refusal::UnknownType(_)
        | Refusal::NilNotAllowed
        | Refusal::NotRoutable(_) => Code::InvalidArgument,
        Refusal::CatalogueChanged
        | Refusal::KeyReused
        | Refusal::NotInForce
        | Refusal::Withdrawn
        | Refusal::WrongState(_) => Code::FailedPrecondition,
        Refusal::AlreadyAccepted { .. } => Code::AlreadyExists,
        Refusal::TooBusy => Code::ResourceExhausted,
    }
}

/// A failure of ours as a status: the operator's context goes to the service log, the caller hears what to do.
#[must_use]
pub fn failed(fault: &Fault) -> Status {
    let (code, reason) = match fault.kind() {
        FaultKind::Unavailable => (Code::Unavailable, "unavailable"),
        FaultKind::Tampered => (Code::DataLoss, "tampered"),
        FaultKind::Internal => (Code::Internal, "internal"),
    };
    tracing::error!(kind = reason, operator = fault.operator(), "a call failed on our side");
    plain(code, reason, fault.public())
}

/// No room for one more call, or for more bytes of its message.
#[must_use]
pub fn too_busy() -> Status {
    refused(&Refusal::TooBusy)
}

/// A message beyond the limits on its size or shape.
#[must_use]
pub fn too_large() -> Status {
    let text = format!(
        "the message is too large: a return may have at most {} tables of {} columns, {} cells in all, and 4 MiB",
        crate::convert::TABLES,
        crate::convert::COLUMNS,
        crate::convert::CELLS
    );
    plain(Code::InvalidArgument, "too_large", &text)
}

/// A message that is no message of this service.
#[must_use]
pub fn garbled() -> Status {
    refused(&Refusal::Malformed {
        field: "message",
        text: "it cannot be read as this call's message; use a client of this broker's version".to_owned(),
    })
}

/// A call that did not end in its time.
#[must_use]
pub fn too_late() -> Status {
    let text = "the broker did not finish in time, and what became of the call is not known; send again under the same key";
    plain(Code::DeadlineExceeded, "too_late", text)
}

fn plain(code: Code, reason: &str, text: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details(code, text, details)
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MESSAGE) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests;
