//! Content becomes ciphertext; the plaintext is dropped here.

use std::sync::Arc;

use concordat_catalogue::Valid;
use concordat_core::explanation::Explanation;
use concordat_core::fault::Fault;
use concordat_core::finding::Counts;
use concordat_core::ids::{Digest, EntryId, PurposeId, SendKey};
use concordat_core::record::LeftOut;
use concordat_core::submission::{Identity, Replaces};
use concordat_policy::Permitted;
use concordat_seal::{KeyId, KeyRing, Place, RetentionClass, SealFault, SectionClass};
use concordat_store::{Payload, Spooled, Store};
use jiff::civil::Date;

use crate::open::Flow;
use crate::random;
use crate::stop::Stop;
use crate::validate::Checked;

/// A return whose content only the key ring can open again.
#[derive(Debug)]
pub struct SealedReturn {
    /// The id of the entry it will be.
    pub entry: EntryId,
    /// What it is a version of.
    pub identity: Identity,
    /// SHA-256 of its identity and cells.
    pub content: Digest,
    /// The sealed content; none for a nil.
    pub payload: Option<Payload>,
    /// Whether it declares that there was nothing.
    pub nil: bool,
    /// Whether it is about persons.
    pub person_level: bool,
    /// What it is sent for: the purpose of its type, which policy was asked with.
    pub purpose: PurposeId,
    /// The digest of its type.
    pub type_digest: Digest,
    /// The client's key.
    pub key: SendKey,
    /// What it replaces.
    pub replaces: Option<Replaces>,
    /// The return of the period before, with which it was compared.
    pub compared: Option<EntryId>,
    /// What its sender answers to the queries.
    pub explanations: Vec<Explanation>,
    /// Where it is accepted in part, how much was left out.
    pub left_out: Option<LeftOut>,
    /// How many findings the checks left.
    pub counts: Counts,
}

impl<S: Store> Flow<S> {
    pub(crate) async fn seal(&self, checked: Permitted<Checked>) -> Result<Permitted<SealedReturn>, Stop> {
        // content that came in pieces was sealed for its entry as it came
        let entry = match &checked.get().spooled {
            Some(spooled) => spooled.entry(),
            None => random::entry_id()?,
        };
        let day = self.today();
        let place = self.store.place(entry, SectionClass::Payload);
        if checked.get().rtype.person_level && checked.get().spooled.is_none() {
            // a record key of its own is written to the ring and synced first
            let ring = Arc::clone(&self.ring);
            let sealing =
                tokio::task::spawn_blocking(move || seal_checked(&ring, &place, entry, day, checked));
            return sealing
                .await
                .map_err(|_| Fault::internal("sealing did not come to an end"))?
                .map_err(Stop::from);
        }
        seal_checked(&self.ring, &place, entry, day, checked).map_err(Stop::from)
    }
}

fn seal_checked(
    ring: &KeyRing,
    place: &Place,
    entry: EntryId,
    day: Date,
    checked: Permitted<Checked>,
) -> Result<Permitted<SealedReturn>, Fault> {
    checked.try_map(|Checked { valid, rtype, key, replaces, compared, explanations, left_out, spooled }| {
        let payload = match (spooled, valid.content()) {
            (Some(spooled), _) => Some(Payload::Spooled(the_same(spooled, &valid)?)),
            (None, _) if valid.nil() => None,
            (None, Some(content)) => {
                let key = content_key(ring, rtype.person_level, entry, day);
                let sealed = key.and_then(|key| ring.seal(key, place, content));
                Some(Payload::Sealed(sealed.map_err(Fault::unavailable)?))
            }
            (None, None) => return Err(Fault::internal("the content of a checked return is nowhere")),
        };
        Ok(SealedReturn {
            entry,
            identity: valid.identity().clone(),
            content: valid.digest(),
            payload,
            nil: valid.nil(),
            person_level: rtype.person_level,
            purpose: rtype.purpose.clone(),
            type_digest: rtype.digest,
            key,
            replaces,
            compared,
            explanations,
            left_out,
            counts: valid.counts(),
        })
    })
}

/// The key of the ring under which the content of an entry is sealed: one of its own if it is about persons.
pub(crate) fn content_key(
    ring: &KeyRing,
    person_level: bool,
    entry: EntryId,
    day: Date,
) -> Result<KeyId, SealFault> {
    if person_level { ring.record_key(entry.0) } else { ring.data_key(RetentionClass::Aggregate, day) }
}

/// What was sealed as it came is what was checked.
fn the_same(spooled: Spooled, valid: &Valid) -> Result<Spooled, Fault> {
    if spooled.content() == valid.digest() {
        Ok(spooled)
    } else {
        Err(Fault::internal("content changed between sealing and checking it"))
    }
}
