use super::*;
use concordat_core::finding::{Finding, Severity};
use concordat_core::ids::EntryId;
use concordat_core::refusal::DenyReason;
use concordat_proto::v1 as wire;
use prost::Message as _;

fn every_refusal() -> Vec<(Refusal, Code, &'static str)> {
    let in_force = EntryId([7; 16]);
    let malformed = Refusal::Malformed { field: "key", text: "give 16 bytes".to_owned() };
    vec![
        (Refusal::Unauthenticated("the key is not registered"), Code::Unauthenticated, "unauthenticated"),
        (malformed, Code::InvalidArgument, "malformed"),
        (Refusal::Denied { reason: DenyReason::NoRole }, Code::PermissionDenied, "not_permitted"),
        (Refusal::NotThere, Code::PermissionDenied, "not_there"),
        (Refusal::Invalid(vec![found(Severity::Error, 1)]), Code::InvalidArgument, "invalid"),
        (Refusal::UnknownType("x".to_owned()), Code::InvalidArgument, "unknown_type"),
        (Refusal::CatalogueChanged, Code::FailedPrecondition, "catalogue_changed"),
        (Refusal::NilNotAllowed, Code::InvalidArgument, "nil_not_allowed"),
        (Refusal::NotRoutable("no recipient".to_owned()), Code::InvalidArgument, "not_routable"),
        (Refusal::KeyReused, Code::FailedPrecondition, "key_reused"),
        (Refusal::AlreadyAccepted { in_force, version: 3 }, Code::AlreadyExists, "already_accepted"),
        (Refusal::NotInForce, Code::FailedPrecondition, "not_in_force"),
        (Refusal::Withdrawn, Code::FailedPrecondition, "withdrawn"),
        (Refusal::TooBusy, Code::ResourceExhausted, "too_busy"),
        (Refusal::WrongState("it was answered"), Code::FailedPrecondition, "wrong_state"),
    ]
}

fn found(severity: Severity, row: u32) -> Finding {
    Finding {
        rule: "CSC-R1".parse().unwrap(),
        severity,
        table: "main".to_owned(),
        row: Some(row),
        column: Some("contacts".to_owned()),
        text: "must be a whole number".to_owned(),
        figures: None,
        record: None,
    }
}

fn header_list_size(status: Status) -> usize {
    let response: http::Response<()> = status.into_http();
    response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

#[test]
fn every_refusal_has_its_code_reason_and_words() {
    for (refusal, code, reason) in every_refusal() {
        let status = refused(&refusal);
        assert_eq!(status.code(), code, "{reason}");
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "concordat"));
        assert_eq!(refusal.code(), reason);
        assert_eq!(status.message(), refusal.text());
    }
}

#[test]
fn details_say_what_the_caller_needs_next() {
    let denied = refused(&Refusal::Denied { reason: DenyReason::WrongPurpose });
    assert_eq!(denied.get_details_error_info().unwrap().metadata["why"], "wrong_purpose");
    let accepted = refused(&Refusal::AlreadyAccepted { in_force: EntryId([7; 16]), version: 3 });
    let info = accepted.get_details_error_info().unwrap();
    assert_eq!(info.metadata["in_force"], "07".repeat(16));
    assert_eq!(info.metadata["version"], "3");
    assert_eq!(too_busy().get_details_retry_info().unwrap().retry_delay, Some(RETRY_AFTER));
    let malformed = refused(&Refusal::Malformed { field: "key", text: "give 16 bytes".to_owned() });
    let violation = malformed.get_details_bad_request().unwrap().field_violations.remove(0);
    assert_eq!((violation.field.as_str(), violation.description.as_str()), ("key", "give 16 bytes"));
}

#[test]
fn a_denied_read_and_an_unknown_id_are_the_same_bytes() {
    let headers = |stop| {
        let response: http::Response<()> = of(stop).into_http();
        response.headers().iter().map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())).collect::<Vec<_>>()
    };
    let denied = headers(Stop::Refused(Refusal::NotThere));
    let unknown = headers(Stop::Refused(Refusal::NotThere));
    assert_eq!(denied, unknown);
    let info = refused(&Refusal::NotThere).get_details_error_info().unwrap();
    assert!(info.metadata.is_empty(), "nothing that could tell the two apart");
}

#[test]
fn faults_tell_the_caller_nothing_of_the_operators_context() {
    let secret = "journal /srv/concordat/journal: no space left";
    for (fault, code) in [
        (Fault::unavailable(secret), Code::Unavailable),
        (Fault::tampered(secret), Code::DataLoss),
        (Fault::internal(secret), Code::Internal),
    ] {
        let status = of(Stop::Failed(fault.clone()));
        assert_eq!(status.code(), code);
        assert_eq!(status.message(), fault.public());
        assert!(!String::from_utf8_lossy(status.details()).contains("journal /srv"));
    }
}

#[test]
fn findings_travel_in_the_trailer_errors_first() {
    let findings = vec![found(Severity::Query, 9), found(Severity::Error, 4)];
    let status = refused(&Refusal::Invalid(findings));
    let bytes = status.metadata().get_bin(FINDINGS).unwrap().to_bytes().unwrap();
    let sent = wire::Findings::decode(bytes).unwrap().findings;
    assert_eq!(sent.iter().map(|f| f.row).collect::<Vec<_>>(), [4, 9]);
    assert_eq!(sent[0].severity, wire::Severity::Error as i32);
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(violations.len(), 1, "queries are no violations");
    assert_eq!(violations[0].field, "main[4].contacts");
}

#[test]
fn any_number_of_long_findings_fits_a_clients_default_of_16_kib_headers() {
    let long = |row| Finding {
        text: "ü".repeat(2_000),
        figures: Some("9".repeat(2_000)),
        table: "t".repeat(500),
        column: Some("c".repeat(500)),
        ..found(Severity::Error, row)
    };
    for findings in [
        (0..5_000).map(|row| found(Severity::Error, row)).collect::<Vec<_>>(),
        (0..50).map(long).collect::<Vec<_>>(),
    ] {
        let count = findings.len();
        let status = refused(&Refusal::Invalid(findings));
        assert!(
            status.message().contains(&format!("of {count} findings are listed")),
            "{}",
            status.message()
        );
        let listed: usize = status.get_details_error_info().unwrap().metadata["listed"].parse().unwrap();
        assert!(listed > 0 && listed < count);
        assert!(header_list_size(status) < 16 << 10);
    }
    for (refusal, _, reason) in every_refusal() {
        assert!(header_list_size(refused(&refusal)) < 4 << 10, "{reason}");
    }
    let endless = Refusal::NotRoutable("€".repeat(100_000));
    assert!(header_list_size(refused(&endless)) < 8 << 10);
}
