//! The baseline that only appends and syncs, and what lies on disk.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Outcome;
use super::stats::percentile;

/// What appending and syncing gave.
#[derive(Debug, Clone, Copy)]
pub struct Appended {
    /// Returns a second.
    pub rate: f64,
    /// The median time of an `fdatasync`, in milliseconds.
    pub sync_ms: f64,
}

/// Appends groups of so many returns of so many bytes, each group with one write and one `fdatasync`, in turn and
/// again from the first, for so long.
///
/// # Errors
/// What the system says.
pub fn append(folder: &Path, groups: &[u32], bytes: usize, seconds: f64) -> Outcome<Appended> {
    let path = folder.join("append");
    let mut file = File::create(&path)?;
    let largest = groups.iter().max().copied().ok_or("there are no groups to append")?;
    let buffer = vec![0x5a_u8; bytes * usize::try_from(largest)?];
    let (limit, began) = (Duration::from_secs_f64(seconds), Instant::now());
    let (mut returns, mut syncs) = (0_u64, Vec::new());
    for group in groups.iter().cycle() {
        file.write_all(buffer.get(..bytes * usize::try_from(*group)?).unwrap_or(&buffer))?;
        let before = Instant::now();
        file.sync_data()?;
        syncs.push(u32::try_from(before.elapsed().as_micros())?);
        returns += u64::from(*group);
        if began.elapsed() >= limit {
            break;
        }
    }
    let rate = returns as f64 / began.elapsed().as_secs_f64();
    drop(file);
    std::fs::remove_file(&path)?;
    syncs.sort_unstable();
    Ok(Appended { rate, sync_ms: f64::from(percentile(&syncs, 0.5)) / 1_000.0 })
}

/// How many bytes a folder takes on disk.
///
/// # Errors
/// When it cannot be read.
pub fn occupied(folder: &Path) -> Outcome<u64> {
    let mut sum = 0;
    for found in std::fs::read_dir(folder)? {
        let path = found?.path();
        let facts = std::fs::symlink_metadata(&path)?;
        sum += if facts.is_dir() { occupied(&path)? } else { facts.blocks() * 512 };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_appended_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let appended = append(dir.path(), &[1, 3], 100, 0.02).unwrap();
        assert!(appended.rate > 0.0);
        assert_eq!(occupied(dir.path()).unwrap(), 0);
        assert!(append(dir.path(), &[], 100, 0.02).is_err());
    }
}
