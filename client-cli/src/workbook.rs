//! A workbook in, one sheet of it out, or the sheet of each table: which sheet, its cells as they are stored, and
//! what it hides. What the cells mean is the catalogue's to say.
//!
//! The parts of a workbook are read here rather than by a library for spreadsheets, because such libraries give
//! the values alone: whether a row is hidden, how a number is shown and whether it was ever computed is what
//! must be told, and every part needs a cap.

use concordat_catalogue::ReturnType;
use concordat_catalogue::bulk::{self, Tab};
use concordat_catalogue::read::headings::{self, Fit};
use concordat_catalogue::read::sheet::Sheet;
use concordat_catalogue::read::{Asked, sheet::MOST_COLUMNS};

use crate::answers;
use package::Package;
use xml::{Piece, Xml, attribute, is_set};

mod cells;
mod package;
mod styles;
mod xml;

/// How much of a sheet is read to find its headings, in bytes.
const BEGINNING: u64 = 4 << 20;

/// How many sheets, and how many relations of one part, a workbook may list.
const MOST_LISTED: usize = 5_000;

/// How many sheets are looked at.
const MOST_SHEETS: usize = 200;

/// Why no sheet can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no workbook that can be understood.
    #[error(
        "the workbook is damaged and cannot be read: open it in the spreadsheet and save it anew as .xlsx"
    )]
    Damaged,
    /// It is larger than is read.
    #[error(
        "the workbook is too large when unzipped: save what is to be sent in a workbook of its own, or as CSV"
    )]
    TooLarge,
    /// It is encrypted.
    #[error("the workbook is locked with a password: save it without one")]
    Locked,
    /// Which sheet is meant is not clear, or there is none.
    #[error("{0}")]
    Said(String),
}

/// A sheet as the workbook lists it.
struct Listed {
    name: String,
    hidden: bool,
    part: String,
}

/// The sheet that holds a return: the one named, else the only visible one with the headings of its type.
///
/// # Errors
/// A [`Fault`]: the workbook cannot be read, or it is not clear which sheet is meant.
pub fn sheet(bytes: &[u8], named: Option<&str>, asked: &Asked<'_>) -> Result<Sheet, Fault> {
    let mut package = Package::open(bytes)?;
    let (listed, shared) = open(&mut package)?;
    let hidden = listed.iter().filter(|sheet| sheet.hidden).count();
    let chosen = match named {
        Some(name) => by_name(&listed, name)?,
        None => by_headings(&listed, &mut package, &shared, asked)?,
    };
    let text = package.part(&chosen.part)?.ok_or(Fault::Damaged)?;
    // one more than may be, so that one too many is seen; and the headings
    let most = asked.of.tables.first().map_or(0, |def| def.max_rows).saturating_add(2);
    let sheet = cells::sheet(&text, &shared, most)?;
    Ok(Sheet { hidden_sheets: hidden, ..sheet })
}

/// The sheets of a workbook for a type of several tables: of those that are tables of the type and are shown, the
/// cells; of the others the names alone.
///
/// # Errors
/// A [`Fault`]: the workbook cannot be read.
pub fn tabs(bytes: &[u8], of: &ReturnType) -> Result<Vec<Tab>, Fault> {
    let mut package = Package::open(bytes)?;
    let (listed, shared) = open(&mut package)?;
    let mut tabs = Vec::new();
    for one in listed.into_iter().take(MOST_SHEETS) {
        let table = bulk::table_named(of, &one.name).and_then(|at| of.tables.get(at));
        let mut tab = Tab { name: one.name, hidden: one.hidden, ..Tab::default() };
        let text = if one.hidden { None } else { package.part(&one.part)? };
        match (table, text) {
            (Some(table), Some(text)) => {
                tab.sheet = cells::sheet(&text, &shared, table.max_rows.saturating_add(2))?;
            }
            (Some(_), None) if !one.hidden => return Err(Fault::Damaged),
            // the headings say whether it is a table under another name; what is wrong with it is no matter
            (None, Some(text)) => tab.sheet = cells::sheet(&text, &shared, 1).unwrap_or_default(),
            _ => {}
        }
        tabs.push(tab);
    }
    Ok(tabs)
}

/// The rows of the sheet of a name, as a person may read them; none when the workbook shows no such sheet.
///
/// # Errors
/// A [`Fault`]: the workbook cannot be read.
pub fn rows_of(bytes: &[u8], name: &str, most: usize) -> Result<Option<Vec<Vec<String>>>, Fault> {
    let mut package = Package::open(bytes)?;
    let (listed, shared) = open(&mut package)?;
    let is = |sheet: &&Listed| !sheet.hidden && sheet.name.trim().eq_ignore_ascii_case(name);
    let Some(one) = listed.iter().find(is) else { return Ok(None) };
    let text = package.part(&one.part)?.ok_or(Fault::Damaged)?;
    Ok(Some(cells::sheet(&text, &shared, most)?.records().ok_or(Fault::TooLarge)?))
}

fn open(package: &mut Package<'_>) -> Result<(Vec<Listed>, cells::Shared), Fault> {
    let root = match package.part("_rels/.rels")? {
        Some(text) => relations(&text, "")?.into_iter().find(|one| one.kind == "officeDocument"),
        None => None,
    };
    let book = root.map_or_else(|| "xl/workbook.xml".to_owned(), |one| one.part);
    let text = package.part(&book)?.ok_or(Fault::Damaged)?;
    let (folder, name) = book.rsplit_once('/').unwrap_or(("", &book));
    let beside = match folder {
        "" => format!("_rels/{name}.rels"),
        folder => format!("{folder}/_rels/{name}.rels"),
    };
    let relations = relations(&package.part(&beside)?.ok_or(Fault::Damaged)?, folder)?;
    let (listed, from_1904) = list(&text, &relations)?;
    let mut part = |kind: &str| match relations.iter().find(|one| one.kind == kind) {
        Some(one) => package.part(&one.part),
        None => Ok(None),
    };
    let styles = part("styles")?.map_or(Ok(Vec::new()), |text| styles::read(&text))?;
    let texts = part("sharedStrings")?.map_or(Ok(Vec::new()), |text| cells::texts(&text))?;
    Ok((listed, cells::Shared { texts, styles, from_1904 }))
}

/// A relation of one part to another.
struct Relation {
    id: String,
    kind: String,
    part: String,
}

fn relations(text: &str, folder: &str) -> Result<Vec<Relation>, Fault> {
    let (mut relations, mut xml) = (Vec::new(), Xml::of(text));
    loop {
        match xml.next()? {
            Piece::Open(start) if start.local_name().as_ref() == "Relationship" => {
                let (id, kind) = (attribute(&start, "Id")?, attribute(&start, "Type")?);
                if let (Some(id), Some(kind), Some(target)) = (id, kind, attribute(&start, "Target")?) {
                    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                    relations.push(Relation { id, kind, part: resolve(folder, &target) });
                    if relations.len() > MOST_LISTED {
                        return Err(Fault::TooLarge);
                    }
                }
            }
            Piece::End => return Ok(relations),
            _ => {}
        }
    }
}

/// The part that a target names, seen from a folder.
fn resolve(folder: &str, target: &str) -> String {
    let (mut parts, target): (Vec<&str>, &str) = match target.strip_prefix('/') {
        Some(target) => (Vec::new(), target),
        None => (folder.split('/').filter(|part| !part.is_empty()).collect(), target),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn list(text: &str, relations: &[Relation]) -> Result<(Vec<Listed>, bool), Fault> {
    let (mut listed, mut from_1904, mut xml) = (Vec::new(), false, Xml::of(text));
    loop {
        match xml.next()? {
            Piece::Open(start) => match start.local_name().as_ref() {
                "workbookPr" => from_1904 = is_set(&start, "date1904")?,
                "sheet" => {
                    let id = attribute(&start, "id")?.ok_or(Fault::Damaged)?;
                    let relation = relations.iter().find(|one| one.id == id).ok_or(Fault::Damaged)?;
                    // a sheet that is a chart holds no cells
                    if relation.kind == "worksheet" {
                        let name = attribute(&start, "name")?.unwrap_or_default();
                        let hidden = attribute(&start, "state")?.is_some_and(|state| state != "visible");
                        listed.push(Listed { name, hidden, part: relation.part.clone() });
                    }
                    if listed.len() > MOST_LISTED {
                        return Err(Fault::TooLarge);
                    }
                }
                _ => {}
            },
            Piece::End => return Ok((listed, from_1904)),
            _ => {}
        }
    }
}

fn by_name<'l>(listed: &'l [Listed], name: &str) -> Result<&'l Listed, Fault> {
    let same = |sheet: &&Listed| sheet.name.trim().eq_ignore_ascii_case(name.trim());
    match listed.iter().find(same) {
        None => Err(Fault::Said(format!(
            "the workbook has {} sheets and none of the name given with --sheet",
            listed.len()
        ))),
        Some(sheet) if sheet.hidden => Err(Fault::Said(
            "the sheet named with --sheet is hidden: unhide it and look at what it holds".to_owned(),
        )),
        Some(sheet) => Ok(sheet),
    }
}

fn by_headings<'l>(
    listed: &'l [Listed],
    package: &mut Package<'_>,
    shared: &cells::Shared,
    asked: &Asked<'_>,
) -> Result<&'l Listed, Fault> {
    let mut visible: Vec<(usize, &Listed)> =
        listed.iter().enumerate().filter(|(_, sheet)| !sheet.hidden).take(MOST_SHEETS).collect();
    // the answers to queries stand beside the return and are never it
    if visible.len() > 1 {
        visible.retain(|(_, sheet)| !sheet.name.trim().eq_ignore_ascii_case(answers::SHEET));
    }
    if let [(_, only)] = visible.as_slice() {
        return Ok(only);
    }
    let mut found: Vec<(usize, &Listed, Fit, bool)> = Vec::new();
    for (at, sheet) in visible {
        let headings = beginning(package, sheet, shared)?;
        let fit = headings::fit(asked.of, &headings);
        let other = headings::other_type(asked.of, asked.among, &headings).is_some();
        found.push((at + 1, sheet, fit, other));
    }
    let whole: Vec<_> = found.iter().filter(|(_, _, fit, _)| fit.whole && fit.known > 0).collect();
    if let [(_, only, ..)] = whole.as_slice() {
        return Ok(only);
    }
    if whole.len() > 1 {
        let places: Vec<String> = whole.iter().map(|(at, ..)| at.to_string()).collect();
        return Err(Fault::Said(format!(
            "sheets {} of the workbook all have the headings of `{}`: name the right one with --sheet",
            places.join(", "),
            asked.of.id
        )));
    }
    // a sheet of another type is read too, so that the type is named
    let best = found.iter().map(|(_, _, fit, _)| fit.known).max().unwrap_or(0);
    let mut likely = found.iter().filter(|(_, _, fit, other)| *other || (best > 0 && fit.known == best));
    if let (Some((_, only, ..)), None) = (likely.next(), likely.next()) {
        return Ok(only);
    }
    if found.is_empty() {
        return Err(Fault::Said(
            "the workbook has no sheet that is shown: unhide the one to be sent".to_owned(),
        ));
    }
    Err(Fault::Said(format!(
        "none of the {} sheets of the workbook that are shown has the headings of `{}` in its first row: name the sheet with --sheet, or correct its headings",
        found.len(),
        asked.of.id
    )))
}

/// The headings of a sheet, from its beginning.
fn beginning(
    package: &mut Package<'_>,
    sheet: &Listed,
    shared: &cells::Shared,
) -> Result<Vec<String>, Fault> {
    let text = package.beginning(&sheet.part, BEGINNING)?.ok_or(Fault::Damaged)?;
    match cells::sheet(&text, shared, 1) {
        Ok(sheet) => Ok(sheet.headings()),
        // cut off within its first row: a row of such length names no columns of ours
        Err(Fault::Damaged) if text.len() as u64 >= BEGINNING - 4 => Ok(Vec::new()),
        Err(Fault::Said(_)) => Ok(vec![String::new(); MOST_COLUMNS]),
        Err(why) => Err(why),
    }
}

#[cfg(test)]
mod tests;
