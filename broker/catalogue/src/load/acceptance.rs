//! What of a return is accepted, or refused, as one: `[acceptance]`.

use crate::definition::{Acceptance, Field, TableDef, TypeKind};
use crate::kind::Sort;

use super::Read;
use super::section::Section;

/// Reads it where a return is one table: each event of a file, or the whole.
pub(super) fn of_one_table(root: &Section<'_, '_>, kind: Option<TypeKind>) -> Read<Acceptance> {
    let Some(section) = section(root, &["per"]) else { return Some(Acceptance::Whole) };
    if !per_record(&section)? {
        return Some(Acceptance::Whole);
    }
    if kind != Some(TypeKind::Event) {
        section.complain(
            "per",
            "only events, and returns of several tables, are accepted record by record: figures stand or fall together"
                .to_owned(),
        );
        return None;
    }
    Some(Acceptance::Event)
}

/// Reads it where a return is several tables: each record, named by a field of one of them, or the whole.
pub(super) fn of_tables(root: &Section<'_, '_>, fields: &[Field], tables: &[TableDef]) -> Read<Acceptance> {
    let Some(section) = section(root, &["per", "table", "field"]) else { return Some(Acceptance::Whole) };
    if !per_record(&section)? {
        return Some(Acceptance::Whole);
    }
    let (table, field) = (section.string("table")?, section.string("field")?);
    let Some((at, def)) = tables.iter().enumerate().find(|(_, def)| def.name == table) else {
        section.complain("table", format!("there is no table `{table}`"));
        return None;
    };
    let found = def.fields.clone().find(|at| fields.get(*at).is_some_and(|known| known.name == field));
    let Some(named) = found.filter(|at| fields.get(*at).is_some_and(|f| f.kind.row().sort == Sort::Text))
    else {
        section.complain("field", format!("there is no field `{field}` in `{table}` that holds a text"));
        return None;
    };
    let place = def.place.as_ref();
    if place.is_some_and(|place| place.child.is_some_and(|child| child != named)) {
        section.complain("field", format!("the rows of a child belong together by the `child` of `{table}`"));
        return None;
    }
    Some(Acceptance::Record { table: at, field: named })
}

fn section<'s, 't>(root: &'s Section<'_, 't>, keys: &[&str]) -> Option<Section<'s, 't>> {
    let section = root.section("acceptance")?;
    section.only(keys);
    Some(section)
}

fn per_record(section: &Section<'_, '_>) -> Read<bool> {
    section.word("per", &[("record", true), ("return", false)])
}
