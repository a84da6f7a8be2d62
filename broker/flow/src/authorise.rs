//! May this caller send this? Policy decides, by every fact computed here.

use std::sync::Arc;

use concordat_catalogue::ReturnType;
use concordat_core::decision::{Act, DecisionRequest, Denial, Fact};
use concordat_core::ids::{AgencyId, AreaCode, PurposeId, ReturnTypeId};
use concordat_core::refusal::{DenyReason, Refusal};
use concordat_core::submission::Covers;
use concordat_policy::Permitted;
use concordat_store::Store;
use jiff::civil::Date;

use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::submit::Received;

/// A return together with the type it says it is of, in the version in force for its period.
#[derive(Debug)]
pub struct Typed {
    /// The return.
    pub received: Received,
    /// Its type.
    pub rtype: Arc<ReturnType>,
}

/// What is asked of policy about one return.
pub(crate) struct Question<'a> {
    pub owner: &'a AgencyId,
    pub return_type: &'a ReturnTypeId,
    pub person_level: bool,
    pub areas: &'a [AreaCode],
    pub act: Act,
    pub purpose: Option<PurposeId>,
    pub day: Date,
}

/// Why a return goes no further than this room.
pub(crate) enum Barred {
    /// There is no such type in force.
    Unknown(Refusal),
    /// Policy said no.
    Denied(Box<DecisionRequest>, Denial),
}

impl<S: Store> Flow<S> {
    pub(crate) fn authorise(
        &self,
        generation: &Generation,
        caller: &Caller,
        received: Received,
    ) -> Result<Permitted<Typed>, Barred> {
        let day = self.today();
        let identity = &received.identity;
        let on = match &identity.covers {
            Covers::Period(period) => period.last_day(),
            Covers::Event(_) => day,
        };
        let rtype = generation
            .catalogue
            .in_force(&identity.return_type, on)
            .ok_or_else(|| Barred::Unknown(Refusal::UnknownType(identity.return_type.to_string())))?;
        let question = Question {
            owner: &identity.agency,
            return_type: &identity.return_type,
            person_level: rtype.person_level,
            areas: &identity.areas,
            act: if received.nil { Act::DeclareNil } else { Act::Submit },
            purpose: received.purpose.clone(),
            day,
        };
        let request = self.ask(generation, caller, &question);
        // a return is sent for the purpose it was agreed for, and for no other
        if request.purpose.as_ref() != Some(&rtype.purpose) {
            let denial = Denial {
                reason: DenyReason::WrongPurpose,
                nearest: None,
                policy: generation.policy.digest(),
            };
            return Err(Barred::Denied(Box::new(request), denial));
        }
        let judged = generation.policy.decide(&request, Typed { received, rtype });
        judged.map_err(|(denial, _)| Barred::Denied(Box::new(request), denial))
    }
}

impl<S: Store> Flow<S> {
    /// A caller's question about one agency's return.
    pub(crate) fn ask(
        &self,
        generation: &Generation,
        caller: &Caller,
        question: &Question<'_>,
    ) -> DecisionRequest {
        let mut facts = Vec::new();
        if question.person_level {
            facts.push(Fact::PersonLevel);
        }
        if *question.owner == caller.agency().id {
            facts.push(Fact::Own);
        }
        facts.sort();
        self.suspensions.load().complete(DecisionRequest {
            asker: caller.asker(question.day),
            partnership: generation.partnership.id.clone(),
            owner: Some(question.owner.clone()),
            return_type: Some(question.return_type.clone()),
            areas: question.areas.to_vec(),
            act: question.act,
            purpose: question.purpose.clone(),
            facts,
            day: question.day,
        })
    }

    /// A caller's question that concerns no single return.
    pub(crate) fn ask_at_large(
        &self,
        generation: &Generation,
        caller: &Caller,
        act: Act,
        purpose: Option<PurposeId>,
        day: Date,
    ) -> DecisionRequest {
        self.suspensions.load().complete(DecisionRequest {
            asker: caller.asker(day),
            partnership: generation.partnership.id.clone(),
            owner: None,
            return_type: None,
            areas: Vec::new(),
            act,
            purpose,
            facts: Vec::new(),
            day,
        })
    }
}
