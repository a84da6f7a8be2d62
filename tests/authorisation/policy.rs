//! The calls by which policy is looked after, and those by which a person learns what it may do.

use concordat_proto::v1;
use tonic_types::StatusExt as _;

use crate::cells::{Ask, Situation};
use crate::submission;
use crate::world::{
    APPROVER, DESK, ELSEWHERE, HACKNEY, LEAD, OTHER_LEAD, TEAM_ENDED, TEAM_LIMITED, TEAM_NO_ROLE,
    TEAM_REVOKED, World,
};

const REASON: &str = "review of the agreement";

/// Who looks after policy, the rightful one being `rightful`.
fn by(situation: Situation, rightful: &'static str) -> &'static str {
    match situation {
        Situation::OtherArea => TEAM_LIMITED,
        Situation::Allowed | Situation::NoPurpose => rightful,
        Situation::Denied => TEAM_NO_ROLE,
        Situation::OtherAgency => OTHER_LEAD,
        Situation::Expired => TEAM_ENDED,
        Situation::Revoked => TEAM_REVOKED,
    }
}

/// Whether the caller has the role, so that what it is about must be in order too.
fn is_allowed(situation: Situation) -> bool {
    matches!(situation, Situation::Allowed | Situation::OtherAgency | Situation::OtherArea)
}

/// The files in force, of which one says something else in a place that decides nothing.
fn changed(world: &World) -> v1::ProposeRequest {
    let in_force: v1::PolicyFilesReply =
        world.must(LEAD, "PolicyService/Files", &v1::PolicyFilesRequest::default());
    let mut files = in_force.files;
    let roles = files.iter_mut().find(|file| file.path == "roles.csv").unwrap();
    let text = String::from_utf8(std::mem::take(&mut roles.content)).unwrap();
    let (before, about) = text.trim_end().rsplit_once(',').unwrap();
    roles.content = format!("{before},{} {about}\n", world.draw()).into_bytes();
    v1::ProposeRequest { files, reason: REASON.to_owned(), only_look: false }
}

fn proposed(world: &World) -> u64 {
    world.must::<v1::ExaminedReply>(LEAD, "PolicyService/Propose", &changed(world)).index
}

/// A proposal that nobody answered.
fn waiting(world: &mut World) -> u64 {
    let kept = world.keep("proposal", |world| proposed(world).to_be_bytes().to_vec());
    u64::from_be_bytes(kept.try_into().unwrap())
}

fn answer_of(proposal: u64, answer: &str) -> v1::AnswerProposalRequest {
    v1::AnswerProposalRequest {
        proposal,
        answer: answer.to_owned(),
        reason: "looked at".to_owned(),
        only_look: false,
    }
}

/// A proposal that was approved under what is in force.
fn approved(world: &World) -> u64 {
    let proposal = proposed(world);
    let _: v1::AnswerProposalReply =
        world.must(APPROVER, "PolicyService/Answer", &answer_of(proposal, "approved"));
    proposal
}

pub fn standing(world: &mut World, situation: Situation) -> Ask {
    let _ = waiting(world);
    Ask::new(by(situation, LEAD), &v1::PolicyStandingRequest {}).telling(REASON)
}

pub fn files(world: &mut World, situation: Situation) -> Ask {
    let index = waiting(world);
    Ask::new(by(situation, LEAD), &v1::PolicyFilesRequest { index }).telling("rules.csv")
}

pub fn propose(world: &mut World, situation: Situation) -> Ask {
    Ask::new(by(situation, LEAD), &changed(world))
}

pub fn answer(world: &mut World, situation: Situation) -> Ask {
    let request = match situation {
        Situation::Allowed | Situation::OtherArea => answer_of(proposed(world), "rejected"),
        Situation::OtherAgency => answer_of(waiting(world), "taken_back"),
        _ => answer_of(waiting(world), "approved"),
    };
    Ask::new(by(situation, APPROVER), &request)
}

pub fn activate(world: &mut World, situation: Situation) -> Ask {
    let proposal = if is_allowed(situation) { approved(world) } else { waiting(world) };
    Ask::new(by(situation, LEAD), &v1::ActivateRequest { proposal, at: String::new() })
}

pub fn roll_back(world: &mut World, situation: Situation) -> Ask {
    if is_allowed(situation) {
        let proposal = approved(world);
        let request = v1::ActivateRequest { proposal, at: String::new() };
        let _: v1::ActivateReply = world.must(LEAD, "PolicyService/Activate", &request);
    }
    Ask::new(by(situation, APPROVER), &v1::RollBackRequest { reason: "a mistake".to_owned() })
}

fn suspension(agency: &str) -> v1::SuspendRequest {
    let subject = Some(v1::suspend_request::Subject::Agency(agency.to_owned()));
    v1::SuspendRequest { subject, reason: "a laptop was lost".to_owned() }
}

pub fn suspend(_: &mut World, situation: Situation) -> Ask {
    // an agency that takes part in nothing here
    Ask::new(by(situation, LEAD), &suspension("nhs-england"))
}

pub fn review(world: &mut World, situation: Situation) -> Ask {
    let suspended: v1::RecordedReply = world.must(LEAD, "PolicyService/Suspend", &suspension("nhs-england"));
    let request = v1::ReviewRequest { of: suspended.index, stands: false, reason: "it was found".to_owned() };
    Ask::new(by(situation, APPROVER), &request)
}

pub fn can_i(_: &mut World, situation: Situation) -> Ask {
    let is_of_another = situation == Situation::OtherAgency;
    let purpose = if situation == Situation::NoPurpose { "" } else { "P4-partnership-assurance" };
    let request = v1::CanIRequest {
        act: if is_of_another { "read" } else { "submit" }.to_owned(),
        return_type: "lado-attestation-monthly".to_owned(),
        owner: "nhs-nel-icb".to_owned(),
        areas: vec![HACKNEY.to_owned()],
        purpose: purpose.to_owned(),
    };
    // the field `allowed` is there only where it is true
    Ask::new(submission::by(situation), &request).telling([4 << 3, 1])
}

/// A decision of which [`DESK`] was told: may it read the log?
fn decision(world: &World) -> u64 {
    let refused = world.call(DESK, "AuditService/Search", vec![Vec::new()]).unwrap_err();
    let info = refused.get_details_error_info().unwrap();
    info.metadata["decision"].parse().unwrap()
}

pub fn explain(world: &mut World, situation: Situation) -> Ask {
    let kept = world.keep("decision", |world| decision(world).to_be_bytes().to_vec());
    let index = u64::from_be_bytes(kept.try_into().unwrap());
    let by = if situation == Situation::OtherAgency { ELSEWHERE } else { submission::by(situation) };
    Ask::new(by, &v1::ExplainRequest { index })
        .or_invented(&v1::ExplainRequest { index: u64::MAX >> 1 })
        .telling("audit-read")
}
