//! `roles.csv`: which roles exist and which kinds of agency may hold them. Who holds them is in the log.

use std::collections::{BTreeMap, BTreeSet};

use concordat_core::agency::Kind;
use concordat_core::ids::RoleId;

use crate::complaint::Complaint;
use crate::csv;

pub(crate) const FILE: &str = "roles.csv";

/// A role that a principal may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub id: RoleId,
    /// Its line in the file.
    pub line: u32,
    /// The kinds of agency whose principals may hold it.
    pub kinds: BTreeSet<Kind>,
    /// What it is for.
    pub about: String,
}

impl Role {
    /// Whether a principal of an agency of that kind may hold it.
    #[must_use]
    pub fn may_be_held_by(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// Reads the file; `kinds` is `*` or kinds with spaces between.
pub(crate) fn read(bytes: &[u8], complaints: &mut Vec<Complaint>) -> BTreeMap<RoleId, Role> {
    let mut roles = BTreeMap::new();
    for line in csv::read(FILE, bytes, &["role", "kinds", "about"], complaints) {
        let [id, kinds, about] = line.cells.as_slice() else { continue };
        let mut complain = |column: &str, text: String| {
            complaints.push(Complaint::of_cell(FILE, line.number, column, text));
        };
        let id = match RoleId::new(id) {
            Ok(id) => id,
            Err(bad) => {
                complain("role", bad.to_string());
                continue;
            }
        };
        let mut held = BTreeSet::new();
        if kinds == "*" {
            held.extend(Kind::ALL);
        } else {
            for word in kinds.split(' ') {
                match word.parse::<Kind>() {
                    Ok(kind) if held.insert(kind) => {}
                    Ok(kind) => complain("kinds", format!("`{kind}` is there twice")),
                    Err(bad) => complain("kinds", bad.to_string()),
                }
            }
        }
        if roles.contains_key(&id) {
            complain("role", format!("`{id}` is there twice"));
        }
        roles.insert(id.clone(), Role { id, line: line.number, kinds: held, about: about.clone() });
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_held_by_the_kinds_it_names_and_no_other() {
        let mut complaints = Vec::new();
        let roles = read(b"role,kinds,about\nlado,lado,reads\nany,*,all\n", &mut complaints);
        assert!(complaints.is_empty());
        let lado = &roles[&RoleId::new("lado").unwrap()];
        assert!(lado.may_be_held_by(Kind::Lado) && !lado.may_be_held_by(Kind::Police));
        assert!(roles[&RoleId::new("any").unwrap()].may_be_held_by(Kind::National));
    }

    #[test]
    fn unknown_kinds_and_roles_named_twice_are_refused() {
        let mut complaints = Vec::new();
        read(b"role,kinds,about\na,csc,x\nb,police police,x\nb,police,x\n", &mut complaints);
        let said: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].starts_with("roles.csv:2: kinds: `csc` is no kind"));
    }
}
