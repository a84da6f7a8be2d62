//! The descent: from agency to areas, with the rows that can still match.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use concordat_core::agency::Kind;
use concordat_core::decision::{Act, Asker, DecisionRequest, Fact};
use concordat_core::ids::{AgencyId, AreaCode, PurposeId};
use jiff::civil::Date;

use super::areas::{AreaCase, samples};
use super::{Level, Lists, Point, Side, TypeAt, World};
use crate::row::Row;

/// Requests that the same rows can match, but for roles, facts and days.
pub(crate) struct Place<'p> {
    pub agency: &'p AgencyId,
    pub kind: Kind,
    pub act: Act,
    pub types: &'p [TypeAt],
    pub owners: &'p [Option<AgencyId>],
    pub purposes: &'p [Option<PurposeId>],
    pub areas: Vec<AreaCase>,
    /// The rows that can match them; each still asks for its role, its fact and its days.
    pub lists: &'p Lists,
}

/// Where the walk goes on or ends.
pub(crate) type Step = ControlFlow<()>;

/// A walk over two bundles.
pub(crate) struct Walk<'a, 'w> {
    pub sides: [Side<'a>; 2],
    pub world: &'w World,
    /// Rows that end before this day are left out.
    pub from: Date,
}

impl Walk<'_, '_> {
    /// Visits every place where a row in question can match, or the bundles do not know the same, and a row allows.
    pub fn visit(&self, visit: &mut dyn FnMut(&Place<'_>) -> Step) -> Step {
        let from = self.from.to_string();
        let all = |side: &Side<'_>| -> Vec<usize> {
            side.rows.iter().enumerate().filter(|(_, row)| row.until >= from).map(|(at, _)| at).collect()
        };
        let [old, new] = &self.sides;
        let lists = [all(old), all(new)];
        for asker in &self.world.askers {
            let (agency, kind) = &asker.of;
            let request = self.request(agency, *kind);
            let lists = self.narrow(&lists, &request, Level::Agency);
            let differs = asker.differs || self.may_differ();
            for act in Act::ALL {
                let request = DecisionRequest { act, ..request.clone() };
                let lists = self.narrow(&lists, &request, Level::Act);
                if self.goes_on(&lists, differs) {
                    self.types(&request, &lists, asker.differs, visit)?;
                }
            }
        }
        Step::Continue(())
    }

    fn request(&self, agency: &AgencyId, kind: Kind) -> DecisionRequest {
        let [old, _] = &self.sides;
        DecisionRequest {
            asker: Asker {
                principal: None,
                agency: agency.clone(),
                kind,
                roles: Vec::new(),
                areas: Vec::new(),
            },
            partnership: old.bundle.known.partnership.clone(),
            owner: None,
            return_type: None,
            areas: Vec::new(),
            act: Act::Read,
            purpose: None,
            facts: Vec::new(),
            day: self.from,
        }
    }

    fn narrow(&self, lists: &Lists, request: &DecisionRequest, at: Level) -> Lists {
        let [old, new] = &self.sides;
        let [before, after] = lists;
        // each bundle is asked as its own partnership: a change of its id would take everything from everybody
        let of_new = DecisionRequest { partnership: new.bundle.known.partnership.clone(), ..request.clone() };
        [old.narrow(before, request, at), new.narrow(after, &of_new, at)]
    }

    /// Whether to go on: some row allows, and some row is in question.
    fn goes_on(&self, lists: &Lists, differs: bool) -> bool {
        let mut of = self.sides.iter().zip(lists);
        let allows =
            of.clone().any(|(side, list)| list.iter().any(|at| side.row(*at).is_some_and(|r| r.allow)));
        let asked = of.any(|(side, list)| list.iter().any(|at| side.is_asked(*at)));
        allows && (asked || differs)
    }

    /// Points by the rows that are left with them.
    fn group<T: Clone>(
        &self,
        points: impl Iterator<Item = (T, bool, DecisionRequest)>,
        lists: &Lists,
        at: Level,
        keep: &dyn Fn(&Lists, &DecisionRequest) -> Option<Lists>,
    ) -> Vec<Group<T>> {
        let mut groups: BTreeMap<(Lists, bool), (DecisionRequest, Vec<T>)> = BTreeMap::new();
        for (point, differs, request) in points {
            let mut left = self.narrow(lists, &request, at);
            if let Some(fewer) = keep(&left, &request) {
                left = fewer;
            }
            if self.goes_on(&left, differs || self.may_differ()) {
                groups.entry((left, differs)).or_insert_with(|| (request, Vec::new())).1.push(point);
            }
        }
        let of = |((lists, differs), (request, points))| Group { lists, differs, request, points };
        groups.into_iter().map(of).collect()
    }

    /// Whether anything that a request can name is known to one bundle alone.
    fn may_differ(&self) -> bool {
        let world = self.world;
        world.types.iter().any(|p| p.differs)
            || world.owners.iter().any(|p| p.differs)
            || world.purposes.iter().any(|p| p.differs)
    }

    fn types(
        &self,
        request: &DecisionRequest,
        lists: &Lists,
        differs: bool,
        visit: &mut dyn FnMut(&Place<'_>) -> Step,
    ) -> Step {
        let points = self.world.types.iter().map(|point| {
            let facts = if point.of.said_person { vec![Fact::PersonLevel] } else { Vec::new() };
            let request = DecisionRequest { return_type: point.of.id.clone(), facts, ..request.clone() };
            (point.of.clone(), point.differs || differs, request)
        });
        let about_persons =
            |lists: &Lists, request: &DecisionRequest| Some(self.computed(lists, request, Fact::PersonLevel));
        for group in self.group(points, lists, Level::Type, &about_persons) {
            self.owners(&group, visit)?;
        }
        Step::Continue(())
    }

    fn owners(&self, of: &Group<TypeAt>, visit: &mut dyn FnMut(&Place<'_>) -> Step) -> Step {
        let points = self.world.owners.iter().map(|Point { of: owner, differs }| {
            let request = DecisionRequest { owner: owner.clone(), ..of.request.clone() };
            (owner.clone(), *differs || of.differs, request)
        });
        let own = |lists: &Lists, request: &DecisionRequest| Some(self.computed(lists, request, Fact::Own));
        for group in self.group(points, &of.lists, Level::Owner, &own) {
            self.purposes(&of.points, &group, visit)?;
        }
        Step::Continue(())
    }

    fn purposes(
        &self,
        types: &[TypeAt],
        of: &Group<Option<AgencyId>>,
        visit: &mut dyn FnMut(&Place<'_>) -> Step,
    ) -> Step {
        let points = self.world.purposes.iter().map(|Point { of: purpose, differs }| {
            let request = DecisionRequest { purpose: purpose.clone(), ..of.request.clone() };
            (purpose.clone(), *differs || of.differs, request)
        });
        for group in self.group(points, &of.lists, Level::Purpose, &|_, _| None) {
            self.areas(types, &of.points, &group, visit)?;
        }
        Step::Continue(())
    }

    fn areas(
        &self,
        types: &[TypeAt],
        owners: &[Option<AgencyId>],
        of: &Group<Option<PurposeId>>,
        visit: &mut dyn FnMut(&Place<'_>) -> Step,
    ) -> Step {
        let asker = &of.request.asker;
        let none = [Vec::new(), Vec::new()];
        let own = self.world.areas.get(&asker.agency).unwrap_or(&none);
        let others = self.world.areas.values().flatten().flatten().cloned();
        let rows = self
            .sides
            .iter()
            .zip(&of.lists)
            .flat_map(|(side, list)| list.iter().filter_map(|at| side.row(*at)));
        let points = samples(rows, own, others).into_iter().map(|sample| {
            let assigned: Vec<AreaCode> = sample.own;
            let asker = Asker { areas: assigned, ..asker.clone() };
            (sample.case, of.differs, DecisionRequest { asker, areas: sample.areas, ..of.request.clone() })
        });
        for group in self.group(points, &of.lists, Level::Area, &|_, _| None) {
            let Asker { agency, kind, .. } = &group.request.asker;
            let mut areas = group.points;
            areas.sort();
            areas.dedup();
            visit(&Place {
                agency,
                kind: *kind,
                act: of.request.act,
                types,
                owners,
                purposes: &of.points,
                areas,
                lists: &group.lists,
            })?;
        }
        Step::Continue(())
    }

    /// The rows that do not ask for a fact which is worked out here and is not true of the request.
    fn computed(&self, lists: &Lists, request: &DecisionRequest, fact: Fact) -> Lists {
        let (asks, others): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut out = [asks, others];
        for ((side, list), out) in self.sides.iter().zip(lists).zip(&mut out) {
            let asks = |at: &usize| side.row(*at).is_some_and(|row: &Row| row.fact == Some(fact));
            let asking: Vec<usize> = list.iter().copied().filter(asks).collect();
            let mut request = request.clone();
            request.partnership = side.bundle.known.partnership.clone();
            out.extend(list.iter().copied().filter(|at| !asks(at)));
            out.extend(side.narrow(&asking, &request, Level::Fact));
            out.sort_unstable();
        }
        out
    }
}

struct Group<T> {
    lists: Lists,
    differs: bool,
    request: DecisionRequest,
    points: Vec<T>,
}
