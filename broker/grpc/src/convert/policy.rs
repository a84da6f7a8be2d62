//! How policy is looked after.

use concordat_core::decision::{Act, DecisionRequest};
use concordat_core::governance::{Alone, AloneRecord, Answer, ProposalRecord, ProposalState, Subject, Way};
use concordat_core::refusal::{DenyReason, Refusal};
use concordat_flow::{
    Activated, Answered, AskedOf, Examined, Explained, May, Mine, NearMiss, PolicyStanding, Replayed, Sent,
};
use concordat_proto::v1 as wire;

use super::{malformed, name, optional, text_of, texts};

/// The most files of a policies folder in one message.
const FILES: usize = 2_000;

/// How policy stands.
#[must_use]
pub fn standing(standing: PolicyStanding) -> wire::PolicyStandingReply {
    let PolicyStanding { in_force, governance, governed, demo_clock } = standing;
    let way = |way: &Way| match way {
        Way::Approved { .. } => "approved",
        Way::RolledBack { .. } => "rolled_back",
        Way::Emergency => "emergency",
        Way::Founding => "founding",
    };
    let change = in_force.loaded.change.as_deref();
    let mut reply = wire::PolicyStandingReply {
        index: in_force.index,
        since: in_force.since.to_string(),
        by: in_force.loaded.by.clone(),
        policy: in_force.loaded.policy.to_string(),
        catalogue: in_force.loaded.catalogue.to_string(),
        way: change.map(|change| way(&change.way)).unwrap_or_default().to_owned(),
        reason: change.map(|change| change.reason.clone()).unwrap_or_default(),
        governed,
        open_told: governance.is_some(),
        demo_clock,
        ..Default::default()
    };
    if let Some(governance) = governance {
        reply.proposals =
            governance.proposals.into_iter().map(|record| proposal(record, in_force.index)).collect();
        reply.alone = governance.alone.into_iter().map(alone).collect();
    }
    reply
}

fn proposal(record: ProposalRecord, in_force: u64) -> wire::PolicyProposal {
    let state = record.state.as_str().to_owned();
    let (approved_by, at, stale) = match record.state {
        ProposalState::Approved { by, base, at } => (by, text_of(at), base != in_force),
        _ => Default::default(),
    };
    wire::PolicyProposal {
        index: record.index,
        proposed_at: record.proposed_at.to_string(),
        by: record.by.to_string(),
        reason: record.reason,
        policy: record.policy.to_string(),
        state,
        approved_by,
        at,
        stale,
    }
}

fn alone(record: AloneRecord) -> wire::AloneAct {
    let (act, subject) = match record.act {
        Alone::Suspension(subject) => ("suspension", subject.to_string()),
        Alone::Rollback => ("rollback", String::new()),
        Alone::EmergencyLoad => ("emergency_load", String::new()),
    };
    wire::AloneAct {
        index: record.index,
        at: record.at.to_string(),
        by: record.by,
        reason: record.reason,
        act: act.to_owned(),
        subject,
        reviewed: record.review.is_some(),
        stands: record.review.as_ref().is_none_or(|review| review.stands),
        reviewed_by: record.review.map(|review| review.by).unwrap_or_default(),
    }
}

/// Files of a policies folder.
#[must_use]
pub fn files(
    (index, policy, files): (u64, concordat_core::ids::Digest, Vec<(String, Vec<u8>)>),
) -> wire::PolicyFilesReply {
    let files = files.into_iter().map(|(path, content)| wire::PolicyFile { path, content }).collect();
    wire::PolicyFilesReply { index, policy: policy.to_string(), files }
}

/// Reads a proposal: the files, and why.
///
/// # Errors
/// [`Refusal::Malformed`] for too many files, a path twice, or one that leads out of its folder.
pub fn proposed(request: wire::ProposeRequest) -> Result<Sent, Refusal> {
    if request.files.len() > FILES {
        return Err(malformed("files", format!("send at most {FILES} files")));
    }
    let mut files: Vec<(String, Vec<u8>)> =
        request.files.into_iter().map(|file| (file.path, file.content)).collect();
    files.sort();
    let leads_out = |path: &str| {
        path.is_empty()
            || path.len() > 200
            || path.starts_with('/')
            || path.contains(['\\', '\0', '\n'])
            || path.split('/').any(|part| matches!(part, "" | "." | ".."))
    };
    if files.iter().any(|(path, _)| leads_out(path)) {
        return Err(malformed("files", "give each path relative to the policies folder, such as rules.csv"));
    }
    if files.iter().zip(files.iter().skip(1)).any(|((one, _), (next, _))| one == next) {
        return Err(malformed("files", "send each path once"));
    }
    Ok(Sent { files, reason: request.reason, only_look: request.only_look })
}

/// What a change comes to.
#[must_use]
pub fn examined(examined: Examined) -> wire::ExaminedReply {
    wire::ExaminedReply {
        index: examined.index,
        widens: examined.widens(),
        changes: examined.changes(),
        warnings: examined.warnings,
        other_files: examined.other_files,
        decisions: examined.replayed.decisions,
        days: concordat_flow::govern::DAYS,
        changed: changed(&examined.replayed),
    }
}

/// Alike ones together, in the order of their first.
fn changed(replayed: &Replayed) -> Vec<wire::ChangedDecisions> {
    let mut all: Vec<wire::ChangedDecisions> = Vec::new();
    for one in &replayed.differ {
        let same = |other: &&mut wire::ChangedDecisions| {
            other.agency == one.agency.as_str()
                && other.asked == one.asked
                && other.owner == text_of(one.owner.as_ref())
                && (other.was.as_str(), other.now.as_str()) == (one.was.as_str(), one.now.as_str())
        };
        match all.iter_mut().find(same) {
            Some(other) => {
                other.count = other.count.saturating_add(1);
                other.last = one.index;
            }
            None => all.push(wire::ChangedDecisions {
                agency: one.agency.to_string(),
                asked: one.asked.clone(),
                owner: text_of(one.owner.as_ref()),
                was: one.was.clone(),
                now: one.now.clone(),
                count: 1,
                last: one.index,
            }),
        }
    }
    all
}

/// Reads what is answered to a proposal.
///
/// # Errors
/// [`Refusal::Malformed`] for a word that is no answer.
pub fn answer(request: wire::AnswerProposalRequest) -> Result<(u64, Answer, String, bool), Refusal> {
    let all = [Answer::Approved, Answer::Rejected, Answer::TakenBack];
    let found = all.into_iter().find(|answer| answer.as_str() == request.answer);
    let answer = found.ok_or_else(|| malformed("answer", "use approved, rejected or taken_back"))?;
    Ok((request.proposal, answer, request.reason, request.only_look))
}

/// What was recorded of an answer.
#[must_use]
pub fn answered(answered: Answered) -> wire::AnswerProposalReply {
    wire::AnswerProposalReply { index: answered.index, examined: answered.examined.map(examined) }
}

/// What was recorded of an activation.
#[must_use]
pub fn activated(activated: Activated) -> wire::ActivateReply {
    wire::ActivateReply { index: activated.index, at: text_of(activated.at) }
}

/// Reads what is to be suspended, and why.
///
/// # Errors
/// [`Refusal::Malformed`] where nothing is named, or a name is none.
pub fn suspended(request: wire::SuspendRequest) -> Result<(Subject, String), Refusal> {
    use wire::suspend_request::Subject as Named;
    let subject = match &request.subject {
        Some(Named::Agency(id)) => Subject::Agency(name("agency", id)?),
        Some(Named::Principal(id)) => Subject::Principal(name("principal", id)?),
        Some(Named::ReturnType(id)) => Subject::ReturnType(name("return_type", id)?),
        None => return Err(malformed("subject", "name an agency, a principal or a return type")),
    };
    Ok((subject, request.reason))
}

/// Reads what a caller asks about itself.
///
/// # Errors
/// [`Refusal::Malformed`] for a word that is no act, or a name that is none.
pub fn asked(request: &wire::CanIRequest) -> Result<AskedOf, Refusal> {
    let act = Act::ALL
        .into_iter()
        .find(|act| act.as_str() == request.act)
        .ok_or_else(|| malformed("act", format!("use one of {}", Act::ALL.map(Act::as_str).join(", "))))?;
    if request.areas.len() > super::AREAS {
        return Err(malformed("areas", format!("name at most {} areas", super::AREAS)));
    }
    let mut areas = Vec::new();
    for area in &request.areas {
        areas.push(name("areas", area)?);
    }
    areas.sort();
    areas.dedup();
    Ok(AskedOf {
        act,
        return_type: optional("return_type", &request.return_type)?,
        owner: optional("owner", &request.owner)?,
        areas,
        purpose: optional("purpose", &request.purpose)?,
    })
}

/// Whether the caller may.
#[must_use]
pub fn may(answers: Vec<May>) -> wire::CanIReply {
    let answer = |may: May| wire::May {
        owner: text_of(may.request.owner),
        purpose: text_of(may.request.purpose),
        areas: texts(may.request.areas),
        allowed: may.reason.is_none(),
        reason: may.reason.map(DenyReason::as_str).unwrap_or_default().to_owned(),
        advice: may.reason.map(DenyReason::advice).unwrap_or_default().to_owned(),
        profiles: texts(may.profiles),
        agreements: texts(may.agreements),
        purposes: texts(may.purposes),
        near: may.near.map(near),
    };
    wire::CanIReply { answers: answers.into_iter().map(answer).collect() }
}

fn near(near: NearMiss) -> wire::NearMiss {
    wire::NearMiss {
        rules: texts(near.rules),
        nearest: text_of(near.nearest),
        cells: near.cells.into_iter().map(|(column, cell)| format!("{column}={cell}")).collect(),
        failed: near.failed,
    }
}

/// A decision explained.
#[must_use]
pub fn explained(explained: Explained) -> wire::ExplainReply {
    wire::ExplainReply {
        index: explained.index,
        recorded_at: explained.recorded_at.to_string(),
        decision: explained.mine.map(decision),
        near: explained.near.map(near),
    }
}

fn decision(mine: Mine) -> wire::Decision {
    let DecisionRequest { asker, owner, return_type, areas, act, purpose, facts, day, .. } = mine.request;
    wire::Decision {
        act: act.as_str().to_owned(),
        agency: asker.agency.to_string(),
        principal: text_of(asker.principal),
        roles: texts(asker.roles),
        owner: text_of(owner),
        return_type: text_of(return_type),
        areas: texts(areas),
        purpose: text_of(purpose),
        facts: facts.into_iter().map(|fact| fact.as_str().to_owned()).collect(),
        day: day.to_string(),
        allowed: mine.reason.is_none(),
        reason: mine.reason.map(DenyReason::as_str).unwrap_or_default().to_owned(),
        advice: mine.reason.map(DenyReason::advice).unwrap_or_default().to_owned(),
        profiles: texts(mine.profiles),
        agreements: texts(mine.agreements),
        policy: mine.policy.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(paths: &[&str]) -> Result<usize, String> {
        let files = paths
            .iter()
            .map(|path| wire::PolicyFile { path: (*path).to_owned(), content: Vec::new() })
            .collect();
        let read = proposed(wire::ProposeRequest { files, reason: "r".to_owned(), only_look: false });
        read.map(|sent| sent.files.len()).map_err(|refusal| refusal.text())
    }

    #[test]
    fn a_folder_has_each_path_once_and_none_that_leads_out_of_it() {
        assert_eq!(folder(&["rules.csv", "profiles/dfe.toml"]), Ok(2));
        for path in ["/etc/passwd", "../rules.csv", "a/../b", "a//b", "", "a\\b", "a\nb", "."] {
            assert!(folder(&[path]).unwrap_err().contains("relative to the policies folder"), "{path:?}");
        }
        assert!(folder(&["a", "b", "a"]).unwrap_err().contains("each path once"));
    }

    #[test]
    fn what_is_no_answer_act_or_subject_is_refused_by_name() {
        let request =
            |answer: &str| wire::AnswerProposalRequest { answer: answer.to_owned(), ..Default::default() };
        assert!(answer(request("approved")).is_ok());
        assert!(answer(request("lapsed")).is_err(), "the broker's own");
        assert!(asked(&wire::CanIRequest { act: "peek".to_owned(), ..Default::default() }).is_err());
        assert!(suspended(wire::SuspendRequest::default()).is_err());
    }
}
