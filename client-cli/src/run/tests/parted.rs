//! Accepted in part: what the broker says it left out is believed when the receipt says the same.

use super::wire::{enrol, pending};
use super::*;
use crate::run::paper::{Next, Paper};

const EXTRACT: &str = "--type ssda903-extract --period 2022-23";
const HEADER: &str =
    "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n1,2,01/02/2010,WBRI,UN1,,\n2,7,01/02/2011,WBRI,UN1,,\n";
const EPISODES: &str = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n\
    1,01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA,1\n2,01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA,1\n";

fn folder(office: &Office) -> std::path::PathBuf {
    let folder = office.dir.path().join("903");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("header.csv"), HEADER).unwrap();
    std::fs::write(folder.join("episodes.csv"), EPISODES).unwrap();
    folder
}

#[tokio::test]
async fn a_broker_that_left_out_another_record_than_it_says_is_found_out() {
    let built_in = concordat_catalogue::Catalogue::built_in();
    let of = built_in.types().iter().find(|of| of.id.as_str() == "ssda903-extract").unwrap();
    let lists = ["dfe-ethnicity", "ssda903-legal-status", "ssda903-placement", "ssda903-sex"].map(|list| {
        let path = format!("returns/codes/{list}.toml");
        let file = format!("{}/../policies/{path}", env!("CARGO_MANIFEST_DIR"));
        (path, std::fs::read_to_string(file).unwrap())
    });
    let mut files: Vec<_> = lists.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("returns/ssda903-extract.toml", &of.text));
    let paper = Paper::open(&files).await;
    let mut office = Office::unenrolled();
    assert_eq!(enrol(&mut office, &paper, "the-token").await.0, 0);
    let folder = folder(&office);
    let submit = format!("submit {EXTRACT} -o json");

    paper.will(&[Next::Parts { says: "2", does: "1" }]);
    let (code, stdout, stderr) = office.run(&submit, Some(&folder)).await;
    assert_eq!((code, stdout.as_str()), (8, ""), "{stderr}");
    assert!(stderr.contains("its content is not what was sent"), "{stderr}");
    assert_eq!(pending(&office), 1, "nothing is given up that is not proved");

    let mut office = Office::unenrolled();
    assert_eq!(enrol(&mut office, &paper, "the-token").await.0, 0);
    paper.will(&[Next::Parts { says: "2", does: "2" }]);
    let (code, stdout, stderr) = office.run(&submit, Some(&folder)).await;
    assert_eq!((code, pending(&office)), (3, 0), "{stderr}");
    let data = serde_json::from_str::<Value>(&stdout).unwrap()["data"].clone();
    assert_eq!(data["in_part"]["refused"], json!([{"record": "2", "rules": ["101"]}]));
    assert!(stderr.contains("accepted in part: 1 of 2 records refused"), "{stderr}");
}

#[tokio::test]
async fn a_check_says_which_records_would_be_refused_to_people_and_programs_alike() {
    let mut office = Office::unenrolled();
    let folder = folder(&office);
    let (code, stdout, stderr) = office.run(&format!("validate {EXTRACT}"), Some(&folder)).await;
    assert_eq!(code, 3);
    let told = "if you sent this now, 1 record would be recorded and 1 refused; this check counts that as a failure (exit 3)";
    assert!(stderr.contains(told), "{stderr}");
    assert!(stdout.contains("table header, row 2 (record 2), column SEX  [101]"), "{stdout}");
    assert!(stdout.contains("row 1 is line 2 of the table's file"), "{stdout}");
    assert!(stdout.contains("REFUSED RECORDS: left out, with all their rows\n  2  [101]\n"), "{stdout}");
    assert!(stdout.contains("would be accepted in part: 1 of 2 records refused: 1 error"), "{stdout}");
    let (_, stdout, _) = office.run(&format!("validate {EXTRACT} -o csv"), Some(&folder)).await;
    assert!(stdout.starts_with("rule,severity,table,row,column,record,text,figures\n"), "{stdout}");
    assert!(stdout.contains("101,error,header,2,SEX,2,"), "{stdout}");
    let (_, stdout, _) = office.run(&format!("validate {EXTRACT} -o jsonl"), Some(&folder)).await;
    assert!(stdout.lines().any(|line| line.contains("\"record\":\"2\"")), "{stdout}");
    let (_, stdout, _) = office.run(&format!("validate {EXTRACT} -o json"), Some(&folder)).await;
    let data = serde_json::from_str::<Value>(&stdout).unwrap()["data"].clone();
    let expected = json!({"records": 2, "records_accepted": 1, "records_refused": 1,
                          "refused": [{"record": "2", "rules": ["101"]}]});
    assert_eq!((&data["accepted"], &data["in_part"]), (&json!(false), &expected));
}
