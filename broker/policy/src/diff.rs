//! What a change of policy changes: its files by meaning, and who gains and who loses access to what.
//!
//! Gains and losses are not sampled: they are worked out for every request that there could be from a day on (see
//! `access`). A gain is also a wider view: a field that was dropped and is kept, small counts that are shown.

mod edits;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;

use concordat_core::decision::{Act, Fact};
use concordat_core::ids::{AgencyId, ProfileId, PurposeId, ReturnTypeId, RoleId};
use jiff::civil::Date;
use serde::Serialize;

use crate::access::cell::{Cell, merged};
use crate::access::leaf::{Change, Outcome, outcomes};
use crate::access::walk::Walk;
use crate::access::{Lists, Side, World, words};
use crate::bundle::Bundle;
use crate::row::Row;

/// What stands otherwise in two bundles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The first day it was worked out for.
    pub on: Date,
    /// What the files say otherwise, whether it makes a difference or not.
    pub edits: Vec<Edit>,
    /// Who may do or see more.
    pub gains: Vec<Access>,
    /// Who may do or see less.
    pub losses: Vec<Access>,
}

/// Something that the files say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What sort of thing: `rule`, `role`, `agreement`, `purpose`, `profile`, `agency`, `return type`.
    pub what: &'static str,
    /// Which.
    pub id: String,
    /// Whether it was added, removed or changed.
    pub how: How,
    /// Its old and new words, as far as they differ.
    pub text: String,
}

/// How something came to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
}

impl How {
    /// The word used in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            How::Added => "added",
            How::Removed => "removed",
            How::Changed => "changed",
        }
    }
}

/// A gain or a loss: for every combination of what it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access {
    /// The whole of it as one line.
    pub text: String,
    /// Sets of roles held together, one of which is enough; empty for whoever asks, or the agency as such.
    pub roles: Vec<Vec<RoleId>>,
    /// The asker's agencies.
    pub agencies: Vec<AgencyId>,
    /// The act.
    pub act: Act,
    /// The return types; `None` stands for a request about none.
    pub types: Vec<Option<ReturnTypeId>>,
    /// Whose data, in words.
    pub owners: String,
    /// The purposes; `None` stands for a request that names none.
    pub purposes: Vec<Option<PurposeId>>,
    /// How the areas lie, in words.
    pub areas: String,
    /// The facts that must be true.
    pub facts: Vec<Fact>,
    /// The days, in words; empty where it is from the first day on without an end.
    pub days: String,
    /// The profiles that applied before; empty where it was not allowed.
    pub before: Vec<ProfileId>,
    /// The profiles that apply now; empty where it is not allowed any more.
    pub after: Vec<ProfileId>,
    /// Facts and roles any of which keeps it denied after all, in words.
    pub unless: Vec<String>,
    /// What is shown more or less of, where it is allowed before and after.
    pub fields: Vec<String>,
}

impl Diff {
    /// Whether anybody gains anything.
    #[must_use]
    pub fn widens(&self) -> bool {
        !self.gains.is_empty()
    }

    /// Whether anybody loses anything.
    #[must_use]
    pub fn narrows(&self) -> bool {
        !self.losses.is_empty()
    }

    /// Whether the files say the same and nobody gains or loses.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.gains.is_empty() && self.losses.is_empty()
    }
}

/// What the new bundle changes from a day on.
#[must_use]
pub fn diff(old: &Bundle, new: &Bundle, on: Date) -> Diff {
    let world = World::of(old, new);
    let mut found = Vec::new();
    if old.digest() != new.digest() || old.known != new.known {
        let sides = [
            Side { bundle: old, rows: old.rows(), asked: asked(old, new) },
            Side { bundle: new, rows: new.rows(), asked: asked(new, old) },
        ];
        found = merged(changes(sides, &world, on));
    }
    let of = |gain: bool| {
        let cells = found.iter().filter(|cell| cell.change.is_gain() == gain);
        cells.map(|cell| access(cell, &world, on)).collect()
    };
    Diff { on, edits: edits::edits(old, new), gains: of(true), losses: of(false) }
}

/// Every difference between two sides, place by place.
pub(crate) fn changes(sides: [Side<'_>; 2], world: &World, from: Date) -> Vec<Cell> {
    let walk = Walk { sides, world, from };
    let mut known: BTreeMap<Lists, Vec<Outcome>> = BTreeMap::new();
    let mut cells = Vec::new();
    // the walk is never ended early
    let _ = walk.visit(&mut |place| {
        let found =
            known.entry(place.lists.clone()).or_insert_with(|| outcomes(&walk.sides, place.lists, from));
        cells.extend(found.iter().map(|outcome| Cell::of(place, outcome, world)));
        ControlFlow::Continue(())
    });
    cells
}

/// Of each row whether the other bundle has it, meaning the same; if it does, it makes no difference by itself.
fn asked(of: &Bundle, other: &Bundle) -> Vec<bool> {
    let body = |row: &Row| row.cells.iter().skip(1).cloned().collect::<Vec<_>>();
    let others: BTreeMap<Vec<String>, &Row> = other.rows().iter().map(|row| (body(row), row)).collect();
    let same = |row: &Row| {
        others.get(&body(row)).is_some_and(|twin| {
            let profile =
                |bundle: &Bundle, row: &Row| row.profile.as_ref().and_then(|id| bundle.profile(id).cloned());
            let role = |bundle: &Bundle, row: &Row| {
                row.role.as_ref().and_then(|id| bundle.role(id).map(|role| role.kinds.clone()))
            };
            let parties = |bundle: &Bundle, row: &Row| bundle.parties_of(row);
            profile(of, row) == profile(other, twin)
                && role(of, row) == role(other, twin)
                && parties(of, row) == parties(other, twin)
        })
    };
    of.rows().iter().map(|row| !same(row)).collect()
}

fn access(cell: &Cell, world: &World, on: Date) -> Access {
    let (before, after, fields) = match &cell.change {
        Change::Gained { through, .. } => (Vec::new(), through.clone(), Vec::new()),
        Change::Lost { through } => (through.clone(), Vec::new(), Vec::new()),
        Change::Wider { before, after, what } | Change::Narrower { before, after, what } => {
            (before.clone(), after.clone(), what.clone())
        }
    };
    let unless = match &cell.change {
        Change::Gained { unless, .. } => unless.clone(),
        _ => Vec::new(),
    };
    let mut types: Vec<_> = cell.types.iter().map(|at| at.id.clone()).collect();
    types.dedup();
    Access {
        text: words::line(cell, world, on),
        roles: cell.roles.iter().filter(|set| !set.is_empty()).cloned().collect(),
        agencies: cell.agencies.iter().map(|(id, _)| id.clone()).collect(),
        act: cell.act,
        types,
        owners: words::owners(&cell.owners),
        purposes: cell.purposes.iter().cloned().collect(),
        areas: words::areas(&cell.areas),
        facts: cell.facts.clone(),
        days: words::days(&cell.days, on),
        before,
        after,
        unless,
        fields,
    }
}

/// As a person reads it before approving a change.
impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "no change");
        }
        let section = |f: &mut fmt::Formatter<'_>, title: &str, lines: &[Access]| {
            writeln!(f, "\n{title}:{}", if lines.is_empty() { " nobody" } else { "" })?;
            lines.iter().try_for_each(|line| writeln!(f, "  {}", line.text))
        };
        writeln!(f, "what the files say otherwise:{}", if self.edits.is_empty() { " nothing" } else { "" })?;
        for edit in &self.edits {
            writeln!(f, "  {} {} {}: {}", edit.how.as_str(), edit.what, edit.id, edit.text)?;
        }
        section(f, &format!("who gains, from {} on", self.on), &self.gains)?;
        section(f, &format!("who loses, from {} on", self.on), &self.losses)
    }
}

#[cfg(test)]
mod tests;
