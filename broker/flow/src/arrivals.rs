//! The large returns that are on their way: how many there may be, how much of each has arrived, who goes on with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use concordat_core::ids::{AgencyId, EntryId, PrincipalId, SendKey};
use concordat_core::refusal::Refusal;
use concordat_store::Spool;
use jiff::{SignedDuration, Timestamp};

use crate::refuse::About;
use crate::stop::{Stop, malformed};
use crate::submit::Received;
use crate::upload::Announced;

/// How many large returns of one agency may be on their way at once.
const OF_AGENCY: usize = 4;

/// How many of all agencies, and how many bytes they may come to.
const IN_ALL: usize = 16;
const BYTES_IN_ALL: u64 = 4 << 30;

/// How long what has arrived is kept for its sender to go on.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// Whose return, and under which key.
pub(crate) type Name = (AgencyId, SendKey);

/// A large return on its way.
struct Arriving {
    announced: Announced,
    by: PrincipalId,
    entry: EntryId,
    person_level: bool,
    touched: Timestamp,
    taken: Arc<AtomicU64>,
    /// None before it is made; taken out when its end is dealt with.
    spool: Arc<Mutex<Option<Spool>>>,
    /// Whether its file is there, and its end is not dealt with yet.
    is_open: bool,
}

/// The large returns on their way.
#[derive(Default)]
pub(crate) struct Arrivals(Mutex<HashMap<Name, Arriving>>);

/// What became of an announcement.
pub(crate) enum Arrived {
    /// It was announced before, and so much has arrived.
    Before(u64),
    /// It has a place, and needs a file; instead of one that was announced under the same key.
    Anew {
        /// The entry, if it has a key of its own, that the other was sealed for.
        instead: Option<EntryId>,
    },
}

impl Arrived {
    pub(crate) fn taken(&self) -> u64 {
        if let Arrived::Before(taken) = self { *taken } else { 0 }
    }
}

/// A return to which a piece is to be added.
pub(crate) struct Held {
    pub(crate) head: Received,
    pub(crate) entry: EntryId,
    pub(crate) person_level: bool,
    length: u64,
    taken: Arc<AtomicU64>,
    spool: Arc<Mutex<Option<Spool>>>,
}

/// A return all of which has arrived.
pub(crate) struct Ready {
    pub(crate) announced: Announced,
    pub(crate) entry: EntryId,
    pub(crate) person_level: bool,
    pub(crate) spool: Spool,
}

const BUSY: Stop = Stop::Refused(Refusal::TooBusy);

impl Arrivals {
    fn all(&self) -> MutexGuard<'_, HashMap<Name, Arriving>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a return a place, unless it has one.
    ///
    /// # Errors
    /// A refusal when there are too many, or its end is being dealt with.
    pub(crate) fn begin(
        &self,
        name: Name,
        announced: Announced,
        by: PrincipalId,
        (entry, person_level): (EntryId, bool),
        now: Timestamp,
    ) -> Result<Arrived, Stop> {
        let mut all = self.all();
        let mut instead = None;
        if let Some(arriving) = all.get_mut(&name) {
            if !arriving.is_open {
                return Err(BUSY);
            }
            let is_same = (arriving.announced.content, arriving.announced.length)
                == (announced.content, announced.length);
            if is_same && arriving.person_level == person_level {
                // another explanation or another version of the type changes nothing of what has arrived
                (arriving.announced, arriving.by, arriving.touched) = (announced, by, now);
                return Ok(Arrived::Before(arriving.taken.load(Ordering::Acquire)));
            }
            instead = arriving.person_level.then_some(arriving.entry);
            all.remove(&name);
        }
        let of_agency = all.keys().filter(|(agency, _)| *agency == name.0).count();
        let bytes: u64 = all.values().map(|arriving| arriving.announced.length).sum();
        if of_agency >= OF_AGENCY
            || all.len() >= IN_ALL
            || bytes.saturating_add(announced.length) > BYTES_IN_ALL
        {
            return Err(BUSY);
        }
        let arriving = Arriving {
            announced,
            by,
            entry,
            person_level,
            touched: now,
            taken: Arc::default(),
            spool: Arc::default(),
            is_open: false,
        };
        all.insert(name, arriving);
        Ok(Arrived::Anew { instead })
    }

    /// Gives a return that has a place its file.
    ///
    /// # Errors
    /// A refusal when it has no place any more.
    pub(crate) fn place(&self, name: &Name, entry: EntryId, spool: Spool) -> Result<(), Stop> {
        let mut all = self.all();
        let arriving = all.get_mut(name).filter(|arriving| arriving.entry == entry).ok_or(BUSY)?;
        arriving.spool = Arc::new(Mutex::new(Some(spool)));
        arriving.is_open = true;
        Ok(())
    }

    /// The return to which a sender adds.
    pub(crate) fn held(&self, name: &Name, by: &PrincipalId, now: Timestamp) -> Option<Held> {
        let mut all = self.all();
        let arriving = all.get_mut(name).filter(|arriving| arriving.by == *by)?;
        arriving.touched = now;
        Some(Held {
            head: arriving.announced.head.clone(),
            entry: arriving.entry,
            person_level: arriving.person_level,
            length: arriving.announced.length,
            taken: Arc::clone(&arriving.taken),
            spool: Arc::clone(&arriving.spool),
        })
    }

    /// A return all of which has arrived, to be ended. `None` when there is none.
    pub(crate) fn finish(
        &self,
        name: &Name,
        by: &PrincipalId,
        now: Timestamp,
    ) -> Option<(About, Result<Ready, Stop>)> {
        let mut all = self.all();
        let arriving = all.get_mut(name).filter(|arriving| arriving.by == *by)?;
        arriving.touched = now;
        let about = About::of(&arriving.announced.head);
        let taken = arriving.taken.load(Ordering::Acquire);
        if taken < arriving.announced.length {
            let text = format!("not all has arrived: go on at byte {taken}");
            return Some((about, Err(malformed("key", text))));
        }
        let spool = match arriving.spool.try_lock() {
            Ok(mut spool) => spool.take(),
            Err(TryLockError::Poisoned(spool)) => spool.into_inner().take(),
            Err(TryLockError::WouldBlock) => None,
        };
        let Some(spool) = spool.filter(|_| arriving.is_open) else { return Some((about, Err(BUSY))) };
        arriving.is_open = false;
        let (announced, entry) = (arriving.announced.clone(), arriving.entry);
        Some((about, Ok(Ready { announced, entry, person_level: arriving.person_level, spool })))
    }

    /// Takes a return's place away, if it is still this one's.
    pub(crate) fn remove(&self, name: &Name, entry: EntryId) -> bool {
        let mut all = self.all();
        all.get(name).is_some_and(|arriving| arriving.entry == entry) && all.remove(name).is_some()
    }

    /// Takes their places away from those that nobody went on with.
    pub(crate) fn idle(&self, now: Timestamp) -> Vec<(Name, EntryId, bool)> {
        let mut gone = Vec::new();
        self.all().retain(|name, arriving| {
            let is_idle = arriving.is_open && now.duration_since(arriving.touched) > KEPT;
            if is_idle {
                gone.push((name.clone(), arriving.entry, arriving.person_level));
            }
            !is_idle
        });
        gone
    }
}

impl Held {
    /// Adds a piece that begins at a byte of the content; tells how much has arrived.
    ///
    /// # Errors
    /// A refusal when more comes than was announced, or its end is being dealt with; a fault when it cannot be written.
    pub(crate) fn push(&self, at: u64, piece: &[u8]) -> Result<u64, Stop> {
        let mut spool = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
        let spool = spool.as_mut().ok_or(BUSY)?;
        if at != spool.taken() {
            return Ok(spool.taken());
        }
        if piece.len() as u64 > self.length.saturating_sub(at) {
            return Err(malformed("bytes", "more comes than was announced: announce it anew"));
        }
        spool.push(piece)?;
        self.taken.store(spool.taken(), Ordering::Release);
        Ok(spool.taken())
    }
}

#[cfg(test)]
mod tests {
    use concordat_core::ids::Digest;
    use concordat_core::submission::{Covers, Identity};

    use super::*;

    fn announced(length: u64, content: u8, all_or_nothing: bool) -> Announced {
        let head = Received {
            identity: Identity {
                agency: "met".parse().unwrap(),
                return_type: "t".parse().unwrap(),
                areas: Vec::new(),
                covers: Covers::Period("2022-23".parse().unwrap()),
                part: None,
            },
            key: SendKey([1; 16]),
            purpose: None,
            type_digest: Digest([2; 32]),
            nil: false,
            replaces: None,
            tables: Vec::new(),
            explanations: Vec::new(),
            all_or_nothing,
        };
        Announced { head, length, content: Digest([content; 32]) }
    }

    fn at(minutes: i64) -> Timestamp {
        "2023-05-03T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    fn begin(arrivals: &Arrivals, agency: &str, key: u8, what: Announced) -> Result<Arrived, Stop> {
        let name = (agency.parse().unwrap(), SendKey([key; 16]));
        let by = format!("{agency}/desk").parse().unwrap();
        arrivals.begin(name, what, by, (EntryId([key; 16]), true), at(0))
    }

    fn is_busy(arrived: Result<Arrived, Stop>) -> bool {
        matches!(arrived, Err(Stop::Refused(Refusal::TooBusy)))
    }

    #[test]
    fn an_agency_has_four_on_their_way_all_have_sixteen_and_what_they_come_to_is_bounded() {
        let arrivals = Arrivals::default();
        for key in 0..4 {
            assert!(begin(&arrivals, "met", key, announced(1, 0, false)).is_ok());
        }
        assert!(is_busy(begin(&arrivals, "met", 9, announced(1, 0, false))));
        for (agency, keys) in [("a", 4), ("b", 4), ("c", 4)] {
            (0..keys).for_each(|key| assert!(begin(&arrivals, agency, key, announced(1, 0, false)).is_ok()));
        }
        assert!(is_busy(begin(&arrivals, "d", 0, announced(1, 0, false))));
        let arrivals = Arrivals::default();
        for agency in ["a", "b", "c", "d"] {
            assert!(begin(&arrivals, agency, 0, announced(1 << 30, 0, false)).is_ok());
        }
        assert!(is_busy(begin(&arrivals, "e", 0, announced(1, 0, false))));
    }

    #[test]
    fn a_place_without_a_file_is_nobodys_to_go_on_with_and_does_not_grow_old() {
        let arrivals = Arrivals::default();
        assert!(begin(&arrivals, "met", 1, announced(1, 0, false)).is_ok());
        assert!(is_busy(begin(&arrivals, "met", 1, announced(1, 0, false))));
        assert!(arrivals.idle(at(600)).is_empty());
        let name = ("met".parse().unwrap(), SendKey([1; 16]));
        assert!(!arrivals.remove(&name, EntryId([9; 16])), "another's");
        assert!(arrivals.remove(&name, EntryId([1; 16])));
        assert!(begin(&arrivals, "met", 1, announced(1, 0, false)).is_ok());
    }
}
