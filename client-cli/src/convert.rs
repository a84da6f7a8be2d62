//! Between the wire and our words. What comes from the wire is checked here and nowhere else.

use concordat_core::explanation::Explanation;
use concordat_core::finding::{Finding, Severity};
use concordat_core::ids::{EntryId, RuleId, SendKey};
use concordat_core::record::RecordId;
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use concordat_proto::v1;

use crate::exit::Exit;
use crate::failure::Failure;

/// Findings from the wire; one whose rule or weight cannot be read is kept as an error without a name.
#[must_use]
pub fn findings(found: Vec<v1::Finding>) -> Vec<Finding> {
    found.into_iter().filter_map(finding).collect()
}

fn finding(found: v1::Finding) -> Option<Finding> {
    let severity = match found.severity() {
        v1::Severity::Query => Severity::Query,
        v1::Severity::Info => Severity::Info,
        v1::Severity::NotChecked => Severity::NotChecked,
        v1::Severity::Error | v1::Severity::Unspecified => Severity::Error,
    };
    Some(Finding {
        rule: found.rule.parse().or_else(|_| RuleId::new("unnamed")).ok()?,
        severity,
        table: found.table,
        row: (found.row > 0).then_some(found.row),
        column: (!found.column.is_empty()).then_some(found.column),
        text: found.text,
        figures: (!found.figures.is_empty()).then_some(found.figures),
        record: (!found.record.is_empty()).then(|| RecordId::new(found.record)),
    })
}

/// An identity for the wire.
#[must_use]
pub fn identity_to_wire(identity: &Identity) -> v1::Identity {
    v1::Identity {
        agency: identity.agency.to_string(),
        return_type: identity.return_type.to_string(),
        areas: identity.areas.iter().map(ToString::to_string).collect(),
        covers: Some(match &identity.covers {
            Covers::Period(period) => v1::identity::Covers::Period(period.to_string()),
            Covers::Event(event) => v1::identity::Covers::Event(event.to_string()),
        }),
        part: identity.part.clone().unwrap_or_default(),
    }
}

/// An answer to a query for the wire.
#[must_use]
pub fn explanation_to_wire(explanation: Explanation) -> v1::Explanation {
    v1::Explanation {
        rule: explanation.rule.into(),
        code: explanation.code.as_str().to_owned(),
        text: explanation.text,
    }
}

/// A table for the wire.
#[must_use]
pub fn table_to_wire(table: Table) -> v1::Table {
    let cells = table.cells.iter().map(str::to_owned).collect();
    v1::Table { name: table.name, columns: table.columns, cells }
}

/// A table from the wire.
///
/// # Errors
/// A [`Failure`] when its cells do not fill whole rows.
pub fn table(table: v1::Table) -> Result<Table, Failure> {
    let table = Table { name: table.name, columns: table.columns, cells: table.cells.iter().collect() };
    if table.is_rectangular() { Ok(table) } else { Err(odd("a table whose cells do not fill its rows")) }
}

/// An entry's id from the wire.
///
/// # Errors
/// A [`Failure`] when it is not 16 bytes.
pub fn entry_id(bytes: &[u8]) -> Result<EntryId, Failure> {
    bytes.try_into().map(EntryId).map_err(|_| odd("an id that is not 16 bytes"))
}

/// An entry's id as text, empty for none.
#[must_use]
pub fn entry_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What an identity from the wire covers, as text.
#[must_use]
pub fn covers_text(identity: &v1::Identity) -> String {
    match &identity.covers {
        Some(v1::identity::Covers::Period(period)) => period.clone(),
        Some(v1::identity::Covers::Event(event)) => format!("event {event}"),
        None => String::new(),
    }
}

/// A submission's id as the person typed it.
///
/// # Errors
/// A usage [`Failure`] that says where ids are found.
pub fn typed_id(text: &str) -> Result<EntryId, Failure> {
    text.parse().map_err(|why: concordat_core::ids::BadName| {
        Failure::usage(why.to_string())
            .hint("`concordat submit` printed it, and `concordat inbox list` lists those received")
    })
}

/// A submission key as the person typed it.
///
/// # Errors
/// A usage [`Failure`].
pub fn typed_key(text: &str) -> Result<SendKey, Failure> {
    text.parse().map_err(|why: concordat_core::ids::BadName| Failure::usage(why.to_string()))
}

fn odd(what: &str) -> Failure {
    Failure::new(Exit::Failure, format!("the broker sent {what}"))
        .hint("client and broker may be of different versions; tell the broker's operator")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_zero_and_empty_texts_mean_none() {
        let found = v1::Finding { rule: "R1".into(), severity: 2, ..v1::Finding::default() };
        let finding = findings(vec![found]).remove(0);
        assert_eq!((finding.row, finding.column, finding.figures), (None, None, None));
        assert_eq!(finding.severity, Severity::Query);
    }

    #[test]
    fn a_finding_of_unknown_weight_or_rule_weighs_as_an_error_and_is_not_lost() {
        let found = v1::Finding { rule: "not a rule".into(), severity: 99, ..v1::Finding::default() };
        let finding = findings(vec![found]).remove(0);
        assert_eq!((finding.severity, finding.rule.as_str()), (Severity::Error, "unnamed"));
    }

    #[test]
    fn a_ragged_table_is_refused() {
        let ragged =
            v1::Table { name: "main".into(), columns: vec!["a".into(), "b".into()], cells: vec!["1".into()] };
        assert!(table(ragged).is_err());
    }
}
