//! Every rule of every shipped return type, once kept and once broken.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use common::{catalogue, draft, now, shipped, table, wide};
use concordat_catalogue::{Checked, Context, ReturnType, check};
use concordat_core::table::Table;
use std::collections::BTreeSet;

/// A rule, cells that keep it, and the cells to change so that it breaks. A cell is `NAME=value`; in the core
/// data set `CODE=value`, with `:unit` where the code has several and `@period` where it is not 2022/23.
type Case = (&'static str, &'static str, &'static str);

const ANNUAL: &[Case] = &[
    ("CDS-TRN-5", "TRN-SEC-GRANDTOT=5 TRN-ATT=5", "TRN-ATT=6"),
    ("CDS-TRN-6", "TRN-BOOKED=5 TRN-PLACES=5", "TRN-BOOKED=6"),
    ("CDS-TRN-7", "TRN-VIRT=5 TRN-SESS=5", "TRN-VIRT=6"),
    ("CDS-TRN-8", "TRN-CANC=1 TRN-BOOKED=4 TRN-CANC-PCT=25.5", "TRN-CANC-PCT=25.51"),
    ("CDS-TRN-9", "TRN-DNA=1 TRN-BOOKED=4 TRN-DNA-PCT=24.5", "TRN-DNA-PCT=24.4"),
    ("CDS-TRN-10", "TRN-ADULT-SESS=5 TRN-C01-SESS=5", "TRN-C01-SESS=4"),
    ("CDS-TRN-11", "TRN-ADULT-ATT=5 TRN-C01-DEL=5", "TRN-C01-DEL=4"),
    (
        "CDS-TRN-12",
        "TRN-SECP-BUSINESS=10 TRN-SECP-EDUCATIO=10 TRN-SECP-HEALTH=20 TRN-SECP-HOUSING=20 TRN-SECP-LOCALAUT=10 TRN-SECP-OTHER=10 TRN-SECP-POLICE=10 TRN-SECP-VOLUNTAR=9.5 TRN-SECP-GRANDTOT=100",
        "TRN-SECP-VOLUNTAR=9.4",
    ),
    (
        "CDS-TRN-13",
        "TRN-EV-FAC-GOOD=10 TRN-EV-FAC-VGOOD=20 TRN-EV-FAC-EXC=30 TRN-EV-FAC=60.2",
        "TRN-EV-FAC=60.3",
    ),
    (
        "CDS-TRN-14",
        "TRN-EV-PRE-GOOD=10 TRN-EV-PRE-VGOOD=20 TRN-EV-PRE-EXC=30 TRN-EV-PRE-ALL=60",
        "TRN-EV-PRE-ALL=59",
    ),
    (
        "CDS-TRN-15",
        "TRN-EV-POST-GOOD=10 TRN-EV-POST-VGOOD=20 TRN-EV-POST-EXC=30 TRN-EV-POST-ALL=60",
        "TRN-EV-POST-EXC=31",
    ),
    ("CDS-CSC-1", "CSC-CP-CPP-CHG=181 CSC-CP-CPP@2023-03-31=181", "CSC-CP-CPP-CHG=182"),
    ("CDS-CSC-2", "CSC-CL-CHG=18 CSC-CL-NUM@2023-03-31=409 CSC-CL-NUM@2022-03-31=391", "CSC-CL-CHG=20"),
    ("CDS-CSC-3", "CSC-CL-CHG-PCT=5 CSC-CL-NUM@2023-03-31=409 CSC-CL-NUM@2022-03-31=391", "CSC-CL-CHG-PCT=4"),
    ("CDS-CSC-4", "CSC-FD-REF-CHG=17 CSC-FD-REF=4148 CSC-FD-REF@2021/22=3559", "CSC-FD-REF-CHG=16"),
    ("CDS-CSC-5", "CSC-AS-CHG=23 CSC-AS-NUM=3998 CSC-AS-NUM@2021/22=3244", "CSC-AS-CHG=19"),
    ("CDS-CSC-6", "CSC-CP-ICPC-CHG=13 CSC-CP-ICPC=301 CSC-CP-ICPC@2021/22=267", "CSC-CP-ICPC-CHG=11"),
    ("CDS-CSC-7", "CSC-CP-CEASE-CHG=5 CSC-CP-CEASE=281 CSC-CP-CEASE@2021/22=267", "CSC-CP-CEASE-CHG=6"),
    ("CDS-CSC-8", "CSC-LAC-ANY-CHG=30 CSC-LAC-ANY=21 CSC-LAC-ANY@2021/22=30", "CSC-LAC-ANY-CHG=43"),
    ("CDS-CSC-9", "CSC-FD-REF=9 CSC-FD-CON=9", "CSC-FD-REF=10"),
    ("CDS-CSC-10", "CSC-FD-CONV=50 CSC-FD-REF=5 CSC-FD-CON=10", "CSC-FD-CONV=51"),
    ("CDS-CSC-11", "CSC-CP-S47-ICPC=50 CSC-CP-ICPC=5 CSC-CP-S47=10", "CSC-CP-S47-ICPC=51"),
    ("CDS-CSC-12", "CSC-AS-RATE=726 CSC-AS-NUM=3998 DEM-POP-U18=55059", "CSC-AS-RATE=718"),
    ("CDS-CSC-13", "CSC-CP-S47-RATE=241 CSC-CP-S47=1326 DEM-POP-U18=55059", "CSC-CP-S47-RATE=238"),
    (
        "CDS-CSC-14",
        "CSC-LAC-RATE@2023-03-31=71 CSC-LAC-NUM@2023-03-31=392 DEM-POP-U18=55059",
        "CSC-LAC-RATE@2023-03-31=65",
    ),
    (
        "CDS-CSC-15",
        "CSC-CP-CPP-RATE@2023-03-31=33 CSC-CP-CPP@2023-03-31=181 DEM-POP-U18=55059",
        "CSC-CP-CPP-RATE@2023-03-31=35",
    ),
    ("CDS-CSC-16", "CSC-PL-RES-PCT=7 CSC-PL-RES=28 CSC-LAC-NUM=392", "CSC-PL-RES-PCT=17"),
    ("CDS-CSC-17", "CSC-CL-EET=5 CSC-CL-NUM=5", "CSC-CL-EET=6"),
    ("CDS-CSC-18", "CSC-CL-ACCOM=5 CSC-CL-NUM=5", "CSC-CL-ACCOM=6"),
    (
        "CDS-CSC-19",
        "CSC-PL-FOST:count=3 CSC-PL-SEMI=4 CSC-PL-RESSCH=1 CSC-PL-MBU=1 CSC-LAC-NUM=9",
        "CSC-LAC-NUM=8",
    ),
    ("CDS-CSC-20", "CSC-LAC-NUM@2023-03-31=9 CSC-LAC-ANY=9", "CSC-LAC-ANY=8"),
    ("CDS-DAIS-1", "DA-DAIS-CH=5 DA-DAIS-OPEN=5", "DA-DAIS-CH=6"),
    ("CDS-YJ-1", "YJ-FTE-CHG=19 YJ-FTE=54 YJ-FTE@2021/22=67", "YJ-FTE-CHG=24"),
    ("CDS-POL-1", "POL-MIS-CH=5 POL-MIS-EP=5", "POL-MIS-CH=6"),
    ("CDS-POL-2", "POL-MIS-AVG=4.9 POL-MIS-EP=1301 POL-MIS-CH=265", "POL-MIS-AVG=4.5"),
    ("CDS-POL-3", "POL-MIS-HOME-EP-PCT=28.4 POL-MIS-LAC-EP-PCT=71.6", "POL-MIS-LAC-EP-PCT=70"),
    ("CDS-POL-4", "POL-MIS-M-PCT=57 POL-MIS-F-PCT=43", "POL-MIS-F-PCT=41"),
    ("CDS-POL-5", "DA-MARAC-CHCASES=5 DA-MARAC-NUM=5", "DA-MARAC-CHCASES=6"),
    ("CDS-POL-6", "DA-MARAC-REP=5 DA-MARAC-NUM=5", "DA-MARAC-REP=6"),
    ("CDS-PRV-2", "PRV-REF-U18=5 PRV-REF=5", "PRV-REF-U18=6"),
    ("CDS-LADO-4", "LADO-CON-CHG=14 LADO-CON=355 LADO-CON@2021/22=311", "LADO-CON-CHG=12"),
    ("CDS-HLT-1", "HLT-REDT-SUPP=5 HLT-REDT-ELIG=5", "HLT-REDT-SUPP=6"),
    ("CDS-HLT-2", "HLT-REDT-U18-PCT=62 HLT-REDT-U18=103 HLT-REDT-ELIG=166", "HLT-REDT-U18-PCT=66"),
    ("CDS-HLT-3", "HLT-REDT-ASSAFE=64 HLT-REDT-SAFER=36 HLT-REDT-SAFE=100", "HLT-REDT-SAFER=34"),
    ("CDS-HLT-4", "HLT-MASH-CHECK-CHG=4 HLT-MASH-CHECK=14", "HLT-MASH-CHECK=3"),
    ("CDS-EDU-1", "EDU-CME-OJ=5 EDU-CME=5", "EDU-CME-OJ=6"),
    ("CDS-EDU-2", "EDU-CME-CHG=5 EDU-CME=5", "EDU-CME-CHG=6"),
    ("CDS-COM-2", "COM-UK-PCT=64.6 COM-UK=13656 COM-VISITORS=21136", "COM-UK-PCT=81"),
    ("CDS-COM-3", "COM-GLOBAL-PCT=35.4 COM-GLOBAL=7480 COM-VISITORS=21136", "COM-GLOBAL-PCT=19"),
    ("CDS-COM-4", "COM-X-PCT=57 COM-X=73 COM-SOCIAL=128", "COM-X-PCT=40"),
    ("CDS-COM-5", "COM-VISITORS-MTH=1761 COM-VISITORS=21136", "COM-VISITORS-MTH=1763"),
    ("CDS-COM-6", "COM-ORGANIC=1 COM-DIRECT=2 COM-REFER=3 COM-SOCIAL=4 COM-VISITORS=10", "COM-VISITORS=9"),
];

const CSC: &[Case] = &[
    ("CSC-R1", "contacts_to_referral=5 contacts=5", "contacts_to_referral=6"),
    ("CSC-R2", "rereferrals_12m=5 referrals=5", "rereferrals_12m=6"),
    ("CSC-R3", "assessments_45wd=5 assessments_completed=5", "assessments_45wd=6"),
    ("CSC-R4", "contacts_police=1 contacts_health=2 contacts_education=3 contacts=6", "contacts=5"),
    ("CSC-R5", "icpc_held=5 s47_started=5", "icpc_held=6"),
    ("CSC-R6", "cpp_open_end=12 cpp_started=5 cpp_ceased=3", "cpp_open_end=13"),
    ("CSC-R7", "lac_open_end=12 lac_started=5 lac_ceased=3", "lac_open_end=11"),
    ("CSC-R8", "lac_foster_end=5 lac_residential_end=5 lac_open_end=10", "lac_open_end=9"),
    ("CSC-R9", "referrals=150", "referrals=151"),
    ("CSC-R10", "contacts=1 s47_started=3 icpc_held=2", "contacts=9"),
    ("CSC-R11", "icpc_15wd=5 icpc_held=5", "icpc_15wd=6"),
    ("CSC-R12", "strategy_police_present=5 strategy_discussions=5", "strategy_police_present=6"),
    ("CSC-R13", "strategy_health_present=5 strategy_discussions=5", "strategy_health_present=6"),
    ("CSC-R14", "care_leavers_eet=5 care_leavers_17_21=5", "care_leavers_eet=6"),
];

/// The quarter before, for the rules that look back.
const CSC_BEFORE: &str = "cpp_open_end=10 lac_open_end=10 referrals=100 contacts=9 s47_started=2 icpc_held=2";

const POLICE: &[Case] = &[
    ("POL-R2", "missing_children=5 missing_incidents_child=5", "missing_children=6"),
    ("POL-R3", "missing_repeat_children=5 missing_children=5", "missing_repeat_children=6"),
    ("POL-R4", "more_than_outer_clothing_10_17=5 stop_search_10_17=5", "stop_search_10_17=4"),
    ("POL-R5", "mtip_no_appropriate_adult=5 more_than_outer_clothing_10_17=5", "mtip_no_appropriate_adult=6"),
    (
        "POL-R6",
        "conduct_matters_meeting_lado_criteria=5 lado_notifications_made=5",
        "lado_notifications_made=4",
    ),
    ("POL-R8", "missing_from_care_incidents=5 missing_incidents_child=5", "missing_from_care_incidents=6"),
];

const LADO: &[Case] = &[
    ("LN-R1", "aware_at=2023-04-20T10:00", "aware_at=2023-04-20T10:01"),
    ("LN-R2", "aware_at=2023-04-13T00:00", "aware_at=2023-04-12T23:59"),
    ("LN-R2", "aware_at=2023-04-01T09:00 late_reason=system", "late_reason="),
    ("LN-R3", "incident_from=2023-04-18 incident_to=2023-04-19", "incident_to=2023-04-17"),
    ("LN-R3", "incident_from=2023-04-18", "incident_from=2023-04-21"),
    ("LN-R3", "incident_to=2023-04-18", "incident_to=2023-04-21"),
    ("LN-R4", "criteria=possible_criminal_offence police_informed=unknown", "police_informed=no"),
    (
        "LN-R4",
        "criteria=may_pose_risk police_informed=no",
        "criteria=may_pose_risk;possible_criminal_offence",
    ),
    ("LN-R5", "non_recent=no incident_from=2022-04-19", "incident_from=2022-04-18"),
    ("LN-R5", "non_recent=yes incident_from=2012-04-18", "non_recent=no"),
    ("LN-R6", "subject_dob=1980-01-01", "subject_dob=2023-04-19"),
];

const LADO_ROW: &str = "notification_id=2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e area_of_work=E09000012 source_agency=csc \
    aware_at=2023-04-19T09:00 criteria=may_pose_risk category=conduct occupation=teacher subject_name=N \
    subject_employer=E police_informed=yes csc_informed=yes";

const ATTESTATION: &[Case] = &[("LA-R1", "matters_meeting_criteria=5 notified=5", "notified=4")];

fn cells(texts: &[&str]) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for cell in texts.iter().flat_map(|text| text.split_whitespace()) {
        let (name, value) = cell.split_once('=').unwrap();
        match out.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = value.to_owned(),
            None => out.push((name.to_owned(), value.to_owned())),
        }
    }
    out
}

fn row(texts: &[&str]) -> Table {
    let cells = cells(texts);
    wide(&cells.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>())
}

fn long(of: &ReturnType, texts: &[&str]) -> Table {
    let list = of.fields[of.field("indicator").unwrap()].codes.clone().unwrap();
    let mut out = table(&["area", "indicator", "period", "value", "unit"], &[]);
    for (name, value) in cells(texts) {
        let (name, period) = name.split_once('@').unwrap_or((&name, "2022/23"));
        let (code, unit) = name.split_once(':').unwrap_or_else(|| (name, &list.find(name).unwrap().extra[0]));
        out.cells.extend(["Hackney", code, period, &value, unit].map(str::to_owned));
    }
    out
}

fn checked(of: &ReturnType, covers: &str, table: Table, before: Option<Table>) -> Checked {
    let before = before.map(|table| vec![table]);
    let context = Context { now: now(), previous: before.as_deref(), offline: false };
    check(of, draft(of, covers, vec![table]), &context)
}

fn kept_and_broken(of: &ReturnType, id: &str, kept: Checked, broken: Checked) {
    let of_rule = |checked: &Checked| {
        checked.findings.iter().filter(|f| f.rule.as_str() == id).cloned().collect::<Vec<_>>()
    };
    assert_eq!(of_rule(&kept), [], "{id} speaks when it is kept");
    let found = of_rule(&broken);
    let rule = of.rules.iter().find(|rule| rule.id.as_str() == id).unwrap();
    assert_eq!(found.len(), 1, "{id} is silent when it is broken: {:#?}", broken.findings);
    assert_eq!((found[0].severity, &found[0].text), (rule.severity, &rule.words), "{id}");
    assert!(found[0].row.is_some() && found[0].column == rule.column, "{id} points elsewhere");
}

fn additive(of: &ReturnType, covered: &mut BTreeSet<String>, make: impl Fn(&[(String, String)]) -> Checked) {
    for group in &of.additive {
        let mut cells: Vec<_> = group.parts.iter().map(|part| (part.clone(), "1".to_owned())).collect();
        cells.push((group.total.clone(), group.parts.len().to_string()));
        let kept = make(&cells);
        cells[0].1 = "2".to_owned();
        kept_and_broken(of, group.id.as_str(), kept, make(&cells));
        covered.insert(group.id.to_string());
    }
}

#[test]
fn every_rule_of_the_core_data_set_is_kept_and_broken() {
    let of = shipped("core-data-set-annual");
    let mut covered = BTreeSet::new();
    for (id, kept, broken) in ANNUAL {
        let run = |texts: &[&str]| checked(&of, "2022-23", long(&of, texts), None);
        kept_and_broken(&of, id, run(&[kept]), run(&[kept, broken]));
        covered.insert((*id).to_owned());
    }
    additive(&of, &mut covered, |cells| {
        let text: Vec<String> = cells.iter().map(|(n, v)| format!("{}={v}", n.replace(' ', ":"))).collect();
        checked(&of, "2022-23", long(&of, &[&text.join(" ")]), None)
    });
    all_covered(&of, &covered);
}

fn every_row_rule(id: &str, covers: &str, base: &str, before: Option<&str>, cases: &[Case]) {
    let of = shipped(id);
    let mut covered = BTreeSet::new();
    let before = || before.map(|text| row(&[base, text]));
    for (id, kept, broken) in cases {
        let run = |texts: &[&str]| checked(&of, covers, row(texts), before());
        kept_and_broken(&of, id, run(&[base, kept]), run(&[base, kept, broken]));
        covered.insert((*id).to_owned());
    }
    additive(&of, &mut covered, |cells| {
        let text: Vec<String> = cells.iter().map(|(n, v)| format!("{n}={v}")).collect();
        checked(&of, covers, row(&[base, &text.join(" ")]), None)
    });
    all_covered(&of, &covered);
}

fn all_covered(of: &ReturnType, covered: &BTreeSet<String>) {
    for rule in &of.rules {
        assert!(covered.contains(rule.id.as_str()), "{} has no fixture for {}", of.id, rule.id);
    }
}

#[test]
fn every_rule_of_the_quarterly_returns_is_kept_and_broken() {
    let area = "area=E09000012 period=2022-23/Q4";
    every_row_rule("cds-csc-quarterly", "2022-23/Q4", area, Some(CSC_BEFORE), CSC);
    let police =
        format!("{area} scope=area conduct_matters_meeting_lado_criteria=0 lado_notifications_made=0");
    every_row_rule("cds-police-quarterly", "2022-23/Q4", &police, None, POLICE);
}

#[test]
fn every_rule_for_the_designated_officer_is_kept_and_broken() {
    every_row_rule("lado-notification", "2022-23", LADO_ROW, None, LADO);
    every_row_rule("lado-attestation-monthly", "2023-03", "area=E09000012", None, ATTESTATION);
}

#[test]
fn no_shipped_type_is_without_fixtures() {
    let known = [
        "cds-csc-quarterly",
        "cds-police-quarterly",
        // its fixtures stand in in_need.rs
        "cin-census",
        "core-data-set-annual",
        "lado-attestation-monthly",
        "lado-notification",
        // its fixtures stand in looked_after.rs
        "ssda903-extract",
    ];
    let shipped: Vec<&str> = catalogue().types().iter().map(|of| of.id.as_str()).collect();
    assert_eq!(shipped, known);
}
