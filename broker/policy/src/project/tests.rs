use proptest::prelude::*;

use super::*;
use crate::profile::Treatment;
use crate::sample;

fn ids(names: &[&str]) -> Vec<ProfileId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn field(name: &str, class: FieldClass, count: bool, derived: bool) -> FieldInfo {
    FieldInfo { name: name.to_owned(), class, sort: FieldSort::Text, count, derived }
}

fn reading(fields: &[FieldInfo], additive: &[AdditiveGroup], shape: Shape) -> Reading {
    Reading {
        fields: fields.to_vec(),
        additive: additive.to_vec(),
        shape,
        areas: vec![sample::HACKNEY.parse().unwrap()],
        as_of: Some("2023-03-31".parse().unwrap()),
        pseudonyms: Some(Pseudonyms::new(&[1; 32], "hackney-council")),
    }
}

fn across() -> Shape {
    Shape::Wide { areas: vec!["area".to_owned()] }
}

/// Projects through profiles of the sample, or of another bundle.
fn project(
    bundle: &Bundle,
    profiles: &[ProfileId],
    fields: &[FieldInfo],
    additive: &[AdditiveGroup],
    tables: &[Table],
    shape: Shape,
) -> Projection {
    Projector::new(&[(bundle, profiles)], reading(fields, additive, shape)).project(tables.to_vec())
}

fn table(columns: &[&str], cells: &[&str]) -> Table {
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Table { name: "main".to_owned(), columns: own(columns), cells: cells.iter().collect() }
}

fn group(total: &str, parts: &[&str]) -> AdditiveGroup {
    AdditiveGroup { total: total.to_owned(), parts: parts.iter().map(|part| (*part).to_owned()).collect() }
}

fn police() -> Vec<FieldInfo> {
    let mut fields: Vec<_> =
        ["total", "red", "amber", "green"].map(|name| field(name, FieldClass::Aggregate, true, false)).into();
    fields.push(field("area", FieldClass::Operational, false, false));
    fields.push(field("share", FieldClass::Aggregate, false, true));
    fields.push(field("commentary", FieldClass::FreeText, false, false));
    fields
}

const WIDE: [&str; 7] = ["area", "total", "red", "amber", "green", "share", "commentary"];

fn wide(cells: &[&str], additive: &[AdditiveGroup]) -> Projection {
    let bundle = sample::bundle();
    project(&bundle, &ids(&["dfe"]), &police(), additive, &[table(&WIDE, cells)], across())
}

#[test]
fn counts_of_one_to_five_become_c_zero_and_six_are_shown_and_text_is_dropped() {
    let out = wide(
        &["E09000012", "30", "1", "5", "0", "", "text", "E09000033", "6", "z", "", "x", "12.5", "t"],
        &[],
    );
    assert_eq!(
        out.tables,
        [table(
            &["area", "total", "red", "amber", "green", "share"],
            &["E09000012", "30", "c", "c", "0", "", "E09000033", "6", "z", "", "x", "12.5"],
        )]
    );
    assert_eq!((out.dropped, out.suppressed_cells), (["commentary".to_owned()].into(), 2));
}

#[test]
fn what_is_no_plain_whole_number_in_a_count_field_may_hide_one_and_is_suppressed() {
    for cell in ["3.0", "+3", " 3", "-3", "1,234", "three", "0x3", "\u{663}"] {
        let out = wide(&["E09000012", cell, "7", "7", "7", "", ""], &[]);
        assert_eq!(out.tables[0].cells.get(1), Some("c"), "{cell}");
    }
    for cell in ["007", "0", "99999999999999999999999"] {
        let out = wide(&["E09000012", cell, "7", "7", "7", "", ""], &[]);
        assert_eq!(out.tables[0].cells.get(1), Some(cell));
    }
    assert_eq!(wide(&["E09000012", "003", "7", "7", "7", "", ""], &[]).tables[0].cells.get(1), Some("c"));
}

#[test]
fn a_figure_made_from_counts_is_blanked_in_the_row_where_a_count_is_suppressed_and_in_no_other() {
    let out = wide(
        &["E09000012", "30", "3", "7", "20", "10.0", "", "E09000033", "30", "8", "7", "15", "26.7", ""],
        &[],
    );
    assert_eq!((out.tables[0].cells.get(5), out.tables[0].cells.get(11)), (Some("c"), Some("26.7")));
    assert_eq!(out.suppressed_cells, 2);
}

#[test]
fn a_count_that_a_group_would_give_away_is_hidden_by_a_further_one() {
    let additive = [group("total", &["red", "amber", "green"])];
    let out = wide(&["E09000012", "30", "3", "7", "20", "", ""], &additive);
    assert!(out.tables[0].cells.iter().eq(["E09000012", "30", "c", "c", "20", ""]));
    assert_eq!((out.suppressed_cells, out.methods), (2, ["dfe".to_owned()].into()));
    let out = wide(&["E09000012", "28", "3", "5", "20", "", ""], &additive);
    assert!(out.tables[0].cells.iter().eq(["E09000012", "28", "c", "c", "20", ""]));
    let out = wide(&["E09000012", "30", "10", "0", "20", "", ""], &additive);
    assert_eq!((out.tables.len(), out.suppressed_cells), (1, 0));
}

#[test]
fn a_table_in_which_nothing_further_can_be_hidden_is_withheld_whole() {
    let mut fields = police();
    for field in &mut fields[..4] {
        field.count = field.name == "red";
    }
    let additive = [group("total", &["red", "amber", "green"])];
    let tables = [table(&WIDE, &["E09000012", "30", "3", "7", "20", "", ""])];
    let out = project(&sample::bundle(), &ids(&["dfe"]), &fields, &additive, &tables, across());
    assert_eq!((out.tables, out.withheld_tables), (vec![], vec!["main".to_owned()]));
}

#[test]
fn the_row_of_a_tiny_area_is_suppressed_by_its_own_method() {
    let additive = [group("total", &["red", "amber", "green"])];
    let cells =
        ["E09000001", "31", "31", "0", "0", "100.0", "", "E09000012", "31", "20", "0", "11", "64.5", ""];
    let out = wide(&cells, &additive);
    assert!(out.tables[0].cells.iter().eq([
        "E09000001",
        "30",
        "c",
        "c",
        "c",
        "c",
        "E09000012",
        "31",
        "20",
        "0",
        "11",
        "64.5"
    ]));
    assert_eq!((out.suppressed_cells, out.methods), (4, ["dfe".to_owned(), "tiny-area".to_owned()].into()));
}

#[test]
fn where_a_table_does_not_say_its_area_the_strictest_of_the_returns_areas_counts() {
    let seen = |areas: &[&str]| {
        let fields = [field("total", FieldClass::Aggregate, true, false)];
        let areas = areas.iter().map(|area| area.parse().unwrap()).collect();
        let of = Reading { areas, ..reading(&fields, &[], across()) };
        let out = Projector::new(&[(&sample::bundle(), &ids(&["dfe"]))], of)
            .project(vec![table(&["total"], &["7"])]);
        out.tables[0].cells.get(0).unwrap().to_owned()
    };
    assert_eq!(seen(&[sample::HACKNEY]), "7");
    assert_eq!(seen(&[sample::CITY, sample::HACKNEY]), "c");
    assert_eq!(seen(&[]), "c", "which it may be");
}

#[test]
fn a_member_that_is_shown_and_no_count_of_people_still_gives_the_others_away() {
    let mut fields = police();
    fields[0].count = false;
    let additive = [group("total", &["red", "amber", "green"])];
    let tables = [table(&WIDE, &["E09000012", "30", "3", "7", "20", "", ""])];
    let out = project(&sample::bundle(), &ids(&["dfe"]), &fields, &additive, &tables, across());
    assert!(out.tables[0].cells.iter().eq(["E09000012", "30", "c", "c", "20", ""]));
}

const LONG: [&str; 5] = ["area", "indicator", "period", "value", "unit"];

fn down() -> Shape {
    let [area, key, period, value, unit] = LONG.map(str::to_owned);
    Shape::Long { key, value, unit, area, period }
}

fn long(rows: &[[&str; 5]], additive: &[AdditiveGroup]) -> Projection {
    let mut fields: Vec<_> = ["area", "indicator", "period", "unit"]
        .map(|name| field(name, FieldClass::Operational, false, false))
        .into();
    fields.push(field("value", FieldClass::Aggregate, true, false));
    let tables = [table(&LONG, rows.as_flattened())];
    project(&sample::bundle(), &ids(&["dfe"]), &fields, additive, &tables, down())
}

fn values(out: &Projection) -> Vec<&str> {
    out.tables[0].rows().map(|row| row.get(3).unwrap()).collect()
}

#[test]
fn in_a_long_table_figures_are_suppressed_and_derived_ones_blanked_within_their_area_and_period() {
    let out = long(
        &[
            ["E09000012", "I1", "2022-23", "3", "count"],
            ["E09000012", "I2", "2022-23", "17.5", "percent"],
            ["E09000012", "I2", "2021-22", "4.0", "percent"],
            ["E09000033", "I2", "2022-23", "2", "rate_per_10000"],
            ["E09000033", "I1", "2022-23", "60", "count"],
            ["E09000033", "I3", "2022-23", "2", "visits"],
            ["E09000033", "I4", "2021-22", "", "percent"],
            ["E09000033", "I5", "2022-23", "3", "weeks"],
            ["E09000033", "I6", "2022-23", "yes", "yes_no"],
            ["E09000033", "I7", "2022-23", "12.50", "gbp"],
        ],
        &[],
    );
    assert_eq!(
        values(&out),
        ["c", "c", "4.0", "c", "60", "c", "", "3", "yes", "12.50"],
        "an unknown unit counts"
    );
    assert_eq!(out.suppressed_cells, 4);
}

#[test]
fn in_a_long_table_a_group_is_made_up_of_the_figures_of_one_area_and_period() {
    let additive = [group("T", &["A", "B"])];
    let row =
        |area: &'static str, key: &'static str, value: &'static str| [area, key, "2022-23", value, "count"];
    let out = long(
        &[row("E09000012", "T", "20"), row("E09000012", "A", "17"), row("E09000012", "B", "3")],
        &additive,
    );
    assert_eq!(values(&out), ["20", "c", "c"]);
    let out = long(
        &[row("E09000012", "T", "20"), row("E09000033", "A", "17"), row("E09000033", "B", "3")],
        &additive,
    );
    assert_eq!(values(&out), ["20", "17", "c"]);
    let twice = long(
        &[row("E09000012", "T", "20"), row("E09000012", "T", "21"), row("E09000012", "A", "17")],
        &additive,
    );
    assert!(twice.withheld_tables.is_empty(), "nothing in it is suppressed");
    let twice = long(
        &[row("E09000012", "T", "20"), row("E09000012", "T", "21"), row("E09000012", "A", "3")],
        &additive,
    );
    assert_eq!(twice.withheld_tables, ["main"], "which total is it?");
    let with_units = [group("T count", &["A count", "B count"])];
    let out = long(
        &[row("E09000012", "T", "20"), row("E09000012", "A", "17"), row("E09000012", "B", "3")],
        &with_units,
    );
    assert_eq!(values(&out), ["20", "c", "c"]);
    let percent = ["E09000012", "A", "2022-23", "85", "percent"];
    let out = long(
        &[row("E09000012", "T", "20"), percent, row("E09000012", "A", "16"), row("E09000012", "B", "4")],
        &additive,
    );
    assert_eq!(values(&out), ["20", "c", "c", "c"], "the same indicator in another unit is no part");
}

#[test]
fn a_long_table_without_the_columns_it_needs_is_withheld() {
    let tables = [table(&["area", "value"], &["E09000012", "3"])];
    let fields = [field("value", FieldClass::Aggregate, true, false)];
    let out = project(&sample::bundle(), &ids(&["dfe"]), &fields, &[], &tables, down());
    assert!(out.tables.is_empty());
}

#[test]
fn profiles_intersect_and_the_strictest_suppression_counts() {
    let tables = [table(&WIDE, &["E09000012", "30", "3", "7", "20", "", "text"])];
    let bundle = sample::bundle();
    let full = project(&bundle, &ids(&["full"]), &police(), &[], &tables, across());
    assert_eq!((full.tables.as_slice(), full.suppressed_cells), (&tables[..], 0));
    let both = project(&bundle, &ids(&["full", "dfe"]), &police(), &[], &tables, across());
    assert_eq!(both, project(&bundle, &ids(&["dfe"]), &police(), &[], &tables, across()));
    assert_eq!(both.suppressed_cells, 1);
    let none = project(&bundle, &ids(&["full", "no-content"]), &police(), &[], &tables, across());
    assert!(none.tables[0].columns.is_empty() && none.tables[0].cells.is_empty());
}

#[test]
fn without_a_profile_or_with_an_unknown_one_or_a_broken_table_nothing_is_released() {
    let bundle = sample::bundle();
    let whole = table(&["area"], &["E09000012"]);
    let fields = [field("area", FieldClass::Operational, false, false)];
    let released = |profiles: &[&str], table: Table| {
        project(&bundle, &ids(profiles), &fields, &[], &[table], across()).tables.len()
    };
    assert_eq!(released(&["dfe"], whole.clone()), 1);
    assert_eq!(released(&[], whole.clone()), 0);
    assert_eq!(released(&["dfe", "elsewhere"], whole.clone()), 0);
    assert_eq!(released(&["full"], table(&["area", "b"], &["E09000012"])), 0);
    assert_eq!(released(&["full"], table(&["area", "area"], &["1", "2"])), 0);
}

fn bundle_with(full: &str) -> Bundle {
    let files = sample::with("profiles/full.toml", |text| format!("{text}\n{full}"));
    Bundle::from_files(files, &sample::known()).unwrap()
}

fn identifiers(names: &[&str]) -> Vec<FieldInfo> {
    names.iter().map(|name| field(name, FieldClass::Identifier, false, false)).collect()
}

#[test]
fn fields_are_shown_in_the_form_that_the_profile_says_and_a_column_that_nobody_declared_is_dropped() {
    let bundle = bundle_with(
        "[fields]\ndob = \"month_of_birth\"\nhome = \"outward_postcode\"\nage = \"age_band\"\nchild = \"pseudonym\"\nname = \"mask\"\n",
    );
    let fields = identifiers(&["dob", "home", "age", "child", "name", "id"]);
    let tables = [table(
        &["dob", "home", "age", "child", "name", "id", "note"],
        &[
            "2010-01-02",
            "E8 1EA",
            "12",
            "77",
            "A",
            "7",
            "n",
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            "soon",
            "there",
            "x",
            "78",
            "B",
            "8",
            "n",
        ],
    )];
    let out = project(&bundle, &ids(&["full"]), &fields, &[], &tables, across());
    let p = |number: &str| Pseudonyms::new(&[1; 32], "hackney-council").of("child", number);
    let (one, two) = (p("77"), p("78"));
    assert!(out.tables[0].cells.iter().eq([
        "2010-01-01",
        "E8",
        "10 to 15",
        &one,
        "masked",
        "7",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        &two,
        "masked",
        "8"
    ]));
    assert_eq!(out.dropped, ["note".to_owned()].into());
    let changed: Vec<(&str, &str)> = out.changed.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        changed,
        [
            ("age", "age_band"),
            ("child", "pseudonym"),
            ("dob", "month_of_birth"),
            ("home", "outward_postcode"),
            ("name", "mask")
        ]
    );
}

#[test]
fn a_pseudonym_without_a_key_and_one_that_two_profiles_make_of_two_things_is_dropped() {
    let text = "[fields]\nchild = \"pseudonym\"\n[identifiers]\nperson = [\"child\"]\n";
    let mut files = sample::with("profiles/full.toml", |full| format!("{full}\n{text}"));
    let full = files.iter().find(|(path, _)| path == "profiles/full.toml").unwrap().1.clone();
    let other = String::from_utf8(full).unwrap().replace("person", "somebody").into_bytes();
    files.push(("profiles/other.toml".to_owned(), other));
    let bundle = Bundle::from_files(files, &sample::known()).unwrap();
    let seen = |profiles: &[&str], pseudonyms| {
        let of = Reading { pseudonyms, ..reading(&identifiers(&["child"]), &[], across()) };
        let out = Projector::new(&[(&bundle, &ids(profiles))], of).project(vec![table(&["child"], &["77"])]);
        out.tables[0].columns.len()
    };
    let key = || Some(Pseudonyms::new(&[1; 32], "hackney-council"));
    assert_eq!(seen(&["full"], key()), 1);
    assert_eq!(seen(&["full", "other"], key()), 0);
    assert_eq!(seen(&["full"], None), 0);
}

#[test]
fn an_exception_holds_in_the_rows_that_say_so_and_where_nothing_is_said_the_stricter_of_the_two() {
    let mut fields = identifiers(&["postcode", "account"]);
    fields.extend(["confidential", "shared"].map(|name| field(name, FieldClass::Operational, false, false)));
    let bundle = bundle_with(
        "[fields]\npostcode = \"outward_postcode\"\naccount = \"drop\"\n\
         [[when]]\nfield = \"confidential\"\nis = \"yes\"\nfields = { postcode = \"drop\" }\n\
         [[when]]\nfield = \"shared\"\nis = \"yes\"\nfields = { account = \"keep\" }\n",
    );
    let columns = ["postcode", "account", "confidential", "shared"];
    let rows = [
        ["E8 1EA", "words", "no", "no"],
        ["E8 1EA", "words", "yes", "Yes"],
        ["E8 1EA", "words", "", ""],
        ["E8 1EA", "words", "no", "yes "],
    ];
    let out =
        project(&bundle, &ids(&["full"]), &fields, &[], &[table(&columns, rows.as_flattened())], across());
    assert!(
        out.tables[0].cells.iter().eq([
            "E8", "", "no", "no", "", "words", "yes", "Yes", "", "", "", "", "E8", "words", "no", "yes "
        ])
    );
    let said =
        |field: &str, words: &str| assert!(out.changed.contains(&(field.to_owned(), words.to_owned())));
    said("postcode", "outward_postcode; drop where confidential is yes");
    said("account", "drop; keep where shared is yes");
    let without = [table(&["postcode", "account"], &["E8 1EA", "words"])];
    let out = project(&bundle, &ids(&["full"]), &fields, &[], &without, across());
    assert!(out.tables[0].cells.iter().eq(["", ""]), "the column that would say so is not there");
    let both = project(&bundle, &ids(&["full", "no-content"]), &fields, &[], &without, across());
    assert!(both.tables[0].columns.is_empty());
}

#[test]
fn both_extracts_of_an_authority_have_one_pseudonym_for_one_child() {
    let bundle = sample::bundle();
    let out = project(
        &bundle,
        &ids(&["degraded"]),
        &identifiers(&["CHILD", "DOB", "UPN"]),
        &[],
        &[table(&["CHILD", "DOB", "UPN"], &["5", "14/05/2010", "A1"])],
        across(),
    );
    assert_eq!(out.tables[0].columns, ["CHILD", "DOB"]);
    assert_eq!(out.tables[0].cells.get(1), Some("01/05/2010"));
    let other = project(
        &bundle,
        &ids(&["degraded"]),
        &identifiers(&["LAchildID"]),
        &[],
        &[table(&["LAchildID"], &["5"])],
        across(),
    );
    assert_eq!(out.tables[0].cells.get(0), other.tables[0].cells.get(0), "one child, one pseudonym");
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
