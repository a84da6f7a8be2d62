//! What must hold for any input at all.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod common;

use common::{catalogue, now};
use concordat_catalogue::{
    Catalogue, Context, Draft, areas_of, check, content, event_id_of, guard, part_of, read,
};
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use proptest::prelude::*;

fn cases() -> ProptestConfig {
    let full = std::env::var_os("CONCORDAT_FULL").is_some();
    ProptestConfig {
        cases: if full { 4_096 } else { 96 },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-9]{1,20}",
        2 => Just(String::new()),
        2 => prop::sample::select(vec!["x", "z", "c", "[u]", "142 [p]", "Hackney", "CSC-FD-REF", "TRN-SESS", "2022/23",
            "count", "percent", "E09000012", "2022-23/Q4", "yes", "2023-03-31", "2023-03-31T10:00", "22nd", "-1"])
            .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn column() -> impl Strategy<Value = String> {
    let names: Vec<String> =
        catalogue().types().iter().flat_map(|of| of.fields.iter().map(|field| field.name.clone())).collect();
    prop_oneof![9 => prop::sample::select(names), 1 => any::<String>()]
}

fn any_table() -> impl Strategy<Value = Table> {
    let name = prop_oneof![9 => Just("main".to_owned()), 1 => any::<String>()];
    (name, prop::collection::vec(column(), 0..12), prop::collection::vec(cell(), 0..80))
        .prop_map(|(name, columns, cells)| Table { name, columns, cells: cells.iter().collect() })
}

// a table with the type's own columns, so that cells and rules are reached
fn fitting(at: usize) -> impl Strategy<Value = Table> {
    let of = catalogue().types()[at % catalogue().types().len()].clone();
    let columns: Vec<String> = of.fields.iter().map(|field| field.name.clone()).collect();
    let rows = 1..6usize;
    rows.prop_flat_map(move |rows| {
        let columns = columns.clone();
        prop::collection::vec(cell(), rows * columns.len()).prop_map(move |cells| Table {
            name: "main".into(),
            columns: columns.clone(),
            cells: cells.iter().collect(),
        })
    })
}

fn identity() -> impl Strategy<Value = Identity> {
    let covers = prop_oneof![
        prop::sample::select(vec!["2022-23", "2022-23/Q4", "2023-03", "@2023-03-31"])
            .prop_map(|p| Covers::Period(p.parse().unwrap())),
        Just(Covers::Event("2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e".parse().unwrap())),
    ];
    (covers, prop::collection::btree_set(0u32..99_999_999, 0..4), prop::option::of(any::<String>())).prop_map(
        |(covers, areas, part)| Identity {
            agency: "met".parse().unwrap(),
            return_type: "cds-csc-quarterly".parse().unwrap(),
            areas: areas.into_iter().map(|n| format!("E{n:08}").parse().unwrap()).collect(),
            covers,
            part,
        },
    )
}

fn check_all(identity: &Identity, nil: bool, tables: &[Table]) {
    for of in catalogue().types() {
        let mut identity = Identity { return_type: of.id.clone(), ..identity.clone() };
        if !of.area_fields.is_empty() {
            identity.areas = areas_of(of, tables);
        }
        if let Some(part) = part_of(of, tables) {
            identity.part = Some(part.to_string());
        }
        if let Some(event) = event_id_of(of, tables) {
            identity.covers = Covers::Event(event);
        }
        let context = Context {
            now: now(),
            previous: Some(tables),
            offline: false,
            calendar: None,
            sender: of.owners.first().copied(),
        };
        let checked = check(of, Draft { identity, nil, tables: tables.to_vec() }, &context);
        assert_eq!(checked.valid.is_some(), checked.counts.errors == 0);
        assert!(checked.findings.len() <= 1_000);
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn check_never_panics_on_any_tables(identity in identity(), nil: bool, tables in prop::collection::vec(any_table(), 0..3)) {
        check_all(&identity, nil, &tables);
    }

    #[test]
    fn check_never_panics_on_tables_that_fit(identity in identity(), table in (0..catalogue().types().len()).prop_flat_map(fitting)) {
        check_all(&identity, false, &[table]);
    }

    #[test]
    fn what_is_encoded_reads_back_and_what_reads_encodes_to_the_same_bytes(
        identity in identity(),
        nil: bool,
        tables in prop::collection::vec(any_table(), 0..3),
        flip in any::<prop::sample::Index>(),
        to: u8,
    ) {
        let encoded = content::encode(&identity, nil, &tables);
        if tables.iter().all(Table::is_rectangular) {
            prop_assert_eq!(content::decode(&encoded), Ok((identity, nil, tables)));
        }
        let mut bent = encoded;
        let at = flip.index(bent.len());
        bent[at] = to;
        if let Ok((identity, nil, tables)) = content::decode(&bent) {
            prop_assert_eq!(content::encode(&identity, nil, &tables), bent);
        }
    }

    #[test]
    fn decode_never_panics(bytes: Vec<u8>) {
        let _ = content::decode(&bytes);
        let _ = content::decode(&[content::HEAD.as_slice(), &bytes].concat());
    }

    #[test]
    fn csv_never_panics(bytes: Vec<u8>, text in "(area|period|contacts|,|;|\"|\n|\r|E09000012|[0-9]){0,40}") {
        for of in catalogue().types() {
            let _ = read::csv(&bytes, of);
            if let Ok(read) = read::csv(text.as_bytes(), of) {
                prop_assert!(read.tables.iter().all(Table::is_rectangular));
            }
        }
    }

    #[test]
    fn rules_and_definition_files_never_panic(rule in "([a-z(){}\\[\\]&|!<>=+*/.,'\"0-9 -]|contacts|previous|cell|given|size|in ){0,30}", text: String) {
        let file = format!(
            "id = \"x\"\nfield = [{{ name = \"contacts\", kind = \"count\" }}]\n[[rule]]\nid = \"R\"\nseverity = \"error\"\nwords = \"w\"\ncheck = '''{rule}'''\n"
        );
        let _ = Catalogue::from_files([("returns/x.toml".to_owned(), file.into_bytes())]);
        let _ = Catalogue::from_files([("returns/x.toml".to_owned(), text.into_bytes())]);
    }

    #[test]
    fn free_text_never_panics_and_never_refuses_but_for_personal_detail(
        text: String,
        words in prop::collection::vec(prop::sample::select(vec![
            "12%", "1,121", "of", "from", "to", "(", ")", "+", "=", ":", ",", ".", "and", "per", "10,000", "a", "total",
            "reduction", "increase", "by", "2022/23", "2010/22", "31", "June", "one", "child", "children", "3.5", "males",
            "females", "born", "up", "compared", "with", "99999999999999", "0", "-", "–", "é", "comprising", "12/03/2015",
            "9223372036854775807", "0.000001", "than", "Jamie", "Okafor", "1st", "s47", "aged", "over", "\n",
        ]), 0..60),
        spaced: bool,
    ) {
        let of = common::shipped("cds-csc-quarterly");
        for text in [text, words.join(if spaced { " " } else { "" })] {
            let _ = guard::has_name(&text);
            let row = common::wide(&[("area", "E09000012"), ("period", "2022-23/Q4"), ("commentary", &text)]);
            let checked = common::run(&of, "2022-23/Q4", vec![row]);
            let fits = text.chars().count() <= 2_000;
            prop_assert_eq!(checked.counts.errors > 0, !(fits && guard::scan(&text).is_empty()));
        }
    }

    #[test]
    fn the_guard_never_panics_and_finds_every_nhs_number(
        text: String,
        before in "[a-z ,.]{0,10}",
        digits in prop::array::uniform9(0u32..10),
        spaced: bool,
    ) {
        let _ = guard::scan(&text);
        let sum: u32 = digits.iter().zip((2..=10).rev()).map(|(d, w)| d * w).sum();
        let check = match 11 - sum % 11 { 11 => 0, n => n };
        prop_assume!(check != 10 && digits.iter().any(|d| *d != check));
        let number: String = digits.iter().chain([&check]).map(ToString::to_string).collect();
        let number = if spaced { format!("{} {} {}", &number[..3], &number[3..6], &number[6..]) } else { number };
        prop_assert!(guard::is_nhs_number(&number));
        // glued to a letter it is part of a word, and is still found
        let text = format!("{before}{number} etc");
        prop_assert!(guard::scan(&text).contains(&guard::Detail::NhsNumber));
    }
}
