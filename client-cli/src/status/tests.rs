use std::collections::HashMap;

use concordat_core::ids::EntryId;
use concordat_core::refusal::{DenyReason, Refusal};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic_types::ErrorDetails;

use super::*;

/// Every refusal there is; a new one does not compile until it is given its exit code here.
fn every_refusal() -> Vec<(Refusal, Exit)> {
    let exit = |refusal: &Refusal| match refusal {
        Refusal::Unauthenticated(_) => Exit::NotEnrolled,
        Refusal::Denied { .. } | Refusal::NotThere => Exit::Denied,
        Refusal::TooBusy => Exit::Queued,
        Refusal::Malformed { .. }
        | Refusal::Invalid(_)
        | Refusal::UnknownType(_)
        | Refusal::CatalogueChanged
        | Refusal::NilNotAllowed
        | Refusal::NotRoutable(_)
        | Refusal::KeyReused
        | Refusal::AlreadyAccepted { .. }
        | Refusal::NotInForce
        | Refusal::Withdrawn
        | Refusal::WrongState(_) => Exit::Rejected,
    };
    [
        Refusal::Unauthenticated("the key is not registered"),
        Refusal::Malformed { field: "key", text: "send 16 bytes".into() },
        Refusal::Denied { reason: DenyReason::Expired },
        Refusal::NotThere,
        Refusal::Invalid(Vec::new()),
        Refusal::UnknownType("x".into()),
        Refusal::CatalogueChanged,
        Refusal::NilNotAllowed,
        Refusal::NotRoutable("no recipient".into()),
        Refusal::KeyReused,
        Refusal::AlreadyAccepted { in_force: EntryId([0xab; 16]), version: 2 },
        Refusal::NotInForce,
        Refusal::TooBusy,
        Refusal::WrongState("it was already rejected"),
    ]
    .into_iter()
    .map(|refusal| {
        let exit = exit(&refusal);
        (refusal, exit)
    })
    .collect()
}

fn refused(code: Code, reason: &str, text: &str, metadata: &[(&str, &str)]) -> Status {
    let metadata: HashMap<String, String> =
        metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Status::with_error_details(code, text, ErrorDetails::with_error_info(reason, DOMAIN, metadata))
}

#[test]
fn every_refusal_has_its_exit_code_whatever_the_grpc_code() {
    for (refusal, exit) in every_refusal() {
        // a gRPC code that says something else, so that the reason decides
        let status = refused(Code::Internal, refusal.code(), &refusal.text(), &[]);
        let failure = failure(&status, "broker:1");
        assert_eq!(failure.exit, exit, "{}", refusal.code());
        assert_eq!(failure.what, refusal.text());
        assert!(failure.is(refusal.code()));
    }
}

#[test]
fn grpc_codes_without_a_reason_have_the_exit_codes_of_the_design() {
    for (code, exit) in [
        (Code::Unauthenticated, Exit::NotEnrolled),
        (Code::PermissionDenied, Exit::Denied),
        (Code::InvalidArgument, Exit::Rejected),
        (Code::FailedPrecondition, Exit::Rejected),
        (Code::AlreadyExists, Exit::Rejected),
        (Code::ResourceExhausted, Exit::Queued),
        (Code::Unavailable, Exit::Queued),
        (Code::DeadlineExceeded, Exit::Queued),
        (Code::DataLoss, Exit::Tampered),
        (Code::Internal, Exit::Failure),
    ] {
        assert_eq!(failure(&Status::new(code, "x"), "broker:1").exit, exit, "{code:?}");
    }
}

#[test]
fn a_reason_of_another_domain_is_not_ours() {
    let details = ErrorDetails::with_error_info("too_busy", "elsewhere", HashMap::new());
    let status = Status::with_error_details(Code::PermissionDenied, "no", details);
    assert_eq!(failure(&status, "broker:1").exit, Exit::Denied);
}

#[test]
fn an_accepted_return_is_named_in_the_hint() {
    let id = EntryId([0xab; 16]).to_string();
    let status =
        refused(Code::AlreadyExists, "already_accepted", "x", &[("in_force", &id), ("version", "2")]);
    assert!(failure(&status, "broker:1").hint.unwrap().contains(&format!("--replaces {id}")));
}

#[test]
fn findings_come_from_the_trailer() {
    let finding = v1::Finding {
        rule: "CSC-R1".into(),
        severity: v1::Severity::Error.into(),
        table: "main".into(),
        row: 2,
        column: "contacts".into(),
        text: "must be a whole number".into(),
        figures: String::new(),
        record: String::new(),
    };
    let bytes = v1::Findings { findings: vec![finding] }.encode_to_vec();
    let mut trailers = MetadataMap::new();
    trailers.insert_bin(FINDINGS_TRAILER, MetadataValue::from_bytes(&bytes));
    let details = ErrorDetails::with_error_info("invalid", DOMAIN, HashMap::new());
    let status =
        Status::with_error_details_and_metadata(Code::InvalidArgument, "1 errors", details, trailers);
    let failure = failure(&status, "broker:1");
    assert_eq!((failure.exit, failure.findings.len()), (Exit::Rejected, 1));
    let finding = failure.findings.first().unwrap();
    assert_eq!((finding.row, finding.column.as_deref()), (Some(2), Some("contacts")));
}

#[test]
fn tls_failures_tell_a_refused_certificate_from_a_wrong_broker() {
    let io = |tls: rustls::Error| io::Error::new(io::ErrorKind::InvalidData, tls);
    let of = |tls| transport(&io(tls), "broker:1").unwrap();
    assert_eq!(
        of(rustls::Error::AlertReceived(AlertDescription::CertificateRevoked)).exit,
        Exit::NotEnrolled
    );
    assert_eq!(of(rustls::Error::AlertReceived(AlertDescription::InternalError)).exit, Exit::Queued);
    let unknown = of(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));
    assert!(unknown.exit == Exit::Failure && unknown.what.contains("nothing was sent"));
    let unpinned = CertificateError::Other(OtherError(std::sync::Arc::new(NotPinned)));
    assert!(of(rustls::Error::InvalidCertificate(unpinned)).what.contains("fingerprint"));
}
