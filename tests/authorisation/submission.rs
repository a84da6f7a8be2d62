//! The calls by which an agency sends, and looks after what it sent.

use concordat_catalogue::content;
use concordat_core::ids::SendKey;
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use concordat_proto::v1;
use concordat_tests::sender;
use prost::Message as _;

use crate::cells::{Ask, Situation};
use crate::world::{Begun, DESK, ELSEWHERE, ENDED, HACKNEY, LIMITED, NO_ROLE, REVOKED, World};

const AGENCY: &str = "nhs-nel-icb";
const INVENTED: [u8; 16] = [0xEE; 16];

/// Who sends, and who reads notices.
pub fn by(situation: Situation) -> &'static str {
    match situation {
        Situation::Allowed | Situation::NoPurpose => DESK,
        Situation::Denied => NO_ROLE,
        Situation::OtherAgency => ELSEWHERE,
        Situation::OtherArea => LIMITED,
        Situation::Expired => ENDED,
        Situation::Revoked => REVOKED,
    }
}

/// A month's attestation of an agency for an area: a return that was not sent before.
fn attestation(world: &World, agency: &str, area: &str) -> v1::SubmitRequest {
    let month = sender::month(usize::try_from(world.draw()).unwrap());
    sender::attestation(agency, area, month, SendKey(world.key()), 1)
}

fn without_purpose(mut request: v1::SubmitRequest, situation: Situation) -> v1::SubmitRequest {
    if situation == Situation::NoPurpose {
        request.purpose.clear();
    }
    request
}

pub fn submit(world: &mut World, situation: Situation) -> Ask {
    let request = without_purpose(attestation(world, AGENCY, HACKNEY), situation);
    Ask::new(by(situation), &request)
}

/// What a person may send in its own right, whatever it may not send otherwise.
pub fn own(world: &World, agency: &str, area: &str) -> v1::SubmitRequest {
    attestation(world, agency, area)
}

/// The announcement of an attestation, and its content.
fn announced(world: &World, situation: Situation) -> (v1::BeginUploadRequest, Vec<u8>) {
    let month = sender::month(usize::try_from(world.draw()).unwrap());
    let mut head = sender::attestation(AGENCY, HACKNEY, month, SendKey(world.key()), 1);
    let identity = Identity {
        agency: AGENCY.parse().unwrap(),
        return_type: "lado-attestation-monthly".parse().unwrap(),
        areas: vec![HACKNEY.parse().unwrap()],
        covers: Covers::Period(month),
        part: None,
    };
    let tables: Vec<Table> = std::mem::take(&mut head.tables)
        .into_iter()
        .map(|table| Table { name: table.name, columns: table.columns, cells: table.cells.iter().collect() })
        .collect();
    let content = content::encode(&identity, false, &tables);
    let begin = v1::BeginUploadRequest {
        head: Some(without_purpose(head, situation)),
        length: content.len() as u64,
        content_digest: content::digest(&content).0.to_vec(),
    };
    (begin, content)
}

/// A return that somebody announced, all of which has arrived or nothing: its key and its content.
fn begun(world: &World, by: &str, is_sent: bool) -> (Vec<u8>, Vec<u8>) {
    let (begin, content) = announced(world, Situation::Allowed);
    let key = begin.head.as_ref().unwrap().key.clone();
    let _: v1::BeginUploadReply = world.must(by, "SubmissionService/BeginUpload", &begin);
    if is_sent {
        let piece = v1::UploadPiece { key: key.clone(), offset: 0, bytes: content.clone().into() };
        let _: v1::UploadReply = world.must(by, "SubmissionService/Upload", &piece);
    }
    (key, content)
}

/// The key of a whole return of [`ENDED`] on its way, announced while it could.
pub fn begin_before_the_end(world: &mut World) {
    let (key, _) = begun(world, ENDED, true);
    world.kept.insert("on its way, of who ended", key);
}

/// The key of a return on its way that the caller of a situation may not go on with.
fn not_theirs(world: &mut World, situation: Situation) -> Vec<u8> {
    match situation {
        Situation::Expired => world.kept["on its way, of who ended"].clone(),
        _ => world.keep("on its way", |world| begun(world, DESK, true).0),
    }
}

pub fn begin(world: &mut World, situation: Situation) -> Ask {
    Ask::new(by(situation), &announced(world, situation).0)
}

pub fn upload(world: &mut World, situation: Situation) -> Ask {
    let (key, bytes) = match situation {
        Situation::Allowed => begun(world, DESK, false),
        _ => (not_theirs(world, situation), Vec::new()),
    };
    Ask::new(by(situation), &v1::UploadPiece { key, offset: 0, bytes: bytes.into() })
}

pub fn finish(world: &mut World, situation: Situation) -> Ask {
    let key = match situation {
        Situation::Allowed => begun(world, DESK, true).0,
        _ => not_theirs(world, situation),
    };
    Ask::new(by(situation), &v1::FinishUploadRequest { key })
}

/// A return that [`DESK`] sent.
fn sent(world: &World) -> Vec<u8> {
    let request = attestation(world, AGENCY, HACKNEY);
    world.must::<v1::SubmitReply>(DESK, "SubmissionService/Submit", &request).submission
}

fn kept(world: &mut World) -> Vec<u8> {
    world.keep("sent", |world| sent(world))
}

pub fn status(world: &mut World, situation: Situation) -> Ask {
    let of =
        |id: &[u8]| v1::StatusRequest { which: Some(v1::status_request::Which::Submission(id.to_vec())) };
    Ask::new(by(situation), &of(&kept(world))).or_invented(&of(&INVENTED)).telling("lado-attestation-monthly")
}

pub fn receipt(world: &mut World, situation: Situation) -> Ask {
    let of = |id: &[u8]| v1::ReceiptRequest { submission: id.to_vec() };
    Ask::new(by(situation), &of(&kept(world))).or_invented(&of(&INVENTED)).telling("concordat")
}

pub fn withdraw(world: &mut World, situation: Situation) -> Ask {
    let submission = if situation == Situation::Allowed { sent(world) } else { kept(world) };
    let of = |id: &[u8]| v1::WithdrawRequest { submission: id.to_vec(), reason: "sent_in_error".to_owned() };
    Ask::new(by(situation), &of(&submission)).or_invented(&of(&INVENTED))
}

/// A large return that [`REVOKED`] is sending: its first byte has arrived, and the call waits for more.
pub fn on_its_way(world: &World) -> (impl FnOnce(), Begun) {
    let (begin, content) = announced(world, Situation::Allowed);
    let key = begin.head.as_ref().unwrap().key.clone();
    let arrived =
        || world.must::<v1::BeginUploadReply>(REVOKED, "SubmissionService/BeginUpload", &begin).offset;
    assert_eq!(arrived(), 0);
    let piece = |from: usize, to: usize| {
        let bytes = content[from..to].to_vec().into();
        v1::UploadPiece { key: key.clone(), offset: from as u64, bytes }.encode_to_vec()
    };
    let (sender, begun) = world.begin_call(REVOKED, "SubmissionService/Upload");
    sender.blocking_send(piece(0, 1)).unwrap();
    while arrived() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let rest = piece(1, content.len());
    (move || sender.blocking_send(rest).unwrap(), begun)
}
