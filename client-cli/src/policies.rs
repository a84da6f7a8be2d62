//! A policies folder judged on this machine, as a broker judges it: partnership, calendar, return types and policy, read
//! and held against each other.

use std::path::Path;

use concordat_catalogue::{Catalogue, Profiles, Shown, lint, lint_across, shown, unowed};
use concordat_core::calendar::Calendar;
use concordat_core::clock::london_date;
use concordat_core::partnership::{self, Partnership};
use concordat_policy::{Bundle, Complaint, Finding, Known, Policy, generate, matrix, misfits};
use jiff::Timestamp;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder::{self, Files};

const CALENDAR: &str = "calendar.toml";

/// A folder that could be decided by.
#[derive(Debug)]
pub struct Policies {
    /// Its policy.
    pub policy: Policy,
    /// Its files.
    pub files: Files,
    catalogue: Catalogue,
    calendar: Calendar,
}

impl Policies {
    /// Builds them from the files of a folder.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn build(files: Files) -> Result<Self, Vec<Complaint>> {
        let mut wrong = Vec::new();
        let Some((known, catalogue, calendar)) = around(&files, &mut wrong) else { return Err(wrong) };
        let bundle = keep(&mut wrong, Bundle::from_files(files.iter().cloned(), &known));
        wrong.extend(bundle.iter().flat_map(|bundle| misfits(bundle, &catalogue.named_fields())));
        match bundle {
            Some(bundle) if wrong.is_empty() => {
                Ok(Self { policy: Policy::new(bundle), files, catalogue, calendar })
            }
            _ => Err(wrong),
        }
    }

    /// The text of `rules.csv` as the agreements and the rows by hand give it.
    ///
    /// # Errors
    /// Everything that is wrong with what it is made from, at once.
    pub fn rules(files: &Files) -> Result<String, Vec<Complaint>> {
        let mut wrong = Vec::new();
        let Some((known, ..)) = around(files, &mut wrong) else { return Err(wrong) };
        let text = keep(&mut wrong, generate(files.iter().cloned(), &known));
        text.filter(|_| wrong.is_empty()).ok_or(wrong)
    }

    /// Reads a folder and builds them.
    ///
    /// # Errors
    /// A [`Failure`] when the folder cannot be read, or with [`Exit::Rejected`] and all that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        Self::build(folder::read(path)?).map_err(|wrong| refused(path, &wrong))
    }

    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        self.policy.bundle()
    }

    /// What its return types say otherwise than another folder's of what readers see, by its own profiles.
    #[must_use]
    pub fn shown_since(&self, old: &Self) -> Vec<Shown> {
        let bundle = self.bundle();
        let profiles = Profiles {
            showing_more: &|field, was, now| bundle.showing_more(field, was, now),
            suppressing: bundle.suppressing(),
        };
        shown(&old.catalogue, &self.catalogue, &profiles)
    }

    /// What is not wrong and still worth a look, as things stand at an instant, the gravest first.
    #[must_use]
    pub fn lint(&self, now: Timestamp) -> Vec<Finding> {
        let day = london_date(now);
        let mut findings = self.bundle().lint(day);
        for of in self.catalogue.types().iter().filter(|of| of.in_force(day)) {
            findings.extend(ours(lint(of, now, &self.calendar)).map(Finding::warning));
        }
        for rule in self.catalogue.across() {
            findings.extend(ours(lint_across(rule, now)).map(Finding::warning));
        }
        let held = self.files.iter().find(|(path, _)| path == matrix::FILE);
        let held = held.map(|(_, bytes)| bytes.as_slice());
        findings.extend(matrix(self.bundle()).outdated(held).map(Finding::warning));
        findings.sort();
        findings
    }
}

/// The failure that says everything for which a folder is refused.
pub fn refused(path: &Path, wrong: &[Complaint]) -> Failure {
    let lines: String = wrong.iter().map(|complaint| format!("\n  {complaint}")).collect();
    Failure::new(Exit::Rejected, format!("`{}` could not be decided by:{lines}", path.display()))
        .hint("put right what is named; `concordat policy lint FOLDER -o json` says it as data")
}

/// What stands around the policy: agencies and types, catalogue, calendar.
fn around(files: &Files, wrong: &mut Vec<Complaint>) -> Option<(Known, Catalogue, Calendar)> {
    let partnership = keep(wrong, read_partnership(files));
    let calendar = keep(wrong, read_calendar(files));
    // a calendar that does not read has had its complaint
    let of_catalogue = |path: &str| path.starts_with("returns/") || (path == CALENDAR && calendar.is_some());
    let returns = files.iter().filter(|(path, _)| of_catalogue(path)).cloned();
    let catalogue =
        keep(wrong, Catalogue::from_files(returns).map_err(|said| ours(said).collect::<Vec<_>>()));
    let (partnership, calendar, catalogue) = (partnership?, calendar?, catalogue?);
    wrong.extend(ours(unowed(&partnership, &catalogue)));
    let known = Known::of(&partnership, catalogue.families());
    Some((known, catalogue, calendar))
}

fn keep<T>(wrong: &mut Vec<Complaint>, read: Result<T, Vec<Complaint>>) -> Option<T> {
    read.map_err(|more| wrong.extend(more)).ok()
}

fn ours(said: impl IntoIterator<Item = concordat_catalogue::Complaint>) -> impl Iterator<Item = Complaint> {
    said.into_iter().map(|of| Complaint { file: of.file, row: of.line, column: of.key, text: of.text })
}

fn text_of<'a>(files: &'a Files, path: &str) -> Result<&'a str, Vec<Complaint>> {
    let say = |text: &str| vec![Complaint::of_file(path, text)];
    let (_, bytes) = files.iter().find(|(name, _)| name == path).ok_or_else(|| say("the file is missing"))?;
    std::str::from_utf8(bytes).map_err(|_| say("the file is not UTF-8 text"))
}

fn read_partnership(files: &Files) -> Result<Partnership, Vec<Complaint>> {
    Partnership::from_toml(text_of(files, partnership::FILE)?).map_err(|wrong| {
        let said = |of: partnership::Wrong| Complaint {
            file: partnership::FILE.to_owned(),
            row: of.line,
            column: None,
            text: of.text,
        };
        wrong.into_iter().map(said).collect()
    })
}

fn read_calendar(files: &Files) -> Result<Calendar, Vec<Complaint>> {
    Calendar::from_toml(text_of(files, CALENDAR)?)
        .map_err(|fault| vec![Complaint::of_file(CALENDAR, fault.to_string())])
}
