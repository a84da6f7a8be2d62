//! `concordat submit`: check, keep the key, send, and believe nothing but a receipt that proves it.

mod events;

use std::path::PathBuf;
use std::sync::Arc;

use concordat_catalogue::read::Asked;
use concordat_catalogue::{Acceptance, Draft, ReturnType, content};
use concordat_core::explanation::Explanation;
use concordat_core::finding::Counts;
use concordat_core::ids::{Digest, EntryId, PurposeId, SendKey};
use concordat_core::submission::{Covers, Identity, ReplaceReason, Replaces};
use concordat_core::table::Table;
use concordat_proto::v1;

use crate::answer::{self, Answer};
use crate::answers;
use crate::commands::template;
use crate::commands::validate::{heading, tell_not_read, tell_of_report, tell_reading};
use crate::commands::whoami;
use crate::context::Context;
use crate::convert;
use crate::definitions::{self, InUse};
use crate::exit::Exit;
use crate::explain::{Answers, Explaining};
use crate::failure::Failure;
use crate::file::{self, Owner, Reading, Subject};
use crate::marked;
use crate::parted::Parted;
use crate::pending::Pending;
use crate::receipts::{self, Expected};
use crate::report::{self, Found};
use crate::session::Session;
use crate::several;
use crate::submitter::{self, Outgoing};
use crate::upload::{self, Progress};
use events::Batch;

/// Arguments of `submit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the file is
    #[command(flatten)]
    subject: Subject,
    /// The file, or - for the standard input; for a return of several tables a folder, a ZIP or a workbook with a sheet
    /// for each, for published figures a folder of the files as they were downloaded
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
    /// Also write the file back as a workbook with the findings marked in it, the broker's among them, and a sheet to
    /// answer queries on; it must not be there yet
    #[arg(long, value_name = "FILE.xlsx", conflicts_with = "nil")]
    report: Option<PathBuf>,
    /// Send it as it is, errors included, to see what the broker finds
    #[arg(long)]
    no_check: bool,
    /// Refuse the whole return rather than accept it without the records that have errors
    #[arg(long)]
    all_or_nothing: bool,
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
    /// Several tables.
    Several(several::Given),
}

impl Input {
    /// The files of one table.
    fn files(&self) -> &[several::Named] {
        if let Input::One(files) = self { files } else { &[] }
    }

    /// The answers to queries that it holds.
    fn answers(&self) -> Result<Vec<Explanation>, Failure> {
        match self {
            Input::Nil => Ok(Vec::new()),
            Input::One(files) => answers::of_files(files),
            Input::Several(given) => Ok(given.answers.clone()),
        }
    }
}

/// A return that may be sent.
struct Ready {
    of: Arc<ReturnType>,
    identity: Identity,
    nil: bool,
    /// Its canonical bytes.
    content: Vec<u8>,
    digest: Digest,
    found: Found,
    answers: Answers,
}

impl Ready {
    fn new(of: Arc<ReturnType>, draft: &Draft, content: Vec<u8>, (found, answers): (Found, Answers)) -> Self {
        let digest = content::digest(&content);
        Self { of, identity: draft.identity.clone(), nil: draft.nil, content, digest, found, answers }
    }

    fn tables(&self) -> Result<Vec<Table>, Failure> {
        let decoded = content::decode(&self.content).map(|(_, _, tables)| tables);
        decoded.map_err(|why| Failure::new(Exit::Failure, format!("the return cannot be sent: {why}")))
    }
}

/// Checks and sends.
///
/// # Errors
/// A [`Failure`]: [`Exit::Rejected`] with its findings shown, [`Exit::Queued`] when the outcome is unknown,
/// [`Exit::Tampered`] when the receipt does not prove what was sent.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    if let Some(path) = args.report.as_deref().filter(|path| path.exists()) {
        return Err(template::there_already(path));
    }
    let mut context = session.context()?;
    let owner = owner(&mut context).await?;
    let in_use = definitions::of(&context).await?;
    let of = file::type_of(&in_use.catalogue, &args.subject, session.clock.now())?;
    let file = match args.file.as_deref() {
        None => Input::Nil,
        Some(path) if of.has_several_tables() => Input::Several(several::given(path, &of, session)?),
        Some(path) => Input::One(file::files(path, &of, session)?),
    };
    if of.acceptance == Acceptance::Event && events::are_several(&file, args, &owner, &in_use, &of)? {
        let answers = args.explaining.with(file.answers()?)?;
        return events::run(args, &context, &Batch { input: &file, answers }, &owner, in_use, session).await;
    }
    let ready = prepare(args, &file, &owner, &in_use, session)?;
    let pending = Pending::of(&context)?;
    let claim = pending.claim(&ready.digest, &ready.identity, args.key, session.now())?;
    if claim.resumed {
        session.printer.say("this content is pending: the key on record is used");
    }
    let first = attempt(args, &context, &ready, claim.key, session).await?;
    let (ready, sent) = match &first.outcome {
        Err(failure) if failure.is("catalogue_changed") => {
            session
                .printer
                .say("the return type has changed: fetching it, checking again, sending under the same key");
            let in_use = definitions::fetch(&context).await?;
            let changed = prepare(args, &file, &owner, &in_use, session)?;
            if changed.digest != ready.digest {
                pending.claim(&changed.digest, &changed.identity, Some(claim.key), session.now())?;
                pending.release(&ready.digest)?;
            }
            let sent = attempt(args, &context, &changed, claim.key, session).await?;
            (changed, sent)
        }
        _ => (ready, first),
    };
    match sent.outcome {
        Ok(reply) => {
            let exit = acknowledged(&context, &ready, &reply, args, &file, session)?;
            pending.release(&ready.digest)?;
            Ok(exit)
        }
        Err(failure) if failure.is_passing() => Err(Failure {
            hint: Some("queued: run the same command again, the same key will be used".to_owned()),
            ..failure
        }),
        Err(failure) => {
            let in_doubt = claim.resumed || sent.unknown;
            if !in_doubt || decided_by_the_log(&failure) {
                pending.release(&ready.digest)?;
            }
            if !failure.findings.is_empty() {
                let counts = Counts::of(&failure.findings);
                let found = ready.found.and(failure.findings.clone(), counts);
                let seen = Seen { of: &ready.of, covers: Some(&ready.identity.covers), found: &found };
                show(args, &file, &seen, &ready.answers, session)?;
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
    let answers = args.explaining.with(input.answers()?)?;
    let of = file::type_of(&in_use.catalogue, &args.subject, now)?;
    let (of, reading) = match input {
        Input::Several(given) => {
            let (subject, period, of) = given.period(&args.subject, &of, &in_use.catalogue, now)?;
            let reading = given.read(&of, &subject, period, owner)?;
            (of, reading)
        }
        Input::One(_) | Input::Nil => {
            let files = if let Input::One(files) = input { files.as_slice() } else { &[] };
            let reading = file::read(files, &args.subject, &of, owner, &in_use.catalogue)?;
            (of, reading)
        }
    };
    let (draft, about) = match reading {
        Reading::Unreadable(found) => {
            show(args, input, &Seen { of: &of, covers: None, found: &found }, &answers, session)?;
            return Err(unsent("the file is not one of this return type"));
        }
        Reading::Draft { draft, about } => {
            match input {
                Input::Several(_) => tell_not_read(&about.left_behind, &about.unread, session),
                Input::One(_) | Input::Nil => tell_reading(&about, session),
            }
            (draft, about)
        }
    };
    let found = about.found;
    if args.nil && !of.nil {
        return Err(
            unsent(&format!("`{}` does not allow a nil", of.id)).hint("send the figures, zeros included")
        );
    }
    if args.no_check {
        let content = content::encode(&draft.identity, draft.nil, &draft.tables);
        return Ok(Ready::new(of, &draft, content, (found, answers)));
    }
    // of a large return there is one copy in memory, not three
    let head = Draft { identity: draft.identity.clone(), nil: draft.nil, tables: Vec::new() };
    let whole = if of.acceptance.is_in_part() {
        Some(content::encode(&draft.identity, draft.nil, &draft.tables))
    } else {
        None
    };
    let checked = file::check_offline(&of, draft, &in_use.catalogue, now);
    let refused_in_part = args.all_or_nothing && checked.in_part.is_some();
    match checked.valid {
        Some(valid) if !refused_in_part => {
            let seen = [found.findings.as_slice(), &checked.findings].concat();
            answers.check(&seen, in_use.catalogue.across_of(&of.id))?;
            // all of it is sent: which records are refused is the broker's to say
            let content = whole.or_else(|| valid.into_content()).unwrap_or_default();
            Ok(Ready::new(of, &head, content, (found, answers)))
        }
        in_part => {
            let found = found.and(checked.findings, checked.counts);
            let seen = Seen { of: &of, covers: Some(&head.identity.covers), found: &found };
            show(args, input, &seen, &answers, session)?;
            if in_part.is_some() {
                return Err(unsent(
                    "records of it have errors, and it is to be accepted whole or not at all",
                ));
            }
            Err(unsent("the return has errors"))
        }
    }
}

fn unsent(why: &str) -> Failure {
    Failure::new(Exit::Rejected, format!("nothing was sent: {why}"))
        .hint("put right what is named, then run the same command again")
}

/// What was found in which return.
struct Seen<'s> {
    of: &'s ReturnType,
    covers: Option<&'s Covers>,
    found: &'s Found,
}

/// Shows what a return was refused for.
fn show(
    args: &Args,
    input: &Input,
    seen: &Seen<'_>,
    answers: &Answers,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    copy(args, input, seen, answers, session)?;
    let heading = heading("submit", &args.subject, seen.covers);
    session.printer.answer(&report::answer(heading, false, seen.found))?;
    tell_of_report(args.report.as_deref(), seen.found, session);
    Ok(())
}

/// Writes the marked copy, where one is wanted.
fn copy(
    args: &Args,
    input: &Input,
    seen: &Seen<'_>,
    answers: &Answers,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let Some(path) = args.report.as_deref() else { return Ok(()) };
    match input {
        Input::Nil => Ok(()),
        Input::One(files) => {
            let asked = Asked::only(seen.of);
            marked::write(path, files, &args.subject, &asked, seen.found, answers, session)
        }
        Input::Several(given) => {
            let covers = match seen.covers {
                Some(covers) => covers.to_string(),
                None => args.subject.period.map_or_else(String::new, |period| period.to_string()),
            };
            marked::write_several(path, given, seen.of, &covers, seen.found, answers, session)
        }
    }
}

async fn attempt(
    args: &Args,
    context: &Context,
    ready: &Ready,
    key: SendKey,
    session: &mut Session<'_>,
) -> Result<submitter::Sent, Failure> {
    let answers = ready.answers.all().to_vec();
    if ready.content.len() <= upload::AT_ONCE {
        return attempt_with(args, answers, context, ready, key).await;
    }
    let head = outgoing(args, answers, ready, key).into_request();
    let mut progress = Progress::new(session, ready.content.len() as u64);
    Ok(upload::send(context, &head, &ready.content, &mut progress).await)
}

/// Sends it in one message.
async fn attempt_with(
    args: &Args,
    explanations: Vec<Explanation>,
    context: &Context,
    ready: &Ready,
    key: SendKey,
) -> Result<submitter::Sent, Failure> {
    let outgoing = Outgoing { tables: ready.tables()?, ..outgoing(args, explanations, ready, key) };
    Ok(submitter::send(context, &outgoing.into_request()).await)
}

/// What is sent, but for its tables.
fn outgoing(args: &Args, explanations: Vec<Explanation>, ready: &Ready, key: SendKey) -> Outgoing {
    Outgoing {
        identity: ready.identity.clone(),
        key,
        purpose: args.purpose.clone().unwrap_or_else(|| ready.of.purpose.clone()),
        type_digest: ready.of.digest,
        nil: ready.nil,
        replaces: args.replaces.zip(args.reason).map(|(submission, reason)| Replaces { submission, reason }),
        tables: Vec::new(),
        explanations,
        all_or_nothing: args.all_or_nothing,
    }
}

/// Checks the receipt against what was sent, keeps it, and says what it proves.
fn acknowledged(
    context: &Context,
    ready: &Ready,
    reply: &v1::SubmitReply,
    args: &Args,
    input: &Input,
    session: &mut Session<'_>,
) -> Result<Exit, Failure> {
    let submission = convert::entry_id(&reply.submission)?;
    let parted = Parted::told(reply);
    let content = match &parted {
        Some(parted) => parted.content_of(&ready.of, &ready.identity, ready.tables()?),
        None => ready.digest,
    };
    let expected = Expected {
        submission,
        index: reply.index,
        version: reply.version,
        anew: (!reply.already).then_some((&context.facts.principal, args.replaces)),
        identity: &ready.identity,
        content,
    };
    let verified = receipts::verify_for(&reply.receipt, &context.log_key, &expected)?;
    let path = receipts::keep(context, submission, &reply.receipt)?;
    let findings = convert::findings(reply.findings.clone());
    let counts = Counts::of(&findings);
    // what the client alone could see in the file stands before what the broker found
    let found = ready.found.clone().and(findings, counts).parted(parted);
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
        if !ready.answers.all().is_empty() {
            human.push_str("its explanations are those sent then; see `concordat status`\n");
        }
    }
    if !reply.withdrawn_at.is_empty() {
        session.printer.warn(&format!(
            "that submission was withdrawn at {} ({}); to send the return anew, leave out --key",
            reply.withdrawn_at, reply.withdrawn_reason
        ));
    }
    if !found.findings.is_empty() || found.parted.is_some() {
        human.push('\n');
        human.push_str(&report::human(true, &found));
    }
    let heading = heading("submit", &args.subject, Some(&ready.identity.covers))
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
    let answer = if reply.already { answer } else { ready.answers.tell(answer, &found.findings) };
    session.printer.answer(&answer)?;
    let seen = Seen { of: &ready.of, covers: Some(&ready.identity.covers), found: &found };
    // what was recorded stays so, whatever becomes of the copy
    if let Err(why) = copy(args, input, &seen, &ready.answers, session) {
        session.printer.warn(&why.what);
    }
    let Some(parted) = &found.parted else { return Ok(Exit::Ok) };
    session.printer.warn(&format!(
        "accepted in part: {}, and no part of what was recorded. The others are recorded, and the receipt proves it",
        parted.count()
    ));
    session.printer.say(&format!(
        "next: put those records right, then send the whole return again with `--replaces {submission} --reason \
         late_data` or `--reason correction`"
    ));
    Ok(Exit::Rejected)
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
