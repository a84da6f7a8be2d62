//! Content files: what may have to be erased, or is large, each in a file named by the SHA-256 of its
//! ciphertext. Written and synced, with its directory, before the entry that names it is queued.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use concordat_ledger::{Hash, SectionDigest, sha256};

use crate::port::{Port, PortFile};

/// How many bytes of a content file are compared at once.
const PIECE: usize = 256 << 10;

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
        let folder = self.folder_of(port, dir, &path)?;
        let written = put(port, folder, &path, bytes);
        if written.is_err() {
            // nothing names it yet: it may go, and if it stays it is in nobody's way
            let _ = port.remove(&path);
        }
        written
    }

    /// Makes a synced file the content file of a hash, so that it is there after a power cut. If that cannot be done
    /// the file is gone.
    pub(crate) fn adopt(&self, port: &dyn Port, dir: &Path, hash: &Hash, file: PathBuf) -> io::Result<()> {
        let path = path(dir, hash);
        let moved = self.folder_of(port, dir, &path).and_then(|folder| {
            port.rename(&file, &path)?;
            port.sync_dir(folder)
        });
        if moved.is_err() {
            let _ = port.remove(&file);
            let _ = port.remove(&path);
        }
        moved
    }

    /// The folder of a content file, made durable if it is a new one.
    fn folder_of<'p>(&self, port: &dyn Port, dir: &'p Path, path: &'p Path) -> io::Result<&'p Path> {
        let folder = path.parent().unwrap_or(dir);
        if !self.known().contains(folder) {
            port.create_dir(folder)?;
            port.sync_dir(&dir.join("content"))?;
            self.known().insert(folder.to_owned());
        }
        Ok(folder)
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

/// Whether a content file is there and sealed in chunks, as its first byte says.
pub(crate) fn is_chunked(port: &dyn Port, dir: &Path, digest: &SectionDigest) -> bool {
    let mut first = [0];
    let read = port.open(&path(dir, &digest.hash)).and_then(|file| file.read_at(0, &mut first));
    read.is_ok() && concordat_seal::is_chunked(&first)
}

/// Opens a content file once all of its bytes were compared with what the leaf says of them, piece by piece.
pub(crate) fn open(
    port: &dyn Port,
    dir: &Path,
    digest: &SectionDigest,
) -> Result<Box<dyn PortFile>, BadContent> {
    let file = match port.open(&path(dir, &digest.hash)) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Err(BadContent::Missing),
        file => file.map_err(BadContent::Io)?,
    };
    let length = file.length().map_err(BadContent::Io)?;
    let mut hash = Context::new(&SHA256);
    let (mut piece, mut at) = (vec![0; PIECE], 0);
    while at < length {
        let now = usize::try_from(length - at).unwrap_or(PIECE).min(PIECE);
        let piece = piece.get_mut(..now).unwrap_or_default();
        file.read_at(at, piece).map_err(BadContent::Io)?;
        hash.update(piece);
        at += now as u64;
    }
    if length == u64::from(digest.stored_len) && hash.finish().as_ref() == digest.hash.0 {
        Ok(file)
    } else {
        Err(BadContent::Altered)
    }
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
