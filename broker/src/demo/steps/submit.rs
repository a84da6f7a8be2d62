//! Step 2: every agency but the police sends its share of the printed figures; what the rules find by computing.

use std::path::PathBuf;

use concordat_core::ids::{AgencyId, SendKey};
use serde_json::{Value, json};

use crate::demo::claim::{Held, holds, same, there};
use crate::demo::figures::Figures;
use crate::demo::json::{number, rows, short, text, yes};
use crate::demo::person::Said;
use crate::demo::sending::{Sending, fresh_key};
use crate::demo::stage::{ANNUAL, MANAGER, Receipt, Stage, YEAR};
use crate::demo::telling::{Telling, thousands};

/// The agency whose return is sent again, and corrected, later in the story; its key is kept for that.
pub const RESENDER: &str = "hackney-education";
/// The year as the figures print it.
const PRINTED: &str = "2022/23";
const TEAM: &str = "chscp";
const COUNCIL: &str = "hackney-council";

/// A submission and what the broker and the client said of it.
struct Sent {
    agency: AgencyId,
    said: Said,
    reply: Value,
    share: Figures,
    file: PathBuf,
}

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    let police = stage.police();
    let printed: usize = stage.shares.values().map(Figures::count).sum();
    telling.say(&format!(
        "The annual report prints {printed} figures. Each agency takes those that it answers for, and sends them with the client:"
    ));
    let shares = stage.shares.clone();
    let mut sent = Vec::new();
    for (agency, share) in shares.into_iter().filter(|(agency, _)| !police.contains(agency)) {
        let key = if agency.as_str() == RESENDER { Some(fresh_key()?) } else { None };
        sent.push(send(stage, agency, share, key)?);
    }
    let first = there("a submission", sent.first())?;
    telling.typed(&first.said);
    show(telling, &sent);
    let share: usize = sent.iter().map(|sent| sent.share.count()).sum();
    telling.fact("figures_printed", printed);
    telling.fact("figures_sent", share);
    receipts(stage, telling)?;
    findings(telling, &sent)?;
    quiet(stage, telling, &sent)?;
    leaves(stage, telling, &sent)?;
    delivered(stage, telling, &sent)
}

fn send(stage: &mut Stage, agency: AgencyId, share: Figures, key: Option<SendKey>) -> Held<Sent> {
    let file = stage.folder("files")?.join(format!("{agency}-{YEAR}.csv"));
    share.write(&file)?;
    let mut sending = Sending::of(&file, ANNUAL).period(YEAR);
    if let Some(key) = key {
        sending = sending.key(key);
        stage.kept_key = Some(key);
    }
    let desk = stage.returns_desk(&agency)?;
    let (said, reply) = desk.asks(sending.words(), 0)?;
    stage.receipts.push(Receipt::of(&desk, &reply, Some(&file)));
    Ok(Sent { agency, said, reply, share, file })
}

fn show(telling: &mut Telling, sent: &[Sent]) {
    let table: Vec<Vec<String>> = sent
        .iter()
        .map(|sent| {
            let counts = sent.reply.get("counts").cloned().unwrap_or_default();
            vec![
                sent.agency.to_string(),
                sent.share.count().to_string(),
                text(&sent.reply, "index"),
                text(&sent.reply, "version"),
                text(&sent.reply, "queued_to"),
                number(&counts, "queries").to_string(),
                short(&text(&sent.reply, "submission")),
            ]
        })
        .collect();
    let heading = ["agency", "figures", "recorded at", "version", "queued to", "queries", "submission"];
    telling.table("Returns recorded", &heading, &table);
}

/// Every receipt is verified by its holder, and one is shown with what it proves.
fn receipts(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    let receipts = stage.receipts.clone();
    for receipt in &receipts {
        stage.verify(receipt)?;
    }
    let first = there("a receipt", receipts.first())?;
    let file = first.file.display().to_string();
    let (said, proven) = stage.person(&first.holder)?.asks(&["receipt", "verify", &file], 0)?;
    telling.say("Each agency holds a receipt and proves it offline, with the log's public key alone:");
    telling.typed(&said);
    let names =
        ["log", "agency", "return_type", "period", "version", "content", "recorded_at", "index", "tree_size"];
    let rows: Vec<Vec<String>> =
        names.iter().map(|name| vec![name.replace('_', " "), text(&proven, name)]).collect();
    telling.table("What a receipt proves", &["of", "it is proven that it is"], &rows);
    same("the submission that is proven", &first.submission, &text(&proven, "submission"))?;
    same("receipts verified", receipts.len() as u64, stage.verified)?;
    let words = format!("{} receipts, {} verified", receipts.len(), stage.verified);
    telling.found("receipts_verified", &words, stage.verified);
    Ok(())
}

/// The three findings that the published figures are known to hold, with the figures compared.
fn findings(telling: &mut Telling, sent: &[Sent]) -> Held<()> {
    let (team, council) = (of(sent, TEAM)?, of(sent, COUNCIL)?);
    let spent = team.share.sum(PRINTED, |code| code.starts_with("FIN-EXP-") && code != "FIN-EXP-TOTALEXP");
    let total = team.share.value("FIN-EXP-TOTALEXP", PRINTED)?;
    let courses = team.share.sum(PRINTED, |code| code.starts_with("TRN-C") && code.ends_with("-SESS"));
    let sessions = team.share.value("TRN-SESS", PRINTED)?;
    let change = council.share.value("CSC-CP-CPP-CHG", PRINTED)?;
    let left = council.share.value("CSC-CP-CPP", "2023-03-31")?;
    let mut table = Vec::new();
    let mut facts = Vec::new();
    for (name, at, one, other) in [
        ("expenditure", team, spent, total),
        ("courses", team, courses, sessions),
        ("change", council, change, left),
    ] {
        let claim = format!("a finding about {name}: {} beside {}", thousands(one), thousands(other));
        holds(&claim, one != other, "that both are the same")?;
        let finding = there(&claim, speaking_of(&at.reply, &[one, other]))?;
        table.push(vec![
            at.agency.to_string(),
            text(&finding, "rule"),
            text(&finding, "severity"),
            text(&finding, "figures"),
            text(&finding, "text"),
        ]);
        facts.push(json!({"about": name, "agency": at.agency.as_str(), "rule": text(&finding, "rule"),
            "figures": text(&finding, "figures"), "printed": [one, other]}));
    }
    telling.say("The broker accepts them, and asks about what it found by computing. Three of its queries:");
    telling.table("Queries", &["agency", "rule", "weight", "figures", "words"], &table);
    telling.fact("findings", facts);
    Ok(())
}

/// Sums that are right stay quiet; with one digit changed the same rule speaks.
fn quiet(stage: &Stage, telling: &mut Telling, sent: &[Sent]) -> Held<()> {
    let (team, council) = (of(sent, TEAM)?, of(sent, COUNCIL)?);
    let mut facts = Vec::new();
    for (sent, total, parts, period) in [
        (team, "TRN-BOOKED", &["TRN-ATT", "TRN-CANC", "TRN-DNA"][..], PRINTED),
        (council, "DCS-NUM", &["DCS-F", "DCS-M"][..], "2023-03-31"),
    ] {
        let whole = sent.share.value(total, period)?;
        let parts: Vec<i64> = parts.iter().map(|part| sent.share.value(part, period)).collect::<Held<_>>()?;
        let sum: Vec<String> = parts.iter().map(|part| thousands(*part)).collect();
        let words = format!("{} = {} stays quiet", sum.join(" + "), thousands(whole));
        same(&format!("{total}, as its parts add up"), whole, parts.iter().sum())?;
        let silent = speaking_of(&sent.reply, &[whole, whole]).or_else(|| speaking_of(&sent.reply, &[whole]));
        holds(&words, silent.is_none(), silent.map(|finding| text(&finding, "text")).unwrap_or_default())?;
        let spoke = wrong(stage, sent, total, whole)?;
        let words = format!(
            "{words}; with one digit changed on a copy, {} says: {}",
            text(&spoke, "rule"),
            text(&spoke, "figures")
        );
        telling.found(&format!("quiet_{}", total.to_lowercase().replace('-', "_")), &words, whole);
        facts.push(spoke);
    }
    telling.fact("spoke_on_a_changed_copy", facts);
    Ok(())
}

/// What the client finds, offline, in a copy in which one digit of a total is changed.
fn wrong(stage: &Stage, sent: &Sent, total: &str, whole: i64) -> Held<Value> {
    let (changed, digit) = sent.share.with_one_digit_changed(sent.share.row_of(total, whole)?)?;
    let file = stage.folder("files")?.join(format!("{}-{total}-changed.csv", sent.agency));
    changed.write(&file)?;
    let desk = stage.returns_desk(&sent.agency)?;
    let file = file.display().to_string();
    let (_, found) = desk.asks(&["validate", "--type", ANNUAL, "--period", YEAR, &file], 0)?;
    let after: i64 = there("a whole number", digit.after.parse().ok())?;
    there(&format!("a finding about {total} once a digit is changed"), speaking_of(&found, &[whole, after]))
}

/// Only five columns leave the client.
fn leaves(stage: &Stage, telling: &mut Telling, sent: &[Sent]) -> Held<()> {
    let council = of(sent, COUNCIL)?;
    let desk = stage.returns_desk(&council.agency)?;
    let id = text(&council.reply, "submission");
    let (said, fetched) = desk.asks(&["inbox", "fetch", &id, "--purpose", "P4-partnership-assurance"], 0)?;
    let tables = rows(&fetched, "tables");
    let table = there("a table in what was recorded", tables.first())?;
    let recorded = text(table, "columns");
    same("the columns that were recorded", "area indicator period value unit", &recorded)?;
    let kept = council.share.columns();
    for column in ["notes", "source_section", "seed_line"] {
        holds("the file has columns that stay behind", kept.contains(&column), kept.join(" "))?;
    }
    holds("no note left the client", !said.stdout.contains("DOC-CHECK"), "a note in what was recorded")?;
    let words = format!(
        "the file has {} columns; only {} left the client: {recorded}",
        kept.len(),
        recorded.split(' ').count()
    );
    telling.found("columns_recorded", &words, recorded.split(' ').map(str::to_owned).collect::<Vec<_>>());
    telling.fact(
        "file_of_the_council",
        council.file.display().to_string().replace(&stage.root.display().to_string(), "DEMO"),
    );
    Ok(())
}

/// A recipient collects through its profile and confirms; one who is none hears nothing.
fn delivered(stage: &Stage, telling: &mut Telling, sent: &[Sent]) -> Held<()> {
    let council = of(sent, COUNCIL)?;
    let id = text(&council.reply, "submission");
    let manager = stage.person(MANAGER)?;
    let listed = |data: &Value| rows(data, "items").iter().any(|item| text(item, "submission") == id);
    let (_, inbox) = manager.asks(&["inbox", "list"], 0)?;
    holds("the partnership's inbox has the council's return", listed(&inbox), "an inbox without it")?;
    let (said, fetched) =
        manager.asks(&["inbox", "fetch", &id, "--purpose", "P4-partnership-assurance"], 0)?;
    telling.say("The partnership team collects the council's return, through the profile that policy applies, and confirms it:");
    telling.typed(&said);
    manager.runs(&["inbox", "ack", &id])?.ended(0)?;
    let suppressed = number(&fetched, "suppressed_cells");
    let withheld = text(&fetched, "withheld_tables");
    holds("small numbers do not reach a recipient", suppressed > 0 || !withheld.is_empty(), "every figure")?;
    let words = format!(
        "profile {}: {suppressed} small numbers suppressed; tables withheld whole: {}",
        text(&fetched, "profiles"),
        if withheld.is_empty() { "none" } else { &withheld }
    );
    telling.found("suppressed_cells", &words, suppressed);
    let (_, status) = stage.returns_desk(&council.agency)?.asks(&["status", &id], 0)?;
    let deliveries = rows(&status, "deliveries");
    let own = deliveries.iter().find(|delivery| text(delivery, "recipient") == TEAM);
    same(
        "the council sees that the partnership has it",
        "acknowledged",
        &own.map(|own| text(own, "state")).unwrap_or_default(),
    )?;
    let table: Vec<Vec<String>> = deliveries
        .iter()
        .map(|delivery| vec![text(delivery, "recipient"), text(delivery, "state")])
        .collect();
    telling.table("Where the council's return went", &["recipient", "state"], &table);
    let stranger = stage.returns_desk(
        &"city-education".parse().map_err(|e| crate::demo::claim::Broken::failed("naming an agency", e))?,
    )?;
    let (_, inbox) = stranger.asks(&["inbox", "list"], 0)?;
    holds("an agency that is no recipient does not have it", !listed(&inbox), "the return in its inbox")?;
    holds("nothing of it was said to be there already", !yes(&council.reply, "already"), "already")
}

fn of<'s>(sent: &'s [Sent], agency: &str) -> Held<&'s Sent> {
    there(&format!("a submission by {agency}"), sent.iter().find(|sent| sent.agency.as_str() == agency))
}

/// The finding whose figures name all these numbers.
fn speaking_of(reply: &Value, numbers: &[i64]) -> Option<Value> {
    rows(reply, "findings").into_iter().find(|finding| {
        let named = numbers_in(&text(finding, "figures"));
        numbers.iter().all(|number| named.contains(number))
    })
}

/// Every whole number in a text, thousands parted or not.
fn numbers_in(figures: &str) -> Vec<i64> {
    let plain = figures.replace(',', "");
    plain.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_known_by_the_figures_it_names() {
        let reply = json!({"findings": [{"figures": "418,721 against 418,722"}, {"figures": null}]});
        assert!(speaking_of(&reply, &[418_721, 418_722]).is_some());
        assert!(speaking_of(&reply, &[418_721, 1]).is_none());
        assert!(speaking_of(&reply, &[721]).is_none());
    }
}
