//! `profiles/*.toml`: what a reader sees of a return.

pub mod fits;
pub(crate) mod suppression;
pub(crate) mod treatment;

use std::collections::BTreeMap;

use concordat_core::ids::{AreaCode, ProfileId};
use concordat_core::table::FieldClass;
pub use concordat_core::table::FieldSort;
use serde::Deserialize;

pub use suppression::Suppression;
pub use treatment::Treatment;

use crate::complaint::Complaint;
use crate::document;

/// A profile: per class of field, and where named per field, what is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its id: the name of its file.
    pub id: ProfileId,
    /// What it is for.
    pub title: String,
    classes: BTreeMap<FieldClass, Treatment>,
    fields: BTreeMap<String, Treatment>,
    whens: BTreeMap<String, When>,
    /// Per field, what it numbers.
    identifiers: BTreeMap<String, String>,
    suppression: Option<Suppression>,
    areas: BTreeMap<String, Suppression>,
}

/// In rows where a field says a word, another field is treated otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// The field that says it.
    pub field: String,
    /// What it says, whether in capitals or not.
    pub is: String,
    /// What is done then.
    pub treatment: Treatment,
}

impl Profile {
    /// What is done with a field: what the profile says of it by name, otherwise of its class.
    #[must_use]
    pub fn treatment(&self, field: &str, class: FieldClass) -> Treatment {
        self.fields.get(field).or_else(|| self.classes.get(&class)).copied().unwrap_or(Treatment::Drop)
    }

    /// What it says of fields, class by class and then by name, and of small counts, in words.
    pub(crate) fn spoken(&self) -> Vec<(String, String)> {
        let word = |how: &Treatment| how.as_str().to_owned();
        let classes =
            self.classes.iter().map(|(class, how)| (format!("{class:?}").to_lowercase(), word(how)));
        let fields = self.fields.iter().map(|(name, how)| (name.clone(), word(how)));
        let whens = self.whens.iter().map(|(name, when)| {
            (format!("{name} when {} is {}", when.field, when.is), word(&when.treatment))
        });
        let sorts = self.identifiers.iter().map(|(name, sort)| (format!("sort of {name}"), sort.clone()));
        let counts = self
            .suppressions()
            .map(|(area, of)| (format!("small counts {area}").trim_end().to_owned(), of.spoken()));
        classes.chain(fields).chain(whens).chain(sorts).chain(counts).collect()
    }

    /// Its methods of suppression: the one of every area, under no name, and those of single areas.
    pub(crate) fn suppressions(&self) -> impl Iterator<Item = (&str, &Suppression)> {
        let every = self.suppression.iter().map(|of| ("", of));
        every.chain(self.areas.iter().map(|(area, of)| (area.as_str(), of)))
    }

    /// Where fields are treated otherwise and how, and what they number, which cannot be ranked against another profile.
    pub(crate) fn exceptions(&self) -> impl Iterator<Item = ((&str, String), Treatment)> {
        let whens = self.whens.iter().map(|(field, when)| {
            ((field.as_str(), format!("{} is {}", when.field, when.is)), when.treatment)
        });
        let sorts = self.identifiers.iter();
        whens.chain(sorts.map(|(field, sort)| ((field.as_str(), format!("of {sort}")), Treatment::Keep)))
    }

    /// Where a field is treated otherwise than [`Profile::treatment`] says.
    #[must_use]
    pub fn when(&self, field: &str) -> Option<&When> {
        self.whens.get(field)
    }

    /// What a field numbers, where the profile says so: fields of one sort have one pseudonym for one child.
    #[must_use]
    pub fn identifier(&self, field: &str) -> Option<&str> {
        self.identifiers.get(field).map(String::as_str)
    }

    /// Whether any field is shown as a pseudonym.
    #[must_use]
    pub fn pseudonymises(&self) -> bool {
        let whens = self.whens.values().map(|when| &when.treatment);
        let mut all = self.classes.values().chain(self.fields.values()).chain(whens);
        all.any(|treatment| *treatment == Treatment::Pseudonym)
    }

    /// Whether small counts are suppressed for any area.
    #[must_use]
    pub fn suppresses(&self) -> bool {
        self.suppression.is_some() || !self.areas.is_empty()
    }

    /// How small counts of an area are suppressed, by its code or by the name that a return calls it; `None` where they
    /// are shown. Of a name that the profile does not know only the return's own areas are known: the strictest of their
    /// methods counts.
    #[must_use]
    pub fn suppression(&self, area: &str, areas: &[AreaCode]) -> Option<Suppression> {
        if self.areas.is_empty() {
            return self.suppression.clone();
        }
        let of = |area: &str| self.areas.get(area).or(self.suppression.as_ref());
        if self.areas.contains_key(area) || AreaCode::new(area).is_ok() {
            return of(area).cloned();
        }
        let all = areas.iter().filter_map(|area| of(area.as_str()));
        all.chain(
            areas.is_empty().then(|| self.areas.values().chain(&self.suppression)).into_iter().flatten(),
        )
        .cloned()
        .reduce(Suppression::stricter)
    }

    /// The fields that it names, with what may be done with them.
    pub fn named(&self) -> impl Iterator<Item = (&str, Treatment)> {
        let base = self.fields.iter().map(|(field, treatment)| (field.as_str(), *treatment));
        base.chain(self.whens.iter().map(|(field, when)| (field.as_str(), when.treatment)))
    }

    /// The fields that it looks at or groups, without saying what is done with them.
    pub fn mentioned(&self) -> impl Iterator<Item = &str> {
        let flags = self.whens.values().map(|when| when.field.as_str());
        flags.chain(self.identifiers.keys().map(String::as_str))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    #[serde(default)]
    suppress: Option<String>,
    #[serde(default)]
    areas: BTreeMap<String, String>,
    classes: BTreeMap<FieldClass, Treatment>,
    #[serde(default)]
    fields: BTreeMap<String, Treatment>,
    #[serde(default)]
    identifiers: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    when: Vec<RawWhen>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWhen {
    field: String,
    is: String,
    fields: BTreeMap<String, Treatment>,
}

/// Reads one profile; its name is the file's.
pub(crate) fn read(
    file: &str,
    id: ProfileId,
    bytes: &[u8],
    suppressions: &BTreeMap<String, Suppression>,
    complaints: &mut Vec<Complaint>,
) -> Option<Profile> {
    let raw: File = document::read(file, bytes, complaints)?;
    let mut complain = |text: String| complaints.push(Complaint::of_file(file, text));
    if id.as_str() == "none" {
        complain("`none` is a word of rules.csv and cannot be a profile".to_owned());
    }
    for class in FieldClass::ALL.into_iter().filter(|class| !raw.classes.contains_key(class)) {
        let word = toml::Value::try_from(class).ok();
        let word = word.as_ref().and_then(toml::Value::as_str).unwrap_or_default();
        complain(format!("says nothing of the class `{word}`; every class must be named"));
    }
    let mut method = |name: &String| {
        let found = suppressions.get(name).cloned();
        if found.is_none() {
            complain(format!("there is no `suppression/{name}.toml`"));
        }
        found
    };
    let suppression = raw.suppress.as_ref().and_then(&mut method);
    let areas = raw.areas.iter().filter_map(|(area, name)| Some((area.clone(), method(name)?))).collect();
    Some(Profile {
        whens: whens(raw.when, &mut complain),
        identifiers: identifiers(raw.identifiers, &mut complain),
        id,
        title: raw.title,
        classes: raw.classes,
        fields: raw.fields,
        suppression,
        areas,
    })
}

fn whens(raw: Vec<RawWhen>, complain: &mut dyn FnMut(String)) -> BTreeMap<String, When> {
    let mut whens = BTreeMap::new();
    for RawWhen { field: flag, is, fields } in raw {
        if is.trim().is_empty() || is.trim() != is {
            complain(format!(
                "`when` looks for `{is}` in `{flag}`; a word without spaces around it is needed"
            ));
        }
        for (field, treatment) in fields {
            let when = When { field: flag.clone(), is: is.clone(), treatment };
            if field == flag {
                complain(format!("`{field}` cannot say how it is treated itself"));
            } else if whens.insert(field.clone(), when).is_some() {
                complain(format!("two of `when` speak of `{field}`; one field has one exception"));
            }
        }
    }
    whens
}

fn identifiers(
    raw: BTreeMap<String, Vec<String>>,
    complain: &mut dyn FnMut(String),
) -> BTreeMap<String, String> {
    let mut identifiers = BTreeMap::new();
    for (what, fields) in raw {
        for field in fields {
            if identifiers.insert(field.clone(), what.clone()).is_some() {
                complain(format!("`{field}` stands in `identifiers` twice"));
            }
        }
    }
    identifiers
}

#[cfg(test)]
mod tests {
    use super::suppression::tests::method;
    use super::*;

    const ALL_KEPT: &str = "title = \"t\"\n[classes]\nidentifier = \"keep\"\ncontact = \"keep\"\n\
        demographic = \"keep\"\nspecial_category = \"keep\"\ncriminal = \"keep\"\noperational = \"keep\"\n\
        aggregate = \"keep\"\nfree_text = \"keep\"\n";

    fn profile(text: &str) -> (Option<Profile>, Vec<String>) {
        let mut complaints = Vec::new();
        let id = ProfileId::new("p").unwrap();
        let methods = [("tiny", method(0, 9, "c", 5)), ("small", method(1, 5, "c", 1))];
        let methods = methods.map(|(name, method)| (name.to_owned(), method)).into();
        let profile = read("profiles/p.toml", id, text.as_bytes(), &methods, &mut complaints);
        (profile, complaints.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_field_named_in_a_profile_is_treated_by_name_and_any_other_by_class() {
        let (profile, said) = profile(&format!("{ALL_KEPT}[fields]\nname = \"mask\"\n"));
        assert!(said.is_empty(), "{said:?}");
        let profile = profile.unwrap();
        assert_eq!(profile.treatment("name", FieldClass::Identifier), Treatment::Mask);
        assert_eq!(profile.treatment("other", FieldClass::Identifier), Treatment::Keep);
    }

    #[test]
    fn unknown_transforms_classes_left_out_and_missing_suppressions_are_refused() {
        assert!(!profile(&ALL_KEPT.replace("aggregate = \"keep\"", "aggregate = \"blur\"")).1.is_empty());
        assert!(!profile(&ALL_KEPT.replace("aggregate = \"keep\"\n", "")).1.is_empty());
        assert!(!profile(&ALL_KEPT.replace("aggregate", "agregate")).1.is_empty());
        for missing in ["suppress = \"dfe\"\n", "areas = { E09000001 = \"dfe\" }\n"] {
            let (_, said) = profile(&format!("{missing}{ALL_KEPT}"));
            assert_eq!(said, ["profiles/p.toml: there is no `suppression/dfe.toml`"]);
        }
    }

    #[test]
    fn an_area_has_its_own_method_and_a_name_that_nobody_knows_has_the_strictest_of_the_returns_areas() {
        let text = "suppress = \"small\"\nareas = { E09000001 = \"tiny\", Hackney = \"small\" }\n";
        let (profile, said) = profile(&format!("{text}{ALL_KEPT}"));
        assert!(said.is_empty(), "{said:?}");
        let profile = profile.unwrap();
        let areas =
            |codes: &[&str]| codes.iter().map(|code| code.parse().unwrap()).collect::<Vec<AreaCode>>();
        let (city, hackney, both) =
            (areas(&["E09000001"]), areas(&["E09000012"]), areas(&["E09000001", "E09000012"]));
        let to = |area: &str, areas: &[AreaCode]| profile.suppression(area, areas).map(|method| method.to);
        assert_eq!(to("E09000001", &hackney), Some(9));
        assert_eq!(to("E09000012", &city), Some(5));
        assert_eq!(to("Hackney", &both), Some(5));
        assert_eq!(to("England", &hackney), Some(5));
        assert_eq!(to("England", &both), Some(9));
        assert_eq!((to("", &city), to("", &[])), (Some(9), Some(9)));
    }

    #[test]
    fn a_field_has_one_exception_that_another_field_says_and_numbers_one_thing() {
        let when = "[[when]]\nfield = \"shared\"\nis = \"yes\"\nfields = { account = \"keep\" }\n";
        let (read, said) = profile(&format!("{ALL_KEPT}[identifiers]\nchild = [\"CHILD\", \"ref\"]\n{when}"));
        assert!(said.is_empty(), "{said:?}");
        let read = read.unwrap();
        assert_eq!((read.identifier("ref"), read.identifier("UPN")), (Some("child"), None));
        assert_eq!(read.when("account").unwrap().treatment, Treatment::Keep);
        assert_eq!(read.mentioned().collect::<Vec<_>>(), ["shared", "CHILD", "ref"]);
        for (wrong, words) in [
            (format!("{when}{when}"), "one field has one exception"),
            (when.replace("account", "shared"), "cannot say how it is treated itself"),
            (when.replace("\"yes\"", "\"\""), "a word without spaces"),
            ("[identifiers]\na = [\"x\"]\nb = [\"x\"]\n".to_owned(), "twice"),
            (when.replace("fields", "field_"), "unknown field"),
        ] {
            let said = profile(&format!("{ALL_KEPT}{wrong}")).1.join("\n");
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}
