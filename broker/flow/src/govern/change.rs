//! A change of policy: proposed by one person, approved by another, brought into force, and taken back.

use std::sync::Arc;

use concordat_core::decision::Act;
use concordat_core::entry::Body;
use concordat_core::fault::Fault;
use concordat_core::governance::{
    Answer, PolicyAnswered, PolicyChange, PolicyProposed, PolicyScheduled, ProposalRecord, ProposalState, Way,
};
use concordat_core::ids::PrincipalId;
use concordat_core::refusal::Refusal;
use concordat_store::{Payload, Proposal, Store};
use jiff::Timestamp;

use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::random;
use crate::stop::{Stop, malformed, wrong_state};

use super::examine::Examined;

/// How many proposals of one person may be open: each is a whole folder in the log.
const OPEN: usize = 10;

/// The name under which the broker acts on its clock.
const BROKER: &str = "broker";

/// The files of a policies folder as somebody sends them.
#[derive(Debug)]
pub struct Sent {
    /// Paths in the folder, with their contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// Why; nothing about persons.
    pub reason: String,
    /// Whether they are only looked at: nothing is recorded then.
    pub only_look: bool,
}

/// What was answered to a proposal.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The index of the entry; 0 for a look.
    pub index: u64,
    /// What an approval approved of, or would.
    pub examined: Option<Examined>,
}

/// How a change came into force, or when it will.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activated {
    /// The index of the entry.
    pub index: u64,
    /// When it comes into force; it is in force where absent.
    pub at: Option<Timestamp>,
}

impl<S: Store> Flow<S> {
    /// Proposes the files of a policies folder: they are built, their golden decisions run, and what they would
    /// change is worked out; nothing comes into force, and where one only looks nothing is recorded either.
    ///
    /// # Errors
    /// A recorded refusal; [`Refusal::Malformed`] with everything that is wrong with the files; a fault of ours.
    pub async fn propose_policies(self: &Arc<Self>, caller: &Caller, sent: Sent) -> Result<Examined, Stop> {
        let Sent { files, reason, only_look } = sent;
        let judged = self.may_govern(caller, Act::PolicyPropose).await?;
        Self::check_reason(&reason)?;
        let _turn = self.govern_turn.lock().await;
        let generation = self.build(files)?;
        if generation.files == self.generation().files {
            return Err(wrong_state("these files are in force already: nothing would change"));
        }
        let examined = self.examined_with_log(&generation).await?;
        if only_look {
            return Ok(examined);
        }
        let governance = self.governance()?;
        let own =
            governance.proposals.iter().filter(|one| one.state.is_open() && one.by == *caller.principal());
        if own.count() >= OPEN {
            return Err(wrong_state(
                "you have 10 proposals that are open: take one back before you propose another",
            ));
        }
        let id = random::entry_id()?;
        let body = Body::PolicyProposed(Box::new(PolicyProposed {
            policy: generation.policy.digest(),
            catalogue: generation.catalogue.digest(),
            files: generation.digests(),
            reason,
            by: caller.principal().clone(),
            judged,
        }));
        let payload = Some(Payload::Sealed(self.seal_bundle(id, &generation)?));
        let committed = self.append_proposal(Proposal { payload, ..Proposal::of(id, body) }).await?;
        Ok(Examined { index: committed.index, ..examined })
    }

    /// Approves or rejects another's proposal, or takes an own one back; where one only looks, nothing is recorded.
    ///
    /// # Errors
    /// A recorded refusal; [`Refusal::WrongState`] for one's own proposal, and for one that is not open; a fault.
    pub async fn answer_proposal(
        self: &Arc<Self>,
        caller: &Caller,
        proposal: u64,
        answer: Answer,
        reason: String,
        only_look: bool,
    ) -> Result<Answered, Stop> {
        let act = if answer == Answer::TakenBack { Act::PolicyPropose } else { Act::PolicyApprove };
        let judged = self.may_govern(caller, act).await?;
        Self::check_reason(&reason)?;
        let _turn = self.govern_turn.lock().await;
        let record = self.proposal(proposal)?;
        let own = record.by == *caller.principal();
        let base = self.loaded_by()?;
        match (answer, own, &record.state) {
            (Answer::Approved, true, _) => {
                return Err(wrong_state("who proposed a change cannot approve it: another person must"));
            }
            (Answer::TakenBack, false, _) => {
                return Err(wrong_state("only who proposed a change can take it back; you can reject it"));
            }
            (_, _, ProposalState::Ended(_) | ProposalState::InForce { .. }) => {
                return Err(wrong_state("this proposal is not open any more; propose the change anew"));
            }
            (Answer::Approved, _, ProposalState::Approved { base: then, .. }) if *then == base => {
                return Err(wrong_state("this proposal is approved already; activate it"));
            }
            _ => {}
        }
        // what is approved must still be sound, and is shown as it would change what is in force now
        let examined = match answer {
            Answer::Approved => Some(self.examined_with_log(&self.build_recorded(proposal)?).await?),
            _ => None,
        };
        if only_look {
            return Ok(Answered { index: 0, examined });
        }
        let by = caller.principal().to_string();
        let body = PolicyAnswered { proposal, answer, base, reason, by, judged: Some(judged) };
        let index = self.append_one(Body::PolicyAnswered(Box::new(body))).await?;
        Ok(Answered { index, examined: examined.map(|examined| Examined { index, ..examined }) })
    }

    /// Brings an approved proposal into force, now or at a time to come.
    ///
    /// # Errors
    /// A recorded refusal; [`Refusal::WrongState`] where it is not approved, or was approved under other policies
    /// than are in force now; [`Refusal::Malformed`] for a time that is past; a fault, with the old ones in force.
    pub async fn activate_proposal(
        &self,
        caller: &Caller,
        proposal: u64,
        at: Option<Timestamp>,
    ) -> Result<Activated, Stop> {
        let act = if self.may_any(caller, &[Act::PolicyPropose])? {
            Act::PolicyPropose
        } else {
            Act::PolicyApprove
        };
        let judged = self.may_govern(caller, act).await?;
        let _turn = self.govern_turn.lock().await;
        let record = self.proposal(proposal)?;
        self.check_approved(&record)?;
        if let Some(at) = at {
            if at <= self.now() {
                let text = "the time is past; leave it out to activate now".to_owned();
                return Err(malformed("at", text));
            }
            let by = caller.principal().clone();
            let body = Body::PolicyScheduled(Box::new(PolicyScheduled { proposal, at, by, judged }));
            return Ok(Activated { index: self.append_one(body).await?, at: Some(at) });
        }
        let index = self.activate(&record, &caller.principal().to_string(), Some(judged)).await?;
        Ok(Activated { index, at: None })
    }

    /// Who approved a proposal, if it was approved under the policies that are in force and neither of the two is
    /// suspended since.
    fn check_approved(&self, record: &ProposalRecord) -> Result<String, Stop> {
        if let ProposalState::Approved { by, .. } = &record.state {
            let suspensions = self.suspensions.load();
            let approver: Option<PrincipalId> = by.parse().ok();
            // whoever cannot be told from the suspended is taken for one of them
            if suspensions.holds(&record.by) || approver.is_none_or(|by| suspensions.holds(&by)) {
                return Err(wrong_state(
                    "who proposed or approved this is suspended: have the suspension reviewed, or the change proposed anew",
                ));
            }
        }
        match &record.state {
            ProposalState::Approved { by, base, .. } if *base == self.loaded_by()? => Ok(by.clone()),
            ProposalState::Approved { .. } => Err(wrong_state(
                "other policies came into force since this was approved: have it approved again, against those",
            )),
            ProposalState::Proposed => {
                Err(wrong_state("this proposal waits for its approval by a second person"))
            }
            _ => Err(wrong_state("this proposal is not open any more; propose the change anew")),
        }
    }

    async fn activate(
        &self,
        record: &ProposalRecord,
        by: &str,
        judged: Option<concordat_core::entry::Judged>,
    ) -> Result<u64, Stop> {
        let approved_by = self.check_approved(record)?;
        let generation = self.build_recorded(record.index)?;
        let way = Way::Approved { proposal: record.index, proposed_by: record.by.clone(), approved_by };
        let change = PolicyChange { reason: record.reason.clone(), way, judged };
        self.bring_into_force(generation, by, change).await
    }

    /// Brings into force what was scheduled for now or before. What cannot come into force lapses, and says so.
    pub(crate) async fn activate_scheduled(&self) -> Result<u32, Stop> {
        let _turn = self.govern_turn.lock().await;
        let (now, mut activated) = (self.now(), 0);
        for record in self.governance()?.proposals {
            let ProposalState::Approved { at: Some(at), .. } = record.state else { continue };
            if at > now {
                continue;
            }
            match self.activate(&record, BROKER, None).await {
                Ok(_) => activated += 1,
                Err(Stop::Failed(fault)) => return Err(Stop::Failed(fault)),
                Err(Stop::Refused(refusal) | Stop::Denied { refusal, .. }) => {
                    tracing::error!(
                        proposal = record.index,
                        code = refusal.code(),
                        "a scheduled change of policy could not come into force; what was in force stays"
                    );
                    let reason = match refusal {
                        Refusal::WrongState(text) => text,
                        _ => "its files are not sound any more",
                    };
                    self.lapse(record.index, reason).await?;
                }
            }
        }
        Ok(activated)
    }

    async fn lapse(&self, proposal: u64, reason: &str) -> Result<u64, Stop> {
        let body = PolicyAnswered {
            proposal,
            answer: Answer::Lapsed,
            base: self.loaded_by()?,
            reason: reason.to_owned(),
            by: BROKER.to_owned(),
            judged: None,
        };
        self.append_one(Body::PolicyAnswered(Box::new(body))).await
    }

    /// Brings the policies of before into force again, where that lets nobody do more than now: one person may, at
    /// once, and another reviews it.
    ///
    /// # Errors
    /// A recorded refusal; [`Refusal::WrongState`] where there were none before; [`Refusal::Malformed`] listing who
    /// would gain what; a fault, with what was in force still so.
    pub async fn roll_back_policies(&self, caller: &Caller, reason: String) -> Result<Examined, Stop> {
        let judged = self.may_govern(caller, Act::PolicyApprove).await?;
        Self::check_reason(&reason)?;
        let _turn = self.govern_turn.lock().await;
        let before = self.before_these()?;
        let to = before.ok_or_else(|| wrong_state("there were no policies before these"))?;
        let generation: Arc<Generation> = self.build_recorded(to)?;
        let examined = self.examined(&generation)?;
        if examined.widens() {
            let text = format!(
                "the policies of entry {to} would let somebody do more than now; propose them instead, so that a \
                 second person approves:\n{}",
                examined.changes()
            );
            return Err(malformed("policies", text));
        }
        let change = PolicyChange { reason, way: Way::RolledBack { to }, judged: Some(judged) };
        let index = self.bring_into_force(generation, &caller.principal().to_string(), change).await?;
        Ok(Examined { index, ..examined })
    }

    /// The entry of the policies before those in force. What a rollback brought back counts as what it was, so that
    /// another one leads further back and not to what was rolled back.
    fn before_these(&self) -> Result<Option<u64>, Fault> {
        let mut index = self.loaded_by()?;
        while let Some(Body::PolicyLoaded(loaded)) = self.store.entry(index)?.map(|entry| entry.body) {
            match loaded.change.map(|change| change.way) {
                Some(Way::RolledBack { to }) if to < index => index = to,
                _ => break,
            }
        }
        Ok(self.standing()?.policies.iter().rev().find(|other| **other < index).copied())
    }

    /// The index of the entry that brought into force what is.
    pub(super) fn loaded_by(&self) -> Result<u64, Fault> {
        let index = self.standing()?.policy_index;
        index.ok_or_else(|| Fault::internal("the log loaded no policies"))
    }
}
