//! What can go wrong with keys, the ring file and sealed bytes.

use std::io;

use aws_lc_rs::error::Unspecified;

use crate::kek::KekFault;
use crate::key::KeyId;

/// A fault of sealing, opening or key keeping. None of them carries key bytes or plaintext.
#[derive(Debug, thiserror::Error)]
pub enum SealFault {
    /// The key was destroyed on purpose: what it sealed is erased.
    #[error("the key `{key}` was destroyed, so what it sealed is erased")]
    KeyDestroyed {
        /// The destroyed key.
        key: KeyId,
    },
    /// The ring has never held this key.
    #[error("the key ring holds no key `{key}`; open the section with the key ring of its own log")]
    KeyUnknown {
        /// The key that was asked for.
        key: KeyId,
    },
    /// The sealed bytes do not have the shape of their format.
    #[error("the sealed bytes are malformed: {why}")]
    Malformed {
        /// What is wrong with their shape.
        why: &'static str,
    },
    /// The sealed bytes were altered, or belong to another place or key.
    #[error("the sealed bytes do not open here: they were altered, or moved from where they belong")]
    Altered,
    /// The plaintext is longer than a section or a value may be.
    #[error("{size} bytes are too many to seal at once; at most {limit} are allowed")]
    TooLarge {
        /// Length of the plaintext in bytes.
        size: usize,
        /// Longest plaintext allowed, in bytes.
        limit: usize,
    },
    /// There is no key ring file to open.
    #[error("there is no key ring file `{file}`; restore it from its backup: without it no section opens")]
    RingAbsent {
        /// Name of the file.
        file: String,
    },
    /// A key ring file is already there and must not be overwritten.
    #[error("the key ring file `{file}` exists already; it is never overwritten, open it instead")]
    RingExists {
        /// Name of the file.
        file: String,
    },
    /// The file was written by a newer broker.
    #[error(
        "the key ring file `{file}` has format {found}, this broker reads up to {known}; use a newer one"
    )]
    RingNewer {
        /// Name of the file.
        file: String,
        /// Format number found at its head.
        found: u16,
        /// Newest format number this build reads.
        known: u16,
    },
    /// A part of the file is not as it was written.
    #[error(
        "record {record} of the key ring file `{file}` is damaged or was altered ({why}); \
         restore the file from its backup"
    )]
    RingCorrupt {
        /// Name of the file.
        file: String,
        /// Number of the record, from 1; 0 is the head of the file.
        record: u64,
        /// What does not fit.
        why: &'static str,
    },
    /// The file is older than what the caller knows to have been written.
    #[error(
        "the key ring file `{file}` stands at generation {found}, but generation {known} was written before; \
         an older copy was put back or its end was cut off: restore the newest copy"
    )]
    RingRolledBack {
        /// Name of the file.
        file: String,
        /// Generation found.
        found: u64,
        /// Generation the caller knows of.
        known: u64,
    },
    /// The ring was wrapped under another key-encryption key.
    #[error("the key ring file `{file}` was made under another key-encryption key than the one given")]
    RingOtherKek {
        /// Name of the file.
        file: String,
    },
    /// The file could not be read or written.
    #[error("the key ring file `{file}` could not be {act}; no key of this call is in use")]
    RingIo {
        /// Name of the file.
        file: String,
        /// What was tried: `read` or `written`.
        act: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The key-encryption key failed.
    #[error(transparent)]
    Kek(#[from] KekFault),
    /// The primitive library refused, such as for want of randomness.
    #[error("the cryptographic library refused a sealing operation; no randomness may be at hand")]
    Primitive,
}

impl From<Unspecified> for SealFault {
    fn from(_: Unspecified) -> Self {
        SealFault::Primitive
    }
}
