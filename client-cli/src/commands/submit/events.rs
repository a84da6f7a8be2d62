//! Several events in one file: each is sent by itself, under its own key, and told by its own id.

use std::sync::Arc;

use concordat_catalogue::{ReturnType, content, explain};
use concordat_core::explanation::Explanation;
use concordat_core::finding::{Counts, Finding};
use concordat_core::ids::RuleId;
use concordat_proto::v1;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Args, Input, Ready, Seen, attempt_with, copy, decided_by_the_log, show, unsent};
use crate::answer::{Answer, Sheet, texts};
use crate::commands::validate::{heading, tell_reading};
use crate::context::Context;
use crate::convert;
use crate::definitions::{self, InUse};
use crate::events::{self, Event, Events};
use crate::exit::Exit;
use crate::explain::Answers;
use crate::failure::Failure;
use crate::file::{self, Owner, Reading};
use crate::pending::Pending;
use crate::printer::render;
use crate::receipts::{self, Expected};
use crate::report::{self, Found, RowOne};
use crate::session::Session;

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Recorded now.
    Recorded,
    /// Recorded before, with the same content.
    Already,
    /// Refused, by the checks here or by the broker.
    Refused,
    /// Sent, and no answer came.
    Unknown,
    /// Not sent, because something stopped the run before.
    NotSent,
}

impl Outcome {
    const ALL: [Outcome; 5] =
        [Outcome::Recorded, Outcome::Already, Outcome::Refused, Outcome::Unknown, Outcome::NotSent];

    const fn as_str(self) -> &'static str {
        match self {
            Outcome::Recorded => "recorded",
            Outcome::Already => "already",
            Outcome::Refused => "refused",
            Outcome::Unknown => "unknown",
            Outcome::NotSent => "not_sent",
        }
    }
}

/// What is told of one event.
struct Told {
    event: String,
    outcome: Outcome,
    submission: Option<String>,
    version: Option<u32>,
    index: Option<u64>,
    receipt: Option<String>,
    /// The rules that refused it.
    rules: Vec<RuleId>,
    /// The broker's reason, where no rule is one.
    reason: Option<String>,
}

impl Told {
    fn of(event: &Event, outcome: Outcome) -> Self {
        Self {
            event: event.record.as_str().to_owned(),
            outcome,
            submission: None,
            version: None,
            index: None,
            receipt: None,
            rules: Vec::new(),
            reason: None,
        }
    }
}

/// A file of several events, and the answers that go with it.
pub(super) struct Batch<'b> {
    pub(super) input: &'b Input,
    pub(super) answers: Answers,
}

/// Where a run stands.
#[derive(Default)]
struct Run {
    told: Vec<Told>,
    found: Vec<Finding>,
    /// What stopped it.
    stopped: Option<Failure>,
}

impl Run {
    fn knows(&self, event: &Event) -> bool {
        self.told.iter().any(|told| told.event == event.record.as_str())
    }
}

/// Whether a file holds several events.
pub(super) fn are_several(
    input: &Input,
    args: &Args,
    owner: &Owner,
    in_use: &InUse,
    of: &ReturnType,
) -> Result<bool, Failure> {
    let reading = file::read(input.files(), &args.subject, of, owner, &in_use.catalogue)?;
    Ok(matches!(reading, Reading::Draft { draft, .. } if events::are_several(of, &draft)))
}

/// Checks every event and sends those without errors, one after another.
///
/// # Errors
/// A [`Failure`] as for one return; what became of each event is shown before.
pub(super) async fn run(
    args: &Args,
    context: &Context,
    batch: &Batch<'_>,
    owner: &Owner,
    in_use: InUse,
    session: &mut Session<'_>,
) -> Result<Exit, Failure> {
    if args.key.is_some() || args.replaces.is_some() {
        return Err(Failure::usage(
            "--key and --replaces are about one return, and this file holds several events",
        )
        .hint("put that event into a file of its own"));
    }
    let (of, all, about) = prepare(args, batch, owner, &in_use, session)?;
    let row_one = about.found.row_one;
    let mut run = Run { found: about.found.findings, ..Run::default() };
    session.printer.say(&format!("sending {} events, one after another", all.len()));
    if send_all(args, context, &batch.answers, (&of, &all), &mut run, session.now()).await? {
        session.printer.say("the return type has changed: fetching it, checking again, sending the rest");
        // what was recorded so far is told, whatever comes of the rest
        if let Err(failure) = send_rest(args, context, batch, owner, &mut run, session).await {
            run.stopped.get_or_insert(failure);
        }
        for event in &all {
            if !run.knows(event) {
                run.told.push(Told::of(event, Outcome::NotSent));
            }
        }
    }
    tell(args, (batch, &of), row_one, run, session)
}

/// Sends what is not told of yet, by the return type as it is now.
async fn send_rest(
    args: &Args,
    context: &Context,
    batch: &Batch<'_>,
    owner: &Owner,
    run: &mut Run,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let in_use = definitions::fetch(context).await?;
    let (of, mut all, _) = prepare(args, batch, owner, &in_use, session)?;
    all.retain(|event| !run.knows(event));
    if send_all(args, context, &batch.answers, (&of, &all), run, session.now()).await? {
        return Err(Failure::new(Exit::Queued, "the return type has changed again"));
    }
    Ok(())
}

/// Reads and checks. Where rows have no name nothing is sent.
fn prepare(
    args: &Args,
    batch: &Batch<'_>,
    owner: &Owner,
    in_use: &InUse,
    session: &mut Session<'_>,
) -> Result<(Arc<ReturnType>, Vec<Event>, file::About), Failure> {
    session.printer.say(&format!("checking with {}", in_use.whence));
    let now = session.clock.now();
    let of = file::type_of(&in_use.catalogue, &args.subject, now)?;
    let read = file::read(batch.input.files(), &args.subject, &of, owner, &in_use.catalogue)?;
    let show = |found: &Found, session: &mut Session<'_>| {
        show(args, batch.input, &Seen { of: &of, covers: None, found }, &batch.answers, session)
    };
    let (draft, about) = match read {
        Reading::Unreadable(found) => {
            show(&found, session)?;
            return Err(unsent("the file is not one of this return type"));
        }
        Reading::Draft { draft, about } => (draft, about),
    };
    tell_reading(&about, session);
    let events = events::split(&of, &draft, &in_use.catalogue, now);
    let found = events.found();
    let refused = |why: &str, session: &mut Session<'_>| {
        show(&found.clone().from(about.found.row_one), session)?;
        Err(unsent(why))
    };
    match events {
        Events::Unnamed(_) => {
            refused("a row has no id of its own, so that nothing could be told of it", session)
        }
        Events::Named(all) if args.all_or_nothing && all.iter().any(Event::is_refused) => {
            refused("events of it have errors, and all are to be sent or none", session)
        }
        Events::Named(all) => {
            if !args.no_check {
                let seen = [about.found.findings.as_slice(), &found.findings].concat();
                batch.answers.check(&seen, in_use.catalogue.across_of(&of.id))?;
            }
            Ok((of, all, about))
        }
    }
}

/// Sends every event that may be sent. Whether it ended because the return type has changed.
async fn send_all(
    args: &Args,
    context: &Context,
    given: &Answers,
    (of, all): (&Arc<ReturnType>, &[Event]),
    run: &mut Run,
    now: Timestamp,
) -> Result<bool, Failure> {
    let pending = Pending::of(context)?;
    for event in all {
        if event.is_refused() && !args.no_check {
            run.found.extend(event.findings.iter().cloned());
            run.told.push(Told { rules: event.rules(), ..Told::of(event, Outcome::Refused) });
            continue;
        }
        if run.stopped.is_some() {
            run.told.push(Told::of(event, Outcome::NotSent));
            continue;
        }
        let claim = match pending.claim(&event.content, &event.draft.identity, None, now) {
            Ok(claim) => claim,
            Err(failure) => {
                stop(run, event, Outcome::NotSent, failure);
                continue;
            }
        };
        let content = content::encode(&event.draft.identity, event.draft.nil, &event.draft.tables);
        let ready = Ready::new(Arc::clone(of), &event.draft, content, (Found::default(), Answers::default()));
        let sent = attempt_with(args, answers(given, event), context, &ready, claim.key).await?;
        let in_doubt = claim.resumed || sent.unknown;
        let changed = sent.outcome.as_ref().is_err_and(|failure| failure.is("catalogue_changed"));
        let settled = match &sent.outcome {
            Ok(_) => true,
            Err(failure) => !failure.is_passing() && (!in_doubt || decided_by_the_log(failure)),
        };
        let settled = match sent.outcome {
            _ if changed => settled,
            Ok(reply) => acknowledged(context, run, event, reply),
            Err(failure) => {
                refused(run, event, failure);
                settled
            }
        };
        if settled && let Err(failure) = pending.release(&event.content) {
            run.stopped.get_or_insert(failure);
        }
        if changed {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The answers to queries that fit this event.
fn answers(given: &Answers, event: &Event) -> Vec<Explanation> {
    let fits =
        |given: &&Explanation| explain::check(std::slice::from_ref(*given), &event.findings, &[]).is_ok();
    given.all().iter().filter(fits).cloned().collect()
}

fn stop(run: &mut Run, event: &Event, outcome: Outcome, failure: Failure) {
    run.told.push(Told { reason: failure.code.clone(), ..Told::of(event, outcome) });
    run.stopped = Some(failure);
}

/// Whether the reply proves that the event was recorded.
fn acknowledged(context: &Context, run: &mut Run, event: &Event, reply: v1::SubmitReply) -> bool {
    match proved(context, event, &reply) {
        Ok(told) => {
            let found = convert::findings(reply.findings);
            run.found.extend(events::placed(found, event.row, Some(&event.record)));
            run.told.push(told);
            true
        }
        Err(failure) => {
            stop(run, event, Outcome::Unknown, failure);
            false
        }
    }
}

/// What the broker refuses is about this event; anything else would meet the next one too.
fn refused(run: &mut Run, event: &Event, failure: Failure) {
    match failure.exit {
        Exit::Rejected | Exit::Denied => {
            let findings = events::placed(failure.findings, event.row, Some(&event.record));
            let rules = events::broken(&findings);
            run.found.extend(findings);
            run.told.push(Told { rules, reason: failure.code, ..Told::of(event, Outcome::Refused) });
        }
        Exit::Queued => stop(run, event, Outcome::Unknown, failure),
        _ => stop(run, event, Outcome::NotSent, failure),
    }
}

/// Checks the receipt against what was sent, and keeps it.
fn proved(context: &Context, event: &Event, reply: &v1::SubmitReply) -> Result<Told, Failure> {
    let submission = convert::entry_id(&reply.submission)?;
    let expected = Expected {
        submission,
        index: reply.index,
        version: reply.version,
        anew: (!reply.already).then_some((&context.facts.principal, None)),
        identity: &event.draft.identity,
        content: event.content,
    };
    receipts::verify_for(&reply.receipt, &context.log_key, &expected)?;
    let path = receipts::keep(context, submission, &reply.receipt)?;
    let outcome = if reply.already { Outcome::Already } else { Outcome::Recorded };
    Ok(Told {
        submission: Some(submission.to_string()),
        version: Some(reply.version),
        index: Some(reply.index),
        receipt: Some(path.display().to_string()),
        reason: (!reply.withdrawn_at.is_empty()).then(|| "withdrawn".to_owned()),
        ..Told::of(event, outcome)
    })
}

/// Shows what became of every event, and what the run ends with.
fn tell(
    args: &Args,
    (batch, of): (&Batch<'_>, &ReturnType),
    row_one: Option<RowOne>,
    run: Run,
    session: &mut Session<'_>,
) -> Result<Exit, Failure> {
    let Run { told, found, stopped } = run;
    let counts = Counts::of(&found);
    let found = Found { findings: found, counts, ..Found::default() }.from(row_one);
    let count = |outcome| told.iter().filter(|one| one.outcome == outcome).count();
    let each: Vec<String> = Outcome::ALL
        .into_iter()
        .filter(|outcome| count(*outcome) > 0)
        .map(|outcome| format!("{} {}", count(outcome), outcome.as_str().replace('_', " ")))
        .collect();
    let done = count(Outcome::Recorded) + count(Outcome::Already);
    let sheet = sheet(&told);
    let human = format!(
        "{}\n{}{} events: {}; {}\n",
        render(&sheet, None),
        report::sections(&found),
        told.len(),
        each.join(", "),
        report::tally(counts)
    );
    let mut answer: Answer = heading("submit", &args.subject, None)
        .fact("accepted", done == told.len())
        .fact("events", told.len());
    for (name, outcome) in [
        ("recorded", Outcome::Recorded),
        ("already", Outcome::Already),
        ("refused", Outcome::Refused),
        ("unknown", Outcome::Unknown),
        ("not_sent", Outcome::NotSent),
    ] {
        answer = answer.fact(name, count(outcome));
    }
    let findings: Vec<Value> = found.findings.iter().map(finding).collect();
    let answer = answer.fact("findings", findings).list("results", sheet).human(human);
    session.printer.answer(&batch.answers.tell(answer, &found.findings))?;
    // what was recorded stays so, whatever becomes of the copy
    let seen = Seen { of, covers: None, found: &found };
    if let Err(why) = copy(args, batch.input, &seen, &batch.answers, session) {
        session.printer.warn(&why.what);
    }
    if let Some(failure) = stopped {
        let what = format!(
            "{done} of {} events are recorded, the others are not known to be: {}",
            told.len(),
            failure.what
        );
        let hint =
            "run the same command again: what is recorded is not recorded twice, and keys on record are used";
        return Err(Failure { what, hint: Some(hint.to_owned()), findings: Vec::new(), ..failure });
    }
    let refused = count(Outcome::Refused);
    if refused == 0 {
        return Ok(Exit::Ok);
    }
    session
        .printer
        .warn(&format!("{refused} of {} events were refused; the others are recorded", told.len()));
    session.printer.say(
        "next: put those rows right and send the same file again. An event that was changed after it was recorded is sent \
         in a file of its own, with --replaces",
    );
    Ok(Exit::Rejected)
}

fn sheet(told: &[Told]) -> Sheet {
    let columns = ["event", "outcome", "submission", "version", "rules", "reason"];
    let mut sheet = Sheet::new(&columns).aside(&["index", "receipt"]);
    for one in told {
        sheet.row([
            Value::from(one.event.as_str()),
            Value::from(one.outcome.as_str()),
            json!(one.submission),
            json!(one.version),
            texts(&one.rules),
            json!(one.reason),
            json!(one.index),
            json!(one.receipt),
        ]);
    }
    sheet
}

fn finding(finding: &Finding) -> Value {
    json!({
        "record": finding.record.as_ref().map(|record| record.as_str()),
        "rule": finding.rule.as_str(),
        "severity": finding.severity.as_str(),
        "row": finding.row,
        "column": finding.column,
        "text": finding.text,
    })
}
