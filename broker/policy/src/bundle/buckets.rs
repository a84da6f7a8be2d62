//! Engines by what a request is about, so that a decision sees only the rows that could speak of it. The
//! engine judges every row it holds, one after another: what it does not hold costs nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use concordat_core::agency::Kind;
use concordat_core::decision::{Act, DecisionRequest};
use concordat_core::ids::{ReturnTypeId, RoleId};

use crate::engine::{Engine, EngineFault};
use crate::roles::Role;
use crate::row::{Row, Types, Who};
use crate::vocabulary::Known;

/// Per act, kind of asker and return type the engine with the rows that could match; none where there is no
/// such row. Buckets with the same rows share an engine.
pub(crate) struct Buckets(HashMap<(Act, Kind), HashMap<Option<ReturnTypeId>, Arc<Engine>>>);

impl Buckets {
    pub fn build(known: &Known, roles: &BTreeMap<RoleId, Role>, rows: &[Row]) -> Result<Self, EngineFault> {
        let mut engines: HashMap<Vec<usize>, Arc<Engine>> = HashMap::new();
        let mut buckets = HashMap::new();
        for act in Act::ALL {
            for kind in Kind::ALL {
                let of_asker: Vec<(usize, &Row)> = rows
                    .iter()
                    .enumerate()
                    .filter(|(_, row)| row.act.is_none_or(|own| own == act))
                    .filter(|(_, row)| speaks_of(row, kind, known, roles))
                    .collect();
                let mut by_type = HashMap::new();
                for rtype in std::iter::once(None).chain(known.types.iter().map(|(id, _)| Some(id))) {
                    let of_type: Vec<(usize, &Row)> =
                        of_asker.iter().copied().filter(|(_, row)| covers(row, rtype)).collect();
                    if of_type.is_empty() {
                        continue;
                    }
                    let key: Vec<usize> = of_type.iter().map(|(at, _)| *at).collect();
                    let engine = match engines.get(&key) {
                        Some(engine) => Arc::clone(engine),
                        None => {
                            let engine = Arc::new(Engine::build(of_type.iter().map(|(_, row)| *row))?);
                            engines.insert(key, Arc::clone(&engine));
                            engine
                        }
                    };
                    by_type.insert(rtype.cloned(), engine);
                }
                buckets.insert((act, kind), by_type);
            }
        }
        Ok(Self(buckets))
    }

    /// The engine for a request, where any row could match it.
    pub fn engine(&self, request: &DecisionRequest) -> Option<&Engine> {
        let by_type = self.0.get(&(request.act, request.asker.kind))?;
        by_type.get(&request.return_type).map(Arc::as_ref)
    }

    /// The bucket of one request holding another's engine: for a test of the disagreement.
    #[cfg(test)]
    pub fn with_engine(mut self, request: &DecisionRequest, engine: Engine) -> Self {
        let by_type = self.0.get_mut(&(request.act, request.asker.kind)).unwrap();
        by_type.insert(request.return_type.clone(), Arc::new(engine));
        self
    }
}

/// Whether the row could speak of an asker of that kind.
fn speaks_of(row: &Row, kind: Kind, known: &Known, roles: &BTreeMap<RoleId, Role>) -> bool {
    let who = match &row.who {
        Who::Anyone => true,
        Who::Kind(own) => *own == kind,
        Who::Agency(id) => known.agencies.iter().any(|agency| agency.id == *id && agency.kind == kind),
    };
    let held = |role| roles.get(role).is_some_and(|role: &Role| role.may_be_held_by(kind));
    who && row.role.as_ref().is_none_or(held)
}

/// Whether the row could cover the type. Families are left to the engine: whether a return is about persons
/// is known with the request.
fn covers(row: &Row, rtype: Option<&ReturnTypeId>) -> bool {
    match &row.rtype {
        Types::Any => true,
        Types::None => rtype.is_none(),
        Types::All | Types::Aggregate | Types::Person => rtype.is_some(),
        Types::One(id) => rtype == Some(id),
    }
}
