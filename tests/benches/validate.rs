//! The bench of a check: `cargo bench -p concordat-tests --bench validate -- --help` says how to run it.
//!
//! Large returns about children, checked by all their rules, against the same bytes read by the `csv` or the
//! `quick-xml` crate alone: cells in turn in every round, ratios within a round. The peak of memory is that of
//! a process of its own, files included. It fails when a return is not read whole, never for being slow.
#![allow(clippy::indexing_slicing, reason = "a bench may stop at the first surprise")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::Parser;
use concordat_catalogue::bulk::{self, File};
use concordat_catalogue::{Catalogue, Context};
use concordat_tests::bench::process::peak_mib;
use concordat_tests::bench::stats::Spread;
use concordat_tests::bench::{Outcome, ended, extracts, give, say};

/// Measures the check of large returns against bare reading.
#[derive(Debug, Parser)]
struct Args {
    /// How often every cell is measured [default: 7, quick: 3].
    #[arg(long)]
    rounds: Option<usize>,
    /// A short run over smaller returns, to see that the bench works.
    #[arg(long)]
    quick: bool,
    /// Write everything that was measured into a file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Check what lies in this folder as this type and period, once, and tell the peak of memory.
    #[arg(long, hide = true, num_args = 3)]
    peak: Option<Vec<String>>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match &args.peak {
        Some(cell) => peak(cell),
        None if args.bench => run(&args),
        None => {
            say("this is a bench: run it with `cargo bench -p concordat-tests --bench validate`");
            Ok(())
        }
    };
    ended(outcome)
}

/// A return to be checked.
struct Cell {
    name: String,
    rtype: &'static str,
    period: &'static str,
    folder: PathBuf,
}

/// What was measured of one.
#[derive(serde::Serialize)]
struct Measured {
    cell: String,
    mib: f64,
    rows: usize,
    /// Rows checked in a second.
    rows_per_second: Spread,
    /// Rows that the bare reader read in a second.
    bare_rows_per_second: Spread,
    /// The first over the second, within a round.
    ratio: Spread,
    peak_mib: f64,
    errors: u32,
}

fn files(folder: &Path) -> Outcome<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "csv" || ending == "xml") {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            files.push((name.ok_or("a file without a name")?, std::fs::read(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

fn borrowed(files: &[(String, Vec<u8>)]) -> Vec<File<'_>> {
    files.iter().map(|(name, bytes)| File { name, bytes }).collect()
}

fn examine(rtype: &str, period: &str, files: &[File<'_>]) -> Outcome<bulk::Examined> {
    let period: concordat_core::period::Period = period.parse()?;
    let of = Catalogue::built_in().in_force(&rtype.parse()?, period.last_day()).ok_or("no such type")?;
    Ok(bulk::examine(&of, files, period, &offline()?))
}

fn offline() -> Outcome<Context<'static>> {
    let now = "2024-04-20T09:00:00Z".parse()?;
    Ok(Context { now, previous: None, offline: true, calendar: None, sender: None })
}

fn peak(cell: &[String]) -> Outcome<()> {
    let [folder, rtype, period] = cell else { return Err("a folder, a type and a period".into()) };
    let files = files(Path::new(folder))?;
    let examined = examine(rtype, period, &borrowed(&files))?;
    black_box(&examined);
    give(&format!("{:.1}", peak_mib(std::process::id())));
    Ok(())
}

// the same bytes, read and let go
fn bare(files: &[File<'_>]) -> Outcome<usize> {
    let mut seen = 0;
    for file in files {
        if file.name.ends_with(".xml") {
            let mut reader = quick_xml::Reader::from_str(std::str::from_utf8(file.bytes)?);
            loop {
                match reader.read_event()? {
                    quick_xml::events::Event::Eof => break,
                    event => seen += black_box(&event).len(),
                }
            }
        } else {
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file.bytes);
            let mut record = csv::ByteRecord::new();
            while reader.read_byte_record(&mut record)? {
                seen += black_box(&record).len();
            }
        }
    }
    Ok(seen)
}

fn measure(cell: &Cell, rounds: usize) -> Outcome<Measured> {
    let files = files(&cell.folder)?;
    let files = borrowed(&files);
    let of = {
        let period: concordat_core::period::Period = cell.period.parse()?;
        Catalogue::built_in().in_force(&cell.rtype.parse()?, period.last_day()).ok_or("no such type")?
    };
    let (period, context) = (cell.period.parse()?, offline()?);
    let check = || bulk::examine(&of, &files, period, &context);
    let first = check();
    let rows: usize = first.rows.iter().filter_map(|(_, rows)| *rows).sum();
    let needed = ["header", "episodes", "children", "cin_details"];
    let whole = first
        .rows
        .iter()
        .filter(|(name, _)| needed.contains(&name.as_str()))
        .all(|(_, rows)| *rows > Some(0));
    if !whole || first.outcome.per_rule.is_empty() {
        return Err(format!("{}: not read whole: {:?}", cell.name, first.outcome.findings.first()).into());
    }
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    // a short cell is repeated, so that the clock does not matter
    let times = (40_000_000 / bytes.max(1)).clamp(1, 200);
    let clock = |work: &dyn Fn() -> Outcome<()>| -> Outcome<f64> {
        let start = Instant::now();
        for _ in 0..times {
            work()?;
        }
        Ok(start.elapsed().as_secs_f64() / times as f64)
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let own = || {
            black_box(check());
            Ok(())
        };
        let other = || {
            black_box(bare(&files)?);
            Ok(())
        };
        if round % 2 == 0 {
            ours.push(clock(&own)?);
            theirs.push(clock(&other)?);
        } else {
            theirs.push(clock(&other)?);
            ours.push(clock(&own)?);
        }
    }
    let per_second = |seconds: &[f64]| Spread::of(seconds.iter().map(|seconds| rows as f64 / seconds));
    Ok(Measured {
        cell: cell.name.clone(),
        mib: bytes as f64 / f64::from(1 << 20),
        rows,
        rows_per_second: per_second(&ours),
        bare_rows_per_second: per_second(&theirs),
        ratio: Spread::of(ours.iter().zip(&theirs).map(|(ours, theirs)| theirs / ours)),
        peak_mib: peak_of(cell)?,
        errors: first.outcome.counts.errors,
    })
}

fn peak_of(cell: &Cell) -> Outcome<f64> {
    let folder = cell.folder.to_string_lossy();
    let own = std::env::current_exe()?;
    let output = Command::new(own).args(["--peak", &folder, cell.rtype, cell.period]).output()?;
    if !output.status.success() {
        return Err(format!("the process of its own ended with {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// The sample beside the repository, where it is.
fn sample(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.ancestors().map(|above| above.join("shared/data").join(name)).find(|path| path.exists())
}

fn cells(work: &Path, quick: bool) -> Outcome<Vec<Cell>> {
    let folder = |name: &str| -> Outcome<PathBuf> {
        let folder = work.join(name);
        std::fs::create_dir(&folder)?;
        Ok(folder)
    };
    let fill = |folder: &Path, files: Vec<(String, String)>| -> Outcome<()> {
        files
            .into_iter()
            .try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
            .map_err(Into::into)
    };
    let (rtype, period) = ("ssda903-extract", "2018-19");
    let mut cells = Vec::new();
    let small = folder("sample-903")?;
    let name = match sample("csc-903/episodes.csv").and_then(|path| path.parent().map(Path::to_owned)) {
        Some(there) => {
            for (name, bytes) in files(&there)? {
                std::fs::write(small.join(name), bytes)?;
            }
            "903 folder, the sample".to_owned()
        }
        None => {
            fill(&small, extracts::looked_after(5_050))?;
            "903 folder, MADE UP at the sample's size: ../shared/data is not there".to_owned()
        }
    };
    cells.push(Cell { name, rtype, period, folder: small });
    let episodes = if quick { 20_000 } else { 1_000_000 };
    let large = folder("large-903")?;
    fill(&large, extracts::looked_after(episodes))?;
    cells.push(Cell {
        name: format!("903, {episodes} episodes and all they bring"),
        rtype,
        period,
        folder: large,
    });
    let (rtype, period) = ("cin-census", "2021-22");
    let small = folder("sample-cin")?;
    let name = match sample("csc-cin/fake_CIN_data.xml") {
        Some(there) => {
            std::fs::copy(there, small.join("cin.xml"))?;
            "CIN file, the sample's 7,223 lines".to_owned()
        }
        None => {
            std::fs::write(small.join("cin.xml"), extracts::in_need(250))?;
            "CIN file, MADE UP at the sample's size: ../shared/data is not there".to_owned()
        }
    };
    cells.push(Cell { name, rtype, period, folder: small });
    let children = if quick { 4_000 } else { 200_000 };
    let large = folder("large-cin")?;
    std::fs::write(large.join("cin.xml"), extracts::in_need(children))?;
    cells.push(Cell { name: format!("CIN file, {children} children"), rtype, period, folder: large });
    Ok(cells)
}

fn run(args: &Args) -> Outcome<()> {
    let rounds = args.rounds.unwrap_or(if args.quick { 3 } else { 7 });
    let work = tempfile::tempdir()?;
    let mut measured = Vec::new();
    for cell in cells(work.path(), args.quick)? {
        say(&format!("measuring: {}", cell.name));
        measured.push(measure(&cell, rounds)?);
    }
    for of in &measured {
        give(&format!(
            "{}\n  {:.1} MiB, {} rows, {} errors found\n  checked       {} thousand rows/s\n  bare reading  {} thousand rows/s\n  \
             ratio         {}\n  peak memory   {:.0} MiB, in a process of its own, the files included\n",
            of.cell,
            of.mib,
            of.rows,
            of.errors,
            thousand(&of.rows_per_second),
            thousand(&of.bare_rows_per_second),
            of.ratio.text(3),
            of.peak_mib,
        ));
    }
    give(&format!("median of {rounds} rounds (least-greatest); ratios are taken within a round"));
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_vec_pretty(&measured)?)?;
    }
    Ok(())
}

fn thousand(spread: &Spread) -> String {
    Spread { median: spread.median / 1e3, min: spread.min / 1e3, max: spread.max / 1e3 }.text(0)
}
