//! The calls by which an agency takes what was delivered to it: a notice about a child, for the nurse of its area.

use concordat_proto::v1;

use crate::cells::{Ask, Situation};
use crate::submission::by;
use crate::world::{DESK, World};

const PURPOSE: &str = "P3-health-of-child-in-care";
const INVENTED: [u8; 16] = [0xEE; 16];

/// A notice that [`DESK`] has collected, so that it can be answered.
fn collected(world: &mut World) -> Vec<u8> {
    let submission = world.notice();
    let request = fetch_of(&submission, PURPOSE);
    let _ = world.call(DESK, "InboxService/Fetch", vec![prost::Message::encode_to_vec(&request)]).unwrap();
    submission
}

fn kept(world: &mut World) -> Vec<u8> {
    world.keep("notice", collected)
}

fn answered(world: &mut World, situation: Situation) -> Vec<u8> {
    if situation == Situation::Allowed { collected(world) } else { kept(world) }
}

fn fetch_of(submission: &[u8], purpose: &str) -> v1::FetchRequest {
    v1::FetchRequest { submission: submission.to_vec(), purpose: purpose.to_owned() }
}

pub fn list(world: &mut World, situation: Situation) -> Ask {
    let submission = kept(world);
    Ask::new(by(situation), &v1::InboxListRequest::default()).telling(submission)
}

pub fn fetch(world: &mut World, situation: Situation) -> Ask {
    let submission = kept(world);
    let purpose = if situation == Situation::NoPurpose { "" } else { PURPOSE };
    Ask::new(by(situation), &fetch_of(&submission, purpose))
        .or_invented(&fetch_of(&INVENTED, purpose))
        .telling("Quincy Invented")
}

pub fn acknowledge(world: &mut World, situation: Situation) -> Ask {
    let of = |id: &[u8]| v1::AcknowledgeRequest { submission: id.to_vec() };
    Ask::new(by(situation), &of(&answered(world, situation))).or_invented(&of(&INVENTED))
}

pub fn reject(world: &mut World, situation: Situation) -> Ask {
    let of = |id: &[u8]| v1::RejectRequest { submission: id.to_vec(), reason: "not for us".to_owned() };
    Ask::new(by(situation), &of(&answered(world, situation))).or_invented(&of(&INVENTED))
}
