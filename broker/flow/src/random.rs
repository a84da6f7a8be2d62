//! Randomness and digests, from the one primitive library.

use aws_lc_rs::{digest, rand};
use concordat_core::fault::Fault;
use concordat_core::ids::{Digest, EntryId};

/// Random bytes.
///
/// # Errors
/// A fault when the system has no randomness to give.
pub fn bytes<const N: usize>() -> Result<[u8; N], Fault> {
    let mut out = [0u8; N];
    rand::fill(&mut out).map_err(|_| Fault::unavailable("the system gave no random bytes"))?;
    Ok(out)
}

/// A new entry id.
///
/// # Errors
/// As [`bytes`].
pub fn entry_id() -> Result<EntryId, Fault> {
    bytes().map(EntryId)
}

/// SHA-256.
#[must_use]
pub fn sha256(data: &[u8]) -> Digest {
    let mut out = [0u8; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    Digest(out)
}

/// An entry id that always is the same for the same seed.
#[must_use]
pub fn id_of(seed: &str) -> EntryId {
    let Digest(full) = sha256(seed.as_bytes());
    let mut id = [0u8; 16];
    id.copy_from_slice(full.split_at(16).0);
    EntryId(id)
}
