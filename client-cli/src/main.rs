//! The program `concordat`.

use std::io::Write as _;
use std::process::ExitCode;

use concordat_cli::{Desk, Exit, run};

fn main() -> ExitCode {
    // one primitive library under TLS; a second installation is harmless
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let Some(mut desk) = Desk::of_process() else {
        return fail("there is no home folder: set CONCORDAT_HOME to a folder of your own");
    };
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => ExitCode::from(runtime.block_on(run(std::env::args_os(), &mut desk))),
        Err(why) => fail(&format!("the program cannot start: {why}")),
    }
}

fn fail(why: &str) -> ExitCode {
    // when even the talk cannot be written there is no one left to tell
    let _ = writeln!(std::io::stderr(), "error: {why}");
    ExitCode::from(Exit::Failure.code())
}
