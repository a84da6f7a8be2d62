//! `concordat template`: an empty file of a return type.

use std::path::{Path, PathBuf};

use concordat_catalogue::ReturnType;
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
    /// Write to this file, which must not be there yet; otherwise to the standard output. For a return of several
    /// tables a folder, or a file that ends with .zip or .xlsx
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the template.
///
/// # Errors
/// A [`Failure`] when there is no such type, the file is there already, or it cannot be written.
pub fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
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
    let out = args.out.as_deref();
    match form(session.printer.format(), out, of)? {
        Form::Text => one(template::csv(of)?, out, session),
        Form::Xml => one(template::xml(of)?, out, session),
        Form::Workbook => {
            needs_a_file(out, session, "a workbook", "FILE.xlsx")?;
            if of.is_xml() {
                session.printer.say(&format!(
                    "a return of `{}` is one XML file, as the system writes it: this workbook only says what its elements hold, and cannot be sent",
                    of.id
                ));
            }
            one(template::workbook(of)?, out, session)
        }
        Form::Zip => {
            needs_a_file(out, session, "a ZIP of several files", "FOLDER or --out FILE.zip")?;
            one(template::zip(&template::files(of)?)?, out, session)
        }
        Form::Folder(folder) => {
            if folder.exists() {
                return Err(there_already(folder));
            }
            private::folder(folder)?;
            let files = template::files(of)?;
            for (name, bytes) in &files {
                new_file(&folder.join(name), bytes)?;
            }
            session.printer.say(&format!("{} files written to `{}`", files.len(), folder.display()));
            Ok(Exit::Ok)
        }
    }
}

/// What is written.
enum Form<'p> {
    /// The headings of one table.
    Text,
    /// The files of several tables as one.
    Zip,
    /// The files of several tables, in a folder of their own.
    Folder(&'p Path),
    /// An XML message.
    Xml,
    /// A workbook.
    Workbook,
}

/// The format that was named, or else what the file's ending says, or else what the type is sent as.
fn form<'p>(format: Format, out: Option<&'p Path>, of: &ReturnType) -> Result<Form<'p>, Failure> {
    let ends = |ending: &str| {
        out.and_then(Path::extension).is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
    };
    let id = &of.id;
    match format {
        Format::Json | Format::Jsonl => {
            return Err(Failure::usage("a template is CSV or a workbook").hint("use -o csv or -o xlsx"));
        }
        Format::Xlsx => return Ok(Form::Workbook),
        Format::Table if ends("xlsx") => return Ok(Form::Workbook),
        Format::Csv if of.is_xml() => {
            return Err(Failure::usage(format!(
                "a return of `{id}` is one XML file, as the system writes it, and never CSV"
            ))
            .hint("leave out -o for an empty message, or use -o xlsx for a dictionary of its elements"));
        }
        Format::Table | Format::Csv => {}
    }
    match out {
        _ if of.is_xml() => Ok(Form::Xml),
        _ if !of.has_several_tables() => Ok(Form::Text),
        Some(_) if ends("csv") || ends("xlsx") => {
            Err(Failure::usage(format!("a return of `{id}` is several CSV files"))
                .hint("name a folder that is not there yet, or a file that ends with .zip; or use -o xlsx"))
        }
        Some(folder) if !ends("zip") => Ok(Form::Folder(folder)),
        _ => Ok(Form::Zip),
    }
}

fn needs_a_file(out: Option<&Path>, session: &Session<'_>, what: &str, add: &str) -> Result<(), Failure> {
    if out.is_none() && session.stdout_is_terminal {
        return Err(
            Failure::usage(format!("{what} cannot be shown on a terminal")).hint(format!("add --out {add}"))
        );
    }
    Ok(())
}

fn one(bytes: Vec<u8>, out: Option<&Path>, session: &mut Session<'_>) -> Result<Exit, Failure> {
    match out {
        None => session.printer.data(&bytes)?,
        Some(path) => {
            new_file(path, &bytes)?;
            session.printer.say(&format!("written to `{}`", path.display()));
        }
    }
    Ok(Exit::Ok)
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
