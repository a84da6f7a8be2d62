//! casbin, and nothing else of this crate knows it. It is given the rows anew with each question, under the one
//! model; whatever goes wrong in it is an error, and an error is a denial.
//!
//! The engine is asked only when there is a row to be judged: with no row at all its matcher would run once
//! with every cell of the row empty.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use casbin::function_map::OperatorFunction;
use casbin::rhai::Dynamic;
use casbin::{CoreApi as _, DefaultModel, Enforcer};

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

thread_local! {
    /// casbin under the one model, for whatever rows are judged next in this thread. What it needs to run the
    /// matcher is a hundred times larger than the rows of a question, and would be cold in each of thousands of
    /// enforcers that hold a few rows each.
    static ENFORCER: Cell<Option<Enforcer>> = const { Cell::new(None) };
}

/// Whether some of the rows, of which there is at least one, allows and none denies.
pub(crate) fn judge(rows: &[&Row], words: Words) -> Result<bool, EngineFault> {
    if rows.is_empty() {
        return Err(EngineFault::Empty);
    }
    with_enforcer(|enforcer| {
        put_before(enforcer, rows)?;
        enforcer.enforce(words.into_arguments()).map_err(|error| EngineFault::Failed(error.to_string()))
    })
}

/// Puts all rows before casbin once, so that it refuses none of them when something is decided.
pub(crate) fn accepts(rows: &[Row]) -> Result<(), EngineFault> {
    let rows: Vec<&Row> = rows.iter().collect();
    with_enforcer(|enforcer| {
        put_before(enforcer, &rows)?;
        put_before(enforcer, &[])
    })
}

/// Makes these the rows of the enforcer, instead of those it held.
fn put_before(enforcer: &mut Enforcer, rows: &[&Row]) -> Result<(), EngineFault> {
    let model = enforcer.get_mut_model();
    model.clear_policy();
    for row in rows {
        // the engine drops a row it already holds without a word
        if row.cells.len() != COLUMNS.len() || !model.add_policy("p", "p", row.cells.clone()) {
            return Err(EngineFault::Refused(format!("row `{}`", row.id)));
        }
    }
    let held = model.get_model().get("p").and_then(|kinds| kinds.get("p")).map_or(0, |p| p.policy.len());
    if held != rows.len() {
        return Err(EngineFault::Lost { given: rows.len(), held });
    }
    Ok(())
}

/// Does something with the enforcer of this thread. One that has failed is not used again.
fn with_enforcer<T>(run: impl FnOnce(&mut Enforcer) -> Result<T, EngineFault>) -> Result<T, EngineFault> {
    let mut enforcer = ENFORCER.take().map_or_else(enforcer, Ok)?;
    match catch_unwind(AssertUnwindSafe(|| run(&mut enforcer))) {
        Ok(Ok(answer)) => {
            ENFORCER.set(Some(enforcer));
            Ok(answer)
        }
        Ok(Err(fault)) => Err(fault),
        Err(_) => Err(EngineFault::Panicked),
    }
}

/// casbin under the one model, without rows.
fn enforcer() -> Result<Enforcer, EngineFault> {
    let refused = |error: casbin::Error| EngineFault::Refused(error.to_string());
    let model = at_once(DefaultModel::from_str(MODEL))?.map_err(refused)?;
    let mut enforcer = at_once(Enforcer::new_raw(model, ()))?.map_err(refused)?;
    enforcer.add_function("has", OperatorFunction::Arg2(has));
    Ok(enforcer)
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
