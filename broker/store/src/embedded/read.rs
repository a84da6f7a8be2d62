//! Reading: entries out of the journal, each compared with the tree; rows out of the projections; proofs.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLockReadGuard};

use concordat_core::apply::{Change, Key, PrincipalRecord, Row, apply};
use concordat_core::entry::{Accepted, Body, EntryClass};
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, Digest, EntryId, SendKey};
use concordat_core::submission::DeliveryRecord;
use concordat_core::withdrawal::Withdrawal;
use concordat_ledger::{Hash, Receipt, SectionDigest, SignedCheckpoint, leaf_hash, sha256};
use concordat_seal::{KeyId, KeyRing, Place, SealFault, SectionClass};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::PAYLOAD_SECTION;
use crate::proposal::{Appended, Logged, Proposal};
use crate::recorded::Recorded;
use crate::spool::{Content, Spool};
use crate::store::{Head, Store};

use super::content::{self, BadContent};
use super::frame::{self, Frame};
use super::journal::Position;
use super::projections::{Broken, LogIndex, Projections};
use super::{Embedded, Shared, core, layout};

/// The entry in the bytes of a frame, if it is the one whose leaf the tree holds at this index.
pub(super) fn entry_of(
    ring: &KeyRing,
    log: &Hash,
    leaf: Option<Hash>,
    index: u64,
    bytes: &[u8],
) -> Result<Recorded, String> {
    let Ok((Frame::Entry(entry), _)) = frame::parse(bytes) else {
        return Err("its frame is damaged".to_owned());
    };
    if entry.index != index || leaf != Some(leaf_hash(entry.leaf)) {
        return Err("its leaf is not the one that was signed".to_owned());
    }
    core::read(ring, log, &entry).map_err(|bad| bad.to_string())
}

fn altered(index: u64, why: impl std::fmt::Display) -> Fault {
    Fault::tampered(format!("entry {index}: {why}"))
}

fn broken(broken: Broken) -> Fault {
    Fault::unavailable(broken)
}

/// Whether the key of a section was destroyed, so that its bytes need not be there any more.
pub(crate) fn is_destroyed(ring: &KeyRing, digest: &SectionDigest) -> bool {
    // the ring says so of any bytes that name the key: head, one step of ciphertext, tag
    let named = [[1].as_slice(), &digest.key, &[0; 64 + 256 + 16]].concat();
    let place = Place { log: [0; 32], entry: [0; 16], number: digest.number, class: SectionClass::Payload };
    matches!(ring.open_section(&place, &named), Err(SealFault::KeyDestroyed { .. }))
}

fn bad_content(index: u64, digest: &SectionDigest, bad: BadContent) -> Fault {
    match bad {
        BadContent::Missing => altered(index, format_args!("content file {} is missing", digest.hash)),
        BadContent::Altered => altered(index, format_args!("content file {} was altered", digest.hash)),
        BadContent::Io(source) => Fault::unavailable(format!("content file {}: {source}", digest.hash)),
    }
}

impl Shared {
    pub(super) fn projections(&self) -> Arc<Projections> {
        Arc::clone(&self.projections.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The projections for a reader: none while they lag behind the log.
    fn current(&self) -> Result<Arc<Projections>, Fault> {
        if self.stale.load(Ordering::Acquire) {
            return Err(Fault::unavailable("the projections could not be written and are not rebuilt yet"));
        }
        Ok(self.projections())
    }

    fn index(&self) -> RwLockReadGuard<'_, LogIndex> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self) -> Arc<Head> {
        Arc::clone(&self.head.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The bytes of an entry's frame; `None` beyond the head.
    fn frame(&self, index: u64) -> Result<Option<Vec<u8>>, Fault> {
        if index >= self.head().size {
            return Ok(None);
        }
        let slot = usize::try_from(index).ok();
        let position = slot.and_then(|slot| self.index().positions.get(slot).copied());
        let Some(position) = position else { return Ok(None) };
        self.read_frame(position).map(Some)
    }

    fn read_frame(&self, packed: u64) -> Result<Vec<u8>, Fault> {
        let position = Position::unpack(packed);
        self.segments.frame_at(position).map_err(|source| {
            let place = format!("journal segment {} at byte {}", position.segment, position.offset);
            match source.kind() {
                // the file ends too early, is gone, or says a length that cannot be
                std::io::ErrorKind::UnexpectedEof
                | std::io::ErrorKind::NotFound
                | std::io::ErrorKind::Other => Fault::tampered(format!("{place}: {source}")),
                _ => Fault::unavailable(format!("{place}: {source}")),
            }
        })
    }

    pub(super) fn entry(&self, index: u64) -> Result<Option<Recorded>, Fault> {
        let Some(bytes) = self.frame(index)? else { return Ok(None) };
        self.recorded(index, &bytes).map(Some)
    }

    fn recorded(&self, index: u64, bytes: &[u8]) -> Result<Recorded, Fault> {
        let leaf = self.index().tree.leaf(index);
        let read = entry_of(&self.ring, &self.log, leaf, index, bytes);
        read.map_err(|why| altered(index, why))
    }

    /// The sealed bytes of a section, compared with what the leaf says of them.
    fn section(&self, index: u64, frame: &[u8], digest: &SectionDigest) -> Result<Vec<u8>, Fault> {
        let Ok((Frame::Entry(entry), _)) = frame::parse(frame) else {
            return Err(altered(index, "its frame is damaged"));
        };
        let number = digest.number;
        if let Some((_, bytes)) = entry.sections.iter().find(|(held, _)| *held == number) {
            return if sha256(&[bytes]) == digest.hash {
                Ok(bytes.to_vec())
            } else {
                Err(altered(index, format_args!("section {number} is not the one recorded")))
            };
        }
        content::read(self.port.as_ref(), &self.dir, digest).map_err(|bad| bad_content(index, digest, bad))
    }

    /// The content of an entry's section of a class, opened.
    fn open_section(
        &self,
        recorded: &Recorded,
        frame: &[u8],
        class: SectionClass,
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let index = recorded.index;
        let named = recorded.sections.iter().find(|section| section.digest.class == class.number());
        let digest =
            &named.ok_or_else(|| Fault::internal(format!("entry {index} has no such section")))?.digest;
        let erased = |fault: SealFault| Fault::internal(format!("entry {index}: {fault}"));
        let place = self.place_of(recorded.id, class, digest.number);
        let sealed = match self.section(index, frame, digest) {
            Ok(sealed) => sealed,
            // an erased payload's file is gone with its key, and that is as it should be
            Err(_) if is_destroyed(&self.ring, digest) => {
                return Err(erased(SealFault::KeyDestroyed { key: KeyId(digest.key) }));
            }
            Err(fault) => return Err(fault),
        };
        self.ring.open_section(&place, &sealed).map_err(|fault| match fault {
            SealFault::KeyDestroyed { .. } => erased(fault),
            other => altered(index, other),
        })
    }

    /// The submission that a logged release names, with its frame.
    fn released(&self, logged: &Logged) -> Result<(Recorded, Vec<u8>), Fault> {
        let refused = |why: &str| Fault::internal(format!("a payload was asked for without proof: {why}"));
        if logged.log != self.log || logged.class != EntryClass::Released {
            return Err(refused("the entry is no release of this log"));
        }
        let (submission, index) = logged.released.ok_or_else(|| refused("the entry releases nothing"))?;
        let frame = self.frame(index)?.ok_or_else(|| refused("the submission is not in the log"))?;
        let recorded = self.recorded(index, &frame)?;
        if recorded.id != submission || recorded.class != EntryClass::Accepted {
            return Err(refused("the entry it names is not that submission"));
        }
        Ok((recorded, frame))
    }

    /// An entry's payload, opened as it is read where it lies in chunks.
    fn open_content(&self, recorded: &Recorded, frame: &[u8]) -> Result<Content, Fault> {
        let payload = recorded
            .sections
            .iter()
            .find(|section| !section.in_journal && section.digest.class == SectionClass::Payload.number());
        let chunked = payload.filter(|section| {
            !is_destroyed(&self.ring, &section.digest)
                && content::is_chunked(self.port.as_ref(), &self.dir, &section.digest)
        });
        let Some(section) = chunked else {
            return self.open_section(recorded, frame, SectionClass::Payload).map(Content::whole);
        };
        let file = content::open(self.port.as_ref(), &self.dir, &section.digest);
        let file = file.map_err(|bad| bad_content(recorded.index, &section.digest, bad))?;
        let place = self.place_of(recorded.id, SectionClass::Payload, section.digest.number);
        Content::of_file(file, &self.ring, &place)
    }

    /// The content of a submission that the broker's own checks may look into; `None` when there is none any more.
    fn content_of(&self, index: u64, may: impl FnOnce(&Accepted) -> bool) -> Result<Option<Content>, Fault> {
        let frame =
            self.frame(index)?.ok_or_else(|| Fault::internal(format!("there is no entry {index}")))?;
        let recorded = self.recorded(index, &frame)?;
        match &recorded.body {
            Body::Accepted(accepted) if may(accepted) => {}
            _ => {
                return Err(Fault::internal(format!(
                    "entry {index} accepts no submission of this agency that may be looked into"
                )));
            }
        }
        let payload =
            recorded.sections.iter().find(|section| section.digest.class == SectionClass::Payload.number());
        match payload {
            Some(section) if !is_destroyed(&self.ring, &section.digest) => {
                self.open_content(&recorded, &frame).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What its entry says of a submission, what replaced it, and the entry that took it back.
    fn submission(&self, id: EntryId) -> Result<Option<Row>, Fault> {
        let Some(pointer) = self.current()?.submission(id) else { return Ok(None) };
        let Some(recorded) = self.entry(pointer.index)? else { return Ok(None) };
        let submitted = apply(&recorded.into_entry()).into_iter().find_map(|change| match change {
            Change::Submitted(record) => Some(record),
            _ => None,
        });
        let mut record = submitted.ok_or_else(|| altered(pointer.index, "it accepts no submission"))?;
        record.superseded_by = pointer.superseded_by;
        record.withdrawn = pointer.withdrawn.map(|index| self.withdrawal(index)).transpose()?;
        Ok(Some(Row::Submission(record)))
    }

    fn withdrawal(&self, index: u64) -> Result<Withdrawal, Fault> {
        match self.entry(index)? {
            Some(Recorded { body: Body::Withdrawn(withdrawn), recorded_at, .. }) => {
                Ok(Withdrawal { at: recorded_at, reason: withdrawn.reason, index })
            }
            _ => Err(altered(index, "it takes nothing back")),
        }
    }

    /// What its entry says of a used key.
    fn sent(&self, agency: &AgencyId, key: SendKey) -> Result<Option<Row>, Fault> {
        let Some(sent) = self.current()?.sent_under(agency, key) else { return Ok(None) };
        let Some(recorded) = self.entry(sent.index)? else { return Ok(None) };
        let used = apply(&recorded.into_entry()).into_iter().find_map(|change| match change {
            Change::KeyUsed { record, .. } => Some(record),
            _ => None,
        });
        let mut record = used.ok_or_else(|| altered(sent.index, "it uses no key"))?;
        record.content = self.projections().content(&record.content);
        Ok(Some(Row::Sent(record)))
    }

    fn receipt(&self, index: u64) -> Result<Receipt, Fault> {
        let beyond = || Fault::internal(format!("there is no entry {index}"));
        let recorded = self.entry(index)?.ok_or_else(beyond)?;
        let (size, checkpoint) = self.checkpoint_over(index)?;
        let proof = self.index().tree.inclusion(index, size).map_err(Fault::internal)?;
        Ok(Receipt {
            statement: recorded.statement,
            random: recorded.random,
            leaf: recorded.leaf,
            index,
            proof,
            checkpoint: checkpoint.as_ref().to_owned(),
        })
    }

    /// The first checkpoint that covers an entry: that of its own group.
    fn checkpoint_over(&self, index: u64) -> Result<(u64, Arc<str>), Fault> {
        let head = self.head();
        let found = {
            let log = self.index();
            let at = log.checkpoints.partition_point(|(size, _)| *size <= index);
            log.checkpoints.get(at).copied()
        };
        match found {
            Some((size, position)) if size <= head.size => Ok((size, self.read_checkpoint(size, position)?)),
            _ => Ok((head.size, Arc::clone(&head.checkpoint))),
        }
    }

    fn read_checkpoint(&self, size: u64, position: u64) -> Result<Arc<str>, Fault> {
        let bytes = self.read_frame(position)?;
        let bad = || Fault::tampered(format!("the checkpoint of {size} entries is not the one signed"));
        let Ok((Frame::Checkpoint(text), _)) = frame::parse(&bytes) else { return Err(bad()) };
        let signed =
            SignedCheckpoint::parse(text.as_bytes()).and_then(|signed| signed.verify(&self.verifier));
        let checkpoint = signed.map_err(|_| bad())?;
        let root = self.index().tree.root_at(size).map_err(|_| bad())?;
        if checkpoint.size == size && checkpoint.root == root { Ok(text.into()) } else { Err(bad()) }
    }

    fn within_head(&self, size: u64) -> Result<(), Fault> {
        let head = self.head().size;
        if size <= head {
            Ok(())
        } else {
            Err(Fault::internal(format!("size {size} is beyond the log's {head} entries")))
        }
    }
}

impl Store for Embedded {
    async fn append(&self, group: Vec<Proposal>) -> Result<Appended, Fault> {
        self.append_group(group).await
    }

    fn entries(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, Fault> {
        let mut entries = Vec::new();
        for index in (from..self.shared.head().size).take(limit) {
            entries.extend(self.shared.entry(index)?);
        }
        Ok(entries)
    }

    fn entry(&self, index: u64) -> Result<Option<Recorded>, Fault> {
        self.shared.entry(index)
    }

    fn receipt(&self, index: u64) -> Result<Receipt, Fault> {
        self.shared.receipt(index)
    }

    fn row(&self, key: &Key) -> Result<Option<Row>, Fault> {
        match key {
            Key::Submission(id) => self.shared.submission(*id),
            Key::Sent(agency, key) => self.shared.sent(agency, *key),
            other => self.shared.current()?.row(other).map_err(broken),
        }
    }

    fn inbox(&self, agency: &AgencyId, from: u64, limit: usize) -> Result<Vec<DeliveryRecord>, Fault> {
        self.shared.current()?.inbox(agency, from, limit).map_err(broken)
    }

    fn uncollected(&self, now: Timestamp, limit: usize) -> Result<Vec<DeliveryRecord>, Fault> {
        self.shared.current()?.uncollected(now, limit).map_err(broken)
    }

    fn withdrawals(&self) -> Result<Vec<u64>, Fault> {
        Ok(self.shared.current()?.withdrawals())
    }

    fn principals(&self) -> Result<Vec<PrincipalRecord>, Fault> {
        self.shared.current()?.principals().map_err(broken)
    }

    fn content(&self, logged: &Logged) -> Result<Content, Fault> {
        let (recorded, frame) = self.shared.released(logged)?;
        self.shared.open_content(&recorded, &frame)
    }

    fn spool(&self, entry: EntryId, key: KeyId) -> Result<Spool, Fault> {
        let shared = &self.shared;
        let place = shared.place_of(entry, SectionClass::Payload, PAYLOAD_SECTION);
        // of one entry there may be two at once: what came, and what is left of it
        let number = shared.spooled.fetch_add(1, Ordering::Relaxed);
        let path = layout::arriving(&shared.dir).join(format!("{entry}-{number}"));
        Spool::begin((Arc::clone(&shared.port), path), Arc::clone(&shared.ring), key, place)
    }

    fn own_content(&self, index: u64, agency: &AgencyId) -> Result<Option<Content>, Fault> {
        self.shared.content_of(index, |accepted| accepted.identity.agency == *agency)
    }

    fn compared_content(&self, index: u64, agency: &AgencyId) -> Result<Option<Content>, Fault> {
        self.shared
            .content_of(index, |accepted| accepted.identity.agency == *agency && !accepted.person_level)
    }

    fn erase(&self, withdrawal: u64) -> Result<(), Fault> {
        self.shared.erase(withdrawal)
    }

    fn head(&self) -> Arc<Head> {
        self.shared.head()
    }

    fn bundle(&self, index: u64) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let frame = self.shared.frame(index)?;
        let frame = frame.ok_or_else(|| Fault::internal(format!("there is no entry {index}")))?;
        let recorded = self.shared.recorded(index, &frame)?;
        self.shared.open_section(&recorded, &frame, SectionClass::Bundle)
    }

    fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, Fault> {
        self.shared.within_head(new)?;
        self.shared.index().tree.consistency(old, new).map_err(Fault::internal)
    }

    fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, Fault> {
        self.shared.within_head(size)?;
        self.shared.index().tree.inclusion(index, size).map_err(Fault::internal)
    }

    fn checkpoints(&self, from: u64, to: u64) -> Result<Vec<(u64, Arc<str>)>, Fault> {
        let head = self.shared.head();
        let wanted = |size: u64| size > from && size <= to;
        let kept: Vec<(u64, u64)> = {
            let index = self.shared.index();
            let below = |(size, _): &&(u64, u64)| wanted(*size) && *size < head.size;
            index.checkpoints.iter().filter(below).copied().collect()
        };
        let texts = kept.into_iter().map(|(size, at)| Ok((size, self.shared.read_checkpoint(size, at)?)));
        let mut texts = texts.collect::<Result<Vec<_>, Fault>>()?;
        if wanted(head.size) {
            texts.push((head.size, Arc::clone(&head.checkpoint)));
        }
        Ok(texts)
    }

    fn content_hmac(&self, digest: &Digest) -> Digest {
        self.shared.projections().content(digest)
    }

    fn ring(&self) -> &Arc<KeyRing> {
        &self.shared.ring
    }

    fn log(&self) -> Hash {
        self.shared.log
    }
}

impl Embedded {
    /// The log's public key, with which anybody can verify receipts and checkpoints.
    #[must_use]
    pub fn verifier(&self) -> &concordat_ledger::Verifier {
        &self.shared.verifier
    }
}
