//! The bench's baseline: `bench-echo AUTHORITY CERTIFICATE KEY RECEIPT_BYTES`.

use std::path::Path;
use std::process::ExitCode;

use concordat_tests::bench::{Outcome, echo, say};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say(&format!("the echo failed: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [authority, chain, key, receipt_bytes] = args.as_slice() else {
        return Err("it needs AUTHORITY CERTIFICATE KEY RECEIPT_BYTES".into());
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(echo::run(
        Path::new(authority),
        Path::new(chain),
        Path::new(key),
        receipt_bytes.parse()?,
    ))
}
