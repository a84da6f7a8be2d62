//! `concordat policy status` and `policy show`: what is in force and what is open, and the files of either.

use std::path::{Path, PathBuf};

use concordat_proto::v1;
use serde_json::Value;

use super::govern::connected;
use crate::answer::{Answer, Sheet, text};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;
use crate::session::{Session, failed};

/// Arguments of `policy show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The number of a proposal, or of an entry that brought policies into force; what is in force where left out
    index: Option<u64>,
    /// The folder to write the files to; it must not be there yet
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Shows what is in force, and to who looks after policy what is open.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses.
pub async fn status(session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let reply = client.standing(v1::PolicyStandingRequest {}).await.map_err(failed(&context))?.into_inner();
    let mut sheet = Sheet::new(&["number", "what", "state", "by", "at", "reason"]).aside(&["policy"]);
    for one in &reply.proposals {
        let state = match (one.stale, one.at.as_str()) {
            (true, _) => format!("{}, to be approved again", one.state),
            (false, "") => one.state.clone(),
            (false, at) => format!("{} for {at}", one.state),
        };
        sheet.row([
            Value::from(one.index),
            Value::from("proposal"),
            Value::from(state),
            Value::from(one.by.as_str()),
            Value::from(one.proposed_at.as_str()),
            Value::from(one.reason.as_str()),
            Value::from(one.policy.as_str()),
        ]);
    }
    for one in &reply.alone {
        let state = match (one.reviewed, one.stands) {
            (false, _) => "waits for review".to_owned(),
            (true, true) => format!("stands, says {}", one.reviewed_by),
            (true, false) => format!("does not stand, says {}", one.reviewed_by),
        };
        sheet.row([
            Value::from(one.index),
            Value::from(format!("{} {}", one.act.replace('_', " "), one.subject).trim_end()),
            Value::from(state),
            Value::from(one.by.as_str()),
            Value::from(one.at.as_str()),
            Value::from(one.reason.as_str()),
            Value::Null,
        ]);
    }
    let answer = Answer::new("policy-status")
        .fact("in_force", reply.index)
        .fact("since", reply.since.as_str())
        .fact("by", reply.by.as_str())
        .fact("way", text(&reply.way))
        .fact("reason", text(&reply.reason))
        .fact("policy", reply.policy.as_str())
        .fact("catalogue", reply.catalogue.as_str())
        .fact("four_eyes", reply.governed)
        .fact("open_told", reply.open_told)
        .fact("demo_clock", reply.demo_clock)
        .list("open", sheet);
    session.printer.answer(&answer)?;
    if !reply.open_told {
        session.printer.say("what is open is told to those who look after policy, and to auditors");
    }
    if !reply.governed {
        session.printer.say(
            "policy can still be changed by the operator alone: invite one principal who may propose changes and \
             another who may approve them",
        );
    }
    session.tell_demo_clock(reply.demo_clock);
    Ok(Exit::Ok)
}

/// Writes the files of a proposal, or of what is or was in force, into a new folder.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses, or the folder is there already or cannot be written.
pub async fn show(args: &Show, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let request = v1::PolicyFilesRequest { index: args.index.unwrap_or(0) };
    let reply = client.files(request).await.map_err(failed(&context))?.into_inner();
    let files: Vec<(String, Vec<u8>)> =
        reply.files.into_iter().map(|file| (file.path, file.content)).collect();
    folder::write_new(&args.out, &files)?;
    let answer = Answer::new("policy-show")
        .fact("index", reply.index)
        .fact("policy", reply.policy.as_str())
        .fact("folder", args.out.display().to_string())
        .fact("files", files.len())
        .human(human(reply.index, files.len(), &args.out));
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}

fn human(index: u64, files: usize, out: &Path) -> String {
    format!(
        "{files} files of entry {index} are in `{0}`; `concordat policy diff OTHER {0}` says what differs\n",
        out.display()
    )
}
