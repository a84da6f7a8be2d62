//! `concordat receipt`: prove what was recorded, with the log's public key alone; or fetch a receipt again.

use std::path::{Path, PathBuf};

use concordat_catalogue::{Catalogue, Draft, ReturnType};
use concordat_core::ids::{Digest, EntryId};
use concordat_ledger::{Statement, Verified, Verifier};
use concordat_proto::v1;
use serde_json::Value;

use crate::answer::{Answer, texts};
use crate::commands::status;
use crate::connect;
use crate::context::Context;
use crate::convert::typed_id;
use crate::definitions;
use crate::events::{self, Events};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file::{self, Owner, Reading, Subject};
use crate::pending::Pending;
use crate::receipts;
use crate::session::{Session, failed};
use crate::several;
use crate::submitter;

/// Arguments of `receipt`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Verify a receipt's file without a broker
    Verify(Verify),
    /// Fetch a submission's original receipt, verify it and keep it
    Fetch {
        /// The submission's id
        submission: String,
    },
}

/// Arguments of `receipt verify`.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// The receipt's file
    receipt: PathBuf,
    /// The log's public key, or a file that holds it; otherwise the context's
    #[arg(long, value_name = "FILE|KEY")]
    log_key: Option<String>,
    /// Also check that this file is what was recorded; a folder where one was sent
    #[arg(long, value_name = "FILE", requires = "return_type")]
    data: Option<PathBuf>,
    #[command(flatten)]
    subject: OptionalSubject,
}

/// What the data's file is, for the check of its content.
#[derive(Debug, clap::Args)]
pub struct OptionalSubject {
    /// The return type of the data
    #[arg(long = "type", value_name = "TYPE", requires = "data")]
    return_type: Option<concordat_core::ids::ReturnTypeId>,
    /// The period of the data
    #[arg(long, requires = "data")]
    period: Option<concordat_core::period::Period>,
    /// The sheet of the data, where it is a workbook
    #[arg(long, value_name = "NAME", requires = "data")]
    sheet: Option<String>,
}

/// Verifies or fetches.
///
/// # Errors
/// A [`Failure`]: [`Exit::Tampered`] when the receipt does not prove what it says.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    match args {
        Args::Verify(args) => verify(args, session),
        Args::Fetch { submission } => fetch(submission, session).await,
    }
}

fn verify(args: &Verify, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let bytes = session.read(&args.receipt)?;
    let key = log_key(args.log_key.as_deref(), session)?;
    let verified = receipts::verify(&bytes, &key)?;
    let data = match (&args.data, &args.subject.return_type) {
        (Some(path), Some(return_type)) => {
            let OptionalSubject { period, sheet, .. } = &args.subject;
            let (return_type, sheet) = (return_type.clone(), sheet.clone());
            let subject = Subject { return_type, period: *period, areas: Vec::new(), sheet };
            same_content(path, &subject, &verified.statement, session)?;
            Value::from(true)
        }
        _ => Value::Null,
    };
    session.printer.answer(&answer("receipt-verify", &verified).fact("data_is_what_was_recorded", data))?;
    Ok(Exit::Ok)
}

/// Whether a file is the content the statement names, in the statement's own agency and areas.
fn same_content(
    path: &Path,
    subject: &Subject,
    statement: &Statement,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let odd = |_| Failure::new(Exit::Tampered, "the statement names an agency or area that is none");
    let areas =
        statement.areas.iter().map(|area| area.parse()).collect::<Result<Vec<_>, _>>().map_err(odd)?;
    let owner = Owner { agency: statement.agency.parse().map_err(odd)?, areas: areas.clone() };
    let in_use = definitions::offline(session.context_if_any()?.as_ref())?;
    let of = file::type_of(&in_use.catalogue, subject, session.clock.now())?;
    let (reading, of) = if of.has_several_tables() {
        let given = several::given(path, &of, session)?;
        let now = session.clock.now();
        let (subject, period, of) = given.period(subject, &of, &in_use.catalogue, now)?;
        (given.read(&of, &subject, period, &owner)?, of)
    } else {
        (file::read(&file::files(path, &of, session)?, subject, &of, &owner, &in_use.catalogue)?, of)
    };
    if let Reading::Draft { draft, .. } = reading {
        if events::are_several(&of, &draft) && is_of_one((&of, &in_use.catalogue), &draft, statement, session)
        {
            return Ok(());
        }
        let mut identity = draft.identity;
        identity.areas = areas;
        identity.part = statement.part.clone();
        if file::content_digest(&identity, false, &draft.tables).0 == statement.content.0 {
            return Ok(());
        }
        // of what was accepted in part the log holds what is left
        let draft = Draft { identity, ..draft };
        let checked = file::check_offline(&of, draft, &in_use.catalogue, session.clock.now());
        if let (Some(valid), Some(part)) = (checked.valid, checked.in_part)
            && valid.digest().0 == statement.content.0
        {
            let (refused, all) = (part.refused.len(), part.accepted as usize + part.refused.len());
            session.printer.say(&format!(
                "accepted in part: what was recorded is this file without the {refused} of {all} records that were refused"
            ));
            return Ok(());
        }
    }
    let shown = path.display();
    Err(Failure::new(
        Exit::Tampered,
        format!("the receipt is genuine, but `{shown}` is not what was recorded: the content digests differ"),
    )
    .hint("check --type and --period, and that this is the version that was sent"))
}

/// Whether one event of a file of several is what was recorded.
fn is_of_one(
    (of, catalogue): (&ReturnType, &Catalogue),
    draft: &Draft,
    statement: &Statement,
    session: &mut Session<'_>,
) -> bool {
    let Events::Named(all) = events::split(of, draft, catalogue, session.clock.now()) else { return false };
    let found = all.iter().find(|event| event.content.0 == statement.content.0);
    if let Some(event) = found {
        session
            .printer
            .say(&format!("what was recorded is row {} of the file, as an event of its own", event.row));
    }
    found.is_some()
}

/// The key given, else the context's.
fn log_key(given: Option<&str>, session: &mut Session<'_>) -> Result<Verifier, Failure> {
    let Some(given) = given else {
        let context = session.context_if_any()?;
        return context.map(|context| context.log_key).ok_or_else(|| {
            Failure::usage("which log's key is to be used?").hint("give --log-key FILE, or the key itself")
        });
    };
    if let Ok(key) = given.parse() {
        return Ok(key);
    }
    let bytes = session.read(Path::new(given))?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    text.trim().parse().map_err(|why: concordat_ledger::KeyFault| {
        Failure::usage(format!("`{given}` holds no log key: {why}"))
    })
}

async fn fetch(submission: &str, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let id = typed_id(submission)?;
    let context = session.context()?;
    let mut client = submitter::client(connect::channel(&context).await?);
    let request = v1::ReceiptRequest { submission: id.0.to_vec() };
    let reply = client.receipt(request).await.map_err(failed(&context))?.into_inner();
    let verified = receipts::verify(&reply.receipt, &context.log_key)?;
    if verified.statement.submission != id.to_string() {
        return Err(Failure::new(Exit::Tampered, "the broker gave the receipt of another submission"));
    }
    let path = receipts::keep(&context, id, &reply.receipt)?;
    let pending = Pending::of(&context)?;
    pending.release(&Digest(verified.statement.content.0))?;
    release_by_key(&context, &pending, id, &verified.statement).await?;
    session.printer.say(&format!("kept as `{}`", path.display()));
    session.printer.answer(&answer("receipt-fetch", &verified))?;
    Ok(Exit::Ok)
}

/// What was accepted in part is pending under the digest of all that was sent, which its receipt does not name: the
/// broker knows which key it came under.
async fn release_by_key(
    context: &Context,
    pending: &Pending,
    id: EntryId,
    statement: &Statement,
) -> Result<(), Failure> {
    for record in pending.records()? {
        let alike = record.return_type == statement.return_type && record.covers == statement.period;
        let Ok(content) = record.content.parse::<Digest>() else { continue };
        if alike && status::outcome(context, &record).await.is_ok_and(|reply| reply.submission == id.0) {
            pending.release(&content)?;
        }
    }
    Ok(())
}

/// What a receipt proves.
fn answer(command: &'static str, verified: &Verified) -> Answer {
    let statement = &verified.statement;
    Answer::new(command)
        .fact("verified", true)
        .fact("log", statement.log.as_str())
        .fact("index", verified.index)
        .fact("recorded_at", receipts::recorded_at(verified).map(|at| at.to_string()))
        .fact("submission", statement.submission.as_str())
        .fact("outcome", statement.outcome.as_str())
        .fact("agency", statement.agency.as_str())
        .fact("principal", statement.principal.as_str())
        .fact("return_type", statement.return_type.as_str())
        .fact("areas", texts(&statement.areas))
        .fact("period", statement.period.as_str())
        .fact("part", statement.part.clone())
        .fact("version", statement.version)
        .fact("replaces", statement.replaces.clone())
        .fact("content", statement.content.to_string())
        .fact("rule", statement.decision.as_str())
        .fact("agreement", statement.agreement.clone())
        .fact("policy", statement.policy.to_string())
        .fact("tree_size", verified.tree_size)
        .fact("root", verified.root.to_string())
}
