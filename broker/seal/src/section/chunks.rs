//! A section in chunks, sealed and opened piece by piece: however long it is, only one chunk is in memory.
//!
//! Stored bytes, format 2: the head of format 1, then chunks. Every chunk but the last is [`CHUNK`] bytes of plaintext,
//! sealed, and its tag of 16. The last is whatever is left, zeros to a whole number of steps, and how much was left
//! (u32, big-endian), sealed alike. A chunk's nonce is its number and whether it is the last, so that none can be
//! left out, moved, repeated, or taken for the end.

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, rand};
use zeroize::Zeroizing;

use super::{COMMITMENT_LEN, Drawn, HEAD_LEN, LENGTH_LEN, Place, SALT_LEN, STEP, TAG_LEN, header, unpad};
use crate::fault::SealFault;
use crate::key::{KeyId, Secret};

const SUITE: u8 = 2;

/// The plaintext of every chunk but the last, in bytes.
pub const CHUNK: usize = 64 * 1024;

/// A chunk as it is stored, in bytes.
const STORED: u64 = (CHUNK + TAG_LEN) as u64;

/// The shortest last chunk as it is stored.
const SHORTEST: u64 = (STEP + TAG_LEN) as u64;

/// The longest content of one section in chunks, in bytes: what a leaf can say of its stored length, with room for
/// heads and tags.
pub const MAX_CHUNKED: u64 = 3 << 30;

/// Whether stored bytes, of which the first is enough, say that they are in chunks.
pub fn is_chunked(stored: &[u8]) -> bool {
    stored.first() == Some(&SUITE)
}

/// A section sealed in chunks, whose bytes lie with whoever stored them: only this crate can make one.
#[derive(Debug)]
pub struct SealedChunks {
    place: Place,
    key: KeyId,
    length: u64,
    digest: [u8; 32],
}

impl SealedChunks {
    /// Where the section belongs.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The key of the ring that it was sealed under.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// How many bytes are stored.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// SHA-256 of the bytes stored, as it stands in the leaf.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// Seals a section as its plaintext arrives.
pub struct Sealing {
    place: Place,
    key: KeyId,
    cipher: LessSafeKey,
    /// Plaintext that does not fill a chunk yet.
    rest: Zeroizing<Vec<u8>>,
    next: u32,
    length: u64,
    hash: digest::Context,
}

impl Sealing {
    /// Begins; the head is appended to `out`.
    pub(crate) fn begin(
        secret: &Secret,
        key: KeyId,
        place: &Place,
        out: &mut Vec<u8>,
    ) -> Result<Self, SealFault> {
        let mut salt = [0; SALT_LEN];
        rand::fill(&mut salt)?;
        let drawn = Drawn::new(secret, &salt, place, SUITE)?;
        let mut sealing = Self {
            place: *place,
            key,
            cipher: drawn.key()?,
            rest: Zeroizing::new(Vec::with_capacity(CHUNK + STEP)),
            next: 0,
            length: 0,
            hash: digest::Context::new(&digest::SHA256),
        };
        let from = out.len();
        out.push(SUITE);
        out.extend_from_slice(&key.0);
        out.extend_from_slice(&salt);
        out.extend_from_slice(drawn.commitment());
        sealing.count(out, from);
        Ok(sealing)
    }

    /// Takes plaintext; whole chunks of it are appended to `out`, sealed.
    ///
    /// # Errors
    /// [`SealFault::TooLarge`] when the section has become too long; [`SealFault::Primitive`].
    pub fn push(&mut self, mut plain: &[u8], out: &mut Vec<u8>) -> Result<(), SealFault> {
        while !plain.is_empty() {
            let room = CHUNK.saturating_sub(self.rest.len()).min(plain.len());
            let (now, later) = plain.split_at(room);
            self.rest.extend_from_slice(now);
            plain = later;
            if self.rest.len() == CHUNK {
                self.chunk(false, out)?;
            }
        }
        Ok(())
    }

    /// Ends the section; what is left is appended to `out`.
    ///
    /// # Errors
    /// As [`Sealing::push`].
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<SealedChunks, SealFault> {
        let size = self.rest.len();
        let length = u32::try_from(size).map_err(|_| SealFault::Primitive)?;
        let padded = (size + LENGTH_LEN).next_multiple_of(STEP);
        self.rest.resize(padded - LENGTH_LEN, 0);
        self.rest.extend_from_slice(&length.to_be_bytes());
        self.chunk(true, out)?;
        let digest = self.hash.finish().as_ref().try_into().map_err(|_| SealFault::Primitive)?;
        Ok(SealedChunks { place: self.place, key: self.key, length: self.length, digest })
    }

    fn chunk(&mut self, last: bool, out: &mut Vec<u8>) -> Result<(), SealFault> {
        if self.length > MAX_CHUNKED {
            let size = usize::try_from(self.length).unwrap_or(usize::MAX);
            return Err(SealFault::TooLarge {
                size,
                limit: usize::try_from(MAX_CHUNKED).unwrap_or(usize::MAX),
            });
        }
        let aad = Aad::from(header(SUITE, &self.place, self.key));
        let tag = self.cipher.seal_in_place_separate_tag(nonce(self.next, last), aad, &mut self.rest)?;
        let from = out.len();
        out.extend_from_slice(&self.rest);
        out.extend_from_slice(tag.as_ref());
        self.count(out, from);
        self.rest.clear();
        self.next = self.next.checked_add(1).ok_or(SealFault::Primitive)?;
        Ok(())
    }

    fn count(&mut self, out: &[u8], from: usize) {
        let new = out.get(from..).unwrap_or_default();
        self.hash.update(new);
        self.length += new.len() as u64;
    }
}

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealing")
            .field("place", &self.place)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// The head of stored bytes in chunks, not yet trusted.
pub(super) struct Head<'a> {
    pub(super) key: KeyId,
    salt: &'a [u8; SALT_LEN],
    commitment: &'a [u8; COMMITMENT_LEN],
}

impl<'a> Head<'a> {
    pub(super) fn of(stored: &'a [u8]) -> Result<Self, SealFault> {
        const SHORT: SealFault = SealFault::Malformed { why: "they end too early" };
        if !is_chunked(stored) {
            return Err(SealFault::Malformed { why: "they are not in chunks" });
        }
        let (_, rest) = stored.split_first().ok_or(SHORT)?;
        let (key, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (commitment, _) = rest.split_first_chunk().ok_or(SHORT)?;
        Ok(Self { key: KeyId(*key), salt, commitment })
    }
}

/// Opens a section chunk by chunk, in order.
pub struct Opening {
    place: Place,
    key: KeyId,
    cipher: LessSafeKey,
    next: u32,
    /// Stored bytes not yet opened.
    left: u64,
}

impl Opening {
    /// How many bytes of the stored section come before its first chunk.
    pub const HEAD: usize = HEAD_LEN;

    /// Begins with the head and the length of all that is stored.
    pub(crate) fn begin(secret: &Secret, place: &Place, head: &[u8], stored: u64) -> Result<Self, SealFault> {
        let parts = Head::of(head)?;
        let drawn = Drawn::new(secret, parts.salt, place, SUITE)?;
        verify_slices_are_equal(drawn.commitment(), parts.commitment).map_err(|_| SealFault::Altered)?;
        let left = stored.checked_sub(HEAD_LEN as u64).filter(|left| *left >= SHORTEST);
        let left = left.ok_or(SealFault::Malformed { why: "they end too early" })?;
        Ok(Self { place: *place, key: parts.key, cipher: drawn.key()?, next: 0, left })
    }

    /// How many stored bytes the next chunk has; `None` after the last.
    pub fn wants(&self) -> Option<usize> {
        match self.left {
            0 => None,
            // the last chunk may be longer than others by a step, for its padding
            left if left >= STORED + SHORTEST => usize::try_from(STORED).ok(),
            left => usize::try_from(left).ok(),
        }
    }

    /// Opens the next chunk, in its own memory.
    ///
    /// # Errors
    /// [`SealFault::Altered`] when it is not the chunk that was sealed here; [`SealFault::Malformed`].
    pub fn open(&mut self, chunk: &mut Zeroizing<Vec<u8>>) -> Result<(), SealFault> {
        if self.wants() != Some(chunk.len()) {
            return Err(SealFault::Malformed { why: "a chunk has not the length it must have" });
        }
        let last = self.left == chunk.len() as u64;
        let aad = Aad::from(header(SUITE, &self.place, self.key));
        let plain = self.cipher.open_in_place(nonce(self.next, last), aad, chunk.as_mut_slice());
        let length = plain.map_err(|_| SealFault::Altered)?.len();
        self.left -= chunk.len() as u64;
        self.next = self.next.checked_add(1).ok_or(SealFault::Primitive)?;
        chunk.truncate(length);
        if last { unpad(chunk) } else { Ok(()) }
    }
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening")
            .field("place", &self.place)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// Opens all chunks at once.
pub(super) fn open_whole(
    secret: &Secret,
    place: &Place,
    stored: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    let mut opening = Opening::begin(secret, place, stored, stored.len() as u64)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(stored.len()));
    let mut rest = stored.get(HEAD_LEN..).unwrap_or_default();
    while let Some(wanted) = opening.wants() {
        let (chunk, after) = rest.split_at_checked(wanted).ok_or(SealFault::Altered)?;
        let mut chunk = Zeroizing::new(chunk.to_vec());
        opening.open(&mut chunk)?;
        plain.extend_from_slice(&chunk);
        rest = after;
    }
    Ok(plain)
}

fn nonce(number: u32, last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    let parts = number.to_be_bytes().into_iter().chain([u8::from(last)]);
    for (slot, byte) in nonce.iter_mut().rev().zip(parts.rev()) {
        *slot = byte;
    }
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{SectionClass, open, sha256};
    use super::*;

    const KEY: KeyId = KeyId([3; 16]);

    fn place() -> Place {
        Place { log: [1; 32], entry: [2; 16], number: 3, class: SectionClass::Payload }
    }

    fn sealed(secret: &Secret, plain: &[u8], step: usize) -> (Vec<u8>, SealedChunks) {
        let mut out = Vec::new();
        let mut sealing = Sealing::begin(secret, KEY, &place(), &mut out).unwrap();
        plain.chunks(step.max(1)).for_each(|part| sealing.push(part, &mut out).unwrap());
        let done = sealing.finish(&mut out).unwrap();
        (out, done)
    }

    #[test]
    fn a_section_opens_to_what_was_sealed_whatever_its_length_and_its_pieces() {
        let secret = Secret::random().unwrap();
        for size in
            [0, 1, 252, 253, CHUNK - 5, CHUNK - 4, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 77]
        {
            let plain: Vec<u8> = (0..size).map(|n| n as u8).collect();
            for step in [4_096, CHUNK, usize::MAX] {
                let (stored, done) = sealed(&secret, &plain, step.min(size.max(1)));
                assert_eq!(*open(&secret, &place(), &stored).unwrap(), plain, "size {size}");
                assert_eq!(done.length(), stored.len() as u64);
                assert_eq!(done.digest(), &sha256(&stored).unwrap());
            }
        }
    }

    #[test]
    fn chunks_cannot_be_left_out_moved_repeated_or_cut_off() {
        let secret = Secret::random().unwrap();
        let (stored, _) = sealed(&secret, &vec![7; 4 * CHUNK + 9], CHUNK);
        let (head, body) = stored.split_at(HEAD_LEN);
        let chunks: Vec<&[u8]> = body.chunks(CHUNK + TAG_LEN).collect();
        assert_eq!(chunks.len(), 5);
        let refused = |order: &[usize]| {
            let other: Vec<u8> = order.iter().fold(head.to_vec(), |mut all, at| {
                all.extend_from_slice(chunks[*at]);
                all
            });
            open(&secret, &place(), &other).is_err()
        };
        assert!(!refused(&[0, 1, 2, 3, 4]));
        for order in [&[0, 2, 3, 4][..], &[1, 0, 2, 3, 4], &[0, 1, 1, 2, 3, 4], &[0, 1, 2, 3], &[4], &[]] {
            assert!(refused(order), "{order:?}");
        }
        assert!(open(&secret, &Place { entry: [9; 16], ..place() }, &stored).is_err());
        assert!(open(&Secret::random().unwrap(), &place(), &stored).is_err());
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_refused(size in 0_usize..2 * CHUNK, at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let secret = Secret::random().unwrap();
            let (mut stored, _) = sealed(&secret, &vec![1; size], CHUNK);
            let at = at.index(stored.len());
            stored[at] ^= 1 << bit;
            prop_assert!(open(&secret, &place(), &stored).is_err());
        }
    }
}
