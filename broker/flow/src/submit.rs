//! The walk of a submission, in its order.

use std::sync::Arc;

use concordat_core::explanation::Explanation;
use concordat_core::finding::Finding;
use concordat_core::ids::{Digest, EntryId, PurposeId, SendKey};
use concordat_core::submission::{Identity, Replaces};
use concordat_core::table::Table;
use concordat_core::withdrawal::Withdrawal;
use concordat_policy::Permitted;
use concordat_store::{Spooled, Store};
use tokio::runtime::Handle;

use crate::authorise::{Barred, Typed};
use crate::commit::Outcome;
use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::parted::Parted;
use crate::refuse::About;
use crate::stop::Stop;
use crate::upload::blocking;

/// A return as it came off the wire: nothing in it has been checked but its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What it says it is.
    pub identity: Identity,
    /// The key the client drew for it.
    pub key: SendKey,
    /// The purpose stated.
    pub purpose: Option<PurposeId>,
    /// The digest of the return type the client checked against.
    pub type_digest: Digest,
    /// Whether it declares that there was nothing.
    pub nil: bool,
    /// Which submission it replaces, and why.
    pub replaces: Option<Replaces>,
    /// The cells.
    pub tables: Vec<Table>,
    /// What its sender answers to queries.
    pub explanations: Vec<Explanation>,
    /// Whether the whole is to be refused rather than accepted in part.
    pub all_or_nothing: bool,
}

/// What the sender is told: recorded at an index, queued to so many. Never "delivered".
#[derive(Debug, Clone)]
pub struct Acknowledged {
    /// The submission.
    pub submission: EntryId,
    /// The index of its entry.
    pub index: u64,
    /// Its version.
    pub version: u32,
    /// The receipt's text.
    pub receipt: Vec<u8>,
    /// Whether this is the original receipt of something accepted before.
    pub already: bool,
    /// When and why that was taken back since.
    pub withdrawn: Option<Withdrawal>,
    /// To how many agencies it is queued.
    pub queued_to: u32,
    /// What the checks left: queries and infos; of what was accepted in part also the errors of what was refused.
    pub findings: Vec<Finding>,
    /// Where it was accepted in part, what was refused.
    pub parted: Option<Parted>,
}

impl<S: Store> Flow<S> {
    /// Submits a return. It is acknowledged only when its entry is durable and under a signed checkpoint.
    ///
    /// # Errors
    /// A refusal, recorded before it is returned; or a fault, which for the sender means unknown: send again
    /// under the same key.
    pub async fn submit(self: &Arc<Self>, caller: &Caller, received: Received) -> Result<Acknowledged, Stop> {
        let about = About::of(&received);
        // one generation of policies for the whole walk
        let generation = self.generation();
        let permitted = self.permit(&generation, caller, received).await?;
        if !permitted.get().rtype.is_streamed() {
            return self.recorded(caller, about, self.walk(&generation, caller, permitted, None).await).await;
        }
        // small as it is, it may be compared with a large one of the year before
        let _turn = self.upload_turn.lock().await;
        let (flow, by, here) = (Arc::clone(self), caller.clone(), Handle::current());
        let walk = blocking(move || here.block_on(flow.walk(&generation, &by, permitted, None)));
        self.recorded(caller, about, walk.await?).await
    }

    /// The same for whoever has the turn of large returns, and a thread of its own.
    pub(crate) async fn submit_in_turn(
        &self,
        caller: &Caller,
        received: Received,
    ) -> Result<Acknowledged, Stop> {
        let about = About::of(&received);
        let generation = self.generation();
        let permitted = self.permit(&generation, caller, received).await?;
        self.recorded(caller, about, self.walk(&generation, caller, permitted, None).await).await
    }

    /// Authorises, and records it where that is refused.
    pub(crate) async fn permit(
        &self,
        generation: &Generation,
        caller: &Caller,
        received: Received,
    ) -> Result<Permitted<Typed>, Stop> {
        let about = About::of(&received);
        match self.authorise(generation, caller, received) {
            Ok(permitted) => Ok(permitted),
            Err(Barred::Unknown(refusal)) => Err(self.refuse(caller, about, refusal).await),
            Err(Barred::Denied(request, denial)) => Err(self.denied(caller, *request, denial).await),
        }
    }

    pub(crate) async fn walk(
        &self,
        generation: &Generation,
        caller: &Caller,
        permitted: Permitted<Typed>,
        spooled: Option<Spooled>,
    ) -> Result<Acknowledged, Stop> {
        let (valid, mut told) = self.validate(generation, permitted, spooled)?;
        let rules = generation.catalogue.across_of(&valid.get().rtype.id);
        // of two parts that come at once the later must see the earlier, and no resend looks into anything
        let in_turn = rules.iter().any(|rule| !rule.yearly);
        let _turn = if in_turn { Some(self.across_turn.lock().await) } else { None };
        let looked = self.look(generation, rules, valid.get().valid.identity())?;
        let compared = in_turn || looked.opens() || valid.get().rtype.is_rolling();
        if let Some(original) = self.sent_before(&valid, compared)? {
            return Ok(original.acknowledge(told.again()));
        }
        let across = self.compare(generation, caller, looked, valid.get())?;
        told.add(&across.findings);
        let route = self.route(generation, &valid)?;
        let sealed = self.seal(valid).await?;
        match self.commit(caller, sealed, route, &told.left, &across).await? {
            Outcome::Recorded(receipt) => Ok(receipt.acknowledge((told.findings, told.parted))),
            Outcome::Already(original) => Ok(original.acknowledge(told.again())),
        }
    }
}
