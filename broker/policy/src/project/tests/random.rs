//! Over random returns and profiles nothing is shown that the profile keeps back.

use proptest::prelude::*;

use super::*;

const TREATMENTS: [Treatment; 7] = [
    Treatment::Keep,
    Treatment::Drop,
    Treatment::Mask,
    Treatment::MonthOfBirth,
    Treatment::OutwardPostcode,
    Treatment::AgeBand,
    Treatment::Pseudonym,
];

/// A profile as a file would say it: something of each class, and of some fields by name.
fn a_profile() -> impl Strategy<Value = Profile> {
    let any = || prop_oneof![2 => Just(Treatment::Keep), 3 => prop::sample::select(TREATMENTS.to_vec())];
    let classes = prop::collection::vec(any(), FieldClass::ALL.len());
    let fields = prop::collection::btree_map(0_usize..6, any(), 0..4);
    let when = prop::option::of((0_usize..6, any()));
    (classes, fields, when).prop_map(|(classes, fields, when)| {
        let mut text = "title = \"t\"\n[classes]\n".to_owned();
        for (class, treatment) in FieldClass::ALL.into_iter().zip(classes) {
            let class = toml::Value::try_from(class).unwrap();
            text += &format!("{} = \"{}\"\n", class.as_str().unwrap(), treatment.as_str());
        }
        text += "[fields]\n";
        for (at, treatment) in fields {
            text += &format!("f{at} = \"{}\"\n", treatment.as_str());
        }
        if let Some((at, treatment)) = when {
            text += "[[when]]\nfield = \"flag\"\nis = \"yes\"\n";
            text += &format!("fields = {{ f{at} = \"{}\" }}\n", treatment.as_str());
        }
        let mut complaints = Vec::new();
        let id = "p".parse().unwrap();
        let profile =
            crate::profile::read("p.toml", id, text.as_bytes(), &Default::default(), &mut complaints);
        assert!(complaints.is_empty(), "{text}");
        profile.unwrap()
    })
}

/// A cell of which no other holds the whole: a date within its month, a postcode, a number, a name.
fn a_cell(sort: usize, at: usize) -> String {
    match sort {
        0 => format!("20{:02}-{:02}-{:02}", at / 12 % 20, at % 12 + 1, at % 20 + 2),
        1 => format!("{:02}/{:02}/20{:02}", at % 20 + 2, at % 12 + 1, at / 12 % 20),
        2 => format!("E{at} {}EA", at % 10),
        3 => format!("{}", 7_000 + at),
        4 => String::new(),
        _ => format!("child {at:03}"),
    }
}

fn cases() -> u32 {
    if std::env::var("CONCORDAT_FULL").is_ok_and(|full| full == "1") { 100_000 } else { 400 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn what_is_released_is_what_every_profile_allows_and_nothing_of_the_rest_is_anywhere(
        profiles in prop::collection::vec(a_profile(), 1..4),
        classes in prop::collection::vec(0_usize..8, 6),
        rows in prop::collection::vec((prop::collection::vec(0_usize..6, 6), 0_usize..4), 1..6),
    ) {
        let mut fields: Vec<FieldInfo> = classes
            .iter()
            .enumerate()
            .map(|(at, class)| field(&format!("f{at}"), FieldClass::ALL[*class], false, false))
            .collect();
        fields.push(field("flag", FieldClass::Operational, false, false));
        let mut cells = Vec::new();
        for (row, (sorts, flag)) in rows.iter().enumerate() {
            cells.extend(sorts.iter().enumerate().map(|(at, sort)| a_cell(*sort, row * 6 + at)));
            cells.push(["yes", "no", "", "Yes"][*flag].to_owned());
        }
        let columns: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        let given = Table { name: "main".to_owned(), columns, cells: cells.iter().collect() };
        let of = reading(&fields, &[], across());
        let projector = Projector {
            columns: column::of(&profiles, &of),
            profiles: Some(profiles.clone()),
            of,
        };
        let out = projector.project(vec![given.clone()]);
        let seen = &out.tables[0];
        let everything: Vec<&str> = seen.cells.iter().collect();
        for (at, info) in fields.iter().enumerate() {
            let shown = seen.column(&info.name);
            prop_assert_ne!(shown.is_some(), out.dropped.contains(&info.name));
            for (row, was) in given.rows().zip(seen.rows().map(Some).chain(std::iter::repeat(None))) {
                let (flag, cell) = (row.get(6).unwrap().to_ascii_lowercase(), row.get(at).unwrap());
                let each = profiles.iter().map(|profile| {
                    let base = profile.treatment(&info.name, info.class);
                    match (profile.when(&info.name), flag.as_str()) {
                        (Some(when), "yes") => when.treatment,
                        (Some(when), "") => Treatment::all([base, when.treatment]),
                        _ => base,
                    }
                });
                let treatment = Treatment::all(each);
                let now = shown.and_then(|at| was.and_then(|row| row.get(at)));
                if treatment == Treatment::Keep {
                    prop_assert_eq!(now, Some(cell));
                    continue;
                }
                if treatment == Treatment::Drop {
                    prop_assert!(now.is_none_or(str::is_empty));
                } else {
                    prop_assert!(out.changed.iter().any(|(name, _)| *name == info.name));
                }
                if !cell.is_empty() && info.name != "flag" {
                    prop_assert!(!everything.iter().any(|other| other.contains(cell)), "{cell} {treatment:?}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn released_columns_are_kept_by_every_profile_and_no_small_count_is_shown(
        classes in prop::collection::vec((0_usize..8, any::<bool>(), any::<bool>()), 1..6),
        cells in prop::collection::vec(prop::sample::select(vec![
            "0", "1", "2", "3", "5", "6", "7", "12", "", "z", "x", "03", "4.0", "17.5",
        ]), 0..40),
        names in prop::sample::subsequence(vec!["dfe", "full", "no-content"], 1..=3),
        grouped in any::<bool>(),
    ) {
        let bundle = sample::bundle();
        let fields: Vec<FieldInfo> = classes
            .iter()
            .enumerate()
            .map(|(at, (class, count, derived))| field(&format!("f{at}"), FieldClass::ALL[*class], *count, *derived))
            .collect();
        let columns: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        let whole = cells.len() - cells.len() % columns.len();
        let cells = cells[..whole].iter().map(|cell| (*cell).to_owned()).collect();
        let given = Table { name: "main".to_owned(), columns, cells };
        let additive = if grouped { vec![group("f0", &["f1", "f2"])] } else { vec![] };
        let profiles = ids(&names);
        let out = project(&bundle, &profiles, &fields, &additive, std::slice::from_ref(&given), across());
        prop_assert_eq!(out.tables.len() + out.withheld_tables.len(), 1);
        for table in &out.tables {
            prop_assert!(table.is_rectangular());
            for (at, name) in table.columns.iter().enumerate() {
                let field = fields.iter().find(|field| field.name == *name).unwrap();
                for id in &profiles {
                    let treatment = bundle.profile(id).unwrap().treatment(name, field.class);
                    prop_assert_eq!(treatment, Treatment::Keep);
                }
                if field.count && names.contains(&"dfe") {
                    for row in table.rows() {
                        let number: Option<f64> = row.get(at).unwrap().parse().ok();
                        prop_assert!(number.is_none_or(|n| !(1.0..=5.0).contains(&n)), "{:?}", row.get(at));
                    }
                }
            }
        }
        for name in given.columns {
            let released = out.tables.iter().any(|table| table.columns.contains(&name));
            prop_assert!(released || out.dropped.contains(&name) || !out.withheld_tables.is_empty());
        }
    }
}
