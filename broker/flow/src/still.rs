//! Whether what was allowed still is, while it is being carried out: a stream that began yesterday, under other
//! policies or before its reader was suspended ends with the next part.

use std::sync::Arc;

use concordat_core::decision::DecisionRequest;
use concordat_core::ids::ProfileId;
use concordat_core::refusal::{DenyReason, Refusal};
use concordat_policy::Permitted;
use concordat_store::Store;

use crate::generation::Generation;
use crate::govern::Suspensions;
use crate::identify::{Caller, Registry};
use crate::open::Flow;
use crate::refuse::Asked;
use crate::stop::{Stop, wrong_state};

/// Why a stream ends that is still allowed.
const SEES_OTHERWISE: &str = "the policies changed what you see of this while it was being read: what came so far is not the whole, fetch it again";

/// A decision under which something goes on, and what it was made by.
#[derive(Debug)]
pub struct Ongoing {
    request: DecisionRequest,
    profiles: Vec<ProfileId>,
    generation: Arc<Generation>,
    registry: Arc<Registry>,
    suspensions: Arc<Suspensions>,
}

impl<S: Store> Flow<S> {
    /// The decision as something that may end before what it allowed does.
    pub(crate) fn ongoing(&self, permitted: &Permitted<()>, generation: &Arc<Generation>) -> Ongoing {
        Ongoing {
            request: permitted.request().clone(),
            profiles: permitted.grant().profiles.clone(),
            generation: Arc::clone(generation),
            registry: self.registry.load_full(),
            suspensions: self.suspensions.load_full(),
        }
    }

    /// Asks policy anew if anything that the decision rests on has changed since: the day in London (and with it
    /// the end of roles and agreements), the policies in force, the registry of principals, what is suspended.
    ///
    /// # Errors
    /// A recorded refusal where it is not allowed any more; a fault of ours. Nothing more may leave then.
    pub async fn still(&self, caller: &Caller, ongoing: &mut Ongoing) -> Result<(), Stop> {
        let (generation, today) = (self.generation(), self.today());
        let (registry, suspensions) = (self.registry.load_full(), self.suspensions.load_full());
        if today == ongoing.request.day
            && Arc::ptr_eq(&generation, &ongoing.generation)
            && Arc::ptr_eq(&registry, &ongoing.registry)
            && Arc::ptr_eq(&suspensions, &ongoing.suspensions)
        {
            return Ok(());
        }
        let Some(now) = self.identify_again(caller) else {
            let refusal = Refusal::Denied { reason: DenyReason::NoRole };
            let asked = Asked { asked_for: None, request: Some(ongoing.request.clone()), denial: None };
            return Err(self.deny(caller, asked, refusal).await);
        };
        let mut request = ongoing.request.clone();
        request.asker = now.asker(today);
        request.day = today;
        request.facts.retain(|fact| *fact != concordat_core::decision::Fact::Suspended);
        let request = suspensions.complete(request);
        let permitted = self.decide(&generation, caller, request).await?;
        let profiles = &permitted.grant().profiles;
        if *profiles != ongoing.profiles || !same(profiles, &ongoing.generation, &generation) {
            return Err(wrong_state(SEES_OTHERWISE));
        }
        let (request, profiles) = (permitted.request().clone(), profiles.clone());
        *ongoing = Ongoing { request, profiles, generation, registry, suspensions };
        Ok(())
    }
}

/// Whether profiles are the same in two generations.
fn same(profiles: &[ProfileId], one: &Generation, other: &Generation) -> bool {
    let of = |generation: &'_ Generation, id: &ProfileId| generation.policy.bundle().profile(id).cloned();
    profiles.iter().all(|id| of(one, id) == of(other, id))
}
