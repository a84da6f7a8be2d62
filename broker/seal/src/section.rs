//! One section of an entry, sealed for its place in the log.
//!
//! Each section has a key of its own, drawn by HKDF-SHA256 from a key of the ring, a random salt and
//! the section's place; so the nonce can be zero, and no two sections share key and nonce. AES-GCM
//! alone lets one who knows two keys make one ciphertext that opens under both; the 32-byte key
//! commitment, drawn along with the key, stands in the hashed bytes and rules that out.
//!
//! Stored bytes, format 1:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | suite: 1 = HKDF-SHA256, AES-256-GCM |
//! | 16 | id of the key |
//! | 32 | salt |
//! | 32 | key commitment |
//! | n × 256 | ciphertext of: plaintext, zeros, plaintext length (u32, big-endian) |
//! | 16 | tag |
//!
//! The associated data are suite, log, entry, section number, class and key id. A section that is too large to be held
//! in one piece is suite 2: the same head, then chunks; see [`chunks`].

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hkdf, rand};
use zeroize::Zeroizing;

use crate::fault::SealFault;
use crate::key::{KEY_LEN, KeyId, Secret};

pub mod chunks;

const SUITE: u8 = 1;
const SALT_LEN: usize = 32;
const COMMITMENT_LEN: usize = 32;
const HEAD_LEN: usize = 1 + 16 + SALT_LEN + COMMITMENT_LEN;
const TAG_LEN: usize = 16;
const STEP: usize = 256;
const LENGTH_LEN: usize = 4;

/// Longest plaintext of one section in one piece, in bytes.
pub const MAX_PLAINTEXT: usize = 256 * 1024 * 1024;

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SectionClass {
    /// Who did what, by which decision, and the statement.
    Core = 1,
    /// About whom.
    Subject = 2,
    /// The content of a return.
    Payload = 3,
    /// Policy and catalogue files, as loaded.
    Bundle = 4,
}

impl SectionClass {
    /// The number that stands for the class in leaves and files.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The class that a number stands for, if any.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Core, Self::Subject, Self::Payload, Self::Bundle].into_iter().find(|c| c.number() == number)
    }
}

/// Where a section belongs. It opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// SHA-256 of the log's origin.
    pub log: [u8; 32],
    /// Id of the entry.
    pub entry: [u8; 16],
    /// Number of the section within its entry.
    pub number: u8,
    /// What the section holds.
    pub class: SectionClass,
}

/// A section that was sealed: only this crate can make one.
pub struct Sealed {
    place: Place,
    key: KeyId,
    bytes: Vec<u8>,
    digest: [u8; 32],
}

impl Sealed {
    /// Where the section belongs.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The key of the ring that it was sealed under.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The bytes to store.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes to store, as it stands in the leaf.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Gives the bytes to store away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("place", &self.place).field("key", &self.key).finish_non_exhaustive()
    }
}

/// The id of the key that stored bytes name, without opening them.
///
/// # Errors
/// [`SealFault::Malformed`] when the bytes are too short or of an unknown suite.
pub fn key_of(stored: &[u8]) -> Result<KeyId, SealFault> {
    if chunks::is_chunked(stored) {
        return chunks::Head::of(stored).map(|head| head.key);
    }
    Parts::of(stored).map(|parts| parts.key)
}

/// Seals a plaintext for its place under one key of the ring.
pub(crate) fn seal(
    secret: &Secret,
    key: KeyId,
    place: &Place,
    plaintext: &[u8],
) -> Result<Sealed, SealFault> {
    let size = plaintext.len();
    if size > MAX_PLAINTEXT {
        return Err(SealFault::TooLarge { size, limit: MAX_PLAINTEXT });
    }
    let length = u32::try_from(size).map_err(|_| SealFault::Primitive)?;
    let mut salt = [0; SALT_LEN];
    rand::fill(&mut salt)?;
    let drawn = Drawn::new(secret, &salt, place, SUITE)?;

    // the final size is reserved, so that growing leaves no plaintext behind in freed memory
    let padded = (size + LENGTH_LEN).next_multiple_of(STEP);
    let mut bytes = Zeroizing::new(Vec::with_capacity(HEAD_LEN + padded + TAG_LEN));
    bytes.push(SUITE);
    bytes.extend_from_slice(&key.0);
    bytes.extend_from_slice(&salt);
    bytes.extend_from_slice(drawn.commitment());
    bytes.extend_from_slice(plaintext);
    bytes.resize(HEAD_LEN + padded - LENGTH_LEN, 0);
    bytes.extend_from_slice(&length.to_be_bytes());
    let body = bytes.get_mut(HEAD_LEN..).ok_or(SealFault::Primitive)?;
    let tag =
        drawn.key()?.seal_in_place_separate_tag(no_nonce(), Aad::from(header(SUITE, place, key)), body)?;
    bytes.extend_from_slice(tag.as_ref());

    let bytes = std::mem::take(&mut *bytes);
    let digest = sha256(&bytes)?;
    Ok(Sealed { place: *place, key, bytes, digest })
}

/// Opens stored bytes at their place with the key that they name.
pub(crate) fn open(secret: &Secret, place: &Place, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    if chunks::is_chunked(stored) {
        return chunks::open_whole(secret, place, stored);
    }
    let parts = Parts::of(stored)?;
    let drawn = Drawn::new(secret, parts.salt, place, SUITE)?;
    verify_slices_are_equal(drawn.commitment(), parts.commitment).map_err(|_| SealFault::Altered)?;
    let mut plain = Zeroizing::new(vec![0; parts.ciphertext.len()]);
    drawn
        .key()?
        .open_separate_gather(
            no_nonce(),
            Aad::from(header(SUITE, place, parts.key)),
            parts.ciphertext,
            parts.tag,
            &mut plain,
        )
        .map_err(|_| SealFault::Altered)?;
    unpad(&mut plain)?;
    Ok(plain)
}

/// Cuts the padding off; there is one way to pad, so one plaintext has one length only.
fn unpad(plain: &mut Vec<u8>) -> Result<(), SealFault> {
    const WHY: SealFault = SealFault::Malformed { why: "the padding does not fit the length inside" };
    let (rest, length) = plain.split_last_chunk::<LENGTH_LEN>().ok_or(WHY)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| WHY)?;
    let padding = rest.get(length..).ok_or(WHY)?;
    if padding.len() >= STEP || padding.iter().any(|&byte| byte != 0) {
        return Err(WHY);
    }
    plain.truncate(length);
    Ok(())
}

/// Stored bytes, taken apart but not yet trusted.
struct Parts<'a> {
    key: KeyId,
    salt: &'a [u8; SALT_LEN],
    commitment: &'a [u8; COMMITMENT_LEN],
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG_LEN],
}

impl<'a> Parts<'a> {
    fn of(stored: &'a [u8]) -> Result<Self, SealFault> {
        const SHORT: SealFault = SealFault::Malformed { why: "they end too early" };
        let (suite, rest) = stored.split_first().ok_or(SHORT)?;
        if *suite != SUITE {
            return Err(SealFault::Malformed { why: "their suite is unknown to this broker" });
        }
        let (key, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (commitment, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (ciphertext, tag) = rest.split_last_chunk().ok_or(SHORT)?;
        if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(STEP) {
            return Err(SealFault::Malformed { why: "their length is not a whole number of steps" });
        }
        Ok(Self { key: KeyId(*key), salt, commitment, ciphertext, tag })
    }
}

/// Section key and key commitment, drawn together.
struct Drawn(Zeroizing<[u8; KEY_LEN + COMMITMENT_LEN]>);

/// Asks HKDF for section key and commitment at once.
struct Both;

impl hkdf::KeyType for Both {
    fn len(&self) -> usize {
        KEY_LEN + COMMITMENT_LEN
    }
}

impl Drawn {
    fn new(secret: &Secret, salt: &[u8; SALT_LEN], place: &Place, suite: u8) -> Result<Self, SealFault> {
        let mut okm = Zeroizing::new([0; KEY_LEN + COMMITMENT_LEN]);
        let label: &[u8] = if suite == SUITE { b"concordat/section/v1" } else { b"concordat/chunks/v1" };
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
            .extract(secret.bytes())
            .expand(
                &[
                    label,
                    &[32],
                    &place.log,
                    &[16],
                    &place.entry,
                    &[1, place.number],
                    &[1, place.class.number()],
                ],
                Both,
            )?
            .fill(okm.as_mut_slice())?;
        Ok(Self(okm))
    }

    fn key(&self) -> Result<LessSafeKey, SealFault> {
        let (key, _) = self.0.split_at(KEY_LEN);
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?))
    }

    fn commitment(&self) -> &[u8] {
        self.0.split_at(KEY_LEN).1
    }
}

/// The associated data; every part has a fixed length, so that no two places give the same bytes.
fn header(suite: u8, place: &Place, key: KeyId) -> [u8; 67] {
    let mut header = [0; 67];
    let parts: [&[u8]; 5] =
        [&[suite], &place.log, &place.entry, &[place.number, place.class.number()], &key.0];
    for (slot, byte) in header.iter_mut().zip(parts.into_iter().flatten()) {
        *slot = *byte;
    }
    header
}

/// The key seals one section only, so its nonce may be constant.
fn no_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn sha256(bytes: &[u8]) -> Result<[u8; 32], SealFault> {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().map_err(|_| SealFault::Primitive)
}

#[cfg(test)]
mod tests;
