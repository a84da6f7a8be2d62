//! Engines by what a request is about, so that a decision sees only the rows that could match it. The engine
//! judges every row it holds, one after another: what it does not hold costs nothing.
//!
//! All engines are built with the bundle, none while something is decided. What an engine lacks cannot match:
//! a test sets each against one engine with every row.

mod part;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use concordat_core::ids::RoleId;

use crate::engine::{Engine, EngineFault};
use crate::question::Question;
use crate::roles::Role;
use crate::row::Row;
use crate::vocabulary::Known;

use part::{Names, Part, Value};

/// So few rows are judged without being told apart further.
const FEW: usize = 3;
/// What an engine weighs beside its rows, in rows.
const ENGINE: usize = 20;
/// The most that all engines may weigh, in rows of which each is some 800 bytes: beyond it rows are no longer
/// told apart, and decisions take longer instead.
const MOST: usize = 400_000;

/// Per part of a request the engine with the rows that could match; none where there is no such row. Requests
/// with the same rows share an engine.
pub(crate) struct Buckets(Node);

enum Node {
    Nothing,
    Engine(Arc<Engine>),
    By(Part, HashMap<Value, Arc<Node>>, Arc<Node>),
}

impl Buckets {
    pub fn build(known: &Known, roles: &BTreeMap<RoleId, Role>, rows: &[Row]) -> Result<Self, EngineFault> {
        Self::with_room(known, roles, rows, MOST)
    }

    fn with_room(
        known: &Known,
        roles: &BTreeMap<RoleId, Role>,
        rows: &[Row],
        room: usize,
    ) -> Result<Self, EngineFault> {
        let kinds = known.agencies.iter().map(|agency| (&agency.id, agency.kind)).collect();
        let mut builder = Builder { names: Names { kinds, roles }, rows, engines: HashMap::new() };
        let all = builder.node((0..rows.len()).collect(), &Part::all(roles), room)?;
        Ok(Self(all))
    }

    /// The engine for a request, where any row could match it.
    pub fn engine(&self, question: &Question<'_>) -> Option<&Engine> {
        let mut node = &self.0;
        loop {
            node = match node {
                Node::Nothing => return None,
                Node::Engine(engine) => return Some(engine),
                Node::By(part, values, other) => values.get(&part.of(question)).unwrap_or(other),
            };
        }
    }

    /// Those of a bundle built with less room.
    #[cfg(test)]
    pub fn within(bundle: &super::Bundle, room: usize) -> Self {
        Self::with_room(&bundle.known, &bundle.roles, &bundle.rows, room).unwrap()
    }

    /// One engine for every request: for a test of the disagreement.
    #[cfg(test)]
    pub fn only(engine: Engine) -> Self {
        Self(Node::Engine(Arc::new(engine)))
    }
}

struct Builder<'a> {
    names: Names<'a>,
    rows: &'a [Row],
    engines: HashMap<Vec<usize>, Arc<Engine>>,
}

impl Builder<'_> {
    /// Tells rows apart by the first of the parts that does so and keeps within the room there is.
    fn node(&mut self, held: Vec<usize>, parts: &[Part], room: usize) -> Result<Node, EngineFault> {
        if held.is_empty() {
            return Ok(Node::Nothing);
        }
        let mut rest = parts;
        while let Some((part, after)) = rest.split_first().filter(|_| held.len() > FEW) {
            rest = after;
            let groups = self.groups(&held, part);
            let whole = groups.keys().map(|rows| weight(rows)).sum::<usize>();
            if groups.len() < 2 || whole > room {
                continue;
            }
            let (mut values, mut other) = (HashMap::new(), Arc::new(Node::Nothing));
            for (rows, of) in groups {
                let share = room.saturating_mul(weight(&rows)) / whole.max(1);
                // what is seldom true is not told apart further where it is
                let seldom = matches!(part, Part::Fact(_)) && of.contains(&Value::Yes);
                let node = Arc::new(self.node(rows, if seldom { &[] } else { after }, share)?);
                for value in of {
                    if value == Value::Other {
                        other = Arc::clone(&node);
                    }
                    values.insert(value, Arc::clone(&node));
                }
            }
            return Ok(Node::By(part.clone(), values, other));
        }
        Ok(Node::Engine(self.engine(held)?))
    }

    /// The rows that could match, with the values for which it is just these.
    fn groups(&self, held: &[usize], part: &Part) -> BTreeMap<Vec<usize>, Vec<Value>> {
        let rows: Vec<&Row> = held.iter().filter_map(|at| self.rows.get(*at)).collect();
        let mut groups: BTreeMap<Vec<usize>, Vec<Value>> = BTreeMap::new();
        let values = part.values(&rows).into_iter().chain(part.is_open().then_some(Value::Other));
        for value in values {
            let could = held.iter().zip(&rows).filter(|(_, row)| part.could(row, &value, &self.names));
            groups.entry(could.map(|(at, _)| *at).collect()).or_default().push(value);
        }
        groups
    }

    fn engine(&mut self, held: Vec<usize>) -> Result<Arc<Engine>, EngineFault> {
        if let Some(engine) = self.engines.get(&held) {
            return Ok(Arc::clone(engine));
        }
        let engine = Arc::new(Engine::build(held.iter().filter_map(|at| self.rows.get(*at)))?);
        self.engines.insert(held, Arc::clone(&engine));
        Ok(engine)
    }
}

fn weight(rows: &[usize]) -> usize {
    if rows.is_empty() { 0 } else { rows.len().saturating_add(ENGINE) }
}
