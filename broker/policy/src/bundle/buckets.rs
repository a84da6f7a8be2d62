//! Rows by what a request is about, so that the engine judges only those that could match it: what it is not
//! given costs nothing.
//!
//! Rows lie together by act and return type, each with what can be told of it without reading a word. What is
//! left out cannot match: a test sets every answer against an engine with every row.

mod candidate;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use concordat_core::decision::Act;
use concordat_core::ids::{ReturnTypeId, RoleId};

use crate::engine::{self, EngineFault};
use crate::question::Question;
use crate::roles::Role;
use crate::row::{Row, Types};

use candidate::{Asked, Candidate, Names};

/// The rows that could match, by act and return type.
pub(crate) struct Buckets {
    names: Names,
    acts: HashMap<Act, OfAct>,
}

struct OfAct {
    /// By each return type that some row names, and for none.
    types: HashMap<Option<ReturnTypeId>, Box<[Candidate]>>,
    /// For a return type that no row names.
    other: Box<[Candidate]>,
}

impl Buckets {
    /// Sorts rows that the engine has been shown to take.
    pub fn build(roles: &BTreeMap<RoleId, Role>, rows: &[Row]) -> Result<Self, EngineFault> {
        engine::accepts(rows)?;
        let mut names = Names::default();
        let candidates: Vec<Candidate> =
            (0_u32..).zip(rows).map(|(at, row)| Candidate::of(at, row, roles, &mut names)).collect();
        let acts = Act::ALL.into_iter().map(|act| (act, OfAct::build(act, rows, &candidates)));
        Ok(Self { acts: acts.collect(), names })
    }

    /// Those of the rows, the same that these were built from, that could match a request.
    pub fn rows<'a>(&self, rows: &'a [Row], question: &Question<'_>) -> Vec<&'a Row> {
        let Some(of) = self.acts.get(&question.request.act) else { return Vec::new() };
        let asked = Asked::of(question, &self.names);
        let held = of.types.get(&question.request.return_type).unwrap_or(&of.other);
        let could = held.iter().filter(|candidate| candidate.could_match(&asked));
        could.filter_map(|candidate| rows.get(candidate.at())).collect()
    }
}

impl OfAct {
    fn build(act: Act, rows: &[Row], candidates: &[Candidate]) -> Self {
        let of_act: Vec<(&Row, Candidate)> = rows
            .iter()
            .zip(candidates)
            .filter(|(row, _)| row.act.is_none_or(|own| own == act))
            .map(|(row, candidate)| (row, *candidate))
            .collect();
        let mut named: BTreeMap<&ReturnTypeId, BTreeSet<usize>> = BTreeMap::new();
        let (mut any_type, mut no_type) = (BTreeSet::new(), BTreeSet::new());
        for (at, (row, _)) in of_act.iter().enumerate() {
            match &row.rtype {
                Types::One(id) => drop(named.entry(id).or_default().insert(at)),
                Types::None => drop(no_type.insert(at)),
                // whether a return is about persons is told of each row
                Types::All | Types::Aggregate | Types::Person => drop(any_type.insert(at)),
                Types::Any => {
                    any_type.insert(at);
                    no_type.insert(at);
                }
            }
        }
        let take = |places: &mut dyn Iterator<Item = &usize>| -> Box<[Candidate]> {
            places.filter_map(|at| of_act.get(*at)).map(|(_, candidate)| *candidate).collect()
        };
        let mut types: HashMap<_, _> =
            named.into_iter().map(|(id, own)| (Some(id.clone()), take(&mut own.union(&any_type)))).collect();
        types.insert(None, take(&mut no_type.iter()));
        Self { types, other: take(&mut any_type.iter()) }
    }
}
