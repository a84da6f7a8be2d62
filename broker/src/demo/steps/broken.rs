//! Step 3: a broken return, refused whole; what was wrong is named by cell and never repeated.

use serde_json::Value;

use crate::demo::claim::{Broken, Held, holds, same, there};
use crate::demo::json::{number, rows, text};
use crate::demo::sending::Sending;
use crate::demo::stage::{MANAGER, Stage};
use crate::demo::telling::Telling;
use crate::demo::tree;

const COUNCIL: &str = "hackney-council";
const TYPE: &str = "cds-csc-quarterly";
const QUARTER: &str = "2022-23/Q4";
/// A number of the range that the NHS keeps for tests: nobody's, with a right check digit.
const NHS_NUMBER: &str = "9990000018";

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    let file = stage.folder("files")?.join("broken-quarter.csv");
    let heading = "area,period,contacts,contacts_to_referral,referrals,rereferrals_12m,commentary";
    let row = format!("E09000012,{QUARTER},many,40,120,140,one family is known to health as {NHS_NUMBER}");
    std::fs::write(&file, format!("{heading}\n{row}\n")).map_err(|e| Broken::failed("writing a file", e))?;
    telling.say(&format!(
        "{COUNCIL} sends its quarter with three things wrong: a word where a count belongs, more re-referrals than referrals, and a person's number in the commentary."
    ));
    let desk = stage.person(&format!("{COUNCIL}/returns"))?;
    let before = stage.entries(&["--class", "refused"])?.1.len();
    let sending = Sending::of(&file, TYPE).period(QUARTER);
    let (offline, found) = desk.asks(sending.words(), 3)?;
    let offline_findings = errors(&found);
    let (said, reply) = desk.asks(sending.clone().unchecked().words(), 3)?;
    let findings = errors(&reply);
    telling.say("The client refuses to send it. Told to send it as it is, the broker refuses it with the same findings:");
    telling.typed(&said);
    let columns = ["row", "column", "rule", "text"];
    let table = crate::demo::json::columns(&findings, &columns);
    telling.table("Findings", &["row", "column", "rule", "words"], &table);
    telling.fact("findings", findings.clone());
    same("findings offline and at the broker", places(&offline_findings), places(&findings))?;
    for column in ["contacts", "referrals", "commentary"] {
        let named = findings.iter().any(|finding| text(finding, "column").contains(column));
        holds(&format!("an error that points at {column}"), named, places(&findings))?;
    }
    telling.found(
        "errors",
        &format!("{} errors, each with its row and column", findings.len()),
        findings.len(),
    );
    let table = desk.runs(sending.clone().unchecked().words())?.ended(3)?;
    silent(stage, telling, &[offline.everything(), said.everything(), table.everything()])?;
    nothing_accepted(stage, telling, before)
}

/// The number stands in no output and in no file but the sender's own.
fn silent(stage: &Stage, telling: &mut Telling, outputs: &[String]) -> Held<()> {
    let grouped = format!("{} {} {}", &nhs(0, 3), &nhs(3, 6), &nhs(6, 10));
    for output in outputs {
        let repeats = output.contains(NHS_NUMBER) || output.contains(&grouped);
        holds("no output repeats the number", !repeats, "an output that does")?;
    }
    let mut looked_at = 0;
    for path in tree::files(&stage.broker)?.into_iter().chain(tree::files(&stage.root.join("homes"))?) {
        // a file that the running broker has moved aside meanwhile holds nothing any more
        let Ok(bytes) = std::fs::read(&path) else { continue };
        looked_at += 1;
        let repeats = bytes.windows(NHS_NUMBER.len()).any(|window| window == NHS_NUMBER.as_bytes());
        holds("no file of the broker or of a client holds the number", !repeats, path.display())?;
    }
    let words =
        format!("{} outputs and {looked_at} files searched: the number is in none of them", outputs.len());
    telling.found("files_searched", &words, looked_at);
    Ok(())
}

fn nhs(from: usize, to: usize) -> String {
    NHS_NUMBER.get(from..to).unwrap_or_default().to_owned()
}

fn nothing_accepted(stage: &Stage, telling: &mut Telling, before: usize) -> Held<()> {
    let desk = stage.person(&format!("{COUNCIL}/returns"))?;
    let (_, pending) = desk.asks(&["status", "--pending"], 0)?;
    same("submissions whose outcome is open", 0, rows(&pending, "pending").len())?;
    let words = ["missing", "--agency", COUNCIL, "--type", TYPE, "--all"];
    let (_, missing) = stage.person(MANAGER)?.asks(&words, 0)?;
    let owed = rows(&missing, "rows");
    let quarter =
        there("the quarter among what is owed", owed.iter().find(|row| text(row, "period") == QUARTER))?;
    same("when the quarter was last accepted", "", &text(quarter, "last_accepted"))?;
    let state = text(quarter, "state");
    let (_, refused) = stage.entries(&["--class", "refused"])?;
    let (_, accepted) = stage.entries(&["--class", "accepted", "--agency", COUNCIL])?;
    let of_quarter = accepted.iter().filter(|entry| text(entry, "return_type") == TYPE).count();
    same("accepted entries of the quarter", 0, of_quarter)?;
    same("refusals recorded", before + 2, refused.len())?;
    let words =
        format!("nothing of it was accepted: the quarter stands as `{state}`, and each refusal is an entry");
    telling.found("state", &words, state);
    telling.fact("missing", number(&missing, "missing"));
    Ok(())
}

fn errors(reply: &Value) -> Vec<Value> {
    rows(reply, "findings").into_iter().filter(|finding| text(finding, "severity") == "error").collect()
}

fn places(findings: &[Value]) -> String {
    let mut places: Vec<String> = findings
        .iter()
        .map(|finding| {
            format!("row {} {} {}", text(finding, "row"), text(finding, "column"), text(finding, "rule"))
        })
        .collect();
    places.sort();
    places.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invented_number_is_of_the_test_range_and_has_a_right_check_digit() {
        let digits: Vec<u32> = NHS_NUMBER.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let sum: u32 = digits.iter().take(9).zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
        assert!(NHS_NUMBER.starts_with("999") && (11 - sum % 11) % 11 == digits[9]);
    }
}
