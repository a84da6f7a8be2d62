//! The rules of a return type: `[[rule]]` and `[[additive]]`.

use concordat_core::finding::Severity;
use concordat_core::ids::RuleId;

use crate::definition::{Additive, Field, Long, Rule, Scope};
use crate::rule::{Compiled, Scene, compile, compile_additive, named};

use super::Read;
use super::section::Section;

pub(super) const SEVERITIES: [(&str, Severity); 3] =
    [("error", Severity::Error), ("query", Severity::Query), ("info", Severity::Info)];

/// Reads and compiles all rules; those of the additive groups come last.
pub(super) fn read(
    root: &Section<'_, '_>,
    fields: &[Field],
    long: Option<&Long>,
) -> (Vec<Rule>, Vec<Additive>) {
    let scene = Scene::new(fields, long);
    let (mut rules, mut groups) = (Vec::<Rule>::new(), Vec::new());
    for section in root.sections("rule") {
        section.only(&["id", "severity", "scope", "check", "words", "column"]);
        if let Some(rule) = one(&section, &scene) {
            add(&mut rules, rule, &section);
        }
    }
    for section in root.sections("additive") {
        section.only(&["id", "severity", "total", "parts", "words"]);
        if let Some((rule, group)) = additive(&section, &scene) {
            add(&mut rules, rule, &section);
            groups.push(group);
        }
    }
    (rules, groups)
}

pub(super) fn add(rules: &mut Vec<Rule>, rule: Rule, section: &Section<'_, '_>) {
    if rules.iter().any(|other| other.id == rule.id) {
        section.complain("id", format!("the rule id `{}` is used twice", rule.id));
    }
    rules.push(rule);
}

fn one(section: &Section<'_, '_>, scene: &Scene<'_>) -> Read<Rule> {
    let id: Option<RuleId> = section.parsed("id");
    let severity = section.word("severity", &SEVERITIES);
    let is_long = scene.long.is_some();
    let scope = match section.has("scope") {
        true => section.word("scope", &[("row", Scope::Row), ("table", Scope::Table)]),
        false => Some(if is_long { Scope::Table } else { Scope::Row }),
    };
    if scope.is_some_and(|scope| (scope == Scope::Table) != is_long) {
        section.complain(
            "scope",
            "rules look over a table when the type has [long], and over rows when it has not".to_owned(),
        );
    }
    let words = section.string("words");
    let check = section.string("check")?;
    let id = id?;
    let compiled = match compile(&check, scene) {
        Ok(compiled) => Some(compiled),
        Err(faults) => {
            faults.iter().for_each(|fault| section.complain("check", named(&id, fault)));
            None
        }
    }?;
    of_one_part(section, &id, &compiled, scene.fields);
    let column = if section.has("column") {
        let column = section.string_if("column")?;
        if !scene.fields.iter().any(|field| field.name == column) {
            section.complain("column", named(&id, &format!("there is no field `{column}`")));
        }
        Some(column)
    } else if let Some(long) = scene.long {
        scene.fields.get(long.value).map(|field| field.name.clone())
    } else {
        compiled
            .fields
            .first()
            .and_then(|at| scene.fields.get(usize::from(*at)))
            .map(|field| field.name.clone())
    };
    Some(Rule {
        id,
        severity: severity?,
        scope: scope?,
        check,
        words: words?,
        column,
        additive: false,
        compiled,
    })
}

// a return holds one part: what two parts say together is a question to two returns
fn of_one_part(section: &Section<'_, '_>, id: &RuleId, compiled: &Compiled, fields: &[Field]) {
    let read = compiled.fields.iter().filter_map(|at| fields.get(usize::from(*at)));
    let mut parts: Vec<_> = read.filter_map(|field| field.part).collect();
    parts.sort_unstable();
    parts.dedup();
    if let [one, other, ..] = parts.as_slice() {
        section.complain(
            "check",
            named(id, &format!("it reads the parts `{one}` and `{other}`, which never come together")),
        );
    }
}

fn additive(section: &Section<'_, '_>, scene: &Scene<'_>) -> Read<(Rule, Additive)> {
    let id: Option<RuleId> = section.parsed("id");
    let severity = section.word("severity", &SEVERITIES);
    let words = section.string("words");
    let total = section.string("total");
    let parts = section.strings("parts")?;
    let (id, total) = (id?, total?);
    if parts.is_empty() {
        section.complain("parts", named(&id, "`parts` is missing"));
        return None;
    }
    let (compiled, parts) = match compile_additive(&total, &parts, scene) {
        Ok(both) => Some(both),
        Err(faults) => {
            faults.iter().for_each(|fault| section.complain("parts", named(&id, fault)));
            None
        }
    }?;
    of_one_part(section, &id, &compiled, scene.fields);
    let column = match scene.long {
        Some(long) => scene.fields.get(long.value).map(|field| field.name.clone()),
        None => Some(total.clone()),
    };
    let rule = Rule {
        id: id.clone(),
        severity: severity?,
        scope: if scene.long.is_some() { Scope::Table } else { Scope::Row },
        check: format!("{} == {total}", parts.join(" + ")),
        words: words?,
        column,
        additive: true,
        compiled,
    };
    Some((rule, Additive { id, total, parts }))
}
