//! The engine, the reference evaluator and both over every row agree, on random policies and random requests:
//! what the buckets and the index leave out never changes an answer.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;

use super::random::{self, bundle, distinct, request, ruled};
use super::*;
use crate::engine;
use crate::policy::Policy;
use crate::words::Words;

#[test]
fn engine_and_reference_agree_on_random_policies_and_requests() {
    let (allowed, denied_by_row, denied) = (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let count = |cell: &Cell<u32>| cell.set(cell.get() + 1);
    let strategy = (vec(ruled(), 1..24), vec(request(), random::requests()));
    random::run(4_000, &strategy, |(rows, requests)| {
        let policy = Policy::new(bundle(&distinct(rows), |_| true));
        let bundle = policy.bundle();
        let every_row: Vec<&Row> = bundle.rows().iter().collect();
        for request in requests {
            let reason = match policy.decide(&request, ()) {
                Ok(_) => None,
                Err((denial, ())) => Some(denial.reason),
            };
            prop_assert_ne!(reason, Some(DenyReason::PolicyError), "they disagree on {:?}", request);
            prop_assert_eq!(policy.explain(&request).reason, reason);
            if let Ok(question) = Question::of(bundle, &request) {
                // the engine with every row answers as with those that could match, or not asked at all
                let judged = engine::judge(&every_row, Words::of(&question)).unwrap();
                prop_assert_eq!(judged, reason.is_none());
                // and so does the reference, down to the rows and the reason
                let [all, about] =
                    [judge(bundle.rows().iter(), &question), judge(bundle.rows_about(&request), &question)];
                prop_assert_eq!(all.allowed(), judged);
                let given = ids(&bundle.rows_for(&question));
                prop_assert!(ids(&all.allows).iter().chain(&ids(&all.denies)).all(|id| given.contains(id)));
                prop_assert!(judged || all.denial().0 == about.denial().0);
                prop_assert_eq!(ids(&all.allows), ids(&about.allows));
                prop_assert_eq!(ids(&all.denies), ids(&about.denies));
            }
            match reason {
                None => count(&allowed),
                Some(DenyReason::ExplicitDeny) => count(&denied_by_row),
                Some(_) => count(&denied),
            }
        }
        Ok(())
    });
    let all = allowed.get() + denied_by_row.get() + denied.get();
    assert!(allowed.get() * 100 > all, "only {} of {all} were allowed", allowed.get());
    assert!(denied_by_row.get() * 100 > all, "only {} of {all} were denied by a row", denied_by_row.get());
}

fn ids<'a>(rows: &[&'a Row]) -> Vec<&'a RuleId> {
    rows.iter().map(|row| &row.id).collect()
}
