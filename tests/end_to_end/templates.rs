//! Template, fill, validate, submit: every return type of the catalogue, as text and as a workbook where it has one. What
//! is filled in passes its rules: it is taken from the fixtures by which the catalogue's own tests try them.

#[path = "../../broker/catalogue/tests/rules/fixtures/mod.rs"]
pub mod fixtures;

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use concordat_catalogue::{Catalogue, ReturnType};
use concordat_core::agency::Kind;
use concordat_tests::{Person, Scene};
use fixtures::{FIXTURES, IN_NEED, LOOKED_AFTER, annual, cells};

/// Rows of one table: cells by their heading.
type Rows = Vec<Vec<(String, String)>>;

/// What is filled in: the period, and the rows of each file or sheet of the template, in its order.
fn filled(of: &ReturnType) -> (&'static str, Vec<Rows>) {
    if of.id.as_str() == "ssda903-extract" {
        let row = |heading: &str, row: &str| heading.split(',').zip(row.split(',')).map(owned).collect();
        return (
            "2023-24",
            LOOKED_AFTER.iter().map(|(_, heading, cells)| vec![row(heading, cells)]).collect(),
        );
    }
    if of.id.as_str() == "core-data-set-annual" {
        let list = of.fields[of.field("indicator").unwrap()].codes.clone().unwrap();
        let rows = cells(&[annual::ANNUAL[0].1]).into_iter().map(|(name, value)| {
            let (code, unit) =
                name.split_once(':').unwrap_or_else(|| (&name, &list.find(&name).unwrap().extra[0]));
            let texts = ["Hackney", code, "2022/23", &value, unit];
            ["area", "indicator", "period", "value", "unit"].into_iter().zip(texts).map(owned).collect()
        });
        return ("2022-23", vec![rows.collect()]);
    }
    let (_, period, base, _, cases) = FIXTURES.iter().find(|(id, ..)| *id == of.id.as_str()).unwrap();
    (period, vec![vec![cells(&[base, cases[0].1])]])
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Rows under the headings that a template has.
fn under(headings: &[String], rows: &Rows) -> Vec<Vec<String>> {
    let place = |name: &str| headings.iter().position(|heading| heading == name);
    let fill = |row: &Vec<(String, String)>| {
        let mut out = vec![String::new(); headings.len()];
        for (name, value) in row {
            out[place(name).unwrap_or_else(|| panic!("the template has no `{name}`"))].clone_from(value);
        }
        out
    };
    rows.iter().map(fill).collect()
}

fn fill_text(path: &Path, rows: &Rows) {
    let text = std::fs::read(path).unwrap();
    let headings = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice()).records().next();
    let headings: Vec<String> = headings.unwrap().unwrap().iter().map(str::to_owned).collect();
    let mut writer = csv::Writer::from_writer(text);
    under(&headings, rows).iter().for_each(|row| writer.write_record(row).unwrap());
    std::fs::write(path, writer.into_inner().unwrap()).unwrap();
}

/// Types rows into the sheets of a workbook, the first for the first, as text.
fn fill_workbook(path: &Path, tables: &[Rows], headings: &[Vec<String>]) {
    let cell = |text: &String| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let typed = (1..).zip(tables).zip(headings).map(|((sheet, rows), headings)| {
        let rows = (2..).zip(under(headings, rows));
        let lines = rows
            .map(|(at, row)| format!("<row r=\"{at}\">{}</row>", row.iter().map(cell).collect::<String>()));
        (sheet, lines.collect())
    });
    type_rows(path, &typed.collect());
}

/// Adds rows at the end of sheets, by their numbers from 1.
pub fn type_rows(path: &Path, typed: &BTreeMap<usize, String>) {
    let bytes = std::fs::read(path).unwrap();
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let (name, mut bytes) = (part.name().unwrap().into_owned(), Vec::new());
        part.read_to_end(&mut bytes).unwrap();
        let sheet = name.strip_prefix("xl/worksheets/sheet").and_then(|rest| rest.strip_suffix(".xml"));
        if let Some(rows) = sheet.and_then(|at| at.parse().ok()).and_then(|at: usize| typed.get(&at)) {
            let text = String::from_utf8(bytes).unwrap();
            bytes = text.replace("</sheetData>", &format!("{rows}</sheetData>")).into_bytes();
        }
        to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&bytes).unwrap();
    }
    std::fs::write(path, to.finish().unwrap().into_inner()).unwrap();
}

/// The templates of a type, filled in: as text, and as a workbook but for what is sent as XML.
fn made(scene: &Scene, person: &Person, of: &ReturnType) -> (&'static str, Vec<String>) {
    let id = of.id.as_str();
    let path =
        |ending: &str| scene.folder("filled").join(format!("{id}{ending}")).to_string_lossy().into_owned();
    let template = |out: &str| {
        let _ = person.run(&["template", id, "--out", out]).ended(0);
        out.to_owned()
    };
    if of.is_xml() {
        // the department's system writes it; the template is the message that shows its elements
        let empty = std::fs::read_to_string(template(&path("-empty.xml"))).unwrap();
        for element in IN_NEED.split('<').filter_map(|piece| piece.split(['>', '/', ' ']).next()) {
            let known =
                element.is_empty() || element.starts_with('?') || empty.contains(&format!("<{element}>"));
            assert!(known || element == "GenderCurrent", "{element} is not in the template");
        }
        let file = path(".xml");
        std::fs::write(&file, IN_NEED).unwrap();
        return ("2023-24", vec![file]);
    }
    let (period, tables) = filled(of);
    let headings: Vec<Vec<String>> = of
        .tables
        .iter()
        .map(|table| of.columns(table).iter().map(|field| field.name.clone()).collect())
        .collect();
    let text = if of.has_several_tables() {
        let folder = template(&path(""));
        for (table, rows) in of.tables.iter().zip(&tables) {
            fill_text(&Path::new(&folder).join(format!("{}.csv", table.file().unwrap())), rows);
        }
        folder
    } else {
        let file = template(&path(".csv"));
        fill_text(Path::new(&file), &tables[0]);
        file
    };
    let workbook = template(&path(".xlsx"));
    fill_workbook(Path::new(&workbook), &tables, &headings);
    (period, vec![text, workbook])
}

#[test]
fn every_types_template_filled_in_is_accepted_and_recorded_as_text_and_as_a_workbook_alike() {
    let mut scene = super::scene();
    super::move_clock(&scene, "2023-04-20T09:00:00Z");
    let senders = [
        (Kind::LocalAuthority, "hackney-council/desk", "submitter"),
        (Kind::Police, "metropolitan-police/desk", "submitter"),
        (Kind::Health, "homerton/desk", "submitter"),
        (Kind::Education, "hackney-education/desk", "submitter"),
        (Kind::Lado, "hackney-lado/officer", "lado"),
        (Kind::Partnership, "chscp/analyst", "partnership-analyst"),
    ]
    .map(|(kind, principal, role)| (kind, scene.person(principal, &[role])));
    let catalogue = Catalogue::built_in();
    let mut seen = BTreeMap::new();
    for of in catalogue.types() {
        let (period, files) = made(&scene, &senders[0].1, of);
        let part = filled_part(of);
        let fits = |kind: &Kind| of.owners.contains(kind) && part.is_none_or(|part| part == *kind);
        let (_, sender) = senders.iter().find(|(kind, _)| fits(kind)).unwrap();
        let mut submissions = Vec::new();
        for file in &files {
            let mut args = vec!["--type", of.id.as_str(), file, "-o", "json"];
            if of.kind != concordat_catalogue::TypeKind::Event {
                args.extend(["--period", period]);
            }
            if of.area_fields.is_empty() {
                args.extend(["--area", "E09000012"]);
            }
            let checked = sender.run(&[&["validate"], args.as_slice()].concat()).ended(0).data();
            assert_eq!(checked["accepted"], true, "{file}: {checked}");
            let sent = sender.run(&[&["submit"], args.as_slice()].concat()).ended(0).data();
            // the second says the same, and is told that it is recorded
            assert_eq!(sent["already"], !submissions.is_empty(), "{file}: {sent}");
            submissions.push(super::submission_of(&sent));
        }
        submissions.dedup();
        assert_eq!(submissions.len(), 1, "{}: {submissions:?}", of.id);
        seen.insert(of.id.as_str(), files.len());
    }
    assert_eq!(seen.len(), catalogue.types().len());
    assert_eq!(
        seen.values().filter(|forms| **forms == 1).count(),
        1,
        "the census alone has one form: {seen:?}"
    );
}

/// Whose part is filled in, of a return that comes in parts.
fn filled_part(of: &ReturnType) -> Option<Kind> {
    if of.parts().is_empty() {
        return None;
    }
    let (_, tables) = filled(of);
    let names: Vec<&String> = tables.iter().flatten().flatten().map(|(name, _)| name).collect();
    of.fields.iter().filter(|field| names.contains(&&field.name)).find_map(|field| field.part)
}
