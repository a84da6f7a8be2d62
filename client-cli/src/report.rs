//! Findings as people and programs read them. No value of the return is in them, but for the figures of sums
//! and changes that the sender alone is shown.

use std::fmt::Write as _;

use concordat_core::finding::{Counts, Finding, Severity};
use concordat_core::ids::RuleId;
use serde_json::{Value, json};

use crate::answer::{Answer, Sheet};
use crate::parted::Parted;

/// How many rows a group names before it says how many more there are.
const ROWS_NAMED: usize = 8;

/// What was found in a return.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The findings.
    pub findings: Vec<Finding>,
    /// How many of each weight, those beyond the findings' cap among them.
    pub counts: Counts,
    /// The line of the file, or row of the sheet, where row 1 stands.
    pub first_line: Option<u32>,
    /// Where the return is accepted in part, what is refused.
    pub parted: Option<Parted>,
}

impl Found {
    /// These findings and no more.
    #[must_use]
    pub fn of(findings: Vec<Finding>) -> Self {
        let counts = Counts::of(&findings);
        Self { findings, counts, ..Self::default() }
    }

    /// The same with more findings, counted already.
    #[must_use]
    pub fn and(mut self, findings: Vec<Finding>, counts: Counts) -> Self {
        self.findings.extend(findings);
        let sum = |a: u32, b: u32| a.saturating_add(b);
        self.counts = Counts {
            errors: sum(self.counts.errors, counts.errors),
            queries: sum(self.counts.queries, counts.queries),
            infos: sum(self.counts.infos, counts.infos),
            not_checked: sum(self.counts.not_checked, counts.not_checked),
        };
        self
    }

    /// The same, of a return that is accepted in part.
    #[must_use]
    pub fn parted(self, parted: Option<Parted>) -> Self {
        Self { parted, ..self }
    }

    /// The same, in a file whose row 1 stands there.
    #[must_use]
    pub fn from(self, first_line: Option<u32>) -> Self {
        Self { first_line, ..self }
    }
}

/// The answer to a check: facts, every finding, counts. What is accepted in part was `accepted` when it is recorded,
/// and would be when it was only checked.
#[must_use]
pub fn answer(answer: Answer, accepted: bool, found: &Found) -> Answer {
    let mut sheet = Sheet::new(&["rule", "severity", "table", "row", "column", "record", "text", "figures"]);
    let counts = found.counts;
    for finding in &found.findings {
        sheet.row([
            Value::from(finding.rule.as_str()),
            Value::from(finding.severity.as_str()),
            Value::from(finding.table.as_str()),
            json!(finding.row),
            json!(finding.column),
            json!(finding.record.as_ref().map(|record| record.as_str())),
            Value::from(finding.text.as_str()),
            json!(finding.figures),
        ]);
    }
    let human = human(accepted, found);
    let counts = json!({
        "errors": counts.errors,
        "queries": counts.queries,
        "infos": counts.infos,
        "not_checked": counts.not_checked,
    });
    // the whole is meant: what is accepted in part still asks for something
    let answer = answer.fact("accepted", accepted && found.parted.is_none());
    let answer = match &found.parted {
        Some(parted) => answer.fact("in_part", parted.fact()),
        None => answer,
    };
    answer.fact("counts", counts).list("findings", sheet).human(human)
}

/// Findings of one rule in one column, with the same words: told once, with all their rows.
struct Group<'f> {
    first: &'f Finding,
    rows: Vec<u32>,
}

impl Group<'_> {
    fn takes(&self, finding: &Finding) -> bool {
        let first = self.first;
        first.severity == finding.severity
            && first.rule == finding.rule
            && first.table == finding.table
            && first.column == finding.column
            && first.text == finding.text
            && first.figures == finding.figures
    }

    fn push(&self, out: &mut String) {
        let first = self.first;
        let _ = writeln!(out, "  {}  [{}]", plain(&self.place()), first.rule);
        let _ = writeln!(out, "      {}", plain(&first.text));
        if let Some(figures) = &first.figures {
            let _ = writeln!(out, "      figures: {}", plain(figures));
        }
    }

    fn place(&self) -> String {
        let mut place = match self.first.table.as_str() {
            "" => "the return".to_owned(),
            table => format!("table {table}"),
        };
        let named: Vec<String> = self.rows.iter().take(ROWS_NAMED).map(ToString::to_string).collect();
        match self.rows.len() {
            0 => {}
            1 => place.push_str(&format!(", row {}", named.join(""))),
            all if all > ROWS_NAMED => {
                place.push_str(&format!(", rows {} and {} more", named.join(", "), all - ROWS_NAMED));
            }
            _ => place.push_str(&format!(", rows {}", named.join(", "))),
        }
        if let Some(column) = &self.first.column {
            place.push_str(&format!(", column {column}"));
        }
        place
    }
}

/// The findings by weight, heaviest first, then by rule, and a last line that says what it comes to.
#[must_use]
pub fn human(accepted: bool, found: &Found) -> String {
    let verdict = match (&found.parted, accepted) {
        (Some(parted), true) => format!("accepted in part: {}", parted.count()),
        (Some(parted), false) => format!("would be accepted in part: {}", parted.count()),
        (None, true) => "no errors".to_owned(),
        (None, false) => "rejected".to_owned(),
    };
    format!("{}{verdict}: {}\n", sections(found), tally(found.counts))
}

/// How many findings of each weight, in words.
pub(crate) fn tally(counts: Counts) -> String {
    format!(
        "{} {}, {} {}, {} for information, {} not checked",
        counts.errors,
        if counts.errors == 1 { "error" } else { "errors" },
        counts.queries,
        if counts.queries == 1 { "query" } else { "queries" },
        counts.infos,
        counts.not_checked
    )
}

/// The findings by weight, heaviest first, then by rule; then the refused records of what is accepted in part.
pub(crate) fn sections(found: &Found) -> String {
    let Found { findings, first_line, parted, .. } = found;
    let mut out = String::new();
    for (severity, heading) in [
        (Severity::Error, "ERRORS: put these right"),
        (Severity::Query, "QUERIES: accepted; be ready to explain"),
        (Severity::Info, "FOR INFORMATION"),
        (Severity::NotChecked, "NOT CHECKED: an operand is blank or not available, or only the broker can"),
    ] {
        let of_weight: Vec<&Finding> =
            findings.iter().filter(|finding| finding.severity == severity).collect();
        if of_weight.is_empty() {
            continue;
        }
        // writing to a string cannot fail
        let _ = writeln!(out, "{heading}");
        if severity == Severity::NotChecked {
            push_unchecked(&mut out, &of_weight);
        } else {
            groups(&of_weight).iter().for_each(|group| group.push(&mut out));
        }
        out.push('\n');
    }
    if let Some(line) = first_line.filter(|_| findings.iter().any(|finding| finding.row.is_some())) {
        let _ = writeln!(out, "rows are counted below the headings: row 1 is line {line} of the file\n");
    }
    if let Some(parted) = parted {
        parted.push(&mut out);
    }
    out
}

/// Rules that were not applied, by the reason: where and how often each matters less than which they are.
fn push_unchecked(out: &mut String, findings: &[&Finding]) {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for finding in findings {
        let rule = finding.rule.as_str();
        match reasons.iter_mut().find(|(text, _)| *text == finding.text) {
            Some((_, rules)) if rules.contains(&rule) => {}
            Some((_, rules)) => rules.push(rule),
            None => reasons.push((&finding.text, vec![rule])),
        }
    }
    for (text, rules) in reasons {
        let _ = writeln!(out, "  [{}]", rules.join(", "));
        let _ = writeln!(out, "      {}", plain(text));
    }
}

/// Findings that say the same, together; groups of one rule stand together, in the order of first sight.
fn groups<'f>(findings: &[&'f Finding]) -> Vec<Group<'f>> {
    let mut groups: Vec<Group<'f>> = Vec::new();
    let mut rules: Vec<&RuleId> = Vec::new();
    for finding in findings {
        if !rules.contains(&&finding.rule) {
            rules.push(&finding.rule);
        }
        let at = match groups.iter_mut().position(|group| group.takes(finding)) {
            Some(at) => at,
            None => {
                groups.push(Group { first: finding, rows: Vec::new() });
                groups.len() - 1
            }
        };
        if let (Some(group), Some(row)) = (groups.get_mut(at), finding.row) {
            group.rows.push(row);
        }
    }
    groups.sort_by_key(|group| rules.iter().position(|rule| **rule == group.first.rule));
    groups
}

/// Words may come from a broker: no character of them may steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &str, severity: Severity, row: Option<u32>, column: Option<&str>) -> Finding {
        Finding {
            rule: rule.parse().unwrap(),
            severity,
            table: "main".into(),
            row,
            column: column.map(str::to_owned),
            text: format!("{rule} says what to do"),
            figures: None,
            record: None,
        }
    }

    #[test]
    fn findings_are_grouped_by_weight_then_by_rule_and_column_with_their_rows() {
        let mut findings = vec![finding("Q1", Severity::Query, None, None)];
        findings.extend((1..=10).map(|row| finding("E1", Severity::Error, Some(row), Some("contacts"))));
        findings.push(finding("E0", Severity::Error, None, None));
        findings.push(finding("E1", Severity::Error, Some(3), Some("referrals")));
        let unchecked = |rule| Finding {
            text: "a figure is blank".into(),
            ..finding(rule, Severity::NotChecked, None, None)
        };
        findings.extend([unchecked("N1"), unchecked("N2"), unchecked("N1")]);
        let text = human(false, &Found::of(findings).from(Some(2)));
        let expected = "ERRORS: put these right
  table main, rows 1, 2, 3, 4, 5, 6, 7, 8 and 2 more, column contacts  [E1]
      E1 says what to do
  table main, row 3, column referrals  [E1]
      E1 says what to do
  table main  [E0]
      E0 says what to do

QUERIES: accepted; be ready to explain
  table main  [Q1]
      Q1 says what to do

NOT CHECKED: an operand is blank or not available, or only the broker can
  [N1, N2]
      a figure is blank

rows are counted below the headings: row 1 is line 2 of the file

rejected: 12 errors, 1 query, 0 for information, 3 not checked
";
        assert_eq!(text, expected);
    }

    #[test]
    fn figures_are_shown_and_keep_findings_apart() {
        let one =
            Finding { figures: Some("12 and 13".into()), ..finding("E1", Severity::Error, Some(1), None) };
        let other = Finding { figures: Some("7 and 8".into()), row: Some(2), ..one.clone() };
        let text = human(false, &Found::of(vec![one, other]));
        assert!(text.contains("figures: 12 and 13\n") && text.contains("figures: 7 and 8\n"), "{text}");
    }

    #[test]
    fn a_program_gets_every_finding_with_its_place() {
        let findings = vec![
            finding("E1", Severity::Error, Some(2), Some("contacts")),
            finding("N1", Severity::NotChecked, None, None),
        ];
        let answer = answer(Answer::new("validate"), false, &Found::of(findings));
        let value = serde_json::to_value(answer).unwrap();
        assert_eq!(value["data"]["counts"], json!({"errors": 1, "queries": 0, "infos": 0, "not_checked": 1}));
        assert_eq!(
            value["data"]["findings"][0],
            json!({"rule": "E1", "severity": "error", "table": "main", "row": 2, "column": "contacts", "record": null,
                   "text": "E1 says what to do", "figures": null})
        );
        assert_eq!(value["data"]["findings"][1]["row"], Value::Null);
    }
}
