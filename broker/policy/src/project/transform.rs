//! A cell in a weaker form. What does not fit its transform shows nothing.

use jiff::civil::Date;

use super::pseudonym::Pseudonyms;
use crate::profile::{FieldSort, Treatment};

/// What stands for a cell that is masked.
pub(super) const MASK: &str = "masked";

/// The bands of ages: the first year of each, and what it is called. Those of the children looked after statistics,
/// with 16 and over parted where childhood ends.
const BANDS: [(u16, &str); 6] =
    [(18, "18 and over"), (16, "16 to 17"), (10, "10 to 15"), (5, "5 to 9"), (1, "1 to 4"), (0, "under 1")];
/// No age is greater.
const OLDEST: u16 = 120;

/// What a transform needs to know besides the cell.
pub(super) struct Means<'a> {
    /// What the field's cells look like.
    pub sort: FieldSort,
    /// What the field numbers.
    pub identifier: &'a str,
    /// Whether a blank tells nothing: of a field that names or reaches a person.
    pub blanks_are_harmless: bool,
    /// The day on which an age is told.
    pub as_of: Option<Date>,
    /// Makes pseudonyms, where there is a recipient to make them for.
    pub pseudonyms: Option<&'a Pseudonyms>,
}

/// A cell as its treatment shows it, added to `out`.
pub(super) fn transform(treatment: Treatment, cell: &str, means: &Means<'_>, out: &mut String) {
    match treatment {
        Treatment::Keep => out.push_str(cell),
        Treatment::Drop => {}
        Treatment::Mask if cell.is_empty() && means.blanks_are_harmless => {}
        Treatment::Mask => out.push_str(MASK),
        Treatment::MonthOfBirth => out.extend(month_of_birth(cell)),
        Treatment::OutwardPostcode => out.extend(outward(cell)),
        Treatment::AgeBand => out.extend(age(cell, means.as_of).map(band)),
        Treatment::Pseudonym => {
            let Some(pseudonyms) = means.pseudonyms else { return };
            if means.sort != FieldSort::List {
                out.push_str(&pseudonyms.of(means.identifier, cell));
                return;
            }
            let all = cell.split(';').map(|one| pseudonyms.of(means.identifier, one));
            for (at, one) in all.filter(|one| !one.is_empty()).enumerate() {
                out.push_str(if at == 0 { "" } else { ";" });
                out.push_str(&one);
            }
        }
    }
}

/// A date as returns write it, and how it writes the first of its month.
fn date(cell: &str) -> Option<(Date, String)> {
    let number = |text: &str, digits: usize| -> Option<i16> {
        let right = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| right)
    };
    let of = |year: &str, month: &str, day: &str| {
        let (month, day) = (i8::try_from(number(month, 2)?).ok()?, i8::try_from(number(day, 2)?).ok()?);
        Date::new(number(year, 4)?, month, day).ok()
    };
    let parts: Vec<&str> = cell.split(['-', '/']).collect();
    match (parts.as_slice(), cell.contains('-'), cell.contains('/')) {
        ([year, month, day], true, false) => Some((of(year, month, day)?, format!("{year}-{month}-01"))),
        ([day, month, year], false, true) => Some((of(year, month, day)?, format!("01/{month}/{year}"))),
        _ => None,
    }
}

fn month_of_birth(cell: &str) -> Option<String> {
    date(cell).map(|(_, month)| month)
}

/// The first part of a whole postcode.
fn outward(cell: &str) -> Option<String> {
    let whole: String = cell.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).collect();
    let (outward, inward) = whole.split_at_checked(whole.len().checked_sub(3)?)?;
    let shape = |text: &str| -> String {
        let kind = |b: u8| match b {
            b'A'..=b'Z' => 'A',
            b'0'..=b'9' => '9',
            _ => '?',
        };
        text.bytes().map(kind).collect()
    };
    let right = matches!(shape(outward).as_str(), "A9" | "A99" | "A9A" | "AA9" | "AA99" | "AA9A");
    (right && shape(inward) == "9AA").then(|| outward.to_owned())
}

/// An age in years: as it stands there, or that of somebody born on a day.
fn age(cell: &str, as_of: Option<Date>) -> Option<u16> {
    let age = match date(cell) {
        Some((born, _)) => {
            let as_of = as_of?;
            let before_birthday = (as_of.month(), as_of.day()) < (born.month(), born.day());
            let years = as_of.year().checked_sub(born.year())?;
            u16::try_from(years.checked_sub(i16::from(before_birthday))?).ok()?
        }
        None => {
            let digits = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
            cell.parse().ok().filter(|_| digits)?
        }
    };
    (age <= OLDEST).then_some(age)
}

fn band(age: u16) -> &'static str {
    BANDS.iter().find(|(from, _)| age >= *from).map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(treatment: Treatment, cell: &str) -> String {
        let pseudonyms = Pseudonyms::new(&[1; 32], "hackney-council");
        let means = Means {
            sort: FieldSort::Text,
            identifier: "child",
            blanks_are_harmless: true,
            as_of: Some("2023-03-31".parse().unwrap()),
            pseudonyms: Some(&pseudonyms),
        };
        let mut out = String::new();
        transform(treatment, cell, &means, &mut out);
        out
    }

    #[test]
    fn a_date_of_birth_becomes_the_first_of_its_month_and_what_is_no_date_shows_nothing() {
        for (cell, seen) in [
            ("2010-05-14", "2010-05-01"),
            ("14/05/2010", "01/05/2010"),
            ("29/02/2012", "01/02/2012"),
            ("30/02/2012", ""),
            ("14 May 2010", ""),
            ("2010-5-14", ""),
            ("2010-05-14T10:00", ""),
            ("+010-05-14", ""),
            ("14-05/2010", ""),
            ("", ""),
            ("born on 14/05/2010", ""),
        ] {
            assert_eq!(shown(Treatment::MonthOfBirth, cell), seen, "{cell}");
        }
    }

    #[test]
    fn a_postcode_becomes_its_first_part_and_what_is_no_whole_postcode_shows_nothing() {
        for (cell, seen) in [
            ("E8 1EA", "E8"),
            ("ec1a1bb", "EC1A"),
            ("N16 8XJ", "N16"),
            ("S1 2HE", "S1"),
            ("SW1A 1AA", "SW1A"),
            ("E8", ""),
            ("E8 1E", ""),
            ("1 Mare Street, E8 1EA", ""),
            ("\u{c9}8 1EA", ""),
            ("E8 1E\u{c9}", ""),
            ("confidential", ""),
            ("", ""),
        ] {
            assert_eq!(shown(Treatment::OutwardPostcode, cell), seen, "{cell}");
        }
    }

    #[test]
    fn an_age_becomes_its_band_whether_told_in_years_or_by_the_day_of_birth() {
        for (cell, seen) in [
            ("0", "under 1"),
            ("4", "1 to 4"),
            ("15", "10 to 15"),
            ("17", "16 to 17"),
            ("18", "18 and over"),
            ("121", ""),
            ("4.5", ""),
            ("+4", ""),
            ("z", ""),
            ("2005-03-31", "18 and over"),
            ("2005-04-01", "16 to 17"),
            ("31/03/2022", "1 to 4"),
            ("2023-04-01", ""),
        ] {
            assert_eq!(shown(Treatment::AgeBand, cell), seen, "{cell}");
        }
    }

    #[test]
    fn a_mask_hides_even_that_a_cell_is_blank_unless_a_blank_is_harmless() {
        assert_eq!((shown(Treatment::Mask, "x").as_str(), shown(Treatment::Mask, "").as_str()), (MASK, ""));
        let means = Means {
            sort: FieldSort::Word,
            identifier: "",
            blanks_are_harmless: false,
            as_of: None,
            pseudonyms: None,
        };
        let mut out = String::new();
        transform(Treatment::Mask, "", &means, &mut out);
        assert_eq!(out, MASK);
    }

    #[test]
    fn each_reference_of_a_list_has_its_pseudonym_and_without_a_key_there_is_none() {
        let pseudonyms = Pseudonyms::new(&[1; 32], "hackney-council");
        let mut means = Means {
            sort: FieldSort::List,
            identifier: "child",
            blanks_are_harmless: true,
            as_of: None,
            pseudonyms: Some(&pseudonyms),
        };
        let seen = |cell: &str, means: &Means<'_>| {
            let mut out = String::new();
            transform(Treatment::Pseudonym, cell, means, &mut out);
            out
        };
        let (a, b) = (pseudonyms.of("child", "A1"), pseudonyms.of("child", "B2"));
        assert_eq!(seen("A1; B2;;", &means), format!("{a};{b}"));
        means.pseudonyms = None;
        assert_eq!(seen("A1", &means), "");
    }
}
