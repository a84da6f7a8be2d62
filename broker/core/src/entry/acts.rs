//! What an operator, or the broker at start, does to the store itself.

use serde::{Deserialize, Serialize};

/// The demonstration's clock was moved forward.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockMoved {
    /// How many microseconds the business clock is now ahead of the machine's.
    pub offset_us: i64,
    /// The operating user.
    pub by: String,
}

/// An operator acted on the store itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Administered {
    /// What was done: `guard_reset`, `rebuild`, `start`, `stop`.
    pub act: String,
    /// Why.
    pub reason: String,
    /// The operating user.
    pub by: String,
}

/// Frames above the guarded size could not be read and were cut: none of them had been acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TailCut {
    /// How many bytes.
    pub bytes: u64,
    /// How many whole frames above the guard were kept.
    pub kept: u64,
}
