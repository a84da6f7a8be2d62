//! What the words in an expression mean: fields, indicators with their units, patterns of indicators.

use std::collections::HashMap;
use std::sync::Arc;

use crate::codes::CodeList;
use crate::definition::{Field, Long, ReturnType};

/// What the name of a part means in a rule across returns.
pub(crate) struct Meant {
    pub(crate) name: String,
    /// The versions of its return type.
    pub(crate) of: Vec<Arc<ReturnType>>,
    /// Whether it can only be counted.
    pub(crate) events: bool,
    /// Whether it is all the returns of a year.
    pub(crate) of_year: bool,
}

/// What an expression may speak of.
pub(crate) struct Scene<'a> {
    pub(crate) fields: &'a [Field],
    pub(crate) long: Option<&'a Long>,
    parts: &'a [Meant],
    by_name: HashMap<&'a str, u16>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(fields: &'a [Field], long: Option<&'a Long>) -> Self {
        let by_name = fields
            .iter()
            .enumerate()
            .filter_map(|(at, field)| Some((field.name.as_str(), u16::try_from(at).ok()?)))
            .collect();
        Self { fields, long, parts: &[], by_name }
    }

    /// What a rule across returns may speak of.
    pub(crate) fn across(parts: &'a [Meant]) -> Self {
        Self { parts, ..Self::new(&[], None) }
    }

    pub(super) fn parts(&self) -> &'a [Meant] {
        self.parts
    }

    pub(super) fn part(&self, name: &str) -> Option<(usize, &'a Meant)> {
        self.parts.iter().enumerate().find(|(_, part)| part.name == name)
    }

    pub(super) fn field(&self, name: &str) -> Option<(u16, &'a Field)> {
        let at = *self.by_name.get(name)?;
        Some((at, self.fields.get(usize::from(at))?))
    }

    fn list(&self, at: usize) -> Result<&'a Arc<CodeList>, String> {
        self.fields
            .get(at)
            .and_then(|field| field.codes.as_ref())
            .ok_or_else(|| "the table's indicator and unit have no code lists".to_owned())
    }

    /// The indicator of a code and the unit in which it is meant: the one named, or its only one.
    pub(super) fn indicator(&self, code: &str, unit: Option<&str>) -> Result<(u16, u16), String> {
        let long = self.long.ok_or("this return type has no [long] table: name a field instead")?;
        let (indicators, units) = (self.list(long.indicator)?, self.list(long.unit)?);
        let at = indicators.position(code).ok_or_else(|| format!("there is no indicator `{code}`"))?;
        let extra = indicators.codes().get(usize::from(at)).map_or(&[][..], |code| &code.extra);
        let unit = match (unit, extra) {
            (Some(unit), _) => unit,
            (None, [only]) => only.as_str(),
            (None, _) => {
                return Err(format!(
                    "`{code}` comes in several units: say which, as in cell(\"{code}\", \"count\")"
                ));
            }
        };
        if !extra.is_empty() && !extra.iter().any(|known| known == unit) {
            return Err(format!("`{code}` does not come in `{unit}`"));
        }
        Ok((at, units.position(unit).ok_or_else(|| format!("there is no unit `{unit}`"))?))
    }

    /// The word of a unit.
    pub(super) fn unit(&self, at: u16) -> Result<String, String> {
        let long = self.long.ok_or("this return type has no [long] table: name a field instead")?;
        let unit = self.list(long.unit)?.codes().get(usize::from(at));
        unit.map(|unit| unit.code.clone()).ok_or_else(|| "there is no such unit".to_owned())
    }

    /// The indicators, or without a `[long]` table the fields of numbers, that a pattern with at most one `*`
    /// matches, without those excluded.
    pub(super) fn matching(&self, pattern: &str, except: &[&str]) -> Result<Vec<&'a str>, String> {
        let (head, tail) = pattern.split_once('*').ok_or_else(|| format!("`{pattern}` has no *"))?;
        let fits = |name: &&str| {
            name.len() >= head.len() + tail.len()
                && name.starts_with(head)
                && name.ends_with(tail)
                && !except.contains(name)
        };
        let (what, found): (_, Vec<&str>) = match self.long {
            Some(long) => {
                let codes = self.list(long.indicator)?.codes();
                ("indicator", codes.iter().map(|code| code.code.as_str()).filter(fits).collect())
            }
            // a field that is no number is told of by whoever adds it up
            None => ("field", self.fields.iter().map(|field| field.name.as_str()).filter(fits).collect()),
        };
        if found.is_empty() { Err(format!("no {what} matches `{pattern}`")) } else { Ok(found) }
    }
}
