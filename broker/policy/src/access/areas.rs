//! The areas of a request, as far as rows tell them apart.

use std::collections::BTreeSet;

use concordat_core::ids::AreaCode;

use crate::row::{Area, Row};

/// How the areas of a request lie to those of the asker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reach {
    /// All of them are the asker's.
    Own,
    /// Some are, some are not.
    Partly,
    /// None is the asker's.
    Elsewhere,
    /// The request is about no area.
    None,
}

/// The areas of a request: how they lie, and which of those that rows name are among them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AreaCase {
    pub reach: Reach,
    /// The areas among them that some row names.
    pub named: Vec<AreaCode>,
    /// Whether there are others besides.
    pub more: bool,
}

/// Areas of a request with those of them that are the asker's.
pub(crate) struct Sample {
    pub case: AreaCase,
    pub areas: Vec<AreaCode>,
    pub own: Vec<AreaCode>,
}

/// How many areas have to be tried together. Of a request that two bundles answer differently, at most four areas
/// are needed to show it: one that the row that allows needs, one for the row that denies or narrows on the other
/// side, one that keeps `own` from holding, one that keeps an area from being the only one.
const TOGETHER: usize = 4;

/// Samples of every way in which areas can lie to rows: `own` are the areas of the asker's agency in either bundle.
pub(crate) fn samples<'r>(
    rows: impl Iterator<Item = &'r Row>,
    own: &[Vec<AreaCode>; 2],
    others: impl Iterator<Item = AreaCode>,
) -> Vec<Sample> {
    let mut named: BTreeSet<AreaCode> = rows
        .filter_map(|row| if let Area::Code(code) = &row.area { Some(code.clone()) } else { None })
        .collect();
    let of = |at: usize| own.get(at).into_iter().flatten();
    // an area that is the agency's in one bundle alone is told apart by itself
    named.extend(of(0).filter(|area| !of(1).any(|other| other == *area)).cloned());
    named.extend(of(1).filter(|area| !of(0).any(|other| other == *area)).cloned());
    let ours: BTreeSet<AreaCode> = of(0).chain(of(1)).cloned().collect();
    let mut elements: Vec<AreaCode> = named.iter().cloned().collect();
    // two of each sort stand for all that rows do not name
    elements.extend(ours.iter().filter(|area| !named.contains(*area)).take(2).cloned());
    let foreign: BTreeSet<AreaCode> = others.chain(unheard_of()).collect();
    elements.extend(foreign.into_iter().filter(|a| !named.contains(a) && !ours.contains(a)).take(2));

    let mut samples: Vec<Sample> = Vec::new();
    let mut seen = BTreeSet::new();
    for areas in subsets(&elements, TOGETHER) {
        let could_be_own: Vec<AreaCode> = areas.iter().filter(|area| ours.contains(*area)).cloned().collect();
        for own in subsets(&could_be_own, TOGETHER) {
            let reach = match (areas.len(), own.len()) {
                (0, _) => Reach::None,
                (_, 0) => Reach::Elsewhere,
                (all, some) if all == some => Reach::Own,
                _ => Reach::Partly,
            };
            let touched: Vec<AreaCode> = areas.iter().filter(|area| named.contains(*area)).cloned().collect();
            let case = AreaCase { reach, more: touched.len() < areas.len(), named: touched };
            // which of the named areas are the asker's counts only where the bundles differ in it
            let by: Vec<AreaCode> = own.iter().filter(|area| named.contains(*area)).cloned().collect();
            if seen.insert((case.clone(), by)) {
                samples.push(Sample { case, areas: areas.clone(), own });
            }
        }
    }
    samples
}

/// Codes that no partnership has.
fn unheard_of() -> impl Iterator<Item = AreaCode> {
    ["Z99999998", "Z99999999"].into_iter().filter_map(|code| AreaCode::new(code).ok())
}

/// The subsets of at most so many, the smaller first.
pub(crate) fn subsets<T: Clone>(all: &[T], most: usize) -> Vec<Vec<T>> {
    let mut found: Vec<Vec<T>> = vec![Vec::new()];
    let mut last: Vec<(usize, Vec<T>)> = vec![(0, Vec::new())];
    for _ in 0..most.min(all.len()) {
        let mut next = Vec::new();
        for (from, set) in &last {
            for (at, item) in all.iter().enumerate().skip(*from) {
                let mut larger = set.clone();
                larger.push(item.clone());
                next.push((at + 1, larger));
            }
        }
        found.extend(next.iter().map(|(_, set)| set.clone()));
        last = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_come_once_each_and_no_larger_than_asked() {
        assert_eq!(subsets(&[1, 2, 3], 2).len(), 7);
        assert_eq!(subsets(&[1, 2, 3], 9).len(), 8);
        assert_eq!(subsets::<u8>(&[], 4), [Vec::<u8>::new()]);
    }

    #[test]
    fn where_no_row_names_an_area_there_are_four_ways_to_lie_and_whether_it_is_one_alone() {
        let own = vec!["E09000012".parse().unwrap()];
        let found = samples(std::iter::empty(), &[own.clone(), own], std::iter::empty());
        let reaches: BTreeSet<Reach> = found.iter().map(|sample| sample.case.reach).collect();
        assert_eq!(reaches.len(), 4);
        assert_eq!(found.len(), 4, "what rows do not tell apart is one case");
    }
}
