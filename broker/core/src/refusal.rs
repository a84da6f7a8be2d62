//! A refusal: an outcome for the sender, who can do something about it. The set of reasons is closed.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::ids::EntryId;

/// Why policy said no, in one word. Ordered from what is nearest to a yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenyReason {
    /// No row speaks of any role the caller holds.
    NoRole,
    /// No agreement covers this return, action and agency.
    NoAgreement,
    /// The agreement has ended.
    Expired,
    /// The agreement has not begun.
    NotYet,
    /// No purpose was named, or one the agreement does not allow.
    WrongPurpose,
    /// The agreement does not cover the area.
    WrongArea,
    /// A row denies it outright.
    ExplicitDeny,
    /// The record lies under a withhold.
    Withheld,
    /// The asker, its agency or the return type is suspended.
    Suspended,
    /// The policy engine failed; that is a denial.
    PolicyError,
}

impl DenyReason {
    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DenyReason::NoRole => "no_role",
            DenyReason::NoAgreement => "no_agreement",
            DenyReason::Expired => "expired",
            DenyReason::NotYet => "not_yet",
            DenyReason::WrongPurpose => "wrong_purpose",
            DenyReason::WrongArea => "wrong_area",
            DenyReason::ExplicitDeny => "explicit_deny",
            DenyReason::Withheld => "withheld",
            DenyReason::Suspended => "suspended",
            DenyReason::PolicyError => "policy_error",
        }
    }

    /// What the person can do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            DenyReason::NoRole => "ask the partnership's operator for a role that allows this",
            DenyReason::NoAgreement => "no sharing agreement covers this; ask the partnership manager",
            DenyReason::Expired => "the sharing agreement has ended; ask the partnership manager to renew it",
            DenyReason::NotYet => "the sharing agreement has not begun yet; try again from its first day",
            DenyReason::WrongPurpose => {
                "name a purpose that the agreement allows; `concordat types` lists them"
            }
            DenyReason::WrongArea => {
                "the agreement does not cover this area; check the area or ask the partnership manager"
            }
            DenyReason::ExplicitDeny => {
                "the partnership's policy forbids this; its information-governance lead can say why"
            }
            DenyReason::Withheld => "its owner holds it back for now; ask the agency that sent it",
            DenyReason::Suspended => {
                "the partnership has suspended this principal, agency or return type for now; ask the partnership manager"
            }
            DenyReason::PolicyError => {
                "the policy could not be evaluated, which counts as a no; tell the broker's operator"
            }
        }
    }
}

/// An outcome that is not an acceptance and not a failure of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The key or certificate is not registered, revoked, expired or of another partnership.
    Unauthenticated(&'static str),
    /// The message is not well formed: which field, and what to do.
    Malformed {
        /// The field of the message.
        field: &'static str,
        /// What is wrong with it and what to do.
        text: String,
    },
    /// Policy said no.
    Denied {
        /// Why.
        reason: DenyReason,
    },
    /// The thing does not exist, or the asker may not know that it does: the two read alike.
    NotThere,
    /// The return has errors.
    Invalid(Vec<Finding>),
    /// The return type does not exist or is not in force for the period.
    UnknownType(String),
    /// The client checked against another version of the return type.
    CatalogueChanged,
    /// A nil return was declared where the type does not allow one.
    NilNotAllowed,
    /// The return type, areas or recipients cannot be routed.
    NotRoutable(String),
    /// The same key was used for other content.
    KeyReused,
    /// Another version is in force; a replacement must name it and say why.
    AlreadyAccepted {
        /// The submission in force.
        in_force: EntryId,
        /// Its version.
        version: u32,
    },
    /// A replacement or withdrawal names a version that is not in force.
    NotInForce,
    /// The submission named was taken back before.
    Withdrawn,
    /// Too much at once: try again later.
    TooBusy,
    /// The delivery is not in a state that allows this.
    WrongState(&'static str),
}

impl Refusal {
    /// The reason code: stable, on the wire, in tables and in entries.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::Unauthenticated(_) => "unauthenticated",
            Refusal::Malformed { .. } => "malformed",
            Refusal::Denied { .. } => "not_permitted",
            Refusal::NotThere => "not_there",
            Refusal::Invalid(_) => "invalid",
            Refusal::UnknownType(_) => "unknown_type",
            Refusal::CatalogueChanged => "catalogue_changed",
            Refusal::NilNotAllowed => "nil_not_allowed",
            Refusal::NotRoutable(_) => "not_routable",
            Refusal::KeyReused => "key_reused",
            Refusal::AlreadyAccepted { .. } => "already_accepted",
            Refusal::NotInForce => "not_in_force",
            Refusal::Withdrawn => "withdrawn",
            Refusal::TooBusy => "too_busy",
            Refusal::WrongState(_) => "wrong_state",
        }
    }

    /// What the caller is told: what, why, and what to do next. No value of a return.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Refusal::Unauthenticated(why) => format!("{why}; enrol again with `concordat enrol`"),
            Refusal::Malformed { field, text } => format!("{field}: {text}"),
            Refusal::Denied { reason } => format!("not permitted ({}): {}", reason.as_str(), reason.advice()),
            Refusal::NotThere => "not permitted, or there is no such record".to_owned(),
            Refusal::Invalid(findings) => {
                let errors = findings.iter().filter(|f| f.severity == crate::finding::Severity::Error).count();
                format!("the return has {errors} errors; nothing of it was accepted; mend the cells named and send again")
            }
            Refusal::UnknownType(name) => {
                format!("there is no return type `{name}` in force for this period; see `concordat types`")
            }
            Refusal::CatalogueChanged => {
                "the return type has changed since the client fetched it; fetch the catalogue, validate and send again"
                    .to_owned()
            }
            Refusal::NilNotAllowed => "this return type does not allow a nil; send the figures, zeros included".to_owned(),
            Refusal::NotRoutable(why) => format!("the return cannot be routed: {why}"),
            Refusal::KeyReused => {
                "this submission key was used for other content; to correct a return send it under a new key with --replaces"
                    .to_owned()
            }
            Refusal::AlreadyAccepted { in_force, version } => format!(
                "version {version} of this return is in force ({in_force}); to correct it, name it with --replaces and give --reason"
            ),
            Refusal::NotInForce => "the version named is not in force; see `concordat status`".to_owned(),
            Refusal::Withdrawn => {
                "the submission named was withdrawn; to send the return again leave out --replaces".to_owned()
            }
            Refusal::TooBusy => "too many requests at once; wait a moment and send again under the same key".to_owned(),
            Refusal::WrongState(why) => (*why).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_record_and_a_forbidden_one_read_alike() {
        assert_eq!(Refusal::NotThere.text(), "not permitted, or there is no such record");
    }

    #[test]
    fn a_refusal_for_errors_counts_errors_and_says_nothing_of_values() {
        let finding = |severity| Finding {
            rule: "CSC-R1".parse().unwrap(),
            severity,
            table: "main".into(),
            row: Some(1),
            column: Some("contacts".into()),
            text: "must be a whole number".into(),
            figures: Some("9876543210".into()),
            record: None,
        };
        let text = Refusal::Invalid(vec![
            finding(crate::finding::Severity::Error),
            finding(crate::finding::Severity::Query),
        ])
        .text();
        assert!(text.contains("1 errors") && !text.contains("9876543210"), "{text}");
    }
}
