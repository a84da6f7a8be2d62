use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

use super::*;

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn authority() -> (tempfile::TempDir, Authority) {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(&dir.path().join("ca"), &"north".parse().unwrap(), now()).unwrap();
    (dir, authority)
}

fn request(key: &KeyPair, names: &[&str]) -> Vec<u8> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    CertificateParams::new(names).unwrap().serialize_request(key).unwrap().der().to_vec()
}

fn names_of(pem: &str) -> (Vec<String>, String) {
    use x509_parser::extensions::GeneralName;
    let der = CertificateDer::from_pem(pem);
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
    let names = parsed.subject_alternative_name().unwrap().unwrap().value.general_names.iter();
    let names = names
        .map(|name| match name {
            GeneralName::URI(uri) => (*uri).to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    (names, parsed.subject().to_string())
}

trait FromPem {
    fn from_pem(pem: &str) -> Vec<u8>;
}

impl FromPem for CertificateDer<'_> {
    fn from_pem(pem: &str) -> Vec<u8> {
        use rustls_pki_types::pem::PemObject;
        CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
    }
}

#[test]
fn a_principals_certificate_carries_its_urn_alone_whatever_the_request_asked_for() {
    let (_dir, authority) = authority();
    let principal = "met/returns".parse().unwrap();
    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let asked = request(&key, &["admin.example", "127.0.0.1"]);
        let made = authority.certify(&asked, &principal, now()).unwrap();
        let (names, subject) = names_of(&made.pem);
        assert_eq!(names, ["urn:concordat:north:met:returns"]);
        assert_eq!(subject, "CN=met/returns");
        assert!(read::is_signed_by(&CertificateDer::from_pem(&made.pem), authority.der()));
        assert_eq!(made.not_after.to_string(), "2027-11-22T10:00:00Z");
        assert_eq!(made.key, sha256(&key.public_key_der_for_test()));
    }
}

trait SpkiDer {
    fn public_key_der_for_test(&self) -> Vec<u8>;
}

impl SpkiDer for KeyPair {
    fn public_key_der_for_test(&self) -> Vec<u8> {
        use rcgen::PublicKeyData;
        self.subject_public_key_info()
    }
}

#[test]
fn a_principals_certificate_is_for_clients_and_cannot_certify() {
    let (_dir, authority) = authority();
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let asked = params.serialize_request(&key).unwrap().der().to_vec();
    let made = authority.certify(&asked, &"met/returns".parse().unwrap(), now()).unwrap();
    let der = CertificateDer::from_pem(&made.pem);
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
    assert!(!parsed.is_ca());
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth);
}

#[test]
fn a_request_with_a_bad_signature_is_refused() {
    let (_dir, authority) = authority();
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let other = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let (mut asked, foreign) = (request(&key, &["a.example"]), request(&other, &["a.example"]));
    // the last bytes are the signature: a byte altered, and the signature of another key
    let last = asked.len() - 1;
    asked[last] ^= 1;
    let refuse = |asked: &[u8]| authority.certify(asked, &"met/returns".parse().unwrap(), now()).unwrap_err();
    assert!(matches!(refuse(&asked), CaFault::Request(BadRequest::Signature | BadRequest::Malformed)));
    let mut swapped = request(&key, &["a.example"]);
    let (from, to) = (find(&foreign, other.public_key_raw()), find(&swapped, key.public_key_raw()));
    swapped[to..to + 65].copy_from_slice(&foreign[from..from + 65]);
    assert!(matches!(refuse(&swapped), CaFault::Request(BadRequest::Signature)));
}

fn find(hay: &[u8], needle: &[u8]) -> usize {
    hay.windows(needle.len()).position(|window| window == needle).unwrap()
}

#[test]
fn a_request_of_another_curve_cut_short_or_with_bytes_after_it_is_refused() {
    let (_dir, authority) = authority();
    let refuse = |asked: &[u8]| authority.certify(asked, &"met/returns".parse().unwrap(), now()).unwrap_err();
    let wide = request(&KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(), &[]);
    assert!(matches!(refuse(&wide), CaFault::Request(BadRequest::Key)));
    let good = request(&KeyPair::generate_for(&PKCS_ED25519).unwrap(), &[]);
    assert!(matches!(refuse(&good[..good.len() - 1]), CaFault::Request(BadRequest::Malformed)));
    assert!(matches!(refuse(&[good.clone(), vec![0]].concat()), CaFault::Request(BadRequest::Malformed)));
    assert!(matches!(refuse(&vec![0x30; 9_000]), CaFault::Request(BadRequest::Malformed)));
}

#[test]
fn an_authority_opens_from_its_files_and_refuses_a_key_that_is_open_or_not_its_own() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, made) = authority();
    let (other_dir, _other) = authority();
    let ca = dir.path().join("ca");
    let partnership = "north".parse().unwrap();
    assert_eq!(Authority::open(&ca, &partnership).unwrap().fingerprint(), made.fingerprint());
    assert!(Authority::create(&ca, &partnership, now()).is_err(), "an authority is never overwritten");

    let key = ca.join(AUTHORITY_KEY);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        Authority::open(&ca, &partnership),
        Err(CaFault::Private(PrivateFault::TooOpen { mode: 0o644, .. }))
    ));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::copy(other_dir.path().join("ca").join(AUTHORITY_KEY), &key).unwrap();
    assert!(matches!(Authority::open(&ca, &partnership), Err(CaFault::Mismatch { .. })));
}

#[test]
fn the_brokers_certificate_is_kept_until_its_names_change_or_half_its_time_is_gone() {
    let (_dir, authority) = authority();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let local = names(&["localhost", "127.0.0.1", "::1"]);
    let first = authority.server(&local, now()).unwrap();
    assert_eq!(hosts_of(&CertificateDer::from_pem(&first.certificate)), ["127.0.0.1", "::1", "localhost"]);
    let days = |n: i64| now() + SignedDuration::from_hours(24 * n);
    assert_eq!(authority.server(&local, days(300)).unwrap().certificate, first.certificate);
    assert_ne!(authority.server(&local, days(400)).unwrap().certificate, first.certificate);
    let renamed = authority.server(&names(&["broker.example"]), now()).unwrap();
    assert_eq!(hosts_of(&CertificateDer::from_pem(&renamed.certificate)), ["broker.example"]);
    assert!(matches!(authority.server(&names(&["not a host"]), now()), Err(CaFault::BadHost { .. })));
}
