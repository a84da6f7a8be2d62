//! Differences found place by place, taken together into as few as say the same.

use std::collections::{BTreeMap, BTreeSet};

use concordat_core::agency::Kind;
use concordat_core::decision::{Act, Fact};
use concordat_core::ids::{AgencyId, PurposeId, RoleId};

use super::TypeAt;
use super::World;
use super::areas::AreaCase;
use super::leaf::{Change, Days, Outcome};
use super::walk::Place;

/// Whose data, seen from the asker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Owners {
    /// The asker's own agency.
    pub own: bool,
    /// No single agency.
    pub nobody: bool,
    /// All agencies but the asker's.
    pub all_others: bool,
    /// Some of them, where it is not all.
    pub others: BTreeSet<AgencyId>,
}

/// A difference for all askers, types, owners, purposes and areas that it names, in any combination.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Cell {
    pub act: Act,
    pub types: BTreeSet<TypeAt>,
    /// Sets of roles held together, one of which is enough.
    pub roles: BTreeSet<Vec<RoleId>>,
    pub agencies: BTreeSet<(AgencyId, Kind)>,
    pub owners: BTreeSet<Owners>,
    pub purposes: BTreeSet<Option<PurposeId>>,
    pub areas: BTreeSet<AreaCase>,
    pub facts: Vec<Fact>,
    pub days: Vec<Days>,
    pub change: Change,
}

impl Cell {
    pub fn of(place: &Place<'_>, outcome: &Outcome, world: &World) -> Self {
        Self {
            act: place.act,
            types: place.types.iter().cloned().collect(),
            roles: BTreeSet::from([outcome.roles.clone()]),
            agencies: BTreeSet::from([(place.agency.clone(), place.kind)]),
            owners: BTreeSet::from([owners(place, world)]),
            purposes: place.purposes.iter().cloned().collect(),
            areas: place.areas.iter().cloned().collect(),
            facts: outcome.facts.clone(),
            days: outcome.days.clone(),
            change: outcome.change.clone(),
        }
    }
}

fn owners(place: &Place<'_>, world: &World) -> Owners {
    let own = place.owners.iter().flatten().any(|owner| owner == place.agency);
    let others: BTreeSet<AgencyId> =
        place.owners.iter().flatten().filter(|owner| *owner != place.agency).cloned().collect();
    let all = world.owners.iter().filter_map(|point| point.of.as_ref()).filter(|id| *id != place.agency);
    let all_others = !others.is_empty() && all.clone().all(|id| others.contains(id));
    Owners {
        own,
        nobody: place.owners.contains(&None),
        all_others,
        others: if all_others { BTreeSet::new() } else { others },
    }
}

/// Takes together what differs in one respect only, until nothing more can be.
pub(crate) fn merged(cells: Vec<Cell>) -> Vec<Cell> {
    until_no_fewer(cells, |cells| {
        let cells = by(by_role(cells), |cell| &mut cell.roles);
        by(cells, |cell| &mut cell.types)
    })
}

/// The same, with a cell for each set of roles.
pub(crate) fn merged_by_role(cells: Vec<Cell>) -> Vec<Cell> {
    until_no_fewer(cells, by_role)
}

fn by_role(cells: Vec<Cell>) -> Vec<Cell> {
    let cells = by(cells, |cell| &mut cell.areas);
    let cells = by(cells, |cell| &mut cell.purposes);
    let cells = by(cells, |cell| &mut cell.agencies);
    by(cells, |cell| &mut cell.owners)
}

fn until_no_fewer(mut cells: Vec<Cell>, step: impl Fn(Vec<Cell>) -> Vec<Cell>) -> Vec<Cell> {
    loop {
        let before = cells.len();
        cells = step(cells);
        if cells.len() == before {
            cells.sort();
            return cells;
        }
    }
}

fn by<T: Ord>(cells: Vec<Cell>, part: fn(&mut Cell) -> &mut BTreeSet<T>) -> Vec<Cell> {
    let mut together: BTreeMap<Cell, BTreeSet<T>> = BTreeMap::new();
    for mut cell in cells {
        let own = std::mem::take(part(&mut cell));
        together.entry(cell).or_default().extend(own);
    }
    let back = |(mut cell, all): (Cell, BTreeSet<T>)| {
        *part(&mut cell) = all;
        cell
    };
    together.into_iter().map(back).collect()
}
