//! Callers who should not be served: each gets its status, and leaves its entry or its summary.

use concordat_cli::connect;
use concordat_core::ids::SendKey;
use concordat_tests::Scene;
use concordat_tests::sender::{attestation, connect as connect_as, context, month};
use concordat_tests::stranger::{tls, unregistered};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tonic::Code;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn key(n: u8) -> SendKey {
    SendKey([n; 16])
}

/// What a caller with this identity hears.
fn heard(scene: &mut Scene, tls: rustls::ClientConfig) -> Result<(), tonic::Status> {
    let address = scene.addresses().services;
    runtime().block_on(async {
        let channel =
            connect::dial(&address, tls).await.map_err(|f| tonic::Status::unavailable(format!("{f:?}")))?;
        let mut client = concordat_cli::submitter::client(channel);
        client.submit(attestation("metropolitan-police", "E09000012", month(0), key(1), 1)).await.map(|_| ())
    })
}

/// After a stop the broker has written every summary: the classes and words of all entries.
fn log_of(scene: &mut Scene) -> String {
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    scene.stop();
    scene.start();
    auditor.run(&["audit", "search", "--limit", "1000", "-o", "json"]).ended(0).out
}

#[test]
fn without_a_certificate_nothing_is_heard() {
    let mut scene = super::scene();
    let config = tls(&scene, None);
    let refused = heard(&mut scene, config).unwrap_err();
    let cut_off = [Code::Unavailable, Code::Unknown, Code::Internal, Code::Cancelled];
    assert!(cut_off.contains(&refused.code()), "{refused:?}");
    let log = log_of(&mut scene);
    assert!(log.contains("refused_unheard") && log.contains("handshake"), "{log}");
    assert!(!log.contains("\"accepted\""));
}

#[test]
fn a_certificate_of_another_authority_is_turned_away_and_counted() {
    let mut scene = super::scene();
    let own = rcgen::generate_simple_self_signed(vec!["desk".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = tls(&scene, Some((vec![own.cert.der().clone()], key)));
    assert!(heard(&mut scene, config).is_err());
    assert!(log_of(&mut scene).contains("unknown_key"));
}

#[test]
fn a_key_nobody_registered_is_unauthenticated_though_its_certificate_is_ours() {
    let mut scene = super::scene();
    let _registered = scene.person("metropolitan-police/desk", &["submitter"]);
    let identity = unregistered(&scene, 30);
    let config = tls(&scene, Some(identity));
    let refused = heard(&mut scene, config).unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "{refused:?}");
    assert!(log_of(&mut scene).contains("unknown_key"));
}

#[test]
fn an_expired_certificate_is_turned_away() {
    let mut scene = super::scene();
    let identity = unregistered(&scene, -1);
    let config = tls(&scene, Some(identity));
    assert!(heard(&mut scene, config).is_err());
    assert!(log_of(&mut scene).contains("refused_unheard"));
}

#[test]
fn a_revocation_ends_a_live_connection_with_its_next_call() {
    let mut scene = super::scene();
    let person = scene.person("metropolitan-police/desk", &["submitter"]);
    let context = context(&person);
    let runtime = runtime();
    let mut client = runtime.block_on(connect_as(&context)).unwrap();
    let send = |n: u8| attestation("metropolitan-police", "E09000012", month(n.into()), key(n), 1);
    runtime.block_on(client.submit(send(1))).expect("before the revocation");
    let dir = scene.dir.to_string_lossy().into_owned();
    let revoked = scene.operate(&["revoke", &dir, "metropolitan-police/desk", "--reason", "left the force"]);
    assert!(revoked.status.success(), "{revoked:?}");
    let refused = runtime.block_on(client.submit(send(2))).unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated, "{refused:?}");
    drop(client);
    let log = log_of(&mut scene);
    assert!(log.contains("\"revoked\""), "{log}");
}

#[test]
fn another_agencys_name_in_the_message_is_denied_and_recorded() {
    let mut scene = super::scene();
    let person = scene.person("metropolitan-police/desk", &["submitter"]);
    let context = context(&person);
    let refused = runtime().block_on(async {
        let mut client = connect_as(&context).await.unwrap();
        client.submit(attestation("hackney-council", "E09000012", month(0), key(1), 1)).await.unwrap_err()
    });
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
    let log = log_of(&mut scene);
    assert!(log.contains("\"denied\"") && !log.contains("\"accepted\""), "{log}");
}

#[test]
fn a_token_counts_once() {
    let mut scene = super::scene();
    let (token, fingerprint) = scene.invitation("metropolitan-police/desk", &["submitter"]);
    let addresses = scene.addresses();
    let enrol = |home: &str, scene: &Scene| {
        concordat_tests::Person::at(&scene.folder(home)).enrol(&addresses.enrolment, &fingerprint, &token)
    };
    let _ = enrol("first", &scene).ended(0);
    let again = enrol("second", &scene);
    assert_ne!(again.code, 0, "{again:?}");
    let wrong = "0".repeat(64);
    let (token, _) = scene.invitation("metropolitan-police/second", &["submitter"]);
    let pinned =
        concordat_tests::Person::at(&scene.folder("third")).enrol(&addresses.enrolment, &wrong, &token);
    assert_ne!(pinned.code, 0, "a broker with another fingerprint is not spoken to: {pinned:?}");
}

#[test]
fn a_token_counts_no_more_once_its_principal_was_revoked() {
    let mut scene = super::scene();
    let (token, fingerprint) = scene.invitation("metropolitan-police/desk", &["submitter"]);
    let dir = scene.dir.to_string_lossy().into_owned();
    let revoked =
        scene.operate(&["revoke", &dir, "metropolitan-police/desk", "--reason", "the letter was lost"]);
    assert!(revoked.status.success(), "{revoked:?}");
    let addresses = scene.addresses();
    let enrol = |token: &str| {
        concordat_tests::Person::at(&scene.folder("home")).enrol(&addresses.enrolment, &fingerprint, token)
    };
    assert_ne!(enrol(&token).code, 0);
    let (token, _) = scene.invitation("metropolitan-police/desk", &["submitter"]);
    assert_eq!(enrol(&token).code, 0, "a later invitation counts");
}
