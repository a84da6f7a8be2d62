//! Step 7: a denial explained; an edit that would open a door is shown and stopped; two people change the arrangement.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::demo::claim::{Broken, Held, holds, same, there};
use crate::demo::json::{number, rows, text, yes};
use crate::demo::person::Person;
use crate::demo::stage::{APPROVER, AUDITOR, LEAD, MANAGER, Stage};
use crate::demo::telling::Telling;

const AGREEMENTS: &str = "agreements.toml";
/// The clause by which a council's readers see episodes of missing children that touch their area.
const CLAUSE: &str = "id = \"READ-30\"";

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    explained(stage, telling)?;
    let lead = stage.person(LEAD)?;
    let old = copy_in_force(stage, telling, &lead)?;
    clumsy(stage, telling, &lead, &old)?;
    sound(stage, telling, &lead)
}

/// The manager learns why it may not read an allegation; the auditor sees which rule came nearest.
fn explained(stage: &Stage, telling: &mut Telling) -> Held<()> {
    telling.say("The manager asks whether it may read allegations, before it tries:");
    let words = ["can-i", "read", "--type", "lado-notification", "--owner", "hackney-council"];
    let (said, answered) = stage.person(MANAGER)?.asks(&words, 5)?;
    telling.typed(&said);
    let answers = rows(&answered, "answers");
    let answer = there("an answer", answers.first())?;
    let (reason, advice) = (text(answer, "reason"), text(answer, "what_to_do"));
    holds("a reason and what to do", !reason.is_empty() && !advice.is_empty(), answer)?;
    telling.found("can_i", &format!("no: {reason}; what to do: {advice}"), reason);

    let (_, denied) = stage.entries(&["--class", "denied"])?;
    let last = there("a denial", denied.last())?;
    let index = number(last, "index").to_string();
    let (said, why) = stage.person(AUDITOR)?.asks(&["explain", &index], 0)?;
    telling.say("The auditor asks why somebody was denied:");
    telling.typed(&said);
    let words = format!(
        "{} asked to {}: {}; the nearest rule is {}",
        text(last, "who"),
        text(&why, "act"),
        text(&why, "reason"),
        if text(&why, "nearest").is_empty() { "none".to_owned() } else { text(&why, "nearest") },
    );
    telling.found("explained", &words, text(&why, "reason"));
    Ok(())
}

fn copy_in_force(stage: &Stage, telling: &mut Telling, lead: &Person) -> Held<PathBuf> {
    let old = stage.folder("policies")?.join("in-force");
    let said = lead.runs(&["policy", "show", "--out", &word(&old)])?.ended(0)?;
    telling.say(
        "The information-governance lead takes the arrangement that is in force, as a folder of tables:",
    );
    telling.typed(&said);
    Ok(old)
}

/// One word in one clause would show every council's reader every missing child in England.
fn clumsy(stage: &Stage, telling: &mut Telling, lead: &Person, old: &Path) -> Held<()> {
    let new = stage.root.join("policies/clumsy");
    crate::demo::tree::copy(old, &new)?;
    let path = new.join(AGREEMENTS);
    let agreements = read(&path)?;
    let at = there("the clause READ-30", agreements.find(CLAUSE))?;
    let (before, clause) = agreements.split_at_checked(at).unwrap_or_default();
    write(&path, &format!("{before}{}", clause.replacen("areas = \"shared\"", "areas = \"*\"", 1)))?;
    let _ = lead.runs(&["policy", "generate", &word(&new)])?.ended(0)?;
    let (said, diff) = lead.asks(&["policy", "diff", &word(old), &word(&new)], 0)?;
    telling.say("A clumsy edit, `areas = \"*\"` in one clause. Before anybody sends it, it is shown as what it opens:");
    telling.typed(&said);
    let changes = rows(&diff, "changes");
    let gains: Vec<&Value> = changes.iter().filter(|change| text(change, "change") == "gain").collect();
    let gain = there("a gain that is shown", gains.first())?;
    telling.found("gains", &format!("who gains: {}", text(gain, "text")), gains.len());
    let propose = ["policy", "propose", &word(&new), "--reason", "less typing"].map(str::to_owned);
    let said = lead.runs(&propose)?.ended(3)?;
    telling.typed(&said);
    let golden = said.stderr.lines().find(|line| line.contains("cases/"));
    let golden = there("the golden decision that stands against it", golden)?;
    let golden = golden.trim().trim_start_matches("error: ").trim_start_matches("policies: ").to_owned();
    telling.found("clumsy_exit_code", &format!("the broker does not take it: {golden}"), said.code);
    Ok(())
}

/// A change that shows less goes through two people.
fn sound(stage: &Stage, telling: &mut Telling, lead: &Person) -> Held<()> {
    let new = stage.root.join("policies/sound");
    crate::demo::tree::copy(&stage.root.join("policies/in-force"), &new)?;
    let path = new.join("profiles/degraded.toml");
    let postcode = "PL_POST = \"outward_postcode\"";
    let profile = read(&path)?;
    holds("the profile shows part of a postcode", profile.contains(postcode), "it does not")?;
    write(&path, &profile.replace(postcode, "PL_POST = \"drop\""))?;
    let reason = "the analyst does not need where a child is placed";
    let (said, proposed) = lead.asks(&["policy", "propose", &word(&new), "--reason", reason], 0)?;
    telling.say("Another change takes something away from what the analyst sees of extracts:");
    telling.typed(&said);
    same("whether it lets anybody do more", false, yes(&proposed, "widens"))?;
    let index = number(&proposed, "index").to_string();
    let alone = lead.runs(&["policy", "approve", &index, "--reason", "mine"])?.ended(5)?;
    telling.typed(&alone);
    telling.found("alone_exit_code", "who proposed it cannot approve it", alone.code);
    let approver = stage.person(APPROVER)?;
    let (said, _) = approver.asks(&["policy", "approve", &index, "--reason", "read the difference"], 0)?;
    telling.typed(&said);
    let (said, _) = lead.asks(&["policy", "activate", &index], 0)?;
    telling.typed(&said);
    let (_, status) = lead.asks(&["policy", "status"], 0)?;
    same("how it came into force", "approved", &text(&status, "way"))?;
    let words = format!(
        "of {} decisions in the last {} days {} would come out otherwise; in force since entry {}, proposed and approved by two",
        number(&proposed, "decisions"),
        number(&proposed, "days"),
        rows(&proposed, "changed").len(),
        text(&status, "in_force"),
    );
    telling.found("in_force", &words, status.get("in_force").cloned().unwrap_or(Value::Null));
    Ok(())
}

fn word(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> Held<String> {
    std::fs::read_to_string(path).map_err(|e| Broken::failed("reading a policy file", e))
}

fn write(path: &Path, text: &str) -> Held<()> {
    std::fs::write(path, text).map_err(|e| Broken::failed("writing a policy file", e))
}
