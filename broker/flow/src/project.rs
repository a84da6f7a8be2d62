//! What a reader gets of a return: the type says what its fields are, the profiles say what is kept.

use std::sync::Arc;

use concordat_catalogue::ReturnType;
use concordat_core::clock::london_date;
use concordat_core::fault::Fault;
use concordat_core::ids::{AgencyId, AreaCode, ProfileId, PurposeId};
use concordat_core::submission::{Covers, SubmissionRecord};
use concordat_policy::{AdditiveGroup, FieldInfo, Projector, Pseudonyms, Reading, Relation, Shape};
use concordat_seal::KeyRing;
use jiff::civil::Date;

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
    let as_of = match &record.identity.covers {
        Covers::Period(period) => period.last_day(),
        Covers::Event(_) => london_date(record.recorded_at),
    };
    let areas = record.identity.areas.clone();
    let of = Reading { pseudonyms: pseudonyms(record, through, reader)?, ..reading(rtype, areas, as_of) };
    Ok(Projector::new(&profiles, of))
}

/// What a type says of its returns, as far as projection cares.
fn reading(rtype: &ReturnType, areas: Vec<AreaCode>, as_of: Date) -> Reading {
    let additive = rtype.additive.iter();
    Reading {
        fields: rtype.fields.iter().map(info).collect(),
        additive: additive
            .map(|group| AdditiveGroup { total: group.total.clone(), parts: group.parts.clone() })
            .collect(),
        relations: rtype.relations().into_iter().map(relation).collect(),
        area_totals: rtype.tables.first().and_then(|table| table.long.as_ref()).map(sums).unwrap_or_default(),
        shape: shape(rtype),
        areas,
        as_of: Some(as_of),
        pseudonyms: None,
    }
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

fn relation(of: concordat_catalogue::relation::Relation) -> Relation {
    Relation { parts: of.parts, totals: of.totals, exact: of.exact }
}

fn sums(long: &concordat_catalogue::Long) -> Vec<AdditiveGroup> {
    let sums = long.area_sums.iter();
    sums.map(|sum| AdditiveGroup { total: sum.area.clone(), parts: sum.parts.clone() }).collect()
}

fn info(field: &concordat_catalogue::Field) -> FieldInfo {
    FieldInfo {
        name: field.name.clone(),
        class: field.class,
        sort: field.kind.field_sort(),
        count: field.is_count(),
        derived: field.is_derived(),
    }
}

#[cfg(test)]
mod tests;
