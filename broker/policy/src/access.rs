//! Who may do what, worked out for every request that there could be, of one bundle or of two beside each other.
//!
//! The requests are without number and the rows tell few of them apart. [`walk`](mod@walk) goes down from agency to
//! act, type, owner, purpose and areas, at each step with the rows that still can match, and takes together what the
//! same rows match; [`leaf`] sees to roles, facts and days among the few rows that are left. Nothing is sampled:
//! what is passed over is what no row in question can match, or where no row allows.

pub(crate) mod areas;
pub(crate) mod cell;
pub(crate) mod leaf;
pub(crate) mod view;
pub(crate) mod walk;
pub(crate) mod words;

use std::collections::BTreeMap;

use concordat_core::agency::{Agency, Kind};
use concordat_core::decision::DecisionRequest;
use concordat_core::ids::{AgencyId, AreaCode, PurposeId, ReturnTypeId};

use crate::bundle::Bundle;
use crate::question::Question;
use crate::reference::Clause;
use crate::row::Row;

/// The rows, by their place, that can still match: of each side its own.
pub(crate) type Lists = [Vec<usize>; 2];

/// One of the two bundles that are walked together.
pub(crate) struct Side<'a> {
    pub bundle: &'a Bundle,
    pub rows: &'a [Row],
    /// Of each row whether it is in question: where none of these can match, the walk turns back.
    pub asked: Vec<bool>,
}

impl<'a> Side<'a> {
    /// All rows of a bundle, each in question.
    pub fn whole(bundle: &'a Bundle) -> Self {
        Self { bundle, rows: bundle.rows(), asked: vec![true; bundle.rows().len()] }
    }

    /// Nothing at all: beside it everything is new.
    pub fn nothing(bundle: &'a Bundle) -> Self {
        Self { bundle, rows: &[], asked: Vec::new() }
    }

    pub fn row(&self, at: usize) -> Option<&'a Row> {
        self.rows.get(at)
    }

    fn is_asked(&self, at: usize) -> bool {
        self.asked.get(at).copied().unwrap_or(true)
    }

    /// The rows of a list for which every clause of a level holds.
    fn narrow(&self, list: &[usize], request: &DecisionRequest, at: Level) -> Vec<usize> {
        // what the bundle does not know is denied before any row is seen
        let Ok(question) = Question::of(self.bundle, request) else { return Vec::new() };
        let clauses = Clause::ALL.into_iter().filter(|clause| level(*clause) == at);
        let holds = |row: &Row| clauses.clone().all(|clause| clause.holds(row, &question));
        list.iter().copied().filter(|at| self.row(*at).is_some_and(holds)).collect()
    }
}

/// Where on the way down a part of a request is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Agency,
    Act,
    Type,
    Owner,
    Purpose,
    Area,
    /// Whether the return is about persons is known with its type, whether it is the asker's own with its owner.
    Fact,
    /// Roles and days, which are left to the end.
    Leaf,
}

const fn level(clause: Clause) -> Level {
    match clause {
        Clause::Act => Level::Act,
        Clause::Type => Level::Type,
        Clause::Fact => Level::Fact,
        Clause::Owner => Level::Owner,
        Clause::Agency => Level::Agency,
        Clause::Purpose => Level::Purpose,
        Clause::Area => Level::Area,
        Clause::Role | Clause::Until | Clause::From => Level::Leaf,
    }
}

/// Something that a request can name, and whether the two bundles know it alike.
#[derive(Debug, Clone)]
pub(crate) struct Point<T> {
    pub of: T,
    pub differs: bool,
}

/// What requests can name: everything that either bundle knows.
pub(crate) struct World {
    /// Agencies, of each kind that it has in either bundle.
    pub askers: Vec<Point<(AgencyId, Kind)>>,
    /// The areas of each agency in either bundle.
    pub areas: BTreeMap<AgencyId, [Vec<AreaCode>; 2]>,
    pub owners: Vec<Point<Option<AgencyId>>>,
    pub types: Vec<Point<TypeAt>>,
    pub purposes: Vec<Point<Option<PurposeId>>>,
}

/// A return type as a request names it, and whether the request says that the return is about persons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TypeAt {
    pub id: Option<ReturnTypeId>,
    pub said_person: bool,
}

impl World {
    pub fn of(old: &Bundle, new: &Bundle) -> Self {
        let mut agencies: BTreeMap<AgencyId, [Option<&Agency>; 2]> = BTreeMap::new();
        for (side, bundle) in [old, new].into_iter().enumerate() {
            for agency in &bundle.known.agencies {
                if let Some(place) = agencies.entry(agency.id.clone()).or_default().get_mut(side) {
                    *place = Some(agency);
                }
            }
        }
        let mut askers = Vec::new();
        let mut owners = vec![Point { of: None, differs: false }];
        let mut areas = BTreeMap::new();
        for (id, [before, after]) in &agencies {
            let kinds = [before.map(|a| a.kind), after.map(|a| a.kind)];
            let of = |agency: &Option<&Agency>| agency.map(|a| a.areas.clone()).unwrap_or_default();
            let own = [of(before), of(after)];
            let moved = kinds[0] != kinds[1];
            let differs = moved || own[0] != own[1];
            for kind in Kind::ALL.into_iter().filter(|kind| kinds.contains(&Some(*kind))) {
                askers.push(Point { of: (id.clone(), kind), differs });
            }
            owners.push(Point { of: Some(id.clone()), differs: moved });
            areas.insert(id.clone(), own);
        }
        Self { askers, areas, owners, types: types(old, new), purposes: purposes(old, new) }
    }
}

fn types(old: &Bundle, new: &Bundle) -> Vec<Point<TypeAt>> {
    let mut types = vec![Point { of: TypeAt { id: None, said_person: false }, differs: false }];
    let mut ids: Vec<&ReturnTypeId> =
        old.known.types.iter().chain(&new.known.types).map(|(id, _)| id).collect();
    ids.sort();
    ids.dedup();
    for id in ids {
        let person = [old.person_level(id), new.person_level(id)];
        let differs = person[0] != person[1];
        types.push(Point { of: TypeAt { id: Some(id.clone()), said_person: false }, differs });
        // a type known to be about persons is so whatever the request says
        if person.contains(&Some(false)) {
            types.push(Point { of: TypeAt { id: Some(id.clone()), said_person: true }, differs });
        }
    }
    types
}

fn purposes(old: &Bundle, new: &Bundle) -> Vec<Point<Option<PurposeId>>> {
    let mut ids: Vec<&PurposeId> = old.purposes.keys().chain(new.purposes.keys()).collect();
    ids.sort();
    ids.dedup();
    let known = |id: &PurposeId| old.purposes.contains_key(id) == new.purposes.contains_key(id);
    let named = ids.into_iter().map(|id| Point { of: Some(id.clone()), differs: !known(id) });
    std::iter::once(Point { of: None, differs: false }).chain(named).collect()
}
