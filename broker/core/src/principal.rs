//! Principals come and go: what the log says of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AreaCode, Digest, PrincipalId, RoleId};

/// A principal was invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// Whom.
    pub principal: PrincipalId,
    /// The roles it will hold, sorted.
    pub roles: Vec<RoleId>,
    /// The areas of the assignment, sorted.
    pub areas: Vec<AreaCode>,
    /// The last day of the assignment; for ever when absent.
    pub until: Option<jiff::civil::Date>,
    /// SHA-256 of the single-use token.
    pub token: Digest,
    /// When the token ends, in machine time.
    pub token_until: Timestamp,
    /// The operating user.
    pub by: String,
}

/// A principal enrolled a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// Who.
    pub principal: PrincipalId,
    /// The roles it holds, sorted.
    pub roles: Vec<RoleId>,
    /// The areas of the assignment, sorted.
    pub areas: Vec<AreaCode>,
    /// The last day of the assignment.
    pub until: Option<jiff::civil::Date>,
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    pub key: Digest,
    /// The certificate's end, in machine time.
    pub not_after: Timestamp,
    /// SHA-256 of the token that was used up.
    pub token: Digest,
}

/// A principal or one of its keys was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Who.
    pub principal: PrincipalId,
    /// Which key; all of them, and the roles, when absent.
    pub key: Option<Digest>,
    /// Why.
    pub reason: String,
    /// The operating user.
    pub by: String,
}
