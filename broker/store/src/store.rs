//! What the rest of the broker may ask of a store.

use std::future::Future;
use std::sync::Arc;

use concordat_core::apply::{Key, PrincipalRecord, Row};
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, Digest, EntryId};
use concordat_core::submission::DeliveryRecord;
use concordat_ledger::{Hash, Receipt};
use concordat_seal::{KeyId, KeyRing, Place, SectionClass};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::proposal::{Appended, Logged, Proposal};
use crate::recorded::Recorded;
use crate::spool::{Content, Spool};
use crate::{BUNDLE_SECTION, CORE_SECTION, PAYLOAD_SECTION};

/// What the log has signed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many entries it has.
    pub size: u64,
    /// The root over their leaves.
    pub root: Hash,
    /// The signed checkpoint's whole text.
    pub checkpoint: Arc<str>,
}

/// A log and its projections. Reads see what is committed and nothing else.
pub trait Store: Send + Sync + 'static {
    /// Appends a group of entries, all or none, in order. The preconditions of all of them are checked by the
    /// one writer, against the projections and whatever stands before them in the batch being built. When the
    /// answer comes, the entries are synced and covered by a signed checkpoint; so is whatever an
    /// [`Appended::Unmet`] speaks of.
    ///
    /// # Errors
    /// `unavailable` when the log cannot be written now: whether the group was recorded is unknown, append it
    /// again under the same preconditions. `internal` when a proposal contradicts itself.
    fn append(&self, group: Vec<Proposal>) -> impl Future<Output = Result<Appended, Fault>> + Send;

    /// Up to `limit` entries from index `from` on, in order.
    ///
    /// # Errors
    /// `unavailable` when they cannot be read, `tampered` when one is not what the log proves.
    fn entries(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Fault>;

    /// One entry; `None` beyond the head.
    ///
    /// # Errors
    /// As [`Store::entries`].
    fn entry(&self, index: u64) -> Result<Option<Recorded>, Fault>;

    /// The original receipt of an entry, byte for byte: its proof leads to the checkpoint of its own group.
    ///
    /// # Errors
    /// As [`Store::entries`]; `internal` beyond the head.
    fn receipt(&self, index: u64) -> Result<Receipt, Fault>;

    /// One row of the projections. In place of a content digest stands its HMAC; see [`Store::content_hmac`].
    ///
    /// # Errors
    /// `unavailable` when the projections cannot be read now.
    fn row(&self, key: &Key) -> Result<Option<Row>, Fault>;

    /// Up to `limit` deliveries of an agency's inbox whose index is at least `from`, by index.
    ///
    /// # Errors
    /// As [`Store::row`].
    fn inbox(&self, agency: &AgencyId, from: u64, limit: usize) -> Result<Vec<DeliveryRecord>, Fault>;

    /// Up to `limit` deliveries still queued at or after their `collect_by`, and not yet reported.
    ///
    /// # Errors
    /// As [`Store::row`].
    fn uncollected(&self, now: Timestamp, limit: usize) -> Result<Vec<DeliveryRecord>, Fault>;

    /// The indexes of the entries that took a return back, ascending.
    ///
    /// # Errors
    /// As [`Store::row`].
    fn withdrawals(&self) -> Result<Vec<u64>, Fault>;

    /// Every principal that ever enrolled.
    ///
    /// # Errors
    /// As [`Store::row`].
    fn principals(&self) -> Result<Vec<PrincipalRecord>, Fault>;

    /// The payload of the one submission that the logged release names, to be read as it is opened.
    ///
    /// # Errors
    /// `internal` when the proof is not of a release in this log, or the payload was erased or never was;
    /// `tampered` when the stored bytes are not those the log recorded.
    fn content(&self, logged: &Logged) -> Result<Content, Fault>;

    /// Begins to take the content of an entry to come, sealed under a key of the ring as it arrives.
    ///
    /// # Errors
    /// `unavailable` when there is no such key, or no file can be written.
    fn spool(&self, entry: EntryId, key: KeyId) -> Result<Spool, Fault>;

    /// The content of an agency's own submission, so that its next return can be compared with it by the broker's
    /// checks; `None` when it was erased or never was. Nothing of it leaves but in findings to that agency, and the
    /// entry that the comparison leads to names it.
    ///
    /// # Errors
    /// `internal` when the entry accepts no submission of that agency; `tampered` when the stored bytes are not those
    /// the log recorded.
    fn own_content(&self, index: u64, agency: &AgencyId) -> Result<Option<Content>, Fault>;

    /// Erases what the withdrawal at an index says is erased: destroys the keys and removes the files that they
    /// sealed. What is erased already stays so.
    ///
    /// # Errors
    /// `internal` when the entry is no withdrawal, or names content without a key of its own; `unavailable` when
    /// something is left to be erased: call again.
    fn erase(&self, withdrawal: u64) -> Result<(), Fault>;

    /// The content of a submission that is not about persons, so that the broker can hold another return against
    /// it; `None` when it is a nil, was erased or never was. What it says goes nowhere but into whether a rule
    /// holds, and the entry that records this names it.
    ///
    /// # Errors
    /// As [`Store::own_content`]; `internal` too when the submission is about persons.
    fn compared_content(&self, index: u64, agency: &AgencyId) -> Result<Option<Content>, Fault>;

    /// What the log has signed last.
    fn head(&self) -> Arc<Head>;

    /// The policy bundle that a `policy loaded` entry recorded, opened.
    ///
    /// # Errors
    /// A fault when the entry loaded none, or its section is missing or altered.
    fn bundle(&self, index: u64) -> Result<Zeroizing<Vec<u8>>, Fault>;

    /// The proof that the log of `new` entries continues the log of `old` entries.
    ///
    /// # Errors
    /// `internal` unless `old <= new <= head`.
    fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Fault>;

    /// The proof that the entry at `index` is in the log of `size` entries.
    ///
    /// # Errors
    /// `internal` unless `index < size <= head`.
    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Fault>;

    /// The signed checkpoints whose size is above `from` and at most `to`, by size: size and whole text.
    ///
    /// # Errors
    /// As [`Store::entries`].
    fn checkpoints(&self, from: u64, to: u64) -> Result<Vec<(u64, Arc<str>)>, Fault>;

    /// What the projections keep in the place of a content digest.
    fn content_hmac(&self, digest: &Digest) -> Digest;

    /// The keys under which sections are sealed.
    fn ring(&self) -> &Arc<KeyRing>;

    /// SHA-256 of the log's origin, as it stands in leaves and places.
    fn log(&self) -> Hash;

    /// The place of an entry's section of a class in this log.
    fn place(&self, entry: EntryId, class: SectionClass) -> Place {
        let number = match class {
            SectionClass::Core => CORE_SECTION,
            SectionClass::Payload => PAYLOAD_SECTION,
            SectionClass::Bundle => BUNDLE_SECTION,
            SectionClass::Subject => SectionClass::Subject.number(),
        };
        Place { log: self.log().0, entry: entry.0, number, class }
    }
}
