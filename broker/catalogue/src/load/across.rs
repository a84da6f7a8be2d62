//! The rules across returns: `returns/across.toml`.

use std::sync::Arc;

use concordat_core::agency::Kind;
use concordat_core::finding::Severity;
use concordat_core::ids::{AreaCode, Digest, ReturnTypeId, RuleId};
use concordat_core::period::Frequency;

use crate::across::{AcrossPart, AcrossRule};
use crate::definition::{ReturnType, TypeKind};
use crate::rule::{Compiled, Meant, Scene, compile, is_field_name, named};

use super::Read;
use super::section::Section;

/// The file's path.
pub(crate) const FILE: &str = "returns/across.toml";

const SEVERITIES: [(&str, Severity); 2] = [("query", Severity::Query), ("info", Severity::Info)];

/// Reads all rules. Where not all types could be read, a type that is not there is not complained of.
pub(super) fn read(root: &Section<'_, '_>, types: &[Arc<ReturnType>], whole: bool) -> Vec<AcrossRule> {
    root.only(&["across", "area_names"]);
    let names = if root.has("area_names") { area_names(root) } else { Vec::new() };
    let mut rules = Vec::<AcrossRule>::new();
    for section in root.sections("across") {
        section.only(&["id", "severity", "own", "parts", "check", "words"]);
        let Some(rule) = one(&section, types, &names, whole) else { continue };
        let of_a_type = types.iter().flat_map(|of| &of.rules).any(|other| other.id == rule.id);
        if of_a_type || rules.iter().any(|other| other.id == rule.id) {
            section.complain("id", format!("the rule id `{}` is used twice", rule.id));
        }
        rules.push(rule);
    }
    rules
}

// how tables that name areas in words name each
fn area_names(root: &Section<'_, '_>) -> Vec<(AreaCode, String)> {
    let rows = root.rows("area_names").unwrap_or_default();
    let each = rows.iter().filter_map(|row| match row.as_slice() {
        [code, name] if !name.is_empty() => match code.parse() {
            Ok(code) => Some((code, name.clone())),
            Err(_) => {
                root.complain("area_names", format!("`{code}` is no area"));
                None
            }
        },
        _ => {
            root.complain("area_names", "a row is the code of an area and its name".to_owned());
            None
        }
    });
    each.collect()
}

fn one(
    section: &Section<'_, '_>,
    types: &[Arc<ReturnType>],
    names: &[(AreaCode, String)],
    whole: bool,
) -> Read<AcrossRule> {
    let id: Option<RuleId> = section.parsed("id");
    let severity = section.word("severity", &SEVERITIES);
    let words = section.string("words");
    let check = section.string("check");
    let sections = section.sections("parts");
    let parts: Vec<Option<(AcrossPart, Meant)>> =
        sections.iter().map(|part| self::part(part, types, names, whole)).collect();
    let parts: Option<Vec<(AcrossPart, Meant)>> = parts.into_iter().collect();
    let (id, check, severity, (parts, meant)) = (id?, check?, severity?, parts?.into_iter().unzip());
    let parts: Vec<AcrossPart> = parts;
    let meant: Vec<Meant> = meant;
    let own = section.boolean("own", Some(false))?;
    let complaint = together(&parts, severity, own, &meant);
    if let Some(text) = complaint {
        section.complain("parts", named(&id, &text));
        return None;
    }
    let compiled = match compile(&check, &Scene::across(&meant)) {
        Ok(compiled) => compiled,
        Err(faults) => {
            faults.iter().for_each(|fault| section.complain("check", named(&id, fault)));
            return None;
        }
    };
    if let Some(part) = unread(&parts, &compiled) {
        section.complain("check", named(&id, &format!("it names the part `{part}` and reads nothing of it")));
    }
    let yearly = is_yearly(&meant);
    Some(AcrossRule { id, severity, own, yearly, parts, check, words: words?, compiled })
}

fn is_yearly(meant: &[Meant]) -> bool {
    let mut types = meant.iter().filter(|part| !part.events && !part.of_year).flat_map(|part| &part.of);
    types.any(|of| of.frequency == Frequency::Year)
}

fn part(
    section: &Section<'_, '_>,
    types: &[Arc<ReturnType>],
    names: &[(AreaCode, String)],
    whole: bool,
) -> Read<(AcrossPart, Meant)> {
    section.only(&["name", "type", "part", "sender", "rows", "of_year", "events", "sent"]);
    let name = section.string("name").filter(|name| {
        let right = is_field_name(name);
        if !right {
            section.complain("name", format!("`{name}` cannot name a part: use a-z, 0-9 and _"));
        }
        right
    });
    let return_type: Option<ReturnTypeId> = section.parsed("type");
    let whose: Option<Kind> = if section.has("part") { Some(section.parsed("part")?) } else { None };
    let sender: Option<Kind> = if section.has("sender") { Some(section.parsed("sender")?) } else { None };
    let events = section.boolean("events", Some(false));
    let of_year = section.boolean("of_year", Some(false))?;
    let sent = section.boolean("sent", Some(false))?;
    if sent && events == Some(false) {
        section.complain("sent", "only events are counted by who sent them".to_owned());
    }
    let (name, return_type, events) = (name?, return_type?, events?);
    let of: Vec<Arc<ReturnType>> = types.iter().filter(|of| of.id == return_type).cloned().collect();
    if of.is_empty() {
        if whole {
            section.complain("type", format!("there is no return type `{return_type}`"));
        }
        return None;
    }
    for version in &of {
        if sender.is_some_and(|kind| !version.owners.contains(&kind)) {
            section.complain("sender", format!("`{}` is not sent by agencies of that kind", version.id));
            return None;
        }
        if of_year && version.frequency != Frequency::Quarter {
            section.complain("of_year", format!("`{}` does not come each quarter", version.id));
            return None;
        }
        if let Some((key, text)) = unfit(version, whose, events, names) {
            section.complain(key, text);
            return None;
        }
    }
    let rows = if section.has("rows") { rows(section, &of)? } else { Vec::new() };
    let names = names.to_vec();
    let part = AcrossPart {
        name: name.clone(),
        return_type,
        part: whose,
        sender,
        events,
        sent,
        of_year,
        rows,
        names,
    };
    Some((part, Meant { name, of, events, of_year }))
}

// why a type cannot fill a part
fn unfit(
    of: &ReturnType,
    whose: Option<Kind>,
    events: bool,
    names: &[(AreaCode, String)],
) -> Option<(&'static str, String)> {
    let id = &of.id;
    if events {
        return (of.kind != TypeKind::Event)
            .then(|| ("events", format!("`{id}` is not a type of event: it cannot be counted")));
    }
    let is_long = of.tables.first().is_some_and(|table| table.long.is_some());
    let has_area = if is_long { !names.is_empty() } else { of.area_fields.len() == 1 };
    if of.person_level || of.kind != TypeKind::Aggregate || !has_area {
        return Some((
            "type",
            format!(
                "`{id}` cannot be compared: a part is a table of figures over many, with one area per row, and one that names areas in words needs `area_names`"
            ),
        ));
    }
    let parts = of.parts();
    match whose {
        Some(kind) if !parts.contains(&kind) => Some(("part", format!("`{id}` has no part `{kind}`"))),
        None if !parts.is_empty() => Some(("type", format!("`{id}` comes in parts: say whose `part`"))),
        _ => None,
    }
}

// which rows speak, compiled for every version of the type
fn rows(section: &Section<'_, '_>, of: &[Arc<ReturnType>]) -> Read<Vec<(Digest, Compiled)>> {
    let text = section.string_if("rows")?;
    let mut compiled = Vec::new();
    for version in of {
        match compile(&text, &Scene::new(&version.fields, None)) {
            Ok(rule) if rule.previous || rule.calendar => {
                section.complain("rows", "which rows speak is told by the row itself".to_owned());
                return None;
            }
            Ok(rule) => compiled.push((version.digest, rule)),
            Err(faults) => {
                faults.iter().for_each(|fault| section.complain("rows", fault.clone()));
                return None;
            }
        }
    }
    Some(compiled)
}

// what is wrong with parts taken together
fn together(parts: &[AcrossPart], severity: Severity, own: bool, meant: &[Meant]) -> Option<String> {
    for (at, part) in parts.iter().enumerate() {
        let mut before = parts.iter().take(at);
        if before.any(|other| {
            other.name == part.name || (other.return_type == part.return_type && other.part == part.part)
        }) {
            return Some("two parts have one name, or are the same return".to_owned());
        }
    }
    let events = parts.iter().filter(|part| part.events).count();
    let sent = parts.len() - events;
    if parts.len() < 2 || sent == 0 {
        return Some("it takes two parts or more, and one of them a return".to_owned());
    }
    let of_year = meant.iter().filter(|part| part.of_year).count();
    if of_year > 0 && !is_yearly(meant) {
        return Some("the returns of a year are held against one return of that year".to_owned());
    }
    if (own || of_year > 0) && events > 0 {
        return Some("a count of events is held against one return, and over no year".to_owned());
    }
    let frequencies = meant.iter().filter(|part| !part.events && !part.of_year).flat_map(|part| &part.of);
    let mut frequencies = frequencies.map(|of| of.frequency);
    let first = frequencies.next();
    if frequencies.any(|frequency| Some(frequency) != first) {
        return Some("its parts do not come equally often, and never for the same period".to_owned());
    }
    if events > 0 && (events, sent, severity) != (1, 1, Severity::Info) {
        return Some(
            "a count of events is held against one return, whose sender received them, and as info: a query would be counted where others see it"
                .to_owned(),
        );
    }
    None
}

fn unread<'p>(parts: &'p [AcrossPart], compiled: &Compiled) -> Option<&'p str> {
    let read = |at: usize| compiled.parts.iter().any(|wanted| wanted.part == at);
    parts.iter().enumerate().find(|(at, _)| !read(*at)).map(|(_, part)| part.name.as_str())
}
