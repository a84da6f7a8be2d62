//! The one door by which refusals leave: the entry first, then the answer.

use concordat_core::decision::{DecisionRequest, Denial};
use concordat_core::entry::{Body, Denied, Refused};
use concordat_core::finding::{Counts, Finding};
use concordat_core::ids::{EntryId, SendKey};
use concordat_core::refusal::Refusal;
use concordat_core::submission::Identity;
use concordat_policy::Permitted;
use concordat_store::{Appended, Proposal, Store};

use crate::commit::found;
use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::random;
use crate::stop::Stop;
use crate::submit::Received;

/// What is remembered of a submission while it walks, for the entry that its refusal would need.
#[derive(Debug, Clone)]
pub(crate) struct About {
    identity: Identity,
    key: SendKey,
}

impl About {
    pub(crate) fn of(received: &Received) -> Self {
        Self { identity: received.identity.clone(), key: received.key }
    }
}

/// A read or act that policy denied, or whose object does not exist.
pub(crate) struct Asked {
    pub asked_for: Option<EntryId>,
    pub request: Option<DecisionRequest>,
    pub denial: Option<Denial>,
}

impl<S: Store> Flow<S> {
    /// Records the refusal of a submission. If it cannot be recorded the caller hears of our failure instead.
    pub(crate) async fn refuse(&self, caller: &Caller, about: About, refusal: Refusal) -> Stop {
        let none: &[Finding] = &[];
        let findings = match &refusal {
            Refusal::Invalid(findings) => findings.as_slice(),
            _ => none,
        };
        // an identity of another agency is not the caller's to leave traces in
        let own = about.identity.agency == caller.agency().id;
        let body = Body::Refused(Box::new(Refused {
            code: refusal.code().to_owned(),
            identity: own.then_some(about.identity),
            by: caller.principal().clone(),
            key: Some(about.key),
            counts: Counts::of(findings),
            found: found(findings),
        }));
        self.leave(body, refusal).await
    }

    /// Records a denial. What the caller hears is for the walk that was denied to choose.
    pub(crate) async fn deny(&self, caller: &Caller, asked: Asked, refusal: Refusal) -> Stop {
        let body = Body::Denied(Box::new(Denied {
            by: caller.principal().clone(),
            asked_for: asked.asked_for,
            request: asked.request,
            denial: asked.denial,
            code: refusal.code().to_owned(),
        }));
        match self.append_one(body).await {
            Ok(decision) => Stop::Denied { refusal, decision },
            Err(stop) => stop,
        }
    }

    /// Asks policy. A no is recorded, and told with its reason.
    ///
    /// # Errors
    /// The recorded refusal.
    pub(crate) async fn decide(
        &self,
        generation: &Generation,
        caller: &Caller,
        request: DecisionRequest,
    ) -> Result<Permitted<()>, Stop> {
        match generation.policy.decide(&request, ()) {
            Ok(permitted) => Ok(permitted),
            Err((denial, ())) => Err(self.denied(caller, request, denial).await),
        }
    }

    /// Records a denial of policy that its asker may be told as such.
    pub(crate) async fn denied(&self, caller: &Caller, request: DecisionRequest, denial: Denial) -> Stop {
        let refusal = Refusal::Denied { reason: denial.reason };
        let asked = Asked { asked_for: None, request: Some(request), denial: Some(denial) };
        self.deny(caller, asked, refusal).await
    }

    async fn leave(&self, body: Body, refusal: Refusal) -> Stop {
        match self.append_one(body).await {
            Ok(_) => Stop::Refused(refusal),
            Err(stop) => stop,
        }
    }

    /// Appends one entry that needs no precondition, and gives its index.
    pub(crate) async fn append_one(&self, body: Body) -> Result<u64, Stop> {
        let proposal = Proposal::of(random::entry_id()?, body);
        self.append_proposal(proposal).await.map(|committed| committed.index)
    }

    /// Appends one entry, and gives what the commit made.
    pub(crate) async fn append_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<concordat_store::Committed, Stop> {
        match self.store.append(vec![proposal]).await? {
            Appended::Committed(committed) => committed.into_iter().next().ok_or_else(|| {
                Stop::Failed(concordat_core::fault::Fault::internal("a commit recorded nothing"))
            }),
            Appended::Unmet(unmet) => Err(Stop::Failed(concordat_core::fault::Fault::internal(format!(
                "an entry met an unexpected precondition: {unmet:?}"
            )))),
        }
    }
}
