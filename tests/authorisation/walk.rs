//! The table, called: one broker, all lines, all situations.

use concordat_proto::v1;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::cells::{ALL, Ask, Cell, Line, Situation};
use crate::world::{ELSEWHERE, ENDED, HACKNEY, LIMITED, REVOKED, STRANGER, TEAM_ENDED, TEAM_REVOKED, World};
use crate::{cells, submission, table};

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// What a refusal says, without the number that each decision has of its own.
fn unnumbered(status: &Status) -> (Code, String, String, Vec<String>) {
    let mut words: Vec<String> =
        status.get_details_error_info().into_iter().flat_map(|info| info.metadata.into_keys()).collect();
    words.sort();
    (status.code(), status.message().to_owned(), reason(status), words)
}

/// What is wrong with one cell; nothing where it is as stated.
fn wrong(world: &World, line: &Line, cell: Cell, ask: &Ask) -> Option<String> {
    let size = world.log_size();
    let came = world.call(ask.by, line.method, ask.messages.clone());
    let left = world.entries_since(size, ask.by);
    let tells = |answer: &[bytes::Bytes]| ask.needle.is_empty() || holds(&answer.concat(), &ask.needle);
    let (is_so, entries): (bool, &[&str]) = match (cell, &came) {
        (Cell::Ok { entries, .. }, Ok(answer)) => (tells(answer), entries),
        (Cell::Hides { .. }, Ok(answer)) => (!ask.needle.is_empty() && !tells(answer), &[]),
        (Cell::No { code, reason: stated, entries }, Err(status)) => {
            (status.code() == code && reason(status) == stated, entries)
        }
        _ => (false, &[]),
    };
    let is_there = cell == cells::NOT_THERE;
    if let (true, Err(status), Some(invented)) = (is_there, &came, &ask.invented) {
        let of_invented = world.call(ask.by, line.method, vec![invented.clone()]).unwrap_err();
        if unnumbered(status) != unnumbered(&of_invented) {
            return Some(format!("it can be told from what does not exist: {status:?}, {of_invented:?}"));
        }
    }
    let is_as_stated = is_so && left == entries;
    let shown =
        came.map(|answer| String::from_utf8_lossy(&answer.concat()).chars().take(300).collect::<String>());
    (!is_as_stated).then(|| format!("{shown:?}, leaving {left:?}; stated is {cell:?}"))
}

fn walk(world: &mut World, situation: Situation, found: &mut Vec<String>) {
    let at = ALL.iter().position(|one| *one == situation).unwrap();
    for line in table::lines() {
        let cell = line.cells[at];
        if matches!(cell, Cell::TakesNone | Cell::NamesNone(_)) {
            continue;
        }
        let ask = (line.ask)(world, situation);
        let wrong = wrong(world, &line, cell, &ask);
        found.extend(wrong.map(|wrong| format!("{} {situation:?} ({}): {wrong}", line.method, ask.by)));
    }
}

/// The people of the other situations may do the same in their own: what stops them is the situation.
fn everybody_may_otherwise(world: &World) {
    for (by, agency, area) in [
        (LIMITED, "nhs-nel-icb", "E09000001"),
        (ELSEWHERE, "elft", HACKNEY),
        (ENDED, "nhs-nel-icb", HACKNEY),
        (REVOKED, "nhs-nel-icb", HACKNEY),
    ] {
        let request = submission::own(world, agency, area);
        let reply: v1::SubmitReply = world.must(by, "SubmissionService/Submit", &request);
        assert!(!reply.submission.is_empty(), "{by}");
    }
    for by in [TEAM_ENDED, TEAM_REVOKED] {
        let standing: v1::PolicyStandingReply =
            world.must(by, "PolicyService/Standing", &v1::PolicyStandingRequest {});
        assert!(standing.open_told, "{by}");
        let _: v1::SearchReply = world.must(by, "AuditService/Search", &v1::SearchRequest::default());
    }
}

/// Whoever is not known to the broker is refused every call that needs a certificate.
fn strangers_are_refused(world: &World, found: &mut Vec<String>) {
    for line in table::lines().iter().filter(|line| !line.method.starts_with("Enrolment")) {
        let heard = world.call(STRANGER, line.method, vec![Vec::new()]);
        let code = heard.as_ref().err().map(Status::code);
        if code != Some(Code::Unauthenticated) {
            found.push(format!("{} by a stranger: {heard:?}", line.method));
        }
    }
}

/// Without papers, and with papers that have ended, there is no connection to call on.
fn without_papers_nothing_is_heard(world: &mut World) {
    for days in [None, Some(-1)] {
        let heard = world.call_with_papers(days, "DirectoryService/WhoAmI").unwrap_err();
        // the transport's own words, of which it has several: the broker said nothing
        assert!(heard.get_details_error_info().is_none(), "{days:?}: {heard:?}");
        assert!(
            std::error::Error::source(&heard).is_some() || heard.code() == Code::Unavailable,
            "{heard:?}"
        );
    }
}

#[test]
fn every_call_is_answered_in_every_situation_as_the_table_says() {
    let mut world = World::new();
    let mut found = Vec::new();
    everybody_may_otherwise(&world);
    without_papers_nothing_is_heard(&mut world);
    strangers_are_refused(&world, &mut found);
    for situation in &ALL[..5] {
        walk(&mut world, *situation, &mut found);
    }

    // ten minutes before midnight in London the roles still hold, five minutes after it they do not
    world.operate("clock", &["--to", "2023-04-04T22:50:00Z"]);
    everybody_may_otherwise(&world);
    submission::begin_before_the_end(&mut world);
    world.operate("clock", &["--to", "2023-04-04T23:05:00Z"]);
    walk(&mut world, Situation::Expired, &mut found);

    let (send_the_rest, upload) = submission::on_its_way(&world);
    for who in [REVOKED, TEAM_REVOKED] {
        world.operate("revoke", &[who, "--reason", "left"]);
    }
    send_the_rest();
    let heard = world.end_of(upload);
    if heard.as_ref().err().map(Status::code) != Some(Code::Unauthenticated) {
        found.push(format!("a call that began before the revocation goes on: {heard:?}"));
    }
    walk(&mut world, Situation::Revoked, &mut found);
    for who in [REVOKED, TEAM_REVOKED] {
        let anew = world.call_anew(who, "DirectoryService/WhoAmI", vec![Vec::new()]);
        assert_eq!(anew.unwrap_err().code(), Code::Unauthenticated, "{who} on a new connection");
    }
    assert!(found.is_empty(), "{} cells are not as stated:\n{}", found.len(), found.join("\n"));
}
