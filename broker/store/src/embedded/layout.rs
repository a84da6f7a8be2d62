//! The directory of a store: which file lies where, and `store.toml`, which says what it is.
//!
//! `journal/`, `content/`, `keyring` and the guard are the store; `projections/` can be deleted, and so can `arriving/`,
//! which is emptied at every opening.

use std::path::{Path, PathBuf};

use concordat_ledger::{LogKey, Verifier};
use concordat_seal::KeyRing;
use serde::{Deserialize, Serialize};

use crate::fault::OpenFault;
use crate::port::Port;

/// The format of the directory as a whole.
const FORMAT: u32 = 1;

const FILE: &str = "store.toml";

/// What `store.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layout {
    format: u32,
    /// The log's origin.
    pub(crate) origin: String,
    /// The log's public key.
    pub(crate) verifier: String,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Layout {
    pub(crate) fn new(verifier: &Verifier) -> Self {
        Self { format: FORMAT, origin: verifier.name().to_owned(), verifier: verifier.to_string() }
    }

    pub(crate) fn exists(port: &dyn Port, dir: &Path) -> Result<bool, OpenFault> {
        let path = dir.join(FILE);
        Ok(port.read(&path).map_err(OpenFault::io(&path, "read"))?.is_some())
    }

    pub(crate) fn write(&self, port: &dyn Port, dir: &Path) -> Result<(), OpenFault> {
        let path = dir.join(FILE);
        let text = toml::to_string(self).map_err(|fault| OpenFault::Settings { what: fault.to_string() })?;
        port.replace(&path, text.as_bytes()).map_err(OpenFault::io(&path, "written"))
    }

    pub(crate) fn read(port: &dyn Port, dir: &Path) -> Result<Self, OpenFault> {
        let path = dir.join(FILE);
        let bytes = port.read(&path).map_err(OpenFault::io(&path, "read"))?;
        let bytes = bytes.ok_or_else(|| OpenFault::NotAStore { dir: dir.to_owned() })?;
        let damaged = || OpenFault::tampered(None, format!("`{}` is not what was written", path.display()));
        let text = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
        let Format { format } = toml::from_str(text).map_err(|_| damaged())?;
        if format > FORMAT {
            let what = format!("the store in `{}`", dir.display());
            return Err(OpenFault::Newer { what, found: format, known: FORMAT });
        }
        let layout: Layout = toml::from_str(text).map_err(|_| damaged())?;
        let verifier: Verifier = layout.verifier.parse().map_err(|_| damaged())?;
        if verifier.name() == layout.origin && layout.format == FORMAT { Ok(layout) } else { Err(damaged()) }
    }

    /// The log's key out of the ring, if it is the key that this store was made with.
    pub(crate) fn log_key(&self, ring: &KeyRing) -> Result<LogKey, OpenFault> {
        let key = log_key(&self.origin, ring)?;
        if key.verifier().to_string() == self.verifier {
            Ok(key)
        } else {
            Err(OpenFault::tampered(
                None,
                "the log key in the key ring is not the one this store was made with",
            ))
        }
    }
}

/// The log's key out of the ring.
pub(crate) fn log_key(origin: &str, ring: &KeyRing) -> Result<LogKey, OpenFault> {
    let secret = ring.log_key();
    let seed = secret.first_chunk().filter(|seed| seed.len() == secret.len());
    let seed = seed.ok_or_else(|| OpenFault::tampered(None, "the log key in the key ring is no seed"))?;
    LogKey::from_seed(origin, seed).map_err(|fault| OpenFault::Settings { what: fault.to_string() })
}

/// Where the guard lies unless the settings say otherwise.
pub(crate) fn guard(dir: &Path) -> PathBuf {
    dir.join("guard")
}

/// The folder of the journal's segments.
pub(crate) fn journal(dir: &Path) -> PathBuf {
    dir.join("journal")
}

/// The folder of the content files.
pub(crate) fn content(dir: &Path) -> PathBuf {
    dir.join("content")
}

/// The folder of content that is arriving.
pub(crate) fn arriving(dir: &Path) -> PathBuf {
    dir.join("arriving")
}

/// The file that keeps two brokers from one store.
pub(crate) fn lock(dir: &Path) -> PathBuf {
    dir.join("lock")
}
