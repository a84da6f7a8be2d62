//! How a walk may end before its goal.

use concordat_core::fault::Fault;
use concordat_core::refusal::Refusal;

/// A refusal is an outcome for the caller; a fault is ours. The wire maps both in one place.
#[derive(Debug, Clone)]
pub enum Stop {
    /// The caller can do something about it.
    Refused(Refusal),
    /// The same, where the refusal is a decision of the log that the caller may ask to have explained.
    Denied {
        /// The refusal.
        refusal: Refusal,
        /// The index of the decision's entry.
        decision: u64,
    },
    /// We failed.
    Failed(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Failed(fault)
    }
}

impl Stop {
    /// The refusal, where it is one.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Stop::Refused(refusal) | Stop::Denied { refusal, .. } => Some(refusal),
            Stop::Failed(_) => None,
        }
    }
}

/// What was sent cannot be read, or makes no sense: where, and what to do.
pub(crate) fn malformed(field: &'static str, text: impl Into<String>) -> Stop {
    Stop::Refused(Refusal::Malformed { field, text: text.into() })
}

/// What was asked cannot be done as things stand.
pub(crate) const fn wrong_state(text: &'static str) -> Stop {
    Stop::Refused(Refusal::WrongState(text))
}
