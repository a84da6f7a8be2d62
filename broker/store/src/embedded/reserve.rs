//! Room kept on the disk so that denials can still be written when it is full: a file of the journal's folder
//! that is given up when the disk has run out, and made again before anything else is written.

use std::io;
use std::path::{Path, PathBuf};

use crate::port::Port;

/// How many bytes are kept.
const BYTES: usize = 256 * 1024;

/// The room kept.
pub(crate) struct Reserve {
    path: PathBuf,
    kept: bool,
}

impl Reserve {
    /// Takes over the room that is there; whether it is, [`Reserve::keep`] finds out.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("reserve"), kept: false }
    }

    /// Whether the room is there.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept
    }

    /// Makes sure that the room is there.
    pub(crate) fn keep(&mut self, port: &dyn Port) -> io::Result<()> {
        if self.kept {
            return Ok(());
        }
        if let Ok(file) = port.open(&self.path)
            && file.length()? == BYTES as u64
        {
            self.kept = true;
            return Ok(());
        }
        port.remove(&self.path)?;
        let made = self.make(port);
        if made.is_err() {
            let _ = port.remove(&self.path);
        }
        self.kept = made.is_ok();
        made
    }

    fn make(&self, port: &dyn Port) -> io::Result<()> {
        let file = port.create(&self.path)?;
        // no zeros: a file system may keep those without room
        file.write_at(0, &vec![0xa5; BYTES])?;
        file.sync()
    }

    /// Gives the room up.
    pub(crate) fn give_up(&mut self, port: &dyn Port) -> io::Result<()> {
        self.kept = false;
        port.remove(&self.path)
    }
}
