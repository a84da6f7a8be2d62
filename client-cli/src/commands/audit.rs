//! `concordat audit`: search the log, or verify it without trusting the broker.

use concordat_core::clock::ZONE;
use concordat_core::entry::EntryClass;
use concordat_core::ids::AgencyId;
use concordat_ledger::{Checkpoint, SignedCheckpoint};
use concordat_proto::v1;
use concordat_proto::v1::audit_service_client::AuditServiceClient;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use tonic::transport::Channel;

use crate::answer::{Answer, Sheet, text, texts};
use crate::audit_trail::{Kept, Rebuild, grown, newest};
use crate::connect::{self, MAX_ANSWER};
use crate::context::Context;
use crate::convert::entry_text;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Session, failed};

/// Arguments of `audit`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Find entries; the search itself is recorded first
    Search(Box<Search>),
    /// Rebuild the log's tree from its leaves and compare it with what the log signed
    Verify(Verify),
}

/// Arguments of `audit search`.
#[derive(Debug, clap::Args)]
pub struct Search {
    /// From this index on
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Up to but not including this index
    #[arg(long)]
    to: Option<u64>,
    /// From this instant, or the beginning of this day in London, on
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// Up to this instant, or the beginning of this day in London
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
    /// Only entries that concern this agency
    #[arg(long)]
    agency: Option<AgencyId>,
    /// Only these classes of entry, with commas between them
    #[arg(long = "class", value_name = "CLASS", value_delimiter = ',', value_parser = class)]
    classes: Vec<String>,
    /// At most this many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Arguments of `audit verify`.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// Go on from the checkpoint kept at this size, instead of from the first entry
    #[arg(long, default_value_t = 0, value_name = "SIZE")]
    from: u64,
}

/// Searches or verifies.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses; [`Exit::Tampered`] or [`Exit::RolledBack`] when the
/// log is not what it signed.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    match args {
        Args::Search(args) => search(args, session).await,
        Args::Verify(args) => verify(args, session).await,
    }
}

async fn connected(session: &mut Session<'_>) -> Result<(Context, AuditServiceClient<Channel>), Failure> {
    let context = session.context()?;
    let channel = connect::channel(&context).await?;
    Ok((context, AuditServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER)))
}

async fn search(args: &Search, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let mut request = v1::SearchRequest {
        from: args.from,
        to: args.to.unwrap_or(0),
        since: args.since.map(|at| at.to_string()).unwrap_or_default(),
        until: args.until.map(|at| at.to_string()).unwrap_or_default(),
        agency: args.agency.as_ref().map(ToString::to_string).unwrap_or_default(),
        classes: args.classes.clone(),
        limit: 0,
    };
    let mut sheet = Sheet::new(&[
        "index",
        "recorded_at",
        "class",
        "who",
        "agency",
        "return_type",
        "period",
        "purpose",
        "decision",
        "rules",
        "agreements",
        "submission",
        "summary",
        "id",
        "policy",
    ]);
    let (mut demo_clock, mut next) = (false, 0);
    let mut left = args.limit;
    while left > 0 {
        request.limit = left.min(1000);
        let reply = client.search(request.clone()).await.map_err(failed(&context))?.into_inner();
        demo_clock |= reply.demo_clock;
        reply.entries.iter().take(left as usize).for_each(|entry| add(&mut sheet, entry));
        left = left.saturating_sub(u32::try_from(reply.entries.len()).unwrap_or(u32::MAX));
        next = reply.next;
        // a broker that points backwards must not keep the client going round
        if next <= request.from {
            break;
        }
        request.from = next;
    }
    let answer = Answer::new("audit-search")
        .fact("next", Some(next).filter(|next| *next > 0))
        .fact("demo_clock", demo_clock)
        .list("entries", sheet);
    session.printer.answer(&answer)?;
    if next > 0 {
        session.printer.say(&format!("there is more: `--from {next}` goes on"));
    }
    session.tell_demo_clock(demo_clock);
    Ok(Exit::Ok)
}

fn add(sheet: &mut Sheet, entry: &v1::AuditEntry) {
    sheet.row([
        Value::from(entry.index),
        Value::from(entry.recorded_at.as_str()),
        Value::from(entry.class.as_str()),
        text(&entry.who),
        text(&entry.agency),
        text(&entry.return_type),
        text(&entry.period),
        text(&entry.purpose),
        text(&entry.decision),
        texts(&entry.rules),
        texts(&entry.agreements),
        text(&entry_text(&entry.submission)),
        text(&entry.summary),
        text(&entry_text(&entry.id)),
        text(&entry.policy),
    ]);
}

async fn verify(args: &Verify, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let kept = Kept::load(&context)?;
    let (kept, old) = kept.map_or((None, None), |(kept, old)| (Some(kept), Some(old)));
    let signed = checkpoint(&context, &mut client, v1::CheckpointRequest::default()).await?.0;
    let new = newest(&signed, &context.log_key, old.as_ref())?;
    if let Some(old) = old.as_ref().filter(|old| old.size > 0 && old.size < new.size) {
        let request = v1::CheckpointRequest { older: old.size, newer: new.size };
        grown(old, &new, &checkpoint(&context, &mut client, request).await?.1)?;
    }
    let mut rebuild = begin(args, &context, kept.as_ref(), old.as_ref(), signed)?;
    while let Some((from, left)) = rebuild.wanted() {
        let request = v1::LeavesRequest { from, limit: u32::try_from(left).unwrap_or(u32::MAX).min(5000) };
        let reply = client.leaves(request).await.map_err(failed(&context))?.into_inner();
        rebuild.feed(&reply.leaves)?;
    }
    let (audited, kept) = rebuild.finish()?;
    kept.store(&context)?;
    let answer = Answer::new("audit-verify")
        .fact("log", context.log_key.name())
        .fact("size", audited.size)
        .fact("root", audited.root.to_string())
        .fact("from", args.from)
        .fact("verified", true)
        .fact("grown_from", old.map(|old| old.size))
        .fact("checkpoints", audited.checkpoints);
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}

fn begin(
    args: &Verify,
    context: &Context,
    kept: Option<&Kept>,
    old: Option<&Checkpoint>,
    signed: SignedCheckpoint,
) -> Result<Rebuild, Failure> {
    match (args.from, kept, old) {
        (0, kept, _) => Rebuild::whole(&context.log_key, kept, signed),
        (from, Some(kept), Some(old)) if old.size == from => {
            Rebuild::onwards(&context.log_key, kept, old, signed)
        }
        (from, _, old) => {
            Err(Failure::usage(format!("no checkpoint of {from} entries was kept")).hint(match old {
                Some(old) => format!("leave out --from, or give --from {}", old.size),
                None => "leave out --from: this log was not verified before".to_owned(),
            }))
        }
    }
}

async fn checkpoint(
    context: &Context,
    client: &mut AuditServiceClient<Channel>,
    request: v1::CheckpointRequest,
) -> Result<(SignedCheckpoint, Vec<Vec<u8>>), Failure> {
    let reply = client.checkpoint(request).await.map_err(failed(context))?.into_inner();
    let signed = SignedCheckpoint::parse(reply.checkpoint.as_bytes())
        .map_err(|why| Failure::new(Exit::Tampered, why.to_string()))?;
    Ok((signed, reply.consistency))
}

/// An instant, or a day in London.
fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let day: Result<Date, _> = text.parse();
    day.ok()
        .and_then(|day| day.in_tz(ZONE).ok())
        .map(|begins| begins.timestamp())
        .ok_or_else(|| "write a day such as 2023-05-03 or an instant such as 2023-05-03T09:00:00Z".to_owned())
}

fn class(text: &str) -> Result<String, String> {
    if EntryClass::ALL.iter().any(|class| class.as_str() == text) {
        return Ok(text.to_owned());
    }
    let all: Vec<&str> = EntryClass::ALL.iter().map(|class| class.as_str()).collect();
    Err(format!("the classes are {}", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_london() {
        assert_eq!(instant("2023-07-01").unwrap().to_string(), "2023-06-30T23:00:00Z");
        assert_eq!(instant("2023-01-01").unwrap().to_string(), "2023-01-01T00:00:00Z");
        assert_eq!(instant("2023-01-01T09:30:00Z").unwrap().to_string(), "2023-01-01T09:30:00Z");
        assert!(instant("yesterday").is_err());
    }

    #[test]
    fn a_class_is_one_of_the_log() {
        assert!(class("accepted").is_ok());
        assert!(class("anything").unwrap_err().contains("nil_declared"));
    }
}
