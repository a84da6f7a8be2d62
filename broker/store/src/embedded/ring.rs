//! The key ring's file access over the store's port.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use concordat_seal::RingPort;

use crate::port::Port;

/// Files of the store's directory, by name.
pub(crate) struct RingFiles {
    pub(crate) port: Arc<dyn Port>,
    pub(crate) dir: PathBuf,
}

impl RingPort for RingFiles {
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.port.read(&self.dir.join(name))
    }

    fn append_synced(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let file = self.port.open(&self.dir.join(name))?;
        file.write_at(file.length()?, bytes)?;
        file.sync()
    }

    fn replace_synced(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.port.replace(&self.dir.join(name), bytes)
    }
}
