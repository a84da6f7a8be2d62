mod long;
mod random;
mod transforms;

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
        relations: Vec::new(),
        area_totals: Vec::new(),
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
