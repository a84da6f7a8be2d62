//! `concordat template`: an empty file of a return type.

use std::path::{Path, PathBuf};

use concordat_core::ids::ReturnTypeId;
use concordat_core::period::Period;

use crate::definitions;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Format;
use crate::private;
use crate::session::Session;
use crate::template;

/// Arguments of `template`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The return type
    #[arg(value_name = "TYPE")]
    return_type: ReturnTypeId,
    /// The period it is for, where the type has had several versions; otherwise the newest
    #[arg(long)]
    period: Option<Period>,
    /// Write to this file, which must not be there yet; otherwise to the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the template.
///
/// # Errors
/// A [`Failure`] when there is no such type, the file is there already, or it cannot be written.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    let as_workbook = match session.printer.format() {
        Format::Xlsx => true,
        Format::Csv => false,
        // no format was named: the file's ending says which
        Format::Table => args.out.as_deref().is_some_and(is_workbook),
        Format::Json | Format::Jsonl => {
            return Err(Failure::usage("a template is CSV or a workbook").hint("use -o csv or -o xlsx"));
        }
    };
    if as_workbook && args.out.is_none() && session.stdout_is_terminal {
        return Err(Failure::usage("a workbook cannot be shown on a terminal").hint("add --out FILE.xlsx"));
    }
    let context = session.context_if_any()?;
    let in_use = definitions::offline(context.as_ref())?;
    session.printer.say(&format!("from {}", in_use.whence));
    let id = &args.return_type;
    let on = args.period.map(Period::last_day);
    let mut versions = in_use.catalogue.types().iter().filter(|of| of.id == *id);
    let of = match on {
        Some(day) => versions.find(|of| of.in_force(day)),
        None => versions.next_back(),
    };
    let of = of.ok_or_else(|| {
        let when = args.period.map_or_else(String::new, |period| format!(" in force for {period}"));
        Failure::usage(format!("there is no return type `{id}`{when}")).hint("`concordat types` lists them")
    })?;
    let bytes = if as_workbook { template::workbook(of)? } else { template::csv(of)? };
    match &args.out {
        None => session.printer.data(&bytes)?,
        Some(path) => {
            new_file(path, &bytes)?;
            session.printer.say(&format!("written to `{}`", path.display()));
        }
    }
    Ok(Exit::Ok)
}

fn is_workbook(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"))
}

/// Writes a file that must not be there yet, for the user alone.
pub(crate) fn new_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if private::create(path, bytes)? { Ok(()) } else { Err(there_already(path)) }
}

/// A file that is there is not written over.
pub(crate) fn there_already(path: &Path) -> Failure {
    Failure::usage(format!("`{}` is there already and is not written over", path.display()))
        .hint("name another file, or move that one away")
}
