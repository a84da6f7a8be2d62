//! Step 8: who read what; the log proven by the auditor and by the operator; damage and an old copy found out.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::demo::claim::{Broken, Held, holds, same, there};
use crate::demo::json::{columns, number, text};
use crate::demo::stage::{AUDITOR, BACKUP, Stage};
use crate::demo::telling::Telling;
use crate::demo::tree;

/// How many rows of who read what are shown.
const SHOWN: usize = 12;

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
    let (said, mut entries) = stage.entries(&["--class", "released", "denied"])?;
    telling.say("The auditor asks who read what, and who was denied:");
    telling.typed(&said);
    let all = entries.len();
    let released = entries.iter().filter(|entry| text(entry, "class") == "released").count();
    holds("reads are in the log", released > 0, "none")?;
    holds("denials are in the log", released < all, "none")?;
    let skipped = all.saturating_sub(SHOWN);
    entries.drain(..skipped);
    let table = columns(&entries, &["index", "class", "who", "return_type", "purpose", "rules", "summary"]);
    let title = if skipped > 0 { format!("Who read what (the last {SHOWN} of {all})") } else { "Who read what".to_owned() };
    telling.table(&title, &["entry", "class", "who", "return", "purpose", "rule", "what"], &table);
    telling.found("released", &format!("{released} reads and {} denials, each with its rule and purpose", all - released), released);
    telling.fact("denied", all - released);
    let refused = stage.person(AUDITOR)?.runs(&["missing"])?;
    telling.fact("auditor_missing_exit_code", refused.code);
    Ok(())
}

/// The auditor rebuilds the log's tree from its leaves and compares it with what the log signed.
fn client_side(stage: &Stage, telling: &mut Telling) -> Held<u64> {
    let (said, verified) = stage.person(AUDITOR)?.asks(&["audit", "verify"], 0)?;
    telling.typed(&said);
    let size = number(&verified, "size");
    holds("the log is not empty", size > 0, size)?;
    let words = format!("the auditor proves all {size} entries with the log's public key alone, root {}", text(&verified, "root"));
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
        stage.counts.insert(name.to_owned(), Value::from(number));
    }
    stage.counts.insert("entries".to_owned(), Value::from(entries.len()));
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
    Ok(())
}

/// A copy in which one bit of the journal is flipped.
fn flipped(stage: &Stage, telling: &mut Telling) -> Held<()> {
    let copy = stage.root.join("copies/flipped");
    tree::copy(&stage.broker, &copy)?;
    let segment = journal(&copy)?;
    let at = tree::flip(&segment)?;
    let (word, config) = (copy.display().to_string(), copy.join(crate::config::FILE).display().to_string());
    let said = stage.operator.runs(&["verify", &word, "--json"])?.ended(8)?;
    let plain = stage.operator.runs(&["verify", &word])?.ended(8)?;
    telling.typed(&plain);
    let named = there("the entry that is named", named_entry(&plain.everything()))?;
    let why = sentence(&plain.everything());
    let words = format!("one bit flipped at byte {at} of the journal: refused with exit code {}: {why}", plain.code);
    telling.found("flipped", &words, json!({"byte": at, "exit_code": plain.code, "entry": named, "words": why}));
    telling.fact("flipped_verify", parsed(&said.stdout).unwrap_or_default());
    let served = stage.operator.runs(&["serve", "--config", &config])?.ended(8)?;
    telling.found("flipped_serve_exit_code", "nor does a broker start on it", served.code);
    Ok(())
}

/// The copy made before step 6, put back under the guard of today.
fn rolled_back(stage: &Stage, telling: &mut Telling) -> Held<()> {
    let copy = stage.root.join("copies/restored");
    tree::copy(&stage.root.join(BACKUP), &copy)?;
    let guard = guard(&stage.broker)?;
    let within = guard.strip_prefix(&stage.broker).map_err(|e| Broken::failed("finding the guard", e))?;
    std::fs::copy(&guard, copy.join(within)).map_err(|e| Broken::failed("keeping the guard", e))?;
    let (word, config) = (copy.display().to_string(), copy.join(crate::config::FILE).display().to_string());
    let said = stage.operator.runs(&["verify", &word])?.ended(9)?;
    telling.typed(&said);
    let why = sentence(&said.everything());
    let words = format!("the copy from before step 6, put back under the guard of today: refused with exit code {}: {why}", said.code);
    telling.found("rolled_back", &words, json!({"exit_code": said.code, "words": why}));
    let served = stage.operator.runs(&["serve", "--config", &config])?.ended(9)?;
    telling.found("rolled_back_serve_exit_code", "nor does a broker start on it", served.code);
    Ok(())
}

/// The largest file of the journal in a broker's directory.
fn journal(dir: &Path) -> Held<PathBuf> {
    let config = crate::config::Config::of_directory(dir).map_err(|e| Broken::failed("reading the settings", e))?;
    let folder = config.store.join("journal");
    let sized = tree::files(&folder)?.into_iter().filter_map(|path| Some((std::fs::metadata(&path).ok()?.len(), path)));
    there("a segment of the journal", sized.max()).map(|(_, path)| path)
}

fn guard(dir: &Path) -> Held<PathBuf> {
    let config = crate::config::Config::of_directory(dir).map_err(|e| Broken::failed("reading the settings", e))?;
    same("the guard is a file of its own", true, config.guard.is_file())?;
    Ok(config.guard)
}

fn parsed(text: &str) -> Held<Value> {
    serde_json::from_str(text).map_err(|e| Broken::claim("`verify --json` prints JSON", "JSON", e))
}

/// The number after the word `entry` in what was said.
fn named_entry(said: &str) -> Option<u64> {
    let words: Vec<&str> = said.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let numbered = words.windows(2).filter_map(|pair| match pair {
        [word, number] if word.eq_ignore_ascii_case("entry") => number.parse().ok(),
        _ => None,
    });
    numbered.last()
}

/// What was said, on one line.
fn sentence(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ").trim_start_matches("concordat-broker: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_known_by_the_number_after_its_name() {
        assert_eq!(named_entry("tampered: entry 17 does not match"), Some(17));
        assert_eq!(named_entry("entries 17"), None);
        assert_eq!(named_entry("the entry is damaged"), None);
    }
}
