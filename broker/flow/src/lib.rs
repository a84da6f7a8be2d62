//! The rooms that a submission and a read walk through, in one direction.
//!
//! Writes: [`identify`] → [`authorise`] → [`validate`] → across → [`route`] → [`seal`] → [`commit`] → acknowledge; the
//! whole walk is [`submit`]. Reads: identify → authorise → an entry → the payload → its projection; see [`read`] and
//! [`release`].
//! Whatever is refused leaves by [`refuse`], which appends an entry before the caller hears of it.
//!
//! - [`generation`]: the policies folder, read and checked as one whole, swapped as one whole
//! - [`completeness`], [`watch`]: what is missing; the broker's own acts on its clock
//! - [`inspect`]: the auditor's reads
//! - [`enrol`], [`administer`]: principals, and the operator's acts
//! - [`govern`]: changes of policy, suspensions, and what a person is told of policy; [`still`]: whether what was
//!   allowed still is, while it is being carried out
//! - [`upload`]: a large return, whose content arrives in pieces; `arrivals`: which are on their way
//! - [`withdraw`]: a return taken back; [`versions`]: what its versions are and who has which
//! - [`unheard`]: refusals made before a caller was known

mod across;
pub mod administer;
mod arrivals;
pub mod authorise;
pub mod commit;
pub mod completeness;
pub mod enrol;
pub mod generation;
pub mod govern;
pub mod identify;
pub mod inspect;
mod lint;
pub mod open;
pub mod parted;
mod project;
pub mod random;
pub mod read;
mod received;
pub mod refuse;
pub mod release;
pub mod route;
pub mod seal;
pub mod still;
pub mod stop;
pub mod submit;
pub mod unheard;
pub mod upload;
pub mod validate;
pub mod versions;
pub mod watch;
pub mod withdraw;

pub use across::AcrossOf;
pub use administer::{Invitation, Invite, Token};
pub use completeness::{Completeness, MissingFilter, ObligationRow};
pub use concordat_core::partnership;
pub use concordat_store::Store;
pub use enrol::{EnrolledAs, IssueFault, Issued, Issuer};
pub use generation::{Complaint, Generation};
pub use govern::{
    Activated, Answered, AskedOf, Differs, Examined, Explained, InForce, May, Mine, NearMiss, PolicyStanding,
    Replayed, Sent,
};
pub use identify::{Caller, CertificateFacts};
pub use inspect::{AuditLine, AuditPage, AuditQuery, CheckpointOf};
pub use open::{CatalogueOf, Flow, Parts, WhoAmI};
pub use parted::Parted;
pub use read::{InboxItem, InboxPage, Which};
pub use release::{Fetched, Shown, Withheld};
pub use stop::Stop;
pub use submit::{Acknowledged, Received};
pub use unheard::Unheard;
pub use upload::{Announced, Begun};
pub use versions::{Collected, Replacement, StatusOf};
pub use watch::Watched;
pub use withdraw::{Left, TakenBack};
