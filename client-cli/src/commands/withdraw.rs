//! `concordat withdraw`: takes back a return that the agency sent.

use concordat_core::withdrawal::WithdrawReason;
use concordat_proto::v1;

use crate::answer::{Answer, texts};
use crate::connect;
use crate::convert::{entry_text, typed_id};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Session, failed};
use crate::submitter;

/// Arguments of `withdraw`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id of the submission in force
    submission: String,
    /// Why: sent_in_error, wrong_period, wrong_area, contains_personal_data or not_ours_to_send
    #[arg(long, value_name = "REASON", value_parser = reason)]
    reason: WithdrawReason,
}

/// Asks the broker to take it back and says what became of it.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let id = typed_id(&args.submission)?;
    let context = session.context()?;
    let mut client = submitter::client(connect::channel(&context).await?);
    let request = v1::WithdrawRequest { submission: id.0.to_vec(), reason: args.reason.as_str().to_owned() };
    let reply = client.withdraw(request).await.map_err(failed(&context))?.into_inner();
    let answer = Answer::new("withdraw")
        .fact("submission", entry_text(&reply.submission))
        .fact("version", reply.version)
        .fact("versions", reply.versions)
        .fact("reason", reply.reason.as_str())
        .fact("index", reply.index)
        .fact("recorded_at", reply.recorded_at.as_str())
        .fact("held_by", texts(&reply.held_by))
        .fact("spared", texts(&reply.spared))
        .fact("content", reply.content.as_str())
        .human(human(&reply));
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}

fn human(reply: &v1::WithdrawReply) -> String {
    let personal = reply.reason == WithdrawReason::ContainsPersonalData.as_str();
    let mut text = format!("withdrawn at index {}: version {}", reply.index, reply.version);
    if reply.versions > 1 {
        text.push_str(&format!(" and {} before it", reply.versions - 1));
    }
    text.push_str(&format!(", {}\n", reply.reason));
    if !reply.held_by.is_empty() {
        text.push_str(&format!(
            "in the hands of {}: their inboxes say that it was withdrawn{}\n",
            reply.held_by.join(", "),
            if personal { "; ask them to delete their copies" } else { "" }
        ));
    }
    if !reply.spared.is_empty() {
        text.push_str(&format!("never collected by {}, who cannot any more\n", reply.spared.join(", ")));
    }
    text.push_str(match reply.content.as_str() {
        "nothing" => "it was a nil: there was no content\n",
        "erased" => "the key of its content is destroyed: nobody can open it again\n",
        "erasing" => "the key of its content is not destroyed yet: the broker tries until it is\n",
        _ if personal => {
            "its content cannot be erased, for a return of figures has no key of its own: it stays sealed in the log \
             and nobody can fetch it; tell your data-protection officer\n"
        }
        _ => "its content stays sealed in the log; nobody can fetch it any more\n",
    });
    text
}

fn reason(word: &str) -> Result<WithdrawReason, String> {
    WithdrawReason::from_word(word).ok_or_else(|| {
        let all: Vec<&str> = WithdrawReason::ALL.iter().map(|reason| reason.as_str()).collect();
        format!("the reasons are {}", all.join(", "))
    })
}
