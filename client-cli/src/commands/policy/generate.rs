//! `concordat policy generate`: the rules that the agreements of a policies folder give, written into it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::answer::Answer;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folder;
use crate::policies::{self, Policies};
use crate::session::Session;

const RULES: &str = "rules.csv";

/// Arguments of `policy generate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The policies folder
    folder: PathBuf,
}

/// Makes `rules.csv` from the agreements and the rows by hand, and says how many rows came and went.
///
/// # Errors
/// A [`Failure`] when the folder cannot be read, what the rules are made from is wrong, or the file cannot be written.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let files = folder::read(&args.folder)?;
    let made = Policies::rules(&files).map_err(|wrong| policies::refused(&args.folder, &wrong))?;
    let held = files.iter().find(|(path, _)| path == RULES);
    let held = held.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (held.lines().collect(), made.lines().collect());
    let (came, went) = (new.difference(&old).count(), old.difference(&new).count());
    let is_current = held == made;
    if !is_current {
        let path = args.folder.join(RULES);
        fs::write(&path, &made).map_err(|why| Failure::unwritable(&path, &why))?;
    }
    let human = if is_current {
        "rules.csv is what the agreements give; nothing was written\n".to_owned()
    } else {
        format!(
            "written: `{RULES}`, {} rows; {came} lines came, {went} went\n\
             next: a case in cases/ for every new row, then `concordat policy test` and `matrix --write`\n",
            made.lines().count().saturating_sub(1)
        )
    };
    let answer = Answer::new("policy-generate")
        .fact("rows", made.lines().count().saturating_sub(1))
        .fact("came", came)
        .fact("went", went)
        .fact("written", !is_current)
        .human(human);
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}
