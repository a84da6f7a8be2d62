//! The children in need census: every rule broken by one small message and kept by another, and what is
//! refused of a file before any rule speaks.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;
#[path = "rules/fixtures/mod.rs"]
mod fixtures;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{check_both, draft, offline, online, shipped};
use concordat_catalogue::ReturnType;
use concordat_catalogue::bulk::{self, Examined, File, RuleCount};
use concordat_core::finding::Severity;
use fixtures::in_need::{CONFERENCE, END, FIXTURES, SOUND, message};

fn of() -> Arc<ReturnType> {
    shipped("cin-census")
}

fn examine(text: &str) -> Examined {
    let file = File { name: "cin.xml", bytes: text.as_bytes() };
    bulk::examine(&of(), &[file], "2023-24".parse().unwrap(), &online(None))
}

fn broken(counts: &[RuleCount]) -> BTreeSet<&str> {
    counts.iter().filter(|c| c.severity != Severity::NotChecked).map(|c| c.rule.as_str()).collect()
}

fn said(text: &str) -> Vec<String> {
    examine(text).outcome.findings.into_iter().map(|finding| finding.text).collect()
}

#[test]
fn a_sound_message_has_no_findings_and_its_rows_stand_in_their_tables() {
    let examined = examine(SOUND);
    assert_eq!(examined.outcome.findings, []);
    let rows: Vec<_> = examined.rows.iter().map(|(name, rows)| (name.as_str(), rows.unwrap())).collect();
    assert_eq!(
        rows,
        [
            ("message", 1),
            ("children", 2),
            ("cin_details", 2),
            ("assessments", 1),
            ("cin_plans", 1),
            ("section47", 1),
            ("protection_plans", 1),
            ("plan_reviews", 2),
        ]
    );
    assert_eq!(examined.lines[1], [13, 46], "the lines on which the children begin");
    let tables = bulk::read(&of(), &[File { name: "cin.xml", bytes: SOUND.as_bytes() }]).unwrap().tables;
    let children = &tables[1];
    let disabilities = children.column("Disabilities").unwrap();
    assert_eq!(
        children.rows().map(|row| row.get(disabilities).unwrap()).collect::<Vec<_>>(),
        ["HAND;HEAR", ""]
    );
    let details = &tables[2];
    assert_eq!(details.rows().map(|row| row.get(0).unwrap()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(tables[0].cells.get(5), Some("A & B"));
}

#[test]
fn every_rule_has_a_message_that_breaks_it_and_nothing_else_and_one_that_keeps_it() {
    let of = of();
    let known: BTreeSet<&str> = of.rules.iter().map(|rule| rule.id.as_str()).collect();
    let with: BTreeSet<&str> = FIXTURES.iter().map(|fixture| fixture.rule).collect();
    assert_eq!(known, with, "a rule without fixtures, or fixtures without a rule");
    for fixture in FIXTURES {
        let rule = fixture.rule;
        let breaking = examine(&message(fixture.breaks)).outcome;
        assert_eq!(broken(&breaking.per_rule), BTreeSet::from([rule]), "{rule} broken");
        let first = breaking.findings.iter().find(|f| f.rule.as_str() == rule).unwrap();
        assert!(first.row.is_some() && first.column.is_some(), "{rule} names its row and column");
        let is_query = of.rules.iter().any(|r| r.id == first.rule && r.severity == Severity::Query);
        assert_eq!(is_query, rule.ends_with('Q'), "{rule}: Q marks a query");
        let passing = examine(&message(fixture.passes)).outcome;
        assert_eq!(broken(&passing.per_rule), BTreeSet::new(), "{rule} kept");
        let told = passing.per_rule.iter().find(|count| count.rule.as_str() == rule);
        assert_eq!(told, None, "{rule} is decided, not left unchecked");
    }
}

#[test]
fn the_tables_that_are_sent_are_found_to_be_what_the_message_is() {
    let of = of();
    for fixture in FIXTURES {
        for edits in [fixture.breaks, fixture.passes] {
            let text = message(edits);
            let tables = bulk::read(&of, &[File { name: "cin.xml", bytes: text.as_bytes() }]).unwrap().tables;
            let checked = check_both(&of, draft(&of, "2023-24", tables), &online(None));
            assert_eq!(checked.findings, examine(&text).outcome.findings, "{}", fixture.rule);
        }
    }
}

#[test]
fn without_the_bank_holidays_what_counts_working_days_is_not_checked_and_says_why_once() {
    let twice = SOUND
        .replacen(END, "", 1)
        .replacen(CONFERENCE, "", 1)
        .replace("2023-12-07</CPPstart", "2023-12-06</CPPstart");
    let file = File { name: "cin.xml", bytes: twice.as_bytes() };
    let examined = bulk::examine(&of(), &[file], "2023-24".parse().unwrap(), &offline());
    let told: Vec<_> = examined
        .outcome
        .findings
        .iter()
        .map(|f| (f.rule.as_str(), f.severity, f.row, f.text.as_str()))
        .collect();
    let why = "not checked offline: only the broker holds the bank holidays by which this rule counts";
    assert_eq!(
        told,
        [("8670Q", Severity::NotChecked, None, why), ("8675Q", Severity::NotChecked, None, why)]
    );
    let needing: Vec<_> =
        of().rules.iter().filter(|rule| rule.needs_broker()).map(|rule| rule.id.to_string()).collect();
    assert_eq!(needing, ["8670Q", "8675Q"]);
}

#[test]
fn sex_is_m_f_or_u_from_2024_and_a_code_before() {
    let text = message(&[
        ("<GenderCurrent>1</GenderCurrent>", "<Sex>F</Sex>"),
        ("<Sex>0</Sex>", "<Sex>U</Sex>"),
        ("2024-03-31</ReferenceDate>", "2025-03-31</ReferenceDate>"),
    ]);
    let file = File { name: "cin.xml", bytes: text.as_bytes() };
    let examined = bulk::examine(&of(), &[file], "2024-25".parse().unwrap(), &online(None));
    assert_eq!(broken(&examined.outcome.per_rule), BTreeSet::new());
}

#[test]
fn a_message_of_another_collection_or_no_message_is_recognised_in_one_sentence() {
    let workforce = SOUND.replace("<Collection>CIN<", "<Collection>SchoolWorkforceCensus<");
    assert_eq!(
        said(&workforce),
        [
            "this is a `SchoolWorkforceCensus` message, as its header says, and no CIN message: choose the file of cin-census"
        ]
    );
    let other = "<rss><channel/></rss>";
    assert_eq!(
        said(other),
        [
            "this is another kind of file: a return of cin-census is one XML message whose first element is `Message`"
        ]
    );
    assert!(said("CHILD,SEX\n1,2\n")[0].starts_with("this is no XML file"));
}

#[test]
fn document_types_and_entities_are_refused() {
    let dtd = SOUND.replacen("<Message", "<!DOCTYPE Message [<!ENTITY x \"y\">]>\n<Message", 1);
    assert_eq!(said(&dtd), ["line 2 declares a document type: a message has none, take it out"]);
    let entity = SOUND.replace("A &amp; B", "&xxe;");
    assert_eq!(said(&entity), ["line 8 names an entity: a message has none, write the text itself"]);
    let deep = format!("<Message>{}", "<a>".repeat(100_000));
    assert!(said(&deep)[1].contains("more than 32 deep"), "{:?}", said(&deep));
    let long = SOUND.replace("A &amp; B", &"x".repeat(100_000));
    assert_eq!(said(&long), ["line 8: the text of one element is longer than 64 KiB"]);
    let cut = &SOUND[..SOUND.len() / 2];
    assert!(said(cut)[0].starts_with("line ") || said(cut)[0].contains("cut short"), "{:?}", said(cut));
}

#[test]
fn what_the_schema_does_not_know_is_told_with_its_line_and_without_its_text() {
    let odd = SOUND
        .replace("<LAchildID>X2<", "<Surname>Secret</Surname><LAchildID>X2<")
        .replace(
            "<UPNunknown>UN1</UPNunknown>",
            "<UPNunknown>UN1</UPNunknown><UPNunknown>UN2</UPNunknown>Secret",
        )
        .replace("<Ethnicity>NOBT<", "<Ethnicity kind=\"Secret\">NOBT<");
    let said = said(&odd);
    assert_eq!(said.len(), 4, "{said:#?}");
    assert!(said.iter().all(|text| !text.contains("Secret")), "{said:#?}");
    assert!(
        said[0]
            .starts_with("line 48: `Surname` is not known in `ChildIdentifiers`, which holds LAchildID, UPN")
    );
    assert_eq!(said[1], "line 48: `UPNunknown` stands twice in one record");
    assert_eq!(said[2], "line 48: text stands in `ChildIdentifiers`, where only elements belong");
    assert_eq!(said[3], "line 51: `Ethnicity` has an attribute, and none is known");
}

#[test]
fn a_code_that_is_none_is_told_by_row_and_column() {
    let examined = examine(&message(&[("<ReferralSource>3A<", "<ReferralSource>3Z<")]));
    let told: Vec<_> = examined
        .outcome
        .findings
        .iter()
        .map(|f| (f.rule.as_str(), f.table.as_str(), f.row, f.column.as_deref()))
        .collect();
    assert_eq!(told, [("cell-code", "cin_details", Some(2), Some("ReferralSource"))]);
}

#[test]
fn a_row_that_names_no_row_above_it_is_refused() {
    let of = of();
    let mut tables = bulk::read(&of, &[File { name: "cin.xml", bytes: SOUND.as_bytes() }]).unwrap().tables;
    let at = tables[2].columns.len();
    tables[2].cells.set(at, "9");
    let checked = check_both(&of, draft(&of, "2023-24", tables), &online(None));
    let told: Vec<_> = checked.findings.iter().map(|f| (f.rule.as_str(), f.row, f.text.as_str())).collect();
    assert!(told.contains(&("table-shape", Some(2), "`child_row` names no row of `children`")), "{told:?}");
    assert!(checked.valid.is_none());
}
