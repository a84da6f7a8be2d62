use std::io;
use std::sync::Condvar;
use std::time::Duration;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::kek::{FileKek, KekFault};
use crate::port::DirPort;
use crate::section::SectionClass;

/// What the next write does.
#[derive(Clone, Copy, PartialEq)]
enum Act {
    Works,
    /// Fails and leaves this share of the bytes, in quarters.
    Fails(usize),
}

/// A disk of one file that can be told to fail.
struct Disk {
    file: Mutex<Option<Vec<u8>>>,
    next: Mutex<Act>,
    appends: AtomicU64,
    replacements: AtomicU64,
    gate: Mutex<bool>,
    opened: Condvar,
}

impl Disk {
    fn new() -> Arc<Self> {
        Self::with(None)
    }

    fn with(file: Option<Vec<u8>>) -> Arc<Self> {
        Arc::new(Self {
            file: Mutex::new(file),
            next: Mutex::new(Act::Works),
            appends: AtomicU64::new(0),
            replacements: AtomicU64::new(0),
            gate: Mutex::new(true),
            opened: Condvar::new(),
        })
    }

    fn bytes(&self) -> Vec<u8> {
        self.file.lock().unwrap().clone().unwrap()
    }

    fn fail_next(&self, quarters: usize) {
        *self.next.lock().unwrap() = Act::Fails(quarters);
    }

    fn writes(&self) -> (u64, u64) {
        (self.appends.load(Ordering::SeqCst), self.replacements.load(Ordering::SeqCst))
    }

    fn set_gate(&self, open: bool) {
        *self.gate.lock().unwrap() = open;
        self.opened.notify_all();
    }

    fn act(&self) -> Act {
        std::mem::replace(&mut *self.next.lock().unwrap(), Act::Works)
    }
}

impl RingPort for Disk {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        assert_eq!(name, RING_FILE);
        Ok(self.file.lock().unwrap().clone())
    }

    fn append_synced(&self, _: &str, bytes: &[u8]) -> io::Result<()> {
        drop(self.opened.wait_while(self.gate.lock().unwrap(), |open| !*open).unwrap());
        self.appends.fetch_add(1, Ordering::SeqCst);
        let act = self.act();
        let mut file = self.file.lock().unwrap();
        let file = file.as_mut().unwrap();
        match act {
            Act::Works => file.extend_from_slice(bytes),
            Act::Fails(quarters) => file.extend_from_slice(&bytes[..bytes.len() * quarters / 4]),
        }
        if act == Act::Works { Ok(()) } else { Err(io::Error::from(io::ErrorKind::StorageFull)) }
    }

    /// Whole or not at all, as a rename is.
    fn replace_synced(&self, _: &str, bytes: &[u8]) -> io::Result<()> {
        self.replacements.fetch_add(1, Ordering::SeqCst);
        let act = self.act();
        if matches!(act, Act::Works | Act::Fails(4)) {
            *self.file.lock().unwrap() = Some(bytes.to_vec());
        }
        if act == Act::Works { Ok(()) } else { Err(io::Error::other("injected")) }
    }
}

fn kek() -> Arc<FileKek> {
    Arc::new(FileKek::from_bytes(&[0x11; 32]).unwrap())
}

fn made() -> (Arc<Disk>, KeyRing) {
    let disk = Disk::new();
    let ring = KeyRing::create(disk.clone(), kek()).unwrap();
    (disk, ring)
}

fn opened(bytes: &[u8], known: Option<u64>) -> Result<KeyRing, SealFault> {
    KeyRing::open(Disk::with(Some(bytes.to_vec())), kek(), known)
}

fn today() -> Date {
    date(2026, 3, 31)
}

fn place() -> Place {
    Place { log: [1; 32], entry: [2; 16], number: 1, class: SectionClass::Payload }
}

/// Where each record begins, and the end of the file.
fn borders(bytes: &[u8]) -> Vec<usize> {
    let mut borders = vec![34];
    while *borders.last().unwrap() < bytes.len() {
        let at = *borders.last().unwrap();
        borders.push(at + 4 + usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]])) + 32);
    }
    borders
}

/// A ring with keys of every purpose; seven records.
fn full() -> (Arc<Disk>, KeyRing) {
    let (disk, ring) = made();
    ring.data_key(RetentionClass::Audit, today()).unwrap();
    ring.data_key(RetentionClass::Aggregate, today()).unwrap();
    ring.index_hmac(today(), b"x").unwrap();
    ring.record_key([7; 16]).unwrap();
    assert_eq!(ring.generation(), 7);
    (disk, ring)
}

#[test]
fn every_key_survives_reopening() {
    let (disk, ring) = full();
    let key = ring.data_key(RetentionClass::Audit, today()).unwrap();
    let by_day = ring.seal(key, &place(), b"by day").unwrap();
    let by_record = ring.seal(ring.record_key([7; 16]).unwrap(), &place(), b"by record").unwrap();
    let value = ring.seal_value("inbox", b"k", b"value").unwrap();

    let again = KeyRing::open(disk, kek(), Some(ring.generation())).unwrap();
    assert_eq!(again.data_key(RetentionClass::Audit, today()).unwrap(), key);
    assert_eq!(*again.open_section(&place(), by_day.bytes()).unwrap(), b"by day");
    assert_eq!(*again.open_section(&place(), by_record.bytes()).unwrap(), b"by record");
    assert_eq!(*again.open_value("inbox", b"k", &value).unwrap(), b"value");
    assert_eq!(again.index_hmac(today(), b"x").unwrap(), ring.index_hmac(today(), b"x").unwrap());
    assert_eq!(again.blind("d", &[b"x"]), ring.blind("d", &[b"x"]));
    assert_eq!(again.log_key(), ring.log_key());
    assert_eq!(again.log_key().len(), 32);
    assert_eq!(again.generation(), ring.generation());
    assert_eq!(again.cut(), None);
}

#[test]
fn each_class_and_day_has_its_own_key_and_each_month_its_own_index_key() {
    let (_, ring) = made();
    let key = |class, day| ring.data_key(class, day).unwrap();
    let first = key(RetentionClass::Audit, today());
    assert_eq!(first, key(RetentionClass::Audit, today()));
    assert_ne!(first, key(RetentionClass::Person, today()));
    assert_ne!(first, key(RetentionClass::Audit, date(2026, 4, 1)));
    let token = ring.index_hmac(today(), b"subject").unwrap();
    assert_eq!(token, ring.index_hmac(date(2026, 3, 1), b"subject").unwrap());
    assert_ne!(token, ring.index_hmac(date(2026, 4, 1), b"subject").unwrap());
    assert_ne!(token, ring.index_hmac(date(2027, 3, 31), b"subject").unwrap());
}

#[test]
fn pseudonyms_of_each_recipient_and_purpose_have_one_key_that_survives_reopening() {
    let (disk, ring) = made();
    let key = ring.pseudonym_key("chscp", "P4").unwrap();
    let before = disk.writes();
    assert_eq!(key, ring.pseudonym_key("chscp", "P4").unwrap());
    for (recipient, purpose) in [("chscp", "P5"), ("elft", "P4"), ("chscpP", "4"), ("chsc", "pP4")] {
        assert_ne!(key, ring.pseudonym_key(recipient, purpose).unwrap(), "{recipient} {purpose}");
    }
    assert_eq!(disk.writes(), before, "one secret gives them all");
    let (_, other) = made();
    assert_ne!(key, other.pseudonym_key("chscp", "P4").unwrap(), "another ring");
    let again = KeyRing::open(disk, kek(), Some(ring.generation())).unwrap();
    assert_eq!(key, again.pseudonym_key("chscp", "P4").unwrap());
}

#[test]
fn after_the_key_of_the_day_exists_sealing_does_no_io() {
    let (disk, ring) = full();
    let before = disk.writes();
    let key = ring.data_key(RetentionClass::Audit, today()).unwrap();
    let sealed = ring.seal(key, &place(), b"x").unwrap();
    ring.open_section(&place(), sealed.bytes()).unwrap();
    ring.index_hmac(today(), b"x").unwrap();
    assert_eq!(disk.writes(), before);
}

#[test]
fn own_log_key_is_kept_as_given() {
    let disk = Disk::new();
    let blob = Zeroizing::new(vec![9; 1024]);
    KeyRing::create_with_log_key(disk.clone(), kek(), blob.clone()).unwrap();
    assert_eq!(KeyRing::open(disk, kek(), None).unwrap().log_key(), blob);
    let long = KeyRing::create_with_log_key(Disk::new(), kek(), Zeroizing::new(vec![9; 1025]));
    assert!(matches!(long, Err(SealFault::TooLarge { .. })));
}

#[test]
fn create_never_overwrites() {
    let (disk, _) = made();
    let before = disk.bytes();
    assert!(matches!(KeyRing::create(disk.clone(), kek()), Err(SealFault::RingExists { .. })));
    assert_eq!(disk.bytes(), before);
    assert!(matches!(KeyRing::open(Disk::new(), kek(), None), Err(SealFault::RingAbsent { .. })));
}

#[test]
fn another_kek_is_told_apart_from_damage() {
    let (disk, _) = made();
    let other = Arc::new(FileKek::from_bytes(&[0x12; 32]).unwrap());
    assert!(matches!(KeyRing::open(disk, other, None), Err(SealFault::RingOtherKek { .. })));
}

#[test]
fn newer_format_is_refused() {
    let (disk, _) = made();
    let mut bytes = disk.bytes();
    bytes[9] = 2;
    assert!(matches!(opened(&bytes, None), Err(SealFault::RingNewer { found: 2, known: 1, .. })));
}

#[test]
fn section_of_an_unknown_key_is_told_apart_from_an_erased_one() {
    let (_, ours) = full();
    let (_, theirs) = full();
    let key = theirs.data_key(RetentionClass::Audit, today()).unwrap();
    let sealed = theirs.seal(key, &place(), b"x").unwrap();
    let fault = ours.open_section(&place(), sealed.bytes()).unwrap_err();
    assert!(matches!(fault, SealFault::KeyUnknown { key: named } if named == key));
    assert!(matches!(ours.seal(key, &place(), b"x"), Err(SealFault::KeyUnknown { .. })));
}

#[test]
fn no_key_but_the_named_one_is_tried() {
    let (_, ring) = full();
    let [first, second] = [RetentionClass::Audit, RetentionClass::Aggregate]
        .map(|class| ring.data_key(class, today()).unwrap());
    let mut stored = ring.seal(first, &place(), b"x").unwrap().into_bytes();
    stored[1..17].copy_from_slice(&second.0);
    assert!(matches!(ring.open_section(&place(), &stored), Err(SealFault::Altered)));
}

#[test]
fn keys_of_other_purposes_seal_no_section() {
    let (disk, ring) = full();
    let image = file::read(RING_FILE, &disk.bytes(), kek().as_ref(), None).unwrap();
    for record in image.records {
        let sectional = matches!(record.purpose, Purpose::Data { .. } | Purpose::Record { .. });
        assert_eq!(ring.seal(record.id, &place(), b"x").is_ok(), sectional, "{:?}", record.purpose);
    }
}

#[test]
fn interrupted_last_record_is_cut_and_reported() {
    let (disk, ring) = full();
    let bytes = disk.bytes();
    let borders = borders(&bytes);
    let (sound, end) = (borders[6], borders[7]);
    for length in sound + 1..end {
        let torn = Disk::with(Some(bytes[..length].to_vec()));
        let again = KeyRing::open(torn.clone(), kek(), None).unwrap();
        assert_eq!(again.cut(), Some(&Cut { record: 7, bytes: length - sound }));
        assert_eq!(torn.bytes(), bytes[..sound], "the torn end is gone from the file");
        again.record_key([8; 16]).unwrap();
        let known = Some(again.generation());
        assert_eq!(KeyRing::open(torn, kek(), known).unwrap().cut(), None);
        // who knows of the seventh key does not get a ring without it
        assert!(opened(&bytes[..length], Some(ring.generation())).is_err());
    }
}

#[test]
fn end_missing_between_two_records_is_seen_by_its_generation() {
    let (disk, ring) = full();
    let bytes = disk.bytes();
    for (records, border) in borders(&bytes).into_iter().enumerate().take(7) {
        let fault = opened(&bytes[..border], Some(ring.generation())).unwrap_err();
        match fault {
            SealFault::RingRolledBack { found, known: 7, .. } => assert_eq!(found, records as u64),
            SealFault::RingCorrupt { record: 1, .. } => assert_eq!(records, 0),
            other => panic!("{records}: {other}"),
        }
    }
}

#[test]
fn every_flipped_bit_is_refused_and_its_record_named() {
    let (disk, ring) = full();
    let bytes = disk.bytes();
    let borders = borders(&bytes);
    for at in 0..bytes.len() {
        for (known, bit) in [(None, 0), (None, 7), (Some(ring.generation()), 3)] {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << bit;
            let fault = opened(&altered, known).expect_err(&format!("byte {at}, bit {bit}"));
            let holder = borders.iter().filter(|border| **border <= at).count() as u64;
            match fault {
                SealFault::RingCorrupt { record, .. } if at >= 34 => assert_eq!(record, holder, "byte {at}"),
                // a changed count of rewrites shows in the first record, which the head is bound to
                SealFault::RingCorrupt { record, .. } => assert!(record <= 1, "byte {at}"),
                SealFault::RingNewer { .. } => assert!((8..10).contains(&at)),
                SealFault::RingOtherKek { .. } => assert!((10..26).contains(&at)),
                other => panic!("byte {at}: {other}"),
            }
        }
    }
}

#[test]
fn damage_above_the_known_generation_is_a_torn_write() {
    let (disk, _) = full();
    let bytes = disk.bytes();
    let borders = borders(&bytes);
    let mut torn = bytes.clone();
    torn[borders[5]..].fill(0);
    assert_eq!(opened(&torn, Some(5)).unwrap().cut().unwrap().record, 6);
    assert!(matches!(opened(&torn, Some(6)), Err(SealFault::RingCorrupt { record: 6, .. })));
    assert!(matches!(opened(&torn, None), Err(SealFault::RingCorrupt { record: 6, .. })));
}

#[test]
fn whole_records_above_the_known_generation_are_kept_and_written_anew() {
    let (disk, ring) = full();
    let before = disk.writes().1;
    let again = KeyRing::open(disk.clone(), kek(), Some(5)).unwrap();
    assert_eq!((again.generation(), disk.writes().1), (7, before + 1));
    KeyRing::open(disk.clone(), kek(), Some(7)).unwrap();
    assert_eq!(disk.writes().1, before + 1, "nothing to write when all of it is known");
    drop(ring);
}

#[test]
fn records_dropped_repeated_swapped_or_taken_from_another_ring_are_refused() {
    let (disk, _) = full();
    let (other, _) = full();
    let (bytes, other) = (disk.bytes(), other.bytes());
    let records = |bytes: &[u8]| -> Vec<Vec<u8>> {
        borders(bytes).windows(2).map(|border| bytes[border[0]..border[1]].to_vec()).collect()
    };
    let (ours, theirs) = (records(&bytes), records(&other));
    let file = |records: &[Vec<u8>]| [&bytes[..34], &records.concat()].concat();
    assert!(opened(&file(&ours), None).is_ok());
    for at in 0..ours.len() - 1 {
        let mut swapped = ours.clone();
        swapped.swap(at, at + 1);
        assert!(opened(&file(&swapped), None).is_err(), "swap {at}");
        let mut dropped = ours.clone();
        dropped.remove(at);
        assert!(opened(&file(&dropped), None).is_err(), "drop {at}");
    }
    for at in 0..ours.len() {
        let mut repeated = ours.clone();
        repeated.insert(at, ours[at].clone());
        assert!(opened(&file(&repeated), None).is_err(), "repeat {at}");
        let mut foreign = ours.clone();
        foreign[at] = theirs[at].clone();
        assert!(opened(&file(&foreign), None).is_err(), "foreign {at}");
    }
}

#[test]
fn failed_append_leaves_no_usable_key_and_is_mended() {
    for quarters in 0..=4 {
        let (disk, ring) = full();
        disk.fail_next(quarters);
        let generation = ring.generation();
        let fault = ring.record_key([8; 16]).unwrap_err();
        assert!(matches!(fault, SealFault::RingIo { act: "written", .. }), "{fault}");
        assert!(matches!(ring.seal(KeyId([8; 16]), &place(), b"x"), Err(SealFault::KeyUnknown { .. })));
        assert_eq!(ring.generation(), generation);
        // the keys that were there go on working meanwhile
        ring.data_key(RetentionClass::Audit, today()).unwrap();

        let sealed = ring.seal(ring.record_key([8; 16]).unwrap(), &place(), b"x").unwrap();
        let other = ring.seal(ring.record_key([9; 16]).unwrap(), &place(), b"y").unwrap();
        let again = KeyRing::open(disk, kek(), Some(ring.generation())).unwrap();
        assert_eq!(again.cut(), None);
        assert_eq!(*again.open_section(&place(), sealed.bytes()).unwrap(), b"x");
        assert_eq!(*again.open_section(&place(), other.bytes()).unwrap(), b"y");
    }
}

#[test]
fn ring_that_cannot_be_mended_makes_no_keys() {
    let (disk, ring) = full();
    disk.fail_next(2);
    ring.record_key([8; 16]).unwrap_err();
    disk.fail_next(0);
    ring.record_key([8; 16]).unwrap_err();
    // acknowledged keys vanish from the file while it is under suspicion
    let sound = disk.bytes();
    *disk.file.lock().unwrap() = Some(sound[..borders(&sound)[4]].to_vec());
    assert!(matches!(ring.record_key([8; 16]), Err(SealFault::RingRolledBack { .. })));
    assert!(ring.wishes().is_empty(), "a failed wish does not linger");
    assert!(matches!(ring.destroy_record_key([7; 16]), Err(SealFault::RingRolledBack { .. })));
}

#[test]
fn destroyed_key_is_gone_from_memory_and_file_and_never_made_again() {
    let (disk, ring) = full();
    ring.record_key([8; 16]).unwrap();
    let [erased, kept] = [[7; 16], [8; 16]].map(|entry| {
        let key = ring.record_key(entry).unwrap();
        ring.seal(key, &place(), b"about a child").unwrap().into_bytes()
    });
    let old = disk.bytes();
    let borders = borders(&old);
    let wrapped = old[borders[7] - 32 - 60..borders[7] - 32].to_vec();
    let generation = ring.generation();
    ring.destroy_record_key([7; 16]).unwrap();

    assert!(ring.generation() > generation);
    let new = disk.bytes();
    assert!(old.windows(60).any(|window| window == wrapped));
    assert!(!new.windows(16).any(|window| wrapped.windows(16).any(|part| part == window)));
    let again = KeyRing::open(disk.clone(), kek(), Some(ring.generation())).unwrap();
    for ring in [&ring, &again] {
        assert!(matches!(ring.open_section(&place(), &erased), Err(SealFault::KeyDestroyed { .. })));
        assert!(matches!(ring.record_key([7; 16]), Err(SealFault::KeyDestroyed { .. })));
        assert_eq!(*ring.open_section(&place(), &kept).unwrap(), b"about a child");
    }
    // the copy from before holds the key still, and is refused
    assert!(matches!(opened(&old, Some(ring.generation())), Err(SealFault::RingRolledBack { .. })));

    let before = disk.writes();
    ring.destroy_record_key([7; 16]).unwrap();
    assert_eq!(disk.writes(), before, "once is enough");
    ring.record_key([9; 16]).unwrap();
    assert!(KeyRing::open(disk, kek(), Some(ring.generation())).is_ok(), "the chain goes on");
}

#[test]
fn unknown_entry_spares_all_of_them() {
    let (_, ring) = full();
    let fault = ring.destroy_record_keys(&[[7; 16], [99; 16]]).unwrap_err();
    assert!(matches!(fault, SealFault::KeyUnknown { key: KeyId(id) } if id == [99; 16]));
    assert!(ring.record_key([7; 16]).is_ok());
}

#[test]
fn failed_destruction_can_be_called_again() {
    // 0: the old file stays; 4: the new one is there, but not surely
    for quarters in [0, 4] {
        let (disk, ring) = full();
        disk.fail_next(quarters);
        assert!(matches!(ring.destroy_record_key([7; 16]), Err(SealFault::RingIo { .. })));
        ring.destroy_record_key([7; 16]).unwrap();
        ring.record_key([8; 16]).unwrap();
        let again = KeyRing::open(disk, kek(), Some(ring.generation())).unwrap();
        assert!(matches!(again.record_key([7; 16]), Err(SealFault::KeyDestroyed { .. })));
        assert!(again.record_key([8; 16]).is_ok());
    }
}

#[test]
fn callers_at_the_same_time_share_one_write() {
    let (disk, ring) = made();
    let before = disk.writes().0;
    disk.set_gate(false);
    std::thread::scope(|scope| {
        let ring = &ring;
        scope.spawn(|| ring.record_key([0; 16]).unwrap());
        // the first has taken its wish to the disk and waits there for the gate
        wait_until(|| ring.writer.try_lock().is_err() && ring.wishes().is_empty());
        for n in 1..8 {
            scope.spawn(move || ring.record_key([n; 16]).unwrap());
        }
        wait_until(|| ring.wishes().len() == 7);
        disk.set_gate(true);
    });
    assert_eq!(disk.writes().0, before + 2);
    let again = KeyRing::open(disk, kek(), Some(ring.generation())).unwrap();
    (0..8).for_each(|n| drop(again.table().section_key(KeyId([n; 16])).unwrap()));
}

fn wait_until(met: impl Fn() -> bool) {
    while !met() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn racing_callers_get_the_same_key_of_the_day() {
    let (disk, ring) = made();
    let keys: Vec<KeyId> = std::thread::scope(|scope| {
        let ring = &ring;
        let callers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| ring.data_key(RetentionClass::Person, today()).unwrap())).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(ring.generation(), 4);
    assert!(KeyRing::open(disk, kek(), Some(4)).is_ok());
}

#[test]
fn ring_lives_in_a_real_directory() {
    let dir = tempfile::tempdir().unwrap();
    let port = Arc::new(DirPort::new(dir.path()));
    let kek = Arc::new(FileKek::create(&dir.path().join("kek")).unwrap());
    let ring = KeyRing::create(port.clone(), kek.clone()).unwrap();
    let sealed = ring.seal(ring.record_key([7; 16]).unwrap(), &place(), b"x").unwrap();
    let again = KeyRing::open(port.clone(), kek.clone(), None).unwrap();
    assert_eq!(*again.open_section(&place(), sealed.bytes()).unwrap(), b"x");
    again.destroy_record_key([7; 16]).unwrap();
    let last = KeyRing::open(port, kek, Some(again.generation())).unwrap();
    assert!(matches!(last.open_section(&place(), sealed.bytes()), Err(SealFault::KeyDestroyed { .. })));
}

#[test]
fn failed_destruction_does_not_spoil_the_next_key() {
    for quarters in [0, 4] {
        let (disk, ring) = full();
        disk.fail_next(quarters);
        ring.destroy_record_key([7; 16]).unwrap_err();
        ring.record_key([8; 16]).unwrap();
        let again = KeyRing::open(disk, kek(), Some(ring.generation())).unwrap();
        assert!(again.table().section_key(KeyId([8; 16])).is_ok());
    }
}

/// A ring file of these records behind the first three, made by one who holds all keys.
fn forged(more: Vec<Record>) -> Result<KeyRing, SealFault> {
    let (disk, _) = made();
    let image = file::read(RING_FILE, &disk.bytes(), kek().as_ref(), None).unwrap();
    let (mut chain, mut bytes) = (image.chain.restart(&image.head), image.head.bytes());
    for record in image.records.into_iter().chain(more) {
        chain.frame(&record, &mut bytes).unwrap();
    }
    opened(&bytes, None)
}

fn record(purpose: Purpose, id: u8, length: usize) -> Record {
    let secret = Secret::new(Zeroizing::new(vec![5; length]));
    Record::wrap(purpose, KeyId([id; 16]), &secret, kek().as_ref()).unwrap()
}

#[test]
fn record_that_makes_no_sense_is_refused_even_in_an_unbroken_chain() {
    let day = Purpose::Data { class: RetentionClass::Audit, day: today() };
    let later = Purpose::Data { class: RetentionClass::Audit, day: date(2026, 4, 1) };
    let month = Purpose::Index { year: 2026, month: 3 };
    let entry = Purpose::Record { entry: [8; 16] };
    let erased = |purpose, id| Record { wrapped: None, ..record(purpose, id, 32) };
    let relabelled = |purpose, id| Record { purpose, id: KeyId([id; 16]), ..record(later, id, 32) };
    assert!(
        forged(vec![record(day, 1, 32), erased(later, 2), record(entry, 8, 32), record(month, 3, 32)])
            .is_ok()
    );
    for (wrong, records) in [
        ("two keys of one day", vec![record(day, 1, 32), record(day, 2, 32)]),
        ("two days of one id", vec![record(day, 1, 32), record(later, 1, 32)]),
        ("a key made again", vec![erased(entry, 8), record(entry, 8, 32)]),
        ("a short key", vec![record(day, 1, 31)]),
        ("a key wrapped for another purpose", vec![relabelled(day, 1)]),
        ("a destroyed index key", vec![erased(month, 1)]),
        ("an entry under another id", vec![record(entry, 9, 32)]),
    ] {
        assert!(matches!(forged(records), Err(SealFault::RingCorrupt { .. })), "{wrong}");
    }
}

/// A key holder that is out of reach, as a token may be.
struct Unreachable(FileKek);

impl KekProvider for Unreachable {
    fn id(&self) -> [u8; 16] {
        self.0.id()
    }

    fn wrap(&self, _: &[u8], _: &[u8]) -> Result<Vec<u8>, KekFault> {
        Err(KekFault::Primitive)
    }

    fn open(&self, _: &[u8], _: &[u8]) -> Result<Zeroizing<Vec<u8>>, KekFault> {
        Err(KekFault::Primitive)
    }
}

#[test]
fn key_holder_out_of_reach_does_not_read_as_a_damaged_ring() {
    let (disk, _) = made();
    let kek = Arc::new(Unreachable(FileKek::from_bytes(&[0x11; 32]).unwrap()));
    assert!(matches!(KeyRing::open(disk, kek, None), Err(SealFault::Kek(KekFault::Primitive))));
}

#[test]
fn ring_is_shared_between_threads_and_shows_nothing() {
    fn shared<T: Send + Sync>(_: &T) {}
    let (_, ring) = made();
    shared(&ring);
    assert_eq!(format!("{ring:?}"), "KeyRing(..)");
    assert_eq!(format!("{:?}", ring.projection()), "Projection(..)");
    assert_eq!(format!("{:?}", Secret::random().unwrap()), "Secret(..)");
}

/// Format 1 as it was first written; a ring on disk must open for as long as its log is kept.
#[test]
fn ring_written_before_still_opens() {
    let digits: Vec<u8> =
        include_str!("format1.hex").chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    let ring = opened(&bytes, Some(9)).unwrap();
    assert_eq!(*ring.log_key(), b"a log key");
    assert_eq!(ring.data_key(RetentionClass::Person, today()).unwrap(), KeyId([0xd1; 16]));
    assert!(matches!(ring.record_key([0xe1; 16]), Err(SealFault::KeyDestroyed { .. })));
    let expected =
        crate::key::mac(&aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &[0xa4; 32]), &[b"x"]);
    assert_eq!(ring.index_hmac(today(), b"x").unwrap(), expected);
    assert_eq!(ring.generation(), 9);
    assert!(ring.record_key([0xe2; 16]).is_ok());
    assert_eq!(ring.generation(), 9, "that key was there");
}

proptest! {
    #[test]
    fn arbitrary_files_are_refused_without_a_panic(
        mut bytes in prop::collection::vec(any::<u8>(), 0..400),
        headed: bool,
        known in prop::option::of(0_u64..20),
    ) {
        if headed {
            let head = Head { kek: kek().id(), rewrites: u64::MAX }.bytes();
            bytes.splice(0..0, head);
        }
        prop_assert!(opened(&bytes, known).is_err());
    }

    #[test]
    fn ring_with_a_damaged_part_never_opens_with_fewer_known_keys(
        at in any::<prop::sample::Index>(),
        junk in prop::collection::vec(any::<u8>(), 1..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let (disk, ring) = full();
        let mut bytes = disk.bytes();
        let at = at.index(bytes.len());
        let sound = bytes.clone();
        for (slot, byte) in bytes[at..].iter_mut().zip(&junk) {
            *slot = *byte;
        }
        bytes.truncate(cut.index(sound.len() + 1));
        let again = opened(&bytes, Some(ring.generation()));
        prop_assert_eq!(again.is_ok(), bytes == sound);
    }
}
