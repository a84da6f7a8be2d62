//! The log's decisions made again: under the policies that were in force, to see that each follows from them, and
//! under others, to see which would come out otherwise.

mod again;
mod assigned;

use std::sync::Arc;

use concordat_core::apply::Standing;
use concordat_core::decision::DecisionRequest;
use concordat_core::entry::Body;
use concordat_core::fault::Fault;
use concordat_core::ids::AgencyId;
use concordat_core::submission::Recipient;
use concordat_store::{Recorded, Store};
use jiff::{SignedDuration, Timestamp};

use crate::generation::Generation;
use crate::open::Flow;

use again::{Answer, answers, decide, follows, is_stricter_than_policy, outcome, said};
use assigned::Assigned;

/// Entries read at a time.
const PAGE: usize = 256;

/// Decisions that are listed; what is over is counted.
const LISTED: usize = 1_000;

/// What came of making decisions again.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    /// How many entries were read.
    pub entries: u64,
    /// How many decisions they hold.
    pub decisions: u64,
    /// How many of them come out otherwise.
    pub differing: u64,
    /// Those, the first of them.
    pub differ: Vec<Differs>,
}

/// A decision that comes out otherwise than it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// The index of its entry.
    pub index: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The agency that asked.
    pub agency: AgencyId,
    /// What was asked: the act, and the return type where there is one.
    pub asked: String,
    /// Of whom.
    pub owner: Option<AgencyId>,
    /// What stands in the log.
    pub was: String,
    /// What comes out.
    pub now: String,
}

impl Replayed {
    fn note(&mut self, entry: &Recorded, request: &DecisionRequest, was: String, now: String) {
        self.differing = self.differing.saturating_add(1);
        if self.differ.len() < LISTED {
            self.differ.push(Differs {
                index: entry.index,
                recorded_at: entry.recorded_at,
                agency: request.asker.agency.clone(),
                asked: match &request.return_type {
                    Some(rtype) => format!("{} {rtype}", request.act.as_str()),
                    None => request.act.as_str().to_owned(),
                },
                owner: request.owner.clone(),
                was,
                now,
            });
        }
    }
}

impl<S: Store> Flow<S> {
    /// Makes every decision of the log again, under the policies in force at its entry and for the roles that the log
    /// assigns, and notes each that does not follow.
    ///
    /// # Errors
    /// A fault when the log or policies of the past cannot be read.
    pub fn replay(&self) -> Result<Replayed, Fault> {
        let mut replayed = Replayed::default();
        let mut assigned = Assigned::default();
        let standing = self.standing()?;
        self.each_entry(0, |entry| {
            replayed.entries = replayed.entries.saturating_add(1);
            assigned.take(entry);
            for (request, answer) in answers(entry, &*self.generation_at_or_first(&standing, entry.index)?) {
                replayed.decisions = replayed.decisions.saturating_add(1);
                let why = match assigned.contradict(entry, &request) {
                    Some(why) => Some(why),
                    None => self.does_not_follow(entry, &request, &answer, &standing)?,
                };
                if let Some(now) = why {
                    replayed.note(entry, &request, said(&answer), now);
                }
            }
            Ok(())
        })?;
        Ok(replayed)
    }

    /// Makes the decisions of the last days again under other policies, of so many entries at most, and notes each
    /// that would come out otherwise.
    ///
    /// # Errors
    /// A fault when the log cannot be read.
    pub fn replay_under(&self, generation: &Generation, days: u32, most: u64) -> Result<Replayed, Fault> {
        let ago = SignedDuration::from_hours(24 * i64::from(days));
        let since = self.now().checked_sub(ago).unwrap_or(Timestamp::MIN);
        let mut replayed = Replayed::default();
        let standing = self.standing()?;
        let from = self.first_since(since)?.max(self.store.head().size.saturating_sub(most));
        self.each_entry(from, |entry| {
            replayed.entries = replayed.entries.saturating_add(1);
            for (request, answer) in answers(entry, &*self.generation_at_or_first(&standing, entry.index)?) {
                replayed.decisions = replayed.decisions.saturating_add(1);
                let now = decide(generation, &request);
                let same = match (&answer, &now) {
                    (Answer::Yes(was), Answer::Yes(now)) => {
                        now.profiles.iter().all(|profile| was.profiles.contains(profile))
                    }
                    (Answer::No(_), Answer::No(_)) => true,
                    _ => false,
                };
                // what was denied for a reason of its own room is not policy's to change
                if !same && !is_stricter_than_policy(&answer) {
                    replayed.note(entry, &request, outcome(&answer), outcome(&now));
                }
            }
            Ok(())
        })?;
        Ok(replayed)
    }

    fn each_entry(
        &self,
        from: u64,
        mut then: impl FnMut(&Recorded) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut at = from;
        loop {
            let page = self.store.entries(at, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            at = last.index.saturating_add(1);
            page.iter().try_for_each(&mut then)?;
        }
    }

    /// The index of the first entry at or after an instant; times never run back in the log.
    fn first_since(&self, since: Timestamp) -> Result<u64, Fault> {
        let (mut low, mut high) = (0, self.store.head().size);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.store.entry(middle)? {
                Some(entry) if entry.recorded_at < since => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// The policies in force at an entry; those of the beginning for what stands before any came into force.
    fn generation_at_or_first(&self, standing: &Standing, index: u64) -> Result<Arc<Generation>, Fault> {
        let first = standing.policies.first().copied().unwrap_or_default();
        self.generation_by(standing, index.max(first.saturating_add(1)))
    }

    /// What comes out instead, where a decision does not follow from policy.
    fn does_not_follow(
        &self,
        entry: &Recorded,
        request: &DecisionRequest,
        answer: &Answer,
        standing: &Standing,
    ) -> Result<Option<String>, Fault> {
        let mut first = None;
        for generation in self.generations_for(entry, standing)? {
            let now = decide(&generation, request);
            if follows(entry, answer, &now, || self.routed(entry))? {
                return Ok(None);
            }
            first.get_or_insert_with(|| said(&now));
        }
        Ok(Some(first.unwrap_or_else(|| "no policies were in force".to_owned())))
    }

    /// The policies under which the decision of an entry may have been made: those in force; those before, where it
    /// was made in the very moment of a change; for a withdrawal also those of the day the return was sent.
    fn generations_for(&self, entry: &Recorded, standing: &Standing) -> Result<Vec<Arc<Generation>>, Fault> {
        let mut generations = vec![self.generation_at_or_first(standing, entry.index)?];
        let policies = &standing.policies;
        let loaded = policies.iter().rev().find(|loaded| **loaded < entry.index).copied();
        if let Some(before) = loaded.filter(|loaded| policies.first() != Some(loaded)) {
            generations.push(self.generation_by(standing, before)?);
        }
        if let Body::Withdrawn(withdrawn) = &entry.body
            && let Some(sent) = withdrawn.submissions.first()
        {
            generations.push(self.generation_by(standing, sent.index)?);
        }
        Ok(generations)
    }

    /// The profiles that routing fixed for the reader to whom an entry released something.
    fn routed(&self, entry: &Recorded) -> Result<Vec<Recipient>, Fault> {
        let Body::Released(released) = &entry.body else { return Ok(Vec::new()) };
        Ok(self.submission(released.submission)?.map(|record| record.recipients).unwrap_or_default())
    }
}
