//! Returns that are accepted record by record: an error refuses its own child and no other, whatever table it is
//! in, and what is left is a return that passes by itself.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use std::sync::Arc;

use common::{check_both, draft, offline, shipped};
use concordat_catalogue::bulk::{self, File, InPart, MOST_REFUSED};
use concordat_catalogue::{Catalogue, Checked, ReturnType, check, content};
use concordat_core::finding::Severity;
use concordat_core::table::Table;

/// Children 1 to n, each with a row in three tables; `edit` may change a row of a table before it is written.
fn folder(children: usize, edit: impl Fn(&str, usize, String) -> String) -> Vec<(String, Vec<u8>)> {
    let tables = [
        ("header", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB", "ID,2,01/02/2010,WBRI,A000000000001,,"),
        (
            "episodes",
            "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN",
            "ID,01/04/2022,S,C2,N1,U1,PR1,,,,E8 1EA,E8 1EA,SC000001",
        ),
        ("reviews", "CHILD,DOB,REVIEW,REVIEW_CODE", "ID,01/02/2010,01/05/2022,PN1"),
    ];
    let text = |table: &str, heading: &str, row: &str| {
        let mut text = format!("{heading}\n");
        for child in 1..=children {
            text.push_str(&edit(table, child, row.replace("ID", &format!("c{child}"))));
            text.push('\n');
        }
        text.into_bytes()
    };
    tables.iter().map(|(table, heading, row)| (format!("{table}.csv"), text(table, heading, row))).collect()
}

fn borrowed(files: &[(String, Vec<u8>)]) -> Vec<File<'_>> {
    files.iter().map(|(name, bytes)| File { name, bytes }).collect()
}

fn checked(of: &ReturnType, files: &[(String, Vec<u8>)]) -> (Checked, Vec<Table>) {
    let tables = bulk::read(of, &borrowed(files)).unwrap().tables;
    (check_both(of, draft(of, "2022-23", tables.clone()), &offline()), tables)
}

fn refused(part: &InPart) -> Vec<(&str, Vec<&str>)> {
    part.refused
        .iter()
        .map(|one| (one.record.as_str(), one.rules.iter().map(|rule| rule.as_str()).collect()))
        .collect()
}

/// Three of ten children with errors, in three tables.
fn broken(table: &str, child: usize, row: String) -> String {
    match (table, child) {
        ("header", 3) => row.replace(",2,", ",9,"),
        ("episodes", 3) => row.replace("PR1,,", "PR1,02/04/2022,"),
        ("episodes", 5) => row.replace("U1,PR1", "R5,PR1"),
        ("reviews", 8) => row.replace("PN1", "PN9"),
        _ => row,
    }
}

#[test]
fn an_error_refuses_its_own_child_with_every_row_of_every_table_and_no_other() {
    let of = shipped("ssda903-extract");
    let (outcome, tables) = checked(&of, &folder(10, broken));
    let part = outcome.in_part.as_ref().unwrap();
    assert_eq!(part.accepted, 7);
    assert_eq!(refused(part), [("c3", vec!["101", "148"]), ("c5", vec!["527"]), ("c8", vec!["cell-code"])]);
    let valid = outcome.valid.unwrap();
    let (_, _, left) = content::decode(valid.content().unwrap()).unwrap();
    for table in &left {
        let children: Vec<&str> = table.rows().filter_map(|row| row.get(0)).collect();
        assert_eq!(children, ["c1", "c2", "c4", "c6", "c7", "c9", "c10"], "{}", table.name);
    }
    assert_eq!((valid.counts().errors, outcome.counts.errors), (0, 4));

    // by itself it is accepted whole, as the very same content
    let again = check(&of, draft(&of, "2022-23", left.clone()), &offline());
    assert!(again.in_part.is_none());
    assert_eq!(again.valid.unwrap().digest(), valid.digest());
    assert_eq!(bulk::leave_out(&of, tables, &part.refused), left);
}

#[test]
fn findings_name_the_child_and_the_row_as_the_file_has_it() {
    let of = shipped("ssda903-extract");
    let (outcome, _) = checked(&of, &folder(10, broken));
    let errors: Vec<_> = outcome.findings.iter().filter(|f| f.severity == Severity::Error).collect();
    let places: Vec<_> = errors
        .iter()
        .map(|f| (f.rule.as_str(), f.row.unwrap(), f.record.as_ref().unwrap().as_str()))
        .collect();
    assert_eq!(places, [("cell-code", 8, "c8"), ("101", 3, "c3"), ("148", 3, "c3"), ("527", 5, "c5")]);
    assert!(!format!("{outcome:?}").contains("c8\""), "no identifier may reach a log by way of Debug");
    // what goes into the log is of what is left, and names nobody
    let part = outcome.in_part.unwrap();
    assert!(part.findings.iter().all(|f| f.record.is_none() && f.severity != Severity::Error));
}

#[test]
fn the_files_are_judged_as_the_tables_are() {
    let of = shipped("ssda903-extract");
    let files = folder(10, broken);
    let (sent, _) = checked(&of, &files);
    let offline = bulk::examine(&of, &borrowed(&files), "2022-23".parse().unwrap(), &offline()).outcome;
    assert_eq!(offline.findings, sent.findings);
    assert_eq!(offline.counts, sent.counts);
    let (one, other) = (offline.in_part.unwrap(), sent.in_part.unwrap());
    assert_eq!((one.accepted, one.refused, one.findings), (other.accepted, other.refused, other.findings));
}

#[test]
fn an_error_that_belongs_to_no_child_refuses_the_return() {
    let of = shipped("ssda903-extract");
    for (why, files) in [
        (
            "no child is named",
            folder(10, |table, child, row| match (table, child) {
                ("reviews", 2) => row.replace("c2", ""),
                _ => broken(table, child, row),
            }),
        ),
        ("nothing would be left", folder(3, |_, _, row| row.replace("PR1", "").replace(",2,", ",9,"))),
    ] {
        let (outcome, _) = checked(&of, &files);
        assert!(outcome.valid.is_none() && outcome.in_part.is_none(), "{why}");
        assert!(outcome.counts.errors > 1, "{why}: every finding is told");
    }
    // the header of a message about nobody
    let mut foreign = draft(&of, "2022-23", bulk::read(&of, &borrowed(&folder(10, broken))).unwrap().tables);
    foreign.identity.part = Some("police".to_owned());
    let outcome = check(&of, foreign, &offline());
    assert!(outcome.valid.is_none() && outcome.in_part.is_none());
}

#[test]
fn a_thousand_children_may_be_refused_and_no_more() {
    let of = shipped("ssda903-extract");
    let wrong = |most: usize| {
        folder(MOST_REFUSED + 5, move |table, child, row| match table {
            "header" if child <= most => row.replace(",2,", ",9,"),
            _ => row,
        })
    };
    let (outcome, _) = checked(&of, &wrong(MOST_REFUSED));
    let part = outcome.in_part.unwrap();
    assert_eq!((part.accepted, part.refused.len()), (5, MOST_REFUSED));
    let (outcome, _) = checked(&of, &wrong(MOST_REFUSED + 1));
    assert!(outcome.in_part.is_none() && outcome.valid.is_none());
    assert_eq!(outcome.counts.errors as usize, MOST_REFUSED + 1);
}

#[test]
fn a_row_about_a_child_that_the_header_does_not_have_is_refused_by_its_own_identifier_and_no_other() {
    let of = shipped("ssda903-extract");
    let files = folder(4, |table, child, row| match (table, child) {
        ("episodes", 2) => format!("{row}\n{}", row.replace("c2", "e9")),
        ("reviews", 3) => format!("{row}\n{}", row.replace("c3", "r9")),
        _ => row,
    });
    let (outcome, _) = checked(&of, &files);
    let part = outcome.in_part.unwrap();
    assert_eq!(part.accepted, 4);
    assert_eq!(refused(&part), [("e9", vec!["INT03"]), ("r9", vec!["INT08"])]);
    let (_, _, left) = content::decode(outcome.valid.unwrap().content().unwrap()).unwrap();
    for table in &left {
        let children: Vec<&str> = table.rows().filter_map(|row| row.get(0)).collect();
        assert_eq!(children, ["c1", "c2", "c3", "c4"], "{}", table.name);
    }
}

#[test]
fn many_rows_of_few_children_refuse_those_children_alone() {
    let of = shipped("ssda903-extract");
    let files = folder(4, |table, child, row| match (table, child) {
        ("reviews", 2) => vec![row.replace("PN1", "PN9"); 3_000].join("\n"),
        _ => row,
    });
    let (outcome, _) = checked(&of, &files);
    assert_eq!(refused(&outcome.in_part.unwrap()), [("c2", vec!["cell-code"])]);
    assert_eq!(outcome.counts.errors, 3_000);
}

const CENSUS: &str = r#"<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2023</Year>
<ReferenceDate>2023-03-31</ReferenceDate></CollectionDetails></Header><Children>CHILDREN</Children></Message>"#;

fn census(children: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    let child = |(id, starts): &(&str, &str)| {
        format!(
            "<Child><ChildIdentifiers><LAchildID>{id}</LAchildID><PersonBirthDate>2015-03-27</PersonBirthDate>\
             <GenderCurrent>1</GenderCurrent></ChildIdentifiers><ChildCharacteristics><Ethnicity>WBRI</Ethnicity>\
             </ChildCharacteristics><CINdetails><CINreferralDate>2022-10-06</CINreferralDate>\
             <ReferralSource>1A</ReferralSource><ReferralNFA>false</ReferralNFA><Assessments>\
             <AssessmentActualStartDate>{starts}</AssessmentActualStartDate>\
             <AssessmentAuthorisationDate>2022-12-01</AssessmentAuthorisationDate></Assessments></CINdetails></Child>"
        )
    };
    let children: String = children.iter().map(child).collect();
    vec![("census.xml".to_owned(), CENSUS.replace("CHILDREN", &children).into_bytes())]
}

#[test]
fn a_child_of_the_census_goes_with_all_that_stands_under_it_and_the_others_are_counted_anew() {
    let of = shipped("cin-census");
    let files =
        census(&[("X1", "2022-10-10"), ("X2", "2022-10-01"), ("X3", "2022-10-10"), ("X4", "2022-11-10")]);
    let (outcome, tables) = checked(&of, &files);
    let part = outcome.in_part.unwrap();
    assert_eq!(refused(&part), [("X2", vec!["1103"])]);
    let valid = outcome.valid.unwrap();
    let (_, _, left) = content::decode(valid.content().unwrap()).unwrap();
    let column = |name: &str, at: usize| -> Vec<String> {
        let table = left.iter().find(|table| table.name == name).unwrap();
        table.rows().map(|row| row.get(at).unwrap().to_owned()).collect()
    };
    assert_eq!(column("children", 0), ["X1", "X3", "X4"]);
    assert_eq!(column("cin_details", 0), ["1", "2", "3"]);
    assert_eq!(column("assessments", 0), ["1", "2", "3"]);
    assert_eq!(column("assessments", 1), ["2022-10-10", "2022-10-10", "2022-11-10"]);
    let again = check(&of, draft(&of, "2022-23", left), &offline());
    assert!(again.in_part.is_none() && again.valid.unwrap().digest() == valid.digest());
    assert_ne!(content::digest(&content::encode(valid.identity(), false, &tables)), valid.digest());
}

#[test]
fn two_children_of_one_identifier_and_one_without_are_refused_as_they_must_be() {
    let of = shipped("cin-census");
    let (outcome, _) =
        checked(&of, &census(&[("X1", "2022-10-10"), ("X1", "2022-10-10"), ("X3", "2022-10-10")]));
    assert_eq!(refused(&outcome.in_part.unwrap()), [("X1", vec!["8510"])]);
    let (outcome, _) = checked(&of, &census(&[("X1", "2022-10-10"), ("", "2022-10-10")]));
    assert!(outcome.in_part.is_none() && outcome.valid.is_none());
}

fn load(change: impl Fn(&str) -> String) -> Result<Arc<ReturnType>, String> {
    let text = change(&shipped("ssda903-extract").text);
    let lists = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/returns/codes");
    let lists = std::fs::read_dir(lists).unwrap().map(|entry| entry.unwrap());
    let name = |entry: &std::fs::DirEntry| entry.file_name().into_string().unwrap();
    let files: Vec<_> = lists
        .filter(|entry| name(entry).starts_with("ssda903-") || name(entry) == "dfe-ethnicity.toml")
        .map(|entry| (format!("returns/codes/{}", name(&entry)), std::fs::read(entry.path()).unwrap()))
        .chain([("returns/one.toml".to_owned(), text.into_bytes())])
        .collect();
    Catalogue::from_files(files)
        .map(|catalogue| Arc::clone(&catalogue.types()[0]))
        .map_err(|complaints| complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_type_that_does_not_say_so_is_accepted_whole_or_not_at_all() {
    let said = "acceptance = { per = \"record\", table = \"header\", field = \"CHILD\" }";
    for instead in ["", "acceptance = { per = \"return\" }"] {
        let of = load(|text| text.replace(said, instead)).unwrap();
        let (outcome, _) = checked(&of, &folder(10, broken));
        assert!(outcome.valid.is_none() && outcome.in_part.is_none(), "{instead}");
        assert!(outcome.findings.iter().all(|finding| finding.record.is_none()));
    }
    for (wrong, why) in [
        ("acceptance = { per = \"row\" }", "record, return"),
        (
            "acceptance = { per = \"record\", table = \"headers\", field = \"CHILD\" }",
            "there is no table `headers`",
        ),
        ("acceptance = { per = \"record\", table = \"header\", field = \"DOB\" }", "no field `DOB`"),
        (
            "acceptance = { per = \"record\", table = \"header\", field = \"UPN\" }",
            "by the `child` of `header`",
        ),
    ] {
        let complaint = load(|text| text.replace(said, wrong)).unwrap_err();
        assert!(complaint.contains(why), "{complaint}");
    }
    let figures = shipped("cds-police-quarterly").text.replacen(
        "nil = ",
        "acceptance = { per = \"record\" }\nnil = ",
        1,
    );
    let complaint =
        Catalogue::from_files([("returns/one.toml".to_owned(), figures.into_bytes())]).unwrap_err();
    assert!(complaint.iter().any(|c| c.to_string().contains("stand or fall together")), "{complaint:?}");
}
