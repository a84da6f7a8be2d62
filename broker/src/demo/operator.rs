//! The operator: the broker's own commands, each run as a process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::claim::{Broken, Held};
use super::person::{Said, quoted};

/// Whoever operates the broker on its host.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The broker's program.
    pub program: PathBuf,
}

impl Operator {
    /// The operator, with the broker's program.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        Self { program: program.to_owned() }
    }

    /// Runs `concordat-broker` with these words and waits for its end.
    ///
    /// # Errors
    /// [`Broken::Failed`] when it cannot be run at all.
    pub fn runs(&self, words: &[&str]) -> Held<Said> {
        let output = Command::new(&self.program)
            .args(words)
            .stdin(Stdio::null())
            .output()
            .map_err(|e| Broken::failed("running the broker's program", e))?;
        let typed: Vec<String> =
            std::iter::once("concordat-broker").chain(words.iter().copied()).map(quoted).collect();
        Ok(Said {
            who: "operator".to_owned(),
            line: typed.join(" "),
            // a program ended by a signal has no code; no claim expects 255
            code: output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}
