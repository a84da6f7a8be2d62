//! The broker's program, built for the tests beside them: the same commands as `concordat-broker`.

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    concordat_broker::commands::run(concordat_broker::args::Cli::parse()).into()
}
