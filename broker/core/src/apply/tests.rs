use super::*;
use crate::decision::{Act, Asker, DecisionRequest, Grant};
use crate::entry::{Judged, Overdue, Released};
use crate::finding::Counts;
use crate::submission::{Covers, PayloadAt, Recipient, ReplaceReason, Replaces};
use crate::withdrawal::{Recalled, WithdrawReason, Withdrawn};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_680_000_000 + second).unwrap()
}

fn identity() -> Identity {
    Identity {
        agency: "met".parse().unwrap(),
        return_type: "cds-police-quarterly".parse().unwrap(),
        areas: vec!["E09000012".parse().unwrap()],
        covers: Covers::Period("2022-23/Q4".parse().unwrap()),
        part: None,
    }
}

fn judged() -> Judged {
    Judged {
        request: DecisionRequest {
            asker: Asker {
                principal: Some("met/desk".parse().unwrap()),
                agency: "met".parse().unwrap(),
                kind: crate::agency::Kind::Police,
                roles: vec!["submitter".parse().unwrap()],
                areas: vec!["E09000012".parse().unwrap()],
            },
            partnership: "city-and-hackney".parse().unwrap(),
            owner: Some("met".parse().unwrap()),
            return_type: None,
            areas: Vec::new(),
            act: Act::Submit,
            purpose: None,
            facts: Vec::new(),
            day: "2023-04-03".parse().unwrap(),
        },
        grant: Grant {
            rules: Vec::new(),
            agreements: Vec::new(),
            profiles: Vec::new(),
            policy: Digest([0; 32]),
        },
        assignment: None,
    }
}

fn accepted(version: u32, replaces: Option<EntryId>) -> Body {
    Body::Accepted(Box::new(Accepted {
        identity: identity(),
        version,
        replaces: replaces.map(|submission| Replaces { submission, reason: ReplaceReason::Correction }),
        nil: false,
        person_level: false,
        purpose: "P4-partnership-assurance".parse().unwrap(),
        content: Digest([version as u8; 32]),
        type_digest: Digest([0; 32]),
        key: crate::ids::SendKey([version as u8; 16]),
        submitted_by: "met/desk".parse().unwrap(),
        judged: judged(),
        recipients: vec![Recipient {
            agency: "chscp".parse().unwrap(),
            profiles: vec!["aggregate-dfe".parse().unwrap()],
            rules: vec!["D-1".parse().unwrap()],
            collect_by: at(1_000),
        }],
        counts: Counts::default(),
        found: Vec::new(),
        compared: None,
        left_out: None,
        looked_back: Vec::new(),
        explanations: Vec::new(),
        payload: PayloadAt::Section(2),
    }))
}

/// Takes back submissions, the newest first, each with the index of its entry.
fn withdrawn(version: u32, submissions: &[(u8, u64)]) -> Body {
    let recalled = |(submission, index): &(u8, u64)| Recalled {
        submission: EntryId([*submission; 16]),
        index: *index,
        recipients: vec!["chscp".parse().unwrap()],
        erases: false,
    };
    Body::Withdrawn(Box::new(Withdrawn {
        identity: identity(),
        version,
        submissions: submissions.iter().map(recalled).collect(),
        reason: WithdrawReason::WrongPeriod,
        by: "met/desk".parse().unwrap(),
        judged: judged(),
    }))
}

fn overdue() -> Body {
    Body::OverdueRaised(Overdue {
        identity: identity(),
        due: crate::calendar::Due { date: "2023-05-03".parse().unwrap(), before: at(0) },
    })
}

fn obligation(rows: &std::collections::BTreeMap<Key, Row>) -> crate::obligation::ObligationRecord {
    match rows.get(&Key::Obligation(identity())) {
        Some(Row::Obligation(record)) => record.clone(),
        other => panic!("{other:?}"),
    }
}

fn run(entries: &[(u8, Body)]) -> std::collections::BTreeMap<Key, Row> {
    let mut rows = std::collections::BTreeMap::new();
    for (index, (id, body)) in entries.iter().enumerate() {
        let entry = Entry {
            id: EntryId([*id; 16]),
            index: index as u64,
            recorded_at: at(index as i64),
            body: body.clone(),
        };
        for change in apply(&entry) {
            let key = change.key();
            if let Some(row) = merge(rows.get(&key).cloned(), change) {
                rows.insert(key, row);
            }
        }
    }
    rows
}

#[test]
fn a_replacement_supersedes_and_never_overwrites() {
    let first = EntryId([1; 16]);
    let rows = run(&[(1, accepted(1, None)), (2, accepted(2, Some(first)))]);
    let Some(Row::Submission(older)) = rows.get(&Key::Submission(first)) else { panic!("the older is kept") };
    assert_eq!(older.superseded_by, Some(EntryId([2; 16])));
    let Some(Row::Version(version)) = rows.get(&Key::Version(identity())) else { panic!() };
    assert_eq!((version.version, version.submission), (2, EntryId([2; 16])));
    assert!(
        rows.contains_key(&Key::Delivery("chscp".parse().unwrap(), 0)),
        "the recipient keeps the older too"
    );
    assert!(rows.contains_key(&Key::Delivery("chscp".parse().unwrap(), 1)));
}

#[test]
fn the_first_acceptable_return_decides_lateness_for_ever() {
    let rows = run(&[
        (
            9,
            Body::OverdueRaised(Overdue {
                identity: identity(),
                due: crate::calendar::Due { date: "2023-05-03".parse().unwrap(), before: at(0) },
            }),
        ),
        (1, accepted(1, None)),
        (2, accepted(2, Some(EntryId([1; 16])))),
    ]);
    let Some(Row::Obligation(record)) = rows.get(&Key::Obligation(identity())) else { panic!() };
    assert_eq!(record.overdue_at, Some(at(0)));
    assert_eq!(record.first_at, Some(at(1)));
    assert_eq!(record.in_force.unwrap().version, 2);
}

#[test]
fn collecting_does_not_undo_an_acknowledgement() {
    let released = |submission: u8| {
        Body::Released(Box::new(Released {
            submission: EntryId([submission; 16]),
            index: 0,
            to: "chscp/manager".parse().unwrap(),
            judged: judged(),
        }))
    };
    let answered = Body::Answered(Box::new(crate::entry::Answered {
        submission: EntryId([1; 16]),
        index: 0,
        by: "chscp/manager".parse().unwrap(),
        rejected: None,
        judged: judged(),
    }));
    let state = |entries: &[(u8, Body)]| match run(entries).get(&Key::Delivery("chscp".parse().unwrap(), 0)) {
        Some(Row::Delivery(record)) => record.state,
        other => panic!("{other:?}"),
    };
    assert_eq!(state(&[(1, accepted(1, None))]), DeliveryState::Queued);
    assert_eq!(state(&[(1, accepted(1, None)), (2, released(1))]), DeliveryState::Collected);
    assert_eq!(
        state(&[(1, accepted(1, None)), (2, released(1)), (3, answered), (4, released(1))]),
        DeliveryState::Acknowledged
    );
}

#[test]
fn revoking_a_principal_ends_its_roles_and_every_key() {
    let enrolled = |key: u8| {
        Body::Enrolled(Enrolled {
            principal: "met/desk".parse().unwrap(),
            roles: vec!["submitter".parse().unwrap()],
            areas: Vec::new(),
            until: None,
            key: Digest([key; 32]),
            not_after: at(9_000),
            token: Digest([key; 32]),
        })
    };
    let revoked = |key: Option<Digest>| {
        Body::Revoked(crate::entry::Revoked {
            principal: "met/desk".parse().unwrap(),
            key,
            reason: "left".into(),
            by: "root".into(),
        })
    };
    let record = |entries: &[(u8, Body)]| match run(entries).get(&Key::Principal("met/desk".parse().unwrap()))
    {
        Some(Row::Principal(record)) => record.clone(),
        other => panic!("{other:?}"),
    };
    let one = record(&[(1, enrolled(1)), (2, enrolled(2)), (3, revoked(Some(Digest([1; 32]))))]);
    assert_eq!(one.keys.iter().filter(|key| key.revoked_at.is_some()).count(), 1);
    assert_eq!(one.roles.len(), 1);
    let all = record(&[(1, enrolled(1)), (2, enrolled(2)), (3, revoked(None))]);
    assert!(all.keys.iter().all(|key| key.revoked_at.is_some()) && all.roles.is_empty());
}

#[test]
fn a_change_that_is_whole_gives_the_same_row_whatever_was_there() {
    let entry = Entry { id: EntryId([1; 16]), index: 0, recorded_at: at(0), body: accepted(1, None) };
    for change in apply(&entry).into_iter().filter(Change::is_whole) {
        let old = Some(Row::Standing(Standing::default()));
        assert_eq!(merge(None, change.clone()), merge(old, change));
    }
}

#[test]
fn an_event_leaves_no_trace_in_completeness() {
    let Body::Accepted(mut event) = accepted(1, None) else { panic!() };
    event.identity.covers = Covers::Event("2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e".parse().unwrap());
    let rows = run(&[(1, Body::Accepted(event))]);
    assert!(!rows.keys().any(|key| matches!(key, Key::Obligation(_))));
}

#[test]
fn a_withdrawal_takes_back_every_version_and_deletes_none() {
    let first = EntryId([1; 16]);
    let rows =
        run(&[(1, accepted(1, None)), (2, accepted(2, Some(first))), (3, withdrawn(2, &[(2, 1), (1, 0)]))]);
    for (id, index) in [(1, 0), (2, 1)] {
        let Some(Row::Submission(record)) = rows.get(&Key::Submission(EntryId([id; 16]))) else {
            panic!("submission {id} is kept")
        };
        let withdrawal = record.withdrawn.unwrap();
        assert_eq!((withdrawal.at, withdrawal.index), (at(2), 2));
        assert_eq!(withdrawal.reason, WithdrawReason::WrongPeriod);
        let Some(Row::Delivery(delivery)) = rows.get(&Key::Delivery("chscp".parse().unwrap(), index)) else {
            panic!("delivery {index} is kept")
        };
        assert_eq!(delivery.state, DeliveryState::Withdrawn);
    }
    let Some(Row::Version(version)) = rows.get(&Key::Version(identity())) else { panic!() };
    assert_eq!((version.version, version.withdrawn), (2, true), "the next version counts on from it");
    assert!(rows.contains_key(&Key::Sent("met".parse().unwrap(), crate::ids::SendKey([2; 16]))));
}

#[test]
fn what_was_collected_stays_so_when_it_is_withdrawn() {
    let released = Body::Released(Box::new(Released {
        submission: EntryId([1; 16]),
        index: 0,
        to: "chscp/manager".parse().unwrap(),
        judged: judged(),
    }));
    let state = |entries: &[(u8, Body)]| match run(entries).get(&Key::Delivery("chscp".parse().unwrap(), 0)) {
        Some(Row::Delivery(record)) => record.state,
        other => panic!("{other:?}"),
    };
    let take_back = withdrawn(1, &[(1, 0)]);
    assert_eq!(
        state(&[(1, accepted(1, None)), (2, released.clone()), (3, take_back.clone())]),
        DeliveryState::Collected
    );
    assert_eq!(
        state(&[(1, accepted(1, None)), (2, take_back), (3, released)]),
        DeliveryState::Withdrawn,
        "nothing collects what was taken back"
    );
}

#[test]
fn a_withdrawn_return_is_owed_again_and_the_next_one_decides_lateness() {
    let cleared =
        Body::OverdueCleared(crate::entry::OverdueCleared { identity: identity(), by: EntryId([1; 16]) });
    let mut entries =
        vec![(9, overdue()), (1, accepted(1, None)), (8, cleared), (3, withdrawn(1, &[(1, 1)]))];
    let record = obligation(&run(&entries));
    assert_eq!((record.in_force, record.first_at, record.cleared_at), (None, None, None));
    assert_eq!(record.overdue_at, Some(at(0)), "that it was overdue is remembered");
    entries.push((2, accepted(2, None)));
    let record = obligation(&run(&entries));
    assert_eq!(record.first_at, Some(at(4)));
    assert_eq!(record.in_force.unwrap().version, 2);
}

#[test]
fn a_withdrawal_of_another_submission_ends_nothing() {
    let rows = run(&[(1, accepted(1, None)), (3, withdrawn(1, &[(7, 7)]))]);
    assert!(obligation(&rows).in_force.is_some());
    let Some(Row::Version(version)) = rows.get(&Key::Version(identity())) else { panic!() };
    assert!(!version.withdrawn);
}

#[test]
fn a_withdrawn_event_leaves_no_trace_in_completeness() {
    let event = Covers::Event("2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e".parse().unwrap());
    let (Body::Accepted(mut sent), Body::Withdrawn(mut taken)) = (accepted(1, None), withdrawn(1, &[(1, 0)]))
    else {
        panic!()
    };
    sent.identity.covers = event.clone();
    taken.identity.covers = event;
    let rows = run(&[(1, Body::Accepted(sent)), (2, Body::Withdrawn(taken))]);
    assert!(!rows.keys().any(|key| matches!(key, Key::Obligation(_))));
    assert!(rows.values().any(|row| matches!(row, Row::Version(version) if version.withdrawn)));
}

#[test]
fn a_comparison_stands_with_every_return_it_speaks_of_and_the_last_one_counts() {
    use crate::across::{Compared, ComparedAcross, Outcome, Party, disagreements};
    let party = |id: u8, agency: &str| Party {
        submission: EntryId([id; 16]),
        agency: agency.parse().unwrap(),
        return_type: "cds-police-quarterly".parse().unwrap(),
    };
    let compared = |by: u8, outcome| {
        Body::ComparedAcross(ComparedAcross {
            submission: EntryId([by; 16]),
            results: vec![Compared {
                rule: "X6".parse().unwrap(),
                area: "E09000012".parse().unwrap(),
                returns: vec![party(1, "hackney-council"), party(by, "met")],
                outcome,
                suppressed: false,
            }],
        })
    };
    let mut rows = std::collections::BTreeMap::new();
    for (index, body) in
        [compared(2, Outcome::DoesNotHold), compared(3, Outcome::Holds)].into_iter().enumerate()
    {
        let entry = Entry { id: EntryId([9; 16]), index: index as u64, recorded_at: at(0), body };
        for change in apply(&entry) {
            let key = change.key();
            let row = merge(rows.remove(&key), change).unwrap();
            rows.insert(key, row);
        }
    }
    let last = |id: u8| match &rows[&Key::Across(EntryId([id; 16]))] {
        Row::Across(results) => (results.len(), results[0].outcome, disagreements(results, |_| true)),
        other => panic!("{other:?}"),
    };
    assert_eq!(last(1), (1, Outcome::Holds, 0), "the return that stayed has the last word only");
    assert_eq!(last(2), (1, Outcome::DoesNotHold, 1), "the version that was replaced keeps its own");
    assert_eq!(last(3), (1, Outcome::Holds, 0));
}
