//! Free text: what it must not hold and, in figures over many, what contradicts itself.

use concordat_core::finding::Severity;

use super::findings::{Findings, Place, ids};
use crate::definition::{ReturnType, TypeKind};
use crate::guard::{self, Detail};
use crate::narrative::{self, Rule};

pub(crate) fn check(of: &ReturnType, text: &str, place: Place<'_>, findings: &mut Findings) {
    overshare(of, text, place, findings);
    if of.kind == TypeKind::Aggregate {
        narrate(text, place, findings);
    }
}

fn overshare(of: &ReturnType, text: &str, place: Place<'_>, findings: &mut Findings) {
    let column = place.column.unwrap_or_default();
    let details = guard::scan(text);
    if !details.is_empty() {
        let words: Vec<&str> = details.into_iter().map(Detail::as_str).collect();
        let text =
            format!("`{column}` seems to hold {}: take it out, or say it without", words.join(" and "));
        findings.push(&ids().overshare, severity(of), place, text, None);
    }
    if guard::has_name(text) {
        let text =
            format!("`{column}` may hold the name of a person: if it does, take it out or write a role");
        findings.push(&ids().name, Severity::Query, place, text, None);
    }
}

/// What personal detail where none is expected means for a return type.
pub(crate) fn severity(of: &ReturnType) -> Severity {
    if of.kind == TypeKind::Aggregate { Severity::Error } else { Severity::Query }
}

fn narrate(text: &str, place: Place<'_>, findings: &mut Findings) {
    let ids = ids();
    for remark in narrative::remarks(text) {
        let id = match remark.rule {
            Rule::N1 => &ids.n1,
            Rule::N2 => &ids.n2,
            Rule::N3 => &ids.n3,
            Rule::N4 => &ids.n4,
            Rule::N5 => &ids.n5,
            Rule::N6 => &ids.n6,
            Rule::N7 => &ids.n7,
        };
        findings.push(id, Severity::Query, place, remark.rule.words().to_owned(), remark.figures);
    }
}
