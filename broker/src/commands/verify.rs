//! `verify`: the whole log, offline, by code that shares little with what wrote it.

use concordat_store::OpenFault;
use concordat_store::verify::{self, Report, Verdict, VerifyFault};
use serde_json::{Value, json};

use crate::args::VerifyArgs;
use crate::compose;
use crate::config::Config;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// The name and version of what `--json` prints.
const SCHEMA: &str = "concordat-broker/verify/1";

/// Verifies a directory that no broker has open, and prints what was found. Nothing is changed.
///
/// # Errors
/// [`Failure`] when a broker runs, there is no store, or its key-encryption key is not at hand.
pub fn run(args: VerifyArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    let options = compose::options(&config, &compose::opening_clock(&config))?;
    let (verdict, json, words) = match verify::directory(&config.store, &options) {
        Ok(report) => (report.verdict(), as_json(&report), in_words(&report)),
        Err(fault) => unopened(fault)?,
    };
    if args.json {
        printer.data(&json.to_string());
    } else {
        words.iter().for_each(|line| printer.data(line));
    }
    Ok(exit_of(verdict))
}

/// A store that does not even open because of what was done to it is a finding, not a failure to look.
fn unopened(fault: OpenFault) -> Result<(Verdict, Value, Vec<String>), Failure> {
    let verdict = if fault.is_rolled_back() {
        Verdict::RolledBack
    } else if fault.is_tampered() {
        Verdict::Tampered
    } else {
        return Err(Failure::from(fault));
    };
    let text = fault.to_string();
    let found = json!({"sort": word_of(verdict), "text": text});
    let json = json!({"schema": SCHEMA, "data": {"verdict": word_of(verdict), "faults": [found]}});
    Ok((verdict, json, vec![text, sentence(verdict).to_owned()]))
}

const fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Whole => Exit::Ok,
        Verdict::ProjectionsDiffer => Exit::Failure,
        Verdict::Tampered => Exit::Tampered,
        Verdict::RolledBack => Exit::RolledBack,
    }
}

const fn word_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Whole => "whole",
        Verdict::ProjectionsDiffer => "projections_differ",
        Verdict::Tampered => "tampered",
        Verdict::RolledBack => "rolled_back",
    }
}

fn as_json(report: &Report) -> Value {
    let faults: Vec<Value> = report
        .faults
        .iter()
        .map(|fault| match fault {
            VerifyFault::RolledBack { had, found } => {
                json!({"sort": "rolled_back", "acknowledged": had, "found": found, "text": fault.to_string()})
            }
            VerifyFault::Tampered { entry, .. } => {
                json!({"sort": "tampered", "entry": entry, "text": fault.to_string()})
            }
            VerifyFault::Projections { .. } => json!({"sort": "projections", "text": fault.to_string()}),
        })
        .collect();
    json!({"schema": SCHEMA, "data": {
        "verdict": word_of(report.verdict()),
        "entries": report.size,
        "root": report.root.map(|root| root.to_string()),
        "checkpoints": report.checkpoints,
        "sections": report.sections,
        "erased_sections": report.erased,
        "content_files": report.content_files,
        "unnamed_files": report.unnamed_files,
        "unsigned_entries": report.unsigned,
        "tail_bytes": report.tail,
        "projection_rows": report.rows,
        "faults": faults,
    }})
}

fn in_words(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    if report.size > 0 {
        let root = report.root.map_or_else(|| "none".to_owned(), |root| root.to_string());
        lines.push(format!(
            "{} entries, {} checkpoints, {} sections ({} erased), {} content files; root {root}",
            report.size, report.checkpoints, report.sections, report.erased, report.content_files
        ));
    }
    lines.push(match report.rows {
        Some(rows) => format!("{rows} projection rows are what the log says they should be"),
        None => "the projections were not compared; the next start makes them anew".to_owned(),
    });
    if report.unsigned > 0 || report.tail > 0 {
        lines.push(format!(
            "{} entries and {} bytes above the head guard were never acknowledged; the next start keeps the \
             entries and cuts the bytes",
            report.unsigned, report.tail
        ));
    }
    if report.unnamed_files > 0 && report.verdict() == Verdict::Whole {
        lines.push(format!(
            "{} content files belong to no entry and were never acknowledged",
            report.unnamed_files
        ));
    }
    lines.push(sentence(report.verdict()).to_owned());
    lines
}

const fn sentence(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Whole => "the log is whole: everything is as it was recorded",
        Verdict::ProjectionsDiffer => "the log is whole; run `rebuild` to make the projections anew",
        Verdict::Tampered => "TAMPERED: the log is not as it was recorded; restore it from a copy",
        Verdict::RolledBack => {
            "ROLLED BACK: entries that were acknowledged are gone; restore the newest copy"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(faults: Vec<VerifyFault>) -> Report {
        Report { size: 9, rows: Some(3), faults, ..Report::default() }
    }

    #[test]
    fn the_exit_code_is_that_of_the_gravest_fault() {
        let tampered = || VerifyFault::Tampered { entry: Some(7), what: "its leaf differs".into() };
        let rolled_back = || VerifyFault::RolledBack { had: 9, found: 4 };
        let projections = || VerifyFault::Projections { what: "a row differs".into() };
        let exit = |faults| exit_of(report(faults).verdict()) as u8;
        assert_eq!(exit(vec![]), 0);
        assert_eq!(exit(vec![projections()]), 1);
        assert_eq!(exit(vec![projections(), tampered()]), 8);
        assert_eq!(exit(vec![tampered(), rolled_back()]), 9);
    }

    #[test]
    fn what_is_printed_names_the_entry_in_words_and_in_json() {
        let report = report(vec![VerifyFault::Tampered { entry: Some(7), what: "its leaf differs".into() }]);
        assert_eq!(in_words(&report)[0], "entry 7: its leaf differs");
        let printed = as_json(&report);
        assert_eq!(printed["data"]["verdict"], "tampered");
        assert_eq!(printed["data"]["faults"][0]["entry"], 7);
    }

    #[test]
    fn a_store_that_does_not_open_because_it_was_tampered_with_is_a_finding() {
        let (verdict, json, words) =
            unopened(OpenFault::Tampered { entry: Some(2), what: "altered".into() }).unwrap();
        assert_eq!((verdict, json["data"]["verdict"].as_str()), (Verdict::Tampered, Some("tampered")));
        assert!(words[0].contains("entry 2"), "{words:?}");
        let rolled_back = unopened(OpenFault::RolledBack { had: 9, found: 4 }).unwrap();
        assert_eq!(exit_of(rolled_back.0) as u8, 9);
        let locked = unopened(OpenFault::Locked { dir: "d".into() });
        assert_eq!(locked.unwrap_err().exit, Exit::Failure);
    }
}
