//! One walk through the journal from the first frame to the guarded byte and beyond.

use std::collections::BTreeSet;
use std::path::Path;

use concordat_core::entry::{Body, Entry, EntryClass};
use concordat_core::ids::EntryId;
use concordat_ledger::{Hash, Leaf};
use concordat_ledger::{LogFault, LogVerifier, SectionBody, SignedCheckpoint, Verifier, log_id, sha256};
use concordat_seal::{KeyRing, Place, SectionClass};
use jiff::Timestamp;
use serde::Deserialize;

use crate::embedded::guard::Guarded;
use crate::embedded::journal::segment_name;
use crate::embedded::layout;
use crate::embedded::read::is_destroyed;
use crate::port::Port;
use crate::{CORE_SECTION, OpenFault};

use super::frames::{self, Found};
use super::rows::Rows;
use super::{Report, VerifyFault};

/// What is walked through.
pub(super) struct Walk<'a> {
    pub(super) dir: &'a Path,
    pub(super) port: &'a dyn Port,
    pub(super) ring: &'a KeyRing,
    pub(super) verifier: &'a Verifier,
    pub(super) guarded: Option<&'a Guarded>,
}

/// Where the walk stands.
struct State {
    log: LogVerifier,
    size: u64,
    last_at: u64,
    rows: Rows,
    named: BTreeSet<Hash>,
    /// The leaf of the last entry was not one the tree could take: nothing after it can be compared.
    lost: bool,
}

#[derive(Deserialize)]
struct Core {
    v: u16,
    body: Body,
}

impl Walk<'_> {
    pub(super) fn run(&self, report: &mut Report) -> Result<Rows, OpenFault> {
        let mut state = State {
            log: LogVerifier::new(self.verifier.clone()),
            size: 0,
            last_at: 0,
            rows: Rows::default(),
            named: BTreeSet::new(),
            lost: false,
        };
        let journal = layout::journal(self.dir);
        let names = self.port.list(&journal).map_err(OpenFault::io(&journal, "read"))?;
        let last = names.iter().filter(|name| name.ends_with(".seg")).count();
        for number in 1_u32.. {
            let path = journal.join(segment_name(number));
            let Some(bytes) = self.port.read(&path).map_err(OpenFault::io(&path, "read"))? else {
                if usize::try_from(number).is_ok_and(|number| number <= last) {
                    report.tampered(Some(state.size), format_args!("journal segment {number} is missing"));
                }
                break;
            };
            if !self.segment(number, &bytes, &mut state, report) {
                break;
            }
        }
        self.finish(state, report)
    }

    /// Whether a place in the journal is vouched for.
    fn below(&self, segment: u32, offset: usize) -> bool {
        self.guarded.is_none_or(|guarded| {
            (segment, offset as u64) < (guarded.position.segment, u64::from(guarded.position.offset))
        })
    }

    /// Walks through one segment; whether to go on with the next.
    fn segment(&self, number: u32, bytes: &[u8], state: &mut State, report: &mut Report) -> bool {
        let log = log_id(self.verifier.name());
        match frames::head(bytes, &log.0, number.into()) {
            Ok(first) if first == state.size => {}
            Ok(_) => report.tampered(Some(state.size), "a journal segment before it is missing or exchanged"),
            Err(why) if self.below(number, 0) => report.tampered(Some(state.size), why),
            Err(_) => {
                report.tail += bytes.len() as u64;
                return false;
            }
        }
        let mut at = 64;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match frames::next(rest) {
                Ok((found, length)) => {
                    self.frame(&found, state, report);
                    at += length;
                }
                Err(why) if self.below(number, at) => {
                    self.damaged(number, bytes.len(), why, state, report);
                    return false;
                }
                Err(_) => {
                    report.tail += rest.len() as u64;
                    return false;
                }
            }
            if state.lost {
                return false;
            }
        }
        true
    }

    /// A frame below the guarded byte cannot be read: cut off, or altered.
    fn damaged(&self, number: u32, length: usize, why: &str, state: &mut State, report: &mut Report) {
        state.lost = true;
        match self.guarded {
            Some(guarded)
                if number == guarded.position.segment
                    && (length as u64) < u64::from(guarded.position.offset) =>
            {
                report.faults.push(VerifyFault::RolledBack { had: guarded.size, found: state.size });
            }
            _ => report.tampered(Some(state.size), why),
        }
    }

    fn frame(&self, found: &Found<'_>, state: &mut State, report: &mut Report) {
        match found {
            Found::Entry { index, leaf, sections } => {
                if self.guarded.is_some_and(|guarded| state.size >= guarded.size) {
                    report.unsigned += 1;
                    return;
                }
                self.entry(*index, leaf, sections, state, report);
            }
            // above the guard entries and checkpoints alike are nobody's yet
            Found::Checkpoint(_) if report.unsigned > 0 => {}
            Found::Checkpoint(text) => {
                let read = SignedCheckpoint::parse(text).map_err(LogFault::from);
                if let Err(fault) = read.and_then(|signed| state.log.checkpoint(&signed)) {
                    state.lost = true;
                    log_fault(&fault, state.size, report);
                }
            }
        }
    }

    fn entry(
        &self,
        index: u64,
        leaf: &[u8],
        sections: &[(u8, &[u8])],
        state: &mut State,
        report: &mut Report,
    ) {
        let files = self.content(index, leaf, sections, state, report);
        let mut bodies: Vec<(u8, SectionBody<'_>)> =
            sections.iter().map(|(number, bytes)| (*number, SectionBody::Stored(bytes))).collect();
        bodies.extend(files.iter().map(|(number, bytes)| (*number, SectionBody::Stored(bytes.as_slice()))));
        let first = state.log.entry(index, leaf, &bodies);
        let taken = match first {
            // the leaf itself may be right: compare the others too
            Err(fault @ (LogFault::SectionAltered { .. } | LogFault::UnknownSection { .. })) => {
                log_fault(&fault, index, report);
                state.log.entry(index, leaf, &[])
            }
            other => other,
        };
        match taken {
            Ok(decoded) => {
                state.size += 1;
                self.said(index, &decoded, sections, state, report);
            }
            Err(fault) => {
                state.lost = true;
                log_fault(&fault, index, report);
            }
        }
    }

    /// The sections of an entry that lie in content files.
    fn content(
        &self,
        index: u64,
        leaf: &[u8],
        held: &[(u8, &[u8])],
        state: &mut State,
        report: &mut Report,
    ) -> Vec<(u8, Vec<u8>)> {
        let Ok(leaf) = Leaf::decode(leaf) else { return Vec::new() };
        let mut files = Vec::new();
        for named in
            leaf.sections.iter().filter(|named| held.iter().all(|(number, _)| *number != named.number))
        {
            state.named.insert(named.hash);
            let name = named.hash.to_string();
            let path = layout::content(self.dir).join(name.get(..2).unwrap_or_default()).join(&name);
            match self.port.read(&path) {
                Ok(Some(bytes)) if sha256(&[&bytes]) == named.hash => {
                    report.content_files += 1;
                    files.push((named.number, bytes));
                }
                Ok(None) if is_destroyed(self.ring, named) => report.erased += 1,
                Ok(None) => {
                    report.tampered(Some(index), format_args!("its content file `{name}` is missing"))
                }
                Ok(Some(_)) => {
                    report.tampered(Some(index), format_args!("its content file `{name}` was altered"))
                }
                Err(source) => {
                    report.tampered(
                        Some(index),
                        format_args!("its content file `{name}` cannot be read: {source}"),
                    );
                }
            }
        }
        files
    }

    /// What the entry says: its core section opened, its class and time compared, its rows made.
    fn said(
        &self,
        index: u64,
        leaf: &Leaf,
        sections: &[(u8, &[u8])],
        state: &mut State,
        report: &mut Report,
    ) {
        if leaf.recorded_at_us < state.last_at {
            report.tampered(Some(index), "it was recorded earlier than the entry before it");
        }
        state.last_at = leaf.recorded_at_us;
        let place =
            Place { log: leaf.log.0, entry: leaf.entry, number: CORE_SECTION, class: SectionClass::Core };
        let sealed = sections.iter().find(|(number, _)| *number == CORE_SECTION);
        let plain = sealed.and_then(|(_, sealed)| self.ring.open_section(&place, sealed).ok());
        let core: Option<Core> = plain.and_then(|plain| ciborium::from_reader(plain.as_slice()).ok());
        let Some(core) = core.filter(|core| core.v == 1) else {
            report.tampered(Some(index), "its core section does not open");
            return;
        };
        if EntryClass::from_number(leaf.class) != Some(core.body.class()) {
            report.tampered(Some(index), "its class is not that of what it says");
        }
        let recorded_at =
            i64::try_from(leaf.recorded_at_us).ok().and_then(|us| Timestamp::from_microsecond(us).ok());
        let Some(recorded_at) = recorded_at else {
            report.tampered(Some(index), "its recorded time is out of range");
            return;
        };
        state.rows.apply(&Entry { id: EntryId(leaf.entry), index, recorded_at, body: core.body });
    }

    fn finish(&self, mut state: State, report: &mut Report) -> Result<Rows, OpenFault> {
        report.size = state.size;
        if let Some(guarded) = self.guarded.filter(|_| !state.lost) {
            let signed = SignedCheckpoint::parse(guarded.checkpoint.as_bytes()).map_err(LogFault::from);
            let agreed = signed.and_then(|signed| state.log.checkpoint(&signed));
            match agreed.and_then(|_| state.log.finish()) {
                Ok(audited) => {
                    report.root = Some(audited.root);
                    report.checkpoints = audited.checkpoints;
                    report.sections = audited.sections_checked;
                }
                Err(fault) => log_fault(&fault, state.size, report),
            }
        }
        report.unnamed_files = self.unnamed(&state.named)?;
        Ok(state.rows)
    }

    /// How many content files no entry names.
    fn unnamed(&self, named: &BTreeSet<Hash>) -> Result<u64, OpenFault> {
        let content = layout::content(self.dir);
        let mut unnamed = 0;
        for folder in self.port.list(&content).map_err(OpenFault::io(&content, "read"))? {
            let folder = content.join(folder);
            let files = self.port.list(&folder).map_err(OpenFault::io(&folder, "read"))?;
            let known = |name: &String| name.parse::<Hash>().is_ok_and(|hash| named.contains(&hash));
            unnamed += files.iter().filter(|name| !known(name)).count() as u64;
        }
        Ok(unnamed)
    }
}

fn log_fault(fault: &LogFault, index: u64, report: &mut Report) {
    match fault {
        LogFault::RolledBack { had, found } => {
            report.faults.push(VerifyFault::RolledBack { had: *had, found: *found });
        }
        LogFault::Missing { read, signed } => {
            report.faults.push(VerifyFault::RolledBack { had: *signed, found: *read });
        }
        LogFault::Interval { from, .. } => report.tampered(Some(*from), fault),
        LogFault::Uncovered { covered, .. } => report.tampered(Some(*covered), fault),
        _ => report.tampered(Some(index), fault),
    }
}
