//! Findings, as they are sent.

use concordat_core::finding::{Finding, Severity};
use concordat_proto::v1 as wire;

/// A finding on the wire.
#[must_use]
pub fn sent(finding: Finding) -> wire::Finding {
    wire::Finding {
        rule: finding.rule.to_string(),
        severity: severity(finding.severity).into(),
        table: finding.table,
        row: finding.row.unwrap_or(0),
        column: finding.column.unwrap_or_default(),
        text: finding.text,
        figures: finding.figures.unwrap_or_default(),
        record: finding.record.map(|record| record.as_str().to_owned()).unwrap_or_default(),
    }
}

/// A severity on the wire.
#[must_use]
pub const fn severity(severity: Severity) -> wire::Severity {
    match severity {
        Severity::Error => wire::Severity::Error,
        Severity::Query => wire::Severity::Query,
        Severity::Info => wire::Severity::Info,
        Severity::NotChecked => wire::Severity::NotChecked,
    }
}
