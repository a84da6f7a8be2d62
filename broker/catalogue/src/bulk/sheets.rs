//! A return of several tables in one workbook: which sheet is which table, and every sheet read as the sheet of
//! a type of one table is, by the kinds of its columns.

use std::collections::BTreeMap;

use concordat_core::finding::{Counts, Finding, Severity};
use concordat_core::table::{Cells, Table};

use super::folder::{first, wrong_name};
use super::frame::Rows;
use super::tally::{self, Tally};
use crate::checks::findings::{Findings, Place, ids};
use crate::definition::{ReturnType, TableDef};
use crate::read::{Asked, headings, sheet};

/// How many findings of the reading are held before they are shared out among those that say the same.
const HELD: usize = 100_000;

/// A sheet of a workbook.
#[derive(Debug, Clone, Default)]
pub struct Tab {
    /// Its name.
    pub name: String,
    /// Whether the workbook does not show it.
    pub hidden: bool,
    /// Its cells; of a sheet that is no table the headings are enough, of a hidden one none.
    pub sheet: sheet::Sheet,
}

/// The tables of a workbook, with what there is to tell of reading them that is no error.
#[derive(Debug)]
pub struct SheetsIn {
    /// Its tables, in the order of the return type.
    pub tables: Vec<Table>,
    /// Columns that were not read, because they are no part of the return.
    pub left_behind: Vec<String>,
    /// Sheets that were not read, because they are none of its tables.
    pub unread: Vec<String>,
    /// What was found, shared out among the rules where it is much.
    pub findings: Vec<Finding>,
    /// How many of each weight, all of them.
    pub counts: Counts,
}

/// The position of the table that a sheet or a file is, by its name without an ending.
#[must_use]
pub fn table_named(of: &ReturnType, name: &str) -> Option<usize> {
    let name = name.trim().to_lowercase();
    let is = |table: &TableDef| table.place.as_ref().is_some_and(|place| place.files.contains(&name));
    of.tables.iter().position(is)
}

/// Reads the sheets of a workbook into the tables that are sent. Sheets in `beside` are no tables and are
/// passed over in silence.
///
/// # Errors
/// Everything that is wrong with the sheets: missing, twice, hidden, and in each of them what is wrong with a
/// sheet of one table; with how many there are of each weight.
pub fn read_sheets(
    of: &ReturnType,
    tabs: &[Tab],
    beside: &[&str],
) -> Result<SheetsIn, (Vec<Finding>, Counts)> {
    let mut findings = Findings::up_to(HELD);
    let mut read = SheetsIn {
        tables: Vec::new(),
        left_behind: Vec::new(),
        unread: Vec::new(),
        findings: Vec::new(),
        counts: Counts::default(),
    };
    if of.is_xml() {
        let text = format!(
            "a return of {} is one XML file, as the system writes it, and this is a workbook: choose the XML file",
            of.id
        );
        findings.error(&ids().file_kind, Place::HEADER, text);
    } else {
        let mut strays = Vec::new();
        let found = places(of, tabs, beside, &mut strays, &mut findings);
        for (at, tab) in found.into_iter().enumerate() {
            match tab {
                Some(tab) => read.tables.extend(one(of, at, tab, &mut read.left_behind, &mut findings)),
                None => missing(of, at, &mut strays, &mut findings),
            }
        }
        read.unread = strays.iter().map(|tab| tab.name.clone()).collect();
    }
    let right = !findings.has_errors();
    (read.findings, read.counts) = shared(findings);
    if right { Ok(read) } else { Err((read.findings, read.counts)) }
}

/// Per table of the type, its sheet.
fn places<'t>(
    of: &ReturnType,
    tabs: &'t [Tab],
    beside: &[&str],
    strays: &mut Vec<&'t Tab>,
    findings: &mut Findings,
) -> Vec<Option<&'t Tab>> {
    let mut found: Vec<Option<&Tab>> = vec![None; of.tables.len()];
    let mut hidden = 0usize;
    for tab in tabs {
        let Some(at) = table_named(of, &tab.name) else {
            let ours = beside.iter().any(|name| name.eq_ignore_ascii_case(tab.name.trim()));
            match tab.hidden {
                true => hidden += 1,
                false if ours => {}
                false => strays.push(tab),
            }
            continue;
        };
        let Some(slot) = found.get_mut(at) else { continue };
        let name = of.tables.get(at).map_or("", |table| table.name.as_str());
        if slot.is_some() {
            let text = "two sheets are this table: keep one of them";
            findings.error(&ids().tables, Place::table(name), text);
        } else if tab.hidden {
            let text = "the sheet of this table is hidden: unhide it and look at what it holds, or delete it";
            findings.error(&ids().hidden, Place::table(name), text);
        }
        slot.get_or_insert(tab);
    }
    if hidden > 0 {
        let text = match hidden {
            1 => "the workbook has a hidden sheet that is no table of the return, and it was not read: delete it before the file goes further".to_owned(),
            n => format!("the workbook has {n} hidden sheets that are no tables of the return, and they were not read: delete them before the file goes further"),
        };
        findings.push(&ids().hidden, Severity::Info, Place::HEADER, text, None);
    }
    found
}

/// What is said of a table without a sheet: the sheets that are it by their columns alone are named, and no longer
/// among those that are not read.
fn missing(of: &ReturnType, at: usize, strays: &mut Vec<&Tab>, findings: &mut Findings) {
    let Some((table, place)) = of.tables.get(at).and_then(|table| Some((table, table.place.as_ref()?)))
    else {
        return;
    };
    let Some(alone) = of.alone(at) else { return };
    let mut misnamed = false;
    strays.retain(|tab| {
        // a copy with findings marked has more columns, and is no return
        let fit = headings::fit(&alone, &tab.sheet.headings());
        let it = fit.whole && fit.unknown == 0;
        if it {
            misnamed = true;
            let text = wrong_name(&table.name, "sheet", &tab.name, first(&place.files));
            findings.error(&ids().tables, Place::table(&table.name), text);
        }
        !it
    });
    if place.required && !misnamed {
        let text = format!("there is no sheet for this table: it is called {}", place.files.join(" or "));
        findings.error(&ids().tables, Place::table(&table.name), text);
    }
}

/// One sheet as the table that its name says: every column of it, in the order of the type.
fn one(
    of: &ReturnType,
    at: usize,
    tab: &Tab,
    left_behind: &mut Vec<String>,
    findings: &mut Findings,
) -> Option<Table> {
    let def = of.tables.get(at).filter(|_| !tab.hidden)?;
    let alone = of.alone(at)?;
    let named = tab.sheet.headings();
    if !headings::fit(&alone, &named).whole
        && let Some(other) = others(of, at).find(|other| headings::fit(other, &named).whole)
    {
        let text = format!(
            "this sheet has the columns of `{}`: look whether two sheets were mixed up",
            other.first_table()
        );
        findings.error(&ids().columns, Place::table(&def.name), text);
        return None;
    }
    let read = sheet::table(&tab.sheet, &Asked::only(&alone), findings)?;
    left_behind.extend(read.left_behind.iter().map(|column| format!("{}.{column}", def.name)));
    let table = read.tables.into_iter().next()?;
    let fields = of.columns(def);
    let places: Vec<Option<usize>> = fields.iter().map(|field| table.column(&field.name)).collect();
    let mut cells = Cells::with_capacity(table.height().saturating_mul(fields.len()), table.cells.bytes());
    for row in table.rows() {
        cells.extend(places.iter().map(|at| at.and_then(|at| row.get(at)).unwrap_or_default()));
    }
    Some(Table {
        name: def.name.clone(),
        columns: fields.iter().map(|field| field.name.clone()).collect(),
        cells,
    })
}

fn others(of: &ReturnType, own: usize) -> impl Iterator<Item = ReturnType> + '_ {
    (0..of.tables.len()).filter(move |at| *at != own).filter_map(|at| of.alone(at))
}

/// Findings by what they say: where many rows have one, a share of them is listed and the rest counted.
fn shared(findings: Findings) -> (Vec<Finding>, Counts) {
    let (list, counts) = findings.finish();
    let (mut whole, mut tallies) = (Findings::default(), Vec::<Tally>::new());
    let mut known = BTreeMap::new();
    for finding in list {
        let Some(row) = finding.row else {
            whole.add(finding);
            continue;
        };
        let said = (
            finding.severity,
            finding.rule.as_str().to_owned(),
            finding.table.clone(),
            finding.column.clone(),
            finding.text.clone(),
        );
        let at = *known.entry(said).or_insert_with(|| {
            tallies.push(Tally {
                rule: finding.rule.clone(),
                severity: finding.severity,
                table: finding.table.clone(),
                column: finding.column.clone(),
                text: finding.text.clone(),
                rows: Rows::default(),
                before: false,
            });
            tallies.len() - 1
        });
        if let Some(tally) = tallies.get_mut(at) {
            tally.rows.add(row.saturating_sub(1) as usize);
        }
    }
    // errors stand first, so that a share of them is never crowded out of what people read
    tallies.sort_by_key(|tally| tally.severity);
    let outcome = tally::finish(whole, tallies);
    // those beyond what was held are in the counts alone
    (outcome.findings, counts)
}
