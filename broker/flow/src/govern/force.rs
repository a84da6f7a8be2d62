//! What brings policies into force: built, their cases run, recorded whole, and only then swapped in.

use std::sync::Arc;

use concordat_core::decision::Act;
use concordat_core::entry::{Body, PolicyLoaded};
use concordat_core::fault::Fault;
use concordat_core::governance::{Alone, PolicyChange, Way};
use concordat_core::ids::{EntryId, PrincipalId};
use concordat_policy::run_cases;
use concordat_seal::{RetentionClass, Sealed, SectionClass};
use concordat_store::{Payload, Proposal, Store};

use crate::generation::{Generation, bundle_of_files, files_of_bundle};
use crate::open::{Flow, listed};
use crate::random;
use crate::stop::{Stop, malformed, wrong_state};

use super::examine::{Examined, examine};

const LOCKED_OUT: &str = "under these policies nobody who is enrolled could propose a change that another could approve: \
                          only the operator of the host could change them again, in an emergency";

type Files = Vec<(String, Vec<u8>)>;

impl<S: Store> Flow<S> {
    /// Loads the files of a policies folder on the host: until two people look after policy, and in an emergency
    /// afterwards.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] listing every complaint, with the old generation still in force;
    /// [`Refusal::WrongState`] once two people look after policy and it is no emergency; a fault of ours.
    ///
    /// [`Refusal::Malformed`]: concordat_core::refusal::Refusal::Malformed
    /// [`Refusal::WrongState`]: concordat_core::refusal::Refusal::WrongState
    pub async fn load_policies(
        &self,
        files: Files,
        emergency: Option<String>,
        by: &str,
    ) -> Result<u64, Stop> {
        let _turn = self.govern_turn.lock().await;
        let generation = self.build(files)?;
        let change = match (!self.host_may_load()?, emergency) {
            (false, _) => PolicyChange {
                reason: "loaded on the host before two people looked after policy".to_owned(),
                way: Way::Founding,
                judged: None,
            },
            (true, Some(reason)) => PolicyChange { reason, way: Way::Emergency, judged: None },
            (true, None) => {
                return Err(wrong_state(
                    "two people look after policy here, or did: have the change proposed and approved \
                     (`concordat policy propose`), or give a reason with --emergency, which stays open until it is \
                     reviewed",
                ));
            }
        };
        self.bring_into_force(generation, by, change).await
    }

    /// Whether one principal may propose a change of policy and another may approve it, so that four eyes are there.
    ///
    /// # Errors
    /// A fault when the purpose cannot be named.
    pub fn is_governed(&self) -> Result<bool, Fault> {
        self.is_governed_under(&self.generation())
    }

    /// Whether those who are enrolled could still change policy, two of them, under these policies.
    fn is_governed_under(&self, generation: &Generation) -> Result<bool, Fault> {
        let able = |act| self.able_to(generation, act);
        let (propose, approve) = (able(Act::PolicyPropose)?, able(Act::PolicyApprove)?);
        Ok(propose.iter().any(|one| approve.iter().any(|other| one != other)))
    }

    /// Whether the operator of the host may still load policies alone: nobody else looks after them, or ever did. That
    /// keys and roles of those who did have ended opens nothing; the folder on the host's disk is older than they are.
    ///
    /// # Errors
    /// A fault when the log cannot be read.
    pub fn host_may_load(&self) -> Result<bool, Fault> {
        if self.is_governed()? {
            return Ok(false);
        }
        let governance = self.governance()?;
        let is_load = |act: &Alone| matches!(act, Alone::Rollback | Alone::EmergencyLoad);
        if !governance.proposals.is_empty() || governance.alone.iter().any(|record| is_load(&record.act)) {
            return Ok(false);
        }
        let loaded =
            self.standing()?.policy_index.map(|index| self.store.entry(index)).transpose()?.flatten();
        Ok(match loaded.map(|entry| entry.body) {
            Some(Body::PolicyLoaded(loaded)) => {
                loaded.change.is_none_or(|change| change.way == Way::Founding)
            }
            _ => true,
        })
    }

    /// Who, with a key that counts, may do something about policy. Suspensions do not matter here: whoever suspends
    /// the others must not thereby become the only one.
    fn able_to(&self, generation: &Generation, act: Act) -> Result<Vec<PrincipalId>, Fault> {
        let now = self.machine_now();
        let mut able = Vec::new();
        for caller in self.registry.load().callers(&generation.partnership, now) {
            let mut request = self.ask_to_govern(generation, &caller, act)?;
            request.facts.clear();
            if generation.policy.decide(&request, ()).is_ok() {
                able.push(caller.principal().clone());
            }
        }
        able.sort();
        able.dedup();
        Ok(able)
    }

    /// Builds a generation and runs its golden decisions.
    pub(super) fn build(&self, files: Files) -> Result<Arc<Generation>, Stop> {
        let generation =
            Generation::build(files).map_err(|complaints| malformed("policies", listed(&complaints)))?;
        if generation.partnership.id != self.generation().partnership.id {
            return Err(malformed("policies", "partnership.toml is of another partnership".to_owned()));
        }
        let differ = run_cases(&generation.policy, generation.files.iter().cloned());
        if !differ.is_empty() {
            let lines: Vec<String> = differ.iter().map(ToString::to_string).collect();
            return Err(malformed("policies", lines.join("\n")));
        }
        Ok(generation)
    }

    /// The files that an entry proposed or brought into force, built anew.
    pub(super) fn build_recorded(&self, index: u64) -> Result<Arc<Generation>, Stop> {
        self.build(files_of_bundle(&self.store.bundle(index)?)?)
    }

    /// What a generation would change against the one in force.
    pub(super) fn examined(&self, generation: &Generation) -> Result<Examined, Fault> {
        let mut examined = examine(&self.generation(), generation, self.today());
        if self.is_governed()? && !self.is_governed_under(generation)? {
            examined.warnings.push(LOCKED_OUT.to_owned());
        }
        Ok(examined)
    }

    /// Records a generation whole and puts it into force.
    pub(super) async fn bring_into_force(
        &self,
        generation: Arc<Generation>,
        by: &str,
        change: PolicyChange,
    ) -> Result<u64, Stop> {
        let id = random::entry_id()?;
        let body = Body::PolicyLoaded(PolicyLoaded {
            policy: generation.policy.digest(),
            catalogue: generation.catalogue.digest(),
            files: generation.digests(),
            by: by.to_owned(),
            change: Some(Box::new(change)),
        });
        let payload = Some(Payload::Sealed(self.seal_bundle(id, &generation)?));
        let proposal = Proposal { payload, ..Proposal::of(id, body) };
        let committed = self.append_proposal(proposal).await?;
        // recorded and in force from here on: what follows can only be late
        self.swap_generation(generation);
        if let Err(fault) = self.reload_registry().and_then(|()| self.remember_overdue()) {
            tracing::error!(
                reason = fault.operator(),
                "the new policies are in force; what they changed was not read back"
            );
        }
        Ok(committed.index)
    }

    pub(super) fn seal_bundle(&self, id: EntryId, generation: &Generation) -> Result<Sealed, Fault> {
        let bytes = bundle_of_files(&generation.files)?;
        let place = self.store.place(id, SectionClass::Bundle);
        let key = self.ring.data_key(RetentionClass::Audit, self.today()).map_err(Fault::unavailable)?;
        self.ring.seal(key, &place, &bytes).map_err(Fault::unavailable)
    }
}
