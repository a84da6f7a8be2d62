//! Whoever signs, and whenever: what is generated loads, and nobody is let do anything by an agreement that it, or
//! the owner of the data, has not signed by that day.

use std::cell::Cell;

use concordat_core::decision::DecisionRequest;
use concordat_core::ids::AgencyId;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::bundle::Bundle;
use crate::cases;
use crate::policy::Policy;
use crate::sample;

/// What becomes of a signature: mostly it stays; or it is gone, or was given later.
const FATES: [Option<&str>; 8] = [
    Some("2022-03-14"),
    Some("2022-03-14"),
    Some("2022-03-14"),
    Some("2022-03-14"),
    Some("2023-05-01"),
    Some("2023-06-02"),
    None,
    None,
];

/// More signatures than the sample has.
const MOST: usize = 200;

/// The sample's agreements, each signature with its fate.
fn agreements(text: &str, fates: &[usize]) -> String {
    let mut file: toml::Table = toml::from_str(text).unwrap();
    let mut fates = fates.iter();
    for agreement in file["agreement"].as_array_mut().unwrap() {
        agreement["signed"].as_array_mut().unwrap().retain_mut(|signature| {
            let fate = FATES[*fates.next().expect("as many fates as signatures")];
            if let Some(day) = fate {
                signature.as_table_mut().unwrap().insert("on".to_owned(), day.into());
            }
            fate.is_some()
        });
    }
    toml::to_string(&file).unwrap()
}

fn golden(policy: &Policy) -> Vec<DecisionRequest> {
    let files = sample::files().into_iter().filter(|(path, _)| path.starts_with("cases/"));
    let mut complaints = Vec::new();
    files
        .flat_map(|(path, bytes)| cases::read(policy, &path, &bytes, &mut complaints))
        .map(|case| case.request)
        .collect()
}

#[test]
fn whoever_signs_and_whenever_nobody_is_reached_who_has_not_and_nobody_gains() {
    let whole = sample::policy();
    let requests = golden(&whole);
    let (allowed, lost) = (Cell::new(0_usize), Cell::new(0_usize));
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(&vec(0..FATES.len(), MOST), |fates| {
            let files = sample::with("agreements.toml", |text| agreements(text, &fates));
            let bundle = match Bundle::from_files(sample::regenerated(files), &sample::known()) {
                Ok(bundle) => bundle,
                Err(complaints) => return Err(TestCaseError::fail(format!("{complaints:#?}"))),
            };
            let policy = Policy::new(bundle);
            for request in &requests {
                let before = whole.decide(request, ()).is_ok();
                let Ok(permitted) = policy.decide(request, ()) else {
                    lost.set(lost.get() + usize::from(before));
                    continue;
                };
                allowed.set(allowed.get() + 1);
                prop_assert!(before, "gained: {request:?}");
                for rule in &permitted.grant().rules {
                    let rests = policy.bundle().agreements().find(|of| of.rules.contains(rule)).unwrap();
                    let bound = |agency: &AgencyId| rests.signed(agency).is_some_and(|on| on <= request.day);
                    prop_assert!(bound(&request.asker.agency), "{rule} of {}: {request:?}", rests.id);
                    let owner = request.owner.iter().all(bound);
                    prop_assert!(owner, "{rule} of {} reaches the owner: {request:?}", rests.id);
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(allowed.get() > 500 && lost.get() > 500, "{} allowed, {} lost", allowed.get(), lost.get());
}
