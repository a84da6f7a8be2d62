//! The file of the key ring, format 1: a head, then records that each follow from all before it.
//!
//! Head: `CCDRING\n`, format (u16), id of the key-encryption key (16 bytes), rewrites (u64).
//! Record: length of the body (u16), the same inverted, body, HMAC-SHA256 (32 bytes).
//! Body: number of the record from 1 (u64), purpose, key id (16 bytes), state (1 live, 2 destroyed),
//! wrapped key. All numbers are big-endian.
//!
//! Each HMAC covers the one before it and its own body; the first covers the head. Its key is the
//! ring's first key, so that nobody without the key-encryption key can alter, drop, add or reorder
//! records unseen. Only the end can be cut off unseen, between two records: the generation tells that.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use super::record::{Record, Rest};
use crate::fault::SealFault;
use crate::kek::KekProvider;
use crate::key::{Purpose, Secret, mac};

const MAGIC: &[u8; 8] = b"CCDRING\n";
pub(super) const FORMAT: u16 = 1;
const MAC_LEN: usize = 32;
const MAX_BODY: usize = 2048;

/// Longest key that a ring keeps, in bytes.
pub(super) const MAX_SECRET: usize = 1024;

/// What stands at the beginning of the file.
#[derive(Clone)]
pub(super) struct Head {
    /// Id of the key-encryption key that wrapped the ring.
    pub(super) kek: [u8; 16],
    /// How often the file was replaced to destroy keys.
    pub(super) rewrites: u64,
}

impl Head {
    pub(super) fn bytes(&self) -> Vec<u8> {
        [MAGIC.as_slice(), &FORMAT.to_be_bytes(), &self.kek, &self.rewrites.to_be_bytes()].concat()
    }

    /// Splits the head off; the fault's word is what does not fit.
    fn split<'a>(file: &str, bytes: &'a [u8]) -> Result<(Self, &'a [u8]), SealFault> {
        let corrupt = |why| corrupt(file, 0, why);
        const SHORT: &str = "the file is too short to be a key ring";
        let mut rest = Rest(bytes);
        if rest.take::<8>() != Some(MAGIC) {
            return Err(corrupt("the file does not begin as a key ring"));
        }
        let found = u16::from_be_bytes(*rest.take().ok_or_else(|| corrupt(SHORT))?);
        match found {
            FORMAT => {}
            0 => return Err(corrupt("its format number is zero")),
            _ => return Err(SealFault::RingNewer { file: file.to_owned(), found, known: FORMAT }),
        }
        let kek = *rest.take().ok_or_else(|| corrupt(SHORT))?;
        let rewrites = u64::from_be_bytes(*rest.take().ok_or_else(|| corrupt(SHORT))?);
        Ok((Self { kek, rewrites }, rest.0))
    }
}

/// The end of the chain of records, from which the next one follows.
#[derive(Clone)]
pub(super) struct Chain {
    key: hmac::Key,
    last: [u8; MAC_LEN],
    records: u64,
}

impl Chain {
    /// A chain without records, under the ring's first key.
    pub(super) fn start(secret: &Secret, head: &Head) -> Self {
        Self::under(hmac::Key::new(hmac::HMAC_SHA256, secret.bytes()), head)
    }

    /// A chain without records, under the same key.
    pub(super) fn restart(&self, head: &Head) -> Self {
        Self::under(self.key.clone(), head)
    }

    fn under(key: hmac::Key, head: &Head) -> Self {
        let last = mac(&key, &[b"concordat/ring/head", &head.bytes()]);
        Self { key, last, records: 0 }
    }

    /// How many records it has.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Writes the next record behind the bytes given.
    pub(super) fn frame(&mut self, record: &Record, out: &mut Vec<u8>) -> Result<(), SealFault> {
        let number = self.records.checked_add(1).ok_or(SealFault::Primitive)?;
        let body = record.body(number);
        let length = u16::try_from(body.len()).ok().filter(|length| usize::from(*length) <= MAX_BODY);
        let length = length.ok_or(SealFault::TooLarge { size: body.len(), limit: MAX_BODY })?;
        self.last = mac(&self.key, &[&self.last, &body]);
        self.records = number;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&(!length).to_be_bytes());
        out.extend_from_slice(&body);
        out.extend_from_slice(&self.last);
        Ok(())
    }

    /// Steps over a record that was read, if it is the one that follows.
    fn step(&mut self, number: u64, body: &[u8], found: &[u8; MAC_LEN]) -> Result<(), &'static str> {
        let expected = mac(&self.key, &[&self.last, body]);
        verify_slices_are_equal(&expected, found)
            .map_err(|_| "it does not follow from what stands before it")?;
        self.last = expected;
        self.records = number;
        Ok(())
    }
}

/// How many keys were made and how often keys were destroyed.
pub(super) fn generation(head: &Head, chain: &Chain) -> u64 {
    head.rewrites.saturating_add(chain.records)
}

/// The end of the file that was cut off, because its write was never synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Number of the first record that was cut.
    pub record: u64,
    /// How many bytes were cut.
    pub bytes: usize,
}

/// A file that was read and found whole up to its end, or up to the cut.
pub(super) struct Image {
    pub(super) head: Head,
    pub(super) chain: Chain,
    pub(super) records: Vec<Record>,
    /// Length in bytes of the sound part.
    pub(super) length: usize,
    pub(super) cut: Option<Cut>,
}

impl Image {
    pub(super) fn generation(&self) -> u64 {
        generation(&self.head, &self.chain)
    }
}

pub(super) fn corrupt(file: &str, record: u64, why: &'static str) -> SealFault {
    SealFault::RingCorrupt { file: file.to_owned(), record, why }
}

/// Reads and checks a ring file. `known` is the generation that was acknowledged, if the caller knows.
pub(super) fn read(
    file: &str,
    bytes: &[u8],
    kek: &dyn KekProvider,
    known: Option<u64>,
) -> Result<Image, SealFault> {
    let (head, mut rest) = Head::split(file, bytes)?;
    if head.kek != kek.id() {
        return Err(SealFault::RingOtherKek { file: file.to_owned() });
    }
    let (mut chain, first, after) = first_record(file, &head, rest, kek)?;
    let (mut records, mut cut) = (vec![first], None);
    rest = after;
    while !rest.is_empty() {
        let number = chain.records.saturating_add(1);
        match next_record(&mut chain, number, rest) {
            Ok((record, after)) => {
                records.push(record);
                rest = after;
            }
            Err(Flaw { why, interrupted }) => {
                if !known.map_or(interrupted, |known| generation(&head, &chain) >= known) {
                    return Err(corrupt(file, number, why));
                }
                cut = Some(Cut { record: number, bytes: rest.len() });
                break;
            }
        }
    }
    let found = generation(&head, &chain);
    match known {
        Some(known) if found < known => {
            Err(SealFault::RingRolledBack { file: file.to_owned(), found, known })
        }
        _ => Ok(Image { head, chain, records, length: bytes.len().saturating_sub(rest.len()), cut }),
    }
}

/// The first record holds the key that all records are checked with, itself included.
fn first_record<'a>(
    file: &str,
    head: &Head,
    bytes: &'a [u8],
    kek: &dyn KekProvider,
) -> Result<(Chain, Record, &'a [u8]), SealFault> {
    let flawed = |why| corrupt(file, 1, why);
    let frame = Frame::split(bytes).map_err(|flaw| flawed(flaw.why))?;
    let record = Record::of(frame.body, 1).map_err(flawed)?;
    if record.purpose != Purpose::Chain {
        return Err(flawed("it is not the ring's own key"));
    }
    let secret = record.unwrap_key(file, 1, kek)?.ok_or_else(|| flawed("it holds no key"))?;
    let mut chain = Chain::start(&secret, head);
    chain.step(1, frame.body, frame.mac).map_err(flawed)?;
    Ok((chain, record, frame.rest))
}

fn next_record<'a>(chain: &mut Chain, number: u64, bytes: &'a [u8]) -> Result<(Record, &'a [u8]), Flaw> {
    let whole = |why| Flaw { why, interrupted: false };
    let frame = Frame::split(bytes)?;
    let record = Record::of(frame.body, number).map_err(whole)?;
    chain.step(number, frame.body, frame.mac).map_err(whole)?;
    Ok((record, frame.rest))
}

/// Why a record cannot be read.
struct Flaw {
    why: &'static str,
    /// The file ends before the record does.
    interrupted: bool,
}

/// One record as it lies in the file.
struct Frame<'a> {
    body: &'a [u8],
    mac: &'a [u8; MAC_LEN],
    rest: &'a [u8],
}

impl<'a> Frame<'a> {
    fn split(bytes: &'a [u8]) -> Result<Self, Flaw> {
        const ENDS: Flaw = Flaw { why: "the file ends before it does", interrupted: true };
        let mut rest = Rest(bytes);
        let length = u16::from_be_bytes(*rest.take().ok_or(ENDS)?);
        let inverted = u16::from_be_bytes(*rest.take().ok_or(ENDS)?);
        // a damaged length must not read as a record that the end of the file interrupts
        if inverted != !length || usize::from(length) > MAX_BODY {
            return Err(Flaw { why: "its length is damaged", interrupted: false });
        }
        let (body, after) = rest.0.split_at_checked(usize::from(length)).ok_or(ENDS)?;
        let (mac, rest) = after.split_first_chunk().ok_or(ENDS)?;
        Ok(Self { body, mac, rest })
    }
}
