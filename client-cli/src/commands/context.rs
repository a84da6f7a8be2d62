//! `concordat context`: which enrolments there are, and which is current.

use serde_json::Value;

use crate::answer::{Answer, Sheet, texts};
use crate::context::{Context, Expiry};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Session, not_enrolled};

/// Arguments of `context`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// List all contexts
    List,
    /// Make a context the current one
    Use {
        /// Its name
        name: String,
    },
    /// Show the context in use; exit code 4 when its certificate has ended
    Show,
}

/// Lists, chooses or shows.
///
/// # Errors
/// A [`Failure`] when a context does not exist or is damaged.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    match args {
        Args::List => list(session),
        Args::Use { name } => {
            session.contexts.choose(name)?;
            session.printer.say(&format!("context `{name}` is now the current one"));
            Ok(Exit::Ok)
        }
        Args::Show => show(session),
    }
}

fn list(session: &mut Session<'_>) -> Result<Exit, Failure> {
    let current = session.contexts.find(session.asked.as_deref()).ok().flatten().map(|context| context.name);
    let mut sheet =
        Sheet::new(&["name", "current", "agency", "principal", "broker", "certificate_until", "state"]);
    for name in session.contexts.names()? {
        let is_current = Value::from(current.as_deref() == Some(name.as_str()));
        match session.contexts.open(&name) {
            Ok(context) => sheet.row([
                Value::from(name),
                is_current,
                Value::from(context.facts.principal.agency.as_str()),
                Value::from(context.facts.principal.name.as_str()),
                Value::from(context.facts.broker.as_str()),
                Value::from(context.not_after.to_string()),
                Value::from(state(&context, session)),
            ]),
            // one damaged context must not hide the others
            Err(failure) => {
                session.printer.warn(&failure.what);
                let none = Value::Null;
                let damaged = Value::from("damaged");
                sheet.row([
                    Value::from(name),
                    is_current,
                    none.clone(),
                    none.clone(),
                    none.clone(),
                    none,
                    damaged,
                ]);
            }
        }
    }
    session.printer.answer(&Answer::new("context-list").list("contexts", sheet))?;
    Ok(Exit::Ok)
}

fn show(session: &mut Session<'_>) -> Result<Exit, Failure> {
    let context = session.context_if_any()?.ok_or_else(not_enrolled)?;
    let answer = Answer::new("context")
        .fact("name", context.name.as_str())
        .fact("partnership", context.facts.partnership.as_str())
        .fact("agency", context.facts.principal.agency.as_str())
        .fact("principal", context.facts.principal.name.as_str())
        .fact("roles", texts(&context.facts.roles))
        .fact("areas", texts(&context.facts.areas))
        .fact("broker", context.facts.broker.as_str())
        .fact("certificate_until", context.not_after.to_string())
        .fact("state", state(&context, session))
        .fact("log_key", context.log_key.to_string())
        .fact("folder", context.folder.display().to_string());
    session.printer.answer(&answer)?;
    session.warn_of_expiry(&context);
    context.must_hold(session.now())?;
    Ok(Exit::Ok)
}

fn state(context: &Context, session: &Session<'_>) -> &'static str {
    match context.expiry(session.now()) {
        Expiry::Far => "valid",
        Expiry::Near(_) => "ends soon",
        Expiry::Ended => "ended",
    }
}
