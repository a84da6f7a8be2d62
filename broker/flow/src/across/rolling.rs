//! Measures of twelve months: what came of the periods that they span.

use concordat_catalogue::ReturnType;
use concordat_catalogue::taint::{Came, is_tainted, spanned, unavailable};
use concordat_core::apply::{Key, Row};
use concordat_core::entry::Body;
use concordat_core::fault::Fault;
use concordat_core::ids::EntryId;
use concordat_core::period::Period;
use concordat_core::submission::{Covers, Identity, SubmissionRecord};
use concordat_core::table::Table;
use concordat_store::Store;

use crate::completeness::{obligation, owed_by};
use crate::generation::Generation;
use crate::open::Flow;
use crate::validate::tables_of;

/// What came of the periods that a return's measures of twelve months span.
pub(super) struct Spanned {
    /// Those that are wanting, and how.
    pub(super) missed: Vec<(Period, Came)>,
    /// The agency's own returns that were opened to see it.
    pub(super) opened: Vec<EntryId>,
}

impl<S: Store> Flow<S> {
    /// Which of the periods that twelve months span were owed and did not come in time, and which came without a
    /// figure that is counted over the twelve months. Only the agency's own returns are opened.
    pub(super) fn spanned(
        &self,
        generation: &Generation,
        of: &ReturnType,
        tables: &[Table],
        identity: &Identity,
        period: Period,
    ) -> Result<Spanned, Fault> {
        let mut all = Spanned { missed: Vec::new(), opened: Vec::new() };
        for before in spanned(period) {
            let wanted = Identity { covers: Covers::Period(before), ..identity.clone() };
            all.missed.extend(self.came(generation, &wanted, before)?.map(|came| (before, came)));
            let version = match self.store.row(&Key::Version(wanted))? {
                Some(Row::Version(version)) if !version.withdrawn => version,
                _ => continue,
            };
            let Some(mut content) = self.store.own_content(version.index, &identity.agency)? else {
                continue;
            };
            let earlier = tables_of(&mut content)?;
            all.opened.push(version.submission);
            let without = unavailable(of, tables, &earlier).into_iter();
            all.missed.extend(without.map(|field| (before, Came::Without(field))));
        }
        Ok(all)
    }

    /// The measures of twelve months of a return of which its sender was told that they are unreliable: table and column.
    pub(crate) fn unreliable(
        &self,
        of: &ReturnType,
        record: &SubmissionRecord,
    ) -> Result<Vec<(String, String)>, Fault> {
        if !of.is_rolling() {
            return Ok(Vec::new());
        }
        let Some(Body::Accepted(accepted)) = self.store.entry(record.index)?.map(|entry| entry.body) else {
            return Ok(Vec::new());
        };
        let told = accepted.found.into_iter().filter(|found| is_tainted(&found.rule));
        Ok(told.filter_map(|found| Some((found.table, found.column?))).collect())
    }

    // whether it was owed and did not come in time
    fn came(
        &self,
        generation: &Generation,
        wanted: &Identity,
        before: Period,
    ) -> Result<Option<Came>, Fault> {
        let mut owed = generation.partnership.obligations.iter();
        let Some(owed) = owed.find(|owed| owed_by(owed, before).as_ref() == Some(wanted)) else {
            return Ok(None);
        };
        let record = self.record_of(wanted)?.unwrap_or_default();
        let obligation = obligation(generation, owed, before).ok();
        let was_late = record.overdue_at.is_some()
            || obligation.as_ref().is_some_and(|obligation| obligation.was_late(&record));
        if record.in_force.is_some() {
            return Ok(was_late.then_some(Came::Late));
        }
        Ok(self.is_overdue(generation, owed, before)?.then_some(Came::Never))
    }
}
