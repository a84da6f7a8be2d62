//! Step 4: the business clock passes the deadline; the broker itself notices who is missing, once.

use concordat_core::clock::ZONE;
use concordat_core::ids::AgencyId;
use concordat_core::refusal::Refusal;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;

use crate::demo::claim::{Broken, Held, holds, same, there};
use crate::demo::json::{columns, number, rows, text, yes};
use crate::demo::sending::Sending;
use crate::demo::stage::{ANNUAL, MANAGER, Receipt, Stage, YEAR};
use crate::demo::telling::Telling;
use crate::demo::unchecked;

/// What 20 working days after 31 March 2023 come to, with Easter and the early May holiday.
const DEADLINE: &str = "2023-05-03";
const QUARTERLY: &str = "cds-police-quarterly";
const QUARTER: &str = "2022-23/Q4";
const ATTESTATION: &str = "lado-attestation-monthly";
const MONTH: &str = "2023-03";
const SHOWN: [&str; 7] =
    ["agency", "return_type", "period", "state", "due", "working_days_late", "last_accepted"];

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    let police = stage.police();
    let due = deadline(stage, &police)?;
    telling.say(&format!("The annual return for {YEAR} is due on {due}. The operator moves the sample's business clock to the morning after; certificates keep the machine's time."));
    let raised_before = overdue(stage, &police)?;
    same("police returns of the year that are overdue before the deadline", 0, annual(&raised_before))?;
    let moved_to = move_clock(stage, telling, due)?;
    let raised = overdue(stage, &police)?;
    once_each(&raised, &police)?;
    show(stage, telling, "What the manager sees of the police", &police)?;
    let words = format!("the broker raised {} police returns as overdue by itself, each once", raised.len());
    telling.found("overdue_raised", &words, raised.len());
    let fails = stage.person(MANAGER)?.runs(&["missing", "--fail-on", "missing"])?.ended(6)?;
    telling.found(
        "fail_on_exit_code",
        "`missing --fail-on missing` ends with exit code 6, for scripts",
        fails.code,
    );
    restart(stage, telling, &police, moved_to)?;
    late(stage, telling, &police)?;
    nil(stage, telling, &police)?;
    cleared(stage, telling, &police)
}

/// The deadline of the annual return, as the broker computes it for the police.
fn deadline(stage: &Stage, police: &[AgencyId]) -> Held<Date> {
    let (_, missing) = stage.person(MANAGER)?.asks(&["missing", "--type", ANNUAL, "--all"], 0)?;
    let rows = rows(&missing, "rows");
    let of_police = |row: &&Value| police.iter().any(|agency| text(row, "agency") == agency.as_str());
    let mut dues: Vec<String> = rows
        .iter()
        .filter(of_police)
        .filter(|row| text(row, "period") == YEAR)
        .map(|row| text(row, "due"))
        .collect();
    same("police that owe the annual return", police.len(), dues.len())?;
    dues.dedup();
    same("the deadline", DEADLINE, &dues.join(" "))?;
    DEADLINE.parse().map_err(|e: jiff::Error| Broken::failed("reading the deadline", e))
}

fn move_clock(stage: &Stage, telling: &mut Telling, due: Date) -> Held<Timestamp> {
    let morning = due.saturating_add(1.day()).at(9, 0, 0, 0).in_tz(ZONE);
    let moved_to = morning.map_err(|e| Broken::failed("reckoning the morning after", e))?.timestamp();
    let to = moved_to.to_string();
    let broker = stage.broker_word();
    let moved = stage.operator.runs(&["clock", &broker, "--to", &to])?.ended(0)?;
    telling.typed(&moved);
    let back = stage.operator.runs(&["clock", &broker, "--to", "2023-04-20T09:00:00Z"])?;
    holds("the clock moves forward only", back.code != 0, "that it moved back")?;
    let (_, entries) = stage.entries(&["--class", "clock_moved"])?;
    same("entries that say the clock was moved", 1, entries.len())?;
    let by = entries.first().map(|entry| text(entry, "who")).unwrap_or_default();
    telling.found(
        "clock_moved_by",
        &format!("the move is an entry, by {by}; a move back is refused"),
        by.clone(),
    );
    let (said, missing) = stage.person(MANAGER)?.asks(&["missing"], 0)?;
    holds(
        "the client says DEMO CLOCK",
        said.stderr.contains("DEMO CLOCK") && yes(&missing, "demo_clock"),
        said.stderr,
    )?;
    telling.fact("as_at", text(&missing, "as_at"));
    Ok(moved_to)
}

/// The entries that raise a police return as overdue.
fn overdue(stage: &Stage, police: &[AgencyId]) -> Held<Vec<Value>> {
    let (_, entries) = stage.entries(&["--class", "overdue_raised"])?;
    let of_police = |entry: &Value| police.iter().any(|agency| text(entry, "agency") == agency.as_str());
    Ok(entries.into_iter().filter(of_police).collect())
}

fn annual(entries: &[Value]) -> usize {
    entries.iter().filter(|entry| text(entry, "return_type") == ANNUAL).count()
}

/// Every police force was raised for the year, and nothing was raised twice.
fn once_each(entries: &[Value], police: &[AgencyId]) -> Held<()> {
    same("overdue entries for the police and the year", police.len(), annual(entries))?;
    let owed = |entry: &Value| ["agency", "return_type", "period"].map(|name| text(entry, name)).join(" ");
    let mut different: Vec<String> = entries.iter().map(owed).collect();
    different.sort();
    different.dedup();
    same("overdue entries, each for another obligation", entries.len(), different.len())
}

fn show(stage: &Stage, telling: &mut Telling, title: &str, police: &[AgencyId]) -> Held<()> {
    let mut shown = Vec::new();
    for agency in police {
        let (said, missing) = stage.person(MANAGER)?.asks(&["missing", "--agency", agency.as_str()], 0)?;
        if shown.is_empty() {
            telling.typed(&said);
        }
        shown.extend(rows(&missing, "rows"));
    }
    let mut table = columns(&shown, &SHOWN);
    for row in &mut table {
        if let Some(at) = row.last_mut() {
            *at = at.chars().take(10).collect();
        }
    }
    telling.table(title, &["agency", "return", "period", "state", "due", "late", "accepted"], &table);
    Ok(())
}

fn restart(stage: &mut Stage, telling: &mut Telling, police: &[AgencyId], moved_to: Timestamp) -> Held<()> {
    let raised = overdue(stage, police)?.len();
    stage.process.stop()?;
    stage.start("restart_after_clean_stop")?;
    let (_, missing) = stage.person(MANAGER)?.asks(&["missing"], 0)?;
    holds("the moved clock outlives a restart", yes(&missing, "demo_clock"), "the machine's time")?;
    // a broker looks for what is overdue when its clock is moved, so that an hour more makes it look again
    let later = moved_to
        .checked_add(SignedDuration::from_hours(1))
        .map_err(|e| Broken::failed("reckoning a time", e))?;
    let said = stage.operator.runs(&["clock", &stage.broker_word(), "--to", &later.to_string()])?.ended(0)?;
    telling.typed(&said);
    let again = overdue(stage, police)?;
    once_each(&again, police)?;
    same("overdue entries after a restart", raised, again.len())?;
    same("entries that say the clock was moved", 2, stage.entries(&["--class", "clock_moved"])?.1.len())?;
    let words = format!(
        "after a clean stop, a restart and another look there are still {} such entries, none twice",
        again.len()
    );
    telling.found("overdue_after_restart", &words, again.len());
    Ok(())
}

fn late(stage: &mut Stage, telling: &mut Telling, police: &[AgencyId]) -> Held<()> {
    telling.say("The police send their figures, a day late:");
    for (at, agency) in police.iter().enumerate() {
        let share = there("the police's figures", stage.shares.get(agency))?.clone();
        let file = stage.folder("files")?.join(format!("{agency}-{YEAR}.csv"));
        share.write(&file)?;
        let sending = Sending::of(&file, ANNUAL).period(YEAR);
        let desk = stage.returns_desk(agency)?;
        let (said, reply) = desk.asks(sending.words(), 0)?;
        if at == 0 {
            telling.typed(&said);
        }
        let receipt = Receipt::of(&desk, &reply, Some(&file));
        stage.verify(&receipt)?;
        stage.receipts.push(receipt);
    }
    Ok(())
}

/// A nil where the type allows one, and where it does not.
fn nil(stage: &mut Stage, telling: &mut Telling, police: &[AgencyId]) -> Held<()> {
    telling.say(
        "They declare that no matter met the designated officer's criteria in March, which is an answer:",
    );
    for (at, agency) in police.iter().enumerate() {
        let desk = stage.returns_desk(agency)?;
        let (said, reply) = desk.asks(Sending::nil(ATTESTATION).period(MONTH).words(), 0)?;
        if at == 0 {
            telling.typed(&said);
        }
        let receipt = Receipt::of(&desk, &reply, None);
        stage.verify(&receipt)?;
        stage.receipts.push(receipt);
    }
    let desk = stage.returns_desk(there("a police force", police.first())?)?;
    let refused = desk.runs(Sending::nil(QUARTERLY).period(QUARTER).words())?.ended(3)?;
    telling.typed(&refused);
    let offline = refused.stderr.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or_default();
    holds("the client says that there is no nil", offline.contains("nil"), offline)?;
    // the client stops it; a client that did not would hear the same from the broker
    let broker = unchecked::nil(&desk, QUARTERLY, QUARTER)?;
    same("the broker's reason", Refusal::NilNotAllowed.code(), &broker.code.clone().unwrap_or_default())?;
    let words = format!(
        "a nil of the quarter is refused, by the client ({offline}) and by the broker ({})",
        broker.what
    );
    telling.found("nil_refused", &words, broker.what.clone());
    Ok(())
}

fn cleared(stage: &Stage, telling: &mut Telling, police: &[AgencyId]) -> Held<()> {
    let (_, entries) = stage.entries(&["--class", "overdue_cleared"])?;
    for agency in police {
        let of = entries.iter().filter(|entry| text(entry, "agency") == agency.as_str());
        let cleared = of.filter(|entry| text(entry, "return_type") == ANNUAL).count();
        same(&format!("entries that clear the year of {agency}"), 1, cleared)?;
        let words = ["missing", "--agency", agency.as_str(), "--type", ANNUAL];
        let (_, missing) = stage.person(MANAGER)?.asks(&words, 0)?;
        let owed = rows(&missing, "rows");
        let year = there("the year among what is owed", owed.iter().find(|row| text(row, "period") == YEAR))?;
        holds("what came late is remembered as late", yes(year, "was_late"), text(year, "state"))?;
        holds("what came late was late", number(year, "working_days_late") > 0, "0 working days")?;
        holds(
            "what came late is accepted",
            text(year, "state").starts_with("accepted"),
            text(year, "state"),
        )?;
    }
    for agency in police {
        let (_, missing) = stage.person(MANAGER)?.asks(&["missing", "--agency", agency.as_str()], 0)?;
        for (of, period, state) in [(ATTESTATION, MONTH, "nil_declared"), (QUARTERLY, QUARTER, "overdue")] {
            let row = rows(&missing, "rows")
                .into_iter()
                .find(|row| text(row, "return_type") == of && text(row, "period") == period);
            same(
                &format!("the state of {of} of {agency}"),
                state,
                &row.map(|row| text(&row, "state")).unwrap_or_default(),
            )?;
        }
    }
    show(stage, telling, "What the manager sees of the police now", police)?;
    telling.found(
        "overdue_cleared",
        "the late returns clear the overdue ones, and stay remembered as late",
        entries.len(),
    );
    Ok(())
}
