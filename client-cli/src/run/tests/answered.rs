//! Answers to queries that stand in a file: the sheet of a workbook, a file of their own, one among several.

use super::*;

const ANSWERS: &str = "rule,code,text\nV-R2,confirmed_correct,counted again\n";

fn told(stdout: &str) -> (Value, Value) {
    let value: Value = serde_json::from_str(stdout).unwrap();
    (value["data"]["explained"].clone(), value["data"]["unexplained"].clone())
}

/// The workbook with a sheet of answers beside the return.
fn with_answers(rows: &[[&str; 3]]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let answers = book.add_worksheet().set_name("Answers").unwrap();
    for (at, row) in (0u32..).zip(rows) {
        answers.write_row(at, 0, *row).unwrap();
    }
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["area", "visits", "late"]).unwrap();
    sheet.write(1, 0, "E09000012").unwrap();
    let formula = rust_xlsxwriter::Formula::new("=5+5").set_result("10");
    sheet.write_formula(1, 1, formula).unwrap();
    sheet.write(1, 2, 1).unwrap();
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn answers_in_a_sheet_or_a_file_count_as_if_they_were_typed() {
    let mut office = Office::new();
    let csv = office.file("good.csv", GOOD);
    let answers = office.file("mine.csv", ANSWERS);
    let (code, stdout, stderr) =
        office.run(&format!("{VALIDATE} -o json --answers {}", answers.display()), Some(&csv)).await;
    assert_eq!((code, told(&stdout)), (0, (json!(["V-R2"]), json!([]))), "{stderr}");
    let apart = office.dir.path().join("apart.xlsx");
    std::fs::write(&apart, with_answers(&[["rule", "code", "text"], ["V-R2", "other", "so"]])).unwrap();
    let named = format!("{VALIDATE} -o json --answers {}", apart.display());
    let (code, stdout, stderr) = office.run(&named, Some(&csv)).await;
    assert_eq!((code, told(&stdout)), (0, (json!(["V-R2"]), json!([]))), "{stderr}");
    std::fs::write(&apart, workbook(|_| ())).unwrap();
    let (code, _, stderr) = office.run(&named, Some(&csv)).await;
    assert!(code == 2 && stderr.contains("shows no sheet `answers`"), "{stderr}");
    // of a workbook the sheet; and what was asked where it was read is answered like what a rule asks
    let path = office.dir.path().join("a.xlsx");
    std::fs::write(&path, with_answers(&[["Rule", "Text", "Code"], ["V-R2", "so", "other"]])).unwrap();
    let (code, stdout, stderr) = office.run(&format!("{VALIDATE} -o json"), Some(&path)).await;
    assert_eq!((code, told(&stdout)), (0, (json!(["V-R2"]), json!(["cell-formula"]))), "{stderr}");
    let rows = [["rule", "code", "text"], ["V-R2", "", ""], ["cell-formula", "other", "a sum of two teams"]];
    std::fs::write(&path, with_answers(&rows)).unwrap();
    let (code, stdout, stderr) = office.run(&format!("{VALIDATE} -o json"), Some(&path)).await;
    assert_eq!((code, told(&stdout)), (0, (json!(["cell-formula"]), json!(["V-R2"]))), "{stderr}");
}

#[tokio::test]
async fn answers_in_a_file_are_judged_like_those_typed() {
    let mut office = Office::new();
    let path = office.dir.path().join("a.xlsx");
    let long = "x".repeat(501);
    for (row, code, words) in [
        (["V-R2", "whim", "so"], 2, "the codes are confirmed_correct"),
        (["V-R2", "other", &long], 3, "1 to 500 characters"),
        (["V-R2", "other", "agreed with Jamie Okafor"], 3, "the name of a person"),
        (["V-R2", "other", ""], 3, "1 to 500 characters"),
        (["V-R9", "other", "so"], 3, "`V-R9` left no query"),
    ] {
        std::fs::write(&path, with_answers(&[["rule", "code", "text"], row])).unwrap();
        let (ended, stdout, stderr) = office.run(VALIDATE, Some(&path)).await;
        assert_eq!(ended, code, "{row:?}: {stderr}");
        assert!(
            stderr.contains(words) && !stderr.contains("Okafor") && stdout.is_empty(),
            "{row:?}: {stderr}"
        );
    }
    let rows = [["rule", "code", "text"], ["V-R2", "other", "so"], ["V-R2", "late_data", "so"]];
    std::fs::write(&path, with_answers(&rows)).unwrap();
    let (code, _, stderr) = office.run(VALIDATE, Some(&path)).await;
    assert!(code == 3 && stderr.contains("`V-R2` is explained twice"), "{stderr}");
    // one rule in two places: neither is guessed to be meant
    std::fs::write(&path, with_answers(&rows[..2])).unwrap();
    let (code, _, stderr) = office.run(&format!("{VALIDATE} --explain V-R2=other:so"), Some(&path)).await;
    assert!(code == 2 && stderr.contains("`V-R2` is answered twice, by --explain and by"), "{stderr}");
    let named = office.file("mine.csv", ANSWERS);
    let (code, _, stderr) =
        office.run(&format!("{VALIDATE} --answers {}", named.display()), Some(&path)).await;
    assert!(code == 2 && stderr.contains("`V-R2` is answered twice, by --answers and by"), "{stderr}");
    // a sheet that is called so and is none is not passed over
    std::fs::write(&path, with_answers(&[["rule", "text", "why"]])).unwrap();
    let (code, _, stderr) = office.run(VALIDATE, Some(&path)).await;
    assert!(code == 2 && stderr.contains("the sheet `answers` has no column `code`"), "{stderr}");
}

#[tokio::test]
async fn the_copy_asks_for_the_answers_that_are_left_and_keeps_those_of_its_file() {
    let mut office = Office::new();
    let path = office.dir.path().join("a.xlsx");
    let rows = [["rule", "code", "text"], ["cell-formula", "other", "a sum of two teams"]];
    std::fs::write(&path, with_answers(&rows)).unwrap();
    let out = office.dir.path().join("report.xlsx");
    let (code, _, stderr) = office.run(&format!("{VALIDATE} --report {}", out.display()), Some(&path)).await;
    assert_eq!(code, 0, "{stderr}");
    let sheet = crate::workbook::rows_of(&std::fs::read(&out).unwrap(), "answers", 100).unwrap().unwrap();
    assert_eq!(sheet[0], ["rule", "code", "text", "question", "codes", "meaning"]);
    assert_eq!(sheet[1][..3], ["cell-formula", "other", "a sum of two teams"]);
    assert_eq!((sheet[2][0].as_str(), sheet[2][1].as_str()), ("V-R2", ""));
    assert!(!sheet[2][3].is_empty() && sheet[1][4] == "confirmed_correct", "{sheet:?}");
    // the copy is read back as it stands: the formula is its value there, and the answer goes with it all the same
    let (code, stdout, stderr) = office.run(&format!("{VALIDATE} -o json"), Some(&out)).await;
    assert_eq!((code, told(&stdout)), (0, (json!(["cell-formula"]), json!(["V-R2"]))), "{stderr}");
}
