//! What all profiles together do with each field of a return, and a table once that is done.

use std::collections::{BTreeSet, HashMap};

use concordat_core::table::{Cells, FieldClass, Table};

use super::transform::{Means, transform};
use super::{FieldInfo, Reading};
use crate::profile::{FieldSort, Profile, Treatment, When};

/// A field, as all profiles treat it.
#[derive(Debug)]
pub(super) struct Column {
    /// What is done with it in a row that no exception speaks of.
    treatment: Treatment,
    /// Where there are exceptions: what each profile does with it, and when it does something else.
    each: Vec<(Treatment, Option<When>)>,
    /// What is told to the reader; `None` where it is kept in every row.
    change: Option<String>,
    sort: FieldSort,
    identifier: String,
    blanks_are_harmless: bool,
    pub count: bool,
    pub derived: bool,
}

impl Column {
    /// Whether it is there at all: some row may show something of it.
    pub fn is_shown(&self) -> bool {
        let never = |(treatment, when): &(Treatment, Option<When>)| {
            *treatment == Treatment::Drop
                && when.as_ref().is_none_or(|when| when.treatment == Treatment::Drop)
        };
        match self.each.as_slice() {
            [] => self.treatment != Treatment::Drop,
            each => !each.iter().any(never),
        }
    }

    /// Whether a reader learns anything of its values.
    pub fn tells(&self) -> bool {
        !self.each.is_empty() || !matches!(self.treatment, Treatment::Drop | Treatment::Mask)
    }

    /// What is done with it, in words.
    pub fn change(&self) -> Option<&str> {
        self.change.as_deref()
    }

    fn in_row<'a>(&self, said: &impl Fn(&str) -> Option<&'a str>) -> Treatment {
        if self.each.is_empty() {
            return self.treatment;
        }
        Treatment::all(self.each.iter().map(|(treatment, when)| match when {
            None => *treatment,
            Some(when) => match said(&when.field).map(str::trim) {
                Some(word) if word.eq_ignore_ascii_case(&when.is) => when.treatment,
                Some(word) if !word.is_empty() => *treatment,
                // whether the exception holds is not known
                Some(_) | None => Treatment::all([*treatment, when.treatment]),
            },
        }))
    }
}

/// The columns of a return by name. A name that stands for several fields is treated as all of them.
pub(super) fn of(profiles: &[Profile], reading: &Reading) -> HashMap<String, Column> {
    let mut by_name: HashMap<&str, Vec<&FieldInfo>> = HashMap::new();
    for field in &reading.fields {
        by_name.entry(&field.name).or_default().push(field);
    }
    by_name
        .into_iter()
        .map(|(name, fields)| (name.to_owned(), column(name, &fields, profiles, reading)))
        .collect()
}

fn column(name: &str, fields: &[&FieldInfo], profiles: &[Profile], reading: &Reading) -> Column {
    let mut sorts = fields.iter().map(|field| field.sort);
    let sort = sorts.next().unwrap_or(FieldSort::Text);
    let sort = if sorts.all(|other| other == sort) { sort } else { FieldSort::Text };
    let identifier = identifier(name, sort, profiles);
    let possible = |treatment: Treatment| match treatment {
        Treatment::Pseudonym if reading.pseudonyms.is_none() || identifier.is_none() => Treatment::Drop,
        other => other,
    };
    let each: Vec<(Treatment, Option<When>)> = profiles
        .iter()
        .map(|profile| {
            let all = Treatment::all(fields.iter().map(|field| profile.treatment(name, field.class)));
            let when = profile.when(name).cloned();
            (possible(all), when.map(|when| When { treatment: possible(when.treatment), ..when }))
        })
        .collect();
    let treatment = Treatment::all(each.iter().map(|(treatment, _)| *treatment));
    let is_excepted = each.iter().any(|(_, when)| when.is_some());
    let harmless = |field: &&FieldInfo| matches!(field.class, FieldClass::Identifier | FieldClass::Contact);
    Column {
        change: change(treatment, &each),
        treatment,
        each: if is_excepted { each } else { Vec::new() },
        sort,
        identifier: identifier.unwrap_or_default(),
        blanks_are_harmless: fields.iter().all(harmless),
        count: fields.iter().any(|field| field.count),
        derived: fields.iter().any(|field| field.derived),
    }
}

/// What a field numbers: as the profiles say, or as its sort does, or itself. `None` where profiles say two things.
fn identifier(name: &str, sort: FieldSort, profiles: &[Profile]) -> Option<String> {
    let own = match sort {
        FieldSort::NhsNumber => "nhs_number",
        FieldSort::Upn => "upn",
        _ => name,
    };
    let pseudonymous = profiles.iter().filter(|profile| {
        FieldClass::ALL.iter().any(|class| profile.treatment(name, *class) == Treatment::Pseudonym)
            || profile.when(name).is_some_and(|when| when.treatment == Treatment::Pseudonym)
    });
    let said: BTreeSet<&str> = pseudonymous.map(|profile| profile.identifier(name).unwrap_or(own)).collect();
    if said.len() > 1 { None } else { Some(said.first().copied().unwrap_or(own).to_owned()) }
}

fn change(treatment: Treatment, each: &[(Treatment, Option<When>)]) -> Option<String> {
    let excepted: BTreeSet<String> = each
        .iter()
        .filter_map(|(_, when)| when.as_ref())
        .map(|when| format!("; {} where {} is {}", when.treatment.as_str(), when.field, when.is))
        .collect();
    if excepted.is_empty() && treatment == Treatment::Keep {
        return None;
    }
    Some(std::iter::once(treatment.as_str().to_owned()).chain(excepted).collect())
}

/// A table with its columns treated: `None` for one that is not shown.
pub(super) fn apply(table: Table, columns: &[Option<&Column>], reading: &Reading) -> Table {
    let is_kept = |column: &Option<&Column>| column.is_some_and(|column| column.change.is_none());
    if columns.iter().all(is_kept) {
        return table;
    }
    let mut cells = Cells::with_capacity(table.cells.len(), table.cells.bytes());
    let mut text = String::new();
    for row in table.rows() {
        let said = |name: &str| table.column(name).and_then(|at| row.get(at));
        for (column, cell) in columns.iter().zip(row.iter()) {
            let Some(column) = column else { continue };
            if column.change.is_none() {
                cells.push(cell);
                continue;
            }
            let means = Means {
                sort: column.sort,
                identifier: &column.identifier,
                blanks_are_harmless: column.blanks_are_harmless,
                as_of: reading.as_of,
                pseudonyms: reading.pseudonyms.as_ref(),
            };
            text.clear();
            transform(column.in_row(&said), cell, &means, &mut text);
            cells.push(&text);
        }
    }
    let names = table.columns.into_iter().zip(columns).filter(|(_, column)| column.is_some());
    Table { name: table.name, columns: names.map(|(name, _)| name).collect(), cells }
}
