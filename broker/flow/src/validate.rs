//! Is the return right? All findings at once, and a value only a passed check can make.

use std::sync::Arc;

use concordat_catalogue::{Context, Draft, ReturnType, Valid, check, content, explain};
use concordat_core::apply::{Key, Row};
use concordat_core::clock::Clock;
use concordat_core::explanation::Explanation;
use concordat_core::fault::Fault;
use concordat_core::ids::{EntryId, SendKey};
use concordat_core::record::LeftOut;
use concordat_core::refusal::Refusal;
use concordat_core::submission::{Covers, Identity, Replaces};
use concordat_core::table::Table;
use concordat_policy::Permitted;
use concordat_store::Store;

use crate::authorise::Typed;
use crate::generation::Generation;
use crate::open::Flow;
use crate::parted::{Parted, Told};
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
    /// The return of the period before, with which it was compared.
    pub compared: Option<EntryId>,
    /// What its sender answers to the queries.
    pub explanations: Vec<Explanation>,
    /// Where it is accepted in part, how much was left out.
    pub left_out: Option<LeftOut>,
}

/// An agency's own return of the period before.
pub(crate) struct Earlier {
    submission: EntryId,
    tables: Vec<Table>,
}

impl<S: Store> Flow<S> {
    /// What the agency itself last sent for the period before, where a rule of the type looks back.
    fn earlier(&self, typed: &Typed) -> Result<Option<Earlier>, Stop> {
        let identity = &typed.received.identity;
        let Covers::Period(period) = identity.covers else { return Ok(None) };
        let before = period.previous().filter(|_| !typed.received.nil && typed.rtype.needs_previous());
        let Some(before) = before else { return Ok(None) };
        let key = Key::Version(Identity { covers: Covers::Period(before), ..identity.clone() });
        let version = match self.store.row(&key)? {
            Some(Row::Version(version)) if !version.withdrawn => version,
            _ => return Ok(None),
        };
        let Some(content) = self.store.own_content(version.index, &identity.agency)? else { return Ok(None) };
        let (_, _, tables) = content::decode(&content).map_err(Fault::tampered)?;
        Ok(Some(Earlier { submission: version.submission, tables }))
    }

    pub(crate) fn validate(
        &self,
        generation: &Generation,
        permitted: Permitted<Typed>,
    ) -> Result<(Permitted<Checked>, Told), Stop> {
        let now = self.clock.now();
        let mut told = None;
        let earlier = self.earlier(permitted.get())?;
        let compared = earlier.as_ref().map(|earlier| earlier.submission);
        let previous = earlier.as_ref().map(|earlier| earlier.tables.as_slice());
        let typed = permitted.get();
        let across = match typed.received.explanations.as_slice() {
            [] => &[],
            _ => generation.catalogue.across_of(&typed.rtype.id),
        };
        let all_or_nothing = typed.received.all_or_nothing;
        let checked = permitted.try_map(|Typed { received, rtype }| {
            let Received { identity, key, type_digest, nil, replaces, tables, explanations, .. } = received;
            if type_digest != rtype.digest {
                return Err(Refusal::CatalogueChanged);
            }
            if nil && !rtype.nil {
                return Err(Refusal::NilNotAllowed);
            }
            let context = Context {
                now,
                previous,
                offline: false,
                calendar: Some(&generation.calendar),
                sender: generation.partnership.agency(&identity.agency).map(|agency| agency.kind),
            };
            let draft = Draft { identity, nil, tables };
            let outcome = check(&rtype, draft, &context);
            match outcome.valid {
                Some(_) if all_or_nothing && outcome.in_part.is_some() => {
                    Err(Refusal::Invalid(outcome.findings))
                }
                Some(valid) => {
                    explain::check(&explanations, &outcome.findings, across)
                        .map_err(|text| Refusal::Malformed { field: "explanations", text })?;
                    let found = told.insert(Told::of(outcome.findings, outcome.in_part));
                    let left_out = found.parted.as_ref().map(Parted::left_out);
                    Ok(Checked { valid, rtype, key, replaces, compared, explanations, left_out })
                }
                None => Err(Refusal::Invalid(outcome.findings)),
            }
        });
        let checked = checked.map_err(Stop::Refused)?;
        Ok((checked, told.ok_or_else(|| Fault::internal("a return passed a check that said nothing"))?))
    }
}
