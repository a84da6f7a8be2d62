//! How small counts are suppressed: the methods of `suppression/*.toml`.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::complaint::Complaint;
use crate::document;

/// The largest step that counts are rounded to, and the largest count that is suppressed: a slip of the pen beyond it
/// would leave nothing of any return.
const MOST: u64 = 1_000;

/// Counts from `from` to `to`, both included, are replaced by `symbol`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The methods it is made of: the names of their files.
    pub methods: BTreeSet<String>,
    /// The smallest count suppressed; 1 where zero is shown.
    pub from: u64,
    /// The largest count suppressed.
    pub to: u64,
    /// What stands instead: `c`, `[c]` or `*`.
    pub symbol: String,
    /// Any other count is shown as the nearest multiple of this; 1 where counts are shown as they are.
    pub round_to: u64,
    /// Whether a part that is all of its total is suppressed too.
    pub whole_parts: bool,
    /// Whether what its parts leave of a total is protected as a count of its own, though no cell holds it: 55 of 59
    /// tell of 4.
    pub complements: bool,
    pub(crate) derived_units: BTreeSet<String>,
    pub(crate) plain_units: BTreeSet<String>,
}

/// What a unit says of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Count,
    Derived,
    Plain,
}

impl Suppression {
    /// Whether a count is to be suppressed.
    #[must_use]
    pub fn covers(&self, count: u64) -> bool {
        (self.from..=self.to).contains(&count)
    }

    /// What it says, in words.
    pub(crate) fn spoken(&self) -> String {
        let words = |of: &BTreeSet<String>| of.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let Self { from, to, symbol, round_to, .. } = self;
        let whole = if self.whole_parts { ", parts that are all of their total too" } else { "" };
        format!(
            "{}: {from} to {to} become {symbol}, rounded to {round_to}{whole}, derived units {}, plain units {}",
            words(&self.methods),
            words(&self.derived_units),
            words(&self.plain_units)
        )
    }

    /// The nearest multiple of the step; a count half way between two becomes the greater.
    #[must_use]
    pub fn round(&self, count: u64) -> u64 {
        let step = self.round_to.max(1);
        count.saturating_add(step / 2) / step * step
    }

    /// Between what a count lies that is not suppressed and is shown as `shown`.
    pub(crate) fn behind(&self, shown: u64) -> (u64, u64) {
        let step = self.round_to.max(1);
        let low = shown.saturating_sub(step / 2);
        let high = shown.saturating_add(step - 1 - step / 2);
        // what is suppressed is not behind a number; what is left may lie on both sides of it
        match (low < self.from, high > self.to) {
            (true, false) => (low, high.min(self.from.saturating_sub(1))),
            (false, true) => (low.max(self.to.saturating_add(1)), high),
            _ => (low, high),
        }
    }

    pub(crate) fn unit(&self, word: &str) -> Unit {
        match word {
            _ if self.derived_units.contains(word) => Unit::Derived,
            _ if self.plain_units.contains(word) => Unit::Plain,
            _ => Unit::Count,
        }
    }

    /// What covers all that either covers, and takes a unit as the more careful of the two does.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        let known = |of: &Self| of.derived_units.union(&of.plain_units).cloned().collect::<BTreeSet<_>>();
        let plain_units: BTreeSet<_> = self.plain_units.intersection(&other.plain_units).cloned().collect();
        let derived_units = known(&self)
            .intersection(&known(&other))
            .filter(|word| !plain_units.contains(*word))
            .cloned()
            .collect();
        let (from, to) = (self.from.min(other.from), self.to.max(other.to));
        let round_to = self.round_to.max(other.round_to);
        let (whole_parts, complements) =
            (self.whole_parts || other.whole_parts, self.complements || other.complements);
        let methods = self.methods.union(&other.methods).cloned().collect();
        let wider = if other.to > self.to { other } else { self };
        Self { methods, from, to, round_to, whole_parts, complements, derived_units, plain_units, ..wider }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Whose method it is.
    #[expect(dead_code, reason = "for people who read the file; it must be there")]
    title: String,
    from: u64,
    to: u64,
    symbol: String,
    #[serde(default = "one")]
    round_to: u64,
    #[serde(default)]
    whole_parts: bool,
    #[serde(default = "yes")]
    complements: bool,
    /// The units of figures made from counts: percentages, rates, averages.
    #[serde(default)]
    derived_units: BTreeSet<String>,
    /// The units of figures that neither count people nor are made from such counts: money, durations.
    /// A unit in neither list is taken for a count.
    #[serde(default)]
    plain_units: BTreeSet<String>,
}

fn one() -> u64 {
    1
}

fn yes() -> bool {
    true
}

/// Reads one suppression method; its name is the file's.
pub(crate) fn read(
    file: &str,
    name: &str,
    bytes: &[u8],
    complaints: &mut Vec<Complaint>,
) -> Option<Suppression> {
    let raw: File = document::read(file, bytes, complaints)?;
    let mut complain = |text: String| complaints.push(Complaint::of_file(file, text));
    if raw.from > raw.to {
        complain("`from` is greater than `to`".to_owned());
    }
    if raw.to > MOST || !(1..=MOST).contains(&raw.round_to) {
        complain(format!("`to` and `round_to` reach to {MOST} at most, and `round_to` begins at 1"));
    }
    if raw.from == raw.to && raw.from != 0 {
        complain("`from` and `to` are one number: its symbol would tell it".to_owned());
    }
    if raw.to == 0 {
        complain("`to` is 0: its symbol would tell it".to_owned());
    }
    if let Some(word) = raw.derived_units.intersection(&raw.plain_units).next() {
        complain(format!("the unit `{word}` stands in both lists"));
    }
    if !matches!(raw.symbol.as_str(), "c" | "[c]" | "*") {
        complain("`symbol` is none of `c`, `[c]`, `*`".to_owned());
    }
    Some(Suppression {
        methods: BTreeSet::from([name.to_owned()]),
        from: raw.from,
        to: raw.to,
        symbol: raw.symbol,
        round_to: raw.round_to,
        whole_parts: raw.whole_parts,
        complements: raw.complements,
        derived_units: raw.derived_units,
        plain_units: raw.plain_units,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A method without units.
    pub(crate) fn method(from: u64, to: u64, symbol: &str, round_to: u64) -> Suppression {
        Suppression {
            methods: BTreeSet::from([format!("{from}-{to}")]),
            from,
            to,
            symbol: symbol.to_owned(),
            round_to,
            whole_parts: false,
            complements: true,
            derived_units: BTreeSet::new(),
            plain_units: BTreeSet::new(),
        }
    }

    #[test]
    fn the_stricter_of_two_covers_what_either_covers_and_rounds_as_the_coarser() {
        let both = method(1, 5, "c", 1).stricter(method(0, 4, "*", 5));
        assert_eq!((both.from, both.to, both.symbol.as_str(), both.round_to), (0, 5, "c", 5));
        assert_eq!(both.methods, BTreeSet::from(["1-5".to_owned(), "0-4".to_owned()]));
        let both = method(1, 5, "c", 10).stricter(Suppression { whole_parts: true, ..method(1, 9, "*", 5) });
        assert_eq!((both.to, both.symbol.as_str(), both.round_to, both.whole_parts), (9, "*", 10, true));
    }

    #[test]
    fn the_stricter_of_two_takes_a_unit_as_the_more_careful_does() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let of = |derived: &[&str], plain: &[&str]| Suppression {
            derived_units: words(derived),
            plain_units: words(plain),
            ..method(1, 5, "c", 1)
        };
        let both = of(&["percent", "weeks", "rate"], &["gbp"]).stricter(of(&["percent"], &["gbp", "weeks"]));
        assert_eq!(both, of(&["percent", "weeks"], &["gbp"]));
        assert_eq!(both.unit("rate"), Unit::Count, "one of the two does not know it");
    }

    #[test]
    fn a_count_is_rounded_to_the_nearest_multiple_and_lies_between_two_bounds() {
        let hes = method(1, 7, "*", 5);
        for (count, shown, behind) in
            [(0, 0, (0, 0)), (8, 10, (8, 12)), (12, 10, (8, 12)), (13, 15, (13, 17)), (498, 500, (498, 502))]
        {
            assert_eq!((hes.round(count), hes.behind(shown)), (shown, behind), "{count}");
        }
        let tens = method(1, 5, "c", 10);
        assert_eq!((tens.round(15), tens.round(14)), (20, 10));
        assert_eq!((tens.behind(20), tens.behind(10), tens.behind(0)), ((15, 24), (6, 14), (0, 0)));
        assert_eq!(method(1, 5, "c", 1).behind(6), (6, 6));
        // 0 and 4 both become 0
        assert_eq!(method(1, 3, "c", 10).behind(0), (0, 4));
        for (from, to, step) in [(1, 7, 5), (0, 4, 5), (0, 9, 5), (1, 5, 1), (1, 5, 10), (2, 3, 7)] {
            let method = method(from, to, "c", step);
            for count in (0..60).filter(|count| !method.covers(*count)) {
                let (low, high) = method.behind(method.round(count));
                assert!((low..=high).contains(&count), "{count} of {from}-{to} by {step}: {low}-{high}");
            }
        }
    }

    #[test]
    fn a_method_that_would_hide_nothing_or_everything_is_refused() {
        let said = |text: &str| {
            let mut complaints = Vec::new();
            read("suppression/m.toml", "m", text.as_bytes(), &mut complaints);
            complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let good = "title = \"t\"\nfrom = 1\nto = 7\nsymbol = \"*\"\nround_to = 5\n";
        assert_eq!(said(good), "");
        for (from, to, words) in [
            ("from = 1", "from = 8", "greater than"),
            ("from = 1", "from = 7", "one number"),
            ("to = 7", "to = 7000", "reach to"),
            ("round_to = 5", "round_to = 0", "reach to"),
            ("\"*\"", "\"low\"", "none of"),
            ("title", "titel", "unknown field"),
            ("round_to", "rounded", "unknown field"),
        ] {
            assert!(said(&good.replace(from, to)).contains(words), "{to}");
        }
        let both = "derived_units = [\"percent\"]\nplain_units = [\"percent\"]\n";
        assert!(said(&format!("{good}{both}")).contains("stands in both lists"));
    }
}
