//! What a certificate says: when it ends, whom it names, and its fingerprint.

use aws_lc_rs::digest;
use concordat_core::ids::Digest;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use crate::exit::Exit;
use crate::failure::Failure;

/// The facts of a certificate that the client goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The last instant at which it holds.
    pub not_after: Timestamp,
    /// The URIs it names its holder by.
    pub uris: Vec<String>,
    /// Its public key, as the bits in it stand.
    pub public_key: Vec<u8>,
}

/// Reads the facts of a certificate in DER.
///
/// # Errors
/// A [`Failure`] when it is no certificate.
pub fn facts(der: &[u8]) -> Result<Facts, Failure> {
    let bad = || Failure::new(Exit::Failure, "a certificate cannot be read");
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| bad())?;
    let not_after =
        Timestamp::from_second(certificate.validity().not_after.timestamp()).map_err(|_| bad())?;
    let names = certificate.subject_alternative_name().map_err(|_| bad())?;
    let uris = names.map_or_else(Vec::new, |names| {
        let uri = |name: &GeneralName<'_>| match name {
            GeneralName::URI(uri) => Some((*uri).to_owned()),
            _ => None,
        };
        names.value.general_names.iter().filter_map(uri).collect()
    });
    let public_key = certificate.public_key().subject_public_key.data.to_vec();
    Ok(Facts { not_after, uris, public_key })
}

/// The certificates of a PEM text, in order; at least one.
///
/// # Errors
/// A [`Failure`] naming what the text was meant to be, when it holds none or is damaged.
pub fn from_pem(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bad = || Failure::new(Exit::Failure, format!("{what} is damaged: it holds no certificate in PEM"));
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| bad())?;
    if chain.is_empty() { Err(bad()) } else { Ok(chain) }
}

/// The SHA-256 of a certificate's DER.
#[must_use]
pub fn fingerprint(der: &[u8]) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    Digest(out)
}
