//! What is bent: a file of every type, as text and as a workbook, and whatever real files lie beside the
//! repository.

#[path = "../../../broker/catalogue/tests/rules/fixtures/mod.rs"]
mod fixtures;

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use concordat_catalogue::ReturnType;
use concordat_cli::explain::Answers;
use concordat_cli::report::Found;
use concordat_cli::{marked, template};
use fixtures::{in_need, looked_after};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

/// A file as it is before it is bent.
pub struct Sample {
    pub name: String,
    /// What its file is called.
    pub file: String,
    pub bytes: Vec<u8>,
    /// The type that it is a file of, where it is one.
    pub of: Option<String>,
}

/// How much of a large file is bent: its beginning says as much as the whole, in a fraction of the time.
const MOST: usize = 24 << 10;

pub fn all(types: &[Arc<ReturnType>]) -> Vec<Sample> {
    let mut samples = Vec::new();
    for of in types.iter().filter(|of| !of.has_several_tables()) {
        let rows = rows(of);
        let own = |name: &str, bytes| Sample {
            name: format!("{} as {name}", of.id),
            file: "return".to_owned(),
            bytes,
            of: Some(of.id.to_string()),
        };
        let mut writer = csv::Writer::from_writer(Vec::new());
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        samples.push(own("CSV", writer.into_inner().unwrap()));
        samples.push(own(
            "a workbook",
            marked::copy(Some(&rows), of, &Found::default(), &Answers::default()).unwrap(),
        ));
        samples.push(own("typed cells", typed(&rows)));
        samples.push(own("a template", template::workbook(of).unwrap()));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let annual = std::fs::read(root.join("tests/fixtures/core-data-set/chscp-2022-23.csv")).unwrap();
    let of = Some("core-data-set-annual".to_owned());
    let file = "return".to_owned();
    samples.push(Sample { name: "core data set".to_owned(), file, bytes: beginning(annual), of });
    samples.extend(about_children());
    samples.extend(shared(root));
    // those that reach the rules of a type stand first
    samples.sort_by_key(|sample| sample.of.is_none());
    samples
}

/// A folder about looked-after children, as it is without a fault.
pub fn folder() -> BTreeMap<String, String> {
    looked_after::folder(&[])
}

/// A ZIP of it, one of its files as given.
pub fn archive(given: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let others = folder().into_iter().filter(|(name, _)| given.is_none_or(|(given, _)| given != name));
    let mut all: Vec<(String, Vec<u8>)> = others.map(|(name, text)| (name, text.into_bytes())).collect();
    all.extend(given.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())));
    for (name, bytes) in all {
        archive.start_file(&*name, options).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Its files, the ZIP of them, and a message of the census, also as ones that break rules.
fn about_children() -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut own = |id: &str, file: &str, bytes: Vec<u8>| {
        let name = format!("{id}: {file}");
        samples.push(Sample { name, file: file.to_owned(), bytes, of: Some(id.to_owned()) });
    };
    for (name, text) in folder() {
        own("ssda903-extract", &name, text.into_bytes());
    }
    own("ssda903-extract", "return.zip", archive(None));
    for fixture in looked_after::FIXTURES.iter().step_by(6) {
        let folder = looked_after::folder(fixture.breaks);
        own("ssda903-extract", "episodes.csv", folder["episodes.csv"].clone().into_bytes());
    }
    for fixture in in_need::FIXTURES.iter().step_by(5) {
        own("cin-census", "census.xml", in_need::message(fixture.breaks).into_bytes());
        own("cin-census", "census.xml", in_need::message(fixture.passes).into_bytes());
    }
    samples
}

/// The files of `CONCORDAT_SHARED`, else of `shared/data` in a folder above: not ours to keep, so often not there.
fn shared(root: &Path) -> Vec<Sample> {
    let above = || root.ancestors().map(|above| above.join("shared/data")).find(|path| path.is_dir());
    let named = std::env::var_os("CONCORDAT_SHARED").map(PathBuf::from);
    let folder = named.or_else(above).unwrap_or_else(|| root.join("../shared/data"));
    let mut samples = Vec::new();
    walk(&folder, &mut samples);
    if samples.is_empty() {
        eprintln!("SKIPPED: the real files are not bent, because there is no folder {}", folder.display());
    }
    samples
}

fn walk(folder: &Path, samples: &mut Vec<Sample>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, samples);
        } else if let Ok(bytes) = std::fs::read(&path) {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let children = folder.ends_with("csc-903")
                && looked_after::SOUND.iter().any(|(t, ..)| file == format!("{t}.csv"));
            let of = children.then(|| "ssda903-extract".to_owned());
            samples.push(Sample { name: path.display().to_string(), file, bytes: beginning(bytes), of });
        }
    }
}

fn beginning(mut bytes: Vec<u8>) -> Vec<u8> {
    // a zip is nothing without its end
    if bytes.len() > MOST && !bytes.starts_with(b"PK") {
        let end = bytes[..MOST].iter().rposition(|b| *b == b'\n').map_or(MOST, |at| at + 1);
        bytes.truncate(end);
    }
    bytes
}

/// Headings and a few rows that a type's checks get through, required fields filled in.
fn rows(of: &ReturnType) -> Vec<Vec<String>> {
    let mut rows = vec![of.fields.iter().map(|field| field.name.clone()).collect()];
    let most = of.tables[0].max_rows.min(3);
    for row in 0..most {
        let cell = |field: &concordat_catalogue::Field| {
            if !field.required && row == 0 {
                return String::new();
            }
            if let Some(codes) = &field.codes {
                return codes.codes()[row % codes.codes().len()].code.clone();
            }
            match field.kind.as_str() {
                "gss" => format!("E0900001{row}"),
                "date" => "2023-03-01".to_owned(),
                "datetime" => "2023-03-01T10:00".to_owned(),
                "quarter" => "2022-23/Q4".to_owned(),
                "month" => "2023-03".to_owned(),
                "year" => "2022-23".to_owned(),
                "uuid" => "2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e".to_owned(),
                "nhs_number" => "9434765919".to_owned(),
                "bool" => "no".to_owned(),
                "text" => format!("as agreed,\n\"{row}\""),
                _ => "0".to_owned(),
            }
        };
        rows.push(of.fields.iter().map(cell).collect());
    }
    rows
}

/// The rows as a spreadsheet holds them: numbers, dates and formulas.
fn typed(rows: &[Vec<String>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    for (at, row) in (0u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
            if cell == "0" && column % 2 == 0 {
                sheet.write_formula(at, column, Formula::new("=1-1").set_result("0")).unwrap();
            } else if let Ok(number) = cell.parse::<f64>() {
                sheet.write_number(at, column, number).unwrap();
            } else if cell == "2023-03-01" {
                let day = ExcelDateTime::from_ymd(2023, 3, 1).unwrap();
                sheet.write_with_format(at, column, day, &date).unwrap();
            } else {
                sheet.write_string(at, column, cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}
