//! Findings as they are gathered, and the rule ids of the checks that every return undergoes.

use std::sync::LazyLock;

use concordat_core::finding::{Counts, Finding, Severity};
use concordat_core::ids::RuleId;

/// How many findings are told of one return; the last says how many more there are.
pub(crate) const MOST: usize = 1_000;

/// How many findings beyond those are counted before the passes stop.
const ENOUGH: u32 = 10_000;

macro_rules! built_in {
    ($($name:ident = $id:literal;)*) => {
        /// The rule ids of the checks that every return undergoes.
        pub(crate) struct BuiltIn {
            $(pub(crate) $name: RuleId,)*
        }

        // constants: the tests make every one
        static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| BuiltIn {
            $($name: RuleId::new($id).expect("a constant rule id is right"),)*
        });
    };
}

built_in! {
    type_ = "header-type";
    period = "header-period";
    event = "header-event";
    areas = "header-areas";
    part = "header-part";
    nil = "nil-empty";
    file = "file-text";
    file_kind = "file-kind";
    file_period = "file-period";
    hidden = "sheet-hidden";
    merged = "sheet-merged";
    formula = "cell-formula";
    stored = "cell-stored";
    tables = "table-name";
    shape = "table-shape";
    columns = "table-columns";
    rows = "table-rows";
    required = "cell-required";
    kind = "cell-kind";
    code = "cell-code";
    suppressed = "cell-suppressed";
    length = "cell-length";
    range = "cell-range";
    unit = "cell-unit";
    row_period = "row-period";
    unique = "row-unique";
    overshare = "text-overshare";
    name = "text-name";
    n1 = "N1";
    n2 = "N2";
    n3 = "N3";
    n4 = "N4";
    n5 = "N5";
    n6 = "N6";
    n7 = "N7";
    tainted = "tainted";
    more = "findings-more";
}

pub(crate) fn ids() -> &'static BuiltIn {
    &BUILT_IN
}

/// Where a finding points.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    /// The table's name; empty for the header.
    pub(crate) table: &'p str,
    /// The row, from 0.
    pub(crate) row: Option<usize>,
    pub(crate) column: Option<&'p str>,
}

impl<'p> Place<'p> {
    pub(crate) const HEADER: Place<'static> = Place { table: "", row: None, column: None };

    pub(crate) const fn table(table: &'p str) -> Self {
        Self { table, row: None, column: None }
    }
}

/// Findings with a cap; the counts go on beyond it.
#[derive(Clone)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    most: usize,
    counts: Counts,
    beyond: Counts,
}

impl Default for Findings {
    fn default() -> Self {
        Self::up_to(MOST)
    }
}

impl Findings {
    /// No findings yet, and room for so many.
    pub(crate) fn up_to(most: usize) -> Self {
        Self { list: Vec::new(), most, counts: Counts::default(), beyond: Counts::default() }
    }

    pub(crate) fn error(&mut self, rule: &RuleId, place: Place<'_>, text: impl Into<String>) {
        self.push(rule, Severity::Error, place, text.into(), None);
    }

    pub(crate) fn push(
        &mut self,
        rule: &RuleId,
        severity: Severity,
        place: Place<'_>,
        text: String,
        figures: Option<String>,
    ) {
        let finding = Finding {
            rule: rule.clone(),
            severity,
            table: place.table.to_owned(),
            row: place.row.and_then(|row| u32::try_from(row.saturating_add(1)).ok()),
            column: place.column.map(str::to_owned),
            text,
            figures,
            record: None,
        };
        self.add(finding);
    }

    /// Adds what was found.
    pub(crate) fn add(&mut self, finding: Finding) {
        count(&mut self.counts, finding.severity);
        if self.list.len() < self.most {
            self.list.push(finding);
        } else {
            count(&mut self.beyond, finding.severity);
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.counts.errors > 0
    }

    /// Whether so much was found that looking further helps no one.
    pub(crate) fn is_full(&self) -> bool {
        self.has_errors() && total(&self.beyond) >= ENOUGH
    }

    pub(crate) fn finish(self) -> (Vec<Finding>, Counts) {
        let most = self.most;
        self.finish_within(most)
    }

    /// At most so many of them; then the last says how many more there are.
    pub(crate) fn finish_within(mut self, most: usize) -> (Vec<Finding>, Counts) {
        let least = if self.is_full() { "at least " } else { "" };
        for finding in self.list.drain(most.min(self.list.len())..) {
            count(&mut self.beyond, finding.severity);
        }
        if total(&self.beyond) > 0 {
            if let Some(last) = self.list.pop() {
                count(&mut self.beyond, last.severity);
            }
            let severity = if self.beyond.errors > 0 { Severity::Error } else { Severity::Info };
            self.list.push(Finding {
                rule: ids().more.clone(),
                severity,
                table: String::new(),
                row: None,
                column: None,
                text: format!(
                    "there are {least}{} more findings, {} of them errors; put these right and check again",
                    total(&self.beyond),
                    self.beyond.errors
                ),
                figures: None,
                record: None,
            });
        }
        (self.list, self.counts)
    }
}

fn total(counts: &Counts) -> u32 {
    [counts.errors, counts.queries, counts.infos, counts.not_checked]
        .iter()
        .fold(0, |sum, n| sum.saturating_add(*n))
}

fn count(counts: &mut Counts, severity: Severity) {
    let slot = match severity {
        Severity::Error => &mut counts.errors,
        Severity::Query => &mut counts.queries,
        Severity::Info => &mut counts.infos,
        Severity::NotChecked => &mut counts.not_checked,
    };
    *slot = slot.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_cap_the_last_finding_says_how_many_more_and_errors_still_count() {
        let mut findings = Findings::default();
        for _ in 0..MOST {
            findings.push(&ids().kind, Severity::Query, Place::HEADER, "q".into(), None);
        }
        assert!(!findings.is_full());
        findings.error(&ids().kind, Place::HEADER, "e");
        findings.error(&ids().kind, Place::HEADER, "e");
        let (list, counts) = findings.finish();
        assert_eq!((list.len(), counts.errors, counts.queries), (MOST, 2, 1_000));
        let last = list.last().unwrap();
        assert_eq!((last.rule.as_str(), last.severity), ("findings-more", Severity::Error));
        assert!(last.text.contains("3 more findings, 2 of them errors"), "{}", last.text);
    }

    #[test]
    fn rows_are_counted_from_one() {
        let mut findings = Findings::default();
        let place = Place { table: "main", row: Some(0), column: Some("n") };
        findings.error(&ids().kind, place, "e");
        let (list, _) = findings.finish();
        assert_eq!((list[0].row, list[0].column.as_deref()), (Some(1), Some("n")));
    }
}
