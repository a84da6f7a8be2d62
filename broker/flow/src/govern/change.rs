//! A change of policy: proposed by one person, approved by another, brought into force, and taken back.

use std::sync::Arc;

use concordat_catalogue::shown::in_words;
use concordat_catalogue::{Profiles, Shown, shown};
use concordat_core::decision::Act;
use concordat_core::entry::Body;
use concordat_core::fault::Fault;
use concordat_core::governance::{
    Answer, PolicyAnswered, PolicyChange, PolicyProposed, PolicyScheduled, ProposalRecord, ProposalState, Way,
};
use concordat_core::ids::PrincipalId;
use concordat_core::refusal::Refusal;
use concordat_policy::diff::{Diff, diff};
use concordat_store::{Payload, Proposal, Store};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::random;
use crate::stop::Stop;
use crate::upload::blocking;

use super::replay::Replayed;

/// How far back the log's decisions are made again for a proposal, in days.
pub const DAYS: u32 = 90;

/// How many entries are read for that, at most.
const ENTRIES: u64 = 50_000;

/// How many proposals of one person may be open: each is a whole folder in the log.
const OPEN: usize = 10;

/// The name under which the broker acts on its clock.
const BROKER: &str = "broker";

/// What a proposed change comes to, against the policies in force.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The index of the entry.
    pub index: u64,
    /// What is worth a second look.
    pub warnings: Vec<String>,
    /// Which rules change, and who gains and who loses what.
    pub diff: Diff,
    /// What return types say otherwise of their fields, so that readers see more or less of them.
    pub shown: Vec<Shown>,
    /// Every file that comes, goes or changes apart from those that policy decides by.
    pub other_files: Vec<String>,
    /// Which decisions of the last [`DAYS`] days would come out otherwise.
    pub replayed: Replayed,
}

impl Examined {
    /// Whether somebody may do more, or see more.
    #[must_use]
    pub fn widens(&self) -> bool {
        self.diff.widens() || self.shown.iter().any(Shown::widens)
    }

    /// What changes, in words.
    #[must_use]
    pub fn changes(&self) -> String {
        let mut text = self.diff.to_string();
        if self.shown.is_empty() {
            return text;
        }
        if self.diff.is_empty() {
            text.clear();
        } else if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&in_words(&self.shown));
        text
    }
}

/// What was answered to a proposal.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The index of the entry.
    pub index: u64,
    /// What an approval approved of.
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

pub(super) fn examine(old: &Generation, new: &Generation, today: Date) -> Examined {
    let file = |generation: &Generation, path: &str| {
        generation.files.iter().find(|(name, _)| name == path).map(|(_, bytes)| bytes.clone())
    };
    let mut paths: Vec<&String> = old.files.iter().chain(&new.files).map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    let other_files = paths.into_iter().filter(|path| !decides(path)).filter_map(|path| {
        match (file(old, path), file(new, path)) {
            (Some(_), None) => Some(format!("{path} (goes)")),
            (None, Some(_)) => Some(format!("{path} (comes)")),
            (was, now) => (was != now).then(|| path.clone()),
        }
    });
    Examined {
        index: 0,
        warnings: warnings(old, new, today),
        diff: diff(old.policy.bundle(), new.policy.bundle(), today),
        shown: shown_by(old, new),
        other_files: other_files.collect(),
        replayed: Replayed::default(),
    }
}

/// What return types say otherwise of what readers see, by the new profiles.
fn shown_by(old: &Generation, new: &Generation) -> Vec<Shown> {
    let bundle = new.policy.bundle();
    let profiles = Profiles {
        showing_more: &|field, was, now| bundle.showing_more(field, was, now),
        suppressing: bundle.suppressing(),
    };
    shown(&old.catalogue, &new.catalogue, &profiles)
}

/// The files that policy decides by: what they say otherwise, the difference tells.
fn decides(path: &str) -> bool {
    path.starts_with("profiles/")
        || path.starts_with("suppression/")
        || matches!(path, "agreements.toml" | "by-hand.csv" | "rules.csv" | "roles.csv" | "purposes.toml")
}

fn warnings(old: &Generation, new: &Generation, today: Date) -> Vec<String> {
    let bundle = new.policy.bundle().warnings(today);
    let mut warnings: Vec<String> = bundle.iter().map(ToString::to_string).collect();
    let (was, now) = (golden_decisions(old), golden_decisions(new));
    if now < was {
        warnings.push(format!(
            "golden decisions go: {was} before, {now} then; what none of them speaks of is no longer held by a case"
        ));
    }
    warnings
}

/// How many lines the cases have, heads and blank ones left out.
fn golden_decisions(generation: &Generation) -> usize {
    let cases =
        generation.files.iter().filter(|(path, _)| path.starts_with("cases/") && path.ends_with(".csv"));
    cases
        .map(|(_, bytes)| bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).skip(1).count())
        .sum()
}

fn wrong_state(text: &'static str) -> Stop {
    Stop::Refused(Refusal::WrongState(text))
}

impl<S: Store> Flow<S> {
    /// Proposes the files of a policies folder: they are built, their golden decisions run, and what they would
    /// change is worked out; nothing comes into force, and where one only looks nothing is recorded either.
    ///
    /// # Errors
    /// A recorded refusal; [`Refusal::Malformed`] with everything that is wrong with the files; a fault of ours.
    pub async fn propose_policies(
        self: &Arc<Self>,
        caller: &Caller,
        files: Vec<(String, Vec<u8>)>,
        reason: String,
        only_look: bool,
    ) -> Result<Examined, Stop> {
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

    /// Approves or rejects another's proposal, or takes an own one back.
    ///
    /// # Errors
    /// A recorded refusal; [`Refusal::WrongState`] for one's own proposal, and for one that is not open; a fault.
    pub async fn answer_proposal(
        self: &Arc<Self>,
        caller: &Caller,
        proposal: u64,
        answer: Answer,
        reason: String,
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
        let by = caller.principal().to_string();
        let body = PolicyAnswered { proposal, answer, base, reason, by, judged: Some(judged) };
        let index = self.append_one(Body::PolicyAnswered(Box::new(body))).await?;
        Ok(Answered { index, examined: examined.map(|examined| Examined { index, ..examined }) })
    }

    /// What a generation would change, the decisions of the last days included.
    async fn examined_with_log(self: &Arc<Self>, generation: &Arc<Generation>) -> Result<Examined, Stop> {
        let (flow, new) = (Arc::clone(self), Arc::clone(generation));
        // reading the log, and every request there could be, is work for a thread that serves nobody else
        blocking(move || {
            let replayed = flow.replay_under(&new, DAYS, ENTRIES)?;
            Ok(Examined { replayed, ..flow.examined(&new)? })
        })
        .await?
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
                return Err(Stop::Refused(Refusal::Malformed { field: "at", text }));
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
        self.bring_into_force(generation, by, Some(change)).await
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
            return Err(Stop::Refused(Refusal::Malformed { field: "policies", text }));
        }
        let change = PolicyChange { reason, way: Way::RolledBack { to }, judged: Some(judged) };
        let index = self.bring_into_force(generation, &caller.principal().to_string(), Some(change)).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Arc;

    fn files(under: &Path, root: &Path, into: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(under).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, root, into);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                into.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }

    fn generation(file: &str, from: &str, to: &str) -> Arc<Generation> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let mut all = Vec::new();
        files(&root, &root, &mut all);
        let (_, bytes) = all.iter_mut().find(|(path, _)| path == file).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{from}");
        *bytes = text.replacen(from, to, 1).into_bytes();
        Generation::build(all).unwrap()
    }

    const EXTRACT: &str = "returns/ssda903-extract.toml";
    const UPN: &str = "name = \"UPN\", kind = \"text\", required = true, class = \"identifier\"";

    #[test]
    fn a_field_that_is_classed_otherwise_is_told_with_the_profiles_that_show_it_then() {
        let old = generation(EXTRACT, UPN, UPN);
        let new = generation(EXTRACT, UPN, &UPN.replace("identifier", "operational"));
        let found = shown_by(&old, &new);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].fields, ["header.UPN"]);
        assert!(found[0].through.iter().any(|profile| profile == "degraded"), "{found:?}");
        let back = shown_by(&new, &old);
        assert_eq!((back.len(), back[0].through.as_slice()), (1, [].as_slice()), "{back:?}");
        assert!(shown_by(&old, &old).is_empty());
    }

    #[test]
    fn a_count_that_is_called_a_word_is_told_with_the_profiles_that_suppress() {
        const TYPE: &str = "returns/marac-quarterly.toml";
        let (old, new) =
            (generation(TYPE, "class", "class"), generation(TYPE, "kind = \"count\"", "kind = \"number\""));
        let found = shown_by(&old, &new);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].through.iter().any(|profile| profile == "dfe"), "{found:?}");
    }

    #[test]
    fn a_type_that_goes_to_more_kinds_is_told_and_one_that_goes_to_fewer_widens_nothing() {
        const TYPE: &str = "returns/lado-notification.toml";
        let old = generation(TYPE, "areas = \"shared\"", "areas = \"shared\"");
        let new = generation(TYPE, "areas = \"shared\"", "areas = \"any\"");
        let found = shown_by(&old, &new);
        assert!(found.len() == 1 && found[0].widens(), "{found:?}");
        let back = shown_by(&new, &old);
        assert!(back.len() == 1 && !back[0].widens(), "{back:?}");
    }
}
