//! Cells in words.

use std::collections::BTreeSet;

use concordat_core::agency::Kind;
use concordat_core::ids::{AgencyId, AreaCode, ProfileId, RoleId};

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

pub(crate) fn agencies(of: &BTreeSet<(AgencyId, Kind)>, world: &World) -> String {
    if world.askers.iter().all(|point| of.contains(&point.of)) {
        return "any agency".to_owned();
    }
    let mut words = Vec::new();
    for kind in Kind::ALL {
        let all: Vec<_> =
            world.askers.iter().map(|point| &point.of).filter(|(_, own)| *own == kind).collect();
        let named: Vec<_> = of.iter().filter(|(_, own)| *own == kind).collect();
        match named.as_slice() {
            [] => {}
            [(id, _)] => words.push(format!("{id} ({kind})")),
            several if several.len() == all.len() => words.push(format!("any {kind} agency")),
            several => {
                let ids: Vec<&str> = several.iter().map(|(id, _)| id.as_str()).collect();
                words.push(format!("{} ({kind})", ids.join(", ")));
            }
        }
    }
    words.join(", ")
}

pub(crate) fn types(of: &BTreeSet<TypeAt>) -> String {
    let mut words = Vec::new();
    for at in of {
        let plain = TypeAt { id: at.id.clone(), said_person: false };
        match &at.id {
            None => words.push("no return type".to_owned()),
            Some(id) if !at.said_person => words.push(id.to_string()),
            Some(_) if of.contains(&plain) => {}
            Some(id) => words.push(format!("{id} (where one is about persons)")),
        }
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
        Change::Gained { through } => ("gains", format!("through {}", profiles(through))),
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
        types(&cell.types),
        owners(&cell.owners),
        purposes(cell, world),
        areas(&cell.areas),
    );
    if !cell.facts.is_empty() {
        let facts: Vec<&str> = cell.facts.iter().map(|fact| fact.as_str()).collect();
        line.push_str(&format!(", where {}", facts.join(" and ")));
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
