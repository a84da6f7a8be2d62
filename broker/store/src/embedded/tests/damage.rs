//! One bit turns over in any file: the store refuses and says where, or gives the same answers as before. It
//! never panics and never holds fewer records without saying so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use concordat_core::apply::{Key, Row};
use concordat_core::clock::TestClock;
use concordat_core::fault::FaultKind;

use crate::conformance::fixture::*;
use crate::proposal::Proposal;
use crate::recorded::Recorded;
use crate::store::Store;
use crate::verify::{self, Verdict};
use crate::{Embedded, Options};

use super::conform::ORIGIN;
use super::open::copy;
use super::rig::{cases, kek, random, runtime};

const ENTRIES: u64 = 40;

/// All that a store answers.
#[derive(PartialEq)]
struct Answers {
    entries: Vec<Recorded>,
    receipts: Vec<String>,
    rows: Vec<Option<Row>>,
    inbox: usize,
}

fn options() -> Options {
    let mut options = Options::new(Arc::new(TestClock::at(start())), kek(), ORIGIN);
    options.segment_bytes = 30_000;
    options
}

/// A store with everything in it; stopped cleanly or not.
fn filled(dir: &Path, cleanly: bool) -> Answers {
    let runtime = runtime();
    let store = Embedded::create(dir, options()).unwrap();
    for first in (0..ENTRIES).step_by(4) {
        let group = (first..first + 4).map(|number| {
            let mut sent = accepted(number, 1, None);
            sent.person_level = number.is_multiple_of(8);
            submission(&store, id(number), sent, &[9; 700])
        });
        runtime.block_on(commit(&store, group.collect()));
    }
    let answers = answers(&store).unwrap_or_else(|why| panic!("{why}"));
    if cleanly {
        store.close();
    }
    answers
}

/// What the store answers, or why it does not.
fn answers(store: &Embedded) -> Result<Answers, String> {
    let said = |fault: concordat_core::fault::Fault| {
        assert_eq!(fault.kind(), FaultKind::Tampered, "{fault:?}");
        fault.operator().to_owned()
    };
    let mut answers = Answers { entries: Vec::new(), receipts: Vec::new(), rows: Vec::new(), inbox: 0 };
    for number in 0..ENTRIES {
        let entry = store.entry(number).map_err(said)?.ok_or("an entry is gone without a word")?;
        answers.entries.push(entry);
        answers.receipts.push(store.receipt(number).map_err(said)?.to_text());
        let keys =
            [Key::Submission(id(number)), Key::Version(identity(number)), Key::Obligation(identity(number))];
        for key in keys {
            answers.rows.push(store.row(&key).map_err(said)?);
        }
    }
    answers.inbox = store.inbox(&agency("chscp"), 0, 1000).map_err(said)?.len();
    Ok(answers)
}

/// What one flipped bit came to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Refused(String),
    Named(String),
    Same,
}

fn outcome(dir: &Path, before: &Answers) -> Outcome {
    match Embedded::open(dir, options()) {
        Err(refused) => Outcome::Refused(refused.to_string()),
        Ok(store) => match answers(&store) {
            Ok(after) => {
                assert!(after == *before, "other answers");
                Outcome::Same
            }
            Err(named) => Outcome::Named(named),
        },
    }
}

fn all_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut inside: Vec<_> = std::fs::read_dir(dir).unwrap().map(|found| found.unwrap().path()).collect();
    inside.sort();
    for path in inside {
        if path.is_dir() { all_files(&path, out) } else { out.push(path) }
    }
}

fn flip(path: &Path, seed: u64) {
    let mut bytes = std::fs::read(path).unwrap();
    if bytes.is_empty() {
        return;
    }
    let at = usize::try_from(random(seed, bytes.len() as u64)).unwrap();
    bytes[at] ^= 1 << random(seed + 1, 8);
    std::fs::write(path, bytes).unwrap();
}

/// Flips bits in the files of one part, each in a fresh copy.
fn trial(part: &str, flips: u64, cleanly: bool) -> (u64, u64, u64) {
    let master = tempfile::tempdir().unwrap();
    let before = filled(master.path(), cleanly);
    let (mut refused, mut named, mut same) = (0, 0, 0);
    for seed in 0..flips {
        let scratch = tempfile::tempdir().unwrap();
        copy(master.path(), scratch.path());
        let mut files = Vec::new();
        all_files(scratch.path(), &mut files);
        files.retain(|path| path.strip_prefix(scratch.path()).unwrap().starts_with(part));
        let file = &files[usize::try_from(random(seed + 99, files.len() as u64)).unwrap()];
        flip(file, seed * 7);
        let case = format!("{part}, seed {seed}, clean {cleanly}");
        // verifying is honest about the same damage, unless the store can do without the file
        let report = catch_unwind(AssertUnwindSafe(|| verify::directory(scratch.path(), &options())));
        let verdict = report.unwrap_or_else(|_| panic!("{case}: verify panicked"));
        let found = catch_unwind(AssertUnwindSafe(|| outcome(scratch.path(), &before)));
        match found.unwrap_or_else(|_| panic!("{case}: a panic")) {
            Outcome::Refused(why) => {
                assert!(why.len() > 20, "{case}: {why}");
                assert!(
                    verdict.is_err() || verdict.is_ok_and(|report| report.verdict() != Verdict::Whole),
                    "{case}"
                );
                refused += 1;
            }
            Outcome::Named(why) => {
                assert!(
                    why.contains("entry ") || why.contains("checkpoint") || why.contains("journal"),
                    "{case}: {why}"
                );
                assert!(matches!(verdict.map(|report| report.verdict()), Ok(Verdict::Tampered)), "{case}");
                named += 1;
            }
            Outcome::Same => {
                // of the journal's folder nothing may differ unseen but the room kept for denials, which holds nothing
                let kept_free = !file.to_string_lossy().ends_with(".seg");
                assert!(part != "journal" || kept_free, "{case}: {}", file.display());
                same += 1;
            }
        }
    }
    println!(
        "{flips} flipped bits in {part} (clean stop: {cleanly}): {refused} refused, {named} named on reading, {same} same answers"
    );
    (refused, named, same)
}

#[test]
fn bit_flipped_in_the_journal_is_refused_or_named() {
    for cleanly in [false, true] {
        let (refused, named, same) = trial("journal", cases(40, 1_500), cleanly);
        assert!(refused > 0 && named == 0, "every opening reads the whole journal");
        assert!(same < refused);
    }
}

#[test]
fn bit_flipped_in_the_guard_the_ring_or_the_settings_changes_no_answer() {
    trial("guard", cases(30, 1_000), true);
    let (refused, named, _) = trial("keyring", cases(30, 1_000), true);
    assert!(refused > 0 && named == 0);
    trial("store.toml", cases(30, 1_000), true);
}

#[test]
fn bit_flipped_in_a_content_file_is_named_when_it_is_read_and_by_verify() {
    let runtime = runtime();
    let flips = cases(10, 200);
    let master = tempfile::tempdir().unwrap();
    filled(master.path(), true);
    for seed in 0..flips {
        let scratch = tempfile::tempdir().unwrap();
        copy(master.path(), scratch.path());
        let mut files = Vec::new();
        all_files(&scratch.path().join("content"), &mut files);
        let file = &files[usize::try_from(random(seed, files.len() as u64)).unwrap()];
        flip(file, seed);
        let report = verify::directory(scratch.path(), &options()).unwrap();
        assert_eq!(report.verdict(), Verdict::Tampered);
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(report.faults.iter().any(|fault| fault.to_string().contains(&name)), "{:?}", report.faults);
        let store = Embedded::open(scratch.path(), options()).unwrap();
        let mut faults = 0;
        for number in (0..ENTRIES).step_by(8) {
            let release = Proposal::of(id(1_000 + number), released(id(number), number, "chscp"));
            let done = runtime.block_on(commit(&store, vec![release]));
            match payload(&store, &done[0].logged) {
                Ok(payload) => assert_eq!(payload.as_slice(), [9; 700]),
                Err(fault) => {
                    assert!(
                        fault.kind() == FaultKind::Tampered && fault.operator().contains(&name),
                        "{fault:?}"
                    );
                    faults += 1;
                }
            }
        }
        assert_eq!(faults, 1);
    }
    println!("{flips} flipped bits in content files: {flips} named");
}

#[test]
fn projections_damaged_or_deleted_are_rebuilt_with_the_same_answers() {
    let (refused, named, same) = trial("projections", cases(40, 1_000), true);
    assert_eq!((refused, named), (0, 0));
    assert!(same > 0);
    let master = tempfile::tempdir().unwrap();
    let before = filled(master.path(), true);
    std::fs::remove_dir_all(master.path().join("projections")).unwrap();
    assert_eq!(outcome(master.path(), &before), Outcome::Same);
    for name in ["db", "conf"] {
        let scratch = tempfile::tempdir().unwrap();
        copy(master.path(), scratch.path());
        std::fs::write(scratch.path().join("projections").join(name), b"").unwrap();
        assert_eq!(outcome(scratch.path(), &before), Outcome::Same, "{name} emptied");
    }
}

#[test]
fn payload_altered_under_a_right_checksum_is_refused_at_opening_and_named() {
    use super::super::frame::{self, Frame};
    use super::super::journal::SEGMENT_HEAD;

    for cleanly in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path(), cleanly);
        let mut files = Vec::new();
        all_files(&dir.path().join("journal"), &mut files);
        let segment = files.iter().find(|path| path.to_string_lossy().contains("0001")).unwrap();
        let mut bytes = std::fs::read(segment).unwrap();
        let mut at = SEGMENT_HEAD as usize;
        let entry = loop {
            let (frame, length) = frame::parse(&bytes[at..]).unwrap();
            match frame {
                Frame::Entry(entry) if entry.sections.len() == 2 => {
                    let index = entry.index;
                    bytes[at + length - 1] ^= 1;
                    let covered = [&bytes[at..at + 5], &bytes[at + 9..at + length]].concat();
                    bytes[at + 5..at + 9].copy_from_slice(&crc32c::crc32c(&covered).to_be_bytes());
                    break index;
                }
                _ => at += length,
            }
        };
        std::fs::write(segment, bytes).unwrap();
        let refused = Embedded::open(dir.path(), options()).err().unwrap().to_string();
        assert!(refused.contains(&format!("entry {entry}")), "clean stop {cleanly}: {refused}");
    }
}
