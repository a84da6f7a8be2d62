//! The command line: what is common to all commands, and the list of them. Each command's own arguments stand
//! with the command.

use clap::{Parser, Subcommand};

use crate::commands::{
    audit, can_i, completions, context, enrol, explain, inbox, missing, policy, receipt, status, submit,
    template, types, validate, withdraw,
};
use crate::exit::Exit;
use crate::printer::Format;

const GLOBAL: &str = "Options of every command";

/// Sends returns to a safeguarding partnership's broker, collects them, and checks what was recorded.
#[derive(Debug, Parser)]
#[command(
    name = "concordat",
    version,
    arg_required_else_help = true,
    after_help = Exit::table(),
    max_term_width = 100
)]
pub struct Cli {
    /// The context to work in, instead of the current one
    #[arg(long, global = true, value_name = "NAME", help_heading = GLOBAL)]
    pub context: Option<String>,
    /// How data is written: table, json, jsonl or csv (`template`: csv or xlsx); talk goes to the standard error
    /// stream
    #[arg(short, long, global = true, value_enum, default_value = "table", value_name = "FORMAT")]
    #[arg(hide_possible_values = true, help_heading = GLOBAL)]
    pub output: Format,
    /// No talk but warnings and errors
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Trade the operator's token for a certificate, and keep it as a context
    Enrol(enrol::Args),
    /// List, choose or show contexts
    #[command(subcommand)]
    Context(context::Args),
    /// Return types: what is owed, by whom, when, to whom, and why that is lawful
    Types(types::Args),
    /// An empty file of a return type: -o csv (the default), or -o xlsx with a dictionary of its columns
    Template(template::Args),
    /// Check a return's file without sending it
    Validate(validate::Args),
    /// Check a return's file, send it, and keep the receipt
    Submit(Box<submit::Args>),
    /// Take back a return, with every version of it; the log keeps that it was there
    Withdraw(withdraw::Args),
    /// What became of a submission, and who has collected it
    Status(status::Args),
    /// Verify or fetch receipts
    #[command(subcommand)]
    Receipt(receipt::Args),
    /// What is owed and where it stands
    Missing(missing::Args),
    /// What lies in the agency's inbox: list, fetch, acknowledge or reject
    #[command(subcommand)]
    Inbox(inbox::Args),
    /// Search the log, or verify it without trusting the broker
    #[command(subcommand)]
    Audit(audit::Args),
    /// The sharing arrangement: who may do what, checked, compared, proposed, approved, suspended
    #[command(subcommand)]
    Policy(policy::Args),
    /// Whether you may do something today, and if not why, what to do and whom to ask
    CanI(can_i::Args),
    /// Why a decision came out as it did
    Explain(explain::Args),
    /// Who you are to the broker
    Whoami,
    /// Completions for a shell, to be sourced by it
    Completions(completions::Args),
}
