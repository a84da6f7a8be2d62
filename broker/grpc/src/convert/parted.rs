//! What was refused of a return that was accepted in part.

use concordat_core::record::RefusedRecord;
use concordat_flow::Parted;
use concordat_proto::v1 as wire;

use super::texts;

/// The refused records, and how many were accepted; nothing for what is whole.
pub(super) fn told(parted: Option<Parted>) -> (Vec<wire::RefusedRecord>, u32) {
    parted.map_or_else(Default::default, |parted| {
        (parted.refused.into_iter().map(refused).collect(), parted.accepted)
    })
}

fn refused(refused: RefusedRecord) -> wire::RefusedRecord {
    wire::RefusedRecord { record: refused.record.as_str().to_owned(), rules: texts(refused.rules) }
}
