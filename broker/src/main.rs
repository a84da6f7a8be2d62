//! The broker's program: reads its command line, runs one command, ends with its exit code.

use std::process::ExitCode;

use clap::Parser;
use concordat_broker::args::Cli;
use concordat_broker::commands;

fn main() -> ExitCode {
    commands::run(Cli::parse()).into()
}
