//! The sample partnership and its policy files, for tests.

use std::path::Path;
use std::sync::OnceLock;

use concordat_core::agency::{Agency, Kind};
use concordat_core::decision::{Act, Asker, DecisionRequest};

use crate::bundle::Bundle;
use crate::generate::generate;
use crate::policy::Policy;
use crate::vocabulary::Known;

pub(crate) const CITY: &str = "E09000001";
pub(crate) const HACKNEY: &str = "E09000012";

pub(crate) fn known() -> Known {
    let agencies: [(&str, Kind, &[&str]); 15] = [
        ("hackney-council", Kind::LocalAuthority, &[HACKNEY]),
        ("city-of-london-corporation", Kind::LocalAuthority, &[CITY]),
        ("metropolitan-police", Kind::Police, &[HACKNEY]),
        ("city-of-london-police", Kind::Police, &[CITY]),
        ("nhs-nel-icb", Kind::Health, &[CITY, HACKNEY]),
        ("homerton", Kind::Health, &[CITY, HACKNEY]),
        ("elft", Kind::Health, &[CITY, HACKNEY]),
        ("hackney-education", Kind::Education, &[HACKNEY]),
        ("city-education", Kind::Education, &[CITY]),
        ("hackney-lado", Kind::Lado, &[HACKNEY]),
        ("city-lado", Kind::Lado, &[CITY]),
        ("chscp", Kind::Partnership, &[CITY, HACKNEY]),
        ("london-probation", Kind::Probation, &[CITY, HACKNEY]),
        ("hackney-community-safety", Kind::CommunitySafety, &[HACKNEY]),
        ("nhs-england", Kind::National, &[CITY, HACKNEY]),
    ];
    let types = [
        ("core-data-set-annual", false),
        ("cds-police-quarterly", false),
        ("cds-csc-quarterly", false),
        ("lado-attestation-monthly", false),
        ("lado-notification", true),
        ("cds-health-quarterly", false),
        ("cds-education-quarterly", false),
        ("lac-health-assessments-quarterly", false),
        ("marac-quarterly", false),
        ("mace-quarterly", false),
        ("published-figures", false),
        ("lado-quarterly", false),
        ("lado-outcome", true),
        ("lac-entry-notification", true),
        ("missing-episode", true),
        ("return-home-interview", true),
        ("ssda903-extract", true),
        ("cin-census", true),
    ];
    Known {
        partnership: "city-and-hackney".parse().unwrap(),
        agencies: agencies
            .into_iter()
            .map(|(id, kind, areas)| Agency {
                id: id.parse().unwrap(),
                name: id.to_owned(),
                kind,
                areas: areas.iter().map(|area| area.parse().unwrap()).collect(),
                codes: Default::default(),
            })
            .collect(),
        types: types.into_iter().map(|(id, person)| (id.parse().unwrap(), person)).collect(),
    }
}

/// Every file under `policies/`.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.push((name, std::fs::read(path).unwrap()));
            }
        }
    }
    files
}

/// The sample as it stands, read once.
pub(crate) fn bundle() -> Bundle {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    let read = || {
        Bundle::from_files(files(), &known()).unwrap_or_else(|complaints| {
            panic!("{}", complaints.iter().map(|c| format!("{c}\n")).collect::<String>())
        })
    };
    BUNDLE.get_or_init(read).clone()
}

pub(crate) fn policy() -> Policy {
    Policy::new(bundle())
}

/// The files with one of them changed.
pub(crate) fn with(name: &str, change: impl FnOnce(&str) -> String) -> Vec<(String, Vec<u8>)> {
    let mut files = files();
    let (_, bytes) = files.iter_mut().find(|(path, _)| path == name).unwrap();
    *bytes = change(std::str::from_utf8(bytes).unwrap()).into_bytes();
    files
}

/// Files with the rows that their agreements give.
pub(crate) fn regenerated(files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    regenerated_for(files, &known())
}

/// As [`regenerated`], where the agencies or types are others.
pub(crate) fn regenerated_for(mut files: Vec<(String, Vec<u8>)>, known: &Known) -> Vec<(String, Vec<u8>)> {
    let text = generate(files.clone(), known).unwrap_or_else(|complaints| {
        panic!("{}", complaints.iter().map(|c| format!("{c}\n")).collect::<String>())
    });
    let (_, bytes) = files.iter_mut().find(|(path, _)| path == "rules.csv").unwrap();
    *bytes = text.into_bytes();
    files
}

/// The sample's files with these rows alone, their header left out: all by hand, under one agreement that every
/// agency signed.
pub(crate) fn by_hand(rows: &str) -> Vec<(String, Vec<u8>)> {
    let allowing = rows.lines().filter(|row| row.ends_with(",allow")).filter_map(|row| row.split(',').next());
    by_hand_under(rows, &[("A", allowing.map(str::to_owned).collect())])
}

/// As [`by_hand`], with the rows that allow under agreements that name them.
pub(crate) fn by_hand_under(rows: &str, agreements: &[(&str, Vec<String>)]) -> Vec<(String, Vec<u8>)> {
    let text = format!("{}\n{rows}", crate::row::COLUMNS.join(","));
    let known = known();
    let parties: Vec<&str> = known.agencies.iter().map(|agency| agency.id.as_str()).collect();
    let purposes = ["P4-partnership-assurance", "P2-manage-allegation"];
    let agreement = |(id, allowing): &(&str, Vec<String>)| {
        agreement_by_hand(id, &parties, &purposes, "2027-03-31", allowing)
    };
    let agreements: String = agreements.iter().map(agreement).collect();
    static OTHERS: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    let mut files = OTHERS.get_or_init(files).clone();
    for (name, text) in [("rules.csv", &text), ("by-hand.csv", &text), ("agreements.toml", &agreements)] {
        let (_, bytes) = files.iter_mut().find(|(path, _)| path == name).unwrap();
        *bytes = text.clone().into_bytes();
    }
    files
}

/// An agreement from April 2022 on that all its parties signed, and that answers for rows by hand.
pub(crate) fn agreement_by_hand(
    id: &str,
    parties: &[&str],
    purposes: &[&str],
    until: &str,
    allowing: &[String],
) -> String {
    let signed = parties
        .iter()
        .map(|party| format!("{{ party = \"{party}\", office = \"Chief\", on = \"2022-03-01\" }}"));
    let signed = signed.collect::<Vec<_>>().join(", ");
    format!(
        "[[agreement]]\nid = \"{id}\"\ntitle = \"t\"\nparties = {parties:?}\nsigned = [{signed}]\n\
         basis = [\"b\"]\npurposes = {purposes:?}\nfrom = \"2022-04-01\"\nuntil = \"{until}\"\n\
         review = \"{until}\"\nby_hand = {allowing:?}\n"
    )
}

/// Something replaced in one clause of `agreements.toml`, where it must stand.
pub(crate) fn in_clause(agreements: &str, clause: &str, from: &str, to: &str) -> String {
    let at = agreements.find(&format!("[[agreement.clause]]\nid = \"{clause}\"\n")).unwrap();
    let end = agreements[at + 1..].find("\n[[agreement").map_or(agreements.len(), |end| at + 1 + end);
    let (before, rest) = agreements.split_at(at);
    let (text, after) = rest.split_at(end - at);
    assert!(text.contains(from), "{clause}: {from}");
    format!("{before}{}{after}", text.replacen(from, to, 1))
}

/// What is wrong with the files, one text per complaint.
pub(crate) fn complaints(files: Vec<(String, Vec<u8>)>) -> Vec<String> {
    match Bundle::from_files(files, &known()) {
        Ok(_) => Vec::new(),
        Err(complaints) => complaints.iter().map(ToString::to_string).collect(),
    }
}

/// The council's reader asking for the police figures of its area.
pub(crate) fn request() -> DecisionRequest {
    DecisionRequest {
        asker: Asker {
            principal: Some("hackney-council/data-desk".parse().unwrap()),
            agency: "hackney-council".parse().unwrap(),
            kind: Kind::LocalAuthority,
            roles: vec!["reader".parse().unwrap()],
            areas: vec![HACKNEY.parse().unwrap()],
        },
        partnership: "city-and-hackney".parse().unwrap(),
        owner: Some("metropolitan-police".parse().unwrap()),
        return_type: Some("cds-police-quarterly".parse().unwrap()),
        areas: vec![HACKNEY.parse().unwrap()],
        act: Act::Read,
        purpose: Some("P4-partnership-assurance".parse().unwrap()),
        facts: vec![],
        day: "2023-06-01".parse().unwrap(),
    }
}
