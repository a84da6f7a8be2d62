//! What is left of a row when it may reach only those who have signed: as asker, and as owner of what is asked for.

use concordat_core::agency::Agency;
use concordat_core::ids::AgencyId;
use jiff::civil::Date;

use super::expand::Draft;
use crate::agreement::{Agreement, Clause};
use crate::reach::{Senders, askers};
use crate::row::{Owner, Row, Who};
use crate::vocabulary::{Known, Vocabulary};

/// A row as it will stand, but for its id.
pub(super) struct Narrowed {
    /// The role of the subject, and what the subject says of agencies.
    pub role: Option<String>,
    pub holder: Option<String>,
    pub owner: String,
    pub rtype: String,
    pub act: String,
    from: Date,
}

impl Narrowed {
    /// All cells but the id.
    pub fn cells(&self, draft: &Draft<'_>, known: &Known) -> Vec<String> {
        let clause = draft.clause;
        let role = self.role.as_ref().map(|role| format!("role:{role}"));
        let sub = [role, self.holder.clone()].into_iter().flatten().collect::<Vec<_>>().join("+");
        vec![
            sub,
            known.partnership.to_string(),
            self.owner.clone(),
            clause.areas.clone(),
            self.rtype.clone(),
            self.act.clone(),
            clause.purpose.clone(),
            clause.fact.clone(),
            self.from.to_string(),
            clause.until.to_string(),
            clause.profile.clone(),
            "allow".to_owned(),
        ]
    }
}

/// The agencies a row speaks of that are parties, be it that they signed or not.
pub(super) fn parties<'a>(draft: &Draft<'_>, row: &Row, vocabulary: &Vocabulary<'a>) -> Vec<&'a Agency> {
    let mut asking = askers(row, vocabulary);
    asking.retain(|agency| draft.agreement.parties.contains(&agency.id));
    asking
}

/// Those that have signed within its days.
fn bound<'a>(draft: &Draft<'_>, row: &Row, vocabulary: &Vocabulary<'a>) -> Vec<&'a Agency> {
    let mut asking = parties(draft, row, vocabulary);
    asking.retain(|agency| begins(draft.agreement, draft.clause, &agency.id).is_some());
    asking
}

/// From which day a clause holds for an agency: not before it signed.
fn begins(agreement: &Agreement, clause: &Clause, agency: &AgencyId) -> Option<Date> {
    agreement.signed(agency).filter(|on| *on <= clause.until).map(|on| on.max(clause.from))
}

/// The rows that are left of one: the same, where all it reaches had signed by its first day; otherwise one for
/// each that has.
pub(super) fn rows(
    draft: &Draft<'_>,
    row: &Row,
    senders: &Senders<'_>,
    vocabulary: &Vocabulary<'_>,
) -> Vec<Narrowed> {
    let bound = bound(draft, row, vocabulary);
    let asking = words(draft, askers(row, vocabulary).iter().map(|agency| &agency.id));
    let owning = words(draft, senders.owners(row, &bound, vocabulary).into_keys());
    let mut rows = Vec::new();
    for (asker, since) in &asking {
        for (owner, from) in &owning {
            let from = *from.max(since);
            match (asker, owner) {
                // "other" of one owner alone: every asker but that owner
                (None, Some(owner)) if row.owner == Owner::Other && bound.iter().any(|a| a.id == **owner) => {
                    let others = bound.iter().map(|agency| &agency.id).filter(|id| id != owner);
                    rows.extend(others.map(|asker| narrowed(row, Some(asker), Some(owner), from)));
                }
                (Some(asker), Some(owner)) if row.owner == Owner::Other && asker == owner => {}
                _ => rows.push(narrowed(row, *asker, *owner, from)),
            }
        }
    }
    rows
}

/// What becomes of a word of a row that stands for agencies: itself, or each of them that has signed, from a day.
fn words<'a>(
    draft: &Draft<'_>,
    agencies: impl Iterator<Item = &'a AgencyId>,
) -> Vec<(Option<&'a AgencyId>, Date)> {
    let (agreement, clause) = (draft.agreement, draft.clause);
    let each: Vec<_> = agencies.map(|id| (id, begins(agreement, clause, id))).collect();
    if each.iter().all(|(_, from)| *from == Some(clause.from)) {
        return vec![(None, clause.from)];
    }
    each.into_iter().filter_map(|(id, from)| Some((Some(id), from?))).collect()
}

fn narrowed(row: &Row, asker: Option<&AgencyId>, owner: Option<&AgencyId>, from: Date) -> Narrowed {
    let cell = |at: usize| row.cells.get(at).cloned().unwrap_or_default();
    let agency = |id: &AgencyId| format!("agency:{id}");
    Narrowed {
        role: row.role.as_ref().map(ToString::to_string),
        holder: asker.map(agency).or_else(|| match &row.who {
            Who::Anyone => None,
            Who::Kind(kind) => Some(format!("kind:{kind}")),
            Who::Agency(id) => Some(agency(id)),
        }),
        owner: owner.map_or_else(|| cell(3), agency),
        rtype: cell(5),
        act: cell(6),
        from,
    }
}
