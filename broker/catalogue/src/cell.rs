//! One cell: what its text says once read by the declared kind. Each cell is read once.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::definition::Field;
use crate::stretch::Stretch;

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    /// Blank, or one of the symbols for "no figure": a rule over it is not checked.
    Absent,
    /// A published figure that was suppressed: a figure that nobody may know here, and neither blank nor zero.
    Suppressed,
    /// Not readable: a finding says so already, and rules over it stay silent.
    Bad,
    /// A number, in millionths.
    Number(i64),
    /// Text, a reference or an id.
    Text(&'a str),
    /// An area by its GSS code.
    Area(&'a str),
    /// A code, by its position in the field's list.
    Code(u16),
    /// A set of codes: one bit per position in the field's list.
    Set(u64),
    /// Yes or no.
    Bool(bool),
    /// A date.
    Date(Date),
    /// An instant.
    Time(Timestamp),
    /// A period.
    Stretch(Stretch),
}

/// Why a cell is not what its field declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CellFault {
    /// Blank, and the field is required.
    Missing,
    /// A symbol of suppression, which only an output may hold.
    Suppressed,
    /// Not of the field's kind.
    Kind,
    /// No code of the field's list.
    Code,
    /// Longer than the field admits.
    Long,
    /// Below the field's smallest value.
    Range,
}

/// A symbol that may stand in place of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Symbol {
    /// `z`: not applicable.
    NotApplicable,
    /// `x`: not available.
    NotAvailable,
    /// `u`: low reliability.
    LowReliability,
    /// `p`: provisional, no figure yet.
    Provisional,
    /// `c` and its like: suppressed. Never said of an agency's own figure.
    Suppressed,
    /// `k` and its like: above zero, and rounded to it. Never said of an agency's own figure.
    RoundsToZero,
}

impl Symbol {
    /// The symbol that a whole cell is, with the spellings accepted on import.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if text.len() > 5 {
            return None;
        }
        Some(match text {
            "z" | "[z]" | "n/a" | "N/A" | "." => Self::NotApplicable,
            "x" | "[x]" | ":" | "DNA" => Self::NotAvailable,
            "u" | "[u]" => Self::LowReliability,
            "p" | "[p]" => Self::Provisional,
            "c" | "[c]" | "*" => Self::Suppressed,
            "k" | "[k]" | "low" | "[low]" => Self::RoundsToZero,
            _ => return None,
        })
    }

    /// Whether it hides a figure that there is.
    const fn hides(self) -> bool {
        matches!(self, Self::Suppressed | Self::RoundsToZero)
    }

    /// The one spelling in which a field stores it; none for suppression, which only published figures may say.
    pub(crate) fn stored(self, field: &Field) -> Option<&'static str> {
        match self {
            Self::NotApplicable => Some("z"),
            Self::NotAvailable => Some("x"),
            Self::LowReliability => Some("u"),
            Self::Provisional => Some("p"),
            Self::Suppressed => field.published.then_some("c"),
            Self::RoundsToZero => field.published.then_some("k"),
        }
    }
}

/// The longest cell of a kind other than text, in bytes.
pub(crate) const SHORT: usize = 512;

/// Reads a cell as its field declares.
pub(crate) fn read<'a>(field: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    if text.is_empty() {
        return if field.required { Err(CellFault::Missing) } else { Ok(Value::Absent) };
    }
    read_as(field, field.kind.row(), text)
}

/// Reads a cell that is not blank as one kind, which for a value by unit is not the field's own.
pub(crate) fn read_as<'a>(
    field: &Field,
    row: &crate::kind::KindRow,
    text: &'a str,
) -> Result<Value<'a>, CellFault> {
    let limit = field.max.unwrap_or(SHORT);
    // characters are counted only when bytes do not settle it
    if text.len() > limit && text.chars().count() > limit {
        return Err(CellFault::Long);
    }
    if row.symbols {
        match Symbol::of(text) {
            Some(symbol) if symbol.hides() && field.published => return Ok(Value::Suppressed),
            Some(symbol) if symbol.hides() => return Err(CellFault::Suppressed),
            Some(_) => return Ok(Value::Absent),
            None => return marked(field, row, text),
        }
    }
    (row.read)(field, text)
}

// `142 [p]` is a provisional figure and counts as one; `142 [u]` is a figure not to be relied on
fn marked<'a>(field: &Field, row: &crate::kind::KindRow, text: &'a str) -> Result<Value<'a>, CellFault> {
    let figure = |mark: &str| text.strip_suffix(mark).map(str::trim_end);
    if let Some(figure) = figure("[p]").or_else(|| figure(" p")) {
        return (row.read)(field, figure);
    }
    if let Some(figure) = figure("[u]").or_else(|| figure(" u")) {
        return (row.read)(field, figure).map(|_| Value::Absent);
    }
    (row.read)(field, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::FieldKind;

    fn count() -> Field {
        Field::plain("n", FieldKind::Count)
    }

    #[test]
    fn a_symbol_is_no_figure_and_suppression_is_an_error() {
        for text in ["z", "x", "u", "p", "n/a", ".", ":", "[x]", "DNA", "[u]", "[p]", "12 [u]", ""] {
            assert_eq!(read(&count(), text), Ok(Value::Absent), "{text}");
        }
        for text in ["c", "[c]", "*", "low"] {
            assert_eq!(read(&count(), text), Err(CellFault::Suppressed), "{text}");
        }
        assert_eq!(read(&count(), "0"), Ok(Value::Number(0)));
        assert_eq!(read(&count(), "142 [p]"), Ok(Value::Number(142_000_000)));
    }

    #[test]
    fn a_published_figure_may_be_suppressed_which_is_neither_blank_nor_zero() {
        let published = Field { published: true, ..count() };
        for (text, stored) in [("c", "c"), ("[c]", "c"), ("*", "c"), ("k", "k"), ("[low]", "k")] {
            assert_eq!(read(&published, text), Ok(Value::Suppressed), "{text}");
            assert_eq!(Symbol::of(text).and_then(|symbol| symbol.stored(&published)), Some(stored));
            assert_eq!(Symbol::of(text).and_then(|symbol| symbol.stored(&count())), None);
        }
        assert_eq!(read(&published, "x"), Ok(Value::Absent));
        assert_eq!(read(&published, "0"), Ok(Value::Number(0)));
    }

    #[test]
    fn a_required_cell_may_say_not_available_but_not_nothing() {
        let required = Field { required: true, ..count() };
        assert_eq!(read(&required, ""), Err(CellFault::Missing));
        assert_eq!(read(&required, "x"), Ok(Value::Absent));
    }

    #[test]
    fn text_keeps_its_symbols_and_has_an_end() {
        let text = Field { max: Some(4), ..Field::plain("t", FieldKind::Text) };
        assert_eq!(read(&text, "x"), Ok(Value::Text("x")));
        assert_eq!(read(&text, "ôôôô"), Ok(Value::Text("ôôôô")));
        assert_eq!(read(&text, "ôôôôô"), Err(CellFault::Long));
    }
}
