//! What readers see of a return changes too when its type says something else of a field: a profile that drops
//! identifiers shows one that is called operational, and suppresses no count that is called a number. And who gets it
//! is the type's to say as far as policy allows: its recipients, and the purpose for which it is delivered.

use concordat_core::ids::ReturnTypeId;
use concordat_core::table::FieldClass;

use crate::catalogue::Catalogue;
use crate::definition::{AreaMatch, AreaSum, Field, RecipientRule, ReturnType};

/// Asks which profiles show more of a field: its name, its class before if it was there, its class now.
pub type ShowingMore<'a> = dyn Fn(&str, Option<FieldClass>, FieldClass) -> Vec<String> + 'a;

/// What profiles do with fields, as far as a comparison asks.
pub struct Profiles<'a> {
    /// The profiles that show more of a field of the one class than of the other; than nothing, where it is new.
    pub showing_more: &'a ShowingMore<'a>,
    /// The profiles that suppress small counts.
    pub suppressing: Vec<String>,
}

impl std::fmt::Debug for Profiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Profiles({:?})", self.suppressing)
    }
}

/// One thing that return types say otherwise of what readers see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Of which type.
    pub return_type: ReturnTypeId,
    /// Of which of its fields; of the type as a whole where there are none.
    pub fields: Vec<String>,
    /// What it says, before and then.
    pub says: String,
    /// The profiles that may show more by it.
    pub through: Vec<String>,
    /// It may go to somebody who did not get it before.
    pub reaches_more: bool,
}

impl Shown {
    /// Whether somebody may see more.
    #[must_use]
    pub fn widens(&self) -> bool {
        self.reaches_more || !self.through.is_empty()
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.return_type)?;
        if !self.fields.is_empty() {
            write!(f, " ({})", self.fields.join(", "))?;
        }
        write!(f, ": {}", self.says)?;
        match self.through.as_slice() {
            [] if self.reaches_more => write!(f, "; it may go to more than before"),
            [] => write!(f, "; nobody sees more by it"),
            through => write!(f, "; more may be shown through `{}`", through.join("`, `")),
        }
    }
}

/// What the types of one catalogue say otherwise than those of another, with what the profiles make of it. Types that
/// are new are not among it: whoever may read one gains that.
#[must_use]
pub fn shown(old: &Catalogue, new: &Catalogue, profiles: &Profiles<'_>) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for rtype in new.types() {
        let of_id = old.types().iter().filter(|before| before.id == rtype.id);
        // the same version, or for a new one the last before it
        let before = of_id.filter(|before| before.version <= rtype.version).max_by_key(|one| one.version);
        let Some(before) = before.filter(|before| before.text != rtype.text) else { continue };
        for one in of_type(before, rtype, profiles) {
            let alike = |other: &&mut Shown| {
                !one.fields.is_empty()
                    && other.return_type == one.return_type
                    && (&other.says, &other.through) == (&one.says, &one.through)
            };
            match found.iter_mut().find(alike) {
                Some(other) => other.fields.extend(one.fields),
                None => found.push(one),
            }
        }
    }
    found
}

fn of_type(old: &ReturnType, new: &ReturnType, profiles: &Profiles<'_>) -> Vec<Shown> {
    let say = |fields: Vec<String>, says: String, through: Vec<String>| Shown {
        return_type: new.id.clone(),
        fields,
        says,
        through,
        reaches_more: false,
    };
    let mut found = reach(old, new);
    for (table, field) in placed(new) {
        let name = if new.tables.len() > 1 { format!("{table}.{}", field.name) } else { field.name.clone() };
        let before = placed(old).find(|(other, before)| *other == table && before.name == field.name);
        match before.map(|(_, before)| before) {
            None => {
                let through = (profiles.showing_more)(&field.name, None, field.class);
                found.push(say(vec![name], format!("new, {}", word(field.class)), through));
            }
            Some(was) if was.class != field.class || was.kind != field.kind => {
                let mut through = (profiles.showing_more)(&field.name, Some(was.class), field.class);
                let is_less_of = |is: fn(&Field) -> bool| is(was) && !is(field);
                if is_less_of(Field::is_count) || is_less_of(Field::is_derived) {
                    through.extend(profiles.suppressing.clone());
                }
                through.sort();
                through.dedup();
                found.push(say(vec![name], format!("{} -> {}", spoken(was), spoken(field)), through));
            }
            Some(_) => {}
        }
    }
    // what a reader could reckon with and is not reckoned with any more
    let (known, now) = (old.relations(), new.relations());
    let forgotten = known.iter().any(|relation| !now.contains(relation));
    if old.additive != new.additive || shape(old) != shape(new) || sums(old) != sums(new) || forgotten {
        let says = "which figures add up to which, or in which areas, is said otherwise".to_owned();
        found.push(say(Vec::new(), says, profiles.suppressing.clone()));
    }
    found
}

/// To whom it goes, as far as the type says so.
fn reach(old: &ReturnType, new: &ReturnType) -> Vec<Shown> {
    let mut found = Vec::new();
    let mut say = |says: String, reaches_more: bool| {
        let (return_type, fields, through) = (new.id.clone(), Vec::new(), Vec::new());
        found.push(Shown { return_type, fields, says, through, reaches_more });
    };
    if old.recipients != new.recipients || old.agency_fields != new.agency_fields {
        let covered = |rule: &RecipientRule| {
            old.recipients.contains(rule)
                || old.recipients.contains(&RecipientRule { areas: AreaMatch::Any, ..*rule })
        };
        let more = !new.recipients.iter().all(covered) || old.agency_fields != new.agency_fields;
        say(format!("goes to {} -> {}", recipients(old), recipients(new)), more);
    }
    if old.purpose != new.purpose {
        say(format!("is delivered for {} -> {}", old.purpose, new.purpose), true);
    }
    found
}

fn recipients(rtype: &ReturnType) -> String {
    let each = rtype.recipients.iter().map(|rule| {
        let areas = match rule.areas {
            AreaMatch::Any => String::new(),
            AreaMatch::Shared => " that share an area".to_owned(),
            AreaMatch::Named => format!(" named in {}", rtype.agency_fields.join(" or ")),
        };
        format!("{}{areas}", rule.kind)
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() { "nobody".to_owned() } else { each.join(", ") }
}

/// Every field with the name of its table.
fn placed(rtype: &ReturnType) -> impl Iterator<Item = (&str, &Field)> {
    rtype.tables.iter().flat_map(|table| {
        let fields = rtype.fields.get(table.fields.clone()).unwrap_or_default();
        fields.iter().map(|field| (table.name.as_str(), field))
    })
}

/// How its tables hold figures: the columns that say what a figure is and where, or the columns of areas.
fn shape(rtype: &ReturnType) -> (Vec<&str>, &[String]) {
    let long = rtype.tables.first().and_then(|table| table.long.as_ref());
    let at = long.map(|long| [long.area, long.indicator, long.period, long.unit, long.value]);
    let name = |at: usize| rtype.fields.get(at).map_or("", |field| field.name.as_str());
    (at.into_iter().flatten().map(name).collect(), &rtype.area_fields)
}

/// Which of its areas make up others.
fn sums(rtype: &ReturnType) -> Option<&[AreaSum]> {
    rtype.tables.first()?.long.as_ref().map(|long| long.area_sums.as_slice())
}

fn word(class: FieldClass) -> String {
    match class {
        FieldClass::SpecialCategory => "special category".to_owned(),
        FieldClass::FreeText => "free text".to_owned(),
        class => format!("{class:?}").to_lowercase(),
    }
}

fn spoken(field: &Field) -> String {
    format!("{} ({})", word(field.class), field.kind.as_str())
}

/// What they say otherwise, as lines under a heading; nothing where they say the same.
#[must_use]
pub fn in_words(all: &[Shown]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut text = "what return types say otherwise of what readers see:\n".to_owned();
    for one in all {
        text.push_str(&format!("  {one}\n"));
    }
    text
}
