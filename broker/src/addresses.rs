//! The addresses that a running broker serves, in a file: with port 0 in the settings only it knows them.

use std::net::SocketAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::private::{self, PrivateFault};

/// What `run/addresses.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addresses {
    /// Where the services listen.
    pub services: SocketAddr,
    /// Where enrolment listens.
    pub enrolment: SocketAddr,
    /// SHA-256 of the authority's certificate, as hex digits: what a client pins when it enrols.
    pub fingerprint: String,
    /// The broker's process.
    pub process: u32,
}

impl Addresses {
    /// Writes the file, so that a reader sees it whole or not at all.
    ///
    /// # Errors
    /// [`PrivateFault::Io`] when it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), PrivateFault> {
        let mut text = serde_json::to_vec(self).map_err(|e| PrivateFault::Io {
            path: path.to_owned(),
            act: "written",
            source: e.into(),
        })?;
        text.push(b'\n');
        private::replace(path, &text)
    }

    /// Reads the file; `None` when no broker serves.
    ///
    /// # Errors
    /// What the system says, or that the file is not what it should be.
    pub fn read(path: &Path) -> std::io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_and_are_absent_when_no_broker_serves() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("addresses.json");
        assert_eq!(Addresses::read(&path).unwrap(), None);
        let addresses = Addresses {
            services: "127.0.0.1:41001".parse().unwrap(),
            enrolment: "127.0.0.1:41002".parse().unwrap(),
            fingerprint: "ab".repeat(32),
            process: 7,
        };
        addresses.write(&path).unwrap();
        assert_eq!(Addresses::read(&path).unwrap(), Some(addresses));
    }
}
