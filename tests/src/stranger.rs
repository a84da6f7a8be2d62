//! Callers whom the broker does not know, with or without a certificate.
#![expect(clippy::expect_used, reason = "a test's way to stop")]

use std::path::Path;
use std::sync::Arc;

use concordat_core::clock::{Clock as _, MachineClock};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::scene::Scene;

/// A certificate and its key.
pub type Papers = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// A certificate with the name of `metropolitan-police/desk`, made by the partnership's own authority, for a key that
/// nobody registered. It ends after so many days.
///
/// # Panics
/// When the scene's authority cannot be used.
#[must_use]
pub fn unregistered(scene: &Scene, days: i64) -> Papers {
    let (cert_pem, key_pem) = authority(&scene.dir.join("ca"));
    let ca_key = rcgen::KeyPair::from_pem(&key_pem).expect("the authority's key");
    let issuer = rcgen::Issuer::from_ca_cert_pem(&cert_pem, ca_key).expect("the authority");
    let own = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::default();
    let urn = "urn:concordat:city-and-hackney:metropolitan-police:desk";
    params.subject_alt_names = vec![rcgen::SanType::URI(urn.try_into().expect("a name"))];
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let now =
        time::OffsetDateTime::from_unix_timestamp(MachineClock.now().as_second()).expect("the time of day");
    params.not_before = now - time::Duration::days(400);
    params.not_after = now + time::Duration::days(days);
    let cert = params.signed_by(&own, &issuer).expect("a certificate");
    (vec![cert.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.serialize_der())))
}

/// The authority's certificate and key, wherever `init` put them below `ca/`.
fn authority(ca: &Path) -> (String, String) {
    let (mut cert, mut key) = (String::new(), String::new());
    for entry in std::fs::read_dir(ca).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.contains("server") && !name.contains("broker") {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            if text.contains("PRIVATE KEY") {
                key = text;
            } else if text.contains("CERTIFICATE") {
                cert = text;
            }
        }
    }
    (cert, key)
}

/// The settings of a client that trusts the scene's authority and shows these papers, or none.
///
/// # Panics
/// When they cannot be made.
#[must_use]
pub fn tls(scene: &Scene, papers: Option<Papers>) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    let (cert, _) = authority(&scene.dir.join("ca"));
    roots.add(CertificateDer::from_pem_slice(cert.as_bytes()).expect("a certificate")).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_root_certificates(roots);
    match papers {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).expect("papers that agree"),
        None => builder.with_no_client_auth(),
    }
}
