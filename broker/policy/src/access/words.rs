//! Cells in words.

use std::collections::BTreeSet;

use concordat_core::agency::Kind;
use concordat_core::ids::{AgencyId, AreaCode, ProfileId, ReturnTypeId, RoleId};

use super::areas::{AreaCase, Reach};
use super::cell::{Cell, Owners};
use super::leaf::{Change, Days};
use super::{TypeAt, World};

/// Who: roles, and agencies by kind where every one of the kind is meant.
pub(crate) fn who(cell: &Cell, world: &World) -> String {
    let agencies = agencies(&cell.agencies, world);
    let roles = roles(&cell.roles);
    if roles.is_empty() { agencies } else { format!("{roles} of {agencies}") }
}

pub(crate) fn roles(roles: &BTreeSet<Vec<RoleId>>) -> String {
    let words: Vec<String> =
        roles.iter().map(|set| listed(set, " and ")).filter(|set| !set.is_empty()).collect();
    // whoever asks as well as some who hold a role: the wider covers the narrower
    if words.len() < roles.len() { String::new() } else { words.join(" or ") }
}

/// The agencies, by kind where every one of the kind is meant.
pub(crate) fn agencies(of: &BTreeSet<(AgencyId, Kind)>, world: &World) -> String {
    if let [(id, kind)] = of.iter().collect::<Vec<_>>().as_slice() {
        return format!("{id} ({kind})");
    }
    let (mut whole, mut absent, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for kind in Kind::ALL {
        let all = world.askers.iter().filter(|point| point.of.1 == kind).count();
        let named: Vec<&str> = of.iter().filter(|(_, own)| *own == kind).map(|(id, _)| id.as_str()).collect();
        match named.len() {
            0 if all == 0 => {}
            0 => absent.push(kind.as_str()),
            some if some == all => whole.push(kind.as_str()),
            _ => parts.push(format!("{} ({kind})", named.join(", "))),
        }
    }
    let kinds = match (whole.len(), absent.len()) {
        (0, _) => None,
        (_, 0) if parts.is_empty() => Some("any agency".to_owned()),
        (some, others) if some > others + 1 && parts.is_empty() => {
            Some(format!("any agency but {}", absent.join(", ")))
        }
        _ => Some(format!("any {} agency", whole.join(", "))),
    };
    kinds.into_iter().chain(parts).collect::<Vec<_>>().join(", ")
}

/// The return types; all of a family by the family's name.
pub(crate) fn types(of: &BTreeSet<TypeAt>, world: &World) -> String {
    let figures: BTreeSet<&ReturnTypeId> =
        world.types.iter().filter(|p| p.of.said_person).filter_map(|p| p.of.id.as_ref()).collect();
    let known = world.types.iter().filter(|p| !p.of.said_person).filter_map(|p| p.of.id.as_ref());
    let (of_figures, of_persons): (BTreeSet<_>, BTreeSet<_>) = known.partition(|id| figures.contains(id));
    let plain: BTreeSet<_> = of.iter().filter(|at| !at.said_person).filter_map(|at| at.id.as_ref()).collect();
    let said = of.iter().filter(|at| at.said_person).filter_map(|at| at.id.as_ref());
    let said: BTreeSet<_> = said.filter(|id| !plain.contains(id)).collect();
    let all = |family: &BTreeSet<&ReturnTypeId>, named: &BTreeSet<&ReturnTypeId>| {
        family.len() > 1 && family.is_subset(named)
    };
    let mut words = Vec::new();
    match (all(&of_figures, &plain), all(&of_persons, &plain)) {
        (true, true) => words.push("every return".to_owned()),
        (true, false) => {
            words.push("every return of figures".to_owned());
            words.extend(plain.intersection(&of_persons).map(ToString::to_string));
        }
        (false, true) => {
            words.push("every return about persons".to_owned());
            words.extend(plain.intersection(&of_figures).map(ToString::to_string));
        }
        (false, false) => words.extend(plain.iter().map(ToString::to_string)),
    }
    if all(&of_figures, &said) {
        words.push("any return of figures that is said to be about persons".to_owned());
    } else {
        words.extend(said.iter().map(|id| format!("{id} said to be about persons")));
    }
    if of.iter().any(|at| at.id.is_none()) {
        words.push("no return".to_owned());
    }
    words.join(", ")
}

pub(crate) fn owners(of: &BTreeSet<Owners>) -> String {
    let mut words = Vec::new();
    let any = |is: fn(&Owners) -> bool| of.iter().any(is);
    if any(|o| o.own) && any(|o| o.all_others) {
        return "by anyone".to_owned();
    }
    if any(|o| o.own) {
        words.push("by itself".to_owned());
    }
    if any(|o| o.all_others) {
        words.push("by others".to_owned());
    } else {
        let named: BTreeSet<&AgencyId> = of.iter().flat_map(|o| &o.others).collect();
        if !named.is_empty() {
            words.push(format!("by {}", listed(&named, ", ")));
        }
        if any(|o| o.nobody) {
            words.push("by no single agency".to_owned());
        }
    }
    words.join(" or ")
}

pub(crate) fn purposes(cell: &Cell, world: &World) -> String {
    if world.purposes.iter().all(|point| cell.purposes.contains(&point.of)) {
        return "any purpose or none".to_owned();
    }
    let named: Vec<&str> = cell.purposes.iter().flatten().map(|id| id.as_str()).collect();
    let every = world.purposes.iter().filter_map(|point| point.of.as_ref()).count();
    let mut words = if named.len() == every { "any purpose".to_owned() } else { named.join(", ") };
    if cell.purposes.contains(&None) {
        words = if words.is_empty() { "no purpose".to_owned() } else { format!("{words} or none") };
    }
    words
}

pub(crate) fn areas(of: &BTreeSet<AreaCase>) -> String {
    let reaches: BTreeSet<Reach> = of.iter().map(|case| case.reach).collect();
    let reach = match reaches.iter().copied().collect::<Vec<_>>().as_slice() {
        [Reach::Own] => "in its areas",
        [Reach::Own, Reach::Partly] => "touching its areas",
        [Reach::Own, Reach::Partly, Reach::Elsewhere] => "in any area",
        [Reach::Own, Reach::Partly, Reach::Elsewhere, Reach::None] => "any area or none",
        [Reach::Partly] => "partly in its areas",
        [Reach::Elsewhere] => "outside its areas",
        [Reach::Partly, Reach::Elsewhere] => "not wholly in its areas",
        [Reach::Partly, Reach::Elsewhere, Reach::None] => "not wholly in its areas, or in none",
        [Reach::Elsewhere, Reach::None] => "outside its areas, or in none",
        [Reach::None] => "about no area",
        [Reach::Own, Reach::None] => "in its areas, or in none",
        _ => "in some areas",
    };
    let named: BTreeSet<&AreaCode> = of.iter().flat_map(|case| &case.named).collect();
    // where some case names no area, the areas that rows name make no difference here
    if named.is_empty() || of.iter().any(|case| case.named.is_empty()) {
        return reach.to_owned();
    }
    let only = of.iter().all(|case| case.named.len() == 1 && !case.more);
    format!("{reach}, {} {}", if only { "for" } else { "touching" }, listed(&named, ", "))
}

/// The days; nothing where it is from the first day on without an end.
pub(crate) fn days(of: &[Days], first: jiff::civil::Date) -> String {
    let one = |days: &Days| match (days.from == first, days.until) {
        (true, None) => String::new(),
        (true, Some(until)) => format!("until {until}"),
        (false, None) => format!("from {}", days.from),
        (false, Some(until)) => format!("from {} until {until}", days.from),
    };
    of.iter().map(one).collect::<Vec<_>>().join(" and ")
}

pub(crate) fn profiles(of: &[ProfileId]) -> String {
    of.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" and ")
}

/// A whole cell as one line.
pub(crate) fn line(cell: &Cell, world: &World, first: jiff::civil::Date) -> String {
    let (verb, through) = match &cell.change {
        Change::Gained { through, .. } => ("gains", format!("through {}", profiles(through))),
        Change::Lost { through } => ("loses", format!("through {}", profiles(through))),
        Change::Wider { before, after, what } => {
            ("sees more in", format!("{}: {}", what.join(", "), swap(before, after)))
        }
        Change::Narrower { before, after, what } => {
            ("sees less in", format!("{}: {}", what.join(", "), swap(before, after)))
        }
    };
    let mut line = format!(
        "{}: {verb} {} of {} sent {}, for {}, {}, {through}",
        who(cell, world),
        cell.act.as_str(),
        types(&cell.types, world),
        owners(&cell.owners),
        purposes(cell, world),
        areas(&cell.areas),
    );
    if !cell.facts.is_empty() {
        let facts: Vec<&str> = cell.facts.iter().map(|fact| fact.as_str()).collect();
        line.push_str(&format!(", where {}", facts.join(" and ")));
    }
    if let Change::Gained { unless, .. } = &cell.change
        && !unless.is_empty()
    {
        line.push_str(&format!(", unless {}", unless.join(" or ")));
    }
    let days = days(&cell.days, first);
    if !days.is_empty() {
        line.push_str(&format!(", {days}"));
    }
    line
}

fn swap(before: &[ProfileId], after: &[ProfileId]) -> String {
    if before == after {
        format!("{} has changed", profiles(after))
    } else {
        format!("{} instead of {}", profiles(after), profiles(before))
    }
}

fn listed<T: ToString>(items: impl IntoIterator<Item = T>, between: &str) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(between)
}
