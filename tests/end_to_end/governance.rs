//! Policy changed by two people, something stopped by one, and what a person is told of it.

use std::path::{Path, PathBuf};

use concordat_tests::{Person, Said, Scene};
use serde_json::Value;

const ATTEST: &str = "lado-attestation-monthly";
const P4: &str = "P4-partnership-assurance";

struct Cast {
    scene: Scene,
    lead: Person,
    approver: Person,
    police: Person,
}

fn cast() -> Cast {
    let mut scene = super::scene();
    let lead = scene.person("chscp/lead", &["governance-lead"]);
    let approver = scene.person("hackney-council/caldicott", &["governance-approver"]);
    let police = scene.person("metropolitan-police/desk", &["submitter", "reader"]);
    Cast { scene, lead, approver, police }
}

/// A copy of the policies in force, changed by one replacement in one file.
fn changed(cast: &Cast, name: &str, file: &str, from: &str, to: &str) -> PathBuf {
    let folder = cast.scene.folder("changes").join(name);
    let said = cast.lead.run(&["policy", "show", "--out", &folder.to_string_lossy()]);
    assert_eq!(said.code, 0, "{said:?}");
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    folder
}

fn propose(by: &Person, folder: &Path) -> Said {
    let folder = folder.to_string_lossy();
    by.run(&["policy", "propose", &folder, "--reason", "review of the agreement", "-o", "json"])
}

fn act(by: &Person, what: &str, number: &str) -> Said {
    by.run(&["policy", what, number, "--reason", "looked at", "-o", "json"])
}

fn activate(by: &Person, number: &str) -> Said {
    by.run(&["policy", "activate", number, "-o", "json"])
}

fn index(said: Said) -> String {
    said.ended(0).data()["index"].to_string()
}

fn status(by: &Person) -> Value {
    by.run(&["policy", "status", "-o", "json"]).ended(0).data()
}

fn submit(cast: &Cast, matters: u32) -> Said {
    let file = cast.scene.file(&format!("attestation-{matters}.csv"), &super::attestation(matters));
    cast.police.run(&["submit", "--type", ATTEST, "--period", "2023-03", &file, "-o", "json"])
}

/// The purposes' titles are policy's own text: a change of one lets nobody do more or less.
fn harmless(cast: &Cast, name: &str) -> PathBuf {
    changed(cast, name, "roles.csv", "searches and verifies the log", &format!("{name}: searches the log"))
}

#[test]
fn a_change_needs_two_people_and_stands_in_the_log_with_both_and_the_whole_bundle() {
    let cast = cast();
    let before = status(&cast.lead);
    assert_eq!(before["four_eyes"], true, "{before}");
    let number = index(propose(&cast.lead, &harmless(&cast, "one")));
    assert_eq!(status(&cast.lead)["in_force"], before["in_force"], "a proposal is not in force");

    assert_eq!(act(&cast.lead, "approve", &number).code, 5, "who proposes holds no role to approve");
    assert_eq!(activate(&cast.lead, &number).code, 3, "not before it is approved");
    let look = cast.approver.run(&["policy", "approve", &number, "--look", "-o", "json"]).ended(0).data();
    assert_eq!((&look["widens"], &look["answer"]), (&false.into(), &Value::Null), "{look}");
    assert!(look["decisions"].as_u64().unwrap() > 0, "the log's decisions are made again: {look}");
    assert_eq!(activate(&cast.lead, &number).code, 3, "a look is no approval");
    let said = act(&cast.approver, "approve", &number).ended(0).data();
    assert_eq!(said["widens"], false, "{said}");
    let now = activate(&cast.lead, &number).ended(0).data();
    let after = status(&cast.lead);
    assert_eq!(after["in_force"], now["index"]);
    assert_eq!((after["way"].as_str(), after["by"].as_str()), (Some("approved"), Some("chscp/lead")));
    assert_ne!(after["policy"], before["policy"]);

    // the files of either can be had again, byte for byte
    let back = cast.scene.folder("changes").join("back");
    let shown = cast.approver.run(&["policy", "show", &number, "--out", &back.to_string_lossy()]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let roles = std::fs::read_to_string(back.join("roles.csv")).unwrap();
    assert!(roles.contains("one: searches the log"));
}

#[test]
fn who_proposed_cannot_approve_even_with_both_roles_and_one_may_take_back_what_is_ones_own() {
    let mut cast = cast();
    let both = cast.scene.person("chscp/both", &["governance-lead", "governance-approver"]);
    let number = index(propose(&both, &harmless(&cast, "own")));
    let said = act(&both, "approve", &number);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains("another person must"), "{said:?}");
    assert_eq!(act(&cast.lead, "take-back", &number).code, 3, "another's is not one's own to take back");
    assert_eq!(act(&both, "take-back", &number).code, 0);
    assert_eq!(act(&cast.approver, "approve", &number).code, 3, "it is over");
    let other = index(propose(&cast.lead, &harmless(&cast, "rejected")));
    assert_eq!(act(&cast.approver, "reject", &other).code, 0);
    assert_eq!(activate(&cast.lead, &other).code, 3);
    assert_eq!(cast.police.run(&["policy", "propose", ".", "--reason", "x"]).code, 5, "nobody else proposes");
}

#[test]
fn a_broken_folder_is_refused_with_its_place_and_the_old_policies_stay() {
    let cast = cast();
    let before = status(&cast.lead)["in_force"].clone();
    let broken = changed(&cast, "broken", "roles.csv", "auditor,partnership", "auditor,partnershp");
    let said = propose(&cast.lead, &broken);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains("roles.csv") && said.err.contains("partnershp"), "{said:?}");
    let other = changed(&cast, "case", "cases/oversight.csv", "allow,AUD-01", "deny,no_role AUD-01");
    let said = propose(&cast.lead, &other);
    assert_eq!(said.code, 3, "a folder whose golden decisions come out otherwise: {said:?}");
    assert!(said.err.contains("cases/oversight.csv"), "{said:?}");
    assert_eq!(status(&cast.lead)["in_force"], before);
}

#[test]
fn what_was_approved_under_other_policies_must_be_approved_again() {
    let cast = cast();
    let first = index(propose(&cast.lead, &harmless(&cast, "first")));
    let second = index(propose(&cast.lead, &harmless(&cast, "second")));
    assert_eq!(act(&cast.approver, "approve", &first).code, 0);
    assert_eq!(act(&cast.approver, "approve", &second).code, 0);
    assert_eq!(activate(&cast.lead, &first).code, 0);
    let said = activate(&cast.lead, &second);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("approved again"), "{said:?}");
    assert_eq!(act(&cast.approver, "approve", &second).code, 0, "against what is in force now");
    assert_eq!(activate(&cast.lead, &second).code, 0);
}

#[test]
fn a_change_comes_into_force_at_its_time_and_the_host_no_more_changes_policy_alone() {
    let cast = cast();
    let number = index(propose(&cast.lead, &harmless(&cast, "later")));
    assert_eq!(act(&cast.approver, "approve", &number).code, 0);
    let at = "2023-05-20T08:00:00Z";
    assert_eq!(cast.lead.run(&["policy", "activate", &number, "--at", at]).code, 0);
    let dir = cast.scene.dir.to_string_lossy().into_owned();
    let scheduled = status(&cast.lead);
    assert_ne!(scheduled["way"], "approved");
    let moved = cast.scene.operate(&["clock", &dir, "--to", "2023-05-20T08:00:01Z"]);
    assert!(moved.status.success(), "{moved:?}");
    assert_eq!(status(&cast.lead)["way"], "approved", "the broker brought it into force on its clock");

    let load = cast.scene.operate(&["policy", "load", &dir]);
    let said = String::from_utf8_lossy(&load.stderr).into_owned();
    assert!(!load.status.success() && said.contains("two people"), "{said}");
    let load =
        cast.scene.operate(&["policy", "load", &dir, "--emergency", "the approvers cannot be reached"]);
    assert!(load.status.success(), "{load:?}");
    let after = status(&cast.approver);
    assert_eq!(after["way"], "emergency");
    let open = after["open"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (open["what"].as_str(), open["state"].as_str()),
        (Some("emergency load"), Some("waits for review"))
    );
    let reviewed =
        cast.approver.run(&["policy", "review", &open["number"].to_string(), "--stands", "--reason", "r"]);
    assert_eq!(reviewed.code, 0, "{reviewed:?}");
}

#[test]
fn a_suspension_counts_at_once_is_told_as_such_and_only_another_lifts_it() {
    let mut cast = cast();
    let manager = cast.scene.person("chscp/manager", &["partnership-manager"]);
    let suspended = manager.run(&[
        "policy",
        "suspend",
        "--agency",
        "metropolitan-police",
        "--reason",
        "a laptop was lost",
        "-o",
        "json",
    ]);
    let number = index(suspended);
    let said = submit(&cast, 1);
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.err.contains("suspended"), "{said:?}");
    let lift = |by: &Person| by.run(&["policy", "review", &number, "--lift", "--reason", "it was found"]);
    assert_eq!(lift(&manager).code, 3, "not who suspended it");
    assert_eq!(lift(&cast.lead).code, 0);
    assert_eq!(submit(&cast, 1).code, 0, "nothing was lost");

    let by_type = cast.lead.run(&["policy", "suspend", "--type", ATTEST, "--reason", "r", "-o", "json"]);
    let number = index(by_type);
    assert_eq!(submit(&cast, 2).code, 5);
    // nobody is left who may review: the operator of the host can
    let dir = cast.scene.dir.to_string_lossy().into_owned();
    let lifted = cast.scene.operate(&["policy", "review", &dir, &number, "--lift", "--reason", "alone"]);
    assert!(lifted.status.success(), "{lifted:?}");
    assert_eq!(
        cast.lead.run(&["policy", "suspend", "--agency", "nobody", "--reason", "r"]).code,
        3,
        "there is no such agency"
    );
}

#[test]
fn a_suspended_principal_is_refused_whatever_it_asks_and_others_of_its_agency_are_not() {
    let mut cast = cast();
    let other = cast.scene.person("metropolitan-police/other", &["submitter"]);
    let id = "metropolitan-police/desk";
    assert_eq!(cast.lead.run(&["policy", "suspend", "--principal", id, "--reason", "r"]).code, 0);
    assert_eq!(submit(&cast, 1).code, 5);
    assert_eq!(cast.police.run(&["missing"]).code, 5);
    assert_eq!(other.run(&["missing"]).code, 0);
}

#[test]
fn a_rollback_is_one_persons_where_it_lets_nobody_do_more_and_is_refused_with_names_where_it_does() {
    let cast = cast();
    let number = index(propose(&cast.lead, &harmless(&cast, "mistake")));
    assert_eq!(act(&cast.approver, "approve", &number).code, 0);
    assert_eq!(activate(&cast.lead, &number).code, 0);
    let back = cast.approver.run(&["policy", "rollback", "--reason", "a mistake", "-o", "json"]).ended(0);
    assert_eq!(back.data()["widens"], false);
    assert_eq!(status(&cast.lead)["way"], "rolled_back");
}

#[test]
fn what_a_return_type_says_of_a_field_is_shown_and_nobody_alone_goes_back_to_where_more_was_seen() {
    let cast = cast();
    let (open, closed) =
        ("kind = \"uk_date\", class = \"operational\"", "kind = \"uk_date\", class = \"identifier\"");
    let folder = changed(&cast, "closed", "returns/ssda903-extract.toml", open, closed);
    // who approves can see the same without a broker, the other way round
    let before = harmless(&cast, "before");
    let (new, old) = (folder.to_string_lossy(), before.to_string_lossy());
    let said = cast.approver.run(&["policy", "diff", &new, &old, "--on", "2023-04-03", "--fail-on", "gain"]);
    assert!(said.code == 6 && said.out.contains("`degraded`"), "{said:?}");

    let number = index(propose(&cast.lead, &folder));
    let said = act(&cast.approver, "approve", &number).ended(0).data();
    assert_eq!(said["widens"], false, "{said}");
    assert!(said["changes"].as_str().unwrap().contains("operational (uk_date) -> identifier"), "{said}");
    assert_eq!(activate(&cast.lead, &number).code, 0);
    let back = cast.approver.run(&["policy", "rollback", "--reason", "a mistake"]);
    assert_eq!(back.code, 3, "{back:?}");
    assert!(back.err.contains("`degraded`"), "{back:?}");
}

#[test]
fn golden_decisions_that_go_are_said_to_go() {
    let cast = cast();
    let folder = changed(&cast, "uncased", "README.md", "Data only.", "Only data.");
    std::fs::remove_dir_all(folder.join("cases")).unwrap();
    let said = propose(&cast.lead, &folder).ended(0).data();
    assert!(said["other_files"].to_string().contains("cases/read.csv (goes)"), "{said}");
    assert!(said["other_files"].to_string().contains("README.md"), "{said}");
    assert!(said["warnings"].to_string().contains("golden decisions go"), "{said}");
}

#[test]
fn a_change_after_which_nobody_could_change_policy_any_more_says_so() {
    let cast = cast();
    let folder =
        changed(&cast, "locked", "agreements.toml", "who = [\"role:governance-approver\"]", "who = []");
    let text = std::fs::read_to_string(folder.join("agreements.toml")).unwrap();
    let start = text.find("id = \"POL-APPROVE\"").and_then(|at| text[..at].rfind("[[")).unwrap();
    let end = text[start + 2..].find("[[").map(|at| start + 2 + at).unwrap();
    std::fs::write(folder.join("agreements.toml"), format!("{}{}", &text[..start], &text[end..])).unwrap();
    let cases = std::fs::read_to_string(folder.join("cases/governance.csv")).unwrap();
    let kept: Vec<&str> = cases.lines().filter(|line| !line.contains("POL-APPROVE")).collect();
    std::fs::write(folder.join("cases/governance.csv"), kept.join("\n") + "\n").unwrap();
    let made = cast.lead.run(&["policy", "generate", &folder.to_string_lossy()]);
    assert_eq!(made.code, 0, "{made:?}");
    let said = propose(&cast.lead, &folder).ended(0).data();
    assert!(said["warnings"].to_string().contains("nobody who is enrolled"), "{said}");
}

#[test]
fn one_person_keeps_no_more_than_ten_proposals_open() {
    let cast = cast();
    let folders: Vec<PathBuf> = (0..11).map(|at| harmless(&cast, &format!("number {at}"))).collect();
    let numbers: Vec<String> =
        folders[..10].iter().map(|folder| index(propose(&cast.lead, folder))).collect();
    let said = propose(&cast.lead, &folders[10]);
    assert!(said.code == 3 && said.err.contains("take one back"), "{said:?}");
    assert_eq!(act(&cast.lead, "take-back", &numbers[0]).code, 0);
    assert_eq!(propose(&cast.lead, &folders[10]).code, 0);
}

#[test]
fn a_second_rollback_leads_further_back_and_not_to_what_was_rolled_back() {
    let cast = cast();
    let number = index(propose(&cast.lead, &harmless(&cast, "mistake")));
    assert_eq!(act(&cast.approver, "approve", &number).code, 0);
    assert_eq!(activate(&cast.lead, &number).code, 0);
    assert_eq!(cast.approver.run(&["policy", "rollback", "--reason", "a mistake"]).code, 0);
    let again = cast.approver.run(&["policy", "rollback", "--reason", "a mistake"]);
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.err.contains("no policies before"), "{again:?}");
}

#[test]
fn what_a_suspended_person_proposed_or_approved_does_not_come_into_force() {
    let mut cast = cast();
    let manager = cast.scene.person("chscp/manager", &["partnership-manager"]);
    let number = index(propose(&cast.lead, &harmless(&cast, "stolen")));
    assert_eq!(act(&cast.approver, "approve", &number).code, 0);
    let at = ["policy", "activate", &number, "--at", "2023-05-03T16:00:00Z"];
    assert_eq!(cast.lead.run(&at).code, 0);
    let before = status(&cast.lead)["in_force"].clone();
    let suspend = ["policy", "suspend", "--agency", "hackney-council", "--reason", "an account was stolen"];
    assert_eq!(manager.run(&suspend).code, 0);
    let said = activate(&cast.lead, &number);
    assert!(said.code == 3 && said.err.contains("suspended"), "{said:?}");
    let dir = cast.scene.dir.to_string_lossy().into_owned();
    let moved = cast.scene.operate(&["clock", &dir, "--to", "2023-05-03T17:00:00Z"]);
    assert!(moved.status.success(), "{moved:?}");
    let after = status(&cast.lead);
    assert_eq!(after["in_force"], before, "{after}");
    assert!(after["open"].to_string().contains("lapsed"), "{after}");
}

#[test]
fn a_suspension_that_was_lifted_is_over_and_no_review_brings_it_back() {
    let cast = cast();
    let said = cast.lead.run(&["policy", "suspend", "--type", ATTEST, "--reason", "r", "-o", "json"]);
    let number = index(said);
    let review = |how: &str| cast.approver.run(&["policy", "review", &number, how, "--reason", "looked at"]);
    assert_eq!(review("--stands").code, 0);
    assert_eq!(review("--lift").code, 0, "who let it stand may think better of it");
    let said = review("--stands");
    assert!(said.code == 3 && said.err.contains("suspend anew"), "{said:?}");
    assert_eq!(submit(&cast, 1).code, 0);
}

#[test]
fn the_folder_on_the_host_stays_without_effect_when_those_who_looked_after_policy_are_gone() {
    let mut cast = cast();
    let number = index(propose(&cast.lead, &harmless(&cast, "approved")));
    assert_eq!(act(&cast.approver, "approve", &number).code, 0);
    assert_eq!(activate(&cast.lead, &number).code, 0);
    let before = status(&cast.lead)["in_force"].clone();
    let dir = cast.scene.dir.to_string_lossy().into_owned();
    let revoked = cast.scene.operate(&["revoke", &dir, "hackney-council/caldicott", "--reason", "left"]);
    assert!(revoked.status.success(), "{revoked:?}");
    cast.scene.stop();
    cast.scene.start();
    let after = status(&cast.lead);
    assert_eq!((&after["in_force"], after["four_eyes"].as_bool()), (&before, Some(false)), "{after}");
    let loaded = cast.scene.operate(&["policy", "load", &dir]);
    assert!(!loaded.status.success(), "{loaded:?}");
    // nor is it needed to start
    cast.scene.stop();
    std::fs::rename(cast.scene.dir.join("policies"), cast.scene.dir.join("aside")).unwrap();
    cast.scene.start();
    std::fs::rename(cast.scene.dir.join("aside"), cast.scene.dir.join("policies")).unwrap();
    let loaded = cast.scene.operate(&["policy", "load", &dir, "--emergency", "nobody is left"]);
    assert!(loaded.status.success(), "{loaded:?}");
}

#[test]
fn a_person_learns_what_it_may_do_and_why_not_and_no_more() {
    let mut cast = cast();
    let auditor = cast.scene.person("chscp/auditor", &["auditor"]);
    let can = |by: &Person, args: &[&str]| by.run(&[&["can-i"], args, &["-o", "json"]].concat());
    let yes = can(&cast.police, &["submit", "--type", ATTEST]).ended(0).data();
    assert_eq!(yes["answers"][0]["allowed"], true, "{yes}");
    let no = can(
        &cast.police,
        &["read", "--type", "cds-csc-quarterly", "--owner", "hackney-council", "--purpose", "P5-scrutiny"],
    );
    let no = no.ended(5).data();
    let answer = &no["answers"][0];
    assert_eq!(answer["reason"], "wrong_purpose", "{no}");
    assert_eq!(answer["what_to_do"], format!("name one of {P4}"), "{no}");
    assert_eq!(answer["nearest"], Value::Null, "the row is an auditor's to see");
    let near =
        can(&auditor, &["read", "--type", "cds-csc-quarterly", "--owner", "hackney-council"]).ended(5).data();
    assert_ne!(near["answers"][0]["nearest"], Value::Null, "{near}");
}

#[test]
fn a_decision_is_explained_to_who_asked_and_to_auditors_and_tells_nobody_that_a_record_exists() {
    let mut cast = cast();
    let auditor = cast.scene.person("chscp/auditor", &["auditor"]);
    let lado = cast.scene.person("city-lado/desk", &["lado"]);
    let sent =
        cast.police.run(&["submit", "--type", "lado-notification", &notification(&cast), "-o", "json"]);
    let id = super::submission_of(&sent.ended(0).data());
    let decision = |said: &Said| -> String {
        let (_, rest) = said.err.split_once("concordat explain ").unwrap_or_else(|| panic!("{said:?}"));
        rest.chars().take_while(char::is_ascii_digit).collect()
    };
    let explain = |by: &Person, number: &str| by.run(&["explain", number, "-o", "json"]);

    // the LADO of another area asks for the record, and for one that does not exist
    let real = lado.run(&["inbox", "fetch", &id, "--purpose", "P2-manage-allegation"]).ended(5);
    let invented =
        lado.run(&["inbox", "fetch", &"0".repeat(32), "--purpose", "P2-manage-allegation"]).ended(5);
    let of = |said: &Said| {
        let mut data = explain(&lado, &decision(said)).ended(0).data();
        for key in ["decision", "recorded_at"] {
            data[key] = Value::Null;
        }
        data
    };
    assert_eq!(of(&real), of(&invented), "the two are explained alike");
    assert_eq!(explain(&cast.police, &decision(&real)).code, 5, "another's decision is not one's own to see");

    // a refusal that may be told is told with what to do
    let denied = cast.police.run(&["audit", "search"]).ended(5);
    let own = explain(&cast.police, &decision(&denied)).ended(0).data();
    assert_eq!(
        (own["allowed"].as_bool(), own["reason"].as_str()),
        (Some(false), Some("no_agreement")),
        "{own}"
    );
    assert!(own["what_to_do"].as_str().unwrap().contains("ask"), "{own}");
    assert!(own.get("nearest").is_none());
    let full = explain(&auditor, &decision(&denied)).ended(0).data();
    assert_eq!(full["nearest"], "AUD-01", "{full}");
    assert!(full["row"].as_array().unwrap().iter().any(|cell| cell == "act=audit-read"), "{full}");
}

fn notification(cast: &Cast) -> String {
    cast.scene.file("notification.csv", super::allegation::NOTIFICATION)
}
