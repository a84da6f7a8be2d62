//! What the trials over the simulated disk share: a store, a script to drive it with, and what must hold after.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use concordat_core::clock::TestClock;
use concordat_core::ids::EntryId;
use concordat_seal::{FileKek, SealFault};

use crate::conformance::fixture::*;
use crate::proposal::{Appended, Payload, Proposal, Unmet};
use crate::sim::SimPort;
use crate::spool::Spooled;
use crate::store::Store;
use crate::verify::{self, Report};
use crate::{Embedded, OpenFault, Options};

use super::conform::ORIGIN;

/// How many cases to run: few, unless all are asked for.
pub(super) fn cases(few: u64, all: u64) -> u64 {
    if std::env::var_os("CONCORDAT_FULL").is_some_and(|full| full == "1") { all } else { few }
}

pub(super) fn dir() -> PathBuf {
    PathBuf::from("/disk/store")
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// A fresh disk with an empty directory.
pub(super) fn disk(seed: u64) -> SimPort {
    SimPort::new(seed, &dir())
}

pub(super) fn kek() -> Arc<FileKek> {
    static KEK: OnceLock<Arc<FileKek>> = OnceLock::new();
    let made = || {
        let dir = tempfile::tempdir().unwrap();
        Arc::new(FileKek::create(&dir.path().join("kek")).unwrap())
    };
    Arc::clone(KEK.get_or_init(made))
}

/// Settings with small segments and payloads, so that a short script meets every kind of file.
pub(super) fn options(port: &SimPort) -> Options {
    let clock = TestClock::at(start());
    let mut options = Options::new(Arc::new(clock), kek(), ORIGIN);
    options.port = Arc::new(port.clone());
    options.projections_in_memory = true;
    options.segment_bytes = 9_000;
    options.inline_bytes = 2_000;
    options
}

pub(super) fn create(port: &SimPort) -> Result<Embedded, OpenFault> {
    Embedded::create(&dir(), options(port))
}

pub(super) fn open(port: &SimPort) -> Result<Embedded, OpenFault> {
    Embedded::open(&dir(), options(port))
}

pub(super) fn check(port: &SimPort) -> Report {
    verify::directory(&dir(), &options(port)).unwrap()
}

/// An acknowledgement as a caller holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) index: u64,
    pub(super) id: EntryId,
    pub(super) receipt: String,
}

/// The n-th group of the script: one to four returns; some about persons, some large, some that came in pieces, one
/// denial now and then.
pub(super) fn group(store: &Embedded, number: u64) -> Result<Vec<Proposal>, SealFault> {
    let returns = (0..=number % 4).map(|part| {
        let number = number * 10 + part;
        let mut sent = accepted(number, 1, None);
        sent.person_level = number.is_multiple_of(3);
        let payload = vec![number as u8; if number.is_multiple_of(5) { 3_000 } else { 300 }];
        let person_level = sent.person_level;
        let proposal = sealed_submission(store, id(number), sent, &payload)?;
        if number % 7 != 2 {
            return Ok(proposal);
        }
        let spooled = in_pieces(store, id(number), person_level, &payload).ok_or(SealFault::Primitive)?;
        Ok(Proposal { payload: Some(Payload::Spooled(spooled)), ..proposal })
    });
    let denial = (number % 3 == 1).then(|| Proposal::of(id(number * 10 + 9), denied()));
    returns.chain(denial.map(Ok)).collect()
}

/// Content that came in pieces; `None` when the disk would not have it.
fn in_pieces(store: &Embedded, entry: EntryId, person_level: bool, content: &[u8]) -> Option<Spooled> {
    let key = key_of(store, entry, person_level).ok()?;
    let mut spool = store.spool(entry, key).ok()?;
    content.chunks(1_000).try_for_each(|piece| spool.push(piece)).ok()?;
    spool.finish().ok()
}

/// Sends groups until one fails; what was acknowledged is added to `acks`. Whether all went well.
pub(super) fn drive(store: &Arc<Embedded>, groups: std::ops::Range<u64>, acks: &mut Vec<Ack>) -> bool {
    let runtime = runtime();
    for number in groups {
        // two callers at a time, so that groups are written together
        let sent = runtime.block_on(async {
            let one = tokio::spawn(append(Arc::clone(store), number * 2));
            let two = tokio::spawn(append(Arc::clone(store), number * 2 + 1));
            [one.await.unwrap(), two.await.unwrap()]
        });
        let mut whole = true;
        for acknowledged in sent {
            match acknowledged {
                Some(acknowledged) => acks.extend(acknowledged),
                None => whole = false,
            }
        }
        if !whole {
            return false;
        }
    }
    true
}

/// Sends one group; `None` when it was not acknowledged. Groups found recorded already count as such.
pub(super) async fn append(store: Arc<Embedded>, number: u64) -> Option<Vec<Ack>> {
    let group = group(&store, number).ok()?;
    let size = group.len() as u64;
    let ids: Vec<EntryId> = group.iter().map(|proposal| proposal.id).collect();
    match store.append(group).await {
        Ok(Appended::Committed(committed)) => Some(
            committed
                .iter()
                .map(|one| Ack { index: one.index, id: one.logged.id(), receipt: one.receipt().to_text() })
                .collect(),
        ),
        Ok(Appended::Unmet(Unmet::SameContent { index })) => Some(
            (index..index + size)
                .zip(ids)
                .map(|(index, id)| Ack { index, id, receipt: store.receipt(index).unwrap().to_text() })
                .collect(),
        ),
        Ok(Appended::Unmet(other)) => panic!("{other:?}"),
        Err(_) => None,
    }
}

/// Everything acknowledged is there, at its index, with its receipt.
pub(super) fn assert_kept(store: &Embedded, acks: &[Ack], case: &str) {
    for ack in acks {
        let entry = store.entry(ack.index).unwrap_or_else(|fault| panic!("{case}: {fault:?}"));
        let entry = entry.unwrap_or_else(|| panic!("{case}: acknowledged entry {} is lost", ack.index));
        assert_eq!(entry.id, ack.id, "{case}");
        assert_eq!(store.receipt(ack.index).unwrap().to_text(), ack.receipt, "{case}");
    }
}

/// The files of a kind.
pub(super) fn files(port: &SimPort, part: &str) -> Vec<PathBuf> {
    let root = dir();
    let inside =
        |path: &PathBuf| path.strip_prefix(&root).is_ok_and(|rest| rest.starts_with(Path::new(part)));
    port.files().into_iter().filter(inside).collect()
}

pub(super) fn random(seed: u64, below: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % below.max(1)
}
