//! Answers to queries: as they are typed, `--explain RULE=CODE:text`, and as they stand in a file.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use concordat_catalogue::{AcrossRule, explain};
use concordat_core::explanation::{Explanation, ExplanationCode, unexplained};
use concordat_core::finding::Finding;
use concordat_core::ids::RuleId;

use crate::answer::{Answer, texts};
use crate::answers;
use crate::exit::Exit;
use crate::failure::Failure;

/// Arguments of every command that checks a return.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Explaining {
    /// Answer a rule's queries, for ever and so with nothing personal; CODE is confirmed_correct, late_data,
    /// definition_change, small_numbers, known_issue or other
    #[arg(long = "explain", value_name = "RULE=CODE:TEXT", value_parser = parse)]
    explanations: Vec<Explanation>,
    /// A CSV file of such answers, with the columns rule, code and text, or a workbook with the sheet `answers`; that
    /// sheet of the return's own workbook and the answers.csv of its folder or ZIP are read without it
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
}

impl Explaining {
    /// What was typed, with the answers of files: those the return itself holds, and those of `--answers`.
    ///
    /// # Errors
    /// A usage [`Failure`] when a file holds no answers, or two of the three speak of one rule, which it names.
    pub fn with(&self, in_return: Vec<Explanation>) -> Result<Answers, Failure> {
        let named = self.answers.as_deref().map_or(Ok(Vec::new()), answers::of_path)?;
        let of_files = !named.is_empty() || !in_return.is_empty();
        let sources = [
            ("--explain", self.explanations.as_slice()),
            ("--answers", named.as_slice()),
            ("the return's own answers", in_return.as_slice()),
        ];
        for (at, (one, answers)) in sources.iter().enumerate() {
            for (other, others) in sources.iter().skip(at + 1) {
                let twice = answers.iter().find(|a| others.iter().any(|b| a.rule == b.rule));
                if let Some(Explanation { rule, .. }) = twice {
                    let what = format!("`{rule}` is answered twice, by {one} and by {other}");
                    return Err(Failure::usage(what).hint("keep one of the two"));
                }
            }
        }
        let all = [self.explanations.as_slice(), &named, &in_return].concat();
        Ok(Answers { all, in_return, of_files })
    }
}

/// The answers that go with a return.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    all: Vec<Explanation>,
    in_return: Vec<Explanation>,
    of_files: bool,
}

impl Answers {
    /// Every answer: those typed first, each group in its order.
    #[must_use]
    pub fn all(&self) -> &[Explanation] {
        &self.all
    }

    /// Those that the return's own file holds.
    #[must_use]
    pub fn in_return(&self) -> &[Explanation] {
        &self.in_return
    }

    /// Whether each answers a rule that asked, or one across returns that may ask yet, and none holds what names a person.
    ///
    /// # Errors
    /// A [`Failure`], [`Exit::Rejected`], that says what to do.
    pub fn check(&self, findings: &[Finding], across: &[Arc<AcrossRule>]) -> Result<(), Failure> {
        let whence = if self.of_files { "answers" } else { "--explain" };
        explain::check(&self.all, findings, across)
            .map_err(|why| Failure::new(Exit::Rejected, format!("{whence}: {why}")))
    }

    /// Adds to a report which rules are explained and which are not.
    #[must_use]
    pub fn tell(&self, answer: Answer, findings: &[Finding]) -> Answer {
        let found = findings.iter().map(|finding| (&finding.rule, finding.severity));
        let rules = unexplained(found, &self.all);
        let human = answer.as_human().map(|human| format!("{human}{}", lines(&rules, &self.all)));
        let given: Vec<&RuleId> = self.all.iter().map(|given| &given.rule).collect();
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
        let _ =
            writeln!(out, "unexplained: {}; answer with --explain RULE=CODE:TEXT or in a file", list(rules));
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
    answer(rule, code, text)
}

/// An answer of its three parts.
///
/// # Errors
/// What is wrong with its rule or code, in words; the text is judged with the findings.
pub(crate) fn answer(rule: &str, code: &str, text: &str) -> Result<Explanation, String> {
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

    #[test]
    fn one_rule_answered_in_two_places_is_named_and_not_sent() {
        let typed = |text: &str| Explaining { explanations: vec![parse(text).unwrap()], answers: None };
        let in_return = vec![parse("N1=other:as before").unwrap()];
        let both = typed("N1=late_data:two teams").with(in_return.clone()).unwrap_err();
        assert!(both.exit == Exit::Usage && both.what.contains("`N1`"), "{both:?}");
        assert!(both.what.contains("--explain and by the return's own answers"), "{both:?}");
        let all = typed("N3=late_data:two teams").with(in_return).unwrap();
        assert_eq!((all.all().len(), all.in_return().len()), (2, 1));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "rule,code,text\nN1,other,so\n").unwrap();
        let named = Explaining { answers: Some(path), ..typed("N1=late_data:two teams") };
        assert!(named.with(Vec::new()).unwrap_err().what.contains("--explain and by --answers"));
    }
}
