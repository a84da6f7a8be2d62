//! Answers already given today. The key is the whole request by value, never a digest of it, so no two
//! requests can share an answer; the cache belongs to one generation and holds one day.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use concordat_core::decision::{DecisionRequest, Denial, Grant};
use jiff::civil::Date;

const SHARDS: usize = 16;
/// With requests of a few hundred bytes, tens of megabytes at most.
const MOST_PER_SHARD: usize = 4096;

/// An answer as it is kept.
#[derive(Clone)]
pub(crate) enum Answer {
    Yes(Arc<DecisionRequest>, Arc<Grant>),
    No(Denial),
}

#[derive(Default)]
struct Shard {
    day: Option<Date>,
    answers: HashMap<Arc<DecisionRequest>, Answer>,
}

pub(crate) struct Cache([RwLock<Shard>; SHARDS]);

impl Cache {
    pub fn new() -> Self {
        Self(std::array::from_fn(|_| RwLock::default()))
    }

    pub fn find(&self, request: &DecisionRequest) -> Option<Answer> {
        let shard = self.shard(request)?.read().unwrap_or_else(PoisonError::into_inner);
        shard.answers.get(request).cloned()
    }

    /// Keeps an answer. Answers of another day make room first, and so do all when there are too many.
    pub fn keep(&self, request: &Arc<DecisionRequest>, answer: Answer) {
        let Some(shard) = self.shard(request) else { return };
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if shard.day != Some(request.day) || shard.answers.len() >= MOST_PER_SHARD {
            shard.answers.clear();
            shard.day = Some(request.day);
        }
        shard.answers.insert(Arc::clone(request), answer);
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
        self.0.iter().map(|shard| shard.read().unwrap().answers.len()).sum()
    }
}
