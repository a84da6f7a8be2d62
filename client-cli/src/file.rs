//! A return's file: read by its type, given its identity, checked offline. The same steps for `validate`,
//! `submit` and `receipt verify --data`.

use std::path::Path;
use std::sync::Arc;

use concordat_catalogue::read::kind::{self, FileKind};
use concordat_catalogue::read::text::Encoding;
use concordat_catalogue::read::{self, Asked, ReadIn};
use concordat_catalogue::{
    Catalogue, Checked, Context, Draft, ReturnType, TypeKind, areas_of, check, content, event_id_of, part_of,
};
use concordat_core::clock::london_date;
use concordat_core::finding::{Counts, Finding};
use concordat_core::ids::{AgencyId, AreaCode, Digest, ReturnTypeId};
use concordat_core::period::{Frequency, Period};
use concordat_core::submission::{Covers, EventId, Identity};
use concordat_core::table::Table;
use jiff::Timestamp;

use crate::failure::Failure;
use crate::report::{Found, RowOne};
use crate::session::Session;
use crate::several::{self, Named};
use crate::workbook;

/// The event id of a file that has none: the checks say what is wrong with the file itself.
const NO_EVENT: &str = "00000000-0000-0000-0000-000000000000";

/// What a return's file is said to be.
#[derive(Debug, Clone, clap::Args)]
pub struct Subject {
    /// The return type
    #[arg(long = "type", value_name = "TYPE")]
    pub return_type: ReturnTypeId,
    /// The period: 2022-23, 2022-23/Q1 or 2022-04; an event has none
    #[arg(long)]
    pub period: Option<Period>,
    /// The areas, by GSS code, with commas between them; otherwise those in the file, else the agency's own
    #[arg(long = "area", value_name = "GSS", value_delimiter = ',')]
    pub areas: Vec<AreaCode>,
    /// The sheet of a workbook; otherwise the only one shown that has the type's headings
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
}

/// Whose return it is.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The agency.
    pub agency: AgencyId,
    /// Its areas, where they are known.
    pub areas: Vec<AreaCode>,
}

/// A return to be checked, or why its file cannot be read as one.
#[derive(Debug)]
pub enum Reading {
    /// It was read.
    Draft {
        /// The return.
        draft: Draft,
        /// What there is to tell of its reading.
        about: About,
    },
    /// The file is not one of this type.
    Unreadable(Found),
}

/// What there is to tell of a file that was read.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The columns that the type says never leave the client.
    pub left_behind: Vec<String>,
    /// The files or sheets that are none of the return's tables.
    pub unread: Vec<String>,
    /// What was found in reading it, no errors among it; and where its row 1 stands, where that is one place.
    pub found: Found,
    /// How its text was encoded; none of a workbook.
    pub encoding: Option<Encoding>,
}

/// The version of the return type in force for a subject.
///
/// # Errors
/// A usage [`Failure`] when there is none, or when a period is missing or too many.
pub fn type_of(catalogue: &Catalogue, subject: &Subject, now: Timestamp) -> Result<Arc<ReturnType>, Failure> {
    let id = &subject.return_type;
    let day = subject.period.map_or_else(|| london_date(now), Period::last_day);
    let Some(of) = catalogue.in_force(id, day) else {
        let known = catalogue.types().iter().any(|of| of.id == *id);
        let what = if known {
            format!("return type `{id}` is not in force on {day}")
        } else {
            format!("there is no return type `{id}`")
        };
        return Err(
            Failure::usage(what).hint("`concordat types` lists them, and since when they are in force")
        );
    };
    match (of.kind, subject.period) {
        (TypeKind::Event, Some(_)) => {
            Err(Failure::usage(format!("`{id}` is about one event, not a period")).hint("leave out --period"))
        }
        // the files of such a return may say it themselves
        (TypeKind::Bulk, None) if of.has_several_tables() => Ok(of),
        (TypeKind::Aggregate | TypeKind::Bulk, None) => {
            Err(Failure::usage(format!("`{id}` is about a period"))
                .hint(format!("add --period, such as --period {}", example(of.frequency))))
        }
        _ => Ok(of),
    }
}

/// A period of a frequency, for a hint.
pub(crate) const fn example(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Year => "2022-23",
        Frequency::Quarter => "2022-23/Q4",
        Frequency::Month => "2022-04",
        Frequency::Event => "",
    }
}

/// The file that a return of one table is read from, or every CSV file of a folder of published figures, which come in
/// several.
///
/// # Errors
/// A usage [`Failure`] when it cannot be read, or the folder holds none.
pub fn files(path: &Path, of: &ReturnType, session: &mut Session<'_>) -> Result<Vec<Named>, Failure> {
    if of.published.is_none() && path.is_dir() {
        return Err(Failure::usage(format!("`{}` is a folder", path.display()))
            .hint("this return is one file: name the file inside the folder"));
    }
    if !path.is_dir() {
        return Ok(vec![(String::new(), session.read(path)?)]);
    }
    let mut files = several::files::folder(path, ".csv")?;
    files.retain(|(name, bytes)| name.to_lowercase().ends_with(".csv") && !bytes.is_empty());
    // the same folder is the same content
    files.sort();
    if files.is_empty() {
        return Err(Failure::usage(format!("there is no CSV file in `{}`", path.display()))
            .hint("put the files as they were downloaded into it"));
    }
    Ok(files)
}

/// Reads a return of its type from one file or several, or makes the nil that has none.
///
/// # Errors
/// A usage [`Failure`] when it is not known which areas it is for, or a nil is declared of an event.
pub fn read(
    files: &[Named],
    subject: &Subject,
    of: &ReturnType,
    owner: &Owner,
    catalogue: &Catalogue,
) -> Result<Reading, Failure> {
    let asked = Asked { of, among: catalogue.types(), period: subject.period };
    let mut each = Vec::with_capacity(files.len());
    for (name, bytes) in files {
        match table(bytes, subject, &asked) {
            Ok(read) => each.push(read),
            Err((mut findings, row_one)) => {
                let named = files.len() > 1;
                let named = findings.iter_mut().filter(|_| named);
                named.for_each(|finding| finding.text = format!("in `{name}`: {}", finding.text));
                return Ok(Reading::Unreadable(Found::of(findings).from(row_one)));
            }
        }
    }
    let (tables, about) = together(each);
    let nil = files.is_empty();
    let identity = Identity {
        agency: owner.agency.clone(),
        return_type: of.id.clone(),
        areas: areas(subject, of, owner, &tables)?,
        covers: covers(subject, of, &tables)?,
        part: part_of(of, &tables).map(|part| part.as_str().to_owned()),
    };
    Ok(Reading::Draft { draft: Draft { identity, nil, tables }, about })
}

/// What was read of several files as one table, in their order.
fn together(each: Vec<ReadIn>) -> (Vec<Table>, About) {
    let mut all: (Vec<Table>, About) = Default::default();
    for ReadIn { tables, left_behind, findings, encoding, first_line } in each {
        let (into, about) = &mut all;
        about.found = std::mem::take(&mut about.found).and(findings.clone(), Counts::of(&findings));
        about.left_behind.extend(left_behind);
        about.left_behind.sort();
        about.left_behind.dedup();
        if into.is_empty() {
            let row_one = if encoding.is_some() { RowOne::Line } else { RowOne::SheetRow };
            (about.encoding, about.found.row_one) = (encoding, first_line.map(row_one));
        } else {
            about.found.row_one = None;
        }
        for table in tables {
            match into.iter_mut().find(|known| known.columns == table.columns) {
                Some(known) => known.cells.extend(table.rows().flat_map(|row| row.iter())),
                None => into.push(table),
            }
        }
    }
    all
}

/// What the file is decides how it is read, whatever it is called; of one that cannot be, where its row 1 stands too.
fn table(
    bytes: &[u8],
    subject: &Subject,
    asked: &Asked<'_>,
) -> Result<ReadIn, (Vec<Finding>, Option<RowOne>)> {
    match kind::of_bytes(bytes) {
        FileKind::Workbook => {
            let sheet = workbook::sheet(bytes, subject.sheet.as_deref(), asked)
                .map_err(|why| (read::refused(&why.to_string()), None))?;
            let below = sheet.rows.first().map(|row| RowOne::SheetRow(row.row.saturating_add(2)));
            read::sheet_as(&sheet, asked).map_err(|findings| (findings, below))
        }
        FileKind::Text | FileKind::Other(_) => read::csv_as(bytes, asked)
            .map_err(|findings| (findings, read::first_line(bytes).map(RowOne::Line))),
    }
}

/// The file's own rows as they stand, the headings first; none when it is no table, or too large to be copied.
#[must_use]
pub fn rows(bytes: &[u8], subject: &Subject, asked: &Asked<'_>) -> Option<Vec<Vec<String>>> {
    match kind::of_bytes(bytes) {
        FileKind::Workbook => workbook::sheet(bytes, subject.sheet.as_deref(), asked).ok()?.records(),
        FileKind::Text => read::records(bytes),
        FileKind::Other(_) => None,
    }
}

/// What a client knows for a check: not the return before.
pub(crate) fn offline(catalogue: &Catalogue, now: Timestamp) -> Context<'_> {
    Context { now, previous: None, offline: true, calendar: catalogue.calendar(), sender: None }
}

/// Checks a return as far as a client can. A file of another period has that one finding.
#[must_use]
pub fn check_offline(of: &ReturnType, draft: Draft, catalogue: &Catalogue, now: Timestamp) -> Checked {
    if let Covers::Period(period) = &draft.identity.covers
        && !of.has_several_tables()
        && let Some(finding) = read::other_period(of, *period, &draft.tables)
    {
        let findings = vec![finding];
        return Checked {
            counts: Counts::of(&findings),
            findings,
            valid: None,
            per_rule: Vec::new(),
            in_part: None,
        };
    }
    let no_event = matches!(&draft.identity.covers, Covers::Event(id) if id.as_str() == NO_EVENT);
    let mut checked = check(of, draft, &offline(catalogue, now));
    if no_event && checked.counts.errors > 1 {
        // that the header does not name the event is our doing; what is wrong in the file stands beside it
        checked.findings.retain(|finding| finding.rule.as_str() != "header-event");
        checked.counts = Counts { errors: checked.counts.errors - 1, ..checked.counts };
    }
    checked
}

/// The content digest of a return, as the broker computes it.
#[must_use]
pub fn content_digest(identity: &Identity, nil: bool, tables: &[Table]) -> Digest {
    content::digest(&content::encode(identity, nil, tables))
}

/// The areas a return is for: those named, else those in the file, else the agency's own.
///
/// # Errors
/// A usage [`Failure`] when there are none.
pub(crate) fn areas(
    subject: &Subject,
    of: &ReturnType,
    owner: &Owner,
    tables: &[Table],
) -> Result<Vec<AreaCode>, Failure> {
    let mut areas = if !subject.areas.is_empty() {
        subject.areas.clone()
    } else if !of.area_fields.is_empty() && !tables.is_empty() {
        // a file that names no area is told so by the checks
        return Ok(areas_of(of, tables));
    } else {
        owner.areas.clone()
    };
    if areas.is_empty() {
        return Err(Failure::usage("it is not known for which areas this return is")
            .hint("add --area, such as --area E09000012"));
    }
    areas.sort();
    areas.dedup();
    Ok(areas)
}

fn covers(subject: &Subject, of: &ReturnType, tables: &[Table]) -> Result<Covers, Failure> {
    if let Some(period) = subject.period {
        return Ok(Covers::Period(period));
    }
    if tables.is_empty() {
        return Err(Failure::usage(format!("`{}` is about one event: there is no nil of it", of.id)));
    }
    let none = || NO_EVENT.parse::<EventId>();
    event_id_of(of, tables)
        .map_or_else(none, Ok)
        .map(Covers::Event)
        .map_err(|why| Failure::usage(why.to_string()))
}
