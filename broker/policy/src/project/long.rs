//! Suppression where each figure has its row.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use concordat_core::table::{Cells, Table};

use super::attack::Equation;
use super::relation::{self, Placed};
use super::secondary::{self, Outcome};
use super::{Count, Reading, Suppressed, Work, WouldDisclose, outcome_cell};
use crate::profile::{Suppression, suppression::Unit};

/// The columns of a long table, by name.
pub(super) struct Columns<'a> {
    pub key: &'a str,
    pub value: &'a str,
    pub unit: &'a str,
    pub area: &'a str,
    pub period: &'a str,
}

/// What suppression needs of one row.
struct Figure<'a> {
    row: usize,
    area: &'a str,
    key: &'a str,
    unit: &'a str,
    cell: &'a str,
    count: Count,
}

/// How areas are suppressed, by their names in the table.
struct Methods<'a> {
    by_area: HashMap<&'a str, Suppression>,
    /// The strictest of all.
    all: Suppression,
    /// Per area that is made up of others: the strictest of it and of them.
    of_totals: Vec<Suppression>,
}

pub(super) fn suppress(work: &mut Work<'_>, columns: &Columns<'_>) -> Suppressed {
    let at = |name: &str| work.table.column(name).ok_or(WouldDisclose);
    let (key, value, unit) = (at(columns.key)?, at(columns.value)?, at(columns.unit)?);
    let (area, period) = (at(columns.area)?, at(columns.period)?);
    let shown = work.shown.get(value).copied().unwrap_or(false);

    let mut periods: BTreeMap<&str, Vec<Figure<'_>>> = BTreeMap::new();
    for (at, row) in work.table.rows().enumerate() {
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let (cell_of, count) = (cell(value), Count::read(cell(value)));
        let figure =
            Figure { row: at, area: cell(area), key: cell(key), unit: cell(unit), cell: cell_of, count };
        periods.entry(cell(period)).or_default().push(figure);
    }
    let Some(methods) = methods(work, periods.values().flatten().map(|figure| figure.area)) else {
        return Ok((work.table.clone(), 0));
    };

    let mut settled: Vec<(&Figure<'_>, Outcome)> = Vec::with_capacity(work.table.height());
    for figures in periods.values() {
        settled.extend(figures.iter().zip(outcomes(figures, work.of, &methods, shown)?));
    }
    let blurred = settled.iter().filter(|(_, outcome)| *outcome != Outcome::AsItIs);
    let blurred: HashSet<&str> = blurred.map(|(figure, _)| figure.area).collect();

    let mut values: Vec<Option<Cow<'_, str>>> = vec![None; work.table.height()];
    let mut suppressed = 0_u32;
    for (figure, outcome) in settled {
        let Some(method) = methods.by_area.get(figure.area) else { continue };
        // a change tells what was in one period from what is in another
        let hides = blurred.contains(figure.area)
            && method.unit(figure.unit) == Unit::Derived
            && figure.count != Count::NoNumber;
        let outcome = if hides { Outcome::Suppressed { beyond: true } } else { outcome };
        let (cell, hidden) = outcome_cell(figure.cell, outcome, method);
        suppressed = suppressed.saturating_add(u32::from(shown && hidden));
        if let Some(slot) = values.get_mut(figure.row) {
            *slot = Some(Cow::Owned(cell.into_owned()));
        }
    }

    let mut cells = Cells::with_capacity(work.table.cells.len(), work.table.cells.bytes());
    for (row, new) in work.table.rows().zip(&values) {
        let of = |(column, cell)| match new {
            Some(new) if column == value => new.as_ref(),
            _ => cell,
        };
        cells.extend(row.iter().enumerate().map(of));
    }
    let table = Table { name: work.table.name.clone(), columns: work.table.columns.clone(), cells };
    Ok((table, suppressed))
}

/// `None` where no area is suppressed at all.
fn methods<'a>(work: &mut Work<'_>, areas: impl Iterator<Item = &'a str>) -> Option<Methods<'a>> {
    let areas: HashSet<&str> = areas.collect();
    let mut of = |area: &str| work.methods.of(&[area], &work.of.areas);
    let by_area: HashMap<&str, Suppression> =
        areas.into_iter().filter_map(|area| Some((area, of(area)?))).collect();
    let all = by_area.values().cloned().reduce(Suppression::stricter)?;
    let totals = work.of.area_totals.iter();
    let of_totals = totals
        .map(|total| {
            let known = total.parts.iter().filter_map(|part| by_area.get(part.as_str()).cloned());
            let methods = work.methods.profiles.iter().flat_map(|profile| {
                total.parts.iter().filter_map(|part| profile.suppression(part, &work.of.areas))
            });
            known.chain(methods).fold(all.clone(), Suppression::stricter)
        })
        .collect();
    Some(Methods { by_area, all, of_totals })
}

/// What becomes of the figures of one period, in order. Those of several areas belong together where an area is made up
/// of others.
fn outcomes(
    figures: &[Figure<'_>],
    of: &Reading,
    methods: &Methods<'_>,
    shown: bool,
) -> Result<Vec<Outcome>, WouldDisclose> {
    let mut counts: Vec<secondary::Figure<'_>> = Vec::with_capacity(figures.len());
    let mut by_area: BTreeMap<&str, ByKey<'_>> = BTreeMap::new();
    for (at, figure) in figures.iter().enumerate() {
        let method = methods.by_area.get(figure.area);
        let is_count = method.unwrap_or(&methods.all).unit(figure.unit) == Unit::Count;
        let of = secondary::Figure { count: figure.count, counts: is_count, shown, method, rest: false };
        counts.push(of);
        let by_key = by_area.entry(figure.area).or_default();
        if is_count {
            by_key.entry(figure.key).or_default().push((figure.unit, at));
        }
    }
    let mut equations = Vec::new();
    for (area, by_key) in &by_area {
        let method = methods.by_area.get(area);
        match of_area(of, by_key, method, &mut counts) {
            Ok(own) => equations.extend(own),
            // nothing is to be protected, so that it cannot be added up does not matter
            Err(WouldDisclose) if !matters(by_key, &counts, method) => {}
            Err(WouldDisclose) => return Err(WouldDisclose),
        }
    }
    for (total, method) in of.area_totals.iter().zip(&methods.of_totals) {
        for placed in of_areas(total, &by_area) {
            relation::add(&placed, Some(method), &mut counts, &mut equations);
        }
    }
    let mut outcomes = secondary::suppress(&counts, &equations)?;
    outcomes.truncate(figures.len());
    Ok(outcomes)
}

/// By indicator: the units it comes in, and where.
type ByKey<'a> = HashMap<&'a str, Vec<(&'a str, usize)>>;

fn matters(by_key: &ByKey<'_>, counts: &[secondary::Figure<'_>], method: Option<&Suppression>) -> bool {
    let Some(method) = method else { return false };
    let is_small = |at: &usize| counts.get(*at).is_some_and(|figure| figure.count.is_suppressed(method));
    method.whole_parts || by_key.values().flatten().any(|(_, at)| is_small(at))
}

/// The additive groups and the relations among the figures of one area. A name is an indicator, or an indicator and its
/// unit with a space between. One that stands twice cannot be added up.
fn of_area<'m>(
    of: &Reading,
    by_key: &ByKey<'_>,
    method: Option<&'m Suppression>,
    counts: &mut Vec<secondary::Figure<'m>>,
) -> Result<Vec<Equation>, WouldDisclose> {
    let find = |name: &String| {
        let (key, unit) = name.split_once(' ').map_or((name.as_str(), None), |(key, unit)| (key, Some(unit)));
        let named = by_key.get(key).into_iter().flatten();
        let mut named = named.filter(|(own, _)| unit.is_none_or(|unit| unit == *own)).map(|(_, at)| *at);
        match (named.next(), named.next()) {
            (Some(_), Some(_)) => Err(WouldDisclose),
            (found, _) => Ok(found),
        }
    };
    let mut equations = Vec::new();
    for group in &of.additive {
        let mut position = |name: &String, absent: secondary::Figure<'static>| {
            Ok(find(name)?.unwrap_or_else(|| {
                counts.push(absent);
                counts.len() - 1
            }))
        };
        let total = position(&group.total, secondary::Figure::UNKNOWN)?;
        let parts = group.parts.iter().map(|part| position(part, secondary::Figure::ABSENT));
        equations.push(Equation { total, parts: parts.collect::<Result<_, _>>()? });
    }
    for relation in &of.relations {
        let all = |names: &[String]| names.iter().map(find).collect::<Result<Vec<_>, _>>();
        let (parts, totals) = (all(&relation.parts)?, all(&relation.totals)?);
        let exact = relation.exact && parts.iter().all(Option::is_some);
        let parts = parts.into_iter().flatten().collect();
        let Some(totals) = totals.into_iter().collect() else { continue };
        relation::add(&Placed { parts, totals, exact }, method, counts, &mut equations);
    }
    Ok(equations)
}

/// Each count of an area that is made up of others, with those that it is made up of.
fn of_areas(total: &super::AdditiveGroup, by_area: &BTreeMap<&str, ByKey<'_>>) -> Vec<Placed> {
    let Some(own) = by_area.get(total.total.as_str()) else { return Vec::new() };
    let parts: Vec<&ByKey<'_>> = total.parts.iter().filter_map(|part| by_area.get(part.as_str())).collect();
    let of = |(key, unit, at): (&str, &str, usize)| {
        let same = |part: &&ByKey<'_>| {
            let units = part.get(key).into_iter().flatten();
            units.filter(|(own, _)| *own == unit).map(|(_, at)| *at).collect::<Vec<_>>()
        };
        let found: Vec<usize> = parts.iter().flat_map(same).collect();
        Placed { exact: found.len() == total.parts.len(), parts: found, totals: vec![at] }
    };
    let all = own.iter().flat_map(|(key, units)| units.iter().map(|(unit, at)| (*key, *unit, *at)));
    let mut placed: Vec<Placed> = all.map(of).collect();
    placed.sort_by(|one, other| one.totals.cmp(&other.totals));
    placed
}
