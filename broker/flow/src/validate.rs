//! Is the return right? All findings at once, and a value only a passed check can make.

use std::sync::Arc;

use concordat_catalogue::{Context, Draft, ReturnType, Valid, check, explain};
use concordat_core::clock::Clock;
use concordat_core::explanation::Explanation;
use concordat_core::finding::Finding;
use concordat_core::ids::SendKey;
use concordat_core::refusal::Refusal;
use concordat_core::submission::Replaces;
use concordat_policy::Permitted;
use concordat_store::Store;

use crate::authorise::Typed;
use crate::open::Flow;
use crate::stop::Stop;
use crate::submit::Received;

/// A return that passed its checks, with what goes along with it.
#[derive(Debug)]
pub struct Checked {
    /// The return.
    pub valid: Valid,
    /// Its type.
    pub rtype: Arc<ReturnType>,
    /// The client's key.
    pub key: SendKey,
    /// What it replaces.
    pub replaces: Option<Replaces>,
    /// What its sender answers to the queries.
    pub explanations: Vec<Explanation>,
}

impl<S: Store> Flow<S> {
    pub(crate) fn validate(
        &self,
        permitted: Permitted<Typed>,
    ) -> Result<(Permitted<Checked>, Vec<Finding>), Stop> {
        let now = self.clock.now();
        let mut left = Vec::new();
        let checked = permitted.try_map(|Typed { received, rtype }| {
            let Received { identity, key, type_digest, nil, replaces, tables, explanations, .. } = received;
            if type_digest != rtype.digest {
                return Err(Refusal::CatalogueChanged);
            }
            if nil && !rtype.nil {
                return Err(Refusal::NilNotAllowed);
            }
            let draft = Draft { identity, nil, tables };
            let outcome = check(&rtype, draft, &Context { now, previous: None, offline: false });
            match outcome.valid {
                Some(valid) => {
                    explain::check(&explanations, &outcome.findings)
                        .map_err(|text| Refusal::Malformed { field: "explanations", text })?;
                    left = outcome.findings;
                    Ok(Checked { valid, rtype, key, replaces, explanations })
                }
                None => Err(Refusal::Invalid(outcome.findings)),
            }
        });
        Ok((checked.map_err(Stop::Refused)?, left))
    }
}
