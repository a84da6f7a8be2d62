//! Rules over a year: which of the returns that they need are in. The busiest types have such rules, so what is owed is
//! gone through once for all of them, a return is looked up once, and the first that is not in ends a rule.

use std::collections::HashMap;

use concordat_catalogue::{AcrossPart, AcrossRule};
use concordat_core::apply::{Key, Row, VersionRecord};
use concordat_core::fault::Fault;
use concordat_core::ids::AreaCode;
use concordat_core::period::Period;
use concordat_core::submission::Identity;
use concordat_store::Store;

use super::{Other, Seen, fills};
use crate::completeness::owed_by;
use crate::generation::Generation;
use crate::open::Flow;
use concordat_core::partnership::Owed;

/// What is looked for beside one return, for all rules over its year.
pub(super) struct OfYear<'g> {
    generation: &'g Generation,
    own: &'g Identity,
    /// The year by that in which it starts; none where the return is of no year.
    year: Option<i16>,
    /// What is owed for each area that was asked for.
    owed: Vec<(AreaCode, Vec<&'g Owed>)>,
    /// What is in force of the returns that were looked for.
    in_force: HashMap<Identity, Option<VersionRecord>>,
    /// The rules of which something is not in over an area: another that needs the same returns is not looked into.
    wanting: Vec<(&'g AcrossRule, AreaCode)>,
}

impl<'g> OfYear<'g> {
    pub(super) fn of(period: Period, own: &'g Identity, generation: &'g Generation) -> Self {
        let year = match period {
            Period::Year(year) | Period::Quarter(year, _) => Some(year),
            Period::Month(..) | Period::Snapshot(_) => None,
        };
        Self { generation, own, year, owed: Vec::new(), in_force: HashMap::new(), wanting: Vec::new() }
    }

    /// Every return that was looked for, and what was in force of it.
    pub(super) fn seen(self) -> impl Iterator<Item = Seen> {
        self.in_force.into_iter().map(|(identity, found)| (identity, found.map(|found| found.submission)))
    }

    fn owed(&mut self, area: &AreaCode) -> Vec<&'g Owed> {
        if let Some((_, known)) = self.owed.iter().find(|(known, _)| known == area) {
            return known.clone();
        }
        let all = self.generation.partnership.obligations.iter();
        let owed: Vec<&Owed> = all.filter(|owed| owed.areas.contains(area)).collect();
        self.owed.push((area.clone(), owed.clone()));
        owed
    }
}

impl<S: Store> Flow<S> {
    /// All other returns that a rule over a year needs for an area, or nothing when one of them is not in or owed by
    /// nobody. What is overdue is told where what is missing is told.
    pub(super) fn others_of_year<'g>(
        &self,
        rule: &'g AcrossRule,
        area: &AreaCode,
        years: &mut OfYear<'g>,
    ) -> Result<Option<Vec<Other>>, Fault> {
        let mut wanting = years.wanting.iter();
        if wanting.any(|(known, over)| over == area && need_the_same(known, rule)) {
            return Ok(None);
        }
        let others = self.all_of_year(rule, area, years)?;
        if others.is_none() {
            years.wanting.push((rule, area.clone()));
        }
        Ok(others)
    }

    fn all_of_year(
        &self,
        rule: &AcrossRule,
        area: &AreaCode,
        years: &mut OfYear<'_>,
    ) -> Result<Option<Vec<Other>>, Fault> {
        let Some(year) = years.year else { return Ok(None) };
        let (owed, own) = (years.owed(area), years.own);
        let of_part = |part: &AcrossPart, owed: &Owed| {
            owed.return_type == part.return_type && (!rule.own || owed.agency == own.agency)
        };
        if !rule.parts.iter().all(|part| owed.iter().any(|owed| of_part(part, owed))) {
            return Ok(None);
        }
        let mut found = Vec::new();
        for (at, part) in rule.parts.iter().enumerate() {
            // the last quarter is the last to come
            let quarters = [4, 3, 2, 1].map(|quarter| Period::Quarter(year, quarter));
            let periods = if part.of_year { &quarters[..] } else { &[Period::Year(year)] };
            for period in periods {
                let each = owed.iter().filter(|owed| of_part(part, owed));
                let mut is_owed = false;
                for identity in each.filter_map(|owed| owed_by(owed, *period)) {
                    if !part.is_filled_by(&identity) || !fills(years.generation, rule, at, &identity) {
                        continue;
                    }
                    is_owed = true;
                    if identity == *own {
                        continue;
                    }
                    let Some(version) = self.version_in_force(&identity, &mut years.in_force)? else {
                        return Ok(None);
                    };
                    found.push(Other { part: at, identity, version });
                }
                if !is_owed {
                    return Ok(None);
                }
            }
        }
        Ok(Some(found))
    }

    fn version_in_force(
        &self,
        identity: &Identity,
        known: &mut HashMap<Identity, Option<VersionRecord>>,
    ) -> Result<Option<VersionRecord>, Fault> {
        if let Some(found) = known.get(identity) {
            return Ok(*found);
        }
        let found = match self.store.row(&Key::Version(identity.clone()))? {
            Some(Row::Version(version)) if !version.withdrawn => Some(version),
            _ => None,
        };
        known.insert(identity.clone(), found);
        Ok(found)
    }
}

// whether two rules have parts that the same returns fill
fn need_the_same(one: &AcrossRule, other: &AcrossRule) -> bool {
    let what = |part: &AcrossPart| (part.part, part.sender, part.of_year);
    let mut pairs = one.parts.iter().zip(&other.parts);
    one.own == other.own
        && one.parts.len() == other.parts.len()
        && pairs.all(|(a, b)| a.return_type == b.return_type && what(a) == what(b))
}
