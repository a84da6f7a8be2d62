//! What comes of the rows at one place: for which roles, facts and days they allow, on either side.

use std::collections::BTreeSet;

use concordat_core::decision::Fact;
use concordat_core::ids::{ProfileId, RoleId};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::areas::subsets;
use super::view::{Compared, View};
use super::{Lists, Side};
use crate::row::Row;

/// Days, both included; no end where it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Days {
    pub from: Date,
    pub until: Option<Date>,
}

/// What two bundles answer differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Change {
    /// Only the new one allows it, unless one more fact or role makes a row deny it.
    Gained { through: Vec<ProfileId>, unless: Vec<String> },
    /// Only the old one does.
    Lost { through: Vec<ProfileId> },
    /// Both do, and the new one shows what the old one did not.
    Wider { before: Vec<ProfileId>, after: Vec<ProfileId>, what: Vec<String> },
    /// Both do, and the new one hides what the old one showed.
    Narrower { before: Vec<ProfileId>, after: Vec<ProfileId>, what: Vec<String> },
}

impl Change {
    /// Whether somebody gets to see or do more.
    pub fn is_gain(&self) -> bool {
        matches!(self, Change::Gained { .. } | Change::Wider { .. })
    }

    /// Whether it says all that the other says: what another role or fact brings besides can only narrow it.
    fn covers(&self, other: &Change) -> bool {
        let within = |a: &[ProfileId], b: &[ProfileId]| a.iter().all(|profile| b.contains(profile));
        match (self, other) {
            (Change::Gained { through: a, .. }, Change::Gained { through: b, .. })
            | (Change::Lost { through: a }, Change::Lost { through: b }) => within(a, b),
            (a, b) => a == b,
        }
    }
}

/// A difference, for whom and when: for whoever holds these roles, whatever others they hold, where these facts are
/// true, on these days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub roles: Vec<RoleId>,
    pub facts: Vec<Fact>,
    pub days: Vec<Days>,
    pub change: Change,
}

/// Changes for those who hold these roles, under these facts, on these days.
type Found<'r> = (Vec<&'r RoleId>, Vec<Fact>, Days, Vec<Change>);

/// Whether a fact comes with the request; the others are worked out from it.
pub(crate) fn is_free(fact: Fact) -> bool {
    match fact {
        Fact::OwnStaff | Fact::Withheld | Fact::BreakGlass => true,
        Fact::Own | Fact::PersonLevel | Fact::Suspended => false,
    }
}

/// The differences at a place. Two roles together are enough to show any: one by which one bundle allows, one by
/// which the other denies or narrows. What follows from fewer roles or facts is not said again.
pub(crate) fn outcomes(sides: &[Side<'_>; 2], lists: &Lists, from: Date) -> Vec<Outcome> {
    let [old, new] = sides;
    let [before, after] = lists;
    let rows: [Vec<&Row>; 2] = [
        before.iter().filter_map(|at| old.row(*at)).collect(),
        after.iter().filter_map(|at| new.row(*at)).collect(),
    ];
    let both = || rows.iter().flatten();
    let roles: BTreeSet<&RoleId> = both().filter_map(|row| row.role.as_ref()).collect();
    let facts: BTreeSet<Fact> = both().filter_map(|row| row.fact).filter(|fact| is_free(*fact)).collect();
    let roles: Vec<&RoleId> = roles.into_iter().collect();
    let facts: Vec<Fact> = facts.into_iter().collect();
    let mut found: Vec<Found<'_>> = Vec::new();
    for held in subsets(&roles, 2) {
        for facts in subsets(&facts, facts.len()) {
            for days in spans(&rows, from) {
                let [a, b] = &rows;
                let was = View::of(old.bundle, &speaking(a, &held, &facts, days.from));
                let is = View::of(new.bundle, &speaking(b, &held, &facts, days.from));
                let changes = changes(was, is, || unless(b, &roles, &held, &facts, days.from));
                if changes.is_empty() {
                    continue;
                }
                let follows = found.iter().any(|(fewer, of, when, same)| {
                    *when == days
                        && changes.iter().all(|more| same.iter().any(|less| less.covers(more)))
                        && fewer.iter().all(|role| held.contains(role))
                        && of.iter().all(|fact| facts.contains(fact))
                });
                if !follows {
                    found.push((held.clone(), facts.clone(), days, changes));
                }
            }
        }
    }
    gathered(found)
}

/// The rows that match somebody with these roles, facts and day.
fn speaking<'r>(rows: &[&'r Row], held: &[&RoleId], facts: &[Fact], day: Date) -> Vec<&'r Row> {
    let day = day.to_string();
    let is = |row: &&&'r Row| {
        row.role.as_ref().is_none_or(|role| held.contains(&role))
            && row.fact.is_none_or(|fact| !is_free(fact) || facts.contains(&fact))
            && row.from <= day
            && day <= row.until
    };
    rows.iter().filter(is).copied().collect()
}

/// The facts and roles that would make a row deny, each by itself.
fn unless(rows: &[&Row], roles: &[&RoleId], held: &[&RoleId], facts: &[Fact], day: Date) -> Vec<String> {
    let denied =
        |held: &[&RoleId], facts: &[Fact]| speaking(rows, held, facts, day).iter().any(|row| !row.allow);
    let more = Fact::ALL.into_iter().filter(|fact| is_free(*fact) && !facts.contains(fact));
    let by_fact =
        more.filter(|fact| denied(held, &[facts, &[*fact]].concat())).map(|fact| fact.as_str().to_owned());
    let more = roles.iter().filter(|role| !held.contains(role));
    let by_role =
        more.filter(|role| denied(&[held, &[**role]].concat(), facts)).map(|role| format!("also {role}"));
    by_fact.chain(by_role).collect()
}

fn changes(was: Option<View>, is: Option<View>, unless: impl FnOnce() -> Vec<String>) -> Vec<Change> {
    match (was, is) {
        (None, None) => Vec::new(),
        (None, Some(is)) => vec![Change::Gained { through: is.profiles, unless: unless() }],
        (Some(was), None) => vec![Change::Lost { through: was.profiles }],
        (Some(was), Some(is)) => {
            let Compared { more, less } = was.compare(&is);
            let mut changes = Vec::new();
            if !more.is_empty() {
                let (before, after) = (was.profiles.clone(), is.profiles.clone());
                changes.push(Change::Wider { before, after, what: more });
            }
            if !less.is_empty() {
                changes.push(Change::Narrower { before: was.profiles, after: is.profiles, what: less });
            }
            changes
        }
    }
}

/// The days from one on, parted where a row begins or ends.
fn spans(rows: &[Vec<&Row>; 2], from: Date) -> Vec<Days> {
    let mut starts = BTreeSet::from([from]);
    for row in rows.iter().flatten() {
        starts.extend(row.from.parse::<Date>());
        starts.extend(row.until.parse::<Date>().ok().and_then(|day| day.checked_add(1.day()).ok()));
    }
    let last_that_rows_can_write = Date::constant(9999, 12, 31);
    let starts: Vec<Date> =
        starts.into_iter().filter(|day| *day >= from && *day <= last_that_rows_can_write).collect();
    let ends = starts.iter().skip(1).map(|next| next.checked_sub(1.day()).ok()).chain([None]);
    starts.iter().zip(ends).map(|(from, until)| Days { from: *from, until }).collect()
}

/// The same with days that follow one another taken together.
fn gathered(found: Vec<Found<'_>>) -> Vec<Outcome> {
    let mut out: Vec<Outcome> = Vec::new();
    for (roles, facts, days, changes) in found {
        let roles: Vec<RoleId> = roles.into_iter().cloned().collect();
        for change in changes {
            let same = out.iter_mut().find(|o| o.roles == roles && o.facts == facts && o.change == change);
            match same {
                Some(outcome) => join(&mut outcome.days, days),
                None => {
                    out.push(Outcome { roles: roles.clone(), facts: facts.clone(), days: vec![days], change })
                }
            }
        }
    }
    out
}

fn join(all: &mut Vec<Days>, days: Days) {
    let follows =
        |last: &Days| last.until.and_then(|until| until.checked_add(1.day()).ok()) == Some(days.from);
    match all.last_mut() {
        Some(last) if follows(last) => last.until = days.until,
        _ => all.push(days),
    }
}
