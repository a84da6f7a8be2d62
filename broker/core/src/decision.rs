//! What a policy decision is asked, and what it answers. Every decision goes whole into the log.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::agency::Kind;
use crate::ids::{
    AgencyId, AgreementId, AreaCode, Digest, PartnershipId, PrincipalId, ProfileId, PurposeId, ReturnTypeId,
    RoleId, RuleId,
};

/// What is to be done: a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Send a return.
    Submit,
    /// Declare that there was nothing.
    DeclareNil,
    /// Have a return put into an agency's inbox.
    Deliver,
    /// See the content of a return.
    Read,
    /// See an agency's inbox and confirm or reject what is in it.
    List,
    /// See what is missing, from whom, since when.
    Completeness,
    /// Search and verify the log.
    AuditRead,
    /// Propose a change of policy, or take an own proposal back.
    PolicyPropose,
    /// Approve or reject a change of policy that another proposed, bring it into force, or bring an earlier one back.
    PolicyApprove,
    /// Suspend an agency, a principal or a return type at once, or review that another did.
    Suspend,
}

impl Act {
    /// Every act.
    pub const ALL: [Act; 10] = [
        Act::Submit,
        Act::DeclareNil,
        Act::Deliver,
        Act::Read,
        Act::List,
        Act::Completeness,
        Act::AuditRead,
        Act::PolicyPropose,
        Act::PolicyApprove,
        Act::Suspend,
    ];

    /// The word used in policy rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Act::Submit => "submit",
            Act::DeclareNil => "declare-nil",
            Act::Deliver => "deliver",
            Act::Read => "read",
            Act::List => "list",
            Act::Completeness => "completeness",
            Act::AuditRead => "audit-read",
            Act::PolicyPropose => "policy-propose",
            Act::PolicyApprove => "policy-approve",
            Act::Suspend => "suspend",
        }
    }
}

/// Something true of a request, computed before policy is asked: a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The return is about persons.
    PersonLevel,
    /// The return is about staff of the asker's own agency.
    OwnStaff,
    /// The record lies under a withhold.
    Withheld,
    /// The asker's agency owns the return.
    Own,
    /// The asker broke the glass.
    BreakGlass,
    /// The asker, its agency or the return type is suspended. No row may speak of it: it is always a denial.
    Suspended,
}

impl Fact {
    /// Every fact.
    pub const ALL: [Fact; 6] =
        [Fact::PersonLevel, Fact::OwnStaff, Fact::Withheld, Fact::Own, Fact::BreakGlass, Fact::Suspended];

    /// The word used in policy rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Fact::PersonLevel => "person_level",
            Fact::OwnStaff => "own_staff",
            Fact::Withheld => "withheld",
            Fact::Own => "own",
            Fact::BreakGlass => "break_glass",
            Fact::Suspended => "suspended",
        }
    }
}

/// Who is asking, as far as policy cares.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Asker {
    /// The principal; `None` when an agency as such is asked about, as in routing.
    pub principal: Option<PrincipalId>,
    /// The agency.
    pub agency: AgencyId,
    /// Its kind.
    pub kind: Kind,
    /// The roles held on that day, sorted.
    pub roles: Vec<RoleId>,
    /// The areas of the assignment, or of the agency, sorted.
    pub areas: Vec<AreaCode>,
}

/// One question to policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DecisionRequest {
    /// Who asks.
    pub asker: Asker,
    /// In which partnership.
    pub partnership: PartnershipId,
    /// Whose data it is; `None` where no single agency owns it.
    pub owner: Option<AgencyId>,
    /// Which return type; `None` for acts that concern none.
    pub return_type: Option<ReturnTypeId>,
    /// The areas that the thing asked for concerns, sorted.
    pub areas: Vec<AreaCode>,
    /// What is to be done.
    pub act: Act,
    /// For what purpose; `None` when none was named.
    pub purpose: Option<PurposeId>,
    /// What is true of the request, sorted.
    pub facts: Vec<Fact>,
    /// The day in London.
    pub day: Date,
}

/// The answer yes, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// The rows that allow it, in order; at least one.
    pub rules: Vec<RuleId>,
    /// The agreements those rows come from.
    pub agreements: Vec<AgreementId>,
    /// The profiles to be applied together; what all of them keep is kept.
    pub profiles: Vec<ProfileId>,
    /// The digest of the policy bundle.
    pub policy: Digest,
}

/// The answer no.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Denial {
    /// Why.
    pub reason: crate::refusal::DenyReason,
    /// The row that denies, or the nearest row that failed to allow. For auditors only.
    pub nearest: Option<RuleId>,
    /// The digest of the policy bundle.
    pub policy: Digest,
}
