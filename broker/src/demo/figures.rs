//! The figures of the story: those that the partnership printed for 2022/23, split by who answers for them.

use std::collections::BTreeMap;
use std::path::Path;

use concordat_core::ids::AgencyId;
use concordat_core::partnership::Source;
use csv::StringRecord;

use super::claim::{Broken, Held, there};

/// The published file, as it lies in the repository.
const PUBLISHED: &[u8] = include_bytes!("../../../tests/fixtures/core-data-set/chscp-2022-23.csv");

/// Rows of the published file, all its columns kept.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    heading: StringRecord,
    rows: Vec<StringRecord>,
}

impl Figures {
    /// The published figures.
    ///
    /// # Errors
    /// [`Broken::Failed`] when the file is not CSV.
    pub fn published() -> Held<Self> {
        let failed = |e: csv::Error| Broken::failed("reading the published figures", e);
        let mut reader = csv::Reader::from_reader(PUBLISHED);
        let heading = reader.headers().map_err(failed)?.clone();
        let rows = reader.into_records().collect::<Result<_, _>>().map_err(failed)?;
        Ok(Self { heading, rows })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The columns' names.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        self.heading.iter().collect()
    }

    /// Splits the figures by the agency that answers for their kind and area. Every row finds its agency.
    ///
    /// # Errors
    /// [`Broken::Claim`] when a row's kind and area belong to no agency.
    pub fn split(&self, sources: &[Source]) -> Held<BTreeMap<AgencyId, Figures>> {
        let mut shares: BTreeMap<AgencyId, Figures> = BTreeMap::new();
        for row in &self.rows {
            let (kind, area) = (self.cell(row, "agency"), self.cell(row, "area"));
            let source = sources.iter().find(|source| source.kind == kind && source.area == area);
            let source = there(&format!("an agency that answers for {kind} in {area}"), source)?;
            let share = shares.entry(source.agency.clone()).or_default();
            share.heading.clone_from(&self.heading);
            share.rows.push(row.clone());
        }
        Ok(shares)
    }

    /// The kinds of agency that the figures are printed under, each once, in alphabetical order.
    #[must_use]
    pub fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> =
            self.rows.iter().map(|row| self.cell(row, "agency").to_owned()).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// The first rows only.
    #[must_use]
    pub fn first(&self, rows: usize) -> Self {
        Self { heading: self.heading.clone(), rows: self.rows.iter().take(rows).cloned().collect() }
    }

    /// The value printed for an indicator and period, as a whole number.
    ///
    /// # Errors
    /// [`Broken::Claim`] when there is none, or it is no whole number.
    pub fn value(&self, indicator: &str, period: &str) -> Held<i64> {
        let printed = self
            .rows
            .iter()
            .find(|row| self.cell(row, "indicator_code") == indicator && self.cell(row, "period") == period);
        let printed = printed.and_then(|row| self.cell(row, "value").parse().ok());
        there(&format!("a whole number printed as {indicator} for {period}"), printed)
    }

    /// The row (from 0) at which a value is printed for an indicator.
    ///
    /// # Errors
    /// [`Broken::Claim`] when there is none.
    pub fn row_of(&self, indicator: &str, value: i64) -> Held<usize> {
        let value = value.to_string();
        let at = self.rows.iter().position(|row| {
            self.cell(row, "indicator_code") == indicator && self.cell(row, "value") == value
        });
        there(&format!("the row of {indicator}"), at)
    }

    /// The first row (from 0) with a count.
    ///
    /// # Errors
    /// [`Broken::Claim`] when there is none.
    pub fn first_count(&self) -> Held<usize> {
        let at = self.rows.iter().position(|row| self.cell(row, "unit") == "count");
        there("a row with a count", at)
    }

    /// The sum of the values of the indicators that `which` picks, for a period.
    #[must_use]
    pub fn sum(&self, period: &str, which: impl Fn(&str) -> bool) -> i64 {
        let picked = self
            .rows
            .iter()
            .filter(|row| self.cell(row, "period") == period && which(self.cell(row, "indicator_code")));
        picked.filter_map(|row| self.cell(row, "value").parse::<i64>().ok()).sum()
    }

    /// The same with the last digit of the value at a row (from 0) changed.
    ///
    /// # Errors
    /// [`Broken::Claim`] when the row is not there or its value does not end in a digit.
    pub fn with_one_digit_changed(&self, at: usize) -> Held<(Self, Changed)> {
        let mut other = self.clone();
        let column = there("the column `value`", self.heading.iter().position(|name| name == "value"))?;
        let row = there("the row to be changed", other.rows.get_mut(at))?;
        let before = row.get(column).unwrap_or_default().to_owned();
        let last = there("a digit to change", before.chars().last().and_then(|c| c.to_digit(10)))?;
        let mut after = before.clone();
        after.pop();
        after.push(char::from_digit((last + 1) % 10, 10).unwrap_or('0'));
        let indicator = row.get(2).unwrap_or_default().to_owned();
        *row =
            row.iter().enumerate().map(|(i, cell)| if i == column { after.as_str() } else { cell }).collect();
        Ok((other, Changed { indicator, before, after }))
    }

    /// Writes them as a CSV file.
    ///
    /// # Errors
    /// [`Broken::Failed`] when the file cannot be written.
    pub fn write(&self, path: &Path) -> Held<()> {
        let failed = |e: csv::Error| Broken::failed(format!("writing `{}`", path.display()), e);
        let mut writer = csv::Writer::from_path(path).map_err(failed)?;
        writer.write_record(&self.heading).map_err(failed)?;
        self.rows.iter().try_for_each(|row| writer.write_record(row)).map_err(failed)?;
        writer.flush().map_err(|e| Broken::failed(format!("writing `{}`", path.display()), e))
    }

    fn cell<'r>(&self, row: &'r StringRecord, column: &str) -> &'r str {
        let at = self.heading.iter().position(|name| name == column);
        at.and_then(|at| row.get(at)).unwrap_or_default()
    }
}

/// A figure before and after one digit of it was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The indicator's code.
    pub indicator: String,
    /// The value as printed.
    pub before: String,
    /// The value with its last digit changed.
    pub after: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(kind: &str, area: &str, agency: &str) -> Source {
        Source { kind: kind.into(), area: area.into(), agency: agency.parse().unwrap() }
    }

    #[test]
    fn every_published_figure_finds_its_agency_in_the_sample_and_none_is_lost() {
        let figures = Figures::published().unwrap();
        assert_eq!(figures.count(), 704);
        let text = include_str!("../../../policies/partnership.toml");
        let sources = concordat_core::partnership::Partnership::from_toml(text).unwrap().sources;
        let shares = figures.split(&sources).unwrap();
        assert_eq!(shares.values().map(Figures::count).sum::<usize>(), 704);
        assert!(shares.values().all(|share| share.columns() == figures.columns()));
        assert_eq!(shares[&"metropolitan-police".parse().unwrap()].kinds(), ["police"]);
    }

    #[test]
    fn a_figure_that_nobody_answers_for_breaks_the_story() {
        let figures = Figures::published().unwrap();
        let broken = figures.split(&[source("csc", "Hackney", "hackney-council")]).unwrap_err();
        assert!(broken.to_string().contains("an agency that answers for"), "{broken}");
    }

    #[test]
    fn one_digit_of_one_value_changes_and_nothing_else() {
        let figures = Figures::published().unwrap().first(3);
        let (other, changed) = figures.with_one_digit_changed(0).unwrap();
        assert_eq!((changed.before.as_str(), changed.after.as_str()), ("765", "766"));
        let differing = |(one, two): (&StringRecord, &StringRecord)| {
            one.iter().zip(two.iter()).filter(|(a, b)| a != b).count()
        };
        let differing: usize = figures.rows.iter().zip(&other.rows).map(differing).sum();
        assert_eq!(differing, 1);
        assert!(figures.with_one_digit_changed(3).is_err());
    }
}
