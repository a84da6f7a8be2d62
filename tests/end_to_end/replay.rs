//! Every decision of the log follows from the policies of its time, and one that does not is named.

use concordat_broker::compose::Broker;
use concordat_broker::config::Config;
use concordat_core::entry::Body;

use concordat_core::ids::{EntryId, RoleId};
use concordat_core::refusal::DenyReason;
use concordat_store::{Proposal, Recorded, Store};
use concordat_tests::Scene;
use serde_json::Value;

fn replay(scene: &Scene, code: i32) -> Value {
    let out = scene.operate(&["replay", &scene.dir.to_string_lossy(), "--json"]);
    assert_eq!(out.status.code(), Some(code), "{out:?}");
    let value: Value = serde_json::from_slice(&out.stdout).unwrap();
    value["data"].clone()
}

/// A log with every kind of decision: sent, delivered, read, answered, taken back, searched, refused, policy changed,
/// something suspended, roles changed.
fn busy() -> Scene {
    let mut scene = super::scene();
    let police = scene.person("metropolitan-police/desk", &["submitter"]);
    let council = scene.person("hackney-council/insight", &["reader"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let lead = scene.person("chscp/lead", &["governance-lead"]);
    let approver = scene.person("hackney-council/caldicott", &["governance-approver"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);

    let sent = super::police_figures(&scene, &police, 50, &[]);
    let _ = council.run(&["inbox", "fetch", &sent, "--purpose", "P4-partnership-assurance"]).ended(0);
    let _ = council.run(&["inbox", "fetch", &sent, "--purpose", "P5-scrutiny"]).ended(5);
    let _ = council.run(&["inbox", "ack", &sent]).ended(0);
    let _ = police.run(&["audit", "search"]).ended(5);
    let folder = scene.folder("changes").join("one");
    let folder = folder.to_string_lossy();
    let _ = lead.run(&["policy", "show", "--out", &folder]).ended(0);
    let roles = format!("{folder}/roles.csv");
    let text = std::fs::read_to_string(&roles).unwrap().replace("searches and verifies", "verifies");
    std::fs::write(&roles, text).unwrap();
    let said = lead.run(&["policy", "propose", &folder, "--reason", "plain words", "-o", "json"]).ended(0);
    let number = said.data()["index"].to_string();
    let _ = approver.run(&["policy", "approve", &number, "--reason", "read"]).ended(0);
    let _ = lead.run(&["policy", "activate", &number]).ended(0);

    let month = super::attest(&scene, &police, "2023-03", 1);
    let _ = police.run(&["withdraw", &month, "--reason", "wrong_period"]).ended(0);
    let suspend = ["policy", "suspend", "--agency", "metropolitan-police", "--reason", "r", "-o", "json"];
    let number = manager.run(&suspend).ended(0).data()["index"].to_string();
    let _ = police.run(&["missing"]).ended(5);
    let _ = lead.run(&["policy", "review", &number, "--lift", "--reason", "r"]).ended(0);
    let _ = super::attest(&scene, &police, "2023-02", 1);
    let _ = auditor.run(&["audit", "search"]).ended(0);
    scene.stop();
    scene
}

/// Appends an entry that says otherwise than one of the log's, as somebody could who holds the keys.
fn forge(scene: &Scene, change: impl Fn(&Recorded) -> Option<Body>) {
    let config = Config::of_directory(&scene.dir).unwrap();
    let work = async {
        let broker = Broker::open(&config).await.unwrap();
        let store = broker.flow().store();
        let body = store.entries(0, 10_000).unwrap().iter().find_map(change).expect("such an entry");
        let _ = store.append(vec![Proposal::of(EntryId([7; 16]), body)]).await.unwrap();
        broker.close().await.unwrap();
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work);
}

#[test]
fn every_decision_of_a_busy_log_follows_from_the_policies_of_its_time() {
    let scene = busy();
    let found = replay(&scene, 0);
    assert!(found["decisions"].as_u64().unwrap() >= 15, "{found}");
    assert_eq!(found["differing"], 0, "{found}");
}

#[test]
fn a_permission_that_policy_does_not_give_and_roles_that_nobody_assigned_are_named() {
    let scene = busy();
    // the police are let to search the log, as if the auditor's rule had said so
    forge(&scene, |entry| match &entry.body {
        Body::AuditRead(read) => {
            let mut read = read.clone();
            read.by = "metropolitan-police/desk".parse().unwrap();
            read.judged.request.asker.principal = Some(read.by.clone());
            read.judged.request.asker.agency = "metropolitan-police".parse().unwrap();
            Some(Body::AuditRead(read))
        }
        _ => None,
    });
    let found = replay(&scene, 1);
    assert_eq!(found["differing"], 1, "{found}");
    let words = found["decisions_that_differ"][0]["now"].as_str().unwrap().to_owned();
    assert!(words.contains("not the roles"), "{words}");
}

#[test]
fn a_denial_for_another_reason_and_a_grant_by_another_rule_are_named() {
    for forged in [
        |entry: &Recorded| match &entry.body {
            Body::Denied(denied) if denied.denial.is_some() => {
                let mut denied = denied.clone();
                denied.denial.as_mut().unwrap().reason = DenyReason::ExplicitDeny;
                Some(Body::Denied(denied))
            }
            _ => None,
        },
        |entry: &Recorded| match &entry.body {
            Body::AuditRead(read) => {
                let mut read = read.clone();
                read.judged.grant.rules = vec!["READ-POLICE".parse().unwrap()];
                Some(Body::AuditRead(read))
            }
            _ => None,
        },
        |entry: &Recorded| match &entry.body {
            Body::AuditRead(read) => {
                let mut read = read.clone();
                read.judged.request.asker.roles = vec!["submitter".parse::<RoleId>().unwrap()];
                Some(Body::AuditRead(read))
            }
            _ => None,
        },
    ] {
        let scene = busy();
        forge(&scene, forged);
        assert_eq!(replay(&scene, 1)["differing"], 1);
    }
}
