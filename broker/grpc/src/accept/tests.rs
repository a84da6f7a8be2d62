use super::*;
use concordat_proto::v1 as wire;
use tokio::io::AsyncReadExt as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use wire::directory_service_client::DirectoryServiceClient;
use wire::submission_service_client::SubmissionServiceClient;

use crate::testing::{Authority, Stand, plain};

const SOON: Duration = Duration::from_secs(10);

fn limits() -> Limits {
    // so long that only what a test shortens can be what ends a wait
    let long = Duration::from_secs(3600);
    Limits { handshake_time: long, request_time: long, drain: long, ..Limits::default() }
}

async fn who(channel: tonic::transport::Channel) -> Result<wire::WhoAmIReply, Status> {
    let mut client = DirectoryServiceClient::new(channel);
    let asked = client.who_am_i(wire::WhoAmIRequest {});
    tokio::time::timeout(SOON, asked).await.expect("no answer came").map(tonic::Response::into_inner)
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

// whether the other side closed it
async fn is_closed(mut stream: impl tokio::io::AsyncRead + Unpin) -> bool {
    let mut byte = [0; 64];
    loop {
        match tokio::time::timeout(SOON, stream.read(&mut byte)).await {
            Err(_) => return false,
            Ok(Ok(0) | Err(_)) => return true,
            Ok(Ok(_)) => {}
        }
    }
}

#[tokio::test]
async fn a_call_carries_the_facts_of_its_connections_certificate() {
    let stand = Stand::new(limits()).await;
    let client = stand.authority.client("urn:concordat:p:met:desk");
    let reply = who(stand.channel(Some(&client), "127.0.0.1").await.unwrap()).await.unwrap();
    assert_eq!(reply.principal, "urn:concordat:p:met:desk");
    assert_eq!(reply.agency, facts_of(&client.certificate).unwrap().key.to_string());
}

#[tokio::test]
async fn idle_handshakes_do_not_hold_up_a_good_client() {
    let stand = Stand::new(limits()).await;
    let mut idle = Vec::new();
    for _ in 0..40 {
        idle.push(plain(stand.address, "127.0.0.1".parse().unwrap()).await.unwrap());
    }
    who(stand.good().await).await.unwrap();
}

#[tokio::test]
async fn one_address_that_takes_all_its_places_leaves_the_others_theirs() {
    let stand = Stand::new(Limits { handshakes: 8, handshakes_per_address: 4, ..limits() }).await;
    let slow = "127.0.0.2".parse().unwrap();
    let mut idle = Vec::new();
    for _ in 0..4 {
        idle.push(plain(stand.address, slow).await.unwrap());
    }
    let fifth = plain(stand.address, slow).await.unwrap();
    assert!(is_closed(fifth).await);
    assert_eq!(stand.rooms.counted(Unheard::Overload).await, "loopback");
    who(stand.good().await).await.unwrap();
}

#[tokio::test]
async fn an_idle_handshake_is_closed_after_its_time_and_counted() {
    let stand = Stand::new(Limits { handshake_time: Duration::from_millis(100), ..limits() }).await;
    let idle = plain(stand.address, "127.0.0.1".parse().unwrap()).await.unwrap();
    assert!(is_closed(idle).await);
    assert_eq!(stand.rooms.counted(Unheard::Handshake).await, "loopback");
}

#[tokio::test]
async fn a_client_that_only_hangs_up_is_not_counted() {
    let stand = Stand::new(limits()).await;
    drop(plain(stand.address, "127.0.0.1".parse().unwrap()).await.unwrap());
    who(stand.good().await).await.unwrap();
    assert!(stand.rooms.heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn certificates_that_do_not_count_are_refused_and_counted_by_their_reason() {
    let stand = Stand::new(limits()).await;
    let stranger = Authority::new().client("urn:concordat:p:met:desk");
    let stand = &stand;
    let refused =
        |client| async move { who(stand.channel(client, "127.0.0.1").await.unwrap()).await.is_err() };
    // in TLS 1.3 the client hears of it only when it first reads
    assert!(refused(Some(&stranger)).await);
    assert_eq!(stand.rooms.counted(Unheard::UnknownKey).await, "loopback");
    assert!(refused(None).await);
    stand.rooms.counted(Unheard::Handshake).await;
    let known = stand.authority.client("urn:concordat:p:met:desk");
    stand.clock.set("2028-01-02T00:00:00Z".parse().unwrap());
    assert!(refused(Some(&known)).await);
    stand.rooms.counted(Unheard::Expired).await;
}

#[tokio::test]
async fn a_revocation_list_refuses_its_certificates_and_all_of_them_once_it_is_out_of_date() {
    let stand = Stand::new(limits()).await;
    let kept = stand.authority.client("urn:concordat:p:met:desk");
    let lost = stand.authority.client("urn:concordat:p:met:lost-desk");
    who(stand.channel(Some(&lost), "127.0.0.1").await.unwrap()).await.unwrap();
    let trust = stand.authority.trust().with_crls(&[stand.authority.list(&[lost.serial])]).unwrap();
    stand.tls.reload(stand.authority.identity(), Some(trust)).unwrap();
    assert!(who(stand.channel(Some(&lost), "127.0.0.1").await.unwrap()).await.is_err());
    stand.rooms.counted(Unheard::Revoked).await;
    who(stand.channel(Some(&kept), "127.0.0.1").await.unwrap()).await.unwrap();
    stand.clock.set("2027-02-01T00:00:00Z".parse().unwrap());
    assert!(who(stand.channel(Some(&kept), "127.0.0.1").await.unwrap()).await.is_err());
}

#[tokio::test]
async fn a_reload_shows_the_new_certificate_and_spares_live_connections() {
    let stand = Stand::new(limits()).await;
    let client = stand.authority.client("urn:concordat:p:met:desk");
    let live = stand.channel(Some(&client), "127.0.0.1").await.unwrap();
    who(live.clone()).await.unwrap();
    let shown = async || {
        let stream = stand.tls(Some(&client), "127.0.0.1", &[b"h2"]).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    let before = shown().await;
    assert_eq!(before, shown().await);
    stand.tls.reload(stand.authority.identity(), Some(stand.authority.trust())).unwrap();
    assert_ne!(before, shown().await);
    who(live).await.unwrap();
}

#[tokio::test]
async fn nothing_but_http2_is_spoken() {
    let stand = Stand::new(limits()).await;
    let client = stand.authority.client("urn:concordat:p:met:desk");
    let silent = stand.tls(Some(&client), "127.0.0.1", &[]).await.unwrap();
    assert!(is_closed(silent).await);
    assert!(stand.tls(Some(&client), "127.0.0.1", &[b"http/1.1"]).await.is_err());
    stand.rooms.counted(Unheard::Handshake).await;
}

#[tokio::test]
async fn connections_beyond_the_cap_are_dropped_and_counted() {
    let stand = Stand::new(Limits { connections: 1, ..limits() }).await;
    let client = stand.authority.client("urn:concordat:p:met:desk");
    let first = stand.channel(Some(&client), "127.0.0.1").await.unwrap();
    who(first.clone()).await.unwrap();
    let second = stand.tls(Some(&client), "127.0.0.1", &[b"h2"]).await.unwrap();
    assert!(is_closed(second).await);
    assert_eq!(stand.rooms.counted(Unheard::Overload).await, "urn:concordat:p:met:desk");
    who(first).await.unwrap();
}

#[tokio::test]
async fn calls_beyond_the_cap_are_told_when_to_try_again() {
    let stand = Stand::with(Limits { requests: 1, ..limits() }, true, Duration::from_millis(300)).await;
    let channel = stand.good().await;
    let first = tokio::spawn(who(channel.clone()));
    while stand.door.load.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let refused = who(channel.clone()).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "too_busy"));
    assert!(refused.get_details_retry_info().unwrap().retry_delay.is_some());
    assert_eq!(stand.rooms.counted(Unheard::Overload).await, "urn:concordat:p:met:desk");
    first.await.unwrap().unwrap();
    who(channel).await.unwrap();
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends_as_unknown() {
    let limits = Limits { request_time: Duration::from_millis(50), ..limits() };
    let stand = Stand::with(limits, true, Duration::from_secs(3600)).await;
    let late = who(stand.good().await).await.unwrap_err();
    assert_eq!((late.code(), reason(&late).as_str()), (Code::DeadlineExceeded, "too_late"));
    assert_eq!(stand.door.load.requests(), 0, "the call gave back its place");
}

fn submission(cells: usize, length: usize) -> wire::SubmitRequest {
    let table = wire::Table {
        name: "main".into(),
        columns: vec!["a".into()],
        cells: vec!["x".repeat(length); cells],
    };
    wire::SubmitRequest { tables: vec![table], ..Default::default() }
}

#[tokio::test]
async fn messages_too_large_in_bytes_or_shape_and_garbage_are_refused_and_counted() {
    let stand = Stand::new(limits()).await;
    let mut client = SubmissionServiceClient::new(stand.good().await);
    assert_eq!(client.submit(submission(7, 3)).await.unwrap().into_inner().index, 7);
    let heavy = client.submit(submission(5, 1 << 20)).await.unwrap_err();
    assert_eq!((heavy.code(), reason(&heavy).as_str()), (Code::InvalidArgument, "too_large"));
    stand.rooms.counted(Unheard::Malformed).await;
    stand.rooms.heard.lock().unwrap().clear();
    let many = client.submit(submission(1_000_001, 0)).await.unwrap_err();
    assert_eq!((many.code(), reason(&many).as_str()), (Code::InvalidArgument, "too_large"));
    stand.rooms.counted(Unheard::Malformed).await;
    stand.rooms.heard.lock().unwrap().clear();
    let mut raw = tonic::client::Grpc::new(stand.good().await);
    raw.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<wire::AnswerReply, wire::SubmitReply>::default();
    // an index where an identity is expected
    let garbage = tonic::Request::new(wire::AnswerReply { index: 9 });
    let path = http::uri::PathAndQuery::from_static("/concordat.v1.SubmissionService/Submit");
    let garbled = raw.unary(garbage, path, codec).await.unwrap_err();
    assert_eq!((garbled.code(), reason(&garbled).as_str()), (Code::InvalidArgument, "malformed"));
    assert_eq!(stand.rooms.counted(Unheard::Malformed).await, "urn:concordat:p:met:desk");
}

#[tokio::test]
async fn bytes_beyond_what_may_be_in_flight_are_refused_and_given_back() {
    let stand = Stand::new(Limits { bytes: 100_000, ..limits() }).await;
    let mut client = SubmissionServiceClient::new(stand.good().await);
    let refused = client.submit(submission(300, 1_000)).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "too_busy"));
    stand.rooms.counted(Unheard::Overload).await;
    assert_eq!(stand.door.load.bytes(), 0);
    assert_eq!(client.submit(submission(90, 1_000)).await.unwrap().into_inner().index, 90);
}

#[tokio::test]
async fn a_call_in_flight_outlives_its_connections_age_and_the_connection_ends() {
    let limits = Limits { connection_age: Duration::from_millis(50), connections: 7, ..limits() };
    let stand = Stand::with(limits, true, Duration::from_millis(300)).await;
    let channel = stand.good().await;
    who(channel.clone()).await.unwrap();
    for _ in 0..500 {
        // the client still holds its end
        if stand.door.connections.available_permits() == 7 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(channel);
    panic!("the connection did not end");
}

#[tokio::test]
async fn stopping_lets_calls_in_flight_end_and_takes_no_new_connection() {
    let stand = Stand::with(limits(), true, Duration::from_millis(300)).await;
    let call = tokio::spawn(who(stand.good().await));
    while stand.door.load.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let idle = plain(stand.address, "127.0.0.1".parse().unwrap()).await.unwrap();
    stand.stop.send(true).unwrap();
    call.await.unwrap().unwrap();
    assert!(is_closed(idle).await);
    let cut = tokio::time::timeout(SOON, stand.served).await.unwrap().unwrap();
    assert_eq!(cut, 0);
    assert!(plain(stand.address, "127.0.0.1".parse().unwrap()).await.is_err());
}

#[tokio::test]
async fn what_does_not_end_within_the_drain_time_is_cut() {
    let limits = Limits { drain: Duration::from_millis(100), ..limits() };
    let stand = Stand::with(limits, true, Duration::from_secs(3600)).await;
    let call = tokio::spawn(who(stand.good().await));
    while stand.door.load.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stand.stop.send(true).unwrap();
    let cut = tokio::time::timeout(SOON, stand.served).await.unwrap().unwrap();
    assert_eq!(cut, 1);
    assert!(call.await.unwrap().is_err());
}

#[tokio::test]
async fn who_shows_no_certificate_keeps_its_addresss_place_while_it_stays() {
    let limits = Limits { handshakes_per_address: 1, ..limits() };
    let stand = Stand::with(limits, false, Duration::ZERO).await;
    let first = stand.channel(None, "127.0.0.1").await.unwrap();
    assert_eq!(who(first.clone()).await.unwrap().principal, "loopback");
    let second = plain(stand.address, "127.0.0.1".parse().unwrap()).await.unwrap();
    assert!(is_closed(second).await);
    let other = stand.channel(None, "127.0.0.2").await.unwrap();
    who(other).await.unwrap();
    who(first).await.unwrap();
}
