//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use concordat_core::ids::{AreaCode, Digest, PartnershipId, PrincipalId, RoleId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::demo::DemoArgs;

/// The Concordat broker: one partnership's secure, provable exchange of safeguarding returns.
///
/// Exit codes: 0 ok, 1 failure, 2 usage, 8 tampered, 9 rolled back.
#[derive(Debug, Parser)]
#[command(name = "concordat-broker", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the directory of a new broker: settings, certificate authority, keys, log, policies.
    Init(InitArgs),
    /// Serve until stopped (SIGTERM or SIGINT).
    Serve(ServeArgs),
    /// Invite a principal: prints the single-use token with which it enrols.
    Invite(InviteArgs),
    /// Revoke a principal and its roles, or one of its keys.
    Revoke(RevokeArgs),
    /// Move a sample's clock forward.
    Clock(ClockArgs),
    /// Say everything that is wrong with a broker's directory, at once.
    Check(DirArgs),
    /// Verify the whole log offline. Exits with 8 when it was tampered with, 9 when it was rolled back.
    Verify(VerifyArgs),
    /// Make every decision of the log again, under the policies that were in force, and say which does not follow
    /// from them. The broker must be stopped.
    Replay(ReplayArgs),
    /// Delete the projections and make them anew from the log. The broker must be stopped.
    Rebuild(DirArgs),
    /// The head guard.
    #[command(subcommand)]
    Guard(GuardCommand),
    /// The policies in force.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Show the whole exchange on this machine: a sample partnership, its returns, and one that is missing.
    Demo(DemoArgs),
}

/// A broker's directory.
#[derive(Debug, Args)]
pub struct DirArgs {
    /// The broker's directory.
    pub dir: PathBuf,
}

/// The samples that are built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sample {
    /// City & Hackney: 15 agencies, the figures printed for 2022/23, a clock that starts on 3 April 2023.
    CityAndHackney,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The directory to make; it must be empty or not there yet.
    pub dir: PathBuf,
    /// Make a sample: its agencies and obligations, and a clock that can be moved.
    #[arg(long, value_enum, conflicts_with = "name")]
    pub sample: Option<Sample>,
    /// The partnership's id, such as `north-yorkshire`: certificates, receipts and the log name it for ever.
    #[arg(long, value_name = "ID", required_unless_present = "sample")]
    pub name: Option<PartnershipId>,
    /// Where to keep the head guard; it belongs on another volume [default: DIR/guard].
    #[arg(long, value_name = "PATH")]
    pub guard: Option<PathBuf>,
    /// Where the services listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7443")]
    pub services: SocketAddr,
    /// Where enrolment listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7444")]
    pub enrolment: SocketAddr,
    /// A host name or address by which clients call the broker; may be repeated, the first is handed out.
    #[arg(long, value_name = "NAME", default_values = ["localhost", "127.0.0.1"])]
    pub host: Vec<String>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The settings, `concordat.toml` in the directory that `init` made.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Arguments of `invite`.
#[derive(Debug, Args)]
pub struct InviteArgs {
    /// The broker's directory.
    pub dir: PathBuf,
    /// Whom, as AGENCY/NAME.
    #[arg(value_name = "AGENCY/PRINCIPAL")]
    pub principal: PrincipalId,
    /// A role it will hold; may be repeated.
    #[arg(long = "role", required = true)]
    pub roles: Vec<RoleId>,
    /// An area its roles are limited to, by GSS code; may be repeated [default: all of its agency's].
    #[arg(long = "area")]
    pub areas: Vec<AreaCode>,
    /// The last day of its roles [default: no end].
    #[arg(long, value_name = "DATE")]
    pub until: Option<Date>,
    /// Write the token into this new file (mode 0600) instead of printing it.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// Arguments of `revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The broker's directory.
    pub dir: PathBuf,
    /// Whom, as AGENCY/NAME.
    #[arg(value_name = "AGENCY/PRINCIPAL")]
    pub principal: PrincipalId,
    /// Only this key (SHA-256 of its SubjectPublicKeyInfo) [default: all keys, and the roles].
    #[arg(long, value_name = "HEX")]
    pub key: Option<Digest>,
    /// Why: it is recorded.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: String,
}

/// Arguments of `clock`.
#[derive(Debug, Args)]
pub struct ClockArgs {
    /// The broker's directory, of a sample.
    pub dir: PathBuf,
    /// The time to move to, such as `2023-05-03T17:00:00Z`; never back.
    #[arg(long, value_name = "TIMESTAMP")]
    pub to: Timestamp,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The broker's directory.
    pub dir: PathBuf,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The broker's directory.
    pub dir: PathBuf,
    /// Make the decisions of the last days under the policies in this folder instead, and say which would change.
    #[arg(long, value_name = "FOLDER")]
    pub under: Option<PathBuf>,
    /// How many days back, with --under.
    #[arg(long, value_name = "DAYS", default_value_t = 90, requires = "under")]
    pub days: u32,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Commands of `guard`.
#[derive(Debug, Subcommand)]
pub enum GuardCommand {
    /// Accept the log as it lies there and make the head guard anew. What is lost stays lost, and the log
    /// says that this was done. The broker must be stopped.
    Reset(GuardResetArgs),
}

/// Arguments of `guard reset`.
#[derive(Debug, Args)]
pub struct GuardResetArgs {
    /// The broker's directory.
    pub dir: PathBuf,
    /// Why: it is recorded.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: String,
}

/// Commands of `policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Bring the files of the policies folder into force, if nothing is wrong with them. Once one principal may
    /// propose changes and another approve them, only in an emergency: `concordat policy propose` is the way then.
    Load(LoadArgs),
    /// Review what a principal did alone, such as a suspension, where no second principal can any more.
    Review(ReviewArgs),
}

/// Arguments of `policy load`.
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// The broker's directory.
    pub dir: PathBuf,
    /// Load without a second person, and why: it is recorded, and stays open until it is reviewed.
    #[arg(long, value_name = "REASON", value_parser = reason)]
    pub emergency: Option<String>,
}

/// Arguments of `policy review`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("outcome").required(true))]
pub struct ReviewArgs {
    /// The broker's directory.
    pub dir: PathBuf,
    /// The index of the act's entry.
    pub index: u64,
    /// It stands.
    #[arg(long, group = "outcome")]
    pub stands: bool,
    /// It does not stand: a suspension is lifted; policies stay until others are approved.
    #[arg(long, group = "outcome")]
    pub lift: bool,
    /// Why: it is recorded.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: String,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("say why".to_owned()),
        1..=500 if !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => Err("use at most 500 characters on one line".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_directory_is_made_for_a_sample_or_for_a_named_partnership_and_not_for_both() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        assert!(parse("concordat-broker init d --sample city-and-hackney").is_ok());
        assert!(parse("concordat-broker init d --name north").is_ok());
        assert!(parse("concordat-broker init d").is_err());
        assert!(parse("concordat-broker init d --name north --sample city-and-hackney").is_err());
        assert!(parse("concordat-broker init d --name North").is_err());
    }

    #[test]
    fn revoking_without_a_reason_is_a_usage_error() {
        let parse = |reason: &str| {
            Cli::try_parse_from(["concordat-broker", "revoke", "d", "met/desk", "--reason", reason])
        };
        assert!(parse("left").is_ok());
        assert_eq!(parse("  ").unwrap_err().exit_code(), 2);
        assert!(parse("two\nlines").is_err());
        assert!(parse(&"x".repeat(501)).is_err());
    }

    #[test]
    fn inviting_needs_a_role() {
        assert!(Cli::try_parse_from(["concordat-broker", "invite", "d", "met/desk"]).is_err());
    }
}
