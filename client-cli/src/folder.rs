//! A policies folder on this machine: read whole, or written anew.

use std::fs;
use std::path::Path;

use crate::failure::{Failure, io_words};
use crate::private;

/// Files by path relative to the folder, parts joined by `/`, sorted.
pub type Files = Vec<(String, Vec<u8>)>;

// far above what a partnership writes by hand; a folder named by mistake is not read whole
const MAX_FILES: usize = 2_000;
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Reads a policies folder. Hidden files, as editors leave them, are passed over.
///
/// # Errors
/// A usage [`Failure`] naming what cannot be read, or that it is too large to be a policies folder.
pub fn read(folder: &Path) -> Result<Files, Failure> {
    let mut files = Vec::new();
    let mut left = MAX_BYTES;
    collect(folder, "", &mut files, &mut left)?;
    files.sort();
    Ok(files)
}

fn collect(at: &Path, prefix: &str, files: &mut Files, left: &mut u64) -> Result<(), Failure> {
    let unread = |path: &Path| {
        let path = path.to_owned();
        move |why: std::io::Error| {
            Failure::usage(format!("`{}` could not be read: {}", path.display(), io_words(&why)))
        }
    };
    for found in fs::read_dir(at).map_err(unread(at))? {
        let path = found.map_err(unread(at))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return Err(Failure::usage(format!("`{}` has a name that is not UTF-8", path.display())));
        };
        if name.starts_with('.') {
            continue;
        }
        let facts = fs::metadata(&path).map_err(unread(&path))?;
        if facts.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files, left)?;
            continue;
        }
        let more = left.checked_sub(facts.len()).filter(|_| files.len() < MAX_FILES);
        *left = more.ok_or_else(|| {
            let what = format!("`{}` holds more than {MAX_FILES} files or 16 MiB", at.display());
            Failure::usage(what).hint("name the policies folder itself: the one with rules.csv in it")
        })?;
        files.push((format!("{prefix}{name}"), fs::read(&path).map_err(unread(&path))?));
    }
    Ok(())
}

/// Writes files into a folder that is not there yet.
///
/// # Errors
/// A [`Failure`] when the folder is there, a path leads out of it, or a file cannot be written.
pub fn write_new(folder: &Path, files: &Files) -> Result<(), Failure> {
    if folder.exists() {
        return Err(Failure::usage(format!("`{}` is there already", folder.display()))
            .hint("name a folder that is not; nothing is overwritten"));
    }
    // what comes from the wire is not trusted with where it is written
    let leads_out = |path: &str| {
        path.contains(['\\', '\0']) || path.split('/').any(|part| matches!(part, "" | "." | ".."))
    };
    if let Some((path, _)) = files.iter().find(|(path, _)| leads_out(path)) {
        return Err(Failure::usage(format!(
            "the broker sent a file named `{path}`, which leads out of the folder"
        )));
    }
    private::folder(folder)?;
    for (path, bytes) in files {
        let path = folder.join(path);
        if let Some(dir) = path.parent() {
            private::folder(dir)?;
        }
        private::create(&path, bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_reads_back_as_it_was_written_and_is_not_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("policies");
        let files =
            vec![("profiles/full.toml".to_owned(), b"x".to_vec()), ("rules.csv".to_owned(), b"y".to_vec())];
        write_new(&folder, &files).unwrap();
        fs::write(folder.join(".rules.csv.swp"), "z").unwrap();
        assert_eq!(read(&folder).unwrap(), files);
        assert!(write_new(&folder, &files).unwrap_err().what.contains("is there already"));
    }

    #[test]
    fn a_path_that_leads_out_of_the_folder_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["../x", "/x", "a/../../x", ""] {
            let files = vec![(path.to_owned(), Vec::new())];
            assert!(write_new(&dir.path().join("new"), &files).is_err(), "{path}");
            assert!(!dir.path().join("new").exists() && !dir.path().join("x").exists());
        }
    }
}
