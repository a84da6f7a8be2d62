//! From a proposal to what the writer needs: everything that costs and does not depend on the entry's place is
//! done here, on the caller's task. Content files and keys are durable when this returns.

use aws_lc_rs::rand;
use concordat_core::entry::{Body, Entry, EntryClass};
use concordat_core::fault::Fault;
use concordat_core::ids::EntryId;
use concordat_core::submission::PayloadAt;
use concordat_ledger::{Hash, SectionDigest, commit_statement};
use concordat_seal::{KeyId, Place, RetentionClass, Sealed, SectionClass};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::proposal::{Payload, Precondition, Proposal};
use crate::{BUNDLE_SECTION, CORE_SECTION, PAYLOAD_SECTION};

use super::{Shared, core};

/// A proposal, sealed and ready to be given its place.
pub(crate) struct Prepared {
    /// The entry; index and time are set by the writer.
    pub(crate) entry: Entry,
    pub(crate) class: EntryClass,
    pub(crate) sections: Vec<SectionDigest>,
    /// The sections whose bytes go into the journal.
    pub(crate) inline: Vec<(u8, Vec<u8>)>,
    pub(crate) statement: Vec<u8>,
    pub(crate) random: [u8; 32],
    pub(crate) commitment: Hash,
    pub(crate) preconditions: Vec<Precondition>,
}

impl Prepared {
    /// About how many bytes it takes in the journal.
    pub(crate) fn weight(&self) -> usize {
        self.inline.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() + 320
    }

    /// Whether it says no, or that a tail was cut: such entries have room reserved.
    pub(crate) fn is_denial(&self) -> bool {
        use EntryClass::{Denied, Refused, RefusedUnheard, TailCut};
        matches!(self.class, Denied | Refused | RefusedUnheard | TailCut)
    }
}

fn sealing(fault: concordat_seal::SealFault) -> Fault {
    match fault {
        concordat_seal::SealFault::TooLarge { .. } => Fault::internal(fault),
        other => Fault::unavailable(other),
    }
}

impl Shared {
    /// Whether the payload of this proposal goes into a content file.
    pub(crate) fn in_file(&self, body: &Body, payload: &Payload) -> bool {
        match (body, payload) {
            (Body::Accepted(accepted), Payload::Sealed(sealed)) if !accepted.person_level => {
                sealed.bytes().len() > self.inline_bytes
            }
            _ => true,
        }
    }

    pub(crate) fn prepare(&self, proposal: Proposal) -> Result<Prepared, Fault> {
        let Proposal { id, mut body, statement, payload, preconditions } = proposal;
        let payload = payload.map(|payload| self.place_payload(id, &mut body, payload)).transpose()?;
        if let (Body::Accepted(accepted), None) = (&mut body, &payload) {
            accepted.payload = PayloadAt::Nowhere;
        }
        let statement = statement.unwrap_or_default();
        let mut random = [0; 32];
        rand::fill(&mut random).map_err(|_| Fault::unavailable("no random bytes are at hand"))?;
        let plain = core::encode(&body, &statement, &random)
            .ok_or_else(|| Fault::internal("an entry's core section cannot be written"))?;
        let day = self.clock.now().to_zoned(TimeZone::UTC).date();
        let key = self.ring.data_key(RetentionClass::Audit, day).map_err(sealing)?;
        let sealed = self.ring.seal(key, &self.place_of(id, SectionClass::Core, CORE_SECTION), &plain);
        let sealed = sealed.map_err(sealing)?;
        let mut sections = vec![section(&sealed)?];
        let mut inline = vec![(CORE_SECTION, sealed.into_bytes())];
        if let Some((digest, bytes)) = payload {
            if let Some(bytes) = bytes {
                inline.push((digest.number, bytes));
            }
            sections.push(digest);
        }
        Ok(Prepared {
            class: body.class(),
            entry: Entry { id, index: 0, recorded_at: Timestamp::UNIX_EPOCH, body },
            sections,
            inline,
            commitment: commit_statement(&random, &statement),
            statement,
            random,
            preconditions,
        })
    }

    /// Checks that a payload was sealed for this entry, says in the body where it lies, and stores it if it
    /// goes into a file; otherwise its bytes go into the journal.
    fn place_payload(
        &self,
        id: EntryId,
        body: &mut Body,
        payload: Payload,
    ) -> Result<(SectionDigest, Option<Vec<u8>>), Fault> {
        let in_file = self.in_file(body, &payload);
        let place = match body {
            Body::Accepted(accepted) => {
                accepted.payload = if in_file {
                    PayloadAt::File(PAYLOAD_SECTION)
                } else {
                    PayloadAt::Section(PAYLOAD_SECTION)
                };
                self.place_of(id, SectionClass::Payload, PAYLOAD_SECTION)
            }
            Body::PolicyLoaded(_) | Body::PolicyProposed(_) => {
                self.place_of(id, SectionClass::Bundle, BUNDLE_SECTION)
            }
            _ => return Err(Fault::internal("an entry of this kind has no payload")),
        };
        let sealed_for = match &payload {
            Payload::Sealed(sealed) => sealed.place(),
            Payload::Spooled(spooled) => spooled.chunks().place(),
        };
        if *sealed_for != place {
            return Err(Fault::internal("a payload was sealed for another place than its entry"));
        }
        let unwritten = |source| Fault::unavailable(format!("a content file could not be written: {source}"));
        let port = self.port.as_ref();
        match payload {
            Payload::Spooled(spooled) => {
                let chunks = spooled.chunks();
                let digest = digest_of(chunks.place(), chunks.key(), chunks.length(), chunks.digest())?;
                self.folders.adopt(port, &self.dir, &digest.hash, spooled.keep()).map_err(unwritten)?;
                Ok((digest, None))
            }
            Payload::Sealed(sealed) if in_file => {
                let digest = section(&sealed)?;
                let written = self.folders.write(port, &self.dir, &digest.hash, sealed.bytes());
                written.map_err(unwritten)?;
                Ok((digest, None))
            }
            Payload::Sealed(sealed) => Ok((section(&sealed)?, Some(sealed.into_bytes()))),
        }
    }

    pub(crate) fn place_of(&self, entry: EntryId, class: SectionClass, number: u8) -> Place {
        Place { log: self.log.0, entry: entry.0, number, class }
    }
}

fn section(sealed: &Sealed) -> Result<SectionDigest, Fault> {
    digest_of(sealed.place(), sealed.key(), sealed.bytes().len() as u64, sealed.digest())
}

fn digest_of(place: &Place, key: KeyId, length: u64, hash: &[u8; 32]) -> Result<SectionDigest, Fault> {
    let stored_len =
        u32::try_from(length).map_err(|_| Fault::internal("a section is longer than a leaf can say"))?;
    Ok(SectionDigest {
        number: place.number,
        class: place.class.number(),
        key: key.0,
        stored_len,
        hash: Hash(*hash),
    })
}
