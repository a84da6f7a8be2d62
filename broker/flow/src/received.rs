//! How many events reached an agency in a period: counted in its own inbox, among what the caller may know of.
//! Whoever asks could count them there; nothing else is looked at, and nothing of an event is opened.

use concordat_core::clock::london_date;
use concordat_core::decision::Act;
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
