//! The printer: data on one stream, talk on the other, in the format asked for. Nothing else prints.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table};
use serde_json::Value;

use crate::answer::{Answer, Record, Sheet, plain};
use crate::desk::Desk;
use crate::exit::Exit;
use crate::failure::Failure;

pub mod formula;

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One envelope: `{"schema": …, "data": …}`.
    Json,
    /// One JSON object for each row, without an envelope.
    Jsonl,
    /// Comma-separated values with a heading; text that a spreadsheet would run is made harmless.
    Csv,
    /// A workbook; `template` alone writes one.
    Xlsx,
}

/// Owns both streams while a command runs.
pub struct Printer<'d> {
    stdout: &'d mut (dyn Write + Send),
    stderr: &'d mut (dyn Write + Send),
    format: Format,
    quiet: bool,
    colour: bool,
    /// Whether a person watches the talk as it comes.
    live: bool,
    /// Whether the last line of the talk is to be written over.
    unfinished: bool,
    width: Option<u16>,
}

impl std::fmt::Debug for Printer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Printer").field("format", &self.format).finish_non_exhaustive()
    }
}

impl<'d> Printer<'d> {
    /// The printer for a desk's streams; colour only where a person reads the talk and wants it.
    pub fn new(
        stdout: &'d mut (dyn Write + Send),
        stderr: &'d mut (dyn Write + Send),
        format: Format,
        quiet: bool,
    ) -> Self {
        Self { stdout, stderr, format, quiet, colour: false, live: false, unfinished: false, width: None }
    }

    /// The same, in colour.
    #[must_use]
    pub fn colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// The same, with progress shown where a person watches.
    #[must_use]
    pub fn live(mut self, live: bool) -> Self {
        self.live = live;
        self
    }

    /// The same, with tables of at most so many characters.
    #[must_use]
    pub fn width(mut self, width: Option<u16>) -> Self {
        self.width = width;
        self
    }

    /// The format asked for.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Says something to the person, unless they asked for quiet.
    pub fn say(&mut self, line: &str) {
        if !self.quiet {
            self.talk(None, line);
        }
    }

    /// Shows how far something has come, in the place of what was shown last; to nobody but a person who watches.
    pub fn progress(&mut self, text: &str) {
        if self.live && !self.quiet {
            let written = write!(self.stderr, "\r\u{1b}[2K{text}").and_then(|()| self.stderr.flush());
            self.unfinished = written.is_ok();
        }
    }

    /// Takes away what was shown.
    pub fn progress_over(&mut self) {
        if std::mem::take(&mut self.unfinished) {
            let _ = write!(self.stderr, "\r\u{1b}[2K").and_then(|()| self.stderr.flush());
        }
    }

    /// Warns the person, even when they asked for quiet.
    pub fn warn(&mut self, line: &str) {
        self.talk(Some(("33", "warning:")), line);
    }

    /// Tells why the command failed and what to do next.
    pub fn fail(&mut self, failure: &Failure) {
        self.talk(Some(("31;1", "error:")), &failure.what);
        if let Some(hint) = &failure.hint {
            self.talk(Some(("36", "hint:")), hint);
        }
    }

    /// Writes an answer in the format asked for.
    ///
    /// # Errors
    /// A [`Failure`] when the data cannot be written.
    pub fn answer(&mut self, answer: &Answer) -> Result<(), Failure> {
        let text = match self.format {
            Format::Table => self.table(answer),
            Format::Json => {
                serde_json::to_string_pretty(answer).map(|text| text + "\n").map_err(unprintable)?
            }
            Format::Jsonl => json_lines(answer)?,
            Format::Csv | Format::Xlsx => comma_separated(answer)?,
        };
        self.data(text.as_bytes())
    }

    /// Writes data as it is.
    ///
    /// # Errors
    /// A [`Failure`] when the data cannot be written.
    pub fn data(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self.stdout.write_all(bytes).and_then(|()| self.stdout.flush()) {
            Ok(()) => Ok(()),
            // the reader has seen enough, as with `| head`
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(unprintable(error)),
        }
    }

    fn talk(&mut self, head: Option<(&str, &str)>, line: &str) {
        let head = match head {
            Some((style, word)) if self.colour => format!("\u{1b}[{style}m{word}\u{1b}[0m "),
            Some((_, word)) => format!("{word} "),
            None => String::new(),
        };
        let line = without_controls(line);
        // when even the talk cannot be written there is no one left to tell
        let _ = writeln!(self.stderr, "{head}{line}").and_then(|()| self.stderr.flush());
    }

    fn table(&self, answer: &Answer) -> String {
        if let Some(human) = answer.as_human() {
            return human.to_owned();
        }
        let mut out = String::new();
        let wide = answer.facts().iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in answer.facts().iter().filter(|(_, value)| !value.is_null()) {
            let name = name.replace('_', " ");
            out.push_str(&format!("{name:wide$}  {}\n", one_line(&plain(value))));
        }
        if let Some(sheet) = answer.sheet() {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&render(sheet, self.width));
        }
        out
    }
}

impl Desk {
    /// Tells a failure that came before any command, such as a wrong argument.
    pub(crate) fn tell(&mut self, text: &str, exit: Exit) -> u8 {
        let stream = if exit == Exit::Ok { &mut self.stdout } else { &mut self.stderr };
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        exit.code()
    }
}

/// A sheet as people read it; says so when there is nothing.
pub(crate) fn render(sheet: &Sheet, width: Option<u16>) -> String {
    if sheet.rows().is_empty() {
        return "nothing\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(
        sheet.columns().iter().take(sheet.shown()).map(|name| name.replace('_', " ").to_uppercase()),
    );
    if let Some(width) = width.filter(|width| *width >= 40) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    for row in sheet.rows() {
        table.add_row(row.iter().take(sheet.shown()).map(|cell| one_line(&plain(cell))));
    }
    let mut out = String::new();
    for line in table.lines() {
        // the padding of the first cell, and no blank cell with it
        out.push_str(line.strip_prefix(' ').unwrap_or(&line).trim_end());
        out.push('\n');
    }
    out
}

fn json_lines(answer: &Answer) -> Result<String, Failure> {
    let mut out = String::new();
    let mut push = |line: serde_json::Result<String>| -> Result<(), Failure> {
        out.push_str(&line.map_err(unprintable)?);
        out.push('\n');
        Ok(())
    };
    match answer.sheet() {
        Some(sheet) => {
            for row in sheet.rows() {
                push(serde_json::to_string(&Record { names: sheet.columns(), row }))?;
            }
        }
        None => {
            let (names, row): (Vec<&'static str>, Vec<Value>) = answer.facts().iter().cloned().unzip();
            push(serde_json::to_string(&Record { names: &names, row: &row }))?;
        }
    }
    Ok(out)
}

fn comma_separated(answer: &Answer) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    match answer.sheet() {
        Some(sheet) => {
            writer.write_record(sheet.columns()).map_err(unprintable)?;
            for row in sheet.rows() {
                writer.write_record(row.iter().map(csv_cell)).map_err(unprintable)?;
            }
        }
        None => {
            writer.write_record(answer.facts().iter().map(|(name, _)| *name)).map_err(unprintable)?;
            writer
                .write_record(answer.facts().iter().map(|(_, value)| csv_cell(value)))
                .map_err(unprintable)?;
        }
    }
    let bytes = writer.into_inner().map_err(unprintable)?;
    String::from_utf8(bytes).map_err(unprintable)
}

fn csv_cell(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        other => formula::harmless(&plain(other)).into_owned(),
    }
}

fn unprintable(why: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failure, format!("the output cannot be written: {why}"))
}

/// A text on one line, without characters that would move a terminal's cursor.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Talk may quote a broker: of control characters only line breaks pass.
fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(format: Format, answer: &Answer) -> String {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        Printer::new(&mut stdout, &mut stderr, format, false).answer(answer).unwrap();
        assert!(stderr.is_empty(), "data is no talk");
        String::from_utf8(stdout).unwrap()
    }

    fn sample() -> Answer {
        let mut sheet = Sheet::new(&["agency", "late", "why"]);
        sheet.row([Value::from("met"), Value::from(-3), Value::from("=1+1")]);
        Answer::new("sample").fact("as_at", "2023-05-03").list("rows", sheet)
    }

    #[test]
    fn json_is_an_envelope_with_schema_then_data() {
        let text = printed(Format::Json, &sample());
        assert!(
            text.trim_start_matches(['{', '\n', ' ']).starts_with("\"schema\": \"concordat.sample/1\""),
            "{text}"
        );
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["data"]["as_at"], "2023-05-03");
        assert_eq!(value["data"]["rows"][0]["late"], -3);
    }

    #[test]
    fn json_lines_are_one_object_per_row() {
        assert_eq!(printed(Format::Jsonl, &sample()), "{\"agency\":\"met\",\"late\":-3,\"why\":\"=1+1\"}\n");
        let facts = Answer::new("sample").fact("a", 1).fact("b", "x");
        assert_eq!(printed(Format::Jsonl, &facts), "{\"a\":1,\"b\":\"x\"}\n");
    }

    #[test]
    fn csv_makes_text_harmless_and_leaves_numbers_alone() {
        assert_eq!(printed(Format::Csv, &sample()), "agency,late,why\nmet,-3,'=1+1\n");
    }

    #[test]
    fn a_table_shows_headings_and_says_when_there_is_nothing() {
        let text = printed(Format::Table, &sample());
        assert!(text.contains("AGENCY") && text.contains("met") && text.starts_with("as at"), "{text}");
        let empty = Answer::new("sample").list("rows", Sheet::new(&["a"]));
        assert_eq!(printed(Format::Table, &empty), "nothing\n");
    }

    #[test]
    fn a_row_whose_first_cell_is_blank_stays_under_its_headings() {
        let mut sheet = Sheet::new(&["owner", "allowed"]);
        sheet.row([serde_json::Value::from(""), serde_json::Value::from("no")]);
        let text = render(&sheet, None);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].find("ALLOWED"), lines[1].find("no"), "{text}");
    }

    #[test]
    fn talk_from_elsewhere_cannot_steer_the_terminal() {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut printer = Printer::new(&mut stdout, &mut stderr, Format::Table, false);
        printer.fail(&Failure::usage("bad\u{1b}[2Jname").hint("use another"));
        assert_eq!(String::from_utf8(stderr).unwrap(), "error: bad[2Jname\nhint: use another\n");
        assert!(stdout.is_empty(), "talk is no data");
    }

    #[test]
    fn quiet_silences_talk_and_not_warnings() {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut printer = Printer::new(&mut stdout, &mut stderr, Format::Table, true);
        printer.say("by the way");
        printer.warn("soon");
        assert_eq!(String::from_utf8(stderr).unwrap(), "warning: soon\n");
    }
}
