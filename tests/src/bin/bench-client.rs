//! The load of the bench: reads one plan on its standard input, carries it out, and says what came of it.

use std::io::Read as _;
use std::process::ExitCode;

use concordat_tests::bench::{Outcome, client, give, say};

fn main() -> ExitCode {
    match run() {
        Ok(told) => {
            give(&told);
            ExitCode::SUCCESS
        }
        Err(why) => {
            say(&format!("the client failed: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<String> {
    let mut plan = String::new();
    std::io::stdin().read_to_string(&mut plan)?;
    let plan = serde_json::from_str(&plan)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(serde_json::to_string(&runtime.block_on(client::run(plan))?)?)
}
