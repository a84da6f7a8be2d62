//! What is missing.

use concordat_core::refusal::Refusal;
use concordat_core::submission::Covers;
use concordat_flow::{Completeness, MissingFilter, ObligationRow};
use concordat_proto::v1 as wire;

use super::{optional, text_of, texts};

/// Reads what is asked after.
///
/// # Errors
/// [`Refusal::Malformed`] when a name is none.
pub fn filter(request: &wire::MissingRequest) -> Result<MissingFilter, Refusal> {
    Ok(MissingFilter {
        agency: optional("agency", &request.agency)?,
        return_type: optional("return_type", &request.return_type)?,
        with_not_due: request.with_not_due,
    })
}

/// What is owed and where it stands.
#[must_use]
pub fn completeness(completeness: Completeness) -> wire::MissingReply {
    wire::MissingReply {
        rows: completeness.rows.into_iter().map(row).collect(),
        as_at: completeness.as_at.to_string(),
        demo_clock: completeness.demo_clock,
    }
}

fn row(row: ObligationRow) -> wire::ObligationRow {
    let identity = row.identity;
    wire::ObligationRow {
        agency: identity.agency.into(),
        return_type: identity.return_type.into(),
        areas: texts(identity.areas),
        period: match identity.covers {
            Covers::Period(period) => period.to_string(),
            // events are not owed; one that came here by mistake would tell of a person, so it stays unnamed
            Covers::Event(_) => String::new(),
        },
        part: identity.part.unwrap_or_default(),
        state: row.state.as_str().to_owned(),
        due: row.due.date.to_string(),
        working_days_late: row.working_days_late,
        last_accepted: text_of(row.last_accepted),
        was_late: row.was_late,
        unexplained: row.unexplained,
        disagreements: row.disagreements,
        records_refused: row.records_refused,
    }
}
