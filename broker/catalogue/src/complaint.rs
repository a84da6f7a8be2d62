//! What is wrong with a definition file, said so that its author can find the place.

use std::fmt;

/// One thing that is wrong with a definition file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub struct Complaint {
    /// The file, as it was named to the catalogue: `returns/cds-csc-quarterly.toml`.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<u32>,
    /// The key that it is about, where there is one.
    pub key: Option<String>,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_reads_file_line_text() {
        let complaint = Complaint {
            file: "returns/x.toml".into(),
            line: Some(3),
            key: Some("kind".into()),
            text: "there is no key `knid`".into(),
        };
        assert_eq!(complaint.to_string(), "returns/x.toml:3: there is no key `knid`");
        assert_eq!(
            Complaint { line: None, ..complaint }.to_string(),
            "returns/x.toml: there is no key `knid`"
        );
    }
}
