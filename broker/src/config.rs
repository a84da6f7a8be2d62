//! The broker's settings: `concordat.toml` and the paths that it names.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use concordat_core::ids::PartnershipId;
use concordat_core::partnership::line_of;
use serde::Deserialize;

/// The file's name in a broker's directory.
pub const FILE: &str = "concordat.toml";

const TEMPLATE: &str = include_str!("config/concordat.toml");

const SAMPLE_LINES: &str = "\
# This directory is a sample: invented agreements, and a clock that can be moved forward. The log says so too.
sample = true
";

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file could not be read.
    #[error("the settings `{}` could not be read; name the directory that `init` made", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{}:{row}: {text}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        row: u32,
        /// What is wrong there.
        text: String,
    },
}

/// The settings of one broker, every path made whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The file they came from.
    pub file: PathBuf,
    /// The partnership.
    pub partnership: PartnershipId,
    /// Whether the directory is a sample, whose clock may be moved; the log must say the same.
    pub sample: bool,
    /// Where the services listen.
    pub services: SocketAddr,
    /// Where enrolment listens.
    pub enrolment: SocketAddr,
    /// What clients call this broker; at least one.
    pub names: Vec<String>,
    /// The policies folder.
    pub policies: PathBuf,
    /// The certificate authority's directory.
    pub authority: PathBuf,
    /// The key-encryption key.
    pub key: PathBuf,
    /// The store's directory.
    pub store: PathBuf,
    /// The head guard.
    pub guard: PathBuf,
    /// The directory of the administration socket and the served addresses.
    pub run: PathBuf,
    /// The limits.
    pub limits: Limits,
}

/// The limits of a running broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a stop waits for calls under way.
    pub drain: Duration,
    /// Calls under way at the same time.
    pub calls: usize,
    /// Connections open at the same time on the services' listener.
    pub connections: usize,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// Enrolments tried in a minute, over all addresses.
    pub enrolments: u32,
    /// Of these, from one address.
    pub enrolments_per_address: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    partnership: PartnershipId,
    #[serde(default)]
    sample: bool,
    listen: Listen,
    files: Files,
    limits: LimitsTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listen {
    services: SocketAddr,
    enrolment: SocketAddr,
    names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    policies: PathBuf,
    authority: PathBuf,
    key: PathBuf,
    store: PathBuf,
    guard: PathBuf,
    run: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    drain_seconds: toml::Spanned<u32>,
    calls: toml::Spanned<u32>,
    connections: toml::Spanned<u32>,
    handshake_seconds: toml::Spanned<u32>,
    enrolments: toml::Spanned<u32>,
    enrolments_per_address: toml::Spanned<u32>,
}

/// What `init` is told of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Where the services listen.
    pub services: SocketAddr,
    /// Where enrolment listens.
    pub enrolment: SocketAddr,
    /// What clients call this broker.
    pub names: Vec<String>,
    /// The head guard, as it is to stand in the file.
    pub guard: PathBuf,
}

/// The commented settings file for what was chosen.
#[must_use]
pub fn written(chosen: &Chosen) -> String {
    filled(chosen, "")
}

/// The same, for a sample.
#[must_use]
pub fn written_for_sample(chosen: &Chosen) -> String {
    filled(chosen, SAMPLE_LINES)
}

fn filled(chosen: &Chosen, sample: &str) -> String {
    // a TOML basic string is quoted as Debug quotes plain text
    let names: Vec<String> = chosen.names.iter().map(|name| format!("{name:?}")).collect();
    let guard = chosen.guard.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    TEMPLATE
        .replace("@PARTNERSHIP@", chosen.partnership.as_str())
        .replace("@SAMPLE@", sample)
        .replace("@SERVICES@", &chosen.services.to_string())
        .replace("@ENROLMENT@", &chosen.enrolment.to_string())
        .replace("@NAMES@", &format!("[{}]", names.join(", ")))
        .replace("@GUARD@", &guard)
}

impl Config {
    /// Reads the settings of a broker's directory.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn of_directory(dir: &Path) -> Result<Self, ConfigFault> {
        Self::load(&dir.join(FILE))
    }

    /// The settings as `init` lays a directory out: where to look for the rest when the file is no good.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn assumed(dir: &Path) -> Result<Self, ConfigFault> {
        let path = dir.join(FILE);
        let wrong = |text: String| ConfigFault::Wrong { path: path.clone(), row: 1, text };
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let chosen = Chosen {
            partnership: "unknown".parse().map_err(|e: concordat_core::ids::BadName| wrong(e.to_string()))?,
            services: loopback,
            enrolment: loopback,
            names: vec!["localhost".to_owned()],
            guard: PathBuf::from("guard"),
        };
        Self::parse(&path, &written(&chosen))
    }

    /// Reads a settings file.
    ///
    /// # Errors
    /// [`ConfigFault`] naming the file and line: it cannot be read, a key is unknown or missing, a value is
    /// not of its kind or out of range.
    pub fn load(path: &Path) -> Result<Self, ConfigFault> {
        let text =
            fs::read_to_string(path).map_err(|source| ConfigFault::Io { path: path.to_owned(), source })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigFault> {
        let wrong = |row: u32, text: String| ConfigFault::Wrong { path: path.to_owned(), row, text };
        let file: File = toml::from_str(text).map_err(|e| {
            let row = e.span().map_or(1, |span| line_of(text, span.start));
            wrong(row, e.message().to_owned())
        })?;
        let limits = limits(&file.limits).map_err(|(at, what)| wrong(line_of(text, at), what))?;
        if file.listen.names.is_empty() {
            return Err(wrong(
                1,
                "`names` is empty; name at least one host by which clients call".to_owned(),
            ));
        }
        let base = path.parent().unwrap_or_else(|| Path::new(""));
        Ok(Self {
            file: path.to_owned(),
            partnership: file.partnership,
            sample: file.sample,
            services: file.listen.services,
            enrolment: file.listen.enrolment,
            names: file.listen.names,
            policies: base.join(file.files.policies),
            authority: base.join(file.files.authority),
            key: base.join(file.files.key),
            store: base.join(file.files.store),
            guard: base.join(file.files.guard),
            run: base.join(file.files.run),
            limits,
        })
    }

    /// The administration socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.run.join("admin.sock")
    }

    /// The file that says which addresses are being served.
    #[must_use]
    pub fn addresses(&self) -> PathBuf {
        self.run.join("addresses.json")
    }

    /// The log's origin: its name in checkpoints, which never changes.
    #[must_use]
    pub fn origin(&self) -> String {
        origin(&self.partnership)
    }

    /// What a client calls this broker: its first name, and the port.
    #[must_use]
    pub fn announced(&self, port: u16) -> String {
        match self.names.first() {
            Some(name) if name.contains(':') => format!("[{name}]:{port}"),
            Some(name) => format!("{name}:{port}"),
            None => format!("localhost:{port}"),
        }
    }
}

/// The origin of a partnership's log.
#[must_use]
pub fn origin(partnership: &PartnershipId) -> String {
    format!("concordat/{partnership}/log")
}

fn limits(table: &LimitsTable) -> Result<Limits, (usize, String)> {
    let within = |value: &toml::Spanned<u32>, name: &str, most: u32| {
        let number = *value.get_ref();
        if (1..=most).contains(&number) {
            Ok(number)
        } else {
            Err((value.span().start, format!("`{name}` is {number}; choose 1 to {most}")))
        }
    };
    let seconds = |number: u32| Duration::from_secs(u64::from(number));
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Limits {
        drain: seconds(within(&table.drain_seconds, "drain_seconds", 600)?),
        calls: count(within(&table.calls, "calls", 100_000)?),
        connections: count(within(&table.connections, "connections", 100_000)?),
        handshake: seconds(within(&table.handshake_seconds, "handshake_seconds", 60)?),
        enrolments: within(&table.enrolments, "enrolments", 6_000)?,
        enrolments_per_address: within(&table.enrolments_per_address, "enrolments_per_address", 6_000)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen() -> Chosen {
        Chosen {
            partnership: "city-and-hackney".parse().unwrap(),
            services: "127.0.0.1:7443".parse().unwrap(),
            enrolment: "127.0.0.1:7444".parse().unwrap(),
            names: vec!["localhost".into(), "127.0.0.1".into()],
            guard: "/mnt/\"other\"/guard".into(),
        }
    }

    fn parse(text: &str) -> Result<Config, ConfigFault> {
        Config::parse(Path::new("/srv/broker/concordat.toml"), text)
    }

    #[test]
    fn the_settings_that_init_writes_read_back_with_paths_relative_to_their_file() {
        let config = parse(&written(&chosen())).unwrap();
        assert_eq!(config.services.to_string(), "127.0.0.1:7443");
        assert_eq!(config.names, ["localhost", "127.0.0.1"]);
        assert_eq!(config.policies, Path::new("/srv/broker/policies"));
        assert_eq!(config.guard, Path::new("/mnt/\"other\"/guard"));
        assert_eq!(config.announced(7443), "localhost:7443");
        assert_eq!(config.origin(), "concordat/city-and-hackney/log");
        assert!(!config.sample);
        assert!(parse(&written_for_sample(&chosen())).unwrap().sample);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let text = written(&chosen());
        let (row, line) = text.lines().enumerate().find(|(_, line)| line.starts_with("calls")).unwrap();
        let fault = parse(&text.replace(line, &format!("{line}\ncals = 3"))).unwrap_err();
        assert!(
            matches!(&fault, ConfigFault::Wrong { row: at, text, .. }
                if usize::try_from(*at).unwrap() == row + 2 && text.contains("cals")),
            "{fault}"
        );
    }

    #[test]
    fn a_limit_out_of_range_and_an_address_that_is_none_are_refused_with_their_lines() {
        let text = written(&chosen());
        let row = |needle: &str| text.lines().position(|line| line.starts_with(needle)).unwrap() + 1;
        for (from, to) in [
            ("drain_seconds = 10", "drain_seconds = 0"),
            ("calls = 1024", "calls = 100001"),
            ("services = \"127.0.0.1:7443\"", "services = \"127.0.0.1\""),
            ("partnership = \"city-and-hackney\"", "partnership = \"City & Hackney\""),
        ] {
            let fault = parse(&text.replace(from, to)).unwrap_err();
            assert!(
                matches!(&fault, ConfigFault::Wrong { row: at, .. } if usize::try_from(*at).unwrap() == row(from)),
                "{fault}"
            );
        }
    }

    #[test]
    fn an_ipv6_name_is_announced_in_brackets() {
        let names = vec!["::1".into()];
        let config = parse(&written(&Chosen { names, ..chosen() })).unwrap();
        assert_eq!(config.announced(1), "[::1]:1");
    }
}
