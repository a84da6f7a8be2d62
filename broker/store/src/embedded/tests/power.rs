//! The power goes at any moment: nothing acknowledged is lost, and the store opens again.

use std::sync::Arc;

use crate::sim::SimFault;
use crate::store::Store;
use crate::verify::Verdict;
use crate::{OpenFault, sim::SimPort};

use super::rig::*;

const GROUPS: u64 = 6;

/// How many changes of the disk the whole script makes, from the creation on.
fn changes() -> u64 {
    let port = disk(0);
    let store = Arc::new(create(&port).unwrap());
    let mut acks = Vec::new();
    assert!(drive(&store, 0..GROUPS, &mut acks));
    assert!(files(&port, "journal").len() > 3, "the script meets a rotation");
    assert!(files(&port, "content").len() > 5, "the script meets content files");
    drop(store);
    port.changes()
}

/// Opens after a power cut; a store whose creation was never acknowledged need not be one.
fn reopen(port: &SimPort, created: bool, case: &str) -> Option<crate::Embedded> {
    match open(port) {
        Ok(store) => Some(store),
        Err(OpenFault::NotAStore { .. }) if !created => None,
        Err(fault) => panic!("{case}: a good store was refused: {fault}"),
    }
}

#[test]
fn power_cut_at_any_moment_loses_nothing_acknowledged_and_refuses_no_good_store() {
    let total = changes();
    let (mut acknowledged, mut unacknowledged, mut cuts, mut twice) = (0, 0, 0, 0);
    let points = cases(200, 10_000);
    for seed in 0..points {
        let case = format!("seed {seed}");
        let port = disk(seed);
        port.fail_at(1 + random(seed, total), SimFault::PowerCut);
        let mut acks = Vec::new();
        let created = create(&port).ok().map(Arc::new);
        if let Some(store) = &created {
            drive(store, 0..GROUPS, &mut acks);
        }
        let was_created = created.is_some();
        drop(created);
        let mut port = port.power_on(seed + 1);
        if seed % 3 == 0 {
            // and once more while it is being opened
            port.fail_at(1 + random(seed + 2, 12), SimFault::PowerCut);
            if let Ok(store) = open(&port) {
                let store = Arc::new(store);
                drive(&store, 100..101, &mut acks);
            }
            port = port.power_on(seed + 3);
            twice += 1;
        }
        let Some(store) = reopen(&port, was_created, &case) else { continue };
        assert_kept(&store, &acks, &case);
        acknowledged += acks.len();
        unacknowledged += usize::try_from(store.head().size).unwrap() - acks.len();
        cuts += store
            .entries(0, usize::MAX)
            .unwrap()
            .iter()
            .filter(|entry| entry.class == concordat_core::entry::EntryClass::TailCut)
            .count();
        let store = Arc::new(store);
        assert!(drive(&store, 200..201, &mut acks), "{case}: it goes on");
        drop(store);
        let report = check(&port);
        assert_eq!(report.verdict(), Verdict::Whole, "{case}: {:?}", report.faults);
        assert_eq!((report.unsigned, report.tail), (0, 0), "{case}");
        assert_kept(&open(&port).unwrap(), &acks, &case);
    }
    println!(
        "{points} power cuts ({twice} of them twice) over {total} changes: {acknowledged} entries acknowledged, 0 lost; \
         {unacknowledged} kept that were not, {cuts} tails cut; 0 good stores refused"
    );
    assert!(cuts > 0 && unacknowledged > 0 && acknowledged > 0);
}
