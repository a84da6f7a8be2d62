//! The calls that look: at what is missing, at the log, at what everybody may know.

use concordat_proto::v1;

use crate::cells::{Ask, Situation};
use crate::submission;
use crate::world::{AUDITOR, DESK, STRANGER, TEAM_ENDED, TEAM_LIMITED, TEAM_NO_ROLE, TEAM_REVOKED, World};

/// Who reads the log.
fn auditor(situation: Situation) -> &'static str {
    match situation {
        Situation::Denied => TEAM_NO_ROLE,
        Situation::OtherAgency => DESK,
        Situation::Expired => TEAM_ENDED,
        Situation::Revoked => TEAM_REVOKED,
        Situation::OtherArea => TEAM_LIMITED,
        Situation::Allowed | Situation::NoPurpose => AUDITOR,
    }
}

/// Who asks what everybody with a certificate may: nobody else is left to be denied it.
fn anybody(situation: Situation) -> &'static str {
    if situation == Situation::Denied { STRANGER } else { submission::by(situation) }
}

pub fn missing(_: &mut World, situation: Situation) -> Ask {
    let request = v1::MissingRequest { agency: "nhs-nel-icb".to_owned(), ..Default::default() };
    Ask::new(submission::by(situation), &request).telling("core-data-set-annual")
}

pub fn search(_: &mut World, situation: Situation) -> Ask {
    let request = v1::SearchRequest { agency: "nhs-nel-icb".to_owned(), ..Default::default() };
    Ask::new(auditor(situation), &request).telling("nhs-nel-icb")
}

pub fn leaves(_: &mut World, situation: Situation) -> Ask {
    Ask::new(auditor(situation), &v1::LeavesRequest { from: 0, limit: 1 })
}

pub fn checkpoint(_: &mut World, situation: Situation) -> Ask {
    Ask::new(auditor(situation), &v1::CheckpointRequest::default()).telling("city-and-hackney")
}

pub fn catalogue(_: &mut World, situation: Situation) -> Ask {
    Ask::new(anybody(situation), &v1::CatalogueRequest::default()).telling("returns/lado-quarterly.toml")
}

pub fn who(_: &mut World, situation: Situation) -> Ask {
    let by = anybody(situation);
    let name = by.rsplit('/').next().unwrap_or_default();
    Ask::new(by, &v1::WhoAmIRequest {}).telling(name)
}
