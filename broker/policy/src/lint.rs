//! What is not wrong with a bundle and still worth a look.
//!
//! What can only be told by working out every request that there could be is told so: that a row never matches, that
//! a deny leaves nothing of an allow, that a deny denies nothing, that two rows meet with different profiles. There
//! is no graph of roles whose depth could be looked at: who holds a role is in the log, and no role holds another.
//! Lookalike letters, encodings, duplicates and unknown words are refused when the files are read.

mod agreements;
mod rows;
mod unused;

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use crate::bundle::Bundle;
use crate::complaint::Complaint;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The files are refused.
    Error,
    /// Somebody should see to it.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// The word used in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// Something found, how grave and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// Where, and what.
    pub complaint: Complaint,
}

impl Finding {
    /// A complaint for which files are refused.
    #[must_use]
    pub fn error(complaint: Complaint) -> Self {
        Self { severity: Severity::Error, complaint }
    }

    /// Something that somebody should see to.
    #[must_use]
    pub fn warning(complaint: Complaint) -> Self {
        Self { severity: Severity::Warning, complaint }
    }

    /// Something worth knowing.
    #[must_use]
    pub fn info(complaint: Complaint) -> Self {
        Self { severity: Severity::Info, complaint }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity.as_str(), self.complaint)
    }
}

impl Bundle {
    /// Everything worth a look, as things stand on a day, the gravest first.
    #[must_use]
    pub fn lint(&self, day: Date) -> Vec<Finding> {
        let mut findings = Vec::new();
        agreements::look(self, day, &mut findings);
        if self.rows().iter().any(|row| row.allow) {
            unused::look(self, &mut findings);
            rows::look(self, &mut findings);
        } else {
            // a partnership begins so; what waits for its first agreement is not unused
            let text = "no row allows anything: nothing may be sent or read until an agreement lets it";
            findings.push(Finding::info(Complaint::of_file("rules.csv", text)));
        }
        findings.sort();
        findings
    }

    /// Of these the warnings.
    #[must_use]
    pub fn warnings(&self, day: Date) -> Vec<Complaint> {
        let warnings = self.lint(day).into_iter().filter(|finding| finding.severity == Severity::Warning);
        warnings.map(|finding| finding.complaint).collect()
    }
}

#[cfg(test)]
mod tests;
