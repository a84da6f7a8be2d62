//! The statement: what the log recorded of a submission, as text a person can read and a commitment can bind.
//! One spelling per statement: fixed keys in fixed order, one line each.

use std::fmt::Write;

use thiserror::Error;

use crate::canonical;
use crate::hash::Hash;

/// The first line of every statement.
pub const STATEMENT_TITLE: &str = "concordat statement v1";

/// The longest a statement may be, in bytes.
pub const MAX_STATEMENT_LEN: usize = 8 * 1024;

/// The longest one value may be, in bytes; areas together may be as long as the statement.
pub const MAX_VALUE_LEN: usize = 512;

/// Who submitted which return, with which content, by which decision.
///
/// Every text is non-empty, without control characters, line separators or characters that hide or
/// reorder text, without space at its ends, and at most [`MAX_VALUE_LEN`] bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The log's origin, such as `concordat/northshire/log`.
    pub log: String,
    /// The submission's id.
    pub submission: String,
    /// The agency that submitted.
    pub agency: String,
    /// The principal that submitted for it.
    pub principal: String,
    /// The return type's id.
    pub return_type: String,
    /// The areas it covers, in the submission's order; each without spaces; may be empty.
    pub areas: Vec<String>,
    /// The period, such as `2022-23/Q1`.
    pub period: String,
    /// The part of a return that comes in parts.
    pub part: Option<String>,
    /// Which version of the return this is, from 1.
    pub version: u32,
    /// The submission whose place it takes.
    pub replaces: Option<String>,
    /// The content digest of header and cells.
    pub content: Hash,
    /// What became of it, such as `accepted` or `nil declared`.
    pub outcome: String,
    /// The rule that decided.
    pub decision: String,
    /// The information-sharing agreement the rule rests on.
    pub agreement: Option<String>,
    /// The digest of the policy in force.
    pub policy: Hash,
}

/// Why a text is not a statement, or a statement has no text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StatementFault {
    /// A value cannot stand on one line of readable text.
    #[error("the statement's `{key}` is empty, too long, or holds characters that do not belong on one line")]
    Value {
        /// The line's key.
        key: &'static str,
    },
    /// The text is longer than a statement may be, or is not UTF-8.
    #[error("the statement is not UTF-8 text of at most 8 KiB")]
    NotText,
    /// The first line is not that of a statement of a known version.
    #[error("the statement does not begin with `concordat statement v1`")]
    UnknownFormat,
    /// A line is missing, misspelt or out of order.
    #[error("the statement's line `{key}` is missing or malformed")]
    Line {
        /// The key expected there.
        key: &'static str,
    },
    /// Lines follow the last one.
    #[error("the statement is followed by further text")]
    TrailingText,
    /// The text says the same as a statement in another spelling.
    #[error("the statement is not spelt in its one canonical form")]
    NotCanonical,
}

impl Statement {
    /// The statement's text: the one spelling [`Statement::parse`] accepts.
    ///
    /// # Errors
    /// [`StatementFault::Value`] naming the value that breaks the rules above, or
    /// [`StatementFault::NotText`] when the whole is too long.
    pub fn encode(&self) -> Result<Vec<u8>, StatementFault> {
        let mut out = Lines(String::with_capacity(768));
        out.0.push_str(STATEMENT_TITLE);
        out.0.push('\n');
        out.line("log", &self.log)?;
        out.line("submission", &self.submission)?;
        out.line("agency", &self.agency)?;
        out.line("principal", &self.principal)?;
        out.line("return", &self.return_type)?;
        out.areas(&self.areas)?;
        out.line("period", &self.period)?;
        out.optional("part", self.part.as_deref())?;
        out.shown("version", &self.version);
        out.optional("replaces", self.replaces.as_deref())?;
        out.shown("content", &self.content);
        out.line("outcome", &self.outcome)?;
        out.line("decision", &self.decision)?;
        out.optional("agreement", self.agreement.as_deref())?;
        out.shown("policy", &self.policy);
        if out.0.len() > MAX_STATEMENT_LEN {
            return Err(StatementFault::NotText);
        }
        Ok(out.0.into_bytes())
    }

    /// Reads a statement's text.
    ///
    /// # Errors
    /// [`StatementFault`] for anything but the one spelling of a statement.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementFault> {
        if bytes.len() > MAX_STATEMENT_LEN {
            return Err(StatementFault::NotText);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| StatementFault::NotText)?;
        let body = text.strip_prefix(STATEMENT_TITLE).and_then(|rest| rest.strip_prefix('\n'));
        let mut rest = Rest(body.ok_or(StatementFault::UnknownFormat)?);
        let statement = Self {
            log: rest.need("log")?.to_owned(),
            submission: rest.need("submission")?.to_owned(),
            agency: rest.need("agency")?.to_owned(),
            principal: rest.need("principal")?.to_owned(),
            return_type: rest.need("return")?.to_owned(),
            areas: rest
                .maybe("areas")
                .map_or_else(Vec::new, |all| all.split(' ').map(str::to_owned).collect()),
            period: rest.need("period")?.to_owned(),
            part: rest.maybe("part").map(str::to_owned),
            version: rest.version()?,
            replaces: rest.maybe("replaces").map(str::to_owned),
            content: rest.hash("content")?,
            outcome: rest.need("outcome")?.to_owned(),
            decision: rest.need("decision")?.to_owned(),
            agreement: rest.maybe("agreement").map(str::to_owned),
            policy: rest.hash("policy")?,
        };
        if !rest.0.is_empty() {
            return Err(StatementFault::TrailingText);
        }
        if statement.encode()? == bytes { Ok(statement) } else { Err(StatementFault::NotCanonical) }
    }
}

struct Lines(String);

impl Lines {
    fn line(&mut self, key: &'static str, value: &str) -> Result<(), StatementFault> {
        if value.len() > MAX_VALUE_LEN || !stands_on_a_line(value) {
            return Err(StatementFault::Value { key });
        }
        self.push(key, value);
        Ok(())
    }

    fn optional(&mut self, key: &'static str, value: Option<&str>) -> Result<(), StatementFault> {
        value.map_or(Ok(()), |value| self.line(key, value))
    }

    fn areas(&mut self, areas: &[String]) -> Result<(), StatementFault> {
        let Some((first, others)) = areas.split_first() else { return Ok(()) };
        let sound =
            |area: &String| area.len() <= MAX_VALUE_LEN && stands_on_a_line(area) && !area.contains(' ');
        if !areas.iter().all(sound) {
            return Err(StatementFault::Value { key: "areas" });
        }
        self.0.push_str("areas: ");
        self.0.push_str(first);
        for area in others {
            self.0.push(' ');
            self.0.push_str(area);
        }
        self.0.push('\n');
        Ok(())
    }

    /// A value whose own form is already one plain word.
    fn shown(&mut self, key: &str, value: &impl std::fmt::Display) {
        // writing to a string cannot fail
        let _ = writeln!(self.0, "{key}: {value}");
    }

    fn push(&mut self, key: &str, value: &str) {
        self.0.push_str(key);
        self.0.push_str(": ");
        self.0.push_str(value);
        self.0.push('\n');
    }
}

struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The value of the next line, if it has this key.
    fn maybe(&mut self, key: &str) -> Option<&'a str> {
        let (value, rest) = self.0.strip_prefix(key)?.strip_prefix(": ")?.split_once('\n')?;
        self.0 = rest;
        Some(value)
    }

    fn need(&mut self, key: &'static str) -> Result<&'a str, StatementFault> {
        self.maybe(key).ok_or(StatementFault::Line { key })
    }

    fn hash(&mut self, key: &'static str) -> Result<Hash, StatementFault> {
        self.need(key)?.parse().map_err(|_| StatementFault::Line { key })
    }

    fn version(&mut self) -> Result<u32, StatementFault> {
        let key = "version";
        let number = canonical::decimal(self.need(key)?).and_then(|number| u32::try_from(number).ok());
        number.ok_or(StatementFault::Line { key })
    }
}

/// Whether a value is readable text that cannot be mistaken for another line, or read in another order than
/// it is written.
fn stands_on_a_line(value: &str) -> bool {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    // plain ASCII, the usual case, without decoding
    let plain = value.bytes().all(|b| (b' '..=b'~').contains(&b));
    !value.is_empty() && (plain || !value.contains(hides)) && value.trim() == value
}

#[cfg(test)]
pub(crate) mod tests;
