//! A request made ready for judgement: names looked up, facts completed, or refused before any row is seen.

use concordat_core::agency::{Agency, Kind};
use concordat_core::decision::{DecisionRequest, Fact};
use concordat_core::ids::{AreaCode, RoleId};
use concordat_core::refusal::DenyReason;

use crate::bundle::Bundle;

/// A request with what the bundle knows of it.
pub(crate) struct Question<'a> {
    pub request: &'a DecisionRequest,
    pub owner_kind: Option<Kind>,
    /// The asker's agency owns the data.
    pub own: bool,
    /// The return type is about persons, or the caller says that this return is.
    pub person_level: bool,
    /// The asker's roles that its kind of agency may hold.
    pub roles: Vec<&'a RoleId>,
    /// The day as rows write it.
    pub day: String,
    asker: &'a Agency,
    bundle: &'a Bundle,
}

impl<'a> Question<'a> {
    /// # Errors
    /// The reason for a denial where the request speaks of what the bundle does not know: another
    /// partnership, an agency that is none of its agencies or of another kind, a return type or a purpose
    /// that does not exist, a day that rows cannot write. What is suspended is denied whatever rows say.
    pub fn of(bundle: &'a Bundle, request: &'a DecisionRequest) -> Result<Self, DenyReason> {
        if request.partnership != bundle.known.partnership {
            return Err(DenyReason::NoAgreement);
        }
        if request.facts.contains(&Fact::Suspended) {
            return Err(DenyReason::Suspended);
        }
        let asker = bundle.agency(&request.asker.agency).filter(|agency| agency.kind == request.asker.kind);
        let asker = asker.ok_or(DenyReason::NoRole)?;
        let said = request.facts.contains(&Fact::PersonLevel);
        let person_level = match &request.return_type {
            // what is about no return is about no person's, whatever it says
            None => false,
            Some(id) => bundle.person_level(id).ok_or(DenyReason::NoAgreement)? || said,
        };
        if request.purpose.as_ref().is_some_and(|purpose| !bundle.purposes.contains_key(purpose)) {
            return Err(DenyReason::WrongPurpose);
        }
        if !(0..=9999).contains(&request.day.year()) {
            return Err(DenyReason::PolicyError);
        }
        let roles = request.asker.roles.iter();
        Ok(Self {
            request,
            owner_kind: request.owner.as_ref().and_then(|id| bundle.agency(id)).map(|agency| agency.kind),
            own: request.owner.as_ref() == Some(&request.asker.agency),
            person_level,
            roles: roles.filter(|role| bundle.role_allowed(role, asker.kind)).collect(),
            day: request.day.to_string(),
            asker,
            bundle,
        })
    }

    /// Whether the asker's kind of agency may hold a role, be it held or not.
    pub fn may_hold(&self, role: &RoleId) -> bool {
        self.bundle.role_allowed(role, self.asker.kind)
    }

    /// Whether a fact is true: two are known here whatever the request says, the others are the caller's.
    pub fn is(&self, fact: Fact) -> bool {
        match fact {
            Fact::Own => self.own,
            Fact::PersonLevel => self.person_level,
            Fact::OwnStaff | Fact::Withheld | Fact::BreakGlass | Fact::Suspended => {
                self.request.facts.contains(&fact)
            }
        }
    }

    /// Whether the request is about areas, and all are the asker's: of its assignment and of its agency.
    pub fn within_own_areas(&self) -> bool {
        let areas = &self.request.areas;
        !areas.is_empty() && areas.iter().all(|area| self.is_own(area))
    }

    /// Whether some area of the request is the asker's.
    pub fn shares_an_area(&self) -> bool {
        self.request.areas.iter().any(|area| self.is_own(area))
    }

    fn is_own(&self, area: &AreaCode) -> bool {
        self.request.asker.areas.contains(area) && self.asker.areas.contains(area)
    }

    /// The area, when the request is about exactly one.
    pub fn only_area(&self) -> Option<&'a AreaCode> {
        match self.request.areas.as_slice() {
            [first, rest @ ..] if rest.iter().all(|area| area == first) => Some(first),
            _ => None,
        }
    }
}
