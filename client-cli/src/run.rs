//! One run: from arguments to an exit code.

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::args::{Cli, Command};
use crate::commands::{
    audit, can_i, completions, context, enrol, explain, inbox, missing, policy, receipt, status, submit,
    template, types, validate, whoami, withdraw,
};
use crate::contexts::Contexts;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::{Format, Printer};
use crate::session::Session;

/// Runs a command as a user types it; the first argument is the program's name. Gives the exit code.
pub async fn run(args: impl IntoIterator<Item = OsString>, desk: &mut Desk) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(why) => return help_or_usage(&why, desk),
    };
    let colour = desk.stderr_is_terminal && !desk.no_colour;
    let width = desk.width.filter(|_| desk.stdout_is_terminal);
    let printer = Printer::new(&mut *desk.stdout, &mut *desk.stderr, cli.output, cli.quiet)
        .colour(colour)
        .live(desk.stderr_is_terminal)
        .width(width);
    let mut session = Session {
        printer,
        stdin: &mut *desk.stdin,
        contexts: Contexts::under(&desk.home),
        clock: desk.clock.clone(),
        asked: cli.context.or_else(|| desk.context.clone()),
        stdout_is_terminal: desk.stdout_is_terminal,
    };
    if cli.output == Format::Xlsx && !matches!(cli.command, Command::Template(_)) {
        let failure = Failure::usage("only `template` writes a workbook to the standard output")
            .hint("use -o table, json, jsonl or csv; `validate --report FILE.xlsx` writes a marked copy");
        session.printer.fail(&failure);
        return failure.exit.code();
    }
    match obey(cli.command, &mut session).await {
        Ok(exit) => exit.code(),
        Err(failure) => {
            session.printer.fail(&failure);
            failure.exit.code()
        }
    }
}

async fn obey(command: Command, session: &mut Session<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Enrol(args) => enrol::run(&args, session).await,
        Command::Context(args) => context::run(&args, session),
        Command::Types(args) => types::run(&args, session).await,
        Command::Template(args) => template::run(&args, session),
        Command::Validate(args) => validate::run(&args, session),
        Command::Submit(args) => submit::run(&args, session).await,
        Command::Withdraw(args) => withdraw::run(&args, session).await,
        Command::Status(args) => status::run(&args, session).await,
        Command::Receipt(args) => receipt::run(&args, session).await,
        Command::Missing(args) => missing::run(&args, session).await,
        Command::Inbox(args) => inbox::run(&args, session).await,
        Command::Audit(args) => audit::run(&args, session).await,
        Command::Policy(args) => policy::run(&args, session).await,
        Command::CanI(args) => can_i::run(&args, session).await,
        Command::Explain(args) => explain::run(&args, session).await,
        Command::Whoami => whoami::run(session).await,
        Command::Completions(args) => completions::run(&args, session),
    }
}

/// Help and version were asked for, so they are data; anything else is a wrong command line.
fn help_or_usage(why: &clap::Error, desk: &mut Desk) -> u8 {
    let asked = matches!(why.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let text = why.render();
    let (terminal, exit) =
        if asked { (desk.stdout_is_terminal, Exit::Ok) } else { (desk.stderr_is_terminal, Exit::Usage) };
    let text = if terminal && !desk.no_colour { text.ansi().to_string() } else { text.to_string() };
    desk.tell(&text, exit)
}

#[cfg(test)]
mod paper;
#[cfg(test)]
mod tests;
