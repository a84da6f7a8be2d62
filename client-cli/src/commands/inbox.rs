//! `concordat inbox`: what other agencies sent here.

use std::path::PathBuf;

use concordat_core::ids::PurposeId;
use concordat_proto::v1;
use concordat_proto::v1::fetch_part::Part;
use concordat_proto::v1::inbox_service_client::InboxServiceClient;
use serde_json::Value;
use tonic::Streaming;
use tonic::transport::Channel;

use crate::answer::{Answer, Sheet, number, text, texts};
use crate::connect::{self, MAX_ANSWER};
use crate::context::Context;
use crate::convert::{self, covers_text, entry_text, typed_id};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::projected;
use crate::session::{Session, failed};

/// Arguments of `inbox`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// List what lies there
    List,
    /// Fetch a return; the log says so first
    Fetch(Fetch),
    /// Confirm a delivery
    Ack {
        /// The submission's id
        submission: String,
    },
    /// Refuse a delivery, with a reason that its sender sees
    Reject(Reject),
}

/// Arguments of `inbox fetch`.
#[derive(Debug, clap::Args)]
pub struct Fetch {
    /// The submission's id
    submission: String,
    /// What it will be used for
    #[arg(long)]
    purpose: PurposeId,
    /// Write it to this file, which must not exist yet, instead of the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Arguments of `inbox reject`.
#[derive(Debug, clap::Args)]
pub struct Reject {
    /// The submission's id
    submission: String,
    /// Why: about the file, never about a person; up to 200 characters
    #[arg(long)]
    reason: String,
}

/// Lists, fetches or answers.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses, or the output cannot be written.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    match args {
        Args::List => list(session).await,
        Args::Fetch(args) => fetch(args, session).await,
        Args::Ack { submission } => {
            let (context, mut client, submission) = prepare(submission, session).await?;
            let request = v1::AcknowledgeRequest { submission };
            let reply = client.acknowledge(request).await.map_err(failed(&context))?.into_inner();
            answered(&reply, "acknowledged", session)
        }
        Args::Reject(args) => {
            if args.reason.trim().is_empty() || args.reason.chars().count() > 200 {
                return Err(Failure::usage("--reason must have 1 to 200 characters"));
            }
            let (context, mut client, submission) = prepare(&args.submission, session).await?;
            let request = v1::RejectRequest { submission, reason: args.reason.clone() };
            let reply = client.reject(request).await.map_err(failed(&context))?.into_inner();
            answered(&reply, "rejected", session)
        }
    }
}

async fn connected(session: &mut Session<'_>) -> Result<(Context, InboxServiceClient<Channel>), Failure> {
    let context = session.context()?;
    let channel = connect::channel(&context).await?;
    Ok((context, InboxServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER)))
}

async fn prepare(
    submission: &str,
    session: &mut Session<'_>,
) -> Result<(Context, InboxServiceClient<Channel>, Vec<u8>), Failure> {
    let submission = typed_id(submission)?;
    let (context, client) = connected(session).await?;
    Ok((context, client, submission.0.to_vec()))
}

async fn list(session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let mut sheet = Sheet::new(&[
        "submission",
        "return_type",
        "covers",
        "agency",
        "areas",
        "version",
        "nil",
        "recorded_at",
        "state",
        "superseded",
        "note",
    ])
    .aside(&[
        "superseded_by",
        "superseded_by_version",
        "superseded_reason",
        "replaces",
        "replaces_version",
        "replace_reason",
        "withdrawn_at",
        "withdrawn_reason",
        "notice",
    ]);
    let (mut from, mut demo_clock) = (0, false);
    loop {
        let request = v1::InboxListRequest { from, limit: 1000 };
        let reply = client.list(request).await.map_err(failed(&context))?.into_inner();
        demo_clock |= reply.demo_clock;
        reply.items.iter().for_each(|item| add(&mut sheet, item));
        // a broker that points backwards must not keep the client going round
        if reply.next <= from {
            break;
        }
        from = reply.next;
    }
    let answer = Answer::new("inbox").fact("demo_clock", demo_clock).list("items", sheet);
    session.printer.answer(&answer)?;
    session.tell_demo_clock(demo_clock);
    Ok(Exit::Ok)
}

fn add(sheet: &mut Sheet, item: &v1::InboxItem) {
    let identity = item.identity.clone().unwrap_or_default();
    sheet.row([
        Value::from(entry_text(&item.submission)),
        Value::from(identity.return_type.as_str()),
        Value::from(covers_text(&identity)),
        Value::from(identity.agency.as_str()),
        texts(&identity.areas),
        Value::from(item.version),
        Value::from(item.nil),
        text(&item.recorded_at),
        text(&item.state),
        Value::from(item.superseded),
        text(&note(item)),
        text(&entry_text(&item.superseded_by)),
        number(item.superseded_by_version),
        text(&item.superseded_reason),
        text(&entry_text(&item.replaces)),
        number(item.replaces_version),
        text(&item.replace_reason),
        text(&item.withdrawn_at),
        text(&item.withdrawn_reason),
        Value::from(item.notice),
    ]);
}

/// What came before it and after it, in words.
fn note(item: &v1::InboxItem) -> String {
    let mut notes = Vec::new();
    if item.replaces_version != 0 {
        notes.push(format!("replaces version {} ({})", item.replaces_version, item.replace_reason));
    }
    if item.superseded_by_version != 0 {
        let not_here = if item.superseded_by.is_empty() { ", which is not for this agency" } else { "" };
        let (version, reason) = (item.superseded_by_version, &item.superseded_reason);
        notes.push(format!("superseded by version {version} ({reason}){not_here}"));
    }
    if !item.withdrawn_at.is_empty() {
        notes.push(format!("withdrawn ({}): do not use it", item.withdrawn_reason));
    }
    notes.join("; ")
}

async fn fetch(args: &Fetch, session: &mut Session<'_>) -> Result<Exit, Failure> {
    if let Some(out) = args.out.as_deref().filter(|out| out.exists()) {
        return Err(Failure::usage(format!("`{}` exists already", out.display())).hint("name another file"));
    }
    let (context, mut client, submission) = prepare(&args.submission, session).await?;
    let request = v1::FetchRequest { submission, purpose: args.purpose.to_string() };
    let mut parts = client.fetch(request).await.map_err(failed(&context))?.into_inner();
    let Some(Part::Head(head)) = next(&mut parts, &context).await? else { return Err(not_whole()) };
    let mut writer = projected::Writer::new(head.clone(), session.printer.format(), args.out.as_deref())?;
    let end = loop {
        match next(&mut parts, &context).await? {
            Some(Part::Rows(rows)) => writer.rows(convert::table(rows)?, session)?,
            Some(Part::End(end)) => break end,
            Some(Part::Head(_)) | None => return Err(not_whole()),
        }
    };
    tell_projection(&head, &end, session);
    tell_superseded(&head, session);
    writer.finish(end, session)?;
    Ok(Exit::Ok)
}

async fn next(parts: &mut Streaming<v1::FetchPart>, context: &Context) -> Result<Option<Part>, Failure> {
    Ok(parts.message().await.map_err(failed(context))?.and_then(|part| part.part))
}

fn not_whole() -> Failure {
    Failure::new(Exit::Queued, "the return did not come whole: the connection ended before it did")
        .hint("fetch it again; what was written so far is not all of it")
}

/// That this is not the newest version.
fn tell_superseded(reply: &v1::FetchHead, session: &mut Session<'_>) {
    if reply.superseded_by_version == 0 {
        return;
    }
    let where_to = match entry_text(&reply.superseded_by).as_str() {
        "" => "which is not for this agency".to_owned(),
        id => format!("`concordat inbox fetch {id}`"),
    };
    session.printer.warn(&format!(
        "this is version {}, superseded by version {} ({}): {where_to}",
        reply.version, reply.superseded_by_version, reply.superseded_reason
    ));
}

/// What the reader does not get to see, and by which profile.
fn tell_projection(reply: &v1::FetchHead, end: &v1::FetchEnd, session: &mut Session<'_>) {
    let list = |items: &[String]| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    let printer = &mut session.printer;
    printer.say(&format!("recorded at index {}, allowed by {}", reply.index, list(&reply.rules)));
    printer.say(&format!("profile: {}", list(&reply.profiles)));
    printer.say(&format!("fields withheld: {}", list(&end.withheld_fields)));
    if !end.changed_fields.is_empty() {
        let of = |changed: &v1::ChangedField| match changed.treatment.split_once(';') {
            None => format!("{} ({})", changed.field, changed.treatment.replace('_', " ")),
            Some((most, some)) => format!("{} ({};{some})", changed.field, most.replace('_', " ")),
        };
        let all: Vec<String> = end.changed_fields.iter().map(of).collect();
        printer.say(&format!("fields shown in part: {}", all.join(", ")));
    }
    printer.say(&format!("tables withheld: {}", list(&end.withheld_tables)));
    let methods = match end.suppression_methods.as_slice() {
        [] => String::new(),
        methods => format!(", by {}", list(methods)),
    };
    printer.say(&format!("cells suppressed: {}{methods}", end.suppressed_cells));
    if reply.nil {
        printer.say("this is a nil: the sender declares that there was nothing");
    }
}

fn answered(reply: &v1::AnswerReply, what: &str, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let answer = Answer::new("inbox-answer").fact("answer", what).fact("index", reply.index);
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}
