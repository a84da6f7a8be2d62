//! Files as they come broken: cut, bent, swapped, in other encodings. No file makes the client panic, hang or
//! take memory without bound. A few hundred in `cargo test`, 100,000 under `CONCORDAT_FULL=1`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test says what it skipped and how far it got"
)]

mod bend;
mod samples;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bend::Random;
use concordat_catalogue::read::Asked;
use concordat_catalogue::{Catalogue, ReturnType};
use concordat_cli::explain::Answers;
use concordat_cli::file::{self, Owner, Reading, Subject};
use concordat_cli::marked;
use concordat_cli::several;
use concordat_core::period::Frequency;
use samples::Sample;

/// The most memory that the whole run may ever have taken, in KiB: samples, both threads and the harness.
const MOST_KIB: u64 = 1 << 20;

fn count() -> u64 {
    if std::env::var_os("CONCORDAT_FULL").is_some() { 100_000 } else { 400 }
}

fn subject(of: &ReturnType) -> Subject {
    let period = match of.frequency {
        Frequency::Year => Some("2022-23"),
        Frequency::Quarter => Some("2022-23/Q4"),
        Frequency::Month => Some("2023-03"),
        Frequency::Event => None,
    };
    Subject {
        return_type: of.id.clone(),
        period: period.map(|period| period.parse().unwrap()),
        areas: vec!["E09000012".parse().unwrap()],
        sheet: None,
    }
}

/// How far a file got.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Got {
    Nowhere,
    Read,
    Accepted,
}

/// Reads and checks bytes as a return, and looks at what must hold of any.
fn try_one(bytes: &[u8], of: &ReturnType, catalogue: &Catalogue, also_mark: bool) -> Got {
    let subject = subject(of);
    let owner = Owner { agency: "met".parse().unwrap(), areas: vec![] };
    let (found, got) = match file::read(&[(String::new(), bytes.to_vec())], &subject, of, &owner, catalogue) {
        // a file of no row that names an event: told as such
        Err(failure) => {
            assert!(!failure.what.is_empty());
            return Got::Nowhere;
        }
        Ok(Reading::Unreadable(found)) => {
            assert!(found.counts.errors > 0 && found.findings.len() <= 1_000);
            (found, Got::Nowhere)
        }
        Ok(Reading::Draft { draft, about }) => {
            assert!(draft.tables.iter().all(concordat_core::table::Table::is_rectangular));
            assert!(about.found.counts.errors == 0);
            let checked = file::check_offline(of, draft, catalogue, "2023-05-03T10:00:00Z".parse().unwrap());
            assert_eq!(checked.valid.is_some(), checked.counts.errors == 0);
            let got = if checked.valid.is_some() { Got::Accepted } else { Got::Read };
            (about.found.and(checked.findings, checked.counts), got)
        }
    };
    if also_mark {
        let asked = Asked { of, among: catalogue.types(), period: None };
        let rows = file::rows(bytes, &subject, &asked);
        assert!(marked::copy(rows.as_deref(), of, &found, &Answers::default()).unwrap().starts_with(b"PK"));
    }
    got
}

/// The same for a return of several tables, of which the bytes are one file, or a ZIP of all.
fn try_several(bytes: &[u8], name: &str, of: &ReturnType, catalogue: &Catalogue) -> Got {
    let one_sentence = |text: &str| !text.is_empty() && !text.contains('\n') && text.len() < 2_000;
    let is_table = !of.is_xml() && name.to_lowercase().ends_with(".csv");
    let bytes = if is_table { samples::archive(Some((name, bytes))) } else { bytes.to_vec() };
    let given = match several::opened(Path::new(name), of, Some(bytes)) {
        Err(failure) => {
            assert!(one_sentence(&failure.what));
            return Got::Nowhere;
        }
        Ok(given) => given,
    };
    let now = "2024-05-03T10:00:00Z".parse().unwrap();
    let subject = subject(of);
    let period = subject.period.unwrap();
    let outcome = given.examine(of, period, catalogue, now).outcome;
    assert!(outcome.findings.len() <= 1_000);
    assert!(outcome.findings.iter().all(|finding| one_sentence(&finding.text)));
    let owner = Owner { agency: "hackney-council".parse().unwrap(), areas: vec![] };
    match given.read(of, &subject, period, &owner).unwrap() {
        Reading::Unreadable(found) => {
            assert!(!found.findings.is_empty() && outcome.counts.errors > 0);
            Got::Nowhere
        }
        Reading::Draft { draft, about } => {
            let checked = file::check_offline(of, draft, catalogue, now);
            let found = about.found.and(checked.findings, checked.counts);
            assert_eq!((found.findings, found.counts), (outcome.findings, outcome.counts));
            if checked.valid.is_some() { Got::Accepted } else { Got::Read }
        }
    }
}

/// Says which mutation it was when it panics.
struct Named<'s>(u64, &'s Sample);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("mutation {} of {}", self.0, self.1.name);
        }
    }
}

fn one(seed: u64, samples: &[Sample], catalogue: &Catalogue, types: &[Arc<ReturnType>]) -> Got {
    let mut random = Random::of(seed);
    // two of three from those that reach the rules; they stand first
    let own = samples.iter().take_while(|sample| sample.of.is_some()).count();
    let among = if random.below(3) > 0 { own } else { samples.len() };
    let sample = &samples[random.below(among)];
    let _named = Named(seed, sample);
    let of = match sample.of.as_ref().filter(|_| random.below(8) > 0) {
        Some(id) => types.iter().find(|of| of.id.as_str() == id).unwrap(),
        None => &types[random.below(types.len())],
    };
    let bytes = bend::bend(sample, samples, &mut random);
    if of.has_several_tables() {
        // what is not a file of this type is read as one all the same
        let table = &of.tables[random.below(of.tables.len())].name;
        let own = sample.of.as_deref() == Some(of.id.as_str()) || random.below(2) == 0;
        let name = if own { sample.file.clone() } else { format!("{table}.csv") };
        return try_several(&bytes, &name, of, catalogue);
    }
    try_one(&bytes, of, catalogue, random.below(64) == 0)
}

#[test]
fn no_broken_file_makes_the_client_panic_hang_or_take_memory_without_bound() {
    let catalogue = Catalogue::built_in();
    let types: Vec<Arc<ReturnType>> = catalogue.types().to_vec();
    let samples = samples::all(&types);
    assert!(samples.len() > types.len());
    // unbent, each type's own sample is read as that type
    for sample in &samples {
        let Some(of) = types.iter().find(|of| sample.of.as_deref() == Some(of.id.as_str())) else { continue };
        if of.has_several_tables() {
            assert!(
                try_several(&sample.bytes, &sample.file, of, &catalogue) != Got::Nowhere,
                "{}",
                sample.name
            );
            continue;
        }
        let owner = Owner { agency: "met".parse().unwrap(), areas: vec![] };
        let read = file::read(&[(String::new(), sample.bytes.clone())], &subject(of), of, &owner, &catalogue)
            .unwrap();
        assert!(matches!(read, Reading::Draft { .. }), "{}: {read:?}", sample.name);
    }
    let (next, read, accepted) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= count() {
                    break;
                }
                let got = one(seed, &samples, &catalogue, &types);
                read.fetch_add(u64::from(got != Got::Nowhere), Ordering::Relaxed);
                accepted.fetch_add(u64::from(got == Got::Accepted), Ordering::Relaxed);
            }
        };
        let workers = [scope.spawn(work), scope.spawn(work)];
        // a file that takes a minute hangs: the test cannot end it, so it ends itself
        scope.spawn(|| {
            let mut before = u64::MAX;
            while !done.load(Ordering::Relaxed) {
                let now = next.load(Ordering::Relaxed);
                assert!(now > before || before == u64::MAX || now >= count(), "a mutation near {now} hangs");
                before = now;
                for _ in 0..600 {
                    if done.load(Ordering::Relaxed) {
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        });
        let results = workers.map(std::thread::ScopedJoinHandle::join);
        done.store(true, Ordering::Relaxed);
        assert!(results.iter().all(Result::is_ok), "a mutation panicked");
    });
    let [read, accepted] = [read, accepted].map(|count| count.load(Ordering::Relaxed));
    println!(
        "{} mutations of {} samples: {read} read to their rules, {accepted} of them accepted; peak {:?} KiB",
        count(),
        samples.len(),
        peak()
    );
    assert!(read > count() / 20 && accepted > 0, "the checks are reached");
    assert!(peak().is_none_or(|kib| kib < MOST_KIB), "{:?} KiB", peak());
}

/// The most memory this process ever had, in KiB, where the system says so.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}
