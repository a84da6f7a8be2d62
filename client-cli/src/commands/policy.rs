//! `concordat policy`: the partnership's sharing arrangement.

pub mod govern;
pub mod standing;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Arguments of `policy`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// What is in force since when, and to those who look after policy what is open
    Status,
    /// Write the files of a proposal, or of what is or was in force, into a new folder
    Show(standing::Show),
    /// Acts at the broker
    #[command(flatten)]
    Govern(govern::Args),
}

/// Does what was asked.
///
/// # Errors
/// As each command says.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    match args {
        Args::Status => standing::status(session).await,
        Args::Show(args) => standing::show(args, session).await,
        Args::Govern(args) => govern::run(args, session).await,
    }
}
