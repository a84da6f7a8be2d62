//! What a client that checks nothing would send: to see the broker itself refuse.

use concordat_cli::contexts::Contexts;
use concordat_cli::failure::Failure;
use concordat_cli::submitter::{self, Outgoing};
use concordat_cli::{definitions, file};
use concordat_core::clock::{Clock, MachineClock};
use concordat_core::submission::{Covers, Identity};

use super::claim::{Broken, Held, there};
use super::person::Person;
use super::sending::fresh_key;

/// Declares a nil of a type for a period, without asking the catalogue whether there is one; gives how the
/// broker refuses it.
///
/// # Errors
/// [`Broken`] when it is not refused, or could not be sent at all.
pub fn nil(desk: &Person, return_type: &str, period: &str) -> Held<Failure> {
    let failed = |e: Failure| Broken::failed("declaring a nil unchecked", e);
    let bad = |e: &dyn std::fmt::Display| Broken::failed("declaring a nil unchecked", e);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| bad(&e))?;
    let context = there("the context of the desk", Contexts::under(&desk.home).find(None).map_err(failed)?)?;
    let period = period.parse().map_err(|e| bad(&e))?;
    let subject = file::Subject {
        return_type: return_type.parse().map_err(|e| bad(&e))?,
        period: Some(period),
        areas: Vec::new(),
        sheet: None,
    };
    let of = file::type_of(
        &definitions::offline(Some(&context)).map_err(failed)?.catalogue,
        &subject,
        MachineClock.now(),
    );
    let of = of.map_err(failed)?;
    let outgoing = Outgoing {
        identity: Identity {
            agency: context.facts.principal.agency.clone(),
            return_type: of.id.clone(),
            areas: context.facts.areas.clone(),
            covers: Covers::Period(period),
            part: None,
        },
        key: fresh_key()?,
        purpose: of.purpose.clone(),
        type_digest: of.digest,
        nil: true,
        replaces: None,
        explanations: Vec::new(),
        all_or_nothing: false,
        tables: Vec::new(),
    };
    let sent = runtime.block_on(submitter::send(&context, &outgoing.into_request()));
    match sent.outcome {
        Err(failure) => Ok(failure),
        Ok(_) => {
            Err(Broken::claim(format!("a nil of {return_type} is refused"), "a refusal", "an acceptance"))
        }
    }
}
