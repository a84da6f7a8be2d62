//! The parts of a workbook's package: a zip archive from outside. All that is unzipped counts against one cap,
//! so that a small file cannot become a large one.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::Fault;

/// The most that all parts read of one workbook may come to, unzipped, in bytes; less in tests, which build
/// such a workbook.
pub(super) const MOST_UNZIPPED: u64 = if cfg!(test) { 2 << 20 } else { 128 << 20 };

/// How many parts an archive may have.
const MOST_PARTS: usize = 10_000;

/// An open package.
pub(super) struct Package<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    left: u64,
}

impl<'b> Package<'b> {
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Fault> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Fault::Damaged)?;
        if archive.len() > MOST_PARTS {
            return Err(Fault::TooLarge);
        }
        Ok(Self { archive, left: MOST_UNZIPPED })
    }

    /// A part as text; none when there is none of that name.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<String>, Fault> {
        self.read(name, u64::MAX)
    }

    /// The beginning of a part.
    pub(super) fn beginning(&mut self, name: &str, most: u64) -> Result<Option<String>, Fault> {
        self.read(name, most)
    }

    fn read(&mut self, name: &str, most: u64) -> Result<Option<String>, Fault> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(_) => return Err(Fault::Damaged),
        };
        if file.encrypted() {
            return Err(Fault::Locked);
        }
        let mut bytes = Vec::new();
        // what the archive says of its sizes is not believed
        let mut limited = file.take(most.min(self.left.saturating_add(1)));
        limited.read_to_end(&mut bytes).map_err(|_| Fault::Damaged)?;
        let length = bytes.len() as u64;
        self.left = self.left.checked_sub(length).ok_or(Fault::TooLarge)?;
        let cut = length >= most;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            // the beginning may end within a character
            Err(why) if cut => {
                let valid = why.utf8_error().valid_up_to();
                let mut bytes = why.into_bytes();
                bytes.truncate(valid);
                String::from_utf8(bytes).map(Some).map_err(|_| Fault::Damaged)
            }
            Err(_) => Err(Fault::Damaged),
        }
    }
}
