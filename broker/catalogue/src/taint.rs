//! Measures of twelve months that span a period which did not come, or came late.

use concordat_core::finding::{Finding, Severity};
use concordat_core::period::Period;
use concordat_core::table::Table;

use crate::cell::{self, Value};
use crate::checks::findings::ids;
use crate::definition::{Field, ReturnType};

/// What became of a period that a measure of twelve months spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Its deadline has passed and nothing is accepted.
    Never,
    /// After its deadline.
    Late,
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

/// One info for each measure of twelve months that a return holds, when these periods did not come in time. Its cells
/// stay as they are.
#[must_use]
pub fn tainted(of: &ReturnType, tables: &[Table], missed: &[(Period, Came)]) -> Vec<Finding> {
    if missed.is_empty() {
        return Vec::new();
    }
    let each: Vec<String> = missed
        .iter()
        .map(|(period, came)| match came {
            Came::Never => format!("{period}, which never came"),
            Came::Late => format!("{period}, which came late"),
        })
        .collect();
    let text = format!("spans {}: read it as unreliable (u)", each.join(", and "));
    let fields = of.fields.iter().filter(|field| field.rolling);
    let held = fields.filter_map(|field| Some((field, tables.iter().find(|table| is_given(field, table))?)));
    held.map(|(field, table)| Finding {
        rule: ids().tainted.clone(),
        severity: Severity::Info,
        table: table.name.clone(),
        row: None,
        column: Some(field.name.clone()),
        text: text.clone(),
        figures: None,
        record: None,
    })
    .collect()
}

fn is_given(field: &Field, table: &Table) -> bool {
    let Some(at) = table.column(&field.name).filter(|_| table.is_rectangular()) else { return false };
    table
        .rows()
        .any(|row| row.get(at).is_some_and(|text| matches!(cell::read(field, text), Ok(Value::Number(_)))))
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
}
