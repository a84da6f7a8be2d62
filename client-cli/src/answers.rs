//! Answers to queries as a table: the sheet `answers` of a workbook, or a CSV file. Its columns are rule, code and
//! text; what else stands beside them is for whoever fills it in.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use concordat_catalogue::read::{self, headings, kind};
use concordat_core::explanation::{Explanation, ExplanationCode, MOST};
use concordat_core::finding::{Finding, Severity};
use concordat_core::ids::RuleId;
use rust_xlsxwriter::{DataValidation, Format, FormatAlign, Workbook, XlsxError};

use crate::explain;
use crate::failure::Failure;
use crate::several::Named;
use crate::workbook;

/// The sheet of a workbook that holds answers.
pub const SHEET: &str = "answers";
/// The file of a folder or ZIP that holds answers.
pub const FILE: &str = "answers.csv";

/// The columns that are read.
const COLUMNS: [&str; 3] = ["rule", "code", "text"];
/// The columns that stand beside them.
const BESIDE: [&str; 3] = ["question", "codes", "meaning"];

/// The longest file of answers, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// How many rows are read: every rule that may be answered, and as many that are not.
const MOST_ROWS: usize = 10 * MOST;

/// An empty table of answers, as CSV.
#[must_use]
pub fn empty_csv() -> Vec<u8> {
    format!("{}\r\n", COLUMNS.join(",")).into_bytes()
}

/// Whether a file of a folder or ZIP is the one with the answers.
#[must_use]
pub fn is_file(name: &str) -> bool {
    name.rsplit(['/', '\\']).next().is_some_and(|last| last.eq_ignore_ascii_case(FILE))
}

/// The answers in a CSV file, which messages call `called`.
///
/// # Errors
/// A usage [`Failure`] that names the row, for what is no table of answers.
pub fn of_csv(bytes: &[u8], called: &str) -> Result<Vec<Explanation>, Failure> {
    let rows = if bytes.len() > MOST_BYTES { None } else { read::records(bytes) };
    let rows = rows.ok_or_else(|| {
        Failure::usage(format!("{called} is no table in text"))
            .hint(format!("save the answers as CSV, with the columns {}", COLUMNS.join(", ")))
    })?;
    table(&rows, called)
}

/// The answers in a return's own file: those of the sheet of a workbook; none in a file of another sort.
///
/// # Errors
/// As [`of_csv`].
pub fn of_files(files: &[Named]) -> Result<Vec<Explanation>, Failure> {
    let [(_, bytes)] = files else { return Ok(Vec::new()) };
    of_file(bytes)
}

pub(crate) fn of_file(bytes: &[u8]) -> Result<Vec<Explanation>, Failure> {
    if kind::of_bytes(bytes) != kind::FileKind::Workbook {
        return Ok(Vec::new());
    }
    // what is wrong with the workbook is told where the return is read
    of_workbook(bytes).map_or(Ok(Vec::new()), |rows| table(&rows, &format!("the sheet `{SHEET}`")))
}

fn of_workbook(bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    workbook::rows_of(bytes, SHEET, MOST_ROWS + 2).ok().flatten()
}

/// The answers that a file named with `--answers` holds: a table in text, or a workbook with such a sheet.
///
/// # Errors
/// As [`of_csv`], and when it cannot be read.
pub fn of_path(path: &Path) -> Result<Vec<Explanation>, Failure> {
    let (mut bytes, most) = (Vec::new(), read::MOST_BYTES as u64);
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|why| Failure::unreadable(path, &why))?;
    let called = format!("`{}`", path.display());
    if kind::of_bytes(&bytes) != kind::FileKind::Workbook {
        return of_csv(&bytes, &called);
    }
    let rows = of_workbook(&bytes).ok_or_else(|| {
        Failure::usage(format!("{called} is a workbook and shows no sheet `{SHEET}` that can be read"))
            .hint("name the workbook that `concordat validate --report` wrote, or a CSV file")
    })?;
    table(&rows, &called)
}

fn table(rows: &[Vec<String>], called: &str) -> Result<Vec<Explanation>, Failure> {
    let Some((named, rows)) = rows.split_first() else { return Ok(Vec::new()) };
    let keys: Vec<String> = named.iter().map(|heading| headings::key(heading)).collect();
    let wrong = |what: &str| {
        Failure::usage(format!("{called} {what}"))
            .hint(format!("its first row names the columns {}", COLUMNS.join(", ")))
    };
    let mut places = [0usize; 3];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let mut found = keys.iter().enumerate().filter(|(_, key)| *key == column);
        *place = match (found.next(), found.next()) {
            (Some((at, _)), None) => at,
            (None, _) => return Err(wrong(&format!("has no column `{column}`"))),
            (Some(_), Some(_)) => return Err(wrong(&format!("has the column `{column}` twice"))),
        };
    }
    let known =
        |key: &String| key.is_empty() || COLUMNS.contains(&key.as_str()) || BESIDE.contains(&key.as_str());
    if let Some(at) = keys.iter().position(|key| !known(key)) {
        return Err(wrong(&format!("has a column that is none of answers, number {}", at + 1)));
    }
    if rows.len() > MOST_ROWS {
        return Err(wrong(&format!("has more than {MOST_ROWS} rows")));
    }
    let mut answers = Vec::new();
    for (number, row) in (2usize..).zip(rows) {
        let [rule, code, text] = places.map(|at| row.get(at).map_or("", |cell| cell.trim()));
        // a rule alone is a query that was left unanswered
        if code.is_empty() && text.is_empty() {
            continue;
        }
        // a file's words are not repeated
        let named = RuleId::new(rule).map_err(|why| format!("its rule is no rule's id: {}", why.rule));
        let answer = named.and_then(|_| explain::answer(rule, code, text)).map_err(|why| {
            Failure::usage(format!("{called}, row {number}: {why}"))
                .hint("every answer has a rule, a code and a text; a row without code and text is no answer")
        })?;
        answers.push(answer);
    }
    Ok(answers)
}

/// Adds the sheet of answers to a workbook: those given in the return's own file, a row for the rule of every
/// query that nobody answered, and the codes with their meanings.
///
/// # Errors
/// When it cannot be written.
pub fn add_sheet(
    book: &mut Workbook,
    given: &[Explanation],
    asked: &[(String, String)],
) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet().set_name(SHEET)?;
    let bold = Format::new().set_bold();
    let top = Format::new().set_num_format("@").set_align(FormatAlign::Top).set_text_wrap();
    for ((at, heading), width) in (0u16..).zip(COLUMNS.iter().chain(&BESIDE)).zip([20, 20, 60, 60, 20, 60]) {
        sheet.set_column_format(at, &top)?;
        sheet.set_column_width(at, width)?;
        sheet.write_string_with_format(0, at, *heading, &bold)?;
    }
    let mut row = 0;
    for answer in given {
        row += 1;
        let cells = [answer.rule.as_str(), answer.code.as_str(), &answer.text];
        for (at, cell) in (0u16..).zip(cells) {
            sheet.write_string_with_format(row, at, cell, &top)?;
        }
    }
    for (rule, question) in asked {
        row += 1;
        sheet.write_string_with_format(row, 0, rule, &top)?;
        sheet.write_string_with_format(row, 3, question, &top)?;
    }
    for (at, code) in (1u32..).zip(ExplanationCode::ALL) {
        sheet.write_string_with_format(at, 4, code.as_str(), &top)?;
        sheet.write_string_with_format(at, 5, code.says(), &top)?;
    }
    let codes = DataValidation::new()
        .allow_list_strings(&ExplanationCode::ALL.map(ExplanationCode::as_str))?
        .set_error_title("Not a code")?
        .set_error_message("Choose one of the codes; the column beside says what each means.")?;
    sheet.add_data_validation(1, 1, u32::try_from(MOST_ROWS).unwrap_or(u32::MAX), 1, &codes)?;
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// The rules whose queries nobody answered, each with the words of its first.
#[must_use]
pub fn asked(findings: &[Finding], answered: &[Explanation]) -> Vec<(String, String)> {
    let mut asked: Vec<(String, String)> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Query) {
        let rule = finding.rule.as_str();
        let known = asked.iter().any(|(other, _)| other == rule)
            || answered.iter().any(|answer| answer.rule == finding.rule);
        if !known {
            asked.push((rule.to_owned(), finding.text.clone()));
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let answers = of_csv(text.as_bytes(), "the file").map_err(|failure| failure.what)?;
        Ok(answers.iter().map(|a| format!("{} {} {}", a.rule, a.code.as_str(), a.text)).collect())
    }

    #[test]
    fn a_row_is_an_answer_once_it_has_a_code_and_a_text_and_columns_may_stand_in_any_order() {
        let text = "Text;RULE;code;question\ncounted again;N1;confirmed_correct;?\n;N3;;asked\n";
        assert_eq!(read(text).unwrap(), ["N1 confirmed_correct counted again"]);
        assert_eq!(read("rule,code,text\r\n").unwrap(), [""; 0]);
        assert_eq!(read(std::str::from_utf8(&empty_csv()).unwrap()).unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_no_table_of_answers_is_refused_with_its_row_and_without_its_words() {
        for (text, words) in [
            ("", "no table in text"),
            ("rule,text\nN1,x\n", "no column `code`"),
            ("rule,code,code,text\n", "the column `code` twice"),
            ("rule,code,text,Jamie\n", "none of answers, number 4"),
            ("rule,code,text\nN1,late_data,x\nN3,whim,Jamie\n", "row 3: the codes are confirmed_correct"),
            ("rule,code,text\nN1,,Jamie\n", "row 2: the codes are"),
            ("rule,code,text\n,late_data,Jamie\n", "row 2: its rule is no rule's id"),
            ("rule,code,text\nJamie Okafor,late_data,x\n", "row 2: its rule is no rule's id"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(words) && !why.contains("Jamie") && !why.contains("whim"), "{text}: {why}");
        }
        // an answer without a text is judged with all others
        assert_eq!(read("rule,code,text\nN1,late_data,\n").unwrap(), ["N1 late_data "]);
    }
}
