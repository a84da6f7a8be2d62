//! How a walk may end before its goal.

use concordat_core::fault::Fault;
use concordat_core::refusal::Refusal;

/// A refusal is an outcome for the caller; a fault is ours. The wire maps both in one place.
#[derive(Debug, Clone)]
pub enum Stop {
    /// The caller can do something about it.
    Refused(Refusal),
    /// We failed.
    Failed(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Failed(fault)
    }
}
