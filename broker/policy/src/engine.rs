//! casbin, and nothing else of this crate knows it. An engine holds a fixed set of rows under the one model
//! and never changes; whatever goes wrong in it is an error, and an error is a denial.
//!
//! The engine is asked only when there is a row to be judged: with no row at all its matcher would run once
//! with every cell of the row empty.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use casbin::function_map::OperatorFunction;
use casbin::rhai::Dynamic;
use casbin::{CoreApi, DefaultModel, Enforcer, Model};

use crate::row::{COLUMNS, Row};
use crate::words::Words;

/// The one model, fixed when the crate is built.
pub(crate) const MODEL: &str = include_str!("model.conf");

/// The engine could not be built, or failed on a question.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineFault {
    #[error("the policy engine refused the model or the rows: {0}")]
    Refused(String),
    #[error("the policy engine holds {held} rows after being given {given}")]
    Lost { given: usize, held: usize },
    #[error("the policy engine was given no row")]
    Empty,
    #[error("the policy engine would wait where it has nothing to wait for")]
    Waits,
    #[error("the policy engine failed: {0}")]
    Failed(String),
    #[error("the policy engine panicked")]
    Panicked,
}

/// A set of rows ready to be asked.
pub(crate) struct Engine {
    enforcer: Enforcer,
}

impl Engine {
    /// Builds an engine from at least one row.
    pub fn build<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Result<Self, EngineFault> {
        let refused = |error: casbin::Error| EngineFault::Refused(error.to_string());
        let mut model = at_once(DefaultModel::from_str(MODEL))?.map_err(refused)?;
        let mut given = 0_usize;
        for row in rows {
            given = given.saturating_add(1);
            // the engine drops a row it already holds without a word
            if row.cells.len() != COLUMNS.len() || !model.add_policy("p", "p", row.cells.clone()) {
                return Err(EngineFault::Refused(format!("row `{}`", row.id)));
            }
        }
        if given == 0 {
            return Err(EngineFault::Empty);
        }
        let mut enforcer = at_once(Enforcer::new_raw(model, ()))?.map_err(refused)?;
        enforcer.add_function("has", OperatorFunction::Arg2(has));
        let held = enforcer.get_model().get_policy("p", "p").len();
        if held != given {
            return Err(EngineFault::Lost { given, held });
        }
        Ok(Self { enforcer })
    }

    /// Whether some row allows and none denies.
    pub fn judge(&self, words: Words) -> Result<bool, EngineFault> {
        match catch_unwind(AssertUnwindSafe(|| self.enforcer.enforce(words.into_arguments()))) {
            Ok(Ok(allowed)) => Ok(allowed),
            Ok(Err(error)) => Err(EngineFault::Failed(error.to_string())),
            Err(_) => Err(EngineFault::Panicked),
        }
    }
}

/// Whether `word` is one whole word of `set`, which is written `|a|b|`. Anything but two texts is answered
/// with neither yes nor no, on which the engine fails: a deny must not be missed by a wrong type.
fn has(set: Dynamic, word: Dynamic) -> Dynamic {
    match (set.into_immutable_string(), word.into_immutable_string()) {
        (Ok(set), Ok(word)) => {
            (!word.is_empty() && set.split('|').any(|known| known == word.as_str())).into()
        }
        _ => Dynamic::UNIT,
    }
}

/// Runs what is written as asynchronous but waits for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> Result<T, EngineFault> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err(EngineFault::Waits),
    }
}

#[cfg(test)]
mod traps;
