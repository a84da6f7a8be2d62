//! What is left of a return that came as a stream and is accepted in part: read once more, and written without the
//! records that are refused.

use std::io::{self, Read};

use concordat_core::submission::Identity;

use super::parts::InPart;
use super::records::Leaving;
use crate::content::stream::{Heading, Pieces, ReadFault, Reader};
use crate::content::{self, ContentFault};
use crate::definition::ReturnType;

/// How much is written at once, in bytes.
const PIECE: usize = 64 << 10;

/// Writes the canonical bytes of what is left.
pub(crate) fn write<R: Read>(
    of: &ReturnType,
    part: &InPart,
    (identity, reader, tables): (&Identity, &mut Reader<Pieces<R>>, usize),
    mut out: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), ReadFault> {
    let mut leaving = Leaving::new(of, &part.refused);
    let mut bytes = Vec::with_capacity(2 * PIECE);
    content::top(&mut bytes, identity, false, tables);
    for _ in 0..tables {
        let Heading { name, columns, rows } = reader.heading()?;
        let at = leaving.begin(&name).ok_or(ContentFault::OtherReturn)?;
        let left = part.height(at).ok_or(ContentFault::OtherReturn)?;
        content::heading(&mut bytes, &name, &columns, left * columns.len());
        for _ in 0..rows {
            let row = reader.row(columns.len())?;
            leaving.row(at, |column| row.get(column), row.iter(), |cell| content::text(&mut bytes, cell));
            if bytes.len() >= PIECE {
                out(&bytes)?;
                bytes.clear();
            }
        }
        // the rows that were judged are the rows that are written
        if leaving.left() != left {
            return Err(ContentFault::OtherReturn.into());
        }
    }
    out(&bytes)?;
    Ok(())
}
