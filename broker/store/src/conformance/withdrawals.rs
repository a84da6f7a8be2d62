//! What every store must do when a return is taken back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a suite is a test: it fails by panicking, and its names say the rules"
)]

use std::sync::Arc;

use concordat_core::apply::{Key, Row, VersionRecord};
use concordat_core::entry::Body;
use concordat_core::fault::FaultKind;
use concordat_core::submission::{DeliveryState, SubmissionRecord};
use jiff::SignedDuration;

use super::Subject;
use super::fixture::*;
use crate::proposal::{Appended, Precondition, Proposal, Unmet};
use crate::store::Store;

fn submitted(store: &impl Store, number: u64) -> SubmissionRecord {
    match store.row(&Key::Submission(id(number))).unwrap() {
        Some(Row::Submission(record)) => *record,
        other => panic!("no submission: {other:?}"),
    }
}

fn last(store: &impl Store, number: u64) -> VersionRecord {
    match store.row(&Key::Version(identity(number))).unwrap() {
        Some(Row::Version(version)) => version,
        other => panic!("no version: {other:?}"),
    }
}

/// The first return, in a version under a key of its own.
fn fresh(store: &impl Store, entry: u64, version: u32, replaces: Option<u64>) -> Proposal {
    let mut sent = accepted(1, version, replaces.map(id));
    sent.key = send_key(entry);
    submission(store, id(entry), sent, b"payload")
}

pub async fn withdrawn_return_is_in_force_no_longer_and_withdrawn_once<S: Subject>() {
    let mut subject = S::create();
    let store = subject.store();
    let none = withdrawal(id(89), 1, 1, &[(id(1), 0)]);
    assert_eq!(unmet(&*store, vec![none]).await, Unmet::NotInForce, "nothing was ever sent");
    let first = commit(&*store, vec![fresh(&*store, 1, 1, None)]).await[0].index;
    let receipt = store.receipt(first).unwrap().to_text();
    let second = commit(&*store, vec![fresh(&*store, 2, 2, Some(1))]).await[0].index;
    let stale = withdrawal(id(90), 1, 1, &[(id(1), first)]);
    assert_eq!(unmet(&*store, vec![stale]).await, Unmet::NotInForce, "it was superseded");
    let both = [(id(2), second), (id(1), first)];
    let done = commit(&*store, vec![withdrawal(id(91), 1, 2, &both)]).await[0].index;
    let again = withdrawal(id(92), 1, 2, &both);
    assert_eq!(unmet(&*store, vec![again]).await, Unmet::Withdrawn);
    assert_eq!(store.withdrawals().unwrap(), [done]);
    drop(store);
    for cleanly in [true, false] {
        subject = subject.reopen(cleanly);
        let store = subject.store();
        for number in [1, 2] {
            assert_eq!(submitted(&*store, number).withdrawn.unwrap().index, done);
        }
        assert!(last(&*store, 1).withdrawn);
        assert_eq!(last(&*store, 1).content, store.content_hmac(&content(1, 2)), "hidden once, and no more");
        assert_eq!(store.withdrawals().unwrap(), [done]);
        assert_eq!(store.receipt(first).unwrap().to_text(), receipt, "byte for byte");
    }
}

pub async fn version_after_a_withdrawal_counts_on<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    let index = commit(&*store, vec![fresh(&*store, 1, 1, None)]).await[0].index;
    commit(&*store, vec![withdrawal(id(90), 1, 1, &[(id(1), index)])]).await;
    assert_eq!(
        unmet(&*store, vec![fresh(&*store, 2, 2, Some(1))]).await,
        Unmet::Withdrawn,
        "nothing replaces it"
    );
    assert_eq!(unmet(&*store, vec![fresh(&*store, 3, 2, Some(7))]).await, Unmet::NotInForce);
    assert_eq!(unmet(&*store, vec![fresh(&*store, 4, 1, None)]).await, Unmet::VersionTaken);
    assert_eq!(unmet(&*store, vec![fresh(&*store, 5, 3, None)]).await, Unmet::VersionTaken);
    // under its old key the old content finds its entry; under a new key it is taken anew
    let resent = submission(
        &*store,
        id(6),
        {
            let mut sent = accepted(1, 1, None);
            sent.key = send_key(1);
            sent
        },
        b"payload",
    );
    assert_eq!(unmet(&*store, vec![resent]).await, Unmet::SameContent { index });
    let mut anew = accepted(1, 2, None);
    (anew.key, anew.content) = (send_key(7), content(1, 1));
    commit(&*store, vec![submission(&*store, id(7), anew, b"payload")]).await;
    let version = last(&*store, 1);
    assert_eq!((version.submission, version.version, version.withdrawn), (id(7), 2, false));
    assert_eq!(version.content, store.content_hmac(&content(1, 1)), "hidden once, and no more");
    assert!(submitted(&*store, 1).withdrawn.is_some(), "what was taken back stays so");
}

pub async fn one_of_a_withdrawal_and_a_replacement_at_once_is_recorded<S: Subject>() {
    let subject = S::create();
    let store = subject.store();
    for round in 0..20_u64 {
        let first = id(round * 10 + 1_000);
        let proposal = submission(&*store, first, accepted(round, 1, None), b"one");
        let index = commit(&*store, vec![proposal]).await[0].index;
        let (one, other) = (Arc::clone(&store), Arc::clone(&store));
        let replacing = tokio::spawn(async move {
            let sent = accepted(round, 2, Some(first));
            let proposal = submission(&*one, id(round * 10 + 1_001), sent, b"two");
            one.append(vec![proposal]).await.unwrap()
        });
        let taking = tokio::spawn(async move {
            let proposal = withdrawal(id(round * 10 + 1_002), round, 1, &[(first, index)]);
            other.append(vec![proposal]).await.unwrap()
        });
        match (replacing.await.unwrap(), taking.await.unwrap()) {
            (Appended::Committed(_), Appended::Unmet(Unmet::NotInForce)) => {
                assert!(!last(&*store, round).withdrawn);
            }
            (Appended::Unmet(Unmet::Withdrawn), Appended::Committed(_)) => {
                assert!(last(&*store, round).withdrawn);
            }
            both => panic!("{both:?}"),
        }
    }
}

pub async fn withdrawn_delivery_is_neither_released_nor_reported<S: Subject>() {
    let mut subject = S::create();
    let store = subject.store();
    let index = commit(&*store, vec![fresh(&*store, 1, 1, None)]).await[0].index;
    let release = |entry: u64, to: &str| Proposal {
        preconditions: vec![Precondition::NotWithdrawn { submission: id(1) }],
        ..Proposal::of(id(entry), released(id(1), index, to))
    };
    commit(&*store, vec![release(80, "chscp")]).await;
    // judged against what stands before it in its own group
    let group = vec![withdrawal(id(90), 1, 1, &[(id(1), index)]), release(81, "hackney")];
    assert_eq!(unmet(&*store, group).await, Unmet::Withdrawn);
    commit(&*store, vec![withdrawal(id(91), 1, 1, &[(id(1), index)])]).await;
    assert_eq!(unmet(&*store, vec![release(82, "hackney")]).await, Unmet::Withdrawn);
    drop(store);
    for cleanly in [true, false, true] {
        subject = subject.reopen(cleanly);
        let store = subject.store();
        let state = |of: &str| store.inbox(&agency(of), 0, 10).unwrap()[0].state;
        assert_eq!(state("chscp"), DeliveryState::Collected);
        assert_eq!(state("hackney"), DeliveryState::Withdrawn);
        let later = start() + SignedDuration::from_hours(24 * 365);
        assert!(store.uncollected(later, 10).unwrap().is_empty(), "nobody waits for it any more");
    }
}

pub async fn withdrawal_erases_what_it_names_and_nothing_else<S: Subject>() {
    let mut subject = S::create();
    let store = subject.store();
    let personal = |number: u64| {
        let mut sent = accepted(number, 1, None);
        sent.person_level = true;
        submission(&*store, id(number), sent, b"about a person")
    };
    let group = vec![personal(1), personal(2), Proposal::of(id(3), released(id(1), 0, "chscp"))];
    let done = commit(&*store, group).await;
    let receipt = store.receipt(0).unwrap();
    let kept = commit(&*store, vec![withdrawal(id(90), 2, 1, &[(id(2), 1)])]).await[0].index;
    store.erase(kept).unwrap();
    assert!(store.own_content(1, &agency("met")).unwrap().is_some(), "it does not say so");
    assert_eq!(store.erase(0).unwrap_err().kind(), FaultKind::Internal, "a submission is no withdrawal");
    let mut proposal = withdrawal(id(91), 1, 1, &[(id(1), 0)]);
    let Body::Withdrawn(body) = &mut proposal.body else { panic!() };
    body.submissions[0].erases = true;
    let index = commit(&*store, vec![proposal]).await[0].index;
    assert!(store.own_content(0, &agency("met")).unwrap().is_some(), "not before it is asked to");
    for _ in 0..2 {
        store.erase(index).unwrap();
        assert!(store.own_content(0, &agency("met")).unwrap().is_none());
        assert!(payload(&*store, &done[2].logged).is_err());
    }
    drop(done);
    drop(store);
    for cleanly in [true, false] {
        subject = subject.reopen(cleanly);
        let store = subject.store();
        assert!(store.own_content(0, &agency("met")).unwrap().is_none());
        assert!(store.own_content(1, &agency("met")).unwrap().is_some());
        assert_eq!(store.receipt(0).unwrap(), receipt);
        store.erase(index).unwrap();
    }
}
