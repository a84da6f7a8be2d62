//! `init`: the directory of a new broker.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand;
use concordat_core::clock::{Clock, MachineClock, OffsetClock};
use concordat_core::entry::{Body, Opened};
use concordat_core::ids::EntryId;
use concordat_seal::FileKek;
use concordat_store::{Appended, Embedded, Proposal, Store};
use jiff::Timestamp;

use crate::args::InitArgs;
use crate::bundle::{self, Files};
use crate::ca::Authority;
use crate::compose::{self, Broker};
use crate::config::{self, Chosen, Config};
use crate::operator;
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;
use crate::private;

/// When business begins in a sample: 3 April 2023, 09:00 in London.
const SAMPLE_BEGINS: &str = "2023-04-03T08:00:00Z";

/// Makes a directory and says what to do next.
///
/// # Errors
/// As [`make`].
pub async fn run(args: InitArgs, printer: Printer) -> Result<Exit, Failure> {
    printer.say(&make(args).await?);
    Ok(Exit::Ok)
}

/// Makes a directory and gives the words for what to do next. A half-made directory is left as it is, to be
/// looked at.
///
/// # Errors
/// [`Failure`] when the directory is not empty, a part of it cannot be made, or the guard's path is taken.
pub async fn make(args: InitArgs) -> Result<String, Failure> {
    let is_sample = args.sample.is_some();
    let partnership = match args.name {
        Some(name) => name,
        None => bundle::SAMPLE.parse().map_err(|e| Failure::of("naming the partnership", &e))?,
    };
    refuse_used(&args.dir)?;
    private::make_dir(&args.dir).map_err(making)?;
    private::check(&args.dir).map_err(making)?;
    let guard = guard_path(args.guard)?;
    let chosen = Chosen {
        partnership: partnership.clone(),
        services: args.services,
        enrolment: args.enrolment,
        names: args.host,
        guard,
    };
    let path = args.dir.join(config::FILE);
    let text = if is_sample { config::written_for_sample(&chosen) } else { config::written(&chosen) };
    private::write_new(&path, text.as_bytes()).map_err(making)?;
    let config = Config::load(&path)?;
    let files = if is_sample { bundle::sample() } else { bundle::first(&partnership) };
    compose::wrong_with(files.clone())?;
    bundle::write(&config.policies, &files).map_err(|e| Failure::of("writing the policies", &e))?;
    if !is_sample {
        let examples = args.dir.join("examples");
        bundle::write(&examples, &bundle::sample()).map_err(|e| Failure::of("writing the examples", &e))?;
    }
    private::make_dir(&config.run).map_err(making)?;
    let now = MachineClock.now();
    let authority = Authority::create(&config.authority, &partnership, now).map_err(certifying)?;
    authority.server(&config.names, now).map_err(certifying)?;
    let log_key = begin_log(&config, files).await?;
    Ok(next_steps(&args.dir, &config, &authority, &log_key))
}

fn making(fault: private::PrivateFault) -> Failure {
    Failure::of("making the directory", &fault)
}

fn certifying(fault: crate::ca::CaFault) -> Failure {
    Failure::of("making the authority", &fault)
}

fn refuse_used(dir: &Path) -> Result<(), Failure> {
    let is_used = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => false,
        Err(e) => return Err(Failure::of(&format!("looking into `{}`", dir.display()), &e)),
    };
    if is_used {
        let text =
            format!("`{}` is not empty; name a directory that is, or that is not there yet", dir.display());
        return Err(Failure::new(text));
    }
    Ok(())
}

/// The guard's path as it is to stand in the settings: whole, because it was typed relative to where the
/// command was given and not to the settings file.
fn guard_path(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let Some(given) = given else { return Ok(PathBuf::from("guard")) };
    let path = std::path::absolute(&given).map_err(|e| Failure::of("reading the guard's path", &e))?;
    if path.exists() {
        let text =
            format!("the guard's path `{}` is taken; name a file that is not there yet", path.display());
        return Err(Failure::new(text));
    }
    Ok(path)
}

/// Makes keys and log, with the entries that say whose it is and which policies are in force; gives the
/// log's public key.
async fn begin_log(config: &Config, files: Files) -> Result<String, Failure> {
    let by = operator::of_this_process().map_err(|e| Failure::of("asking who operates", &e))?;
    FileKek::create(&config.key).map_err(|e| Failure::of("making the key-encryption key", &e))?;
    let clock = OffsetClock::new(Arc::new(MachineClock));
    if config.sample {
        clock.set_offset_us(sample_offset(clock.machine_now())?);
    }
    private::make_dir(&config.store).map_err(making)?;
    let store = Embedded::create(&config.store, compose::options(config, &clock)?)?;
    let opened = Opened {
        partnership: config.partnership.clone(),
        sample: config.sample,
        clock_offset_us: clock.offset_us(),
        by: by.clone(),
    };
    let mut id = [0; 16];
    rand::fill(&mut id).map_err(|_| Failure::new("the system gave no random bytes"))?;
    let first = store.append(vec![Proposal::of(EntryId(id), Body::Opened(opened))]).await;
    let first = first.map_err(|fault| Failure::from_fault("beginning the log", &fault))?;
    if !matches!(first, Appended::Committed(_)) {
        return Err(Failure::new("the log did not begin: its first entry was not recorded"));
    }
    let log_key = store.verifier().to_string();
    let broker = Broker::around(config, store, clock, files.clone())?;
    broker.load(files, &by).await?;
    broker.close().await?;
    Ok(log_key)
}

fn sample_offset(now: Timestamp) -> Result<i64, Failure> {
    let begins: Timestamp =
        SAMPLE_BEGINS.parse().map_err(|e: jiff::Error| Failure::of("setting the clock", &e))?;
    i64::try_from(begins.duration_since(now).as_micros())
        .map_err(|_| Failure::new("setting the clock: the machine's clock is wrong"))
}

fn next_steps(dir: &Path, config: &Config, authority: &Authority, log_key: &str) -> String {
    let dir = dir.display();
    let agency = if config.sample { "metropolitan-police" } else { config.partnership.as_str() };
    let role = if config.sample { "submitter" } else { "auditor" };
    format!(
        "made the broker of {} in {dir}\n\
         authority {}\n\
         log key   {log_key}\n\
         \n\
         next:\n\
         \x20 keep a copy of `{}` elsewhere: without it nothing in the store can be read\n\
         \x20 concordat-broker check {dir}\n\
         \x20 concordat-broker serve --config {}\n\
         \x20 concordat-broker invite {dir} {agency}/desk --role {role} --token-file desk.token",
        config.partnership,
        authority.fingerprint(),
        config.key.display(),
        config.file.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_holds_anything_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(refuse_used(dir.path()).is_ok());
        assert!(refuse_used(&dir.path().join("new")).is_ok());
        fs::write(dir.path().join(".hidden"), "x").unwrap();
        let failure = refuse_used(dir.path()).unwrap_err();
        assert!(failure.text.contains("not empty"), "{failure}");
        assert!(refuse_used(&dir.path().join(".hidden")).is_err(), "a file is no directory");
    }

    #[test]
    fn business_in_a_sample_begins_on_3_april_2023_at_nine_in_london() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let begins = now + jiff::SignedDuration::from_micros(sample_offset(now).unwrap());
        assert_eq!(
            concordat_core::clock::london(begins).to_string(),
            "2023-04-03T09:00:00+01:00[Europe/London]"
        );
    }

    #[test]
    fn a_guard_is_named_whole_and_its_path_must_be_free() {
        assert_eq!(guard_path(None).unwrap(), Path::new("guard"));
        let dir = tempfile::tempdir().unwrap();
        assert!(guard_path(Some("some/guard".into())).unwrap().is_absolute());
        assert!(guard_path(Some(dir.path().to_owned())).is_err());
    }
}
