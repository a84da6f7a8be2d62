//! casbin as it comes: one enforcer with every row, under the broker's own model, without buckets and cache.

use casbin::function_map::OperatorFunction;
use casbin::rhai::Dynamic;
use casbin::{CoreApi as _, DefaultModel, Enforcer, Model as _};
use concordat_tests::bench::Outcome;
use concordat_tests::bench::rules::Asked;

const MODEL: &str = include_str!("../../../broker/policy/src/model.conf");

/// The enforcer.
pub struct Plain(Enforcer);

impl Plain {
    /// Gives it the rows.
    pub fn new(rows: &[Vec<String>]) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime.block_on(async {
            let mut model = DefaultModel::from_str(MODEL).await?;
            for row in rows {
                model.add_policy("p", "p", row.clone());
            }
            let mut enforcer = Enforcer::new_raw(model, ()).await?;
            enforcer.add_function("has", OperatorFunction::Arg2(has));
            Ok(Self(enforcer))
        })
    }

    /// Its answer.
    pub fn allows(&self, asked: &Asked) -> bool {
        self.0.enforce(asked.words.clone()).unwrap_or(false)
    }
}

fn has(set: Dynamic, word: Dynamic) -> Dynamic {
    match (set.into_immutable_string(), word.into_immutable_string()) {
        (Ok(set), Ok(word)) => set.split('|').any(|known| known == word.as_str()).into(),
        _ => Dynamic::UNIT,
    }
}
