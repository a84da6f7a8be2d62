//! Definition files: what is accepted without a line of Rust, and what is complained of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use common::{catalogue, draft, offline, wide};
use concordat_catalogue::{Catalogue, Complaint, check};
use concordat_core::period::Frequency;
use concordat_core::table::FieldClass;

const BY_HAND: &str = r#"
id = "youth-work-monthly"
version = 1
title = "Youth work"
why = "Shows how many young people are reached."
lawful = "UK GDPR 6(1)(e)"
source = "A test"
kind = "aggregate"
person_level = false
owners = ["voluntary", "local_authority"]
frequency = "month"
purpose = "P4-partnership-assurance"
nil = true
in_force = { from = 2022-04-01, until = 2024-03-31 }
due = { anchor = "period_end", add = 10, unit = "working_days", cut_off = "12:30" }
collect_within = { add = 5, unit = "days" }
recipients = [{ kind = "partnership", areas = "any" }]
key = ["area"]
area_fields = ["area"]

field = [
    { name = "area", kind = "gss", required = true },
    { name = "reached", kind = "count", aliases = ["young people reached"] },
    { name = "staying", kind = "count" },
    { name = "mode", kind = "code", codes = "modes" },
]

[[rule]]
id = "YW-1"
severity = "error"
check = "staying <= reached"
words = "more stay than were reached: correct one of the two"
"#;

const MODES: &str = r#"
title = "Modes"
source = "A test"
codes = [["open", "Open door"], ["street", "On the street"]]
"#;

fn files(pairs: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

fn load(text: &str) -> Result<Catalogue, Vec<Complaint>> {
    Catalogue::from_files(files(&[("returns/by-hand.toml", text), ("returns/codes/modes.toml", MODES)]))
}

fn complaints(text: &str) -> Vec<String> {
    load(text).map(|_| vec![]).unwrap_or_else(|c| c.iter().map(ToString::to_string).collect())
}

fn with(from: &str, to: &str) -> String {
    assert!(BY_HAND.contains(from), "{from}");
    BY_HAND.replace(from, to)
}

#[test]
fn a_return_type_is_added_by_a_file_alone() {
    let catalogue = load(BY_HAND).unwrap();
    let id = "youth-work-monthly".parse().unwrap();
    let of = catalogue.in_force(&id, "2022-04-30".parse().unwrap()).unwrap();
    assert_eq!((of.frequency, of.nil, of.fields[1].class), (Frequency::Month, true, FieldClass::Aggregate));
    assert_eq!(of.due.unwrap().cut_off, Some("12:30".parse().unwrap()));
    let table = wide(&[("area", "E09000012"), ("reached", "5"), ("staying", "6"), ("mode", "street")]);
    let checked = check(&of, draft(&of, "2022-04", vec![table]), &offline());
    let found: Vec<_> = checked.findings.iter().map(|f| (f.rule.as_str(), f.figures.as_deref())).collect();
    assert_eq!(found, [("YW-1", Some("6 against 5"))]);
}

#[test]
fn a_version_is_in_force_between_its_days_and_on_no_other() {
    let second = with("until = 2024-03-31", "")
        .replace("from = 2022-04-01,", "from = 2024-04-01")
        .replace("version = 1", "version = 2");
    let catalogue = Catalogue::from_files(files(&[
        ("returns/a.toml", BY_HAND),
        ("returns/b.toml", &second),
        ("returns/codes/modes.toml", MODES),
        ("rules.csv", "not, for us"),
    ]))
    .unwrap();
    let version = |day: &str| {
        let id = "youth-work-monthly".parse().unwrap();
        catalogue.in_force(&id, day.parse().unwrap()).map(|of| of.version)
    };
    assert_eq!(version("2022-03-31"), None);
    assert_eq!(version("2022-04-01"), Some(1));
    assert_eq!(version("2024-03-31"), Some(1));
    assert_eq!(version("2024-04-01"), Some(2));
    let twice = Catalogue::from_files(files(&[
        ("returns/a.toml", BY_HAND),
        ("returns/b.toml", BY_HAND),
        ("returns/codes/modes.toml", MODES),
    ]));
    assert!(twice.unwrap_err()[0].text.contains("declared twice"));
}

#[test]
fn everything_wrong_is_told_at_once_each_with_its_line() {
    let text = with("nil = true", "nul = true")
        .replace("kind = \"count\" }", "kind = \"counts\" }")
        .replace("\"voluntary\"", "\"charity\"")
        .replace("in_force = { from = 2022-04-01, until = 2024-03-31 }", "in_force = { from = \"soon\" }");
    let told = complaints(&text);
    for part in [
        "there is no key `nul`",
        "`nil` is missing",
        "`counts` is not known here",
        "`charity`",
        "`soon` is no date",
    ] {
        assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:#?}");
    }
    assert!(told.iter().all(|line| line.starts_with("returns/by-hand.toml:")), "{told:#?}");
}

#[test]
fn a_line_is_that_of_the_value_complained_of() {
    let line = BY_HAND.lines().position(|line| line.starts_with("check")).unwrap() + 1;
    let told = complaints(&with("staying <= reached", "staying <= reeched"));
    assert_eq!(told, [format!("returns/by-hand.toml:{line}: rule YW-1: there is no field `reeched`")]);
}

#[test]
fn each_of_these_mistakes_is_complained_of() {
    for (from, to, part) in [
        ("id = \"youth-work-monthly\"", "id = \"Youth work\"", "is not a return type"),
        ("version = 1", "", "`version` is missing"),
        ("version = 1", "version = \"one\"", "must be a whole number"),
        ("person_level = false", "person_level = true", "an aggregate is not about persons"),
        ("frequency = \"month\"", "frequency = \"event\"", "an event has the frequency"),
        ("unit = \"days\"", "unit = \"fortnights\"", "`fortnights` is not known here"),
        ("collect_within = { add = 5, unit = \"days\" }", "", "`collect_within` is missing"),
        ("recipients = [{ kind = \"partnership\", areas = \"any\" }]", "", "`recipients` names at least one"),
        ("areas = \"any\"", "areas = \"near\"", "`near` is not known here"),
        ("key = [\"area\"]", "key = [\"region\"]", "there is no field `region`"),
        ("area_fields = [\"area\"]", "area_fields = [\"reached\"]", "no field of GSS codes"),
        ("name = \"staying\"", "name = \"reached\"", "is used by two fields"),
        ("name = \"staying\"", "name = \"now\"", "cannot be a field's name"),
        ("codes = \"modes\"", "codes = \"moods\"", "there is no code list `moods`"),
        ("kind = \"code\", codes = \"modes\"", "kind = \"enum\", values = []", "1 to 65,000 codes"),
        (
            "kind = \"code\", codes = \"modes\"",
            "kind = \"enum\", values = [\"a\", \"a\"]",
            "`a` stands twice",
        ),
        ("kind = \"count\" }", "kind = \"count\", codes = \"modes\" }", "a count field has no `codes`"),
        ("kind = \"count\" }", "kind = \"by_code\" }", "`by` names the field"),
        ("kind = \"count\" }", "kind = \"count\", class = \"free_text\" }", "only a text field"),
        ("severity = \"error\"", "severity = \"fatal\"", "`fatal` is not known here"),
        ("severity = \"error\"", "severity = \"error\"\nscope = \"table\"", "rules look over a table when"),
        ("check = \"staying <= reached\"", "check = \"staying <=\"", "cannot be read"),
        ("words = \"more stay", "wordz = \"more stay", "`words` is missing"),
        ("areas = \"any\"", "areas = \"named\"", "`agency_fields` names the fields"),
        (
            "area_fields = [\"area\"]",
            "area_fields = [\"area\"]\nagency_fields = [\"area\"]",
            "`area` is no field of agencies",
        ),
        (
            "name = \"staying\", kind = \"count\"",
            "name = \"staying\", kind = \"count\", part = \"health\"",
            "none of the `owners`",
        ),
        (
            "name = \"staying\", kind = \"count\"",
            "name = \"staying\", kind = \"count\", required = true, part = \"voluntary\"",
            "cannot be required",
        ),
        (
            "check = \"staying <= reached\"",
            "check = 'sum_of(\"stay*\", \"staying\") <= reached'",
            "no field matches `stay*`",
        ),
        (
            "check = \"staying <= reached\"",
            "check = 'sum_of(\"*\") <= reached'",
            "`area` is a field that can only be asked",
        ),
        ("until = 2024-03-31", "until = 2020-03-31", "`until` lies before `from`"),
        ("title = \"Youth work\"", "title = \"\"", "must be a text that is not empty"),
        ("nil = true", "nil = ", ""),
    ] {
        let told = complaints(&with(from, to));
        assert!(!told.is_empty() && told.iter().any(|line| line.contains(part)), "{from} → {to}: {told:#?}");
    }
}

#[test]
fn a_pattern_adds_up_the_fields_that_it_matches_and_a_blank_among_them_is_not_zero() {
    let text = with(
        "name = \"staying\", kind = \"count\" }",
        "name = \"staying\", kind = \"count\" }, { name = \"by_a\", kind = \"count\" }, { name = \"by_b\", kind = \"count\" }",
    ) + "[[additive]]\nid = \"YW-2\"\nseverity = \"error\"\ntotal = \"reached\"\nparts = [\"by_*\"]\nwords = \"w\"\n"
        + "[[rule]]\nid = \"YW-3\"\nseverity = \"query\"\ncheck = 'sum_of(\"by_*\", \"by_b\") > 0'\nwords = \"w\"\n";
    let of = load(&text).unwrap().types()[0].clone();
    assert_eq!(of.additive[0].parts, ["by_a", "by_b"], "suppression has to know them by name");
    let told = |a: &str, b: &str| {
        let table = wide(&[("area", "E09000012"), ("reached", "5"), ("by_a", a), ("by_b", b)]);
        let checked = check(&of, draft(&of, "2022-04", vec![table]), &offline());
        let told = checked.findings.iter().filter(|f| f.rule.as_str() != "YW-1");
        told.map(|f| format!("{} {}", f.rule, f.severity.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(told("2", "3"), [""; 0]);
    assert_eq!(told("2", "2"), ["YW-2 error"]);
    assert_eq!(told("0", "5"), ["YW-3 query"]);
    assert_eq!(told("5", ""), ["YW-2 not_checked"]);
}

#[test]
fn a_rule_over_two_parts_is_complained_of_because_they_never_come_together() {
    let part = |text: &str, name: &str, kind: &str| {
        text.replace(&format!("name = \"{name}\","), &format!("name = \"{name}\", part = \"{kind}\","))
    };
    let two = part(&part(BY_HAND, "reached", "voluntary"), "staying", "local_authority");
    assert!(
        complaints(&two)[0].contains("it reads the parts `local_authority` and `voluntary`"),
        "{:?}",
        complaints(&two)
    );
    let one = part(&part(BY_HAND, "reached", "voluntary"), "staying", "voluntary");
    assert_eq!(complaints(&one), [""; 0]);
}

#[test]
fn a_code_list_without_its_source_is_complained_of_and_so_is_a_file_that_is_no_text() {
    let sourceless = MODES.replace("source = \"A test\"", "");
    let told = Catalogue::from_files(files(&[("returns/codes/modes.toml", &sourceless)])).unwrap_err();
    assert!(told[0].text.contains("`source` is missing"), "{told:?}");
    let told = Catalogue::from_files([("returns/x.toml".to_owned(), vec![0xff])]).unwrap_err();
    assert!(told[0].text.contains("not UTF-8"));
    for stray in ["returns/x.tml", "returns/old/x.toml", "returns/codes/x.csv"] {
        let told = Catalogue::from_files(files(&[(stray, "")])).unwrap_err();
        assert!(told[0].text.contains("belong here"), "{stray}");
    }
    assert!(Catalogue::from_files(files(&[("returns/README.md", "# Notes")])).is_ok());
}

#[test]
fn a_digest_follows_the_file_and_the_code_lists_it_names() {
    let digest = |text: &str, modes: &str| {
        let all = files(&[("returns/a.toml", text), ("returns/codes/modes.toml", modes)]);
        let catalogue = Catalogue::from_files(all).unwrap();
        (catalogue.types()[0].digest, catalogue.digest())
    };
    let first = digest(BY_HAND, MODES);
    assert_eq!(first, digest(BY_HAND, MODES));
    let changed_file = digest(&with("Youth work", "Youth Work"), MODES);
    let changed_list = digest(BY_HAND, &MODES.replace("Open door", "Open doors"));
    assert!(first.0 != changed_file.0 && first.1 != changed_file.1);
    assert!(first.0 != changed_list.0 && first.1 != changed_list.1);
}

#[test]
fn what_is_about_persons_says_so_and_classes_every_field() {
    for of in catalogue().types() {
        let classes = |class: FieldClass| of.fields.iter().any(|field| field.class == class);
        let personal = classes(FieldClass::Identifier) || classes(FieldClass::Criminal);
        assert_eq!(of.person_level, personal, "{}", of.id);
        assert!(!of.why.is_empty() && !of.lawful.is_empty() && !of.source.is_empty(), "{}", of.id);
    }
    let lado = BY_HAND
        .replace("kind = \"aggregate\"", "kind = \"bulk\"")
        .replace("person_level = false", "person_level = true");
    assert!(complaints(&lado).iter().any(|line| line.contains("`class` is missing")));
}

#[test]
fn an_area_that_others_make_up_is_one_of_the_list_and_so_are_at_least_two_that_make_it_up() {
    let policies = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/returns");
    let read = |name: &str| std::fs::read_to_string(policies.join(name)).unwrap();
    let text = read("core-data-set-annual.toml");
    let lists = ["areas", "indicators", "units"].map(|list| format!("codes/core-data-set-{list}.toml"));
    let told = |from: &str, to: &str| {
        assert!(text.contains(from));
        let mut all = files(&[("returns/core-data-set-annual.toml", &text.replace(from, to))]);
        all.extend(lists.iter().map(|list| (format!("returns/{list}"), read(list).into_bytes())));
        let told = Catalogue::from_files(all).map(|_| vec![]);
        told.unwrap_or_else(|told| told.iter().map(ToString::to_string).collect()).join("\n")
    };
    assert_eq!(told("\"Hackney\"]]", "\"Hackney\"]]"), "");
    assert!(told("\"Hackney\"]]", "\"Hackny\"]]").contains("`Hackny` is no code of `area`"));
    assert!(told("\"City of London\", \"Hackney\"]]", "\"Hackney\"]]").contains("at least two"));
}
