//! `concordat whoami`: who the caller is to the broker, and whom it may meet.

use concordat_core::ids::AreaCode;
use concordat_proto::v1;
use concordat_proto::v1::directory_service_client::DirectoryServiceClient;
use serde_json::Value;

use crate::answer::{Answer, Sheet, text, texts};
use crate::connect;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Session, failed};

/// Asks the broker and shows its answer.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses.
pub async fn run(session: &mut Session<'_>) -> Result<Exit, Failure> {
    let mut context = session.context()?;
    let reply = ask(&mut context).await?;
    let mut sheet = Sheet::new(&["agency", "name", "kind", "areas"]);
    for agency in &reply.agencies {
        sheet.row([
            Value::from(agency.id.as_str()),
            Value::from(agency.name.as_str()),
            Value::from(agency.kind.as_str()),
            texts(&agency.areas),
        ]);
    }
    let answer = Answer::new("whoami")
        .fact("partnership", reply.partnership)
        .fact("partnership_name", text(&reply.partnership_name))
        .fact("agency", reply.agency)
        .fact("agency_name", text(&reply.agency_name))
        .fact("principal", reply.principal)
        .fact("kind", reply.kind)
        .fact("roles", texts(&reply.roles))
        .fact("areas", texts(&reply.areas))
        .fact("until", text(&reply.until))
        .fact("now", text(&reply.now))
        .fact("demo_clock", reply.demo_clock)
        .list("agencies", sheet);
    session.printer.answer(&answer)?;
    session.tell_demo_clock(reply.demo_clock);
    Ok(Exit::Ok)
}

/// Asks the broker who the caller is, and keeps the agency's areas in the context.
///
/// # Errors
/// A [`Failure`] when the broker is not reached or refuses.
pub async fn ask(context: &mut Context) -> Result<v1::WhoAmIReply, Failure> {
    let channel = connect::channel(context).await?;
    let mut client = DirectoryServiceClient::new(channel);
    let reply = client.who_am_i(v1::WhoAmIRequest {}).await.map_err(failed(context))?.into_inner();
    let own = reply.agencies.iter().find(|agency| agency.id == reply.agency);
    let areas = own.map_or(&reply.areas, |agency| &agency.areas);
    let mut areas: Vec<AreaCode> = areas.iter().filter_map(|area| area.parse().ok()).collect();
    areas.sort();
    areas.dedup();
    context.keep_areas(areas)?;
    Ok(reply)
}
