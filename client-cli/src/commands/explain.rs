//! `concordat explain`: why a decision of the log came out as it did.

use concordat_proto::v1;

use super::policy::govern::connected;
use crate::answer::{Answer, text, texts};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Session, failed};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of the decision: a refusal names it, and `audit search` lists it as its index
    decision: u64,
}

/// Asks the broker, which explains a decision to who asked for it, and to auditors.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let request = v1::ExplainRequest { index: args.decision };
    let reply = client.explain(request).await.map_err(failed(&context))?.into_inner();
    let mut answer =
        Answer::new("explain").fact("decision", reply.index).fact("recorded_at", reply.recorded_at.as_str());
    let mut human = format!("decision {} of {}\n", reply.index, reply.recorded_at);
    if let Some(of) = &reply.decision {
        answer = told(answer, of);
        human.push_str(&in_words(of));
    } else {
        human.push_str("not permitted, or there is no such record: which of the two is not told\n");
    }
    if let Some(near) = &reply.near {
        answer = answer
            .fact("rules", texts(&near.rules))
            .fact("nearest", text(&near.nearest))
            .fact("row", texts(&near.cells))
            .fact("failed", texts(&near.failed));
        human.push_str(&nearest(near));
    }
    session.printer.answer(&answer.human(human))?;
    Ok(Exit::Ok)
}

fn told(answer: Answer, of: &v1::Decision) -> Answer {
    answer
        .fact("allowed", of.allowed)
        .fact("reason", text(&of.reason))
        .fact("what_to_do", text(&of.advice))
        .fact("act", of.act.as_str())
        .fact("agency", of.agency.as_str())
        .fact("principal", text(&of.principal))
        .fact("roles", texts(&of.roles))
        .fact("owner", text(&of.owner))
        .fact("return_type", text(&of.return_type))
        .fact("areas", texts(&of.areas))
        .fact("purpose", text(&of.purpose))
        .fact("facts", texts(&of.facts))
        .fact("day", of.day.as_str())
        .fact("agreements", texts(&of.agreements))
        .fact("profiles", texts(&of.profiles))
        .fact("policy", of.policy.as_str())
}

fn in_words(of: &v1::Decision) -> String {
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    let list = |items: &[String]| or(&items.join(", "), "none");
    let mut lines = vec![
        (
            "asked",
            format!("{} {} of {}", of.act, or(&of.return_type, "(no return)"), or(&of.owner, "nobody")),
        ),
        ("by", format!("{}, roles {}", or(&of.principal, &of.agency), list(&of.roles))),
        ("areas", list(&of.areas)),
        ("purpose", or(&of.purpose, "none named")),
        ("facts", list(&of.facts)),
        ("day", of.day.clone()),
    ];
    if of.allowed {
        lines.push(("answer", "allowed".to_owned()));
        lines.push(("agreements", list(&of.agreements)));
        lines.push(("profiles", list(&of.profiles)));
    } else {
        lines.push(("answer", format!("denied: {}", of.reason)));
        lines.push(("to do", of.advice.clone()));
    }
    lines.iter().map(|(name, value)| format!("{name:<11} {value}\n")).collect()
}

fn nearest(near: &v1::NearMiss) -> String {
    let mut text = String::new();
    if !near.rules.is_empty() {
        text.push_str(&format!("{:<11} {}\n", "rules", near.rules.join(", ")));
    }
    if !near.nearest.is_empty() {
        text.push_str(&format!(
            "{:<11} {}, which failed on {}\n",
            "nearest",
            near.nearest,
            near.failed.join(", ")
        ));
    }
    if !near.cells.is_empty() {
        text.push_str(&format!("{:<11} {}\n", "row", near.cells.join(" ")));
    }
    text
}
