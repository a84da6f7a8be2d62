//! Measures of twelve months that span a period which did not come, came late, or lacks what they count.

use concordat_core::finding::{Finding, Severity};
use concordat_core::ids::RuleId;
use concordat_core::period::Period;
use concordat_core::table::{Row, Table};

use crate::cell::{self, Symbol, Value};
use crate::checks::findings::ids;
use crate::definition::{Field, ReturnType};

/// What became of a period that a measure of twelve months spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// Its deadline has passed and nothing is accepted.
    Never,
    /// After its deadline.
    Late,
    /// Without the figure of a field, which was not available (`x`).
    Without(String),
}

/// The periods before one that lie within the twelve months which end with it, the latest first.
#[must_use]
pub fn spanned(period: Period) -> Vec<Period> {
    let year_before = period.last_day().saturating_sub(jiff::ToSpan::years(1));
    let mut before = Vec::new();
    let mut next = period.previous();
    while let Some(this) = next.filter(|this| this.last_day() > year_before) {
        before.push(this);
        next = this.previous();
    }
    before
}

/// One info for each measure of twelve months that a return holds, when these periods did not come in time or lack what it
/// counts. Its cells stay as they are.
#[must_use]
pub fn tainted(of: &ReturnType, tables: &[Table], missed: &[(Period, Came)]) -> Vec<Finding> {
    if missed.is_empty() {
        return Vec::new();
    }
    let finding = |(field, table): (&Field, &Table)| {
        let spans = missed.iter().filter(|(_, came)| match came {
            Came::Never | Came::Late => true,
            Came::Without(name) => looks_at(field).any(|looked| looked == name),
        });
        let each: Vec<String> = spans
            .map(|(period, came)| match came {
                Came::Never => format!("{period}, which never came"),
                Came::Late => format!("{period}, which came late"),
                Came::Without(name) => format!("{period}, in which `{name}` is not available (x)"),
            })
            .collect();
        (!each.is_empty()).then(|| Finding {
            rule: ids().tainted.clone(),
            severity: Severity::Info,
            table: table.name.clone(),
            row: None,
            column: Some(field.name.clone()),
            text: format!("spans {}: read it as unreliable (u)", each.join(", and ")),
            figures: None,
            record: None,
        })
    };
    given(of, tables).filter_map(finding).collect()
}

/// The fields over which the measures of twelve months that a return holds look back, and whose figure is not available
/// (`x`) in an earlier return for an area of theirs, each once.
#[must_use]
pub fn unavailable(of: &ReturnType, tables: &[Table], earlier: &[Table]) -> Vec<String> {
    let (Some(before), Some(area)) = (earlier.first().filter(|t| t.is_rectangular()), of.area_fields.first())
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (field, table) in given(of, tables) {
        let areas: Vec<&str> = rows_given(field, table)
            .filter_map(|row| table.column(area).and_then(|at| row.get(at)))
            .collect();
        for name in looks_at(field) {
            let (Some(at), Some(area_at)) = (before.column(name), before.column(area)) else { continue };
            let is_out = before.rows().any(|row| {
                row.get(area_at).is_some_and(|area| areas.contains(&area))
                    && row.get(at).and_then(Symbol::of) == Some(Symbol::NotAvailable)
            });
            if is_out && !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// Whether a finding says that a measure of twelve months is unreliable.
#[must_use]
pub fn is_tainted(rule: &RuleId) -> bool {
    *rule == ids().tainted
}

/// Marks the figures of a column as unreliable (`12 [u]`); what is no figure stays, and so does what is marked already.
pub fn mark(table: &mut Table, column: &str) {
    let Some(at) = table.column(column).filter(|_| table.is_rectangular()) else { return };
    let width = table.columns.len();
    let is_figure =
        |cell: &str| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let marked =
        table.cells.iter().enumerate().map(|(place, cell)| match place % width == at && is_figure(cell) {
            true => format!("{cell} [u]"),
            false => cell.to_owned(),
        });
    table.cells = marked.collect();
}

/// Whether a return holds a measure of twelve months.
#[must_use]
pub fn is_rolling(of: &ReturnType, tables: &[Table]) -> bool {
    given(of, tables).next().is_some()
}

fn looks_at(field: &Field) -> impl Iterator<Item = &str> {
    std::iter::once(field.name.as_str()).chain(field.looks_back.iter().map(String::as_str))
}

fn given<'a>(of: &'a ReturnType, tables: &'a [Table]) -> impl Iterator<Item = (&'a Field, &'a Table)> {
    let fields = of.fields.iter().filter(|field| field.rolling);
    fields.filter_map(|field| {
        Some((field, tables.iter().find(|table| rows_given(field, table).next().is_some())?))
    })
}

fn rows_given<'a>(field: &'a Field, table: &'a Table) -> impl Iterator<Item = Row<'a>> {
    let at = table.column(&field.name).filter(|_| table.is_rectangular());
    let is_given = move |row: &Row<'a>| {
        let text = at.and_then(|at| row.get(at));
        text.is_some_and(|text| matches!(cell::read(field, text), Ok(Value::Number(_))))
    };
    table.rows().filter(is_given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::FieldKind;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn a_quarter_spans_the_three_before_it_and_a_year_none() {
        let before = |text: &str| spanned(period(text)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(before("2023-24/Q2"), ["2023-24/Q1", "2022-23/Q4", "2022-23/Q3"]);
        assert_eq!(before("2023-02").len(), 11);
        assert!(before("2022-23").is_empty() && before("@2023-03-31").is_empty());
    }

    #[test]
    fn only_a_measure_of_twelve_months_that_is_there_is_tainted() {
        let catalogue = crate::Catalogue::built_in();
        let day = "2023-03-31".parse().unwrap();
        let of = catalogue.in_force(&"cds-csc-quarterly".parse().unwrap(), day).unwrap();
        assert!(of.fields.iter().any(|field| field.rolling && field.kind == FieldKind::Count));
        let table = |repeats: &str| Table {
            name: "main".into(),
            columns: ["area", "referrals", "rereferrals_12m"].map(str::to_owned).to_vec(),
            cells: ["E09000012", "30", repeats].iter().collect(),
        };
        let missed = [(period("2022-23/Q3"), Came::Late), (period("2022-23/Q2"), Came::Never)];
        let found = tainted(&of, &[table("12")], &missed);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].rule.as_str(), found[0].severity), ("tainted", Severity::Info));
        assert_eq!(found[0].column.as_deref(), Some("rereferrals_12m"));
        assert_eq!(
            found[0].text,
            "spans 2022-23/Q3, which came late, and 2022-23/Q2, which never came: read it as unreliable (u)"
        );
        assert!(tainted(&of, &[table("x")], &missed).is_empty(), "there is no figure to mark");
        assert!(tainted(&of, &[table("12")], &[]).is_empty(), "everything came");
        assert!(tainted(&of, &[], &missed).is_empty());
    }

    #[test]
    fn a_figure_that_was_not_available_taints_what_counts_back_over_it_in_that_area() {
        let catalogue = crate::Catalogue::built_in();
        let day = "2023-03-31".parse().unwrap();
        let of = catalogue.in_force(&"cds-csc-quarterly".parse().unwrap(), day).unwrap();
        let table = |columns: [&str; 3], rows: &[[&str; 3]]| Table {
            name: "main".into(),
            columns: columns.map(str::to_owned).to_vec(),
            cells: rows.iter().flatten().collect(),
        };
        let now = table(["area", "referrals", "rereferrals_12m"], &[["E09000012", "30", "12"]]);
        let before = |area: &str, referrals: &str, contacts: &str| {
            table(["area", "referrals", "contacts"], &[[area, referrals, contacts]])
        };
        let out = |earlier: Table| unavailable(&of, std::slice::from_ref(&now), &[earlier]);
        assert_eq!(out(before("E09000012", "x", "9")), ["referrals"]);
        for (area, referrals, contacts) in [
            ("E09000012", "30", "x"),
            ("E09000001", "x", "9"),
            ("E09000012", "", "9"),
            ("E09000012", "z", "9"),
            ("E09000012", "0", "9"),
        ] {
            assert!(out(before(area, referrals, contacts)).is_empty(), "{area} {referrals} {contacts}");
        }
        let own = table(["area", "period", "rereferrals_12m"], &[["E09000012", "", "x"]]);
        assert_eq!(out(own), ["rereferrals_12m"]);
        assert!(unavailable(&of, std::slice::from_ref(&now), &[]).is_empty());
        let marked = table(["area", "referrals", "rereferrals_12m"], &[["E09000012", "30", "x"]]);
        assert!(unavailable(&of, &[marked], &[before("E09000012", "x", "9")]).is_empty());

        let both =
            table(["area", "lac_3plus_placements_12m", "rereferrals_12m"], &[["E09000012", "3", "12"]]);
        let missed = [(period("2022-23/Q3"), Came::Without("referrals".into()))];
        let found = tainted(&of, &[both], &missed);
        assert_eq!(found.len(), 1, "the other measure counts something else: {found:?}");
        assert_eq!(found[0].column.as_deref(), Some("rereferrals_12m"));
        assert_eq!(
            found[0].text,
            "spans 2022-23/Q3, in which `referrals` is not available (x): read it as unreliable (u)"
        );
    }

    #[test]
    fn only_figures_of_the_column_are_marked_and_a_marked_one_reads_as_no_figure() {
        let mut table = Table {
            name: "main".into(),
            columns: ["area", "n", "m"].map(str::to_owned).to_vec(),
            cells: ["E1", "12", "12", "E2", "c", "7", "E3", "", "7", "E4", "12 [p]", "7"].iter().collect(),
        };
        mark(&mut table, "n");
        let cells: Vec<&str> = table.cells.iter().collect();
        assert_eq!(cells, ["E1", "12 [u]", "12", "E2", "c", "7", "E3", "", "7", "E4", "12 [p]", "7"]);
        let count = Field::plain("n", FieldKind::Count);
        assert_eq!(cell::read(&count, "12 [u]"), Ok(Value::Absent));
        let before = table.clone();
        mark(&mut table, "n");
        mark(&mut table, "other");
        assert!(table == before);
    }
}
