//! What was found, rule by rule: counted in full, listed up to a cap that is shared out fairly.

use concordat_core::finding::{Counts, Finding, Severity};
use concordat_core::ids::RuleId;

use super::frame::Rows;
use super::parts::InPart;
use crate::checks::findings::{Findings, MOST};

/// How often a rule was broken, or could not be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    /// The rule.
    pub rule: RuleId,
    /// What it means; `NotChecked` for how often it could not be checked.
    pub severity: Severity,
    /// The table over whose rows it looks.
    pub table: String,
    /// How many rows.
    pub rows: u64,
}

/// One thing that is said of some rows of a table, or of the table.
#[derive(Clone)]
pub(crate) struct Tally {
    pub(crate) rule: RuleId,
    pub(crate) severity: Severity,
    pub(crate) table: String,
    pub(crate) column: Option<String>,
    pub(crate) text: String,
    pub(crate) rows: Rows,
    /// Whether they are rows of the return before.
    pub(crate) before: bool,
}

impl Tally {
    fn finding(&self, row: Option<u32>, text: String) -> Finding {
        Finding {
            rule: self.rule.clone(),
            severity: self.severity,
            table: self.table.clone(),
            row: row.map(|row| row.saturating_add(1)),
            column: self.column.clone(),
            text,
            figures: None,
            record: None,
        }
    }
}

/// What a check of several tables found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was found, at most 1,000; where a rule has more, one finding more says how many.
    pub findings: Vec<Finding>,
    /// How many of each weight, all of them.
    pub counts: Counts,
    /// How often each rule was broken or not checked, all of them.
    pub per_rule: Vec<RuleCount>,
    /// For a return that is accepted in part: what was refused, and what is left.
    pub in_part: Option<InPart>,
}

/// Lists what was found: first what is about the return as a whole, then rule by rule.
pub(crate) fn finish(whole: Findings, mut tallies: Vec<Tally>) -> Outcome {
    tallies.retain(|tally| tally.rows.total > 0);
    // one finding is kept for each, to say how many more there are
    let (findings, counts) = whole.finish_within(MOST.saturating_sub(tallies.len()));
    let mut outcome = Outcome { findings, counts, per_rule: Vec::new(), in_part: None };
    let room = MOST.saturating_sub(outcome.findings.len()).saturating_sub(tallies.len());
    let shares = shares(&tallies, room);
    for (tally, share) in tallies.iter().zip(shares) {
        let total = tally.rows.total;
        let count = u32::try_from(total).unwrap_or(u32::MAX);
        let slot = match tally.severity {
            Severity::Error => &mut outcome.counts.errors,
            Severity::Query => &mut outcome.counts.queries,
            Severity::Info => &mut outcome.counts.infos,
            Severity::NotChecked => &mut outcome.counts.not_checked,
        };
        *slot = slot.saturating_add(count);
        outcome.per_rule.push(RuleCount {
            rule: tally.rule.clone(),
            severity: tally.severity,
            table: tally.table.clone(),
            rows: total,
        });
        if tally.severity == Severity::NotChecked {
            let text = if total > 1 { format!("{} ({total} rows)", tally.text) } else { tally.text.clone() };
            let row = tally.rows.first.first().copied().filter(|_| total == 1 && !tally.before);
            outcome.findings.push(tally.finding(row, text));
            continue;
        }
        let rows = tally.rows.first.iter().take(share);
        outcome.findings.extend(rows.map(|row| match tally.before {
            false => tally.finding(Some(*row), tally.text.clone()),
            // a row of this return is what a finding names
            true => {
                let row = row.saturating_add(1);
                tally.finding(None, format!("row {row} of this table in the earlier return: {}", tally.text))
            }
        }));
        let more = total.saturating_sub(share as u64);
        if more > 0 {
            let text = format!("{more} more rows have this finding, {total} in all: {}", tally.text);
            outcome.findings.push(tally.finding(None, text));
        }
    }
    outcome
}

// the same for each, and what some do not need goes to the others
fn shares(tallies: &[Tally], room: usize) -> Vec<usize> {
    let wanted =
        |tally: &Tally| if tally.severity == Severity::NotChecked { 0 } else { tally.rows.first.len() };
    let mut order: Vec<(usize, usize)> =
        tallies.iter().map(wanted).enumerate().map(|(at, n)| (n, at)).collect();
    order.sort_unstable();
    let mut out = vec![0; tallies.len()];
    let mut left = room;
    let mut waiting = order.len();
    for (wanted, at) in order {
        let share = wanted.min(left / waiting.max(1));
        if let Some(slot) = out.get_mut(at) {
            *slot = share;
        }
        left -= share;
        waiting -= 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rule: &str, severity: Severity, rows: usize) -> Tally {
        let mut tally = Tally {
            rule: rule.parse().unwrap(),
            severity,
            table: "t".into(),
            column: None,
            text: "wrong".into(),
            rows: Rows::default(),
            before: false,
        };
        (0..rows).for_each(|row| tally.rows.add(row));
        tally
    }

    #[test]
    fn every_rule_is_counted_in_full_and_a_rare_one_is_not_crowded_out() {
        let all = vec![
            tally("often", Severity::Error, 40_000),
            tally("rare", Severity::Query, 3),
            tally("half", Severity::Error, 700),
            tally("blank", Severity::NotChecked, 90),
        ];
        let outcome = finish(Findings::default(), all);
        assert!(outcome.findings.len() <= MOST, "{}", outcome.findings.len());
        let counted: Vec<u64> = outcome.per_rule.iter().map(|count| count.rows).collect();
        assert_eq!(counted, [40_000, 3, 700, 90]);
        assert_eq!(outcome.counts, Counts { errors: 40_700, queries: 3, infos: 0, not_checked: 90 });
        let of = |rule: &str| outcome.findings.iter().filter(|f| f.rule.as_str() == rule).collect::<Vec<_>>();
        assert_eq!(of("rare").len(), 3);
        assert_eq!(of("blank").len(), 1);
        let often = of("often");
        let last = often.last().unwrap();
        assert!(last.row.is_none() && last.text.ends_with("40000 in all: wrong"), "{}", last.text);
        assert_eq!(often.first().unwrap().row, Some(1));
    }

    #[test]
    fn what_is_said_of_the_whole_leaves_room_for_the_rules() {
        let mut whole = Findings::default();
        (0..1_500).for_each(|row| {
            let place = crate::checks::findings::Place { table: "t", row: Some(row), column: None };
            whole.error(&"shape".parse().unwrap(), place, "half a row");
        });
        let outcome =
            finish(whole, vec![tally("a", Severity::Error, 2_000), tally("b", Severity::NotChecked, 1)]);
        assert_eq!(outcome.findings.len(), MOST);
        assert_eq!(outcome.counts, Counts { errors: 3_500, queries: 0, infos: 0, not_checked: 1 });
        let more: Vec<&str> =
            outcome.findings.iter().filter(|f| f.row.is_none()).map(|f| f.text.as_str()).collect();
        assert_eq!(more.len(), 2, "{more:?}");
        assert!(more[0].starts_with("there are 503 more findings"), "{more:?}");
        assert!(more[1].starts_with("2000 more rows"), "{more:?}");
    }
}
