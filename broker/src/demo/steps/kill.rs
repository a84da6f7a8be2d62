//! Step 8: SIGKILL in the middle of a burst. What was acknowledged is proven; the rest, sent again, counts once.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::demo::claim::{Broken, Held, holds, same, there};
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

/// What its sender knows of a submission.
#[derive(Debug, Clone, Default)]
enum Known {
    /// It was not sent: the broker was gone.
    #[default]
    Unsent,
    /// It was sent, and nothing came back.
    Unknown,
    /// It was acknowledged, with this receipt.
    Acknowledged(Receipt),
}

/// Runs the step.
///
/// # Errors
/// The claim that does not hold.
pub fn run(stage: &mut Stage, telling: &mut Telling) -> Held<()> {
    let jobs = jobs(stage)?;
    telling.say(&format!(
        "{} agencies at once send {} returns for earlier years. When a quarter of them are acknowledged, the broker is killed with SIGKILL.",
        jobs.len(),
        jobs.len() * YEARS.len()
    ));
    let known = burst(stage, &jobs)?;
    let mut acknowledged = Vec::new();
    let (mut unknown, mut unsent) = (Vec::new(), Vec::new());
    for (job, known) in jobs.iter().flatten().zip(known) {
        match known {
            Known::Acknowledged(receipt) => acknowledged.push(receipt),
            Known::Unknown => unknown.push(job),
            Known::Unsent => unsent.push(job),
        }
    }
    let told = format!(
        "{} were acknowledged; {} were on their way, and their senders know nothing; {} had not been sent",
        acknowledged.len(),
        unknown.len(),
        unsent.len()
    );
    holds("the kill came in the middle", !acknowledged.is_empty() && !unknown.is_empty(), &told)?;
    let addresses = stage.start("restart_after_kill")?;
    telling.say(&format!("{told}. The broker starts again (process {}).", addresses.process));
    let before = stage.verified;
    for receipt in &acknowledged {
        stage.verify(receipt)?;
    }
    let words = format!("{} of {} acknowledged receipts verify", stage.verified - before, acknowledged.len());
    telling.found("acknowledged", &words, acknowledged.len());
    let recorded = resend(stage, &unknown)?;
    let words = format!(
        "{} sent again under their keys: {recorded} had been recorded and gave the original receipt, {} are recorded now",
        unknown.len(),
        unknown.len() - recorded
    );
    telling.found("unacknowledged", &words, unknown.len());
    telling.fact("recorded_but_not_acknowledged", recorded);
    let already = resend(stage, &unsent)?;
    same("returns that were recorded without having been sent", 0, already)?;
    telling.fact("unsent", unsent.len());
    once(stage, telling, &jobs, &acknowledged)?;
    stage.receipts.extend(acknowledged);
    Ok(())
}

/// What each agency sends, one after the other.
fn jobs(stage: &Stage) -> Held<Vec<Vec<Job>>> {
    let folder = stage.folder("files")?;
    let mut jobs = Vec::new();
    for (agency, share) in &stage.shares {
        let file = folder.join(format!("{agency}-small.csv"));
        share.first(ROWS).write(&file)?;
        let desk = stage.returns_desk(agency)?;
        let job = |period: &'static str| -> Held<Job> {
            let sending = Sending::of(&file, ANNUAL).period(period).key(fresh_key()?);
            Ok(Job { desk: desk.clone(), sending, file: file.clone(), period })
        };
        jobs.push(YEARS.into_iter().map(job).collect::<Held<_>>()?);
    }
    Ok(jobs)
}

/// Sends everything, each agency its own, and kills the broker when a quarter is acknowledged. Gives what is
/// known of each job, in order.
fn burst(stage: &Stage, jobs: &[Vec<Job>]) -> Held<Vec<Known>> {
    let acknowledged = AtomicUsize::new(0);
    let killed = AtomicBool::new(false);
    let enough = jobs.len() * YEARS.len() / 4;
    std::thread::scope(|scope| {
        let (acknowledged, killed) = (&acknowledged, &killed);
        let agencies: Vec<_> =
            jobs.iter().map(|jobs| scope.spawn(move || send_all(jobs, acknowledged, killed))).collect();
        let begun = Instant::now();
        while acknowledged.load(Ordering::SeqCst) < enough && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_micros(200));
        }
        let kill = stage.process.kill();
        killed.store(true, Ordering::SeqCst);
        kill?;
        let mut known = Vec::new();
        for agency in agencies {
            let sent = agency
                .join()
                .map_err(|_| Broken::failed("sending a burst", "a client ended unexpectedly"))?;
            known.extend(sent?);
        }
        Ok(known)
    })
}

/// One agency's returns, one after the other, until the broker is gone.
fn send_all(jobs: &[Job], acknowledged: &AtomicUsize, killed: &AtomicBool) -> Held<Vec<Known>> {
    let mut known = Vec::new();
    for job in jobs {
        let one = if killed.load(Ordering::SeqCst) { Known::Unsent } else { attempt(job)? };
        acknowledged.fetch_add(usize::from(matches!(one, Known::Acknowledged(_))), Ordering::SeqCst);
        known.push(one);
    }
    Ok(known)
}

/// One client's command: a receipt, or an outcome that is unknown. Any other end breaks the story.
fn attempt(job: &Job) -> Held<Known> {
    let mut words: Vec<&str> = job.sending.words().iter().map(String::as_str).collect();
    words.extend(["-o", "json"]);
    let said = job.desk.runs(&words)?;
    match said.code {
        0 => Ok(Known::Acknowledged(Receipt::of(&job.desk, &said.data()?, Some(&job.file)))),
        _ => said.ended(7).map(|_| Known::Unknown),
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

/// In the log each return was accepted exactly once, and each acknowledged one at the index of its receipt.
fn once(stage: &Stage, telling: &mut Telling, jobs: &[Vec<Job>], acknowledged: &[Receipt]) -> Held<()> {
    let (_, accepted) = stage.entries(&["--class", "accepted"])?;
    let jobs: Vec<&Job> = jobs.iter().flatten().collect();
    for job in &jobs {
        let agency = job.desk.id.split('/').next().unwrap_or_default();
        let of = |entry: &&Value| {
            text(entry, "agency") == agency
                && text(entry, "return_type") == ANNUAL
                && text(entry, "period") == job.period
        };
        let entries = accepted.iter().filter(of).count();
        same(&format!("entries that accept {} of {agency}", job.period), 1, entries)?;
    }
    for receipt in acknowledged {
        let entry = accepted.iter().find(|entry| text(entry, "submission") == receipt.submission);
        let entry = there("the entry of an acknowledged return", entry)?;
        same("the index of an acknowledged return", receipt.index, number(entry, "index"))?;
    }
    let words = format!(
        "the log holds each of the {} returns exactly once, the acknowledged ones where their receipts say",
        jobs.len()
    );
    telling.found("accepted_once", &words, jobs.len());
    Ok(())
}
