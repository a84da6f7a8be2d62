//! The story from its first step to its last, and what it comes to.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::claim::{Broken, Held};
use super::stage::Stage;
use super::steps::{allegation, audit, broken, enrol, kill, overdue, policy, resend, submit};
use super::telling::{Telling, milliseconds};

struct Step {
    name: &'static str,
    title: &'static str,
    run: fn(&mut Stage, &mut Telling) -> Held<()>,
}

const STEPS: [Step; 9] = [
    Step { name: "enrol", title: "A partnership, a broker, and who takes part", run: enrol::run },
    Step { name: "submit", title: "The year's figures come in, all but the police's", run: submit::run },
    Step {
        name: "broken",
        title: "A broken return is refused, with findings that point at the cell",
        run: broken::run,
    },
    Step {
        name: "overdue",
        title: "The deadline passes, and the broker notices who is missing",
        run: overdue::run,
    },
    Step {
        name: "allegation",
        title: "An allegation reaches the one officer it is for",
        run: allegation::run,
    },
    Step { name: "resend", title: "Sending again, and correcting", run: resend::run },
    Step {
        name: "policy",
        title: "The sharing arrangement is changed by two people, who see what a change opens",
        run: policy::run,
    },
    Step { name: "kill", title: "The broker is killed in the middle of a burst", run: kill::run },
    Step { name: "audit", title: "The auditor asks who read what, and proves the log", run: audit::run },
];

/// Tells the whole story, or up to the step that breaks.
///
/// # Errors
/// What broke, after the step was named and everything was told.
pub fn tell(stage: &mut Stage, telling: &mut Telling) -> Result<(), String> {
    let begun = Instant::now();
    telling
        .line("Concordat, shown on this machine: a safeguarding partnership's year through a real broker.");
    telling.line(&format!(
        "DEMO stands for {} below. Figures: City & Hackney, annual report 2022/23.",
        stage.root.display()
    ));
    let mut broke = None;
    for (at, step) in STEPS.iter().enumerate() {
        telling.begin(at + 1, STEPS.len(), step.name, step.title);
        match (step.run)(stage, telling) {
            Ok(()) => telling.end(),
            Err(why) => {
                telling.broke(facts_of(&why), &why.to_string());
                broke = Some(format!("step {} ({}) does not hold: {why}", at + 1, step.name));
                break;
            }
        }
    }
    close(stage, telling, begun);
    broke.map_or(Ok(()), Err)
}

fn facts_of(why: &Broken) -> Map<String, Value> {
    let facts = match why {
        Broken::Claim { claim, expected, found } => {
            json!({"claim": claim, "expected": expected, "found": found})
        }
        Broken::Failed { doing, why } => json!({"doing": doing, "failed": why}),
    };
    match facts {
        Value::Object(facts) => facts,
        _ => Map::new(),
    }
}

/// The counts and timings, as they were measured.
fn close(stage: &Stage, telling: &mut Telling, begun: Instant) {
    let mut counts: Vec<(&str, Value)> = stage.counts.clone();
    counts.push(("receipts_verified", Value::from(stage.verified)));
    let steps = telling.steps().iter().map(|told| (told.name, told.took));
    let parts = stage.timings.iter().copied();
    let timings = steps.chain(parts).chain([("total", begun.elapsed())]);
    let timings: Vec<(&str, Value)> = timings.map(|(name, took)| (name, milliseconds(took))).collect();
    let rows = |of: &[(&str, Value)]| -> Vec<Vec<String>> {
        of.iter().map(|(name, value)| vec![name.replace('_', " "), value.to_string()]).collect()
    };
    telling.table("What it came to", &["count of", "number"], &rows(&counts));
    telling.table("How long it took", &["part", "milliseconds"], &rows(&timings));
    telling.document(&object(counts), &object(timings));
}

fn object(of: Vec<(&str, Value)>) -> Value {
    Value::Object(of.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
