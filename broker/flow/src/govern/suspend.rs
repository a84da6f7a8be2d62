//! One person may suspend an agency, a principal or a return type at once; another reviews it, and alone can lift it.

use std::sync::Arc;

use concordat_core::decision::Act;
use concordat_core::entry::{Body, Judged};
use concordat_core::fault::Fault;
use concordat_core::governance::{Alone, AloneRecord, Reviewed, Subject, Suspended};
use concordat_store::Store;

use crate::identify::Caller;
use crate::open::Flow;
use crate::stop::{Stop, malformed, wrong_state};

use super::Suspensions;

impl<S: Store> Flow<S> {
    /// Suspends something from the next decision on. What is queued for a suspended agency stays queued.
    ///
    /// # Errors
    /// A recorded refusal; [`Refusal::Malformed`] for what does not exist; a fault, and it is not known whether it
    /// was recorded.
    ///
    /// [`Refusal::Malformed`]: concordat_core::refusal::Refusal::Malformed
    pub async fn suspend(&self, caller: &Caller, subject: Subject, reason: String) -> Result<u64, Stop> {
        let judged = self.may_govern(caller, Act::Suspend).await?;
        Self::check_reason(&reason)?;
        self.check_subject(&subject)?;
        let _turn = self.suspend_turn.lock().await;
        let body = Suspended { subject, reason, by: caller.principal().clone(), judged };
        let index = self.append_one(Body::Suspended(Box::new(body))).await?;
        self.reload_suspensions()?;
        Ok(index)
    }

    fn check_subject(&self, subject: &Subject) -> Result<(), Stop> {
        let generation = self.generation();
        let is_known = match subject {
            Subject::Agency(id) => generation.partnership.agency(id).is_some(),
            Subject::Principal(id) => self.store.principals()?.iter().any(|record| record.id == *id),
            Subject::ReturnType(id) => generation.catalogue.types().iter().any(|rtype| rtype.id == *id),
        };
        if is_known { Ok(()) } else { Err(malformed("subject", format!("there is no {subject} here"))) }
    }

    /// Reviews what another did alone. A suspension that does not stand is lifted with that.
    ///
    /// # Errors
    /// A recorded refusal; [`Refusal::WrongState`] for an act of one's own; [`Refusal::Malformed`] where the entry is
    /// none that is reviewed; a fault.
    ///
    /// [`Refusal::WrongState`]: concordat_core::refusal::Refusal::WrongState
    /// [`Refusal::Malformed`]: concordat_core::refusal::Refusal::Malformed
    pub async fn review(&self, caller: &Caller, of: u64, stands: bool, reason: String) -> Result<u64, Stop> {
        let record = self.act_alone(of);
        let act = match &record {
            Ok(AloneRecord { act: Alone::Suspension(_), .. }) => Act::Suspend,
            _ => Act::PolicyApprove,
        };
        let judged = self.may_govern(caller, act).await?;
        let by = caller.principal().to_string();
        if record?.by == by {
            return Err(wrong_state("nobody reviews an own act: another person must"));
        }
        self.record_review(of, stands, reason, by, Some(judged)).await
    }

    /// Reviews what a principal did alone, as the operator of the host: for when nobody else can any more.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] where the entry is none that is reviewed; a fault.
    ///
    /// [`Refusal::Malformed`]: concordat_core::refusal::Refusal::Malformed
    pub async fn review_on_host(&self, of: u64, stands: bool, reason: String, by: &str) -> Result<u64, Stop> {
        if self.act_alone(of)?.act == Alone::EmergencyLoad {
            return Err(wrong_state(
                "what was loaded on the host is reviewed by a principal who may approve changes",
            ));
        }
        self.record_review(of, stands, reason, by.to_owned(), None).await
    }

    fn act_alone(&self, of: u64) -> Result<AloneRecord, Stop> {
        let found = self.governance()?.alone.into_iter().find(|record| record.index == of);
        found.ok_or_else(|| {
            let text = format!("entry {of} waits for no review; `concordat policy status` lists what does");
            malformed("of", text)
        })
    }

    async fn record_review(
        &self,
        of: u64,
        stands: bool,
        reason: String,
        by: String,
        judged: Option<Judged>,
    ) -> Result<u64, Stop> {
        Self::check_reason(&reason)?;
        let _turn = self.suspend_turn.lock().await;
        // whoever let a suspension end and would have it again suspends anew, in their own name
        let record = self.act_alone(of)?;
        if matches!(record.act, Alone::Suspension(_)) && record.review.is_some_and(|review| !review.stands) {
            let text = "this suspension was lifted, and that is the end of it; suspend anew";
            return Err(wrong_state(text));
        }
        let body = Reviewed { of, stands, reason, by, judged };
        let index = self.append_one(Body::Reviewed(Box::new(body))).await?;
        self.reload_suspensions()?;
        Ok(index)
    }

    fn reload_suspensions(&self) -> Result<(), Fault> {
        self.suspensions.store(Arc::new(Suspensions::load(&self.store)?));
        Ok(())
    }
}
