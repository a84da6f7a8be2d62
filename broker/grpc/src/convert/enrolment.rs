//! Enrolment.

use concordat_core::refusal::Refusal;
use concordat_flow::EnrolledAs;
use concordat_proto::v1 as wire;
use zeroize::Zeroizing;

use super::{malformed, texts};

/// The longest token, in bytes.
const TOKEN: usize = 256;

/// The longest certificate request, in bytes.
const REQUEST: usize = 8 << 10;

/// Reads an enrolment: the token, which is wiped when dropped, and the certificate request in DER.
///
/// # Errors
/// [`Refusal::Malformed`] when one of them is missing or too long.
pub fn received(request: wire::EnrolRequest) -> Result<(Zeroizing<String>, Vec<u8>), Refusal> {
    let token = Zeroizing::new(request.token);
    if token.is_empty() || token.len() > TOKEN {
        return Err(malformed("token", "give the token as the operator handed it over"));
    }
    if request.certificate_request.is_empty() || request.certificate_request.len() > REQUEST {
        return Err(malformed("certificate_request", "give a PKCS#10 request in DER, up to 8 KiB"));
    }
    Ok((token, request.certificate_request))
}

/// What an enrolment gave; `broker` is where the services are.
#[must_use]
pub fn enrolled(enrolled: EnrolledAs, broker: &str) -> wire::EnrolReply {
    wire::EnrolReply {
        partnership: enrolled.partnership.into(),
        agency: enrolled.principal.agency.into(),
        principal: enrolled.principal.name.into(),
        roles: texts(enrolled.roles),
        certificate_chain: enrolled.issued.chain_pem,
        authority: enrolled.issued.authority_pem,
        log_key: enrolled.log_key,
        not_after: enrolled.issued.not_after.to_string(),
        broker: broker.to_owned(),
    }
}
