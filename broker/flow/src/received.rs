//! How many events reached an agency in a period, or were sent by it: counted in its own inbox, or among its own
//! submissions, of what the caller may know of. Whoever asks could count them there; nothing of an event is opened.

use concordat_core::clock::london_date;
use concordat_core::decision::Act;
use concordat_core::entry::Body;
use concordat_core::fault::Fault;
use concordat_core::ids::{AreaCode, ReturnTypeId};
use concordat_core::period::Period;
use concordat_store::Store;
use jiff::civil::Date;

use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;

/// Deliveries looked at, at most: beyond that nothing is counted.
const MOST: usize = 2_000;

/// Entries looked through, at most, for what an agency itself sent: it is done once a quarter, in a tenth of a second.
const MOST_ENTRIES: u64 = 4_000;

impl<S: Store> Flow<S> {
    /// How many events of a type that concern an area were recorded in a period and routed to the caller's agency,
    /// as far as the caller may know of them; each once, in its first version. `None` when there are too many.
    pub(crate) fn count_received(
        &self,
        generation: &Generation,
        caller: &Caller,
        return_type: &ReturnTypeId,
        area: &AreaCode,
        period: Period,
    ) -> Result<Option<u64>, Fault> {
        let from = self.first_entry_of(period.first_day())?;
        let page = self.store.inbox(&caller.agency().id, from, MOST)?;
        let full = page.len() == MOST;
        let mut count = 0;
        for delivery in page {
            let Some(record) = self.submission(delivery.submission)? else { continue };
            if london_date(record.recorded_at) > period.last_day() {
                return Ok(Some(count));
            }
            let counts = record.identity.return_type == *return_type
                && record.version == 1
                && record.withdrawn.is_none()
                && record.identity.areas.contains(area);
            if counts {
                let purpose = Some(record.purpose.clone());
                let may = self.judge_under(generation, caller, &record, Act::List, purpose).is_ok();
                count += u64::from(may);
            }
        }
        Ok((!full).then_some(count))
    }

    /// How many events of a type that concern one area alone the caller's agency itself sent in a period, its first day
    /// left out: what is sent then may have happened before. Of its own agency's, those that the caller may read, each
    /// once. `None` when there are too many entries to look through.
    pub(crate) fn count_sent(
        &self,
        generation: &Generation,
        caller: &Caller,
        return_type: &ReturnTypeId,
        area: &AreaCode,
        period: Period,
    ) -> Result<Option<u64>, Fault> {
        let Ok(second) = period.first_day().tomorrow() else { return Ok(None) };
        let Ok(after) = period.last_day().tomorrow() else { return Ok(None) };
        let (from, until) = (self.first_entry_of(second)?, self.first_entry_of(after)?);
        if until.saturating_sub(from) > MOST_ENTRIES {
            return Ok(None);
        }
        let mut count = 0;
        for index in from..until {
            let Some(entry) = self.store.entry(index)? else { continue };
            let Body::Accepted(accepted) = &entry.body else { continue };
            let identity = &accepted.identity;
            let counts = identity.agency == caller.agency().id
                && identity.return_type == *return_type
                && accepted.version == 1
                && identity.areas.as_slice() == std::slice::from_ref(area);
            let Some(record) = (if counts { self.submission(entry.id)? } else { None }) else { continue };
            let purpose = Some(record.purpose.clone());
            let may = self.judge_under(generation, caller, &record, Act::Read, purpose).is_ok();
            count += u64::from(may && record.withdrawn.is_none());
        }
        Ok(Some(count))
    }

    /// The index of the first entry that was recorded on a day or later. Times in the log never go back.
    fn first_entry_of(&self, day: Date) -> Result<u64, Fault> {
        let (mut low, mut high) = (0, self.store.head().size);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.store.entry(middle)? {
                Some(entry) if london_date(entry.recorded_at) < day => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }
}
