//! Answers to queries: why a figure that a rule asks about stands as it is.

use serde::{Deserialize, Serialize};

use crate::finding::Severity;
use crate::ids::RuleId;

/// The most explanations of one return.
pub const MOST: usize = 100;

/// The longest text of an explanation, in characters.
pub const LONGEST: usize = 500;

/// What sort of explanation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplanationCode {
    /// The figures were looked at again and are right.
    ConfirmedCorrect,
    /// Some data came in late, or is still to come.
    LateData,
    /// What is counted has changed, or is counted otherwise here.
    DefinitionChange,
    /// The numbers are so small that chance explains it.
    SmallNumbers,
    /// A fault that is known and being mended.
    KnownIssue,
    /// Something else, as the text says.
    Other,
}

impl ExplanationCode {
    /// Every code.
    pub const ALL: [ExplanationCode; 6] = [
        ExplanationCode::ConfirmedCorrect,
        ExplanationCode::LateData,
        ExplanationCode::DefinitionChange,
        ExplanationCode::SmallNumbers,
        ExplanationCode::KnownIssue,
        ExplanationCode::Other,
    ];

    /// The word used on the wire, in commands and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ExplanationCode::ConfirmedCorrect => "confirmed_correct",
            ExplanationCode::LateData => "late_data",
            ExplanationCode::DefinitionChange => "definition_change",
            ExplanationCode::SmallNumbers => "small_numbers",
            ExplanationCode::KnownIssue => "known_issue",
            ExplanationCode::Other => "other",
        }
    }

    /// What it means, in plain words.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            ExplanationCode::ConfirmedCorrect => "the figures were looked at again and are right",
            ExplanationCode::LateData => "some data came in late, or is still to come",
            ExplanationCode::DefinitionChange => "what is counted has changed, or is counted otherwise here",
            ExplanationCode::SmallNumbers => "the numbers are so small that chance explains it",
            ExplanationCode::KnownIssue => "a fault that is known and being mended",
            ExplanationCode::Other => "something else, as the text says",
        }
    }

    /// The code of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }
}

/// The answer to all queries of one rule. It is kept in the log for ever and holds nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The rule that asked.
    pub rule: RuleId,
    /// What sort of explanation it is.
    pub code: ExplanationCode,
    /// The explanation, one line of plain words.
    pub text: String,
}

/// The rules that left queries which nobody explained, each once, in the order of the findings.
#[must_use]
pub fn unexplained<'f>(
    found: impl IntoIterator<Item = (&'f RuleId, Severity)>,
    explanations: &[Explanation],
) -> Vec<RuleId> {
    let mut left: Vec<RuleId> = Vec::new();
    for (rule, _) in found.into_iter().filter(|(_, severity)| *severity == Severity::Query) {
        let explained = explanations.iter().any(|explanation| explanation.rule == *rule);
        if !explained && !left.contains(rule) {
            left.push(rule.clone());
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_from_its_word() {
        for code in ExplanationCode::ALL {
            assert_eq!(ExplanationCode::from_word(code.as_str()), Some(code));
        }
        assert_eq!(ExplanationCode::from_word("because"), None);
    }

    #[test]
    fn a_rule_is_unexplained_once_and_only_for_its_queries() {
        let rules: Vec<RuleId> = ["N3", "N1", "N3", "N2"].map(|rule| rule.parse().unwrap()).to_vec();
        let severities = [Severity::Query, Severity::Query, Severity::Query, Severity::Info];
        let explained = |rule: &str| Explanation {
            rule: rule.parse().unwrap(),
            code: ExplanationCode::Other,
            text: "so".into(),
        };
        let left = |explanations: &[Explanation]| {
            unexplained(rules.iter().zip(severities), explanations)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(left(&[]), ["N3", "N1"]);
        assert_eq!(left(&[explained("N3")]), ["N1"]);
        assert!(left(&[explained("N3"), explained("N1")]).is_empty());
    }
}
