//! `concordat validate`: check a return's file without sending it.

use std::path::{Path, PathBuf};

use concordat_catalogue::ReturnType;
use concordat_catalogue::read::Asked;
use concordat_catalogue::read::text::Encoding;
use concordat_core::ids::AgencyId;
use concordat_core::submission::Covers;

use crate::answer::Answer;
use crate::answers;
use crate::commands::template;
use crate::context::Context;
use crate::definitions::{self, InUse};
use crate::events;
use crate::exit::Exit;
use crate::explain::Explaining;
use crate::failure::Failure;
use crate::file::{self, About, Owner, Reading, Subject};
use crate::marked;
use crate::parted::Parted;
use crate::report::{self, Found};
use crate::session::Session;
use crate::several;

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the file is
    #[command(flatten)]
    subject: Subject,
    /// The file, or - for the standard input; for a return of several tables a folder, a ZIP or a workbook with a sheet
    /// for each, for published figures a folder of the files as they were downloaded
    file: PathBuf,
    /// Also write the file back as a workbook with the findings marked in it and a sheet to answer queries on; it must
    /// not be there yet
    #[arg(long, value_name = "FILE.xlsx")]
    report: Option<PathBuf>,
    /// Answers to queries, to see which are left
    #[command(flatten)]
    explaining: Explaining,
}

/// Checks and shows the findings.
///
/// # Errors
/// A [`Failure`] when the file cannot be read or it is not clear what it is.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    if let Some(path) = args.report.as_deref().filter(|path| path.exists()) {
        return Err(template::there_already(path));
    }
    let context = session.context_if_any()?;
    let in_use = definitions::offline(context.as_ref())?;
    session.printer.say(&format!("checking with {}", in_use.whence));
    let now = session.clock.now();
    let of = file::type_of(&in_use.catalogue, &args.subject, now)?;
    if of.has_several_tables() {
        return several(args, &of, &in_use, session);
    }
    let files = file::files(&args.file, &of, session)?;
    let answers = args.explaining.with(answers::of_files(&files)?)?;
    let owner = owner(context.as_ref())?;
    let (found, covers) = match file::read(&files, &args.subject, &of, &owner, &in_use.catalogue)? {
        Reading::Unreadable(found) => (found, None),
        Reading::Draft { draft, about } if events::are_several(&of, &draft) => {
            tell_reading(&about, session);
            let events = events::split(&of, &draft, &in_use.catalogue, now);
            let Found { findings, counts, .. } = events.found();
            (about.found.and(findings, counts).parted(events.parted()), None)
        }
        Reading::Draft { draft, about } => {
            tell_reading(&about, session);
            let covers = draft.identity.covers.clone();
            let checked = file::check_offline(&of, draft, &in_use.catalogue, now);
            (about.found.and(checked.findings, checked.counts), Some(covers))
        }
    };
    let accepted = found.counts.errors == 0;
    tell_parted(&found, session);
    if let Some(path) = &args.report {
        let asked = Asked { of: &of, among: in_use.catalogue.types(), period: args.subject.period };
        marked::write(path, &files, &args.subject, &asked, &found, &answers, session)?;
    }
    let heading = heading("validate", &args.subject, covers.as_ref());
    let answer = report::answer(heading, accepted, &found);
    if accepted || found.parted.is_some() {
        answers.check(&found.findings, in_use.catalogue.across_of(&of.id))?;
    }
    session.printer.answer(&answers.tell(answer, &found.findings))?;
    tell_of_report(args.report.as_deref(), &found, session);
    Ok(if accepted { Exit::Ok } else { Exit::Rejected })
}

/// Checks a folder, a ZIP or an XML file, whose tables are not made: it may be large.
fn several(args: &Args, of: &ReturnType, in_use: &InUse, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let given = several::given(&args.file, of, session)?;
    let answers = args.explaining.with(given.answers.clone())?;
    let now = session.clock.now();
    let (subject, period, of) = given.period(&args.subject, of, &in_use.catalogue, now)?;
    let examined = given.examine(&of, period, &in_use.catalogue, now);
    tell_not_read(&examined.left_behind, &examined.unread, session);
    let rows: Vec<String> =
        examined.rows.iter().map(|(table, rows)| rows_of(table, *rows, given.part())).collect();
    if examined.rows.iter().any(|(_, rows)| rows.is_some()) {
        session.printer.say(&format!("rows: {}", rows.join(", ")));
    }
    let outcome = examined.outcome;
    let accepted = outcome.counts.errors == 0;
    let found = Found { findings: outcome.findings, counts: outcome.counts, ..Found::default() };
    let found = found.parted(outcome.in_part.as_ref().map(Parted::of)).from(Some(given.row_one(&of)));
    if let Some(path) = &args.report {
        marked::write_several(path, &given, &of, &period.to_string(), &found, &answers, session)?;
    }
    let heading = heading("validate", &subject, Some(&Covers::Period(period)));
    if accepted || found.parted.is_some() {
        answers.check(&found.findings, in_use.catalogue.across_of(&of.id))?;
    }
    tell_parted(&found, session);
    let answer = report::answer(heading, accepted, &found);
    session.printer.answer(&answers.tell(answer, &found.findings))?;
    tell_of_report(args.report.as_deref(), &found, session);
    Ok(if accepted { Exit::Ok } else { Exit::Rejected })
}

/// Says what would become of a return with refused records, if it were sent as it is.
fn tell_parted(found: &Found, session: &mut Session<'_>) {
    if let Some(parted) = &found.parted {
        let records = if parted.accepted == 1 { "record" } else { "records" };
        session.printer.say(&format!(
            "if you sent this now, {} {records} would be recorded and {} refused; this check counts that as a failure (exit {})",
            parted.accepted,
            parted.refused.len(),
            Exit::Rejected.code()
        ));
    }
}

/// Says that the file can be had back with its cells marked, where something is to be put right.
pub(crate) fn tell_of_report(report: Option<&Path>, found: &Found, session: &mut Session<'_>) {
    if report.is_none() && found.counts.errors > 0 {
        session.printer.say("`--report FILE.xlsx` writes the file back with its cells marked");
    }
}

/// The facts every report of findings starts with.
pub(crate) fn heading(command: &'static str, subject: &Subject, covers: Option<&Covers>) -> Answer {
    let period = match covers {
        Some(Covers::Period(period)) => Some(period.to_string()),
        Some(Covers::Event(_)) => None,
        None => subject.period.map(|period| period.to_string()),
    };
    let event = match covers {
        Some(Covers::Event(event)) => Some(event.to_string()),
        _ => None,
    };
    Answer::new(command)
        .fact("type", subject.return_type.as_str())
        .fact("period", period)
        .fact("event", event)
}

/// Says which columns were not read, so that nobody looks for them at the other end, and as what text was.
pub(crate) fn tell_reading(about: &About, session: &mut Session<'_>) {
    if let Some(encoding) = about.encoding.filter(|encoding| *encoding != Encoding::Utf8) {
        let name = encoding.as_str();
        session.printer.say(&format!(
            "the file is not UTF-8 and was read as {name}: if accents or dashes look wrong, save it as CSV UTF-8"
        ));
    }
    if !about.left_behind.is_empty() {
        let columns = about.left_behind.join(", ");
        session.printer.say(&format!("columns that never leave this machine: {columns}"));
    }
}

/// Says which columns are no part of the return, and which files or sheets none of its tables.
pub(crate) fn tell_not_read(left_behind: &[String], unread: &[String], session: &mut Session<'_>) {
    if !left_behind.is_empty() {
        session.printer.say(&format!("columns that never leave this machine: {}", left_behind.join(", ")));
    }
    for name in unread {
        session.printer.say(&format!("`{name}` was not read: it is none of this return's tables"));
    }
}

/// How many rows a table has, or that there is no file or sheet of it.
fn rows_of(table: &str, rows: Option<usize>, part: &str) -> String {
    rows.map_or_else(|| format!("{table}: no {part}"), |rows| format!("{table} {rows}"))
}

fn owner(context: Option<&Context>) -> Result<Owner, Failure> {
    match context {
        Some(context) => {
            Ok(Owner { agency: context.facts.principal.agency.clone(), areas: context.facts.areas.clone() })
        }
        // no rule looks at the agency, and nothing of this is sent
        None => AgencyId::new("this-agency")
            .map(|agency| Owner { agency, areas: Vec::new() })
            .map_err(|why| Failure::usage(why.to_string())),
    }
}
