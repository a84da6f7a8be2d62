//! A principal at its own desk, typing the very commands that a user types.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use concordat_cli::desk::Desk;
use concordat_core::clock::MachineClock;
use concordat_core::ids::PrincipalId;
use serde_json::Value;

use super::claim::{Broken, Held, same};

/// A principal: its name, and the folder in which its client keeps contexts, keys and receipts.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who it is, as `agency/name`.
    pub id: String,
    /// Its client's folder.
    pub home: PathBuf,
    demo_clock: Arc<AtomicBool>,
}

/// A command and what came of it.
#[derive(Clone)]
pub struct Said {
    /// Who typed it.
    pub who: String,
    /// The command as it was typed.
    pub line: String,
    /// The exit code.
    pub code: u8,
    /// The data.
    pub stdout: String,
    /// The talk.
    pub stderr: String,
}

impl Person {
    /// A principal with a folder of its own under `homes`; every reply made on a moved clock sets `demo_clock`.
    #[must_use]
    pub fn new(id: &PrincipalId, homes: &Path, demo_clock: &Arc<AtomicBool>) -> Self {
        let home = homes.join(id.agency.as_str()).join(id.name.as_str());
        Self { id: id.to_string(), home, demo_clock: Arc::clone(demo_clock) }
    }

    /// Somebody who belongs to no agency.
    #[must_use]
    pub fn stranger(homes: &Path, demo_clock: &Arc<AtomicBool>) -> Self {
        Self { id: "stranger".to_owned(), home: homes.join("stranger"), demo_clock: Arc::clone(demo_clock) }
    }

    /// Runs `concordat` with these words.
    ///
    /// # Errors
    /// [`Broken::Failed`] when the command cannot be run at all.
    pub fn runs<S: AsRef<str>>(&self, words: &[S]) -> Held<Said> {
        let (mut desk, captured) = Desk::captured(self.home.clone(), Arc::new(MachineClock));
        let typed = || std::iter::once("concordat").chain(words.iter().map(AsRef::as_ref));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Broken::failed("running a command", e))?;
        let code = runtime.block_on(concordat_cli::run(typed().map(OsString::from), &mut desk));
        let said = Said {
            who: self.id.clone(),
            line: typed().map(quoted).collect::<Vec<_>>().join(" "),
            code,
            stdout: captured.take_stdout(),
            stderr: captured.take_stderr(),
        };
        if said.stderr.contains("DEMO CLOCK") {
            self.demo_clock.store(true, Ordering::Relaxed);
        }
        Ok(said)
    }

    /// Runs `concordat … -o json`, which must end with `code`, and gives the data of its envelope.
    ///
    /// # Errors
    /// [`Broken::Claim`] when it ends otherwise or prints no envelope.
    pub fn asks<S: AsRef<str>>(&self, words: &[S], code: u8) -> Held<(Said, Value)> {
        let mut words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        words.extend(["-o", "json"]);
        let said = self.runs(&words)?.ended(code)?;
        let data = said.data()?;
        Ok((said, data))
    }
}

impl Said {
    /// Claims that the command ended with this code.
    ///
    /// # Errors
    /// [`Broken::Claim`] when it ended with another, with what it said.
    pub fn ended(self, code: u8) -> Held<Self> {
        if self.code == code {
            return Ok(self);
        }
        let found = format!("{}: {}", self.code, self.stderr.trim());
        Err(Broken::claim(format!("exit code of `{}` by {}", self.line, self.who), code, found))
    }

    /// The data of the JSON envelope; nothing when there was no output.
    ///
    /// # Errors
    /// [`Broken::Claim`] when the output is not an envelope.
    pub fn data(&self) -> Held<Value> {
        if self.stdout.is_empty() {
            return Ok(Value::Null);
        }
        let mut envelope: Value = serde_json::from_str(&self.stdout)
            .map_err(|e| Broken::claim(format!("`{}` prints JSON", self.line), "JSON", e))?;
        let schema = envelope.get("schema").and_then(Value::as_str).unwrap_or_default();
        same(
            &format!("the schema of `{}` is one of the client's", self.line),
            true,
            schema.starts_with("concordat."),
        )?;
        Ok(envelope.get_mut("data").map(Value::take).unwrap_or_default())
    }

    /// Everything that was printed.
    #[must_use]
    pub fn everything(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

// what a command printed may be long; who typed what is enough to find it
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Said({} $ {}: {})", self.who, self.line, self.code)
    }
}

/// A word as a shell would need it typed.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_a_shell_needs_them() {
        assert_eq!(quoted("--period=2022-23/Q4"), "--period=2022-23/Q4");
        assert_eq!(quoted("it's late"), r"'it'\''s late'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn another_exit_code_than_claimed_breaks_the_story_with_what_was_said() {
        let said = Said {
            who: "met/desk".into(),
            line: "concordat missing".into(),
            code: 5,
            stdout: String::new(),
            stderr: "error: not permitted\n".into(),
        };
        let broken = said.clone().ended(0).unwrap_err().to_string();
        assert!(broken.contains("concordat missing") && broken.contains("not permitted"), "{broken}");
        assert!(said.ended(5).is_ok());
    }
}
