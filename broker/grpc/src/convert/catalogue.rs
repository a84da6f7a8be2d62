//! The catalogue as a client keeps it.

use concordat_core::ids::Digest;
use concordat_core::refusal::Refusal;
use concordat_flow::CatalogueOf;
use concordat_proto::v1 as wire;

use super::digest;

/// Reads which catalogue the caller holds, if any.
///
/// # Errors
/// [`Refusal::Malformed`] when the digest is neither empty nor 32 bytes.
pub fn held(request: &wire::CatalogueRequest) -> Result<Option<Digest>, Refusal> {
    if request.held.is_empty() { Ok(None) } else { digest("held", &request.held).map(Some) }
}

/// The catalogue in force.
#[must_use]
pub fn sent(catalogue: CatalogueOf) -> wire::CatalogueReply {
    let file = |(path, content)| wire::CatalogueFile { path, content };
    wire::CatalogueReply {
        digest: catalogue.digest.0.to_vec(),
        files: catalogue.files.into_iter().map(file).collect(),
    }
}
