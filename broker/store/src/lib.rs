//! The log as the database: nothing changes except by appending an entry, and every table can be deleted
//! and rebuilt from the log.
//!
//! - [`store`]: what the rest of the broker may ask of a store, whatever it is made of
//! - [`proposal`]: what is to be appended and under which preconditions, and what comes of it
//! - [`spool`]: the content of a large return, sealed as it comes and opened as it is read
//! - [`recorded`]: an entry as it is read back
//! - [`fault`]: why a store does not open, in words that say what to do
//! - [`port`]: the little file access that journal, guard, content files and key ring need
//! - [`embedded`]: the store in one directory: journal, guard, content files, key ring, projections
//! - [`verify`]: the whole directory checked offline, by code that shares little with the writer
//!
//! With the feature `test-util` also `sim`, a port that loses, tears and reorders what was not synced,
//! and `conformance`, the one suite that every kind of store passes.

#[cfg(any(test, feature = "test-util"))]
pub mod conformance;
pub mod embedded;
pub mod fault;
pub mod port;
pub mod proposal;
pub mod recorded;
#[cfg(any(test, feature = "test-util"))]
pub mod sim;
pub mod spool;
pub mod store;
pub mod verify;

pub use embedded::{Embedded, Options};
pub use fault::OpenFault;
pub use port::{DiskPort, Port, PortFile};
pub use proposal::{Appended, Committed, Logged, Payload, Precondition, Proposal, Unmet};
pub use recorded::{Recorded, StoredSection};
pub use spool::{Content, Spool, Spooled};
pub use store::{Head, Store};

/// The number of every entry's core section.
pub const CORE_SECTION: u8 = 1;
/// The number of the section that holds the content of a return.
pub const PAYLOAD_SECTION: u8 = 3;
/// The number of the section that holds a policy bundle.
pub const BUNDLE_SECTION: u8 = 4;
