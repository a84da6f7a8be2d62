//! Decisions.

use std::fmt;
use std::sync::Arc;

use concordat_core::decision::{DecisionRequest, Denial, Grant};
use concordat_core::ids::{Digest, ProfileId, RuleId};
use concordat_core::refusal::DenyReason;

use crate::bundle::Bundle;
use crate::cache::{Answer, Cache};
use crate::engine;
use crate::permitted::Permitted;
use crate::question::Question;
use crate::reference::{self, Clause, Verdict};
use crate::words::Words;

/// One generation of policy, ready to decide.
pub struct Policy {
    bundle: Bundle,
    cache: Cache,
}

/// What an auditor is shown of a decision. The asker is told the reason alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Whether the request is allowed.
    pub allowed: bool,
    /// Why not; `None` when it is allowed.
    pub reason: Option<DenyReason>,
    /// The rows that decide: all that allow, or all that deny.
    pub rules: Vec<RuleId>,
    /// When no row decides: the row that came nearest to allowing; none where no row speaks of the act and
    /// the return type.
    pub nearest: Option<RuleId>,
    /// What of the nearest row the request failed, the gravest first.
    pub failed: Vec<Clause>,
}

impl Policy {
    /// Makes a bundle the policy to decide by.
    #[must_use]
    pub fn new(bundle: Bundle) -> Self {
        Self { bundle, cache: Cache::new() }
    }

    /// The files it decides by.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The digest of those files.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.bundle.digest()
    }

    /// Judges a request; on yes the thing judged goes on inside the proof of it.
    ///
    /// # Errors
    /// The denial, and the thing judged back.
    pub fn decide<T>(&self, request: &DecisionRequest, subject: T) -> Result<Permitted<T>, (Denial, T)> {
        let answer = self.cache.find(request).unwrap_or_else(|| {
            let request = Arc::new(request.clone());
            let answer = match self.judge(&request) {
                Ok(grant) => Answer::Yes(Arc::clone(&request), Arc::new(grant)),
                Err(denial) => Answer::No(denial),
            };
            // a failure is answered with no, and tried anew the next time
            if !matches!(&answer, Answer::No(denial) if denial.reason == DenyReason::PolicyError) {
                self.cache.keep(&request, answer.clone());
            }
            answer
        });
        match answer {
            Answer::Yes(request, grant) => Ok(Permitted::new(subject, request, grant)),
            Answer::No(denial) => Err((denial, subject)),
        }
    }

    /// Why a request is or would be allowed or denied.
    #[must_use]
    pub fn explain(&self, request: &DecisionRequest) -> Explanation {
        let ids = |rows: &[&crate::row::Row]| rows.iter().map(|row| row.id.clone()).collect();
        let nothing = Explanation {
            allowed: false,
            reason: None,
            rules: Vec::new(),
            nearest: None,
            failed: Vec::new(),
        };
        let question = match Question::of(&self.bundle, request) {
            Ok(question) => question,
            Err(reason) => return Explanation { reason: Some(reason), ..nothing },
        };
        let verdict = reference::judge(self.bundle.rows_about(request), &question);
        if verdict.allowed() {
            return Explanation { allowed: true, rules: ids(&verdict.allows), ..nothing };
        }
        let reason = Some(verdict.denial().0);
        let rules = ids(&verdict.denies);
        match verdict.nearest {
            Some((row, failed)) if rules.is_empty() => {
                Explanation { reason, nearest: Some(row.id.clone()), failed, ..nothing }
            }
            _ => Explanation { reason, rules, ..nothing },
        }
    }

    /// The engine judges; the reference supplies the reason for a no and the rows for a yes. Where the two
    /// disagree, or the engine fails, the answer is no.
    fn judge(&self, request: &DecisionRequest) -> Result<Grant, Denial> {
        let policy = self.bundle.digest();
        let no = |reason, nearest: Option<&RuleId>| Denial { reason, nearest: nearest.cloned(), policy };
        let question = Question::of(&self.bundle, request).map_err(|reason| no(reason, None))?;
        let verdict = reference::judge(self.bundle.rows_about(request), &question);
        let rows = self.bundle.rows_for(&question);
        // where no row could match, that is a no, and the engine is not asked
        let allowed = !rows.is_empty()
            && engine::judge(&rows, Words::of(&question)).map_err(|fault| {
                tracing::error!(%fault, "policy engine failed; the request is denied");
                no(DenyReason::PolicyError, None)
            })?;
        if allowed != verdict.allowed() {
            tracing::error!("policy engine and reference evaluator disagree; the request is denied");
            return Err(no(DenyReason::PolicyError, None));
        }
        if !allowed {
            let (reason, nearest) = verdict.denial();
            return Err(no(reason, nearest));
        }
        Ok(self.grant(&verdict))
    }

    fn grant(&self, verdict: &Verdict<'_>) -> Grant {
        let mut profiles: Vec<ProfileId> = Vec::new();
        for profile in verdict.allows.iter().filter_map(|row| row.profile.as_ref()) {
            if !profiles.contains(profile) {
                profiles.push(profile.clone());
            }
        }
        Grant {
            rules: verdict.allows.iter().map(|row| row.id.clone()).collect(),
            agreements: self.bundle.agreements_of(&verdict.allows),
            profiles,
            policy: self.bundle.digest(),
        }
    }

    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.cache.len()
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("bundle", &self.bundle).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
