//! A person at a desk: a home folder of its own, and the client's commands.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use concordat_cli::Desk;
use concordat_core::clock::{Clock, MachineClock};

/// What a command said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its exit code.
    pub code: u8,
    /// The data.
    pub out: String,
    /// The talk.
    pub err: String,
}

impl Said {
    /// The data of a JSON envelope.
    ///
    /// # Panics
    /// When the output is not one: the test then shows what was said.
    #[must_use]
    #[expect(clippy::panic, reason = "a test's way to stop")]
    pub fn data(&self) -> serde_json::Value {
        match serde_json::from_str::<serde_json::Value>(&self.out) {
            Ok(mut envelope) if envelope.get("data").is_some() => {
                envelope.get_mut("data").map(serde_json::Value::take).unwrap_or_default()
            }
            _ => panic!("no JSON envelope: {self:?}"),
        }
    }

    /// The talk without the number that each decision has of its own, for refusals that must otherwise read alike.
    #[must_use]
    pub fn err_unnumbered(&self) -> String {
        concordat_cli::status::unnumbered(&self.err)
    }

    /// Stops the test unless the command ended with a code.
    ///
    /// # Panics
    /// When it ended otherwise.
    #[must_use]
    #[track_caller]
    pub fn ended(self, code: u8) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

/// A person, enrolled or about to be.
#[derive(Debug, Clone)]
pub struct Person {
    /// Where contexts, keys and receipts lie.
    pub home: PathBuf,
}

impl Person {
    /// A person with a home folder.
    #[must_use]
    pub fn at(home: &Path) -> Self {
        Self { home: home.to_owned() }
    }

    /// Runs one command of the client, as if typed.
    ///
    /// # Panics
    /// When the test's runtime cannot be made.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test's way to stop")]
    pub fn run(&self, args: &[&str]) -> Said {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(self.run_async(args))
    }

    /// Enrols, or tries to.
    #[must_use]
    pub fn enrol(&self, broker: &str, fingerprint: &str, token_file: &str) -> Said {
        self.run(&["enrol", "--broker", broker, "--fingerprint", fingerprint, "--token-file", token_file])
    }

    /// As [`Person::run`], within a runtime.
    pub async fn run_async(&self, args: &[&str]) -> Said {
        self.run_by(Arc::new(MachineClock), args).await
    }

    /// As [`Person::run_async`], by another clock than the machine's.
    pub async fn run_by(&self, clock: Arc<dyn Clock>, args: &[&str]) -> Said {
        let (mut desk, captured) = Desk::captured(self.home.clone(), clock);
        let args = std::iter::once("concordat").chain(args.iter().copied()).map(OsString::from);
        let code = concordat_cli::run(args, &mut desk).await;
        Said { code, out: captured.take_stdout(), err: captured.take_stderr() }
    }
}
