//! Returns of several tables, offline: a folder, a ZIP, an XML file.

use std::io::Write as _;

use super::*;

const HEADER: &str =
    "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,2,01/02/2010,WBRI,UN1,,\n2,7,01/02/2011,WBRI,UN1,,\n";
const EPISODES: &str = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n\
    1,01/04/2022,S,C2,N1,U1,PR1,,X1,,E8 1EA,E8 1EA,1\n";
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
        assert!(stderr.contains("header 2, episodes 1"), "{stderr}");
        assert!(stderr.contains("not read, and never leaves this machine: notes.csv"), "{stderr}");
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
