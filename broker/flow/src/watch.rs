//! What the broker does of itself on its clock: raises overdue returns, reports deliveries nobody collected,
//! writes down refusals that were counted.

use concordat_core::entry::{Body, Overdue, Uncollected};
use concordat_core::fault::Fault;
use concordat_core::obligation::Obligation;
use concordat_core::submission::DeliveryState;
use concordat_store::{Appended, Precondition, Proposal, Store};

use crate::completeness::owed;
use crate::open::Flow;
use crate::random;
use crate::stop::Stop;

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watched {
    /// Overdue raised.
    pub overdue_raised: u32,
    /// Overdue cleared that had stayed open.
    pub overdue_cleared: u32,
    /// Deliveries reported as not collected.
    pub not_collected: u32,
    /// Scheduled changes of policy that came into force.
    pub policies_activated: u32,
    /// Summaries of unheard refusals written.
    pub unheard: u32,
}

/// Deliveries looked at in one round.
const ROUND: usize = 256;

impl<S: Store> Flow<S> {
    /// One round. The broker calls it every few seconds and after its business clock was moved.
    ///
    /// # Errors
    /// A fault when the log cannot be written.
    pub async fn watch(&self) -> Result<Watched, Stop> {
        // one round at a time: two would report the same thing twice
        let _turn = self.watch_turn.lock().await;
        // what frees room comes first: where the log cannot be written the rest fails
        self.forget_arrivals().await;
        self.erase_withdrawn().await;
        let policies_activated = self.activate_scheduled().await?;
        let mut watched =
            Watched { unheard: self.write_unheard(false).await?, policies_activated, ..Watched::default() };
        let now = self.now();
        let obligations = owed(&self.generation(), self.today());
        for obligation in obligations {
            let record = self.record_of(&obligation.identity)?;
            let record = record.unwrap_or_default();
            match record.in_force {
                None if now >= obligation.due.before && record.overdue_at.is_none() => {
                    watched.overdue_raised += u32::from(self.raise(obligation).await?);
                }
                // a submission that came while overdue was being raised leaves it open: cleared here
                Some(in_force) if record.overdue_at.is_some() && record.cleared_at.is_none() => {
                    let proposal = self.clearing(&obligation.identity, in_force.submission)?;
                    self.append_proposal(proposal).await?;
                    self.forget_overdue(&obligation.identity);
                    watched.overdue_cleared += 1;
                }
                _ => {}
            }
        }
        watched.not_collected = self.report_uncollected().await?;
        Ok(watched)
    }

    async fn raise(&self, obligation: Obligation) -> Result<bool, Stop> {
        let identity = obligation.identity.clone();
        let proposal = Proposal {
            id: random::id_of(&obligation.overdue_seed()),
            body: Body::OverdueRaised(Overdue { identity: identity.clone(), due: obligation.due }),
            statement: None,
            payload: None,
            preconditions: vec![Precondition::NotRaised { identity: identity.clone() }],
        };
        match self.store.append(vec![proposal]).await? {
            Appended::Committed(_) => {
                self.overdue.write().unwrap_or_else(std::sync::PoisonError::into_inner).insert(identity);
                Ok(true)
            }
            Appended::Unmet(_) => Ok(false),
        }
    }

    async fn report_uncollected(&self) -> Result<u32, Stop> {
        let mut reported = 0;
        for delivery in self.store.uncollected(self.now(), ROUND)? {
            let proposal = Proposal {
                id: random::entry_id()?,
                body: Body::NotCollected(Uncollected {
                    submission: delivery.submission,
                    index: delivery.index,
                    recipient: delivery.recipient.clone(),
                }),
                statement: None,
                payload: None,
                preconditions: vec![Precondition::Delivery {
                    recipient: delivery.recipient,
                    index: delivery.index,
                    states: vec![DeliveryState::Queued],
                }],
            };
            if let Appended::Committed(_) = self.store.append(vec![proposal]).await? {
                reported += 1;
            }
        }
        Ok(reported)
    }

    /// Reads from the log which returns are overdue and not cleared.
    pub(crate) fn remember_overdue(&self) -> Result<(), Fault> {
        let mut open = std::collections::HashSet::new();
        for obligation in owed(&self.generation(), self.today()) {
            let record = self.record_of(&obligation.identity)?.unwrap_or_default();
            if record.overdue_at.is_some() && record.cleared_at.is_none() {
                open.insert(obligation.identity);
            }
        }
        *self.overdue.write().unwrap_or_else(std::sync::PoisonError::into_inner) = open;
        Ok(())
    }
}
