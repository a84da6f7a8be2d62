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
mod explaining;
mod looking_back;
mod new_type;
mod obligations;
mod reading;
mod refusals;
mod routes;
mod tampering;
mod versions;

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

/// The entries of a class, as the auditor finds them.
fn entries(auditor: &Person, class: &str) -> Vec<serde_json::Value> {
    let found =
        auditor.run(&["audit", "search", "--class", class, "--limit", "1000", "-o", "json"]).ended(0).data();
    let list = found.get("entries").unwrap_or(&found).as_array().cloned();
    list.unwrap_or_else(|| panic!("no entries in {found}"))
}
