//! Cedar on the same rows, one policy each: `permit` or `forbid`; the asker is in its holders (kind, agency, role,
//! role of kind, role of agency), the return type in its families; act as action; owners, areas, purpose, facts
//! and days as conditions on the context. Askers, types and requests are made before the clock starts.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::str::FromStr as _;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression,
};
use concordat_tests::bench::Outcome;
use concordat_tests::bench::rules::Asked;

/// The policies.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
}

/// A request as Cedar takes it.
pub struct Question {
    request: Request,
    entities: Entities,
}

impl Cedar {
    /// The rows as a text of policies.
    pub fn text(rows: &[Vec<String>]) -> Outcome<String> {
        let mut text = String::new();
        for row in rows {
            let [id, sub, _, owner, area, rtype, act, purpose, fact, from, until, _, eft] = row.as_slice()
            else {
                return Err("a row has thirteen cells".into());
            };
            let scope = |any: bool, of: &str, narrow: String| if any { of.to_owned() } else { narrow };
            let effect = if eft == "allow" { "permit" } else { "forbid" };
            let principal = scope(sub == "*", "principal", format!("principal in Holder::\"{sub}\""));
            let action = scope(act == "*", "action", format!("action == Action::\"{act}\""));
            let resource = scope(rtype == "*", "resource", format!("resource in Types::\"{rtype}\""));
            write!(text, "@id(\"{id}\") {effect}({principal}, {action}, {resource}) when {{ ")?;
            if purpose != "*" {
                write!(text, "context.purpose == \"{purpose}\" && ")?;
            }
            if owner != "*" {
                write!(text, "context.owners.contains(\"{owner}\") && ")?;
            }
            if area != "*" && eft == "allow" {
                write!(text, "context.areas.contains(\"{area}\") && ")?;
            } else if area != "*" {
                write!(
                    text,
                    "(context.areas.contains(\"{area}\") || context.touched.contains(\"{area}\")) && "
                )?;
            }
            if fact != "*" {
                write!(text, "context.facts.contains(\"{fact}\") && ")?;
            }
            writeln!(text, "context.day >= {} && context.day <= {} }};", day(from)?, day(until)?)?;
        }
        Ok(text)
    }

    /// Reads the policies.
    pub fn new(text: &str) -> Outcome<Self> {
        Ok(Self { authorizer: Authorizer::new(), policies: PolicySet::from_str(text)? })
    }

    /// Its answer.
    pub fn allows(&self, question: &Question) -> bool {
        let response = self.authorizer.is_authorized(&question.request, &self.policies, &question.entities);
        response.decision() == Decision::Allow
    }
}

impl Question {
    /// Makes a request ready.
    pub fn new(asked: &Asked) -> Outcome<Self> {
        let [subs, _, owners, areas, touched, rtypes, act, purposes, facts, today] = asked.words.as_slice()
        else {
            return Err("a request has ten words".into());
        };
        let uid = |of: &str, id: &str| EntityUid::from_str(&format!("{of}::\"{id}\""));
        let words = |set: &str| -> Vec<String> {
            set.split('|').filter(|word| !word.is_empty() && *word != "*").map(str::to_owned).collect()
        };
        let parents = |of: &str, set: &str| -> Outcome<std::collections::HashSet<EntityUid>> {
            words(set).iter().map(|word| Ok(uid(of, word)?)).collect()
        };
        let text = |word: String| RestrictedExpression::new_string(word);
        let set = |of: &str| RestrictedExpression::new_set(words(of).into_iter().map(text));
        let asker = asked.request.asker.principal.as_ref().ok_or("nobody asks")?.to_string();
        let rtype = asked.request.return_type.as_ref().ok_or("no type")?.as_str();
        let (user, resource) = (uid("User", &asker)?, uid("Return", rtype)?);
        let mut entities = vec![
            Entity::new_no_attrs(user.clone(), parents("Holder", subs)?),
            Entity::new_no_attrs(resource.clone(), parents("Types", rtypes)?),
        ];
        let known: BTreeSet<_> = [(subs, "Holder"), (rtypes, "Types")]
            .into_iter()
            .flat_map(|(set, of)| words(set).into_iter().map(move |word| (of, word)))
            .collect();
        for (of, word) in known {
            entities.push(Entity::new_no_attrs(uid(of, &word)?, Default::default()));
        }
        let purpose = words(purposes).into_iter().next().ok_or("no purpose")?;
        let context = Context::from_pairs([
            ("owners".to_owned(), set(owners)),
            ("areas".to_owned(), set(areas)),
            ("touched".to_owned(), set(touched)),
            ("facts".to_owned(), set(facts)),
            ("purpose".to_owned(), text(purpose)),
            ("day".to_owned(), RestrictedExpression::new_long(day(today)?)),
        ])?;
        Ok(Self {
            request: Request::new(user, uid("Action", act)?, resource, context, None)?,
            entities: Entities::from_entities(entities, None)?,
        })
    }
}

/// A date as a number, in the order of dates.
fn day(text: &str) -> Outcome<i64> {
    Ok(text.replace('-', "").parse()?)
}
