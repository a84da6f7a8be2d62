//! The main job with real sockets, certificates and a broker in a process of its own.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod across;
mod allegation;
mod broken;
mod corrections;
mod explaining;
mod extracts;
mod governance;
mod large;
mod looking_back;
mod new_type;
mod obligations;
mod partial;
mod reading;
mod refusals;
mod replay;
mod routes;
mod same_findings;
mod streams;
mod tampering;
mod templates;
mod uploads;
mod versions;
mod withdrawal;

use concordat_tests::{Person, Scene};

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_broker-under-test"))
}

/// A month's attestation of so many matters.
fn attestation(matters: u32) -> String {
    format!("area,matters_meeting_criteria,notified\nE09000012,{matters},{matters}\n")
}

/// Submits a month's attestation and gives the submission's id.
fn attest(scene: &Scene, person: &Person, month: &str, matters: u32) -> String {
    let file = scene.file(&format!("attestation-{month}-{matters}.csv"), &attestation(matters));
    let args = ["submit", "--type", "lado-attestation-monthly", "--period", month, &file, "-o", "json"];
    submission_of(&person.run(&args).ended(0).data())
}

fn submission_of(data: &serde_json::Value) -> String {
    data["submission"].as_str().unwrap_or_else(|| panic!("no submission in {data}")).to_owned()
}

/// A quarter's figures of the police, with so many arrests of children.
fn police_csv(arrests: u32) -> String {
    format!(
        "area,scope,period,child_arrests,conduct_matters_meeting_lado_criteria,lado_notifications_made\n\
         E09000012,area,2022-23/Q4,{arrests},0,0\n"
    )
}

/// Submits a quarter's figures of the police and gives the submission's id.
fn police_figures(scene: &Scene, person: &Person, arrests: u32, extra: &[&str]) -> String {
    let file = scene.file(&format!("figures-{arrests}.csv"), &police_csv(arrests));
    let args = ["submit", "--type", "cds-police-quarterly", "--period", "2022-23/Q4", &file, "-o", "json"];
    submission_of(&person.run(&[&args, extra].concat()).ended(0).data())
}

/// What lies in the inbox of a person's agency, as that person may know of it.
fn inbox(person: &Person) -> Vec<serde_json::Value> {
    let data = person.run(&["inbox", "list", "-o", "json"]).ended(0).data();
    data["items"].as_array().unwrap_or_else(|| panic!("no items in {data}")).clone()
}

/// Moves the business clock of a scene forward.
fn move_clock(scene: &Scene, to: &str) {
    let dir = scene.dir.to_string_lossy().into_owned();
    let moved = scene.operate(&["clock", &dir, "--to", to]);
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));
}

/// The entries of a class, as the auditor finds them.
fn entries(auditor: &Person, class: &str) -> Vec<serde_json::Value> {
    let found =
        auditor.run(&["audit", "search", "--class", class, "--limit", "1000", "-o", "json"]).ended(0).data();
    let list = found.get("entries").unwrap_or(&found).as_array().cloned();
    list.unwrap_or_else(|| panic!("no entries in {found}"))
}
