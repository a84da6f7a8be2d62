//! What the rows of a clause are called: a clause of one row gives it its own id, any other adds what tells the
//! row from the clause's others. So a row keeps its id wherever it stands in the file.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use concordat_core::ids::RuleId;

use super::expand::Draft;
use super::narrow::Narrowed;
use crate::complaint::Complaint;

/// What [`RuleId`] may be long.
const MOST: usize = 64;

/// The rows with their ids; one that cannot be called anything is complained of and left out.
pub(super) fn rows<'a>(
    draft: &Draft<'_>,
    rows: &'a [Narrowed],
    complaints: &mut Vec<Complaint>,
) -> Vec<(RuleId, &'a Narrowed)> {
    let differs = |of: &dyn Fn(&Narrowed) -> &str| rows.iter().map(of).collect::<BTreeSet<_>>().len() > 1;
    let roles = differs(&|row| row.role.as_deref().unwrap_or_default());
    let holders = differs(&|row| row.holder.as_deref().unwrap_or_default());
    let owners = differs(&|row| &row.owner);
    let acts = differs(&|row| &row.act);
    let types = differs(&|row| &row.rtype);
    let mut seen = BTreeSet::new();
    let mut named = Vec::with_capacity(rows.len());
    for row in rows {
        let mut id = draft.clause.id.to_string();
        let mut add = |wanted: bool, text: &str| {
            if wanted && !text.is_empty() {
                id.push('.');
                id.push_str(text);
            }
        };
        add(roles, row.role.as_deref().unwrap_or_default());
        add(holders, bare(row.holder.as_deref().unwrap_or("any")));
        add(owners, &format!("of-{}", bare(&row.owner)));
        add(acts, &row.act);
        add(types, bare(&row.rtype));
        let mut complain = |text: String| {
            complaints.push(draft.agreement.of_clause(draft.clause, "id", text));
        };
        match RuleId::new(&short(&id)) {
            Ok(id) if seen.insert(id.clone()) => named.push((id, row)),
            Ok(_) => complain(format!("two rows would be called `{id}`; part the clause")),
            Err(bad) => complain(bad.to_string()),
        }
    }
    named
}

/// An id is no longer than 64 characters: the rest of one that is longer is told by its digest.
fn short(id: &str) -> String {
    if id.len() <= MOST {
        return id.to_owned();
    }
    let digest = digest(&SHA256, id.as_bytes());
    let tail: String = digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let head: String = id.chars().take(MOST - 1 - tail.len()).collect();
    format!("{head}-{tail}")
}

/// A word without what it is a word of: `police` of `kind:police`.
fn bare(word: &str) -> &str {
    match word {
        "*" => "any",
        _ => word.split_once(':').map_or(word, |(_, bare)| bare),
    }
}
