//! `concordat missing`: what is owed, by whom, since when, and where it stands.

use clap::ValueEnum;
use concordat_core::ids::{AgencyId, ReturnTypeId};
use concordat_core::obligation::State;
use concordat_proto::v1;
use concordat_proto::v1::obligation_service_client::ObligationServiceClient;
use serde_json::Value;

use crate::answer::{Answer, Sheet, text, texts};
use crate::connect::{self, MAX_ANSWER};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Session, failed};

/// Arguments of `missing`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this agency
    #[arg(long)]
    agency: Option<AgencyId>,
    /// Only this return type
    #[arg(long = "type", value_name = "TYPE")]
    return_type: Option<ReturnTypeId>,
    /// Also what is not yet due
    #[arg(long)]
    all: bool,
    /// End with exit code 6 when there is any of this
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
}

/// What to fail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A return whose deadline has passed and of which nothing is accepted
    Missing,
}

/// Asks the broker and shows the table.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses, or with [`Exit::Findings`] as `--fail-on` asks.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let context = session.context()?;
    let channel = connect::channel(&context).await?;
    let request = v1::MissingRequest {
        agency: args.agency.as_ref().map(ToString::to_string).unwrap_or_default(),
        return_type: args.return_type.as_ref().map(ToString::to_string).unwrap_or_default(),
        with_not_due: args.all,
    };
    let mut client = ObligationServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER);
    let reply = client.missing(request).await.map_err(failed(&context))?.into_inner();
    let missing = reply.rows.iter().filter(|row| is_missing(&row.state)).count();
    session.printer.answer(&answer(&reply, missing))?;
    session.tell_demo_clock(reply.demo_clock);
    if args.fail_on == Some(FailOn::Missing) && missing > 0 {
        let what = match missing {
            1 => "1 return is missing: its deadline has passed".to_owned(),
            _ => format!("{missing} returns are missing: their deadlines have passed"),
        };
        return Err(Failure::new(Exit::Findings, what));
    }
    Ok(Exit::Ok)
}

fn answer(reply: &v1::MissingReply, missing: usize) -> Answer {
    let mut sheet = Sheet::new(&[
        "agency",
        "return_type",
        "areas",
        "period",
        "part",
        "state",
        "due",
        "working_days_late",
        "last_accepted",
        "was_late",
        "unexplained",
        "disagreements",
        "records_refused",
    ]);
    for row in &reply.rows {
        sheet.row([
            Value::from(row.agency.as_str()),
            Value::from(row.return_type.as_str()),
            texts(&row.areas),
            Value::from(row.period.as_str()),
            text(&row.part),
            Value::from(row.state.as_str()),
            text(&row.due),
            Value::from(row.working_days_late),
            text(&row.last_accepted),
            Value::from(row.was_late),
            Value::from(row.unexplained),
            Value::from(row.disagreements),
            Value::from(row.records_refused),
        ]);
    }
    Answer::new("missing")
        .fact("as_at", text(&reply.as_at))
        .fact("missing", missing)
        .fact("demo_clock", reply.demo_clock)
        .list("rows", sheet)
}

fn is_missing(state: &str) -> bool {
    State::ALL.into_iter().any(|known| known.as_str() == state && known.is_missing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_overdue_is_missing() {
        let missing: Vec<&str> =
            State::ALL.into_iter().map(State::as_str).filter(|state| is_missing(state)).collect();
        assert_eq!(missing, ["overdue"]);
        assert!(!is_missing("unheard-of"));
    }

    #[test]
    fn the_demo_clock_is_a_field_of_the_data() {
        let reply = v1::MissingReply { demo_clock: true, ..v1::MissingReply::default() };
        let value = serde_json::to_value(answer(&reply, 0)).unwrap();
        assert_eq!(value["data"]["demo_clock"], true);
    }
}
