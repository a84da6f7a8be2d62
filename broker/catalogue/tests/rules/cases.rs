//! The fixtures of every type of one table: for each rule cells that keep it and cells that break it.

#[path = "annual.rs"]
mod annual;
#[path = "events.rs"]
mod events;
#[path = "quarterly.rs"]
mod quarterly;

use concordat_catalogue::ReturnType;
use concordat_core::table::Table;

pub use annual::ANNUAL;

/// A rule, cells that keep it, and the cells to change so that it breaks. A cell is `NAME=value`; in the core
/// data set `CODE=value`, with `:unit` where the code has several and `@period` where it is not 2022/23.
pub type Case = (&'static str, &'static str, &'static str);

fn cells(texts: &[&str]) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for cell in texts.iter().flat_map(|text| text.split_whitespace()) {
        let (name, value) = cell.split_once('=').unwrap();
        match out.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = value.to_owned(),
            None => out.push((name.to_owned(), value.to_owned())),
        }
    }
    out
}

/// A table of one row.
pub fn row(texts: &[&str]) -> Table {
    let (columns, row): (Vec<String>, Vec<String>) = cells(texts).into_iter().unzip();
    Table { name: "main".into(), columns, cells: row.iter().collect() }
}

/// A table of one figure per row.
pub fn long(of: &ReturnType, texts: &[&str]) -> Table {
    let list = of.fields[of.field("indicator").unwrap()].codes.clone().unwrap();
    let columns = ["area", "indicator", "period", "value", "unit"].map(str::to_owned).to_vec();
    let mut out = Table { name: "main".into(), columns, cells: [""; 0].iter().collect() };
    for (name, value) in cells(texts) {
        let (name, period) = name.split_once('@').unwrap_or((&name, "2022/23"));
        let (code, unit) = name.split_once(':').unwrap_or_else(|| (name, &list.find(name).unwrap().extra[0]));
        out.cells.extend(["Hackney", code, period, &value, unit]);
    }
    out
}

/// A type of rows: its period, the cells that every row needs, the row of the period before, its cases.
pub type Fixtures = (&'static str, &'static str, &'static str, Option<&'static str>, &'static [Case]);

const AREA: &str = "area=E09000012 period=2022-23/Q4";
const Q4: &str = "2022-23/Q4";

pub const FIXTURES: &[Fixtures] = &[
    ("cds-csc-quarterly", Q4, AREA, Some(quarterly::CSC_BEFORE), quarterly::CSC),
    ("cds-education-quarterly", Q4, AREA, None, quarterly::EDUCATION),
    (
        "cds-health-quarterly",
        Q4,
        "area=E09000012 period=2022-23/Q4 provider_ods=RQX",
        None,
        quarterly::HEALTH,
    ),
    (
        "cds-police-quarterly",
        Q4,
        "area=E09000012 period=2022-23/Q4 scope=area conduct_matters_meeting_lado_criteria=0 lado_notifications_made=0",
        None,
        quarterly::POLICE,
    ),
    ("lac-entry-notification", Q4, events::ENTRY_ROW, None, events::ENTRY),
    (
        "lac-health-assessments-quarterly",
        Q4,
        "provider_ods=RQX responsible_la=E09000012 placed=in_area period=2022-23/Q4",
        None,
        quarterly::ASSESSMENTS,
    ),
    (
        "lado-attestation-monthly",
        "2023-03",
        "area=E09000012 matters_meeting_criteria=0 notified=0",
        None,
        quarterly::ATTESTATION,
    ),
    ("lado-notification", Q4, events::NOTIFICATION_ROW, None, events::NOTIFICATION),
    ("lado-outcome", Q4, events::OUTCOME_ROW, None, events::OUTCOME),
    ("lado-quarterly", Q4, AREA, None, quarterly::LADO),
    ("mace-quarterly", Q4, AREA, None, quarterly::MACE),
    ("marac-quarterly", Q4, "area=E09000012 period=2022-23/Q4 basis=quarter", None, quarterly::MARAC),
    ("missing-episode", Q4, events::MISSING_ROW, None, events::MISSING),
    ("return-home-interview", Q4, events::INTERVIEW_ROW, None, events::INTERVIEW),
];

/// The name and value of each.
pub type Cells = Vec<(String, String)>;

/// For every additive group the cells that keep it and those that break it.
pub fn additive(of: &ReturnType) -> Vec<(String, [Cells; 2])> {
    let each = of.additive.iter().map(|group| {
        let mut cells: Cells = group.parts.iter().map(|part| (part.clone(), "1".to_owned())).collect();
        cells.push((group.total.clone(), group.parts.len().to_string()));
        let kept = cells.clone();
        cells[0].1 = "2".to_owned();
        (group.id.to_string(), [kept, cells])
    });
    each.collect()
}

/// Cells of one figure per row, as a case writes them.
pub fn figures(cells: &[(String, String)]) -> String {
    cells.iter().map(|(n, v)| format!("{}={v}", n.replace(' ', ":"))).collect::<Vec<_>>().join(" ")
}

/// Cells of a row, as a case writes them.
pub fn of_row(cells: &[(String, String)]) -> String {
    cells.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(" ")
}
