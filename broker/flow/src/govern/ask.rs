//! May I, and why was I refused: what a person is told of policy, and no more than that.
//!
//! A question about oneself is no act and leaves no entry. Who asks hears a reason, what to do and whom to ask; the
//! row that came nearest is an auditor's to see. Neither answer tells that a record exists.

use concordat_core::decision::{Act, DecisionRequest, Denial, Grant};
use concordat_core::entry::{Body, Denied, Judged};
use concordat_core::ids::{
    AgencyId, AgreementId, AreaCode, Digest, ProfileId, PurposeId, ReturnTypeId, RuleId,
};
use concordat_core::refusal::{DenyReason, Refusal};
use concordat_store::{Recorded, Store};
use jiff::Timestamp;

use crate::authorise::Question;
use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::stop::{Stop, malformed};

/// What a caller asks about itself.
#[derive(Debug, Clone)]
pub struct AskedOf {
    /// What is to be done.
    pub act: Act,
    /// With a return of which type.
    pub return_type: Option<ReturnTypeId>,
    /// Whose return; of every agency that sends such, where absent.
    pub owner: Option<AgencyId>,
    /// About which areas; about all of the owner's, where none is named.
    pub areas: Vec<AreaCode>,
    /// For what purpose; for the type's own, where absent.
    pub purpose: Option<PurposeId>,
}

/// Whether something is allowed to the caller today.
#[derive(Debug, Clone)]
pub struct May {
    /// The question as it was put to policy.
    pub request: DecisionRequest,
    /// Why not; it is allowed where absent.
    pub reason: Option<DenyReason>,
    /// Through which profiles, where it is allowed.
    pub profiles: Vec<ProfileId>,
    /// Under which agreements, where it is allowed.
    pub agreements: Vec<AgreementId>,
    /// For which purposes it would be allowed, where this one is the wrong one.
    pub purposes: Vec<PurposeId>,
    /// For auditors: the row that decides, or came nearest.
    pub near: Option<NearMiss>,
}

/// The row that decides, or came nearest, for auditors alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The rows that decide: all that allow, or all that deny.
    pub rules: Vec<RuleId>,
    /// Where none decides, the one that came nearest.
    pub nearest: Option<RuleId>,
    /// The cells of that row, by column.
    pub cells: Vec<(String, String)>,
    /// What of it the request failed, the gravest first.
    pub failed: Vec<String>,
}

/// A decision of the log, explained.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The index of its entry.
    pub index: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What it was; nothing is told where the asker may not know what was asked for.
    pub mine: Option<Mine>,
    /// For auditors: the row that decided, or came nearest, under the policies of then.
    pub near: Option<NearMiss>,
}

/// What was decided.
#[derive(Debug, Clone)]
pub struct Mine {
    /// The question.
    pub request: DecisionRequest,
    /// Why not; it was allowed where absent.
    pub reason: Option<DenyReason>,
    /// The profiles applied, where it was allowed.
    pub profiles: Vec<ProfileId>,
    /// The agreements it rests on, where it was allowed.
    pub agreements: Vec<AgreementId>,
    /// The policy bundle.
    pub policy: Digest,
}

impl<S: Store> Flow<S> {
    /// Whether the caller may do something today, for each owner that is meant.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for a type, agency or area that does not exist; a fault of ours.
    pub fn can_i(&self, caller: &Caller, asked: &AskedOf) -> Result<Vec<May>, Stop> {
        let generation = self.generation();
        let full = self.is_auditor(caller)?;
        let Some(id) = &asked.return_type else {
            let request =
                self.ask_at_large(&generation, caller, asked.act, asked.purpose.clone(), self.today());
            return Ok(vec![may(&generation, request, full)]);
        };
        let rtype = generation.catalogue.in_force(id, self.today()).ok_or_else(|| {
            malformed("return_type", format!("there is no return type `{id}` in force today"))
        })?;
        let mut answers = Vec::new();
        for owner in owners(&generation, caller, asked, &rtype.owners)? {
            let areas = match asked.areas.as_slice() {
                [] => generation
                    .partnership
                    .agency(&owner)
                    .map(|agency| agency.areas.clone())
                    .unwrap_or_default(),
                named => named.to_vec(),
            };
            let question = Question {
                owner: &owner,
                return_type: id,
                person_level: rtype.person_level,
                areas: &areas,
                act: asked.act,
                purpose: Some(asked.purpose.clone().unwrap_or_else(|| rtype.purpose.clone())),
                day: self.today(),
            };
            answers.push(may(&generation, self.ask(&generation, caller, &question), full));
        }
        Ok(answers)
    }

    /// Explains a decision of the log: to who asked for it, and to auditors.
    ///
    /// # Errors
    /// [`Refusal::NotThere`], recorded, for an entry that is no decision or is none of the caller's, alike; a fault.
    pub async fn explain(&self, caller: &Caller, index: u64) -> Result<Explained, Stop> {
        let entry = self.store.entry(index)?;
        if let Some(entry) = entry.as_ref().filter(|entry| asker_is(&entry.body, caller)) {
            return Ok(explained(entry, told(&entry.body), None));
        }
        if !self.is_auditor(caller)? {
            return Err(self.not_there(caller, None).await);
        }
        // the auditor's look at somebody else's decision is an entry first
        self.audit_entry(caller, format!("explain entry {index}")).await?;
        let entry = entry.filter(|entry| request_of(&entry.body).is_some());
        let entry = entry.ok_or_else(|| malformed("index", format!("entry {index} is no decision")))?;
        let then = self.generation_at(index)?;
        let near = request_of(&entry.body).map(|request| near_miss(&then, request));
        Ok(explained(&entry, all(&entry.body), near))
    }
}

fn owners(
    generation: &Generation,
    caller: &Caller,
    asked: &AskedOf,
    kinds: &[concordat_core::agency::Kind],
) -> Result<Vec<AgencyId>, Stop> {
    if matches!(asked.act, Act::Submit | Act::DeclareNil) {
        return Ok(vec![caller.agency().id.clone()]);
    }
    match &asked.owner {
        Some(id) if generation.partnership.agency(id).is_none() => {
            Err(malformed("owner", format!("`{id}` is no agency of this partnership")))
        }
        Some(id) => Ok(vec![id.clone()]),
        None => {
            let agencies = generation.partnership.agencies.iter();
            Ok(agencies
                .filter(|agency| kinds.contains(&agency.kind))
                .map(|agency| agency.id.clone())
                .collect())
        }
    }
}

fn may(generation: &Generation, request: DecisionRequest, full: bool) -> May {
    let near = full.then(|| near_miss(generation, &request));
    match generation.policy.decide(&request, ()) {
        Ok(permitted) => {
            let Grant { profiles, agreements, .. } = permitted.grant().clone();
            May { request, reason: None, profiles, agreements, purposes: Vec::new(), near }
        }
        Err((Denial { reason, .. }, ())) => {
            let purposes = match reason {
                DenyReason::WrongPurpose => purposes_for(generation, &request),
                _ => Vec::new(),
            };
            May {
                request,
                reason: Some(reason),
                profiles: Vec::new(),
                agreements: Vec::new(),
                purposes,
                near,
            }
        }
    }
}

/// For which purposes the same would be allowed.
fn purposes_for(generation: &Generation, request: &DecisionRequest) -> Vec<PurposeId> {
    let ids = generation.policy.bundle().purposes().map(|purpose| purpose.id.clone());
    ids.filter(|id| {
        let request = DecisionRequest { purpose: Some(id.clone()), ..request.clone() };
        generation.policy.decide(&request, ()).is_ok()
    })
    .collect()
}

fn near_miss(generation: &Generation, request: &DecisionRequest) -> NearMiss {
    let explanation = generation.policy.explain(request);
    let shown = explanation.nearest.as_ref().or(explanation.rules.first());
    let cells = shown.and_then(|rule| generation.policy.bundle().cells(rule)).unwrap_or_default();
    NearMiss {
        cells,
        rules: explanation.rules,
        nearest: explanation.nearest,
        failed: explanation.failed.iter().map(|clause| clause.as_str().to_owned()).collect(),
    }
}

/// The question that an entry answers.
fn request_of(body: &Body) -> Option<&DecisionRequest> {
    match body {
        Body::Denied(denied) => denied.request.as_ref(),
        body => body.judged().map(|judged| &judged.request),
    }
}

fn asker_is(body: &Body, caller: &Caller) -> bool {
    let by = match body {
        Body::Denied(denied) => Some(&denied.by),
        body => body.judged().and_then(|judged| judged.request.asker.principal.as_ref()),
    };
    by == Some(caller.principal())
}

/// What the asker is told: nothing of what it may not know to exist.
fn told(body: &Body) -> Option<Mine> {
    match body {
        Body::Denied(denied) if denied.code == Refusal::NotThere.code() => None,
        body => all(body),
    }
}

fn all(body: &Body) -> Option<Mine> {
    match body {
        Body::Denied(denied) => {
            let Denied { request, denial, .. } = denied.as_ref();
            let (request, denial) = (request.clone()?, denial.clone()?);
            Some(Mine {
                request,
                reason: Some(denial.reason),
                profiles: Vec::new(),
                agreements: Vec::new(),
                policy: denial.policy,
            })
        }
        body => {
            let Judged { request, grant, .. } = body.judged()?.clone();
            Some(Mine {
                request,
                reason: None,
                profiles: grant.profiles,
                agreements: grant.agreements,
                policy: grant.policy,
            })
        }
    }
}

fn explained(entry: &Recorded, mine: Option<Mine>, near: Option<NearMiss>) -> Explained {
    Explained { index: entry.index, recorded_at: entry.recorded_at, mine, near }
}
