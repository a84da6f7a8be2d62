//! Step 6: the same key gives the original receipt; other content under it does not; a correction is a version.

use std::path::Path;

use concordat_core::refusal::Refusal;
use serde_json::Value;

use super::submit::RESENDER;
use crate::demo::claim::{Held, holds, same, there};
use crate::demo::figures::Changed;
use crate::demo::json::{number, rows, short, text, yes};
use crate::demo::person::{Person, Said};
use crate::demo::sending::{Sending, fresh_key};
use crate::demo::stage::{ANNUAL, BACKUP, MANAGER, Receipt, Stage, YEAR};
use crate::demo::telling::Telling;
use crate::demo::tree;

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    backup(stage, telling)?;
    let desk = stage.person(&format!("{RESENDER}/returns"))?;
    let original = stage.receipts.iter().find(|receipt| receipt.holder == desk.id);
    let original = there("the receipt of what was sent", original)?.clone();
    let sent = there("the file that was sent", original.sent.clone())?;
    let key = there("the key it was sent under", stage.kept_key)?;
    let (changed, digit) = change(stage)?;
    telling.say(&format!(
        "{RESENDER} holds a receipt. In a copy of its file one digit is changed: {} from {} to {}.",
        digit.indicator, digit.before, digit.after
    ));
    telling.fact("changed", format!("{}: {} to {}", digit.indicator, digit.before, digit.after));
    let mut table = Vec::new();

    let bytes = original.bytes()?;
    let (said, reply) = desk.asks(annual(&sent).key(key).words(), 0)?;
    telling.typed(&said);
    let again = Receipt::of(&desk, &reply, Some(&sent));
    holds("the reply says that it is the original receipt", yes(&reply, "already"), "a new one")?;
    same("the submission of the receipt", &original.submission, &again.submission)?;
    holds("the original receipt comes back byte for byte", again.bytes()? == bytes, "other bytes")?;
    table.push(row(
        "same key, same content",
        &said,
        &format!("the original receipt, {} bytes alike", bytes.len()),
    ));
    telling.fact("receipt_bytes", bytes.len());

    let refused = desk.runs(annual(&changed).key(key).words())?.ended(3)?;
    let why = refusal(&refused, &Refusal::KeyReused.text())?;
    table.push(row("same key, one digit changed", &refused, &why));

    let refused = desk.runs(annual(&changed).key(fresh_key()?).words())?.ended(3)?;
    let why = refusal(&refused, &original.submission)?;
    table.push(row("new key, one digit changed", &refused, &why));

    let corrected = annual(&changed).replaces(&original.submission, "correction");
    let (said, reply) = desk.asks(corrected.words(), 0)?;
    let version = number(&reply, "version");
    same("the version of the correction", original.version + 1, version)?;
    table.push(row("with --replaces and a reason", &said, &format!("accepted as version {version}")));
    telling.table("What the broker answered", &["sent", "exit code", "answer"], &table);
    let receipt = Receipt::of(&desk, &reply, Some(&changed));
    stage.verify(&receipt)?;
    stage.receipts.push(receipt.clone());
    recipients(stage, telling, &desk, &original.submission, &receipt.submission)
}

/// The broker is stopped for a copy of its directory, as an operator makes one at night.
fn backup(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    stage.process.stop()?;
    tree::copy(&stage.broker, &stage.root.join(BACKUP))?;
    stage.start("restart_after_backup")?;
    telling.say("The operator stops the broker, copies its directory, and starts it again. The copy is for the last step.");
    Ok(())
}

fn annual(file: &Path) -> Sending {
    Sending::of(file, ANNUAL).period(YEAR)
}

/// A copy of the agency's figures with one digit of a count changed.
fn change(stage: &Stage) -> Held<(std::path::PathBuf, Changed)> {
    let share = stage.shares.iter().find(|(agency, _)| agency.as_str() == RESENDER).map(|(_, share)| share);
    let share = there("the figures of the agency", share)?;
    let (changed, digit) = share.with_one_digit_changed(share.first_count()?)?;
    let file = stage.folder("files")?.join(format!("{RESENDER}-{YEAR}-corrected.csv"));
    changed.write(&file)?;
    Ok((file, digit))
}

/// The words of a refusal, which must say `expected`.
fn refusal(said: &Said, expected: &str) -> Held<String> {
    let why = said.stderr.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or_default();
    holds("the refusal says why", why.contains(expected), why)?;
    Ok(why.to_owned())
}

fn row(what: &str, said: &Said, answer: &str) -> Vec<String> {
    vec![what.to_owned(), said.code.to_string(), answer.to_owned()]
}

/// Every recipient that has a desk sees both versions, the older one as superseded.
fn recipients(stage: &Stage, telling: &mut Telling, desk: &Person, first: &str, second: &str) -> Held<()> {
    let (_, status) = desk.asks(&["status", second], 0)?;
    let mut table = Vec::new();
    for delivery in rows(&status, "deliveries") {
        let recipient = text(&delivery, "recipient");
        let reader = if MANAGER.starts_with(&format!("{recipient}/")) {
            MANAGER.to_owned()
        } else {
            format!("{recipient}/returns")
        };
        let (_, inbox) = stage.person(&reader)?.asks(&["inbox", "list"], 0)?;
        let items = rows(&inbox, "items");
        let find = |id: &str| -> Held<Value> {
            let item = items.iter().find(|item| text(item, "submission") == id);
            there(&format!("{} in the inbox of {recipient}", short(id)), item.cloned())
        };
        let (old, new) = (find(first)?, find(second)?);
        holds(
            &format!("{recipient} sees that the first version is superseded"),
            yes(&old, "superseded"),
            "in force",
        )?;
        holds(
            &format!("{recipient} sees that the second version is in force"),
            !yes(&new, "superseded"),
            "superseded",
        )?;
        let state = |item: &Value| {
            format!(
                "version {}, {}{}",
                text(item, "version"),
                text(item, "state"),
                if yes(item, "superseded") { ", superseded" } else { "" }
            )
        };
        table.push(vec![recipient, state(&old), state(&new)]);
    }
    holds("the correction has recipients", !table.is_empty(), "none")?;
    telling.table("What the recipients see", &["recipient", "first", "correction"], &table);
    telling.found(
        "recipients_with_both",
        &format!("{} recipients see both versions", table.len()),
        table.len(),
    );
    Ok(())
}
