//! Golden decisions, `cases/*.csv`: what policy must answer, written by those who know why.
//!
//! Columns: agency and its role assignment (`roles` and `areas`, spaces between; `none`; `all` areas of the
//! agency), the act, whose data, which return type, the areas concerned, purpose, facts, day; then `allow`
//! or `deny`, because of which rows (all that allow) or for which reason (and nearest row), and why so.

mod mutations;

use concordat_core::decision::{Act, Asker, DecisionRequest, Denial, Fact, Grant};
use concordat_core::ids::{AgencyId, AreaCode, BadName, PrincipalId};

use crate::complaint::Complaint;
use crate::csv::{self, Line};
use crate::policy::Policy;
use crate::row::iso_date;

const COLUMNS: [&str; 13] = [
    "agency", "roles", "areas", "act", "owner", "rtype", "concerns", "purpose", "facts", "day", "expect",
    "because", "why",
];

/// A golden decision.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub file: String,
    pub line: u32,
    pub request: DecisionRequest,
    pub expect: String,
}

/// A golden decision that policy answers otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file, relative to `policies/`.
    pub file: String,
    /// The line.
    pub row: u32,
    /// What the case expects: the effect, and because of what.
    pub expected: String,
    /// What policy answers.
    pub answer: String,
}

/// What came of the golden decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many were run.
    pub run: usize,
    /// Cases that cannot be read, and are not run.
    pub unread: Vec<Complaint>,
    /// Those that are answered otherwise.
    pub differences: Vec<Difference>,
    /// Rules that no case would miss, where that was asked.
    pub unproved: Vec<Complaint>,
}

impl Outcome {
    /// Whether all is as it should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.unread.is_empty() && self.differences.is_empty() && self.unproved.is_empty()
    }
}

/// Runs the golden decisions among `files` (paths relative to `policies/`; others are passed over). With
/// `mutations` every rule is removed and turned round too, to see whether some case changes.
pub fn test_cases(
    policy: &Policy,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    mutations: bool,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut cases = Vec::new();
    for (file, bytes) in files {
        if file.starts_with("cases/") && file.ends_with(".csv") {
            cases.extend(read(policy, &file, &bytes, &mut outcome.unread));
        }
    }
    outcome.run = cases.len();
    outcome.differences = cases.iter().filter_map(|case| differs(policy, case)).collect();
    if mutations {
        outcome.unproved = mutations::unproved(policy.bundle(), &cases);
    }
    outcome
}

/// Runs the golden decisions among `files` and complains of every one that cannot be read or is answered otherwise.
pub fn run_cases(policy: &Policy, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<Complaint> {
    let outcome = test_cases(policy, files, false);
    let differences = outcome.differences.into_iter().map(|of| {
        let text = format!("expected `{}`, policy answers `{}`", of.expected, of.answer);
        Complaint::of_row(&of.file, of.row, text)
    });
    outcome.unread.into_iter().chain(differences).collect()
}

fn differs(policy: &Policy, case: &Case) -> Option<Difference> {
    let answer = match policy.decide(&case.request, ()) {
        Ok(permitted) => yes(permitted.grant()),
        Err((denial, ())) => no(&denial),
    };
    (answer != case.expect).then(|| Difference {
        file: case.file.clone(),
        row: case.line,
        expected: case.expect.clone(),
        answer,
    })
}

fn yes(grant: &Grant) -> String {
    let rules: Vec<&str> = grant.rules.iter().map(|rule| rule.as_str()).collect();
    format!("allow {}", rules.join(" "))
}

fn no(denial: &Denial) -> String {
    match &denial.nearest {
        Some(rule) => format!("deny {} {rule}", denial.reason.as_str()),
        None => format!("deny {}", denial.reason.as_str()),
    }
}

pub(crate) fn read(policy: &Policy, file: &str, bytes: &[u8], complaints: &mut Vec<Complaint>) -> Vec<Case> {
    let lines = csv::read(file, bytes, &COLUMNS, complaints);
    let mut cases = Vec::with_capacity(lines.len());
    for line in &lines {
        match case(policy, file, line) {
            Ok(case) => cases.push(case),
            Err((column, text)) => complaints.push(Complaint::of_cell(file, line.number, column, text)),
        }
    }
    cases
}

type Wrong = (&'static str, String);

fn case(policy: &Policy, file: &str, line: &Line) -> Result<Case, Wrong> {
    let [agency, roles, areas, act, owner, rtype, concerns, purpose, facts, day, expect, because, _why] =
        line.cells.as_slice()
    else {
        return Err(("why", "the line is short".to_owned()));
    };
    let agency: AgencyId = agency.parse().map_err(bad("agency"))?;
    let known = policy
        .bundle()
        .agency(&agency)
        .ok_or_else(|| ("agency", format!("`{agency}` is no agency of partnership.toml")))?;
    let held: Vec<_> = many(roles, "roles", |word| word.parse().map_err(bad("roles")))?;
    let own: Vec<AreaCode> = match areas.as_str() {
        "all" => known.areas.clone(),
        _ => many(areas, "areas", |word| word.parse().map_err(bad("areas")))?,
    };
    let principal = match held.is_empty() {
        true => None,
        false => Some(PrincipalId { agency: agency.clone(), name: "case".parse().map_err(bad("agency"))? }),
    };
    if !matches!(expect.as_str(), "allow" | "deny") {
        return Err(("expect", "is neither `allow` nor `deny`".to_owned()));
    }
    Ok(Case {
        file: file.to_owned(),
        line: line.number,
        expect: format!("{expect} {because}"),
        request: DecisionRequest {
            asker: Asker { principal, agency, kind: known.kind, roles: sort(held), areas: sort(own) },
            partnership: policy.bundle().partnership().clone(),
            owner: one(owner, |word| word.parse().map_err(bad("owner")))?,
            return_type: one(rtype, |word| word.parse().map_err(bad("rtype")))?,
            areas: sort(many(concerns, "concerns", |word| word.parse().map_err(bad("concerns")))?),
            act: find(Act::ALL, act, Act::as_str, "act")?,
            purpose: one(purpose, |word| word.parse().map_err(bad("purpose")))?,
            facts: sort(many(facts, "facts", |word| find(Fact::ALL, word, Fact::as_str, "facts"))?),
            day: iso_date(day).map_err(|text| ("day", text))?,
        },
    })
}

fn bad(column: &'static str) -> impl Fn(BadName) -> Wrong {
    move |bad| (column, bad.to_string())
}

fn sort<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}

fn one<T>(cell: &str, read: impl Fn(&str) -> Result<T, Wrong>) -> Result<Option<T>, Wrong> {
    if cell == "none" { Ok(None) } else { read(cell).map(Some) }
}

fn many<T>(
    cell: &str,
    column: &'static str,
    read: impl Fn(&str) -> Result<T, Wrong>,
) -> Result<Vec<T>, Wrong> {
    if cell == "none" {
        return Ok(Vec::new());
    }
    if cell.contains("  ") {
        return Err((column, "has two spaces together".to_owned()));
    }
    cell.split(' ').map(read).collect()
}

fn find<T: Copy, const N: usize>(
    all: [T; N],
    word: &str,
    name: fn(T) -> &'static str,
    column: &'static str,
) -> Result<T, Wrong> {
    all.into_iter()
        .find(|item| name(*item) == word)
        .ok_or_else(|| (column, format!("`{word}` is none of {}", all.map(name).join(", "))))
}

#[cfg(test)]
mod tests;
