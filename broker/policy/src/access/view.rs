//! What rows that allow show together, and whether it is more or less than others do.

use std::collections::BTreeSet;

use concordat_core::ids::ProfileId;
use concordat_core::table::FieldClass;

use crate::bundle::Bundle;
use crate::profile::{Profile, Suppression, Treatment};
use crate::row::Row;

/// What is shown: all profiles of the rows that allow, together.
pub(crate) struct View<'a> {
    pub profiles: Vec<ProfileId>,
    of: Vec<&'a Profile>,
}

/// What of two views the second shows more or less of than the first, in words.
pub(crate) struct Compared {
    pub more: Vec<String>,
    pub less: Vec<String>,
}

impl<'a> View<'a> {
    /// `None` where no row allows or one denies.
    pub fn of(bundle: &'a Bundle, rows: &[&Row]) -> Option<Self> {
        if rows.is_empty() || rows.iter().any(|row| !row.allow) {
            return None;
        }
        let profiles: BTreeSet<&ProfileId> = rows.iter().filter_map(|row| row.profile.as_ref()).collect();
        let of = profiles.iter().filter_map(|id| bundle.profile(id)).collect();
        Some(Self { profiles: profiles.into_iter().cloned().collect(), of })
    }

    /// What the other shows more and less of. What cannot be ranked counts as both: a change is shown rather than
    /// passed over.
    pub fn compare(&self, other: &View<'_>) -> Compared {
        let mut compared = Compared { more: Vec::new(), less: Vec::new() };
        let (mut classes_more, mut classes_less) = (BTreeSet::new(), BTreeSet::new());
        for class in FieldClass::ALL {
            let (more, less) = ranked(&self.treatments("", class), &other.treatments("", class));
            if more {
                classes_more.insert(class);
                compared.more.push(format!("{} fields", words(class)));
            }
            if less {
                classes_less.insert(class);
                compared.less.push(format!("{} fields", words(class)));
            }
        }
        let named: BTreeSet<&str> = self.of.iter().chain(&other.of).flat_map(|p| p.named()).collect();
        for field in named {
            // the field's class is the catalogue's to know: it is told where any class would make it so
            let other_than = |told: &BTreeSet<FieldClass>, of: fn(&(bool, bool)) -> bool| {
                FieldClass::ALL
                    .into_iter()
                    .filter(|class| !told.contains(class))
                    .any(|class| of(&ranked(&self.treatments(field, class), &other.treatments(field, class))))
            };
            if other_than(&classes_more, |(more, _)| *more) {
                compared.more.push(format!("`{field}`"));
            }
            if other_than(&classes_less, |(_, less)| *less) {
                compared.less.push(format!("`{field}`"));
            }
        }
        let (weaker, stronger) = suppressed(self.suppression(), other.suppression());
        if weaker {
            compared.more.push("small counts".to_owned());
        }
        if stronger {
            compared.less.push("small counts".to_owned());
        }
        compared
    }

    /// What is done with a field, by every profile. What drops it decides alone; what keeps it adds nothing.
    fn treatments(&self, field: &str, class: FieldClass) -> Vec<Treatment> {
        let mut all: Vec<Treatment> = Vec::new();
        for treatment in self.of.iter().map(|profile| profile.treatment(field, class)) {
            if treatment == Treatment::Drop {
                return vec![treatment];
            }
            if treatment != Treatment::Keep && !all.contains(&treatment) {
                all.push(treatment);
            }
        }
        all
    }

    fn suppression(&self) -> Option<Suppression> {
        self.of.iter().filter_map(|profile| profile.suppression.clone()).reduce(Suppression::stricter)
    }
}

/// Whether the second shows more, and whether it shows less.
fn ranked(was: &[Treatment], is: &[Treatment]) -> (bool, bool) {
    let within = |a: &[Treatment], b: &[Treatment]| a.iter().all(|treatment| b.contains(treatment));
    match (was.contains(&Treatment::Drop), is.contains(&Treatment::Drop)) {
        (true, true) => (false, false),
        (true, false) => (true, false),
        (false, true) => (false, true),
        // every transform that is no longer made shows more, every one that is made besides shows less
        (false, false) => (!within(was, is), !within(is, was)),
    }
}

fn suppressed(was: Option<Suppression>, is: Option<Suppression>) -> (bool, bool) {
    match (was, is) {
        (None, None) => (false, false),
        (Some(_), None) => (true, false),
        (None, Some(_)) => (false, true),
        (Some(was), Some(is)) => {
            let bare = |of: Suppression| Suppression { title: String::new(), symbol: String::new(), ..of };
            let (was, is) = (bare(was), bare(is));
            let both = was.clone().stricter(is.clone());
            (both != is, both != was)
        }
    }
}

fn words(class: FieldClass) -> &'static str {
    match class {
        FieldClass::Identifier => "identifier",
        FieldClass::Contact => "contact",
        FieldClass::Demographic => "demographic",
        FieldClass::SpecialCategory => "special category",
        FieldClass::Criminal => "criminal",
        FieldClass::Operational => "operational",
        FieldClass::Aggregate => "aggregate",
        FieldClass::FreeText => "free text",
    }
}
