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
