//! What the demonstration claims, and how a claim that does not hold is told: expected against found.

use std::fmt::Display;

/// Why the demonstration stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A claim does not hold.
    #[error("{claim}: expected {expected}, found {found}")]
    Claim {
        /// What was claimed.
        claim: String,
        /// What should have been found.
        expected: String,
        /// What was found.
        found: String,
    },
    /// Something around the story failed, such as a file that could not be written.
    #[error("{doing}: {why}")]
    Failed {
        /// What was being done.
        doing: String,
        /// What went wrong.
        why: String,
    },
}

/// What came of a part of the story.
pub type Held<T> = Result<T, Broken>;

impl Broken {
    /// A failure around the story.
    pub fn failed(doing: impl Into<String>, why: impl Display) -> Self {
        Broken::Failed { doing: doing.into(), why: why.to_string() }
    }

    /// A claim that does not hold.
    pub fn claim(claim: impl Into<String>, expected: impl Display, found: impl Display) -> Self {
        Broken::Claim { claim: claim.into(), expected: expected.to_string(), found: found.to_string() }
    }
}

/// Claims that two things are the same.
///
/// # Errors
/// [`Broken::Claim`] when they are not.
pub fn same<T: PartialEq + Display>(claim: &str, expected: T, found: T) -> Held<()> {
    if expected == found { Ok(()) } else { Err(Broken::claim(claim, expected, found)) }
}

/// Claims that something is so; `found` says what was found when it is not.
///
/// # Errors
/// [`Broken::Claim`] when it is not so.
pub fn holds(claim: &str, so: bool, found: impl Display) -> Held<()> {
    if so { Ok(()) } else { Err(Broken::claim(claim, "that it holds", found)) }
}

/// Claims that something is there.
///
/// # Errors
/// [`Broken::Claim`] when it is not.
pub fn there<T>(claim: &str, found: Option<T>) -> Held<T> {
    found.ok_or_else(|| Broken::claim(claim, "that it is there", "nothing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_does_not_hold_tells_expected_against_found() {
        assert_eq!(same("entries", 2, 2), Ok(()));
        let broken = same("overdue entries", 1, 2).unwrap_err();
        assert_eq!(broken.to_string(), "overdue entries: expected 1, found 2");
        assert!(holds("x", false, "y").is_err() && there::<u8>("x", None).is_err());
    }
}
