//! What is submitted, as the words of a command.

use std::path::Path;

use aws_lc_rs::rand;
use concordat_core::ids::SendKey;

use super::claim::{Broken, Held};

/// A `concordat submit` to be typed.
#[derive(Debug, Clone, Default)]
pub struct Sending {
    words: Vec<String>,
}

impl Sending {
    /// Submits a return of a type.
    #[must_use]
    pub fn of(return_type: &str) -> Self {
        Self { words: ["submit", "--type", return_type].map(str::to_owned).into() }
    }

    /// For a period.
    #[must_use]
    pub fn period(self, period: &str) -> Self {
        self.with(["--period", period])
    }

    /// For these areas; none leaves them to the client.
    #[must_use]
    pub fn areas(mut self, areas: &[String]) -> Self {
        if !areas.is_empty() {
            self.words.push("--area".to_owned());
            self.words.extend_from_slice(areas);
        }
        self
    }

    /// From a file.
    #[must_use]
    pub fn file(self, file: &Path) -> Self {
        // a `--` keeps the areas before it from taking the file for one more
        self.with(["--", &file.display().to_string()])
    }

    /// Declares that there was nothing.
    #[must_use]
    pub fn nil(self) -> Self {
        self.with(["--nil"])
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

    /// The words, `-o json` among them where it is wanted; options stand before the file.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    fn with<const N: usize>(mut self, words: [&str; N]) -> Self {
        // options come before the file, which is last
        let end = self.words.iter().position(|word| word == "--").unwrap_or(self.words.len());
        self.words.splice(end..end, words.map(str::to_owned));
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
    fn options_stand_before_the_file_whatever_the_order_they_were_given_in() {
        let areas = ["E09000001".to_owned(), "E09000012".to_owned()];
        let sending = Sending::of("t").period("2022-23").areas(&areas).file(Path::new("/f.csv")).key(SendKey([1; 16]));
        let expected = format!(
            "submit --type t --period 2022-23 --area E09000001 E09000012 --key {} -- /f.csv",
            "01".repeat(16)
        );
        assert_eq!(sending.words().join(" "), expected);
    }
}
