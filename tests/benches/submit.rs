//! The bench of a submission; `cargo bench -p concordat-tests --bench submit -- --help` says how to run it.
//!
//! A broker in a process of its own, filled; clients in another; beside them, cells in turn in every round, an
//! echo over the same TLS, and the same bytes appended and synced. It fails when a return is refused or a receipt
//! does not verify, never for being slow.
#![allow(clippy::indexing_slicing, reason = "a bench may stop at the first surprise")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use concordat_tests::Scene;
use concordat_tests::bench::broker::World;
use concordat_tests::bench::disk::{append, occupied};
use concordat_tests::bench::plan::{Column, Person, Plan, Told};
use concordat_tests::bench::process::{Companion, ask, peak_mib};
use concordat_tests::bench::report::{Cells, Measured, StoreAt};
use concordat_tests::bench::{Outcome, ended, give, say};

const BROKER: &str = env!("CARGO_BIN_EXE_broker-under-test");
const CLIENT: &str = env!("CARGO_BIN_EXE_bench-client");
const ECHO: &str = env!("CARGO_BIN_EXE_bench-echo");

/// Measures submissions against an echo and against the disk.
#[derive(Debug, Parser)]
struct Args {
    /// How often every cell is measured [default: 5, quick: 2].
    #[arg(long)]
    rounds: Option<usize>,
    /// How long a cell is measured, in seconds [default: 2, quick: 0.5].
    #[arg(long)]
    seconds: Option<f64>,
    /// How many submissions the store holds before [default: 100000, quick: 2000].
    #[arg(long)]
    prefill: Option<usize>,
    /// How many clients, each with a connection and one request outstanding; at most 64.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64])]
    clients: Vec<usize>,
    /// A short run, to see that the bench works.
    #[arg(long)]
    quick: bool,
    /// Open, rebuild and verify at a million submissions too.
    #[arg(long)]
    million: bool,
    /// Write everything that was measured into a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if !args.bench {
        say("this is a bench: run it with `cargo bench -p concordat-tests --bench submit`");
        return ExitCode::SUCCESS;
    }
    ended(run(&args))
}

fn run(args: &Args) -> Outcome<()> {
    let mut bench = Bench::new(args)?;
    let prefill = args.prefill.unwrap_or(if args.quick { 2_000 } else { 100_000 });
    let mut store = vec![bench.fill(0, prefill)?];
    let rounds = bench.rounds(args)?;
    if args.million {
        let before = prefill + usize::try_from(bench.verified)?;
        store.push(bench.fill(before, 1_000_000_usize.saturating_sub(before))?);
    }
    let measured = Measured {
        schema: "concordat.bench.submit/1",
        return_bytes: bench.world.book.bytes(),
        return_rows: bench.world.book.rows(),
        receipt_bytes: bench.receipt_bytes,
        verified: bench.verified,
        peak_mib: bench.peak_mib,
        store,
        rounds,
    };
    give(&measured.text());
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_string_pretty(&measured)?)?;
    }
    Ok(())
}

struct Bench {
    runtime: tokio::runtime::Runtime,
    scene: Scene,
    world: World,
    seconds: f64,
    warm_up: f64,
    /// By submitter and column, the first serial number that was not used yet.
    next: [Vec<u32>; 2],
    journal_bytes: usize,
    receipt_bytes: usize,
    verified: u64,
    peak_mib: f64,
}

impl Bench {
    fn new(args: &Args) -> Outcome<Self> {
        say("making a partnership of 64 agencies and 500 policy rows, and enrolling its people");
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let scene = Scene::at_rest(BROKER);
        let world = runtime.block_on(World::new(&scene.dir, &scene.folder("people")))?;
        let people = world.narrow.len();
        let most = args.clients.iter().max().copied().unwrap_or(0);
        if most > people {
            return Err(
                format!("there are {people} people who submit, and {most} clients were asked for").into()
            );
        }
        Ok(Self {
            runtime,
            scene,
            world,
            seconds: args.seconds.unwrap_or(if args.quick { 0.5 } else { 2.0 }),
            warm_up: if args.quick { 0.1 } else { 0.3 },
            next: [vec![0; people], vec![0; people]],
            journal_bytes: 0,
            receipt_bytes: 0,
            verified: 0,
            peak_mib: 0.0,
        })
    }

    /// Fills the store, which holds so many, with so many more, and measures it.
    fn fill(&mut self, before: usize, count: usize) -> Outcome<StoreAt> {
        let (store, journal) = (self.world.config.store.clone(), self.world.config.store.join("journal"));
        let sizes =
            || Ok::<_, Box<dyn std::error::Error + Send + Sync>>((occupied(&journal)?, occupied(&store)?));
        let empty = sizes()?;
        say(&format!("filling the store with {count} submissions"));
        let from = self.next[0].iter().max().copied().unwrap_or(0);
        let (taken, used) = self.runtime.block_on(self.world.fill(from, count))?;
        self.next[0].fill(used);
        let full = sizes()?;
        let each = |full: u64, empty: u64| full.saturating_sub(empty) as f64 / count.max(1) as f64;
        self.journal_bytes = each(full.0, empty.0) as usize;
        say("opening it after a clean stop, opening it after a kill, verifying it");
        let open = self.runtime.block_on(self.world.open())?;
        self.scene.start();
        self.scene.kill();
        let rebuild = self.runtime.block_on(self.world.open())?;
        let began = Instant::now();
        let verified = self.scene.operate(&["verify", &self.scene.dir.to_string_lossy()]);
        if !verified.status.success() {
            return Err(format!("verify: {}", String::from_utf8_lossy(&verified.stderr)).into());
        }
        Ok(StoreAt {
            submissions: before + count,
            filled_rate: count as f64 / taken.as_secs_f64(),
            open_s: open.as_secs_f64(),
            rebuild_s: rebuild.as_secs_f64(),
            verify_s: began.elapsed().as_secs_f64(),
            journal_bytes: each(full.0, empty.0),
            all_bytes: each(full.1, empty.1),
        })
    }

    fn rounds(&mut self, args: &Args) -> Outcome<Vec<Vec<Cells>>> {
        self.scene.start();
        let probe = self.submit(Column::Hits, 1, 0)?;
        self.receipt_bytes = probe.receipt_bytes;
        let size = PathBuf::from(self.receipt_bytes.to_string());
        let [authority, chain, key] = self.world.server_files();
        let mut echo = Companion::start(ECHO, &[&authority, &chain, &key, &size])?;
        let echo_at = echo.first_line()?;
        let rounds = args.rounds.unwrap_or(if args.quick { 2 } else { 5 });
        let mut all = Vec::new();
        for round in 0..rounds {
            let mut cells = Vec::new();
            for clients in &args.clients {
                cells.push(self.cells(*clients, round, &echo, &echo_at)?);
            }
            all.push(cells);
        }
        self.peak_mib = peak_mib(self.scene.pid());
        self.scene.stop();
        Ok(all)
    }

    fn cells(&mut self, clients: usize, round: usize, echo: &Companion, echo_at: &str) -> Outcome<Cells> {
        // the order turns with the round; the echo always stands beside both
        let (first, last) = if round.is_multiple_of(2) {
            (Column::Hits, Column::Misses)
        } else {
            (Column::Misses, Column::Hits)
        };
        let one = self.submit(first, clients, round)?;
        let echoed = self.call(Column::Hits, clients, round, echo_at, echo.pid(), None)?;
        let other = self.submit(last, clients, round)?;
        let (hits, misses) = if first == Column::Hits { (one, other) } else { (other, one) };
        let appended =
            append(&self.scene.folder("append"), &hits.groups, self.journal_bytes, self.seconds / 2.0)?;
        say(&format!(
            "round {}, {clients} clients: broker {:.0}, echo {:.0}, misses {:.0}, append {:.0} a second",
            round + 1,
            hits.rate(),
            echoed.rate(),
            misses.rate(),
            appended.rate
        ));
        Ok(Cells {
            clients,
            hits,
            misses,
            echo: echoed,
            append_rate: appended.rate,
            sync_ms: appended.sync_ms,
        })
    }

    /// One cell of the broker.
    fn submit(&mut self, column: Column, clients: usize, round: usize) -> Outcome<Told> {
        let at = self.scene.addresses().services;
        let key = Some(self.world.log_key.clone());
        let told = self.call(column, clients, round, &at, self.scene.pid(), key)?;
        self.verified += told.verified;
        Ok(told)
    }

    fn call(
        &mut self,
        column: Column,
        clients: usize,
        round: usize,
        target: &str,
        server: u32,
        log_key: Option<String>,
    ) -> Outcome<Told> {
        let people = if column == Column::Hits { &self.world.narrow } else { &self.world.wide };
        // few clients are others in every round
        let people: Vec<Person> =
            people.iter().cycle().skip(round * clients).take(clients).cloned().collect();
        let next = &mut self.next[column as usize];
        let used = |person: &Person| next.get(person.number).copied().unwrap_or(0);
        let from = people.iter().map(used).max().unwrap_or(0);
        let is_echo = log_key.is_none();
        let plan = Plan {
            target: target.to_owned(),
            server,
            authority: self.world.server_files()[0].clone(),
            policies: self.world.config.policies.clone(),
            people: people.clone(),
            column,
            from,
            seconds: self.seconds,
            warm_up: self.warm_up,
            log_key,
        };
        let told: Told = serde_json::from_str(&ask(CLIENT, &serde_json::to_string(&plan)?)?)?;
        if told.answered == 0 {
            return Err("nothing was answered in the time measured".into());
        }
        if !is_echo {
            for person in &people {
                if let Some(slot) = next.get_mut(person.number) {
                    *slot = from + told.sent_most;
                }
            }
        }
        Ok(told)
    }
}
