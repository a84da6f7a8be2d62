//! The walk of a read: authorise, an entry that says so, the payload, its projection. And the inbox around it.

use concordat_catalogue::content;
use concordat_core::apply::{Key, Row};
use concordat_core::decision::{Act, Fact};
use concordat_core::entry::{Answered, Body, Judged, Released};
use concordat_core::fault::Fault;
use concordat_core::ids::{EntryId, ProfileId, PurposeId, RuleId, SendKey};
use concordat_core::refusal::Refusal;
use concordat_core::submission::{DeliveryRecord, DeliveryState, SubmissionRecord};
use concordat_core::table::Table;
use concordat_policy::Permitted;
use concordat_store::{Appended, Precondition, Proposal, Store};

use crate::across::AcrossOf;
use crate::authorise::{Question, ask};
use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::random;
use crate::refuse::Asked;
use crate::stop::Stop;

/// Which submission is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// By its id.
    Submission(EntryId),
    /// By the key it was sent under.
    Key(SendKey),
}

/// What became of a submission.
#[derive(Debug, Clone)]
pub struct StatusOf {
    /// The submission.
    pub record: SubmissionRecord,
    /// Its deliveries.
    pub deliveries: Vec<DeliveryRecord>,
    /// How it stands beside the returns of other agencies.
    pub across: Vec<AcrossOf>,
    /// Whether business time is a demonstration's.
    pub demo_clock: bool,
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
}

/// A return as one reader may see it.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The submission.
    pub record: SubmissionRecord,
    /// Its tables, projected.
    pub tables: Vec<Table>,
    /// The profiles applied.
    pub profiles: Vec<ProfileId>,
    /// Fields withheld.
    pub withheld_fields: Vec<String>,
    /// Tables withheld whole.
    pub withheld_tables: Vec<String>,
    /// How many cells were suppressed.
    pub suppressed_cells: u32,
    /// The rules that allowed it.
    pub rules: Vec<RuleId>,
    /// The index of the entry that says so.
    pub index: u64,
}

/// Deliveries looked at between two chances for others to run.
const PAGE: usize = 128;

/// The longest reason for rejecting a delivery, in characters.
const REASON: usize = 200;

impl<S: Store> Flow<S> {
    /// What became of a submission of the caller's own agency.
    ///
    /// # Errors
    /// [`Refusal::NotThere`], recorded, when there is none or it is another agency's; a fault of ours.
    pub async fn status(&self, caller: &Caller, which: Which) -> Result<StatusOf, Stop> {
        let id = match which {
            Which::Submission(id) => Some(id),
            Which::Key(key) => match self.store.row(&Key::Sent(caller.agency().id.clone(), key))? {
                Some(Row::Sent(sent)) => Some(sent.submission),
                _ => None,
            },
        };
        let record = self.own(caller, id).await?;
        let mut deliveries = Vec::with_capacity(record.recipients.len());
        for recipient in &record.recipients {
            if let Some(Row::Delivery(delivery)) =
                self.store.row(&Key::Delivery(recipient.agency.clone(), record.index))?
            {
                deliveries.push(delivery);
            }
        }
        let across = self.across_of(&record)?;
        Ok(StatusOf { record, deliveries, across, demo_clock: self.is_demo_clock() })
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

    async fn not_there(&self, caller: &Caller, id: Option<EntryId>) -> Stop {
        self.deny(caller, Asked { asked_for: id, request: None, denial: None }, Refusal::NotThere).await
    }

    pub(crate) fn submission(&self, id: EntryId) -> Result<Option<SubmissionRecord>, Fault> {
        Ok(match self.store.row(&Key::Submission(id))? {
            Some(Row::Submission(record)) => Some(*record),
            _ => None,
        })
    }

    /// What lies in the inbox of the caller's agency, as far as policy lets the caller know of it. What the caller
    /// may not know of does not show, not even as a page that is shorter or a place where the next begins.
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
                if self.judge(caller, &record, Act::List, Some(record.purpose.clone())).is_err() {
                    continue;
                }
                if items.len() == limit {
                    next = Some(delivery.index);
                    break 'pages;
                }
                items.push(InboxItem { delivery, record });
            }
            if !full {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(InboxPage { items, next, demo_clock: self.is_demo_clock() })
    }

    /// Releases a return to the caller: the entry first, then the content, through every profile that applies.
    ///
    /// # Errors
    /// A refusal, recorded; [`Refusal::NotThere`] alike for what does not exist and for what the caller may not
    /// know of. A fault of ours, with nothing released.
    pub async fn fetch(
        &self,
        caller: &Caller,
        submission: EntryId,
        purpose: Option<PurposeId>,
    ) -> Result<Fetched, Stop> {
        let Some(record) = self.submission(submission)? else {
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
        self.release(&generation, caller, record, permitted, routed).await
    }

    /// A reader who may know of the record hears why; anyone else hears what they would of an invented id.
    fn answer_to_denied(&self, caller: &Caller, record: &SubmissionRecord, asked: &Asked) -> Refusal {
        let may_know = self.judge(caller, record, Act::List, Some(record.purpose.clone())).is_ok();
        match &asked.denial {
            Some(denial) if may_know => Refusal::Denied { reason: denial.reason },
            _ => Refusal::NotThere,
        }
    }

    async fn release(
        &self,
        generation: &Generation,
        caller: &Caller,
        record: SubmissionRecord,
        permitted: Permitted<()>,
        routed: Vec<ProfileId>,
    ) -> Result<Fetched, Stop> {
        let then = self.generation_at(record.index)?;
        let mut judged = judged(caller, &permitted);
        let rules = judged.grant.rules.clone();
        let granted = judged.grant.profiles.clone();
        judged.grant.profiles.extend(routed.iter().cloned());
        judged.grant.profiles.sort();
        judged.grant.profiles.dedup();
        let profiles = judged.grant.profiles.clone();
        let body = Body::Released(Box::new(Released {
            submission: record.id,
            index: record.index,
            to: caller.principal().clone(),
            judged,
        }));
        let logged = self.append_proposal(Proposal::of(random::entry_id()?, body)).await?;
        let mut fetched = Fetched {
            tables: Vec::new(),
            profiles,
            withheld_fields: Vec::new(),
            withheld_tables: Vec::new(),
            suppressed_cells: 0,
            rules,
            index: logged.index,
            record,
        };
        if !fetched.record.nil {
            let plain = self.store.payload(&logged.logged)?;
            let (_, _, tables) = content::decode(&plain).map_err(Fault::tampered)?;
            project(&mut fetched, tables, (&then, &routed), (generation, &granted))?;
        }
        Ok(fetched)
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
        let Some(record) = self.submission(submission)?.filter(|record| is_recipient(caller, record)) else {
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
            preconditions: vec![Precondition::Delivery { recipient, index: record.index, states }],
            ..Proposal::of(random::entry_id()?, body)
        };
        match self.store.append(vec![proposal]).await? {
            Appended::Committed(committed) => Ok(committed.first().map_or(0, |first| first.index)),
            Appended::Unmet(_) => {
                let refusal = Refusal::WrongState(
                    "fetch the return before you answer it; one that was answered stays answered",
                );
                let asked = Asked { asked_for: Some(submission), request: None, denial: None };
                Err(self.deny(caller, asked, refusal).await)
            }
        }
    }

    fn judge(
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
        let question = Question {
            owner: &record.identity.agency,
            return_type: &record.identity.return_type,
            person_level: record.person_level,
            areas: &record.identity.areas,
            act,
            purpose,
            day: self.today(),
        };
        let request = ask(generation, caller, &question);
        debug_assert!(!request.facts.contains(&Fact::BreakGlass));
        generation.policy.decide(&request, ()).map_err(|(denial, ())| {
            Box::new(Asked { asked_for: Some(record.id), request: Some(request), denial: Some(denial) })
        })
    }
}

/// Projects through what routing fixed under the policies of that time, then through what was granted now: never
/// wider than either, whatever became of a profile's file or of the type since.
fn project(
    fetched: &mut Fetched,
    tables: Vec<Table>,
    (then, routed): (&Generation, &[ProfileId]),
    (now, granted): (&Generation, &[ProfileId]),
) -> Result<(), Stop> {
    let digest = fetched.record.type_digest;
    let rtype = then.catalogue.types().iter().find(|rtype| rtype.digest == digest);
    let rtype = rtype.ok_or_else(|| {
        Fault::internal("the return type of a stored return is in no catalogue of its time")
    })?;
    let mut add = |seen: concordat_policy::Projection| {
        fetched.withheld_fields.extend(seen.dropped);
        fetched.withheld_tables.extend(seen.withheld_tables);
        fetched.suppressed_cells = fetched.suppressed_cells.saturating_add(seen.suppressed_cells);
        seen.tables
    };
    let tables = if routed.is_empty() {
        tables
    } else {
        add(crate::project::project(then.policy.bundle(), routed, rtype, &tables))
    };
    fetched.tables = add(crate::project::project(now.policy.bundle(), granted, rtype, &tables));
    Ok(())
}

fn judged(caller: &Caller, permitted: &Permitted<()>) -> Judged {
    Judged {
        request: permitted.request().clone(),
        grant: permitted.grant().clone(),
        assignment: Some(caller.assignment()),
    }
}

/// A reason stays in the log for ever, so it must hold nothing personal that can be recognised.
fn is_reason(reason: &str) -> bool {
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
