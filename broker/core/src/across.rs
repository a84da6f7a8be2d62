//! Returns of several agencies held against one another: which, by which rule, and whether it holds. No figures.

use serde::{Deserialize, Serialize};

use crate::ids::{AgencyId, AreaCode, EntryId, ReturnTypeId, RuleId};

/// What came of a rule across returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    DoesNotHold,
    /// A figure that it needs is blank or marked, or it cannot be computed.
    NotChecked,
}

impl Outcome {
    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Holds => "holds",
            Outcome::DoesNotHold => "does_not_hold",
            Outcome::NotChecked => "not_checked",
        }
    }
}

/// One of the returns compared: its content was opened for this and for nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The submission.
    pub submission: EntryId,
    /// Whose it is.
    pub agency: AgencyId,
    /// Of which type.
    pub return_type: ReturnTypeId,
}

/// One rule over one area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The rule.
    pub rule: RuleId,
    /// The area.
    pub area: AreaCode,
    /// The returns that it speaks of, all versions then in force.
    pub returns: Vec<Party>,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether it was not checked because a published figure is suppressed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
}

/// What came of the rules across returns when a return came that completed their parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedAcross {
    /// The submission that came.
    pub submission: EntryId,
    /// What came of each rule and area.
    pub results: Vec<Compared>,
}

/// Puts a result in the place of an earlier one of the same rule and area.
pub fn put(results: &mut Vec<Compared>, result: Compared) {
    match results.iter_mut().find(|known| known.rule == result.rule && known.area == result.area) {
        Some(known) => *known = result,
        None => results.push(result),
    }
}

/// How many rules, over however many areas, do not hold, of those that are asked about.
#[must_use]
pub fn disagreements(results: &[Compared], is_asked: impl Fn(&RuleId) -> bool) -> u32 {
    let mut rules: Vec<&RuleId> = results
        .iter()
        .filter(|result| result.outcome == Outcome::DoesNotHold)
        .map(|result| &result.rule)
        .filter(|rule| is_asked(rule))
        .collect();
    rules.sort();
    rules.dedup();
    u32::try_from(rules.len()).unwrap_or(u32::MAX)
}
