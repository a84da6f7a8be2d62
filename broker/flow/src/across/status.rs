//! How a submission stands beside the returns of other agencies, for its sender.

use concordat_core::across::{Compared, Outcome};
use concordat_core::apply::{Key, Row};
use concordat_core::fault::Fault;
use concordat_core::ids::{AreaCode, RuleId};
use concordat_core::submission::{Covers, SubmissionRecord};
use concordat_store::Store;

use super::{Others, in_words};
use crate::open::Flow;

/// How a submission stands beside the returns of other agencies by one rule, over one area. No figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcrossOf {
    /// The rule.
    pub rule: RuleId,
    /// The area.
    pub area: AreaCode,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether it was not checked because a published figure is suppressed.
    pub suppressed: bool,
    /// The returns it was compared with; those that are overdue where it could not be.
    pub with: Vec<String>,
    /// Whether those are overdue.
    pub overdue: bool,
}

impl<S: Store> Flow<S> {
    /// How a submission stands by each rule across returns: what was recorded, and what cannot be because another
    /// return is overdue. Of rules whose parts are merely not in yet nothing is said,
    /// and of rules over a year nothing before all are in.
    pub(crate) fn across_of(&self, record: &SubmissionRecord) -> Result<Vec<AcrossOf>, Fault> {
        let stored = match self.store.row(&Key::Across(record.id))? {
            Some(Row::Across(results)) => results,
            _ => Vec::new(),
        };
        let others = |result: &Compared| {
            let others = result.returns.iter().filter(|party| party.submission != record.id);
            let mut others: Vec<String> =
                others.map(|party| in_words(&party.return_type, &party.agency)).collect();
            others.dedup();
            others
        };
        let mut all: Vec<AcrossOf> = stored
            .iter()
            .map(|result| AcrossOf {
                rule: result.rule.clone(),
                area: result.area.clone(),
                outcome: result.outcome,
                suppressed: result.suppressed,
                with: others(result),
                overdue: false,
            })
            .collect();
        let Covers::Period(period) = record.identity.covers else { return Ok(all) };
        if record.superseded_by.is_some() {
            return Ok(all);
        }
        let generation = self.generation();
        for rule in generation.catalogue.across_of(&record.identity.return_type) {
            if rule.yearly || rule.events().is_some() || rule.part_of(&record.identity).is_none() {
                continue;
            }
            for area in &record.identity.areas {
                if all.iter().any(|known| known.rule == rule.id && known.area == *area) {
                    continue;
                }
                let (others, _) = self.others(&generation, rule, area, period, &record.identity)?;
                let Others::Overdue(missing) = others else { continue };
                all.push(AcrossOf {
                    rule: rule.id.clone(),
                    area: area.clone(),
                    outcome: Outcome::NotChecked,
                    suppressed: false,
                    with: missing.iter().map(|of| in_words(&of.return_type, &of.agency)).collect(),
                    overdue: true,
                });
            }
        }
        Ok(all)
    }
}
