//! What a reader gets of a return: the type says what its fields are, the profiles say what is kept.

use concordat_catalogue::{FieldKind, ReturnType};
use concordat_core::ids::ProfileId;
use concordat_core::table::{FieldClass, Table};
use concordat_policy::{AdditiveGroup, Bundle, FieldInfo, Projection, Shape};

/// Projects the tables of a return through profiles together.
pub(crate) fn project(
    bundle: &Bundle,
    profiles: &[ProfileId],
    rtype: &ReturnType,
    tables: &[Table],
) -> Projection {
    let fields: Vec<FieldInfo> = rtype.fields.iter().map(info).collect();
    let additive: Vec<AdditiveGroup> = rtype
        .additive
        .iter()
        .map(|group| AdditiveGroup { total: group.total.clone(), parts: group.parts.clone() })
        .collect();
    let long = rtype.tables.first().and_then(|table| table.long.as_ref());
    let name = |at: usize| rtype.fields.get(at).map_or("", |field| field.name.as_str());
    match long {
        Some(long) => {
            let group_by = [name(long.area), name(long.period)];
            let shape = Shape::Long {
                key: name(long.indicator),
                value: name(long.value),
                unit: name(long.unit),
                group_by: &group_by,
            };
            concordat_policy::project(bundle, profiles, &fields, &additive, tables, shape)
        }
        None => concordat_policy::project(bundle, profiles, &fields, &additive, tables, Shape::Wide),
    }
}

/// Whether small counts are suppressed through any of these profiles, or one of them is not known.
pub(crate) fn suppresses(bundle: &Bundle, profiles: &[ProfileId]) -> bool {
    profiles.iter().any(|id| bundle.profile(id).is_none_or(|profile| profile.suppression.is_some()))
}

fn info(field: &concordat_catalogue::Field) -> FieldInfo {
    FieldInfo {
        name: field.name.clone(),
        class: field.class,
        count: field.class == FieldClass::Aggregate
            && matches!(
                field.kind,
                FieldKind::Count | FieldKind::SnapshotCount | FieldKind::Int | FieldKind::ByCode
            ),
        derived: matches!(field.kind, FieldKind::Percent | FieldKind::Number | FieldKind::Quantity),
    }
}
