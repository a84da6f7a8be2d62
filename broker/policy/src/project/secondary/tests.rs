use proptest::prelude::*;

use super::*;
use crate::profile::suppression::tests::method;

fn figure(number: u64) -> Figure {
    Figure { count: Count::Number(number), counts: true, shown: true }
}

fn group(total: usize, parts: &[usize]) -> Equation {
    Equation { total, parts: parts.to_vec() }
}

/// What a reader sees: a count, `c` for a suppressed one.
fn released(figures: &[Figure], groups: &[Equation], method: &Suppression) -> Option<String> {
    let outcomes = suppress(figures, groups, method).ok()?;
    let cell = |(figure, outcome): (&Figure, &Outcome)| match (outcome, figure.count) {
        (Outcome::Suppressed { .. }, _) => "c".to_owned(),
        (Outcome::Rounded(number), _) => number.to_string(),
        (Outcome::AsItIs, Count::Number(number)) => number.to_string(),
        (Outcome::AsItIs, _) => "-".to_owned(),
    };
    Some(figures.iter().zip(&outcomes).map(cell).collect::<Vec<_>>().join(" "))
}

fn of(numbers: &[u64], method: &Suppression) -> Option<String> {
    let figures: Vec<Figure> = numbers.iter().copied().map(figure).collect();
    released(&figures, &[group(0, &(1..numbers.len()).collect::<Vec<_>>())], method)
}

#[test]
fn the_smallest_further_part_is_suppressed_until_nothing_can_be_worked_out() {
    let dfe = method(1, 5, "c", 1);
    for (numbers, seen) in [
        (vec![30, 3, 7, 20], "30 c c 20"),
        (vec![30, 10, 0, 20], "30 10 0 20"),
        (vec![28, 3, 5, 20], "28 c c 20"),
        // 1 and 1, or 5 and 5, would be told by their sum
        (vec![22, 1, 1, 20], "22 c c c"),
        (vec![30, 5, 5, 20], "30 c c c"),
        // a zero hides nothing from who knows that it was not small
        (vec![20, 3, 17, 0], "20 c c 0"),
        // 6 and 1 is the least that a suppressed 6 allows
        (vec![7, 1, 6, 0], "c c c 0"),
        // both are small, and that they are one number tells neither
        (vec![4, 4, 0, 0], "c c 0 0"),
    ] {
        assert_eq!(of(&numbers, &dfe).as_deref(), Some(seen), "{numbers:?}");
    }
}

#[test]
fn of_two_alike_the_one_that_stands_earlier_is_suppressed() {
    assert_eq!(of(&[24, 4, 10, 10], &method(1, 5, "c", 1)).as_deref(), Some("24 c c 10"));
}

#[test]
fn groups_that_share_a_total_protect_each_their_own_and_nested_ones_each_other() {
    let dfe = method(1, 5, "c", 1);
    let figures: Vec<Figure> = [40, 3, 17, 20, 30, 10].into_iter().map(figure).collect();
    let shared = [group(0, &[1, 2, 3]), group(0, &[4, 5])];
    assert_eq!(released(&figures, &shared, &dfe).as_deref(), Some("40 c c 20 30 10"));
    // 40 = 20 + 20, the first of which is 17 + 3
    let figures: Vec<Figure> = [40, 20, 20, 17, 3].into_iter().map(figure).collect();
    let nested = [group(0, &[1, 2]), group(1, &[3, 4])];
    assert_eq!(released(&figures, &nested, &dfe).as_deref(), Some("40 20 20 c c"));
    // the subtotal must go, and then another part beside it
    let figures: Vec<Figure> = [47, 7, 40, 6, 1].into_iter().map(figure).collect();
    assert_eq!(released(&figures, &nested, &dfe).as_deref(), Some("47 c c c c"));
}

#[test]
fn where_nothing_more_can_be_suppressed_it_would_disclose() {
    let dfe = method(1, 5, "c", 1);
    let fixed = |number| Figure { counts: false, ..figure(number) };
    assert_eq!(released(&[fixed(20), figure(3), fixed(17)], &[group(0, &[1, 2])], &dfe), None);
    let hidden = Figure { shown: false, ..figure(17) };
    assert_eq!(
        released(&[fixed(20), figure(3), hidden], &[group(0, &[1, 2])], &dfe).as_deref(),
        Some("20 c 17")
    );
}

#[test]
fn hospital_episodes_are_rounded_and_a_rounded_total_hides_a_single_part() {
    let hes = method(1, 7, "*", 5);
    assert_eq!(of(&[43, 3, 17, 23, 0], &hes).as_deref(), Some("45 c 15 25 0"));
    // 8 to 12, of which 8 to 12 and something more: only 1 fits
    assert_eq!(of(&[12, 1, 11], &hes).as_deref(), Some("10 c 10"), "1 to 4 fit");
}

#[test]
fn adult_social_care_hides_zero_too_and_rounds_the_rest() {
    let sac = method(0, 4, "[c]", 5);
    assert_eq!(of(&[25, 0, 5, 20], &sac).as_deref(), Some("25 c 5 20"));
    assert_eq!(of(&[23, 3, 20], &sac).as_deref(), Some("25 c 20"));
}

#[test]
fn in_a_tiny_area_a_part_that_is_all_of_its_total_is_suppressed_with_the_small_ones() {
    let tiny = Suppression { whole_parts: true, ..method(0, 9, "c", 5) };
    assert_eq!(of(&[31, 31, 0], &tiny).as_deref(), Some("30 c c"));
    assert_eq!(of(&[31, 12, 19], &tiny).as_deref(), Some("30 10 20"));
    assert_eq!(of(&[9, 9, 0], &tiny).as_deref(), Some("c c c"));
}

#[test]
fn what_a_reader_takes_for_nothing_counts_as_nothing() {
    let dfe = method(1, 5, "c", 1);
    let groups = [group(0, &[1, 2, 3])];
    let figures = [figure(20), figure(3), figure(17), Figure::ABSENT];
    assert_eq!(released(&figures, &groups, &dfe).as_deref(), Some("20 c c -"));
    let figures = [Figure::UNKNOWN, figure(3), figure(17), Figure::ABSENT];
    assert_eq!(released(&figures, &groups, &dfe).as_deref(), Some("- c 17 -"));
}

/// Figures of two groups: one total told apart in two ways, or a part of it told apart again.
fn tables() -> impl Strategy<Value = (Vec<u64>, Vec<Equation>)> {
    let parts = || prop::collection::vec(prop_oneof![3 => 0_u64..8, 1 => 8_u64..14], 2..4);
    (parts(), parts(), any::<bool>()).prop_map(|(mut first, mut second, nested)| {
        let sum = |parts: &[u64]| parts.iter().sum::<u64>();
        if nested {
            first[0] = sum(&second);
        } else {
            let total = sum(&first).max(sum(&second));
            for parts in [&mut first, &mut second] {
                *parts.last_mut().unwrap() += total - sum(parts);
            }
        }
        let groups = vec![
            group(0, &(1..=first.len()).collect::<Vec<_>>()),
            group(usize::from(nested), &(first.len() + 1..=first.len() + second.len()).collect::<Vec<_>>()),
        ];
        (std::iter::once(sum(&first)).chain(first).chain(second).collect(), groups)
    })
}

/// Every value that each member could have: by trying all, without any cleverness.
fn possible(groups: &[Equation], domains: &[Vec<u64>]) -> Vec<BTreeSet<u64>> {
    fn go(
        at: usize,
        tried: &mut Vec<u64>,
        groups: &[Equation],
        domains: &[Vec<u64>],
        found: &mut [BTreeSet<u64>],
    ) {
        for group in groups {
            let known = |member: &usize| tried.get(*member).copied();
            let sum: u64 = group.parts.iter().filter_map(known).sum();
            let whole = group.parts.iter().all(|part| known(part).is_some());
            match known(&group.total) {
                Some(total) if sum > total || (whole && sum != total) => return,
                _ => {}
            }
        }
        let Some(domain) = domains.get(at) else {
            for (set, value) in found.iter_mut().zip(tried.iter()) {
                set.insert(*value);
            }
            return;
        };
        for value in domain {
            tried.push(*value);
            go(at + 1, tried, groups, domains, found);
            tried.pop();
        }
    }
    let mut found = vec![BTreeSet::new(); domains.len()];
    go(0, &mut Vec::new(), groups, domains, &mut found);
    found
}

fn cases() -> u32 {
    if std::env::var("CONCORDAT_FULL").is_ok_and(|full| full == "1") { 20_000 } else { 300 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn whoever_knows_the_groups_and_tries_everything_finds_no_suppressed_count(
        (numbers, groups) in tables(),
        which in 0_usize..4,
    ) {
        let method = [
            method(1, 5, "c", 1),
            method(1, 7, "*", 5),
            method(0, 4, "[c]", 5),
            Suppression { whole_parts: true, ..method(0, 9, "c", 5) },
        ][which].clone();
        let figures: Vec<Figure> = numbers.iter().copied().map(figure).collect();
        let Ok(outcomes) = suppress(&figures, &groups, &method) else { return Ok(()) };
        // a count beyond the range is looked for up to a little more than the greatest total
        let most = numbers.iter().max().unwrap() + 12;
        let domain = |(number, outcome): (&u64, &Outcome)| -> Vec<u64> {
            match outcome {
                Outcome::AsItIs => vec![*number],
                Outcome::Rounded(shown) => {
                    (0..most + 5).filter(|n| !method.covers(*n) && method.round(*n) == *shown).collect()
                }
                Outcome::Suppressed { beyond: false } => (method.from..=method.to).collect(),
                Outcome::Suppressed { beyond: true } => (method.to + 1..most).collect(),
            }
        };
        let domains: Vec<Vec<u64>> = numbers.iter().zip(&outcomes).map(domain).collect();
        let found = possible(&groups, &domains);
        for ((number, outcome), found) in numbers.iter().zip(&outcomes).zip(&found) {
            if matches!(outcome, Outcome::Suppressed { .. }) {
                prop_assert!(found.contains(number), "the search is right: {numbers:?} {outcomes:?}");
                prop_assert!(found.len() > 1, "{numbers:?} {outcomes:?} {groups:?}");
            } else {
                prop_assert!(!method.covers(*number));
            }
        }
    }
}
