//! `guard reset`: accepts the log as it lies there and makes the head guard anew.

use concordat_store::{Embedded, Store};

use crate::args::GuardResetArgs;
use crate::compose::{self, Broker};
use crate::config::Config;
use crate::operator;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// Resets the guard; the log says who did and why.
///
/// # Errors
/// [`Failure`] when a broker runs, or the log itself is damaged.
pub async fn run(args: GuardResetArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    let by = operator::of_this_process().map_err(|e| Failure::of("asking who operates", &e))?;
    let clock = compose::opening_clock(&config);
    let (dir, options) = (config.store.clone(), compose::options(&config, &clock)?);
    let reset =
        tokio::task::spawn_blocking(move || Embedded::reset_guard(&dir, options, &args.reason, &by)).await;
    let store = reset.map_err(|_| Failure::new("resetting the guard did not come to an end"))??;
    let size = store.head().size;
    let broker = Broker::reopened(&config, store, clock)?;
    broker.close().await?;
    printer.say(&format!(
        "the head guard was made anew over {size} entries, the last of which says so; agencies whose receipts \
         lie beyond that must be told"
    ));
    Ok(Exit::Ok)
}
