//! What readers see of a return changes too when its type says something else of a field: a profile that drops
//! identifiers shows one that is called operational, and suppresses no count that is called a number. And who gets it
//! is the type's to say as far as policy allows: its recipients, and the purpose for which it is delivered.

use concordat_catalogue::{AreaMatch, Field, RecipientRule, ReturnType};
use concordat_core::ids::ReturnTypeId;
use concordat_core::table::FieldClass;
use concordat_policy::{Bundle, FieldInfo, Treatment};

use super::{info, shape};
use crate::generation::Generation;

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

/// What the types of one generation say otherwise than those of another. Types that are new are not among it: whoever
/// may read one gains that.
pub(crate) fn shown(old: &Generation, new: &Generation) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for rtype in new.catalogue.types() {
        let of_id = old.catalogue.types().iter().filter(|before| before.id == rtype.id);
        // the same version, or for a new one the last before it
        let before = of_id.filter(|before| before.version <= rtype.version).max_by_key(|one| one.version);
        let Some(before) = before.filter(|before| before.text != rtype.text) else { continue };
        for one in of_type(before, rtype, new.policy.bundle()) {
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

fn of_type(old: &ReturnType, new: &ReturnType, bundle: &Bundle) -> Vec<Shown> {
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
        let now = info(field);
        match before.map(|(_, before)| info(before)) {
            None => {
                let through = profiles(bundle, &now.name, None, now.class);
                found.push(say(vec![name], format!("new, {}", word(now.class)), through));
            }
            Some(was) if was != now => {
                let mut through = profiles(bundle, &now.name, Some(was.class), now.class);
                if (was.count && !now.count) || (was.derived && !now.derived) {
                    through.extend(suppressing(bundle));
                }
                through.sort();
                through.dedup();
                found.push(say(vec![name], format!("{} -> {}", spoken(&was), spoken(&now)), through));
            }
            Some(_) => {}
        }
    }
    if old.additive != new.additive || shape(old) != shape(new) {
        let says = "which figures add up to which, or in which areas, is said otherwise".to_owned();
        found.push(say(Vec::new(), says, suppressing(bundle)));
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

/// The profiles that do something else with a field of the one class than of the other, and nothing that shows less.
fn profiles(bundle: &Bundle, field: &str, was: Option<FieldClass>, now: FieldClass) -> Vec<String> {
    let more = bundle.profiles().filter(|profile| {
        let was = was.map_or(Treatment::Drop, |class| profile.treatment(field, class));
        let now = profile.treatment(field, now);
        was != now && Treatment::all([was, now]) != now
    });
    more.map(|profile| profile.id.to_string()).collect()
}

fn suppressing(bundle: &Bundle) -> Vec<String> {
    bundle.profiles().filter(|profile| profile.suppresses()).map(|profile| profile.id.to_string()).collect()
}

fn word(class: FieldClass) -> String {
    match class {
        FieldClass::SpecialCategory => "special category".to_owned(),
        FieldClass::FreeText => "free text".to_owned(),
        class => format!("{class:?}").to_lowercase(),
    }
}

fn spoken(info: &FieldInfo) -> String {
    let figure = match (info.count, info.derived) {
        (true, _) => ", a count",
        (_, true) => ", made from counts",
        _ => "",
    };
    format!("{} ({}{figure})", word(info.class), format!("{:?}", info.sort).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Arc;

    fn files(under: &Path, root: &Path, into: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(under).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, root, into);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                into.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }

    fn generation(file: &str, from: &str, to: &str) -> Arc<Generation> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let mut all = Vec::new();
        files(&root, &root, &mut all);
        let (_, bytes) = all.iter_mut().find(|(path, _)| path == file).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{from}");
        *bytes = text.replacen(from, to, 1).into_bytes();
        Generation::build(all).unwrap()
    }

    const EXTRACT: &str = "returns/ssda903-extract.toml";
    const UPN: &str = "name = \"UPN\", kind = \"text\", required = true, class = \"identifier\"";

    #[test]
    fn a_field_that_is_classed_otherwise_is_told_with_the_profiles_that_show_it_then() {
        let old = generation(EXTRACT, UPN, UPN);
        let new = generation(EXTRACT, UPN, &UPN.replace("identifier", "operational"));
        let found = shown(&old, &new);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].fields, ["header.UPN"]);
        assert!(found[0].through.iter().any(|profile| profile == "degraded"), "{found:?}");
        let back = shown(&new, &old);
        assert_eq!((back.len(), back[0].through.as_slice()), (1, [].as_slice()), "{back:?}");
        assert!(shown(&old, &old).is_empty());
    }

    #[test]
    fn a_count_that_is_called_a_word_is_told_with_the_profiles_that_suppress() {
        const TYPE: &str = "returns/marac-quarterly.toml";
        let (old, new) =
            (generation(TYPE, "class", "class"), generation(TYPE, "kind = \"count\"", "kind = \"number\""));
        let found = shown(&old, &new);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].through.iter().any(|profile| profile == "dfe"), "{found:?}");
    }

    #[test]
    fn a_type_that_goes_to_more_kinds_is_told_and_one_that_goes_to_fewer_widens_nothing() {
        const TYPE: &str = "returns/lado-notification.toml";
        let old = generation(TYPE, "areas = \"shared\"", "areas = \"shared\"");
        let new = generation(TYPE, "areas = \"shared\"", "areas = \"any\"");
        let found = shown(&old, &new);
        assert!(found.len() == 1 && found[0].widens(), "{found:?}");
        let back = shown(&new, &old);
        assert!(back.len() == 1 && !back[0].widens(), "{back:?}");
    }
}
