//! Who is calling: certificate facts against the registry.

use std::collections::HashMap;
use std::sync::Arc;

use concordat_core::agency::Agency;
use concordat_core::apply::PrincipalRecord;
use concordat_core::clock::Clock;
use concordat_core::decision::Asker;
use concordat_core::fault::Fault;
use concordat_core::ids::{AreaCode, Digest, PrincipalId, RoleId};
use concordat_core::refusal::Refusal;
use concordat_store::Store;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::open::Flow;
use concordat_core::partnership::Partnership;

/// What a presented certificate says, read once when its connection began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// SHA-256 of the SubjectPublicKeyInfo in DER.
    pub key: Digest,
    /// Its URI subject alternative names.
    pub urns: Vec<String>,
    /// Its beginning, in machine time.
    pub not_before: Timestamp,
    /// Its end, in machine time.
    pub not_after: Timestamp,
}

/// A principal whose certificate, key and registration agree. Only [`Flow::identify`] makes one.
#[derive(Debug, Clone)]
pub struct Caller {
    record: Arc<PrincipalRecord>,
    agency: Arc<Agency>,
    key: Digest,
}

impl Caller {
    /// Who.
    #[must_use]
    pub fn principal(&self) -> &PrincipalId {
        &self.record.id
    }

    /// Of which agency.
    #[must_use]
    pub fn agency(&self) -> &Agency {
        &self.agency
    }

    /// The roles assigned.
    #[must_use]
    pub fn roles(&self) -> &[RoleId] {
        &self.record.roles
    }

    /// The areas of the assignment: those of the agency where none were named.
    #[must_use]
    pub fn areas(&self) -> &[AreaCode] {
        if self.record.areas.is_empty() { &self.agency.areas } else { &self.record.areas }
    }

    /// The last day of the assignment.
    #[must_use]
    pub fn until(&self) -> Option<Date> {
        self.record.until
    }

    /// The index of the entry that assigned the roles.
    #[must_use]
    pub fn assignment(&self) -> u64 {
        self.record.assignment
    }

    /// The caller as policy sees it on a day: an assignment that has ended gives no roles.
    #[must_use]
    pub fn asker(&self, day: Date) -> Asker {
        let ended = self.record.until.is_some_and(|until| until < day);
        Asker {
            principal: Some(self.record.id.clone()),
            agency: self.agency.id.clone(),
            kind: self.agency.kind,
            roles: if ended { Vec::new() } else { self.record.roles.clone() },
            areas: self.areas().to_vec(),
        }
    }
}

/// Registered principals by key, in memory; remade whenever an entry changes one.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    by_key: HashMap<Digest, Arc<PrincipalRecord>>,
}

impl Registry {
    /// The registry without a principal: what remains when a revocation is recorded and cannot be read back.
    pub(crate) fn without(&self, principal: &PrincipalId) -> Self {
        let kept = self.by_key.iter().filter(|(_, record)| record.id != *principal);
        Self { by_key: kept.map(|(key, record)| (*key, Arc::clone(record))).collect() }
    }

    /// Whether a key is registered, revoked ones included.
    pub(crate) fn knows(&self, key: &Digest) -> bool {
        self.by_key.contains_key(key)
    }

    /// Everybody who could call now, once for each key that counts.
    pub(crate) fn callers(&self, partnership: &Partnership, now: Timestamp) -> Vec<Caller> {
        let counting = self.by_key.iter().filter(|(key, record)| counts(key, record, now));
        counting
            .filter_map(|(key, record)| {
                let agency = Arc::clone(partnership.agency(&record.id.agency)?);
                Some(Caller { record: Arc::clone(record), agency, key: *key })
            })
            .collect()
    }

    pub(crate) fn load(store: &impl Store) -> Result<Self, Fault> {
        let mut by_key = HashMap::new();
        for record in store.principals()? {
            let record = Arc::new(record);
            by_key.extend(record.keys.iter().map(|key| (key.key, Arc::clone(&record))));
        }
        Ok(Self { by_key })
    }
}

const UNKNOWN: &str = "this certificate's key is not registered here";
const NAME: &str = "this certificate's name is not the one registered for its key";
const REVOKED: &str = "this certificate's key was revoked";
pub(crate) const NO_MORE: &str = "this certificate counts no more: its key was revoked, or it has ended";
const EXPIRED: &str = "this certificate is not valid now";

impl<S: Store> Flow<S> {
    /// Identifies the caller: the key is registered and active, the certificate's one name equals the
    /// registration, and it is valid on the machine's clock.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`], saying which of these fails.
    pub fn identify(&self, facts: &CertificateFacts) -> Result<Caller, Refusal> {
        let registry = self.registry.load();
        let record = registry.by_key.get(&facts.key).ok_or(Refusal::Unauthenticated(UNKNOWN))?;
        let generation = self.generation();
        if !is_named(facts, record, &generation.partnership) {
            return Err(Refusal::Unauthenticated(NAME));
        }
        let agency =
            generation.partnership.agency(&record.id.agency).ok_or(Refusal::Unauthenticated(UNKNOWN))?;
        let held = record.keys.iter().find(|held| held.key == facts.key);
        let held = held.ok_or(Refusal::Unauthenticated(UNKNOWN))?;
        if held.revoked_at.is_some() {
            return Err(Refusal::Unauthenticated(REVOKED));
        }
        let now = self.clock.machine_now();
        if now < facts.not_before || now >= facts.not_after || now >= held.not_after {
            return Err(Refusal::Unauthenticated(EXPIRED));
        }
        Ok(Caller { record: Arc::clone(record), agency: Arc::clone(agency), key: facts.key })
    }

    /// The same caller as the registry knows it now; `None` when its key counts no more.
    pub(crate) fn identify_again(&self, caller: &Caller) -> Option<Caller> {
        let registry = self.registry.load();
        let record = registry.by_key.get(&caller.key).filter(|record| record.id == caller.record.id)?;
        if !counts(&caller.key, record, self.clock.machine_now()) {
            return None;
        }
        let agency = Arc::clone(self.generation().partnership.agency(&record.id.agency)?);
        Some(Caller { record: Arc::clone(record), agency, key: caller.key })
    }
}

/// Whether a key of a principal still counts.
fn counts(key: &Digest, record: &PrincipalRecord, now: Timestamp) -> bool {
    let held = record.keys.iter().find(|held| held.key == *key);
    held.is_some_and(|held| held.revoked_at.is_none() && now < held.not_after)
}

// compared piece by piece: the name would otherwise be built anew on every call
fn is_named(facts: &CertificateFacts, record: &PrincipalRecord, partnership: &Partnership) -> bool {
    let [urn] = facts.urns.as_slice() else { return false };
    let mut pieces = urn.splitn(5, ':');
    let expected =
        ["urn", "concordat", partnership.id.as_str(), record.id.agency.as_str(), record.id.name.as_str()];
    expected.iter().all(|piece| pieces.next() == Some(*piece)) && pieces.next().is_none()
}
