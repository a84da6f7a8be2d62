//! What is done with a field, and what becomes of it where several profiles say something.

use concordat_core::table::FieldSort;
use serde::Deserialize;

/// What is done with a field.
///
/// Where several profiles apply, a field is treated as all of them allow: keep gives way to anything, and anything to
/// drop; mask, which tells only that there is something, replaces what shows more. Two that show different parts of a
/// field (a month of birth and an age band, a pseudonym and either) leave nothing that both allow: the field is
/// dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Shown as it is.
    Keep,
    /// The first day of the month of birth.
    MonthOfBirth,
    /// The first part of the postcode.
    OutwardPostcode,
    /// A band of ages.
    AgeBand,
    /// A keyed hash, one for each recipient and purpose.
    Pseudonym,
    /// A fixed word instead.
    Mask,
    /// Removed.
    Drop,
}

impl Treatment {
    /// The word used in profiles.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Treatment::Keep => "keep",
            Treatment::MonthOfBirth => "month_of_birth",
            Treatment::OutwardPostcode => "outward_postcode",
            Treatment::AgeBand => "age_band",
            Treatment::Pseudonym => "pseudonym",
            Treatment::Mask => "mask",
            Treatment::Drop => "drop",
        }
    }

    /// What all of them allow; nothing, where there are none. Neither their order nor how often one stands there
    /// matters, and one more never shows more.
    #[must_use]
    pub fn all(treatments: impl IntoIterator<Item = Treatment>) -> Treatment {
        let (mut partly, mut masked, mut any) = (None, false, false);
        for treatment in treatments {
            any = true;
            match treatment {
                Treatment::Keep => {}
                Treatment::Drop => return Treatment::Drop,
                Treatment::Mask => masked = true,
                other if partly.is_some_and(|before| before != other) => return Treatment::Drop,
                other => partly = Some(other),
            }
        }
        match partly {
            _ if !any => Treatment::Drop,
            _ if masked => Treatment::Mask,
            Some(partly) => partly,
            None => Treatment::Keep,
        }
    }

    /// Whether it can ever show anything of a field of that sort.
    #[must_use]
    pub fn fits(self, sort: FieldSort) -> bool {
        match self {
            Treatment::Keep | Treatment::Drop | Treatment::Mask | Treatment::Pseudonym => true,
            Treatment::MonthOfBirth => matches!(sort, FieldSort::Text | FieldSort::Date),
            Treatment::OutwardPostcode => matches!(sort, FieldSort::Text | FieldSort::Postcode),
            Treatment::AgeBand => matches!(sort, FieldSort::Text | FieldSort::Date | FieldSort::Number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Treatment; 7] = [
        Treatment::Keep,
        Treatment::MonthOfBirth,
        Treatment::OutwardPostcode,
        Treatment::AgeBand,
        Treatment::Pseudonym,
        Treatment::Mask,
        Treatment::Drop,
    ];

    /// Whether whoever sees the second could make the first of it.
    fn shows_no_more(this: Treatment, that: Treatment) -> bool {
        this == that
            || this == Treatment::Drop
            || that == Treatment::Keep
            || (this == Treatment::Mask && that != Treatment::Drop)
    }

    #[test]
    fn keep_gives_way_mask_hides_parts_and_two_different_parts_leave_nothing() {
        use Treatment::{AgeBand, Drop, Keep, Mask, MonthOfBirth, Pseudonym};
        for (given, left) in [
            (vec![], Drop),
            (vec![Keep, Keep], Keep),
            (vec![Keep, MonthOfBirth], MonthOfBirth),
            (vec![MonthOfBirth, MonthOfBirth], MonthOfBirth),
            (vec![MonthOfBirth, AgeBand], Drop),
            (vec![Pseudonym, AgeBand], Drop),
            (vec![MonthOfBirth, Mask], Mask),
            (vec![Mask, Pseudonym, Keep], Mask),
            (vec![Mask, MonthOfBirth, AgeBand], Drop),
            (vec![Keep, Drop], Drop),
        ] {
            assert_eq!(Treatment::all(given.iter().copied()), left, "{given:?}");
        }
    }

    #[test]
    fn every_word_reads_back() {
        for treatment in ALL {
            let read: Treatment = toml::Value::from(treatment.as_str()).try_into().unwrap();
            assert_eq!(read, treatment);
        }
    }

    proptest! {
        #[test]
        fn the_order_of_profiles_does_not_count_and_one_more_never_shows_more(
            given in prop::collection::vec(prop::sample::select(ALL.to_vec()), 1..5),
            more in prop::sample::select(ALL.to_vec()),
        ) {
            let left = Treatment::all(given.iter().copied());
            prop_assert_eq!(left, Treatment::all(given.iter().rev().copied()));
            for one in &given {
                prop_assert!(shows_no_more(left, *one), "{left:?} of {given:?}");
            }
            prop_assert!(shows_no_more(Treatment::all(given.iter().copied().chain([more])), left));
        }
    }
}
