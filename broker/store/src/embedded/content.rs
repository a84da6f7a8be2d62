//! Content files: what may have to be erased, or is large, each in a file named by the SHA-256 of its
//! ciphertext. Written and synced, with its directory, before the entry that names it is queued.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use concordat_ledger::{Hash, SectionDigest, sha256};

use crate::port::Port;

/// Why a content file cannot be used.
#[derive(Debug)]
pub(crate) enum BadContent {
    /// There is none.
    Missing,
    /// Its bytes are not those recorded.
    Altered,
    /// The system refused to read it.
    Io(io::Error),
}

/// Where the content of a hash lies under a store's directory.
pub(crate) fn path(dir: &Path, hash: &Hash) -> PathBuf {
    let name = hash.to_string();
    let folder = name.get(..2).unwrap_or_default().to_owned();
    dir.join("content").join(folder).join(name)
}

/// The folders of content files that are known to be durable.
#[derive(Default)]
pub(crate) struct Folders(Mutex<HashSet<PathBuf>>);

impl Folders {
    /// Writes a content file so that it is there after a power cut.
    pub(crate) fn write(&self, port: &dyn Port, dir: &Path, hash: &Hash, bytes: &[u8]) -> io::Result<()> {
        let path = path(dir, hash);
        let folder = path.parent().unwrap_or(dir);
        if !self.known().contains(folder) {
            port.create_dir(folder)?;
            port.sync_dir(&dir.join("content"))?;
            self.known().insert(folder.to_owned());
        }
        let written = put(port, folder, &path, bytes);
        if written.is_err() {
            // nothing names it yet: it may go, and if it stays it is in nobody's way
            let _ = port.remove(&path);
        }
        written
    }

    fn known(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn put(port: &dyn Port, folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = port.create(path)?;
    file.write_at(0, bytes)?;
    file.sync()?;
    port.sync_dir(folder)
}

/// Reads a content file and compares it with what the leaf says of it.
pub(crate) fn read(port: &dyn Port, dir: &Path, digest: &SectionDigest) -> Result<Vec<u8>, BadContent> {
    let bytes = port.read(&path(dir, &digest.hash)).map_err(BadContent::Io)?.ok_or(BadContent::Missing)?;
    if bytes.len() == digest.stored_len as usize && sha256(&[&bytes]) == digest.hash {
        Ok(bytes)
    } else {
        Err(BadContent::Altered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::DiskPort;

    #[test]
    fn content_is_found_by_its_hash_and_damage_is_told_from_loss() {
        let dir = tempfile::tempdir().unwrap();
        DiskPort.create_dir(&dir.path().join("content")).unwrap();
        let hash = sha256(&[b"sealed"]);
        let digest = SectionDigest { number: 3, class: 3, key: [0; 16], stored_len: 6, hash };
        assert!(matches!(read(&DiskPort, dir.path(), &digest), Err(BadContent::Missing)));
        Folders::default().write(&DiskPort, dir.path(), &hash, b"sealed").unwrap();
        assert_eq!(read(&DiskPort, dir.path(), &digest).unwrap(), b"sealed");
        let file = path(dir.path(), &hash);
        assert!(file.ends_with(format!("{}/{hash}", &hash.to_string()[..2])));
        std::fs::write(&file, b"sealee").unwrap();
        assert!(matches!(read(&DiskPort, dir.path(), &digest), Err(BadContent::Altered)));
    }
}
