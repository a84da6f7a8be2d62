//! As many findings as fit into the headers of a status.

use concordat_core::finding::{Finding, Severity};
use concordat_proto::v1 as wire;
use prost::Message as _;
use tonic_types::FieldViolation;

use crate::convert::finding;

/// The most bytes of encoded findings. In a header they grow by a third, and a client takes 16 KiB of headers
/// unless it is told otherwise.
const BYTES: usize = 6 << 10;

/// The most bytes of field violations, which say the same to clients that know only the standard details.
const VIOLATION_BYTES: usize = 1536;

/// Characters of a finding's text that are sent with a refusal.
const TEXT: usize = 300;

/// The findings that fit.
pub(super) struct Listed {
    /// How many.
    pub count: usize,
    /// An encoded `concordat.v1.Findings`.
    pub encoded: Vec<u8>,
    /// The first of them as field violations.
    pub violations: Vec<FieldViolation>,
}

/// Errors first, then queries, infos and rules not checked; within each, in their order.
pub(super) fn listed(all: &[Finding]) -> Listed {
    let mut ordered: Vec<&Finding> = all.iter().collect();
    ordered.sort_by_key(|finding| finding.severity);
    let mut findings = Vec::new();
    let (mut bytes, mut violation_bytes) = (0_usize, 0_usize);
    let mut violations = Vec::new();
    for one in ordered {
        let sent = finding::sent(shortened(one));
        let length = sent.encoded_len() + 3;
        if bytes + length > BYTES {
            break;
        }
        bytes += length;
        findings.push(sent);
        let violation = violation(one);
        violation_bytes += violation.field.len() + violation.description.len() + 8;
        if one.severity == Severity::Error && violation_bytes <= VIOLATION_BYTES {
            violations.push(violation);
        }
    }
    Listed { count: findings.len(), encoded: wire::Findings { findings }.encode_to_vec(), violations }
}

fn shortened(one: &Finding) -> Finding {
    let short = |text: &str| text.chars().take(TEXT).collect::<String>();
    Finding {
        text: short(&one.text),
        figures: one.figures.as_deref().map(short),
        table: short(&one.table),
        column: one.column.as_deref().map(short),
        ..one.clone()
    }
}

// `main[3].contacts`: the table, the row from 1, the column
fn violation(one: &Finding) -> FieldViolation {
    let mut field: String = one.table.chars().take(TEXT).collect();
    if let Some(row) = one.row {
        field.push_str(&format!("[{row}]"));
    }
    if let Some(column) = &one.column {
        field.push('.');
        field.extend(column.chars().take(TEXT));
    }
    FieldViolation::new(field, format!("{}: {}", one.rule, one.text.chars().take(TEXT).collect::<String>()))
}
