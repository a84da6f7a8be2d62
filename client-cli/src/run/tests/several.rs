//! Returns of several tables, offline: a folder, a ZIP, an XML file.

use std::io::Write as _;

use super::*;

const HEADER: &str =
    "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,2,01/02/2010,WBRI,UN1,,\n2,7,01/02/2011,WBRI,UN1,,\n";
const EPISODES: &str = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n\
    1,01/04/2022,S,C2,N1,U1,PR1,,X1,,E8 1EA,E8 1EA,1\n";
const REVIEWS: &str = "CHILD,DOB,REVIEW,REVIEW_CODE\n1,01/02/2010,01/05/2022,PN1\n";
const LOOKED_AFTER: &str = "validate --type ssda903-extract --period 2022-23 -o json";

fn rules(stdout: &str) -> Vec<(String, Value, Value)> {
    let value: Value = serde_json::from_str(stdout).unwrap();
    let findings = value["data"]["findings"].as_array().unwrap();
    let errors = findings.iter().filter(|finding| finding["severity"] == "error");
    errors.map(|f| (f["rule"].as_str().unwrap().to_owned(), f["table"].clone(), f["row"].clone())).collect()
}

fn wanted() -> Vec<(String, Value, Value)> {
    vec![("101".into(), json!("header"), json!(2)), ("148".into(), json!("episodes"), json!(1))]
}

#[tokio::test]
async fn a_folder_and_a_zip_of_it_are_checked_alike_without_an_enrolment() {
    let mut office = Office::unenrolled();
    let folder = office.dir.path().join("903");
    std::fs::create_dir(&folder).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("Header.CSV", HEADER), ("episodes.csv", EPISODES), ("notes.csv", "x\n")] {
        std::fs::write(folder.join(name), text).unwrap();
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("return/{name}"), options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let archive = office.dir.path().join("903.zip");
    std::fs::write(&archive, zip.finish().unwrap().into_inner()).unwrap();
    for path in [&folder, &archive] {
        let (code, stdout, stderr) = office.run(LOOKED_AFTER, Some(path)).await;
        assert_eq!((code, rules(&stdout)), (3, wanted()), "{stderr}");
        assert!(stderr.contains("rows: header 2, episodes 1, reviews: no file, "), "{stderr}");
        assert!(stderr.contains("`notes.csv` was not read: it is none of this return's tables"), "{stderr}");
    }
}

#[tokio::test]
async fn a_folder_without_a_needed_table_or_period_and_a_broken_zip_say_so() {
    let mut office = Office::unenrolled();
    let empty = office.dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let (code, stdout, _) = office.run(LOOKED_AFTER, Some(&empty)).await;
    assert_eq!((code, rules(&stdout).len()), (3, 2), "{stdout}");
    let (code, _, stderr) = office.run("validate --type ssda903-extract", Some(&empty)).await;
    assert_eq!(code, 2);
    assert!(stderr.contains("its files do not say which"), "{stderr}");
    let broken = office.file("broken.zip", "PK\u{3}\u{4}and no more");
    let (code, _, stderr) = office.run(LOOKED_AFTER, Some(&broken)).await;
    assert_eq!(code, 2);
    assert!(stderr.contains("no ZIP that can be opened"), "{stderr}");
}

#[tokio::test]
async fn a_census_says_its_own_period() {
    let mut office = Office::unenrolled();
    let header = "<Header><CollectionDetails><Collection>CIN</Collection><ReferenceDate>2023-03-31</ReferenceDate>\
        </CollectionDetails></Header>";
    let child = "<Child><ChildIdentifiers><LAchildID>1</LAchildID><PersonBirthDate>2015-01-01</PersonBirthDate>\
        <GenderCurrent>1</GenderCurrent></ChildIdentifiers><ChildCharacteristics><Ethnicity>WBRI</Ethnicity>\
        </ChildCharacteristics><CINdetails><CINreferralDate>2022-05-01</CINreferralDate>\
        <ReferralSource>6</ReferralSource><ReferralNFA>false</ReferralNFA></CINdetails></Child>";
    let text = format!("<Message>{header}<Children>{child}</Children></Message>");
    let file = office.file("cin.xml", &text);
    let (code, stdout, stderr) = office.run("validate --type cin-census -o json", Some(&file)).await;
    assert_eq!(code, 0, "{stdout}{stderr}");
    let value: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&value["data"]["period"], &value["data"]["accepted"]), (&json!("2022-23"), &json!(true)));
    let (code, stdout, _) =
        office.run("validate --type cin-census --period 2023-24 -o json", Some(&file)).await;
    assert_eq!((code, rules(&stdout)), (3, vec![("100".into(), json!("message"), json!(1))]));
}

/// A workbook of sheets, each of lines of cells.
fn book(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, text) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, line) in (0u32..).zip(text.lines()) {
            sheet.write_row(row, 0, line.split(',')).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn a_workbook_with_a_sheet_for_each_table_is_checked_like_the_folder() {
    let mut office = Office::unenrolled();
    let path = office.dir.path().join("903.xlsx");
    std::fs::write(&path, book(&[("Header", HEADER), ("episodes", EPISODES), ("notes", "x\n")])).unwrap();
    let (code, stdout, stderr) = office.run(LOOKED_AFTER, Some(&path)).await;
    assert_eq!((code, rules(&stdout)), (3, wanted()), "{stderr}");
    assert!(
        stderr.contains("header 2, episodes 1, reviews: no sheet") && stderr.contains("`notes` was not read"),
        "{stderr}"
    );
    let misnamed = [("header", HEADER), ("episodes", EPISODES), ("Reviews 2023-24", REVIEWS)];
    std::fs::write(&path, book(&misnamed)).unwrap();
    let (code, stdout, _) = office.run(LOOKED_AFTER, Some(&path)).await;
    assert_eq!((code, rules(&stdout)), (3, vec![("table-name".into(), json!("reviews"), json!(null))]));
    std::fs::write(&path, book(&[("header", HEADER)])).unwrap();
    let (code, stdout, _) = office.run(LOOKED_AFTER, Some(&path)).await;
    assert_eq!((code, rules(&stdout)), (3, vec![("table-name".into(), json!("episodes"), json!(null))]));
    let (code, _, stderr) = office.run("validate --type cin-census", Some(&path)).await;
    assert!(code == 2 && stderr.contains("is one XML file"), "{stderr}");
    let (code, _, stderr) = office.run(&format!("{LOOKED_AFTER} --sheet header"), Some(&path)).await;
    assert!(code == 2 && stderr.contains("leave it out"), "{stderr}");
    for (bytes, words) in [
        (&b"%PDF-1.7"[..], "this is a PDF"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0",
            "locked with a password",
        ),
        (&crate::template::zip(&[("a.ods".into(), b"x".to_vec())]).unwrap(), "no ZIP with .csv files"),
        (&std::fs::read(&path).unwrap()[..2_000], "no ZIP"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let (code, _, stderr) = office.run(LOOKED_AFTER, Some(&path)).await;
        assert!(code == 2 && stderr.contains(words), "{words}: {stderr}");
    }
    let damaged = crate::template::zip(&[("xl/workbook.xml".into(), b"<workbook".to_vec())]).unwrap();
    std::fs::write(&path, damaged).unwrap();
    let (code, stdout, stderr) = office.run(LOOKED_AFTER, Some(&path)).await;
    assert_eq!((code, rules(&stdout)), (3, vec![("file-kind".into(), json!(""), json!(null))]), "{stderr}");
}

fn sheet(path: &Path, name: &str) -> Option<Vec<Vec<String>>> {
    crate::workbook::rows_of(&std::fs::read(path).unwrap(), name, 10_000).unwrap()
}

#[tokio::test]
async fn a_copy_of_several_tables_marks_their_cells_and_is_checked_again_as_it_stands() {
    let mut office = Office::unenrolled();
    let folder = office.dir.path().join("903");
    std::fs::create_dir(&folder).unwrap();
    // columns in the file's own order, and one that never leaves the machine
    let header = "LA,SEX,CHILD,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n204,2,01,01/02/2010,WBRI,UN1,,\n204,7,2,01/02/2011,WBRI,UN1,,\n";
    std::fs::write(folder.join("header.csv"), header).unwrap();
    std::fs::write(folder.join("episodes.csv"), EPISODES.replace("\n1,", "\n01,")).unwrap();
    let out = office.dir.path().join("report.xlsx");
    let (code, stdout, stderr) =
        office.run(&format!("{LOOKED_AFTER} --report {}", out.display()), Some(&folder)).await;
    assert_eq!((code, rules(&stdout)), (3, wanted()), "{stderr}");
    let copied = sheet(&out, "header").unwrap();
    assert_eq!(copied[0][..3], ["LA", "SEX", "CHILD"]);
    assert_eq!(copied[1][..3], ["204", "2", "01"], "cells stay text");
    let parts = parts(&std::fs::read(&out).unwrap());
    let part = |name: &str| parts.iter().find(|(of, _)| of == name).map(|(_, text)| text.as_str()).unwrap();
    assert!(part("xl/comments1.xml").contains("ref=\"B3\"") && part("xl/comments1.xml").contains("[101]"));
    assert!(part("xl/comments2.xml").contains("[148]"));
    assert!(sheet(&out, "about").unwrap()[1][0].contains("checked and sent as it is"));
    let listed = sheet(&out, "findings").unwrap();
    assert_eq!(listed.iter().filter(|row| row[0] == "error").count(), 2);
    let (code, stdout, stderr) = office.run(LOOKED_AFTER, Some(&out)).await;
    assert_eq!((code, rules(&stdout)), (3, wanted()), "{stderr}");
}

#[tokio::test]
async fn a_copy_of_what_is_too_large_holds_rows_with_findings_says_so_and_is_no_return() {
    let mut office = Office::unenrolled();
    let mut header = HEADER.to_owned();
    (3..100).for_each(|child| header.push_str(&format!("{child},2,01/02/2010,WBRI,UN1,,\n")));
    header.push_str("100,7,01/02/2011,WBRI,UN1,,\n");
    let mut episodes = EPISODES.to_owned();
    let others = |child| format!("{child},01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA,1\n");
    (3..=100).for_each(|child| episodes.push_str(&others(child)));
    let path = office.dir.path().join("903.xlsx");
    let zip = |header: &str| {
        crate::template::zip(&[
            ("header.csv".into(), header.into()),
            ("episodes.csv".into(), episodes.clone().into()),
        ])
        .unwrap()
    };
    for bytes in [zip(&header), book(&[("header", &header), ("episodes", &episodes)])] {
        std::fs::write(&path, bytes).unwrap();
        let out = office.dir.path().join("report.xlsx");
        let (code, _, stderr) =
            office.run(&format!("{LOOKED_AFTER} --report {}", out.display()), Some(&path)).await;
        assert_eq!(code, 3, "{stderr}");
        let copied = sheet(&out, "header (copy)").unwrap();
        assert_eq!(copied[0][..2], ["row in the file", "CHILD"]);
        let numbers: Vec<&str> = copied[1..].iter().map(|row| row[0].as_str()).collect();
        assert_eq!(numbers, ["2", "100"]);
        let about = sheet(&out, "about").unwrap();
        assert!(
            about[1][0].contains("3 of the 199 rows") && about[1][0].contains("cannot be sent"),
            "{about:?}"
        );
        let parts = parts(&std::fs::read(&out).unwrap());
        let notes = &parts.iter().find(|(name, _)| name == "xl/comments1.xml").unwrap().1;
        assert!(notes.contains("ref=\"C2\"") && notes.contains("ref=\"C3\""), "{notes}");
        let (code, stdout, _) = office.run(LOOKED_AFTER, Some(&out)).await;
        assert_eq!((code, rules(&stdout).len()), (3, 2), "no sheet is taken for a table: {stdout}");
        std::fs::remove_file(&out).unwrap();
    }
}

const CENSUS: &str = "<Message>\n<Header><CollectionDetails><Collection>CIN</Collection>\
    <ReferenceDate>2023-03-31</ReferenceDate></CollectionDetails></Header>\n<Children>\n<Child><ChildIdentifiers>\
    <LAchildID>1</LAchildID><PersonBirthDate>2015-01-01</PersonBirthDate><GenderCurrent>7</GenderCurrent>\
    </ChildIdentifiers><ChildCharacteristics><Ethnicity>WBRI</Ethnicity></ChildCharacteristics>\n<CINdetails>\
    <CINreferralDate>2022-05-01</CINreferralDate><ReferralSource>6</ReferralSource><ReferralNFA>false</ReferralNFA>\
    </CINdetails></Child></Children></Message>";

#[tokio::test]
async fn a_copy_of_a_census_has_its_rows_with_their_lines_and_is_not_to_be_sent() {
    let mut office = Office::unenrolled();
    let file = office.file("cin.xml", CENSUS);
    let out = office.dir.path().join("report.xlsx");
    let (code, stdout, stderr) = office
        .run(&format!("validate --type cin-census -o json --report {}", out.display()), Some(&file))
        .await;
    assert_eq!((code, rules(&stdout)), (3, vec![("4180".into(), json!("children"), json!(1))]), "{stderr}");
    let copied = sheet(&out, "children (copy)").unwrap();
    assert_eq!(copied[0][..3], ["row in the message", "line", "LAchildID"]);
    assert_eq!(copied[1][..3], ["1", "4", "1"]);
    assert_eq!(sheet(&out, "cin_details (copy)").unwrap()[1][1], "5");
    assert!(sheet(&out, "about").unwrap()[1][0].contains("cannot be sent"));
    // but the answers that were written on it can be
    let asks = office.file("asks.xml", &CENSUS.replace(">7<", ">1<"));
    let (code, _, stderr) =
        office.run(&format!("validate --type cin-census --answers {}", out.display()), Some(&asks)).await;
    assert_eq!(code, 0, "an empty sheet of answers is one: {stderr}");
    let (code, _, stderr) =
        office.run(&format!("validate --type cin-census --answers {}", file.display()), Some(&asks)).await;
    assert!(code == 2 && stderr.contains("is no table in text"), "{stderr}");
}

#[tokio::test]
async fn a_file_of_answers_among_the_others_is_read_as_such_and_judged() {
    let mut office = Office::unenrolled();
    for (folder, name, text, run) in [
        ("903", "episodes.csv", EPISODES, LOOKED_AFTER),
        ("cin", "message.xml", CENSUS, "validate --type cin-census -o json"),
    ] {
        let folder = office.dir.path().join(folder);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("header.csv"), HEADER.replace("2,7", "2,1")).unwrap();
        if name.ends_with("xml") {
            std::fs::remove_file(folder.join("header.csv")).unwrap();
        }
        let text = text.replace(",,X1,", ",,,").replace(">7<", ">1<");
        std::fs::write(folder.join(name), text).unwrap();
        let put = |text: &str| std::fs::write(folder.join("Answers.csv"), text).unwrap();
        put("rule,code,text\n");
        let (code, stdout, stderr) = office.run(run, Some(&folder)).await;
        assert!(code == 0 && !stderr.contains("not read"), "{stdout}{stderr}");
        put("rule,code,text\n8675Q,whim,so\n");
        let (code, _, stderr) = office.run(run, Some(&folder)).await;
        assert!(code == 2 && stderr.contains("answers.csv, row 2: the codes are"), "{stderr}");
        put("rule,code,text\n148,other,so\n");
        let (code, _, stderr) = office.run(run, Some(&folder)).await;
        assert!(code == 3 && stderr.contains("`148` left no query"), "{stderr}");
    }
}

#[tokio::test]
async fn a_template_of_several_tables_is_a_folder_a_zip_or_a_workbook_and_of_a_census_a_message() {
    let mut office = Office::unenrolled();
    let out = |office: &Office, name: &str| office.dir.path().join(name);
    let folder = out(&office, "blank");
    assert_eq!(office.run("template ssda903-extract --out", Some(&folder)).await.0, 0);
    let episodes = std::fs::read_to_string(folder.join("episodes.csv")).unwrap();
    assert_eq!(episodes.trim_end(), EPISODES.lines().next().unwrap());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 11, "ten tables and the answers");
    let (code, _, stderr) = office.run("template ssda903-extract --out", Some(&folder)).await;
    assert!(code == 2 && stderr.contains("is there already"), "{stderr}");
    for name in ["blank.zip", "blank.xlsx"] {
        let path = out(&office, name);
        assert_eq!(office.run("template ssda903-extract --out", Some(&path)).await.0, 0);
        let (code, stdout, stderr) = office.run(LOOKED_AFTER, Some(&path)).await;
        let empty = |table: &str| ("table-rows".to_owned(), json!(table), json!(null));
        assert_eq!(rules(&stdout), [empty("header"), empty("episodes")], "nothing is filled in yet");
        assert!(
            code == 3 && stderr.contains("header 0, episodes 0") && stderr.contains("missing 0"),
            "{stderr}"
        );
        assert!(!stderr.contains("not read"), "{stderr}");
    }
    let dictionary = sheet(&out(&office, "blank.xlsx"), "dictionary").unwrap();
    assert_eq!(dictionary[0][..2], ["table", "column"]);
    assert_eq!(dictionary[1][..2], ["header", "CHILD"]);
    let codes = sheet(&out(&office, "blank.xlsx"), "codes").unwrap();
    let meaning = |column: &str, code: &str| {
        let row = codes.iter().find(|row| row[0] == column && row[1] == code).unwrap();
        row.get(2).cloned().unwrap_or_default()
    };
    assert_eq!(meaning("header.SEX", "2"), "Female");
    assert_eq!(meaning("header.ETHNIC", "WIRT"), "Traveller of Irish heritage");
    assert_eq!(meaning("episodes.PLACE", "K2"), "Children's home");
    assert_eq!(meaning("episodes.RNE", "S"), "", "a code is not its own meaning");
    let message = out(&office, "blank.xml");
    assert_eq!(office.run("template cin-census --out", Some(&message)).await.0, 0);
    let (code, stdout, _) =
        office.run("validate --type cin-census --period 2022-23 -o json", Some(&message)).await;
    assert_eq!(code, 3);
    assert!(!stdout.contains("file-text") && !stdout.contains("table-shape"), "{stdout}");
    let explained = out(&office, "cin.xlsx");
    let (code, _, stderr) = office.run("template cin-census --out", Some(&explained)).await;
    assert!(code == 0 && stderr.contains("cannot be sent"), "{stderr}");
    assert!(sheet(&explained, "dictionary").is_some() && sheet(&explained, "answers").is_none());
    for (command, words) in [
        ("template cin-census -o csv", "is one XML file"),
        ("template ssda903-extract -o json", "use -o csv or -o xlsx"),
        ("template ssda903-extract --out a.csv", "is several CSV files"),
    ] {
        let (code, _, stderr) = office.run(command, None).await;
        assert!(code == 2 && stderr.contains(words), "{command}: {stderr}");
    }
    office.desk.stdout_is_terminal = true;
    let (code, _, stderr) = office.run("template ssda903-extract", None).await;
    assert!(code == 2 && stderr.contains("add --out FOLDER"), "{stderr}");
}

#[tokio::test]
async fn no_broken_workbook_or_zip_of_several_tables_ends_otherwise_than_with_a_finding_or_a_reason() {
    let mut office = Office::unenrolled();
    let answers = ("answers", "rule,code,text\n148,other,so\n");
    let workbook = book(&[("header", HEADER), ("episodes", EPISODES), answers]);
    let files = [("header.csv", HEADER), ("episodes.csv", EPISODES), ("answers.csv", answers.1)];
    let zip = crate::template::zip(&files.map(|(name, text)| (name.to_owned(), text.into()))).unwrap();
    let path = office.dir.path().join("bent");
    let mut seen = [0usize; 4];
    // a step that no power of two divides, so that bends fall on headers, names and data alike
    for (sound, step) in [(&workbook, 307usize), (&zip, 41)] {
        for at in (0..sound.len()).step_by(step) {
            let mut bent = sound.clone();
            bent[at] ^= 0x55;
            if at % 3 == 0 {
                bent.truncate(at);
            }
            std::fs::write(&path, &bent).unwrap();
            let out = office.dir.path().join(format!("{}-{at}.xlsx", sound.len()));
            let run = format!("{LOOKED_AFTER} --report {}", out.display());
            let (code, stdout, stderr) = office.run(&run, Some(&path)).await;
            assert!(matches!(code, 2 | 3), "byte {at}: {code} {stdout}{stderr}");
            assert!(code == 3 || !stderr.is_empty(), "byte {at}: a reason");
            seen[usize::from(code)] += 1;
        }
    }
    assert!(seen[2] > 5 && seen[3] > 5, "both were seen: {seen:?}");
}
