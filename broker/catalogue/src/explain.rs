//! Explanations of queries: each answers a rule that asked, and none holds what names a person.

use std::sync::Arc;

use concordat_core::explanation::{Explanation, LONGEST, MOST};
use concordat_core::finding::{Finding, Severity};

use crate::across::AcrossRule;
use crate::checks::findings::ids;
use crate::guard::{self, Detail};

/// Whether explanations go with the findings of a check. They stay in the log for ever, so even a likely name
/// is too much. Rules that look at returns of others, named by `across`, may be answered before they ask: the other
/// return may come later, and a refusal here would tell what is in it. So may those that ask where a file is read,
/// of formulas and of numbers that were names: neither what is sent nor a marked copy shows any more that they asked.
///
/// # Errors
/// What is wrong with the first that does not, and what to do; its text is not repeated.
pub fn check(
    explanations: &[Explanation],
    findings: &[Finding],
    across: &[Arc<AcrossRule>],
) -> Result<(), String> {
    if explanations.len() > MOST {
        return Err(format!("there are more than {MOST}: one answers all queries of its rule"));
    }
    for (at, explanation) in explanations.iter().enumerate() {
        let rule = &explanation.rule;
        if explanations.iter().take(at).any(|other| other.rule == *rule) {
            return Err(format!("`{rule}` is explained twice: give one explanation for all its queries"));
        }
        // what only the broker can check may have asked there
        let asks = |severity| matches!(severity, Severity::Query | Severity::NotChecked);
        let later = across.iter().any(|other| other.id == *rule && other.severity == Severity::Query)
            || [&ids().formula, &ids().stored].contains(&rule);
        if !later && !findings.iter().any(|finding| finding.rule == *rule && asks(finding.severity)) {
            return Err(format!("`{rule}` left no query on this return: take its explanation out"));
        }
        text(explanation)?;
    }
    Ok(())
}

fn text(explanation: &Explanation) -> Result<(), String> {
    let Explanation { rule, text, .. } = explanation;
    if text.trim().is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(format!("the explanation of `{rule}` must have 1 to {LONGEST} characters on one line"));
    }
    let mut details = guard::scan(text);
    if guard::has_name(text) {
        details.push(Detail::Name);
    }
    if details.is_empty() {
        return Ok(());
    }
    let held: Vec<&str> = details.into_iter().map(Detail::as_str).collect();
    Err(format!(
        "the explanation of `{rule}` seems to hold {}: say it without, for it is kept for ever",
        held.join(" and ")
    ))
}

#[cfg(test)]
mod tests {
    use concordat_core::explanation::ExplanationCode;

    use super::*;

    fn explained(rule: &str, text: &str) -> Explanation {
        Explanation { rule: rule.parse().unwrap(), code: ExplanationCode::Other, text: text.to_owned() }
    }

    fn found(rule: &str, severity: Severity) -> Finding {
        Finding {
            rule: rule.parse().unwrap(),
            severity,
            table: "main".into(),
            row: Some(1),
            column: None,
            text: String::new(),
            figures: None,
            record: None,
        }
    }

    #[test]
    fn an_explanation_answers_a_rule_that_asked_once() {
        let findings =
            [found("N1", Severity::Query), found("N2", Severity::NotChecked), found("N3", Severity::Info)];
        let told = |explanations: &[Explanation]| check(explanations, &findings, &[]);
        assert_eq!(told(&[]), Ok(()));
        assert_eq!(told(&[explained("N1", "counted again"), explained("N2", "counted again")]), Ok(()));
        assert!(told(&[explained("N3", "counted again")]).unwrap_err().contains("`N3` left no query"));
        assert!(told(&[explained("N4", "counted again")]).unwrap_err().contains("`N4` left no query"));
        let twice = [explained("N1", "counted again"), explained("N1", "and again")];
        assert!(told(&twice).unwrap_err().contains("explained twice"));
        assert!(told(&vec![explained("N1", "x"); MOST + 1]).unwrap_err().contains("more than 100"));
    }

    #[test]
    fn what_is_asked_where_a_file_is_read_may_be_answered_when_nothing_shows_any_more_that_it_was() {
        let answers = [explained("cell-formula", "of the other sheet"), explained("cell-stored", "so")];
        assert_eq!(check(&answers, &[], &[]), Ok(()));
        assert!(check(&[explained("cell-kind", "so")], &[], &[]).unwrap_err().contains("left no query"));
        let named = [explained("cell-formula", "agreed with Jamie Okafor")];
        assert!(check(&named, &[], &[]).unwrap_err().contains("the name of a person"));
    }

    #[test]
    fn an_explanation_is_one_line_and_holds_nothing_personal_and_is_not_repeated() {
        let findings = [found("N1", Severity::Query)];
        for (text, why) in [
            ("", "1 to 500 characters"),
            ("  ", "1 to 500 characters"),
            ("two\nlines", "1 to 500 characters"),
            ("see 943 476 5919", "an NHS number"),
            ("ask a.b@example.org", "an e-mail address"),
            ("the one born 12 March 2015", "a date of birth"),
            ("agreed with Jamie Okafor", "the name of a person"),
        ] {
            let refused = check(&[explained("N1", text)], &findings, &[]).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
            assert!(text.trim().is_empty() || !refused.contains(text), "{refused}");
        }
        assert!(check(&[explained("N1", &"x".repeat(LONGEST + 1))], &findings, &[]).is_err());
        assert_eq!(check(&[explained("N1", &"é".repeat(LONGEST))], &findings, &[]), Ok(()));
    }
}
