//! Answers already given. The key is the whole request by value, never a digest of it, so no two
//! requests can share an answer, and the day is part of it; the cache belongs to one generation.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use concordat_core::decision::{DecisionRequest, Denial, Grant};

const SHARDS: usize = 16;
/// With requests of a few hundred bytes, tens of megabytes at most.
const MOST_PER_SHARD: usize = 4096;

/// An answer as it is kept.
#[derive(Clone)]
pub(crate) enum Answer {
    Yes(Arc<DecisionRequest>, Arc<Grant>),
    No(Denial),
}

type Shard = HashMap<Arc<DecisionRequest>, Answer>;

pub(crate) struct Cache([RwLock<Shard>; SHARDS]);

impl Cache {
    pub fn new() -> Self {
        Self(std::array::from_fn(|_| RwLock::default()))
    }

    pub fn find(&self, request: &DecisionRequest) -> Option<Answer> {
        let shard = self.shard(request)?.read().unwrap_or_else(PoisonError::into_inner);
        shard.get(request).cloned()
    }

    /// Keeps an answer. Where there are too many, answers of another day make room, and if that is none, all do.
    pub fn keep(&self, request: &Arc<DecisionRequest>, answer: Answer) {
        let Some(shard) = self.shard(request) else { return };
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= MOST_PER_SHARD {
            shard.retain(|kept, _| kept.day == request.day);
        }
        if shard.len() >= MOST_PER_SHARD {
            shard.clear();
        }
        shard.insert(Arc::clone(request), answer);
    }

    /// Spreads requests over the shards; a poor spread costs a wait, never an answer.
    fn shard(&self, request: &DecisionRequest) -> Option<&RwLock<Shard>> {
        let bytes = request.asker.agency.as_str().bytes();
        let sum =
            bytes.fold(request.act as usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        self.0.get(sum % SHARDS)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.read().unwrap().len()).sum()
    }
}
