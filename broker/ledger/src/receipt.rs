//! The receipt: one text file with which a submitter proves, offline, what the log recorded.

use std::fmt::Write;

use thiserror::Error;

use crate::canonical;
use crate::checkpoint::{CheckpointFault, SignedCheckpoint};
use crate::hash::{Hash, leaf_hash};
use crate::key::Verifier;
use crate::leaf::{Leaf, LeafFault, commit_statement, log_id};
use crate::proof::{MAX_PROOF_HASHES, ProofFault, verify_inclusion};
use crate::statement::{Statement, StatementFault};

/// The first line of every receipt.
pub const RECEIPT_TITLE: &str = "concordat receipt v1";

/// The first line of the proof within (C2SP tlog-proof).
pub const PROOF_TITLE: &str = "c2sp.org/tlog-proof@v1";

/// The longest receipt that is read, in bytes.
pub const MAX_RECEIPT_LEN: usize = 64 * 1024;

/// A receipt's parts, as recorded; they mean nothing until [`Receipt::verify`] gives them.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The statement's text; see [`Statement`].
    pub statement: Vec<u8>,
    /// The random bytes of the commitment to the statement.
    pub random: [u8; 32],
    /// The leaf's bytes; see [`Leaf`].
    pub leaf: Vec<u8>,
    /// The entry's index in the log, from 0.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling upwards.
    pub proof: Vec<Hash>,
    /// The signed checkpoint's whole text.
    pub checkpoint: String,
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What was recorded.
    pub statement: Statement,
    /// The entry's clear record, with the time it was recorded.
    pub leaf: Leaf,
    /// The entry's index in the log, from 0.
    pub index: u64,
    /// How many entries the log had when it signed.
    pub tree_size: u64,
    /// The root it signed.
    pub root: Hash,
}

/// Which link of a receipt failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReceiptFault {
    /// Longer than any receipt, or not UTF-8.
    #[error("the receipt is not UTF-8 text of at most 64 KiB")]
    NotText,
    /// A line is missing or malformed.
    #[error("the receipt's {part} is missing or malformed")]
    Malformed {
        /// Which part of the file.
        part: &'static str,
    },
    /// The statement cannot be read.
    #[error(transparent)]
    Statement(#[from] StatementFault),
    /// The leaf cannot be read.
    #[error(transparent)]
    Leaf(#[from] LeafFault),
    /// The leaf commits to another statement.
    #[error("the statement is not the one the log's leaf commits to: it was altered")]
    StatementNotCommitted,
    /// The leaf belongs to another log than the statement says.
    #[error("the leaf does not belong to log `{log}`, which the statement names")]
    LeafOfOtherLog {
        /// The log the statement names.
        log: String,
    },
    /// The checkpoint failed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointFault),
    /// The checkpoint is of another log than the statement.
    #[error("the statement is of log `{statement}`, the checkpoint of log `{checkpoint}`")]
    CheckpointOfOtherLog {
        /// The log the statement names.
        statement: String,
        /// The log the checkpoint names.
        checkpoint: String,
    },
    /// The proof failed.
    #[error("the entry is not in the log that was signed: {0}")]
    Proof(#[from] ProofFault),
}

impl Receipt {
    /// The receipt's file: the one spelling [`Receipt::parse`] accepts, the same for the same parts.
    #[must_use]
    pub fn to_text(&self) -> String {
        let parts = self.statement.len() + self.random.len() + self.leaf.len();
        let mut out =
            String::with_capacity(parts * 4 / 3 + self.proof.len() * 45 + self.checkpoint.len() + 160);
        out.push_str(RECEIPT_TITLE);
        for (key, bytes) in [
            ("\nstatement ", self.statement.as_slice()),
            ("\nrandom ", self.random.as_slice()),
            ("\nleaf ", self.leaf.as_slice()),
        ] {
            out.push_str(key);
            canonical::push_base64(&mut out, bytes);
        }
        out.push_str("\n\n");
        self.push_proof(&mut out);
        out
    }

    /// The proof alone, for any reader of C2SP tlog-proof files.
    #[must_use]
    pub fn to_tlog_proof(&self) -> String {
        let mut out = String::with_capacity(self.proof.len() * 45 + self.checkpoint.len() + 64);
        self.push_proof(&mut out);
        out
    }

    fn push_proof(&self, out: &mut String) {
        out.push_str(PROOF_TITLE);
        // writing to a string cannot fail
        let _ = writeln!(out, "\nindex {}", self.index);
        for hash in &self.proof {
            canonical::push_base64(out, &hash.0);
            out.push('\n');
        }
        out.push('\n');
        out.push_str(&self.checkpoint);
    }

    /// Reads a receipt's file without believing it. Every part has one spelling, so what is read gives the
    /// same text again.
    ///
    /// # Errors
    /// [`ReceiptFault`] for anything but the one spelling of a receipt.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptFault> {
        if bytes.len() > MAX_RECEIPT_LEN {
            return Err(ReceiptFault::NotText);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ReceiptFault::NotText)?;
        let mut rest = Rest(text);
        rest.exactly(RECEIPT_TITLE, "first line")?;
        let statement = rest.base64("statement ", "statement")?;
        let random = rest.base64("random ", "random")?;
        let random = random.try_into().map_err(|_| ReceiptFault::Malformed { part: "random" })?;
        let leaf = rest.base64("leaf ", "leaf")?;
        rest.exactly("", "empty line before the proof")?;
        rest.exactly(PROOF_TITLE, "proof's first line")?;
        let index = rest.index()?;
        let proof = rest.hashes()?;
        let checkpoint = SignedCheckpoint::parse(rest.0.as_bytes())?.into_string();
        Ok(Self { statement, random, leaf, index, proof, checkpoint })
    }

    /// Checks every link: statement, commitment, leaf, proof, root, signature, log.
    ///
    /// # Errors
    /// [`ReceiptFault`] naming the first link that failed.
    pub fn verify(&self, verifier: &Verifier) -> Result<Verified, ReceiptFault> {
        let statement = Statement::parse(&self.statement)?;
        let leaf = Leaf::decode(&self.leaf)?;
        if commit_statement(&self.random, &self.statement) != leaf.statement {
            return Err(ReceiptFault::StatementNotCommitted);
        }
        if leaf.log != log_id(&statement.log) {
            return Err(ReceiptFault::LeafOfOtherLog { log: statement.log });
        }
        let checkpoint = SignedCheckpoint::parse(self.checkpoint.as_bytes())?.verify(verifier)?;
        if checkpoint.origin != statement.log {
            return Err(ReceiptFault::CheckpointOfOtherLog {
                statement: statement.log,
                checkpoint: checkpoint.origin,
            });
        }
        let hash = leaf_hash(&self.leaf);
        verify_inclusion(&hash, self.index, checkpoint.size, &self.proof, &checkpoint.root)?;
        Ok(Verified { statement, leaf, index: self.index, tree_size: checkpoint.size, root: checkpoint.root })
    }
}

impl std::fmt::Debug for Receipt {
    /// The index alone: the random bytes keep the leaf silent, and are for the submitter.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt").field("index", &self.index).finish_non_exhaustive()
    }
}

struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn line(&mut self) -> Option<&'a str> {
        let (line, rest) = self.0.split_once('\n')?;
        self.0 = rest;
        Some(line)
    }

    fn exactly(&mut self, expected: &str, part: &'static str) -> Result<(), ReceiptFault> {
        let found = self.line().filter(|line| *line == expected);
        found.map(drop).ok_or(ReceiptFault::Malformed { part })
    }

    fn base64(&mut self, key: &str, part: &'static str) -> Result<Vec<u8>, ReceiptFault> {
        let value = self.line().and_then(|line| line.strip_prefix(key));
        value.and_then(canonical::base64).ok_or(ReceiptFault::Malformed { part })
    }

    fn index(&mut self) -> Result<u64, ReceiptFault> {
        let value = self.line().and_then(|line| line.strip_prefix("index "));
        value.and_then(canonical::decimal).ok_or(ReceiptFault::Malformed { part: "index" })
    }

    /// The proof's hashes and the empty line after them.
    fn hashes(&mut self) -> Result<Vec<Hash>, ReceiptFault> {
        let malformed = || ReceiptFault::Malformed { part: "inclusion proof" };
        let mut hashes = Vec::new();
        loop {
            let line = self.line().ok_or_else(malformed)?;
            if line.is_empty() {
                return Ok(hashes);
            }
            if hashes.len() == MAX_PROOF_HASHES {
                return Err(malformed());
            }
            hashes.push(canonical::base64_hash(line).ok_or_else(malformed)?);
        }
    }
}

#[cfg(test)]
mod tests;
