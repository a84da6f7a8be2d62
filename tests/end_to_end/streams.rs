//! What was allowed when reading began may not be any more: a stream ends with the part in which that changes.

use std::fmt::Write as _;

use concordat_proto::v1;
use concordat_proto::v1::inbox_service_client::InboxServiceClient;
use concordat_tests::{Person, Scene, sender};
use tonic::{Code, Status};

const PURPOSE: &str = "P9-child-level-analysis";

struct Cast {
    scene: Scene,
    analyst: Person,
    manager: Person,
    lead: Person,
    approver: Person,
    submission: Vec<u8>,
}

/// Twenty thousand invented children, in about half a megabyte of what the analyst sees.
fn cast() -> Cast {
    cast_until(&[])
}

fn cast_until(until: &[&str]) -> Cast {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let analyst = scene.person_with("chscp/analyst", &["partnership-analyst"], until);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let lead = scene.person("chscp/lead", &["governance-lead"]);
    let approver = scene.person("hackney-council/caldicott", &["governance-approver"]);
    let folder = scene.folder("children");
    let mut header = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n".to_owned();
    let mut episodes =
        "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
            .to_owned();
    for child in 7_000_000..7_020_000 {
        writeln!(header, "{child},{},01/02/2010,WBRI,UN1,,", 1 + child % 2).unwrap();
        writeln!(episodes, "{child},01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA,SC000001").unwrap();
    }
    std::fs::write(folder.join("header.csv"), header).unwrap();
    std::fs::write(folder.join("episodes.csv"), episodes).unwrap();
    let folder = folder.to_string_lossy().into_owned();
    let args = ["submit", "--type", "ssda903-extract", "--period", "2022-23", &folder, "-o", "json"];
    let id = super::submission_of(&council.run(&args).ended(0).data());
    let digits = (0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap());
    Cast { scene, analyst, manager, lead, approver, submission: digits.collect() }
}

/// The analyst begins to read, something happens, and the analyst reads on: how many rows came, and how it ended.
fn read_while(cast: &Cast, meanwhile: impl FnOnce()) -> (usize, Result<(), Status>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut stream, first) = runtime.block_on(async {
        let channel = sender::small(&sender::context(&cast.analyst)).await;
        let request = v1::FetchRequest { submission: cast.submission.clone(), purpose: PURPOSE.to_owned() };
        let mut stream = InboxServiceClient::new(channel).fetch(request).await.unwrap().into_inner();
        let first = stream.message().await.unwrap().expect("what it is");
        (stream, first)
    });
    assert!(matches!(first.part, Some(v1::fetch_part::Part::Head(_))), "{first:?}");
    meanwhile();
    runtime.block_on(async move {
        let mut rows = 0;
        loop {
            match stream.message().await {
                Ok(Some(v1::FetchPart { part: Some(v1::fetch_part::Part::Rows(_)) })) => rows += 1,
                Ok(Some(_)) => {}
                Ok(None) => return (rows, Ok(())),
                Err(status) => return (rows, Err(status)),
            }
        }
    })
}

/// The sample changed in one place comes into force, by two people.
fn put_in_force(cast: &Cast, file: &str, from: &str, to: &str) {
    let folder = cast.scene.folder("changes").join("one");
    let shown = folder.to_string_lossy();
    let _ = cast.lead.run(&["policy", "show", "--out", &shown]).ended(0);
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    let said = cast.lead.run(&["policy", "propose", &shown, "--reason", "r", "-o", "json"]).ended(0);
    let number = said.data()["index"].to_string();
    let _ = cast.approver.run(&["policy", "approve", &number, "--reason", "r"]).ended(0);
    let _ = cast.lead.run(&["policy", "activate", &number]).ended(0);
}

#[test]
fn a_stream_goes_on_to_its_end_where_nothing_changes_that_it_rests_on() {
    let cast = cast();
    let (whole, end) = read_while(&cast, || {});
    assert!(end.is_ok(), "{end:?}");
    let (rows, end) = read_while(&cast, || super::move_clock(&cast.scene, "2023-05-21T09:00:00Z"));
    assert!(end.is_ok(), "the analyst's role has no end: {end:?}");
    assert_eq!(rows, whole);
    let (rows, end) = read_while(&cast, || {
        put_in_force(&cast, "roles.csv", "searches and verifies the log", "searches the log");
    });
    assert!(end.is_ok(), "other policies that say the same: {end:?}");
    assert_eq!(rows, whole);
}

#[test]
fn a_stream_ends_when_its_reader_is_suspended_or_revoked() {
    let cast = cast();
    let (whole, _) = read_while(&cast, || {});
    let (rows, end) = read_while(&cast, || {
        let _ =
            cast.manager.run(&["policy", "suspend", "--type", "ssda903-extract", "--reason", "r"]).ended(0);
    });
    let status = end.expect_err("it is suspended");
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    assert!(rows < whole, "{rows} of {whole}");

    let cast = self::cast();
    let dir = cast.scene.dir.to_string_lossy().into_owned();
    let (rows, end) = read_while(&cast, || {
        let out = cast.scene.operate(&["revoke", &dir, "chscp/analyst", "--reason", "r"]);
        assert!(out.status.success(), "{out:?}");
    });
    assert!(end.is_err() && rows < whole, "{rows} of {whole}: {end:?}");
}

#[test]
fn a_stream_ends_at_midnight_in_london_with_the_role_it_rests_on() {
    let cast = cast_until(&["--until", "2023-05-20"]);
    let (whole, _) = read_while(&cast, || {});
    super::move_clock(&cast.scene, "2023-05-20T22:58:00Z");
    // 23:00 in Greenwich is midnight in London in May
    let (rows, end) = read_while(&cast, || super::move_clock(&cast.scene, "2023-05-20T23:00:01Z"));
    let status = end.expect_err("the role has ended");
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
    assert!(rows < whole, "{rows} of {whole}");
}

#[test]
fn a_stream_ends_when_its_reader_would_see_otherwise_now() {
    let cast = cast();
    let (whole, _) = read_while(&cast, || {});
    let (rows, end) = read_while(&cast, || {
        put_in_force(&cast, "profiles/degraded.toml", "PL_POST = \"outward_postcode\"", "PL_POST = \"drop\"");
    });
    let status = end.expect_err("what is shown has changed");
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    assert!(rows < whole, "{rows} of {whole}");
}
