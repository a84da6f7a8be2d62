//! `concordat validate`: check a return's file without sending it.

use std::path::PathBuf;

use concordat_core::finding::Counts;
use concordat_core::ids::AgencyId;
use concordat_core::submission::Covers;

use crate::answer::Answer;
use crate::context::Context;
use crate::definitions;
use crate::exit::Exit;
use crate::explain::Explaining;
use crate::failure::Failure;
use crate::file::{self, Owner, Reading, Subject};
use crate::report;
use crate::session::Session;

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the file is
    #[command(flatten)]
    subject: Subject,
    /// The file, or - for the standard input
    file: PathBuf,
    /// Answers to queries, to see which are left
    #[command(flatten)]
    explaining: Explaining,
}

/// Checks and shows the findings.
///
/// # Errors
/// A [`Failure`] when the file cannot be read or it is not clear what it is.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let bytes = session.read(&args.file)?;
    let context = session.context_if_any()?;
    let in_use = definitions::offline(context.as_ref())?;
    session.printer.say(&format!("checking with {}", in_use.whence));
    let now = session.clock.now();
    let of = file::type_of(&in_use.catalogue, &args.subject, now)?;
    let (findings, counts, covers) =
        match file::read(Some(&bytes), &args.subject, &of, &owner(context.as_ref())?)? {
            Reading::Unreadable(findings) => {
                let counts = Counts::of(&findings);
                (findings, counts, None)
            }
            Reading::Draft { draft, left_behind } => {
                tell_left_behind(&left_behind, session);
                let covers = draft.identity.covers.clone();
                let checked = file::check_offline(&of, draft, now);
                (checked.findings, checked.counts, Some(covers))
            }
        };
    let accepted = counts.errors == 0;
    let answer =
        report::answer(heading("validate", &args.subject, covers.as_ref()), accepted, &findings, counts);
    if accepted {
        args.explaining.check(&findings, in_use.catalogue.across_of(&of.id))?;
    }
    session.printer.answer(&args.explaining.tell(answer, &findings))?;
    Ok(if accepted { Exit::Ok } else { Exit::Rejected })
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

/// Says which columns were not read, so that nobody looks for them at the other end.
pub(crate) fn tell_left_behind(columns: &[String], session: &mut Session<'_>) {
    if !columns.is_empty() {
        session.printer.say(&format!("columns that never leave this machine: {}", columns.join(", ")));
    }
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
