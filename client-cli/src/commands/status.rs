//! `concordat status`: what became of a submission, or of those whose receipts are not held yet.

use concordat_proto::v1;
use serde_json::Value;

use crate::answer::{Answer, Sheet, number, text, texts};
use crate::connect;
use crate::context::Context;
use crate::convert::{covers_text, entry_text, typed_id, typed_key};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::pending::{Pending, Record};
use crate::session::{Session, failed};
use crate::submitter;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The submission's id
    #[arg(required_unless_present = "pending", conflicts_with = "pending")]
    submission: Option<String>,
    /// Those sent from here whose receipts are not held yet
    #[arg(long)]
    pending: bool,
}

/// Asks the broker and shows its answer.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    match &args.submission {
        Some(id) => one(id, session).await,
        None => pending(session).await,
    }
}

async fn one(id: &str, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let id = typed_id(id)?;
    let context = session.context()?;
    let reply = ask(&context, v1::status_request::Which::Submission(id.0.to_vec())).await?;
    let identity = reply.identity.clone().unwrap_or_default();
    let mut sheet = Sheet::new(&["recipient", "state", "overdue", "collected_versions"]);
    for delivery in &reply.deliveries {
        sheet.row([
            Value::from(delivery.recipient.as_str()),
            Value::from(delivery.state.as_str()),
            Value::from(delivery.overdue),
            Value::from(delivery.collected_versions.as_slice()),
        ]);
    }
    let explanations: Vec<String> = reply
        .explanations
        .iter()
        .map(|given| format!("{}={}:{}", given.rule, given.code, given.text))
        .collect();
    let across: Vec<String> = reply.across.iter().map(beside).collect();
    let answer = Answer::new("status")
        .fact("submission", entry_text(&reply.submission))
        .fact("index", reply.index)
        .fact("version", reply.version)
        .fact("return_type", identity.return_type.as_str())
        .fact("covers", covers_text(&identity))
        .fact("agency", identity.agency.as_str())
        .fact("areas", texts(&identity.areas))
        .fact("part", text(&identity.part))
        .fact("recorded_at", reply.recorded_at.as_str())
        .fact("nil", reply.nil)
        .fact("queries", reply.queries)
        .fact("records_accepted", number(reply.records_accepted))
        .fact("records_refused", number(reply.records_refused))
        .fact("explanations", texts(&explanations))
        .fact("unexplained", texts(&reply.unexplained))
        .fact("across", texts(&across))
        .fact("replaces", text(&entry_text(&reply.replaces)))
        .fact("replace_reason", text(&reply.replace_reason))
        .fact("superseded_by", text(&entry_text(&reply.superseded_by)))
        .fact("superseded_by_version", number(reply.superseded_by_version))
        .fact("superseded_reason", text(&reply.superseded_reason))
        .fact("withdrawn_at", text(&reply.withdrawn_at))
        .fact("withdrawn_reason", text(&reply.withdrawn_reason))
        .fact("demo_clock", reply.demo_clock)
        .list("deliveries", sheet);
    if reply.records_refused > 0 {
        let all = reply.records_accepted.saturating_add(reply.records_refused);
        let what = format!("{} of {all} records were refused and are no part of it", reply.records_refused);
        session.printer.say(&format!("accepted in part: {what}; send the whole return again, put right"));
    }
    tell_who_is_behind(&reply, session);
    session.printer.answer(&answer)?;
    session.tell_demo_clock(reply.demo_clock);
    Ok(Exit::Ok)
}

/// Who has an older version in its hands and not the newest that is known here.
fn tell_who_is_behind(reply: &v1::StatusReply, session: &mut Session<'_>) {
    let newest = reply.version.max(reply.superseded_by_version);
    let behind = reply.deliveries.iter().filter(|delivery| {
        !delivery.collected_versions.is_empty() && !delivery.collected_versions.contains(&newest)
    });
    let behind: Vec<&str> = behind.map(|delivery| delivery.recipient.as_str()).collect();
    if !reply.withdrawn_at.is_empty() {
        session.printer.say("withdrawn: nobody can fetch it any more");
    } else if !behind.is_empty() {
        let behind = behind.join(", ");
        session.printer.say(&format!("collected an older version, and not yet version {newest}: {behind}"));
    }
}

/// How a return stands beside those of other agencies by one rule, in words.
fn beside(across: &v1::Across) -> String {
    let (outcome, others) = (across.outcome.replace('_', " "), across.with.join(" and "));
    let what = match (across.overdue, across.suppressed) {
        (true, _) => "overdue is",
        (false, true) => "the published figure is suppressed, compared with",
        (false, false) => "compared with",
    };
    format!("{} {outcome} for {}: {what} {others}", across.rule, across.area)
}

async fn pending(session: &mut Session<'_>) -> Result<Exit, Failure> {
    let context = session.context()?;
    let mut sheet = Sheet::new(&["key", "return_type", "covers", "since", "outcome", "submission"]);
    let mut demo_clock = false;
    for record in Pending::of(&context)?.records()? {
        let (outcome, submission) = match outcome(&context, &record).await {
            Ok(reply) => {
                demo_clock |= reply.demo_clock;
                ("recorded", entry_text(&reply.submission))
            }
            Err(failure) if failure.is("not_there") => ("not recorded", String::new()),
            Err(failure) => {
                session.printer.warn(&failure.what);
                ("unknown", String::new())
            }
        };
        sheet.row([
            Value::from(record.key),
            Value::from(record.return_type),
            Value::from(record.covers),
            Value::from(record.since),
            Value::from(outcome),
            text(&submission),
        ]);
    }
    if !sheet.rows().is_empty() {
        session.printer.say("submit the same file again to finish: the key on record is used");
    }
    session.printer.answer(&Answer::new("pending").fact("demo_clock", demo_clock).list("pending", sheet))?;
    session.tell_demo_clock(demo_clock);
    Ok(Exit::Ok)
}

/// What became of what was sent under a pending key.
pub(crate) async fn outcome(context: &Context, record: &Record) -> Result<v1::StatusReply, Failure> {
    let key = typed_key(&record.key)?;
    ask(context, v1::status_request::Which::Key(key.0.to_vec())).await
}

async fn ask(context: &Context, which: v1::status_request::Which) -> Result<v1::StatusReply, Failure> {
    let mut client = submitter::client(connect::channel(context).await?);
    let reply = client.status(v1::StatusRequest { which: Some(which) }).await.map_err(failed(context))?;
    Ok(reply.into_inner())
}
