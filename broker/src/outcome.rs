//! How a command ends: an exit code and, when it failed, the words for it.

use std::process::ExitCode;

use concordat_core::fault::{Fault, FaultKind};

/// The fixed exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, and nothing is wrong.
    Ok = 0,
    /// It failed, or something is wrong.
    Failure = 1,
    /// The command line was not understood.
    Usage = 2,
    /// Something stored is not what the log proves.
    Tampered = 8,
    /// The log is shorter than what it once signed.
    RolledBack = 9,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What failed, why, and what to do next; may be several lines.
    pub text: String,
}

impl Failure {
    /// An ordinary failure.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { exit: Exit::Failure, text: text.into() }
    }

    /// A failure that says what was being done, and the whole chain of why it failed.
    #[must_use]
    pub fn of(doing: &str, fault: &dyn std::error::Error) -> Self {
        let mut text = format!("{doing}: {fault}");
        let mut cause = fault.source();
        while let Some(fault) = cause {
            let words = fault.to_string();
            // some faults tell their cause in their own words
            if !text.contains(&words) {
                text.push_str(&format!(": {words}"));
            }
            cause = fault.source();
        }
        Self::new(text)
    }

    /// A fault of ours, told in full: whoever runs these commands is the operator.
    #[must_use]
    pub fn from_fault(doing: &str, fault: &Fault) -> Self {
        let exit = if fault.kind() == FaultKind::Tampered { Exit::Tampered } else { Exit::Failure };
        Self { exit, text: format!("{doing}: {}", fault.operator()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_every_cause_down_to_the_first() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::io::Error);
        let failure = Failure::of("opening", &Outer(std::io::Error::other("inner")));
        assert_eq!(failure.text, "opening: outer: inner");
        let told = Failure::of("opening: inner", &Outer(std::io::Error::other("inner")));
        assert_eq!(told.text, "opening: inner: outer", "nothing is said twice");
        assert_eq!(failure.exit, Exit::Failure);
    }

    #[test]
    fn a_fault_of_tampering_has_its_own_exit_code() {
        assert_eq!(Failure::from_fault("reading", &Fault::tampered("entry 7")).exit as u8, 8);
        assert_eq!(Failure::from_fault("reading", &Fault::internal("entry 7")).exit as u8, 1);
    }
}
