//! A file as who publishes the figures lays it out: every area of the country, every year, one column per figure. Of
//! these the figures of the return's areas and period are read, each as a row of its own; the rest stays behind.

use concordat_core::finding::Severity;
use concordat_core::period::Period;
use concordat_core::table::{Cells, Table};

use super::headings::key;
use super::{Asked, ReadIn, cell_text};
use crate::cell::{self, CellFault};
use crate::checks::cells;
use crate::checks::findings::{Findings, Place, ids};
use crate::definition::{MAIN, Published, PublishedFigure, ReturnType};

/// Where the columns of a layout stand in a file.
pub(super) struct Columns<'p> {
    layout: &'p Published,
    level: usize,
    area: usize,
    period: usize,
    said_by: usize,
    /// The figures of which the file has a column, that of the figure, and that which says of which rows.
    figures: Vec<(&'p PublishedFigure, usize, Option<usize>)>,
    /// The headings of all other columns.
    left_behind: Vec<String>,
}

impl<'p> Columns<'p> {
    /// The columns of a published file; none where it is laid out in another way.
    pub(super) fn of(layout: &'p Published, named: &[&str]) -> Option<Self> {
        let keys: Vec<String> = named.iter().map(|name| key(name)).collect();
        let at = |column: &str| keys.iter().position(|name| *name == key(column));
        let (level, area) = (at(&layout.level.0)?, at(&layout.area.0)?);
        let (period, said_by) = (at(&layout.period.0)?, at(&layout.period.1)?);
        let figures: Vec<_> = layout
            .figures
            .iter()
            .filter_map(|figure| {
                let only = match &figure.only {
                    Some((column, _)) => Some(at(column)?),
                    None => None,
                };
                Some((figure, at(&figure.column)?, only))
            })
            .collect();
        let used = [level, area, period, said_by];
        let read = |at: &usize| {
            used.contains(at) || figures.iter().any(|(_, column, only)| column == at || *only == Some(*at))
        };
        let left = keys.iter().enumerate().filter(|(at, name)| !read(at) && !name.is_empty());
        let left_behind = left.map(|(_, name)| name.clone()).collect();
        Some(Self { layout, level, area, period, said_by, figures, left_behind })
    }

    /// Reads the rows that follow the headings.
    pub(super) fn read(
        self,
        reader: &mut csv::Reader<&[u8]>,
        asked: &Asked<'_>,
        findings: &mut Findings,
    ) -> Option<ReadIn> {
        let place = Place::table(MAIN);
        let Some(period) = asked.period else {
            findings.error(&ids().file_period, place, "such a file holds many years: name one with --period");
            return None;
        };
        if self.figures.is_empty() {
            let text = format!("none of the columns of this file is a figure of `{}`", asked.of.id);
            findings.error(&ids().columns, place, text);
            return None;
        }
        let mut table = Table {
            name: MAIN.to_owned(),
            columns: asked.of.fields.iter().map(|field| field.name.clone()).collect(),
            cells: Cells::default(),
        };
        let said = period.to_string();
        let (mut record, mut kept, mut left) = (csv::StringRecord::new(), 0u64, 0u64);
        for row in 0.. {
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => {
                    let place = Place { row: Some(row), ..place };
                    let text = "this row cannot be read as CSV: look for a stray quote";
                    findings.error(&ids().file, place, text);
                    return None;
                }
            }
            match self.is_read(&record, period) {
                true => {
                    kept += 1;
                    self.figures_of(&record, row, (asked.of, &said), &mut table.cells, findings);
                }
                false => left += u64::from(record.iter().any(|cell| !cell.trim().is_empty())),
            }
        }
        let areas: Vec<&str> = self.layout.area.1.iter().map(|area| area.as_str()).collect();
        let (what, areas) = (&self.layout.level.1, areas.join(", "));
        if kept == 0 {
            let text = format!("there is no row of {period} for {areas} in this file (`{what}`)");
            findings.error(&ids().file_period, place, text);
            return None;
        }
        let text = format!(
            "{kept} rows of {period} for {areas} are read, and {left} of other areas and years left out; a row below is one figure of these"
        );
        findings.push(&ids().file_period, Severity::Info, place, text, None);
        let left_behind = self.left_behind;
        Some(ReadIn {
            tables: vec![table],
            left_behind,
            findings: Vec::new(),
            encoding: None,
            first_line: None,
        })
    }

    fn is_read(&self, record: &csv::StringRecord, wanted: Period) -> bool {
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let layout = self.layout;
        cell(self.level) == layout.level.1
            && layout.area.1.iter().any(|area| area.as_str() == cell(self.area))
            && layout.years.iter().any(|word| word == cell(self.said_by))
            && year(cell(self.period)) == Some(wanted)
    }

    fn figures_of(
        &self,
        record: &csv::StringRecord,
        row: usize,
        (of, period): (&ReturnType, &str),
        into: &mut Cells,
        findings: &mut Findings,
    ) {
        let (layout, fields) = (self.layout, &of.fields);
        let text = |at: usize| record.get(at).unwrap_or_default().trim();
        for (figure, column, only) in &self.figures {
            let other = |(at, (_, wanted)): (usize, &(String, String))| text(at) != wanted.as_str();
            if only.zip(figure.only.as_ref()).is_some_and(other) {
                continue;
            }
            let Some(value) = fields.get(layout.value) else { continue };
            let said_here = cell_text(text(*column), value);
            // told by the file's own row and column, before it is a row of another table
            let fault = if said_here.is_empty() {
                Err(CellFault::Missing)
            } else {
                cell::read(value, said_here).map(|_| ())
            };
            if let Err(fault) = fault {
                let (rule, told) = cells::said(value, value.kind.says(), fault);
                let place = Place { table: MAIN, row: Some(row), column: Some(&figure.column) };
                findings.error(rule, place, told);
            }
            for at in 0..fields.len() {
                into.push(match at {
                    at if at == layout.area.2 => text(self.area),
                    at if at == layout.indicator => &figure.indicator,
                    at if at == layout.value => said_here,
                    at if at == layout.period.2 => period,
                    _ => "",
                });
            }
        }
    }
}

// `2023` is the year that ends with March 2023, `202223` the same as a financial year
fn year(text: &str) -> Option<Period> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let start: i16 = match text.len() {
        4 => text.parse::<i16>().ok()?.checked_sub(1)?,
        6 => text.get(..4)?.parse().ok()?,
        _ => return None,
    };
    let period = Period::Year(start);
    let next = start.checked_add(1)?.rem_euclid(100);
    (text.len() == 4 || text.get(4..)?.parse() == Ok(next)).then_some(period)
}
