//! `concordat policy propose`, `approve`, `activate` and what else changes policy or suspends something: acts at the
//! broker, each an entry of its log.

use std::path::PathBuf;

use concordat_core::ids::{AgencyId, PrincipalId, ReturnTypeId};
use concordat_proto::v1;
use concordat_proto::v1::policy_service_client::PolicyServiceClient;
use jiff::Timestamp;
use tonic::transport::Channel;

use crate::answer::{Answer, Sheet, text, texts};
use crate::connect::{self, MAX_ANSWER};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;
use crate::session::{Session, failed};

/// Commands that change policy or suspend something.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Propose the files of a policies folder; somebody else must approve them
    Propose(Propose),
    /// Approve of somebody else's proposal, as it would change what is in force now
    Approve(Approve),
    /// Reject somebody else's proposal
    Reject(Answered),
    /// Take an own proposal back
    TakeBack(Answered),
    /// Bring an approved proposal into force, now or at a time
    Activate(Activate),
    /// Bring the policies of before into force again, where that lets nobody do more than now
    Rollback(Reason),
    /// Suspend an agency, a principal or a return type at once; somebody else reviews it
    Suspend(Suspend),
    /// Review what somebody else did alone: a suspension, a rollback, a load on the host
    Review(Review),
}

/// Arguments of `policy propose`.
#[derive(Debug, clap::Args)]
pub struct Propose {
    /// The policies folder
    folder: PathBuf,
    /// Why: it stays in the log, so no names, numbers or addresses of persons
    #[arg(long, value_name = "TEXT", required_unless_present = "look")]
    reason: Option<String>,
    /// Work out what would change, decisions of the log included, and propose nothing
    #[arg(long)]
    look: bool,
}

/// Why.
#[derive(Debug, clap::Args)]
pub struct Reason {
    /// Why: it stays in the log, so no names, numbers or addresses of persons
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Arguments of `policy approve`, `reject` and `take-back`.
#[derive(Debug, clap::Args)]
pub struct Answered {
    /// The number of the proposal, as `policy status` lists it
    proposal: u64,
    #[command(flatten)]
    reason: Reason,
}

/// Arguments of `policy approve`.
#[derive(Debug, clap::Args)]
pub struct Approve {
    /// The number of the proposal, as `policy status` lists it
    proposal: u64,
    /// Why: it stays in the log, so no names, numbers or addresses of persons
    #[arg(long, value_name = "TEXT", required_unless_present = "look")]
    reason: Option<String>,
    /// Work out what it would change, decisions of the log included, and approve of nothing
    #[arg(long)]
    look: bool,
}

/// Arguments of `policy activate`.
#[derive(Debug, clap::Args)]
pub struct Activate {
    /// The number of the proposal
    proposal: u64,
    /// When it comes into force, such as 2023-05-03T16:00:00Z; now where left out
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

/// Arguments of `policy suspend`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("subject").required(true))]
pub struct Suspend {
    /// An agency
    #[arg(long, group = "subject", value_name = "ID")]
    agency: Option<AgencyId>,
    /// A principal
    #[arg(long, group = "subject", value_name = "AGENCY/NAME")]
    principal: Option<PrincipalId>,
    /// A return type
    #[arg(long = "type", group = "subject", value_name = "TYPE")]
    rtype: Option<ReturnTypeId>,
    #[command(flatten)]
    reason: Reason,
}

/// Arguments of `policy review`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("outcome").required(true))]
pub struct Review {
    /// The number of what was done, as `policy status` lists it
    index: u64,
    /// It stands
    #[arg(long, group = "outcome")]
    stands: bool,
    /// It does not stand: a suspension is lifted; policies stay until others are approved
    #[arg(long, group = "outcome")]
    lift: bool,
    #[command(flatten)]
    reason: Reason,
}

/// A client of the service, and the context it works in.
///
/// # Errors
/// A [`Failure`] when there is no context, or the broker is not reached.
pub(crate) async fn connected(
    session: &mut Session<'_>,
) -> Result<(Context, PolicyServiceClient<Channel>), Failure> {
    let context = session.context()?;
    let channel = connect::channel(&context).await?;
    Ok((context, PolicyServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER)))
}

/// Does it, and says under which entry it stands.
///
/// # Errors
/// A [`Failure`] when a folder cannot be read, or the broker is not reached or refuses.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    match args {
        Args::Propose(args) => propose(args, session).await,
        Args::Approve(args) => approve(args, session).await,
        Args::Reject(args) => answer(args, "rejected", session).await,
        Args::TakeBack(args) => answer(args, "taken_back", session).await,
        Args::Activate(args) => activate(args, session).await,
        Args::Rollback(args) => rollback(args, session).await,
        Args::Suspend(args) => suspend(args, session).await,
        Args::Review(args) => review(args, session).await,
    }
}

async fn propose(args: &Propose, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let files = folder::read(&args.folder)?;
    let files = files.into_iter().map(|(path, content)| v1::PolicyFile { path, content }).collect();
    let (context, mut client) = connected(session).await?;
    // who only looks need not say why
    let reason = args.reason.clone().unwrap_or_else(|| "a look".to_owned());
    let request = v1::ProposeRequest { files, reason, only_look: args.look };
    let reply = client.propose(request).await.map_err(failed(&context))?.into_inner();
    let next = if args.look {
        "nothing was proposed; this is what would change:\n".to_owned()
    } else {
        format!(
            "proposed as entry {0}; nothing is in force yet: somebody else looks at it with `concordat policy show {0} \
         --out FOLDER` and says `concordat policy approve {0} --reason TEXT`\n",
            reply.index
        )
    };
    session.printer.answer(&examined("policy-propose", &reply, &next))?;
    Ok(Exit::Ok)
}

/// What a change comes to, for people and for programs.
fn examined(command: &'static str, reply: &v1::ExaminedReply, first: &str) -> Answer {
    let mut human = first.to_owned();
    human.push_str(&reply.changes);
    if !reply.changes.is_empty() && !reply.changes.ends_with('\n') {
        human.push('\n');
    }
    if !reply.other_files.is_empty() {
        human.push_str(&format!("other files that change: {}\n", reply.other_files.join(", ")));
    }
    human.push_str(&of_the_log(reply));
    for warning in &reply.warnings {
        human.push_str(&format!("warning: {warning}\n"));
    }
    let mut changed = Sheet::new(&["agency", "asked", "owner", "was", "now", "count", "last"]);
    for one in &reply.changed {
        changed.row([
            text(&one.agency),
            text(&one.asked),
            text(&one.owner),
            text(&one.was),
            text(&one.now),
            one.count.into(),
            one.last.into(),
        ]);
    }
    Answer::new(command)
        .fact("index", reply.index)
        .fact("widens", reply.widens)
        .fact("changes", text(&reply.changes))
        .fact("other_files", texts(&reply.other_files))
        .fact("warnings", texts(&reply.warnings))
        .fact("decisions", reply.decisions)
        .fact("days", reply.days)
        .list("changed", changed)
        .human(human)
}

/// Which decisions of the log would come out otherwise, in words.
fn of_the_log(reply: &v1::ExaminedReply) -> String {
    if reply.days == 0 || reply.decisions == 0 {
        return String::new();
    }
    if reply.changed.is_empty() {
        return format!(
            "none of the {} decisions of the last {} days would come out otherwise\n",
            reply.decisions, reply.days
        );
    }
    let mut text = format!(
        "of {} decisions of the last {} days these would come out otherwise:\n",
        reply.decisions, reply.days
    );
    for one in &reply.changed {
        let owner = if one.owner.is_empty() { String::new() } else { format!(" of {}", one.owner) };
        text.push_str(&format!(
            "  {} times, last in entry {}: {} asks to {}{owner}: {}, and would be {}\n",
            one.count, one.last, one.agency, one.asked, one.was, one.now
        ));
    }
    text
}

async fn approve(args: &Approve, session: &mut Session<'_>) -> Result<Exit, Failure> {
    if let Some(reason) = args.reason.clone().filter(|_| !args.look) {
        let reason = Reason { reason };
        return answer(&Answered { proposal: args.proposal, reason }, "approved", session).await;
    }
    let (context, mut client) = connected(session).await?;
    // who only looks need not say why
    let (answer, reason) = ("approved".to_owned(), "a look".to_owned());
    let request = v1::AnswerProposalRequest { proposal: args.proposal, answer, reason, only_look: true };
    let reply = client.answer(request).await.map_err(failed(&context))?.into_inner();
    let first = format!("nothing was approved; this is what proposal {} would change:\n", args.proposal);
    let change = reply.examined.unwrap_or_default();
    let answer = examined("policy-answer", &change, &first).fact("proposal", args.proposal);
    session.printer.answer(&answer.fact("answer", text("")))?;
    Ok(Exit::Ok)
}

async fn answer(args: &Answered, word: &str, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let request = v1::AnswerProposalRequest {
        proposal: args.proposal,
        answer: word.to_owned(),
        reason: args.reason.reason.clone(),
        only_look: false,
    };
    let reply = client.answer(request).await.map_err(failed(&context))?.into_inner();
    let first =
        format!("proposal {} {}, recorded as entry {}\n", args.proposal, word.replace('_', " "), reply.index);
    let answer = match &reply.examined {
        Some(change) => {
            let next = format!(
                "{first}it comes into force with `concordat policy activate {}`, and changes:\n",
                args.proposal
            );
            examined("policy-answer", change, &next)
        }
        None => Answer::new("policy-answer").fact("index", reply.index).human(first),
    };
    session.printer.answer(&answer.fact("proposal", args.proposal).fact("answer", word))?;
    Ok(Exit::Ok)
}

async fn activate(args: &Activate, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let at = args.at.map(|at| at.to_string()).unwrap_or_default();
    let request = v1::ActivateRequest { proposal: args.proposal, at };
    let reply = client.activate(request).await.map_err(failed(&context))?.into_inner();
    let human = if reply.at.is_empty() {
        format!("proposal {} is in force, recorded as entry {}\n", args.proposal, reply.index)
    } else {
        format!(
            "proposal {} comes into force at {}, recorded as entry {}\n",
            args.proposal, reply.at, reply.index
        )
    };
    let answer = Answer::new("policy-activate")
        .fact("proposal", args.proposal)
        .fact("index", reply.index)
        .fact("at", text(&reply.at))
        .human(human);
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}

async fn rollback(args: &Reason, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let request = v1::RollBackRequest { reason: args.reason.clone() };
    let reply = client.roll_back(request).await.map_err(failed(&context))?.into_inner();
    let first = format!(
        "the policies of before are in force again, recorded as entry {0}; somebody else reviews it with \
         `concordat policy review {0} --stands --reason TEXT`\n",
        reply.index
    );
    session.printer.answer(&examined("policy-rollback", &reply, &first))?;
    Ok(Exit::Ok)
}

async fn suspend(args: &Suspend, session: &mut Session<'_>) -> Result<Exit, Failure> {
    use v1::suspend_request::Subject;
    let agency = args.agency.as_ref().map(|id| Subject::Agency(id.to_string()));
    let principal = args.principal.as_ref().map(|id| Subject::Principal(id.to_string()));
    let rtype = args.rtype.as_ref().map(|id| Subject::ReturnType(id.to_string()));
    let (context, mut client) = connected(session).await?;
    let subject = agency.or(principal).or(rtype);
    let request = v1::SuspendRequest { subject, reason: args.reason.reason.clone() };
    let reply = client.suspend(request).await.map_err(failed(&context))?.into_inner();
    let human = format!(
        "suspended from now on, recorded as entry {0}; somebody else reviews it with `concordat policy review {0} \
         --stands` (or `--lift`) `--reason TEXT`\n",
        reply.index
    );
    session.printer.answer(&Answer::new("policy-suspend").fact("index", reply.index).human(human))?;
    Ok(Exit::Ok)
}

async fn review(args: &Review, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let request =
        v1::ReviewRequest { of: args.index, stands: args.stands, reason: args.reason.reason.clone() };
    let reply = client.review(request).await.map_err(failed(&context))?.into_inner();
    let outcome = if args.stands { "it stands" } else { "it does not stand" };
    let human = format!("reviewed entry {}: {outcome}, recorded as entry {}\n", args.index, reply.index);
    let answer = Answer::new("policy-review")
        .fact("of", args.index)
        .fact("stands", args.stands)
        .fact("index", reply.index)
        .human(human);
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}
