//! What is submitted, as the words of a command.

use std::path::Path;

use aws_lc_rs::rand;
use concordat_core::ids::SendKey;

use super::claim::{Broken, Held};

/// A `concordat submit` to be typed.
#[derive(Debug, Clone)]
pub struct Sending {
    words: Vec<String>,
}

impl Sending {
    /// Submits a file as a return of a type.
    #[must_use]
    pub fn of(file: &Path, return_type: &str) -> Self {
        let file = file.display().to_string();
        Self { words: ["submit", &file, "--type", return_type].map(str::to_owned).into() }
    }

    /// Declares that there was nothing to return of a type.
    #[must_use]
    pub fn nil(return_type: &str) -> Self {
        Self { words: ["submit", "--nil", "--type", return_type].map(str::to_owned).into() }
    }

    /// For a period.
    #[must_use]
    pub fn period(self, period: &str) -> Self {
        self.with(["--period", period])
    }

    /// Under a key.
    #[must_use]
    pub fn key(self, key: SendKey) -> Self {
        self.with(["--key", &key.to_string()])
    }

    /// As it is, errors included.
    #[must_use]
    pub fn unchecked(self) -> Self {
        self.with(["--no-check"])
    }

    /// In the place of a submission, for a reason.
    #[must_use]
    pub fn replaces(self, submission: &str, reason: &str) -> Self {
        self.with(["--replaces", submission, "--reason", reason])
    }

    /// The words, for the client.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    fn with<const N: usize>(mut self, words: [&str; N]) -> Self {
        self.words.extend(words.map(str::to_owned));
        self
    }
}

/// A fresh submission key.
///
/// # Errors
/// [`Broken::Failed`] when no randomness is at hand.
pub fn fresh_key() -> Held<SendKey> {
    let mut key = [0; 16];
    rand::fill(&mut key).map_err(|_| Broken::failed("drawing a key", "no randomness is at hand"))?;
    Ok(SendKey(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_is_worded_as_a_user_would_type_it() {
        let sending = Sending::of(Path::new("/f.csv"), "t").period("2022-23").key(SendKey([1; 16]));
        let expected = format!("submit /f.csv --type t --period 2022-23 --key {}", "01".repeat(16));
        assert_eq!(sending.words().join(" "), expected);
        assert_ne!(fresh_key().unwrap(), fresh_key().unwrap());
    }
}
