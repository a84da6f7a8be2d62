//! The bench of a submission: a partnership made for it, a client and an echo in processes of their own, and
//! what is told of the outcome.
//!
//! - [`world`]: the partnership: 64 agencies that submit, 500 policy rows, people enrolled
//! - [`returns`]: the returns they send, each of its own identity
//! - [`plan`]: what the client is told to do and what it tells of it
//! - [`client`]: the client's process; [`wire`]: a request encoded but for its header
//! - [`echo`]: the baseline that takes the same request and only answers
//! - [`disk`]: the baseline that only writes and syncs; what lies on disk
//! - [`broker`]: the store filled, opened, rebuilt and verified
//! - [`process`]: children, their processor time and memory
//! - [`extracts`]: large returns about made-up children, for the bench of a check
//! - [`rules`]: policies of any size and requests to them, for the bench of decisions
//! - [`stats`], [`report`]: medians, ratios, tables, JSON

use std::process::ExitCode;

pub mod broker;
pub mod client;
pub mod disk;
pub mod echo;
pub mod extracts;
pub mod plan;
pub mod process;
pub mod report;
pub mod returns;
pub mod rules;
pub mod stats;
pub mod wire;
pub mod world;

/// What a step of the bench yields, or why the bench fails.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How the bench ends: what it says when it fails.
#[must_use]
pub fn ended(outcome: Outcome<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say(&format!("the bench failed: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// Says something on the way, on the standard error.
#[expect(clippy::print_stderr, reason = "the bench's one way to talk")]
pub fn say(text: &str) {
    eprintln!("{text}");
}

/// Gives data, on the standard output.
#[expect(clippy::print_stdout, reason = "the bench's one way to give data")]
pub fn give(text: &str) {
    println!("{text}");
}
