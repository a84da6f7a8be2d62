//! Keys of the projections: values sealed at rest, keyed digests, blind index tokens.
//!
//! Each tree has its own AES-256-GCM key, drawn by HKDF-SHA256 from the ring's projection key and the
//! tree's name; the key of the value within the tree is the associated data. So a value opens only in
//! its tree and under its key. A sealed value is a format byte (1), a 96-bit nonce, ciphertext and tag.
//!
//! **Nonces.** Drawing 12 random bytes for each value would cost more than sealing it. Each process
//! draws 64 random bits per tree and counts the other 32; after 2^32 values of a tree it draws all 96
//! bits for each further one. Two processes meet in one prefix with probability n²/2^65 after n starts
//! (2^-25 for a million), two random nonces after v values with v²/2^97 (2^-17 for 2^40). A machine
//! image that is resumed twice would repeat nonces: delete the projections of such a copy before it
//! starts, they are rebuilt from the log.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac, rand};
use zeroize::Zeroizing;

use crate::fault::SealFault;
use crate::key::{KEY_LEN, Secret};

const FORMAT: u8 = 1;
const TAG_LEN: usize = 16;

/// How many bytes a sealed value is longer than its plaintext.
pub const VALUE_OVERHEAD: usize = 1 + NONCE_LEN + TAG_LEN;

/// Longest plaintext of one value, in bytes.
pub const MAX_VALUE: usize = 256 * 1024 * 1024;

/// Seals the values of the projections, and makes keyed digests and blind index tokens for them.
pub struct Projection {
    prk: hkdf::Prk,
    blind: hmac::Key,
    trees: RwLock<HashMap<Box<str>, Arc<Tree>>>,
}

impl fmt::Debug for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Projection(..)")
    }
}

impl Projection {
    pub(crate) fn new(secret: &Secret) -> Result<Self, SealFault> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"concordat/projection/v1").extract(secret.bytes());
        let blind = hmac::Key::from(prk.expand(&[b"blind"], hmac::HMAC_SHA256)?);
        Ok(Self { prk, blind, trees: RwLock::default() })
    }

    /// The sealing key of one tree, made at first use and kept.
    ///
    /// # Errors
    /// [`SealFault::Primitive`] when no randomness is at hand.
    pub fn tree(&self, name: &str) -> Result<Arc<Tree>, SealFault> {
        if let Some(tree) = self.trees.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Arc::clone(tree));
        }
        let mut trees = self.trees.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(tree) = trees.get(name) {
            return Ok(Arc::clone(tree));
        }
        let tree = Arc::new(Tree::new(&self.prk, name)?);
        trees.insert(name.into(), Arc::clone(&tree));
        Ok(tree)
    }

    /// Seals a value of a tree for its key; see [`Tree::seal`].
    ///
    /// # Errors
    /// As [`Tree::seal`].
    pub fn seal_value(&self, tree: &str, key: &[u8], value: &[u8]) -> Result<Vec<u8>, SealFault> {
        self.tree(tree)?.seal(key, value)
    }

    /// Opens a value of a tree for its key; see [`Tree::open`].
    ///
    /// # Errors
    /// As [`Tree::open`].
    pub fn open_value(&self, tree: &str, key: &[u8], stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealFault> {
        self.tree(tree)?.open(key, stored)
    }

    /// Keyed digest (HMAC-SHA256) of parts, apart for each domain. The parts count with their lengths,
    /// so that `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn mac(&self, domain: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.blind);
        for part in std::iter::once(&domain.as_bytes()).chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        for (slot, byte) in mac.iter_mut().zip(context.sign().as_ref()) {
            *slot = *byte;
        }
        mac
    }

    /// Blind index token: the first 16 bytes of [`Projection::mac`].
    pub fn blind(&self, domain: &str, parts: &[&[u8]]) -> [u8; 16] {
        let mut token = [0; 16];
        for (slot, byte) in token.iter_mut().zip(self.mac(domain, parts)) {
            *slot = byte;
        }
        token
    }
}

/// The sealing key of one tree of the projections.
pub struct Tree {
    key: LessSafeKey,
    prefix: [u8; 8],
    used: AtomicU64,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tree(..)")
    }
}

impl Tree {
    fn new(prk: &hkdf::Prk, name: &str) -> Result<Self, SealFault> {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        prk.expand(&[b"tree:", name.as_bytes()], hkdf::HKDF_SHA256)?.fill(bytes.as_mut_slice())?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes.as_slice())?);
        let mut prefix = [0; 8];
        rand::fill(&mut prefix)?;
        Ok(Self { key, prefix, used: AtomicU64::new(0) })
    }

    /// Seals a value for its key in the tree.
    ///
    /// # Errors
    /// [`SealFault::TooLarge`] above [`MAX_VALUE`]; [`SealFault::Primitive`] when the library refuses.
    pub fn seal(&self, key: &[u8], value: &[u8]) -> Result<Vec<u8>, SealFault> {
        let size = value.len();
        if size > MAX_VALUE {
            return Err(SealFault::TooLarge { size, limit: MAX_VALUE });
        }
        let nonce = self.nonce()?;
        let mut stored = Vec::with_capacity(size + VALUE_OVERHEAD);
        stored.push(FORMAT);
        stored.extend_from_slice(&nonce);
        stored.resize(size + VALUE_OVERHEAD, 0);
        let (_, body) = stored.split_at_mut(1 + NONCE_LEN);
        let (sealed, tag) = body.split_at_mut(size);
        self.key.seal_out_of_place_scatter(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(key),
            value,
            sealed,
            &[],
            tag,
        )?;
        Ok(stored)
    }

    /// Opens a value that was sealed for this key in this tree.
    ///
    /// # Errors
    /// [`SealFault::Malformed`] when it is too short or of an unknown format, [`SealFault::Altered`]
    /// when it was changed or belongs to another key, tree or ring.
    pub fn open(&self, key: &[u8], stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealFault> {
        const SHORT: SealFault = SealFault::Malformed { why: "they end too early" };
        let (format, rest) = stored.split_first().ok_or(SHORT)?;
        if *format != FORMAT {
            return Err(SealFault::Malformed { why: "their format is unknown to this broker" });
        }
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SHORT)?;
        let (sealed, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(SHORT)?;
        let mut value = Zeroizing::new(vec![0; sealed.len()]);
        self.key
            .open_separate_gather(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(key),
                sealed,
                tag,
                &mut value,
            )
            .map_err(|_| SealFault::Altered)?;
        Ok(value)
    }

    /// A nonce that this tree has not used: prefix and count, or all random once the count is spent.
    fn nonce(&self) -> Result<[u8; NONCE_LEN], SealFault> {
        let mut nonce = [0; NONCE_LEN];
        match u32::try_from(self.used.fetch_add(1, Ordering::Relaxed)) {
            Ok(count) => {
                for (slot, byte) in nonce.iter_mut().zip(self.prefix.into_iter().chain(count.to_be_bytes())) {
                    *slot = byte;
                }
            }
            Err(_) => rand::fill(&mut nonce)?,
        }
        Ok(nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projection() -> Projection {
        Projection::new(&Secret::random().unwrap()).unwrap()
    }

    #[test]
    fn value_opens_only_in_its_tree_and_under_its_key() {
        let (ours, theirs) = (projection(), projection());
        let stored = ours.seal_value("inbox", b"k1", b"value").unwrap();
        assert_eq!(stored.len(), 5 + VALUE_OVERHEAD);
        assert_eq!(*ours.open_value("inbox", b"k1", &stored).unwrap(), b"value");
        for (keys, tree, key) in [
            (&ours, "inbox", b"k2"),
            (&ours, "inbo", b"k1"),
            (&ours, "outbox", b"k1"),
            (&theirs, "inbox", b"k1"),
        ] {
            assert!(matches!(keys.open_value(tree, key, &stored), Err(SealFault::Altered)), "{tree}");
        }
    }

    #[test]
    fn altered_or_cut_value_is_refused() {
        let keys = projection();
        let stored = keys.seal_value("inbox", b"k", b"a value of some length").unwrap();
        for at in 0..stored.len() {
            let mut altered = stored.clone();
            altered[at] ^= 0x10;
            assert!(keys.open_value("inbox", b"k", &altered).is_err(), "byte {at}");
            assert!(keys.open_value("inbox", b"k", &stored[..at]).is_err(), "length {at}");
        }
    }

    #[test]
    fn empty_value_round_trips() {
        let keys = projection();
        let stored = keys.seal_value("inbox", b"", b"").unwrap();
        assert!(keys.open_value("inbox", b"", &stored).unwrap().is_empty());
    }

    #[test]
    fn nonces_never_repeat_even_when_the_count_is_spent() {
        let tree = projection().tree("inbox").unwrap();
        let mut seen = std::collections::HashSet::new();
        for start in [0, u64::from(u32::MAX) - 500] {
            tree.used.store(start, Ordering::Relaxed);
            for _ in 0..1000 {
                assert!(seen.insert(tree.nonce().unwrap()));
            }
        }
        // the prefix stands in the counted ones alone
        let counted = seen.iter().filter(|nonce| nonce.starts_with(&tree.prefix)).count();
        assert_eq!(counted, 1501);
    }

    #[test]
    fn tokens_depend_on_domain_part_borders_and_key() {
        let keys = projection();
        let token = keys.blind("subject", &[b"ab", b"c"]);
        assert_eq!(token, keys.blind("subject", &[b"ab", b"c"]));
        assert_eq!(token, keys.mac("subject", &[b"ab", b"c"])[..16]);
        for other in [
            keys.blind("subject", &[b"a", b"bc"]),
            keys.blind("subject", &[b"abc"]),
            keys.blind("subject", &[b"ab", b"c", b""]),
            keys.blind("subjectab", &[b"c"]),
            keys.blind("user", &[b"ab", b"c"]),
            projection().blind("subject", &[b"ab", b"c"]),
        ] {
            assert_ne!(token, other);
        }
    }
}
