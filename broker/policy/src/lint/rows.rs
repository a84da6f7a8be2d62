//! Rows that never match, that others leave nothing of, that meet, and that say `*` in many places: found by working
//! out every request that there could be.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use concordat_core::decision::{Act, Fact};
use concordat_core::ids::ReturnTypeId;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::Finding;
use crate::access::leaf::is_free;
use crate::access::walk::Walk;
use crate::access::{Lists, Side, World};
use crate::bundle::Bundle;
use crate::complaint::Complaint;
use crate::row::{Area, COLUMNS, Owner, Purpose, Row, Types, Who};

const RULES: &str = "rules.csv";

/// What was seen of the rows, by their places.
#[derive(Default)]
struct Seen {
    /// Rows that some request matches.
    matched: BTreeSet<usize>,
    /// Allows that let some request pass.
    free: BTreeSet<usize>,
    /// Denies that keep some request out which a row allows.
    denying: BTreeSet<usize>,
    /// Allows that meet with different profiles.
    meeting: BTreeSet<(usize, usize)>,
    /// What some row allows, as acts on return types.
    allowed: BTreeSet<(Act, ReturnTypeId)>,
}

pub(super) fn look(bundle: &Bundle, findings: &mut Vec<Finding>) {
    let world = World::of(bundle, bundle);
    let seen = see(Side::whole(bundle), bundle, &world);
    for (at, row) in bundle.rows().iter().enumerate() {
        let mut find = |make: fn(Complaint) -> Finding, column: &str, text: String| {
            findings.push(make(Complaint::of_cell(RULES, row.line, column, text)));
        };
        if row.allow && !seen.matched.contains(&at) {
            if let Some(column) = to_blame(bundle, row, &world) {
                let text = "no request can be so and be what the rest of the row says: it allows nothing";
                find(Finding::warning, column, text.to_owned());
            }
        } else if row.allow && !seen.free.contains(&at) {
            let by =
                bundle.rows().iter().enumerate().filter(|(by, deny)| {
                    !deny.allow && meets(bundle, row, deny) && seen.matched.contains(by)
                });
            let by: Vec<&str> = by.map(|(_, deny)| deny.id.as_str()).collect();
            let text = format!("whatever it allows is denied by {}: it allows nothing", by.join(", "));
            find(Finding::warning, "eft", text);
        } else if !row.allow && !seen.denying.contains(&at) {
            find(Finding::warning, "eft", "denies nothing that any row allows".to_owned());
        }
        wildcards(row, &mut find);
    }
    for (a, b) in &seen.meeting {
        if let (Some(a), Some(b)) = (bundle.rows().get(*a), bundle.rows().get(*b)) {
            let profile = |row: &Row| row.profile.as_ref().map_or_else(String::new, ToString::to_string);
            let text = format!(
                "meets {} of line {}, which says `{}`: where both allow, only what both profiles keep is shown",
                b.id,
                b.line,
                profile(b)
            );
            findings.push(Finding::info(Complaint::of_cell(RULES, a.line, "profile", text)));
        }
    }
    without_rows(bundle, &seen, findings);
}

fn see(side: Side<'_>, bundle: &Bundle, world: &World) -> Seen {
    let walk = Walk { sides: [Side::nothing(bundle), side], world, from: Date::constant(0, 1, 1) };
    let mut seen = Seen::default();
    let mut known: BTreeMap<Lists, bool> = BTreeMap::new();
    // the walk is never ended early
    let _ = walk.visit(&mut |place| {
        let [_, new] = &walk.sides;
        let [_, list] = place.lists;
        let lets_pass = *known.entry(place.lists.clone()).or_insert_with(|| note(new, list, &mut seen));
        if lets_pass {
            let types = place.types.iter().filter_map(|at| at.id.clone());
            seen.allowed.extend(types.map(|id| (place.act, id)));
        }
        ControlFlow::Continue(())
    });
    seen
}

/// Notes what the rows of one place do to one another, and whether some request passes.
fn note(side: &Side<'_>, list: &[usize], seen: &mut Seen) -> bool {
    let rows: Vec<(usize, &Row)> = list.iter().filter_map(|at| Some((*at, side.row(*at)?))).collect();
    let mut lets_pass = false;
    seen.matched.extend(list);
    for (at, allow) in rows.iter().filter(|(_, row)| row.allow) {
        let denies = rows.iter().filter(|(_, row)| !row.allow && reaches(allow, row)).map(|(_, row)| *row);
        if is_left(allow, denies) {
            seen.free.insert(*at);
            lets_pass = true;
        }
        for (other, row) in rows.iter().filter(|(_, row)| overlap(allow, row)) {
            if !row.allow {
                seen.denying.insert(*other);
            } else if other > at && row.profile != allow.profile {
                seen.meeting.insert((*at, *other));
            }
        }
    }
    lets_pass
}

fn overlap(a: &Row, b: &Row) -> bool {
    a.from <= b.until && b.from <= a.until
}

/// Whether a deny comes with every request that the allow needs: it asks for no other role and no other fact.
fn reaches(allow: &Row, deny: &Row) -> bool {
    (deny.role.is_none() || deny.role == allow.role)
        && deny.fact.is_none_or(|fact| !is_free(fact) || allow.fact == Some(fact))
}

/// Whether denies leave any day of an allow.
fn is_left<'r>(allow: &Row, denies: impl Iterator<Item = &'r Row>) -> bool {
    let mut spans: Vec<(&str, &str)> = denies.map(|row| (row.from.as_str(), row.until.as_str())).collect();
    spans.sort_unstable();
    let mut next = allow.from.clone();
    for (from, until) in spans {
        if from > next.as_str() {
            return true;
        }
        if until >= next.as_str() {
            let after = until.parse::<Date>().ok().and_then(|day| day.checked_add(1.day()).ok());
            let Some(after) = after.filter(|day| day.year() <= 9999) else { return false };
            next = after.to_string();
        }
    }
    next <= allow.until
}

/// Roughly whether two rows speak of the same: for naming those that may have to do with it.
fn meets(bundle: &Bundle, allow: &Row, deny: &Row) -> bool {
    let kind = |row: &Row| match &row.who {
        Who::Kind(kind) => Some(*kind),
        Who::Agency(id) => bundle.agency(id).map(|agency| agency.kind),
        Who::Anyone => None,
    };
    let types = |row: &Row| match &row.rtype {
        Types::One(id) => Some(id.clone()),
        _ => None,
    };
    let apart = |a: Option<String>, b: Option<String>| a.is_some() && b.is_some() && a != b;
    let word = |row: &Row| types(row).map(|id| id.to_string());
    reaches(allow, deny)
        && overlap(allow, deny)
        && deny.act.is_none_or(|act| allow.act == Some(act))
        && !apart(kind(allow).map(|k| k.to_string()), kind(deny).map(|k| k.to_string()))
        && !apart(word(allow), word(deny))
}

/// The column that keeps a row from ever matching: the first without which it could. Rows about a kind of agency
/// that the partnership does not have are told otherwise.
fn to_blame(bundle: &Bundle, row: &Row, world: &World) -> Option<&'static str> {
    if let Who::Kind(kind) = &row.who
        && !bundle.known.agencies.iter().any(|agency| agency.kind == *kind)
    {
        return None;
    }
    type Relax = fn(&mut Row);
    let relaxed: [(&str, Relax); 5] = [
        ("fact", |row| row.fact = None),
        ("owner", |row| row.owner = Owner::Anyone),
        ("area", |row| row.area = Area::Any),
        ("rtype", |row| row.rtype = Types::All),
        ("purpose", |row| row.purpose = Purpose::Any),
    ];
    for (column, relax) in relaxed {
        let mut alone = row.clone();
        relax(&mut alone);
        let rows = [alone];
        let side = Side { bundle, rows: &rows, asked: vec![true] };
        if see(side, bundle, world).matched.contains(&0) {
            return COLUMNS.into_iter().find(|name| *name == column);
        }
    }
    Some("sub")
}

/// Says where an allow says `*`, and warns where that opens content to many.
fn wildcards(row: &Row, find: &mut impl FnMut(fn(Complaint) -> Finding, &str, String)) {
    if !row.allow {
        return;
    }
    let stars = [
        ("owner", row.owner == Owner::Anyone),
        ("area", row.area == Area::Any),
        ("rtype", matches!(row.rtype, Types::Any | Types::All)),
        ("purpose", row.purpose == Purpose::Any),
    ];
    let stars: Vec<&str> = stars.iter().filter(|(_, is)| *is).map(|(column, _)| *column).collect();
    let shows_content = matches!(row.act, Some(Act::Read | Act::Deliver));
    let everything = row.area == Area::Any
        && matches!(row.rtype, Types::Any | Types::All | Types::Person)
        && row.owner != Owner::Own;
    let first = stars.first().copied().unwrap_or("rtype");
    // who breaks the glass is asked for it each time: that is a door with a seal, not an open one
    let behind_glass = row.fact == Some(Fact::BreakGlass);
    if shows_content && everything && !behind_glass {
        let text = format!("{} is open: it shows every return of others", stars.join(", "));
        find(Finding::warning, first, format!("{text}; name types, areas or owners"));
    } else if shows_content && everything {
        find(Finding::info, first, format!("{} is open to whoever breaks the glass", stars.join(", ")));
    } else if stars.len() > 2 {
        find(Finding::info, first, format!("{} are all open", stars.join(", ")));
    }
}

/// Return types that nobody may send, that reach nobody, that nobody but their sender may read.
fn without_rows(bundle: &Bundle, seen: &Seen, findings: &mut Vec<Finding>) {
    let ids: BTreeSet<&ReturnTypeId> = bundle.known.types.iter().map(|(id, _)| id).collect();
    for id in ids {
        for (act, what) in [
            (Act::Submit, "no row lets anybody send"),
            (Act::Deliver, "no row delivers to anybody"),
            (Act::Read, "no row lets anybody read"),
        ] {
            if !seen.allowed.contains(&(act, id.clone())) {
                findings.push(Finding::warning(Complaint {
                    file: RULES.to_owned(),
                    row: None,
                    column: Some("rtype".to_owned()),
                    text: format!("{what} `{id}`"),
                }));
            }
        }
    }
}
