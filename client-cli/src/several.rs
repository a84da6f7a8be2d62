//! A return of several tables: the files of a folder or a ZIP, or one XML file, read, checked and made ready
//! to be sent.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use concordat_catalogue::bulk::{self, Examined, MOST_BYTES};
use concordat_catalogue::{Catalogue, Draft, ReturnType};
use concordat_core::period::Period;
use concordat_core::submission::{Covers, Identity};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::file::{self, About, Owner, Reading, Subject};
use crate::session::Session;

/// How many files a folder or an archive may have.
const MOST_FILES: usize = 500;

/// A file's name and what is in it.
pub type Named = (String, Vec<u8>);

/// Reads what a command names: every CSV file of a folder, every file of a ZIP, or the file itself. Of other
/// files in a folder only the names are taken, so that it can be said that they were not read.
///
/// # Errors
/// A usage [`Failure`] when something cannot be read, is no sound archive, or is too large or too many.
pub fn files(path: &Path, session: &mut Session<'_>) -> Result<Vec<Named>, Failure> {
    if path.is_dir() {
        return folder(path);
    }
    let mut bytes = Vec::new();
    let most = MOST_BYTES as u64;
    let read = if path == Path::new("-") {
        (&mut *session.stdin).take(most + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|why| Failure::unreadable(path, &why))?;
    opened(path, bytes)
}

/// The files that the bytes of a file are: those in a ZIP, or the one.
///
/// # Errors
/// A usage [`Failure`] when they are no sound archive, or too large or too many.
pub fn opened(path: &Path, bytes: Vec<u8>) -> Result<Vec<Named>, Failure> {
    if bytes.len() > MOST_BYTES {
        return Err(too_large(path));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return archive(path, &bytes);
    }
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(vec![(name, bytes)])
}

fn too_large(path: &Path) -> Failure {
    Failure::usage(format!("`{}` holds more than {} MiB", path.display(), MOST_BYTES >> 20))
        .hint("a return has fewer rows: look what else is in it")
}

fn too_many(path: &Path) -> Failure {
    Failure::usage(format!("`{}` holds more than {MOST_FILES} files", path.display()))
        .hint("put the files of the return into a folder of their own")
}

fn folder(path: &Path) -> Result<Vec<Named>, Failure> {
    let unreadable = |why: &std::io::Error| Failure::unreadable(path, why);
    let (mut files, mut left) = (Vec::new(), MOST_BYTES as u64);
    for entry in std::fs::read_dir(path).map_err(|why| unreadable(&why))? {
        let file = entry.map_err(|why| unreadable(&why))?.path();
        let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        if !file.is_file() || name.starts_with('.') {
            continue;
        }
        if files.len() >= MOST_FILES {
            return Err(too_many(path));
        }
        let mut bytes = Vec::new();
        if name.to_lowercase().ends_with(".csv") {
            let read = File::open(&file).and_then(|open| open.take(left + 1).read_to_end(&mut bytes));
            let read = read.map_err(|why| Failure::unreadable(&file, &why))? as u64;
            left = left.checked_sub(read).ok_or_else(|| too_large(path))?;
        }
        files.push((name, bytes));
    }
    files.sort();
    Ok(files)
}

fn archive(path: &Path, bytes: &[u8]) -> Result<Vec<Named>, Failure> {
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

fn borrowed(files: &[Named]) -> Vec<bulk::File<'_>> {
    files.iter().map(|(name, bytes)| bulk::File { name, bytes }).collect()
}

/// The period that is meant: the one named, or else the one that the files themselves say; and the version of
/// the type in force for it.
///
/// # Errors
/// A usage [`Failure`] when neither says one, or no version is in force.
pub fn period(
    subject: &Subject,
    of: &ReturnType,
    catalogue: &Catalogue,
    files: &[Named],
    now: Timestamp,
) -> Result<(Subject, Period, Arc<ReturnType>), Failure> {
    let found = subject.period.or_else(|| bulk::period_in(of, &borrowed(files)));
    let period = found.ok_or_else(|| {
        Failure::usage(format!("`{}` is about a period, and its files do not say which", of.id))
            .hint("add --period, such as --period 2022-23")
    })?;
    let subject = Subject { period: Some(period), ..subject.clone() };
    let of = file::type_of(catalogue, &subject, now)?;
    Ok((subject, period, of))
}

/// Checks files as far as a client can, without making a return of them.
#[must_use]
pub fn examine(of: &ReturnType, files: &[Named], period: Period, now: Timestamp) -> Examined {
    bulk::examine(of, &borrowed(files), period, &file::offline(now))
}

/// Makes a return of files, to be sent.
///
/// # Errors
/// A usage [`Failure`] when it is not known which areas it is for.
pub fn read(
    of: &ReturnType,
    files: &[Named],
    subject: &Subject,
    period: Period,
    owner: &Owner,
) -> Result<Reading, Failure> {
    let read = match bulk::read(of, &borrowed(files)) {
        Ok(read) => read,
        Err(findings) => return Ok(Reading::Unreadable(findings)),
    };
    let identity = Identity {
        agency: owner.agency.clone(),
        return_type: of.id.clone(),
        areas: file::areas(subject, of, owner, &read.tables)?,
        covers: Covers::Period(period),
        part: None,
    };
    let draft = Draft { identity, nil: false, tables: read.tables };
    let about = About { left_behind: read.left_behind, ..About::default() };
    Ok(Reading::Draft { draft, about })
}
