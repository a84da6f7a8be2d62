//! The versions of a return: which replaced which and why, and who has which of them in its hands.

use concordat_core::apply::{Key, Row};
use concordat_core::decision::Act;
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, EntryId};
use concordat_core::submission::{DeliveryRecord, DeliveryState, ReplaceReason, SubmissionRecord};
use concordat_store::Store;

use crate::across::AcrossOf;
use crate::identify::Caller;
use crate::open::Flow;
use crate::read::Which;
use crate::stop::Stop;

/// What became of a submission.
#[derive(Debug, Clone)]
pub struct StatusOf {
    /// The submission.
    pub record: SubmissionRecord,
    /// Every agency to which this or another version of the return was routed.
    pub deliveries: Vec<Collected>,
    /// What replaced it.
    pub superseded: Option<Replacement>,
    /// How it stands beside the returns of other agencies.
    pub across: Vec<AcrossOf>,
    /// Whether business time is a demonstration's.
    pub demo_clock: bool,
}

/// What one agency has of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// The agency.
    pub recipient: AgencyId,
    /// Where the delivery of the version asked about stands; none when it was not routed there.
    pub state: Option<DeliveryState>,
    /// Whether its non-delivery was reported.
    pub reported: bool,
    /// The versions that the agency has collected, ascending.
    pub versions: Vec<u32>,
}

/// The other side of a replacement, as one reader is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The submission; none for a reader to whose agency it was not routed.
    pub submission: Option<EntryId>,
    /// Its version.
    pub version: u32,
    /// Why the older was replaced.
    pub reason: ReplaceReason,
}

impl<S: Store> Flow<S> {
    /// What became of a submission of the caller's own agency.
    ///
    /// # Errors
    /// [`NotThere`](concordat_core::refusal::Refusal::NotThere), recorded, when there is none or it is another
    /// agency's; a fault of ours.
    pub async fn status(&self, caller: &Caller, which: Which) -> Result<StatusOf, Stop> {
        let id = match which {
            Which::Submission(id) => Some(id),
            Which::Key(key) => match self.store.row(&Key::Sent(caller.agency().id.clone(), key))? {
                Some(Row::Sent(sent)) => Some(sent.submission),
                _ => None,
            },
        };
        let record = self.own(caller, id).await?;
        Ok(StatusOf {
            deliveries: self.collected(&record)?,
            superseded: self.superseded(&record, &record.identity.agency)?,
            across: self.across_of(&record)?,
            record,
            demo_clock: self.is_demo_clock(),
        })
    }

    /// The original receipt of a submission of the caller's own agency.
    ///
    /// # Errors
    /// As [`Flow::status`].
    pub async fn receipt(&self, caller: &Caller, submission: EntryId) -> Result<Vec<u8>, Stop> {
        let record = self.own(caller, Some(submission)).await?;
        Ok(self.store.receipt(record.index)?.to_text().into_bytes())
    }

    async fn own(&self, caller: &Caller, id: Option<EntryId>) -> Result<SubmissionRecord, Stop> {
        let found = match id {
            Some(id) => self.submission(id)?,
            None => None,
        };
        let Some(record) = found.filter(|record| record.identity.agency == caller.agency().id) else {
            return Err(self.not_there(caller, id).await);
        };
        // an own return may be asked after by whoever may send or read it
        let may = [Act::Submit, Act::DeclareNil, Act::Read, Act::List]
            .into_iter()
            .any(|act| self.judge(caller, &record, act, Some(record.purpose.clone())).is_ok());
        if may { Ok(record) } else { Err(self.not_there(caller, id).await) }
    }

    pub(crate) fn submission(&self, id: EntryId) -> Result<Option<SubmissionRecord>, Fault> {
        Ok(match self.store.row(&Key::Submission(id))? {
            Some(Row::Submission(record)) => Some(*record),
            _ => None,
        })
    }

    pub(crate) fn delivery(&self, recipient: &AgencyId, index: u64) -> Result<Option<DeliveryRecord>, Fault> {
        Ok(match self.store.row(&Key::Delivery(recipient.clone(), index))? {
            Some(Row::Delivery(delivery)) => Some(delivery),
            _ => None,
        })
    }

    /// The versions that a submission replaced, one after the other; the newest first.
    pub(crate) fn older(&self, record: &SubmissionRecord) -> Result<Vec<SubmissionRecord>, Fault> {
        let mut older = Vec::new();
        let mut next = record.replaces.as_ref().map(|replaces| replaces.submission);
        while let Some(found) = next.map(|id| self.submission(id)).transpose()?.flatten() {
            next = found.replaces.as_ref().map(|replaces| replaces.submission);
            older.push(found);
        }
        Ok(older)
    }

    /// A submission with the versions before and after it; the oldest first.
    fn versions(&self, record: &SubmissionRecord) -> Result<Vec<SubmissionRecord>, Fault> {
        let mut versions = self.older(record)?;
        versions.reverse();
        let mut next = record.superseded_by;
        versions.push(record.clone());
        while let Some(found) = next.map(|id| self.submission(id)).transpose()?.flatten() {
            next = found.superseded_by;
            versions.push(found);
        }
        Ok(versions)
    }

    /// Whom any version was routed to, and what each agency has of them. Those that this one went to stand first.
    fn collected(&self, record: &SubmissionRecord) -> Result<Vec<Collected>, Fault> {
        let mut all: Vec<Collected> = Vec::with_capacity(record.recipients.len());
        for recipient in &record.recipients {
            let delivery = self.delivery(&recipient.agency, record.index)?;
            all.push(Collected {
                recipient: recipient.agency.clone(),
                state: delivery.as_ref().map(|delivery| delivery.state),
                reported: delivery.is_some_and(|delivery| delivery.reported),
                versions: Vec::new(),
            });
        }
        for version in self.versions(record)? {
            for recipient in &version.recipients {
                let held = self.delivery(&recipient.agency, version.index)?;
                let held = held.is_some_and(|delivery| delivery.state.is_held());
                let known = all.iter_mut().find(|known| known.recipient == recipient.agency);
                match known {
                    Some(known) if held => known.versions.push(version.version),
                    Some(_) => {}
                    None => all.push(Collected {
                        recipient: recipient.agency.clone(),
                        state: None,
                        reported: false,
                        versions: if held { vec![version.version] } else { Vec::new() },
                    }),
                }
            }
        }
        Ok(all)
    }

    /// What replaced a submission, and why.
    pub(crate) fn superseded(
        &self,
        record: &SubmissionRecord,
        reader: &AgencyId,
    ) -> Result<Option<Replacement>, Fault> {
        let newer = record.superseded_by.map(|id| self.submission(id)).transpose()?.flatten();
        Ok(newer.and_then(|newer| {
            let reason = newer.replaces.as_ref()?.reason;
            Some(Replacement { submission: told(&newer, reader), version: newer.version, reason })
        }))
    }

    /// What a submission replaced, and why.
    pub(crate) fn replaced(
        &self,
        record: &SubmissionRecord,
        reader: &AgencyId,
    ) -> Result<Option<Replacement>, Fault> {
        let Some(replaces) = &record.replaces else { return Ok(None) };
        let older = self.submission(replaces.submission)?;
        Ok(older.map(|older| Replacement {
            submission: told(&older, reader),
            version: older.version,
            reason: replaces.reason,
        }))
    }
}

/// The id of a submission, for those who may use it.
fn told(record: &SubmissionRecord, reader: &AgencyId) -> Option<EntryId> {
    let routed = record.recipients.iter().any(|recipient| recipient.agency == *reader);
    (routed || record.identity.agency == *reader).then_some(record.id)
}
