//! What cells of a kind look like to those who weaken them.

use concordat_core::table::FieldSort;

use crate::kind::FieldKind;

impl FieldKind {
    /// What the cells of a kind look like, as far as redaction cares.
    #[must_use]
    pub const fn field_sort(self) -> FieldSort {
        match self {
            FieldKind::Text => FieldSort::Text,
            FieldKind::List => FieldSort::List,
            FieldKind::Date | FieldKind::UkDate => FieldSort::Date,
            FieldKind::Postcode => FieldSort::Postcode,
            FieldKind::NhsNumber => FieldSort::NhsNumber,
            FieldKind::Upn | FieldKind::UpnShape => FieldSort::Upn,
            FieldKind::Count
            | FieldKind::SnapshotCount
            | FieldKind::Int
            | FieldKind::Number
            | FieldKind::Quantity
            | FieldKind::Money
            | FieldKind::Percent
            | FieldKind::Rank
            | FieldKind::ByCode => FieldSort::Number,
            FieldKind::Gss
            | FieldKind::Code
            | FieldKind::Enum
            | FieldKind::Set
            | FieldKind::Bool
            | FieldKind::Tristate
            | FieldKind::DateTime
            | FieldKind::Quarter
            | FieldKind::Month
            | FieldKind::Year
            | FieldKind::PeriodNotation
            | FieldKind::Uuid
            | FieldKind::Ods
            | FieldKind::Agency => FieldSort::Word,
        }
    }
}
