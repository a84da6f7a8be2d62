//! Files for the user alone: folders 0700, files 0600, written whole or not at all. On systems without such
//! modes the folder's own protection counts.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::Failure;

/// Makes a private folder, and those above it that are missing.
///
/// # Errors
/// A [`Failure`] when it cannot be made.
pub fn folder(path: &Path) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|why| Failure::unwritable(path, &why))
}

/// Writes a private file: beside its place first, synced, then moved into it.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = path.with_extension("new");
    let fail = |why: io::Error| Failure::unwritable(path, &why);
    // left over from a run that was cut short
    match fs::remove_file(&beside) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(fail(why)),
        _ => {}
    }
    let mut file = fresh(&beside).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)?;
    fs::rename(&beside, path).map_err(fail)?;
    sync_folder(path);
    Ok(())
}

/// Writes a private file that must not be there yet; `false` when it is.
///
/// # Errors
/// A [`Failure`] when it cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> Result<bool, Failure> {
    let fail = |why: io::Error| Failure::unwritable(path, &why);
    match fresh(path) {
        Ok(mut file) => {
            file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)?;
            sync_folder(path);
            Ok(true)
        }
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(why) => Err(fail(why)),
    }
}

/// A private file that grows beside its place and is moved there once it is whole; until then, or if it never is,
/// nothing stands there.
#[derive(Debug)]
pub struct Growing {
    file: fs::File,
    beside: PathBuf,
    path: PathBuf,
}

impl Growing {
    /// Begins a file.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be made.
    pub fn begin(path: &Path) -> Result<Self, Failure> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = path.with_file_name(format!(".{name}.concordat-part"));
        let fail = |why: io::Error| Failure::unwritable(path, &why);
        // left over from a run that was cut short
        match fs::remove_file(&beside) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(fail(why)),
            _ => {}
        }
        let file = fresh(&beside).map_err(fail)?;
        Ok(Self { file, beside, path: path.to_owned() })
    }

    /// Its place.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds to its end.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be written.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|why| Failure::unwritable(&self.path, &why))
    }

    /// Puts it in its place; `false` when something stands there already.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be written.
    pub fn finish(self) -> Result<bool, Failure> {
        let fail = |why: io::Error| Failure::unwritable(&self.path, &why);
        self.file.sync_all().map_err(fail)?;
        match fs::hard_link(&self.beside, &self.path) {
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Ok(()) => {}
            // some disks know no links: there nothing better can be had
            Err(_) if self.path.exists() => return Ok(false),
            Err(_) => fs::rename(&self.beside, &self.path).map_err(fail)?,
        }
        sync_folder(&self.path);
        Ok(true)
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.beside);
    }
}

/// Refuses a file that others may read or write.
///
/// # Errors
/// A [`Failure`] that says how to mend it, or that the file cannot be seen.
pub fn check(path: &Path) -> Result<(), Failure> {
    let facts = fs::metadata(path).map_err(|why| Failure::unreadable(path, &why))?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            let shown = path.display();
            let what = format!("`{shown}` may be read by others (mode {mode:04o}), so it is not used");
            return Err(Failure::new(Exit::Failure, what)
                .hint(format!("`chmod 600 {shown}`, and enrol again if others may have read it")));
        }
    }
    #[cfg(not(unix))]
    let _ = facts;
    Ok(())
}

fn fresh(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a new name durable where the system can; elsewhere the rename must do.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent().and_then(|folder| fs::File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folders_and_files_are_for_the_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder_path = dir.path().join("a/b");
        folder(&folder_path).unwrap();
        write(&folder_path.join("key"), b"1").unwrap();
        write(&folder_path.join("key"), b"2").unwrap();
        assert_eq!((mode(&folder_path), mode(&folder_path.join("key"))), (0o700, 0o600));
        assert_eq!(fs::read(folder_path.join("key")).unwrap(), b"2");
        assert_eq!(fs::read_dir(&folder_path).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write(&path, b"secret").unwrap();
        check(&path).unwrap();
        for wider in [0o640, 0o604, 0o660, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(wider)).unwrap();
            let failure = check(&path).unwrap_err();
            assert!(failure.hint.unwrap().contains("chmod 600"), "{wider:o}");
        }
    }

    #[test]
    fn a_file_is_created_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("record");
        assert!(create(&path, b"first").unwrap());
        assert!(!create(&path, b"second").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }
}
