//! What is to be appended and under which preconditions, and what comes of it.

use std::sync::Arc;

use concordat_core::entry::{Body, EntryClass};
use concordat_core::ids::{AgencyId, Digest, EntryId, SendKey};
use concordat_core::submission::{DeliveryState, Identity};
use concordat_ledger::{Hash, Receipt};
use concordat_seal::Sealed;
use jiff::Timestamp;

use crate::spool::Spooled;

/// One entry to be appended.
#[derive(Debug)]
pub struct Proposal {
    /// Its id: 16 random bytes, or a deterministic id for what must not be raised twice.
    pub id: EntryId,
    /// What it says. Where an accepted return's payload lies is decided by the store and filled in by it.
    pub body: Body,
    /// The statement that its leaf commits to; an empty one when absent.
    pub statement: Option<Vec<u8>>,
    /// The sealed payload of an accepted return, or the sealed bundle of a loaded policy, sealed for
    /// [`Store::place`](crate::Store::place).
    pub payload: Option<Payload>,
    /// What must hold when it is appended.
    pub preconditions: Vec<Precondition>,
}

impl Proposal {
    /// An entry without statement, payload or preconditions.
    #[must_use]
    pub fn of(id: EntryId, body: Body) -> Self {
        Self { id, body, statement: None, payload: None, preconditions: Vec::new() }
    }
}

/// The sealed content that goes with an entry.
#[derive(Debug)]
pub enum Payload {
    /// In memory.
    Sealed(Sealed),
    /// In a file of the store, where it arrived in pieces.
    Spooled(Spooled),
}

/// What must hold when an entry is appended, judged by the one writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// The agency has not used this key. Else [`Unmet::SameContent`] or [`Unmet::KeyReused`].
    KeyUnused {
        /// The agency.
        agency: AgencyId,
        /// Its key.
        key: SendKey,
        /// The digest of the content now sent under it.
        content: Digest,
    },
    /// Exactly this submission, or none, is in force, and this version is the next. Else [`Unmet::SameContent`] when
    /// the one in force has this content, [`Unmet::OtherInForce`] when none was expected, [`Unmet::Withdrawn`] when
    /// the one expected was taken back, [`Unmet::NotInForce`] when another was, [`Unmet::VersionTaken`].
    InForce {
        /// The return.
        identity: Identity,
        /// The submission that must be in force; none when absent.
        submission: Option<EntryId>,
        /// The digest of the content now sent.
        content: Digest,
        /// The version it is to be.
        version: u32,
    },
    /// Exactly this submission is in force. Else [`Unmet::Withdrawn`] when it was taken back, [`Unmet::NotInForce`].
    StillInForce {
        /// The return.
        identity: Identity,
        /// The submission.
        submission: EntryId,
    },
    /// The submission was not taken back. Else [`Unmet::Withdrawn`].
    NotWithdrawn {
        /// The submission.
        submission: EntryId,
    },
    /// Of another return exactly this submission, or none, is still in force, as when it was looked at. Else
    /// [`Unmet::Moved`].
    Beside {
        /// The other return.
        identity: Identity,
        /// What was in force of it; nothing when absent.
        submission: Option<EntryId>,
    },
    /// Overdue was never raised for this obligation. Else [`Unmet::AlreadyRaised`].
    NotRaised {
        /// The return owed.
        identity: Identity,
    },
    /// There is such an invitation, not yet used. Else [`Unmet::NoInvitation`] or [`Unmet::InvitationUsed`].
    InvitationOpen {
        /// SHA-256 of the token.
        token: Digest,
    },
    /// There is such a delivery, in one of these states. Else [`Unmet::NoDelivery`] or [`Unmet::WrongState`].
    Delivery {
        /// The recipient.
        recipient: AgencyId,
        /// The index of the accepting entry.
        index: u64,
        /// The states allowed.
        states: Vec<DeliveryState>,
    },
}

/// Why a group was not appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmet {
    /// The same content is recorded already: under this key, or in force.
    SameContent {
        /// The index of its entry, whose receipt is the answer.
        index: u64,
    },
    /// The key was used for other content.
    KeyReused,
    /// A version is in force where none was expected.
    OtherInForce {
        /// The submission in force.
        submission: EntryId,
        /// Its version.
        version: u32,
    },
    /// The submission named is not the one in force.
    NotInForce,
    /// The submission named was taken back.
    Withdrawn,
    /// Another submission had the version before: it is not the next any more.
    VersionTaken,
    /// Another return that was looked at has changed since.
    Moved,
    /// Overdue was raised before.
    AlreadyRaised,
    /// There is no such invitation.
    NoInvitation,
    /// The invitation was used before.
    InvitationUsed,
    /// There is no such delivery.
    NoDelivery,
    /// The delivery is in another state.
    WrongState {
        /// The state it is in.
        state: DeliveryState,
    },
}

/// What came of a group.
#[derive(Debug)]
pub enum Appended {
    /// All of it is recorded, synced and covered by a signed checkpoint; in the order proposed.
    Committed(Vec<Committed>),
    /// A precondition did not hold; nothing of it is recorded.
    Unmet(Unmet),
}

/// Proof that an entry was recorded: only a commit makes one. Neither copied nor stored.
#[derive(Debug)]
pub struct Logged {
    pub(crate) log: Hash,
    pub(crate) index: u64,
    pub(crate) id: EntryId,
    pub(crate) class: EntryClass,
    pub(crate) released: Option<(EntryId, u64)>,
    pub(crate) recipient: Option<AgencyId>,
}

impl Logged {
    /// The entry's index.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The entry's id.
    #[must_use]
    pub fn id(&self) -> EntryId {
        self.id
    }

    /// The entry's class.
    #[must_use]
    pub fn class(&self) -> EntryClass {
        self.class
    }

    /// The submission that the entry releases, if it is a release.
    #[must_use]
    pub fn submission(&self) -> Option<EntryId> {
        self.released.map(|(submission, _)| submission)
    }

    /// The index of the entry that accepted that submission.
    #[must_use]
    pub fn submission_index(&self) -> Option<u64> {
        self.released.map(|(_, index)| index)
    }

    /// The agency to whose reader it is released.
    #[must_use]
    pub fn recipient(&self) -> Option<&AgencyId> {
        self.recipient.as_ref()
    }
}

/// An entry that was recorded.
pub struct Committed {
    /// The proof that it was.
    pub logged: Logged,
    /// Its index.
    pub index: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    pub(crate) statement: Vec<u8>,
    pub(crate) random: [u8; 32],
    pub(crate) leaf: Vec<u8>,
    pub(crate) proof: Vec<Hash>,
    pub(crate) checkpoint: Arc<str>,
}

impl Committed {
    /// The receipt: the same bytes as [`Store::receipt`](crate::Store::receipt) will give for ever.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        Receipt {
            statement: self.statement.clone(),
            random: self.random,
            leaf: self.leaf.clone(),
            index: self.index,
            proof: self.proof.clone(),
            checkpoint: self.checkpoint.as_ref().to_owned(),
        }
    }
}

impl std::fmt::Debug for Committed {
    /// The index alone: the random bytes keep the leaf silent.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committed").field("index", &self.index).finish_non_exhaustive()
    }
}
