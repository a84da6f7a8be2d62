//! `serve`: the broker itself.

use crate::args::ServeArgs;
use crate::config::Config;
use crate::outcome::{Exit, Failure};
use crate::running::run_broker;
use crate::shutdown;

/// Serves until SIGTERM or SIGINT; a second signal ends the program at once, which loses nothing that was
/// acknowledged.
///
/// # Errors
/// As [`run_broker`].
pub async fn run(args: ServeArgs) -> Result<Exit, Failure> {
    let config = Config::load(&args.config)?;
    let (stop, stopping) = shutdown::pair();
    tokio::spawn(async move {
        match shutdown::signalled().await {
            Ok(signal) => tracing::info!(signal, "stopping"),
            Err(e) => tracing::error!(error = %e, "signals cannot be heard; stopping"),
        }
        stop.ask();
        if shutdown::signalled().await.is_ok() {
            tracing::warn!("stopping at once");
            std::process::exit(i32::from(Exit::Failure as u8));
        }
    });
    run_broker(config, stopping).await?;
    Ok(Exit::Ok)
}
