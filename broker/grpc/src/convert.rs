//! Between the wire's words and the core's: plain functions, one file for each service.
//!
//! What comes in is checked for form alone, field by field, and refused as malformed with the field's name and
//! what to do. Texts are moved, not copied. What goes out cannot fail.

use concordat_core::ids::{Digest, EntryId};
use concordat_core::refusal::Refusal;
use jiff::Timestamp;

pub mod audit;
pub mod catalogue;
pub mod directory;
pub mod enrolment;
pub mod finding;
pub mod identity;
pub mod inbox;
pub mod obligation;
mod parted;
pub mod policy;
pub mod submission;
pub mod table;
pub mod withdrawal;

/// The most tables in one return.
pub const TABLES: usize = 16;
/// The most columns in one table.
pub const COLUMNS: usize = 256;
/// The most cells in one return.
pub const CELLS: usize = 1_000_000;
/// The most areas of one return.
pub const AREAS: usize = 64;
/// The most explanations of one return.
pub const EXPLANATIONS: usize = concordat_core::explanation::MOST;
/// The most bytes of content in one piece of a large return.
pub const PIECE: usize = 256 << 10;
/// The most findings in one answer.
pub const FINDINGS: usize = 1_000;

/// A field is malformed.
pub(crate) fn malformed(field: &'static str, text: impl Into<String>) -> Refusal {
    Refusal::Malformed { field, text: text.into() }
}

// reads one name, and says of which field it is when it is none
pub(crate) fn name<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<T, Refusal>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|fault: T::Err| malformed(field, fault.to_string()))
}

// the same, where an empty text means none
pub(crate) fn optional<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<Option<T>, Refusal>
where
    T::Err: std::fmt::Display,
{
    if text.is_empty() { Ok(None) } else { name(field, text).map(Some) }
}

pub(crate) fn entry_id(field: &'static str, bytes: &[u8]) -> Result<EntryId, Refusal> {
    bytes.try_into().map(EntryId).map_err(|_| malformed(field, "give its 16 bytes"))
}

pub(crate) fn digest(field: &'static str, bytes: &[u8]) -> Result<Digest, Refusal> {
    bytes.try_into().map(Digest).map_err(|_| malformed(field, "give a SHA-256 digest of 32 bytes"))
}

// an instant, where an empty text means none
pub(crate) fn instant(field: &'static str, text: &str) -> Result<Option<Timestamp>, Refusal> {
    match text {
        "" => Ok(None),
        text if text.len() <= 64 => text
            .parse()
            .map(Some)
            .map_err(|_| malformed(field, "write an instant such as 2023-05-03T16:00:00Z")),
        _ => Err(malformed(field, "write an instant such as 2023-05-03T16:00:00Z")),
    }
}

// a page's size: 0 asks for the usual one, and nothing asks for more than the most
pub(crate) fn page(asked: u32, usual: usize, most: usize) -> usize {
    match usize::try_from(asked).unwrap_or(most) {
        0 => usual,
        asked => asked.min(most),
    }
}

pub(crate) fn texts<T: std::fmt::Display>(names: impl IntoIterator<Item = T>) -> Vec<String> {
    names.into_iter().map(|name| name.to_string()).collect()
}

pub(crate) fn text_of<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
