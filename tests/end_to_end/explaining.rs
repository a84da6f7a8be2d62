//! Queries never refuse; what their sender answers is kept with the return and shown to whoever may see them.

use std::collections::BTreeMap;
use std::path::Path;

use concordat_cli::workbook;
use concordat_tests::sender::holds;
use serde_json::{Value, json};

use super::templates::{fixtures, type_rows};

const QUARTER: [&str; 4] = ["--type", "cds-csc-quarterly", "--period", "2022-23/Q4"];

/// Two contradictions: 12% should be 14.1%, and 17% should be 8.4%.
const QUERIED: &str = "area,period,contacts,commentary\n\
    E09000012,2022-23/Q4,355,\"12% from 311 to 355; 34 (17%) of 405\"\n";

fn rules(data: &Value, severity: &str) -> Vec<String> {
    let findings = data["findings"].as_array().unwrap_or_else(|| panic!("no findings in {data}"));
    let of = findings.iter().filter(|finding| finding["severity"] == severity);
    of.map(|finding| format!("{} {} {}", finding["rule"], finding["text"], finding["figures"])).collect()
}

#[test]
fn an_explanation_is_kept_with_its_return_and_what_is_left_is_shown_as_unexplained() {
    let mut scene = super::scene();
    let sender = scene.person("hackney-council/returns", &["submitter"]);
    let manager = scene.person("chscp/manager", &["partnership-manager"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let file = scene.file("queried.csv", QUERIED);
    let run = |command: &str, more: &[&str]| {
        let args = [&[command], &QUARTER[..], &[&file], more, &["-o", "json"]].concat();
        sender.run(&args).ended(0).data()
    };
    let offline = run("validate", &[]);
    assert_eq!((&offline["unexplained"], &offline["explained"]), (&json!(["N1", "N3"]), &json!([])));
    let explain = ["--explain", "N1=confirmed_correct:both figures were counted again"];
    let offline = run("validate", &explain);
    assert_eq!((&offline["unexplained"], &offline["explained"]), (&json!(["N3"]), &json!(["N1"])));
    let sent = run("submit", &explain);
    assert_eq!(sent["unexplained"], json!(["N3"]));
    assert_eq!(rules(&offline, "query"), rules(&sent, "query"), "the broker asks what the client asks");
    assert_eq!(rules(&sent, "query").len(), 2);
    let submission = super::submission_of(&sent);
    let status = || sender.run(&["status", &submission, "-o", "json"]).ended(0).data();
    let told = json!(["N1=confirmed_correct:both figures were counted again"]);
    let missing = || {
        let said = manager.run(&["missing", "--all", "-o", "json"]).ended(0);
        assert!(!said.out.contains("counted again"), "counts only: {}", said.out);
        let data = said.data();
        let rows = data["rows"].as_array().unwrap().clone();
        rows.into_iter()
            .find(|row| row["agency"] == "hackney-council" && row["period"] == "2022-23/Q4")
            .unwrap_or_else(|| panic!("no row in {data}"))
    };
    for _ in 0..2 {
        let status = status();
        assert_eq!((&status["queries"], &status["unexplained"]), (&json!(2), &json!(["N3"])), "{status}");
        assert_eq!(status["explanations"], told);
        assert_eq!(missing()["state"], "accepted_with_queries");
        assert_eq!(missing()["unexplained"], 1);
        // the same after a restart
        scene.stop();
        assert!(!holds(&scene.dir, b"counted again"), "an explanation lies in the clear");
        scene.start();
    }
    let accepted = super::entries(&auditor, "accepted");
    assert!(
        accepted[0]["summary"].as_str().unwrap().contains("2 queries, 1 explanations given"),
        "{accepted:?}"
    );
    // the same content again is the same submission, and says so
    let again = sender.run(&[&["submit"], &QUARTER[..], &[&file, "--explain", "N3=other:known"]].concat());
    assert!(again.ended(0).out.contains("its explanations are those sent then"));
    assert_eq!(status()["explanations"], told);
}

#[test]
fn an_explanation_that_holds_a_number_of_a_person_or_answers_nothing_is_not_taken() {
    let mut scene = super::scene();
    let sender = scene.person("hackney-council/returns", &["submitter"]);
    let auditor = scene.person("chscp/auditor", &["auditor"]);
    let file = scene.file("queried.csv", QUERIED);
    for explanation in ["N1=other:see 943 476 5919", "N1=other:as agreed with Jamie Okafor", "N2=other:right"]
    {
        for how in [&["--explain", explanation][..], &["--explain", explanation, "--no-check"]] {
            let said = sender.run(&[&["submit"], &QUARTER[..], &[&file], how].concat());
            assert_eq!(said.code, 3, "{said:?}");
            assert!(!said.err.contains("943") && !said.err.contains("Jamie"), "{said:?}");
        }
    }
    assert!(super::entries(&auditor, "accepted").is_empty());
    assert_eq!(super::entries(&auditor, "refused").len(), 3, "those that were sent unchecked");
    let wrong = sender.run(&[&["submit"], &QUARTER[..], &[&file, "--explain", "N1=whim:right"]].concat());
    assert!(wrong.ended(2).err.contains("the codes are confirmed_correct, late_data"));
    scene.stop();
    let log = scene.service_log();
    assert!(!log.contains("943 476 5919") && !log.contains("Okafor"), "{log}");
    assert!(!holds(&scene.dir, b"943 476 5919") && !holds(&scene.dir, b"Okafor"));
}

fn row(at: u32, cells: &[&str]) -> String {
    let cell = |text: &&str| match text.strip_prefix('=') {
        Some(formula) => format!("<c><f>{formula}</f><v>355</v></c>"),
        None => format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>"),
    };
    format!("<row r=\"{at}\">{}</row>", cells.iter().map(cell).collect::<String>())
}

#[test]
fn answers_in_the_file_itself_are_kept_with_its_return_also_to_what_was_asked_where_it_was_read() {
    let mut scene = super::scene();
    let sender = scene.person("hackney-council/returns", &["submitter"]);
    let path = scene.folder("files").join("quarter.xlsx").to_string_lossy().into_owned();
    let _ = sender.run(&["template", "cds-csc-quarterly", "--out", &path]).ended(0);
    let headings = sender.run(&["template", "cds-csc-quarterly"]).ended(0).out;
    let figures = |name: &str| match name {
        "area" => "E09000012",
        "period" => "2022-23/Q4",
        "contacts" => "=300+55",
        "commentary" => "12% from 311 to 355; 34 (17%) of 405",
        _ => "",
    };
    let figures: Vec<&str> = headings.trim_end().split(',').map(figures).collect();
    let answers = [
        row(8, &["N1", "confirmed_correct", "both figures were counted again"]),
        row(9, &["cell-formula", "other", "the sum of two teams"]),
    ];
    type_rows(Path::new(&path), &BTreeMap::from([(1, row(2, &figures)), (3, answers.concat())]));
    let run = |command: &str, more: &[&str]| {
        sender.run(&[&[command], &QUARTER[..], &[&path], more, &["-o", "json"]].concat())
    };
    for command in ["validate", "submit"] {
        let twice = run(command, &["--explain", "N1=other:so"]);
        assert!(twice.ended(2).err.contains("`N1` is answered twice"), "neither is guessed to be meant");
    }
    let offline = run("validate", &[]).ended(0).data();
    let copy = scene.folder("files").join("copy.xlsx");
    let shown = copy.to_string_lossy().into_owned();
    let sent = run("submit", &["--report", &shown]).ended(0).data();
    for data in [&offline, &sent] {
        assert_eq!(
            (&data["explained"], &data["unexplained"]),
            (&json!(["N1", "cell-formula"]), &json!(["N3"]))
        );
    }
    let status = sender.run(&["status", &super::submission_of(&sent), "-o", "json"]).ended(0).data();
    let kept = json!([
        "N1=confirmed_correct:both figures were counted again",
        "cell-formula=other:the sum of two teams"
    ]);
    assert_eq!((&status["explanations"], &status["unexplained"]), (&kept, &json!(["N3"])));
    // the copy asks for what is left, and is the same return
    let asks = workbook::rows_of(&std::fs::read(&copy).unwrap(), "answers", 100).unwrap().unwrap();
    let asks: Vec<&str> = asks[1..4].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(asks, ["N1", "cell-formula", "N3"]);
    let again = sender.run(&[&["submit"], &QUARTER[..], &[&shown, "-o", "json"]].concat()).ended(0).data();
    assert_eq!((&again["already"], &again["submission"]), (&json!(true), &sent["submission"]));
    let taken = run("submit", &["--report", &shown]).ended(2);
    assert!(taken.err.contains("is there already"), "{taken:?}");
}

#[test]
fn answers_beside_a_census_are_kept_with_it_and_are_no_part_of_it() {
    let mut scene = super::scene();
    let sender = scene.person("hackney-council/returns", &["submitter"]);
    let folder = scene.folder("census");
    // an assessment that is still open 45 working days after it began
    let text = fixtures::IN_NEED
        .replace("<AssessmentAuthorisationDate>2023-11-19</AssessmentAuthorisationDate>", "")
        .replace("2023-10-10</AssessmentActual", "2024-01-25</AssessmentActual");
    std::fs::write(folder.join("message.xml"), text).unwrap();
    let shown = folder.to_string_lossy().into_owned();
    let run = |command: &str| sender.run(&[command, "--type", "cin-census", &shown, "-o", "json"]);
    let rule = "8670Q";
    assert_eq!(run("validate").ended(0).data()["unexplained"], json!([rule]));
    std::fs::write(folder.join("answers.csv"), format!("rule,code,text\n{rule},known_issue,mended in May\n"))
        .unwrap();
    let sent = run("submit").ended(0).data();
    assert_eq!((&sent["explained"], &sent["unexplained"]), (&json!([rule]), &json!([])));
    let status = sender.run(&["status", &super::submission_of(&sent), "-o", "json"]).ended(0).data();
    assert_eq!(status["explanations"], json!([format!("{rule}=known_issue:mended in May")]));
}
