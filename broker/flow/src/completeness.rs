//! What is missing, from whom, since when. States and counts only; events never appear here.

use concordat_catalogue::Acceptance;
use concordat_core::across::disagreements;
use concordat_core::apply::{Key, Row};
use concordat_core::calendar::Due;
use concordat_core::clock::{ZONE, london_date};
use concordat_core::decision::Act;
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, ReturnTypeId};
use concordat_core::obligation::{Obligation, ObligationRecord, State};
use concordat_core::period::Period;
use concordat_core::submission::{Covers, Identity, SubmissionRecord};
use concordat_store::Store;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::stop::Stop;
use concordat_core::partnership::Owed;

/// Which obligations are asked after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MissingFilter {
    /// Of this agency only.
    pub agency: Option<AgencyId>,
    /// Of this return type only.
    pub return_type: Option<ReturnTypeId>,
    /// Also those whose period has not ended.
    pub with_not_due: bool,
}

/// What is owed and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completeness {
    /// One row for each obligation, by agency, type and period.
    pub rows: Vec<ObligationRow>,
    /// The day in London of which it speaks, in business time.
    pub as_at: Date,
    /// Whether business time is a demonstration's.
    pub demo_clock: bool,
}

/// One obligation and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObligationRow {
    /// The return owed.
    pub identity: Identity,
    /// Where it stands.
    pub state: State,
    /// When it is due.
    pub due: Due,
    /// Working days past the deadline, until it came or until today; 0 when in time.
    pub working_days_late: u32,
    /// When the version in force was recorded.
    pub last_accepted: Option<Timestamp>,
    /// It came after its deadline.
    pub was_late: bool,
    /// How many rules left queries, on the version in force, that nobody explained.
    pub unexplained: u32,
    /// How many rules across returns do not hold between the version in force and those of other agencies.
    pub disagreements: u32,
    /// How many records the version in force left out, because it was accepted in part.
    pub records_refused: u32,
}

impl<S: Store> Flow<S> {
    /// What is owed, as far as policy lets the caller see: all agencies', or the caller's own.
    ///
    /// # Errors
    /// A recorded refusal when the caller may see neither; a fault of ours.
    pub async fn missing(&self, caller: &Caller, mut filter: MissingFilter) -> Result<Completeness, Stop> {
        let generation = self.generation();
        let now = self.now();
        let today = london_date(now);
        let mut request = self.ask_at_large(&generation, caller, Act::Completeness, None, today);
        if generation.policy.decide(&request, ()).is_err() {
            // without the view of all, an agency may still ask after what it owes itself
            let own = filter.agency.get_or_insert_with(|| caller.agency().id.clone());
            request.owner = Some(own.clone());
            if *own == caller.agency().id {
                request.facts.push(concordat_core::decision::Fact::Own);
                request.facts.sort();
            }
            let _permitted = self.decide(&generation, caller, request).await?;
        }
        let mut rows = Vec::new();
        for obligation in owed(&generation, today) {
            if filter.agency.as_ref().is_some_and(|agency| *agency != obligation.identity.agency)
                || filter.return_type.as_ref().is_some_and(|rtype| *rtype != obligation.identity.return_type)
            {
                continue;
            }
            let record = self.record_of(&obligation.identity)?;
            let mut row = row(&generation, &obligation, record.as_ref(), now)?;
            let looked_into = row.state == State::AcceptedWithQueries || may_part(&generation, &row.identity);
            if looked_into && let Some(submission) = self.in_force(record.as_ref())? {
                row.unexplained = u32::try_from(submission.unexplained.len()).unwrap_or(u32::MAX);
                row.records_refused = submission.left_out.map_or(0, |left_out| left_out.refused);
            }
            row.disagreements = self.disagreements(&generation, record.as_ref())?;
            if filter.with_not_due || row.state != State::NotDue {
                rows.push(row);
            }
        }
        rows.sort_by(|a, b| a.identity.cmp(&b.identity));
        Ok(Completeness { rows, as_at: today, demo_clock: self.is_demo_clock() })
    }

    // the entry says it, so it is read for those returns alone that may have something to tell
    fn in_force(&self, record: Option<&ObligationRecord>) -> Result<Option<SubmissionRecord>, Fault> {
        match record.and_then(|record| record.in_force) {
            Some(in_force) => self.submission(in_force.submission),
            None => Ok(None),
        }
    }

    fn disagreements(
        &self,
        generation: &Generation,
        record: Option<&ObligationRecord>,
    ) -> Result<u32, Fault> {
        let Some(in_force) = record.and_then(|record| record.in_force) else { return Ok(0) };
        Ok(match self.store.row(&Key::Across(in_force.submission))? {
            Some(Row::Across(results)) => {
                disagreements(&results, |rule| generation.catalogue.is_asked_across(rule))
            }
            _ => 0,
        })
    }

    pub(crate) fn record_of(&self, identity: &Identity) -> Result<Option<ObligationRecord>, Fault> {
        Ok(match self.store.row(&Key::Obligation(identity.clone()))? {
            Some(Row::Obligation(record)) => Some(record),
            _ => None,
        })
    }
}

/// Whether a return may have been accepted in part.
fn may_part(generation: &Generation, identity: &Identity) -> bool {
    let Covers::Period(period) = &identity.covers else { return false };
    let rtype = generation.catalogue.in_force(&identity.return_type, period.last_day());
    rtype.is_some_and(|rtype| rtype.acceptance != Acceptance::Whole)
}

fn row(
    generation: &Generation,
    obligation: &Obligation,
    record: Option<&ObligationRecord>,
    now: Timestamp,
) -> Result<ObligationRow, Fault> {
    let state = obligation.state(record, now, period_end(&obligation.identity));
    let was_late = record.is_some_and(|record| obligation.was_late(record));
    let until = match record.and_then(|record| record.first_at) {
        Some(first) => was_late.then_some(first),
        None => (state == State::Overdue).then_some(now),
    };
    let working_days_late = match until {
        Some(until) => generation
            .calendar
            .working_days_between(obligation.due.date, london_date(until))
            .map_err(Fault::internal)?,
        None => 0,
    };
    Ok(ObligationRow {
        identity: obligation.identity.clone(),
        state,
        due: obligation.due,
        working_days_late,
        last_accepted: record.and_then(|record| record.in_force).map(|in_force| in_force.recorded_at),
        was_late,
        unexplained: 0,
        disagreements: 0,
        records_refused: 0,
    })
}

/// The instant at which an obligation's period has ended: midnight in London after its last day.
pub(crate) fn period_end(identity: &Identity) -> Timestamp {
    let Covers::Period(period) = &identity.covers else { return Timestamp::MAX };
    let after = period.last_day().saturating_add(1.day()).to_datetime(Time::midnight());
    after.in_tz(ZONE).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// Everything owed for periods that have begun by a day. What cannot be computed, because the calendar does not
/// reach, is not guessed: it is left out and said in the service log, and the others stay.
pub(crate) fn owed(generation: &Generation, today: Date) -> Vec<Obligation> {
    let mut obligations = Vec::new();
    for owed in &generation.partnership.obligations {
        let mut period = Some(owed.from);
        while let Some(this) = period.filter(|this| begun(owed, *this, today)) {
            match obligation(generation, owed, this) {
                Ok(obligation) => obligations.push(obligation),
                Err(fault) => tracing::debug!(reason = fault.operator(), "an obligation cannot be computed"),
            }
            period = this.next();
        }
    }
    obligations
}

/// What an agency owes for a period; nothing when it does not owe that one.
pub(crate) fn owed_by(owed: &Owed, period: Period) -> Option<Identity> {
    let is_owed = owed.from.frequency() == period.frequency()
        && owed.from.first_day() <= period.first_day()
        && owed.until.is_none_or(|until| period.first_day() <= until.first_day());
    is_owed.then(|| Identity {
        agency: owed.agency.clone(),
        return_type: owed.return_type.clone(),
        areas: owed.areas.clone(),
        covers: Covers::Period(period),
        part: owed.part.clone(),
    })
}

fn begun(owed: &Owed, period: Period, today: Date) -> bool {
    period.first_day() <= today && owed.until.is_none_or(|until| period.first_day() <= until.first_day())
}

pub(crate) fn obligation(generation: &Generation, owed: &Owed, period: Period) -> Result<Obligation, Fault> {
    let rule = generation
        .catalogue
        .in_force(&owed.return_type, period.last_day())
        .and_then(|rtype| rtype.due)
        .ok_or_else(|| {
            Fault::internal(format!("`{}` has no due rule in force for {period}", owed.return_type))
        })?;
    let due = generation.calendar.due(period.last_day(), rule).map_err(Fault::internal)?;
    let identity = Identity {
        agency: owed.agency.clone(),
        return_type: owed.return_type.clone(),
        areas: owed.areas.clone(),
        covers: Covers::Period(period),
        part: owed.part.clone(),
    };
    Ok(Obligation { identity, due })
}
