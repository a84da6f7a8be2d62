//! Step 9: who read what; every decision made again; the log proven by the auditor and by the operator; damage and an old copy found out.

use std::path::{Path, PathBuf};

use concordat_core::ids::EntryId;
use serde_json::{Value, json};

use crate::demo::claim::{Broken, Held, holds, same, there};
use crate::demo::json::{columns, number, rows, text};
use crate::demo::person::Said;
use crate::demo::process::Process;
use crate::demo::stage::{AUDITOR, BACKUP, Stage};
use crate::demo::telling::Telling;
use crate::demo::tree;

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    who_read_what(stage, telling)?;
    let size = client_side(stage, telling)?;
    count(stage, size)?;
    stage.process.stop()?;
    on_the_host(stage, telling)?;
    flipped(stage, telling)?;
    rolled_back(stage, telling)
}

fn who_read_what(stage: &Stage, telling: &mut Telling) -> Held<()> {
    let (said, entries) = stage.entries(&["--class", "released,denied"])?;
    telling.say("The auditor asks who read what, and who was denied:");
    telling.typed(&said);
    let (released, denied): (Vec<Value>, Vec<Value>) =
        entries.iter().cloned().partition(|entry| text(entry, "class") == "released");
    holds("reads are in the log", !released.is_empty(), "none")?;
    holds("denials are in the log", !denied.is_empty(), "none")?;
    for read in &released {
        for named in ["purpose", "rules", "agreements"] {
            holds(
                &format!("entry {} names its {named}", number(read, "index")),
                !text(read, named).is_empty(),
                "none",
            )?;
        }
    }
    telling.table(
        "Who read what",
        &["entry", "who", "return", "purpose", "rule", "what"],
        &grouped(&entries),
    );
    let words = format!(
        "{} reads, each with its purpose, rule and agreement; {} denials, each with who asked",
        released.len(),
        denied.len()
    );
    telling.found("released", &words, released.len());
    telling.fact("denied", denied.len());
    Ok(())
}

/// The entries as rows, like ones that follow one another told once.
fn grouped(entries: &[Value]) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for mut row in columns(entries, &["index", "who", "return_type", "purpose", "rules", "summary"]) {
        if let Some(purpose) = row.get_mut(3) {
            // the number of a purpose tells it from the others
            *purpose = purpose.split('-').next().unwrap_or_default().to_owned();
        }
        match rows.last_mut() {
            Some(last) if last.get(1..) == row.get(1..) => {
                let index = row.first().map(String::as_str).unwrap_or_default();
                if let Some(first) = last.first_mut() {
                    *first = format!("{} to {index}", first.split(' ').next().unwrap_or_default());
                }
            }
            _ => rows.push(row),
        }
    }
    rows
}

/// The auditor rebuilds the log's tree from its leaves and compares it with what the log signed.
fn client_side(stage: &Stage, telling: &mut Telling) -> Held<u64> {
    let (said, verified) = stage.person(AUDITOR)?.asks(&["audit", "verify"], 0)?;
    telling.typed(&said);
    let size = number(&verified, "size");
    holds("the log is not empty", size > 0, size)?;
    let words = format!(
        "the auditor proves all {size} entries with the log's public key alone, root {}",
        text(&verified, "root")
    );
    telling.found("verified_size", &words, size);
    telling.fact("root", text(&verified, "root"));
    Ok(size)
}

/// What the log says the story came to.
fn count(stage: &mut Stage, size: u64) -> Held<()> {
    let (_, entries) = stage.entries(&[])?;
    let of = |class: &str| entries.iter().filter(|entry| text(entry, "class") == class).count();
    for (name, classes) in [
        ("submissions_accepted", &["accepted", "nil_declared"][..]),
        ("submissions_refused", &["refused"]),
        ("reads_released", &["released"]),
        ("denied", &["denied"]),
        ("overdue_raised", &["overdue_raised"]),
        ("overdue_cleared", &["overdue_cleared"]),
        ("principals_enrolled", &["enrolled"]),
    ] {
        let number: usize = classes.iter().map(|class| of(class)).sum();
        stage.counts.push((name, Value::from(number)));
    }
    stage.counts.push(("entries", Value::from(entries.len())));
    holds("the search sees at least what was proven", entries.len() as u64 >= size, entries.len())
}

/// The operator verifies the stopped directory.
fn on_the_host(stage: &Stage, telling: &mut Telling) -> Held<()> {
    let said = stage.operator.runs(&["verify", &stage.broker_word(), "--json"])?.ended(0)?;
    telling.say("The operator stops the broker and verifies its directory: frames, hashes, tree, checkpoints, guard, projections.");
    telling.typed(&said);
    let found = parsed(&said.stdout)?;
    telling.found("verify_exit_code", "nothing is wrong with it (exit code 0)", said.code);
    telling.fact("verify", found);
    let said = stage.operator.runs(&["replay", &stage.broker_word(), "--json"])?.ended(0)?;
    telling.typed(&said);
    let found = parsed(&said.stdout)?;
    let found = found.get("data").cloned().unwrap_or_default();
    let decisions = number(&found, "decisions");
    holds("decisions are in the log", decisions > 0, decisions)?;
    same("decisions that do not follow", 0, number(&found, "differing"))?;
    let words = format!(
        "all {decisions} decisions, made again under the policies of their time, come out as recorded"
    );
    telling.found("replayed", &words, decisions);
    Ok(())
}

/// A copy in which one bit of an entry in the journal is flipped.
fn flipped(stage: &Stage, telling: &mut Telling) -> Held<()> {
    let receipt = there("a receipt", stage.receipts.first())?;
    let copy = stage.root.join("copies/flipped");
    tree::copy(&stage.broker, &copy)?;
    let at = flip_entry(&copy, &receipt.submission)?;
    let word = copy.display().to_string();
    let said = stage.operator.runs(&["verify", &word, "--json"])?.ended(8)?;
    telling.typed(&said);
    let fault = fault(&said)?;
    same("the entry that is named", receipt.index, number(&fault, "entry"))?;
    let why = text(&fault, "text");
    let words = format!(
        "one bit of the journal flipped at byte {at}, in the entry that recorded {}'s return: refused with exit code {}: {why}",
        receipt.holder, said.code
    );
    telling.found(
        "flipped",
        &words,
        json!({"byte": at, "exit_code": said.code, "entry": receipt.index, "words": why}),
    );
    let rebuilt = stage.operator.runs(&["rebuild", &word])?.ended(8)?;
    telling.found(
        "flipped_rebuild_exit_code",
        "nor are tables made anew from it: `rebuild` refuses it too",
        rebuilt.code,
    );
    Ok(())
}

/// The copy made before step 6, put back under the guard of today.
fn rolled_back(stage: &Stage, telling: &mut Telling) -> Held<()> {
    let copy = stage.root.join("copies/restored");
    tree::copy(&stage.root.join(BACKUP), &copy)?;
    let guard = guard(&stage.broker)?;
    let within = guard.strip_prefix(&stage.broker).map_err(|e| Broken::failed("finding the guard", e))?;
    std::fs::copy(&guard, copy.join(within)).map_err(|e| Broken::failed("keeping the guard", e))?;
    let said = stage.operator.runs(&["verify", &copy.display().to_string(), "--json"])?.ended(9)?;
    telling.typed(&said);
    let why = text(&fault(&said)?, "text");
    let words = format!(
        "the copy from before step 6, put back under the guard of today: refused with exit code {}: {why}",
        said.code
    );
    telling.found("rolled_back", &words, json!({"exit_code": said.code, "words": why}));
    let served = Process::of(&stage.operator.program, &copy, &stage.root.join("restored.log")).refuses()?;
    same("the exit code of a broker started on it", 9, served)?;
    telling.found("rolled_back_serve_exit_code", "nor does a broker start on it", served);
    Ok(())
}

/// Flips one bit of a submission's entry: its id stands in the clear in its leaf. Gives the byte.
fn flip_entry(dir: &Path, submission: &str) -> Held<usize> {
    let id: EntryId = submission.parse().map_err(|e| Broken::failed("reading a submission's id", e))?;
    let config =
        crate::config::Config::of_directory(dir).map_err(|e| Broken::failed("reading the settings", e))?;
    for path in tree::files(&config.store.join("journal"))? {
        let bytes = std::fs::read(&path).map_err(|e| Broken::failed("reading the journal", e))?;
        if let Some(at) = bytes.windows(id.0.len()).position(|window| window == id.0) {
            tree::flip(&path, at)?;
            return Ok(at);
        }
    }
    Err(Broken::claim("the journal holds the entry of the submission", submission, "no such entry"))
}

fn guard(dir: &Path) -> Held<PathBuf> {
    let config =
        crate::config::Config::of_directory(dir).map_err(|e| Broken::failed("reading the settings", e))?;
    same("the guard is a file of its own", true, config.guard.is_file())?;
    Ok(config.guard)
}

fn parsed(text: &str) -> Held<Value> {
    serde_json::from_str(text).map_err(|e| Broken::claim("`verify --json` prints JSON", "JSON", e))
}

/// The first fault that `verify --json` names.
fn fault(said: &Said) -> Held<Value> {
    let report = parsed(&said.stdout)?;
    let faults = rows(report.get("data").unwrap_or(&Value::Null), "faults");
    there("a fault that is named", faults.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_entries_that_follow_one_another_are_told_once() {
        let entry = |index: u64, who: &str| json!({"index": index, "who": who, "purpose": "P4-assurance"});
        let rows = grouped(&[entry(1, "a"), entry(2, "b"), entry(3, "b"), entry(4, "b"), entry(5, "a")]);
        let told: Vec<(&str, &str)> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
        assert_eq!(told, [("1", "a"), ("2 to 4", "b"), ("5", "a")]);
        assert_eq!(rows[0][3], "P4");
    }
}
