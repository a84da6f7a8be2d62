use crate::sample;

fn lint() -> Vec<String> {
    sample::bundle().lint("2026-11-22".parse().unwrap()).iter().map(ToString::to_string).collect()
}

#[test]
fn the_sample_is_clean_of_warnings_and_looked_at_in_two_seconds() {
    let begun = std::time::Instant::now();
    let found = lint();
    assert!(found.iter().all(|finding| finding.starts_with("info: ")), "{found:#?}");
    assert!(begun.elapsed().as_secs() < 2);
}

#[test]
fn a_bundle_that_allows_nothing_yet_is_left_in_peace() {
    let denies = sample::bundle().rows().iter().filter(|row| !row.allow).cloned().collect();
    let found = sample::bundle().with_rows(denies).lint("2026-11-22".parse().unwrap());
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["info: rules.csv: no row allows anything: nothing may be sent or read until an agreement lets it"]
    );
}
