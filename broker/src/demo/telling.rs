//! Telling the story: sentences and tables for a person, or one JSON document, never both.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle};
use serde_json::{Map, Value, json};

use super::claim::Held;
use super::person::Said;
use crate::printer::Printer;

/// How many characters of a sentence fit on a line.
const WIDTH: usize = 100;
/// How many characters wide a table may be.
const TABLE: u16 = 106;
/// A column whose cells are no longer than this is not broken, if the others have room beside it.
const WHOLE: usize = 32;
/// The room that every other column is left.
const ROOM: usize = 10;
/// A rule under the heading and one at the end.
const STYLE: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// Tells the story, and remembers what was told.
#[derive(Debug)]
pub struct Telling {
    printer: Printer,
    json: bool,
    progress: bool,
    root: String,
    demo_clock: Arc<AtomicBool>,
    told: Vec<Told>,
}

/// One step as it was told.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its name, for programs.
    pub name: &'static str,
    /// Whether everything it claims holds.
    pub ok: bool,
    /// What was found, by name.
    pub facts: Map<String, Value>,
    /// What was said.
    pub words: Vec<String>,
    /// How long it took.
    pub took: Duration,
    begun: Instant,
}

impl Telling {
    /// A telling for a person, or with `json` for a program. `root` is the folder of the demonstration, which
    /// commands are shown without.
    #[must_use]
    pub fn new(printer: Printer, json: bool, root: &str, demo_clock: &Arc<AtomicBool>) -> Self {
        let progress = std::io::stderr().is_terminal() && (json || !std::io::stdout().is_terminal());
        Self {
            printer,
            json,
            progress,
            root: root.to_owned(),
            demo_clock: Arc::clone(demo_clock),
            told: Vec::new(),
        }
    }

    /// Begins a step.
    pub fn begin(&mut self, number: usize, of: usize, name: &'static str, title: &str) {
        if self.progress {
            self.printer.say(&format!("step {number} of {of}: {title}"));
        }
        self.line("");
        self.line(&format!("{number}. {title}"));
        self.line(&"=".repeat(title.chars().count() + 3));
        self.told.push(Told {
            name,
            ok: false,
            facts: Map::new(),
            words: Vec::new(),
            took: Duration::ZERO,
            begun: Instant::now(),
        });
    }

    /// Ends a step in which everything held.
    pub fn end(&mut self) {
        if let Some(told) = self.told.last_mut() {
            told.ok = true;
            told.took = told.begun.elapsed();
        }
    }

    /// Ends a step that broke, with what was expected and what was found.
    pub fn broke(&mut self, facts: Map<String, Value>, why: &str) {
        if let Some(told) = self.told.last_mut() {
            told.took = told.begun.elapsed();
            told.facts.extend(facts);
            told.words.push(why.to_owned());
        }
        self.line(&format!("  ✗ {why}"));
    }

    /// The steps told so far.
    #[must_use]
    pub fn steps(&self) -> &[Told] {
        &self.told
    }

    /// Says a sentence.
    pub fn say(&mut self, text: &str) {
        for line in wrapped(text, WIDTH) {
            self.line(&line);
        }
        self.remember(text.to_owned());
    }

    /// Shows a command as it was typed.
    pub fn typed(&mut self, said: &Said) {
        let line = format!("{} $ {}", said.who, said.line.replace(&self.root, "DEMO"));
        let lines = wrapped(&line, WIDTH - 6);
        for (at, line) in lines.iter().enumerate() {
            let indent = if at == 0 { "  " } else { "      " };
            // what goes on in the next line is typed as a shell takes it
            let more = if at + 1 < lines.len() { " \\" } else { "" };
            self.line(&format!("{indent}{line}{more}"));
        }
    }

    /// Claims something that is checked already, with what was found.
    pub fn found(&mut self, name: &str, words: &str, value: impl Into<Value>) {
        let mut lines = wrapped(words, WIDTH - 4).into_iter();
        self.line(&format!("  ✓ {}", lines.next().unwrap_or_default()));
        lines.for_each(|line| self.line(&format!("    {line}")));
        self.remember(words.to_owned());
        self.fact(name, value);
    }

    /// Checks a claim, and tells it with what was found.
    ///
    /// # Errors
    /// What the check says.
    pub fn claim(&mut self, name: &str, words: &str, value: impl Into<Value>, check: Held<()>) -> Held<()> {
        check?;
        self.found(name, words, value);
        Ok(())
    }

    /// Keeps a fact for programs.
    pub fn fact(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(told) = self.told.last_mut() {
            told.facts.insert(name.to_owned(), value.into());
        }
    }

    /// Shows a table.
    pub fn table(&mut self, title: &str, heading: &[&str], rows: &[Vec<String>]) {
        if self.json {
            return;
        }
        let clock = if self.demo_clock.load(Ordering::Relaxed) { "   [DEMO CLOCK]" } else { "" };
        self.line("");
        self.line(&format!("  {title}{clock}"));
        let mut table = Table::new();
        table.load_style(STYLE);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(TABLE);
        table.set_header(heading);
        rows.iter().for_each(|row| {
            table.add_row(row);
        });
        let whole = whole_columns(heading, rows);
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 1));
            if whole.contains(&at) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for line in table.lines() {
            self.line(&format!("  {}", line.trim_end()));
        }
        self.line("");
    }

    /// Writes a line for a person.
    pub fn line(&self, line: &str) {
        if !self.json {
            self.printer.data(line);
        }
    }

    /// Writes the one document for a program.
    pub fn document(&self, counts: &Value, timings: &Value) {
        if !self.json {
            return;
        }
        let steps: Vec<Value> = self
            .told
            .iter()
            .map(|told| json!({"name": told.name, "ok": told.ok, "facts": told.facts, "words": told.words}))
            .collect();
        let document = json!({
            "schema": "concordat.demo/1",
            "steps": steps,
            "counts": counts,
            "timings_ms": timings,
        });
        self.printer.data(&format!("{document:#}"));
    }

    fn remember(&mut self, words: String) {
        if let Some(told) = self.told.last_mut() {
            told.words.push(words);
        }
    }
}

/// The columns that need not be broken, so that the others still have room: short ones first.
fn whole_columns(heading: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let width = |at: usize, name: &str| {
        let cells = rows.iter().filter_map(|row| row.get(at)).map(String::as_str).chain([name]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let mut widths: Vec<(usize, usize)> =
        heading.iter().enumerate().map(|(at, name)| (width(at, name), at)).collect();
    widths.sort_unstable();
    let mut taken = 0;
    let mut whole = Vec::new();
    for (nth, (width, at)) in widths.iter().enumerate() {
        let others = widths.len() - nth - 1;
        // two characters part a column from the next
        taken += width + 2;
        if *width > WHOLE || taken + others * ROOM > usize::from(TABLE) {
            break;
        }
        whole.push(*at);
    }
    whole
}

/// A text in lines of at most `width` characters; a longer word stands alone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// A whole number with its thousands parted, as people write it.
#[must_use]
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// A duration in whole milliseconds, as JSON.
#[must_use]
pub fn milliseconds(took: Duration) -> Value {
    Value::from(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_longer_than_asked_and_no_word_is_lost() {
        let lines = wrapped("one two three four verylongword", 9);
        assert_eq!(lines, ["one two", "three", "four", "verylongword"]);
        assert_eq!(wrapped("", 9), [""]);
    }

    #[test]
    fn short_columns_stay_whole_and_a_long_one_keeps_its_room() {
        let row = vec!["x".repeat(5), "y".repeat(30), "z".repeat(200)];
        assert_eq!(whole_columns(&["a", "b", "c"], &[row]), [0, 1]);
        let row: Vec<String> = (0..4).map(|_| "w".repeat(31)).collect();
        assert_eq!(whole_columns(&["a", "b", "c", "d"], &[row]), [0, 1]);
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!(thousands(418_722), "418,722");
        assert_eq!(thousands(-1_000), "-1,000");
        assert_eq!(thousands(999), "999");
    }

    #[test]
    fn a_step_that_was_not_ended_is_not_ok() {
        let mut telling = Telling::new(Printer, true, "/tmp/x", &Arc::default());
        telling.begin(1, 2, "one", "One");
        telling.say("said");
        telling.broke(Map::new(), "why");
        assert!(!telling.steps()[0].ok);
        assert_eq!(telling.steps()[0].words, ["said", "why"]);
        telling.begin(2, 2, "two", "Two");
        telling.end();
        assert!(telling.steps()[1].ok);
    }
}
