//! What a check found in a return.

use serde::{Deserialize, Serialize};

use crate::ids::RuleId;
use crate::record::RecordId;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Refuses the return.
    Error,
    /// Accepted, and asks for an explanation.
    Query,
    /// Shown only.
    Info,
    /// The rule could not be applied: an operand was blank, not available, not applicable or of low reliability.
    NotChecked,
}

impl Severity {
    /// The word used in files, on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Query => "query",
            Severity::Info => "info",
            Severity::NotChecked => "not_checked",
        }
    }
}

/// One finding. Its text never repeats a value of the return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that found it.
    pub rule: RuleId,
    /// Its weight.
    pub severity: Severity,
    /// The table, as the return type names it.
    pub table: String,
    /// The row, counted from 1 without the heading; `None` when it is about the table.
    pub row: Option<u32>,
    /// The column; `None` when it is about the row or table.
    pub column: Option<String>,
    /// What is wrong and what to do, in plain words.
    pub text: String,
    /// For sums and changes over aggregate counts only: the figures compared, for the sender alone.
    /// Never recorded, never logged.
    #[serde(skip)]
    pub figures: Option<String>,
    /// Where the type is accepted record by record, the record to which the row belongs, for the sender alone.
    /// Never recorded, never logged.
    #[serde(skip)]
    pub record: Option<RecordId>,
}

/// How many findings of each weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Errors.
    pub errors: u32,
    /// Queries.
    pub queries: u32,
    /// Infos.
    pub infos: u32,
    /// Rules not checked.
    pub not_checked: u32,
}

impl Counts {
    /// Counts findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            let slot = match finding.severity {
                Severity::Error => &mut counts.errors,
                Severity::Query => &mut counts.queries,
                Severity::Info => &mut counts.infos,
                Severity::NotChecked => &mut counts.not_checked,
            };
            *slot = slot.saturating_add(1);
        }
        counts
    }

    /// These and others together.
    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        Self {
            errors: self.errors.saturating_add(more.errors),
            queries: self.queries.saturating_add(more.queries),
            infos: self.infos.saturating_add(more.infos),
            not_checked: self.not_checked.saturating_add(more.not_checked),
        }
    }
}
