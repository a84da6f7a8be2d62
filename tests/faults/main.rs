//! What must hold when things go wrong: a killed broker, callers who misbehave.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod callers;
mod kill;
mod wire;

fn scene() -> concordat_tests::Scene {
    concordat_tests::Scene::new(env!("CARGO_BIN_EXE_broker-under-test"))
}

/// A small count in `cargo test`, the whole under `CONCORDAT_FULL=1`.
fn cases(small: usize, full: usize) -> usize {
    if std::env::var_os("CONCORDAT_FULL").is_some() { full } else { small }
}
