//! One entry, durable and under a signed checkpoint, and its receipt.

use concordat_core::apply::{Key, Row};
use concordat_core::entry::{Accepted, Body, Found, Judged, OverdueCleared};
use concordat_core::fault::Fault;
use concordat_core::finding::{Counts, Finding, Severity};
use concordat_core::ids::{Digest, EntryId, SendKey};
use concordat_core::refusal::Refusal;
use concordat_core::submission::{Identity, PayloadAt};
use concordat_core::withdrawal::Withdrawal;
use concordat_ledger::{Hash, Receipt, Statement};
use concordat_policy::Permitted;
use concordat_store::{Appended, Committed, Precondition, Proposal, Store, Unmet};

use crate::across::Across;
use crate::identify::Caller;
use crate::open::Flow;
use crate::parted::Parted;
use crate::random;
use crate::route::Route;
use crate::seal::SealedReturn;
use crate::stop::Stop;
use crate::submit::Acknowledged;
use crate::validate::Checked;

/// The findings recorded with an entry, at most.
pub(crate) const FOUND: usize = 1_000;

/// A return that is being sent, as far as it can be recognised.
pub(crate) struct Sending<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) key: SendKey,
    /// The digest of its content.
    pub(crate) content: Digest,
    /// Whether it names a submission that it replaces.
    pub(crate) replaces: bool,
}

/// How a commit may end well.
pub(crate) enum Outcome {
    /// It was recorded now.
    Recorded(Recorded),
    /// It had been recorded before.
    Already(Recorded),
}

/// A receipt and what the sender is told with it.
pub(crate) struct Recorded {
    submission: EntryId,
    index: u64,
    version: u32,
    queued_to: usize,
    receipt: Receipt,
    already: bool,
    withdrawn: Option<Withdrawal>,
}

impl Recorded {
    pub(crate) fn acknowledge(self, (findings, parted): (Vec<Finding>, Option<Parted>)) -> Acknowledged {
        Acknowledged {
            submission: self.submission,
            index: self.index,
            version: self.version,
            receipt: self.receipt.to_text().into_bytes(),
            already: self.already,
            withdrawn: self.withdrawn,
            queued_to: u32::try_from(self.queued_to).unwrap_or(u32::MAX),
            findings,
            parted,
        }
    }
}

impl<S: Store> Flow<S> {
    pub(crate) async fn commit(
        &self,
        caller: &Caller,
        sealed: Permitted<SealedReturn>,
        route: Route,
        findings: &[Finding],
        across: &Across,
    ) -> Result<Outcome, Stop> {
        let version = self.version_of(sealed.get())?;
        let statement = self.statement(caller, &sealed, version)?;
        let request = sealed.request().clone();
        let grant = sealed.grant().clone();
        let judged = Judged { request, grant, assignment: Some(caller.assignment()) };
        let sealed = sealed.into_inner();
        let (submission, clears) = (sealed.entry, self.clears(&sealed.identity));
        let person_level = sealed.person_level;
        let mut preconditions = preconditions(&sealed, version);
        preconditions.extend(across.beside());
        let queued_to = route.len();
        let compared = across.entry(submission, &sealed.identity)?;
        let body = Body::Accepted(Box::new(Accepted {
            identity: sealed.identity,
            version,
            replaces: sealed.replaces,
            nil: sealed.nil,
            person_level: sealed.person_level,
            purpose: sealed.purpose,
            content: sealed.content,
            type_digest: sealed.type_digest,
            key: sealed.key,
            submitted_by: caller.principal().clone(),
            judged,
            recipients: route.as_ref().clone(),
            counts: sealed.counts.plus(Counts::of(&across.findings)),
            found: found(findings),
            explanations: sealed.explanations,
            // where it really lies is the store's to say
            payload: PayloadAt::Nowhere,
            compared: sealed.compared,
            left_out: sealed.left_out,
            looked_back: across.looked_back.clone(),
        }));
        let mut group = vec![Proposal {
            id: submission,
            body,
            statement: Some(statement),
            payload: sealed.payload,
            preconditions,
        }];
        if let Some(identity) = &clears {
            group.push(self.clearing(identity, submission)?);
        }
        group.extend(compared);
        match self.store.append(group).await? {
            Appended::Committed(committed) => {
                if let Some(identity) = clears {
                    self.forget_overdue(&identity);
                }
                recorded(committed, version, queued_to).map(Outcome::Recorded)
            }
            Appended::Unmet(unmet) => {
                if person_level {
                    self.forget(submission).await;
                }
                self.unmet(unmet)
            }
        }
    }

    /// Whether a person-level return, or one that is compared with others, was recorded before, or cannot be recorded:
    /// looked up before it is sealed, so that a resend leaves no second copy and opens nobody's return. The writer
    /// decides again when it is appended.
    pub(crate) fn sent_before(
        &self,
        checked: &Permitted<Checked>,
        compared: bool,
    ) -> Result<Option<Recorded>, Stop> {
        let checked = checked.get();
        if !checked.rtype.person_level && !compared {
            return Ok(None);
        }
        let sent = Sending {
            identity: checked.valid.identity(),
            key: checked.key,
            content: checked.valid.digest(),
            replaces: checked.replaces.is_some(),
        };
        self.recorded_before(&sent)
    }

    /// What was recorded of this before, or why it cannot be recorded.
    pub(crate) fn recorded_before(&self, sending: &Sending<'_>) -> Result<Option<Recorded>, Stop> {
        let identity = sending.identity;
        let content = self.store.content_hmac(&sending.content);
        if let Some(Row::Sent(sent)) = self.store.row(&Key::Sent(identity.agency.clone(), sending.key))? {
            return if sent.content == content {
                self.original(sent.index).map(Some)
            } else {
                Err(Stop::Refused(Refusal::KeyReused))
            };
        }
        match self.store.row(&Key::Version(identity.clone()))? {
            Some(Row::Version(version)) if version.withdrawn => Ok(None),
            Some(Row::Version(version)) if version.content == content => {
                self.original(version.index).map(Some)
            }
            Some(Row::Version(version)) if !sending.replaces => {
                Err(Stop::Refused(Refusal::AlreadyAccepted {
                    in_force: version.submission,
                    version: version.version,
                }))
            }
            _ => Ok(None),
        }
    }

    /// Destroys the record key of content that was sealed and not recorded, or was taken back: nobody can open it any
    /// more.
    pub(crate) async fn forget(&self, submission: EntryId) {
        let ring = std::sync::Arc::clone(&self.ring);
        let forgotten = tokio::task::spawn_blocking(move || ring.destroy_record_key(submission.0)).await;
        if !matches!(forgotten, Ok(Ok(()))) {
            tracing::warn!(%submission, "the key of content that nobody is to read could not be destroyed");
        }
    }

    /// The next version: one that replaces counts on from what it names, any other from what was taken back. The
    /// writer checks that it is the next.
    fn version_of(&self, sealed: &SealedReturn) -> Result<u32, Stop> {
        let Some(replaces) = &sealed.replaces else {
            return Ok(match self.store.row(&Key::Version(sealed.identity.clone()))? {
                Some(Row::Version(last)) => last.version.saturating_add(1),
                _ => 1,
            });
        };
        match self.store.row(&Key::Submission(replaces.submission))? {
            Some(Row::Submission(older)) if older.identity == sealed.identity => {
                Ok(older.version.saturating_add(1))
            }
            _ => Err(Stop::Refused(Refusal::NotInForce)),
        }
    }

    fn statement(
        &self,
        caller: &Caller,
        sealed: &Permitted<SealedReturn>,
        version: u32,
    ) -> Result<Vec<u8>, Stop> {
        let grant = sealed.grant();
        let sealed = sealed.get();
        let first = |rule: Option<String>| rule.unwrap_or_else(|| "none".to_owned());
        Statement {
            log: self.origin.clone(),
            submission: sealed.entry.to_string(),
            agency: sealed.identity.agency.to_string(),
            principal: caller.principal().to_string(),
            return_type: sealed.identity.return_type.to_string(),
            areas: sealed.identity.areas.iter().map(ToString::to_string).collect(),
            period: sealed.identity.covers.to_string(),
            part: sealed.identity.part.clone(),
            version,
            replaces: sealed.replaces.as_ref().map(|replaces| replaces.submission.to_string()),
            content: Hash(sealed.content.0),
            outcome: if sealed.nil { "nil declared" } else { "accepted" }.to_owned(),
            decision: first(grant.rules.first().map(ToString::to_string)),
            agreement: grant.agreements.first().map(ToString::to_string),
            policy: Hash(grant.policy.0),
        }
        .encode()
        .map_err(|fault| Stop::Failed(Fault::internal(fault)))
    }

    fn clears(&self, identity: &Identity) -> Option<Identity> {
        let overdue = self.overdue.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        overdue.get(identity).cloned()
    }

    pub(crate) fn forget_overdue(&self, identity: &Identity) {
        self.overdue.write().unwrap_or_else(std::sync::PoisonError::into_inner).remove(identity);
    }

    pub(crate) fn clearing(&self, identity: &Identity, by: EntryId) -> Result<Proposal, Fault> {
        let body = Body::OverdueCleared(OverdueCleared { identity: identity.clone(), by });
        Ok(Proposal::of(random::entry_id()?, body))
    }

    fn unmet(&self, unmet: Unmet) -> Result<Outcome, Stop> {
        match unmet {
            Unmet::SameContent { index } => self.original(index).map(Outcome::Already),
            Unmet::KeyReused => Err(Stop::Refused(Refusal::KeyReused)),
            Unmet::OtherInForce { submission, version } => {
                Err(Stop::Refused(Refusal::AlreadyAccepted { in_force: submission, version }))
            }
            Unmet::NotInForce => Err(Stop::Refused(Refusal::NotInForce)),
            Unmet::Withdrawn => Err(Stop::Refused(Refusal::Withdrawn)),
            // something of this return was sent and taken back in the meantime: sent again, it counts on
            Unmet::VersionTaken => Err(Stop::Refused(Refusal::TooBusy)),
            // whoever sends again under the same key is compared with what is in force then
            Unmet::Moved => {
                Err(Stop::Failed(Fault::unavailable("a return that was compared with changed meanwhile")))
            }
            Unmet::AlreadyRaised
            | Unmet::NoInvitation
            | Unmet::InvitationUsed
            | Unmet::NoDelivery
            | Unmet::WrongState { .. } => Err(Stop::Failed(Fault::internal(format!(
                "a submission met a precondition of another act: {unmet:?}"
            )))),
        }
    }

    fn original(&self, index: u64) -> Result<Recorded, Stop> {
        let receipt = self.store.receipt(index)?;
        let missing = || Stop::Failed(Fault::tampered(format!("entry {index} holds no submission any more")));
        let recorded = self.store.entry(index)?.ok_or_else(missing)?;
        let Body::Accepted(accepted) = recorded.body else { return Err(missing()) };
        let withdrawn = self.submission(recorded.id)?.and_then(|record| record.withdrawn);
        Ok(Recorded {
            submission: recorded.id,
            index,
            version: accepted.version,
            queued_to: accepted.recipients.len(),
            receipt,
            already: true,
            withdrawn,
        })
    }
}

fn recorded(committed: Vec<Committed>, version: u32, queued_to: usize) -> Result<Recorded, Stop> {
    let first = committed.into_iter().next().ok_or_else(|| Fault::internal("a commit recorded nothing"))?;
    Ok(Recorded {
        submission: first.logged.id(),
        index: first.index,
        version,
        queued_to,
        receipt: first.receipt(),
        already: false,
        withdrawn: None,
    })
}

fn preconditions(sealed: &SealedReturn, version: u32) -> Vec<Precondition> {
    vec![
        Precondition::KeyUnused {
            agency: sealed.identity.agency.clone(),
            key: sealed.key,
            content: sealed.content,
        },
        Precondition::InForce {
            identity: sealed.identity.clone(),
            submission: sealed.replaces.as_ref().map(|replaces| replaces.submission),
            content: sealed.content,
            version,
        },
    ]
}

/// Findings as an entry keeps them: where and by which rule, no words and no values.
pub(crate) fn found(findings: &[Finding]) -> Vec<Found> {
    findings
        .iter()
        .filter(|finding| finding.severity != Severity::NotChecked)
        .take(FOUND)
        .map(|finding| Found {
            rule: finding.rule.clone(),
            severity: finding.severity,
            table: finding.table.clone(),
            row: finding.row,
            column: finding.column.clone(),
        })
        .collect()
}
