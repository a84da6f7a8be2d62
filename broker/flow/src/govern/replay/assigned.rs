//! The roles that the log assigns, followed along it.

use std::collections::HashMap;

use concordat_core::decision::DecisionRequest;
use concordat_core::entry::Body;
use concordat_core::ids::{AreaCode, PrincipalId, RoleId};
use concordat_store::Recorded;
use jiff::civil::Date;

/// Which roles the log assigns to whom: the last assignment, and the one before it for what was asked in the very
/// moment of a change.
#[derive(Default)]
pub(super) struct Assigned(HashMap<PrincipalId, Vec<Assignment>>);

struct Assignment {
    roles: Vec<RoleId>,
    areas: Vec<AreaCode>,
    until: Option<Date>,
}

impl Assigned {
    pub(super) fn take(&mut self, entry: &Recorded) {
        let (principal, assignment) = match &entry.body {
            Body::Enrolled(enrolled) => (
                &enrolled.principal,
                Assignment {
                    roles: enrolled.roles.clone(),
                    areas: enrolled.areas.clone(),
                    until: enrolled.until,
                },
            ),
            Body::Revoked(revoked) if revoked.key.is_none() => {
                (&revoked.principal, Assignment { roles: Vec::new(), areas: Vec::new(), until: None })
            }
            _ => return,
        };
        let held = self.0.entry(principal.clone()).or_default();
        held.push(assignment);
        if held.len() > 2 {
            held.remove(0);
        }
    }

    /// Why a request's roles or areas are none that the log assigned.
    pub(super) fn contradict(&self, entry: &Recorded, request: &DecisionRequest) -> Option<String> {
        let principal = request.asker.principal.as_ref()?;
        let Some(held) = self.0.get(principal) else {
            return Some(format!("{principal} never enrolled before entry {}", entry.index));
        };
        let fits = |one: &Assignment| {
            let ended = one.until.is_some_and(|until| until < request.day);
            let roles_fit =
                if ended { request.asker.roles.is_empty() } else { request.asker.roles == one.roles };
            // where an assignment names no areas, they are the agency's own
            let areas_fit = one.areas.is_empty() || request.asker.areas == one.areas;
            roles_fit && areas_fit
        };
        (!held.iter().any(fits))
            .then(|| format!("these are not the roles or areas that the log assigned to {principal}"))
    }
}
