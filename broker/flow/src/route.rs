//! Who is to receive it: the type says which kinds, policy decides agency by agency. Pure; nothing is delivered here.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use concordat_catalogue::{AreaMatch, ReturnType};
use concordat_core::agency::Agency;
use concordat_core::decision::{Act, Asker, DecisionRequest, Fact};
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, AreaCode, Digest};
use concordat_core::refusal::Refusal;
use concordat_core::submission::{Identity, Recipient};
use concordat_policy::Permitted;
use concordat_store::Store;
use jiff::civil::Date;

use crate::generation::Generation;
use crate::open::Flow;
use crate::stop::Stop;
use crate::validate::Checked;

/// The recipients of a return, each with its profiles.
pub(crate) type Route = Arc<Vec<Recipient>>;

/// What a route depends on: everything but the period, and of the content only the agencies that it names.
#[derive(PartialEq, Eq, Hash)]
struct Facts {
    owner: AgencyId,
    rtype: Digest,
    areas: Vec<AreaCode>,
    named: Vec<AgencyId>,
    /// Whom the version that it replaces was routed to.
    former: Vec<AgencyId>,
    day: Date,
}

/// Routes worked out under one generation for one day; emptied when the day changes or it grows large.
#[derive(Default)]
pub(crate) struct Routes(RwLock<HashMap<Facts, Route>>);

/// More different routes than this in a day means that they are not worth keeping.
const KEPT: usize = 4_096;

impl Routes {
    fn find(&self, facts: &Facts) -> Option<Route> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(facts).cloned()
    }

    fn keep(&self, facts: Facts, route: &Route) {
        let mut routes = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if routes.len() >= KEPT || routes.keys().next().is_some_and(|kept| kept.day != facts.day) {
            routes.clear();
        }
        routes.insert(facts, Arc::clone(route));
    }
}

impl<S: Store> Flow<S> {
    pub(crate) fn route(&self, generation: &Generation, checked: &Permitted<Checked>) -> Result<Route, Stop> {
        let checked = checked.get();
        let identity = checked.valid.identity();
        let day = self.today();
        let facts = Facts {
            owner: identity.agency.clone(),
            rtype: checked.rtype.digest,
            areas: identity.areas.clone(),
            named: checked.valid.agencies().to_vec(),
            former: self.former(checked)?,
            day,
        };
        if let Some(route) = generation.routes.find(&facts) {
            return Ok(route);
        }
        let route = Arc::new(plan(generation, &checked.rtype, identity, &facts)?);
        // whoever is named and not reached would be thought to know
        let is_reached = |id: &AgencyId| *id == identity.agency || route.iter().any(|to| to.agency == *id);
        if !facts.named.iter().all(is_reached) {
            let fields = checked.rtype.agency_fields.join(" or ");
            let why = format!(
                "{fields} names an agency that is not one of the partnership, or that may not receive this; \
                 correct the id, or leave it blank"
            );
            return Err(Stop::Refused(Refusal::NotRoutable(why)));
        }
        if route.is_empty() {
            let why = "no agency of the partnership may receive it for these areas; check the areas, or ask the partnership manager";
            return Err(Stop::Refused(Refusal::NotRoutable(why.to_owned())));
        }
        generation.routes.keep(facts, &route);
        Ok(route)
    }

    /// Whom the version that is replaced was routed to; nobody where none is.
    fn former(&self, checked: &Checked) -> Result<Vec<AgencyId>, Fault> {
        let Some(replaces) = &checked.replaces else { return Ok(Vec::new()) };
        let older = self.submission(replaces.submission)?;
        let older = older.filter(|older| older.identity == *checked.valid.identity());
        Ok(older.map_or_else(Vec::new, |older| {
            older.recipients.into_iter().map(|recipient| recipient.agency).collect()
        }))
    }
}

fn plan(
    generation: &Generation,
    rtype: &ReturnType,
    identity: &Identity,
    facts: &Facts,
) -> Result<Vec<Recipient>, Fault> {
    let day = facts.day;
    let collect_by = generation.calendar.due(day, rtype.collect_within).map_err(Fault::internal)?.before;
    let mut recipients = Vec::new();
    for agency in &generation.partnership.agencies {
        let is_meant =
            is_named(rtype, agency, &identity.areas, &facts.named) || follows(rtype, agency, &facts.former);
        if agency.id == identity.agency || !is_meant {
            continue;
        }
        let request = deliver(generation, rtype, identity, agency, day);
        if let Ok(permitted) = generation.policy.decide(&request, ()) {
            recipients.push(Recipient {
                agency: agency.id.clone(),
                profiles: permitted.grant().profiles.clone(),
                rules: permitted.grant().rules.clone(),
                collect_by,
            });
        }
    }
    Ok(recipients)
}

fn is_named(rtype: &ReturnType, agency: &Agency, areas: &[AreaCode], named: &[AgencyId]) -> bool {
    rtype.recipients.iter().any(|rule| {
        rule.kind == agency.kind
            && match rule.areas {
                AreaMatch::Any => true,
                AreaMatch::Shared => agency.areas.iter().any(|area| areas.contains(area)),
                AreaMatch::Named => named.contains(&agency.id),
            }
    })
}

/// Whether an agency gets what replaces a version that was routed to it, though the type would not name it any more.
/// Where a return names the agencies it concerns, the replacement says anew whom.
fn follows(rtype: &ReturnType, agency: &Agency, former: &[AgencyId]) -> bool {
    let by_name = rtype
        .recipients
        .iter()
        .any(|rule| rule.kind == agency.kind && matches!(rule.areas, AreaMatch::Named));
    !by_name && former.contains(&agency.id)
}

pub(crate) fn deliver(
    generation: &Generation,
    rtype: &ReturnType,
    identity: &Identity,
    agency: &Agency,
    day: Date,
) -> DecisionRequest {
    DecisionRequest {
        asker: Asker {
            principal: None,
            agency: agency.id.clone(),
            kind: agency.kind,
            roles: Vec::new(),
            areas: agency.areas.clone(),
        },
        partnership: generation.partnership.id.clone(),
        owner: Some(identity.agency.clone()),
        return_type: Some(identity.return_type.clone()),
        // the whole return is delivered, so the whole of its areas is asked about
        areas: identity.areas.clone(),
        act: Act::Deliver,
        purpose: Some(rtype.purpose.clone()),
        facts: if rtype.person_level { vec![Fact::PersonLevel] } else { Vec::new() },
        day,
    }
}
