//! What the tests of the catalogue share.
#![allow(dead_code, reason = "each test file uses its own share")]

use concordat_catalogue::{
    Catalogue, Checked, Context, Draft, ReturnType, Valid, areas_of, check, check_beside, check_stream,
    content, event_id_of, leave_out_of_stream, part_of, read,
};
use concordat_core::calendar::Calendar;
use concordat_core::finding::{Finding, Severity};
use concordat_core::ids::AreaCode;
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use std::sync::{Arc, LazyLock};

static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(Catalogue::built_in);

pub fn catalogue() -> &'static Catalogue {
    &BUILT_IN
}

pub fn now() -> jiff::Timestamp {
    "2023-04-20T09:00:00Z".parse().unwrap()
}

pub fn shipped(id: &str) -> Arc<ReturnType> {
    catalogue()
        .in_force(&id.parse().unwrap(), "2023-03-31".parse().unwrap())
        .unwrap_or_else(|| panic!("{id}"))
}

pub fn core_data_set() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/core-data-set/chscp-2022-23.csv");
    std::fs::read(path).unwrap()
}

pub fn table(columns: &[&str], rows: &[&[&str]]) -> Table {
    Table {
        name: "main".into(),
        columns: columns.iter().map(|c| (*c).to_owned()).collect(),
        cells: rows.iter().flat_map(|row| row.iter()).collect(),
    }
}

pub fn wide(cells: &[(&str, &str)]) -> Table {
    let (columns, row): (Vec<&str>, Vec<&str>) = cells.iter().copied().unzip();
    table(&columns, &[&row])
}

pub fn identity(of: &ReturnType, covers: &str, tables: &[Table]) -> Identity {
    let mut areas = areas_of(of, tables);
    if areas.is_empty() {
        areas = vec![AreaCode::new("E09000012").unwrap()];
    }
    let covers = match event_id_of(of, tables) {
        Some(event) => Covers::Event(event),
        None => covers.parse().map(Covers::Period).unwrap(),
    };
    let part = part_of(of, tables).map(|part| part.to_string());
    Identity { agency: "some-agency".parse().unwrap(), return_type: of.id.clone(), areas, covers, part }
}

pub fn draft(of: &ReturnType, covers: &str, tables: Vec<Table>) -> Draft {
    Draft { identity: identity(of, covers, &tables), nil: false, tables }
}

pub fn offline() -> Context<'static> {
    Context { now: now(), previous: None, offline: true, calendar: None, sender: None }
}

static CALENDAR: LazyLock<Calendar> =
    LazyLock::new(|| Calendar::from_toml(include_str!("../../../../policies/calendar.toml")).unwrap());

/// What the broker knows: the bank holidays, and the return before where there is one.
pub fn online(previous: Option<&[Table]>) -> Context<'_> {
    Context { now: now(), previous, offline: false, calendar: Some(&CALENDAR), sender: None }
}

pub fn run(of: &ReturnType, covers: &str, tables: Vec<Table>) -> Checked {
    check(of, draft(of, covers, tables), &offline())
}

/// Checks a return of several tables as tables and as a stream of its bytes, which must come to the same.
pub fn check_both(of: &ReturnType, draft: Draft, context: &Context<'_>) -> Checked {
    let bytes = content::encode(&draft.identity, draft.nil, &draft.tables);
    let earlier = context.previous.map(|tables| content::encode(&draft.identity, false, tables));
    let beside = earlier.clone();
    let mut earlier = earlier.as_deref();
    let earlier = earlier.as_mut().map(|bytes| bytes as &mut dyn std::io::Read);
    let alone = Context { previous: None, ..*context };
    let streamed = check_stream(of, &draft.identity, (bytes.as_slice(), earlier), &alone).unwrap();
    let checked = match &beside {
        Some(bytes) => check_beside(of, draft.clone(), &mut bytes.as_slice(), &alone).unwrap(),
        None => check(of, draft.clone(), &alone),
    };
    assert_eq!(checked.findings, check(of, draft, context).findings);
    assert_eq!(streamed.findings, checked.findings);
    assert_eq!((streamed.counts, &streamed.per_rule), (checked.counts, &checked.per_rule));
    let digest = |checked: &Checked| checked.valid.as_ref().map(Valid::digest);
    match &streamed.in_part {
        None => assert_eq!(digest(&streamed), digest(&checked)),
        Some(part) => {
            let (mut left, whole) = (Vec::new(), (bytes.as_slice(), content::digest(&bytes)));
            let put = |more: &[u8]| {
                left.extend_from_slice(more);
                Ok(())
            };
            let valid = leave_out_of_stream(of, part, whole, put).unwrap();
            assert_eq!(Some(valid.digest()), digest(&checked));
            assert!(checked.valid.as_ref().and_then(Valid::content) == Some(left.as_slice()));
        }
    }
    checked
}

pub fn ids(findings: &[Finding], severity: Severity) -> Vec<&str> {
    findings.iter().filter(|f| f.severity == severity).map(|f| f.rule.as_str()).collect()
}

pub fn read_csv(of: &ReturnType, bytes: &[u8]) -> read::ReadIn {
    read::csv(bytes, of).unwrap_or_else(|findings| panic!("{findings:#?}"))
}
