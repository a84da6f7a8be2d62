//! Long tables: figures of one area and period, rules between them, areas made of others.

use super::*;

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
fn in_a_long_table_what_is_made_from_counts_is_blanked_in_every_period_of_an_area_that_hides_one() {
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
        ["c", "c", "c", "c", "60", "c", "", "3", "yes", "12.50"],
        "an unknown unit counts"
    );
    assert_eq!(out.suppressed_cells, 5);
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

fn relation(parts: &[&str], totals: &[&str], exact: bool) -> Relation {
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Relation { parts: own(parts), totals: own(totals), exact }
}

/// Through the sample's `dfe`, with what rules say.
fn ruled(
    columns: &[&str],
    cells: &[&str],
    relations: &[Relation],
    shape: Shape,
    totals: &[AdditiveGroup],
) -> Projection {
    let is_count = |name: &&str| !LONG.contains(name) || **name == *"value";
    let class = |name| if is_count(name) { FieldClass::Aggregate } else { FieldClass::Operational };
    let fields: Vec<_> = columns.iter().map(|name| field(name, class(name), is_count(name), false)).collect();
    let (relations, area_totals) = (relations.to_vec(), totals.to_vec());
    let of = Reading { relations, area_totals, ..reading(&fields, &[], shape) };
    Projector::new(&[(&sample::bundle(), &ids(&["dfe"]))], of).project(vec![table(columns, cells)])
}

#[test]
fn a_count_that_a_rule_between_counts_would_give_away_is_hidden_by_a_further_one() {
    let seen = |cells: &[&str; 4], relation: Relation| {
        let out = ruled(&["all", "a", "b", "c"], cells, &[relation], across(), &[]);
        out.tables[0].cells.iter().collect::<Vec<_>>().join(" ")
    };
    let at_most = relation(&["a", "b", "c"], &["all"], false);
    // 13 leaves room for one more than 12, and no part that is hidden beside it could be less than 6
    assert_eq!(seen(&["13", "6", "6", "1"], at_most.clone()), "c 6 6 c");
    assert_eq!(seen(&["40", "6", "6", "1"], at_most.clone()), "40 6 6 c");
    // a rule that does not hold tells nothing
    assert_eq!(seen(&["10", "6", "6", "1"], at_most), "10 6 6 c");
    let same = relation(&["a", "b"], &["all", "c"], true);
    assert_eq!(seen(&["20", "18", "6", "4"], same), "c 18 6 c");
    let twice = relation(&["a"], &["b"], true);
    assert_eq!(seen(&["20", "3", "3", "40"], twice), "20 c c 40");
}

#[test]
fn what_its_parts_leave_of_a_total_is_a_count_too() {
    let seen = |cells: &[&str; 2]| {
        let at_most = [relation(&["in_time"], &["held"], false)];
        let out = ruled(&["held", "in_time"], cells, &at_most, across(), &[]);
        out.tables[0].cells.iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(seen(&["59", "55"]), "59 c", "4 were late");
    assert_eq!(seen(&["59", "59"]), "59 59");
    assert_eq!(seen(&["59", "40"]), "59 40");
    assert_eq!(seen(&["8", "4"]), "8 c", "4, which a reader knows to be 1 to 5");
    assert_eq!(seen(&["59", "x"]), "59 x");
}

#[test]
fn a_figure_that_stands_twice_under_two_names_is_suppressed_under_both() {
    let (attended, total) = (relation(&["T", "D"], &["B"], true), relation(&["T"], &["G"], true));
    let row = |key: &'static str, value: &'static str| [sample::HACKNEY, key, "2022-23", value, "count"];
    let rows = [row("B", "20"), row("T", "16"), row("D", "4"), row("G", "16")];
    let out = ruled(&LONG, rows.as_flattened(), &[attended, total], down(), &[]);
    assert_eq!(values(&out), ["20", "c", "c", "c"]);
}

#[test]
fn an_area_that_two_others_make_up_does_not_tell_the_smaller() {
    let both = [group("Both", &[sample::CITY, sample::HACKNEY])];
    let row = |area: &'static str, value: &'static str| [area, "I", "2022-23", value, "count"];
    let seen = |rows: &[[&str; 5]]| {
        let out = ruled(&LONG, rows.as_flattened(), &[], down(), &both);
        values(&out).join(" ")
    };
    assert_eq!(seen(&[row(sample::CITY, "3"), row(sample::HACKNEY, "37"), row("Both", "40")]), "c c 40");
    assert_eq!(
        seen(&[row(sample::HACKNEY, "37"), row("Both", "40")]),
        "c 40",
        "though the other is left out"
    );
    assert_eq!(seen(&[row(sample::HACKNEY, "37"), row("Both", "90")]), "37 90");
    assert_eq!(seen(&[row(sample::CITY, "3"), row(sample::HACKNEY, "37")]), "c 37");
}

#[test]
fn a_change_between_two_periods_does_not_tell_the_earlier_figure() {
    let row = |key: &'static str, period: &'static str, value: &'static str, unit: &'static str| {
        [sample::HACKNEY, key, period, value, unit]
    };
    let rows = [
        row("I", "2021-22", "3", "count"),
        row("I", "2022-23", "20", "count"),
        row("I-CHG", "2022-23", "17", "change"),
    ];
    let out = ruled(&LONG, rows.as_flattened(), &[], down(), &[]);
    assert_eq!(values(&out), ["c", "20", "c"]);
}

#[test]
fn a_long_table_without_the_columns_it_needs_is_withheld() {
    let tables = [table(&["area", "value"], &["E09000012", "3"])];
    let fields = [field("value", FieldClass::Aggregate, true, false)];
    let out = project(&sample::bundle(), &ids(&["dfe"]), &fields, &[], &tables, down());
    assert!(out.tables.is_empty());
}
