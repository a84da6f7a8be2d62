//! Every write and sync fails once, for a defect or for want of room: nothing acknowledged is lost, nothing is
//! acknowledged that is not durable, and the store goes on.

use std::sync::Arc;

use concordat_core::fault::FaultKind;

use crate::conformance::fixture::*;
use crate::proposal::{Appended, Committed, Proposal};
use crate::sim::SimFault;
use crate::store::Store;
use crate::verify::Verdict;

use super::rig::*;

const GROUPS: u64 = 8;

#[test]
fn failing_write_or_sync_anywhere_loses_nothing_and_acknowledges_nothing_lost() {
    let runtime = runtime();
    let port = disk(0);
    let store = Arc::new(create(&port).unwrap());
    let before = port.changes();
    for number in 0..GROUPS {
        assert!(runtime.block_on(append(Arc::clone(&store), number)).is_some());
    }
    let total = port.changes() - before;
    drop(store);
    let (mut failed, mut acknowledged, mut cases_run) = (0, 0, 0);
    let step = cases(3, 1);
    for at in (1..=total).step_by(usize::try_from(step).unwrap()) {
        for (fault, seed) in [(SimFault::Io, at), (SimFault::Full, at + 10_000), (SimFault::Io, at + 20_000)]
        {
            let case = format!("{fault:?} at change {at}, seed {seed}");
            let port = disk(seed);
            let store = Arc::new(create(&port).unwrap());
            port.fail_at(at, fault);
            let mut acks = Vec::new();
            let mut failures = 0;
            for number in 0..GROUPS {
                let mut tries = 0;
                acks.extend(loop {
                    if let Some(acknowledged) = runtime.block_on(append(Arc::clone(&store), number)) {
                        break acknowledged;
                    }
                    failures += 1;
                    tries += 1;
                    assert!(tries < 4, "{case}: it recovers");
                });
            }
            failed += failures;
            assert_kept(&store, &acks, &case);
            assert_eq!(store.head().size, acks.len() as u64, "{case}: each once, nothing else");
            drop(store);
            // durable means that the power may go now
            let port = port.power_on(seed);
            let store = open(&port).unwrap_or_else(|refused| panic!("{case}: {refused}"));
            assert_kept(&store, &acks, &case);
            assert_eq!(store.head().size, acks.len() as u64, "{case}");
            drop(store);
            let report = check(&port);
            assert_eq!(report.verdict(), Verdict::Whole, "{case}: {:?}", report.faults);
            acknowledged += acks.len();
            cases_run += 1;
        }
    }
    println!(
        "{cases_run} failures at {total} changes: {failed} calls failed, {acknowledged} entries acknowledged, 0 lost"
    );
    assert!(failed > cases_run / 2);
}

#[test]
fn power_cut_after_a_failure_loses_nothing_acknowledged() {
    let runtime = runtime();
    let (points, mut acknowledged) = (cases(60, 3_000), 0);
    for seed in 0..points {
        let port = disk(seed);
        let store = Arc::new(create(&port).unwrap());
        let at = 1 + random(seed, 60);
        port.fail_at(at, if seed % 2 == 0 { SimFault::Io } else { SimFault::Full });
        port.fail_at(at + 1 + random(seed + 7, 12), SimFault::PowerCut);
        let mut acks = Vec::new();
        for number in 0..GROUPS {
            for _ in 0..2 {
                if let Some(more) = runtime.block_on(append(Arc::clone(&store), number)) {
                    acks.extend(more);
                    break;
                }
            }
        }
        drop(store);
        let port = port.power_on(seed);
        let store = open(&port).unwrap_or_else(|refused| panic!("seed {seed}: {refused}"));
        assert_kept(&store, &acks, &format!("seed {seed}"));
        acknowledged += acks.len();
    }
    println!("{points} power cuts soon after a failure: {acknowledged} entries acknowledged, 0 lost");
}

#[test]
fn power_cut_while_recovering_refuses_no_good_store() {
    let runtime = runtime();
    let (mut points, mut acknowledged) = (0, 0);
    for at in 1..=16 {
        for after in 1..=9 {
            for seed in 0..cases(2, 80) {
                let port = disk(seed);
                let store = create(&port).unwrap();
                port.fail_at(at, SimFault::Io);
                port.fail_at(at + after, SimFault::PowerCut);
                let mut acks = Vec::new();
                for number in 0..8 {
                    let sent = runtime.block_on(store.append(vec![Proposal::of(id(number), denied())]));
                    if let Ok(Appended::Committed(done)) = sent {
                        acks.push(acknowledge(&done[0]));
                    }
                }
                drop(store);
                let case = format!("failure at {at}, power cut {after} later, seed {seed}");
                let port = port.power_on(seed + 1);
                let store = open(&port).unwrap_or_else(|refused| panic!("{case}: {refused}"));
                assert_kept(&store, &acks, &case);
                points += 1;
                acknowledged += acks.len();
            }
        }
    }
    println!(
        "{points} power cuts while recovering: {acknowledged} entries acknowledged, 0 lost; 0 good stores refused"
    );
}

fn acknowledge(done: &Committed) -> Ack {
    Ack { index: done.index, id: done.logged.id(), receipt: done.receipt().to_text() }
}

#[test]
fn full_disk_still_records_denials_and_everything_again_when_there_is_room() {
    let runtime = runtime();
    let port = disk(1);
    let store = Arc::new(create(&port).unwrap());
    let mut acks = runtime.block_on(append(Arc::clone(&store), 1)).unwrap();
    port.set_room(Some(port.used() + 100));
    let small = || submission(&*store, id(70), accepted(70, 1, None), b"small");
    let refused = runtime.block_on(store.append(vec![small()])).unwrap_err();
    assert_eq!(refused.kind(), FaultKind::Unavailable);
    for round in 0..20 {
        let denial = vec![Proposal::of(id(1_000 + round), denied())];
        let done = commit_now(&runtime, &store, denial);
        acks.push(done);
        let refused = runtime.block_on(store.append(vec![small()])).unwrap_err();
        assert!(refused.operator().contains("the disk is full"), "{refused:?}");
    }
    port.set_room(None);
    acks.extend(runtime.block_on(append(Arc::clone(&store), 2)).unwrap());
    acks.push(commit_now(&runtime, &store, vec![small()]));
    assert_kept(&store, &acks, "room again");
    // and the room for denials is kept again
    port.set_room(Some(port.used() + 100));
    acks.push(commit_now(&runtime, &store, vec![Proposal::of(id(2_000), denied())]));
    drop(store);
    let port = port.power_on(3);
    port.set_room(None);
    assert_kept(&open(&port).unwrap(), &acks, "after a power cut");
}

fn commit_now(runtime: &tokio::runtime::Runtime, store: &crate::Embedded, group: Vec<Proposal>) -> Ack {
    match runtime.block_on(store.append(group)).unwrap() {
        Appended::Committed(done) => acknowledge(&done[0]),
        Appended::Unmet(unmet) => panic!("{unmet:?}"),
    }
}

#[test]
fn guard_that_cannot_be_written_keeps_the_log_down_until_it_can() {
    let runtime = runtime();
    let port = disk(5);
    let store = Arc::new(create(&port).unwrap());
    let acks = runtime.block_on(append(Arc::clone(&store), 0)).unwrap();
    for nth in 1..40 {
        port.fail_at(nth, SimFault::Io);
    }
    for _ in 0..5 {
        assert!(runtime.block_on(store.append(vec![Proposal::of(id(50), denied())])).is_err());
    }
    assert_kept(&store, &acks, "reading goes on");
    port.heal();
    let ack = commit_now(&runtime, &store, vec![Proposal::of(id(51), denied())]);
    assert_eq!(ack.index, acks.len() as u64);
}
