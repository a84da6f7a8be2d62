//! Reads the demo's one JSON document and fails unless every step held.

use std::process::ExitCode;

fn main() -> ExitCode {
    let verdict = match std::env::args().nth(1) {
        Some(path) => check(&path),
        None => Err("name the file to check".to_owned()),
    };
    match verdict {
        Ok(words) => say(&words, ExitCode::SUCCESS),
        Err(words) => say(&words, ExitCode::FAILURE),
    }
}

#[expect(clippy::print_stderr, reason = "this binary's one way to speak")]
fn say(words: &str, code: ExitCode) -> ExitCode {
    eprintln!("{words}");
    code
}

fn check(path: &str) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
    let document: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| format!("{path} is not one JSON document: {e}"))?;
    let steps = document.get("steps").and_then(|steps| steps.as_array()).ok_or("there are no steps")?;
    if steps.len() < 9 {
        return Err(format!("{} steps where there should be 9", steps.len()));
    }
    let failed: Vec<String> = steps
        .iter()
        .filter(|step| step.get("ok").and_then(serde_json::Value::as_bool) != Some(true))
        .map(|step| step.get("name").map_or_else(|| "a step".to_owned(), ToString::to_string))
        .collect();
    if failed.is_empty() {
        Ok(format!("{} steps held", steps.len()))
    } else {
        Err(format!("did not hold: {}", failed.join(", ")))
    }
}
