//! The program `concordat`.

use std::process::ExitCode;

use concordat_cli::{Desk, Exit, run};

fn main() -> ExitCode {
    // one primitive library under TLS; a second installation is harmless
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let Some(mut desk) = Desk::of_process() else { return ExitCode::from(Exit::Failure.code()) };
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => ExitCode::from(runtime.block_on(run(std::env::args_os(), &mut desk))),
        Err(_) => ExitCode::from(Exit::Failure.code()),
    }
}
