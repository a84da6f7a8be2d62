//! `rebuild`: deletes the projections and makes them anew from the log.

use concordat_store::Embedded;

use crate::args::DirArgs;
use crate::compose::{self, Broker, of_stop};
use crate::config::Config;
use crate::operator;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;

/// Rebuilds, and records that it was done.
///
/// # Errors
/// [`Failure`] when a broker runs, or the log is not what it should be: then nothing is rebuilt.
pub async fn run(args: DirArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    let by = operator::of_this_process().map_err(|e| Failure::of("asking who operates", &e))?;
    let clock = compose::opening_clock(&config);
    let (dir, options) = (config.store.clone(), compose::options(&config, &clock)?);
    let rebuilt = tokio::task::spawn_blocking(move || Embedded::rebuild(&dir, options)).await;
    let store = rebuilt.map_err(|_| Failure::new("rebuilding did not come to an end"))??;
    let broker = Broker::reopened(&config, store, clock)?;
    let recorded = broker.flow().administered("rebuild", "asked for on the command line", &by).await;
    let index = recorded.map_err(|stop| of_stop("recording the rebuild", &stop))?;
    broker.close().await?;
    printer.say(&format!("rebuilt the projections from {index} entries; recorded as entry {index}"));
    Ok(Exit::Ok)
}
