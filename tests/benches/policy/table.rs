//! What is told of the outcome.

use std::fmt::Write as _;

use concordat_tests::bench::stats::Spread;
use serde::Serialize;

/// One measured cell.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cell {
    /// How many decisions.
    pub count: usize,
    /// Decisions a second, on all threads together.
    pub rate: f64,
    /// The median of a decision, in microseconds.
    pub p50_us: f64,
    /// What 99 of 100 decisions do not exceed, in microseconds.
    pub p99_us: f64,
}

/// Those that are measured, in the order of the cells.
const NAMES: [&str; 4] = ["policy, answer not known", "policy, answer known", "casbin as it comes", "Cedar"];

/// What was measured at one size in one round.
#[derive(Debug, Clone, Serialize)]
pub struct Size {
    /// How many rules.
    pub rules: usize,
    /// From files to a policy that decides, in milliseconds.
    pub live_ms: f64,
    /// On one thread.
    pub one: [Option<Cell>; 4],
    /// On two threads.
    pub two: [Option<Cell>; 4],
}

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub struct Measured {
    /// How this document is to be read.
    pub schema: &'static str,
    /// By size, the fewest and the most rows that speak of the act and the type of a request.
    pub candidates: Vec<(usize, usize)>,
    /// By size, MiB of the policy, of casbin and of Cedar.
    pub mib: Vec<[f64; 3]>,
    /// By round, every size.
    pub rounds: Vec<Vec<Size>>,
}

impl Measured {
    fn of(&self, size: usize, what: impl Fn(&Size) -> Option<f64>) -> Option<Spread> {
        let found: Option<Vec<f64>> =
            self.rounds.iter().map(|sizes| sizes.get(size).and_then(&what)).collect();
        found.filter(|found| !found.is_empty()).map(Spread::of)
    }

    /// As a table for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (at, size) in self.rounds.first().into_iter().flatten().enumerate() {
            // writing into a text cannot fail
            let _ = self.size(&mut text, at, size.rules);
        }
        let _ = self.flat(&mut text);
        let _ = write!(
            text,
            "median of {} rounds (least-greatest); ratios are taken within a round, on one thread",
            self.rounds.len()
        );
        text
    }

    fn size(&self, text: &mut String, at: usize, rules: usize) -> std::fmt::Result {
        let (least, most) = self.candidates.get(at).copied().unwrap_or_default();
        writeln!(
            text,
            "{rules} rules, of which {least} to {most} speak of the act and the return type of a request"
        )?;
        writeln!(
            text,
            "  {:<26}{:>28}{:>24}{:>24}{:>28}",
            "", "decisions/s", "p50 us", "p99 us", "decisions/s, two threads"
        )?;
        let told = |spread: Option<Spread>, digits| {
            spread.map_or("not built (--features cedar)".to_owned(), |spread| spread.text(digits))
        };
        for (column, name) in NAMES.iter().enumerate() {
            let one = |what: fn(&Cell) -> f64| self.of(at, |size| size.one.get(column)?.as_ref().map(what));
            let two = self.of(at, |size| size.two.get(column)?.as_ref().map(|cell| cell.rate));
            if one(|cell| cell.rate).is_none() {
                writeln!(text, "  {name:<26}{:>28}", told(None, 0))?;
                continue;
            }
            writeln!(
                text,
                "  {name:<26}{:>28}{:>24}{:>24}{:>28}",
                told(one(|cell| cell.rate), 0),
                told(one(|cell| cell.p50_us), 2),
                told(one(|cell| cell.p99_us), 2),
                told(two, 0)
            )?;
        }
        let ratio = |ours: usize, theirs: usize| {
            let ratio = |size: &Size| {
                let rate = |column: usize| size.one.get(column)?.as_ref().map(|cell| cell.rate);
                Some(rate(ours)? / rate(theirs)?)
            };
            told(self.of(at, ratio), 1)
        };
        writeln!(text, "  not known: {} times casbin, {} times Cedar", ratio(0, 2), ratio(0, 3))?;
        writeln!(text, "  known:     {} times casbin, {} times Cedar", ratio(1, 2), ratio(1, 3))?;
        let [policy, plain, cedar] = self.mib.get(at).copied().unwrap_or_default();
        writeln!(
            text,
            "  memory MiB: policy {policy:.1}, casbin {plain:.1}, Cedar {cedar:.1} (0.0: not built)"
        )?;
        writeln!(text, "  from files to live: {} ms\n", told(self.of(at, |size| Some(size.live_ms)), 0))
    }

    /// What the median decision costs at every size, against the first size of the same round.
    fn flat(&self, text: &mut String) -> std::fmt::Result {
        let median = |size: &Size| size.one.first().copied().flatten().map(|cell| cell.p50_us);
        for (at, size) in self.rounds.first().into_iter().flatten().enumerate().skip(1) {
            let cost = |sizes: &Vec<Size>| Some(median(sizes.get(at)?)? / median(sizes.first()?)?);
            let costs = self.rounds.iter().filter_map(cost);
            let first = self.rounds.first().and_then(|sizes| sizes.first()).map_or(0, |size| size.rules);
            let spread = Spread::of(costs).text(2);
            writeln!(text, "not known, {} rules against {first}: {spread} times the median", size.rules)?;
        }
        Ok(())
    }
}
