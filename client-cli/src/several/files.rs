//! The bytes that a path names: those of a file, of the files of a folder, of the files of an archive.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use concordat_catalogue::bulk::MOST_BYTES;

use super::Named;
use crate::answers;
use crate::failure::Failure;
use crate::session::Session;

/// How many files a folder or an archive may have.
const MOST_FILES: usize = 500;

pub(super) fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

pub(super) fn bytes(path: &Path, session: &mut Session<'_>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = MOST_BYTES as u64;
    let read = if path == Path::new("-") {
        (&mut *session.stdin).take(most + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|why| Failure::unreadable(path, &why))?;
    if bytes.len() > MOST_BYTES { Err(too_large(path)) } else { Ok(bytes) }
}

fn too_large(path: &Path) -> Failure {
    Failure::usage(format!("`{}` holds more than {} MiB", path.display(), MOST_BYTES >> 20))
        .hint("a return has fewer rows: look what else is in it")
}

fn too_many(path: &Path) -> Failure {
    Failure::usage(format!("`{}` holds more than {MOST_FILES} files", path.display()))
        .hint("put the files of the return into a folder of their own")
}

pub(crate) fn folder(path: &Path, ending: &str) -> Result<Vec<Named>, Failure> {
    let unreadable = |why: &std::io::Error| Failure::unreadable(path, why);
    let (mut files, mut left) = (Vec::new(), MOST_BYTES as u64);
    for entry in std::fs::read_dir(path).map_err(|why| unreadable(&why))? {
        let file = entry.map_err(|why| unreadable(&why))?.path();
        let name = name(&file);
        if !file.is_file() || name.starts_with('.') {
            continue;
        }
        if files.len() >= MOST_FILES {
            return Err(too_many(path));
        }
        let mut bytes = Vec::new();
        if name.to_lowercase().ends_with(ending) || answers::is_file(&name) {
            let read = File::open(&file).and_then(|open| open.take(left + 1).read_to_end(&mut bytes));
            let read = read.map_err(|why| Failure::unreadable(&file, &why))? as u64;
            left = left.checked_sub(read).ok_or_else(|| too_large(path))?;
        }
        files.push((name, bytes));
    }
    files.sort();
    Ok(files)
}

pub(super) fn archive(path: &Path, bytes: &[u8]) -> Result<Vec<Named>, Failure> {
    let unsound = || {
        Failure::usage(format!("`{}` is no ZIP that can be opened", path.display()))
            .hint("make it again, without a password")
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| unsound())?;
    if archive.len() > MOST_FILES {
        return Err(too_many(path));
    }
    let (mut files, mut left) = (Vec::new(), MOST_BYTES as u64);
    for at in 0..archive.len() {
        let file = archive.by_index(at).map_err(|_| unsound())?;
        if file.is_dir() {
            continue;
        }
        let name = file.name().map_err(|_| unsound())?.into_owned();
        let mut bytes = Vec::new();
        // what the archive says of a size is not believed
        let read = file.take(left + 1).read_to_end(&mut bytes).map_err(|_| unsound())? as u64;
        left = left.checked_sub(read).ok_or_else(|| too_large(path))?;
        files.push((name, bytes));
    }
    Ok(files)
}
