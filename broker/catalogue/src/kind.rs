//! The kinds of field. A kind is one row of the table below: its word in definition files, what a cell of
//! it must look like, and how it is read.

mod identifiers;

pub(crate) use identifiers::is_upn;

use concordat_core::clock::ZONE;
use concordat_core::period::{Frequency, Period};
use concordat_core::submission::EventId;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use crate::cell::{CellFault, Value};
use crate::decimal;
use crate::definition::Field;
use crate::guard;
use crate::stretch::Stretch;

/// What rules may do with a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Number,
    Text,
    Code,
    Set,
    Bool,
    Date,
    Time,
    Period,
    Varies,
}

type Read = for<'a> fn(&Field, &'a str) -> Result<Value<'a>, CellFault>;

pub(crate) struct KindRow {
    pub(crate) word: &'static str,
    pub(crate) says: &'static str,
    pub(crate) symbols: bool,
    pub(crate) sort: Sort,
    pub(crate) read: Read,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $word:literal, $sort:ident, symbols $symbols:literal, $says:literal, $read:expr;)*) => {
        /// The kind of a field.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FieldKind {
            $($(#[$doc])* $kind,)*
        }

        impl FieldKind {
            /// Every kind.
            pub const ALL: &'static [FieldKind] = &[$(FieldKind::$kind,)*];

            pub(crate) const fn row(self) -> &'static KindRow {
                match self {
                    $(FieldKind::$kind => {
                        const ROW: KindRow =
                            KindRow { word: $word, says: $says, symbols: $symbols, sort: Sort::$sort, read: $read };
                        &ROW
                    })*
                }
            }
        }
    };
}

kinds! {
    /// A count over a period. Counts of periods that follow one another may be added.
    Count: "count", Number, symbols true, "a whole number of 0 or more, digits only", count;
    /// A count on a day. Never added across periods.
    SnapshotCount: "snapshot_count", Number, symbols true, "a whole number of 0 or more, digits only", count;
    /// A whole number.
    Int: "int", Number, symbols true, "a whole number, digits only", |f, t| number(f, t, 0, true);
    /// A decimal number with at most six places.
    Number: "number", Number, symbols true, "a number such as 4.9 or -4.9", |f, t| number(f, t, 6, true);
    /// A decimal number of 0 or more with at most six places.
    Quantity: "quantity", Number, symbols true, "a number of 0 or more such as 4.9", |f, t| number(f, t, 6, false);
    /// Pounds, with at most two places.
    Money: "money", Number, symbols true, "pounds without a pound sign or commas, such as 418722 or 12.50",
        |f, t| number(f, t, 2, true);
    /// A percentage from 0 to 100.
    Percent: "percent", Number, symbols true, "a number from 0 to 100 without a percent sign", percent;
    /// A place in an order: `22nd`, `second` or `22`.
    Rank: "rank", Number, symbols true, "a rank such as 22nd, second or 22", rank;
    /// Text of one or more lines.
    Text: "text", Text, symbols false, "text", |_, t| Ok(Value::Text(t));
    /// An area by its GSS code.
    Gss: "gss", Text, symbols false, "a GSS code: one capital letter and eight digits, such as E09000012", gss;
    /// One code of a list.
    Code: "code", Code, symbols false, "one code of its list", code;
    /// One of a few words that the field itself declares.
    Enum: "enum", Code, symbols false, "one of its words", code;
    /// Several of a few words, with `;` between them.
    Set: "set", Set, symbols false, "one or more of its words with ; between them", set;
    /// Yes or no.
    Bool: "bool", Bool, symbols false, "yes or no", boolean;
    /// Yes, no or unknown.
    Tristate: "tristate", Code, symbols false, "yes, no or unknown", code;
    /// A date.
    Date: "date", Date, symbols false, "a date such as 2023-03-31", date;
    /// A date as the Department for Education's CSV files write it.
    UkDate: "uk_date", Date, symbols false, "a date such as 31/03/2023", uk_date;
    /// An instant with its offset, or a London date and time.
    DateTime: "datetime", Time, symbols false,
        "a date and time such as 2023-03-31T14:30 (London) or 2023-03-31T14:30:00Z", datetime;
    /// A financial quarter, `2022-23/Q1`.
    Quarter: "quarter", Period, symbols false, "a quarter such as 2022-23/Q1", |_, t| period(t, Frequency::Quarter);
    /// A calendar month, `2022-04`.
    Month: "month", Period, symbols false, "a month such as 2022-04", |_, t| period(t, Frequency::Month);
    /// A financial year, `2022-23`.
    Year: "year", Period, symbols false, "a financial year such as 2022-23", |_, t| period(t, Frequency::Year);
    /// A period in one of the notations that published tables use, or a word that the field declares.
    PeriodNotation: "period_notation", Period, symbols false,
        "a period such as 2022/23, 2021/22-Q1, 2023/24-H1, 2023-02, 2023-03-31, 2021, 2022-04/2022-12 or 2017/2021",
        notation;
    /// A UUID in lower case.
    Uuid: "uuid", Text, symbols false, "a UUID such as 2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e", uuid;
    /// References with `;` between them.
    List: "list", Text, symbols false, "references with ; between them", |_, t| Ok(Value::Text(t));
    /// An NHS number: ten digits that pass modulus 11, with or without spaces.
    NhsNumber: "nhs_number", Text, symbols false, "an NHS number: ten digits of which the last is a check digit",
        nhs_number;
    /// A unique pupil number: check letter, eleven digits, and a digit or, while temporary, a letter.
    Upn: "upn", Text, symbols false,
        "a unique pupil number: 13 characters of which the first is its check letter", identifiers::upn;
    /// An organisation of the NHS by its code of the Organisation Data Service.
    Ods: "ods", Text, symbols false, "an ODS code of 3 to 8 capital letters and digits, such as RQX", identifiers::ods;
    /// A whole postcode.
    Postcode: "postcode", Text, symbols false, "a whole postcode such as E8 1EA", identifiers::postcode;
    /// An agency of the partnership by its id.
    Agency: "agency", Text, symbols false, "the id of an agency of the partnership, such as homerton",
        identifiers::agency;
    /// A unique pupil number by its shape alone: whether the check letter is right, a rule says.
    UpnShape: "upn_shape", Text, symbols false, "a UPN: a letter, then twelve digits, or eleven digits and a letter", upn_shape;
    /// A figure whose kind another field's code says: a count, a percentage, yes or no.
    ByCode: "by_code", Varies, symbols true, "a figure as its unit says", |_, _| Err(CellFault::Kind);
}

impl FieldKind {
    /// The word used in definition files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().word
    }

    /// What a cell of this kind must look like, in plain words.
    #[must_use]
    pub const fn says(self) -> &'static str {
        self.row().says
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

fn number<'a>(field: &Field, text: &str, places: usize, signed: bool) -> Result<Value<'a>, CellFault> {
    let value = decimal::parse(text, places).ok_or(CellFault::Kind)?;
    if value < 0 && !signed {
        return Err(CellFault::Kind);
    }
    match field.min {
        Some(min) if i128::from(value) < i128::from(min) * decimal::ONE => Err(CellFault::Range),
        _ => Ok(Value::Number(value)),
    }
}

fn count<'a>(field: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    number(field, text, 0, false)
}

fn percent<'a>(field: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    match number(field, text, 6, false)? {
        Value::Number(value) if i128::from(value) > 100 * decimal::ONE => Err(CellFault::Kind),
        value => Ok(value),
    }
}

const ORDINALS: [&str; 10] =
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

fn rank<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    let value = if let Some(at) = ORDINALS.iter().position(|word| *word == text) {
        i64::try_from(at).unwrap_or(0) + 1
    } else {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, suffix) = text.split_at(end);
        let value: i64 = digits.parse().map_err(|_| CellFault::Kind)?;
        let right = match (value % 100, value % 10) {
            (11..=13, _) => "th",
            (_, 1) => "st",
            (_, 2) => "nd",
            (_, 3) => "rd",
            _ => "th",
        };
        if !(suffix.is_empty() || suffix == right) || !(1..=1_000_000).contains(&value) {
            return Err(CellFault::Kind);
        }
        value
    };
    Ok(Value::Number(value * 1_000_000))
}

fn gss<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    let bytes = text.as_bytes();
    let right = bytes.len() == 9
        && bytes.first().is_some_and(u8::is_ascii_uppercase)
        && bytes.iter().skip(1).all(u8::is_ascii_digit);
    if right { Ok(Value::Area(text)) } else { Err(CellFault::Kind) }
}

fn code<'a>(field: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    let list = field.codes.as_ref().ok_or(CellFault::Code)?;
    list.position(text).map(Value::Code).ok_or(CellFault::Code)
}

fn set<'a>(field: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    let list = field.codes.as_ref().ok_or(CellFault::Code)?;
    let mut bits = 0u64;
    for word in text.split(';') {
        let bit = 1u64
            .checked_shl(u32::from(list.position(word.trim()).ok_or(CellFault::Code)?))
            .ok_or(CellFault::Code)?;
        if bits & bit != 0 {
            return Err(CellFault::Kind);
        }
        bits |= bit;
    }
    Ok(Value::Set(bits))
}

fn boolean<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    match text {
        "yes" | "Yes" | "YES" => Ok(Value::Bool(true)),
        "no" | "No" | "NO" => Ok(Value::Bool(false)),
        _ => Err(CellFault::Kind),
    }
}

fn date<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    match Stretch::parse(text) {
        Some(Stretch::Day(date)) => Ok(Value::Date(date)),
        _ => Err(CellFault::Kind),
    }
}

fn uk_date<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    crate::bulk::days::uk(text).and_then(crate::bulk::days::date_of).map(Value::Date).ok_or(CellFault::Kind)
}

fn upn_shape<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    let bytes = text.as_bytes();
    let right = bytes.len() == 13
        && bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.get(1..12).is_some_and(|middle| middle.iter().all(u8::is_ascii_digit))
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric);
    if right { Ok(Value::Text(text)) } else { Err(CellFault::Kind) }
}

fn datetime<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    if !text.is_ascii() || text.as_bytes().get(10) != Some(&b'T') {
        return Err(CellFault::Kind);
    }
    instant(text).map(Value::Time).ok_or(CellFault::Kind)
}

fn instant(text: &str) -> Option<Timestamp> {
    if text.len() == 16 || text.len() == 19 {
        let local: DateTime = text.parse().ok()?;
        return Some(local.in_tz(ZONE).ok()?.timestamp());
    }
    text.parse().ok()
}

fn period<'a>(text: &str, frequency: Frequency) -> Result<Value<'a>, CellFault> {
    match text.parse::<Period>() {
        Ok(period) if period.frequency() == Some(frequency) => Ok(Value::Stretch(Stretch::of(period))),
        _ => Err(CellFault::Kind),
    }
}

fn notation<'a>(field: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    if let Some(stretch) = Stretch::parse(text) {
        return Ok(Value::Stretch(stretch));
    }
    let word = field.codes.as_ref().and_then(|list| list.position(text));
    word.map(|at| Value::Stretch(Stretch::Word(at))).ok_or(CellFault::Kind)
}

fn uuid<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    text.parse::<EventId>().map(|_| Value::Text(text)).map_err(|_| CellFault::Kind)
}

fn nhs_number<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    if guard::is_nhs_number(text) { Ok(Value::Text(text)) } else { Err(CellFault::Kind) }
}

/// A date as rules know it, for the compiler of constants.
pub(crate) fn date_constant(text: &str) -> Option<Date> {
    match Stretch::parse(text) {
        Some(Stretch::Day(date)) => Some(date),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::read;

    fn reads(kind: FieldKind, text: &str) -> Result<Value<'_>, CellFault> {
        read(&Field::plain("f", kind), text)
    }

    #[test]
    fn every_kind_reads_back_from_its_word() {
        for kind in FieldKind::ALL {
            assert_eq!(FieldKind::from_word(kind.as_str()), Some(*kind));
        }
        assert_eq!(FieldKind::from_word("float"), None);
    }

    #[test]
    fn a_count_is_digits_only() {
        for text in ["-1", "1.0", "1,200", "1 200", "twelve", "12 ", "1e3", "0x10"] {
            assert_eq!(reads(FieldKind::Count, text), Err(CellFault::Kind), "{text}");
        }
        assert_eq!(reads(FieldKind::SnapshotCount, "007"), Ok(Value::Number(7_000_000)));
    }

    #[test]
    fn percentages_end_at_100_and_ranks_need_their_own_ending() {
        assert!(reads(FieldKind::Percent, "100").is_ok());
        assert!(reads(FieldKind::Percent, "100.1").is_err());
        assert!(reads(FieldKind::Percent, "14.7%").is_err());
        for (text, value) in [("22nd", 22), ("11th", 11), ("second", 2), ("1st", 1), ("7", 7)] {
            assert_eq!(reads(FieldKind::Rank, text), Ok(Value::Number(value * 1_000_000)), "{text}");
        }
        for text in ["11st", "2th", "0", "0th", "nd", "seconds", "-1"] {
            assert!(reads(FieldKind::Rank, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_local_time_is_london_time() {
        let summer = "2023-06-30T14:30:00+01:00".parse().unwrap();
        assert_eq!(reads(FieldKind::DateTime, "2023-06-30T14:30"), Ok(Value::Time(summer)));
        assert_eq!(reads(FieldKind::DateTime, "2023-06-30T13:30:00Z"), Ok(Value::Time(summer)));
        for text in ["2023-06-30", "2023-06-30 14:30", "2023-06-31T14:30", "30/06/2023T14:30", "T"] {
            assert!(reads(FieldKind::DateTime, text).is_err(), "{text}");
        }
    }

    #[test]
    fn periods_must_be_of_their_own_frequency() {
        assert!(reads(FieldKind::Quarter, "2022-23/Q1").is_ok());
        assert!(reads(FieldKind::Quarter, "2022-23").is_err());
        assert!(reads(FieldKind::Month, "2022-04").is_ok());
        assert!(reads(FieldKind::Year, "2022-23").is_ok());
        assert!(reads(FieldKind::PeriodNotation, "2010/22").is_err());
    }
}
