//! How policy is looked after: changes that two people make, suspensions that one makes and another reviews.
//!
//! - `change`: propose, answer, activate, roll back; `examine`: what a change comes to
//! - `force`: what brings policies into force
//! - `suspend`: suspensions and reviews; `standing`: what is in force and what is open
//! - `ask`: may I, and why was I refused; `replay`: the log's decisions made again

mod ask;
mod change;
mod examine;
mod force;
mod replay;
mod standing;
mod suspend;

use std::collections::BTreeSet;

use concordat_core::apply::{Key, Row};
use concordat_core::decision::{Act, DecisionRequest, Fact};
use concordat_core::entry::Judged;
use concordat_core::fault::Fault;
use concordat_core::governance::{Governance, ProposalRecord, Subject};
use concordat_core::ids::{PrincipalId, PurposeId};
use concordat_store::Store;

use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::read::{is_reason, judged};
use crate::stop::{Stop, malformed};

pub use ask::{AskedOf, Explained, May, Mine, NearMiss};
pub use change::{Activated, Answered, Sent};
pub use examine::{DAYS, Examined};
pub use replay::{Differs, Replayed};
pub use standing::{InForce, PolicyStanding};

/// The purpose for which policy is changed and things are suspended.
const PURPOSE: &str = "P8-governance";

/// What is suspended now, as decisions need it.
#[derive(Debug, Default)]
pub(crate) struct Suspensions(BTreeSet<Subject>);

impl Suspensions {
    pub(crate) fn load(store: &impl Store) -> Result<Self, Fault> {
        Ok(Self(governance(store)?.suspended().cloned().collect()))
    }

    /// Whether a principal, or its agency, is suspended.
    fn holds(&self, principal: &PrincipalId) -> bool {
        self.0.contains(&Subject::Principal(principal.clone()))
            || self.0.contains(&Subject::Agency(principal.agency.clone()))
    }

    fn cover(&self, request: &DecisionRequest) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let holds = |subject| self.0.contains(&subject);
        let asker = &request.asker;
        holds(Subject::Agency(asker.agency.clone()))
            || asker.principal.as_ref().is_some_and(|id| holds(Subject::Principal(id.clone())))
            || request.return_type.as_ref().is_some_and(|id| holds(Subject::ReturnType(id.clone())))
    }

    /// The request, with the fact that whoever asks, or what is asked about, is suspended.
    pub(crate) fn complete(&self, mut request: DecisionRequest) -> DecisionRequest {
        if self.cover(&request) {
            request.facts.push(Fact::Suspended);
        }
        request
    }
}

fn governance(store: &impl Store) -> Result<Governance, Fault> {
    match store.row(&Key::Governance)? {
        Some(Row::Governance(governance)) => Ok(governance),
        _ => Ok(Governance::default()),
    }
}

impl<S: Store> Flow<S> {
    /// What the log says of proposals, suspensions and reviews.
    pub(crate) fn governance(&self) -> Result<Governance, Fault> {
        governance(&self.store)
    }

    /// The question whether a caller may do something about policy itself.
    fn ask_to_govern(
        &self,
        generation: &Generation,
        caller: &Caller,
        act: Act,
    ) -> Result<DecisionRequest, Fault> {
        let purpose: PurposeId = PURPOSE.parse().map_err(Fault::internal)?;
        Ok(self.ask_at_large(generation, caller, act, Some(purpose), self.today()))
    }

    /// Whether the caller may do something about policy itself; a no is recorded.
    async fn may_govern(&self, caller: &Caller, act: Act) -> Result<Judged, Stop> {
        let generation = self.generation();
        let request = self.ask_to_govern(&generation, caller, act)?;
        let permitted = self.decide(&generation, caller, request).await?;
        Ok(judged(caller, &permitted))
    }

    /// Whether the caller may do any of these, by today's policies; nothing is recorded of it.
    fn may_any(&self, caller: &Caller, acts: &[Act]) -> Result<bool, Fault> {
        let generation = self.generation();
        for act in acts {
            let request = self.ask_to_govern(&generation, caller, *act)?;
            if generation.policy.decide(&request, ()).is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Refuses a reason that is none, too long, or seems to name a person; it stays in the log for ever.
    fn check_reason(reason: &str) -> Result<(), Stop> {
        if is_reason(reason) {
            return Ok(());
        }
        let text = "say why in 1 to 200 characters on one line; no names, numbers or addresses of persons";
        Err(malformed("reason", text))
    }

    fn proposal(&self, index: u64) -> Result<ProposalRecord, Stop> {
        let found = self.governance()?.proposal(index).cloned();
        found.ok_or_else(|| {
            let text =
                format!("entry {index} is no proposal that is kept; `concordat policy status` lists them");
            malformed("proposal", text)
        })
    }
}
