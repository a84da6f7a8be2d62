//! Files and directories that only their owner may use.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// What is wrong with a private file.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFault {
    /// Others than its owner may use it.
    #[error(
        "`{}` has mode {mode:04o}, so others than its owner can get at it; run `chmod {wanted:o}` on it, \
         and replace what it holds if others may have read it", path.display()
    )]
    TooOpen {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The widest mode that is accepted.
        wanted: u32,
    },
    /// It could not be read or written.
    #[error("`{}` could not be {act}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried: `read`, `written` or `made`.
        act: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

fn fault(path: &Path, act: &'static str) -> impl FnOnce(io::Error) -> PrivateFault {
    move |source| PrivateFault::Io { path: path.to_owned(), act, source }
}

/// Makes a directory, and those above it, with mode 0700; one that is there is left as it is.
///
/// # Errors
/// [`PrivateFault::Io`] when it cannot be made.
pub fn make_dir(path: &Path) -> Result<(), PrivateFault> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(fault(path, "made"))
}

/// Writes a new file of mode 0600 and syncs it; one that is there is never overwritten.
///
/// # Errors
/// [`PrivateFault::Io`] when it exists or cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), PrivateFault> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(fault(path, "written"))
}

/// Puts a file of mode 0600 in the place of another, so that a reader sees the old or the new one whole.
///
/// # Errors
/// [`PrivateFault::Io`] when it cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), PrivateFault> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    match fs::remove_file(&aside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(fault(&aside, "written")(e)),
        _ => {}
    }
    write_new(&aside, bytes)?;
    let swap = || -> io::Result<()> {
        fs::rename(&aside, path)?;
        match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => File::open(dir)?.sync_all(),
            _ => Ok(()),
        }
    };
    swap().map_err(fault(path, "written"))
}

/// Reads a file that must not be open to others; what it held is wiped when dropped.
///
/// # Errors
/// [`PrivateFault::TooOpen`] when others may use it, [`PrivateFault::Io`] when it cannot be read.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, PrivateFault> {
    check(path)?;
    Ok(Zeroizing::new(fs::read(path).map_err(fault(path, "read"))?))
}

/// Checks that nobody but its owner may use a file (0600) or directory (0700).
///
/// # Errors
/// [`PrivateFault::TooOpen`] when others may, [`PrivateFault::Io`] when it cannot be looked at.
pub fn check(path: &Path) -> Result<(), PrivateFault> {
    let facts = fs::metadata(path).map_err(fault(path, "read"))?;
    let wanted = if facts.is_dir() { 0o700 } else { 0o600 };
    let mode = facts.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(PrivateFault::TooOpen { path: path.to_owned(), mode, wanted });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("authority.key");
        write_new(&path, b"secret").unwrap();
        assert_eq!(read(&path).unwrap().as_slice(), b"secret");
        for mode in [0o640, 0o604, 0o620, 0o610] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(read(&path), Err(PrivateFault::TooOpen { mode: found, .. }) if found == mode));
        }
    }

    #[test]
    fn what_is_written_and_replaced_is_private_and_a_new_file_overwrites_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep").join("run");
        make_dir(&path).unwrap();
        check(&path).unwrap();
        let file = path.join("addresses.json");
        replace(&file, b"one").unwrap();
        replace(&file, b"two").unwrap();
        check(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert!(write_new(&file, b"three").is_err());
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "nothing is left aside");
    }
}
