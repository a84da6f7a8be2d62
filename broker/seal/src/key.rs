//! Key ids, what a key is for, and key bytes that stay silent and are wiped.

use std::fmt;

use aws_lc_rs::{hmac, rand};
use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::fault::SealFault;

/// Names a key of the ring. It is no secret and stands in the clear in every sealed section.
///
/// Daily data keys have a random id; the id of a record key is the id of its entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 16]);

impl KeyId {
    /// A fresh random id.
    pub(crate) fn random() -> Result<Self, SealFault> {
        let mut id = [0; 16];
        rand::fill(&mut id)?;
        Ok(Self(id))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// How long what a daily key seals is kept; each class has its own key for each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetentionClass {
    /// `core` sections and whatever else the audit needs.
    Audit = 1,
    /// Payloads of aggregate returns.
    Aggregate = 2,
    /// Person-level content that has no record key of its own.
    Person = 3,
}

/// What a key is for. A ring holds one key for each purpose at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// Chains the records of the ring file.
    Chain,
    /// Seals sections of one retention class on one day.
    Data { class: RetentionClass, day: Date },
    /// Seals the sections of one person-level submission, by entry id.
    Record { entry: [u8; 16] },
    /// Makes the blind index tokens of one month.
    Index { year: i16, month: i8 },
    /// Seals the values of the projections.
    Projection,
    /// Signs the log's checkpoints.
    Log,
    /// Gives the keys of pseudonyms.
    Pseudonym,
}

impl Purpose {
    /// The id that a new key of this purpose is to have.
    pub(crate) fn new_id(&self) -> Result<KeyId, SealFault> {
        match self {
            Purpose::Record { entry } => Ok(KeyId(*entry)),
            _ => KeyId::random(),
        }
    }
}

/// Length in bytes of every key but the log key.
pub(crate) const KEY_LEN: usize = 32;

/// Key bytes: wiped when dropped, and never shown.
pub(crate) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes over key bytes.
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// A fresh random key.
    pub(crate) fn random() -> Result<Self, SealFault> {
        let mut bytes = Zeroizing::new(vec![0; KEY_LEN]);
        rand::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The key bytes, for the primitive that uses them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// HMAC-SHA256 of parts, one after the other.
pub(crate) fn mac(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    parts.iter().for_each(|part| context.update(part));
    let mut mac = [0; 32];
    for (slot, byte) in mac.iter_mut().zip(context.sign().as_ref()) {
        *slot = *byte;
    }
    mac
}
