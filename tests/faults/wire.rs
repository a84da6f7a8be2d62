//! Bytes that are no request: too many, too few, garbage, none at all. The broker goes on serving everyone else.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use concordat_core::ids::SendKey;
use concordat_tests::sender::{attestation, connect, context, month};
use concordat_tests::{Person, Scene};
use tonic::Code;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn served(person: &Person, n: u8) {
    let context = context(person);
    runtime().block_on(async {
        let mut client = connect(&context).await.expect("the broker serves");
        let request = attestation("metropolitan-police", "E09000012", month(n.into()), SendKey([n; 16]), 1);
        client.submit(request).await.expect("a good request is accepted");
    });
}

fn scene() -> (Scene, Person) {
    let mut scene = super::scene();
    let person = scene.person("metropolitan-police/desk", &["submitter"]);
    (scene, person)
}

#[test]
fn an_oversize_message_is_refused_with_a_status() {
    let (_scene, person) = scene();
    let context = context(&person);
    let refused = runtime().block_on(async {
        let mut client = connect(&context).await.unwrap();
        let mut request = attestation("metropolitan-police", "E09000012", month(0), SendKey([1; 16]), 1);
        // the table stays rectangular: only its size is wrong
        request.tables[0].cells[1] = "9".repeat(5 * 1024 * 1024);
        client.submit(request).await.unwrap_err()
    });
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    assert!(refused.message().contains("large"), "{refused:?}");
    served(&person, 2);
}

#[test]
fn a_table_that_is_not_rectangular_is_refused_and_recorded_nowhere_as_accepted() {
    let (_scene, person) = scene();
    let context = context(&person);
    let refused = runtime().block_on(async {
        let mut client = connect(&context).await.unwrap();
        let mut request = attestation("metropolitan-police", "E09000012", month(0), SendKey([1; 16]), 1);
        request.tables[0].cells.pop();
        client.submit(request).await.unwrap_err()
    });
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    served(&person, 1);
}

#[test]
fn garbage_truncation_and_silence_do_not_stop_the_service() {
    let (mut scene, person) = scene();
    let address = scene.addresses().services;
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for round in 0..super::cases(50, 2_000) {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        let length = usize::try_from(next() % 600).unwrap();
        let mut bytes: Vec<u8> = (0..length).map(|_| next().to_be_bytes()[0]).collect();
        if round % 2 == 0 && bytes.len() > 5 {
            // looks like the beginning of a handshake
            bytes[..3].copy_from_slice(&[0x16, 0x03, 0x01]);
        }
        let _ = stream.write_all(&bytes);
    }
    served(&person, 1);
}

#[test]
fn idle_handshakes_are_let_go_and_nobody_waits_for_them() {
    let (mut scene, person) = scene();
    let address = scene.addresses().services;
    // from another address than the good caller's: one address cannot take the places of all
    let idle: Vec<TcpStream> =
        (0..super::cases(200, 900)).map(|_| connect_from("127.0.0.2", &address)).collect();
    let began = Instant::now();
    served(&person, 1);
    assert!(began.elapsed() < Duration::from_secs(8), "a good caller waited for idle ones");
    let mut first = idle.into_iter().next().unwrap();
    first.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let mut byte = [0u8; 1];
    let closed = match first.read(&mut byte) {
        Ok(read) => read == 0,
        Err(fault) => fault.kind() == std::io::ErrorKind::ConnectionReset,
    };
    assert!(closed, "an idle handshake is closed by the broker");
}

fn connect_from(source: &str, address: &str) -> TcpStream {
    runtime().block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
        let stream = socket.connect(address.parse().unwrap()).await.expect("a connection");
        let stream = stream.into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    })
}

#[test]
fn a_slow_sender_does_not_hold_up_another() {
    let (mut scene, person) = scene();
    let address = scene.addresses().services;
    let mut slow = TcpStream::connect(&address).expect("a connection");
    for _ in 0..3 {
        slow.write_all(&[0x16]).unwrap();
        served(&person, 1);
    }
}
