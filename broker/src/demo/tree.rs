//! Copies of a broker's directory, as a backup would hold them, and damage done to a copy.

use std::fs;
use std::path::{Path, PathBuf};

use super::claim::{Broken, Held, there};
use crate::private;

/// Copies a directory with everything in it but sockets, each file with its mode.
///
/// # Errors
/// [`Broken::Failed`] when something cannot be copied.
pub fn copy(from: &Path, to: &Path) -> Held<()> {
    let failed = |e: std::io::Error| Broken::failed(format!("copying `{}`", from.display()), e);
    private::make_dir(to).map_err(|e| Broken::failed("making a copy", e))?;
    for found in fs::read_dir(from).map_err(failed)? {
        let found = found.map_err(failed)?;
        let sort = found.file_type().map_err(failed)?;
        let target = to.join(found.file_name());
        if sort.is_dir() {
            copy(&found.path(), &target)?;
        } else if sort.is_file() {
            fs::copy(found.path(), target).map_err(failed)?;
        }
    }
    Ok(())
}

/// Every file below a directory, sorted.
///
/// # Errors
/// [`Broken::Failed`] when it cannot be read.
pub fn files(below: &Path) -> Held<Vec<PathBuf>> {
    let failed = |e: std::io::Error| Broken::failed(format!("looking into `{}`", below.display()), e);
    let mut all = Vec::new();
    for found in fs::read_dir(below).map_err(failed)? {
        let path = found.map_err(failed)?.path();
        if path.is_dir() {
            all.extend(files(&path)?);
        } else {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

/// Flips one bit of a byte of a file.
///
/// # Errors
/// [`Broken`] when the file is shorter or cannot be rewritten.
pub fn flip(path: &Path, at: usize) -> Held<()> {
    let failed = |e: std::io::Error| Broken::failed(format!("damaging `{}`", path.display()), e);
    let mut bytes = fs::read(path).map_err(failed)?;
    *there("a byte to flip", bytes.get_mut(at))? ^= 1;
    fs::write(path, bytes).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_every_file_and_a_flip_changes_one_byte_of_it_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        fs::create_dir_all(one.join("deep")).unwrap();
        fs::write(one.join("deep/a"), b"12345").unwrap();
        fs::write(one.join("b"), b"x").unwrap();
        copy(&one, &other).unwrap();
        assert_eq!(files(&other).unwrap(), [other.join("b"), other.join("deep/a")]);
        flip(&other.join("deep/a"), 2).unwrap();
        assert!(flip(&other.join("b"), 1).is_err());
        assert_eq!(fs::read(other.join("deep/a")).unwrap(), b"12245");
        assert_eq!(fs::read(one.join("deep/a")).unwrap(), b"12345");
    }
}
