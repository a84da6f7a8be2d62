//! Answers to queries, as they are typed: `--explain RULE=CODE:text`.

use std::fmt::Write as _;
use std::sync::Arc;

use concordat_catalogue::{AcrossRule, explain};
use concordat_core::explanation::{Explanation, ExplanationCode, unexplained};
use concordat_core::finding::Finding;
use concordat_core::ids::RuleId;

use crate::answer::{Answer, texts};
use crate::exit::Exit;
use crate::failure::Failure;

/// Arguments of every command that checks a return.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Explaining {
    /// Answer a rule's queries, for ever and so with nothing personal; CODE is confirmed_correct, late_data,
    /// definition_change, small_numbers, known_issue or other
    #[arg(long = "explain", value_name = "RULE=CODE:TEXT", value_parser = parse)]
    explanations: Vec<Explanation>,
}

impl Explaining {
    /// The explanations, in the order in which they were given.
    #[must_use]
    pub fn all(&self) -> &[Explanation] {
        &self.explanations
    }

    /// Whether each answers a rule that asked, or one across returns that may ask yet, and none holds what names a person.
    ///
    /// # Errors
    /// A [`Failure`], [`Exit::Rejected`], that says what to do.
    pub fn check(&self, findings: &[Finding], across: &[Arc<AcrossRule>]) -> Result<(), Failure> {
        explain::check(&self.explanations, findings, across)
            .map_err(|why| Failure::new(Exit::Rejected, format!("--explain: {why}")))
    }

    /// Adds to a report which rules are explained and which are not.
    #[must_use]
    pub fn tell(&self, answer: Answer, findings: &[Finding]) -> Answer {
        let found = findings.iter().map(|finding| (&finding.rule, finding.severity));
        let rules = unexplained(found, &self.explanations);
        let human = answer.as_human().map(|human| format!("{human}{}", lines(&rules, &self.explanations)));
        let given: Vec<&RuleId> = self.explanations.iter().map(|given| &given.rule).collect();
        let answer = answer.fact("explained", texts(&given)).fact("unexplained", texts(&rules));
        match human {
            Some(human) => answer.human(human),
            None => answer,
        }
    }
}

// writing to a string cannot fail
fn lines(unexplained: &[RuleId], explanations: &[Explanation]) -> String {
    let mut out = String::new();
    let list = |rules: Vec<String>| rules.join(", ");
    if !explanations.is_empty() {
        let rules = explanations.iter().map(|given| format!("{} ({})", given.rule, given.code.as_str()));
        let _ = writeln!(out, "explained: {}", list(rules.collect()));
    }
    if !unexplained.is_empty() {
        let rules = unexplained.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "unexplained: {}; answer with --explain RULE=CODE:TEXT", list(rules));
    }
    out
}

/// Reads `RULE=CODE:text`.
///
/// # Errors
/// What is missing, in words.
fn parse(text: &str) -> Result<Explanation, String> {
    let form = "write RULE=CODE:TEXT, such as N1=confirmed_correct:counted again";
    let (rule, rest) = text.split_once('=').ok_or(form)?;
    let (code, text) = rest.split_once(':').ok_or(form)?;
    let code = ExplanationCode::from_word(code.trim()).ok_or_else(|| {
        let all: Vec<&str> = ExplanationCode::ALL.iter().map(|code| code.as_str()).collect();
        format!("the codes are {}", all.join(", "))
    })?;
    let rule = rule.trim().parse().map_err(|why: concordat_core::ids::BadName| why.to_string())?;
    Ok(Explanation { rule, code, text: text.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_is_a_rule_a_code_and_a_text() {
        let read = parse("CSC-R9 = late_data: two teams sent late: see April").unwrap();
        assert_eq!((read.rule.as_str(), read.code), ("CSC-R9", ExplanationCode::LateData));
        assert_eq!(read.text, "two teams sent late: see April");
        for (text, why) in [
            ("N1", "write RULE=CODE:TEXT"),
            ("N1=late_data", "write RULE=CODE:TEXT"),
            ("N1=whim:x", "the codes are confirmed_correct, late_data"),
            ("=late_data:x", ""),
            ("no rule at all=late_data:x", ""),
        ] {
            assert!(parse(text).unwrap_err().contains(why), "{text}");
        }
    }
}
