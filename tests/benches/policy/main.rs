//! The bench of decisions: `cargo bench -p concordat-tests --bench policy -- --help` says how to run it.
//!
//! The same rows and the same requests for four: the broker's policy without a known answer (every request is
//! new to it; keeping the answer is part of the time), the same with known answers, casbin as it comes, and Cedar
//! (with `--features cedar`). casbin gets its words and Cedar its request and entities made ready before the
//! clock starts; the policy gets the bare request. Cells in turn in every round, ratios within a round. It fails
//! when two of them answer a request differently, never for being slow.
#![allow(clippy::indexing_slicing, reason = "a bench may stop at the first surprise")]

#[cfg(feature = "cedar")]
mod cedar;
mod plain;
mod table;

use std::hint::black_box;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::Parser;
use concordat_policy::{Bundle, Policy};
use concordat_tests::bench::rules::{Asked, Rules};
use concordat_tests::bench::stats::percentile;
use concordat_tests::bench::{Outcome, ended, give, say};

use plain::Plain;
use table::{Cell, Measured, Size};

// as the broker does
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many requests the cache is asked again and again.
const KNOWN: usize = 1_000;

/// Measures decisions against casbin as it comes and against Cedar.
#[derive(Debug, Parser)]
struct Args {
    /// How often every cell is measured [default: 5, quick: 2].
    #[arg(long)]
    rounds: Option<usize>,
    /// How many rules.
    #[arg(long, value_delimiter = ',', default_values_t = [100, 1_000, 10_000])]
    rules: Vec<usize>,
    /// The longest that a cell is measured, in seconds [default: 1, quick: 0.2].
    #[arg(long)]
    seconds: Option<f64>,
    /// A short run, to see that the bench works.
    #[arg(long)]
    quick: bool,
    /// Write everything that was measured into a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Make this one ready with so many rules, and tell the memory that it takes.
    #[arg(long, hide = true, num_args = 2)]
    weigh: Option<Vec<String>>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match &args.weigh {
        Some(what) => weigh(what),
        None if args.bench => run(&args),
        None => {
            say("this is a bench: run it with `cargo bench -p concordat-tests --bench policy`");
            Ok(())
        }
    };
    ended(outcome)
}

fn bundle(rules: &Rules) -> Outcome<Bundle> {
    let complain = |complaints: Vec<concordat_policy::Complaint>| {
        complaints.iter().take(5).map(|complaint| format!("{complaint}\n")).collect::<String>()
    };
    Ok(Bundle::from_files(rules.files.clone(), &rules.known).map_err(complain)?)
}

/// Everything at one size.
struct World {
    rules: Rules,
    asked: Vec<Asked>,
    bundle: Bundle,
    plain: Plain,
    #[cfg(feature = "cedar")]
    cedar: (cedar::Cedar, Vec<cedar::Question>),
}

impl World {
    fn new(rules: usize, requests: usize) -> Outcome<Self> {
        let rules = Rules::new(rules)?;
        let asked = rules.requests(requests)?;
        let world = Self {
            bundle: bundle(&rules)?,
            plain: Plain::new(&rules.rows)?,
            #[cfg(feature = "cedar")]
            cedar: (
                cedar::Cedar::new(&cedar::Cedar::text(&rules.rows)?)?,
                asked.iter().take(KNOWN).map(cedar::Question::new).collect::<Outcome<_>>()?,
            ),
            rules,
            asked,
        };
        world.agree()?;
        Ok(world)
    }

    /// Sets the answers against each other; fewer where an answer takes long.
    fn agree(&self) -> Outcome<()> {
        let policy = Policy::new(self.bundle.clone());
        let count = (1_000_000 / self.rules.rows.len()).clamp(100, KNOWN);
        let mut allowed = 0;
        for (at, asked) in self.asked.iter().take(count).enumerate() {
            let answer = policy.decide(&asked.request, ()).is_ok();
            allowed += usize::from(answer);
            let differs = self.plain.allows(asked) != answer;
            #[cfg(feature = "cedar")]
            let differs = differs || self.cedar.0.allows(&self.cedar.1[at]) != answer;
            if differs {
                return Err(format!(
                    "request {at} of {} rules is answered differently",
                    self.rules.rows.len()
                )
                .into());
            }
        }
        if allowed * 10 < count * 4 || allowed * 10 > count * 8 {
            return Err(format!("{allowed} of {count} requests are allowed, which is no fair mixture").into());
        }
        Ok(())
    }

    fn round(&self, seconds: f64, odd: bool) -> Outcome<Size> {
        let limit = Duration::from_secs_f64(seconds);
        let known = Policy::new(self.bundle.clone());
        let known_requests = &self.asked[..KNOWN.min(self.asked.len())];
        known_requests.iter().for_each(|asked| drop(known.decide(&asked.request, ())));
        let began = Instant::now();
        black_box(Policy::new(bundle(&self.rules)?));
        let live_ms = began.elapsed().as_secs_f64() * 1e3;
        let uncached = |threads| {
            let policy = Policy::new(self.bundle.clone());
            clock(&self.asked, 1, threads, limit, |asked| policy.decide(&asked.request, ()).is_ok())
        };
        let cached = |threads| {
            clock(known_requests, 200, threads, limit, |asked| known.decide(&asked.request, ()).is_ok())
        };
        let plain = |threads| clock(known_requests, 1, threads, limit, |asked| self.plain.allows(asked));
        #[cfg(feature = "cedar")]
        let cedar =
            |threads| Some(clock(&self.cedar.1, 1, threads, limit, |asked| self.cedar.0.allows(asked)));
        #[cfg(not(feature = "cedar"))]
        let cedar = |_| None;
        let cells = |threads| {
            if odd {
                let (cedar, plain, cached) = (cedar(threads), plain(threads), cached(threads));
                [Some(uncached(threads)), Some(cached), Some(plain), cedar]
            } else {
                let (uncached, cached) = (uncached(threads), cached(threads));
                [Some(uncached), Some(cached), Some(plain(threads)), cedar(threads)]
            }
        };
        Ok(Size { rules: self.rules.rows.len(), live_ms, one: cells(1), two: cells(2) })
    }
}

/// Asks every one of some things, so many times over, on so many threads, until the time is up.
fn clock<T: Sync>(
    things: &[T],
    times: usize,
    threads: usize,
    limit: Duration,
    ask: impl Fn(&T) -> bool + Sync,
) -> Cell {
    let began = Instant::now();
    let mut nanos: Vec<u32> = std::thread::scope(|scope| {
        let all: Vec<_> = things
            .chunks(things.len().div_ceil(threads))
            .map(|own| {
                let ask = &ask;
                scope.spawn(move || {
                    let mut nanos = Vec::with_capacity(own.len() * times);
                    let mut last = Instant::now();
                    for thing in std::iter::repeat_n(own, times).flatten() {
                        black_box(ask(thing));
                        let now = Instant::now();
                        nanos.push(u32::try_from((now - last).as_nanos()).unwrap_or(u32::MAX));
                        last = now;
                        if now - began > limit {
                            break;
                        }
                    }
                    nanos
                })
            })
            .collect();
        all.into_iter().filter_map(|own| own.join().ok()).flatten().collect()
    });
    let seconds = began.elapsed().as_secs_f64();
    nanos.sort_unstable();
    let us = |share| f64::from(percentile(&nanos, share)) / 1e3;
    Cell { count: nanos.len(), rate: nanos.len() as f64 / seconds, p50_us: us(0.5), p99_us: us(0.99) }
}

fn resident_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) / 256.0
}

fn weigh(what: &[String]) -> Outcome<()> {
    let [name, size] = what else { return Err("a name and a number".into()) };
    let rules = Rules::new(size.parse()?)?;
    let before = resident_mib();
    match name.as_str() {
        "policy" => {
            let policy = Policy::new(bundle(&rules)?);
            give(&format!("{:.1}", resident_mib() - before));
            black_box(policy);
        }
        "plain" => {
            let plain = Plain::new(&rules.rows)?;
            give(&format!("{:.1}", resident_mib() - before));
            black_box(plain);
        }
        #[cfg(feature = "cedar")]
        "cedar" => {
            let cedar = cedar::Cedar::new(&cedar::Cedar::text(&rules.rows)?)?;
            give(&format!("{:.1}", resident_mib() - before));
            black_box(cedar);
        }
        _ => give("0"),
    }
    Ok(())
}

fn weight_of(name: &str, rules: usize) -> Outcome<f64> {
    let output =
        Command::new(std::env::current_exe()?).args(["--weigh", name, &rules.to_string()]).output()?;
    if !output.status.success() {
        return Err(format!("the process of its own ended with {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn run(args: &Args) -> Outcome<()> {
    let rounds = args.rounds.unwrap_or(if args.quick { 2 } else { 5 });
    let seconds = args.seconds.unwrap_or(if args.quick { 0.2 } else { 1.0 });
    let mut worlds = Vec::new();
    for rules in &args.rules {
        say(&format!("making a partnership of {rules} rules, and setting all answers against each other"));
        worlds.push(World::new(*rules, if args.quick { 4_000 } else { 40_000 })?);
    }
    let mut measured = Measured { schema: "concordat.bench.policy/1", ..Measured::default() };
    for world in &worlds {
        let candidates = || world.asked.iter().map(|asked| asked.candidates);
        measured.candidates.push((candidates().min().unwrap_or(0), candidates().max().unwrap_or(0)));
        let size = world.rules.rows.len();
        measured.mib.push(["policy", "plain", "cedar"].map(|name| weight_of(name, size).unwrap_or(f64::NAN)));
    }
    for round in 0..rounds {
        say(&format!("round {}", round + 1));
        let sizes = worlds.iter().map(|world| world.round(seconds, round % 2 == 1));
        measured.rounds.push(sizes.collect::<Outcome<_>>()?);
    }
    give(&measured.text());
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_vec_pretty(&measured)?)?;
    }
    Ok(())
}
