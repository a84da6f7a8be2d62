//! Erasing what a recorded withdrawal names: the key first, then the file that it sealed.

use concordat_core::entry::Body;
use concordat_core::fault::Fault;
use concordat_core::withdrawal::Recalled;
use concordat_seal::SectionClass;

use super::{Shared, content};

impl Shared {
    /// Erases the contents that the withdrawal at an index says are erased. Doing it again changes nothing.
    pub(super) fn erase(&self, index: u64) -> Result<(), Fault> {
        let entry = self.entry(index)?;
        let Some(Body::Withdrawn(withdrawn)) = entry.map(|entry| entry.body) else {
            return Err(Fault::internal(format!("entry {index} takes nothing back, so it erases nothing")));
        };
        withdrawn
            .submissions
            .iter()
            .filter(|recalled| recalled.erases)
            .try_for_each(|one| self.erase_one(one))
    }

    fn erase_one(&self, recalled: &Recalled) -> Result<(), Fault> {
        let (id, index) = (recalled.submission, recalled.index);
        let recorded = self.entry(index)?.filter(|recorded| recorded.id == id);
        let section = recorded.iter().flat_map(|recorded| &recorded.sections).find(|section| {
            section.digest.class == SectionClass::Payload.number() && section.digest.key == id.0
        });
        let section = section
            .ok_or_else(|| Fault::internal(format!("entry {index} has no payload with a key of its own")))?;
        self.ring.destroy_record_key(id.0).map_err(Fault::unavailable)?;
        if section.in_journal {
            return Ok(());
        }
        let path = content::path(&self.dir, &section.digest.hash);
        let removed = self
            .port
            .remove(&path)
            .and_then(|()| path.parent().map_or(Ok(()), |folder| self.port.sync_dir(folder)));
        removed.map_err(|source| Fault::unavailable(format!("a content file could not be removed: {source}")))
    }
}
