//! `check`: everything that is wrong with a broker's directory, at once.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use concordat_core::clock::{Clock, MachineClock, london_date};
use concordat_flow::Generation;
use concordat_seal::FileKek;
use jiff::{SignedDuration, Timestamp};

use crate::args::DirArgs;
use crate::bundle;
use crate::ca::{AUTHORITY_KEY, Authority, SERVER_KEY};
use crate::config::{Config, ConfigFault, FILE};
use crate::outcome::{Exit, Failure};
use crate::printer::Printer;
use crate::private::{self, PrivateFault};

// a policy year and a little: deadlines of the year to come must be computable
const CALENDAR_DAYS: i64 = 400;
const CERTIFICATE_DAYS: i64 = 60;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The broker does not start, or must not.
    Error,
    /// Somebody should see to it.
    Warning,
}

/// Something that is wrong: where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// How bad it is.
    pub weight: Weight,
    /// What is wrong, beginning with the file and, where there is one, its row and column.
    pub text: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
        };
        write!(f, "{weight}: {}", self.text)
    }
}

/// Checks a directory and prints what is wrong with it.
///
/// # Errors
/// None: what is wrong is printed, and the exit code says whether any of it is an error.
pub fn run(args: DirArgs, printer: Printer) -> Result<Exit, Failure> {
    let found = everything_wrong(&args.dir, MachineClock.now());
    for wrong in &found {
        printer.data(&wrong.to_string());
    }
    let errors = found.iter().filter(|wrong| wrong.weight == Weight::Error).count();
    printer.say(&format!("{}, {}", count(errors, "error"), count(found.len() - errors, "warning")));
    Ok(if errors == 0 { Exit::Ok } else { Exit::Failure })
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Everything that is wrong with a broker's directory at an instant.
#[must_use]
pub fn everything_wrong(dir: &Path, now: Timestamp) -> Vec<Wrong> {
    let mut found = Vec::new();
    let (config, is_known) = match Config::of_directory(dir) {
        Ok(config) => (config, true),
        Err(fault) => {
            found.push(error(fault.to_string()));
            if matches!(fault, ConfigFault::Io { .. }) {
                return found;
            }
            // the rest is looked for where `init` puts it
            match Config::assumed(dir) {
                Ok(config) => (config, false),
                Err(_) => return found,
            }
        }
    };
    policies(&config, is_known, now, &mut found);
    permissions(&config, &mut found);
    certificates(&config, now, &mut found);
    guard(&config, &mut found);
    found
}

fn error(text: impl Into<String>) -> Wrong {
    Wrong { weight: Weight::Error, text: text.into() }
}

fn warning(text: impl Into<String>) -> Wrong {
    Wrong { weight: Weight::Warning, text: text.into() }
}

fn policies(config: &Config, is_known: bool, now: Timestamp, found: &mut Vec<Wrong>) {
    let files = match bundle::read(&config.policies) {
        Ok(files) => files,
        Err(fault) => return found.push(error(Failure::of("policies", &fault).text)),
    };
    let calendar = files.iter().find(|(path, _)| path == "calendar.toml");
    if let Some(end) = calendar.and_then(|(_, bytes)| last_year(bytes)) {
        let needed = now.checked_add(SignedDuration::from_hours(24 * CALENDAR_DAYS)).unwrap_or(now);
        if london_date(needed).year() > end {
            found.push(warning(format!(
                "policies/calendar.toml: to: the bank holidays end with {end}, and no deadline is computed past \
                 them; add the years that gov.uk has published"
            )));
        }
    }
    match Generation::build(files) {
        Ok(generation) if is_known && generation.partnership.id != config.partnership => {
            found.push(error(format!(
                "policies/partnership.toml: id: it is `{}`, and {FILE} says `{}`; one directory serves one partnership",
                generation.partnership.id, config.partnership
            )));
        }
        Ok(generation) => {
            let warnings = generation.policy.bundle().warnings(london_date(now));
            found.extend(warnings.iter().map(|complaint| warning(format!("policies/{complaint}"))));
            let warnings = generation.warnings(now);
            found.extend(warnings.iter().map(|complaint| warning(format!("policies/{complaint}"))));
        }
        Err(complaints) => {
            found.extend(complaints.iter().map(|complaint| error(format!("policies/{complaint}"))));
        }
    }
}

fn last_year(calendar: &[u8]) -> Option<i16> {
    let table: toml::Table = std::str::from_utf8(calendar).ok()?.parse().ok()?;
    table.get("to")?.as_integer()?.try_into().ok()
}

fn permissions(config: &Config, found: &mut Vec<Wrong>) {
    if let Err(fault) = FileKek::open(&config.key) {
        found.push(error(Failure::of("files.key", &fault).text));
    }
    for path in [&config.store, &config.authority, &config.run] {
        report(private::check(path), found);
    }
    for key in [AUTHORITY_KEY, SERVER_KEY] {
        report(private::check(&config.authority.join(key)), found);
    }
}

fn report(checked: Result<(), PrivateFault>, found: &mut Vec<Wrong>) {
    if let Err(fault) = checked {
        found.push(error(Failure::of("files", &fault).text));
    }
}

fn certificates(config: &Config, now: Timestamp, found: &mut Vec<Wrong>) {
    let authority = match Authority::open(&config.authority, &config.partnership) {
        Ok(authority) => authority,
        // an open key file was told already
        Err(crate::ca::CaFault::Private(PrivateFault::TooOpen { .. })) => return,
        Err(fault) => return found.push(error(Failure::of("authority", &fault).text)),
    };
    let ends_soon = |end: Timestamp| {
        now.checked_add(SignedDuration::from_hours(24 * CERTIFICATE_DAYS)).is_ok_and(|then| then >= end)
    };
    if let Some(end) = authority.not_after().filter(|end| ends_soon(*end)) {
        found.push(warning(format!(
            "the authority's certificate ends {end}; every principal has to enrol again under a new one"
        )));
    }
    if let Some(end) = authority.server_not_after().filter(|end| ends_soon(*end)) {
        found.push(warning(format!(
            "the broker's certificate ends {end}; it is made anew when the broker is restarted"
        )));
    }
}

fn guard(config: &Config, found: &mut Vec<Wrong>) {
    let volume = |path: &Path| fs::metadata(path).map(|facts| facts.dev());
    match (volume(&config.guard), volume(&config.store)) {
        (Ok(guard), Ok(store)) if guard == store => found.push(warning(format!(
            "{FILE}: files.guard: the head guard `{}` is on the volume of the store it guards, so one old copy \
             restores both; keep it on another volume",
            config.guard.display()
        ))),
        (Err(fault), _) => found.push(error(format!(
            "{FILE}: files.guard: the head guard `{}` cannot be looked at ({fault}); mount its volume or restore it",
            config.guard.display()
        ))),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};
    use crate::commands::init;

    fn texts(dir: &Path, now: &str, weight: Weight) -> Vec<String> {
        let found = everything_wrong(dir, now.parse().unwrap()).into_iter();
        found.filter(|wrong| wrong.weight == weight).map(|wrong| wrong.text).collect()
    }

    #[tokio::test]
    async fn rules_across_returns_that_check_nothing_or_are_never_checked_are_warned_of() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("broker");
        let line = ["concordat-broker", "init", dir.to_str().unwrap(), "--sample", "city-and-hackney"];
        let Command::Init(args) = Cli::try_parse_from(line).unwrap().command else { panic!("no init") };
        init::make(args).await.unwrap();
        let today = "2026-11-22T10:00:00Z";
        let path = dir.join("policies/returns/across.toml");
        let rules = fs::read_to_string(&path).unwrap();
        let (from, to) =
            ("csc.contacts_police <= sum(police.", "csc.contacts_police >= 0 || 0 <= sum(police.");
        assert!(rules.contains(from));
        fs::write(&path, rules.replacen(from, to, 1)).unwrap();
        let partnership = dir.join("policies/partnership.toml");
        let text = fs::read_to_string(&partnership).unwrap();
        let kept: Vec<&str> =
            text.split("[[obligation]]").filter(|owed| !owed.contains("\"lado-quarterly\"")).collect();
        // what follows the last obligation is the sources: the sample is split by them, and this test is not
        fs::write(&partnership, kept.join("[[obligation]]")).unwrap();
        let warnings = texts(&dir, today, Weight::Warning);
        let told = |id: &str, why: &str| {
            assert!(
                warnings.iter().any(|text| text.contains(id) && text.contains(why)),
                "{id}: {warnings:#?}"
            );
        };
        told("returns/across.toml: X6:", "no returns can break it");
        told("returns/across.toml: nobody owes `lado-quarterly` as the part `lado`", "never checked: X2, X3");

        fs::write(&path, rules.replacen("csc.contacts_police", "csc.contacts_fire", 1)).unwrap();
        let errors = texts(&dir, today, Weight::Error);
        assert!(errors.iter().any(|text| text.contains("has no field `contacts_fire`")), "{errors:#?}");
    }

    #[tokio::test]
    async fn everything_wrong_is_said_at_once_with_its_file_and_line() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("broker");
        let line = ["concordat-broker", "init", dir.to_str().unwrap(), "--sample", "city-and-hackney"];
        let Command::Init(args) = Cli::try_parse_from(line).unwrap().command else { panic!("no init") };
        init::make(args).await.unwrap();
        let today = "2026-11-22T10:00:00Z";
        assert_eq!(texts(&dir, today, Weight::Error), Vec::<String>::new());
        let warnings = texts(&dir, today, Weight::Warning);
        assert!(warnings.iter().any(|text| text.contains("files.guard")), "{warnings:?}");
        assert_eq!(warnings.len(), 1, "of the sample itself nothing is odd: {warnings:#?}");

        let matrix = dir.join("policies/matrix.txt");
        let agreed = fs::read_to_string(&matrix).unwrap();
        fs::write(&matrix, agreed.replacen("deliver", "read", 1)).unwrap();
        let warnings = texts(&dir, today, Weight::Warning);
        assert!(
            warnings.iter().any(|text| text.contains("policies/matrix.txt") && text.contains("--write")),
            "{warnings:#?}"
        );
        fs::write(&matrix, agreed).unwrap();

        // the calendar ends with 2028
        let late = texts(&dir, "2028-01-02T10:00:00Z", Weight::Warning);
        assert!(late.iter().any(|text| text.contains("policies/calendar.toml: to:")), "{late:?}");
        let authority = Authority::open(&dir.join("ca"), &"city-and-hackney".parse().unwrap()).unwrap();
        let nearly = authority.not_after().unwrap() - SignedDuration::from_hours(24 * 30);
        let later = texts(&dir, &nearly.to_string(), Weight::Warning);
        assert!(later.iter().any(|text| text.contains("the authority's certificate ends")), "{later:?}");

        let edit = |file: &str, from: &str, to: &str| {
            let path = dir.join(file);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{file}: {from}");
            fs::write(&path, text.replacen(from, to, 1)).unwrap();
        };
        edit(FILE, "calls =", "cals =");
        edit(
            "policies/partnership.toml",
            "return_type = \"cds-police-quarterly\"",
            "return_type = \"cds-police\"",
        );
        edit("policies/rules.csv", ",submit,", ",sumbit,");
        fs::set_permissions(dir.join("kek"), Permissions::from_mode(0o640)).unwrap();
        fs::set_permissions(dir.join("ca").join(SERVER_KEY), Permissions::from_mode(0o644)).unwrap();
        fs::remove_file(dir.join("guard")).unwrap();
        let errors = texts(&dir, today, Weight::Error);
        for needle in [
            "concordat.toml:",
            "cals",
            "`cds-police`",
            "policies/rules.csv:2",
            "kek",
            SERVER_KEY,
            "files.guard",
        ] {
            assert!(errors.iter().any(|text| text.contains(needle)), "{needle}: {errors:#?}");
        }
    }

    #[tokio::test]
    async fn a_partnership_that_begins_is_not_warned_of_what_waits_for_its_first_agreement() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("broker");
        let line = ["concordat-broker", "init", dir.to_str().unwrap(), "--name", "north"];
        let Command::Init(args) = Cli::try_parse_from(line).unwrap().command else { panic!("no init") };
        init::make(args).await.unwrap();
        let warnings = texts(&dir, "2026-11-22T10:00:00Z", Weight::Warning);
        let of_policy = |text: &&String| {
            ["rules", "roles", "profiles", "suppression", "matrix"]
                .iter()
                .any(|word| text.contains(&format!("policies/{word}")))
        };
        // that no type may be sent is told of each type, as before
        let odd: Vec<&String> = warnings
            .iter()
            .filter(of_policy)
            .filter(|text| !text.contains("no row lets an agency"))
            .collect();
        assert!(odd.is_empty(), "{odd:#?}");
    }

    #[tokio::test]
    async fn what_is_odd_about_a_return_type_is_warned_of() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("broker");
        let line = ["concordat-broker", "init", dir.to_str().unwrap(), "--sample", "city-and-hackney"];
        let Command::Init(args) = Cli::try_parse_from(line).unwrap().command else { panic!("no init") };
        init::make(args).await.unwrap();
        let policies = dir.join("policies");
        let changed = |file: &str, change: &dyn Fn(&str) -> String| {
            let path = policies.join(file);
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, change(&text)).unwrap();
            let found = everything_wrong(&dir, "2026-11-22T10:00:00Z".parse().unwrap());
            fs::write(&path, text).unwrap();
            found.into_iter().map(|wrong| wrong.text).collect::<Vec<_>>().join("\n")
        };
        let agreements = fs::read_to_string(policies.join("agreements.toml")).unwrap();
        let without = |clause: &str| {
            let from = agreements.find(&format!("[[agreement.clause]]\nid = \"{clause}\"")).unwrap();
            let next = agreements[from + 1..].find("[[agreement").unwrap();
            let fewer = format!("{}{}", &agreements[..from], &agreements[from + 1 + next..]);
            fs::write(policies.join("agreements.toml"), fewer).unwrap();
            let rules = Generation::rules(&bundle::read(&policies).unwrap()).unwrap();
            let found = changed("rules.csv", &|_| rules.clone());
            fs::write(policies.join("agreements.toml"), &agreements).unwrap();
            found
        };
        for (found, said) in [
            (without("SUB-25"), "rules.csv: no row lets an agency of kind police send `marac-quarterly`"),
            (without("SUB-28"), "rules.csv: no row lets an agency of kind health send `mace-quarterly`"),
            (
                without("DEL-14"),
                "no row delivers `lac-health-assessments-quarterly` to any agency of kind national",
            ),
            (
                without("READ-31"),
                "`return-home-interview` is delivered to agencies of kind police and no row lets any of them read it",
            ),
            (
                changed("partnership.toml", &|text| {
                    text.replace("\"marac-quarterly\"", "\"cds-police-quarterly\"")
                }),
                "no agency owes `marac-quarterly`",
            ),
            (
                changed("partnership.toml", &|text| text.replace("part = \"health\"\n", "")),
                "`nhs-nel-icb` owes `mace-quarterly` with the wrong `part`",
            ),
            (
                changed("partnership.toml", &|text| text.replace("part = \"health\"", "part = \"police\"")),
                "`nhs-nel-icb` owes `mace-quarterly` with the wrong `part`",
            ),
            (
                changed("returns/marac-quarterly.toml", &|text| {
                    text.replace("repeats_12m <= cases", "repeats_12m >= 0")
                }),
                "returns/marac-quarterly.toml: MAR-R1: no return can break it",
            ),
            (
                changed("returns/lado-outcome.toml", &|text| {
                    text.replace("owners = [\"lado\"]", "owners = [\"voluntary\"]")
                }),
                "`lado-outcome` is sent by voluntary, and no agency is of such a kind",
            ),
            (
                changed("returns/codes/ssda903-placement.toml", &|text| text.replace("source =", "sauce =")),
                "returns/codes/ssda903-placement.toml:1: source: `source` is missing",
            ),
        ] {
            assert!(found.contains(said), "{said}\nnot in\n{found}");
        }
    }

    #[test]
    fn a_directory_without_settings_is_one_error() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(texts(dir.path(), "2026-11-22T10:00:00Z", Weight::Error).len(), 1);
    }
}
