//! What every store must do, one rule a function.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a suite is a test: it fails by panicking, and its names say the rules"
)]

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;

use concordat_core::apply::{Key, Row};
use concordat_core::entry::EntryClass;
use concordat_core::fault::FaultKind;
use concordat_core::ids::EntryId;
use concordat_core::submission::DeliveryState;
use concordat_ledger::{Hash, SignedCheckpoint, Verifier, verify_consistency, verify_inclusion};
use jiff::SignedDuration;

use super::Subject;
use super::fixture::*;
use crate::proposal::{Appended, Payload, Precondition, Proposal, Unmet};
use crate::store::Store;

/// The log's public key, out of its ring.
fn verifier(store: &impl Store) -> Verifier {
    let origin = store.head().checkpoint.lines().next().unwrap().to_owned();
    let seed = store.ring().log_key();
    concordat_ledger::LogKey::from_seed(&origin, seed.first_chunk().unwrap()).unwrap().verifier().clone()
}

/// Records the n-th return and gives its index.
async fn send(store: &impl Store, number: u64) -> u64 {
    let proposal =
        submission(store, id(number), accepted(number, 1, None), format!("payload {number}").as_bytes());
    commit(store, vec![proposal]).await[0].index
}

pub async fn entries_are_read_back_as_they_were_proposed<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let mut sent = accepted(1, 1, None);
    let done = commit(&*store, vec![submission(&*store, id(1), sent.clone(), b"payload")]).await;
    let read = store.entry(0).unwrap().unwrap();
    sent.payload = concordat_core::submission::PayloadAt::Section(crate::PAYLOAD_SECTION);
    assert_eq!(read.body, concordat_core::entry::Body::Accepted(Box::new(sent)));
    assert_eq!((read.index, read.id, read.class), (0, id(1), EntryClass::Accepted));
    assert_eq!(read.recorded_at, start());
    assert_eq!((done[0].index, done[0].recorded_at, done[0].logged.id()), (0, start(), id(1)));
    assert_eq!(read.leaf, done[0].receipt().leaf);
    assert_eq!(read.sections.len(), 2);
    commit(&*store, vec![Proposal::of(id(2), denied())]).await;
    let all = store.entries(0, 10).unwrap();
    assert_eq!(all.iter().map(|entry| entry.index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(store.entries(1, 10).unwrap(), all[1..]);
    assert_eq!(store.entries(0, 1).unwrap(), all[..1]);
    assert!(store.entry(2).unwrap().is_none());
    assert!(store.entries(2, 10).unwrap().is_empty());
}

pub async fn group_is_appended_whole_or_not_at_all<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    send(&*store, 1).await;
    let mut again = submission(&*store, id(9), accepted(2, 1, None), b"x");
    again.preconditions.push(Precondition::InvitationOpen { token: digest(1) });
    let group = vec![Proposal::of(id(8), invited("met", 5)), again];
    assert_eq!(unmet(&*store, group).await, Unmet::NoInvitation);
    assert_eq!(store.head().size, 1);
    assert!(store.row(&Key::Invitation(digest(5))).unwrap().is_none(), "nothing of the group is applied");
    let group = vec![Proposal::of(id(8), invited("met", 5)), Proposal::of(id(9), denied())];
    let done = commit(&*store, group).await;
    assert_eq!(done.iter().map(|entry| entry.index).collect::<Vec<_>>(), [1, 2]);
    assert!(store.row(&Key::Invitation(digest(5))).unwrap().is_some());
    assert!(matches!(store.append(Vec::new()).await, Ok(Appended::Committed(none)) if none.is_empty()));
}

pub async fn key_is_used_once_and_the_same_content_finds_its_entry<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    commit(&*store, vec![Proposal::of(id(100), denied())]).await;
    let index = send(&*store, 1).await;
    let again = submission(&*store, id(2), accepted(1, 1, None), b"payload 1");
    assert_eq!(unmet(&*store, vec![again]).await, Unmet::SameContent { index });
    let mut other = accepted(1, 1, None);
    other.content = digest(77);
    assert_eq!(unmet(&*store, vec![submission(&*store, id(2), other, b"other")]).await, Unmet::KeyReused);
    // the key belongs to the agency: another agency's equal key is another key
    let mut theirs = accepted(2, 1, None);
    theirs.key = accepted(1, 1, None).key;
    theirs.identity.agency = agency("hackney");
    commit(&*store, vec![submission(&*store, id(3), theirs, b"theirs")]).await;
}

pub async fn two_at_once_under_one_key_are_recorded_once<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    for round in 0..20 {
        let senders: Vec<_> = (0..8)
            .map(|sender| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let entry = id(round * 100 + sender);
                    let proposal = submission(&*store, entry, accepted(round, 1, None), b"one");
                    store.append(vec![proposal]).await.unwrap()
                })
            })
            .collect();
        let mut recorded = Vec::new();
        let mut found = Vec::new();
        for sender in senders {
            match sender.await.unwrap() {
                Appended::Committed(committed) => recorded.push(committed[0].index),
                Appended::Unmet(Unmet::SameContent { index }) => found.push(index),
                Appended::Unmet(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((recorded.len(), found.len()), (1, 7));
        assert!(found.iter().all(|index| *index == recorded[0]));
    }
    assert_eq!(store.head().size, 20);
}

pub async fn version_in_force_decides_what_may_replace_it<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let fresh = |version: u32, replaces: Option<u64>, key: u64| {
        let mut sent = accepted(1, version, replaces.map(id));
        sent.key = send_key(key);
        sent
    };
    let none = submission(&*store, id(50), fresh(2, Some(7), 50), b"x");
    assert_eq!(unmet(&*store, vec![none]).await, Unmet::NotInForce, "nothing is in force yet");
    let index = send(&*store, 1).await;
    let same = submission(&*store, id(51), fresh(1, None, 51), b"payload 1");
    assert_eq!(unmet(&*store, vec![same]).await, Unmet::SameContent { index });
    let other = submission(&*store, id(52), fresh(2, None, 52), b"x");
    assert_eq!(unmet(&*store, vec![other]).await, Unmet::OtherInForce { submission: id(1), version: 1 });
    let wrong = submission(&*store, id(53), fresh(2, Some(9), 53), b"x");
    assert_eq!(unmet(&*store, vec![wrong]).await, Unmet::NotInForce);
    let right = submission(&*store, id(54), fresh(2, Some(1), 54), b"x");
    let second = commit(&*store, vec![right]).await[0].index;
    // the same replacement sent again under a new key finds itself
    let again = submission(&*store, id(55), fresh(2, Some(1), 55), b"x");
    assert_eq!(unmet(&*store, vec![again]).await, Unmet::SameContent { index: second });
    let Some(Row::Submission(first)) = store.row(&Key::Submission(id(1))).unwrap() else { panic!("no row") };
    assert_eq!(first.superseded_by, Some(id(54)));
    let Some(Row::Version(version)) = store.row(&Key::Version(identity(1))).unwrap() else {
        panic!("no row")
    };
    assert_eq!((version.submission, version.version, version.index), (id(54), 2, second));
    assert_eq!(version.content, store.content_hmac(&content(1, 2)));
    assert_ne!(version.content, content(1, 2));
}

pub async fn what_was_looked_at_must_still_be_in_force<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let beside = |number: u64, seen: Option<EntryId>| {
        let mut sent = submission(&*store, id(number), accepted(number, 1, None), b"one");
        sent.preconditions.push(Precondition::Beside { identity: identity(50), submission: seen });
        sent
    };
    commit(&*store, vec![beside(1, None)]).await;
    assert_eq!(unmet(&*store, vec![beside(2, Some(id(50)))]).await, Unmet::Moved);
    commit(&*store, vec![submission(&*store, id(50), accepted(50, 1, None), b"other")]).await;
    assert_eq!(unmet(&*store, vec![beside(2, None)]).await, Unmet::Moved);
    assert_eq!(store.head().size, 2, "nothing of it is recorded");
    commit(&*store, vec![beside(2, Some(id(50)))]).await;
}

pub async fn overdue_is_raised_once<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let raise = || Proposal {
        preconditions: vec![Precondition::NotRaised { identity: identity(1) }],
        ..Proposal::of(id(60), overdue(1))
    };
    commit(&*store, vec![raise()]).await;
    assert_eq!(unmet(&*store, vec![raise()]).await, Unmet::AlreadyRaised);
    send(&*store, 1).await;
    commit(&*store, vec![Proposal::of(id(61), cleared(1, id(1)))]).await;
    assert_eq!(unmet(&*store, vec![raise()]).await, Unmet::AlreadyRaised, "lateness is remembered");
}

pub async fn invitation_is_used_once<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let enrol = |key: u64| Proposal {
        preconditions: vec![Precondition::InvitationOpen { token: digest(5) }],
        ..Proposal::of(id(70 + key), enrolled("met", 5, key))
    };
    assert_eq!(unmet(&*store, vec![enrol(1)]).await, Unmet::NoInvitation);
    commit(&*store, vec![Proposal::of(id(70), invited("met", 5))]).await;
    commit(&*store, vec![enrol(1)]).await;
    assert_eq!(unmet(&*store, vec![enrol(2)]).await, Unmet::InvitationUsed);
}

pub async fn delivery_is_answered_in_the_states_allowed<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let index = send(&*store, 1).await;
    let answer = |entry: u64, states: &[DeliveryState]| Proposal {
        preconditions: vec![Precondition::Delivery {
            recipient: agency("chscp"),
            index,
            states: states.to_vec(),
        }],
        ..Proposal::of(id(entry), answered(id(1), index, "chscp", None))
    };
    let wrong = Unmet::WrongState { state: DeliveryState::Queued };
    assert_eq!(unmet(&*store, vec![answer(80, &[DeliveryState::Collected])]).await, wrong);
    commit(&*store, vec![Proposal::of(id(81), released(id(1), index, "chscp"))]).await;
    commit(&*store, vec![answer(82, &[DeliveryState::Collected, DeliveryState::Queued])]).await;
    let wrong = Unmet::WrongState { state: DeliveryState::Acknowledged };
    assert_eq!(unmet(&*store, vec![answer(83, &[DeliveryState::Collected])]).await, wrong);
    let stranger = Proposal {
        preconditions: vec![Precondition::Delivery {
            recipient: agency("nobody"),
            index,
            states: Vec::new(),
        }],
        ..Proposal::of(id(84), denied())
    };
    assert_eq!(unmet(&*store, vec![stranger]).await, Unmet::NoDelivery);
}

pub async fn preconditions_see_the_entries_before_them_in_their_group<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let first = submission(&*store, id(1), accepted(1, 1, None), b"x");
    let second = submission(&*store, id(2), accepted(1, 1, None), b"x");
    assert_eq!(unmet(&*store, vec![first, second]).await, Unmet::SameContent { index: 0 });
    assert_eq!(store.head().size, 0, "not even the first");
    let first = submission(&*store, id(1), accepted(1, 1, None), b"x");
    let second = submission(&*store, id(2), accepted(1, 2, Some(id(1))), b"y");
    commit(&*store, vec![first, second]).await;
    let Some(Row::Submission(first)) = store.row(&Key::Submission(id(1))).unwrap() else { panic!("no row") };
    assert_eq!(first.superseded_by, Some(id(2)));
}

pub async fn receipts_stay_the_same_byte_for_byte<S: Subject>() {
    let mut subject = S::create();
    let mut originals = Vec::new();
    for round in 0..6_u64 {
        let store = subject.store();
        for sent in 0..5 {
            let number = round * 10 + sent;
            let group = (0..=sent).map(|part| {
                let number = number * 10 + part;
                submission(&*store, id(number), accepted(number, 1, None), b"payload")
            });
            let group = group.collect();
            originals.extend(commit(&*store, group).await.iter().map(|entry| entry.receipt().to_text()));
        }
        drop(store);
        subject = match round % 3 {
            0 => subject.reopen(true),
            1 => subject.reopen(false),
            _ => subject.rebuild(),
        };
        let store = subject.store();
        for (index, original) in (0..).zip(&originals) {
            assert_eq!(&store.receipt(index).unwrap().to_text(), original, "entry {index} in round {round}");
        }
    }
    let beyond = subject.store().receipt(originals.len() as u64).unwrap_err();
    assert_eq!(beyond.kind(), FaultKind::Internal);
}

pub async fn receipts_verify_with_the_public_key_alone<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    for number in 0..5 {
        send(&*store, number).await;
    }
    let verifier = verifier(&*store);
    for index in 0..5 {
        let verified = store.receipt(index).unwrap().verify(&verifier).unwrap();
        assert_eq!((verified.index, verified.tree_size), (index, index + 1));
        assert_eq!(verified.statement.submission, id(index).to_string());
    }
}

pub async fn recorded_times_never_go_back<S: Subject>() {
    let mut subject = S::create();
    let mut expected = Vec::new();
    for (at, seconds) in [0_i64, 5, -60, 7, -1, 7].into_iter().enumerate() {
        let store = subject.store();
        subject.clock().set(start() + SignedDuration::from_secs(seconds));
        commit(&*store, vec![Proposal::of(id(at as u64), denied())]).await;
        let floor = expected.last().copied().unwrap_or(start());
        expected.push(floor.max(start() + SignedDuration::from_secs(seconds)));
        drop(store);
        if at == 3 {
            subject = subject.reopen(true);
        }
    }
    let times: Vec<_> =
        subject.store().entries(0, 10).unwrap().iter().map(|entry| entry.recorded_at).collect();
    assert_eq!(times, expected);
}

pub async fn inbox_is_paged_by_index<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let mut indexes = Vec::new();
    for number in 0..25 {
        if number % 3 == 0 {
            commit(&*store, vec![Proposal::of(id(500 + number), denied())]).await;
        }
        indexes.push(send(&*store, number).await);
    }
    let (mut seen, mut from) = (Vec::new(), 0);
    loop {
        let page = store.inbox(&agency("chscp"), from, 7).unwrap();
        assert!(page.len() <= 7);
        assert!(page.iter().all(|delivery| delivery.recipient == agency("chscp")));
        let Some(last) = page.last() else { break };
        from = last.index + 1;
        seen.extend(page.iter().map(|delivery| delivery.index));
    }
    assert_eq!(seen, indexes);
    assert!(store.inbox(&agency("nobody"), 0, 10).unwrap().is_empty());
    assert!(store.inbox(&agency("chscp"), 0, 0).unwrap().is_empty());
}

pub async fn uncollected_deliveries_come_due_and_go<S: Subject>() {
    let mut subject = S::create();
    let store = subject.store();
    let first = send(&*store, 1).await;
    let second = send(&*store, 2).await;
    let day = |days: i64| start() + SignedDuration::from_hours(24 * days);
    let due = |store: &S::Store, at| {
        let found = store.uncollected(at, 10).unwrap();
        found.into_iter().map(|delivery| (delivery.recipient.to_string(), delivery.index)).collect::<Vec<_>>()
    };
    assert!(due(&store, day(5) - SignedDuration::from_secs(1)).is_empty());
    let mut both = due(&store, day(5));
    both.sort();
    assert_eq!(both, [("chscp".to_owned(), first), ("chscp".to_owned(), second)]);
    assert_eq!(due(&store, day(20)).len(), 4);
    assert_eq!(store.uncollected(day(20), 3).unwrap().len(), 3);
    commit(&*store, vec![Proposal::of(id(30), released(id(1), first, "chscp"))]).await;
    commit(&*store, vec![Proposal::of(id(31), not_collected(id(2), second, "hackney"))]).await;
    let left = |store: &S::Store| {
        let mut left = due(store, day(20));
        left.sort();
        left
    };
    let expected = [("chscp".to_owned(), second), ("hackney".to_owned(), first)];
    assert_eq!(left(&store), expected);
    drop(store);
    for cleanly in [true, false, true] {
        subject = subject.reopen(cleanly);
        assert_eq!(left(&subject.store()), expected);
    }
}

pub async fn obligations_follow_what_was_recorded<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let row = |store: &S::Store| match store.row(&Key::Obligation(identity(1))).unwrap() {
        Some(Row::Obligation(record)) => Some(record),
        _ => None,
    };
    assert!(row(&store).is_none());
    commit(&*store, vec![Proposal::of(id(40), refused(1))]).await;
    assert!(row(&store).unwrap().rejected_at.is_some());
    commit(&*store, vec![Proposal::of(id(41), overdue(1))]).await;
    subject.clock().advance(SignedDuration::from_secs(9));
    send(&*store, 1).await;
    commit(&*store, vec![Proposal::of(id(42), cleared(1, id(1)))]).await;
    let record = row(&store).unwrap();
    let later = start() + SignedDuration::from_secs(9);
    assert_eq!((record.overdue_at, record.cleared_at), (Some(start()), Some(later)));
    assert_eq!((record.first_at, record.rejected_at), (Some(later), None));
    assert_eq!(record.in_force.unwrap().submission, id(1));
}

pub async fn principals_follow_enrolment_and_revocation<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    for (at, who) in (0..).zip(["met", "hackney"]) {
        commit(&*store, vec![Proposal::of(id(90 + at), invited(who, 90 + at))]).await;
        commit(&*store, vec![Proposal::of(id(95 + at), enrolled(who, 90 + at, at))]).await;
    }
    let found = store.principals().unwrap();
    let ids: Vec<_> = found.iter().map(|principal| principal.id.clone()).collect();
    assert_eq!(ids, [principal("hackney"), principal("met")], "sorted by id");
    let owner = store.row(&Key::Key(digest(0))).unwrap();
    assert_eq!(owner, Some(Row::Key(principal("met"))));
    commit(&*store, vec![Proposal::of(id(99), revoked("met"))]).await;
    let Some(Row::Principal(record)) = store.row(&Key::Principal(principal("met"))).unwrap() else {
        panic!("no row")
    };
    assert!(record.roles.is_empty() && record.keys[0].revoked_at.is_some());
}

pub async fn payload_opens_only_for_its_release<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let first = send(&*store, 1).await;
    let second = send(&*store, 2).await;
    let mut group = vec![
        Proposal::of(id(10), released(id(1), first, "chscp")),
        Proposal::of(id(11), released(id(2), second, "chscp")),
        Proposal::of(id(12), released(id(1), second, "chscp")),
        Proposal::of(id(13), released(id(10), second + 1, "chscp")),
        Proposal::of(id(14), released(id(1), 999, "chscp")),
        Proposal::of(id(15), denied()),
    ];
    let sent = submission(&*store, id(3), accepted(3, 1, None), b"payload 3");
    group.push(sent);
    let done = commit(&*store, group).await;
    assert_eq!(payload(&*store, &done[0].logged).unwrap().as_slice(), b"payload 1");
    assert_eq!(payload(&*store, &done[1].logged).unwrap().as_slice(), b"payload 2");
    assert_eq!(done[0].logged.submission(), Some(id(1)));
    assert_eq!(done[0].logged.recipient(), Some(&agency("chscp")));
    for (wrong, why) in [
        (2, "another submission's index"),
        (3, "an entry that is no submission"),
        (4, "an index beyond the log"),
        (5, "a denial"),
        (6, "an acceptance"),
    ] {
        assert_eq!(payload(&*store, &done[wrong].logged).unwrap_err().kind(), FaultKind::Internal, "{why}");
    }
    let elsewhere = S::create();
    send(&*elsewhere.store(), 1).await;
    // the same log key name, another ring: the proof of one log opens nothing in another
    assert!(payload(&*elsewhere.store(), &done[1].logged).is_err());
}

pub async fn payload_in_a_file_opens_like_one_in_the_journal<S: Subject>() {
    let mut subject = S::create();
    let store = subject.store();
    let mut personal = accepted(1, 1, None);
    personal.person_level = true;
    let large = vec![0x5a; 1_500_000];
    let group = vec![
        submission(&*store, id(1), personal, b"about a person"),
        submission(&*store, id(2), accepted(2, 1, None), &large),
    ];
    commit(&*store, group).await;
    for index in 0..2 {
        let entry = store.entry(index).unwrap().unwrap();
        assert!(
            !entry.sections.iter().find(|s| s.digest.number == crate::PAYLOAD_SECTION).unwrap().in_journal
        );
    }
    drop(store);
    subject = subject.reopen(false);
    let store = subject.store();
    let group = vec![
        Proposal::of(id(3), released(id(1), 0, "chscp")),
        Proposal::of(id(4), released(id(2), 1, "chscp")),
    ];
    let done = commit(&*store, group).await;
    assert_eq!(payload(&*store, &done[0].logged).unwrap().as_slice(), b"about a person");
    assert_eq!(payload(&*store, &done[1].logged).unwrap().as_slice(), large);
}

pub async fn content_that_came_in_pieces_is_read_in_pieces_or_whole<S: Subject>() {
    let mut subject = S::create();
    let store = subject.store();
    let content: Vec<u8> = (0..700_001_u32).map(|n| n as u8).collect();
    let mut group = Vec::new();
    for (number, person_level) in [(1, true), (2, false)] {
        let mut sent = accepted(number, 1, None);
        sent.person_level = person_level;
        let spooled = spooled(&*store, id(number), person_level, &content);
        assert_eq!(spooled.content().0, concordat_ledger::sha256(&[&content]).0);
        assert_eq!((spooled.entry(), spooled.length()), (id(number), 700_001));
        let mut read = Vec::new();
        spooled.read().unwrap().read_to_end(&mut read).unwrap();
        assert!(read == content, "it can be read before it is recorded");
        let proposal = submission(&*store, id(number), sent, b"");
        group.push(Proposal { payload: Some(Payload::Spooled(spooled)), ..proposal });
    }
    commit(&*store, group).await;
    drop(store);
    subject = subject.reopen(true);
    let store = subject.store();
    let group = vec![
        Proposal::of(id(3), released(id(1), 0, "chscp")),
        Proposal::of(id(4), released(id(2), 1, "chscp")),
    ];
    for done in commit(&*store, group).await {
        let mut read = Vec::new();
        store.content(&done.logged).unwrap().read_to_end(&mut read).unwrap();
        assert!(read == content);
        assert!(payload(&*store, &done.logged).unwrap() == content);
    }
    // sealed for one entry, it goes with no other
    let stray = spooled(&*store, id(8), true, b"x");
    let proposal = submission(&*store, id(9), accepted(9, 1, None), b"");
    let group = vec![Proposal { payload: Some(Payload::Spooled(stray)), ..proposal }];
    assert_eq!(store.append(group).await.unwrap_err().kind(), FaultKind::Internal);
}

/// Every row that the trial's entries could have made.
fn rows(store: &impl Store, numbers: u64) -> BTreeMap<Key, Option<Row>> {
    let mut keys = vec![Key::Standing, Key::Invitation(digest(5)), Key::Principal(principal("met"))];
    for number in 0..numbers {
        keys.push(Key::Submission(id(number)));
        keys.push(Key::Version(identity(number)));
        keys.push(Key::Obligation(identity(number)));
        keys.push(Key::Across(id(number)));
        keys.push(Key::Sent(agency("met"), send_key(number * 1000 + 1)));
        keys.push(Key::Key(digest(number)));
        for index in 0..store.head().size {
            keys.push(Key::Delivery(agency("chscp"), index));
        }
    }
    keys.into_iter().map(|key| (key.clone(), store.row(&key).unwrap())).collect()
}

pub async fn rows_are_the_same_after_reopening_and_rebuilding<S: Subject>() {
    let mut subject = S::create();
    let store = subject.store();
    commit(&*store, vec![Proposal::of(id(900), invited("met", 5))]).await;
    commit(&*store, vec![Proposal::of(id(901), enrolled("met", 5, 1))]).await;
    for number in 0..12 {
        let index = send(&*store, number).await;
        if number % 2 == 0 {
            commit(&*store, vec![Proposal::of(id(100 + number), released(id(number), index, "chscp"))]).await;
            let answer = answered(id(number), index, "chscp", (number % 4 == 0).then_some("wrong period"));
            commit(&*store, vec![Proposal::of(id(200 + number), answer)]).await;
        }
        if number % 3 == 0 {
            commit(&*store, vec![Proposal::of(id(300 + number), overdue(number))]).await;
        }
        if number % 5 == 0 {
            commit(&*store, vec![withdrawal(id(400 + number), number, 1, &[(id(number), index)])]).await;
        }
        if number > 0 && number % 4 == 0 {
            let against = compared(id(number), id(number - 1));
            commit(&*store, vec![Proposal::of(id(400 + number), against)]).await;
        }
    }
    let before = rows(&*store, 12);
    assert!(before.values().filter(|row| row.is_some()).count() > 50);
    drop(store);
    for round in 0..5 {
        subject = match round {
            0 | 3 => subject.reopen(true),
            1 | 4 => subject.reopen(false),
            _ => subject.rebuild(),
        };
        assert_eq!(rows(&*subject.store(), 12), before, "round {round}");
    }
}

pub async fn sixty_four_writers_get_what_they_wrote<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let writers: Vec<_> = (0..64_u64)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut mine = Vec::new();
                for turn in 0..6 {
                    let number = writer * 100 + turn;
                    let payload = number.to_string().into_bytes();
                    let sent = submission(&*store, id(number), accepted(number, 1, None), &payload);
                    let done = commit(&*store, vec![sent]).await.remove(0);
                    mine.push((number, done.index, done.receipt().to_text()));
                }
                mine
            })
        })
        .collect();
    let mut all = Vec::new();
    for writer in writers {
        all.extend(writer.await.unwrap());
    }
    assert_eq!(store.head().size, 64 * 6);
    let mut indexes: Vec<u64> = all.iter().map(|(_, index, _)| *index).collect();
    indexes.sort_unstable();
    assert!(indexes.into_iter().eq(0..64 * 6), "every index once");
    let verifier = verifier(&*store);
    for (number, index, receipt) in all {
        assert_eq!(store.entry(index).unwrap().unwrap().id, id(number));
        let kept = store.receipt(index).unwrap();
        assert_eq!(kept.to_text(), receipt);
        kept.verify(&verifier).unwrap();
    }
}

pub async fn consistency_and_inclusion_are_proved_up_to_the_head<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let mut heads = vec![store.head()];
    for number in 0..9 {
        commit(&*store, vec![Proposal::of(id(number), denied())]).await;
        heads.push(store.head());
    }
    for old in &heads {
        for new in heads.iter().filter(|new| new.size >= old.size) {
            let proof = store.consistency(old.size, new.size).unwrap();
            verify_consistency(old.size, &old.root, new.size, &new.root, &proof).unwrap();
            for index in 0..new.size {
                let leaf: Hash = concordat_ledger::leaf_hash(&store.entry(index).unwrap().unwrap().leaf);
                let proof = store.inclusion(index, new.size).unwrap();
                verify_inclusion(&leaf, index, new.size, &proof, &new.root).unwrap();
            }
        }
    }
    assert_eq!(store.consistency(3, 10).unwrap_err().kind(), FaultKind::Internal);
    assert_eq!(store.inclusion(9, 9).unwrap_err().kind(), FaultKind::Internal);
    assert_eq!(store.inclusion(0, 10).unwrap_err().kind(), FaultKind::Internal);
}

pub async fn checkpoints_are_all_there<S: Subject>() {
    let mut subject = S::create();
    let mut signed = Vec::new();
    for number in 0..6 {
        let store = subject.store();
        let group = (0..=number).map(|part| Proposal::of(id(number * 10 + part), denied())).collect();
        commit(&*store, group).await;
        let head = store.head();
        signed.push((head.size, Arc::clone(&head.checkpoint)));
        drop(store);
        if number % 2 == 1 {
            subject = subject.reopen(number == 3);
        }
    }
    let store = subject.store();
    assert_eq!(store.checkpoints(0, u64::MAX).unwrap(), signed);
    assert_eq!(store.checkpoints(1, 10).unwrap(), signed[1..4]);
    let verifier = verifier(&*store);
    for (size, text) in signed {
        let checkpoint = SignedCheckpoint::parse(text.as_bytes()).unwrap().verify(&verifier).unwrap();
        assert_eq!(checkpoint.size, size);
    }
}
