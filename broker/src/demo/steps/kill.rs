//! Step 7: SIGKILL in the middle of a burst. What was acknowledged is proven; the rest, sent again, counts once.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use concordat_core::ids::SendKey;
use serde_json::Value;

use crate::demo::claim::{Broken, Held, holds, same};
use crate::demo::json::{number, text, yes};
use crate::demo::person::Person;
use crate::demo::sending::{Sending, fresh_key};
use crate::demo::stage::{ANNUAL, Receipt, Stage};
use crate::demo::telling::Telling;

/// Earlier years, which nobody owes: their returns are not mixed with the story's.
const YEARS: [&str; 3] = ["2019-20", "2020-21", "2021-22"];
/// How many rows each of them has.
const ROWS: usize = 6;
const PATIENCE: Duration = Duration::from_secs(20);

/// One submission of the burst.
#[derive(Debug, Clone)]
struct Job {
    desk: Person,
    sending: Sending,
    file: PathBuf,
    period: &'static str,
}

/// What its sender knows: an acknowledgement with its receipt, or nothing.
type Known = Option<Receipt>;

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    let jobs = jobs(stage)?;
    telling.say(&format!("{} returns for earlier years are sent at once, each by its own client; when a quarter of them are acknowledged, the broker is killed with SIGKILL.", jobs.len()));
    let known = burst(stage, &jobs)?;
    let acknowledged: Vec<Receipt> = known.iter().flatten().cloned().collect();
    let unknown: Vec<&Job> = jobs.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(job, _)| job).collect();
    holds("the kill came in the middle", !acknowledged.is_empty() && !unknown.is_empty(), format!("{} acknowledged, {} not", acknowledged.len(), unknown.len()))?;
    let addresses = stage.start("restart_after_kill")?;
    telling.say(&format!("{} were acknowledged, {} were not: their senders know nothing. The broker starts again (process {}).", acknowledged.len(), unknown.len(), addresses.process));
    for receipt in &acknowledged {
        stage.verify(receipt)?;
    }
    let words = format!("{} of {} acknowledged receipts verify", acknowledged.len(), acknowledged.len());
    telling.found("acknowledged", &words, acknowledged.len());
    let recorded = resend(stage, &unknown)?;
    let words = format!(
        "{} sent again under their keys: {recorded} had been recorded and gave the original receipt, {} are recorded now",
        unknown.len(),
        unknown.len() - recorded
    );
    telling.found("unacknowledged", &words, unknown.len());
    telling.fact("recorded_but_not_acknowledged", recorded);
    stage.receipts.extend(acknowledged);
    once(stage, telling, &jobs)
}

fn jobs(stage: &Stage) -> Held<Vec<Job>> {
    let folder = stage.folder("files")?;
    let mut jobs = Vec::new();
    for (agency, share) in &stage.shares {
        let file = folder.join(format!("{agency}-small.csv"));
        share.first(ROWS).write(&file)?;
        for period in YEARS {
            let key: SendKey = fresh_key()?;
            let sending = Sending::of(ANNUAL).period(period).areas(&stage.areas(agency)).file(&file).key(key);
            jobs.push(Job { desk: stage.returns_desk(agency)?, sending, file: file.clone(), period });
        }
    }
    Ok(jobs)
}

/// Sends everything at once and kills the broker when a quarter is acknowledged.
fn burst(stage: &Stage, jobs: &[Job]) -> Held<Vec<Known>> {
    let acknowledged = AtomicUsize::new(0);
    let known: Mutex<Vec<Known>> = Mutex::new(vec![None; jobs.len()]);
    let wrong: Mutex<Option<Broken>> = Mutex::new(None);
    let ended = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (at, job) in jobs.iter().enumerate() {
            let (acknowledged, known, wrong, ended) = (&acknowledged, &known, &wrong, &ended);
            scope.spawn(move || {
                match attempt(job) {
                    Ok(receipt) => {
                        acknowledged.fetch_add(usize::from(receipt.is_some()), Ordering::SeqCst);
                        if let Some(slot) = known.lock().unwrap_or_else(PoisonError::into_inner).get_mut(at) {
                            *slot = receipt;
                        }
                    }
                    Err(broken) => *wrong.lock().unwrap_or_else(PoisonError::into_inner) = Some(broken),
                }
                ended.fetch_add(1, Ordering::SeqCst);
            });
        }
        let begun = Instant::now();
        let enough = jobs.len() / 4;
        while acknowledged.load(Ordering::SeqCst) < enough
            && ended.load(Ordering::SeqCst) < jobs.len()
            && begun.elapsed() < PATIENCE
        {
            std::thread::sleep(Duration::from_micros(200));
        }
        stage.process.kill()
    })?;
    match wrong.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(broken) => Err(broken),
        None => Ok(known.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

/// One client's command: a receipt, or an outcome that is unknown. Any other end breaks the story.
fn attempt(job: &Job) -> Held<Known> {
    let mut words = vec!["-o", "json"];
    words.extend(job.sending.words().iter().map(String::as_str));
    let said = job.desk.runs(&words)?;
    match said.code {
        0 => Ok(Some(Receipt::of(&job.desk, &said.data()?, Some(&job.file)))),
        _ => said.ended(7).map(|_| None),
    }
}

/// Sends the unacknowledged again under their keys; gives how many had been recorded.
fn resend(stage: &mut Stage, unknown: &[&Job]) -> Held<usize> {
    let mut recorded = 0;
    for job in unknown {
        let (_, reply) = job.desk.asks(job.sending.words(), 0)?;
        recorded += usize::from(yes(&reply, "already"));
        let receipt = Receipt::of(&job.desk, &reply, Some(&job.file));
        stage.verify(&receipt)?;
        stage.receipts.push(receipt);
    }
    Ok(recorded)
}

/// In the log each of them was accepted exactly once.
fn once(stage: &Stage, telling: &mut Telling, jobs: &[Job]) -> Held<()> {
    let (_, accepted) = stage.entries(&["--class", "accepted"])?;
    for job in jobs {
        let agency = job.desk.id.split('/').next().unwrap_or_default();
        let of = |entry: &&Value| {
            text(entry, "agency") == agency && text(entry, "return_type") == ANNUAL && text(entry, "period") == job.period
        };
        same(&format!("entries that accept {} of {agency}", job.period), 1, accepted.iter().filter(of).count())?;
    }
    let last = accepted.iter().map(|entry| number(entry, "index")).max().unwrap_or_default();
    let words = format!("the log holds each of the {} returns exactly once (the last at index {last})", jobs.len());
    telling.found("accepted_once", &words, jobs.len());
    Ok(())
}
