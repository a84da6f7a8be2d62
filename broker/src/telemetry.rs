//! The service log: text for a person at a terminal, JSON lines for everything else.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Sends the service log to standard error. `CONCORDAT_LOG` chooses what is told (`info` when absent).
pub fn start() {
    let filter = EnvFilter::try_from_env("CONCORDAT_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // a second start, as when tests run a broker in their own process, keeps the first
    let _ = if io::stdout().is_terminal() && io::stderr().is_terminal() {
        log.try_init()
    } else {
        log.json().with_ansi(false).try_init()
    };
}
