//! Findings as people and programs read them. No value of the return is in them, but for the figures of sums
//! and changes that the sender alone is shown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use concordat_catalogue::is_for_broker;
use concordat_core::finding::{Counts, Finding, Severity};
use concordat_core::record::RecordId;
use serde_json::{Value, json};

use crate::answer::{Answer, Sheet};
use crate::parted::Parted;

/// How many rows a group names before it says how many more there are.
const ROWS_NAMED: usize = 8;

/// Where row 1 of a finding stands in the sender's own file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOne {
    /// On this line of the one text file.
    Line(u32),
    /// In this row of the one sheet.
    SheetRow(u32),
    /// On the second line of each table's file.
    Files,
    /// Below the headings of each table's sheet.
    Sheets,
    /// It is the first of its table in the XML file.
    Xml,
}

impl RowOne {
    fn words(self) -> String {
        match self {
            Self::Line(line) => {
                format!("rows are counted below the headings: row 1 is line {line} of the file")
            }
            Self::SheetRow(row) => {
                format!("rows are counted below the headings: row 1 is row {row} of the sheet")
            }
            Self::Files => {
                "rows are counted below the headings: row 1 is line 2 of the table's file".to_owned()
            }
            Self::Sheets => {
                "rows are counted below the headings: row 1 is the row under those of the table's sheet"
                    .to_owned()
            }
            Self::Xml => {
                "rows are counted for each table: row 1 is the first of its kind in the file".to_owned()
            }
        }
    }
}

/// What was found in a return.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The findings.
    pub findings: Vec<Finding>,
    /// How many of each weight, those beyond the findings' cap among them.
    pub counts: Counts,
    /// Where row 1 stands, where that is known.
    pub row_one: Option<RowOne>,
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
    pub fn from(self, row_one: Option<RowOne>) -> Self {
        Self { row_one, ..self }
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
    /// Each row with the record that it belongs to, where the type has records.
    rows: Vec<(u32, Option<&'f RecordId>)>,
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

    fn table(&self) -> String {
        match self.first.table.as_str() {
            "" => "the return".to_owned(),
            table => format!("table {table}"),
        }
    }

    fn place(&self) -> String {
        let mut place = self.table();
        let one = |(row, record): &(u32, Option<&RecordId>)| match record {
            Some(record) => format!("{row} (record {})", record.as_str()),
            None => row.to_string(),
        };
        let named: Vec<String> = self.rows.iter().take(ROWS_NAMED).map(one).collect();
        let (word, more) = match self.rows.len() {
            0 => ("", 0),
            1 => (", row ", 0),
            all => (", rows ", all.saturating_sub(ROWS_NAMED)),
        };
        place.push_str(word);
        place.push_str(&named.join(", "));
        if more > 0 {
            place.push_str(&format!(" and {more} more"));
        }
        if let Some(column) = &self.first.column {
            place.push_str(&format!(", column {column}"));
        }
        place
    }
}

/// The findings by weight, heaviest first, then by table and row, and a last line that says what it comes to.
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

/// The findings by weight, heaviest first, then by table and row; then the refused records of what is accepted in part.
pub(crate) fn sections(found: &Found) -> String {
    let Found { findings, row_one, parted, .. } = found;
    let mut out = String::new();
    for (severity, heading) in [
        (Severity::Error, "ERRORS: put these right"),
        (Severity::Query, "QUERIES: accepted; be ready to explain"),
        (Severity::Info, "FOR INFORMATION"),
        (Severity::NotChecked, "NOT CHECKED HERE"),
    ] {
        let of_weight: Vec<&Finding> =
            findings.iter().filter(|finding| finding.severity == severity).collect();
        if of_weight.is_empty() {
            continue;
        }
        // writing to a string cannot fail
        let _ = writeln!(out, "{heading}");
        if severity == Severity::NotChecked {
            push_unchecked(&mut out, of_weight);
        } else {
            groups(of_weight).iter().for_each(|group| group.push(&mut out));
        }
        out.push('\n');
    }
    if let Some(row_one) = row_one.filter(|_| findings.iter().any(|finding| finding.row.is_some())) {
        let _ = writeln!(out, "{}\n", row_one.words());
    }
    if let Some(parted) = parted {
        parted.push(&mut out);
    }
    out
}

/// What was not checked: what the broker will check yet as one line, the rest with its place like any finding.
fn push_unchecked(out: &mut String, findings: Vec<&Finding>) {
    let (by_broker, here): (Vec<_>, Vec<_>) = findings.into_iter().partition(|one| is_for_broker(one));
    let is_marked = here.iter().any(|finding| finding.text.contains("marked x, z, u or p"));
    let (of_rows, of_tables): (Vec<_>, Vec<_>) = here.into_iter().partition(|one| one.row.is_some());
    push_whole(out, &of_tables);
    groups(of_rows).iter().for_each(|group| group.push(out));
    if is_marked {
        let _ = writeln!(out, "  x: not available, z: not applicable, u: unreliable, p: provisional");
    }
    let rules: BTreeSet<&str> = by_broker.iter().map(|finding| finding.rule.as_str()).collect();
    let checks = match rules.len() {
        0 => return,
        1 => "1 check against your earlier return is".to_owned(),
        many => format!("{many} checks against your earlier return are"),
    };
    let _ = writeln!(out, "  {checks} made when you submit: nothing to do now");
}

/// Rules that were not applied to a whole table, or the return, for one reason: told once, with their columns.
fn push_whole(out: &mut String, findings: &[&Finding]) {
    let mut reasons: Vec<(&Finding, Vec<&str>, Vec<&str>)> = Vec::new();
    for finding in findings {
        let alike =
            |(first, ..): &(&Finding, _, _)| first.table == finding.table && first.text == finding.text;
        let at = reasons.iter().position(alike).unwrap_or(reasons.len());
        if at == reasons.len() {
            reasons.push((finding, Vec::new(), Vec::new()));
        }
        let Some((_, rules, columns)) = reasons.get_mut(at) else { continue };
        for (word, into) in [(Some(finding.rule.as_str()), rules), (finding.column.as_deref(), columns)] {
            into.extend(word.filter(|word| !into.contains(word)));
        }
    }
    for (first, rules, columns) in reasons {
        let mut place = Group { first, rows: Vec::new() }.table();
        match columns.as_slice() {
            [] => {}
            [only] => place.push_str(&format!(", column {only}")),
            many => place.push_str(&format!(", columns {}", many.join(", "))),
        }
        let _ = writeln!(out, "  {}  [{}]\n      {}", plain(&place), rules.join(", "), plain(&first.text));
    }
}

/// Findings that say the same, together; by table, in the order of first sight, and there by their first row, what is
/// about the whole table first.
fn groups(findings: Vec<&Finding>) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut tables: Vec<&str> = Vec::new();
    for finding in findings {
        if !tables.contains(&finding.table.as_str()) {
            tables.push(&finding.table);
        }
        let at = match groups.iter_mut().position(|group| group.takes(finding)) {
            Some(at) => at,
            None => {
                groups.push(Group { first: finding, rows: Vec::new() });
                groups.len() - 1
            }
        };
        if let (Some(group), Some(row)) = (groups.get_mut(at), finding.row) {
            group.rows.push((row, finding.record.as_ref()));
        }
    }
    groups.iter_mut().for_each(|group| group.rows.sort_by_key(|(row, _)| *row));
    groups.sort_by_key(|group| {
        let table = tables.iter().position(|table| *table == group.first.table);
        (table, group.rows.first().map(|(row, _)| *row))
    });
    groups
}

/// Words may come from a broker: no character of them may steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
