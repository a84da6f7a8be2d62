//! What a reader gets of a return: the type says what its fields are, the profiles say what is kept.

pub(crate) mod fits;

use std::sync::Arc;

use concordat_catalogue::{FieldKind, ReturnType};
use concordat_core::clock::london_date;
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, ProfileId, PurposeId};
use concordat_core::submission::{Covers, SubmissionRecord};
use concordat_policy::{AdditiveGroup, FieldInfo, FieldSort, Projector, Pseudonyms, Reading, Shape};
use concordat_seal::KeyRing;

use crate::generation::Generation;

/// Policies of one time, and the profiles that they apply.
pub(crate) struct Through {
    pub generation: Arc<Generation>,
    pub profiles: Vec<ProfileId>,
}

/// Who reads, and for what: pseudonyms are made for the two together.
pub(crate) struct For<'a> {
    pub recipient: &'a AgencyId,
    pub purpose: Option<&'a PurposeId>,
    pub ring: &'a KeyRing,
}

/// Projects a return for a reader, through all profiles together.
///
/// # Errors
/// A fault when pseudonyms are needed and their key cannot be had.
pub(crate) fn projector(
    rtype: &ReturnType,
    record: &SubmissionRecord,
    through: &[Through],
    reader: &For<'_>,
) -> Result<Projector, Fault> {
    let profiles: Vec<_> =
        through.iter().map(|one| (one.generation.policy.bundle(), one.profiles.as_slice())).collect();
    let additive = rtype.additive.iter();
    let of = Reading {
        fields: rtype.fields.iter().map(info).collect(),
        additive: additive
            .map(|group| AdditiveGroup { total: group.total.clone(), parts: group.parts.clone() })
            .collect(),
        shape: shape(rtype),
        areas: record.identity.areas.clone(),
        as_of: Some(match &record.identity.covers {
            Covers::Period(period) => period.last_day(),
            Covers::Event(_) => london_date(record.recorded_at),
        }),
        pseudonyms: pseudonyms(record, through, reader)?,
    };
    Ok(Projector::new(&profiles, of))
}

/// Makes pseudonyms, where a profile asks for any and it is known for what they are made.
fn pseudonyms(
    record: &SubmissionRecord,
    through: &[Through],
    reader: &For<'_>,
) -> Result<Option<Pseudonyms>, Fault> {
    let of = |one: &Through| {
        let bundle = one.generation.policy.bundle();
        one.profiles.iter().any(|id| bundle.profile(id).is_some_and(|profile| profile.pseudonymises()))
    };
    let Some(purpose) = reader.purpose.filter(|_| through.iter().any(of)) else { return Ok(None) };
    let key = reader.ring.pseudonym_key(reader.recipient.as_str(), purpose.as_str());
    let key = key.map_err(Fault::unavailable)?;
    Ok(Some(Pseudonyms::new(&key, record.identity.agency.as_str())))
}

fn shape(rtype: &ReturnType) -> Shape {
    let name = |at: usize| rtype.fields.get(at).map_or("", |field| field.name.as_str()).to_owned();
    match rtype.tables.first().and_then(|table| table.long.as_ref()) {
        Some(long) => Shape::Long {
            key: name(long.indicator),
            value: name(long.value),
            unit: name(long.unit),
            area: name(long.area),
            period: name(long.period),
        },
        None => Shape::Wide { areas: rtype.area_fields.clone() },
    }
}

fn info(field: &concordat_catalogue::Field) -> FieldInfo {
    FieldInfo {
        name: field.name.clone(),
        class: field.class,
        sort: sort(field.kind),
        count: field.is_count(),
        derived: field.is_derived(),
    }
}

/// What the cells of a kind look like, as far as redaction cares.
fn sort(kind: FieldKind) -> FieldSort {
    match kind {
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
