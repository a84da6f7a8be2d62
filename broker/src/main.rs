//! The broker's program: reads its command line, runs one command, ends with its exit code.

use std::process::ExitCode;

use clap::Parser;
use concordat_broker::args::Cli;
use concordat_broker::commands;

/// The submissions of many agencies are many small pieces of memory on several threads at once.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(Cli::parse()).into()
}
