//! The callers' side of appending and closing.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use concordat_core::fault::Fault;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::proposal::{Appended, Proposal};

use super::prepare::Prepared;
use super::writer::Job;
use super::{Embedded, Shared};

impl Embedded {
    pub(super) async fn append_group(&self, group: Vec<Proposal>) -> Result<Appended, Fault> {
        if group.is_empty() {
            return Ok(Appended::Committed(Vec::new()));
        }
        let entries = self.prepare_group(group).await?;
        let queue = self.queue()?;
        let (answer, answered) = oneshot::channel();
        let gone = || Fault::unavailable("the store is closed");
        queue.send(Job { entries, answer }).await.map_err(|_| gone())?;
        drop(queue);
        answered.await.map_err(|_| gone())?
    }

    /// Seals the group; where a file has to be synced, not on a thread that serves others.
    async fn prepare_group(&self, group: Vec<Proposal>) -> Result<Vec<Prepared>, Fault> {
        let files = group.iter().any(|proposal| {
            proposal.payload.as_ref().is_some_and(|payload| self.shared.in_file(&proposal.body, payload))
        });
        if files && let Ok(runtime) = Handle::try_current() {
            let shared = Arc::clone(&self.shared);
            let work = runtime.spawn_blocking(move || prepare_all(&shared, group));
            return work.await.map_err(|_| Fault::internal("preparing a group did not end well"))?;
        }
        prepare_all(&self.shared, group)
    }

    fn queue(&self) -> Result<mpsc::Sender<Job>, Fault> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        queue.clone().ok_or_else(|| Fault::unavailable("the store is closed"))
    }

    /// Stops cleanly: what waits is recorded, then the projections are marked as whole, so that the next
    /// opening need not read the journal. Blocks until it is done; calling it twice is no fault.
    pub fn close(&self) {
        self.shared.closing.store(true, Ordering::Release);
        self.stop();
    }

    pub(super) fn stop(&self) {
        drop(self.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!(
                "the writer of the log ended in a panic; the next opening rebuilds the projections"
            );
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop();
    }
}

fn prepare_all(shared: &Shared, group: Vec<Proposal>) -> Result<Vec<Prepared>, Fault> {
    group.into_iter().map(|proposal| shared.prepare(proposal)).collect()
}
