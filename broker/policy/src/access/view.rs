//! What rows that allow show together, and whether it is more or less than others do.

use std::collections::{BTreeMap, BTreeSet};

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
            let (more, less) = ranked(self.treatment("", class), other.treatment("", class));
            if more {
                classes_more.insert(class);
                compared.more.push(format!("{} fields", words(class)));
            }
            if less {
                classes_less.insert(class);
                compared.less.push(format!("{} fields", words(class)));
            }
        }
        let named: BTreeSet<&str> =
            self.of.iter().chain(&other.of).flat_map(|p| p.named().map(|(field, _)| field)).collect();
        for field in named {
            // the field's class is the catalogue's to know: it is told where any class would make it so
            let other_than = |told: &BTreeSet<FieldClass>, of: fn(&(bool, bool)) -> bool| {
                FieldClass::ALL
                    .into_iter()
                    .filter(|class| !told.contains(class))
                    .any(|class| of(&ranked(self.treatment(field, class), other.treatment(field, class))))
            };
            if other_than(&classes_more, |(more, _)| *more) {
                compared.more.push(format!("`{field}`"));
            }
            if other_than(&classes_less, |(_, less)| *less) {
                compared.less.push(format!("`{field}`"));
            }
        }
        let (was, is) = (self.exceptions(), other.exceptions());
        for place in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
            // where only one of them looks at a row, what is shown of it cannot be ranked
            let (more, less) = match (was.get(place), is.get(place)) {
                (Some(was), Some(is)) => ranked(*was, *is),
                _ => (true, true),
            };
            let text = format!("`{}` ({})", place.0, place.1);
            compared.more.extend(more.then(|| text.clone()));
            compared.less.extend(less.then_some(text));
        }
        let areas: BTreeSet<&str> =
            self.of.iter().chain(&other.of).flat_map(|p| p.suppressions().map(|(area, _)| area)).collect();
        for area in areas {
            let text =
                if area.is_empty() { "small counts".to_owned() } else { format!("small counts of {area}") };
            let (weaker, stronger) = suppressed(self.suppression(area), other.suppression(area));
            if weaker {
                compared.more.push(text.clone());
            }
            if stronger {
                compared.less.push(text);
            }
        }
        compared
    }

    /// What is done with a field, by every profile together.
    fn treatment(&self, field: &str, class: FieldClass) -> Treatment {
        Treatment::all(self.of.iter().map(|profile| profile.treatment(field, class)))
    }

    fn exceptions(&self) -> BTreeMap<(&str, String), Treatment> {
        let mut all: BTreeMap<_, Vec<Treatment>> = BTreeMap::new();
        for (place, treatment) in self.of.iter().flat_map(|profile| profile.exceptions()) {
            all.entry(place).or_default().push(treatment);
        }
        all.into_iter().map(|(place, treatments)| (place, Treatment::all(treatments))).collect()
    }

    /// How small counts of an area are suppressed; of an area that none names, for no name.
    fn suppression(&self, area: &str) -> Option<Suppression> {
        let of = |profile: &&Profile| {
            let find = |wanted: &str| profile.suppressions().find(|(name, _)| *name == wanted);
            find(area).or_else(|| find("")).map(|(_, of)| of.clone())
        };
        self.of.iter().filter_map(of).reduce(Suppression::stricter)
    }
}

/// Whether the second shows more, and whether it shows less. Two transforms that each show another part do both.
fn ranked(was: Treatment, is: Treatment) -> (bool, bool) {
    let shown = |of: Treatment| match of {
        Treatment::Drop => 0,
        Treatment::Mask => 1,
        Treatment::MonthOfBirth | Treatment::OutwardPostcode | Treatment::AgeBand | Treatment::Pseudonym => 2,
        Treatment::Keep => 3,
    };
    match was == is {
        true => (false, false),
        false => (shown(is) >= shown(was), shown(is) <= shown(was)),
    }
}

fn suppressed(was: Option<Suppression>, is: Option<Suppression>) -> (bool, bool) {
    match (was, is) {
        (None, None) => (false, false),
        (Some(_), None) => (true, false),
        (None, Some(_)) => (false, true),
        (Some(was), Some(is)) => {
            let bare =
                |of: Suppression| Suppression { methods: BTreeSet::new(), symbol: String::new(), ..of };
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
