//! SHA-256 as RFC 6962 uses it: leaves and inner nodes carry different prefixes, so that a leaf can
//! never pass for a node.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{self, Context, SHA256};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Length of a hash in bytes.
pub const HASH_LEN: usize = 32;

const LEAF_PREFIX: u8 = 0x00;
const NODE_PREFIX: u8 = 0x01;

/// SHA-256 of nothing: the root of the tree without leaves.
const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A SHA-256 value: 32 bytes; shown as 64 lower-case hexadecimal digits, stored as bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hash(
    /// The 32 bytes.
    #[serde(with = "serde_bytes")]
    pub [u8; HASH_LEN],
);

/// Why a text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a hash: 64 lower-case hexadecimal digits are expected")]
pub struct HashFault(String);

impl Hash {
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_LEN] {
        &self.0
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<[u8; HASH_LEN]> for Hash {
    fn from(bytes: [u8; HASH_LEN]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Hash {
    /// The first four bytes: enough to tell hashes apart in a log line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write_hex(f, &[a, b, c, d])?;
        f.write_str("…")
    }
}

impl FromStr for Hash {
    type Err = HashFault;

    /// Reads 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`HashFault`] for any other text; upper case is refused so that every hash has one spelling.
    fn from_str(text: &str) -> Result<Self, HashFault> {
        let fault = || HashFault(text.chars().take(80).collect());
        let mut out = [0_u8; HASH_LEN];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != HASH_LEN || !rest.is_empty() {
            return Err(fault());
        }
        for (byte, [high, low]) in out.iter_mut().zip(pairs) {
            *byte = nibble(*high).ok_or_else(fault)? << 4 | nibble(*low).ok_or_else(fault)?;
        }
        Ok(Self(out))
    }
}

/// SHA-256 over the parts, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    if let [only] = parts {
        return from_digest(&digest::digest(&SHA256, only));
    }
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    from_digest(&context.finish())
}

/// The hash of a leaf's bytes: SHA-256 of `0x00 ‖ leaf` (RFC 6962 section 2.1).
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    sha256(&[&[LEAF_PREFIX], leaf])
}

/// The hash of an inner node: SHA-256 of `0x01 ‖ left ‖ right` (RFC 6962 section 2.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut input = [NODE_PREFIX; 1 + 2 * HASH_LEN];
    let children = left.0.iter().chain(&right.0);
    for (slot, byte) in input.iter_mut().skip(1).zip(children) {
        *slot = *byte;
    }
    from_digest(&digest::digest(&SHA256, &input))
}

/// The root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub const fn empty_root() -> Hash {
    EMPTY_ROOT
}

/// Writes lower-case hexadecimal digits.
pub(crate) fn write_hex(out: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

fn from_digest(digest: &digest::Digest) -> Hash {
    let mut out = [0_u8; HASH_LEN];
    out.copy_from_slice(digest.as_ref());
    Hash(out)
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_root_is_the_hash_of_nothing() {
        assert_eq!(empty_root(), sha256(&[]));
        assert_eq!(empty_root(), sha256(&[b""]));
    }

    #[test]
    fn leaf_and_node_prefixes_match_rfc_6962() {
        // the leaf of no bytes and the leaf "L123456", as the certificate transparency vectors have them
        assert_eq!(
            leaf_hash(b"").to_string(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        assert_eq!(
            leaf_hash(b"L123456").to_string(),
            "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
        );
        let (left, right) = (sha256(&[b"N123"]), sha256(&[b"N456"]));
        assert_eq!(node_hash(&left, &right), sha256(&[&[1], &left.0, &right.0]));
        assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
    }

    #[test]
    fn parts_are_hashed_as_one_message() {
        assert_eq!(sha256(&[b"ab", b"", b"c"]), sha256(&[b"abc"]));
        assert_eq!(
            sha256(&[b"abc"]).to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn text_form_has_one_spelling() {
        let text = sha256(&[b"abc"]).to_string();
        assert_eq!(text.parse::<Hash>().unwrap().to_string(), text);
        assert!(text.to_uppercase().parse::<Hash>().is_err());
        assert!(text[1..].parse::<Hash>().is_err());
        assert!(format!("{text}0").parse::<Hash>().is_err());
        assert!(text.replace('b', "g").parse::<Hash>().is_err());
        assert!("é".repeat(32).parse::<Hash>().is_err());
    }

    #[test]
    fn stored_form_is_a_string_of_32_bytes() {
        let hash = sha256(&[b"abc"]);
        let mut stored = Vec::new();
        ciborium::into_writer(&hash, &mut stored).unwrap();
        assert_eq!(stored, [&[0x58, 32], hash.0.as_slice()].concat());
        assert_eq!(ciborium::from_reader::<Hash, _>(stored.as_slice()).unwrap(), hash);
        stored[1] = 31;
        assert!(ciborium::from_reader::<Hash, _>(&stored[..33]).is_err());
    }

    #[test]
    fn debug_is_short() {
        assert_eq!(format!("{:?}", sha256(&[b"abc"])), "ba7816bf…");
    }
}
