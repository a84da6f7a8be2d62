//! A return type's file: what it says of the type as a whole, and then its fields and rules.

use std::sync::Arc;

use concordat_core::agency::Kind;
use concordat_core::calendar::{DueRule, DueUnit};
use concordat_core::period::Frequency;
use jiff::civil::{Date, Time};

use crate::bulk::Plan;
use crate::definition::{
    Acceptance, Additive, AreaMatch, AreaSum, EventDue, Field, Long, MAIN, RecipientRule, ReturnType, Rule,
    TableDef, TypeKind,
};
use crate::kind::{FieldKind, date_constant};
use crate::rule::is_field_name;

use super::fields::{self, About};
use super::section::Section;
use super::{Lists, Read, acceptance, published, rules, sha256, tables};

const KEYS: [&str; 30] = [
    "id",
    "version",
    "title",
    "why",
    "lawful",
    "source",
    "kind",
    "person_level",
    "owners",
    "frequency",
    "purpose",
    "nil",
    "acceptance",
    "in_force",
    "due",
    "event_due",
    "collect_within",
    "recipients",
    "key",
    "area_fields",
    "agency_fields",
    "event_id",
    "ignored_columns",
    "max_rows",
    "long",
    "published",
    "field",
    "rule",
    "additive",
    "table",
];

/// Reads one return type.
pub(super) fn read(root: &Section<'_, '_>, text: &str, lists: &Lists) -> Read<ReturnType> {
    root.only(&KEYS);
    let id = root.parsed("id");
    let version = root.integer::<u32>("version");
    if !root.has("version") {
        root.complain("version", "`version` is missing".to_owned());
    }
    let texts = ["title", "why", "lawful", "source"].map(|key| root.string(key));
    let kind = root.word("kind", &TypeKind::ALL.map(|kind| (kind.as_str(), kind)));
    let person_level = root.boolean("person_level", None);
    if person_level == Some(true) && kind == Some(TypeKind::Aggregate) {
        root.complain("person_level", "an aggregate is not about persons: it carries counts".to_owned());
    }
    let owners = owners(root);
    let frequency = frequency(root, kind);
    let purpose = root.parsed("purpose");
    let nil = root.boolean("nil", None);
    let in_force = in_force(root);
    let due = root.section("due").map(|s| due(&s, kind)).map_or(Some(None), |due| due.map(Some));
    let collect_within = collect_within(root);
    let recipients = recipients(root);
    let source = texts.last().and_then(|t| t.as_deref()).unwrap_or("the return type's own file");
    let about = About {
        person_level: person_level.unwrap_or(true),
        source,
        lists,
        owners: owners.as_deref().unwrap_or_default(),
        is_name: is_field_name,
        more: &[],
    };
    let (content, used) = if root.has("table") {
        tables::read(root, kind, about)
    } else {
        let (fields, used) = fields::read(root, &about);
        (content(root, kind, fields), used)
    };
    let ignored_columns = root.strings("ignored_columns");
    let published = published::read(root, content.as_ref());
    let [title, why, lawful, source] = texts;
    let (from, until) = in_force?;
    let Content {
        fields,
        tables,
        rules,
        additive,
        event_due,
        area_fields,
        agency_fields,
        event_id,
        by_indicator,
        bulk,
        acceptance,
    } = content?;
    Some(ReturnType {
        id: id?,
        version: version?,
        title: title?,
        kind: kind?,
        person_level: person_level?,
        owners: owners?,
        frequency: frequency?,
        due: due?,
        event_due,
        recipients: recipients?,
        purpose: purpose?,
        nil: nil?,
        acceptance,
        collect_within: collect_within?,
        from,
        until,
        fields,
        tables,
        rules,
        additive,
        ignored_columns: ignored_columns?,
        published: published?,
        area_fields,
        agency_fields,
        event_id,
        why: why?,
        lawful: lawful?,
        source: source?,
        text: Arc::from(text),
        digest: digest(text, &used, lists),
        by_indicator,
        bulk,
    })
}

/// What a type's file says of the content of its returns.
pub(super) struct Content {
    pub(super) fields: Vec<Field>,
    pub(super) tables: Vec<TableDef>,
    pub(super) rules: Vec<Rule>,
    pub(super) additive: Vec<Additive>,
    pub(super) event_due: Option<EventDue>,
    pub(super) area_fields: Vec<String>,
    pub(super) agency_fields: Vec<String>,
    pub(super) event_id: Option<String>,
    pub(super) by_indicator: Vec<Vec<u16>>,
    pub(super) bulk: Option<Arc<Plan>>,
    pub(super) acceptance: Acceptance,
}

fn content(root: &Section<'_, '_>, kind: Option<TypeKind>, fields: Vec<Field>) -> Read<Content> {
    let event_due = event_due(root, &fields);
    let long = long(root, &fields);
    let (rules, additive) = rules::read(root, &fields, long.as_ref());
    let key = names(root, "key", &fields, None);
    let area_fields = names(root, "area_fields", &fields, Some(FieldKind::Gss));
    let agency_fields = names(root, "agency_fields", &fields, Some(FieldKind::Agency));
    let event_id = event_id(root, kind, &fields);
    let max_rows = max_rows(root, kind);
    let acceptance = acceptance::of_one_table(root, kind);
    let by_indicator = by_indicator(&rules, &fields, long.as_ref());
    let position = |name: &String| fields.iter().position(|field| field.name == *name);
    let key = key?.iter().filter_map(position).collect();
    let table = TableDef {
        name: MAIN.to_owned(),
        title: String::new(),
        fields: 0..fields.len(),
        key,
        max_rows: max_rows?,
        long,
        place: None,
    };
    Some(Content {
        fields,
        tables: vec![table],
        rules,
        additive,
        event_due: event_due?,
        area_fields: area_fields?,
        agency_fields: agency_fields?,
        event_id: event_id?,
        by_indicator,
        bulk: None,
        acceptance: acceptance?,
    })
}

fn digest(text: &str, used: &[String], lists: &Lists) -> concordat_core::ids::Digest {
    let mut bytes = text.as_bytes().to_vec();
    used.iter().filter_map(|name| lists.get(name)).for_each(|(_, file)| bytes.extend_from_slice(file));
    sha256(&bytes)
}

fn owners(root: &Section<'_, '_>) -> Read<Vec<Kind>> {
    let words = root.strings("owners")?;
    if words.is_empty() {
        root.complain("owners", "`owners` names at least one kind of agency".to_owned());
        return None;
    }
    let kinds = words
        .iter()
        .map(|word| word.parse::<Kind>().map_err(|e| root.complain("owners", e.to_string())).ok());
    kinds.collect::<Vec<_>>().into_iter().collect()
}

fn frequency(root: &Section<'_, '_>, kind: Option<TypeKind>) -> Read<Frequency> {
    let found = root.word(
        "frequency",
        &[
            ("year", Frequency::Year),
            ("quarter", Frequency::Quarter),
            ("month", Frequency::Month),
            ("event", Frequency::Event),
        ],
    )?;
    if kind.is_some_and(|kind| (kind == TypeKind::Event) != (found == Frequency::Event)) {
        root.complain("frequency", "an event has the frequency `event`, and nothing else has it".to_owned());
    }
    Some(found)
}

fn in_force(root: &Section<'_, '_>) -> Read<(Date, Option<Date>)> {
    let Some(section) = root.section("in_force") else {
        root.complain("in_force", "`in_force` is missing: write in_force = { from = 2022-04-01 }".to_owned());
        return None;
    };
    section.only(&["from", "until"]);
    let from = date(&section, "from");
    let until: Option<Option<Date>> =
        if section.has("until") { date(&section, "until").map(Some) } else { Some(None) };
    let (from, until) = (from?, until?);
    if until.is_some_and(|until| until < from) {
        section.complain("until", "`until` lies before `from`".to_owned());
    }
    Some((from, until))
}

fn date(section: &Section<'_, '_>, key: &str) -> Read<Date> {
    let text = section.string(key)?;
    let found = date_constant(&text);
    if found.is_none() {
        section.complain(key, format!("`{text}` is no date; write 2022-04-01"));
    }
    found
}

fn due(section: &Section<'_, '_>, kind: Option<TypeKind>) -> Read<DueRule> {
    section.word("anchor", &[("period_end", ())])?;
    if kind == Some(TypeKind::Event) {
        section.complain("anchor", "an event has no period to end: use event_due".to_owned());
    }
    rule_of(section, &["anchor"])
}

fn collect_within(root: &Section<'_, '_>) -> Read<DueRule> {
    match root.section("collect_within") {
        Some(section) => rule_of(&section, &[]),
        None => {
            root.complain("collect_within", "`collect_within` is missing".to_owned());
            None
        }
    }
}

fn rule_of(section: &Section<'_, '_>, more: &[&str]) -> Read<DueRule> {
    section.only(&[&["add", "unit", "cut_off"], more].concat());
    let unit = section.word(
        "unit",
        &[
            ("working_days", DueUnit::WorkingDays),
            ("days", DueUnit::Days),
            ("months", DueUnit::Months),
            ("clock_hours", DueUnit::ClockHours),
        ],
    );
    if !section.has("add") {
        section.complain("add", "`add` is missing".to_owned());
    }
    let cut_off: Option<Option<Time>> =
        if section.has("cut_off") { section.parsed("cut_off").map(Some) } else { Some(None) };
    Some(DueRule { add: section.integer("add")?, unit: unit?, cut_off: cut_off? })
}

fn event_due(root: &Section<'_, '_>, fields: &[Field]) -> Read<Option<EventDue>> {
    let Some(section) = root.section("event_due") else { return Some(None) };
    let rule = rule_of(&section, &["field"]);
    let field = section.string("field")?;
    let dated =
        fields.iter().any(|f| f.name == field && matches!(f.kind, FieldKind::Date | FieldKind::DateTime));
    if !dated {
        section.complain("field", format!("`{field}` is no date or datetime field of this return type"));
    }
    Some(Some(EventDue { field, rule: rule? }))
}

fn recipients(root: &Section<'_, '_>) -> Read<Vec<RecipientRule>> {
    let sections = root.sections("recipients");
    if sections.is_empty() {
        root.complain("recipients", "`recipients` names at least one kind of agency".to_owned());
        return None;
    }
    let each = sections.iter().map(|section| {
        section.only(&["kind", "areas"]);
        let areas = section.word(
            "areas",
            &[("any", AreaMatch::Any), ("shared", AreaMatch::Shared), ("named", AreaMatch::Named)],
        );
        Some(RecipientRule { kind: section.parsed("kind")?, areas: areas? })
    });
    let each: Option<Vec<RecipientRule>> = each.collect::<Vec<_>>().into_iter().collect();
    let named = each.as_ref().is_some_and(|each| each.iter().any(|rule| rule.areas == AreaMatch::Named));
    if named != root.has("agency_fields") {
        let text = "`agency_fields` names the fields that say to which agencies it goes: for recipients with areas = \"named\", and for no other";
        root.complain("agency_fields", text.to_owned());
    }
    each
}

fn names(root: &Section<'_, '_>, key: &str, fields: &[Field], kind: Option<FieldKind>) -> Read<Vec<String>> {
    let names = root.strings(key)?;
    for name in &names {
        match fields.iter().find(|field| field.name == *name) {
            None => root.complain(key, format!("there is no field `{name}`")),
            Some(field) if kind.is_some_and(|kind| kind != field.kind) => {
                let what =
                    kind.map_or(
                        "that kind",
                        |kind| if kind == FieldKind::Gss { "GSS codes" } else { "agencies" },
                    );
                root.complain(key, format!("`{name}` is no field of {what}"));
            }
            Some(_) => {}
        }
    }
    Some(names)
}

fn event_id(root: &Section<'_, '_>, kind: Option<TypeKind>, fields: &[Field]) -> Read<Option<String>> {
    let is_event = kind == Some(TypeKind::Event);
    if is_event != root.has("event_id") {
        root.complain(
            "event_id",
            "an event type names the uuid field that holds its id, and no other type does".to_owned(),
        );
        return None;
    }
    if !is_event {
        return Some(None);
    }
    let name = root.string("event_id")?;
    if !fields.iter().any(|f| f.name == name && f.kind == FieldKind::Uuid && f.required) {
        root.complain("event_id", format!("`{name}` is no required uuid field of this return type"));
    }
    Some(Some(name))
}

fn max_rows(root: &Section<'_, '_>, kind: Option<TypeKind>) -> Read<usize> {
    let most = match kind {
        Some(TypeKind::Event) => 1,
        Some(TypeKind::Bulk) => 100_000,
        _ => 10_000,
    };
    match root.has("max_rows").then(|| root.integer::<usize>("max_rows")) {
        None => Some(most),
        Some(Some(rows)) if (1..=most).contains(&rows) => Some(rows),
        Some(_) => {
            root.complain("max_rows", format!("`max_rows` is 1 to {most} for this kind of return"));
            None
        }
    }
}

fn long(root: &Section<'_, '_>, fields: &[Field]) -> Option<Long> {
    let section = root.section("long")?;
    section.only(&["area", "indicator", "period", "unit", "value", "area_sums"]);
    let at = |key: &str, kinds: &[FieldKind]| {
        let name = section.string(key)?;
        let found = fields.iter().position(|field| field.name == name && kinds.contains(&field.kind));
        if found.is_none() {
            section.complain(key, format!("`{name}` is no field of a fitting kind"));
        }
        found
    };
    let area = at("area", &[FieldKind::Code, FieldKind::Gss]);
    let indicator = at("indicator", &[FieldKind::Code]);
    let period =
        at("period", &[FieldKind::PeriodNotation, FieldKind::Year, FieldKind::Quarter, FieldKind::Month]);
    let unit = at("unit", &[FieldKind::Code]);
    let value = at("value", &[FieldKind::ByCode]);
    let area_sums = area_sums(&section, fields.get(area?)?)?;
    Some(Long { area: area?, indicator: indicator?, period: period?, unit: unit?, value: value?, area_sums })
}

fn area_sums(section: &Section<'_, '_>, area: &Field) -> Read<Vec<AreaSum>> {
    if !section.has("area_sums") {
        return Some(Vec::new());
    }
    let is_area = |name: &String| area.codes.as_ref().is_none_or(|list| list.find(name).is_some());
    let mut sums = Vec::new();
    for names in section.rows("area_sums")? {
        if let Some(unknown) = names.iter().find(|name| !is_area(name)) {
            section.complain("area_sums", format!("`{unknown}` is no code of `{}`", area.name));
        }
        match names.split_first() {
            Some((area, parts)) if parts.len() > 1 => {
                sums.push(AreaSum { area: area.clone(), parts: parts.to_vec() });
            }
            _ => section.complain("area_sums", "an area and at least two that make it up".to_owned()),
        }
    }
    Some(sums)
}

// per indicator the rules that it sets off, so that rules without their figures cost nothing: a sum is set off
// by its total, any other rule by the first figure of its own period
fn by_indicator(rules: &[Rule], fields: &[Field], long: Option<&Long>) -> Vec<Vec<u16>> {
    let Some(list) = long.and_then(|long| fields.get(long.indicator)).and_then(|field| field.codes.as_ref())
    else {
        return Vec::new();
    };
    let mut out = vec![Vec::new(); list.codes().len()];
    for (at, rule) in rules.iter().enumerate() {
        let mut anchors = rule.compiled.anchors();
        let trigger = if rule.additive { anchors.last() } else { anchors.next() };
        if let (Ok(at), Some(cell)) = (u16::try_from(at), trigger)
            && let Some(rules) = out.get_mut(usize::from(cell.indicator))
        {
            rules.push(at);
        }
    }
    out
}
