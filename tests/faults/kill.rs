//! SIGKILL at random moments under load: what was acknowledged is there, what was not can be sent again.

use std::collections::BTreeMap;
use std::time::Duration;

use concordat_core::ids::SendKey;
use concordat_tests::sender::{attestation, connect, context, month, verified};
use concordat_tests::{Person, Scene};

/// Who sends, and from which area.
const SENDERS: [(&str, &str); 4] = [
    ("metropolitan-police", "E09000012"),
    ("hackney-council", "E09000012"),
    ("city-of-london-police", "E09000001"),
    ("hackney-education", "E09000012"),
];

/// What one sender knows of what it sent: by number, the receipt once it has it.
type Sent = BTreeMap<usize, Option<Vec<u8>>>;

fn key(sender: usize, n: usize) -> SendKey {
    let mut key = [0u8; 16];
    key[0] = u8::try_from(sender + 1).unwrap();
    key[8..].copy_from_slice(&(n as u64 + 1).to_be_bytes());
    SendKey(key)
}

async fn send(person: &Person, sender: usize, from: usize, sent: &mut Sent) {
    let context = context(person);
    let Ok(mut client) = connect(&context).await else { return };
    let (agency, area) = SENDERS[sender];
    for n in from.. {
        sent.insert(n, None);
        let request = attestation(agency, area, month(n), key(sender, n), u32::try_from(n).unwrap());
        match client.submit(request).await {
            Ok(reply) => sent.insert(n, Some(reply.into_inner().receipt)),
            Err(_) => return,
        };
    }
}

async fn resend(
    people: &[Person],
    all: &mut [Sent],
    indexes: &mut BTreeMap<u64, (usize, usize)>,
) -> (usize, usize) {
    let (mut verified_count, mut resent) = (0, 0);
    for (sender, sent) in all.iter_mut().enumerate() {
        let context = context(&people[sender]);
        let mut client = connect(&context).await.expect("the broker serves again");
        let (agency, area) = SENDERS[sender];
        for (n, receipt) in sent.iter_mut() {
            let request = attestation(agency, area, month(*n), key(sender, *n), u32::try_from(*n).unwrap());
            let again = client.submit(request).await.expect("a resend is answered").into_inner();
            let index = verified(&again.receipt, &context);
            match receipt {
                Some(held) => {
                    assert_eq!(*held, again.receipt, "the original receipt, byte for byte");
                    assert!(again.already);
                    verified_count += 1;
                }
                None => resent += 1,
            }
            *receipt = Some(again.receipt);
            let before = indexes.insert(index, (sender, *n));
            assert!(before.is_none() || before == Some((sender, *n)), "one entry for two submissions");
        }
    }
    (verified_count, resent)
}

#[test]
fn a_killed_broker_keeps_what_it_acknowledged_and_takes_the_rest_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut scene = super::scene();
    let people: Vec<Person> =
        SENDERS.iter().map(|(agency, _)| scene.person(&format!("{agency}/desk"), &["submitter"])).collect();
    let rounds = super::cases(4, 200);
    let (mut next, mut acknowledged, mut resent) = (0, 0, 0);
    let mut indexes = BTreeMap::new();
    for round in 0..rounds {
        // a moment that differs from round to round, the same on every run
        let moment = Duration::from_millis(20 + (round as u64 * 7919) % 180);
        let mut all: Vec<Sent> = vec![Sent::new(); SENDERS.len()];
        runtime.block_on(async {
            let sending =
                all.iter_mut().enumerate().map(|(sender, sent)| send(&people[sender], sender, next, sent));
            let sending = join(sending.collect());
            let killing = async {
                tokio::time::sleep(moment).await;
                scene.kill();
            };
            tokio::join!(sending, killing);
        });
        scene.start();
        let (held, again) = runtime.block_on(resend(&people, &mut all, &mut indexes));
        acknowledged += held;
        resent += again;
        next = all.iter().filter_map(|sent| sent.keys().next_back()).max().map_or(next, |last| last + 1);
    }
    scene.stop();
    let dir = scene.dir.to_string_lossy().into_owned();
    let verify = scene.operate(&["verify", &dir]);
    assert!(verify.status.success(), "{verify:?}");
    assert!(acknowledged > 0, "nothing was acknowledged before a kill");
    println!("{rounds} kills, {acknowledged} acknowledged and kept, {resent} unacknowledged and sent again");
}

async fn join(futures: Vec<impl Future<Output = ()>>) {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(move |cx| {
        futures.retain_mut(|future| future.as_mut().poll(cx).is_pending());
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

#[test]
fn two_concurrent_sends_under_one_key_are_one_submission() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut scene: Scene = super::scene();
    let person = scene.person("metropolitan-police/desk", &["submitter"]);
    let context = context(&person);
    let replies = runtime.block_on(async {
        let (mut one, mut two) = (connect(&context).await.unwrap(), connect(&context).await.unwrap());
        let request = |matters| attestation("metropolitan-police", "E09000012", month(0), key(0, 0), matters);
        let same = tokio::join!(one.submit(request(1)), two.submit(request(1)));
        let other = one.submit(request(2)).await;
        (same.0.unwrap().into_inner(), same.1.unwrap().into_inner(), other)
    });
    assert_eq!(replies.0.receipt, replies.1.receipt);
    assert_ne!(replies.0.already, replies.1.already, "one of them was recorded, the other found");
    let refused = replies.2.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition, "{refused:?}");
}
