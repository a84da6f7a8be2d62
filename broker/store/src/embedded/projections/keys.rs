//! The keys of projection rows: a letter for the sort of row, then a blind token, an entry's id or an index.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use concordat_core::apply::Key;
use concordat_core::ids::{AgencyId, Digest};
use concordat_core::submission::{Covers, Identity};
use concordat_seal::Projection;

pub(crate) const STAMP: u8 = b'!';
pub(crate) const SUBMISSION: u8 = b's';
pub(crate) const VERSION: u8 = b'v';
pub(crate) const SENT: u8 = b'k';
/// Chunks of places of submissions and used keys.
pub(crate) const POINTERS: u8 = b'x';
/// Chunks of an agency's inbox.
pub(crate) const DELIVERY: u8 = b'd';
/// The name of an agency that has an inbox, under its token.
pub(crate) const AGENCY: u8 = b'a';
/// What is kept of a return, version in force and obligation together.
pub(crate) const RETURN: u8 = b'r';
pub(crate) const OBLIGATION: u8 = b'o';
/// What came of comparing a submission with returns of others.
pub(crate) const ACROSS: u8 = b'm';
pub(crate) const PRINCIPAL: u8 = b'p';
pub(crate) const KEY: u8 = b'c';
pub(crate) const INVITATION: u8 = b'i';
pub(crate) const STANDING: u8 = b'z';
pub(crate) const GOVERNANCE: u8 = b'y';
/// Chunks of leaf hashes and positions.
pub(crate) const LEAVES: u8 = b'l';
/// Chunks of checkpoints' sizes and positions.
pub(crate) const GROUPS: u8 = b'g';
/// Chunks of deliveries waiting to be collected; written at a clean stop.
pub(crate) const WAITING: u8 = b'w';

/// A blind token.
pub(crate) type Token = [u8; 16];

/// The key of a row: at most 25 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RowKey {
    bytes: [u8; 25],
    length: u8,
}

impl RowKey {
    pub(crate) fn new(sort: u8, parts: &[&[u8]]) -> Self {
        let mut bytes = [0; 25];
        let mut length = 0;
        for (slot, byte) in bytes.iter_mut().zip([sort].iter().chain(parts.iter().copied().flatten())) {
            *slot = *byte;
            length += 1;
        }
        Self { bytes, length }
    }

    pub(crate) fn chunk(sort: u8, number: u32) -> Self {
        Self::new(sort, &[&number.to_be_bytes()])
    }

    pub(crate) fn delivery(agency: &Token, index: u64) -> Self {
        Self::new(DELIVERY, &[agency, &index.to_be_bytes()])
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or(&self.bytes)
    }

    /// The sort of the row.
    pub(crate) fn sort(&self) -> u8 {
        let [sort, ..] = self.bytes;
        sort
    }

    /// The token after the sort.
    pub(crate) fn token(&self) -> Token {
        let mut token = [0; 16];
        for (slot, byte) in token.iter_mut().zip(self.bytes.iter().skip(1)) {
            *slot = *byte;
        }
        token
    }

    /// The index after the token.
    pub(crate) fn index(&self) -> u64 {
        u64::from_be_bytes(self.bytes.last_chunk().copied().unwrap_or_default())
    }
}

/// Makes the keys of rows under the ring's projection key.
pub(crate) struct Keys {
    projection: Arc<Projection>,
    agencies: RwLock<HashMap<AgencyId, Token>>,
    /// The last identity asked for: version and obligation of a return are asked for together.
    last: Mutex<Option<(Identity, Token)>>,
}

impl Keys {
    pub(crate) fn new(projection: Arc<Projection>) -> Self {
        Self { projection, agencies: RwLock::default(), last: Mutex::default() }
    }

    pub(crate) fn row(&self, key: &Key) -> RowKey {
        match key {
            Key::Submission(id) => RowKey::new(SUBMISSION, &[&id.0]),
            Key::Version(identity) => RowKey::new(VERSION, &[&self.identity(identity)]),
            Key::Sent(agency, key) => {
                let token = self.projection.blind("sent", &[agency.as_str().as_bytes(), &key.0]);
                RowKey::new(SENT, &[&token])
            }
            Key::Delivery(agency, index) => RowKey::delivery(&self.agency(agency), *index),
            Key::Obligation(identity) => RowKey::new(OBLIGATION, &[&self.identity(identity)]),
            Key::Across(id) => RowKey::new(ACROSS, &[&id.0]),
            Key::Principal(principal) => {
                let token = self.projection.blind("principal", &[principal.to_string().as_bytes()]);
                RowKey::new(PRINCIPAL, &[&token])
            }
            Key::Key(digest) => RowKey::new(KEY, &[&self.projection.blind("key", &[&digest.0])]),
            Key::Invitation(token) => {
                RowKey::new(INVITATION, &[&self.projection.blind("invitation", &[&token.0])])
            }
            Key::Standing => RowKey::new(STANDING, &[]),
            Key::Governance => RowKey::new(GOVERNANCE, &[]),
        }
    }

    /// What stands for an agency in the keys of its deliveries.
    pub(crate) fn agency(&self, agency: &AgencyId) -> Token {
        if let Some(token) = self.agencies.read().unwrap_or_else(PoisonError::into_inner).get(agency) {
            return *token;
        }
        let token = self.projection.blind("agency", &[agency.as_str().as_bytes()]);
        let mut agencies = self.agencies.write().unwrap_or_else(PoisonError::into_inner);
        // callers may ask for agencies that do not exist; the partnership's own are few
        if agencies.len() >= 1024 {
            agencies.clear();
        }
        agencies.insert(agency.clone(), token);
        token
    }

    /// What stands for a content digest in a row.
    pub(crate) fn content(&self, content: &Digest) -> Digest {
        Digest(self.projection.mac("content", &[&content.0]))
    }

    fn identity(&self, identity: &Identity) -> Token {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, token)) = last.as_ref()
            && known == identity
        {
            return *token;
        }
        let areas: Vec<u8> =
            identity.areas.iter().flat_map(|area| [area.as_str().as_bytes(), b","].concat()).collect();
        let (sort, covers): (&[u8], String) = match &identity.covers {
            Covers::Period(period) => (b"period", period.to_string()),
            Covers::Event(event) => (b"event", event.to_string()),
        };
        let (parts, part): (&[u8], &str) = match &identity.part {
            Some(part) => (b"part", part),
            None => (b"whole", ""),
        };
        let token = self.projection.blind(
            "identity",
            &[
                identity.agency.as_str().as_bytes(),
                identity.return_type.as_str().as_bytes(),
                &areas,
                sort,
                covers.as_bytes(),
                parts,
                part.as_bytes(),
            ],
        );
        *last = Some((identity.clone(), token));
        token
    }
}
