use super::*;

fn dir() -> &'static Path {
    Path::new("/disk")
}

#[test]
fn what_was_synced_survives_and_what_was_not_may_go_or_tear() {
    let (mut whole, mut torn, mut lost) = (0, 0, 0);
    for seed in 0..200 {
        let port = SimPort::new(seed, dir());
        let path = dir().join("file");
        let file = port.create(&path).unwrap();
        file.write_at(0, b"synced").unwrap();
        file.sync().unwrap();
        port.sync_dir(dir()).unwrap();
        file.write_at(6, &[7; 2000]).unwrap();
        let port = port.power_on(seed);
        assert!(file.length().is_err(), "old handles are dead");
        let bytes = port.read(&path).unwrap().unwrap();
        assert!(bytes.starts_with(b"synced"));
        match bytes.len() {
            6 => lost += 1,
            2006 if bytes[6..] == [7; 2000] => whole += 1,
            _ => torn += 1,
        }
    }
    assert!(whole > 20 && torn > 20 && lost > 20, "{whole} {torn} {lost}");
}

#[test]
fn names_need_their_own_sync() {
    let (mut there, mut gone) = (0, 0);
    for seed in 0..50 {
        let port = SimPort::new(seed, dir());
        let file = port.create(&dir().join("file")).unwrap();
        file.sync().unwrap();
        match port.power_on(seed).read(&dir().join("file")).unwrap() {
            Some(_) => there += 1,
            None => gone += 1,
        }
    }
    assert!(there > 5 && gone > 5);
}

#[test]
fn after_a_failed_sync_the_next_one_does_not_save_what_was_lost() {
    let mut lost = 0;
    for seed in 0..50 {
        let port = SimPort::new(seed, dir());
        let path = dir().join("file");
        let file = port.create(&path).unwrap();
        port.sync_dir(dir()).unwrap();
        file.write_at(0, b"bytes").unwrap();
        port.fail_at(1, SimFault::Io);
        assert!(file.sync().is_err());
        file.sync().unwrap();
        assert_eq!(port.read(&path).unwrap().unwrap(), b"bytes", "still readable");
        lost += usize::from(port.power_on(seed).read(&path).unwrap().unwrap() != b"bytes");
    }
    assert!(lost > 5);
}

#[test]
fn room_is_limited_and_given_back() {
    let port = SimPort::new(1, dir());
    port.set_room(Some(10));
    let file = port.create(&dir().join("file")).unwrap();
    file.write_at(0, &[1; 8]).unwrap();
    file.write_at(0, &[2; 8]).unwrap();
    assert_eq!(file.write_at(8, &[1; 8]).unwrap_err().kind(), io::ErrorKind::StorageFull);
    file.truncate(2).unwrap();
    file.write_at(2, &[1; 8]).unwrap();
}
