//! What the guard decides at opening: rolled back, tampered, newer, missing; and what a clean stop saves.

use std::io::Read as _;
use std::sync::Arc;

use concordat_core::entry::{Body, EntryClass};

use crate::conformance::fixture::*;
use crate::port::Port as _;
use crate::proposal::Proposal;
use crate::sim::SimPort;
use crate::store::Store;
use crate::verify::Verdict;
use crate::{Embedded, OpenFault, Options};

use super::conform::ORIGIN;
use super::rig::*;

/// A disk with a store of a few groups, and the acknowledgements.
fn filled(groups: u64) -> (SimPort, Vec<Ack>) {
    let port = disk(3);
    let store = Arc::new(create(&port).unwrap());
    let mut acks = Vec::new();
    assert!(drive(&store, 0..groups, &mut acks));
    drop(store);
    (port, acks)
}

#[test]
fn older_copy_beside_the_newer_guard_is_rolled_back() {
    let port = disk(3);
    let store = Arc::new(create(&port).unwrap());
    let mut acks = Vec::new();
    assert!(drive(&store, 0..3, &mut acks));
    let older = port.copy();
    let had = acks.len() as u64;
    assert!(drive(&store, 3..6, &mut acks));
    drop(store);
    let guard = port_read(&port, "guard");
    let ring = port_read(&port, "keyring");
    older.alter(&dir().join("guard"), |bytes| *bytes = guard);
    older.alter(&dir().join("keyring"), |bytes| *bytes = ring);
    let older = older.power_on(1);
    match open(&older).err().unwrap() {
        OpenFault::RolledBack { had: guarded, found } => {
            assert_eq!((guarded, found), (acks.len() as u64, had));
        }
        other => panic!("{other}"),
    }
    assert_eq!(check(&older).verdict(), Verdict::RolledBack);
}

#[test]
fn older_key_ring_is_rolled_back() {
    let port = disk(3);
    let store = Arc::new(create(&port).unwrap());
    let older = port_read(&port, "keyring");
    let mut acks = Vec::new();
    assert!(drive(&store, 0..3, &mut acks));
    drop(store);
    port.alter(&dir().join("keyring"), |bytes| *bytes = older);
    let fault = open(&port).err().unwrap();
    assert!(fault.is_rolled_back(), "{fault}");
}

fn port_read(port: &SimPort, name: &str) -> Vec<u8> {
    use crate::Port;
    port.read(&dir().join(name)).unwrap().unwrap()
}

#[test]
fn journal_cut_short_anywhere_below_the_guard_is_rolled_back() {
    let (port, acks) = filled(5);
    let last = files(&port, "journal").into_iter().rfind(|path| path.extension().is_some()).unwrap();
    let length = {
        use crate::Port;
        port.read(&last).unwrap().unwrap().len()
    };
    for cut in [0, 1, 63, 64, 65, length / 2, length - 1] {
        let copy = port.copy();
        copy.alter(&last, |bytes| bytes.truncate(cut));
        match open(&copy).err().unwrap() {
            OpenFault::RolledBack { had, found } => {
                assert_eq!(had, acks.len() as u64);
                assert!(found < had, "cut at {cut}");
            }
            other => panic!("cut at {cut}: {other}"),
        }
        assert_ne!(check(&copy).verdict(), Verdict::Whole, "cut at {cut}");
    }
}

#[test]
fn missing_segment_is_named_and_the_last_one_missing_is_a_rollback() {
    let (port, _) = filled(6);
    let segments: Vec<_> =
        files(&port, "journal").into_iter().filter(|path| path.extension().is_some()).collect();
    assert!(segments.len() >= 3);
    for (at, segment) in segments.iter().enumerate() {
        let copy = port.copy();
        crate::Port::remove(&copy, segment).unwrap();
        let fault = open(&copy).err().unwrap();
        if at + 1 == segments.len() {
            assert!(fault.is_rolled_back(), "{fault}");
        } else {
            assert!(fault.is_tampered(), "{fault}");
            assert!(fault.to_string().contains(&segment.display().to_string()), "{fault}");
        }
        assert_ne!(check(&copy).verdict(), Verdict::Whole);
    }
}

#[test]
fn missing_content_file_is_named_by_its_entry() {
    let (port, acks) = filled(4);
    let content = files(&port, "content");
    assert!(content.len() > 3);
    for file in content {
        let copy = port.copy();
        crate::Port::remove(&copy, &file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let report = check(&copy);
        assert_eq!(report.verdict(), Verdict::Tampered);
        let fault = report.faults[0].to_string();
        assert!(fault.starts_with("entry ") && fault.contains(&name), "{fault}");
        // the rest of the log is served all the same
        assert_kept(&open(&copy).unwrap(), &acks, "a content file is missing");
    }
}

#[test]
fn entry_that_was_rewritten_and_rehashed_is_found_by_the_checkpoint_after_it() {
    let (port, _) = filled(5);
    // take the whole journal of another log of the same origin and shape: every frame is right in itself
    let other = disk(9);
    let store = Arc::new(create(&other).unwrap());
    let mut theirs = Vec::new();
    assert!(drive(&store, 0..5, &mut theirs));
    drop(store);
    let copy = port.copy();
    for path in files(&other, "journal").into_iter().filter(|path| path.extension().is_some()) {
        let bytes = crate::Port::read(&other, &path).unwrap().unwrap();
        copy.alter(&path, |old| *old = bytes);
    }
    assert!(open(&copy).err().unwrap().is_tampered());
    assert_eq!(check(&copy).verdict(), Verdict::Tampered);
}

#[test]
fn leaf_altered_under_a_right_checksum_names_its_interval() {
    let (port, acks) = filled(3);
    let first = files(&port, "journal").into_iter().next().unwrap();
    let copy = port.copy();
    // the recorded time of the first entry, a little earlier, and the checksum made right again
    copy.alter(&first, |bytes| {
        let (start, leaf) = (64, 64 + 9 + 8 + 2);
        bytes[leaf + 4 + 32 + 16 + 1 + 5] -= 1;
        let length = u32::from_be_bytes(bytes[start..start + 4].try_into().unwrap()) as usize;
        let covered = [&bytes[start..start + 5], &bytes[start + 9..start + 9 + length]].concat();
        bytes[start + 5..start + 9].copy_from_slice(&crc32c::crc32c(&covered).to_be_bytes());
    });
    let fault = open(&copy).err().unwrap();
    assert!(matches!(&fault, OpenFault::Tampered { entry: Some(0), .. }), "{fault}");
    let report = check(&copy);
    assert_eq!(report.verdict(), Verdict::Tampered, "{:?}", report.faults);
    assert!(
        report.faults.iter().all(|fault| fault.to_string().starts_with("entry 0")),
        "{:?}",
        report.faults
    );
    assert!(!acks.is_empty());
}

#[test]
fn guard_missing_is_refused_until_it_is_reset_with_a_reason() {
    let (port, acks) = filled(3);
    crate::Port::remove(&port, &dir().join("guard")).unwrap();
    assert!(matches!(open(&port).err().unwrap(), OpenFault::GuardMissing { .. }));
    let store = Embedded::reset_guard(&dir(), options(&port), "the volume was lost", "root").unwrap();
    assert_kept(&store, &acks, "after a reset");
    let last = store.entry(acks.len() as u64).unwrap().unwrap();
    assert!(
        matches!(&last.body, Body::Administered(done) if done.act == "guard_reset" && done.reason == "the volume was lost")
    );
    drop(store);
    assert_kept(&open(&port).unwrap(), &acks, "after a reset");
    assert_eq!(check(&port).verdict(), Verdict::Whole);
}

#[test]
fn rolled_back_log_can_be_accepted_with_a_reason() {
    let port = disk(3);
    let store = Arc::new(create(&port).unwrap());
    let mut acks = Vec::new();
    assert!(drive(&store, 0..3, &mut acks));
    let older = port.copy();
    let had = acks.len();
    assert!(drive(&store, 3..5, &mut acks));
    drop(store);
    for name in ["guard", "keyring"] {
        let newer = port_read(&port, name);
        older.alter(&dir().join(name), |bytes| *bytes = newer);
    }
    let older = older.power_on(1);
    assert!(open(&older).err().unwrap().is_rolled_back());
    let store = Embedded::reset_guard(&dir(), options(&older), "restored from backup", "root").unwrap();
    assert_eq!(store.head().size, had as u64 + 1);
    assert_kept(&store, &acks[..had], "after a reset");
}

#[test]
fn whole_frames_above_the_guard_are_kept_and_the_rest_is_cut_with_an_entry() {
    let (port, acks) = filled(3);
    let before = port_read(&port, "guard");
    let store = Arc::new(open(&port).unwrap());
    let mut more = Vec::new();
    assert!(drive(&store, 10..11, &mut more));
    drop(store);
    port.alter(&dir().join("guard"), |bytes| *bytes = before);
    let last = files(&port, "journal").into_iter().rfind(|path| path.extension().is_some()).unwrap();
    port.alter(&last, |bytes| bytes.extend_from_slice(b"half a frame"));
    let report = check(&port);
    assert_eq!((report.verdict(), report.tail), (Verdict::Whole, 12));
    assert_eq!(report.unsigned, more.len() as u64);
    let store = open(&port).unwrap();
    assert_kept(&store, &acks, "below the guard");
    for ack in &more {
        assert_eq!(store.entry(ack.index).unwrap().unwrap().id, ack.id);
    }
    let last = store.entries(0, usize::MAX).unwrap().pop().unwrap();
    assert_eq!(last.class, EntryClass::TailCut);
    assert!(matches!(last.body, Body::TailCut(cut) if cut.bytes == 12 && cut.kept == more.len() as u64));
    drop(store);
    assert_eq!(check(&port).verdict(), Verdict::Whole);
}

#[test]
fn store_of_another_log_another_key_or_a_newer_format_is_refused() {
    let (port, _) = filled(1);
    let mut other = options(&port);
    other.log_origin = "concordat/other/log".to_owned();
    assert!(matches!(Embedded::open(&dir(), other), Err(OpenFault::Settings { .. })));
    let copy = port.copy();
    copy.alter(&dir().join("store.toml"), |bytes| {
        *bytes = String::from_utf8(bytes.clone()).unwrap().replace("format = 1", "format = 2").into_bytes();
    });
    assert!(matches!(open(&copy), Err(OpenFault::Newer { found: 2, .. })));
    let copy = port.copy();
    copy.alter(&dir().join("journal/00000001.seg"), |bytes| {
        bytes[9] = 2;
        let crc = crc32c::crc32c(&bytes[..60]).to_be_bytes();
        bytes[60..64].copy_from_slice(&crc);
    });
    assert!(matches!(open(&copy), Err(OpenFault::Newer { found: 2, .. })));
}

#[test]
fn two_brokers_cannot_hold_one_store_and_none_is_made_twice() {
    let (port, _) = filled(1);
    let store = open(&port).unwrap();
    assert!(matches!(open(&port), Err(OpenFault::Locked { .. })));
    assert!(matches!(crate::verify::directory(&dir(), &options(&port)), Err(OpenFault::Locked { .. })));
    drop(store);
    assert!(matches!(create(&port), Err(OpenFault::Exists { .. })));
    assert!(matches!(open(&disk(1)), Err(OpenFault::NotAStore { .. })));
}

/// A store on the real disk with sled.
fn on_disk(dir: &std::path::Path) -> Options {
    let mut options = Options::new(Arc::new(concordat_core::clock::TestClock::at(start())), kek(), ORIGIN);
    options.segment_bytes = 50_000;
    assert!(dir.exists());
    options
}

#[test]
fn clean_stop_saves_reading_the_journal_and_an_older_clean_stop_is_caught_up() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, options) = (folder.path(), on_disk(folder.path()));
    let runtime = runtime();
    let fill = |store: &Embedded, from: u64| {
        for first in (from..from + 300).step_by(20) {
            let group = (first..first + 20).map(|number| Proposal::of(id(number), overdue(number))).collect();
            runtime.block_on(commit(store, group));
        }
    };
    let store = Embedded::create(dir, options.clone()).unwrap();
    fill(&store, 0);
    store.close();
    drop(store);
    let store = Embedded::open(dir, options.clone()).unwrap();
    assert_eq!(store.read_from(), 300);
    store.close();
    drop(store);
    let older = tempfile::tempdir().unwrap();
    copy(&dir.join("projections"), &older.path().join("projections"));
    let store = Embedded::open(dir, options.clone()).unwrap();
    fill(&store, 300);
    let receipt = store.receipt(450).unwrap();
    store.close();
    drop(store);
    std::fs::remove_dir_all(dir.join("projections")).unwrap();
    copy(&older.path().join("projections"), &dir.join("projections"));
    let store = Embedded::open(dir, options.clone()).unwrap();
    assert_eq!(store.read_from(), 300, "what came after the older stop is read from the journal");
    assert_eq!(store.receipt(450).unwrap(), receipt);
    for number in [0, 299, 300, 599] {
        let row = store.row(&concordat_core::apply::Key::Obligation(identity(number))).unwrap();
        assert!(row.is_some(), "{number}");
    }
    drop(store);
    let store = Embedded::open(dir, options.clone()).unwrap();
    assert_eq!(store.read_from(), 0, "without a clean stop everything is read");
    store.close();
    drop(store);
    let report = crate::verify::directory(dir, &options).unwrap();
    assert_eq!((report.verdict(), report.rows), (Verdict::Whole, Some(600)), "{:?}", report.faults);
}

#[test]
fn projections_that_break_while_open_are_rebuilt_before_the_next_entry() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, options) = (folder.path(), on_disk(folder.path()));
    let runtime = runtime();
    let store = Embedded::create(dir, options.clone()).unwrap();
    for number in 0..70 {
        runtime
            .block_on(commit(&store, vec![submission(&store, id(number), accepted(number, 1, None), b"x")]));
    }
    let key = concordat_core::apply::Key::Version(identity(3));
    let before = store.row(&key).unwrap();
    store.shared.projections().spoil();
    assert!(store.row(&key).is_err(), "a row that cannot be read is no answer");
    let again = || {
        let mut sent = accepted(3, 1, None);
        sent.key = send_key(999_999);
        vec![submission(&store, id(300), sent, b"x")]
    };
    assert!(
        runtime.block_on(store.append(again())).is_err(),
        "nothing is judged by rows that cannot be read"
    );
    let found = runtime.block_on(unmet(&store, again()));
    assert_eq!(found, crate::Unmet::SameContent { index: 3 });
    assert_eq!(store.row(&key).unwrap(), before);
    assert_eq!(store.inbox(&agency("chscp"), 0, 1000).unwrap().len(), 70);
    store.close();
    drop(store);
    let store = Embedded::open(dir, options).unwrap();
    assert_eq!((store.read_from(), store.row(&key).unwrap()), (70, before));
}

#[test]
fn erased_payload_is_no_fault_of_the_log_and_opens_no_more() {
    let port = disk(3);
    let store = create(&port).unwrap();
    let runtime = runtime();
    let mut personal = accepted(1, 1, None);
    personal.person_level = true;
    let group = vec![
        submission(&store, id(1), personal, b"about a person"),
        Proposal::of(id(2), released(id(1), 0, "chscp")),
    ];
    let done = runtime.block_on(commit(&store, group));
    assert_eq!(payload(&store, &done[1].logged).unwrap().as_slice(), b"about a person");
    let own = |agent| store.own_content(0, &agency(agent));
    let mut text = String::new();
    own("met").unwrap().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "about a person");
    assert!(own("chscp").is_err() && store.own_content(1, &agency("met")).is_err(), "to nobody else");
    assert!(
        store.compared_content(0, &agency("met")).is_err(),
        "what is about a person is compared with nothing"
    );
    store.ring().destroy_record_key(id(1).0).unwrap();
    assert!(own("met").unwrap().is_none());
    assert!(payload(&store, &done[1].logged).is_err());
    for file in files(&port, "content") {
        crate::Port::remove(&port, &file).unwrap();
    }
    let fault = payload(&store, &done[1].logged).unwrap_err();
    assert_eq!(fault.kind(), concordat_core::fault::FaultKind::Internal, "{fault:?}");
    let receipt = store.receipt(0).unwrap();
    drop(store);
    let report = check(&port);
    assert_eq!((report.verdict(), report.erased), (Verdict::Whole, 1), "{:?}", report.faults);
    assert_eq!(open(&port).unwrap().receipt(0).unwrap(), receipt);
}

#[test]
fn payload_sealed_for_another_entry_or_kind_is_refused() {
    let port = disk(3);
    let store = create(&port).unwrap();
    let runtime = runtime();
    let theirs = submission(&store, id(1), accepted(1, 1, None), b"x");
    let swapped = Proposal { id: id(2), ..theirs };
    assert!(runtime.block_on(store.append(vec![swapped])).is_err());
    let on_denial = Proposal { body: denied(), ..submission(&store, id(3), accepted(1, 1, None), b"x") };
    assert!(runtime.block_on(store.append(vec![on_denial])).is_err());
    assert_eq!(store.head().size, 0);
}

#[test]
fn bundle_is_kept_and_read_back() {
    use concordat_seal::{RetentionClass, SectionClass};
    let port = disk(3);
    let store = create(&port).unwrap();
    let day = jiff::civil::date(2026, 11, 22);
    let key = store.ring().data_key(RetentionClass::Audit, day).unwrap();
    let sealed = store.ring().seal(key, &store.place(id(1), SectionClass::Bundle), b"every file").unwrap();
    let body = Body::PolicyLoaded(concordat_core::entry::PolicyLoaded {
        change: None,
        policy: digest(1),
        catalogue: digest(2),
        files: vec![("rules.csv".to_owned(), digest(3))],
        by: "broker".to_owned(),
    });
    let proposal = Proposal { payload: Some(crate::Payload::Sealed(sealed)), ..Proposal::of(id(1), body) };
    runtime().block_on(commit(&store, vec![proposal]));
    assert_eq!(store.bundle(0).unwrap().as_slice(), b"every file");
    assert_eq!(files(&port, "content").len(), 1);
}

pub(super) fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for found in std::fs::read_dir(from).unwrap() {
        let found = found.unwrap();
        let target = to.join(found.file_name());
        if found.file_type().unwrap().is_dir() {
            copy(&found.path(), &target);
        } else {
            std::fs::copy(found.path(), target).unwrap();
        }
    }
}

#[test]
fn content_that_never_came_whole_is_gone_once_it_is_dropped_or_the_store_opened_again() {
    let port = disk(3);
    let store = create(&port).unwrap();
    let files = || port.list(&dir().join("arriving")).unwrap();
    let key = store.ring().record_key(id(5).0).unwrap();
    let mut spool = store.spool(id(5), key).unwrap();
    spool.push(&[7; 300_000]).unwrap();
    assert_eq!(files().len(), 1);
    drop(spool);
    assert!(files().is_empty());
    let spool = store.spool(id(5), key).unwrap();
    // a broker that is killed drops nothing
    std::mem::forget(spool);
    drop(store);
    assert_eq!(files().len(), 1);
    drop(open(&port).unwrap());
    assert!(files().is_empty());
}
