//! Is it what the others say? A return is held against those of other agencies for the same areas and period, once
//! all that a rule speaks of are in; and its measures of twelve months against what came of the periods that they span.
//!
//! The content of another agency's return is opened here and nowhere else. What it says ends as one of three words:
//! a finding on the return that came, and an entry that names every return that was looked into.

mod rolling;
mod status;
mod year;

use std::collections::HashMap;
use std::sync::Arc;

use concordat_catalogue::taint::{is_rolling, tainted};
use concordat_catalogue::{AcrossRule, ReturnType, Side, Told, content};
use concordat_core::across::{Compared, ComparedAcross, Outcome, Party};
use concordat_core::apply::{Key, Row, VersionRecord};
use concordat_core::clock::Clock;
use concordat_core::entry::Body;
use concordat_core::fault::Fault;
use concordat_core::finding::Finding;
use concordat_core::ids::{AreaCode, EntryId};
use concordat_core::obligation::State;
use concordat_core::period::Period;
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use concordat_store::{Precondition, Proposal, Store};

use crate::completeness::{obligation, owed_by, period_end};
use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::random;
use crate::stop::Stop;
use crate::validate::{Checked, tables_of};

pub use status::AcrossOf;
use year::OfYear;

/// What a return's figures were found to be beside those of others.
#[derive(Debug, Default)]
pub(crate) struct Across {
    /// What its sender is told.
    pub findings: Vec<Finding>,
    /// What is recorded, without the return that came, whose id is not known yet.
    pub results: Vec<Compared>,
    /// What would be recorded of rules that had nothing to say.
    silent: Vec<Compared>,
    /// The agency's own earlier returns that were opened for its measures of twelve months.
    pub looked_back: Vec<EntryId>,
    /// What was in force of every other return that was looked for.
    seen: Vec<Seen>,
}

/// Another agency's return that a rule needs and that is in.
pub(crate) struct Other {
    part: usize,
    identity: Identity,
    version: VersionRecord,
}

/// A return that was looked for, and what was in force of it.
type Seen = (Identity, Option<EntryId>);

/// A rule that is to be held over an area, with the other returns that it needs.
struct Ready {
    rule: Arc<AcrossRule>,
    part: usize,
    area: AreaCode,
    others: Others,
}

/// Which rules are to be held, before anything is opened.
#[derive(Default)]
pub(crate) struct Looked {
    ready: Vec<Ready>,
    seen: Vec<Seen>,
}

impl Looked {
    /// Whether another return will be opened.
    pub(crate) fn opens(&self) -> bool {
        self.ready.iter().any(|ready| matches!(ready.others, Others::In(_)))
    }
}

/// Whether the other parts of a rule are in.
pub(crate) enum Others {
    /// All of them.
    In(Vec<Other>),
    /// Not yet, or nobody owes one of them.
    Waiting,
    /// These are overdue.
    Overdue(Vec<Identity>),
}

/// Contents opened for one comparison, by the index of their entries.
type Opened = HashMap<u64, (Arc<ReturnType>, Vec<Table>)>;

/// A return in words without figures.
pub(crate) fn in_words(return_type: &impl std::fmt::Display, agency: &impl std::fmt::Display) -> String {
    format!("`{return_type}` of {agency}")
}

fn period_of(identity: &Identity) -> Option<Period> {
    match identity.covers {
        Covers::Period(period) => Some(period),
        Covers::Event(_) => None,
    }
}

/// Whether a return is sent by whom a part wants it from.
pub(crate) fn fills(generation: &Generation, rule: &AcrossRule, part: usize, identity: &Identity) -> bool {
    let sender = rule.parts.get(part).and_then(|part| part.sender);
    sender.is_none_or(|kind| {
        generation.partnership.agency(&identity.agency).is_some_and(|agency| agency.kind == kind)
    })
}

impl<S: Store> Flow<S> {
    /// Looks for the other returns that the rules of a type need, and opens none. Rules over a year take no turn: what
    /// they looked for stands under the writer's precondition, and their parts come months apart.
    pub(crate) fn look(
        &self,
        generation: &Generation,
        rules: &[Arc<AcrossRule>],
        identity: &Identity,
    ) -> Result<Looked, Stop> {
        let mut looked = Looked::default();
        let Covers::Period(period) = identity.covers else { return Ok(looked) };
        let mut years = OfYear::of(period, identity, generation);
        for rule in rules {
            let Some(part) = rule.part_of(identity).filter(|at| fills(generation, rule, *at, identity))
            else {
                continue;
            };
            for area in &identity.areas {
                let others = if rule.yearly {
                    self.others_of_year(rule, area, &mut years)?.map_or(Others::Waiting, Others::In)
                } else {
                    let (others, seen) = self.others(generation, rule, area, period, identity)?;
                    looked.seen.extend(seen);
                    others
                };
                if !matches!(others, Others::Waiting) {
                    looked.ready.push(Ready { rule: Arc::clone(rule), part, area: area.clone(), others });
                }
            }
        }
        looked.seen.extend(years.seen());
        Ok(looked)
    }

    /// Compares a return that passed its own checks with those that were looked for. Whoever calls holds the turn of
    /// comparisons until the return is recorded, so that of two parts that come at once the later sees the earlier.
    pub(crate) fn compare(
        &self,
        generation: &Generation,
        caller: &Caller,
        looked: Looked,
        checked: &Checked,
    ) -> Result<Across, Stop> {
        let (rtype, identity) = (&checked.rtype, checked.valid.identity());
        let mut across = Across { seen: looked.seen, ..Across::default() };
        let Covers::Period(period) = identity.covers else { return Ok(across) };
        if looked.ready.is_empty() && !rtype.is_rolling() {
            return Ok(across);
        }
        let (_, _, tables) = content::decode(own_content(checked)?).map_err(Fault::internal)?;
        let mut opened = Opened::new();
        for Ready { rule, part, area, others } in &looked.ready {
            let own = Side { part: *part, of: rtype, period, tables: &tables };
            match others {
                Others::Waiting => {}
                Others::Overdue(missing) => {
                    let missing: Vec<String> =
                        missing.iter().map(|of| in_words(&of.return_type, &of.agency)).collect();
                    across.findings.push(rule.overdue(&own, area, &missing, self.clock.now()));
                }
                Others::In(others) => {
                    self.open_all(generation, others, &mut opened)?;
                    let over = (&**rule, area, period);
                    self.hold(generation, caller, over, (own, others, &opened), &mut across)?;
                }
            }
        }
        across.name_what_was_opened();
        if is_rolling(rtype, &tables) {
            let spanned = self.spanned(generation, rtype, &tables, identity, period)?;
            across.findings.extend(tainted(rtype, &tables, &spanned.missed));
            across.looked_back = spanned.opened;
        }
        Ok(across)
    }

    fn hold(
        &self,
        generation: &Generation,
        caller: &Caller,
        (rule, area, period): (&AcrossRule, &AreaCode, Period),
        (own, others, opened): (Side<'_>, &[Other], &Opened),
        across: &mut Across,
    ) -> Result<(), Stop> {
        let now = self.clock.now();
        let mut sides = vec![own];
        sides.extend(others.iter().filter_map(|other| {
            let (of, tables) = opened.get(&other.version.index)?;
            Some(Side { part: other.part, of, period: period_of(&other.identity)?, tables })
        }));
        let events = match rule.events() {
            Some(part) if part.sent => {
                self.count_sent(generation, caller, &part.return_type, area, period)?
            }
            Some(part) => self.count_received(generation, caller, &part.return_type, area, period)?,
            None => None,
        };
        let returns = others.iter().map(|other| Party {
            submission: other.version.submission,
            agency: other.identity.agency.clone(),
            return_type: other.identity.return_type.clone(),
        });
        let compared = |told: Told| Compared {
            rule: rule.id.clone(),
            area: area.clone(),
            returns: returns.collect(),
            outcome: told.outcome,
            suppressed: told.suppressed,
        };
        let Some(told) = rule.outcome(area, &sides, events, now) else {
            across.silent.push(compared(Told { outcome: Outcome::NotChecked, suppressed: false }));
            return Ok(());
        };
        let mut with: Vec<String> = others
            .iter()
            .map(|other| in_words(&other.identity.return_type, &other.identity.agency))
            .collect();
        with.dedup();
        across.findings.extend(rule.finding(told, &own, area, &with, now));
        // a count of events is told to who received or sent them and recorded nowhere: see decision 12
        if rule.events().is_none() {
            across.results.push(compared(told));
        }
        Ok(())
    }

    /// Where the other parts of a rule stand for an area and period, and what is in force of each: those that the
    /// partnership says are owed.
    pub(crate) fn others(
        &self,
        generation: &Generation,
        rule: &AcrossRule,
        area: &AreaCode,
        period: Period,
        own: &Identity,
    ) -> Result<(Others, Vec<Seen>), Fault> {
        let mut seen = Vec::new();
        let (mut found, mut overdue, mut waiting) = (Vec::new(), Vec::new(), false);
        for (at, part) in rule.parts.iter().enumerate().filter(|(_, part)| !part.events) {
            let is_wanted = |identity: &Identity| {
                part.is_filled_by(identity)
                    && fills(generation, rule, at, identity)
                    && (!rule.own || identity.agency == own.agency)
            };
            let mut is_owed = is_wanted(own);
            for owed in &generation.partnership.obligations {
                let Some(identity) = owed_by(owed, period) else { continue };
                if !is_wanted(&identity) || !identity.areas.contains(area) {
                    continue;
                }
                is_owed = true;
                if identity == *own {
                    continue;
                }
                let version = match self.store.row(&Key::Version(identity.clone()))? {
                    Some(Row::Version(version)) if !version.withdrawn => Some(version),
                    _ => None,
                };
                seen.push((identity.clone(), version.map(|version| version.submission)));
                match version {
                    Some(version) => found.push(Other { part: at, identity, version }),
                    None if self.is_overdue(generation, owed, period)? => overdue.push(identity),
                    None => waiting = true,
                }
            }
            waiting |= !is_owed;
        }
        let others = match (waiting, overdue.is_empty()) {
            (false, true) => Others::In(found),
            (_, false) => Others::Overdue(overdue),
            (true, true) => Others::Waiting,
        };
        Ok((others, seen))
    }

    fn is_overdue(
        &self,
        generation: &Generation,
        owed: &concordat_core::partnership::Owed,
        period: Period,
    ) -> Result<bool, Fault> {
        // what the calendar does not reach is not overdue yet
        let Ok(obligation) = obligation(generation, owed, period) else { return Ok(false) };
        let record = self.record_of(&obligation.identity)?;
        let end = period_end(&obligation.identity);
        Ok(obligation.state(record.as_ref(), self.clock.now(), end) == State::Overdue)
    }

    fn open_all(&self, generation: &Generation, others: &[Other], opened: &mut Opened) -> Result<(), Stop> {
        for other in others {
            let (index, identity) = (other.version.index, &other.identity);
            if opened.contains_key(&index) {
                continue;
            }
            let Some(period) = period_of(identity) else { continue };
            let of = generation.catalogue.in_force(&identity.return_type, period.last_day());
            let Some(of) = of else { continue };
            let tables = match self.store.compared_content(index, &identity.agency)? {
                Some(mut content) => tables_of(&mut content)?,
                None => Vec::new(),
            };
            opened.insert(index, (of, tables));
        }
        Ok(())
    }
}

impl Across {
    /// Whatever was opened is named in what is recorded, even where no rule had anything to say of it.
    fn name_what_was_opened(&mut self) {
        for silent in std::mem::take(&mut self.silent) {
            let is_named = |party: &Party| {
                self.results.iter().any(|known| known.returns.iter().any(|other| other == party))
            };
            if !silent.returns.iter().all(is_named) {
                self.results.push(silent);
            }
        }
    }

    /// What the writer must still find when the return is recorded: a part that came meanwhile would otherwise go
    /// without its comparison.
    pub(crate) fn beside(&self) -> impl Iterator<Item = Precondition> {
        self.seen.iter().map(|(identity, submission)| Precondition::Beside {
            identity: identity.clone(),
            submission: *submission,
        })
    }

    /// The entry that says what was compared, with the return that came among the parties; none where nothing was.
    pub(crate) fn entry(&self, submission: EntryId, identity: &Identity) -> Result<Option<Proposal>, Fault> {
        if self.results.is_empty() {
            return Ok(None);
        }
        let own =
            Party { submission, agency: identity.agency.clone(), return_type: identity.return_type.clone() };
        let mut results = self.results.clone();
        results.iter_mut().for_each(|result| result.returns.insert(0, own.clone()));
        let body = Body::ComparedAcross(ComparedAcross { submission, results });
        Ok(Some(Proposal::of(random::entry_id()?, body)))
    }
}

/// A type that rules across returns speak of, or with rolling measures, is not read as it comes.
fn own_content(checked: &Checked) -> Result<&[u8], Fault> {
    let content = checked.valid.content();
    content.ok_or_else(|| Fault::internal("a return that is compared with others was not kept whole"))
}
