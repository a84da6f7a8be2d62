//! Rows by act and return type, so that the reference reads no more of them than speak of a request. It shares
//! nothing with the buckets of the engine: a row that one of the two left out shows as a disagreement.

use std::collections::{HashMap, HashSet};

use concordat_core::decision::{Act, DecisionRequest};
use concordat_core::ids::ReturnTypeId;

use crate::row::{Row, Types};

/// Which rows speak of an act and a return type, by their places in the file.
pub(crate) struct Index(HashMap<Act, OfAct>);

#[derive(Default)]
struct OfAct {
    /// By each return type that some row names.
    named: HashMap<ReturnTypeId, Vec<usize>>,
    /// For every other return type.
    other: Vec<usize>,
    /// For no return type.
    none: Vec<usize>,
}

impl Index {
    pub fn of(rows: &[Row]) -> Self {
        Self(Act::ALL.into_iter().map(|act| (act, OfAct::of(act, rows))).collect())
    }

    /// The rows that speak of the act and the type of a request, in their order.
    pub fn rows<'a>(&self, rows: &'a [Row], request: &DecisionRequest) -> impl Iterator<Item = &'a Row> {
        let places = self.0.get(&request.act).map_or(&[][..], |of| of.places(request.return_type.as_ref()));
        places.iter().filter_map(|place| rows.get(*place))
    }
}

impl OfAct {
    fn of(act: Act, rows: &[Row]) -> Self {
        let of_act = || rows.iter().enumerate().filter(|(_, row)| row.act.is_none_or(|own| own == act));
        let names: HashSet<_> = of_act()
            .filter_map(|(_, row)| match &row.rtype {
                Types::One(id) => Some(id.clone()),
                _ => None,
            })
            .collect();
        let mut this =
            OfAct { named: names.into_iter().map(|id| (id, Vec::new())).collect(), ..Self::default() };
        for (place, row) in of_act() {
            match &row.rtype {
                Types::One(id) => this.named.entry(id.clone()).or_default().push(place),
                Types::None => this.none.push(place),
                Types::Any | Types::All | Types::Aggregate | Types::Person => {
                    this.named.values_mut().for_each(|places| places.push(place));
                    this.other.push(place);
                    if row.rtype == Types::Any {
                        this.none.push(place);
                    }
                }
            }
        }
        this
    }

    fn places(&self, rtype: Option<&ReturnTypeId>) -> &[usize] {
        match rtype {
            None => &self.none,
            Some(id) => self.named.get(id).unwrap_or(&self.other),
        }
    }
}
