//! A context: one enrolment, as it lies in its folder. Everything in it is for the user alone.

use std::fs;
use std::path::{Path, PathBuf};

use concordat_core::ids::{AreaCode, PartnershipId, PrincipalId};
use concordat_ledger::Verifier;
use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::certificate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;

/// How many days before its end a certificate is warned about.
pub const NEAR_DAYS: i64 = 14;

const FACTS: &str = "context.toml";
const KEY: &str = "key.pem";
const CHAIN: &str = "chain.pem";
const AUTHORITY: &str = "authority.pem";
const LOG_KEY: &str = "log.vkey";

/// An enrolment with a broker.
#[derive(Debug, Clone)]
pub struct Context {
    /// The context's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What is known of the enrolment.
    pub facts: Facts,
    /// The last instant at which the certificate holds.
    pub not_after: Timestamp,
    /// The log's public key, as it was handed over at enrolment.
    pub log_key: Verifier,
}

/// What a context's file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Who the user is to the broker.
    pub principal: PrincipalId,
    /// The roles assigned at enrolment; the broker's word counts, not this.
    pub roles: Vec<String>,
    /// The agency's areas, as the broker last told them.
    #[serde(default)]
    pub areas: Vec<AreaCode>,
    /// Host and port of the broker's services.
    pub broker: String,
}

/// What an enrolment brings, to be stored in a context.
pub struct Credentials {
    /// What the context's file will say.
    pub facts: Facts,
    /// The private key in PEM.
    pub key: Zeroizing<String>,
    /// The certificate chain in PEM, leaf first.
    pub chain: String,
    /// The partnership's authority in PEM.
    pub authority: String,
    /// The log's public key.
    pub log_key: Verifier,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("facts", &self.facts).finish_non_exhaustive()
    }
}

/// How near a certificate's end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// More than [`NEAR_DAYS`] days off.
    Far,
    /// This many whole days are left.
    Near(i64),
    /// It has ended.
    Ended,
}

impl Context {
    /// Opens the context in a folder.
    ///
    /// # Errors
    /// A [`Failure`] when a file is missing, damaged, or the key may be read by others.
    pub fn open(name: &str, folder: &Path) -> Result<Self, Failure> {
        private::check(&folder.join(KEY))?;
        let damaged = |file: &str| {
            Failure::new(Exit::Failure, format!("`{file}` of context `{name}` is damaged"))
                .hint("enrol again")
        };
        let facts: Facts = toml::from_str(&read(folder, FACTS)?).map_err(|_| damaged(FACTS))?;
        let log_key = read(folder, LOG_KEY)?.trim_end().parse().map_err(|_| damaged(LOG_KEY))?;
        let chain = certificate::from_pem(read(folder, CHAIN)?.as_bytes(), CHAIN)?;
        let leaf = chain.first().ok_or_else(|| damaged(CHAIN))?;
        let not_after = certificate::facts(leaf)?.not_after;
        Ok(Self { name: name.to_owned(), folder: folder.to_owned(), facts, not_after, log_key })
    }

    /// Stores credentials in a folder, and opens the context they make. What else the folder holds, such as
    /// receipts and what is pending, stays.
    ///
    /// # Errors
    /// A [`Failure`] when a file cannot be written.
    pub fn store(name: &str, folder: &Path, credentials: &Credentials) -> Result<Self, Failure> {
        private::folder(folder)?;
        private::write(&folder.join(KEY), credentials.key.as_bytes())?;
        private::write(&folder.join(CHAIN), credentials.chain.as_bytes())?;
        private::write(&folder.join(AUTHORITY), credentials.authority.as_bytes())?;
        private::write(&folder.join(LOG_KEY), format!("{}\n", credentials.log_key).as_bytes())?;
        write_facts(folder, &credentials.facts)?;
        Self::open(name, folder)
    }

    /// Keeps the agency's areas, as the broker told them.
    ///
    /// # Errors
    /// A [`Failure`] when the file cannot be written.
    pub fn keep_areas(&mut self, areas: Vec<AreaCode>) -> Result<(), Failure> {
        if areas != self.facts.areas {
            self.facts.areas = areas;
            write_facts(&self.folder, &self.facts)?;
        }
        Ok(())
    }

    /// How near the certificate's end is.
    #[must_use]
    pub fn expiry(&self, now: Timestamp) -> Expiry {
        let left = self.not_after.duration_since(now);
        if left <= SignedDuration::ZERO {
            return Expiry::Ended;
        }
        let days = left.as_hours() / 24;
        if days < NEAR_DAYS { Expiry::Near(days) } else { Expiry::Far }
    }

    /// Refuses a certificate that has ended.
    ///
    /// # Errors
    /// A [`Failure`] with [`Exit::NotEnrolled`].
    pub fn must_hold(&self, now: Timestamp) -> Result<(), Failure> {
        match self.expiry(now) {
            Expiry::Ended => Err(Failure::new(
                Exit::NotEnrolled,
                format!("the certificate of context `{}` ended on {}", self.name, self.not_after),
            )
            .hint("ask the operator for a new token, then `concordat enrol` again; what is pending stays")),
            Expiry::Near(_) | Expiry::Far => Ok(()),
        }
    }

    /// The private key.
    ///
    /// # Errors
    /// A [`Failure`] when the file is damaged or may be read by others.
    pub fn key(&self) -> Result<PrivateKeyDer<'static>, Failure> {
        let path = self.folder.join(KEY);
        private::check(&path)?;
        let pem = Zeroizing::new(fs::read(&path).map_err(|why| Failure::unreadable(&path, &why))?);
        PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
            Failure::new(Exit::Failure, format!("the key of context `{}` is damaged", self.name))
                .hint("enrol again")
        })
    }

    /// The certificate chain, leaf first.
    ///
    /// # Errors
    /// A [`Failure`] when the file is damaged.
    pub fn chain(&self) -> Result<Vec<CertificateDer<'static>>, Failure> {
        certificate::from_pem(read(&self.folder, CHAIN)?.as_bytes(), CHAIN)
    }

    /// The partnership's authority.
    ///
    /// # Errors
    /// A [`Failure`] when the file is damaged.
    pub fn authority(&self) -> Result<Vec<CertificateDer<'static>>, Failure> {
        certificate::from_pem(read(&self.folder, AUTHORITY)?.as_bytes(), AUTHORITY)
    }

    /// A folder within the context's, made if it is missing.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be made.
    pub fn subfolder(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.join(name);
        private::folder(&folder)?;
        Ok(folder)
    }
}

fn write_facts(folder: &Path, facts: &Facts) -> Result<(), Failure> {
    let text = toml::to_string(facts)
        .map_err(|why| Failure::new(Exit::Failure, format!("the context cannot be written: {why}")))?;
    private::write(&folder.join(FACTS), text.as_bytes())
}

fn read(folder: &Path, file: &str) -> Result<String, Failure> {
    let path = folder.join(file);
    fs::read_to_string(&path).map_err(|why| {
        Failure { exit: Exit::Failure, ..Failure::unreadable(&path, &why) }.hint("enrol again")
    })
}

#[cfg(test)]
pub(crate) mod tests;
