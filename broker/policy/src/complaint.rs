//! What is wrong with a policy file, and where.

use std::fmt;

/// One thing wrong with one file: all of them are reported at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The file, relative to `policies/`.
    pub file: String,
    /// The line, from 1; `None` when it is about the whole file.
    pub row: Option<u32>,
    /// The column or key; `None` when it is about the whole line.
    pub column: Option<String>,
    /// What is wrong, and what to do.
    pub text: String,
}

impl Complaint {
    /// A complaint about a whole file.
    #[must_use]
    pub fn of_file(file: &str, text: impl Into<String>) -> Self {
        Self { file: file.to_owned(), row: None, column: None, text: text.into() }
    }

    /// A complaint about a line.
    #[must_use]
    pub fn of_row(file: &str, row: u32, text: impl Into<String>) -> Self {
        Self { row: Some(row), ..Self::of_file(file, text) }
    }

    /// A complaint about a cell.
    #[must_use]
    pub fn of_cell(file: &str, row: u32, column: &str, text: impl Into<String>) -> Self {
        Self { column: Some(column.to_owned()), ..Self::of_row(file, row, text) }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let Some(row) = self.row {
            write!(f, "{row}:")?;
        }
        if let Some(column) = &self.column {
            write!(f, " {column}:")?;
        }
        write!(f, " {}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_reads_as_file_row_column_and_text() {
        assert_eq!(Complaint::of_cell("rules.csv", 7, "eft", "no").to_string(), "rules.csv:7: eft: no");
        assert_eq!(Complaint::of_row("rules.csv", 7, "no").to_string(), "rules.csv:7: no");
        assert_eq!(Complaint::of_file("rules.csv", "no").to_string(), "rules.csv: no");
    }
}
