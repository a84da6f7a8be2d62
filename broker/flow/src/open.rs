//! The flow's state: the store, the clock, and the generation of policies in force.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use concordat_core::agency::Agency;
use concordat_core::apply::{Key, Row, Standing};
use concordat_core::clock::{Clock, OffsetClock, london_date};
use concordat_core::fault::Fault;
use concordat_core::ids::{AreaCode, Digest, PartnershipId, PrincipalId, RoleId};
use concordat_core::submission::Identity;
use concordat_seal::KeyRing;
use concordat_store::Store;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::arrivals::Arrivals;
use crate::generation::{self, Complaint, Generation};
use crate::govern::Suspensions;
use crate::identify::{Caller, Registry};
use crate::unheard::Tally;

/// What the flow is made of.
pub struct Parts<S> {
    /// The log and its projections, open.
    pub store: S,
    /// The key ring.
    pub ring: Arc<KeyRing>,
    /// Business time; its offset is set from the log here.
    pub clock: OffsetClock,
    /// The partnership.
    pub partnership: PartnershipId,
    /// The log's origin, `concordat/<partnership>/log`.
    pub origin: String,
    /// The log's public key as a signed-note verifier key.
    pub log_key_text: String,
    /// Every file under `policies/`, by relative path.
    pub files: Vec<(String, Vec<u8>)>,
}

/// The rooms of one partnership, over one store.
pub struct Flow<S: Store> {
    pub(crate) store: S,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) clock: OffsetClock,
    pub(crate) origin: String,
    pub(crate) log_key_text: String,
    pub(crate) registry: ArcSwap<Registry>,
    pub(crate) registry_turn: Mutex<()>,
    pub(crate) watch_turn: tokio::sync::Mutex<()>,
    /// Held while a return that rules across returns speak of is compared and recorded.
    pub(crate) across_turn: tokio::sync::Mutex<()>,
    /// Large returns that are on their way.
    pub(crate) arrivals: Arrivals,
    /// What is suspended now.
    pub(crate) suspensions: ArcSwap<Suspensions>,
    /// Held while policy is changed.
    pub(crate) govern_turn: tokio::sync::Mutex<()>,
    /// Held while something is suspended or reviewed: what must be at once does not wait for a proposal's examination.
    pub(crate) suspend_turn: tokio::sync::Mutex<()>,
    /// Held while a large return is checked.
    pub(crate) upload_turn: tokio::sync::Mutex<()>,
    /// Returns that are overdue and not cleared: a submission asks only these whether it clears one.
    pub(crate) overdue: RwLock<HashSet<Identity>>,
    /// The indexes of withdrawals whose contents could not be erased yet.
    pub(crate) erasing: Mutex<BTreeSet<u64>>,
    pub(crate) tally: Mutex<Tally>,
    /// Generations that are no longer in force, by the index of the entry that loaded them, as reads need them.
    past: Mutex<BTreeMap<u64, Arc<Generation>>>,
    generation: ArcSwap<Generation>,
}

impl<S: Store> std::fmt::Debug for Flow<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flow({})", self.origin)
    }
}

/// The catalogue as a client keeps it.
#[derive(Debug, Clone)]
pub struct CatalogueOf {
    /// Its digest.
    pub digest: Digest,
    /// Its files, by path relative to `policies/`; none when the caller holds them already.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Who the caller is to the broker.
#[derive(Debug, Clone)]
pub struct WhoAmI {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Its name.
    pub partnership_name: String,
    /// The caller's agency.
    pub agency: Agency,
    /// The caller.
    pub principal: PrincipalId,
    /// The roles held.
    pub roles: Vec<RoleId>,
    /// The areas of the assignment.
    pub areas: Vec<AreaCode>,
    /// Its last day.
    pub until: Option<Date>,
    /// Business time.
    pub now: Timestamp,
    /// Whether business time is a demonstration's.
    pub demo_clock: bool,
    /// The agencies of the partnership.
    pub agencies: Vec<Agency>,
}

impl<S: Store> Flow<S> {
    /// Puts the rooms together and reads what the log says of principals, clock and overdue returns.
    ///
    /// # Errors
    /// A fault naming every complaint when the policies cannot be read, or when the store cannot.
    pub fn open(parts: Parts<S>) -> Result<Arc<Self>, Fault> {
        let generation =
            Generation::build(parts.files).map_err(|complaints| Fault::internal(listed(&complaints)))?;
        if generation.partnership.id != parts.partnership {
            return Err(Fault::internal(
                "policies/partnership.toml is of another partnership than this directory",
            ));
        }
        let registry = Registry::load(&parts.store)?;
        let suspensions = Suspensions::load(&parts.store)?;
        let flow = Self {
            store: parts.store,
            ring: parts.ring,
            clock: parts.clock,
            origin: parts.origin,
            log_key_text: parts.log_key_text,
            registry: ArcSwap::from_pointee(registry),
            registry_turn: Mutex::new(()),
            watch_turn: tokio::sync::Mutex::new(()),
            across_turn: tokio::sync::Mutex::new(()),
            suspensions: ArcSwap::from_pointee(suspensions),
            govern_turn: tokio::sync::Mutex::new(()),
            suspend_turn: tokio::sync::Mutex::new(()),
            arrivals: Arrivals::default(),
            upload_turn: tokio::sync::Mutex::new(()),
            past: Mutex::new(BTreeMap::new()),
            overdue: RwLock::new(HashSet::new()),
            erasing: Mutex::new(BTreeSet::new()),
            tally: Mutex::new(Tally::default()),
            generation: ArcSwap::new(generation),
        };
        let standing = flow.standing()?;
        flow.clock.set_offset_us(standing.clock_offset_us);
        // what cannot be computed now is found and cleared by the watch
        if let Err(fault) = flow.remember_overdue() {
            tracing::warn!(reason = fault.operator(), "which returns are overdue could not be read");
        }
        flow.finish_erasures()?;
        Ok(Arc::new(flow))
    }

    /// Everything that is wrong with the files of a policies folder; none when it may be loaded.
    #[must_use]
    pub fn check_files(files: Vec<(String, Vec<u8>)>) -> Vec<Complaint> {
        Generation::build(files).err().unwrap_or_default()
    }

    /// The generation of policies in force, to be kept for a whole walk.
    #[must_use]
    pub fn generation(&self) -> Arc<Generation> {
        self.generation.load_full()
    }

    pub(crate) fn swap_generation(&self, generation: Arc<Generation>) {
        self.generation.store(generation);
    }

    /// The generation of policies under which an entry was made.
    ///
    /// # Errors
    /// A fault when the bundle of that time cannot be read.
    pub(crate) fn generation_at(&self, index: u64) -> Result<Arc<Generation>, Fault> {
        self.generation_by(&self.standing()?, index)
    }

    /// As [`Flow::generation_at`], by a standing that was read before.
    pub(crate) fn generation_by(&self, standing: &Standing, index: u64) -> Result<Arc<Generation>, Fault> {
        let loaded = standing.policies.iter().rev().find(|loaded| **loaded < index).copied();
        if loaded == standing.policy_index {
            return Ok(self.generation());
        }
        let loaded =
            loaded.ok_or_else(|| Fault::internal(format!("no policies were in force at entry {index}")))?;
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(generation) = past.get(&loaded) {
            return Ok(Arc::clone(generation));
        }
        let files = generation::files_of_bundle(&self.store.bundle(loaded)?)?;
        let generation =
            Generation::build(files).map_err(|complaints| Fault::internal(listed(&complaints)))?;
        if past.len() >= PAST {
            past.clear();
        }
        past.insert(loaded, Arc::clone(&generation));
        Ok(generation)
    }

    pub(crate) fn reload_registry(&self) -> Result<(), Fault> {
        // one at a time: an older reading must not replace a newer one
        let _turn = self.registry_turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.registry.store(Arc::new(Registry::load(&self.store)?));
        Ok(())
    }

    /// What the log says of the partnership's standing.
    ///
    /// # Errors
    /// A fault when the store cannot be read or the log was never opened.
    pub fn standing(&self) -> Result<Standing, Fault> {
        match self.store.row(&Key::Standing)? {
            Some(Row::Standing(standing)) => Ok(standing),
            _ => Err(Fault::internal("the log does not say whose it is: its first entry is missing")),
        }
    }

    /// The store, for what its owner alone may do: stopping it.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Business time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The machine's own time, by which certificates are judged.
    pub(crate) fn machine_now(&self) -> Timestamp {
        self.clock.machine_now()
    }

    /// Today in London, in business time.
    #[must_use]
    pub fn today(&self) -> Date {
        london_date(self.clock.now())
    }

    /// Whether business time is a demonstration's: every page and table says so.
    #[must_use]
    pub fn is_demo_clock(&self) -> bool {
        self.clock.offset_us() != 0
    }

    /// The catalogue's files, unless the caller holds them.
    #[must_use]
    pub fn catalogue_files(&self, _caller: &Caller, held: Option<Digest>) -> CatalogueOf {
        let generation = self.generation();
        let digest = generation.catalogue.digest();
        let files = if held == Some(digest) {
            Vec::new()
        } else {
            generation.files.iter().filter(|(path, _)| generation::is_catalogue(path)).cloned().collect()
        };
        CatalogueOf { digest, files }
    }

    /// Who the caller is to this broker.
    #[must_use]
    pub fn who_am_i(&self, caller: &Caller) -> WhoAmI {
        let generation = self.generation();
        WhoAmI {
            partnership: generation.partnership.id.clone(),
            partnership_name: generation.partnership.name.clone(),
            agency: caller.agency().clone(),
            principal: caller.principal().clone(),
            roles: caller.roles().to_vec(),
            areas: caller.areas().to_vec(),
            until: caller.until(),
            now: self.clock.now(),
            demo_clock: self.is_demo_clock(),
            agencies: generation.partnership.agencies.iter().map(|agency| agency.as_ref().clone()).collect(),
        }
    }
}

/// Generations of the past kept in memory.
const PAST: usize = 16;

pub(crate) fn listed(complaints: &[Complaint]) -> String {
    complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
