//! Template, fill, validate: for every type of the catalogue, as CSV and as a workbook.

use std::io::{Cursor, Read as _, Write as _};

use concordat_catalogue::{Catalogue, Field, ReturnType, TypeKind};
use concordat_core::finding::Severity;
use concordat_core::period::{Frequency, Period};

use super::*;
use crate::file::{self, Owner, Reading, Subject};

const NOW: &str = "2023-05-03T10:00:00Z";

fn period(of: &ReturnType) -> Option<Period> {
    let period = match of.frequency {
        Frequency::Year => "2022-23",
        Frequency::Quarter => "2022-23/Q4",
        Frequency::Month => "2023-03",
        Frequency::Event => return None,
    };
    (of.kind != TypeKind::Event).then(|| period.parse().unwrap())
}

/// What a field of a kind may hold; the codes of a list, the first that will do.
fn cell(of: &ReturnType, field: &Field) -> String {
    let first = || field.codes.as_ref().unwrap().codes()[0].code.clone();
    let fixed = match field.kind.as_str() {
        "count" | "snapshot_count" | "int" | "number" | "quantity" | "money" | "percent" | "by_code" => "0",
        "rank" => "1",
        "text" => "as agreed",
        "list" => "a-1",
        "gss" => "E09000012",
        "bool" => "no",
        "date" => "2023-03-01",
        "datetime" => "2023-03-01T10:00",
        "quarter" => "2022-23/Q4",
        "month" => "2023-03",
        "year" | "period_notation" => "2022-23",
        "uuid" => "2f1c9d0e-5a34-4d2b-9c55-0e6a7b1c2d3e",
        "nhs_number" => "943 476 5919",
        "upn" => "H801200001001",
        "ods" => "RQX",
        "postcode" => "E8 1EA",
        "agency" => "homerton",
        "code" | "enum" | "set" | "tristate" => return first(),
        other => panic!("say here what a field of kind `{other}` may hold ({}.{})", of.id, field.name),
    };
    fixed.to_owned()
}

/// One row of a type that its rules let pass: the required fields, and where rules of the type ask for more,
/// what they ask for.
fn row(of: &ReturnType) -> Vec<String> {
    let more: &[(&str, &str)] = match of.id.as_str() {
        "core-data-set-annual" => &[("period", "2022/23"), ("value", "12")],
        "return-home-interview" => &[("not_done_reason", "declined")],
        _ => &[],
    };
    let fill = |field: &Field| match more.iter().find(|(name, _)| *name == field.name) {
        Some((_, text)) => (*text).to_owned(),
        None if field.required => cell(of, field),
        // of a return in parts, the first part
        None if field.part.is_some() && field.part == of.parts().first().copied() => cell(of, field),
        None => String::new(),
    };
    of.fields.iter().map(fill).collect()
}

fn errors(bytes: &[u8], of: &ReturnType, catalogue: &Catalogue) -> Vec<String> {
    let subject = Subject {
        return_type: of.id.clone(),
        period: period(of),
        areas: vec!["E09000012".parse().unwrap()],
        sheet: None,
    };
    let owner = Owner { agency: "met".parse().unwrap(), areas: vec![] };
    let subject =
        Subject { areas: if of.area_fields.is_empty() { subject.areas } else { vec![] }, ..subject };
    match file::read(&[(String::new(), bytes.to_vec())], &subject, of, &owner, catalogue).unwrap() {
        Reading::Unreadable(findings) => findings.iter().map(|f| f.text.clone()).collect(),
        Reading::Draft { draft, about } => {
            assert!(about.findings.is_empty(), "{}: {:?}", of.id, about.findings);
            assert_eq!(draft.tables[0].height(), 1);
            let checked = file::check_offline(of, draft, NOW.parse().unwrap());
            let errors = checked.findings.iter().filter(|f| f.severity == Severity::Error);
            errors.map(|f| format!("{} {:?} {}", f.rule, f.column, f.text)).collect()
        }
    }
}

/// The workbook with a row typed into its first sheet, as text cells.
fn typed_in(workbook: &[u8], row: &[String]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let (name, mut bytes) = (part.name().unwrap().into_owned(), Vec::new());
        part.read_to_end(&mut bytes).unwrap();
        if name == "xl/worksheets/sheet1.xml" {
            let cells: String =
                row.iter().map(|text| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>")).collect();
            let text = String::from_utf8(bytes).unwrap();
            bytes =
                text.replace("</sheetData>", &format!("<row r=\"2\">{cells}</row></sheetData>")).into_bytes();
        }
        to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&bytes).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn every_types_template_is_accepted_once_filled_in_as_csv_and_as_a_workbook() {
    let catalogue = Catalogue::built_in();
    let mut tried = 0;
    for of in catalogue.types().iter().filter(|of| of.kind != TypeKind::Bulk) {
        let row = row(of);
        let mut text = csv(of).unwrap();
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(&row).unwrap();
        text.extend(writer.into_inner().unwrap());
        assert_eq!(errors(&text, of, &catalogue), Vec::<String>::new(), "{} as CSV", of.id);
        let book = typed_in(&workbook(of).unwrap(), &row);
        assert_eq!(errors(&book, of, &catalogue), Vec::<String>::new(), "{} as a workbook", of.id);
        tried += 1;
    }
    assert!(tried >= 15, "{tried}");
}
