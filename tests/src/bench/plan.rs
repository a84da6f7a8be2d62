//! What the client's process is told to do, on its standard input, and what it tells of it, on its standard
//! output: one JSON document each.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Which returns are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Column {
    /// Few sets of areas per agency: after the first of a set, its decision is known.
    Hits,
    /// Another set of areas with every return: no decision is known.
    Misses,
}

/// One cell of the bench, as its client is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Host and port.
    pub target: String,
    /// The process that answers there.
    pub server: u32,
    /// The authority's certificate, a PEM file.
    pub authority: PathBuf,
    /// The policies folder, from which the returns are made.
    pub policies: PathBuf,
    /// Who submits, one connection each.
    pub people: Vec<Person>,
    /// Which returns.
    pub column: Column,
    /// The serial number of each person's first return.
    pub from: u32,
    /// How long is measured, in seconds.
    pub seconds: f64,
    /// How long goes before it, in seconds.
    pub warm_up: f64,
    /// The log's public key, under which every receipt must verify; none for the echo, which gives none.
    pub log_key: Option<String>,
}

/// One who submits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// Its number, from 0, which says its agency.
    pub number: usize,
    /// The certificate chain, a PEM file.
    pub chain: PathBuf,
    /// The private key, a PEM file.
    pub key: PathBuf,
}

/// What came of a cell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// Calls answered within the time measured.
    pub answered: u64,
    /// The time measured, in seconds.
    pub seconds: f64,
    /// The median time of a call, in milliseconds.
    pub p50_ms: f64,
    /// The 99th percentile, in milliseconds.
    pub p99_ms: f64,
    /// Processor time of the answering process per call, in microseconds.
    pub server_us: f64,
    /// Processor time of the client per call, in microseconds.
    pub client_us: f64,
    /// Returns sent by whoever sent most, those of the warm-up among them.
    pub sent_most: u32,
    /// Receipts that verified; all of them, or the client fails.
    pub verified: u64,
    /// The length of a receipt, in bytes; the median.
    pub receipt_bytes: usize,
    /// How many returns were recorded under each checkpoint, in the order of the log.
    pub groups: Vec<u32>,
}

impl Told {
    /// Calls a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.answered as f64 / self.seconds } else { 0.0 }
    }
}
