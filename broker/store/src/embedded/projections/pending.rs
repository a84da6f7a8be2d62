//! The rows of a group that is being built: preconditions are judged by them before anything is written, and
//! they reach the projections only once the group is recorded.

use std::cell::RefCell;
use std::collections::HashMap;

use concordat_core::apply::{Change, Key, Row, VersionRecord, apply, merge};
use concordat_core::entry::Entry;
use concordat_core::ids::{Digest, EntryId};
use concordat_core::submission::Identity;

use crate::proposal::{Precondition, Unmet};

use super::keys::{OBLIGATION, RowKey, Token, VERSION};
use super::pointers::{Pointer, Sent};
use super::rows::{Held, ReturnRow};
use super::{Broken, Projections};

/// Rows that entries not yet recorded would change.
pub(crate) struct Pending<'p> {
    projections: &'p Projections,
    rows: HashMap<RowKey, Held>,
    /// What stood in `rows` before each change since the last mark.
    undo: Vec<(RowKey, Option<Held>)>,
    content: Option<(Digest, Digest)>,
    /// The last return read from the projections: version and obligation are asked for one after the other.
    last: RefCell<Option<(Token, ReturnRow)>>,
}

impl<'p> Pending<'p> {
    pub(crate) fn over(projections: &'p Projections) -> Self {
        Self { projections, rows: HashMap::new(), undo: Vec::new(), content: None, last: RefCell::default() }
    }

    /// Makes what was applied up to now last, whatever is undone later.
    pub(crate) fn mark(&mut self) {
        self.undo.clear();
    }

    /// Takes back what was applied since the last mark.
    pub(crate) fn undo(&mut self) {
        while let Some((key, old)) = self.undo.pop() {
            match old {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }

    /// The rows to be written.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&RowKey, &Held)> {
        self.rows.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn clear(&mut self) {
        // the rows are written now: what was read before them is no longer so
        *self.last.borrow_mut() = None;
        self.rows.clear();
        self.undo.clear();
    }

    /// Applies an entry.
    pub(crate) fn apply(&mut self, entry: &Entry) -> Result<(), Broken> {
        for change in apply(entry) {
            let key = self.projections.keys.row(&change.key());
            let Some(held) = self.changed(&key, change)? else { continue };
            let old = self.rows.insert(key, held);
            self.undo.push((key, old));
        }
        Ok(())
    }

    /// What a row becomes. Of a submission and of a used key only what the entry does not say is kept.
    fn changed(&mut self, key: &RowKey, change: Change) -> Result<Option<Held>, Broken> {
        match change {
            Change::Submitted(record) => {
                return Ok(Some(Held::Submission(Pointer {
                    index: record.index,
                    superseded_by: None,
                    withdrawn: None,
                })));
            }
            Change::KeyUsed { record, .. } => {
                return Ok(Some(Held::Sent(Sent::new(record.index, &self.hmac(&record.content)))));
            }
            Change::Superseded { by, .. } => {
                return Ok(match self.read(key)? {
                    Some(Held::Submission(pointer)) => {
                        Some(Held::Submission(Pointer { superseded_by: Some(by), ..pointer }))
                    }
                    _ => None,
                });
            }
            Change::Withdrawn { withdrawal, .. } => {
                return Ok(match self.read(key)? {
                    Some(Held::Submission(pointer)) => {
                        Some(Held::Submission(Pointer { withdrawn: Some(withdrawal.index), ..pointer }))
                    }
                    _ => None,
                });
            }
            _ => {}
        }
        // a version that was read is kept with its HMAC already
        let comes_into_force = matches!(change, Change::InForce { .. });
        let old = if change.is_whole() { None } else { self.read_row(key)? };
        let Some(mut row) = merge(old, change) else { return Ok(None) };
        if let (Row::Version(version), true) = (&mut row, comes_into_force) {
            version.content = self.hmac(&version.content);
        }
        Ok(Some(Held::Row(row)))
    }

    /// The first of the preconditions that does not hold.
    pub(crate) fn judge(&mut self, preconditions: &[Precondition]) -> Result<Option<Unmet>, Broken> {
        for precondition in preconditions {
            let unmet = self.judge_one(precondition)?;
            if unmet.is_some() {
                return Ok(unmet);
            }
        }
        Ok(None)
    }

    fn judge_one(&mut self, precondition: &Precondition) -> Result<Option<Unmet>, Broken> {
        match precondition {
            Precondition::KeyUnused { agency, key, content } => {
                let key = self.projections.keys.row(&Key::Sent(agency.clone(), *key));
                Ok(match self.read(&key)? {
                    Some(Held::Sent(sent)) => Some(self.judge_sent(&sent, content)),
                    _ => None,
                })
            }
            Precondition::InForce { identity, submission, content, version } => {
                let last = self.last_version(identity)?;
                Ok(self.judge_in_force(last, *submission, content, *version))
            }
            Precondition::StillInForce { identity, submission } => {
                Ok(match self.last_version(identity)?.filter(|last| last.submission == *submission) {
                    Some(last) if last.withdrawn => Some(Unmet::Withdrawn),
                    Some(_) => None,
                    None => Some(Unmet::NotInForce),
                })
            }
            Precondition::NotWithdrawn { submission } => {
                let key = self.projections.keys.row(&Key::Submission(*submission));
                Ok(match self.read(&key)? {
                    Some(Held::Submission(pointer)) if pointer.withdrawn.is_some() => Some(Unmet::Withdrawn),
                    _ => None,
                })
            }
            Precondition::Beside { identity, submission } => {
                let in_force = match self.find(&Key::Version(identity.clone()))? {
                    Some(Row::Version(version)) if !version.withdrawn => Some(version.submission),
                    _ => None,
                };
                Ok((in_force != *submission).then_some(Unmet::Moved))
            }
            Precondition::NotRaised { identity } => {
                Ok(match self.find(&Key::Obligation(identity.clone()))? {
                    Some(Row::Obligation(record)) if record.overdue_at.is_some() => {
                        Some(Unmet::AlreadyRaised)
                    }
                    _ => None,
                })
            }
            Precondition::InvitationOpen { token } => Ok(match self.find(&Key::Invitation(*token))? {
                Some(Row::Invitation(invitation)) if invitation.used_at.is_some() => {
                    Some(Unmet::InvitationUsed)
                }
                // what was handed out before a revocation counts no more
                Some(Row::Invitation(invitation)) => {
                    match self.find(&Key::Principal(invitation.principal.clone()))? {
                        Some(Row::Principal(principal))
                            if principal.revoked.is_some_and(|at| at > invitation.index) =>
                        {
                            Some(Unmet::NoInvitation)
                        }
                        _ => None,
                    }
                }
                _ => Some(Unmet::NoInvitation),
            }),
            Precondition::Delivery { recipient, index, states } => {
                Ok(match self.find(&Key::Delivery(recipient.clone(), *index))? {
                    Some(Row::Delivery(delivery)) if states.contains(&delivery.state) => None,
                    Some(Row::Delivery(delivery)) => Some(Unmet::WrongState { state: delivery.state }),
                    _ => Some(Unmet::NoDelivery),
                })
            }
        }
    }

    fn last_version(&self, identity: &Identity) -> Result<Option<VersionRecord>, Broken> {
        Ok(match self.find(&Key::Version(identity.clone()))? {
            Some(Row::Version(version)) => Some(version),
            _ => None,
        })
    }

    fn judge_in_force(
        &mut self,
        last: Option<VersionRecord>,
        expected: Option<EntryId>,
        content: &Digest,
        next: u32,
    ) -> Option<Unmet> {
        let stands = match (&last, expected) {
            (Some(last), Some(expected)) if last.submission == expected => {
                last.withdrawn.then_some(Unmet::Withdrawn)
            }
            (Some(last), expected) if !last.withdrawn => {
                Some(self.judge_version(last, content, expected.is_some()))
            }
            (_, Some(_)) => Some(Unmet::NotInForce),
            (_, None) => None,
        };
        let taken = last.map_or(0, |last| last.version).checked_add(1) != Some(next);
        stands.or(taken.then_some(Unmet::VersionTaken))
    }

    fn judge_sent(&mut self, sent: &Sent, content: &Digest) -> Unmet {
        if sent.is_of(&self.hmac(content)) {
            Unmet::SameContent { index: sent.index }
        } else {
            Unmet::KeyReused
        }
    }

    fn judge_version(&mut self, version: &VersionRecord, content: &Digest, expected: bool) -> Unmet {
        if version.content == self.hmac(content) {
            Unmet::SameContent { index: version.index }
        } else if expected {
            Unmet::NotInForce
        } else {
            Unmet::OtherInForce { submission: version.submission, version: version.version }
        }
    }

    fn find(&self, key: &Key) -> Result<Option<Row>, Broken> {
        self.read_row(&self.projections.keys.row(key))
    }

    fn read_row(&self, key: &RowKey) -> Result<Option<Row>, Broken> {
        Ok(match self.read(key)? {
            Some(Held::Row(row)) => Some(row),
            _ => None,
        })
    }

    fn read(&self, key: &RowKey) -> Result<Option<Held>, Broken> {
        match self.rows.get(key) {
            Some(held) => Ok(Some(held.clone())),
            None if matches!(key.sort(), VERSION | OBLIGATION) => self.read_return(key),
            None => self.projections.read(key),
        }
    }

    fn read_return(&self, key: &RowKey) -> Result<Option<Held>, Broken> {
        let token = key.token();
        let mut last = self.last.borrow_mut();
        let row = match last.as_ref() {
            Some((known, row)) if *known == token => row,
            _ => &last.insert((token, self.projections.return_row(&token)?)).1,
        };
        Ok(if key.sort() == VERSION {
            row.version.map(|record| Held::Row(Row::Version(record)))
        } else {
            row.obligation.clone().map(|record| Held::Row(Row::Obligation(record)))
        })
    }

    fn hmac(&mut self, content: &Digest) -> Digest {
        match &self.content {
            Some((known, hmac)) if known == content => *hmac,
            _ => {
                let hmac = self.projections.keys.content(content);
                self.content = Some((*content, hmac));
                hmac
            }
        }
    }
}
