//! One generation of the policies folder: partnership, calendar, catalogue and policy, read and checked together.

use std::fmt;
use std::sync::Arc;

use concordat_catalogue::{Catalogue, unowed};
use concordat_core::calendar::{Calendar, CalendarFault};
use concordat_core::fault::Fault;
use concordat_core::ids::Digest;
use concordat_core::partnership::{self, Partnership};
use concordat_policy::{Bundle, Known, Policy, misfits};

use crate::random;
use crate::route::Routes;

/// The calendar's name under `policies/`.
pub const CALENDAR: &str = "calendar.toml";

/// Something wrong with a file under `policies/`: where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The file, relative to `policies/`.
    pub file: String,
    /// The line or row, from 1.
    pub row: Option<u32>,
    /// The column or key.
    pub column: Option<String>,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(row) = self.row {
            write!(f, ":{row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ": {column}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// Everything the policies folder says, immutable once built. A new folder makes a new generation.
pub struct Generation {
    /// Who belongs and who owes.
    pub partnership: Partnership,
    /// Working days.
    pub calendar: Calendar,
    /// The return types.
    pub catalogue: Catalogue,
    /// The policy.
    pub policy: Policy,
    /// Every file, by path relative to `policies/`, sorted.
    pub files: Vec<(String, Vec<u8>)>,
    /// Routes worked out under these policies: they end with them.
    pub(crate) routes: Routes,
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Generation({})", self.policy.digest())
    }
}

impl Generation {
    /// Builds a generation from the files of a policies folder.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn build(mut files: Vec<(String, Vec<u8>)>) -> Result<Arc<Self>, Vec<Complaint>> {
        files.sort();
        let mut complaints = Vec::new();
        let partnership = keep(&mut complaints, read_partnership(&files));
        let calendar = keep(&mut complaints, read_calendar(&files));
        // a calendar that does not read has had its complaint
        let readable = |path: &str| path != CALENDAR || calendar.is_some();
        let returns = files.iter().filter(|(path, _)| is_catalogue(path) && readable(path)).cloned();
        let catalogue = keep(&mut complaints, Catalogue::from_files(returns).map_err(from_catalogue));
        let (Some(partnership), Some(calendar), Some(catalogue)) = (partnership, calendar, catalogue) else {
            return Err(complaints);
        };
        complaints.extend(from_catalogue(unowed(&partnership, &catalogue)));
        let known = Known::of(&partnership, catalogue.families());
        let rest = files.iter().filter(|(path, _)| !is_others(path)).cloned();
        let bundle = keep(&mut complaints, Bundle::from_files(rest, &known).map_err(from_policy));
        complaints
            .extend(bundle.iter().flat_map(|bundle| from_policy(misfits(bundle, &catalogue.named_fields()))));
        match bundle {
            Some(bundle) if complaints.is_empty() => Ok(Arc::new(Self {
                partnership,
                calendar,
                catalogue,
                policy: Policy::new(bundle),
                files,
                routes: Routes::default(),
            })),
            _ => Err(complaints),
        }
    }

    /// What `rules.csv` of a policies folder must be, from its other files.
    ///
    /// # Errors
    /// Everything that is wrong with the files that rows are made from.
    pub fn rules(files: &[(String, Vec<u8>)]) -> Result<String, Vec<Complaint>> {
        let partnership = read_partnership(files)?;
        let returns = files.iter().filter(|(path, _)| is_catalogue(path)).cloned();
        let catalogue = Catalogue::from_files(returns).map_err(from_catalogue)?;
        let rest = files.iter().filter(|(path, _)| !is_others(path)).cloned();
        concordat_policy::generate(rest, &Known::of(&partnership, catalogue.families())).map_err(from_policy)
    }

    /// Path and SHA-256 of every file.
    #[must_use]
    pub fn digests(&self) -> Vec<(String, Digest)> {
        self.files.iter().map(|(path, bytes)| (path.clone(), random::sha256(bytes))).collect()
    }
}

/// The bytes in which an entry holds the files of a policies folder: a list of path and content, as CBOR.
///
/// # Errors
/// A fault when they cannot be encoded.
pub(crate) fn bundle_of_files(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let files: Vec<(&str, &serde_bytes::Bytes)> =
        files.iter().map(|(path, content)| (path.as_str(), serde_bytes::Bytes::new(content))).collect();
    ciborium::into_writer(&files, &mut bytes).map_err(Fault::internal)?;
    Ok(bytes)
}

/// The files of a policies folder, as an entry holds them.
///
/// # Errors
/// A fault when the bytes are not such a bundle.
pub fn files_of_bundle(bundle: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let files: Vec<(String, serde_bytes::ByteBuf)> =
        ciborium::from_reader(bundle).map_err(Fault::tampered)?;
    Ok(files.into_iter().map(|(path, content)| (path, content.into_vec())).collect())
}

fn is_others(path: &str) -> bool {
    is_catalogue(path) || path == partnership::FILE
}

fn keep<T>(complaints: &mut Vec<Complaint>, result: Result<T, Vec<Complaint>>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(more) => {
            complaints.extend(more);
            None
        }
    }
}

fn text_of<'a>(files: &'a [(String, Vec<u8>)], path: &str) -> Result<&'a str, Vec<Complaint>> {
    let say = |text: &str| vec![Complaint { file: path.into(), row: None, column: None, text: text.into() }];
    let (_, bytes) = files.iter().find(|(name, _)| name == path).ok_or_else(|| say("the file is missing"))?;
    std::str::from_utf8(bytes).map_err(|_| say("the file is not UTF-8 text"))
}

fn read_partnership(files: &[(String, Vec<u8>)]) -> Result<Partnership, Vec<Complaint>> {
    Partnership::from_toml(text_of(files, partnership::FILE)?).map_err(|wrong| {
        let said = |w: partnership::Wrong| Complaint {
            file: partnership::FILE.into(),
            row: w.line,
            column: None,
            text: w.text,
        };
        wrong.into_iter().map(said).collect()
    })
}

/// Whether a file is of the catalogue, which clients keep too.
pub(crate) fn is_catalogue(path: &str) -> bool {
    path.starts_with("returns/") || path == CALENDAR
}

fn read_calendar(files: &[(String, Vec<u8>)]) -> Result<Calendar, Vec<Complaint>> {
    Calendar::from_toml(text_of(files, CALENDAR)?).map_err(|fault: CalendarFault| {
        vec![Complaint { file: CALENDAR.into(), row: None, column: None, text: fault.to_string() }]
    })
}

fn from_catalogue(complaints: Vec<concordat_catalogue::Complaint>) -> Vec<Complaint> {
    complaints
        .into_iter()
        .map(|c| Complaint { file: c.file, row: c.line, column: c.key, text: c.text })
        .collect()
}

pub(crate) fn from_policy(complaints: Vec<concordat_policy::Complaint>) -> Vec<Complaint> {
    complaints
        .into_iter()
        .map(|c| Complaint { file: c.file, row: c.row, column: c.column, text: c.text })
        .collect()
}
