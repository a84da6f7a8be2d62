//! What is in force, since when and by whom, and what is open.

use concordat_core::decision::Act;
use concordat_core::entry::{Body, PolicyLoaded};
use concordat_core::fault::Fault;
use concordat_core::governance::Governance;
use concordat_core::ids::Digest;
use concordat_store::Store;
use jiff::Timestamp;

use crate::generation::files_of_bundle;
use crate::identify::Caller;
use crate::inspect;
use crate::open::Flow;
use crate::stop::{Stop, malformed};

/// The policies in force.
#[derive(Debug, Clone)]
pub struct InForce {
    /// The index of the entry that loaded them.
    pub index: u64,
    /// When.
    pub since: Timestamp,
    /// What it says.
    pub loaded: PolicyLoaded,
}

/// How policy stands.
#[derive(Debug, Clone)]
pub struct PolicyStanding {
    /// What is in force.
    pub in_force: InForce,
    /// Proposals, suspensions and reviews: for those who look after policy, and auditors.
    pub governance: Option<Governance>,
    /// Whether two people look after policy, so that one alone cannot change it.
    pub governed: bool,
    /// Whether business time is a demonstration's.
    pub demo_clock: bool,
}

impl<S: Store> Flow<S> {
    /// How policy stands. Everybody may know what is in force; what is open, those who look after it.
    ///
    /// # Errors
    /// A fault when the log cannot be read.
    pub fn policy_standing(&self, caller: &Caller) -> Result<PolicyStanding, Stop> {
        let index = self.loaded_by()?;
        let entry = self.store.entry(index)?;
        let entry = entry.ok_or_else(|| Fault::tampered(format!("there is no entry {index}")))?;
        let Body::PolicyLoaded(loaded) = entry.body else {
            return Err(Fault::tampered(format!("entry {index} loaded no policies")).into());
        };
        let governance = if self.looks_after_policy(caller)? { Some(self.governance()?) } else { None };
        Ok(PolicyStanding {
            in_force: InForce { index, since: entry.recorded_at, loaded },
            governance,
            governed: self.is_governed()?,
            demo_clock: self.is_demo_clock(),
        })
    }

    /// Whether the caller proposes, approves or suspends, or reads the log.
    fn looks_after_policy(&self, caller: &Caller) -> Result<bool, Fault> {
        Ok(self.may_any(caller, &[Act::PolicyPropose, Act::PolicyApprove, Act::Suspend])?
            || self.is_auditor(caller)?)
    }

    pub(super) fn is_auditor(&self, caller: &Caller) -> Result<bool, Fault> {
        let generation = self.generation();
        let purpose = inspect::PURPOSE.parse().map_err(Fault::internal)?;
        let request = self.ask_at_large(&generation, caller, Act::AuditRead, Some(purpose), self.today());
        Ok(generation.policy.decide(&request, ()).is_ok())
    }

    /// The files that an entry proposed or brought into force, or those in force; with the digest that policy has.
    ///
    /// # Errors
    /// A recorded refusal for who does not look after policy; [`Refusal::Malformed`] where the entry holds none.
    ///
    /// [`Refusal::Malformed`]: concordat_core::refusal::Refusal::Malformed
    pub async fn policy_files(
        &self,
        caller: &Caller,
        index: Option<u64>,
    ) -> Result<(u64, Digest, Vec<(String, Vec<u8>)>), Stop> {
        if !self.looks_after_policy(caller)? {
            let generation = self.generation();
            let request = self.ask_to_govern(&generation, caller, Act::PolicyPropose)?;
            let _permitted = self.decide(&generation, caller, request).await?;
        }
        let index = match index {
            Some(index) => index,
            None => self.loaded_by()?,
        };
        let policy = match self.store.entry(index)?.map(|entry| entry.body) {
            Some(Body::PolicyLoaded(loaded)) => loaded.policy,
            Some(Body::PolicyProposed(proposed)) => proposed.policy,
            _ => {
                let text =
                    format!("entry {index} holds no policies; `concordat policy status` lists those that do");
                return Err(malformed("index", text));
            }
        };
        Ok((index, policy, files_of_bundle(&self.store.bundle(index)?)?))
    }
}
