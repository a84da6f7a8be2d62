//! Returns against the shipped types: headers, cells, what came before, free text, caps.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use common::{draft, identity, ids, now, offline, run, shipped, table, wide};
use concordat_catalogue::{Checked, Context, Draft, areas_of, check, event_id_of};
use concordat_core::agency::Kind;
use concordat_core::finding::Severity;
use concordat_core::submission::Covers;
use concordat_core::table::Table;

const NHS_NUMBER: &str = "943 476 5919";

fn csc(cells: &[(&str, &str)]) -> Table {
    wide(&[&[("area", "E09000012"), ("period", "2022-23/Q4")], cells].concat())
}

#[test]
fn a_word_a_subset_too_large_and_an_nhs_number_are_three_findings_and_the_number_is_in_none() {
    let of = shipped("cds-csc-quarterly");
    let commentary = format!("see {NHS_NUMBER} for the rise");
    let broken = csc(&[
        ("contacts", "many"),
        ("contacts_to_referral", "4"),
        ("rereferrals_12m", "6"),
        ("referrals", "5"),
        ("commentary", &commentary),
    ]);
    let before = [csc(&[("referrals", "5"), ("rereferrals_12m", "1")])];
    let context =
        Context { now: now(), previous: Some(&before), offline: false, calendar: None, sender: None };
    let checked = check(&of, draft(&of, "2022-23/Q4", vec![broken]), &context);
    let found: Vec<_> =
        checked.findings.iter().map(|f| (f.rule.as_str(), f.row, f.column.as_deref().unwrap())).collect();
    assert_eq!(
        found,
        [
            ("cell-kind", Some(1), "contacts"),
            ("text-overshare", Some(1), "commentary"),
            ("CSC-R2", Some(1), "rereferrals_12m"),
        ]
    );
    assert!(checked.valid.is_none());
    let all = format!("{checked:?}").replace(' ', "");
    assert!(!all.contains("9434765919") && !all.contains("many"), "{all}");
}

#[test]
fn a_cell_that_is_no_figure_is_told_how_to_write_it_and_what_it_seems_to_hold_and_is_not_repeated() {
    let of = shipped("cds-csc-quarterly");
    let holds = |held: &str| {
        let is = "`contacts` is not a whole number of 0 or more, digits only";
        format!("{is}, and it seems to hold {held}: take it out of the file")
    };
    let is = |advice: &str| format!("`contacts` is not a whole number of 0 or more, digits only: {advice}");
    for (cell, told) in [
        (NHS_NUMBER, holds("an NHS number")),
        ("A123456789012", holds("a unique pupil number")),
        ("020 7946 0018", holds("a phone number")),
        ("alex@example.org", holds("an e-mail address")),
        ("E8 1EA", holds("a postcode")),
        ("born 12/03/2015", holds("a date of birth")),
        ("1,204", is("write it without the comma")),
        ("<5", is("write the exact figure; readers see what they may")),
        ("-", is("write 0 if there was none, or leave it blank if it is not known")),
    ] {
        let checked = run(&of, "2022-23/Q4", vec![csc(&[("contacts", cell)])]);
        assert_eq!((checked.findings[0].rule.as_str(), &checked.findings[0].text), ("cell-kind", &told));
        assert!(cell == "-" || !told.contains(cell), "{cell}");
    }
}

#[test]
fn a_mistyped_number_of_a_field_that_names_a_person_is_not_told_to_be_taken_out() {
    let of = shipped("lac-entry-notification");
    let cell = |name: &str| match name {
        "nhs_number" | "legal_status" => "020 7946 0018",
        _ => "",
    };
    let row: Vec<(&str, &str)> = of.fields.iter().map(|f| (f.name.as_str(), cell(&f.name))).collect();
    let row = wide(&row);
    let checked = run(&of, "2022-23", vec![row]);
    let told = |column: &str| {
        let of_column = |f: &&concordat_core::finding::Finding| f.column.as_deref() == Some(column);
        checked.findings.iter().find(of_column).unwrap().text.clone()
    };
    assert!(!told("nhs_number").contains("take it out"), "{}", told("nhs_number"));
    assert!(told("legal_status").contains("seems to hold a phone number"), "{}", told("legal_status"));
}

#[test]
fn rules_that_look_back_say_not_checked_offline_once_each_and_not_pass() {
    let of = shipped("cds-csc-quarterly");
    let two = table(
        &["area", "period", "cpp_open_end", "cpp_started", "cpp_ceased"],
        &[&["E09000001", "2022-23/Q4", "1", "1", "1"], &["E09000012", "2022-23/Q4", "1", "1", "1"]],
    );
    let checked = run(&of, "2022-23/Q4", vec![two.clone()]);
    let told: Vec<_> = checked.findings.iter().map(|f| (f.rule.as_str(), f.row, f.severity)).collect();
    let not = Severity::NotChecked;
    assert_eq!(told, [("CSC-R6", None, not), ("CSC-R10", None, not)]);
    assert!(checked.findings.iter().all(|f| f.text.starts_with("not checked offline")));
    assert!(checked.valid.is_some(), "not checked is no error");
    let context = Context { now: now(), previous: None, offline: false, calendar: None, sender: None };
    let first = check(&of, draft(&of, "2022-23/Q4", vec![two]), &context);
    assert!(first.findings.iter().all(|f| f.text.contains("no earlier return")), "{:?}", first.findings);
}

#[test]
fn rows_are_compared_with_the_row_of_the_same_area_before() {
    let of = shipped("cds-csc-quarterly");
    let columns = ["area", "period", "lac_open_end", "lac_started", "lac_ceased"];
    let now_table = table(
        &columns,
        &[&["E09000001", "2022-23/Q4", "11", "2", "1"], &["E09000012", "2022-23/Q4", "390", "0", "1"]],
    );
    let before = [table(
        &columns,
        &[&["E09000012", "2022-23/Q3", "392", "9", "9"], &["E09000001", "2022-23/Q3", "10", "9", "9"]],
    )];
    let context =
        Context { now: now(), previous: Some(&before), offline: false, calendar: None, sender: None };
    let checked = check(&of, draft(&of, "2022-23/Q4", vec![now_table]), &context);
    let told: Vec<_> = checked
        .findings
        .iter()
        .filter(|f| f.rule.as_str() == "CSC-R7")
        .map(|f| (f.row, f.figures.as_deref()))
        .collect();
    assert_eq!(told, [(Some(2), Some("390 against 391"))]);
}

#[test]
fn a_rule_with_some_operands_blank_is_not_checked_and_with_all_blank_silent() {
    let of = shipped("cds-csc-quarterly");
    let checked = run(&of, "2022-23/Q4", vec![csc(&[("contacts", "x"), ("contacts_to_referral", "4")])]);
    assert_eq!(ids(&checked.findings, Severity::NotChecked), ["CSC-R1", "CSC-R10"]);
    let blank = run(&of, "2022-23/Q4", vec![csc(&[("contacts", ""), ("contacts_to_referral", "z")])]);
    assert_eq!(ids(&blank.findings, Severity::NotChecked), ["CSC-R10"]);
}

#[test]
fn a_suppressed_figure_is_an_error() {
    let of = shipped("cds-csc-quarterly");
    for symbol in ["c", "*", "[c]"] {
        let checked = run(&of, "2022-23/Q4", vec![csc(&[("contacts", symbol)])]);
        assert_eq!(ids(&checked.findings, Severity::Error), ["cell-suppressed"], "{symbol}");
    }
}

#[test]
fn the_header_must_fit_the_type_and_the_content() {
    let of = shipped("cds-csc-quarterly");
    let sound = draft(&of, "2022-23/Q4", vec![csc(&[("contacts", "4")])]);
    let errors = |change: &dyn Fn(&mut Draft)| {
        let mut draft = sound.clone();
        change(&mut draft);
        let checked = check(&of, draft, &offline());
        assert_eq!(checked.valid.is_none(), checked.counts.errors > 0);
        ids(&checked.findings, Severity::Error).join(" ")
    };
    assert_eq!(errors(&|_| {}), "");
    assert_eq!(errors(&|d| d.identity.return_type = "other".parse().unwrap()), "header-type");
    assert_eq!(
        errors(&|d| d.identity.covers = Covers::Period("2022-23".parse().unwrap())),
        "header-period row-period"
    );
    assert_eq!(
        errors(&|d| d.identity.covers = Covers::Period("@2023-03-31".parse().unwrap())),
        "header-period row-period"
    );
    assert_eq!(errors(&|d| d.identity.covers = Covers::Period("2022-23/Q3".parse().unwrap())), "row-period");
    assert_eq!(errors(&|d| d.identity.part = Some("police".into())), "header-part");
    assert_eq!(errors(&|d| d.identity.areas = vec!["E09000001".parse().unwrap()]), "header-areas");
    assert_eq!(errors(&|d| d.identity.areas.push("E09000001".parse().unwrap())), "header-areas header-areas");
    assert_eq!(errors(&|d| d.identity.areas.clear()), "header-areas header-areas");
    assert_eq!(errors(&|d| d.nil = true), "nil-empty");
    assert_eq!(errors(&|d| d.tables.clear()), "header-areas table-name");
    assert_eq!(errors(&|d| d.tables[0].name = "other".into()), "table-name");
    assert_eq!(errors(&|d| d.tables[0].cells.truncate(2)), "header-areas table-shape");
    assert_eq!(errors(&|d| d.tables[0].columns[2] = "contacted".into()), "table-columns");
    assert_eq!(errors(&|d| d.tables[0].columns[2] = "area".into()), "table-columns");
    assert_eq!(errors(&|d| d.tables[0].columns[1] = "contacts_police".into()), "table-columns");
}

#[test]
fn two_rows_for_one_area_are_an_error() {
    let of = shipped("cds-csc-quarterly");
    let rows: &[&[&str]] = &[&["E09000012", "2022-23/Q4", "1"], &["E09000012", "2022-23/Q4", "2"]];
    let checked = run(&of, "2022-23/Q4", vec![table(&["area", "period", "contacts"], rows)]);
    let errors: Vec<_> = checked.findings.iter().filter(|f| f.severity == Severity::Error).collect();
    assert_eq!((errors.len(), errors[0].rule.as_str(), errors[0].row), (1, "row-unique", Some(2)));
}

#[test]
fn too_many_rows_and_too_many_findings_end_in_findings() {
    let of = shipped("lado-attestation-monthly");
    let rows = |n: usize| {
        let mut big = table(&["area", "matters_meeting_criteria", "notified"], &[]);
        for row in 0..n {
            big.cells.extend([format!("E{row:08}"), "one".to_owned(), "1".to_owned()]);
        }
        big
    };
    let checked = check(
        &of,
        Draft { identity: identity(&of, "2023-03", &[]), nil: false, tables: vec![rows(10_001)] },
        &offline(),
    );
    assert!(ids(&checked.findings, Severity::Error).contains(&"table-rows"));
    let checked = run(&of, "2023-03", vec![rows(1_500)]);
    assert_eq!(checked.findings.len(), 1_000);
    let last = checked.findings.last().unwrap();
    assert_eq!(last.rule.as_str(), "findings-more");
    // 1,500 cells, and a header with as many areas
    assert!(last.text.contains("are 502 more findings, 502 of them errors"), "{}", last.text);
    assert!(checked.valid.is_none());
}

#[test]
fn a_nil_is_valid_without_a_table_and_says_so_in_its_content() {
    let of = shipped("lado-attestation-monthly");
    assert!(of.nil && !shipped("cds-csc-quarterly").nil);
    let nil = Draft { identity: identity(&of, "2023-03", &[]), nil: true, tables: vec![] };
    let valid = check(&of, nil, &offline()).valid.unwrap();
    assert!(valid.nil());
    assert_eq!(valid.areas(), valid.identity().areas);
}

#[test]
fn a_part_is_filled_alone_named_in_the_header_and_sent_by_its_own_kind() {
    let of = shipped("mace-quarterly");
    let parts = [Kind::Police, Kind::LocalAuthority, Kind::Health, Kind::Education];
    assert_eq!(of.parts(), parts);
    let ours =
        [("area", "E09000012"), ("period", "2022-23/Q4"), ("cse_flagged", "4"), ("redthread_referrals", "")];
    let sound = draft(&of, "2022-23/Q4", vec![wide(&ours)]);
    assert_eq!(sound.identity.part.as_deref(), Some("police"));
    let errors = |sender: Option<Kind>, change: &dyn Fn(&mut Draft)| {
        let mut draft = sound.clone();
        change(&mut draft);
        let checked = check(&of, draft, &Context { sender, ..offline() });
        assert_eq!(checked.valid.is_none(), checked.counts.errors > 0);
        ids(&checked.findings, Severity::Error).join(" ")
    };
    assert_eq!(errors(None, &|_| {}), "", "offline nobody knows who sends it");
    assert_eq!(errors(Some(Kind::Police), &|_| {}), "");
    assert_eq!(errors(Some(Kind::Health), &|_| {}), "header-part");
    assert_eq!(errors(Some(Kind::Police), &|d| d.identity.part = None), "header-part");
    assert_eq!(errors(Some(Kind::Health), &|d| d.identity.part = Some("health".into())), "header-part");
    assert_eq!(errors(None, &|d| d.identity.part = Some("lado".into())), "header-part");
    assert_eq!(errors(None, &|d| d.tables[0].cells.set(2, "")), "header-part", "no part is filled");
    assert_eq!(errors(None, &|d| d.tables[0].cells.set(3, "0")), "header-part", "two parts are filled");
}

#[test]
fn an_outcome_names_the_agencies_to_which_it_goes() {
    let of = shipped("lado-outcome");
    let cells = [
        ("notification_id", "2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e"),
        ("area", "E09000012"),
        ("notifying_agency", "homerton"),
        ("employer_agency", "homerton"),
        ("notified_at", "2023-04-19T09:30"),
        ("lado_action", "consultation"),
    ];
    let named = |cells: &[(&str, &str)]| {
        let checked = check(&of, draft(&of, "2022-23", vec![wide(cells)]), &offline());
        checked
            .valid
            .map(|valid| valid.agencies().iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(named(&cells).unwrap(), "homerton", "each once");
    let mut two = cells;
    two[3].1 = "elft";
    assert_eq!(named(&two).unwrap(), "elft homerton");
    two[3].1 = "";
    assert_eq!(named(&two).unwrap(), "homerton");
    two[3].1 = "East London";
    assert!(named(&two).is_none(), "a name is no id");
}

#[test]
fn a_notice_about_a_child_says_nothing_of_its_numbers_when_they_are_wrong() {
    let of = shipped("lac-entry-notification");
    let cells = [
        ("notice_id", "2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e"),
        ("child_ref", "C1"),
        ("nhs_number", "9434765918"),
        ("upn", "A801200005001"),
        ("name", "Sam Example"),
        ("dob", "2010-05-01"),
        ("event", "enters_care"),
        ("event_date", "2023-04-19"),
        ("placement_postcode", "N16 1C"),
        ("address_confidential", "no"),
        ("placing_authority", "E09000012"),
        ("placement_area", "E09000001"),
        ("consent_to_assessment", "given"),
    ];
    let checked = check(&of, draft(&of, "2022-23", vec![wide(&cells)]), &offline());
    let found: Vec<_> =
        checked.findings.iter().map(|f| (f.rule.as_str(), f.column.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        found,
        [
            ("cell-kind", "nhs_number"),
            ("cell-kind", "upn"),
            ("cell-kind", "placement_postcode"),
            ("LE-R5", "event_date"),
        ]
    );
    assert_eq!(checked.findings[3].severity, Severity::NotChecked);
    assert!(checked.findings[3].text.starts_with("not checked offline"), "{:?}", checked.findings[3]);
    let said = format!("{:?}", checked.findings);
    assert!(
        !said.contains("94347") && !said.contains("A8012") && !said.contains("N16") && !said.contains("Sam")
    );
}

const LADO: &[(&str, &str)] = &[
    ("notification_id", "2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e"),
    ("area_of_work", "E09000012"),
    ("area_of_incident", "E09000001"),
    ("source_agency", "police_met"),
    ("aware_at", "2023-04-19T09:30"),
    ("criteria", "harmed_or_may_have_harmed;possible_criminal_offence"),
    ("category", "physical"),
    ("occupation", "teacher"),
    ("subject_name", "Alex Example"),
    ("subject_employer", "A school"),
    ("police_informed", "yes"),
    ("csc_informed", "unknown"),
    ("account", "Grabbed an arm in a corridor."),
];

#[test]
fn a_notification_is_routed_by_both_its_areas_and_known_by_its_own_id() {
    let of = shipped("lado-notification");
    let tables = vec![wide(LADO)];
    let areas = areas_of(&of, &tables);
    assert_eq!(areas.iter().map(|a| a.as_str()).collect::<Vec<_>>(), ["E09000001", "E09000012"]);
    assert_eq!(event_id_of(&of, &tables).unwrap().as_str(), LADO[0].1);
    let sound = draft(&of, "2022-23", tables.clone());
    let checked = check(&of, sound.clone(), &offline());
    assert_eq!(checked.findings.len(), 1, "{:?}", checked.findings);
    assert_eq!(
        ids(&checked.findings, Severity::NotChecked),
        ["LN-R2"],
        "working days are counted by the broker"
    );
    assert!(checked.valid.unwrap().person_level());
    let mut one_area = sound.clone();
    one_area.identity.areas.pop();
    assert_eq!(check(&of, one_area, &offline()).findings[0].rule.as_str(), "header-areas");
    let mut other = sound.clone();
    other.identity.covers = Covers::Event("2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3f".parse().unwrap());
    assert_eq!(check(&of, other, &offline()).findings[0].rule.as_str(), "header-event");
    let mut period = sound;
    period.identity.covers = Covers::Period("2022-23".parse().unwrap());
    assert_eq!(check(&of, period, &offline()).findings[0].rule.as_str(), "header-event");
}

#[test]
fn free_text_about_a_person_is_queried_and_nothing_of_it_is_repeated() {
    let of = shipped("lado-notification");
    let account = format!("call 07700 900123 about {NHS_NUMBER}, E8 1EA");
    let mut cells = LADO.to_vec();
    cells[12].1 = &account;
    let checked = check(&of, draft(&of, "2022-23", vec![wide(&cells)]), &offline());
    assert_eq!(ids(&checked.findings, Severity::Query), ["text-overshare"]);
    let text = &checked.findings[0].text;
    assert!(text.contains("an NHS number and a postcode and a phone number"), "{text}");
    assert!(!text.chars().any(|c| c.is_ascii_digit()));
    assert!(checked.valid.is_some());
}

#[test]
fn findings_about_a_person_carry_no_figures_and_no_cell() {
    let of = shipped("lado-notification");
    let mut cells = LADO.to_vec();
    cells[4].1 = "2031-01-01T00:00";
    cells[7].1 = "wizard";
    cells[9].1 = "";
    let checked = check(&of, draft(&of, "2022-23", vec![wide(&cells)]), &offline());
    let said = format!("{:?}", checked.findings);
    assert!(checked.findings.iter().all(|f| f.figures.is_none()));
    assert!(!said.contains("wizard") && !said.contains("2031") && !said.contains("Alex"), "{said}");
    assert_eq!(ids(&checked.findings, Severity::Error), ["cell-code", "cell-required", "LN-R1"]);
}

fn commentary(text: &str) -> Checked {
    let of = shipped("cds-csc-quarterly");
    let row =
        wide(&[("area", "E09000012"), ("period", "2022-23/Q4"), ("contacts", "9"), ("commentary", text)]);
    run(&of, "2022-23/Q4", vec![row])
}

#[test]
fn free_text_of_figures_is_queried_for_what_contradicts_itself_and_the_text_is_not_repeated() {
    for (id, text, figures) in [
        ("N1", "12% from 311 to 355", Some("12% stated; from 311 to 355 is 14.1%")),
        ("N2", "of 35: 26 and 6", Some("the parts add up to 32; the total says 35")),
        ("N3", "34 (17%) of 405", Some("17% stated; 34 of 405 is 8.4%")),
        ("N4", "65 per 10,000, 392 of 55,059", Some("65 per 10,000 stated; 392 of 55,059 is 71.2")),
        ("N5", "181, a reduction of 211", Some("a change of 211 beside 181")),
        ("N6", "in 2010/22", Some("2010/22")),
        ("N7", "two children", None),
    ] {
        let checked = commentary(text);
        let found: Vec<_> = checked.findings.iter().filter(|f| f.severity == Severity::Query).collect();
        assert_eq!(found.len(), 1, "{id} {found:#?}");
        assert_eq!((found[0].rule.as_str(), found[0].figures.as_deref()), (id, figures));
        assert_eq!((found[0].row, found[0].column.as_deref()), (Some(1), Some("commentary")));
        assert!(!found[0].text.contains(|c: char| c.is_ascii_digit()) || id == "N7", "{}", found[0].text);
        assert!(checked.valid.is_some(), "a query never refuses");
    }
    assert_eq!(commentary("14% from 311 to 355; 1,121 + 252 + 345 = 1,718").counts.queries, 0);
}

#[test]
fn a_date_of_birth_in_figures_is_an_error_and_a_likely_name_only_a_query() {
    let checked = commentary("born on 12 March 2015");
    assert_eq!(ids(&checked.findings, Severity::Error), ["text-overshare"]);
    let checked = commentary("The plan for Jamie Okafor was reviewed.");
    assert_eq!(ids(&checked.findings, Severity::Query), ["text-name"]);
    assert!(checked.valid.is_some() && !format!("{:?}", checked.findings).contains("Jamie"));
}

#[test]
fn an_unexpected_column_of_a_table_is_told_like_that_of_a_file() {
    let of = shipped("cds-csc-quarterly");
    let row = wide(&[("area", "E09000012"), ("period", "2022-23/Q4"), ("id", "943 476 5919")]);
    let checked = run(&of, "2022-23/Q4", vec![row]);
    assert_eq!(ids(&checked.findings, Severity::Error), ["table-columns", "text-overshare"]);
    assert!(
        checked.findings[1].text.starts_with("column 3, which is no column of this type, holds NHS numbers")
    );
}
