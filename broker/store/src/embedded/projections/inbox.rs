//! Inboxes: the deliveries of each agency by index, in chunks of 64. The last chunk of each is kept in memory and
//! written when it is full and at a clean stop; so queueing a delivery seldom writes a row.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use concordat_core::ids::AgencyId;
use concordat_core::submission::{DeliveryRecord, DeliveryState};
use jiff::Timestamp;

use super::keys::{AGENCY, DELIVERY, RowKey, Token};
use super::rows::{self, Delivery};
use super::{Broken, Projections, locked};

const CHUNK: usize = 64;

/// A delivery that waits to be collected: until when, in microseconds, and which.
pub(super) type Waiting = (i64, u64, Token);

/// One agency's inbox.
pub(super) struct Inbox {
    agency: AgencyId,
    /// The last chunk, in memory; its row, if there is one, is older.
    tail: Vec<Delivery>,
    /// The index of the last delivery.
    last: Option<u64>,
}

/// All inboxes, and what waits in them.
#[derive(Default)]
pub(super) struct Inboxes {
    by_token: HashMap<Token, Inbox>,
    waiting: BTreeSet<Waiting>,
}

fn chunk_key(token: &Token, first: u64) -> RowKey {
    RowKey::new(DELIVERY, &[token, &first.to_be_bytes()])
}

fn malformed() -> Broken {
    Broken("a chunk of an inbox is malformed".to_owned())
}

fn record(agency: &AgencyId, delivery: &Delivery) -> DeliveryRecord {
    DeliveryRecord {
        recipient: agency.clone(),
        submission: delivery.submission,
        index: delivery.index,
        state: delivery.state,
        reported: delivery.reported,
        collect_by: delivery.collect_by,
    }
}

fn compact(record: &DeliveryRecord) -> Delivery {
    Delivery {
        index: record.index,
        submission: record.submission,
        state: record.state,
        reported: record.reported,
        collect_by: record.collect_by,
    }
}

impl Projections {
    /// Puts deliveries, new and changed, into their inboxes.
    pub(super) fn put_deliveries(&self, mut changed: Vec<(Token, &DeliveryRecord)>) -> Result<(), Broken> {
        changed.sort_by_key(|(token, record)| (*token, record.index));
        let mut inboxes = locked(&self.inboxes);
        for (token, record) in changed {
            let waiting = (record.collect_by.as_microsecond(), record.index, token);
            if record.state == DeliveryState::Queued && !record.reported {
                inboxes.waiting.insert(waiting);
            } else {
                inboxes.waiting.remove(&waiting);
            }
            let inbox = match inboxes.by_token.entry(token) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let agency = record.recipient.clone();
                    self.put(&RowKey::new(AGENCY, &[&token]), agency.as_str().as_bytes())?;
                    new.insert(Inbox { agency, tail: Vec::new(), last: None })
                }
            };
            self.put_delivery(&token, inbox, compact(record))?;
        }
        Ok(())
    }

    fn put_delivery(&self, token: &Token, inbox: &mut Inbox, delivery: Delivery) -> Result<(), Broken> {
        if inbox.last.is_none_or(|last| delivery.index > last) {
            inbox.last = Some(delivery.index);
            inbox.tail.push(delivery);
            if inbox.tail.len() == CHUNK {
                self.put_chunk(token, &std::mem::take(&mut inbox.tail))?;
            }
            return Ok(());
        }
        if let Some(held) = inbox.tail.iter_mut().find(|held| held.index == delivery.index) {
            *held = delivery;
            return Ok(());
        }
        let Some(mut chunk) = self.chunk_of(token, delivery.index)? else { return Err(malformed()) };
        let held = chunk.iter_mut().find(|held| held.index == delivery.index).ok_or_else(malformed)?;
        *held = delivery;
        self.put_chunk(token, &chunk)
    }

    fn put_chunk(&self, token: &Token, chunk: &[Delivery]) -> Result<(), Broken> {
        let Some(first) = chunk.first() else { return Ok(()) };
        self.put(&chunk_key(token, first.index), &rows::encode_deliveries(chunk))
    }

    fn open_chunk(&self, key: &[u8], stored: &[u8]) -> Result<Vec<Delivery>, Broken> {
        let plain = self.seal.open(key, stored).map_err(|fault| Broken(fault.to_string()))?;
        rows::decode_deliveries(&plain).ok_or_else(malformed)
    }

    /// The written chunk in which an index lies, if it is in any.
    fn chunk_of(&self, token: &Token, index: u64) -> Result<Option<Vec<Delivery>>, Broken> {
        let (first, last) = (chunk_key(token, 0), chunk_key(token, index));
        let Some((key, stored)) = self.table.last(first.as_slice(), last.as_slice())? else {
            return Ok(None);
        };
        self.open_chunk(&key, &stored).map(Some)
    }

    /// One delivery.
    pub(super) fn delivery(&self, token: &Token, index: u64) -> Result<Option<DeliveryRecord>, Broken> {
        let inboxes = locked(&self.inboxes);
        self.delivery_in(&inboxes, token, index)
    }

    fn delivery_in(
        &self,
        inboxes: &Inboxes,
        token: &Token,
        index: u64,
    ) -> Result<Option<DeliveryRecord>, Broken> {
        let Some(inbox) = inboxes.by_token.get(token) else { return Ok(None) };
        let in_tail = inbox.tail.first().is_some_and(|first| index >= first.index);
        let written = if in_tail { None } else { self.chunk_of(token, index)? };
        let chunk = written.as_deref().unwrap_or(if in_tail { &inbox.tail } else { &[] });
        let found = chunk.iter().find(|delivery| delivery.index == index);
        Ok(found.map(|delivery| record(&inbox.agency, delivery)))
    }

    /// A page of an agency's deliveries.
    pub(crate) fn inbox(
        &self,
        agency: &AgencyId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<DeliveryRecord>, Broken> {
        let token = self.keys.agency(agency);
        let inboxes = locked(&self.inboxes);
        let Some(inbox) = inboxes.by_token.get(&token) else { return Ok(Vec::new()) };
        let before = chunk_key(&token, 0);
        let start = self.table.last(before.as_slice(), chunk_key(&token, from).as_slice())?;
        let start = start.map_or_else(|| before.as_slice().to_vec(), |(key, _)| key.to_vec());
        // what lies in the tail may have an older row of its own: the tail counts
        let end = inbox.tail.first().map_or(u64::MAX, |first| first.index.saturating_sub(1));
        let mut page: Vec<Delivery> = Vec::new();
        let mut broken = None;
        if inbox.tail.first().is_none_or(|first| first.index > 0) {
            self.table.scan(&start, chunk_key(&token, end).as_slice(), |key, stored| {
                match self.open_chunk(key, stored) {
                    Ok(chunk) => page.extend(chunk.into_iter().filter(|delivery| delivery.index >= from)),
                    Err(fault) => broken = Some(fault),
                }
                page.len() < limit && broken.is_none()
            })?;
        }
        if let Some(broken) = broken {
            return Err(broken);
        }
        page.extend(inbox.tail.iter().filter(|delivery| delivery.index >= from));
        page.truncate(limit);
        Ok(page.iter().map(|delivery| record(&inbox.agency, delivery)).collect())
    }

    /// Deliveries queued at or beyond their time and not reported.
    pub(crate) fn uncollected(&self, now: Timestamp, limit: usize) -> Result<Vec<DeliveryRecord>, Broken> {
        let inboxes = locked(&self.inboxes);
        let due = inboxes.waiting.iter().take_while(|(collect_by, ..)| *collect_by <= now.as_microsecond());
        let found = due.take(limit).map(|(_, index, token)| self.delivery_in(&inboxes, token, *index));
        Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// How many deliveries there are; for comparing with a rebuild.
    pub(super) fn count_deliveries(&self) -> Result<u64, Broken> {
        let tokens: Vec<AgencyId> =
            locked(&self.inboxes).by_token.values().map(|inbox| inbox.agency.clone()).collect();
        let counts = tokens.iter().map(|agency| self.inbox(agency, 0, usize::MAX));
        Ok(counts.collect::<Result<Vec<_>, _>>()?.iter().map(|page| page.len() as u64).sum())
    }

    /// Writes the chunks that are not full.
    pub(super) fn save_inboxes(&self) -> Result<(), Broken> {
        let inboxes = locked(&self.inboxes);
        inboxes.by_token.iter().try_for_each(|(token, inbox)| self.put_chunk(token, &inbox.tail))
    }

    /// Takes the last chunk of every inbox into memory, and finds out what waits.
    pub(super) fn load_inboxes(&self, waiting: BTreeSet<Waiting>) -> Result<(), Broken> {
        let mut agencies = Vec::new();
        self.table.scan(&[AGENCY], &[AGENCY + 1], |key, stored| {
            agencies.push((key.to_vec(), stored.to_vec()));
            true
        })?;
        let mut inboxes = Inboxes { by_token: HashMap::new(), waiting };
        for (key, stored) in agencies {
            let name = self.seal.open(&key, &stored).map_err(|fault| Broken(fault.to_string()))?;
            let agency = std::str::from_utf8(&name).ok().and_then(|name| AgencyId::new(name).ok());
            let token = key.get(1..).and_then(|token| token.first_chunk::<16>()).copied();
            let (Some(agency), Some(token)) = (agency, token) else { return Err(malformed()) };
            let mut tail = self.chunk_of(&token, u64::MAX)?.unwrap_or_default();
            let last = tail.last().map(|delivery| delivery.index);
            if tail.len() >= CHUNK {
                tail.clear();
            }
            inboxes.by_token.insert(token, Inbox { agency, tail, last });
        }
        *locked(&self.inboxes) = inboxes;
        Ok(())
    }

    /// What waits, to be kept at a clean stop.
    pub(super) fn waiting(&self) -> Vec<Waiting> {
        locked(&self.inboxes).waiting.iter().copied().collect()
    }
}
