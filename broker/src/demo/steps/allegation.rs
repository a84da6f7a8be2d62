//! Step 5: an allegation reaches the designated officer of its area, and nobody else learns that it exists.

use std::path::PathBuf;

use aws_lc_rs::rand;
use concordat_cli::status::unnumbered;
use concordat_core::ids::EntryId;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::demo::claim::{Broken, Held, holds, same, there};
use crate::demo::json::{rows, short, text};
use crate::demo::person::Said;
use crate::demo::sending::Sending;
use crate::demo::stage::{MANAGER, Receipt, Stage};
use crate::demo::telling::Telling;

const TYPE: &str = "lado-notification";
const FORCE: &str = "metropolitan-police";
const OFFICER: &str = "hackney-lado/designated-officer";
const OTHER_OFFICER: &str = "city-lado/designated-officer";
const PURPOSE: &str = "P2-manage-allegation";
/// Nobody of this name works anywhere: the whole file is invented.
const SUBJECT: &str = "Example Person (invented for the demonstration)";

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    let before = everything_the_manager_sees(stage)?;
    let file = write(stage)?;
    let desk = stage.person(&format!("{FORCE}/returns"))?;
    telling.say("A police officer notifies an allegation against someone who works in Hackney (an invented one), from a file:");
    let (said, reply) = desk.asks(Sending::of(&file, TYPE).words(), 0)?;
    telling.typed(&said);
    let receipt = Receipt::of(&desk, &reply, Some(&file));
    stage.verify(&receipt)?;
    let id = receipt.submission.clone();
    stage.receipts.push(receipt);
    officers(stage, telling, &id)?;
    denied(stage, telling, &id)?;
    let after = everything_the_manager_sees(stage)?;
    for (one, other) in before.iter().zip(&after) {
        let bytes = |said: &Said| unnumbered(&said.everything()).into_bytes();
        holds(
            &format!("`{}` prints the same as before", one.line),
            bytes(one) == bytes(other),
            "another output",
        )?;
    }
    let compared: usize = before.iter().map(|said| said.everything().len()).sum();
    let words = format!(
        "everything the partnership manager can see is the same before and after, byte by byte: {} outputs, {compared} bytes",
        before.len()
    );
    telling.found("manager_outputs_compared", &words, before.len());
    telling.fact("manager_bytes_compared", compared);
    Ok(())
}

/// The right officer has it and may read it; the other has not.
fn officers(stage: &Stage, telling: &mut Telling, id: &str) -> Held<()> {
    let mut table = Vec::new();
    for (officer, expected) in [(OFFICER, 1), (OTHER_OFFICER, 0)] {
        let (_, inbox) = stage.person(officer)?.asks(&["inbox", "list"], 0)?;
        let has = rows(&inbox, "items").iter().filter(|item| text(item, "submission") == id).count();
        same(&format!("the notification in the inbox of {officer}"), expected, has)?;
        table.push(vec![officer.to_owned(), if has == 1 { "has it" } else { "has not" }.to_owned()]);
    }
    telling.table("Inboxes", &["designated officer", "the notification"], &table);
    let officer = stage.person(OFFICER)?;
    let (said, fetched) = officer.asks(&["inbox", "fetch", id, "--purpose", PURPOSE], 0)?;
    telling.typed(&said);
    holds("the officer reads whom it is about", said.stdout.contains(SUBJECT), "an output without the name")?;
    officer.runs(&["inbox", "ack", id])?.ended(0)?;
    telling.found(
        "officer",
        "the right officer reads it whole and confirms it; the entry was written first",
        text(&fetched, "index"),
    );
    Ok(())
}

/// The manager asks for it by its id, and for an id that never was.
fn denied(stage: &Stage, telling: &mut Telling, id: &str) -> Held<()> {
    let manager = stage.person(MANAGER)?;
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| Broken::failed("inventing an id", "no randomness is at hand"))?;
    let invented = EntryId(bytes).to_string();
    let before = denials(stage)?.len();
    let mut table = Vec::new();
    for words in
        [&["inbox", "fetch", "ID", "--purpose", PURPOSE][..], &["status", "ID"], &["inbox", "ack", "ID"]]
    {
        let ask = |id: &str| {
            let words: Vec<&str> = words.iter().map(|word| if *word == "ID" { id } else { word }).collect();
            manager.runs(&words)
        };
        let (real, none) = (ask(id)?, ask(&invented)?);
        let command = format!("concordat {}", words.join(" "));
        same(&format!("exit code of `{command}` for either id"), real.code, none.code)?;
        same(
            &format!("output of `{command}` for either id"),
            unnumbered(&real.everything()),
            unnumbered(&none.everything()),
        )?;
        holds(&format!("`{command}` is denied"), real.code == 5, format!("exit code {}", real.code))?;
        table.push(vec![
            command,
            real.code.to_string(),
            none.code.to_string(),
            real.stderr.lines().next().unwrap_or_default().to_owned(),
        ]);
    }
    telling.say(&format!(
        "The manager asks for it by its id ({}), and for an id that never was ({}):",
        short(id),
        short(&invented)
    ));
    telling.table("The same answer", &["command", "real id", "invented id", "answer to both"], &table);
    let denials = denials(stage)?;
    same("denials recorded", before + 2 * table.len(), denials.len())?;
    for asked in [id, invented.as_str()] {
        let of = denials.iter().filter(|entry| text(entry, "submission") == asked).count();
        same(&format!("denials recorded for {}", short(asked)), table.len(), of)?;
    }
    telling.found(
        "denials_recorded",
        &format!("every one of the {} denials is an entry that names the manager", 2 * table.len()),
        2 * table.len(),
    );
    Ok(())
}

fn denials(stage: &Stage) -> Held<Vec<Value>> {
    let (_, entries) = stage.entries(&["--class", "denied"])?;
    Ok(entries.into_iter().filter(|entry| text(entry, "who") == MANAGER).collect())
}

/// Every output that the manager can get, but for the time of day.
fn everything_the_manager_sees(stage: &Stage) -> Held<Vec<Said>> {
    let manager = stage.person(MANAGER)?;
    let mut all = Vec::new();
    for words in [
        &["missing"][..],
        &["missing", "--all"],
        &["missing", "--all", "-o", "json"],
        &["missing", "--type", TYPE],
        &["inbox", "list"],
        &["inbox", "list", "-o", "json"],
        &["types"],
        &["types", "-o", "json"],
        &["status", "--pending"],
        &["context", "show"],
        &["audit", "search"],
    ] {
        all.push(manager.runs(words)?);
    }
    let mut whoami = manager.runs(&["whoami"])?.ended(0)?;
    let timeless: Vec<&str> = whoami.stdout.lines().filter(|line| !line.starts_with("now ")).collect();
    whoami.stdout = timeless.join("\n");
    all.push(whoami);
    Ok(all)
}

/// The notification's file: obviously invented, with times of the business clock.
fn write(stage: &Stage) -> Held<PathBuf> {
    let (_, me) = stage.person(&format!("{FORCE}/returns"))?.asks(&["whoami"], 0)?;
    let now: Timestamp = there("the business time", text(&me, "now").parse().ok())?;
    let aware =
        now.checked_sub(SignedDuration::from_hours(2)).map_err(|e| Broken::failed("reckoning a time", e))?;
    let aware = concordat_core::clock::london(aware);
    let day = aware.date().to_string();
    let cells = [
        ("notification_id", uuid()?),
        ("area_of_work", "E09000012".to_owned()),
        ("area_of_incident", "E09000012".to_owned()),
        ("source_agency", "police_met".to_owned()),
        ("aware_at", aware.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
        ("criteria", "may_not_be_suitable".to_owned()),
        ("category", "conduct".to_owned()),
        ("occupation", "sports_coach".to_owned()),
        ("subject_name", SUBJECT.to_owned()),
        ("subject_employer", "Example Sports Club (invented)".to_owned()),
        ("subject_has_children", "unknown".to_owned()),
        ("child_count", "1".to_owned()),
        ("child_refs", "EXAMPLE-REF-1".to_owned()),
        ("incident_from", day.clone()),
        ("incident_to", day),
        ("police_informed", "yes".to_owned()),
        ("csc_informed", "no".to_owned()),
        ("interim_action", "unknown".to_owned()),
        ("account", "Nothing here happened: this text was invented for the demonstration.".to_owned()),
    ];
    let file = stage.folder("files")?.join("notification.csv");
    let failed = |e: csv::Error| Broken::failed("writing a file", e);
    let mut writer = csv::Writer::from_path(&file).map_err(failed)?;
    writer.write_record(cells.iter().map(|(name, _)| name)).map_err(failed)?;
    writer.write_record(cells.iter().map(|(_, cell)| cell)).map_err(failed)?;
    writer.flush().map_err(|e| Broken::failed("writing a file", e))?;
    Ok(file)
}

/// A random UUID, as the sender's system would draw it.
fn uuid() -> Held<String> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).map_err(|_| Broken::failed("drawing an id", "no randomness is at hand"))?;
    let number = u128::from_be_bytes(bytes);
    // version 4, variant 1, as RFC 9562 has them
    let number = number & !(0xf << 76) | (0x4 << 76);
    let number = number & !(0x3 << 62) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_id_is_a_uuid_of_version_4() {
        let id = uuid().unwrap();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        assert_ne!(id, uuid().unwrap());
    }
}
