//! `concordat can-i`: whether one may do something today, and if not, why, what to do and whom to ask.

use concordat_core::decision::Act;
use concordat_core::ids::{AgencyId, AreaCode, PurposeId, ReturnTypeId};
use concordat_proto::v1;
use serde_json::Value;

use super::policy::govern::connected;
use crate::answer::{Answer, Sheet, text, texts};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Session, failed};

/// Arguments of `can-i`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What: submit, declare-nil, read, list, completeness, audit-read, policy-propose, policy-approve or suspend
    #[arg(value_parser = act)]
    act: Act,
    /// With returns of this type
    #[arg(long = "type", value_name = "TYPE")]
    rtype: Option<ReturnTypeId>,
    /// Of this agency; of every one that sends such, where left out
    #[arg(long, value_name = "AGENCY")]
    owner: Option<AgencyId>,
    /// About this area; may be repeated; about all of the agency's, where left out
    #[arg(long = "area", value_name = "CODE")]
    areas: Vec<AreaCode>,
    /// For this purpose; for the type's own, where left out
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<PurposeId>,
}

/// Asks the broker. Ends with 0 when something of it is allowed, otherwise with 5.
///
/// # Errors
/// A [`Failure`] when the broker is not reached, or does not know what is asked about.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let (context, mut client) = connected(session).await?;
    let request = v1::CanIRequest {
        act: args.act.as_str().to_owned(),
        return_type: args.rtype.as_ref().map(ToString::to_string).unwrap_or_default(),
        owner: args.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
        areas: args.areas.iter().map(ToString::to_string).collect(),
        purpose: args.purpose.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    let reply = client.can_i(request).await.map_err(failed(&context))?.into_inner();
    let mut sheet = Sheet::new(&[
        "owner",
        "areas",
        "purpose",
        "allowed",
        "reason",
        "what_to_do",
        "agreements",
        "profiles",
    ])
    .aside(&["nearest", "failed", "rules"]);
    for may in &reply.answers {
        let advice = match may.purposes.as_slice() {
            [] => may.advice.clone(),
            purposes => format!("name one of {}", purposes.join(", ")),
        };
        let near = may.near.clone().unwrap_or_default();
        sheet.row([
            text(&may.owner),
            texts(&may.areas),
            text(&may.purpose),
            Value::from(may.allowed),
            text(&may.reason),
            text(&advice),
            texts(&may.agreements),
            texts(&may.profiles),
            text(&near.nearest),
            texts(&near.failed),
            texts(&near.rules),
        ]);
    }
    let allowed = reply.answers.iter().any(|may| may.allowed);
    let answer =
        Answer::new("can-i").fact("act", args.act.as_str()).fact("allowed", allowed).list("answers", sheet);
    session.printer.answer(&answer)?;
    if !allowed && args.rtype.is_none() && matches!(args.act, Act::Submit | Act::DeclareNil | Act::Read) {
        session.printer.say("nobody does this without a return type: name one with --type");
    }
    Ok(if allowed { Exit::Ok } else { Exit::Denied })
}

fn act(word: &str) -> Result<Act, String> {
    Act::ALL
        .into_iter()
        .find(|act| act.as_str() == word)
        .ok_or_else(|| format!("use one of {}", Act::ALL.map(Act::as_str).join(", ")))
}
