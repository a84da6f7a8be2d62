//! The auditor's reads: the entry that says who looked comes first.

mod line;

use concordat_core::decision::Act;
use concordat_core::entry::{AuditRead, Body, EntryClass, Judged};
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, AgreementId, Digest, EntryId, PurposeId, ReturnTypeId, RuleId};
use concordat_policy::Permitted;
use concordat_store::Store;
use jiff::Timestamp;

use crate::identify::Caller;
use crate::open::Flow;
use crate::stop::{Stop, malformed};

/// What an auditor looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Entries from this index on.
    pub from: u64,
    /// Up to but not including this index.
    pub to: Option<u64>,
    /// Recorded at or after.
    pub since: Option<Timestamp>,
    /// Recorded before.
    pub until: Option<Timestamp>,
    /// Concerning this agency.
    pub agency: Option<AgencyId>,
    /// Of these classes; of all when empty.
    pub classes: Vec<EntryClass>,
    /// At most this many.
    pub limit: usize,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditLine>,
    /// Where to search on.
    pub next: Option<u64>,
    /// The index of the entry that says this search was made.
    pub recorded_as: u64,
    /// Whether business time is a demonstration's.
    pub demo_clock: bool,
}

/// One entry, as an auditor reads it: who, what, by which decision. No content of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Its index.
    pub index: u64,
    /// Its id.
    pub id: EntryId,
    /// Its class.
    pub class: EntryClass,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who acted.
    pub who: Option<String>,
    /// The agency concerned.
    pub agency: Option<AgencyId>,
    /// The return type concerned.
    pub return_type: Option<ReturnTypeId>,
    /// The period concerned.
    pub period: Option<String>,
    /// The purpose named.
    pub purpose: Option<PurposeId>,
    /// What policy decided, where it was asked.
    pub allowed: Option<bool>,
    /// The rules it rests on.
    pub rules: Vec<RuleId>,
    /// The agreements they come from.
    pub agreements: Vec<AgreementId>,
    /// The policy bundle.
    pub policy: Option<Digest>,
    /// What happened, in one line.
    pub summary: String,
    /// The submission concerned.
    pub submission: Option<EntryId>,
    /// Other agencies concerned, sorted: those whose returns were compared.
    pub also: Vec<AgencyId>,
}

/// A signed checkpoint, and proof that it extends an older one.
#[derive(Debug, Clone)]
pub struct CheckpointOf {
    /// The signed note.
    pub checkpoint: String,
    /// The consistency proof.
    pub consistency: Vec<[u8; 32]>,
    /// The log's public key.
    pub log_key: String,
}

/// Entries opened at a time.
const PAGE: usize = 128;

/// Entries opened in one search, at most: a longer search goes on from `next`.
const SCAN: u64 = 50_000;

/// The one purpose for which the log is read.
pub(crate) const PURPOSE: &str = "P7-audit";

impl<S: Store> Flow<S> {
    /// Searches the log.
    ///
    /// # Errors
    /// A recorded refusal; a fault of ours, with nothing shown.
    pub async fn audit_search(&self, caller: &Caller, query: AuditQuery) -> Result<AuditPage, Stop> {
        let recorded_as = self.audit_entry(caller, in_words(&query)).await?;
        let end = query.to.unwrap_or(recorded_as).min(recorded_as);
        let stop_at = end.min(query.from.saturating_add(SCAN));
        let limit = query.limit.clamp(1, 1_000);
        let (mut at, mut entries) = (query.from, Vec::new());
        while at < stop_at && entries.len() < limit {
            let want = usize::try_from(stop_at - at).unwrap_or(PAGE).min(PAGE);
            let page = self.store.entries(at, want)?;
            if page.is_empty() {
                break;
            }
            // opening entries is work: others get their turn between two pages
            tokio::task::yield_now().await;
            for recorded in page {
                at = recorded.index.saturating_add(1);
                let line = line::of(&recorded);
                if line::answers(&line, &query) {
                    entries.push(line);
                    if entries.len() == limit {
                        break;
                    }
                }
            }
        }
        let next = (at < end).then_some(at);
        Ok(AuditPage { entries, next, recorded_as, demo_clock: self.is_demo_clock() })
    }

    /// The leaves of a range, for verifying without trusting us.
    ///
    /// # Errors
    /// As [`Flow::audit_search`].
    pub async fn leaves(
        &self,
        caller: &Caller,
        from: u64,
        limit: usize,
    ) -> Result<(Vec<Vec<u8>>, u64), Stop> {
        let limit = limit.clamp(1, 5_000);
        let recorded_as = self.audit_entry(caller, format!("leaves from {from}, at most {limit}")).await?;
        let leaves = self.store.entries(from, limit)?.into_iter().map(|recorded| recorded.leaf).collect();
        Ok((leaves, recorded_as))
    }

    /// A signed checkpoint, and proof that it extends an older one. The size of the log tells how much happens, so
    /// it is for those who may read the log; it shows no entry, so it is not recorded itself.
    ///
    /// # Errors
    /// A recorded refusal; [`Refusal::Malformed`] when a size lies beyond the log; a fault of ours.
    ///
    /// [`Refusal::Malformed`]: concordat_core::refusal::Refusal::Malformed
    pub async fn checkpoint(&self, caller: &Caller, older: u64, newer: u64) -> Result<CheckpointOf, Stop> {
        let _permitted = self.may_audit(caller).await?;
        let head = self.store.head();
        let size = if newer == 0 { head.size } else { newer };
        if older > size || size > head.size {
            let text =
                format!("the log has {} entries; ask for sizes up to that, the older first", head.size);
            return Err(malformed("older", text));
        }
        let consistency = match older {
            0 => Vec::new(),
            older => self.store.consistency(older, size)?.into_iter().map(|hash| hash.0).collect(),
        };
        Ok(CheckpointOf {
            checkpoint: head.checkpoint.to_string(),
            consistency,
            log_key: self.log_key_text.clone(),
        })
    }

    pub(crate) async fn audit_entry(&self, caller: &Caller, query: String) -> Result<u64, Stop> {
        let permitted = self.may_audit(caller).await?;
        let judged = Judged {
            request: permitted.request().clone(),
            grant: permitted.grant().clone(),
            assignment: Some(caller.assignment()),
        };
        let body = Body::AuditRead(Box::new(AuditRead { by: caller.principal().clone(), query, judged }));
        self.append_one(body).await
    }

    async fn may_audit(&self, caller: &Caller) -> Result<Permitted<()>, Stop> {
        let generation = self.generation();
        let purpose: PurposeId = PURPOSE.parse().map_err(Fault::internal)?;
        let request = self.ask_at_large(&generation, caller, Act::AuditRead, Some(purpose), self.today());
        self.decide(&generation, caller, request).await
    }
}

fn in_words(query: &AuditQuery) -> String {
    let mut words = vec![format!("from {}", query.from)];
    words.extend(query.to.map(|to| format!("to {to}")));
    words.extend(query.since.map(|since| format!("since {since}")));
    words.extend(query.until.map(|until| format!("until {until}")));
    words.extend(query.agency.as_ref().map(|agency| format!("agency {agency}")));
    if !query.classes.is_empty() {
        let classes: Vec<&str> = query.classes.iter().map(|class| class.as_str()).collect();
        words.push(format!("classes {}", classes.join(" ")));
    }
    words.join(", ")
}
