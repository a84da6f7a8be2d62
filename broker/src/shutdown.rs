//! Stopping: one signal, heard by every part.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells every part of the broker to stop.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

/// Hears that the broker is to stop; cloned into every part.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

/// A stop that has not been asked for yet, and one that hears it.
#[must_use]
pub fn pair() -> (Stop, Stopping) {
    let (sender, receiver) = watch::channel(false);
    (Stop(sender), Stopping(receiver))
}

impl Stop {
    /// Asks every part to stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Waits until the broker is to stop; at once when it was asked before, or when nobody can ask any more.
    pub async fn wait(&mut self) {
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// What the system says when signals cannot be heard.
pub async fn signalled() -> io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = interrupt.recv() => Ok("SIGINT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_asks_late_still_hears_that_it_is_to_stop() {
        let (stop, mut stopping) = pair();
        let mut late = stopping.clone();
        stop.ask();
        stopping.wait().await;
        late.wait().await;
        let (gone, mut orphan) = pair();
        drop(gone);
        orphan.wait().await;
    }
}
