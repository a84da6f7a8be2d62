//! Who may do what, as a person reads it in review: worked out from decisions and not copied from rows.
//!
//! Per return type: each act, the roles and agencies that may, whose data, for which purpose, in which areas, through
//! which profile, when, and what would deny it after all. A row that never lets anybody do anything does not show.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use concordat_core::decision::Act;
use concordat_core::ids::ReturnTypeId;
use jiff::civil::Date;
use serde::Serialize;

use crate::access::cell::{Cell, merged_by_role};
use crate::access::leaf::Change;
use crate::access::{Side, TypeAt, World, words};
use crate::bundle::Bundle;
use crate::complaint::Complaint;
use crate::diff::changes;

/// The file, beside the policy files, that holds the matrix. Policy does not read it and its digest leaves it out.
pub const FILE: &str = "matrix.txt";

/// The matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The partnership.
    pub partnership: String,
    /// Its lines, by return type and act.
    pub lines: Vec<Line>,
}

/// One line: everything it names in any combination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The return type; `None` for acts that concern none.
    pub return_type: Option<ReturnTypeId>,
    /// Whether that type is about persons.
    pub person_level: bool,
    /// The act.
    pub act: Act,
    /// The roles, any of which is enough; `-` for whoever asks, or the agency as such.
    pub role: String,
    /// The agencies, by kind where all of a kind are meant.
    pub agencies: String,
    /// Whose data.
    pub owners: String,
    /// For which purposes.
    pub purposes: String,
    /// In which areas.
    pub areas: String,
    /// Through which profiles.
    pub through: String,
    /// When.
    pub days: String,
    /// Which facts and further roles deny it after all; `-` where none does.
    pub unless: String,
}

/// Works out the matrix of a bundle, for all days that its rows speak of.
#[must_use]
pub fn matrix(bundle: &Bundle) -> Matrix {
    let world = World::of(bundle, bundle);
    let first = Date::constant(0, 1, 1);
    let cells = changes([Side::nothing(bundle), Side::whole(bundle)], &world, first);
    let mut by_type: BTreeMap<Option<ReturnTypeId>, Vec<Cell>> = BTreeMap::new();
    for cell in cells {
        for at in shown_under(&cell) {
            let types = BTreeSet::from([at.clone()]);
            by_type.entry(at.id).or_default().push(Cell { types, ..cell.clone() });
        }
    }
    let mut lines = Vec::new();
    for (id, cells) in by_type {
        let person_level = id.as_ref().is_some_and(|id| bundle.person_level(id).unwrap_or(true));
        lines.extend(
            merged_by_role(cells).iter().map(|cell| line(id.as_ref(), person_level, cell, &world, first)),
        );
    }
    Matrix { partnership: bundle.partnership().to_string(), lines }
}

/// Under which types a cell stands: what may be done about no return stands there alone, and a return of figures is
/// none about persons, whatever a request says.
fn shown_under(cell: &Cell) -> Vec<TypeAt> {
    match cell.types.iter().find(|at| at.id.is_none()) {
        Some(none) => vec![none.clone()],
        None => cell.types.iter().filter(|at| !at.said_person).cloned().collect(),
    }
}

fn line(id: Option<&ReturnTypeId>, person_level: bool, cell: &Cell, world: &World, first: Date) -> Line {
    let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let (through, unless) = match &cell.change {
        Change::Gained { through, unless } => {
            let through: Vec<&str> = through.iter().map(|profile| profile.as_str()).collect();
            (through.join(" + "), unless.join(", "))
        }
        // beside nothing everything is a gain
        Change::Lost { .. } | Change::Wider { .. } | Change::Narrower { .. } => {
            (String::new(), String::new())
        }
    };
    let mut unless: Vec<String> = if unless.is_empty() { Vec::new() } else { vec![unless] };
    if !cell.facts.is_empty() {
        let facts: Vec<&str> = cell.facts.iter().map(|fact| fact.as_str()).collect();
        unless.insert(0, format!("not {}", facts.join(" and ")));
    }
    Line {
        return_type: id.cloned(),
        person_level,
        act: cell.act,
        role: dash(words::roles(&cell.roles)),
        agencies: words::agencies(&cell.agencies, world),
        owners: words::owners(&cell.owners),
        purposes: words::purposes(cell, world),
        areas: words::areas(&cell.areas),
        through: dash(through),
        days: dash(words::days(&cell.days, first)),
        unless: dash(unless.join(", ")),
    }
}

impl Matrix {
    /// What is said of a folder whose matrix is not that of its rules.
    ///
    /// `held` is the content of its [`FILE`], where it has one; a folder without one lacks nothing.
    #[must_use]
    pub fn outdated(&self, held: Option<&[u8]>) -> Option<Complaint> {
        let held = String::from_utf8_lossy(held?);
        let now = self.to_string();
        if held == now {
            return None;
        }
        let same = held.lines().zip(now.lines()).take_while(|(held, now)| held == now).count();
        let row = u32::try_from(same).unwrap_or(u32::MAX).saturating_add(1);
        let text = "is not the matrix of these rules; `concordat policy matrix DIR --write` writes it anew";
        Some(Complaint::of_row(FILE, row, text))
    }
}

const HEADINGS: [&str; 9] =
    ["act", "role", "agencies", "sent", "purpose", "areas", "profile", "days", "unless"];

impl Line {
    /// Its cells under the headings of the text, act first.
    fn cells(&self) -> [&str; 9] {
        [
            self.act.as_str(),
            &self.role,
            &self.agencies,
            &self.owners,
            &self.purposes,
            &self.areas,
            &self.through,
            &self.days,
            &self.unless,
        ]
    }
}

/// The text of the file: a section per return type, its columns aligned, the same for the same rules.
impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Who may do what in {}, worked out from the policy files. The broker does not read it.",
            self.partnership
        )?;
        writeln!(f, "After a change of the files: concordat policy matrix DIR --write")?;
        for section in self.lines.chunk_by(|a, b| a.return_type == b.return_type) {
            let Some(first) = section.first() else { continue };
            match &first.return_type {
                None => writeln!(f, "\n== about no return, or about any")?,
                Some(id) if first.person_level => writeln!(f, "\n== {id} (about persons)")?,
                Some(id) => writeln!(f, "\n== {id} (figures)")?,
            }
            f.write_str(&aligned(section))?;
        }
        Ok(())
    }
}

fn aligned(section: &[Line]) -> String {
    let rows: Vec<[&str; 9]> = std::iter::once(HEADINGS).chain(section.iter().map(Line::cells)).collect();
    let mut widths = [0_usize; 9];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // writing to a String cannot fail
            let _ = write!(line, "{cell:width$}  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// After a wanted change, `CONCORDAT_WRITE_MATRIX=1` writes it anew.
    #[test]
    fn the_matrix_of_the_sample_is_the_one_that_lies_in_its_folder() {
        let text = matrix(&sample::bundle()).to_string();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(FILE);
        if std::env::var_os("CONCORDAT_WRITE_MATRIX").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let held = std::fs::read(&path).unwrap_or_default();
        let outdated = matrix(&sample::bundle()).outdated(Some(&held));
        assert!(outdated.is_none(), "{}", outdated.unwrap());
    }
}
