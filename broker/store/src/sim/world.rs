//! The state of the simulated disk: for every file and name what is read now, what was synced, and the changes
//! between the two.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::SimFault;

/// Tearing happens between bytes or between sectors of this length.
const SECTOR: usize = 512;

#[derive(Default)]
pub(super) struct World {
    pub(super) epoch: u64,
    pub(super) off: bool,
    pub(super) changes: u64,
    pub(super) faults: BTreeMap<u64, SimFault>,
    pub(super) room: Option<usize>,
    pub(super) seed: u64,
    pub(super) next: u64,
    pub(super) nodes: BTreeMap<u64, Node>,
    pub(super) names: Names,
    pub(super) synced: Names,
    pub(super) unsynced: Vec<NameChange>,
    pub(super) locks: BTreeSet<PathBuf>,
}

#[derive(Default, Clone)]
pub(super) struct Names {
    pub(super) files: BTreeMap<PathBuf, u64>,
    pub(super) dirs: BTreeSet<PathBuf>,
}

#[derive(Default)]
pub(super) struct Node {
    pub(super) live: Vec<u8>,
    pub(super) synced: Vec<u8>,
    pub(super) unsynced: Vec<Change>,
}

#[derive(Clone)]
pub(super) enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Clone)]
pub(super) enum NameChange {
    Link(PathBuf, u64),
    Unlink(PathBuf),
    Rename(PathBuf, PathBuf, u64),
    Folder(PathBuf),
}

impl NameChange {
    pub(super) fn parent(&self) -> Option<&Path> {
        match self {
            NameChange::Link(path, _)
            | NameChange::Unlink(path)
            | NameChange::Rename(_, path, _)
            | NameChange::Folder(path) => path.parent(),
        }
    }

    pub(super) fn apply(&self, names: &mut Names) {
        match self {
            NameChange::Link(path, node) => drop(names.files.insert(path.clone(), *node)),
            NameChange::Unlink(path) => drop(names.files.remove(path)),
            NameChange::Rename(from, to, node) => {
                if names.files.get(from) == Some(node) {
                    names.files.remove(from);
                }
                names.files.insert(to.clone(), *node);
            }
            NameChange::Folder(path) => drop(names.dirs.insert(path.clone())),
        }
    }
}

pub(super) fn apply(change: &Change, bytes: &mut Vec<u8>) {
    match change {
        Change::Write(offset, written) => {
            if bytes.len() < offset + written.len() {
                bytes.resize(offset + written.len(), 0);
            }
            for (slot, byte) in bytes.iter_mut().skip(*offset).zip(written) {
                *slot = *byte;
            }
        }
        Change::Truncate(length) => bytes.resize(*length, 0),
    }
}

impl World {
    pub(super) fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }

    /// Counts a change and says how it fails, if it does.
    pub(super) fn change(&mut self) -> Result<Option<SimFault>, io::Error> {
        if self.off {
            return Err(io::Error::other("the power is off"));
        }
        self.changes += 1;
        let fault = self.faults.remove(&self.changes);
        if fault == Some(SimFault::PowerCut) {
            self.off = true;
        }
        Ok(fault)
    }

    pub(super) fn node(&mut self, node: u64) -> io::Result<&mut Node> {
        self.nodes.get_mut(&node).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// What of a file's unsynced changes reaches the disk when the power goes or a sync fails.
    pub(super) fn survive(&mut self, node: u64) {
        let Some(found) = self.nodes.get_mut(&node) else { return };
        let changes = std::mem::take(&mut found.unsynced);
        let mut bytes = std::mem::take(&mut found.synced);
        for change in changes {
            match (change, self.random(10)) {
                (_, 0..=2) => {}
                (Change::Write(offset, written), 3..=4) => {
                    let length = self.random(written.len() as u64 + 1) as usize;
                    apply(&Change::Write(offset, written.into_iter().take(length).collect()), &mut bytes);
                }
                (Change::Write(offset, written), 5..=6) => {
                    for (at, sector) in written.chunks(SECTOR).enumerate() {
                        if self.random(2) == 0 {
                            apply(&Change::Write(offset + at * SECTOR, sector.to_vec()), &mut bytes);
                        }
                    }
                }
                (change, _) => apply(&change, &mut bytes),
            }
        }
        if let Some(found) = self.nodes.get_mut(&node) {
            found.synced = bytes;
        }
    }
}

pub(super) fn used(world: &World) -> usize {
    world.nodes.values().map(|node| node.live.len()).sum()
}

pub(super) fn failed(fault: SimFault) -> io::Error {
    match fault {
        SimFault::Full => io::ErrorKind::StorageFull.into(),
        SimFault::Io => io::Error::other("the device reports an error"),
        SimFault::PowerCut => io::Error::other("the power is off"),
    }
}
