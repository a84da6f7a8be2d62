//! A return that is accepted in part: what its sender is told of it, and what is written down.

use concordat_catalogue::bulk::InPart;
use concordat_core::finding::{Finding, Severity};
use concordat_core::record::{LeftOut, RefusedRecord};

/// What was refused of a return that was accepted in part. For its sender alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parted {
    /// How many records were accepted.
    pub accepted: u32,
    /// Those that were not, by identifier.
    pub refused: Vec<RefusedRecord>,
}

impl Parted {
    /// What the log keeps of it: counts, and no identifier.
    pub(crate) fn left_out(&self) -> LeftOut {
        LeftOut::of(self.accepted, &self.refused)
    }
}

/// What the checks found in a return that goes on.
#[derive(Debug)]
pub(crate) struct Told {
    /// All of it, as its sender is told.
    pub findings: Vec<Finding>,
    /// What was found in what goes on, as it is recorded.
    pub left: Vec<Finding>,
    /// Where it is accepted in part, what was refused.
    pub parted: Option<Parted>,
}

impl Told {
    /// Adds what was found beside the return's own checks.
    pub(crate) fn add(&mut self, more: &[Finding]) {
        self.findings.extend_from_slice(more);
        // of those that are recorded there is a most: what readers are told by stands first
        self.left.splice(0..0, more.iter().cloned());
    }

    /// What the sender of something recorded before is told again: why which records are no part of it.
    pub(crate) fn again(self) -> (Vec<Finding>, Option<Parted>) {
        let mut findings = self.findings;
        findings.retain(|finding| finding.severity == Severity::Error);
        (findings, self.parted)
    }

    pub(crate) fn of(findings: Vec<Finding>, in_part: Option<InPart>) -> Self {
        match in_part {
            None => Self { left: findings.clone(), findings, parted: None },
            Some(InPart { accepted, refused, findings: left, .. }) => {
                Self { findings, left, parted: Some(Parted { accepted, refused }) }
            }
        }
    }
}
