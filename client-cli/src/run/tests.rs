use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::CommandFactory as _;
use concordat_core::clock::TestClock;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::context::Context;
use crate::context::tests::credentials;
use crate::definitions;
use crate::desk::Captured;

/// A desk whose user is enrolled as `met/desk`, with the made-up return type as its context's catalogue.
struct Office {
    dir: TempDir,
    desk: Desk,
    written: Captured,
}

impl Office {
    fn new() -> Self {
        let office = Self::unenrolled();
        let context = Contexts::under(&office.desk.home).store("met", &credentials()).unwrap();
        definitions::tests::keep_files(
            &context,
            &[("returns/visits-monthly.toml", include_str!("visits.toml"))],
        );
        office
    }

    fn unenrolled() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = TestClock::at("2023-05-03T10:00:00Z".parse().unwrap());
        let (desk, written) = Desk::captured(dir.path().join("home"), Arc::new(clock));
        Self { dir, desk, written }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn context(&self) -> Context {
        Contexts::under(&self.desk.home).open("met").unwrap()
    }

    async fn run(&mut self, command: &str, file: Option<&Path>) -> (u8, String, String) {
        let args = std::iter::once("concordat").chain(command.split_whitespace()).map(OsString::from);
        let code = run(args.chain(file.map(|file| file.as_os_str().to_owned())), &mut self.desk).await;
        (code, self.written.take_stdout(), self.written.take_stderr())
    }
}

mod answered;
mod events;
mod hints;
mod parted;
mod policies;
mod several;
mod wire;

const GOOD: &str = "area,visits,late,officer\nE09000012,10,1,Jo\n";
const BAD: &str = "area,visits,late\nE09000012,5,987654\nE09000001,x1,0\n";
const VALIDATE: &str = "validate --type visits-monthly --period 2023-03";

#[tokio::test]
async fn a_rejected_file_ends_with_3_and_names_every_place_and_no_value() {
    let mut office = Office::new();
    let file = office.file("bad.csv", BAD);
    let (code, stdout, stderr) = office.run(&format!("{VALIDATE} -o json"), Some(&file)).await;
    assert_eq!(code, 3, "{stderr}");
    let value: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(value["schema"], "concordat.validate/1");
    let data = &value["data"];
    assert_eq!((&data["type"], &data["period"]), (&json!("visits-monthly"), &json!("2023-03")));
    assert_eq!((&data["accepted"], &data["counts"]["errors"]), (&json!(false), &json!(2)));
    let places: Vec<(&Value, &Value, &Value)> = data["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| (&finding["table"], &finding["row"], &finding["column"]))
        .collect();
    let main = json!("main");
    assert!(places.contains(&(&main, &json!(1), &json!("late"))), "{places:?}");
    assert!(places.contains(&(&main, &json!(2), &json!("visits"))), "{places:?}");
    let keys: Vec<&String> = data["findings"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["column", "figures", "record", "row", "rule", "severity", "table", "text"]);
    // the figures of a rule over counts are for the sender; nowhere else may a value stand
    let texts: String = data["findings"].as_array().unwrap().iter().map(|f| f["text"].to_string()).collect();
    assert!(!texts.contains("987654") && !stdout.contains("x1") && !stderr.contains("x1"), "{texts}");
}

#[tokio::test]
async fn a_good_file_is_accepted_with_its_queries_and_says_which_catalogue_and_columns() {
    let mut office = Office::new();
    let file = office.file("good.csv", GOOD);
    let (code, stdout, stderr) = office.run(VALIDATE, Some(&file)).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stdout.contains("[V-R2]")
            && stdout.ends_with(
                "no errors: 0 errors, 1 query, 0 for information, 0 not checked\n\
                 unexplained: V-R2; answer with --explain RULE=CODE:TEXT or in a file\n"
            ),
        "{stdout}"
    );
    assert!(stderr.contains("the catalogue of context `met`"), "{stderr}");
    assert!(stderr.contains("never leave this machine: officer") && !stderr.contains("Jo"), "{stderr}");
    let (_, _, stderr) = office.run(&format!("{VALIDATE} --quiet"), Some(&file)).await;
    assert_eq!(stderr, "");
}

#[tokio::test]
async fn the_standard_input_is_read_for_a_dash() {
    let mut office = Office::new();
    office.desk.stdin = Box::new(GOOD.as_bytes());
    assert_eq!(office.run(&format!("{VALIDATE} -"), None).await.0, 0);
    office.desk.stdin = Box::new(io::Cursor::new(workbook(|_| ())));
    let (code, stdout, stderr) = office.run(&format!("{VALIDATE} -"), None).await;
    assert!(code == 0 && stdout.contains("[V-R2]"), "{stdout}{stderr}");
}

/// The good file as a workbook, bent in one way.
fn workbook(bend: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["Area", "visits", "LATE", "officer"]).unwrap();
    sheet.write(1, 0, "E09000012").unwrap();
    sheet.write_row(1, 1, [10, 1]).unwrap();
    sheet.write(1, 3, "Jo").unwrap();
    bend(sheet);
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn a_template_is_csv_or_a_workbook_and_never_written_over_a_file() {
    let mut office = Office::new();
    let (code, stdout, stderr) = office.run("template visits-monthly", None).await;
    assert_eq!((code, stdout.as_str()), (0, "area,visits,late\r\n"), "{stderr}");
    let out = office.dir.path().join("new.XLSX");
    assert_eq!(office.run("template visits-monthly --out", Some(&out)).await.0, 0);
    let bytes = std::fs::read(&out).unwrap();
    assert!(bytes.starts_with(b"PK"), "the ending says that it is a workbook");
    let (code, _, stderr) = office.run("template visits-monthly -o csv --out", Some(&out)).await;
    assert!(code == 2 && stderr.contains("is there already"), "{stderr}");
    assert_eq!(std::fs::read(&out).unwrap(), bytes);
    for (command, words) in [
        ("template visits-monthly -o json", "use -o csv or -o xlsx"),
        ("template none", "there is no return type `none`"),
        ("template visits-monthly --period 2020-01", "in force for 2020-01"),
        ("types -o xlsx", "only `template` writes a workbook"),
    ] {
        let (code, _, stderr) = office.run(command, None).await;
        assert!(code == 2 && stderr.contains(words), "{command}: {stderr}");
    }
    office.desk.stdout_is_terminal = true;
    let (code, _, stderr) = office.run("template visits-monthly -o xlsx", None).await;
    assert!(code == 2 && stderr.contains("add --out"), "{stderr}");
}

#[tokio::test]
async fn a_report_marks_the_cells_lists_the_findings_and_can_be_checked_again_once_put_right() {
    let mut office = Office::new();
    let file = office.file("bad.csv", "Area;visits;late;officer\nE09000012;5;7;Jo\nE09000001;x1;0;0123\n");
    let out = office.dir.path().join("report.xlsx");
    let with_report = format!("{VALIDATE} --report {}", out.display());
    let (code, _, stderr) = office.run(&with_report, Some(&file)).await;
    assert!(code == 3 && stderr.contains("marked: `"), "{stderr}");
    let report = std::fs::read(&out).unwrap();
    let parts = parts(&report);
    let part = |name: &str| parts.iter().find(|(of, _)| of == name).map(|(_, text)| text.as_str()).unwrap();
    assert!(part("xl/sharedStrings.xml").contains("<t>0123</t>"), "cells stay text");
    assert!(part("xl/comments1.xml").contains("ref=\"C2\"") && part("xl/comments1.xml").contains("[V-R1]"));
    assert!(part("xl/comments1.xml").contains("ref=\"B3\"") && part("xl/styles.xml").contains("FFFFC7CE"));
    assert!(part("xl/workbook.xml").contains("name=\"findings\""));
    // the same findings in the same places from the copy
    let places = |stdout: &str| -> Vec<(Value, Value, Value)> {
        let value: Value = serde_json::from_str(stdout).unwrap();
        let findings = value["data"]["findings"].as_array().unwrap().clone();
        findings.into_iter().map(|f| (f["rule"].clone(), f["row"].clone(), f["column"].clone())).collect()
    };
    let (_, of_file, _) = office.run(&format!("{VALIDATE} -o json"), Some(&file)).await;
    let (code, of_copy, stderr) = office.run(&format!("{VALIDATE} -o json"), Some(&out)).await;
    assert_eq!((code, places(&of_copy)), (3, places(&of_file)), "{stderr}");
    let (code, stdout, stderr) = office.run(&with_report, Some(&file)).await;
    assert!(code == 2 && stdout.is_empty() && stderr.contains("is there already"), "{stderr}");
    assert_eq!(std::fs::read(&out).unwrap(), report);
    // of what is no table there are the findings alone
    let pdf = office.file("a.csv", "%PDF-1.7");
    let other = office.dir.path().join("other.xlsx");
    assert_eq!(office.run(&format!("{VALIDATE} --report {}", other.display()), Some(&pdf)).await.0, 3);
    assert!(std::fs::read(&other).unwrap().starts_with(b"PK"));
}

/// The text parts of a workbook.
fn parts(workbook: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(io::Cursor::new(workbook)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut part = archive.by_index(at).unwrap();
            let name = part.name().unwrap().into_owned();
            let mut text = String::new();
            io::Read::read_to_string(&mut part, &mut text).unwrap();
            (name, text)
        })
        .collect()
}

#[tokio::test]
async fn what_was_seen_in_reading_a_workbook_is_told_with_what_the_rules_find() {
    let mut office = Office::new();
    let path = office.dir.path().join("a.csv");
    let formula = rust_xlsxwriter::Formula::new("=5+5").set_result("10");
    std::fs::write(
        &path,
        workbook(|sheet| {
            sheet.write_formula(1, 1, formula).unwrap();
        }),
    )
    .unwrap();
    let (code, stdout, stderr) = office.run(VALIDATE, Some(&path)).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("[cell-formula]") && stdout.contains("[V-R2]"), "{stdout}");
    assert!(
        stdout.contains("row 1 is row 2 of the sheet") && stdout.contains("0 errors, 2 queries"),
        "{stdout}"
    );
    assert!(stderr.contains("never leave this machine: officer") && !stderr.contains("Jo"), "{stderr}");
    std::fs::write(
        &path,
        workbook(|sheet| {
            sheet.set_row_hidden(1).unwrap();
        }),
    )
    .unwrap();
    assert_eq!(office.run(VALIDATE, Some(&path)).await.0, 3);
}

#[tokio::test]
async fn text_in_another_encoding_is_read_and_its_encoding_said() {
    let mut office = Office::new();
    let path = office.dir.path().join("a.csv");
    std::fs::write(&path, b"area,visits,late,officer\nE09000012,10,1,Zo\xeb\n").unwrap();
    let (code, _, stderr) = office.run(VALIDATE, Some(&path)).await;
    assert!(code == 0 && stderr.contains("read as Windows-1252: if accents"), "{stderr}");
}

#[tokio::test]
async fn a_file_of_the_wrong_kind_or_period_ends_with_3_and_one_finding() {
    let mut office = Office::unenrolled();
    let csc = "validate --type cds-csc-quarterly --period 2022-23/Q4 -o json";
    let of_police = definitions::offline(None).unwrap().catalogue;
    let of_police = of_police.types().iter().find(|of| of.id.as_str() == "cds-police-quarterly").unwrap();
    let headings: Vec<&str> = of_police.fields.iter().map(|field| field.name.as_str()).collect();
    for (bytes, words) in [
        (b"%PDF-1.7".to_vec(), "this is a PDF"),
        (b"".to_vec(), "the file is empty"),
        (b"PK\x03\x04xl/workbook.xml".to_vec(), "the workbook is damaged"),
        (format!("{}\n", headings.join(";")).into_bytes(), "a file of `cds-police-quarterly`"),
        (b"area,period,contacts\nE09000012,2022-23/Q3,x\n".to_vec(), "this file is for 2022-23/Q3"),
        (b"CHILD,DOB,REVIEW,REVIEW_CODE\n1,2,3,4\n".to_vec(), "the SSDA903 return"),
    ] {
        let path = office.dir.path().join("a.csv");
        std::fs::write(&path, bytes).unwrap();
        let (code, stdout, stderr) = office.run(csc, Some(&path)).await;
        assert_eq!(code, 3, "{words}: {stderr}");
        let value: Value = serde_json::from_str(&stdout).unwrap();
        let findings = value["data"]["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1, "{words}: {findings:?}");
        assert!(findings[0]["text"].as_str().unwrap().contains(words), "{words}: {findings:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_understood_ends_with_2_and_says_what_to_do() {
    let mut office = Office::new();
    let file = office.file("good.csv", GOOD);
    for (command, words) in [
        ("validate --type visits-monthly --period 2023-13", "write 2022-23, 2022-23/Q1, 2022-04"),
        ("validate --type visits-monthly", "--period"),
        ("validate --type none --period 2023-03", "there is no return type `none`"),
        ("validate --type visits-monthly --period 2021-03", "not in force on 2021-03-31"),
        ("validate --type visits-monthly --period 2023-03 --area Hackney", "use a GSS code"),
        ("submit --type visits-monthly --period 2023-03 --replaces 00", "use 32 hex digits"),
        ("nonsense", "unrecognized"),
    ] {
        let (code, stdout, stderr) = office.run(command, Some(&file)).await;
        assert_eq!((code, stdout.as_str()), (2, ""), "{command}: {stderr}");
        assert!(stderr.contains(words), "{command}: {stderr}");
    }
    let (code, _, stderr) = office.run(VALIDATE, Some(Path::new("/nowhere/at-all.csv"))).await;
    assert_eq!(code, 2);
    assert!(stderr.contains("`/nowhere/at-all.csv` cannot be read: there is no such file"), "{stderr}");
    assert!(stderr.contains("\nhint: "), "{stderr}");
}

#[tokio::test]
async fn the_wrong_sort_of_period_is_a_finding() {
    let mut office = Office::new();
    let file = office.file("good.csv", GOOD);
    let (code, stdout, _) =
        office.run("validate --type visits-monthly --period 2022-23/Q4", Some(&file)).await;
    assert_eq!(code, 3);
    assert!(stdout.contains("[header-period]"), "{stdout}");
}

#[tokio::test]
async fn without_enrolment_a_broker_cannot_be_asked_and_files_can_be_checked() {
    let mut office = Office::unenrolled();
    for command in ["whoami", "missing", "inbox list", "audit verify", "status --pending", "context show"] {
        let (code, _, stderr) = office.run(command, None).await;
        assert_eq!(code, 4, "{command}");
        assert!(stderr.contains("hint: `concordat enrol"), "{stderr}");
    }
    let (code, stdout, stderr) = office.run("types -o json", None).await;
    assert_eq!(code, 0);
    assert!(stderr.contains("the built-in catalogue"), "{stderr}");
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["schema"], "concordat.types/1");
}

#[tokio::test]
async fn an_ended_certificate_is_shown_and_ends_with_4() {
    let mut office = Office::new();
    assert_eq!(office.run("context show", None).await.0, 0);
    office.desk.clock = Arc::new(TestClock::at("2023-05-31T00:00:00Z".parse().unwrap()));
    let (code, _, stderr) = office.run("context show", None).await;
    assert!(code == 0 && stderr.contains("ends in 1 days"), "{stderr}");
    office.desk.clock = Arc::new(TestClock::at("2023-06-01T00:00:01Z".parse().unwrap()));
    let (code, stdout, stderr) = office.run("context show -o json", None).await;
    assert_eq!(code, 4);
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["data"]["state"], "ended");
    assert!(stderr.contains("ask the operator for a new token"), "{stderr}");
    assert_eq!(office.run("missing", None).await.0, 4);
}

#[tokio::test]
async fn an_unreachable_broker_leaves_the_key_pending_and_a_second_run_reuses_it() {
    let mut office = Office::new();
    let file = office.file("good.csv", GOOD);
    let command = "submit --type visits-monthly --period 2023-03";
    let (code, stdout, stderr) = office.run(command, Some(&file)).await;
    assert_eq!((code, stdout.as_str()), (7, ""), "{stderr}");
    assert!(stderr.contains("queued: run the same command again, the same key will be used"), "{stderr}");
    let pending = crate::pending::Pending::of(&office.context()).unwrap();
    let first = pending.records().unwrap();
    assert_eq!((first.len(), first[0].covers.as_str()), (1, "2023-03"));
    let record = std::fs::read_dir(office.context().folder.join("pending")).unwrap().next().unwrap().unwrap();
    let text = std::fs::read_to_string(record.path()).unwrap();
    assert!(!text.contains("E09000012") && !text.contains("visits,"), "no content is kept: {text}");
    let (code, _, stderr) = office.run(command, Some(&file)).await;
    assert!(code == 7 && stderr.contains("the key on record is used"), "{stderr}");
    assert_eq!(pending.records().unwrap(), first);
}

#[tokio::test]
async fn a_return_with_errors_is_not_sent_and_leaves_nothing_pending() {
    let mut office = Office::new();
    let file = office.file("bad.csv", BAD);
    let command = "submit --type visits-monthly --period 2023-03 -o json";
    let (code, stdout, stderr) = office.run(command, Some(&file)).await;
    assert_eq!(code, 3);
    let value: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&value["schema"], &value["data"]["accepted"]), (&json!("concordat.submit/1"), &json!(false)));
    assert!(stderr.contains("nothing was sent: the return has errors"), "{stderr}");
    assert!(crate::pending::Pending::of(&office.context()).unwrap().records().unwrap().is_empty());
    let (code, _, stderr) = office.run(&format!("{command} --no-check"), Some(&file)).await;
    assert_eq!(code, 7, "as it is, it is sent: {stderr}");
}

#[tokio::test]
async fn contexts_are_listed_with_who_and_until_when() {
    let mut office = Office::new();
    let (code, stdout, _) = office.run("context list -o csv", None).await;
    assert_eq!(code, 0);
    let expected = "name,current,agency,principal,broker,certificate_until,state\n\
                    met,yes,met,desk,127.0.0.1:1,2023-06-01T00:00:00Z,valid\n";
    assert_eq!(stdout, expected);
    let (code, _, stderr) = office.run("context use other", None).await;
    assert!(code == 4 && stderr.contains("there are: met"), "{stderr}");
}

#[tokio::test]
async fn a_receipt_is_verified_without_a_broker() {
    let mut office = Office::new();
    let file = office.file("good.csv", GOOD);
    let subject = crate::file::Subject {
        return_type: "visits-monthly".parse().unwrap(),
        period: Some("2023-03".parse().unwrap()),
        areas: vec![],
        sheet: None,
    };
    let in_use = definitions::offline(Some(&office.context())).unwrap();
    let now = office.desk.clock.now();
    let of = crate::file::type_of(&in_use.catalogue, &subject, now).unwrap();
    let owner = crate::file::Owner { agency: "met".parse().unwrap(), areas: vec![] };
    let crate::file::Reading::Draft { draft, .. } =
        crate::file::read(&[(String::new(), GOOD.into())], &subject, &of, &owner, &in_use.catalogue).unwrap()
    else {
        panic!("the file reads")
    };
    let content = crate::file::content_digest(&draft.identity, false, &draft.tables);
    let receipt = crate::receipts::tests::receipt_for(&draft.identity, content);
    let receipt_file = office.dir.path().join("a.receipt");
    std::fs::write(&receipt_file, &receipt).unwrap();

    let (code, stdout, stderr) = office.run("receipt verify -o json", Some(&receipt_file)).await;
    assert_eq!(code, 0, "{stderr}");
    let value: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&value["data"]["period"], &value["data"]["index"]), (&json!("2023-03"), &json!(3)));

    let with_data = |file: &Path| {
        let file = file.display();
        format!("receipt verify --type visits-monthly --period 2023-03 --data {file} -o json")
    };
    let (code, stdout, stderr) = office.run(&with_data(&file), Some(&receipt_file)).await;
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["data"]["data_is_what_was_recorded"], true);
    let other = office.file("other.csv", "area,visits,late\nE09000012,11,1\n");
    let (code, _, stderr) = office.run(&with_data(&other), Some(&receipt_file)).await;
    assert!(code == 8 && stderr.contains("is not what was recorded"), "{stderr}");

    let mut altered = receipt.clone();
    let at = altered.len() / 2;
    altered[at] ^= 1;
    std::fs::write(&receipt_file, altered).unwrap();
    assert_eq!(office.run("receipt verify", Some(&receipt_file)).await.0, 8);
}

#[tokio::test]
async fn help_and_version_are_data_and_completions_name_the_commands() {
    let mut office = Office::unenrolled();
    let (code, stdout, stderr) = office.run("--help", None).await;
    assert!(code == 0 && stdout.contains("Exit codes:") && stderr.is_empty());
    assert_eq!(office.run("--version", None).await.0, 0);
    let (code, script, _) = office.run("completions bash", None).await;
    assert!(code == 0 && script.contains("validate") && script.contains("--fail-on"));
}

/// The help of every command, as it is printed. After a wanted change, `CONCORDAT_WRITE_HELP=1` writes it anew.
#[test]
fn help_reads_as_it_was_agreed() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut text = String::new();
    write_help(&mut command, &mut text);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/run/help.txt");
    if std::env::var_os("CONCORDAT_WRITE_HELP").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let agreed = std::fs::read_to_string(&path).unwrap();
    for (line, (is, was)) in text.lines().zip(agreed.lines()).enumerate() {
        assert_eq!(is, was, "line {} of {}", line + 1, path.display());
    }
    assert_eq!(text.len(), agreed.len());
}

fn write_help(command: &mut clap::Command, text: &mut String) {
    let help = command.render_long_help().to_string();
    let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    text.push_str(&format!("$ {} --help\n{help}\n", command.get_bin_name().unwrap_or("concordat")));
    for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
        write_help(sub, text);
    }
}

#[test]
fn a_run_may_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let mut office = Office::unenrolled();
    is_send(&run([OsString::from("concordat")], &mut office.desk));
}
