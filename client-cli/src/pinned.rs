//! Trust at enrolment: the operator hands over the fingerprint of the partnership's certificate authority,
//! and the broker must present a chain that this authority signed, for the name that was dialled.

use std::sync::Arc;

use concordat_core::ids::Digest;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};

use crate::certificate::fingerprint;

/// No certificate of the presented chain has the fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no certificate that was presented has the fingerprint given")]
pub struct NotPinned;

/// Accepts exactly the chains signed by the authority with one fingerprint.
#[derive(Debug)]
pub struct PinnedAuthority {
    authority: Digest,
    provider: Arc<CryptoProvider>,
}

impl PinnedAuthority {
    /// Trusts the authority whose certificate has this SHA-256.
    #[must_use]
    pub fn new(authority: Digest, provider: Arc<CryptoProvider>) -> Self {
        Self { authority, provider }
    }
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = intermediates
            .iter()
            .find(|certificate| fingerprint(certificate) == self.authority)
            .ok_or_else(|| CertificateError::Other(OtherError(Arc::new(NotPinned))))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|why| Error::General(why.to_string()))?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

    use super::*;

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn leaf(name: &str, authority: &CertifiedIssuer<'static, KeyPair>) -> CertificateDer<'static> {
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.signed_by(&KeyPair::generate().unwrap(), authority).unwrap().der().clone()
    }

    fn verdict(pin: Digest, leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> Result<(), Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_800_000_000));
        let name = ServerName::try_from("broker.example").unwrap();
        PinnedAuthority::new(pin, provider).verify_server_cert(leaf, chain, &name, &[], now).map(drop)
    }

    #[test]
    fn a_chain_of_the_pinned_authority_is_accepted() {
        let ours = authority();
        verdict(fingerprint(ours.der()), &leaf("broker.example", &ours), &[ours.der().clone()]).unwrap();
    }

    #[test]
    fn another_authority_is_refused_even_beside_the_pinned_one() {
        let (ours, theirs) = (authority(), authority());
        let pin = fingerprint(ours.der());
        let forged = leaf("broker.example", &theirs);
        assert!(verdict(pin, &forged, &[theirs.der().clone()]).is_err());
        assert!(verdict(pin, &forged, &[theirs.der().clone(), ours.der().clone()]).is_err());
    }

    #[test]
    fn another_name_is_refused() {
        let ours = authority();
        assert!(
            verdict(fingerprint(ours.der()), &leaf("other.example", &ours), &[ours.der().clone()]).is_err()
        );
    }

    #[test]
    fn the_pinned_certificate_itself_is_no_server() {
        let ours = authority();
        assert!(verdict(fingerprint(ours.der()), ours.der(), &[ours.der().clone()]).is_err());
    }
}
