use concordat_ledger::LogKey;
use rcgen::{CertificateParams, KeyPair, SanType, date_time_ymd};

use super::*;

/// Credentials of `met/desk` in partnership `sample`, whose certificate ends on 1 June 2023.
pub(crate) fn credentials() -> Credentials {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.not_after = date_time_ymd(2023, 6, 1);
    params.subject_alt_names = vec![SanType::URI("urn:concordat:sample:met:desk".try_into().unwrap())];
    let pem = params.self_signed(&key).unwrap().pem();
    Credentials {
        facts: Facts {
            partnership: "sample".parse().unwrap(),
            principal: "met/desk".parse().unwrap(),
            roles: vec!["submitter".into()],
            areas: vec!["E09000012".parse().unwrap()],
            broker: "127.0.0.1:1".into(),
        },
        key: Zeroizing::new(key.serialize_pem()),
        chain: pem.clone(),
        authority: pem,
        log_key: LogKey::from_seed("concordat/sample/log", &[7; 32]).unwrap().verifier().clone(),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_stored_context_opens_with_what_was_stored() {
    let dir = tempfile::tempdir().unwrap();
    let credentials = credentials();
    let mut context = Context::store("met", dir.path(), &credentials).unwrap();
    assert_eq!(context.facts, credentials.facts);
    assert_eq!(context.not_after, at("2023-06-01T00:00:00Z"));
    assert_eq!((context.chain().unwrap().len(), context.authority().unwrap().len()), (1, 1));
    context.key().unwrap();
    context.keep_areas(vec!["E09000001".parse().unwrap()]).unwrap();
    assert_eq!(Context::open("met", dir.path()).unwrap().facts.areas, context.facts.areas);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused_on_opening_and_on_use() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let context = Context::store("met", dir.path(), &credentials()).unwrap();
    fs::set_permissions(dir.path().join(KEY), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(Context::open("met", dir.path()).unwrap_err().what.contains("may be read by others"));
    assert!(context.key().is_err());
}

#[test]
fn a_certificate_is_near_its_end_two_weeks_before_and_ended_at_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let context = Context::store("met", dir.path(), &credentials()).unwrap();
    assert_eq!(context.expiry(at("2023-05-01T00:00:00Z")), Expiry::Far);
    assert_eq!(context.expiry(at("2023-05-18T00:00:00Z")), Expiry::Far);
    assert_eq!(context.expiry(at("2023-05-18T00:00:01Z")), Expiry::Near(13));
    assert_eq!(context.expiry(at("2023-06-01T00:00:00Z")), Expiry::Ended);
    assert_eq!(context.must_hold(at("2023-06-01T00:00:00Z")).unwrap_err().exit, Exit::NotEnrolled);
    context.must_hold(at("2023-05-31T23:59:59Z")).unwrap();
}

#[test]
fn a_damaged_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    Context::store("met", dir.path(), &credentials()).unwrap();
    private::write(&dir.path().join(LOG_KEY), b"nonsense").unwrap();
    let failure = Context::open("met", dir.path()).unwrap_err();
    assert!(failure.what.contains("log.vkey") && failure.hint.is_some(), "{failure:?}");
}
