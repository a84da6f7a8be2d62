//! `profiles/*.toml` and `suppression/*.toml`: what a reader sees of a return.

use std::collections::{BTreeMap, BTreeSet};

use concordat_core::ids::ProfileId;
use concordat_core::table::FieldClass;
use serde::Deserialize;

use crate::complaint::Complaint;
use crate::document;

/// What is done with a field. A transform that is not built drops its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Shown as it is.
    Keep,
    /// Removed.
    Drop,
    /// A fixed word instead; not built, drops.
    Mask,
    /// The first of the month of birth; not built, drops.
    MonthOfBirth,
    /// The first part of the postcode; not built, drops.
    OutwardPostcode,
    /// A band of ages; not built, drops.
    AgeBand,
    /// A keyed hash per recipient and purpose; not built, drops.
    Pseudonym,
}

/// A profile: per class of field, and where named per field, what is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its id: the name of its file.
    pub id: ProfileId,
    /// What it is for.
    pub title: String,
    classes: BTreeMap<FieldClass, Treatment>,
    fields: BTreeMap<String, Treatment>,
    /// How small counts are suppressed; `None` when they are shown.
    pub suppression: Option<Suppression>,
}

impl Profile {
    /// What is done with a field: what the profile says of it by name, otherwise of its class.
    #[must_use]
    pub fn treatment(&self, field: &str, class: FieldClass) -> Treatment {
        self.fields.get(field).or_else(|| self.classes.get(&class)).copied().unwrap_or(Treatment::Drop)
    }

    /// What it says of fields, class by class and then by name, in words.
    pub(crate) fn spoken(&self) -> Vec<(String, String)> {
        let word = |how: &Treatment| format!("{how:?}").to_lowercase();
        let classes =
            self.classes.iter().map(|(class, how)| (format!("{class:?}").to_lowercase(), word(how)));
        classes.chain(self.fields.iter().map(|(name, how)| (name.clone(), word(how)))).collect()
    }

    /// The fields that it speaks of by name.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }
}

/// Counts from `from` to `to`, both included, are replaced by `symbol`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// Whose method it is.
    pub title: String,
    /// The smallest count suppressed; 1 where zero is shown.
    pub from: u64,
    /// The largest count suppressed.
    pub to: u64,
    /// What stands instead: `c`, `[c]` or `*`.
    pub symbol: String,
    /// The units of figures made from counts: percentages, rates, averages.
    #[serde(default)]
    pub derived_units: BTreeSet<String>,
    /// The units of figures that neither count people nor are made from such counts: money, durations.
    /// A unit in neither list is taken for a count.
    #[serde(default)]
    pub plain_units: BTreeSet<String>,
}

/// What a unit says of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Count,
    Derived,
    Plain,
}

impl Suppression {
    /// Whether a count is to be suppressed.
    #[must_use]
    pub fn covers(&self, count: u64) -> bool {
        (self.from..=self.to).contains(&count)
    }

    pub(crate) fn unit(&self, word: &str) -> Unit {
        match word {
            _ if self.derived_units.contains(word) => Unit::Derived,
            _ if self.plain_units.contains(word) => Unit::Plain,
            _ => Unit::Count,
        }
    }

    /// What covers all that either covers, and takes a unit as the more careful of the two does.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        let known = |of: &Self| of.derived_units.union(&of.plain_units).cloned().collect::<BTreeSet<_>>();
        let plain_units: BTreeSet<_> = self.plain_units.intersection(&other.plain_units).cloned().collect();
        let derived_units = known(&self)
            .intersection(&known(&other))
            .filter(|word| !plain_units.contains(*word))
            .cloned()
            .collect();
        let (from, to) = (self.from.min(other.from), self.to.max(other.to));
        let wider = if other.to > self.to { other } else { self };
        Self { from, to, derived_units, plain_units, ..wider }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    #[serde(default)]
    suppress: Option<String>,
    classes: BTreeMap<FieldClass, Treatment>,
    #[serde(default)]
    fields: BTreeMap<String, Treatment>,
}

/// Reads one suppression method.
pub(crate) fn read_suppression(
    file: &str,
    bytes: &[u8],
    complaints: &mut Vec<Complaint>,
) -> Option<Suppression> {
    let suppression: Suppression = document::read(file, bytes, complaints)?;
    if suppression.from > suppression.to {
        complaints.push(Complaint::of_file(file, "`from` is greater than `to`"));
    }
    if let Some(word) = suppression.derived_units.intersection(&suppression.plain_units).next() {
        complaints.push(Complaint::of_file(file, format!("the unit `{word}` stands in both lists")));
    }
    if !matches!(suppression.symbol.as_str(), "c" | "[c]" | "*") {
        complaints.push(Complaint::of_file(file, "`symbol` is none of `c`, `[c]`, `*`"));
    }
    Some(suppression)
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
    if id.as_str() == "none" {
        complaints.push(Complaint::of_file(file, "`none` is a word of rules.csv and cannot be a profile"));
    }
    for class in FieldClass::ALL.into_iter().filter(|class| !raw.classes.contains_key(class)) {
        let word = toml::Value::try_from(class).ok();
        let word = word.as_ref().and_then(toml::Value::as_str).unwrap_or_default();
        let text = format!("says nothing of the class `{word}`; every class must be named");
        complaints.push(Complaint::of_file(file, text));
    }
    let suppression = raw.suppress.and_then(|name| {
        let found = suppressions.get(&name).cloned();
        if found.is_none() {
            complaints.push(Complaint::of_file(file, format!("there is no `suppression/{name}.toml`")));
        }
        found
    });
    Some(Profile { id, title: raw.title, classes: raw.classes, fields: raw.fields, suppression })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_KEPT: &str = "title = \"t\"\n[classes]\nidentifier = \"keep\"\ncontact = \"keep\"\n\
        demographic = \"keep\"\nspecial_category = \"keep\"\ncriminal = \"keep\"\noperational = \"keep\"\n\
        aggregate = \"keep\"\nfree_text = \"keep\"\n";

    fn profile(text: &str) -> (Option<Profile>, Vec<String>) {
        let mut complaints = Vec::new();
        let id = ProfileId::new("p").unwrap();
        let profile = read("profiles/p.toml", id, text.as_bytes(), &BTreeMap::new(), &mut complaints);
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
        assert!(!profile(&format!("suppress = \"dfe\"\n{ALL_KEPT}")).1.is_empty());
    }

    #[test]
    fn the_stricter_of_two_suppressions_covers_what_either_covers() {
        let of = |from, to, symbol: &str| Suppression {
            title: String::new(),
            from,
            to,
            symbol: symbol.to_owned(),
            derived_units: BTreeSet::new(),
            plain_units: BTreeSet::new(),
        };
        assert_eq!(of(1, 5, "c").stricter(of(0, 4, "*")), of(0, 5, "c"));
        assert_eq!(of(1, 5, "c").stricter(of(1, 9, "*")), of(1, 9, "*"));
    }

    #[test]
    fn the_stricter_of_two_suppressions_takes_a_unit_as_the_more_careful_does() {
        let of = |derived: &[&str], plain: &[&str]| Suppression {
            title: String::new(),
            from: 1,
            to: 5,
            symbol: "c".to_owned(),
            derived_units: derived.iter().map(|word| (*word).to_owned()).collect(),
            plain_units: plain.iter().map(|word| (*word).to_owned()).collect(),
        };
        let both = of(&["percent", "weeks", "rate"], &["gbp"]).stricter(of(&["percent"], &["gbp", "weeks"]));
        assert_eq!(both, of(&["percent", "weeks"], &["gbp"]));
        assert_eq!(both.unit("rate"), Unit::Count, "one of the two does not know it");
    }
}
