//! `concordat policy`: the partnership's sharing arrangement.

pub mod cases;
pub mod diff;
pub mod generate;
pub mod govern;
pub mod lint;
pub mod matrix;
pub mod standing;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

/// Arguments of `policy`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Write the rules that a policies folder's agreements give into its rules.csv; no broker is asked
    Generate(generate::Args),
    /// What is wrong with a policies folder, and what is worth a look; no broker is asked
    Lint(lint::Args),
    /// Run the golden decisions of a policies folder, and see that every rule has one
    Test(cases::Args),
    /// Who may do what by a policies folder, worked out from its decisions, to be read in review
    Matrix(matrix::Args),
    /// What differs between two policies folders, and who gains and who loses access to what
    Diff(diff::Args),
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
        Args::Generate(args) => generate::run(args, session),
        Args::Lint(args) => lint::run(args, session),
        Args::Test(args) => cases::run(args, session),
        Args::Matrix(args) => matrix::run(args, session),
        Args::Diff(args) => diff::run(args, session),
        Args::Status => standing::status(session).await,
        Args::Show(args) => standing::show(args, session).await,
        Args::Govern(args) => govern::run(args, session).await,
    }
}
