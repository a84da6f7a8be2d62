//! What a reader who knows the additive groups can work out of what is released: a suppressed count is disclosed
//! unless at least two values of it fit everything that is shown.

use std::collections::BTreeSet;

/// More than any count; sums of such bounds are cut to it.
pub(super) const NO_BOUND: i64 = i64::MAX / 4;
/// Each round narrows some bound or is the last; groups are few, and this many rounds settle them.
const MOST_ROUNDS: usize = 64;
/// How many cases are told apart before a search is given up; what it did not find then counts as not there.
const MOST_CASES: usize = 4_096;

/// What a reader sees of one member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Its count, or between what its count lies.
    Between(i64, i64),
    /// That it is suppressed, and between what suppressed counts lie.
    Suppressed(i64, i64),
    /// A blank or a symbol.
    NoNumber,
    /// Nothing: its column is dropped, or the total is not in the table.
    Hidden,
}

/// A group: the positions of its total and of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Equation {
    pub total: usize,
    pub parts: Vec<usize>,
}

impl Equation {
    pub fn members(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.total).chain(self.parts.iter().copied())
    }
}

/// The suppressed members that a reader could work out. A blank, a symbol or a part that is not there is first taken
/// for nothing, as a reader would; in a group whose figures then cannot add up, for anything. Where they cannot add up
/// even so, a single suppressed member counts as disclosed, several as not.
pub(super) fn disclosed(equations: &[Equation], seen: &[Seen]) -> BTreeSet<usize> {
    let suppressed: Vec<usize> = (0..seen.len()).filter(|at| is_suppressed(seen, *at)).collect();
    let mut found = BTreeSet::new();
    let (mut sound, mut loose): (Vec<&Equation>, BTreeSet<usize>) = (Vec::new(), BTreeSet::new());
    for equation in equations {
        if bounds_of(&[equation], seen, |_| false).is_some() {
            sound.push(equation);
        } else if bounds_of(&[equation], seen, |_| true).is_some() {
            sound.push(equation);
            loose.extend(equation.members().filter(|at| seen.get(*at) == Some(&Seen::NoNumber)));
        } else {
            let mut members = equation.members().filter(|at| is_suppressed(seen, *at));
            if let (Some(one), None) = (members.next(), members.next()) {
                found.insert(one);
            }
        }
    }
    let begin = bounds_of(&sound, seen, |at| loose.contains(&at))
        .and_then(|bounds| Some((any(&sound, &bounds)?, bounds)))
        .or_else(|| {
            let bounds = bounds_of(&sound, seen, |_| true)?;
            Some((any(&sound, &bounds)?, bounds))
        });
    let Some((first, bounds)) = begin else {
        // no figures fit, or none were found in time: nothing is known to be safe
        let grouped: BTreeSet<usize> = sound.iter().flat_map(|equation| equation.members()).collect();
        found.extend(suppressed.into_iter().filter(|at| grouped.contains(at)));
        return found;
    };
    let mut settled = vec![false; seen.len()];
    for at in suppressed {
        if settled.get(at) == Some(&true) {
            continue;
        }
        match another(&sound, &bounds, &first, at) {
            None => drop(found.insert(at)),
            Some(second) => {
                for ((settled, one), other) in settled.iter_mut().zip(&first).zip(&second) {
                    *settled |= one != other;
                }
            }
        }
    }
    found
}

fn is_suppressed(seen: &[Seen], at: usize) -> bool {
    matches!(seen.get(at), Some(Seen::Suppressed(..)))
}

type Bounds = Vec<(i64, i64)>;

/// The bounds of all members as the groups together leave them, where `loose` members without a number may be
/// anything and the others are nothing. `None` where some bounds cross: no figures fit.
fn bounds_of(equations: &[&Equation], seen: &[Seen], loose: impl Fn(usize) -> bool) -> Option<Bounds> {
    let bound = |(at, seen): (usize, &Seen)| match seen {
        Seen::Between(low, high) | Seen::Suppressed(low, high) => (*low, *high),
        Seen::NoNumber if !loose(at) => (0, 0),
        Seen::NoNumber | Seen::Hidden => (0, NO_BOUND),
    };
    narrow(equations, seen.iter().enumerate().map(bound).collect())
}

/// Figures within the bounds that add up, other than the first ones in one place.
fn another(equations: &[&Equation], bounds: &Bounds, first: &[i64], at: usize) -> Option<Vec<i64>> {
    let (value, (low, high)) = (*first.get(at)?, *bounds.get(at)?);
    [(low, value.saturating_sub(1)), (value.saturating_add(1), high)].into_iter().find_map(|between| {
        let mut bounds = bounds.clone();
        *bounds.get_mut(at)? = between;
        any(equations, &narrow(equations, bounds)?)
    })
}

/// Figures within the bounds that add up in every group, if some are found.
fn any(equations: &[&Equation], bounds: &Bounds) -> Option<Vec<i64>> {
    let involved: BTreeSet<usize> = equations.iter().flat_map(|equation| equation.members()).collect();
    let mut cases = vec![bounds.clone()];
    for _ in 0..MOST_CASES {
        let bounds = cases.pop()?;
        let open = involved.iter().filter_map(|at| bounds.get(*at).map(|(low, high)| (high - low, *at)));
        let Some((_, at)) = open.filter(|(width, _)| *width > 0).min() else {
            return Some(bounds.into_iter().map(|(low, _)| low).collect());
        };
        let (low, high) = bounds.get(at).copied()?;
        let middle = low + (high - low) / 2;
        for half in [(middle + 1, high), (low, middle)] {
            let mut bounds = bounds.clone();
            if let Some(slot) = bounds.get_mut(at) {
                *slot = half;
            }
            cases.extend(narrow(equations, bounds));
        }
    }
    None
}

fn narrow(equations: &[&Equation], mut bounds: Bounds) -> Option<Bounds> {
    for _ in 0..MOST_ROUNDS {
        let mut narrower = false;
        for equation in equations {
            narrower |= narrow_by(equation, &mut bounds)?;
        }
        if !narrower {
            break;
        }
    }
    bounds.iter().all(|(low, high)| low <= high).then_some(bounds)
}

/// Whether one group narrowed any bound of its members; `None` where bounds cross.
fn narrow_by(equation: &Equation, bounds: &mut Bounds) -> Option<bool> {
    let (mut least, mut most, mut endless) = (0_i64, 0_i64, 0_usize);
    for at in &equation.parts {
        let (low, high) = *bounds.get(*at)?;
        least = least.saturating_add(low).min(NO_BOUND);
        if high >= NO_BOUND {
            endless += 1;
        } else {
            most = most.saturating_add(high).min(NO_BOUND);
        }
    }
    let highest = if endless == 0 { most } else { NO_BOUND };
    let mut narrower = tighten(bounds, equation.total, least, highest)?;
    let (total_low, total_high) = *bounds.get(equation.total)?;
    for at in &equation.parts {
        let (low, high) = *bounds.get(*at)?;
        let others_are_endless = endless > usize::from(high >= NO_BOUND);
        let others_most = if high >= NO_BOUND { most } else { most - high };
        let from = if others_are_endless { low } else { total_low.saturating_sub(others_most) };
        let to = if total_high >= NO_BOUND { high } else { total_high.saturating_sub(least - low) };
        if tighten(bounds, *at, from, to)? {
            narrower = true;
            let (new_low, new_high) = *bounds.get(*at)?;
            least = (least - low).saturating_add(new_low).min(NO_BOUND);
            if high >= NO_BOUND && new_high < NO_BOUND {
                endless -= 1;
                most = most.saturating_add(new_high).min(NO_BOUND);
            } else if high < NO_BOUND {
                most = most - high + new_high;
            }
        }
    }
    Some(narrower)
}

fn tighten(bounds: &mut Bounds, at: usize, from: i64, to: i64) -> Option<bool> {
    let slot = bounds.get_mut(at)?;
    let new = (slot.0.max(from), slot.1.min(to));
    let narrower = new != *slot;
    *slot = new;
    (new.0 <= new.1).then_some(narrower)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Seen::{Hidden, NoNumber};

    const C: Seen = Seen::Suppressed(1, 5);

    fn n(number: i64) -> Seen {
        Seen::Between(number, number)
    }

    fn one(total: Seen, parts: &[Seen]) -> bool {
        let seen: Vec<Seen> = std::iter::once(total).chain(parts.iter().copied()).collect();
        !disclosed(&[Equation { total: 0, parts: (1..seen.len()).collect() }], &seen).is_empty()
    }

    fn several(groups: &[(usize, &[usize])], seen: &[Seen]) -> Vec<usize> {
        let equation = |(total, parts): &(usize, &[usize])| Equation { total: *total, parts: parts.to_vec() };
        disclosed(&groups.iter().map(equation).collect::<Vec<_>>(), seen).into_iter().collect()
    }

    #[test]
    fn one_suppressed_member_of_a_group_is_disclosed_by_the_others() {
        assert!(one(n(20), &[n(17), C]));
        assert!(one(C, &[n(2), n(0)]));
        assert!(one(C, &[n(0), n(0)]));
    }

    #[test]
    fn two_suppressed_members_hide_each_other_unless_the_rest_is_at_an_end_of_the_range() {
        assert!(!one(n(20), &[n(15), C, C]));
        assert!(one(n(17), &[n(15), C, C]), "1 and 1");
        assert!(one(n(25), &[n(15), C, C]), "5 and 5");
        assert!(!one(C, &[n(0), C]));
        assert!(one(C, &[n(4), C]), "5 and 1");
        assert!(one(n(7), &[Seen::Suppressed(6, NO_BOUND), C]), "6 and 1");
        assert!(!one(n(8), &[Seen::Suppressed(6, NO_BOUND), C]));
    }

    #[test]
    fn a_rounded_total_leaves_room() {
        assert!(!one(Seen::Between(18, 22), &[Seen::Between(13, 17), C]));
        assert!(one(Seen::Between(18, 22), &[n(17), Seen::Suppressed(1, 1)]));
    }

    #[test]
    fn blanks_count_as_nothing_unless_that_cannot_be() {
        assert!(one(n(18), &[n(15), C, NoNumber]), "reads as 3");
        assert!(!one(n(40), &[n(15), C, NoNumber]), "25 cannot be suppressed");
    }

    #[test]
    fn where_figures_contradict_each_other_one_suppressed_member_is_one_too_few() {
        assert!(one(n(10), &[n(20), C]));
        assert!(!one(n(10), &[n(20), C, C]));
    }

    #[test]
    fn a_contradiction_in_one_group_does_not_loosen_another() {
        let seen = [n(40), C, NoNumber, n(20), n(17), C, NoNumber];
        assert_eq!(several(&[(0, &[1, 2]), (3, &[4, 5, 6])], &seen), [5], "it reads as 3, whatever 2 is");
    }

    #[test]
    fn a_hidden_member_hides_a_suppressed_one_unless_there_is_no_room() {
        assert!(!one(n(20), &[n(10), C, Hidden]));
        assert!(one(n(11), &[n(10), C, Hidden]));
        assert!(!one(Hidden, &[n(10), C]));
    }

    #[test]
    fn what_one_group_tells_is_used_in_the_next() {
        let groups: [(usize, &[usize]); 2] = [(0, &[1, 2]), (3, &[2, 4])];
        // 2 leaves 1 and 1, though neither group has a single suppressed member
        assert_eq!(several(&groups, &[Hidden, C, C, n(2), C]), [2, 4]);
        assert!(several(&groups, &[Hidden, C, C, n(6), C]).is_empty());
    }

    #[test]
    fn three_sums_over_three_members_are_solved_though_no_bound_moves() {
        let groups: [(usize, &[usize]); 3] = [(3, &[0, 1]), (4, &[0, 2]), (5, &[1, 2])];
        assert_eq!(several(&groups, &[C, C, C, n(5), n(5), n(6)]), [0, 1, 2], "2, 3 and 3");
    }

    #[test]
    fn a_nested_group_leaves_what_is_open_open() {
        let groups: [(usize, &[usize]); 2] = [(0, &[1, 2]), (1, &[3, 4])];
        assert!(several(&groups, &[n(40), n(30), n(10), n(27), Hidden]).is_empty());
        assert_eq!(several(&groups, &[n(40), n(30), n(10), n(27), C]), [4]);
    }
}
