//! A disk in memory that forgets. It keeps, for every file and every name, what was synced and what was not; a
//! power cut keeps what was synced and drops, tears or reorders the rest, as a seed says. It can fail at the
//! n-th change, and be of limited size.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::port::{Port, PortFile};

const SECTOR: usize = 512;

/// How a change fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimFault {
    /// The device reports an error. A write may have happened in part; after a failed sync some of what was not
    /// synced is lost for good, though reading still shows it.
    Io,
    /// There is no room. A write may have happened in part.
    Full,
    /// The power goes: this change and everything after it fails until [`SimPort::power_on`].
    PowerCut,
}

/// A handle on the simulated disk; clones share it. After a power cut old handles fail for ever.
#[derive(Clone)]
pub struct SimPort {
    world: Arc<Mutex<World>>,
    epoch: u64,
}

#[derive(Default)]
struct World {
    epoch: u64,
    off: bool,
    changes: u64,
    faults: BTreeMap<u64, SimFault>,
    room: Option<usize>,
    seed: u64,
    next: u64,
    nodes: BTreeMap<u64, Node>,
    names: Names,
    synced: Names,
    unsynced: Vec<NameChange>,
    locks: BTreeSet<PathBuf>,
}

#[derive(Default, Clone)]
struct Names {
    files: BTreeMap<PathBuf, u64>,
    dirs: BTreeSet<PathBuf>,
}

#[derive(Default)]
struct Node {
    live: Vec<u8>,
    synced: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Clone)]
enum NameChange {
    Link(PathBuf, u64),
    Unlink(PathBuf),
    Rename(PathBuf, PathBuf, u64),
    Folder(PathBuf),
}

impl NameChange {
    fn parent(&self) -> Option<&Path> {
        match self {
            NameChange::Link(path, _)
            | NameChange::Unlink(path)
            | NameChange::Rename(_, path, _)
            | NameChange::Folder(path) => path.parent(),
        }
    }

    fn apply(&self, names: &mut Names) {
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

fn apply(change: &Change, bytes: &mut Vec<u8>) {
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
    fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }

    /// Counts a change and says how it fails, if it does.
    fn change(&mut self) -> Result<Option<SimFault>, io::Error> {
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

    fn node(&mut self, node: u64) -> io::Result<&mut Node> {
        self.nodes.get_mut(&node).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// What of a file's unsynced changes reaches the disk when the power goes or a sync fails.
    fn survive(&mut self, node: u64) {
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

impl SimPort {
    /// An empty disk with one directory, whose failures follow from a seed.
    #[must_use]
    pub fn new(seed: u64, dir: &Path) -> Self {
        let mut world = World { seed, ..World::default() };
        world.names.dirs.extend(dir.ancestors().map(Path::to_owned));
        world.synced = world.names.clone();
        Self { world: Arc::new(Mutex::new(world)), epoch: 0 }
    }

    fn raw(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn world(&self) -> io::Result<MutexGuard<'_, World>> {
        let world = self.raw();
        if world.off || world.epoch != self.epoch {
            return Err(io::Error::other("the power is off"));
        }
        Ok(world)
    }

    /// How many changes were made or tried since the beginning.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.raw().changes
    }

    /// Lets the n-th change from now on, counted from 1, fail.
    pub fn fail_at(&self, nth: u64, fault: SimFault) {
        let mut world = self.raw();
        let at = world.changes + nth;
        world.faults.insert(at, fault);
    }

    /// Takes back all failures that are still to come.
    pub fn heal(&self) {
        self.raw().faults.clear();
    }

    /// Limits the bytes that all files together may have; `None` for no limit.
    pub fn set_room(&self, bytes: Option<usize>) {
        self.raw().room = bytes;
    }

    /// The bytes that all files have now.
    #[must_use]
    pub fn used(&self) -> usize {
        used(&self.raw())
    }

    /// Cuts the power if it is still on, decides what of the unsynced survives, and gives the disk as it is found
    /// afterwards. All handles from before fail from now on.
    #[must_use]
    pub fn power_on(&self, seed: u64) -> Self {
        let mut world = self.raw();
        world.seed = seed;
        let nodes: Vec<u64> = world.nodes.keys().copied().collect();
        for node in nodes {
            world.survive(node);
        }
        for change in std::mem::take(&mut world.unsynced) {
            if world.random(2) == 0 {
                change.apply(&mut world.synced);
            }
        }
        let dirs = world.synced.dirs.clone();
        world.synced.files.retain(|path, _| path.parent().is_some_and(|parent| dirs.contains(parent)));
        world.names = world.synced.clone();
        let named: BTreeSet<u64> = world.names.files.values().copied().collect();
        world.nodes.retain(|node, _| named.contains(node));
        for node in world.nodes.values_mut() {
            node.live.clone_from(&node.synced);
        }
        world.locks.clear();
        world.faults.clear();
        world.off = false;
        world.epoch += 1;
        let epoch = world.epoch;
        drop(world);
        Self { world: Arc::clone(&self.world), epoch }
    }

    /// A second disk with what is readable on this one now.
    #[must_use]
    pub fn copy(&self) -> Self {
        let world = self.raw();
        let nodes = world.nodes.iter().map(|(id, node)| {
            (*id, Node { live: node.live.clone(), synced: node.live.clone(), unsynced: Vec::new() })
        });
        let copy = World {
            seed: world.seed,
            next: world.next,
            nodes: nodes.collect(),
            names: world.names.clone(),
            synced: world.names.clone(),
            ..World::default()
        };
        Self { world: Arc::new(Mutex::new(copy)), epoch: 0 }
    }

    /// Changes bytes behind the back of whoever uses the disk; `false` if there is no such file.
    pub fn alter(&self, path: &Path, how: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut world = self.raw();
        let Some(node) = world.names.files.get(path).copied() else { return false };
        let Some(node) = world.nodes.get_mut(&node) else { return false };
        how(&mut node.live);
        node.synced.clone_from(&node.live);
        true
    }

    /// Every file, by path.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.raw().names.files.keys().cloned().collect()
    }
}

fn used(world: &World) -> usize {
    world.nodes.values().map(|node| node.live.len()).sum()
}

fn failed(fault: SimFault) -> io::Error {
    match fault {
        SimFault::Full => io::ErrorKind::StorageFull.into(),
        SimFault::Io => io::Error::other("the device reports an error"),
        SimFault::PowerCut => io::Error::other("the power is off"),
    }
}

struct SimFile {
    port: SimPort,
    node: u64,
}

impl Port for SimPort {
    fn open(&self, path: &Path) -> io::Result<Box<dyn PortFile>> {
        let world = self.world()?;
        let node = world.names.files.get(path).copied().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(SimFile { port: self.clone(), node }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn PortFile>> {
        let mut world = self.world()?;
        if world.names.files.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if !path.parent().is_some_and(|parent| world.names.dirs.contains(parent)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if let Some(fault) = world.change()? {
            return Err(failed(fault));
        }
        world.next += 1;
        let node = world.next;
        world.nodes.insert(node, Node::default());
        let link = NameChange::Link(path.to_owned(), node);
        link.apply(&mut world.names);
        world.unsynced.push(link);
        Ok(Box::new(SimFile { port: self.clone(), node }))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world()?;
        if world.names.dirs.contains(path) {
            return Ok(());
        }
        if let Some(fault) = world.change()? {
            return Err(failed(fault));
        }
        let folder = NameChange::Folder(path.to_owned());
        folder.apply(&mut world.names);
        world.unsynced.push(folder);
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let world = self.world()?;
        if !world.names.dirs.contains(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let paths = world.names.files.keys().chain(&world.names.dirs);
        let inside = paths.filter(|path| path.parent() == Some(dir));
        let mut names: Vec<String> =
            inside.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
        names.sort();
        Ok(names)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world()?;
        if !world.names.files.contains_key(path) {
            return Ok(());
        }
        if let Some(fault) = world.change()? {
            return Err(failed(fault));
        }
        let unlink = NameChange::Unlink(path.to_owned());
        if let Some(node) = world.names.files.get(path).copied() {
            // its room is free again, though its content may come back with the name
            if let Some(node) = world.nodes.get_mut(&node) {
                node.live = Vec::new();
            }
        }
        unlink.apply(&mut world.names);
        world.unsynced.push(unlink);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world()?;
        let node = world.names.files.get(from).copied().ok_or(io::ErrorKind::NotFound)?;
        if let Some(fault) = world.change()? {
            return Err(failed(fault));
        }
        let rename = NameChange::Rename(from.to_owned(), to.to_owned(), node);
        rename.apply(&mut world.names);
        world.unsynced.push(rename);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut world = self.world()?;
        if let Some(fault) = world.change()? {
            return Err(failed(fault));
        }
        let unsynced = std::mem::take(&mut world.unsynced);
        let (here, others): (Vec<_>, Vec<_>) =
            unsynced.into_iter().partition(|change| change.parent() == Some(dir));
        here.iter().for_each(|change| change.apply(&mut world.synced));
        world.unsynced = others;
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Any + Send + Sync>> {
        let mut world = self.world()?;
        if !world.locks.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimLock { port: self.clone(), path: path.to_owned() }))
    }
}

struct SimLock {
    port: SimPort,
    path: PathBuf,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut world = self.port.raw();
        if world.epoch == self.port.epoch {
            world.locks.remove(&self.path);
        }
    }
}

impl SimFile {
    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut world = self.port.world()?;
        let fault = world.change()?;
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let (room, used) = (world.room, used(&world));
        let node = world.node(self.node)?;
        let grows = (offset + bytes.len()).saturating_sub(node.live.len());
        let fits = room.is_none_or(|room| used + grows <= room);
        let fault = if fits { fault } else { fault.or(Some(SimFault::Full)) };
        let written = match fault {
            None | Some(SimFault::PowerCut) => bytes.to_vec(),
            Some(SimFault::Full) if !fits => {
                let left = room.map_or(0, |room| room.saturating_sub(used));
                bytes.iter().take(bytes.len() - grows + left).copied().collect()
            }
            Some(_) => {
                let length = world.random(bytes.len() as u64 + 1) as usize;
                bytes.iter().take(length).copied().collect()
            }
        };
        let change = Change::Write(offset, written);
        let node = world.node(self.node)?;
        apply(&change, &mut node.live);
        node.unsynced.push(change);
        fault.map_or(Ok(()), |fault| Err(failed(fault)))
    }
}

impl PortFile for SimFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.port.world()?.node(self.node)?.live.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut world = self.port.world()?;
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let node = world.node(self.node)?;
        let bytes = node.live.get(offset..).and_then(|rest| rest.get(..buffer.len()));
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write(offset, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        let mut world = self.port.world()?;
        match world.change()? {
            None => {
                let node = world.node(self.node)?;
                let changes = std::mem::take(&mut node.unsynced);
                changes.iter().for_each(|change| apply(change, &mut node.synced));
                Ok(())
            }
            Some(SimFault::PowerCut) => Err(failed(SimFault::PowerCut)),
            Some(fault) => {
                world.survive(self.node);
                Err(failed(fault))
            }
        }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut world = self.port.world()?;
        if let Some(fault) = world.change()? {
            return Err(failed(fault));
        }
        let change = Change::Truncate(usize::try_from(length).map_err(io::Error::other)?);
        let node = world.node(self.node)?;
        apply(&change, &mut node.live);
        node.unsynced.push(change);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir() -> &'static Path {
        Path::new("/disk")
    }

    #[test]
    fn what_was_synced_survives_and_what_was_not_may_go_or_tear() {
        let (mut whole, mut torn, mut lost) = (0, 0, 0);
        for seed in 0..200 {
            let port = SimPort::new(seed, dir());
            let path = dir().join("file");
            let file = port.create(&path).unwrap();
            file.write_at(0, b"synced").unwrap();
            file.sync().unwrap();
            port.sync_dir(dir()).unwrap();
            file.write_at(6, &[7; 2000]).unwrap();
            let port = port.power_on(seed);
            assert!(file.length().is_err(), "old handles are dead");
            let bytes = port.read(&path).unwrap().unwrap();
            assert!(bytes.starts_with(b"synced"));
            match bytes.len() {
                6 => lost += 1,
                2006 if bytes[6..] == [7; 2000] => whole += 1,
                _ => torn += 1,
            }
        }
        assert!(whole > 20 && torn > 20 && lost > 20, "{whole} {torn} {lost}");
    }

    #[test]
    fn names_need_their_own_sync() {
        let (mut there, mut gone) = (0, 0);
        for seed in 0..50 {
            let port = SimPort::new(seed, dir());
            let file = port.create(&dir().join("file")).unwrap();
            file.sync().unwrap();
            match port.power_on(seed).read(&dir().join("file")).unwrap() {
                Some(_) => there += 1,
                None => gone += 1,
            }
        }
        assert!(there > 5 && gone > 5);
    }

    #[test]
    fn after_a_failed_sync_the_next_one_does_not_save_what_was_lost() {
        let mut lost = 0;
        for seed in 0..50 {
            let port = SimPort::new(seed, dir());
            let path = dir().join("file");
            let file = port.create(&path).unwrap();
            port.sync_dir(dir()).unwrap();
            file.write_at(0, b"bytes").unwrap();
            port.fail_at(1, SimFault::Io);
            assert!(file.sync().is_err());
            file.sync().unwrap();
            assert_eq!(port.read(&path).unwrap().unwrap(), b"bytes", "still readable");
            lost += usize::from(port.power_on(seed).read(&path).unwrap().unwrap() != b"bytes");
        }
        assert!(lost > 5);
    }

    #[test]
    fn room_is_limited_and_given_back() {
        let port = SimPort::new(1, dir());
        port.set_room(Some(10));
        let file = port.create(&dir().join("file")).unwrap();
        file.write_at(0, &[1; 8]).unwrap();
        file.write_at(0, &[2; 8]).unwrap();
        assert_eq!(file.write_at(8, &[1; 8]).unwrap_err().kind(), io::ErrorKind::StorageFull);
        file.truncate(2).unwrap();
        file.write_at(2, &[1; 8]).unwrap();
    }
}
