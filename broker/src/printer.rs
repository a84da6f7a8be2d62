//! The only place that prints: data on standard output, talk on standard error.

use std::io::{self, Write};

/// Writes for a person or a script. A closed pipe ends the talk quietly.
#[derive(Debug, Clone, Copy, Default)]
pub struct Printer;

impl Printer {
    /// A line of data.
    pub fn data(&self, line: &str) {
        let _ = writeln!(io::stdout().lock(), "{line}");
    }

    /// A line of talk.
    pub fn say(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// What went wrong.
    pub fn error(&self, text: &str) {
        self.say(&format!("concordat-broker: {text}"));
    }
}
