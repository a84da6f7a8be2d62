//! The classes of entries, by number and by word.

use serde::{Deserialize, Serialize};

/// The class of an entry: stands in the clear in its leaf, so the numbers never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum EntryClass {
    /// The log was opened.
    Opened = 1,
    /// A policy bundle was loaded.
    PolicyLoaded = 2,
    /// A principal was invited.
    Invited = 3,
    /// A principal enrolled a key.
    Enrolled = 4,
    /// A principal or key was revoked.
    Revoked = 5,
    /// A return was accepted and routed.
    Accepted = 6,
    /// A nil was declared, accepted and routed.
    NilDeclared = 7,
    /// A return was refused.
    Refused = 8,
    /// Policy denied something.
    Denied = 9,
    /// Refusals made before a caller was known, summed up.
    RefusedUnheard = 10,
    /// A return was released to a reader.
    Released = 11,
    /// A recipient confirmed a delivery.
    Acknowledged = 12,
    /// A recipient refused a delivery.
    Rejected = 13,
    /// A delivery was not collected in time.
    NotCollected = 14,
    /// A return is overdue.
    OverdueRaised = 15,
    /// An overdue return came.
    OverdueCleared = 16,
    /// Somebody read the log.
    AuditRead = 17,
    /// The demonstration's clock was moved.
    ClockMoved = 18,
    /// An operator acted on the store itself.
    Administered = 19,
    /// Frames that were never acknowledged were cut from the journal's end.
    TailCut = 20,
    /// A return was taken back.
    Withdrawn = 21,
    /// Returns of several agencies were compared.
    ComparedAcross = 22,
    /// A change of policy was proposed.
    PolicyProposed = 23,
    /// A proposal was approved, rejected or taken back.
    PolicyAnswered = 24,
    /// An approved proposal got a time at which it comes into force.
    PolicyScheduled = 25,
    /// An agency, a principal or a return type was suspended.
    Suspended = 26,
    /// A second person reviewed what one did alone.
    Reviewed = 27,
}

impl EntryClass {
    /// Every class, by its number.
    pub const ALL: [EntryClass; 27] = [
        EntryClass::Opened,
        EntryClass::PolicyLoaded,
        EntryClass::Invited,
        EntryClass::Enrolled,
        EntryClass::Revoked,
        EntryClass::Accepted,
        EntryClass::NilDeclared,
        EntryClass::Refused,
        EntryClass::Denied,
        EntryClass::RefusedUnheard,
        EntryClass::Released,
        EntryClass::Acknowledged,
        EntryClass::Rejected,
        EntryClass::NotCollected,
        EntryClass::OverdueRaised,
        EntryClass::OverdueCleared,
        EntryClass::AuditRead,
        EntryClass::ClockMoved,
        EntryClass::Administered,
        EntryClass::TailCut,
        EntryClass::Withdrawn,
        EntryClass::ComparedAcross,
        EntryClass::PolicyProposed,
        EntryClass::PolicyAnswered,
        EntryClass::PolicyScheduled,
        EntryClass::Suspended,
        EntryClass::Reviewed,
    ];

    /// Its number in the leaf.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The class of a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.number() == number)
    }

    /// The word used on the wire, in commands and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            EntryClass::Opened => "opened",
            EntryClass::PolicyLoaded => "policy_loaded",
            EntryClass::Invited => "invited",
            EntryClass::Enrolled => "enrolled",
            EntryClass::Revoked => "revoked",
            EntryClass::Accepted => "accepted",
            EntryClass::NilDeclared => "nil_declared",
            EntryClass::Refused => "refused",
            EntryClass::Denied => "denied",
            EntryClass::RefusedUnheard => "refused_unheard",
            EntryClass::Released => "released",
            EntryClass::Acknowledged => "acknowledged",
            EntryClass::Rejected => "rejected",
            EntryClass::NotCollected => "not_collected",
            EntryClass::OverdueRaised => "overdue_raised",
            EntryClass::OverdueCleared => "overdue_cleared",
            EntryClass::AuditRead => "audit_read",
            EntryClass::ClockMoved => "clock_moved",
            EntryClass::Administered => "administered",
            EntryClass::TailCut => "tail_cut",
            EntryClass::Withdrawn => "withdrawn",
            EntryClass::ComparedAcross => "compared_across",
            EntryClass::PolicyProposed => "policy_proposed",
            EntryClass::PolicyAnswered => "policy_answered",
            EntryClass::PolicyScheduled => "policy_scheduled",
            EntryClass::Suspended => "suspended",
            EntryClass::Reviewed => "reviewed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_numbers_run_from_one_without_a_gap_and_read_back() {
        for (at, class) in EntryClass::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(class.number()), at + 1);
            assert_eq!(EntryClass::from_number(class.number()), Some(class));
        }
        assert_eq!(EntryClass::from_number(0), None);
        assert_eq!(EntryClass::from_number(28), None);
    }
}
