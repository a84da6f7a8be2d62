//! What is held in memory beside the rows, and how a clean stop keeps it: leaf hashes with positions,
//! checkpoints' positions, deliveries that wait. In chunks of 256, so that a commit seldom writes one.

use std::collections::BTreeSet;

use concordat_ledger::{Hash, Tree};

use super::inbox::Waiting;
use super::keys::{GROUPS, LEAVES, RowKey, WAITING};
use super::{Broken, Projections};

const CHUNK: usize = 256;

/// Where the entries and checkpoints of the log stand.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct LogIndex {
    /// The tree over the leaves; ahead of `positions` while a group is being written.
    pub(crate) tree: Tree,
    /// Of each entry: the packed position of its frame.
    pub(crate) positions: Vec<u64>,
    /// Of each checkpoint in the journal: its size, the packed position of its frame; ascending.
    pub(crate) checkpoints: Vec<(u64, u64)>,
}

/// What a clean stop has kept.
pub(crate) struct Kept {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) index: LogIndex,
}

fn number(at: usize) -> Result<u32, Broken> {
    u32::try_from(at).map_err(|_| Broken("the log is too long for its projections".to_owned()))
}

fn malformed() -> Broken {
    Broken("a chunk of the log's index is malformed".to_owned())
}

impl Projections {
    /// Writes the chunks of the index that became full since it had `before` entries and checkpoints.
    pub(crate) fn save_full_chunks(&self, index: &LogIndex, before: (usize, usize)) -> Result<(), Broken> {
        for at in before.0 / CHUNK..index.positions.len() / CHUNK {
            self.save_entries(index, at)?;
        }
        for at in before.1 / CHUNK..index.checkpoints.len() / CHUNK {
            self.save_checkpoints(index, at)?;
        }
        Ok(())
    }

    /// Writes the chunks that are not full, as of a size.
    pub(super) fn save_index(&self, index: &LogIndex, size: u64) -> Result<(), Broken> {
        if index.positions.len() as u64 != size {
            return Err(malformed());
        }
        self.save_entries(index, index.positions.len() / CHUNK)?;
        self.save_checkpoints(index, index.checkpoints.len() / CHUNK)
    }

    fn save_entries(&self, index: &LogIndex, at: usize) -> Result<(), Broken> {
        let chunk = (0_u64..).zip(&index.positions).skip(at * CHUNK).take(CHUNK);
        let rows = chunk.map(|(entry, position)| Some((position, index.tree.leaf(entry)?)));
        let rows = rows.collect::<Option<Vec<_>>>().ok_or_else(malformed)?;
        let bytes: Vec<u8> = rows
            .into_iter()
            .flat_map(|(position, hash)| position.to_be_bytes().into_iter().chain(hash.0))
            .collect();
        self.put(&RowKey::chunk(LEAVES, number(at)?), &bytes)
    }

    fn save_checkpoints(&self, index: &LogIndex, at: usize) -> Result<(), Broken> {
        let chunk = index.checkpoints.iter().skip(at * CHUNK).take(CHUNK);
        let bytes: Vec<u8> = chunk
            .flat_map(|(size, position)| size.to_be_bytes().into_iter().chain(position.to_be_bytes()))
            .collect();
        self.put(&RowKey::chunk(GROUPS, number(at)?), &bytes)
    }

    pub(super) fn load_index(&self, size: u64) -> Result<LogIndex, Broken> {
        let mut index = LogIndex::default();
        self.chunks(LEAVES, |row: &[u8; 40]| {
            let (position, hash) = row.split_first_chunk().ok_or_else(malformed)?;
            let hash = hash.first_chunk().copied().ok_or_else(malformed)?;
            index.positions.push(u64::from_be_bytes(*position));
            index.tree.push(Hash(hash));
            Ok(())
        })?;
        self.chunks(GROUPS, |row: &[u8; 16]| {
            let (size, position) = row.split_first_chunk().ok_or_else(malformed)?;
            let position = position.first_chunk().copied().ok_or_else(malformed)?;
            index.checkpoints.push((u64::from_be_bytes(*size), u64::from_be_bytes(position)));
            Ok(())
        })?;
        if index.positions.len() as u64 == size { Ok(index) } else { Err(malformed()) }
    }

    /// Keeps the deliveries that wait, in the place of those kept at the stop before.
    pub(super) fn save_waiting(&self) -> Result<(), Broken> {
        let mut old = Vec::new();
        self.table.scan(&[WAITING], &[WAITING + 1], |key, _| {
            old.push(key.to_vec());
            true
        })?;
        for key in old.iter().filter(|key| key.first() == Some(&WAITING)) {
            self.drop_row(key)?;
        }
        for (at, chunk) in self.waiting().chunks(CHUNK).enumerate() {
            let bytes: Vec<u8> = chunk
                .iter()
                .flat_map(|(by, index, agency)| {
                    by.to_be_bytes().into_iter().chain(index.to_be_bytes()).chain(*agency)
                })
                .collect();
            self.put(&RowKey::chunk(WAITING, number(at)?), &bytes)?;
        }
        Ok(())
    }

    pub(super) fn load_waiting(&self) -> Result<BTreeSet<Waiting>, Broken> {
        let mut waiting = BTreeSet::new();
        self.chunks(WAITING, |row: &[u8; 32]| {
            let (by, rest) = row.split_first_chunk().ok_or_else(malformed)?;
            let (index, agency) = rest.split_first_chunk().ok_or_else(malformed)?;
            let agency = agency.first_chunk().copied().ok_or_else(malformed)?;
            waiting.insert((i64::from_be_bytes(*by), u64::from_be_bytes(*index), agency));
            Ok(())
        })?;
        Ok(waiting)
    }

    /// Shows the parts of all chunks of a sort, from chunk 0 to the first that is not there.
    pub(super) fn chunks<const N: usize>(
        &self,
        sort: u8,
        mut show: impl FnMut(&[u8; N]) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        for at in 0.. {
            let Some(bytes) = self.value(&RowKey::chunk(sort, at))? else { break };
            let (rows, rest) = bytes.as_chunks::<N>();
            if !rest.is_empty() {
                return Err(malformed());
            }
            rows.iter().try_for_each(&mut show)?;
        }
        Ok(())
    }
}
