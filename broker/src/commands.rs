//! The commands, one file each.

use concordat_core::entry::EntryClass;

use crate::admin::client;
use crate::admin::protocol::{Reply, Request};
use crate::args::{Cli, Command, GuardCommand, PolicyCommand};
use crate::config::{Config, ConfigFault};
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;
use crate::{demo, telemetry};

pub mod check;
pub mod clock;
pub mod guard;
pub mod init;
pub mod invite;
pub mod policy;
pub mod rebuild;
pub mod replay;
pub mod revoke;
pub mod serve;
pub mod verify;

/// Runs the command that was asked for, prints what came of it, and says how the program is to end.
#[must_use]
pub fn run(cli: Cli) -> Exit {
    let printer = Printer;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            printer.error(&format!("the program could not start: {e}"));
            return Exit::Failure;
        }
    };
    let ended = runtime.block_on(dispatch(cli.command, printer));
    ended.unwrap_or_else(|failure| {
        printer.error(&failure.text);
        failure.exit
    })
}

async fn dispatch(command: Command, printer: Printer) -> Result<Exit, Failure> {
    match command {
        Command::Init(args) => init::run(args, printer).await,
        Command::Serve(args) => {
            telemetry::start();
            serve::run(args).await
        }
        Command::Invite(args) => invite::run(args, printer).await,
        Command::Revoke(args) => revoke::run(args, printer).await,
        Command::Clock(args) => clock::run(args, printer).await,
        Command::Check(args) => check::run(args, printer),
        Command::Verify(args) => verify::run(args, printer),
        Command::Replay(args) => replay::run(args, printer).await,
        Command::Rebuild(args) => rebuild::run(args, printer).await,
        Command::Guard(GuardCommand::Reset(args)) => guard::run(args, printer).await,
        Command::Policy(PolicyCommand::Load(args)) => policy::load(args, printer).await,
        Command::Policy(PolicyCommand::Review(args)) => policy::review(args, printer).await,
        Command::Demo(args) => demo::run(args, printer).await,
    }
}

impl From<ConfigFault> for Failure {
    fn from(fault: ConfigFault) -> Self {
        Failure::new(fault.to_string())
    }
}

/// Has a simple act carried out and says under which entry it stands.
async fn act(
    config: &Config,
    request: Request,
    class: EntryClass,
    printer: Printer,
) -> Result<Exit, Failure> {
    match client::ask(config, request).await? {
        Reply::Done { index } => {
            printer.say(&format!("recorded as entry {index} ({})", class.as_str()));
            Ok(Exit::Ok)
        }
        _ => Err(Failure::new("the broker answered something else than was asked; are both of one version?")),
    }
}
