//! Certificate requests: what a client sends to have its key certified.

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

// far above any request of a key that is accepted
const MAX: usize = 8 * 1024;

const EC: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const ED25519: &str = "1.3.101.112";
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

/// Why a certificate request is refused. None of it repeats what the request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// It is not a PKCS#10 request.
    #[error(
        "the certificate request is not a PKCS#10 request in DER; enrol with `concordat enrol`, which makes one"
    )]
    Malformed,
    /// Its signature is not by its own key.
    #[error("the certificate request is not signed by the key it carries; make a new one")]
    Signature,
    /// Its key is of another sort.
    #[error("the certificate request carries a key other than P-256 or Ed25519; make one of these")]
    Key,
}

/// The SubjectPublicKeyInfo, in DER, of a request that is signed by its own key of an accepted sort.
pub(super) fn checked_key(request: &[u8]) -> Result<Vec<u8>, BadRequest> {
    if request.len() > MAX {
        return Err(BadRequest::Malformed);
    }
    let (rest, parsed) = X509CertificationRequest::from_der(request).map_err(|_| BadRequest::Malformed)?;
    if !rest.is_empty() {
        return Err(BadRequest::Malformed);
    }
    let spki = &parsed.certification_request_info.subject_pki;
    let signed_with = parsed.signature_algorithm.algorithm.to_id_string();
    if !is_accepted(spki, &signed_with) {
        return Err(BadRequest::Key);
    }
    parsed.verify_signature().map_err(|_| BadRequest::Signature)?;
    Ok(spki.raw.to_vec())
}

fn is_accepted(spki: &SubjectPublicKeyInfo<'_>, signed_with: &str) -> bool {
    let point = &spki.subject_public_key.data;
    match spki.algorithm.algorithm.to_id_string().as_str() {
        EC => {
            let curve = spki.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
            let is_p256 = curve.is_some_and(|curve| curve.to_id_string() == P256);
            is_p256 && signed_with == ECDSA_SHA256 && point.len() == 65 && point.first() == Some(&4)
        }
        ED25519 => signed_with == ED25519 && point.len() == 32,
        _ => false,
    }
}
