//! The little file access that journal, guard, content files and key ring need, and the real disk behind it.
//! Nothing is durable before a sync has returned: file contents by [`PortFile::sync`], names by [`Port::sync_dir`].

use std::any::Any;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// Files and directories.
pub trait Port: Send + Sync + 'static {
    /// Opens a file that exists, for reading and writing.
    ///
    /// # Errors
    /// What the system says; `NotFound` when there is none.
    fn open(&self, path: &Path) -> io::Result<Box<dyn PortFile>>;

    /// Creates a file that only its owner may use.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` when there is one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn PortFile>>;

    /// Creates a directory, and is content if there is one.
    ///
    /// # Errors
    /// What the system says.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// The names of the files and directories in a directory, sorted.
    ///
    /// # Errors
    /// What the system says.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Removes a file, and is content if there is none.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Puts a file in the place of another.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// What the system says.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Takes a lock that no other process can take until the value is dropped.
    ///
    /// # Errors
    /// `WouldBlock` when another holds it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Any + Send + Sync>>;

    /// The whole file, or `None` if there is none.
    ///
    /// # Errors
    /// What the system says.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let file = match self.open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let length = usize::try_from(file.length()?).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        file.read_at(0, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// Puts bytes in the place of the whole file, or creates it: after a power cut the old or the new content
    /// is there. Synced with its directory.
    ///
    /// # Errors
    /// What the system says; the old content may or may not stand then.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let parent = path.parent().unwrap_or_else(|| Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let aside = parent.join(format!(".{name}.new"));
        self.remove(&aside)?;
        let file = self.create(&aside)?;
        file.write_at(0, bytes)?;
        file.sync()?;
        drop(file);
        self.rename(&aside, path)?;
        self.sync_dir(parent)
    }
}

/// An open file. Writes beyond the end make it longer.
pub trait PortFile: Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    /// What the system says.
    fn length(&self) -> io::Result<u64>;

    /// Fills the buffer from an offset.
    ///
    /// # Errors
    /// What the system says; `UnexpectedEof` when the file ends before.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Writes all bytes at an offset.
    ///
    /// # Errors
    /// What the system says; some of the bytes may be written then.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes contents and length durable.
    ///
    /// # Errors
    /// What the system says; nothing is known then of what was written since the last sync.
    fn sync(&self) -> io::Result<()>;

    /// Cuts the file to a length.
    ///
    /// # Errors
    /// What the system says.
    fn truncate(&self, length: u64) -> io::Result<()>;
}

/// The real disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskPort;

impl Port for DiskPort {
    fn open(&self, path: &Path) -> io::Result<Box<dyn PortFile>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Box::new(file))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn PortFile>> {
        Ok(Box::new(private().create_new(true).open(path)?))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            other => other,
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = fs::read_dir(dir)?
            .map(|found| Ok(found?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?.sync_all()
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Any + Send + Sync>> {
        let file = private().create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(file)),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(source)) => Err(source),
        }
    }
}

/// Options for a file that only its owner may use.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

impl PortFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buffer, offset)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_private_and_never_created_twice() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("one");
        DiskPort.create(&path).unwrap().write_at(0, b"abc").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(DiskPort.create(&path).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(DiskPort.read(&path).unwrap().unwrap(), b"abc");
        DiskPort.replace(&path, b"de").unwrap();
        assert_eq!(DiskPort.read(&path).unwrap().unwrap(), b"de");
        assert_eq!(DiskPort.list(dir.path()).unwrap(), ["one"]);
        assert!(DiskPort.read(&dir.path().join("two")).unwrap().is_none());
    }

    #[test]
    fn lock_is_held_until_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = DiskPort.lock(&path).unwrap();
        assert_eq!(DiskPort.lock(&path).err().unwrap().kind(), io::ErrorKind::WouldBlock);
        drop(held);
        DiskPort.lock(&path).unwrap();
    }
}
