//! The one place where the broker's answer becomes an exit code and words.

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::time::Duration;

use concordat_core::finding::Finding;
use concordat_proto::v1;
use prost::Message as _;
use rustls::{AlertDescription, CertificateError, OtherError};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::convert;
use crate::exit::Exit;
use crate::failure::{Failure, io_words};
use crate::pinned::NotPinned;

/// The trailer that carries the findings of a refused return.
pub const FINDINGS_TRAILER: &str = "concordat-findings-bin";

/// The domain of the broker's reason codes.
pub const DOMAIN: &str = "concordat";

/// What a call to the broker at `address` failed with, as the person reads it.
#[must_use]
pub fn failure(status: &Status, address: &str) -> Failure {
    if let Some(failure) = status.source().and_then(|source| transport(source, address)) {
        return failure;
    }
    let Some(info) = status.get_details_error_info().filter(|info| info.domain == DOMAIN) else {
        return without_reason(status, address);
    };
    let exit = exit_of_reason(&info.reason).unwrap_or_else(|| exit_of(status.code()));
    let mut failure = Failure::new(exit, message(status));
    failure.hint = hint(&info.reason, &info.metadata);
    failure.findings = findings(status);
    failure.code = Some(info.reason);
    failure.retry_after = retry_after(status);
    failure
}

/// The exit code of a reason, by [`concordat_core::refusal::Refusal::code`]; `None` for one that is not known.
#[must_use]
pub fn exit_of_reason(reason: &str) -> Option<Exit> {
    Some(match reason {
        "unauthenticated" => Exit::NotEnrolled,
        "not_permitted" | "not_there" => Exit::Denied,
        "too_busy" => Exit::Queued,
        "malformed" | "invalid" | "unknown_type" | "catalogue_changed" | "nil_not_allowed"
        | "not_routable" | "key_reused" | "already_accepted" | "not_in_force" | "withdrawn"
        | "wrong_state" => Exit::Rejected,
        _ => return None,
    })
}

/// The exit code of a gRPC code.
#[must_use]
pub fn exit_of(code: Code) -> Exit {
    match code {
        Code::Ok => Exit::Ok,
        Code::Unauthenticated => Exit::NotEnrolled,
        Code::PermissionDenied | Code::NotFound => Exit::Denied,
        Code::InvalidArgument | Code::FailedPrecondition | Code::AlreadyExists | Code::OutOfRange => {
            Exit::Rejected
        }
        Code::ResourceExhausted
        | Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Aborted => Exit::Queued,
        Code::DataLoss => Exit::Tampered,
        Code::Internal | Code::Unknown | Code::Unimplemented => Exit::Failure,
    }
}

/// How a decision is asked about; its number follows.
const EXPLAIN: &str = "concordat explain ";

/// What was said without the number that each decision has of its own: refusals that must read alike do but for it.
#[must_use]
pub fn unnumbered(said: &str) -> String {
    let mut pieces = said.split(EXPLAIN);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str(EXPLAIN);
        text.push('N');
        text.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    text
}

fn hint(reason: &str, about: &HashMap<String, String>) -> Option<String> {
    let text = match reason {
        "unauthenticated" => "ask the operator for a new token, then `concordat enrol`",
        "not_permitted" | "not_there" => {
            let roles = "`concordat whoami` shows your roles and areas";
            return Some(match about.get("decision") {
                Some(index) => format!("`{EXPLAIN}{index}` says more; {roles}"),
                None => roles.to_owned(),
            });
        }
        "invalid" => "mend the cells named and send the file again; `concordat validate` checks it offline",
        "unknown_type" => "`concordat types` lists the return types and since when they are in force",
        "catalogue_changed" => "run the same command again",
        "nil_not_allowed" => "leave out --nil and send the file",
        "not_routable" => {
            "tell the broker's operator: the partnership's file does not provide for this return"
        }
        "key_reused" => "leave out --key; a new key is drawn",
        "not_in_force" => "`concordat status SUBMISSION` says what superseded it",
        "withdrawn" => "`concordat status SUBMISSION` says when it was withdrawn, and why",
        "too_busy" | "unavailable" => "wait a moment, then run the same command again",
        "internal" | "tampered" => "tell the broker's operator, with the time of this message",
        "already_accepted" => {
            let id = about.get("in_force").map_or("SUBMISSION", String::as_str);
            return Some(format!("to correct it add `--replaces {id} --reason correction`"));
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn without_reason(status: &Status, address: &str) -> Failure {
    // a status with a source was made on this side of the wire: the connection broke, the outcome is unknown
    let broken = status.source().is_some() && matches!(status.code(), Code::Unknown | Code::Internal);
    let exit = if broken { Exit::Queued } else { exit_of(status.code()) };
    let mut failure = match exit {
        Exit::Queued if broken => {
            Failure::new(exit, format!("the connection to the broker at `{address}` broke"))
        }
        Exit::Queued => {
            Failure::new(exit, format!("the broker at `{address}` did not answer in time or is not serving"))
        }
        Exit::Failure if status.code() == Code::Unimplemented => {
            Failure::new(exit, format!("the broker at `{address}` does not offer this service"))
                .hint("check the address: enrolment has a listener of its own")
        }
        _ => Failure::new(exit, message(status)),
    };
    if exit == Exit::Queued {
        failure.hint = Some("run the same command again".to_owned());
        failure.retry_after = retry_after(status);
    }
    failure.findings = findings(status);
    failure
}

fn message(status: &Status) -> String {
    match status.message() {
        "" => "the broker refused without saying why".to_owned(),
        message => message.chars().take(2000).collect(),
    }
}

fn findings(status: &Status) -> Vec<Finding> {
    let bytes = status.metadata().get_bin(FINDINGS_TRAILER).and_then(|value| value.to_bytes().ok());
    let found = bytes.and_then(|bytes| v1::Findings::decode(bytes).ok());
    found.map_or_else(Vec::new, |found| convert::findings(found.findings))
}

fn retry_after(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

/// What went wrong below gRPC: the name, the socket, or TLS.
fn transport(source: &(dyn Error + 'static), address: &str) -> Option<Failure> {
    let mut next = Some(source);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(of_tls(tls, address));
        }
        if let Some(io) = error.downcast_ref::<io::Error>() {
            // an io::Error hides what it wraps from source()
            return match io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(tls) => Some(of_tls(tls, address)),
                None => Some(of_io(io, address)),
            };
        }
        next = error.source();
    }
    None
}

fn of_io(error: &io::Error, address: &str) -> Failure {
    let why = match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            "the connection was closed".to_owned()
        }
        _ => io_words(error),
    };
    Failure::new(Exit::Queued, format!("the broker at `{address}` cannot be reached: {why}"))
        .hint("check the network and the address, then run the same command again")
}

fn of_tls(error: &rustls::Error, address: &str) -> Failure {
    use AlertDescription as Alert;
    match error {
        rustls::Error::AlertReceived(
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::CertificateRequired
            | Alert::UnknownCA
            | Alert::AccessDenied,
        ) => Failure::new(
            Exit::NotEnrolled,
            format!("the broker at `{address}` does not accept this context's certificate"),
        )
        .hint("`concordat context show` tells when it ends; ask the operator for a new token, then `concordat enrol`"),
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) if other.is::<NotPinned>() => {
            Failure::new(
                Exit::Failure,
                format!("nothing was sent: no certificate presented at `{address}` has the fingerprint given"),
            )
            .hint("compare address and fingerprint with what the operator handed over")
        }
        rustls::Error::InvalidCertificate(why) => Failure::new(
            Exit::Failure,
            format!("nothing was sent: the certificate presented at `{address}` is not acceptable: {why}"),
        )
        .hint("check the address and this machine's clock; if both are right, tell the broker's operator"),
        other => Failure::new(Exit::Queued, format!("TLS with the broker at `{address}` failed: {other}"))
            .hint("check that the address is the broker's, then run the same command again"),
    }
}

#[cfg(test)]
mod tests;
