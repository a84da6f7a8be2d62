//! `concordat policy lint`: what is wrong with a policies folder, and what is worth a look.

use std::path::PathBuf;

use clap::ValueEnum;
use concordat_policy::{Finding, Severity};
use serde_json::Value;

use crate::answer::{Answer, Sheet};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;
use crate::policies::Policies;
use crate::session::Session;

/// Arguments of `policy lint`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The policies folder
    folder: PathBuf,
    /// End with exit code 6 when there is any of this
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
}

/// What to fail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A warning: something that somebody should see to
    Warning,
}

/// Reads the folder and says what it finds. A folder that a broker would refuse ends with [`Exit::Rejected`].
///
/// # Errors
/// A [`Failure`] when the folder cannot be read, or with [`Exit::Findings`] as `--fail-on` asks.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let findings = match Policies::build(folder::read(&args.folder)?) {
        Ok(policies) => policies.lint(session.clock.now()),
        Err(wrong) => wrong.into_iter().map(Finding::error).collect(),
    };
    let count = |severity: Severity| findings.iter().filter(|of| of.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mut sheet = Sheet::new(&["severity", "file", "row", "column", "text"]);
    for Finding { severity, complaint } in &findings {
        sheet.row([
            Value::from(severity.as_str()),
            Value::from(complaint.file.as_str()),
            Value::from(complaint.row),
            Value::from(complaint.column.as_deref()),
            Value::from(complaint.text.as_str()),
        ]);
    }
    let infos = count(Severity::Info);
    let mut human: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    human.push_str(&totals(errors, warnings, infos));
    let answer = Answer::new("policy-lint")
        .fact("errors", errors)
        .fact("warnings", warnings)
        .fact("infos", infos)
        .list("findings", sheet)
        .human(human);
    session.printer.answer(&answer)?;
    if errors > 0 {
        return Ok(Exit::Rejected);
    }
    if args.fail_on == Some(FailOn::Warning) && warnings > 0 {
        return Err(Failure::new(Exit::Findings, "there are warnings"));
    }
    Ok(Exit::Ok)
}

fn totals(errors: usize, warnings: usize, infos: usize) -> String {
    let some = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let refused = if errors > 0 { "refused: " } else { "" };
    format!("{refused}{}, {}, {infos} for information\n", some(errors, "error"), some(warnings, "warning"))
}
