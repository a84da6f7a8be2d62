use std::io::Write as _;
use std::path::PathBuf;

use clap::Parser;
use concordat_core::entry::{Body, EntryClass};
use concordat_store::Embedded;
use jiff::civil::date;

use super::*;
use crate::admin::client;
use crate::admin::protocol::{Reply, Request};
use crate::args::{Cli, Command};
use crate::commands::init;
use crate::outcome::Exit;
use crate::printer::Printer;
use crate::shutdown;

struct Made {
    _dir: tempfile::TempDir,
    config: Config,
}

async fn made(words: &str) -> Made {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broker");
    let line = format!(
        "concordat-broker init {} {words} --services 127.0.0.1:0 --enrolment 127.0.0.1:0",
        path.display()
    );
    let Command::Init(args) = Cli::try_parse_from(line.split(' ')).unwrap().command else {
        panic!("no init")
    };
    let said = init::make(args).await.unwrap();
    assert!(said.contains("concordat-broker serve --config"), "{said}");
    Made { config: Config::of_directory(&path).unwrap(), _dir: dir }
}

async fn sample() -> Made {
    made("--sample city-and-hackney").await
}

fn entries(broker: &Broker) -> Vec<Body> {
    broker.flow().store().entries(0, 1_000).unwrap().into_iter().map(|entry| entry.body).collect()
}

fn invite(principal: &str) -> Request {
    Request::Invite {
        principal: principal.parse().unwrap(),
        roles: vec!["submitter".parse().unwrap()],
        areas: Vec::new(),
        until: None,
    }
}

#[tokio::test]
async fn a_new_log_says_whose_it_is_and_which_policies_are_in_force() {
    let made = made("--name north").await;
    let broker = Broker::open(&made.config).await.unwrap();
    let entries = entries(&broker);
    assert!(matches!(&entries[..], [Body::Opened(opened), Body::PolicyLoaded(_)]
        if opened.partnership.as_str() == "north" && !opened.sample && opened.clock_offset_us == 0));
    assert!(!broker.flow().is_demo_clock());
    broker.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_broker_is_administered_through_its_socket_and_leaves_nothing_behind() {
    let Made { _dir, config } = sample().await;
    let (stop, stopping) = shutdown::pair();
    let running = tokio::spawn(run_broker(config.clone(), stopping));
    for _ in 0..500 {
        if Addresses::read(&config.addresses()).unwrap().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let addresses = Addresses::read(&config.addresses()).unwrap().unwrap();
    assert_ne!(addresses.services.port(), 0);
    assert!(Broker::open(&config).await.unwrap_err().text.contains("in use by another process"));

    let invited = client::ask(&config, invite("metropolitan-police/desk")).await.unwrap();
    assert!(matches!(invited, Reply::Invited { token, .. } if token.expose().len() > 20));
    let refused = client::ask(&config, invite("nobody/desk")).await.unwrap_err();
    assert!(refused.text.contains("`nobody` is no agency"), "{refused}");
    let to = "2023-05-04T08:00:00Z".parse().unwrap();
    assert!(matches!(client::ask(&config, Request::MoveClock { to }).await.unwrap(), Reply::Done { .. }));

    stop.ask();
    running.await.unwrap().unwrap();
    assert!(!config.addresses().exists() && !config.socket().exists());
    let broker = Broker::open(&config).await.unwrap();
    let entries = entries(&broker);
    let acts = entries.iter().filter_map(|entry| match entry {
        Body::Administered(act) => Some(act.act.as_str()),
        _ => None,
    });
    assert_eq!(acts.collect::<Vec<_>>(), ["start", "stop"]);
    let overdue = entries.iter().filter(|entry| entry.class() == EntryClass::OverdueRaised).count();
    assert!(overdue > 0, "moving the clock past a deadline raises what is overdue at once");
    broker.close().await.unwrap();
}

#[tokio::test]
async fn a_principal_enrols_with_its_token_once_and_can_be_revoked_without_a_running_broker() {
    let made = sample().await;
    let Reply::Invited { token, .. } = client::ask(&made.config, invite("homerton/desk")).await.unwrap()
    else {
        panic!("not invited")
    };
    let authority = authority(&made.config).unwrap();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
    let broker = Broker::open(&made.config).await.unwrap();
    let enrolled = broker.flow().enrol(token.expose(), request.der(), &authority).await.unwrap();
    assert_eq!(enrolled.principal.to_string(), "homerton/desk");
    assert_eq!(enrolled.log_key, broker.flow().store().verifier().to_string());
    assert!(broker.flow().enrol(token.expose(), request.der(), &authority).await.is_err());
    broker.close().await.unwrap();

    let revoke = Request::Revoke {
        principal: "homerton/desk".parse().unwrap(),
        key: Some(enrolled.issued.key.to_string()),
        reason: "left".into(),
    };
    assert!(matches!(client::ask(&made.config, revoke).await.unwrap(), Reply::Done { .. }));
}

#[tokio::test]
async fn a_changed_policies_folder_is_recorded_once_and_a_wrong_one_changes_nothing() {
    let made = sample().await;
    let path = made.config.policies.join("partnership.toml");
    let loads = |broker: &Broker| {
        entries(broker).iter().filter(|entry| entry.class() == EntryClass::PolicyLoaded).count()
    };
    let add = |text: &str| {
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(text.as_bytes()).unwrap();
    };
    add("# one more line\n");
    let broker = Broker::open(&made.config).await.unwrap();
    assert_eq!(loads(&broker), 1, "opening alone loads nothing");
    broker.load_changed(&made.config).await.unwrap();
    broker.load_changed(&made.config).await.unwrap();
    assert_eq!(loads(&broker), 2);
    add("nonsense = 1\n");
    let failure = broker.load_changed(&made.config).await.unwrap_err();
    assert!(failure.text.contains("partnership.toml:") && failure.text.contains("nonsense"), "{failure}");
    assert_eq!(loads(&broker), 2);
    broker.close().await.unwrap();
    // a broken folder keeps nobody from revoking or inviting: what is in force comes from the log
    assert!(client::ask(&made.config, invite("homerton/desk")).await.is_ok());
}

#[tokio::test]
async fn what_a_samples_store_records_while_it_opens_is_stamped_with_the_samples_time() {
    let made = sample().await;
    let segment = made.config.store.join("journal").join("00000001.seg");
    std::fs::OpenOptions::new().append(true).open(segment).unwrap().write_all(b"torn").unwrap();
    let broker = Broker::open(&made.config).await.unwrap();
    let last = broker.flow().store().entries(0, 1_000).unwrap().pop().unwrap();
    assert_eq!(last.class, EntryClass::TailCut);
    let day = |at| concordat_core::clock::london_date(at);
    assert_eq!(day(last.recorded_at), date(2023, 4, 3));
    assert_eq!(day(broker.flow().now()), date(2023, 4, 3));
    broker.close().await.unwrap();
}

#[tokio::test]
async fn settings_that_call_a_sample_something_else_are_refused() {
    let mut made = sample().await;
    made.config.sample = false;
    let failure = Broker::open(&made.config).await.unwrap_err();
    assert!(failure.text.contains("sample"), "{failure}");
}

#[tokio::test]
async fn a_lost_guard_stops_the_broker_until_it_is_reset_for_a_reason_that_is_recorded() {
    let made = sample().await;
    std::fs::remove_file(&made.config.guard).unwrap();
    assert!(Broker::open(&made.config).await.unwrap_err().text.contains("guard reset"));
    let dir: PathBuf = made.config.file.parent().unwrap().to_owned();
    let line = ["concordat-broker", "guard", "reset", dir.to_str().unwrap(), "--reason", "volume lost"];
    let Command::Guard(crate::args::GuardCommand::Reset(args)) = Cli::try_parse_from(line).unwrap().command
    else {
        panic!("no reset")
    };
    assert_eq!(crate::commands::guard::run(args, Printer).await.unwrap(), Exit::Ok);
    let broker: Broker = Broker::open(&made.config).await.unwrap();
    let store: &Embedded = broker.flow().store();
    let last = store.entries(0, 1_000).unwrap().pop().unwrap();
    assert!(
        matches!(last.body, Body::Administered(act) if act.act == "guard_reset" && act.reason == "volume lost")
    );
    broker.close().await.unwrap();
}
