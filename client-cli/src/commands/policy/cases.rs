//! `concordat policy test`: the golden decisions of a policies folder, and whether every rule has one.

use std::path::PathBuf;

use concordat_policy::{cases, test_cases};
use serde_json::Value;

use crate::answer::{Answer, Sheet};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::policies::Policies;
use crate::session::Session;

/// Arguments of `policy test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The policies folder, with its decisions in cases/
    folder: PathBuf,
    /// Do not remove and turn round every rule to see whether a decision changes
    #[arg(long)]
    quick: bool,
}

/// Runs the decisions and shows what is answered otherwise. Anything that is ends with [`Exit::Rejected`].
///
/// # Errors
/// A [`Failure`] when the folder cannot be read or is refused.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let policies = Policies::read(&args.folder)?;
    let outcome = test_cases(&policies.policy, policies.files.iter().cloned(), !args.quick);
    if outcome.run == 0 && outcome.unread.is_empty() {
        session.printer.warn("there are no decisions: cases/ holds no CSV file with a line in it");
    }
    let answer = Answer::new("policy-test")
        .fact("decisions", outcome.run)
        .fact("answered_otherwise", outcome.differences.len())
        .fact("not_read", outcome.unread.len())
        .fact("rules", policies.bundle().rules().count())
        .fact("rules_without", (!args.quick).then_some(outcome.unproved.len()))
        .list("differences", sheet(&outcome));
    session.printer.answer(&answer)?;
    Ok(if outcome.is_good() { Exit::Ok } else { Exit::Rejected })
}

fn sheet(outcome: &cases::Outcome) -> Sheet {
    let mut sheet = Sheet::new(&["file", "row", "column", "expected", "answer"]);
    for of in &outcome.differences {
        sheet.row([
            Value::from(of.file.as_str()),
            Value::from(of.row),
            Value::Null,
            Value::from(of.expected.as_str()),
            Value::from(of.answer.as_str()),
        ]);
    }
    let unread = outcome.unread.iter().map(|of| (of, "a decision that can be read"));
    let unproved = outcome.unproved.iter().map(|of| (of, "a decision that would miss this rule"));
    for (of, expected) in unread.chain(unproved) {
        sheet.row([
            Value::from(of.file.as_str()),
            Value::from(of.row),
            Value::from(of.column.as_deref()),
            Value::from(expected),
            Value::from(of.text.as_str()),
        ]);
    }
    sheet
}
