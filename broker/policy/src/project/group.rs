//! Whether the suppressed members of additive groups can be worked out from those shown: each member lies
//! between two bounds, each group narrows the bounds of its members, and a suppressed member whose bounds
//! meet is disclosed.

use std::collections::{HashMap, HashSet};

use super::{Count, WouldDisclose};
use crate::profile::Suppression;

/// More than any count; sums of such bounds are cut to it.
const NO_BOUND: i64 = i64::MAX / 4;
/// Each round narrows some bound or is the last; groups are few, and this many rounds settle them.
const MOST_ROUNDS: usize = 64;

/// What a reader sees of one member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Its count.
    Number(u64),
    /// That it is suppressed.
    Suppressed,
    /// A blank or a symbol.
    NoNumber,
    /// Nothing: its column is dropped, or it is not in the table.
    Hidden,
}

impl Seen {
    /// `counts` says whether the figure is a count of people, which alone is suppressed.
    pub fn of(count: Count, shown: bool, counts: bool, suppression: &Suppression) -> Self {
        match count {
            _ if !shown => Seen::Hidden,
            count if counts && count.is_suppressed(suppression) => Seen::Suppressed,
            Count::Number(number) => Seen::Number(number),
            Count::NoNumber | Count::Unclear => Seen::NoNumber,
        }
    }
}

/// A group: total and parts, by name.
pub(super) struct Group<'a> {
    pub total: &'a str,
    pub parts: Vec<&'a str>,
}

impl<'a> Group<'a> {
    fn members(&self) -> impl Iterator<Item = &'a str> {
        std::iter::once(self.total).chain(self.parts.iter().copied())
    }
}

/// Looks for a suppressed member that a reader could work out. A blank, a symbol or a part that is not there
/// is first taken for nothing, as a reader would; in a group whose figures then cannot add up, for anything.
/// Where they cannot add up even so, a single suppressed member counts as disclosed, several as not.
pub(super) fn check(
    groups: &[Group<'_>],
    seen: &HashMap<&str, Seen>,
    suppression: &Suppression,
) -> Result<(), WouldDisclose> {
    if !seen.values().any(|seen| *seen == Seen::Suppressed) {
        return Ok(());
    }
    let mut seen = seen.clone();
    for part in groups.iter().flat_map(|group| &group.parts) {
        seen.entry(part).or_insert(Seen::NoNumber);
    }
    let is = |name: &str, what: Seen| seen.get(name) == Some(&what);
    let (mut sound, mut loose) = (Vec::new(), HashSet::new());
    for group in groups {
        if narrow(&[group], &seen, suppression, |_| false).is_some() {
            sound.push(group);
        } else if narrow(&[group], &seen, suppression, |_| true).is_some() {
            sound.push(group);
            loose.extend(group.members().filter(|name| is(name, Seen::NoNumber)));
        } else if group.members().filter(|name| is(name, Seen::Suppressed)).count() == 1 {
            return Err(WouldDisclose);
        }
    }
    let bounds = narrow(&sound, &seen, suppression, |name| loose.contains(name))
        .or_else(|| narrow(&sound, &seen, suppression, |_| true))
        .ok_or(WouldDisclose)?;
    let disclosed = seen.iter().any(|(name, seen)| {
        *seen == Seen::Suppressed && bounds.get(name).is_none_or(|(low, high)| low >= high)
    });
    if disclosed { Err(WouldDisclose) } else { Ok(()) }
}

type Bounds<'a> = HashMap<&'a str, (i64, i64)>;

/// The bounds of all members as the groups together leave them, where `loose` members without a number may be
/// anything and the others are nothing. `None` where some bounds cross: no figures fit.
fn narrow<'a>(
    groups: &[&Group<'a>],
    seen: &HashMap<&'a str, Seen>,
    suppression: &Suppression,
    loose: impl Fn(&str) -> bool,
) -> Option<Bounds<'a>> {
    let int = |number: u64| i64::try_from(number).unwrap_or(NO_BOUND).min(NO_BOUND);
    let mut bounds: Bounds<'a> = seen
        .iter()
        .map(|(name, seen)| {
            let bound = match seen {
                Seen::Number(number) => (int(*number), int(*number)),
                Seen::Suppressed => (int(suppression.from), int(suppression.to)),
                Seen::NoNumber if !loose(name) => (0, 0),
                Seen::NoNumber | Seen::Hidden => (0, NO_BOUND),
            };
            (*name, bound)
        })
        .collect();
    for _ in 0..MOST_ROUNDS {
        let before = bounds.clone();
        for group in groups {
            narrow_by(group, &mut bounds);
        }
        if bounds.values().any(|(low, high)| low > high) {
            return None;
        }
        if bounds == before {
            break;
        }
    }
    Some(bounds)
}

fn narrow_by<'a>(group: &Group<'a>, bounds: &mut Bounds<'a>) {
    let of = |bounds: &Bounds<'a>, name: &str| bounds.get(name).copied().unwrap_or((0, NO_BOUND));
    let sum = |bounds: &Bounds<'a>, without: Option<usize>| {
        group.parts.iter().enumerate().filter(|(at, _)| Some(*at) != without).fold(
            (0_i64, 0_i64),
            |(low, high), (_, name)| {
                let (more_low, more_high) = of(bounds, name);
                (low.saturating_add(more_low).min(NO_BOUND), high.saturating_add(more_high).min(NO_BOUND))
            },
        )
    };
    let (low, high) = sum(bounds, None);
    let total = of(bounds, group.total);
    let total = (total.0.max(low), if high >= NO_BOUND { total.1 } else { total.1.min(high) });
    bounds.insert(group.total, total);
    for (at, name) in group.parts.iter().enumerate() {
        let (others_low, others_high) = sum(bounds, Some(at));
        let part = of(bounds, name);
        let low =
            if others_high >= NO_BOUND { part.0 } else { part.0.max(total.0.saturating_sub(others_high)) };
        let high = if total.1 >= NO_BOUND { part.1 } else { part.1.min(total.1.saturating_sub(others_low)) };
        bounds.insert(name, (low, high));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dfe() -> Suppression {
        let none = Default::default;
        Suppression {
            title: String::new(),
            from: 1,
            to: 5,
            symbol: "c".into(),
            derived_units: none(),
            plain_units: none(),
        }
    }

    fn check_one(total: Seen, parts: &[Seen]) -> Result<(), WouldDisclose> {
        let names = ["a", "b", "c", "d"];
        let mut seen: HashMap<&str, Seen> = names.into_iter().zip(parts.iter().copied()).collect();
        seen.insert("t", total);
        let parts = names.into_iter().take(parts.len()).collect();
        check(&[Group { total: "t", parts }], &seen, &dfe())
    }

    use Seen::{Hidden, NoNumber, Number, Suppressed};

    #[test]
    fn one_suppressed_member_of_a_group_is_disclosed_by_the_others() {
        assert!(check_one(Number(20), &[Number(17), Suppressed]).is_err());
        assert!(check_one(Suppressed, &[Number(2), Number(0)]).is_err());
        assert!(check_one(Suppressed, &[Number(0), Number(0)]).is_err());
    }

    #[test]
    fn two_suppressed_members_hide_each_other_unless_the_rest_is_at_an_end_of_the_range() {
        assert!(check_one(Number(20), &[Number(15), Suppressed, Suppressed]).is_ok());
        assert!(check_one(Number(17), &[Number(15), Suppressed, Suppressed]).is_err(), "1 and 1");
        assert!(check_one(Number(25), &[Number(15), Suppressed, Suppressed]).is_err(), "5 and 5");
        assert!(check_one(Suppressed, &[Number(0), Suppressed]).is_ok());
        assert!(check_one(Suppressed, &[Number(4), Suppressed]).is_err(), "5 and 1");
    }

    #[test]
    fn blanks_count_as_nothing_unless_that_cannot_be() {
        assert!(check_one(Number(18), &[Number(15), Suppressed, NoNumber]).is_err(), "reads as 3");
        assert!(
            check_one(Number(40), &[Number(15), Suppressed, NoNumber]).is_ok(),
            "25 cannot be suppressed"
        );
    }

    #[test]
    fn a_part_that_is_not_there_counts_as_nothing_and_a_total_that_is_not_there_tells_nothing() {
        let group = || [Group { total: "t", parts: vec!["a", "b", "c"] }];
        let seen = HashMap::from([("t", Number(20)), ("a", Number(17)), ("b", Suppressed)]);
        assert!(check(&group(), &seen, &dfe()).is_err());
        let seen = HashMap::from([("a", Number(17)), ("b", Suppressed)]);
        assert!(check(&group(), &seen, &dfe()).is_ok());
    }

    #[test]
    fn where_figures_contradict_each_other_one_suppressed_member_is_one_too_few() {
        assert!(check_one(Number(10), &[Number(20), Suppressed]).is_err());
        assert!(check_one(Number(10), &[Number(20), Suppressed, Suppressed]).is_ok());
    }

    #[test]
    fn a_contradiction_in_one_group_does_not_loosen_another() {
        let groups =
            [Group { total: "t", parts: vec!["a", "b"] }, Group { total: "u", parts: vec!["d", "e", "f"] }];
        let seen = HashMap::from([
            ("t", Number(40)),
            ("a", Suppressed),
            ("b", NoNumber),
            ("u", Number(20)),
            ("d", Number(17)),
            ("e", Suppressed),
            ("f", NoNumber),
        ]);
        assert!(check(&groups, &seen, &dfe()).is_err(), "e reads as 3, whatever b is");
    }

    #[test]
    fn a_hidden_member_hides_a_suppressed_one_unless_there_is_no_room() {
        assert!(check_one(Number(20), &[Number(10), Suppressed, Hidden]).is_ok());
        assert!(check_one(Number(11), &[Number(10), Suppressed, Hidden]).is_err());
        assert!(check_one(Hidden, &[Number(10), Suppressed]).is_ok());
    }

    #[test]
    fn what_one_group_tells_is_used_in_the_next() {
        let groups =
            [Group { total: "t", parts: vec!["a", "b"] }, Group { total: "u", parts: vec!["b", "d"] }];
        // u = 2 leaves b = d = 1, though neither group has a single suppressed member
        let seen = HashMap::from([
            ("t", Hidden),
            ("a", Suppressed),
            ("b", Suppressed),
            ("u", Number(2)),
            ("d", Suppressed),
        ]);
        assert!(check(&groups, &seen, &dfe()).is_err());
        let seen = HashMap::from([
            ("t", Hidden),
            ("a", Suppressed),
            ("b", Suppressed),
            ("u", Number(6)),
            ("d", Suppressed),
        ]);
        assert!(check(&groups, &seen, &dfe()).is_ok());
    }
}
