//! The walk of a read up to its release, and the inbox around it.

use std::sync::Arc;

use concordat_core::clock::london_date;
use concordat_core::decision::{Act, Fact};
use concordat_core::entry::{Answered, Body, Judged};
use concordat_core::ids::{EntryId, ProfileId, PurposeId, SendKey};
use concordat_core::refusal::{DenyReason, Refusal};
use concordat_core::submission::{DeliveryRecord, DeliveryState, SubmissionRecord};
use concordat_policy::Permitted;
use concordat_store::{Appended, Precondition, Proposal, Store, Unmet};
use jiff::civil::Date;

use crate::authorise::Question;
use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::random;
use crate::refuse::Asked;
use crate::release::Fetched;
use crate::still::Ongoing;
use crate::stop::Stop;
use crate::versions::Replacement;

/// Which submission is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// By its id.
    Submission(EntryId),
    /// By the key it was sent under.
    Key(SendKey),
}

/// A page of an inbox.
#[derive(Debug, Clone)]
pub struct InboxPage {
    /// What lies there that the caller may know of.
    pub items: Vec<InboxItem>,
    /// Where the next page begins.
    pub next: Option<u64>,
    /// Whether business time is a demonstration's.
    pub demo_clock: bool,
}

/// One delivery in an inbox.
#[derive(Debug, Clone)]
pub struct InboxItem {
    /// The delivery.
    pub delivery: DeliveryRecord,
    /// What was delivered.
    pub record: SubmissionRecord,
    /// What it replaced.
    pub replaced: Option<Replacement>,
    /// What replaced it.
    pub superseded: Option<Replacement>,
    /// Whether it is there as a notice alone: the agency has collected it and policy shows it no longer.
    pub notice: bool,
}

/// Deliveries looked at between two chances for others to run.
const PAGE: usize = 128;

/// The longest reason for rejecting a delivery, in characters.
const REASON: usize = 200;

impl<S: Store> Flow<S> {
    pub(crate) async fn not_there(&self, caller: &Caller, id: Option<EntryId>) -> Stop {
        self.deny(caller, Asked { asked_for: id, request: None, denial: None }, Refusal::NotThere).await
    }

    /// What lies in the inbox of the caller's agency, as far as policy lets the caller know of it. What the caller
    /// may not know of does not show, not even as a page that is shorter or a place where the next begins. What the
    /// agency has collected and policy shows no longer stands there as a notice once it is superseded or taken back.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn inbox(&self, caller: &Caller, from: u64, limit: usize) -> Result<InboxPage, Stop> {
        let limit = limit.clamp(1, 1_000);
        let (mut at, mut items, mut next) = (from, Vec::new(), None);
        'pages: loop {
            let page = self.store.inbox(&caller.agency().id, at, PAGE)?;
            let full = page.len() == PAGE;
            for delivery in page {
                at = delivery.index.saturating_add(1);
                let Some(record) = self.submission(delivery.submission)? else { continue };
                let Some(notice) = self.shows(caller, &delivery, &record) else { continue };
                if items.len() == limit {
                    next = Some(delivery.index);
                    break 'pages;
                }
                let reader = &caller.agency().id;
                items.push(InboxItem {
                    replaced: self.replaced(&record, reader)?,
                    superseded: self.superseded(&record, reader)?,
                    notice,
                    delivery,
                    record,
                });
            }
            if !full {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(InboxPage { items, next, demo_clock: self.is_demo_clock() })
    }

    /// Whether a delivery shows to the caller, and if so whether as a notice alone.
    fn shows(&self, caller: &Caller, delivery: &DeliveryRecord, record: &SubmissionRecord) -> Option<bool> {
        let Err(asked) = self.judge(caller, record, Act::List, Some(record.purpose.clone())) else {
            return Some(false);
        };
        let has_news = record.superseded_by.is_some() || record.withdrawn.is_some();
        if !has_news || !delivery.state.is_held() {
            return None;
        }
        self.judge_then(caller, record, Act::List, &asked).map(|_| true)
    }

    /// Releases a return to the caller: the entry first, then the content, through every profile that applies; with
    /// it the decision, which must still hold ([`Flow::still`]) whenever a further part of it leaves.
    ///
    /// # Errors
    /// A refusal, recorded; [`Refusal::NotThere`] alike for what does not exist, for what was taken back and for what
    /// the caller may not know of. A fault of ours, with nothing released.
    pub async fn fetch(
        self: &Arc<Self>,
        caller: &Caller,
        submission: EntryId,
        purpose: Option<PurposeId>,
    ) -> Result<(Fetched, Ongoing), Stop> {
        let found = self.submission(submission)?.filter(|record| record.withdrawn.is_none());
        let Some(record) = found else {
            return Err(self.not_there(caller, Some(submission)).await);
        };
        let Some(routed) = routed_profiles(caller, &record) else {
            return Err(self.not_there(caller, Some(submission)).await);
        };
        let generation = self.generation();
        let permitted = match self.judge_under(&generation, caller, &record, Act::Read, purpose) {
            Ok(permitted) => permitted,
            Err(asked) => {
                let refusal = self.answer_to_denied(caller, &record, &asked);
                return Err(self.deny(caller, *asked, refusal).await);
            }
        };
        self.release(generation, caller, record, permitted, routed).await
    }

    /// A reader who may know of the record hears why; anyone else hears what they would of an invented id.
    fn answer_to_denied(&self, caller: &Caller, record: &SubmissionRecord, asked: &Asked) -> Refusal {
        let may_know = self.judge(caller, record, Act::List, Some(record.purpose.clone())).is_ok();
        match &asked.denial {
            Some(denial) if may_know => Refusal::Denied { reason: denial.reason },
            _ => Refusal::NotThere,
        }
    }

    /// Confirms or rejects a delivery to the caller's agency.
    ///
    /// # Errors
    /// A refusal: not there, or not in a state that allows it, or a reason that is too long. A fault of ours.
    pub async fn answer(
        &self,
        caller: &Caller,
        submission: EntryId,
        rejected: Option<String>,
    ) -> Result<u64, Stop> {
        if rejected.as_deref().is_some_and(|reason| !is_reason(reason)) {
            let text = "say in 1 to 200 characters on one line what is wrong with the file; no names, numbers or addresses of persons";
            let refusal = Refusal::Malformed { field: "reason", text: text.to_owned() };
            let asked = Asked { asked_for: Some(submission), request: None, denial: None };
            return Err(self.deny(caller, asked, refusal).await);
        }
        let is_theirs =
            |record: &SubmissionRecord| is_recipient(caller, record) && record.withdrawn.is_none();
        let Some(record) = self.submission(submission)?.filter(is_theirs) else {
            return Err(self.not_there(caller, Some(submission)).await);
        };
        let permitted = match self.judge(caller, &record, Act::List, Some(record.purpose.clone())) {
            Ok(permitted) => permitted,
            Err(asked) => return Err(self.deny(caller, *asked, Refusal::NotThere).await),
        };
        let states = vec![DeliveryState::Collected];
        let body = Body::Answered(Box::new(Answered {
            submission,
            index: record.index,
            by: caller.principal().clone(),
            rejected,
            judged: judged(caller, &permitted),
        }));
        let recipient = caller.agency().id.clone();
        let proposal = Proposal {
            preconditions: vec![
                Precondition::NotWithdrawn { submission },
                Precondition::Delivery { recipient, index: record.index, states },
            ],
            ..Proposal::of(random::entry_id()?, body)
        };
        match self.store.append(vec![proposal]).await? {
            Appended::Committed(committed) => Ok(committed.first().map_or(0, |first| first.index)),
            Appended::Unmet(Unmet::Withdrawn) => Err(self.not_there(caller, Some(submission)).await),
            Appended::Unmet(_) => {
                let refusal = Refusal::WrongState(
                    "fetch the return before you answer it; one that was answered stays answered",
                );
                let asked = Asked { asked_for: Some(submission), request: None, denial: None };
                Err(self.deny(caller, asked, refusal).await)
            }
        }
    }

    pub(crate) fn judge(
        &self,
        caller: &Caller,
        record: &SubmissionRecord,
        act: Act,
        purpose: Option<PurposeId>,
    ) -> Result<Permitted<()>, Box<Asked>> {
        self.judge_under(&self.generation(), caller, record, act, purpose)
    }

    pub(crate) fn judge_under(
        &self,
        generation: &Generation,
        caller: &Caller,
        record: &SubmissionRecord,
        act: Act,
        purpose: Option<PurposeId>,
    ) -> Result<Permitted<()>, Box<Asked>> {
        self.judge_on(self.today(), generation, caller, record, act, purpose)
    }

    /// As policy would have decided when the return was recorded, for the roles that the caller holds today: for what
    /// shows the caller no content, where policy of today does not allow it and does not forbid it outright either.
    pub(crate) fn judge_then(
        &self,
        caller: &Caller,
        record: &SubmissionRecord,
        act: Act,
        today: &Asked,
    ) -> Option<Permitted<()>> {
        let forbidden = today.denial.as_ref().is_none_or(|denial| {
            matches!(
                denial.reason,
                DenyReason::ExplicitDeny
                    | DenyReason::Withheld
                    | DenyReason::Suspended
                    | DenyReason::PolicyError
            )
        });
        if forbidden || caller.asker(self.today()).roles.is_empty() {
            return None;
        }
        let then = match self.generation_at(record.index) {
            Ok(then) => then,
            Err(fault) => {
                tracing::warn!(
                    reason = fault.operator(),
                    "policies of the past cannot be read: they allow nothing"
                );
                return None;
            }
        };
        let day = london_date(record.recorded_at);
        self.judge_on(day, &then, caller, record, act, Some(record.purpose.clone())).ok()
    }

    fn judge_on(
        &self,
        day: Date,
        generation: &Generation,
        caller: &Caller,
        record: &SubmissionRecord,
        act: Act,
        purpose: Option<PurposeId>,
    ) -> Result<Permitted<()>, Box<Asked>> {
        let question = Question {
            owner: &record.identity.agency,
            return_type: &record.identity.return_type,
            person_level: record.person_level,
            areas: &record.identity.areas,
            act,
            purpose,
            day,
        };
        let request = self.ask(generation, caller, &question);
        debug_assert!(!request.facts.contains(&Fact::BreakGlass));
        generation.policy.decide(&request, ()).map_err(|(denial, ())| {
            Box::new(Asked { asked_for: Some(record.id), request: Some(request), denial: Some(denial) })
        })
    }
}

pub(crate) fn judged(caller: &Caller, permitted: &Permitted<()>) -> Judged {
    Judged {
        request: permitted.request().clone(),
        grant: permitted.grant().clone(),
        assignment: Some(caller.assignment()),
    }
}

/// A reason stays in the log for ever, so it must hold nothing personal that can be recognised.
pub(crate) fn is_reason(reason: &str) -> bool {
    !reason.trim().is_empty()
        && reason.chars().count() <= REASON
        && !reason.chars().any(char::is_control)
        && concordat_catalogue::guard::scan(reason).is_empty()
}

fn is_recipient(caller: &Caller, record: &SubmissionRecord) -> bool {
    record.recipients.iter().any(|recipient| recipient.agency == caller.agency().id)
}

/// The profiles that routing fixed for the caller's agency; none for the owner. `None`: it was not routed there.
fn routed_profiles(caller: &Caller, record: &SubmissionRecord) -> Option<Vec<ProfileId>> {
    if record.identity.agency == caller.agency().id {
        return Some(Vec::new());
    }
    let recipient = record.recipients.iter().find(|recipient| recipient.agency == caller.agency().id)?;
    Some(recipient.profiles.clone())
}
