//! A return too large for one message: sent in pieces, taken up again where a connection broke, checked and recorded
//! like any other, and read by its recipient row by row.

use std::fmt::Write as _;
use std::path::Path;

use concordat_tests::{Person, Scene, Wire};

/// Enough for some twenty pieces.
const CHILDREN: usize = 40_000;

/// Writes a folder about so many invented children, one episode each.
fn folder(scene: &Scene, name: &str, children: usize, change: impl Fn(String) -> String) -> String {
    let folder = scene.folder(name);
    let mut header = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n".to_owned();
    let mut episodes =
        "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
            .to_owned();
    for n in 0..children {
        let child = 7_000_000 + n;
        writeln!(header, "{child},{},01/02/2010,WBRI,UN1,,", 1 + n % 2).unwrap();
        writeln!(episodes, "{child},01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA,SC000001").unwrap();
    }
    std::fs::write(folder.join("header.csv"), header).unwrap();
    std::fs::write(folder.join("episodes.csv"), change(episodes)).unwrap();
    folder.to_string_lossy().into_owned()
}

/// Lets a person's client reach the broker over a wire.
fn rewire(person: &Person, wire: &Wire) {
    fn facts(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                facts(&path, found);
            } else if path.extension().is_some_and(|end| end == "toml")
                && std::fs::read_to_string(&path).unwrap().contains("\nbroker = ")
            {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    facts(&person.home, &mut found);
    let [path] = found.as_slice() else { panic!("not one context: {found:?}") };
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| line.starts_with("broker = ")).unwrap();
    std::fs::write(path, text.replace(line, &format!("broker = \"{}\"", wire.address))).unwrap();
}

/// What lies where content arrives, in the broker's directory.
fn arriving(scene: &Scene) -> usize {
    fn count(folder: &Path, within: bool) -> usize {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let each = entries.map(|entry| match entry.path() {
            path if path.is_dir() => count(&path, within || entry.file_name() == "arriving"),
            _ => usize::from(within),
        });
        each.sum()
    }
    count(&scene.dir, false)
}

fn send(person: &Person, folder: &str, more: &[&str]) -> concordat_tests::Said {
    let args = ["submit", "--type", "ssda903-extract", "--period", "2022-23", folder, "-o", "json"];
    person.run(&[&args, more].concat())
}

#[test]
fn a_large_return_over_a_wire_that_breaks_is_taken_up_where_it_broke_and_recorded_once() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let analyst = scene.person("chscp/analyst", &["partnership-analyst"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let sound = folder(&scene, "sound", CHILDREN, |text| text);
    let broker = scene.addresses().services;
    // the first connection breaks in its first call, the others in the middle of later ones
    let wire = Wire::to(&broker, &[600_000, 1_000_000, 1_200_000]);
    rewire(&council, &wire);
    let sent = send(&council, &sound, &[]).ended(0);
    let data = sent.data();
    let id = super::submission_of(&data);
    assert_eq!((&data["accepted"], &data["already"]), (&true.into(), &false.into()));
    // what had been written when a connection broke was not sent again
    let content = 92 * CHILDREN as u64;
    assert!(wire.sent() > content, "{} bytes: not a large return", wire.sent());
    assert!(wire.sent() < content + content / 2, "{} bytes: it was begun anew", wire.sent());
    assert_eq!(arriving(&scene), 0, "nothing of it lies about");

    // a resend is recognised before any of it goes up
    let before = wire.sent();
    let again = send(&council, &sound, &[]).ended(0).data();
    assert_eq!((&again["submission"], &again["already"]), (&data["submission"], &true.into()));
    assert!(wire.sent() - before < 100_000, "{} bytes", wire.sent() - before);
    assert_eq!(super::entries(&auditor, "accepted").len(), 1);

    let out = scene.folder("out").join("read.csv");
    let path = out.to_string_lossy().into_owned();
    let fetch = ["inbox", "fetch", &id, "--purpose", "P9-child-level-analysis", "--out", &path];
    let read = analyst.run(&fetch).ended(0);
    let text = std::fs::read_to_string(&out).unwrap();
    assert_eq!(text.matches("01/04/2022").count(), CHILDREN, "{read:?}");
    assert!(!text.contains("7000000") && !text.contains("E8 1EA"), "names and addresses stay behind");
    assert_eq!(text.lines().filter(|line| line.starts_with("# ")).count(), 2, "each table has one heading");

    // the store is whole after a stop, and it opens to the same
    scene.stop();
    let dir = scene.dir.to_string_lossy().into_owned();
    let verified = scene.operate(&["verify", &dir]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

/// A folder with an end without a reason in its last row.
fn broken(scene: &Scene) -> String {
    folder(scene, "broken", CHILDREN, |text| {
        let at = text.rfind("PR1,,,").unwrap();
        format!("{}PR1,02/04/2022,,{}", &text[..at], &text[at + 6..])
    })
}

#[test]
fn a_large_return_with_an_error_is_refused_whole_where_that_was_asked_and_leaves_nothing() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let broken = broken(&scene);
    let check = ["validate", "--type", "ssda903-extract", "--period", "2022-23", &broken, "-o", "json"];
    let refused = send(&council, &broken, &["--no-check", "--all-or-nothing"]).ended(3);
    // what it would need last year's return for the client leaves to the broker
    let findings = |data: serde_json::Value| {
        let mut findings = data["findings"].as_array().unwrap().clone();
        findings.retain(|finding| finding["severity"] != "not_checked");
        findings
    };
    let (offline, broker) = (findings(council.run(&check).ended(3).data()), findings(refused.data()));
    assert_eq!(offline.iter().filter(|finding| finding["rule"] == "148").count(), 1);
    assert_eq!(offline, broker);
    assert_eq!((arriving(&scene), super::entries(&auditor, "accepted").len()), (0, 0));
}

#[test]
fn a_large_return_is_accepted_without_the_record_that_has_an_error() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let analyst = scene.person("chscp/analyst", &["partnership-analyst"]);
    let broken = broken(&scene);
    let sent = send(&council, &broken, &[]).ended(3);
    let data = sent.data();
    let last = (7_000_000 + CHILDREN - 1).to_string();
    assert_eq!(data["in_part"]["records_refused"], 1, "{data}");
    assert_eq!(data["in_part"]["refused"][0]["record"], last.as_str(), "{data}");
    let id = super::submission_of(&data);
    let again = send(&council, &broken, &[]).ended(3).data();
    assert_eq!((&again["submission"], &again["already"]), (&data["submission"], &true.into()));
    assert_eq!(again["in_part"], data["in_part"]);
    assert_eq!(arriving(&scene), 0);
    let fetch = ["inbox", "fetch", &id, "--purpose", "P9-child-level-analysis"];
    let read = analyst.run(&fetch).ended(0);
    assert_eq!(read.out.matches("01/04/2022").count(), CHILDREN - 1);
    // put right, the whole takes its place
    let mended = folder(&scene, "mended", CHILDREN, |text| text);
    let replaced = send(&council, &mended, &["--replaces", &id, "--reason", "correction"]).ended(0);
    assert_eq!(replaced.data()["version"], 2);
}

#[test]
fn a_large_return_is_held_against_the_large_one_of_the_year_before() {
    let mut scene = super::scene();
    super::move_clock(&scene, "2024-04-20T09:00:00Z");
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let send = |folder: &str, period: &str| {
        council
            .run(&["submit", "--type", "ssda903-extract", "--period", period, folder, "-o", "json"])
            .ended(0)
    };
    let _ = send(&folder(&scene, "first", CHILDREN, |text| text), "2022-23");
    let next = folder(&scene, "next", CHILDREN, |text| text);
    let header = Path::new(&next).join("header.csv");
    let text = std::fs::read_to_string(&header).unwrap();
    // the last child was born on another day than a year ago
    let at = text.rfind("01/02/2010").unwrap();
    std::fs::write(&header, format!("{}02/02/2010{}", &text[..at], &text[at + 10..])).unwrap();
    let data = send(&next, "2023-24").data();
    let told: Vec<_> =
        data["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == "203").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["severity"], &told[0]["row"]), (&"query".into(), &CHILDREN.into()));
}

#[test]
fn a_slow_line_on_which_every_call_brings_something_gets_there() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let sound = folder(&scene, "sound", CHILDREN, |text| text);
    let wire = Wire::to(&scene.addresses().services, &[700_000; 8]);
    rewire(&council, &wire);
    let _ = send(&council, &sound, &[]).ended(0);
}

#[test]
fn a_refused_child_is_not_told_as_one_that_is_missing() {
    let mut scene = super::scene();
    super::move_clock(&scene, "2024-04-20T09:00:00Z");
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let send = |folder: &str, period: &str| {
        council.run(&["submit", "--type", "ssda903-extract", "--period", period, folder, "-o", "json"])
    };
    let _ = send(&folder(&scene, "first", 5, |text| text), "2022-23").ended(0);
    let next = folder(&scene, "next", 5, |text| {
        // the second child's episode lacks a reason, and the fourth child is there no more
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("7000003,")).collect();
        lines.join("\n").replacen(
            "7000001,01/04/2022,S,C2,N1,U1,PR1,,",
            "7000001,01/04/2022,S,C2,N1,U1,PR1,02/04/2022,",
            1,
        )
    });
    let data = send(&next, "2023-24").ended(3).data();
    assert_eq!(data["in_part"]["records_refused"], 1, "{data}");
    let findings = data["findings"].as_array().unwrap();
    let missing: Vec<_> = findings.iter().filter(|f| f["rule"] == "open-last-year").collect();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(missing[0]["text"].as_str().unwrap().starts_with("row 4 "), "{missing:?}");
}

#[test]
fn who_may_not_send_a_large_return_is_told_before_any_of_it_goes_up() {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/returns", &["submitter"]);
    let folder = folder(&scene, "sound", CHILDREN, |text| text);
    let wire = Wire::to(&scene.addresses().services, &[]);
    rewire(&police, &wire);
    let _ = send(&police, &folder, &["--area", "E09000012"]).ended(5);
    assert!(wire.sent() < 100_000, "{} bytes", wire.sent());
    assert_eq!(arriving(&scene), 0);
}

#[test]
fn a_broker_killed_while_a_large_return_arrives_takes_it_whole_the_next_time() {
    let mut scene = super::scene();
    let council = scene.person("hackney-council/returns", &["submitter"]);
    let sound = folder(&scene, "sound", CHILDREN, |text| text);
    let broker = scene.addresses().services;
    // every connection breaks, the first one after a while: the client gives up for the time being
    let wire = Wire::to(&broker, &[&[3_000_000][..], &[1; 50]].concat());
    rewire(&council, &wire);
    let queued = send(&council, &sound, &[]).ended(7);
    assert!(queued.err.contains("run the same command again"), "{queued:?}");
    assert_eq!(arriving(&scene), 1, "what arrived is kept");
    wire.mend();
    scene.kill();
    scene.start();
    assert_eq!(arriving(&scene), 0, "after a crash nobody can go on with it");
    let recorded = send(&council, &sound, &[]).ended(0);
    assert_eq!(recorded.data()["already"], false, "{recorded:?}");
}
