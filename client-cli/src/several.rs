//! A return of several tables: the files of a folder or a ZIP, a workbook with a sheet for each, or one XML file,
//! read, checked and made ready to be sent.

use std::path::Path;
use std::sync::Arc;

use concordat_catalogue::bulk::{self, Examined, Keep, Outcome, OwnTable, SheetsIn};
use concordat_catalogue::read::kind::{self, FileKind};
use concordat_catalogue::{Catalogue, Draft, ReturnType, read as reading};
use concordat_core::explanation::Explanation;
use concordat_core::finding::{Counts, Finding};
use concordat_core::period::Period;
use concordat_core::submission::{Covers, Identity};
use jiff::Timestamp;

use crate::answers;
use crate::failure::Failure;
use crate::file::{self, About, Owner, Reading, Subject};
use crate::marked;
use crate::report::{Found, RowOne};
use crate::session::Session;
use crate::template;
use crate::workbook;
use files::{archive, bytes, folder, name};

pub(crate) mod files;

/// A file's name and what is in it.
pub type Named = (String, Vec<u8>);

/// The sheets that are ours and no tables.
const BESIDE: [&str; 5] = [
    answers::SHEET,
    marked::ABOUT_SHEET,
    marked::FINDINGS_SHEET,
    template::DICTIONARY_SHEET,
    template::CODES_SHEET,
];

/// What a command was given as a return of several tables.
pub struct Given {
    /// Its files; of a workbook that one.
    files: Vec<Named>,
    is_workbook: bool,
    /// The answers to queries that it holds beside its tables.
    pub answers: Vec<Explanation>,
}

/// Reads what a command names: every file of the type's sort in a folder, every file of a ZIP, or the file itself.
/// Of other files in a folder only the names are taken, so that it can be said that they were not read. A file
/// `answers.csv` among several, or the sheet `answers` of a workbook, is taken for the answers to queries.
///
/// # Errors
/// A usage [`Failure`] when something cannot be read, is no sound archive, is too large or too many, or holds
/// answers that are none.
pub fn given(path: &Path, of: &ReturnType, session: &mut Session<'_>) -> Result<Given, Failure> {
    let bytes = if path.is_dir() { None } else { Some(bytes(path, session)?) };
    opened(path, of, bytes)
}

/// The same of the bytes of a file; of none where the path is a folder.
///
/// # Errors
/// As [`given`].
pub fn opened(path: &Path, of: &ReturnType, bytes: Option<Vec<u8>>) -> Result<Given, Failure> {
    let ending = if of.is_xml() { ".xml" } else { ".csv" };
    let mut files = match bytes {
        None => folder(path, ending)?,
        Some(bytes) if bytes.starts_with(b"PK\x03\x04") => {
            if kind::of_bytes(&bytes) == FileKind::Workbook {
                let answers = answers::of_file(&bytes)?;
                return Ok(Given { files: vec![(name(path), bytes)], is_workbook: true, answers });
            }
            let files = archive(path, &bytes)?;
            if !files.iter().any(|(name, _)| name.to_lowercase().ends_with(ending)) {
                let what = format!("`{}` is no ZIP with {ending} files in it", path.display());
                return Err(Failure::usage(what).hint(sent_as(of)));
            }
            files
        }
        Some(bytes) => {
            if let FileKind::Other(why) = kind::of_bytes(&bytes) {
                return Err(Failure::usage(format!("`{}`: {why}", path.display())).hint(sent_as(of)));
            }
            vec![(name(path), bytes)]
        }
    };
    let mut answers = Vec::new();
    let is_answers = |name: &str| answers::is_file(name) && bulk::table_named(of, answers::SHEET).is_none();
    while let Some(at) = files.iter().position(|(name, _)| is_answers(name)) {
        if !answers.is_empty() {
            return Err(Failure::usage(format!("`{}` holds two files {}", path.display(), answers::FILE))
                .hint("keep one of them"));
        }
        answers.push(files.remove(at).1);
    }
    let answers = answers.first().map_or(Ok(Vec::new()), |bytes| answers::of_csv(bytes, answers::FILE))?;
    Ok(Given { files, is_workbook: false, answers })
}

fn sent_as(of: &ReturnType) -> String {
    match of.is_xml() {
        true => format!("a return of `{}` is one XML file, as the system writes it", of.id),
        false => format!(
            "a return of `{}` is CSV files in a folder or ZIP, or a workbook (.xlsx) with a sheet for each table",
            of.id
        ),
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl Given {
    /// What one of its tables is there: a sheet or a file.
    #[must_use]
    pub fn part(&self) -> &'static str {
        if self.is_workbook { "sheet" } else { "file" }
    }

    fn files(&self) -> Vec<bulk::File<'_>> {
        self.files.iter().map(|(name, bytes)| bulk::File { name, bytes }).collect()
    }

    /// The sheets of a workbook, read as tables; none of files.
    fn sheets(&self, of: &ReturnType) -> Option<Result<SheetsIn, (Vec<Finding>, Counts)>> {
        let (_, bytes) = self.files.first().filter(|_| self.is_workbook)?;
        Some(match workbook::tabs(bytes, of) {
            Ok(tabs) => bulk::read_sheets(of, &tabs, &BESIDE),
            Err(why) => {
                let mut findings = reading::refused(&why.to_string());
                // it is about the file, and no table of the type is called as one of one table is
                findings.iter_mut().for_each(|finding| finding.table.clear());
                let counts = Counts::of(&findings);
                Err((findings, counts))
            }
        })
    }

    /// The period that is meant: the one named, or else the one that the files themselves say; and the version of
    /// the type in force for it.
    ///
    /// # Errors
    /// A usage [`Failure`] when neither says one, or no version is in force.
    pub fn period(
        &self,
        subject: &Subject,
        of: &ReturnType,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<(Subject, Period, Arc<ReturnType>), Failure> {
        if self.is_workbook && of.is_xml() {
            return Err(Failure::usage("this is a workbook: choose the XML file").hint(sent_as(of)));
        }
        if subject.sheet.is_some() {
            return Err(Failure::usage(format!(
                "a return of `{}` has several tables, and --sheet names the sheet of one",
                of.id
            ))
            .hint("leave it out: every table is the sheet of its own name"));
        }
        let found = subject.period.or_else(|| bulk::period_in(of, &self.files()));
        let period = found.ok_or_else(|| {
            Failure::usage(format!("`{}` is about a period, and its files do not say which", of.id))
                .hint(format!("add --period, such as --period {}", file::example(of.frequency)))
        })?;
        let subject = Subject { period: Some(period), ..subject.clone() };
        let of = file::type_of(catalogue, &subject, now)?;
        Ok((subject, period, of))
    }

    /// Checks it as far as a client can, without making a return of it.
    #[must_use]
    pub fn examine(
        &self,
        of: &ReturnType,
        period: Period,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Examined {
        let context = file::offline(catalogue, now);
        match self.sheets(of) {
            None => bulk::examine(of, &self.files(), period, &context),
            Some(Ok(read)) => {
                let mut examined = bulk::examine_tables(of, &read.tables, period, &context);
                let outcome = &mut examined.outcome;
                outcome.findings.splice(0..0, read.findings);
                outcome.counts = outcome.counts.plus(read.counts);
                Examined { left_behind: read.left_behind, unread: read.unread, ..examined }
            }
            Some(Err((findings, counts))) => {
                let outcome = Outcome { findings, counts, per_rule: Vec::new(), in_part: None };
                Examined { outcome, ..Examined::default() }
            }
        }
    }

    /// Where row 1 of its tables stands.
    #[must_use]
    pub fn row_one(&self, of: &ReturnType) -> RowOne {
        match (self.is_workbook, of.is_xml()) {
            (true, _) => RowOne::Sheets,
            (false, true) => RowOne::Xml,
            (false, false) => RowOne::Files,
        }
    }

    /// The sender's own rows, for a copy of them.
    #[must_use]
    pub fn own_rows(&self, of: &ReturnType, keep: &Keep<'_>) -> Vec<OwnTable> {
        match self.files.first().filter(|_| self.is_workbook) {
            None => bulk::own_rows(of, &self.files(), keep),
            Some((_, bytes)) => {
                workbook::tabs(bytes, of).map(|tabs| bulk::own_sheets(of, &tabs, keep)).unwrap_or_default()
            }
        }
    }

    /// Makes a return of it, to be sent.
    ///
    /// # Errors
    /// A usage [`Failure`] when it is not known which areas it is for.
    pub fn read(
        &self,
        of: &ReturnType,
        subject: &Subject,
        period: Period,
        owner: &Owner,
    ) -> Result<Reading, Failure> {
        let (tables, (left_behind, unread), found) = match self.sheets(of) {
            None => match bulk::read(of, &self.files()) {
                Ok(read) => (read.tables, (read.left_behind, read.unread), Found::default()),
                Err(findings) => {
                    return Ok(Reading::Unreadable(Found::of(findings).from(Some(self.row_one(of)))));
                }
            },
            Some(Ok(read)) => {
                let found = Found { findings: read.findings, counts: read.counts, ..Found::default() };
                (read.tables, (read.left_behind, read.unread), found)
            }
            Some(Err((findings, counts))) => {
                let found = Found { findings, counts, ..Found::default() };
                return Ok(Reading::Unreadable(found.from(Some(self.row_one(of)))));
            }
        };
        let identity = Identity {
            agency: owner.agency.clone(),
            return_type: of.id.clone(),
            areas: file::areas(subject, of, owner, &tables)?,
            covers: Covers::Period(period),
            part: None,
        };
        let draft = Draft { identity, nil: false, tables };
        let found = found.from(Some(self.row_one(of)));
        Ok(Reading::Draft { draft, about: About { left_behind, unread, found, encoding: None } })
    }
}
