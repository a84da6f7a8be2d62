//! What takes from a policy never gives: a deny more, or an agreement less, allows nothing that was not
//! allowed before.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;

use super::random::{self, bundle, distinct, request, ruled};
use crate::policy::Policy;

/// A deny of one fact of the request, which every policy may hold beside others.
const FILLER: &str = "*,city-and-hackney,*,*,*,*,*,withheld,0000-01-01,9999-12-31,none,deny";

fn rows() -> impl Strategy<Value = Vec<random::Ruled>> {
    vec(ruled(), 1..24).prop_map(|mut rows| {
        rows.push((FILLER.to_owned(), 0));
        distinct(rows)
    })
}

#[test]
fn a_deny_more_never_allows_what_was_not_allowed_and_leaves_a_yes_as_it_was() {
    let (kept, taken) = (Cell::new(0_u32), Cell::new(0_u32));
    let deny = random::row().prop_filter("an allow", |row| row.ends_with("deny"));
    random::run(800, &(rows(), deny, vec(request(), random::requests())), |(mut rows, deny, requests)| {
        rows.retain(|(row, _)| *row != deny);
        let before = Policy::new(bundle(&rows, |_| true));
        rows.push((deny, 0));
        let after = Policy::new(bundle(&rows, |_| true));
        for request in requests {
            match (before.decide(&request, ()), after.decide(&request, ())) {
                (Err(_), Ok(_)) => prop_assert!(false, "a deny more allows {:?}", request),
                (Ok(_), Err(_)) => taken.set(taken.get() + 1),
                (Ok(before), Ok(after)) => {
                    kept.set(kept.get() + 1);
                    let [before, after] = [before.grant(), after.grant()];
                    prop_assert_eq!(&before.rules, &after.rules);
                    prop_assert_eq!(&before.profiles, &after.profiles);
                }
                (Err(_), Err(_)) => {}
            }
        }
        Ok(())
    });
    assert!(kept.get() > 10 && taken.get() > 10, "{} kept, {} taken", kept.get(), taken.get());
}

#[test]
fn an_agreement_less_never_allows_what_was_not_allowed_and_never_by_another_row() {
    let (kept, taken) = (Cell::new(0_u32), Cell::new(0_u32));
    random::run(800, &(rows(), 0_usize..2, vec(request(), random::requests())), |(rows, gone, requests)| {
        let before = Policy::new(bundle(&rows, |_| true));
        let after = Policy::new(bundle(&rows, |(row, under)| row.ends_with("deny") || *under != gone));
        for request in requests {
            match (before.decide(&request, ()), after.decide(&request, ())) {
                (Err(_), Ok(_)) => prop_assert!(false, "an agreement less allows {:?}", request),
                (Ok(_), Err(_)) => taken.set(taken.get() + 1),
                (Ok(before), Ok(after)) => {
                    kept.set(kept.get() + 1);
                    let [before, after] = [before.grant(), after.grant()];
                    prop_assert!(after.rules.iter().all(|rule| before.rules.contains(rule)));
                    let named = after.agreements.iter().any(|id| id.as_str() == format!("A{gone}"));
                    prop_assert!(!named, "the agreement that is gone is named");
                }
                (Err(_), Err(_)) => {}
            }
        }
        Ok(())
    });
    assert!(kept.get() > 10 && taken.get() > 10, "{} kept, {} taken", kept.get(), taken.get());
}
