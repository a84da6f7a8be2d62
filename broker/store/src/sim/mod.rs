//! A disk in memory that forgets. It keeps, for every file and every name, what was synced and what was not; a
//! power cut keeps what was synced and drops, tears or reorders the rest, as a seed says. It can fail at the
//! n-th change, and be of limited size.

mod world;

use std::any::Any;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::port::{Port, PortFile};

use world::{Change, NameChange, Node, World, apply, failed, used};

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
        let node = world.names.files.get(path).copied();
        unlink.apply(&mut world.names);
        // after a rename that a power cut came upon a file may have two names, and keeps its content for the other
        let has_other = world.names.files.values().any(|named| Some(*named) == node);
        if let Some(node) = node.filter(|_| !has_other).and_then(|node| world.nodes.get_mut(&node)) {
            // its room is free again, though its content may come back with the name
            node.live = Vec::new();
        }
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
mod tests;
