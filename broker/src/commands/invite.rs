//! `invite`: the single-use token with which a principal enrols.
//!
//! The token is this command's data: it goes to standard output, alone on its line, or into a file of mode
//! 0600 with `--token-file`. All talk goes to standard error, so that a pipe carries the token and nothing
//! else. No command takes a token as an argument.

use std::path::Path;

use crate::addresses::Addresses;
use crate::admin::client;
use crate::admin::protocol::{Reply, Request};
use crate::args::InviteArgs;
use crate::ca::Authority;
use crate::config::Config;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;
use crate::private;

/// Invites a principal, through the running broker or under the directory's lock.
///
/// # Errors
/// [`Failure`] when the agency, a role or an area does not fit, the token file exists, or the log cannot be
/// written.
pub async fn run(args: InviteArgs, printer: Printer) -> Result<Exit, Failure> {
    let config = Config::of_directory(&args.dir)?;
    if let Some(path) = &args.token_file
        && path.exists()
    {
        let text = format!("the token file `{}` exists already; name a new one", path.display());
        return Err(Failure::new(text));
    }
    let authority = Authority::open(&config.authority, &config.partnership)
        .map_err(|e| Failure::of("reading the authority", &e))?;
    let (principal, roles, areas, until) = (args.principal.clone(), args.roles, args.areas, args.until);
    let reply = client::ask(&config, Request::Invite { principal, roles, areas, until }).await?;
    let Reply::Invited { token, until, index } = reply else {
        return Err(Failure::new(
            "the broker answered something else than was asked; are both of one version?",
        ));
    };
    match &args.token_file {
        Some(path) => {
            private::write_new(path, format!("{}\n", token.expose()).as_bytes())
                .map_err(|e| Failure::of("the invitation stands, but its token is lost; invite again", &e))?;
        }
        None => printer.data(token.expose()),
    }
    let enrolment = config.announced(enrolment_port(&config));
    let file = args.token_file.as_deref().unwrap_or(Path::new("TOKEN_FILE"));
    let until = until.strftime("%Y-%m-%d %H:%M UTC");
    printer.say(&format!(
        "invited {} (entry {index}); the token may be used once, until {until}\n\
         authority {}\n\
         hand the token over in person or by another secure way, with this command:\n\
         \n  concordat enrol --broker {enrolment} --fingerprint {} --token-file {}\n",
        args.principal,
        authority.fingerprint(),
        authority.fingerprint(),
        file.display()
    ));
    Ok(Exit::Ok)
}

/// The port that is being served, or the one that will be.
fn enrolment_port(config: &Config) -> u16 {
    match Addresses::read(&config.addresses()) {
        Ok(Some(addresses)) => addresses.enrolment.port(),
        _ => config.enrolment.port(),
    }
}
