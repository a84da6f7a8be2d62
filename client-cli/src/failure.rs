//! Why a command did not do what was asked: what, where, why, and the next step.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use concordat_core::finding::Finding;

use crate::exit::Exit;

/// A failure as the person at the desk reads it. It never holds a value of a return.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    /// What the process ends with.
    pub exit: Exit,
    /// What failed, where and why, in one sentence.
    pub what: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The broker's reason code, such as `already_accepted`, when the broker refused.
    pub code: Option<String>,
    /// What the broker's checks found, when it refused a return for its errors.
    pub findings: Vec<Finding>,
    /// How long the broker asks to wait before the next attempt.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure that ends with `exit`.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), hint: None, code: None, findings: Vec::new(), retry_after: None }
    }

    /// A failure in how the command was written, or in a file that it names.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// A failure to read a file that the command names.
    pub fn unreadable(path: &Path, why: &std::io::Error) -> Self {
        let hint = match why.kind() {
            std::io::ErrorKind::NotFound => "check the file's name and folder",
            std::io::ErrorKind::PermissionDenied => "ask for read access to the file",
            _ => "check that the file is a readable file",
        };
        Self::usage(format!("`{}` cannot be read: {}", path.display(), io_words(why))).hint(hint)
    }

    /// A failure to write a file of ours.
    pub fn unwritable(path: &Path, why: &std::io::Error) -> Self {
        Self::new(Exit::Failure, format!("`{}` cannot be written: {}", path.display(), io_words(why)))
            .hint("check the folder's permissions and free space")
    }

    /// The same with a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether the broker refused for this reason.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// Whether the outcome is unknown, so that the same may be tried again.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.exit == Exit::Queued
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure {{ exit: {}, what: {:?}, hint: {:?} }}", self.exit.code(), self.what, self.hint)
    }
}

/// A system error in words, without the system's number.
pub(crate) fn io_words(why: &std::io::Error) -> String {
    match why.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "access is refused".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        _ => why.to_string(),
    }
}
