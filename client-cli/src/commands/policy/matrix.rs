//! `concordat policy matrix`: who may do what by a policies folder, as a text to be read in review.

use std::fs;
use std::path::PathBuf;

use concordat_core::decision::Act;
use concordat_policy::matrix::{self, Line};
use serde_json::Value;

use crate::answer::{Answer, Sheet};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::policies::Policies;
use crate::session::Session;

/// Arguments of `policy matrix`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The policies folder
    folder: PathBuf,
    /// Write it into the folder, as matrix.txt, to be reviewed with the rules
    #[arg(long)]
    write: bool,
}

/// Works the matrix out and shows or writes it.
///
/// # Errors
/// A [`Failure`] when the folder cannot be read or is refused, or the file cannot be written.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let policies = Policies::read(&args.folder)?;
    let matrix = matrix::matrix(policies.bundle());
    if args.write {
        let path = args.folder.join(matrix::FILE);
        fs::write(&path, matrix.to_string()).map_err(|why| Failure::unwritable(&path, &why))?;
        session.printer.say(&format!("written: `{}`", path.display()));
        return Ok(Exit::Ok);
    }
    let mut sheet = Sheet::new(&[
        "return_type",
        "act",
        "role",
        "agencies",
        "sent",
        "purpose",
        "areas",
        "profile",
        "days",
        "unless",
    ]);
    for line in &matrix.lines {
        sheet.row(cells(line));
    }
    let answer = Answer::new("policy-matrix")
        .fact("partnership", matrix.partnership.as_str())
        .list("lines", sheet)
        .human(matrix.to_string());
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}

fn cells(line: &Line) -> [Value; 10] {
    // what is a dash in the text is nothing in data
    let word = |text: &str| if text == "-" { Value::Null } else { Value::from(text) };
    [
        Value::from(line.return_type.as_ref().map(ToString::to_string)),
        Value::from(Act::as_str(line.act)),
        word(&line.role),
        word(&line.agencies),
        word(&line.owners),
        word(&line.purposes),
        word(&line.areas),
        word(&line.through),
        word(&line.days),
        word(&line.unless),
    ]
}
