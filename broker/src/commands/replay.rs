//! `replay`: the log's decisions made again.

use concordat_flow::{Differs, Generation, Replayed};
use serde_json::{Value, json};

use crate::args::ReplayArgs;
use crate::bundle;
use crate::compose::{Broker, wrong_with};
use crate::config::Config;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// The name and version of what `--json` prints.
const SCHEMA: &str = "concordat-broker/replay/1";

/// Makes every decision again and prints each that does not follow from the policies of its time, with exit code 1
/// when there is one; or, under other policies, each that would come out otherwise.
///
/// # Errors
/// [`Failure`] when a broker runs, the log cannot be read, or the other policies are wrong.
pub async fn run(args: ReplayArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    let other = match &args.under {
        Some(folder) => {
            let files = bundle::read(folder).map_err(|e| Failure::of("reading the other policies", &e))?;
            wrong_with(files.clone())?;
            Some(Generation::build(files).map_err(|_| Failure::new("the other policies are wrong"))?)
        }
        None => None,
    };
    let broker = Broker::open(&config).await?;
    let flow = std::sync::Arc::clone(broker.flow());
    let days = args.days;
    let reading = move || match &other {
        Some(generation) => flow.replay_under(generation, days, u64::MAX).map(|found| (found, true)),
        None => flow.replay().map(|found| (found, false)),
    };
    let done = tokio::task::spawn_blocking(reading).await;
    let done = done.map_err(|_| Failure::new("the replay did not come to an end"))?;
    broker.close().await?;
    let (replayed, is_other) = done.map_err(|fault| Failure::from_fault("reading the log", &fault))?;
    if args.json {
        printer.data(&as_json(&replayed).to_string());
    } else {
        replayed.differ.iter().for_each(|one| printer.data(&in_words(one)));
    }
    let what =
        if is_other { "would come out otherwise" } else { "do not follow from the policies of their time" };
    printer.say(&format!(
        "{} decisions in {} entries: {} {what}",
        replayed.decisions, replayed.entries, replayed.differing
    ));
    Ok(if is_other || replayed.differing == 0 { Exit::Ok } else { Exit::Failure })
}

fn in_words(one: &Differs) -> String {
    let owner = one.owner.as_ref().map_or_else(String::new, |owner| format!(" of {owner}"));
    format!(
        "entry {} ({}): {} asks to {}{owner}: {}; made again: {}",
        one.index, one.recorded_at, one.agency, one.asked, one.was, one.now
    )
}

fn as_json(replayed: &Replayed) -> Value {
    let differ: Vec<Value> = replayed
        .differ
        .iter()
        .map(|one| {
            json!({
                "entry": one.index,
                "recorded_at": one.recorded_at.to_string(),
                "agency": one.agency.to_string(),
                "asked": one.asked,
                "owner": one.owner.as_ref().map(ToString::to_string),
                "was": one.was,
                "now": one.now,
            })
        })
        .collect();
    json!({"schema": SCHEMA, "data": {
        "entries": replayed.entries,
        "decisions": replayed.decisions,
        "differing": replayed.differing,
        "decisions_that_differ": differ,
    }})
}
