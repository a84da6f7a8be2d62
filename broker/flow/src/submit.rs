//! The walk of a submission, in its order.

use concordat_core::explanation::Explanation;
use concordat_core::finding::Finding;
use concordat_core::ids::{Digest, EntryId, PurposeId, SendKey};
use concordat_core::refusal::Refusal;
use concordat_core::submission::{Identity, Replaces};
use concordat_core::table::Table;
use concordat_core::withdrawal::Withdrawal;
use concordat_policy::Permitted;
use concordat_store::Store;

use crate::authorise::{Barred, Typed};
use crate::commit::Outcome;
use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::refuse::{About, Asked};
use crate::stop::Stop;

/// A return as it came off the wire: nothing in it has been checked but its form.
#[derive(Debug, Clone)]
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
    /// What the checks left: queries and infos.
    pub findings: Vec<Finding>,
}

impl<S: Store> Flow<S> {
    /// Submits a return. It is acknowledged only when its entry is durable and under a signed checkpoint.
    ///
    /// # Errors
    /// A refusal, recorded before it is returned; or a fault, which for the sender means unknown: send again
    /// under the same key.
    pub async fn submit(&self, caller: &Caller, received: Received) -> Result<Acknowledged, Stop> {
        let about = About::of(&received);
        // one generation of policies for the whole walk
        let generation = self.generation();
        let permitted = match self.authorise(&generation, caller, received) {
            Ok(permitted) => permitted,
            Err(Barred::Unknown(refusal)) => return Err(self.refuse(caller, about, refusal).await),
            Err(Barred::Denied(request, denial)) => {
                let refusal = Refusal::Denied { reason: denial.reason };
                let asked = Asked { asked_for: None, request: Some(*request), denial: Some(denial) };
                return Err(self.deny(caller, asked, refusal).await);
            }
        };
        match self.walk(&generation, caller, permitted).await {
            Err(Stop::Refused(refusal)) => Err(self.refuse(caller, about, refusal).await),
            other => other,
        }
    }

    async fn walk(
        &self,
        generation: &Generation,
        caller: &Caller,
        permitted: Permitted<Typed>,
    ) -> Result<Acknowledged, Stop> {
        let (valid, mut findings) = self.validate(generation, permitted)?;
        let rules = generation.catalogue.across_of(&valid.get().rtype.id);
        // of two parts that come at once the later must see the earlier, and no resend looks into anything
        let in_turn = rules.iter().any(|rule| !rule.yearly);
        let _turn = if in_turn { Some(self.across_turn.lock().await) } else { None };
        let looked = self.look(generation, rules, valid.get().valid.identity())?;
        let compared = in_turn || looked.opens() || valid.get().rtype.is_rolling();
        if let Some(original) = self.sent_before(&valid, compared)? {
            return Ok(original.acknowledge(Vec::new()));
        }
        let across = self.compare(generation, caller, looked, valid.get())?;
        findings.extend(across.findings.iter().cloned());
        let route = self.route(generation, &valid)?;
        let sealed = self.seal(valid).await?;
        match self.commit(caller, sealed, route, &findings, &across).await? {
            Outcome::Recorded(receipt) => Ok(receipt.acknowledge(findings)),
            Outcome::Already(original) => Ok(original.acknowledge(Vec::new())),
        }
    }
}
