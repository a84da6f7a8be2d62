//! A return taken back: it is in force no longer, nobody fetches it any more, and the log keeps that it was there.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use concordat_core::decision::Act;
use concordat_core::entry::{Body, Judged};
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, EntryId, PrincipalId};
use concordat_core::refusal::Refusal;
use concordat_core::submission::{Covers, SubmissionRecord};
use concordat_core::withdrawal::{Recalled, WithdrawReason, Withdrawn};
use concordat_policy::Permitted;
use concordat_store::{Appended, Committed, Precondition, Proposal, Store, Unmet};
use jiff::Timestamp;

use crate::identify::Caller;
use crate::open::Flow;
use crate::random;
use crate::read::judged;
use crate::refuse::Asked;
use crate::stop::Stop;

/// What the sender is told of a return that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// The submission that was in force.
    pub submission: EntryId,
    /// Its version.
    pub version: u32,
    /// How many versions were taken back, this one included.
    pub versions: usize,
    /// Why.
    pub reason: WithdrawReason,
    /// The index of the entry that says so.
    pub index: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The agencies that have a version in their hands: their inboxes tell them.
    pub held_by: Vec<AgencyId>,
    /// The agencies that never collected any: they cannot any more.
    pub spared: Vec<AgencyId>,
    /// What is left of the content.
    pub left: Left,
}

/// What is left of the content of a return that was taken back. Nobody can fetch it in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// There was none: a nil.
    Nothing,
    /// The keys of its content are destroyed and its files removed: nobody can open it again.
    Erased,
    /// Erasing it failed and is tried again until it succeeds.
    Erasing,
    /// It stays in the log, sealed.
    Kept,
}

impl Left {
    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Left::Nothing => "nothing",
            Left::Erased => "erased",
            Left::Erasing => "erasing",
            Left::Kept => "kept",
        }
    }
}

impl<S: Store> Flow<S> {
    /// Takes back the version in force of a return of the caller's own agency, with every version it superseded.
    ///
    /// # Errors
    /// A refusal, recorded: [`Refusal::NotThere`] for what does not exist or is not the caller's to know of,
    /// [`Refusal::NotInForce`] for a version that was superseded, [`Refusal::Withdrawn`] for one taken back before.
    /// A fault of ours: whether it was recorded is then unknown.
    pub async fn withdraw(
        &self,
        caller: &Caller,
        submission: EntryId,
        reason: WithdrawReason,
    ) -> Result<TakenBack, Stop> {
        let found = self.submission(submission)?;
        let Some(record) = found.filter(|record| record.identity.agency == caller.agency().id) else {
            return Err(self.not_there(caller, Some(submission)).await);
        };
        let permitted = self.may_withdraw(caller, &record).await?;
        let older = self.older(&record)?;
        let contents = std::iter::once(&record).chain(&older).filter(|version| !version.nil).count();
        let body =
            withdrawn(&record, &older, reason, (caller.principal().clone(), judged(caller, &permitted)));
        let identity = body.identity.clone();
        let proposal = Proposal {
            preconditions: vec![Precondition::StillInForce { identity: identity.clone(), submission }],
            ..Proposal::of(random::entry_id()?, Body::Withdrawn(Box::new(body.clone())))
        };
        let committed = match self.store.append(vec![proposal]).await? {
            Appended::Committed(committed) => committed.into_iter().next(),
            Appended::Unmet(unmet) => return Err(self.not_withdrawn(caller, submission, unmet).await),
        };
        let committed = committed.ok_or_else(|| Fault::internal("a commit recorded nothing"))?;
        if matches!(identity.covers, Covers::Period(_))
            && self.record_of(&identity)?.is_some_and(|record| record.overdue_at.is_some())
        {
            self.overdue.write().unwrap_or_else(PoisonError::into_inner).insert(identity);
        }
        let left = self.erase(committed.index, &body, contents).await;
        self.taken_back(submission, body, &committed, left)
    }

    /// Whoever may send a return may take it back, and whoever might have sent it on the day it was sent: an
    /// agreement that has ended must not keep it out. It gives nothing to anybody.
    async fn may_withdraw(&self, caller: &Caller, record: &SubmissionRecord) -> Result<Permitted<()>, Stop> {
        let act = if record.nil { Act::DeclareNil } else { Act::Submit };
        let asked = match self.judge(caller, record, act, Some(record.purpose.clone())) {
            Ok(permitted) => return Ok(permitted),
            Err(asked) => asked,
        };
        if let Some(permitted) = self.judge_then(caller, record, act, &asked) {
            return Ok(permitted);
        }
        let may_know = [Act::Read, Act::List]
            .into_iter()
            .any(|act| self.judge(caller, record, act, Some(record.purpose.clone())).is_ok());
        let refusal = match &asked.denial {
            Some(denial) if may_know => Refusal::Denied { reason: denial.reason },
            _ => Refusal::NotThere,
        };
        Err(self.deny(caller, *asked, refusal).await)
    }

    async fn not_withdrawn(&self, caller: &Caller, submission: EntryId, unmet: Unmet) -> Stop {
        let refusal = match unmet {
            Unmet::Withdrawn => Refusal::Withdrawn,
            Unmet::NotInForce => Refusal::NotInForce,
            other => {
                let what = format!("a withdrawal met a precondition of another act: {other:?}");
                return Stop::Failed(Fault::internal(what));
            }
        };
        let asked = Asked { asked_for: Some(submission), request: None, denial: None };
        self.deny(caller, asked, refusal).await
    }

    fn taken_back(
        &self,
        submission: EntryId,
        body: Withdrawn,
        committed: &Committed,
        left: Left,
    ) -> Result<TakenBack, Stop> {
        let (mut held_by, mut all) = (Vec::new(), Vec::new());
        for recalled in &body.submissions {
            for recipient in &recalled.recipients {
                let delivery = self.delivery(recipient, recalled.index)?;
                if delivery.is_some_and(|delivery| delivery.state.is_held()) {
                    held_by.push(recipient.clone());
                }
                all.push(recipient.clone());
            }
        }
        for agencies in [&mut held_by, &mut all] {
            agencies.sort();
            agencies.dedup();
        }
        all.retain(|agency| !held_by.contains(agency));
        Ok(TakenBack {
            submission,
            version: body.version,
            versions: body.submissions.len(),
            reason: body.reason,
            index: committed.index,
            recorded_at: committed.recorded_at,
            held_by,
            spared: all,
            left,
        })
    }

    /// Erases what a durable withdrawal says is erased, of so many submissions with content.
    async fn erase(&self, index: u64, body: &Withdrawn, contents: usize) -> Left {
        let erases = body.submissions.iter().filter(|recalled| recalled.erases).count();
        if erases > 0 {
            self.erase_later(index);
            self.erase_withdrawn().await;
        }
        match contents {
            0 => Left::Nothing,
            contents if erases < contents => Left::Kept,
            _ if self.erasing().contains(&index) => Left::Erasing,
            _ => Left::Erased,
        }
    }

    fn erasing(&self) -> BTreeSet<u64> {
        self.erasing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn erase_later(&self, index: u64) {
        self.erasing.lock().unwrap_or_else(PoisonError::into_inner).insert(index);
    }

    /// Erases what is still to be erased; what fails is tried again by the watch.
    pub(crate) async fn erase_withdrawn(&self) {
        for index in self.erasing() {
            if let Ok(Some(entry)) = self.store.entry(index) {
                // rewriting the key ring takes its time, and not on a thread that serves others
                for submission in doomed(&entry.body) {
                    self.forget(submission).await;
                }
            }
            self.erase_now(index);
        }
    }

    fn erase_now(&self, index: u64) {
        match self.store.erase(index) {
            Ok(()) => drop(self.erasing.lock().unwrap_or_else(PoisonError::into_inner).remove(&index)),
            Err(fault) => {
                tracing::warn!(index, reason = fault.operator(), "what was taken back is not erased yet");
            }
        }
    }

    /// Erases at start what a stop between the entry and the erasure has left, and what came back with older copies.
    pub(crate) fn finish_erasures(&self) -> Result<(), Fault> {
        for index in self.store.withdrawals()? {
            let entry = self.store.entry(index)?;
            if entry.is_some_and(|entry| doomed(&entry.body).next().is_some()) {
                self.erase_later(index);
                self.erase_now(index);
            }
        }
        Ok(())
    }
}

/// The submissions whose contents a withdrawal erases.
fn doomed(body: &Body) -> impl Iterator<Item = EntryId> {
    let submissions = match body {
        Body::Withdrawn(withdrawn) => withdrawn.submissions.as_slice(),
        _ => &[],
    };
    submissions.iter().filter(|recalled| recalled.erases).map(|recalled| recalled.submission)
}

/// The entry's words, of the version in force and those it superseded.
fn withdrawn(
    in_force: &SubmissionRecord,
    older: &[SubmissionRecord],
    reason: WithdrawReason,
    (by, judged): (PrincipalId, Judged),
) -> Withdrawn {
    let recalled = |record: &SubmissionRecord| Recalled {
        submission: record.id,
        index: record.index,
        recipients: record.recipients.iter().map(|recipient| recipient.agency.clone()).collect(),
        // only what is about persons has a key of its own
        erases: reason == WithdrawReason::ContainsPersonalData && record.person_level && !record.nil,
    };
    Withdrawn {
        identity: in_force.identity.clone(),
        version: in_force.version,
        submissions: std::iter::once(in_force).chain(older).map(recalled).collect(),
        reason,
        by,
        judged,
    }
}
