//! The fields of a return type: `[[field]]`.

use std::sync::Arc;

use concordat_core::agency::Kind;
use concordat_core::table::FieldClass;

use crate::codes::CodeList;
use crate::definition::Field;
use crate::kind::{FieldKind, Sort};

use super::section::Section;
use super::{Lists, Read, list_of, lists};

const CLASSES: [(&str, FieldClass); 8] = [
    ("identifier", FieldClass::Identifier),
    ("contact", FieldClass::Contact),
    ("demographic", FieldClass::Demographic),
    ("special_category", FieldClass::SpecialCategory),
    ("criminal", FieldClass::Criminal),
    ("operational", FieldClass::Operational),
    ("aggregate", FieldClass::Aggregate),
    ("free_text", FieldClass::FreeText),
];

/// What the whole file says that bears on its fields.
pub(super) struct About<'a> {
    pub(super) person_level: bool,
    pub(super) source: &'a str,
    pub(super) lists: &'a Lists,
    pub(super) owners: &'a [Kind],
    /// Whether a name is fit to be a field's.
    pub(super) is_name: fn(&str) -> bool,
    /// Keys that a field may have besides its own.
    pub(super) more: &'a [&'a str],
}

/// Reads the fields, and the names of the code lists that they use.
pub(super) fn read(root: &Section<'_, '_>, about: &About<'_>) -> (Vec<Field>, Vec<String>) {
    let sections = root.sections("field");
    let (mut fields, mut used) = (Vec::<Field>::new(), Vec::new());
    if sections.is_empty() || sections.len() > 400 {
        root.complain("field", "a return type has 1 to 400 [[field]] tables".to_owned());
    }
    let mut whole = true;
    for section in &sections {
        match one(section, about, &mut used) {
            Some(field) => {
                let taken = |name: &str| {
                    fields.iter().any(|other| other.name == name || other.aliases.iter().any(|a| a == name))
                };
                for name in std::iter::once(&field.name).chain(&field.aliases) {
                    if taken(name) {
                        section.complain("name", format!("the heading `{name}` is used by two fields"));
                    }
                }
                fields.push(field);
            }
            None => whole = false,
        }
    }
    if whole {
        let resolved: Vec<_> = sections.iter().enumerate().map(|(at, s)| partners(s, at, &fields)).collect();
        for (section, field) in sections.iter().zip(&fields) {
            let is_number = |name: &String| {
                fields.iter().any(|other| other.name == *name && other.kind.row().sort == Sort::Number)
            };
            if let Some(name) = field.looks_back.iter().find(|name| !is_number(name)) {
                section
                    .complain("looks_back", format!("`{name}` is no field of numbers of this return type"));
            }
        }
        for (field, (by, limits, partner)) in fields.iter_mut().zip(resolved) {
            (field.by, field.limits, field.partner) = (by, limits, partner);
        }
    }
    used.sort();
    used.dedup();
    (fields, used)
}

const KEYS: [&str; 18] = [
    "name",
    "title",
    "kind",
    "class",
    "required",
    "codes",
    "values",
    "aliases",
    "max",
    "min",
    "note",
    "by",
    "limits",
    "is_period",
    "part",
    "rolling",
    "looks_back",
    "published",
];

fn one(section: &Section<'_, '_>, about: &About<'_>, used: &mut Vec<String>) -> Read<Field> {
    section.only(&[&KEYS[..], about.more].concat());
    let name = section.string("name").filter(|name| {
        let right = (about.is_name)(name);
        if !right {
            section.complain(
                "name",
                format!("`{name}` cannot be a field's name: use a-z, 0-9 and _, starting with a letter, and no word of the rules"),
            );
        }
        right
    });
    let kinds: Vec<(&str, FieldKind)> = FieldKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
    let kind = section.word("kind", &kinds);
    // figures over many are classed as such unless they say otherwise; anything about persons must say
    let class = if section.has("class") || about.person_level {
        section.word("class", &CLASSES)
    } else {
        Some(FieldClass::Aggregate)
    };
    let title =
        if section.has("title") { section.string_if("title")? } else { name.clone()?.replace('_', " ") };
    let required = section.boolean("required", Some(false));
    let is_period = section.boolean("is_period", Some(false));
    let aliases = section.strings("aliases");
    let codes = match kind {
        Some(kind) => codes(section, kind, name.as_deref().unwrap_or("field"), about, used)?,
        None => None,
    };
    let rolling = section.boolean("rolling", Some(false));
    if rolling == Some(true) && kind.is_some_and(|kind| kind.row().sort != Sort::Number) {
        section.complain("rolling", "only a number can be a measure of twelve months".to_owned());
    }
    let looks_back = section.strings("looks_back");
    if rolling == Some(false) && section.has("looks_back") {
        section.complain("looks_back", "only a measure of twelve months (`rolling`) looks back".to_owned());
    }
    let published = section.boolean("published", Some(false));
    if published == Some(true) && kind.is_some_and(|kind| !kind.row().symbols) {
        section.complain("published", "only a figure can be one that was published".to_owned());
    }
    let part = if section.has("part") { Some(part(section, about)?) } else { None };
    if part.is_some() && required == Some(true) {
        section.complain(
            "required",
            "a field of one part is blank in the others: it cannot be required".to_owned(),
        );
    }
    let max = section.integer::<usize>("max");
    if max.is_some_and(|max| max == 0 || max > 32_000) {
        section.complain("max", "`max` is 1 to 32,000 characters".to_owned());
    }
    if class == Some(FieldClass::FreeText) && !matches!(kind, None | Some(FieldKind::Text)) {
        section.complain("class", "only a text field can be free_text".to_owned());
    }
    Some(Field {
        name: name?,
        title,
        kind: kind?,
        class: class?,
        required: required?,
        codes,
        aliases: aliases?,
        max: max.or((kind == Some(FieldKind::Text)).then_some(1_000)),
        min: section.integer("min"),
        note: section.string_if("note"),
        part,
        rolling: rolling?,
        looks_back: looks_back?,
        published: published?,
        by: None,
        partner: None,
        limits: None,
        is_period: is_period?,
    })
}

// a part is named after the kind of agency that fills it
fn part(section: &Section<'_, '_>, about: &About<'_>) -> Read<Kind> {
    let kind: Kind = section.parsed("part")?;
    if !about.owners.contains(&kind) {
        section.complain("part", format!("`{kind}` is none of the `owners`"));
    }
    Some(kind)
}

fn codes(
    section: &Section<'_, '_>,
    kind: FieldKind,
    name: &str,
    about: &About<'_>,
    used: &mut Vec<String>,
) -> Read<Option<Arc<CodeList>>> {
    let own = |words: &[String]| lists::of_words(section, "values", name, about.source, words).map(Arc::new);
    let list = match kind {
        FieldKind::Code => {
            let name = section.string("codes")?;
            let list = list_of(section, "codes", &name, about.lists)?;
            used.push(name);
            return Some(Some(Arc::clone(list)));
        }
        FieldKind::Enum | FieldKind::Set => own(&section.strings("values")?)?,
        FieldKind::Tristate => own(&["yes", "no", "unknown"].map(str::to_owned))?,
        FieldKind::PeriodNotation if section.has("values") => own(&section.strings("values")?)?,
        _ => {
            for key in ["codes", "values"].into_iter().filter(|key| section.has(key)) {
                section.complain(key, format!("a {} field has no `{key}`", kind.as_str()));
            }
            return Some(None);
        }
    };
    if kind == FieldKind::Set && list.codes().len() > 64 {
        section.complain("values", "a set has at most 64 words".to_owned());
    }
    Some(Some(list))
}

type Partners = (Option<Vec<FieldKind>>, Option<Vec<Vec<u16>>>, Option<usize>);

// `by` and `limits` name another field: its codes say the kind of this one, or this one's codes limit its codes
fn partners(section: &Section<'_, '_>, at: usize, fields: &[Field]) -> Partners {
    let Some(field) = fields.get(at) else { return (None, None, None) };
    if (field.kind == FieldKind::ByCode) != section.has("by") {
        section.complain(
            "by",
            "`by` names the field whose code says the kind: for a by_code field, and for no other".to_owned(),
        );
    }
    let key = if section.has("by") { "by" } else { "limits" };
    let Some(name) = section.has(key).then(|| section.string_if(key)).flatten() else {
        return (None, None, None);
    };
    let partner = fields.iter().position(|other| other.name == name);
    let Some((partner, list)) = partner
        .and_then(|at| Some((at, fields.get(at)?)))
        .and_then(|(at, other)| Some((at, other.codes.as_ref()?)))
    else {
        section.complain(key, format!("`{name}` is no coded field of this return type"));
        return (None, None, None);
    };
    if key == "by" {
        let kind_of = |code: &crate::codes::Code| {
            let word = code.extra.first().map(String::as_str).unwrap_or_default();
            let kind = FieldKind::from_word(word).filter(|kind| *kind != FieldKind::ByCode);
            if kind.is_none() {
                section.complain(
                    "by",
                    format!("the code `{}` of `{name}` says no kind in its third column", code.code),
                );
            }
            kind
        };
        let kinds: Vec<Option<FieldKind>> = list.codes().iter().map(kind_of).collect();
        return (kinds.into_iter().collect(), None, Some(partner));
    }
    let Some(own) = field.codes.as_ref() else {
        section.complain("limits", "only a coded field limits another".to_owned());
        return (None, None, None);
    };
    let mut limits = Vec::with_capacity(own.codes().len());
    for code in own.codes() {
        let allowed = code.extra.iter().filter_map(|other| {
            let at = list.position(other);
            if at.is_none() {
                section.complain(
                    "limits",
                    format!("the code `{}` names `{other}`, which is no code of `{name}`", code.code),
                );
            }
            at
        });
        limits.push(allowed.collect());
    }
    (None, Some(limits), Some(partner))
}
