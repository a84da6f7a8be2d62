//! What is not wrong with a policies folder and still worth a look: return types that nobody can send, that nobody
//! owes, that reach nobody or that nobody may read; rules that check nothing; a matrix that is out of date. Every
//! answer about policy is policy's own, asked as the rooms would ask it.

use std::collections::BTreeMap;

use concordat_catalogue::{AcrossPart, AreaMatch, ReturnType, TypeKind, lint, lint_across};
use concordat_core::agency::{Agency, Kind};
use concordat_core::clock::london_date;
use concordat_core::decision::{Act, Asker, DecisionRequest, Fact};
use concordat_core::ids::{PrincipalId, RoleId};
use concordat_policy::matrix::{self, matrix};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::generation::{Complaint, Generation, from_policy};
use concordat_core::partnership::FILE;

const RULES: &str = "rules.csv";

impl Generation {
    /// Warnings about the return types in force at an instant, and of a matrix that is not that of the rules.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<Complaint> {
        let day = london_date(now);
        let mut warnings = Vec::new();
        for of in self.catalogue.types().iter().filter(|of| of.in_force(day)) {
            warnings.extend(lint(of, now, &self.calendar).into_iter().map(|c| Complaint {
                file: c.file,
                row: c.line,
                column: c.key,
                text: c.text,
            }));
            let said = self.about_policy(of, day);
            warnings.extend(said.into_iter().map(|(file, text)| Complaint {
                file: file.to_owned(),
                row: None,
                column: None,
                text,
            }));
        }
        warnings.extend(self.about_across(now));
        let held = self.files.iter().find(|(path, _)| path == matrix::FILE);
        let outdated = matrix(self.policy.bundle()).outdated(held.map(|(_, bytes)| bytes.as_slice()));
        warnings.extend(from_policy(outdated.into_iter().collect()));
        warnings
    }

    fn is_owed(&self, part: &AcrossPart) -> bool {
        self.partnership.obligations.iter().any(|owed| {
            owed.return_type == part.return_type && owed.part.as_deref() == part.part.map(Kind::as_str)
        })
    }

    /// Rules across returns that look odd, and those that are never checked since nobody owes one of their returns:
    /// told once for each return, with all its rules.
    fn about_across(&self, now: Timestamp) -> Vec<Complaint> {
        let of = |column: Option<String>, text: String| Complaint {
            file: "returns/across.toml".to_owned(),
            row: None,
            column,
            text,
        };
        let mut said = Vec::new();
        let mut unowed: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for rule in self.catalogue.across() {
            said.extend(lint_across(rule, now).map(|c| of(Some(rule.id.to_string()), c.text)));
            for part in rule.sent().filter(|part| !self.is_owed(part)) {
                let rules = unowed.entry((part.return_type.as_str(), part.name.as_str())).or_default();
                rules.push(rule.id.as_str());
            }
        }
        said.extend(unowed.into_iter().map(|((rtype, part), rules)| {
            let rules = rules.join(", ");
            of(None, format!("nobody owes `{rtype}` as the part `{part}`: never checked: {rules}"))
        }));
        said
    }

    fn about_policy(&self, of: &ReturnType, day: Date) -> Vec<(&'static str, String)> {
        let mut said = Vec::new();
        let owners: Vec<&Agency> =
            self.agencies().filter(|agency| of.owners.contains(&agency.kind)).collect();
        if owners.is_empty() {
            let kinds: Vec<&str> = of.owners.iter().map(|kind| kind.as_str()).collect();
            said.push((
                FILE,
                format!("`{}` is sent by {}, and no agency is of such a kind", of.id, kinds.join(", ")),
            ));
            return said;
        }
        let is_owed = self.partnership.obligations.iter().any(|owed| owed.return_type == of.id);
        if of.kind != TypeKind::Event && !is_owed {
            said.push((FILE, format!("no agency owes `{}`: nobody will be told that it is missing", of.id)));
        }
        for kind in &of.owners {
            let mut of_kind = owners.iter().filter(|agency| agency.kind == *kind).peekable();
            if of_kind.peek().is_some()
                && !of_kind.any(|agency| self.may(of, Act::Submit, agency, agency, day))
            {
                said.push((RULES, format!("no row lets an agency of kind {kind} send `{}`", of.id)));
            }
        }
        self.about_readers(of, &owners, day, &mut said);
        said
    }

    // whom it reaches, and whether anybody there may read it
    fn about_readers(
        &self,
        of: &ReturnType,
        owners: &[&Agency],
        day: Date,
        said: &mut Vec<(&'static str, String)>,
    ) {
        let reached: Vec<(&Agency, &Agency)> = owners
            .iter()
            .flat_map(|owner| self.agencies().map(move |to| (*owner, to)))
            .filter(|(owner, to)| owner.id != to.id && self.is_delivered(of, owner, to, day))
            .collect();
        for rule in &of.recipients {
            let mut of_kind = reached.iter().filter(|(_, to)| to.kind == rule.kind).peekable();
            let is_other = |to: &Agency| to.kind == rule.kind && owners.iter().any(|owner| owner.id != to.id);
            if !self.agencies().any(is_other) {
                // a kind of which the partnership has no agency but the sender is nobody's loss
            } else if of_kind.peek().is_none() {
                said.push((
                    RULES,
                    format!("no row delivers `{}` to any agency of kind {}", of.id, rule.kind),
                ));
            } else if !of_kind.any(|(owner, to)| self.may(of, Act::Read, owner, to, day)) {
                said.push((
                    RULES,
                    format!(
                        "`{}` is delivered to agencies of kind {} and no row lets any of them read it",
                        of.id, rule.kind
                    ),
                ));
            }
        }
    }

    fn agencies(&self) -> impl Iterator<Item = &Agency> {
        self.partnership.agencies.iter().map(AsRef::as_ref)
    }

    fn is_delivered(&self, of: &ReturnType, owner: &Agency, to: &Agency, day: Date) -> bool {
        let named = of.recipients.iter().any(|rule| {
            rule.kind == to.kind
                && match rule.areas {
                    AreaMatch::Any | AreaMatch::Named => true,
                    AreaMatch::Shared => to.areas.iter().any(|area| owner.areas.contains(area)),
                }
        });
        named && self.allows(of, Act::Deliver, owner, to, None, day)
    }

    // whether any one role lets somebody of an agency do it
    fn may(&self, of: &ReturnType, act: Act, owner: &Agency, by: &Agency, day: Date) -> bool {
        self.policy.bundle().roles().any(|role| self.allows(of, act, owner, by, Some(&role.id), day))
    }

    fn allows(
        &self,
        of: &ReturnType,
        act: Act,
        owner: &Agency,
        by: &Agency,
        role: Option<&RoleId>,
        day: Date,
    ) -> bool {
        let mut facts = Vec::new();
        facts.extend(of.person_level.then_some(Fact::PersonLevel));
        facts.extend((owner.id == by.id).then_some(Fact::Own));
        facts.sort();
        let principal = match role {
            // a principal of its own: rows speak of roles, kinds and agencies only
            Some(_) => match "anyone".parse() {
                Ok(name) => Some(PrincipalId { agency: by.id.clone(), name }),
                Err(_) => return false,
            },
            None => None,
        };
        let request = DecisionRequest {
            asker: Asker {
                principal,
                agency: by.id.clone(),
                kind: by.kind,
                roles: role.cloned().into_iter().collect(),
                areas: by.areas.clone(),
            },
            partnership: self.partnership.id.clone(),
            owner: Some(owner.id.clone()),
            return_type: Some(of.id.clone()),
            areas: owner.areas.clone(),
            act,
            purpose: Some(of.purpose.clone()),
            facts,
            day,
        };
        self.policy.decide(&request, ()).is_ok()
    }
}
