//! Profiles, suppression methods and roles that no row uses, and what speaks of agencies that there are not.

use std::collections::BTreeSet;

use concordat_core::agency::Kind;

use super::Finding;
use crate::bundle::Bundle;
use crate::complaint::Complaint;
use crate::roles;
use crate::row::Who;

const RULES: &str = "rules.csv";

pub(super) fn look(bundle: &Bundle, findings: &mut Vec<Finding>) {
    let used: BTreeSet<_> = bundle.rows().iter().filter_map(|row| row.profile.as_ref()).collect();
    for profile in bundle.profiles().filter(|profile| !used.contains(&profile.id)) {
        let file = format!("profiles/{}.toml", profile.id);
        findings.push(Finding::warning(Complaint::of_file(&file, "no row uses this profile")));
    }
    for (name, suppression) in bundle.suppressions.iter() {
        if !bundle.profiles().any(|profile| profile.suppressions().any(|(_, used)| used == suppression)) {
            let file = format!("suppression/{name}.toml");
            // methods stand ready to be chosen: an unused one is no slip
            findings.push(Finding::info(Complaint::of_file(&file, "no profile uses this method")));
        }
    }
    let kinds: BTreeSet<Kind> = bundle.known.agencies.iter().map(|agency| agency.kind).collect();
    roles(bundle, &kinds, findings);
    for row in bundle.rows() {
        if let Who::Kind(kind) = &row.who
            && !kinds.contains(kind)
        {
            let text = format!("speaks of {kind} agencies, and the partnership has none");
            findings.push(Finding::info(Complaint::of_cell(RULES, row.line, "sub", text)));
        }
    }
}

fn roles(bundle: &Bundle, kinds: &BTreeSet<Kind>, findings: &mut Vec<Finding>) {
    let spoken_of: BTreeSet<_> = bundle.rows().iter().filter_map(|row| row.role.as_ref()).collect();
    for role in bundle.roles() {
        if !spoken_of.contains(&role.id) {
            let text =
                format!("no row speaks of the role `{}`: whoever holds it may do nothing by it", role.id);
            findings.push(Finding::warning(Complaint::of_cell(roles::FILE, role.line, "role", text)));
        } else if role.kinds.is_disjoint(kinds) {
            let text = format!("nobody can hold `{}`: the partnership has no agency of such a kind", role.id);
            findings.push(Finding::warning(Complaint::of_cell(roles::FILE, role.line, "kinds", text)));
        }
    }
}
