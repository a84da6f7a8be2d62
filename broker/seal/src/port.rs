//! The file access that the key ring needs, and the real directory behind it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Files by name in one directory. Whatever a call wrote is durable when it returns `Ok`; after an
/// `Err` nothing is known about the file, and the caller has to read it again.
pub trait RingPort: Send + Sync {
    /// The whole file, or `None` if there is none.
    ///
    /// # Errors
    /// What the system says when the file is there and cannot be read.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Adds bytes at the end of a file that exists, and syncs it.
    ///
    /// # Errors
    /// What the system says; `NotFound` if there is no such file.
    fn append_synced(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Puts bytes in the place of the whole file, or creates it, so that after a power cut either the
    /// old or the new content is there; syncs the file and its directory.
    ///
    /// # Errors
    /// What the system says.
    fn replace_synced(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
}

/// A real directory. Files are made with mode 0600.
#[derive(Debug, Clone)]
pub struct DirPort {
    dir: PathBuf,
}

impl DirPort {
    /// Files of the given directory, which has to exist.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The path of a plain file name; anything that could leave the directory is refused.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
        if plain {
            Ok(self.dir.join(name))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{name}` is not a plain file name")))
        }
    }
}

impl RingPort for DirPort {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        match File::open(self.path(name)?) {
            Ok(mut file) => file.read_to_end(&mut bytes).map(|_| Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn append_synced(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).open(self.path(name)?)?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    fn replace_synced(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(name)?;
        let aside = self.dir.join(format!(".{name}.new"));
        match fs::remove_file(&aside) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut file = private_file(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&aside, &path)?;
        sync_dir(&self.dir)
    }
}

/// Creates a file that only its owner may read and write; one that is there already is an error.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_file_is_private_and_appends_follow_it() {
        let dir = tempfile::tempdir().unwrap();
        let port = DirPort::new(dir.path());
        assert!(port.read("keyring").unwrap().is_none());
        port.replace_synced("keyring", b"old").unwrap();
        port.replace_synced("keyring", b"new").unwrap();
        port.append_synced("keyring", b"er").unwrap();
        assert_eq!(port.read("keyring").unwrap().unwrap(), b"newer");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(dir.path().join("keyring")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left aside");
    }

    #[test]
    fn append_never_creates_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let fault = DirPort::new(dir.path()).append_synced("keyring", b"x").unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn name_that_leaves_the_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let port = DirPort::new(dir.path());
        for name in ["", "..", "../keyring", "/etc/passwd", "a/b", "a\\b", ".keyring.new"] {
            assert_eq!(port.read(name).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
            assert!(port.replace_synced(name, b"x").is_err(), "{name}");
        }
    }
}
