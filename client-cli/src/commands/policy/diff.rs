//! `concordat policy diff`: what a changed policies folder changes, and who gains and who loses by it.

use std::path::PathBuf;

use clap::ValueEnum;
use concordat_catalogue::Shown;
use concordat_catalogue::shown::in_words;
use concordat_core::clock::london_date;
use concordat_policy::Diff;
use concordat_policy::diff::{Access, Edit, diff};
use jiff::civil::Date;
use serde_json::Value;

use crate::answer::{Answer, Sheet, text, texts};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::policies::Policies;
use crate::session::Session;

/// Arguments of `policy diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The policies folder as it is
    old: PathBuf,
    /// The policies folder as it is to be
    new: PathBuf,
    /// The first day to look at, today where left out; every later day is looked at too
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// End with exit code 6 when there is any of this
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
}

/// What to fail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Somebody who may do or see more than before
    Gain,
}

/// Compares the folders and shows what differs.
///
/// # Errors
/// A [`Failure`] when a folder cannot be read or is refused, or with [`Exit::Findings`] as `--fail-on` asks.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let old = Policies::read(&args.old)?;
    let new = Policies::read(&args.new)?;
    let on = args.on.unwrap_or_else(|| london_date(session.clock.now()));
    let diff = diff(old.bundle(), new.bundle(), on);
    let shown = new.shown_since(&old);
    let widens = diff.widens() || shown.iter().any(Shown::widens);
    session.printer.answer(&answer(&diff, &shown, widens))?;
    if args.fail_on == Some(FailOn::Gain) && widens {
        return Err(Failure::new(Exit::Findings, "somebody gains by this change"));
    }
    Ok(Exit::Ok)
}

fn answer(diff: &Diff, shown: &[Shown], widens: bool) -> Answer {
    let mut sheet = Sheet::new(&[
        "change", "text", "what", "id", "act", "types", "roles", "agencies", "sent", "purposes", "areas",
        "facts", "days", "before", "after", "unless", "fields",
    ]);
    for edit in &diff.edits {
        sheet.row(edited(edit));
    }
    for (change, all) in [("gain", &diff.gains), ("loss", &diff.losses)] {
        for one in all {
            sheet.row(accessed(change, one));
        }
    }
    for one in shown {
        let mut row = [const { Value::Null }; 17];
        let said = ["shown", &one.to_string(), "return type", one.return_type.as_str()];
        row.iter_mut().zip(said).for_each(|(cell, word)| *cell = Value::from(word));
        sheet.row(row);
    }
    let human = match (diff.is_empty(), shown) {
        (_, []) => diff.to_string(),
        (true, _) => in_words(shown),
        (false, _) => format!("{}\n{}", diff.to_string().trim_end(), in_words(shown)),
    };
    Answer::new("policy-diff")
        .fact("on", diff.on.to_string())
        .fact("widens", widens)
        .fact("narrows", diff.narrows())
        .list("changes", sheet)
        .human(human)
}

fn edited(edit: &Edit) -> [Value; 17] {
    let mut row = [const { Value::Null }; 17];
    let said = [edit.how.as_str(), &edit.text, edit.what, &edit.id];
    row.iter_mut().zip(said).for_each(|(cell, word)| *cell = Value::from(word));
    row
}

fn accessed(change: &str, of: &Access) -> [Value; 17] {
    // no type and no purpose are said as policy files say them
    let or_none = |id: Option<String>| id.unwrap_or_else(|| "none".to_owned());
    let types: Vec<String> =
        of.types.iter().map(|id| or_none(id.as_ref().map(ToString::to_string))).collect();
    let purposes: Vec<String> =
        of.purposes.iter().map(|id| or_none(id.as_ref().map(ToString::to_string))).collect();
    let roles: Vec<String> = of
        .roles
        .iter()
        .map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"))
        .collect();
    let facts: Vec<&str> = of.facts.iter().map(|fact| fact.as_str()).collect();
    [
        Value::from(change),
        Value::from(of.text.as_str()),
        Value::from("access"),
        Value::Null,
        Value::from(of.act.as_str()),
        texts(&types),
        texts(&roles),
        texts(&of.agencies),
        Value::from(of.owners.as_str()),
        texts(&purposes),
        Value::from(of.areas.as_str()),
        texts(&facts),
        text(&of.days),
        texts(&of.before),
        texts(&of.after),
        texts(&of.unless),
        texts(&of.fields),
    ]
}
