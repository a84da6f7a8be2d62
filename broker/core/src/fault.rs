//! A failure of ours. The caller hears what to do; the operator's context is logged once and shown to no one else.

use std::fmt;

/// What sort of failure it is: a closed set, mapped to a wire status in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The log or store cannot be written or read now. For a submission this means unknown: resend under the same key.
    Unavailable,
    /// Something stored does not match what the log proves.
    Tampered,
    /// A defect, or a setting that contradicts another.
    Internal,
}

/// A failure of ours: what the caller may know, and what the operator must.
#[derive(Clone)]
pub struct Fault {
    kind: FaultKind,
    operator: String,
}

impl Fault {
    /// The store cannot serve now.
    #[must_use]
    pub fn unavailable(operator: impl fmt::Display) -> Self {
        Self { kind: FaultKind::Unavailable, operator: operator.to_string() }
    }

    /// Something stored is not what the log proves.
    #[must_use]
    pub fn tampered(operator: impl fmt::Display) -> Self {
        Self { kind: FaultKind::Tampered, operator: operator.to_string() }
    }

    /// A defect or a contradiction in the settings.
    #[must_use]
    pub fn internal(operator: impl fmt::Display) -> Self {
        Self { kind: FaultKind::Internal, operator: operator.to_string() }
    }

    /// The sort of failure.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// The operator's context: for the service log, never for a reply.
    #[must_use]
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// What the caller is told.
    #[must_use]
    pub fn public(&self) -> &'static str {
        match self.kind {
            FaultKind::Unavailable => {
                "the broker cannot write or read its log now; nothing was acknowledged; send again under the same key"
            }
            FaultKind::Tampered => "the broker found its records damaged and has stopped; tell its operator",
            FaultKind::Internal => {
                "the broker failed on its side; tell its operator the time of this message"
            }
        }
    }
}

// deliberately no Display: the operator's half must not reach a reply by accident
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.operator)
    }
}
