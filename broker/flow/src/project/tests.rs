use std::path::Path;

use concordat_core::table::{Cells, Table};
use concordat_policy::{Bundle, Projection};

use super::*;
use crate::generation::Complaint;

fn read(dir: &Path, from: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read(&path, from, files),
            false => {
                let name = path.strip_prefix(from).unwrap().to_str().unwrap().to_owned();
                files.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
}

fn sample() -> Arc<Generation> {
    Generation::build(files()).unwrap()
}

fn files() -> Vec<(String, Vec<u8>)> {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    read(&policies, &policies, &mut files);
    files
}

fn of(generation: &Generation, rtype: &str) -> Arc<ReturnType> {
    let id = rtype.parse().unwrap();
    generation.catalogue.in_force(&id, "2023-03-31".parse().unwrap()).unwrap()
}

fn project(bundle: &Bundle, profile: &str, rtype: &ReturnType, areas: &[&str], table: Table) -> Projection {
    let areas = areas.iter().map(|area| area.parse().unwrap()).collect();
    let of = Reading {
        pseudonyms: Some(Pseudonyms::new(&[1; 32], "hackney-council")),
        ..reading(rtype, areas, "2023-03-31".parse().unwrap())
    };
    Projector::new(&[(bundle, &[profile.parse().unwrap()])], of).project(vec![table])
}

const REAL: &[u8] = include_bytes!("../../../../tests/fixtures/core-data-set/chscp-2022-23.csv");

#[test]
fn a_real_yearly_return_is_shown_without_small_counts_and_without_what_would_tell_them() {
    let generation = sample();
    let rtype = of(&generation, "core-data-set-annual");
    let sent = concordat_catalogue::read::csv(REAL, &rtype).unwrap().tables.remove(0);
    let areas = ["E09000001", "E09000012"];
    let out = project(generation.policy.bundle(), "dfe", &rtype, &areas, sent.clone());
    assert!(out.withheld_tables.is_empty());
    let seen = &out.tables[0];
    let at = |name: &str| seen.column(name).unwrap();
    let find = |area: &str, key: &str, period: &str| {
        let wanted = [("area", area), ("indicator", key), ("period", period), ("unit", "count")];
        let is_it = |row: &concordat_core::table::Row<'_>| {
            wanted.iter().all(|(name, cell)| row.get(at(name)) == Some(*cell))
        };
        seen.rows().find(is_it).and_then(|row| row.get(at("value"))).unwrap().to_owned()
    };
    for row in seen.rows().filter(|row| row.get(at("unit")) == Some("count")) {
        let (area, cell) = (row.get(at("area")).unwrap(), row.get(at("value")).unwrap());
        let least = if area == "City of London" { 10 } else { 6 };
        assert!(cell == "0" || cell.parse::<u64>().map_or(cell == "c", |count| count >= least), "{cell}");
    }
    // two figures for one thing
    let both = ["TRN-ATT", "TRN-SEC-GRANDTOT"].map(|key| find("City and Hackney", key, "2022/23"));
    assert_eq!(both, ["1120", "1120"]);
    // every area has small counts: no percentage could be trusted to hide them
    let areas = ["City of London", "Hackney"];
    let derived = seen.rows().filter(|row| {
        row.get(at("unit")) == Some("percent") && areas.contains(&row.get(at("area")).unwrap())
    });
    assert!(derived.map(|row| row.get(at("value")).unwrap()).all(|cell| cell == "c"));
}

#[test]
fn every_quarters_figures_are_projected_with_the_rules_of_their_type_in_mind() {
    let generation = sample();
    let rtype = of(&generation, "cds-csc-quarterly");
    let cells = |given: &[(&str, &str)]| {
        let of = |name: &str| given.iter().find(|(field, _)| *field == name).map_or("", |(_, cell)| *cell);
        let names = rtype.fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
        let cells: Cells = names.iter().map(|name| of(name)).collect();
        let table = Table { name: "main".to_owned(), columns: names, cells };
        let out = project(generation.policy.bundle(), "dfe", &rtype, &["E09000012"], table);
        let seen = &out.tables[0];
        let cell = |(name, _): &(&str, &str)| seen.cells.get(seen.column(name).unwrap()).unwrap().to_owned();
        given.iter().map(cell).collect::<Vec<_>>().join(" ")
    };
    let area = ("area", "E09000012");
    // one contact from education is all that 13 leave
    let contacts =
        [("contacts", "13"), ("contacts_police", "6"), ("contacts_health", "6"), ("contacts_education", "1")];
    assert_eq!(cells(&[&[area][..], &contacts].concat()), "E09000012 c 6 6 c");
    // 4 conferences were late
    assert_eq!(cells(&[area, ("icpc_held", "59"), ("icpc_15wd", "55")]), "E09000012 59 c");
    assert_eq!(cells(&[area, ("icpc_held", "59"), ("icpc_15wd", "40")]), "E09000012 59 40");
}

#[test]
fn a_profile_that_says_what_can_never_be_done_with_a_field_or_names_one_that_no_return_has_is_refused() {
    for (from, to, column, said) in [
        (
            "DOB = \"month_of_birth\"",
            "DOB = \"outward_postcode\"",
            "DOB",
            "`outward_postcode` would show nothing",
        ),
        (
            "HOME_POST = \"outward_postcode\"",
            "PLACE = \"age_band\"",
            "PLACE",
            "`age_band` would show nothing",
        ),
        ("MC_DOB =", "MCDOB =", "MCDOB", "no return has a field of this name"),
        ("child = [\"CHILD\",", "child = [\"CHILD_ID\",", "CHILD_ID", "no return has a field of this name"),
    ] {
        let mut files = files();
        let (_, bytes) = files.iter_mut().find(|(path, _)| path == "profiles/degraded.toml").unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from));
        *bytes = text.replacen(from, to, 1).into_bytes();
        let complaints = Generation::build(files).map(|_| ()).unwrap_err();
        let is_it = |complaint: &Complaint| {
            complaint.file == "profiles/degraded.toml"
                && complaint.column.as_deref() == Some(column)
                && complaint.text.contains(said)
        };
        assert!(complaints.iter().any(is_it), "{to}");
    }
}

#[test]
fn who_analyses_extracts_sees_neither_whose_they_are_nor_where_a_child_lives() {
    let generation = sample();
    let rtype = of(&generation, "ssda903-extract");
    let names = ["CHILD", "DOB", "UPN", "HOME_POST", "PL_POST", "URN", "DECOM"];
    let cells = ["77", "14/05/2010", "A1", "E8 1EA", "n168xj", "SC012345", "01/04/2022"];
    let table = Table {
        name: "episodes".to_owned(),
        columns: names.map(str::to_owned).into(),
        cells: cells.iter().collect(),
    };
    let out = project(generation.policy.bundle(), "degraded", &rtype, &["E09000012"], table);
    let seen = &out.tables[0];
    assert_eq!(seen.columns, ["CHILD", "DOB", "HOME_POST", "PL_POST", "DECOM"]);
    assert!(seen.cells.iter().skip(1).eq(["01/05/2010", "E8", "N16", "01/04/2022"]));
    assert!(seen.cells.get(0).unwrap().starts_with("p-"));
}

#[test]
fn parts_that_are_not_in_a_return_tell_nothing_of_its_total() {
    let generation = sample();
    let rtype = of(&generation, "lac-health-assessments-quarterly");
    let names = ["responsible_la", "iha_due", "iha_20wd", "lac_cohort"];
    let cells = ["E09000012", "23", "", "391", "E09000001", "3", "", "11"];
    let table = Table {
        name: "main".to_owned(),
        columns: names.map(str::to_owned).into(),
        cells: cells.iter().collect(),
    };
    let out = project(generation.policy.bundle(), "dfe", &rtype, &["E09000001", "E09000012"], table);
    let seen: Vec<&str> = out.tables[0].cells.iter().collect();
    assert_eq!(seen, ["E09000012", "23", "", "391", "E09000001", "c", "", "10"]);
}
