//! `concordat submit`: check, keep the key, send, and believe nothing but a receipt that proves it.

use std::path::PathBuf;
use std::sync::Arc;

use concordat_catalogue::{Draft, ReturnType};
use concordat_core::finding::Counts;
use concordat_core::ids::{Digest, EntryId, PurposeId, SendKey};
use concordat_core::submission::{Identity, ReplaceReason, Replaces};
use concordat_proto::v1;

use crate::answer::{self, Answer};
use crate::commands::validate::{heading, tell_not_read, tell_reading};
use crate::commands::whoami;
use crate::context::Context;
use crate::convert;
use crate::definitions::{self, InUse};
use crate::exit::Exit;
use crate::explain::Explaining;
use crate::failure::Failure;
use crate::file::{self, Owner, Reading, Subject};
use crate::pending::Pending;
use crate::receipts::{self, Expected};
use crate::report::{self, Found};
use crate::session::Session;
use crate::several;
use crate::submitter::{self, Outgoing};

/// Arguments of `submit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the file is
    #[command(flatten)]
    subject: Subject,
    /// The file, or - for the standard input; for a return of several tables a folder or a ZIP,
    /// for published figures a folder of the files as they were downloaded
    #[arg(required_unless_present = "nil")]
    file: Option<PathBuf>,
    /// Declare that there was nothing; then there is no file
    #[arg(long, conflicts_with_all = ["file", "no_check"])]
    nil: bool,
    /// The submission in force that this one replaces
    #[arg(long, value_name = "SUBMISSION", value_parser = entry_id, requires = "reason")]
    replaces: Option<EntryId>,
    /// Why it is replaced
    #[arg(long, value_name = "REASON", requires = "replaces", value_parser = reason)]
    reason: Option<ReplaceReason>,
    /// What it is sent for; otherwise the return type's own purpose
    #[arg(long)]
    purpose: Option<PurposeId>,
    /// Answers to queries, sent and kept with the return
    #[command(flatten)]
    explaining: Explaining,
    /// Send it as it is, errors included, to see what the broker finds
    #[arg(long)]
    no_check: bool,
    /// Send under this key, to resume what was sent from elsewhere; otherwise one is drawn and kept
    #[arg(long, value_name = "HEX", value_parser = key)]
    key: Option<SendKey>,
}

/// What is sent, as it was read.
enum Input {
    /// That there was nothing.
    Nil,
    /// A file of one table, or the files that are one.
    One(Vec<several::Named>),
    /// The files of several tables.
    Several(Vec<several::Named>),
}

/// A return that may be sent.
struct Ready {
    of: Arc<ReturnType>,
    draft: Draft,
    content: Digest,
    found: Found,
}

/// Checks and sends.
///
/// # Errors
/// A [`Failure`]: [`Exit::Rejected`] with its findings shown, [`Exit::Queued`] when the outcome is unknown,
/// [`Exit::Tampered`] when the receipt does not prove what was sent.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let mut context = session.context()?;
    let owner = owner(&mut context).await?;
    let in_use = definitions::of(&context).await?;
    let of = file::type_of(&in_use.catalogue, &args.subject, session.clock.now())?;
    let file = match args.file.as_deref() {
        None => Input::Nil,
        Some(path) if of.has_several_tables() => Input::Several(several::files(path, session)?),
        Some(path) => Input::One(file::files(path, &of, session)?),
    };
    let ready = prepare(args, &file, &owner, &in_use, session)?;
    let pending = Pending::of(&context)?;
    let claim = pending.claim(&ready.content, &ready.draft.identity, args.key, session.now())?;
    if claim.resumed {
        session.printer.say("this content is pending: the key on record is used");
    }
    let first = attempt(args, &context, &ready, claim.key).await;
    let (ready, sent) = match &first.outcome {
        Err(failure) if failure.is("catalogue_changed") => {
            session
                .printer
                .say("the return type has changed: fetching it, checking again, sending under the same key");
            let in_use = definitions::fetch(&context).await?;
            let changed = prepare(args, &file, &owner, &in_use, session)?;
            if changed.content != ready.content {
                pending.claim(&changed.content, &changed.draft.identity, Some(claim.key), session.now())?;
                pending.release(&ready.content)?;
            }
            let sent = attempt(args, &context, &changed, claim.key).await;
            (changed, sent)
        }
        _ => (ready, first),
    };
    match sent.outcome {
        Ok(reply) => {
            acknowledged(&context, &ready, &reply, args, session)?;
            pending.release(&ready.content)?;
            Ok(Exit::Ok)
        }
        Err(failure) if failure.is_passing() => Err(Failure {
            hint: Some("queued: run the same command again, the same key will be used".to_owned()),
            ..failure
        }),
        Err(failure) => {
            let in_doubt = claim.resumed || sent.unknown;
            if !in_doubt || decided_by_the_log(&failure) {
                pending.release(&ready.content)?;
            }
            if !failure.findings.is_empty() {
                let counts = Counts::of(&failure.findings);
                let found = ready.found.and(failure.findings.clone(), counts);
                show(args, Some(&ready.draft.identity), &found, session)?;
            }
            Err(failure)
        }
    }
}

/// Whether the refusal came from the log's writer, which looks for the key before anything else: then no
/// earlier attempt under it was recorded.
fn decided_by_the_log(failure: &Failure) -> bool {
    ["key_reused", "already_accepted", "not_in_force", "withdrawn"].iter().any(|code| failure.is(code))
}

/// The agency and its areas; the broker is asked for them once.
async fn owner(context: &mut Context) -> Result<Owner, Failure> {
    if context.facts.areas.is_empty() {
        whoami::ask(context).await?;
    }
    Ok(Owner { agency: context.facts.principal.agency.clone(), areas: context.facts.areas.clone() })
}

/// Reads and checks; with errors nothing is ready, and they are shown.
fn prepare(
    args: &Args,
    input: &Input,
    owner: &Owner,
    in_use: &InUse,
    session: &mut Session<'_>,
) -> Result<Ready, Failure> {
    session.printer.say(&format!("checking with {}", in_use.whence));
    let now = session.clock.now();
    let of = file::type_of(&in_use.catalogue, &args.subject, now)?;
    let (of, reading) = match input {
        Input::Several(files) => {
            let (subject, period, of) = several::period(&args.subject, &of, &in_use.catalogue, files, now)?;
            let reading = several::read(&of, files, &subject, period, owner)?;
            (of, reading)
        }
        Input::One(_) | Input::Nil => {
            let files = if let Input::One(files) = input { files.as_slice() } else { &[] };
            let reading = file::read(files, &args.subject, &of, owner, &in_use.catalogue)?;
            (of, reading)
        }
    };
    let (draft, about) = match reading {
        Reading::Unreadable(findings) => {
            show(args, None, &Found::of(findings), session)?;
            return Err(unsent("the file is not one of this return type"));
        }
        Reading::Draft { draft, about } => {
            match input {
                Input::Several(_) => tell_not_read(&about.left_behind, session),
                Input::One(_) | Input::Nil => tell_reading(&about, session),
            }
            (draft, about)
        }
    };
    let found = Found::of(about.findings).from(about.first_line);
    if args.nil && !of.nil {
        return Err(
            unsent(&format!("`{}` does not allow a nil", of.id)).hint("send the figures, zeros included")
        );
    }
    if args.no_check {
        let content = file::content_digest(&draft.identity, draft.nil, &draft.tables);
        return Ok(Ready { of, draft, content, found });
    }
    let identity = draft.identity.clone();
    let checked = file::check_offline(&of, draft.clone(), now);
    match checked.valid {
        Some(valid) => {
            args.explaining.check(&checked.findings, in_use.catalogue.across_of(&of.id))?;
            Ok(Ready { of, draft, content: valid.digest(), found })
        }
        None => {
            show(args, Some(&identity), &found.and(checked.findings, checked.counts), session)?;
            Err(unsent("the return has errors"))
        }
    }
}

fn unsent(why: &str) -> Failure {
    Failure::new(Exit::Rejected, format!("nothing was sent: {why}"))
        .hint("put right what is named, then run the same command again")
}

fn show(
    args: &Args,
    identity: Option<&Identity>,
    found: &Found,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let heading = heading("submit", &args.subject, identity.map(|identity| &identity.covers));
    session.printer.answer(&report::answer(heading, false, found))
}

async fn attempt(args: &Args, context: &Context, ready: &Ready, key: SendKey) -> submitter::Sent {
    let outgoing = Outgoing {
        identity: ready.draft.identity.clone(),
        key,
        purpose: args.purpose.clone().unwrap_or_else(|| ready.of.purpose.clone()),
        type_digest: ready.of.digest,
        nil: ready.draft.nil,
        replaces: args.replaces.zip(args.reason).map(|(submission, reason)| Replaces { submission, reason }),
        tables: ready.draft.tables.clone(),
        explanations: args.explaining.all().to_vec(),
    };
    submitter::send(context, &outgoing.into_request()).await
}

/// Checks the receipt against what was sent, keeps it, and says what it proves.
fn acknowledged(
    context: &Context,
    ready: &Ready,
    reply: &v1::SubmitReply,
    args: &Args,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let submission = convert::entry_id(&reply.submission)?;
    let expected = Expected {
        submission,
        index: reply.index,
        version: reply.version,
        anew: (!reply.already).then_some((&context.facts.principal, args.replaces)),
        identity: &ready.draft.identity,
        content: ready.content,
    };
    let verified = receipts::verify_for(&reply.receipt, &context.log_key, &expected)?;
    let path = receipts::keep(context, submission, &reply.receipt)?;
    let findings = convert::findings(reply.findings.clone());
    let counts = Counts::of(&findings);
    // what the client alone could see in the file stands before what the broker found
    let found = ready.found.clone().and(findings.clone(), counts);
    let recorded_at = receipts::recorded_at(&verified).map(|at| at.to_string());
    let mut human = format!(
        "recorded at index {}, queued to {}\nsubmission {submission}, version {}, {}\nreceipt {}\n",
        reply.index,
        reply.queued_to,
        reply.version,
        verified.statement.outcome,
        path.display()
    );
    if reply.already {
        human.push_str("nothing was recorded anew: this is the original receipt of the same content\n");
        if !args.explaining.all().is_empty() {
            human.push_str("its explanations are those sent then; see `concordat status`\n");
        }
    }
    if !reply.withdrawn_at.is_empty() {
        session.printer.warn(&format!(
            "that submission was withdrawn at {} ({}); to send the return anew, leave out --key",
            reply.withdrawn_at, reply.withdrawn_reason
        ));
    }
    if !found.findings.is_empty() {
        human.push('\n');
        human.push_str(&report::human(true, &found));
    }
    let heading = heading("submit", &args.subject, Some(&ready.draft.identity.covers))
        .fact("submission", submission.to_string())
        .fact("version", reply.version)
        .fact("index", reply.index)
        .fact("recorded_at", recorded_at)
        .fact("queued_to", reply.queued_to)
        .fact("already", reply.already)
        .fact("withdrawn_at", answer::text(&reply.withdrawn_at))
        .fact("receipt", path.display().to_string());
    let answer: Answer = report::answer(heading, true, &found).human(human);
    // an original receipt is of what was sent then, its explanations included
    let answer = if reply.already { answer } else { args.explaining.tell(answer, &findings) };
    session.printer.answer(&answer)
}

fn entry_id(text: &str) -> Result<EntryId, String> {
    convert::typed_id(text).map_err(|failure| failure.what)
}

fn key(text: &str) -> Result<SendKey, String> {
    convert::typed_key(text).map_err(|failure| failure.what)
}

fn reason(word: &str) -> Result<ReplaceReason, String> {
    ReplaceReason::from_word(word).ok_or_else(|| {
        let all: Vec<&str> = ReplaceReason::ALL.iter().map(|reason| reason.as_str()).collect();
        format!("the reasons are {}", all.join(", "))
    })
}
