//! Records: what a return is made of where its type says that it is accepted record by record.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::RuleId;

/// What names a record of a return, as its sender has it: a child's identifier, an event's id. It is told to the
/// sender and to nobody else: nothing writes it down, and its Debug is silent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(String);

impl RecordId {
    /// The record of this identifier.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The identifier, to be shown to the sender.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordId")
    }
}

/// A record that was refused, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecord {
    /// The record.
    pub record: RecordId,
    /// The rules that it breaks, sorted, each once.
    pub rules: Vec<RuleId>,
}

/// How much of a return that was accepted in part was left out: counts alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// How many records were accepted.
    pub accepted: u32,
    /// How many were refused.
    pub refused: u32,
    /// By rule, how many records break it; one record may break several.
    pub rules: Vec<(RuleId, u32)>,
}

impl LeftOut {
    /// Counts what was refused beside so many that were accepted.
    #[must_use]
    pub fn of(accepted: u32, refused: &[RefusedRecord]) -> Self {
        let mut rules: Vec<RuleId> = refused.iter().flat_map(|record| record.rules.iter().cloned()).collect();
        rules.sort();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let each = rules.chunk_by(|a, b| a == b);
        let rules = each.filter_map(|same| Some((same.first()?.clone(), count(same.len())))).collect();
        Self { accepted, refused: count(refused.len()), rules }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(record: &str, rules: &[&str]) -> RefusedRecord {
        RefusedRecord {
            record: RecordId::new(record),
            rules: rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn what_was_left_out_is_counted_by_rule_and_names_no_record() {
        let all = [refused("903771", &["101", "148"]), refused("903772", &["148"])];
        let left_out = LeftOut::of(7, &all);
        assert_eq!((left_out.accepted, left_out.refused), (7, 2));
        let rules: Vec<(&str, u32)> = left_out.rules.iter().map(|(rule, n)| (rule.as_str(), *n)).collect();
        assert_eq!(rules, [("101", 1), ("148", 2)]);
        assert!(!format!("{left_out:?} {all:?}").contains("90377"));
    }
}
