//! Agreements that have ended or soon will, reviews past their day, parties and rules that are missing.

use jiff::civil::Date;

use super::Finding;
use crate::agreement;
use crate::bundle::Bundle;
use crate::complaint::Complaint;

/// How many days before its end an agreement is warned of.
const SOON: i64 = 60;

pub(super) fn look(bundle: &Bundle, day: Date, findings: &mut Vec<Finding>) {
    for agreement in bundle.agreements() {
        let mut warn = |key: &str, text: String| {
            findings.push(Finding::warning(Complaint {
                file: agreement::FILE.to_owned(),
                row: None,
                column: Some(format!("{}.{key}", agreement.id)),
                text,
            }));
        };
        let left = (agreement.until - day).get_days();
        if agreement.until < day {
            warn("until", format!("ended on {}; its rows allow nothing any more", agreement.until));
        } else if i64::from(left) < SOON {
            warn("until", format!("ends on {}, in {left} days", agreement.until));
        }
        if agreement.review < day {
            warn("review", format!("was to be reviewed by {}", agreement.review));
        }
        for party in agreement.unsigned() {
            warn("signed", format!("`{party}` has not signed; no row reaches it, nor its data"));
        }
        for purpose in agreement.idle_purposes() {
            warn("purposes", format!("no clause is for `{purpose}`"));
        }
        if agreement.rules.is_empty() {
            warn("rules", "no row carries it out".to_owned());
        }
    }
    for agency in &bundle.known.agencies {
        if !bundle.agreements().any(|agreement| agreement.parties.contains(&agency.id)) {
            let text = format!("`{}` is party to no agreement", agency.id);
            findings.push(Finding::warning(Complaint::of_file(agreement::FILE, text)));
        }
    }
}
