//! What is told of the outcome: tables for people, one JSON document for programs.

use serde::Serialize;

use super::plan::Told;
use super::stats::Spread;

/// The cells of one round for one number of clients.
#[derive(Debug, Clone, Serialize)]
pub struct Cells {
    /// How many clients.
    pub clients: usize,
    /// The broker, decisions known.
    pub hits: Told,
    /// The broker, no decision known.
    pub misses: Told,
    /// The echo.
    pub echo: Told,
    /// Returns a second that are only appended and synced, grouped as the broker grouped them.
    pub append_rate: f64,
    /// The median `fdatasync` of these, in milliseconds.
    pub sync_ms: f64,
}

/// What was measured of the store at one size.
#[derive(Debug, Clone, Serialize)]
pub struct StoreAt {
    /// How many submissions it held.
    pub submissions: usize,
    /// Submissions a second while it was filled, within one process.
    pub filled_rate: f64,
    /// Seconds to open it after a clean stop.
    pub open_s: f64,
    /// Seconds to open it after a kill: everything is read and the projections are rebuilt.
    pub rebuild_s: f64,
    /// Seconds of `concordat-broker verify`.
    pub verify_s: f64,
    /// Bytes on disk per submission: journal.
    pub journal_bytes: f64,
    /// Bytes on disk per submission: journal, projections and all.
    pub all_bytes: f64,
}

/// Everything that was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// How this document is to be read.
    pub schema: &'static str,
    /// The length of the tables of a return, in bytes.
    pub return_bytes: usize,
    /// Its rows.
    pub return_rows: usize,
    /// The length of a receipt, in bytes.
    pub receipt_bytes: usize,
    /// Receipts that were verified; all that were given.
    pub verified: u64,
    /// The most memory the serving broker had resident, in MiB.
    pub peak_mib: f64,
    /// The store, by size.
    pub store: Vec<StoreAt>,
    /// Every cell of every round.
    pub rounds: Vec<Vec<Cells>>,
}

impl Measured {
    fn of(&self, clients: usize, what: impl Fn(&Cells) -> f64) -> Spread {
        let cells = self.rounds.iter().flatten().filter(|cells| cells.clients == clients);
        Spread::of(cells.map(what))
    }

    fn clients(&self) -> Vec<usize> {
        self.rounds.first().map(|round| round.iter().map(|cells| cells.clients).collect()).unwrap_or_default()
    }

    /// The tables.
    #[must_use]
    pub fn text(&self) -> String {
        let tables = [self.rates(), self.latencies(), self.processor(), self.groups(), self.store_table()];
        let head = format!(
            "a return: {} rows, {} bytes; a receipt: {} bytes; {} receipts verified; rounds: {}; peak memory of the \
             broker: {:.0} MiB\nall figures: median of the rounds (least-greatest); ratios are taken within a round",
            self.return_rows,
            self.return_bytes,
            self.receipt_bytes,
            self.verified,
            self.rounds.len(),
            self.peak_mib
        );
        let tables: Vec<String> = tables.into_iter().map(|table| table.text()).collect();
        format!("{head}\n\n{}\n{}", tables.join("\n"), self.alone())
    }

    fn rates(&self) -> Table {
        let mut table = Table::new(
            "submissions a second",
            &["clients", "broker", "echo", "broker/echo", "policy misses", "misses/echo", "append+fdatasync"],
        );
        for clients in self.clients() {
            let of = |what: &dyn Fn(&Cells) -> f64| self.of(clients, what);
            table.row([
                clients.to_string(),
                of(&|c| c.hits.rate()).text(0),
                of(&|c| c.echo.rate()).text(0),
                of(&|c| c.hits.rate() / c.echo.rate()).text(2),
                of(&|c| c.misses.rate()).text(0),
                of(&|c| c.misses.rate() / c.echo.rate()).text(2),
                of(&|c| c.append_rate).text(0),
            ]);
        }
        table
    }

    fn latencies(&self) -> Table {
        let mut table = Table::new(
            "milliseconds",
            &["clients", "broker p50", "p99", "echo p50", "p99", "misses p50", "p99", "fdatasync p50"],
        );
        for clients in self.clients() {
            let of = |what: &dyn Fn(&Cells) -> f64| self.of(clients, what).text(2);
            table.row([
                clients.to_string(),
                of(&|c| c.hits.p50_ms),
                of(&|c| c.hits.p99_ms),
                of(&|c| c.echo.p50_ms),
                of(&|c| c.echo.p99_ms),
                of(&|c| c.misses.p50_ms),
                of(&|c| c.misses.p99_ms),
                self.of(clients, |c| c.sync_ms).text(3),
            ]);
        }
        table
    }

    fn processor(&self) -> Table {
        let mut table = Table::new(
            "processor time of a call, microseconds",
            &["clients", "broker", "its client", "echo", "its client", "broker, misses", "broker - echo"],
        );
        for clients in self.clients() {
            let of = |what: &dyn Fn(&Cells) -> f64| self.of(clients, what).text(0);
            table.row([
                clients.to_string(),
                of(&|c| c.hits.server_us),
                of(&|c| c.hits.client_us),
                of(&|c| c.echo.server_us),
                of(&|c| c.echo.client_us),
                of(&|c| c.misses.server_us),
                of(&|c| c.hits.server_us - c.echo.server_us),
            ]);
        }
        table
    }

    fn groups(&self) -> Table {
        let mut table = Table::new("submissions under one checkpoint", &["clients", "mean", "greatest"]);
        for clients in self.clients() {
            let mean = |c: &Cells| {
                c.hits.groups.iter().map(|n| f64::from(*n)).sum::<f64>() / c.hits.groups.len().max(1) as f64
            };
            let most = |c: &Cells| f64::from(c.hits.groups.iter().max().copied().unwrap_or(0));
            table.row([clients.to_string(), self.of(clients, mean).text(1), self.of(clients, most).text(0)]);
        }
        table
    }

    fn store_table(&self) -> Table {
        let mut table = Table::new(
            "the store",
            &[
                "submissions",
                "filled, per s",
                "open, s",
                "after a kill, s",
                "verify, s",
                "journal bytes each",
                "all bytes each",
            ],
        );
        for at in &self.store {
            table.row([
                at.submissions.to_string(),
                format!("{:.0}", at.filled_rate),
                format!("{:.2}", at.open_s),
                format!("{:.2}", at.rebuild_s),
                format!("{:.2}", at.verify_s),
                format!("{:.0}", at.journal_bytes),
                format!("{:.0}", at.all_bytes),
            ]);
        }
        table
    }

    /// How one client alone fares against an echo and two syncs.
    fn alone(&self) -> String {
        if !self.clients().contains(&1) {
            return String::new();
        }
        let bare = |c: &Cells| c.echo.p50_ms + 2.0 * c.sync_ms;
        format!(
            "one client: p50 {} ms is {} times echo p50 + two fdatasync p50, {} ms\n",
            self.of(1, |c| c.hits.p50_ms).text(2),
            self.of(1, |c| c.hits.p50_ms / bare(c)).text(2),
            self.of(1, bare).text(2)
        )
    }
}

/// Columns of text.
struct Table {
    title: &'static str,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(title: &'static str, headings: &[&str]) -> Self {
        Self { title, rows: vec![headings.iter().map(|heading| (*heading).to_owned()).collect()] }
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn text(&self) -> String {
        let width = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(String::len).max();
        let line = |row: &Vec<String>| {
            let cells = row
                .iter()
                .enumerate()
                .map(|(at, cell)| format!("{cell:>width$}", width = width(at).unwrap_or(0)));
            format!("  {}\n", cells.collect::<Vec<_>>().join("  "))
        };
        format!("{}\n{}", self.title, self.rows.iter().map(line).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answered: u64) -> Told {
        Told {
            answered,
            seconds: 1.0,
            p50_ms: 0.5,
            p99_ms: 1.0,
            server_us: 10.0,
            client_us: 5.0,
            sent_most: 1,
            verified: answered,
            receipt_bytes: 1,
            groups: vec![1, 3],
        }
    }

    #[test]
    fn a_ratio_is_taken_within_a_round_before_the_median() {
        let cells = |hits, echo| Cells {
            clients: 1,
            hits: told(hits),
            misses: told(1),
            echo: told(echo),
            append_rate: 1.0,
            sync_ms: 0.25,
        };
        let measured = Measured {
            schema: "",
            return_bytes: 0,
            return_rows: 0,
            receipt_bytes: 0,
            verified: 0,
            peak_mib: 0.0,
            store: Vec::new(),
            rounds: vec![vec![cells(10, 100)], vec![cells(400, 500)], vec![cells(90, 100)]],
        };
        let text = measured.text();
        assert!(text.contains("0.80 (0.10-0.90)"), "{text}");
        assert!(text.contains("one client: p50 0.50 (0.50-0.50) ms is 0.50"), "{text}");
    }
}
