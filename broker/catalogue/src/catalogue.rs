//! The catalogue: every return type in all its versions.

use std::sync::Arc;

use concordat_core::ids::{Digest, ReturnTypeId};
use jiff::civil::Date;

use crate::complaint::Complaint;
use crate::definition::ReturnType;
use crate::load;

/// The files compiled in, by path.
static BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/returns.rs"));

/// Return types, read from definition files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalogue {
    types: Arc<[Arc<ReturnType>]>,
    digest: Digest,
}

impl Catalogue {
    /// Reads definition files: `returns/NAME.toml` (return types) and `returns/codes/NAME.toml` (code
    /// lists). Files with other paths are passed over.
    ///
    /// # Errors
    /// Every complaint about every file at once; then there is no catalogue.
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, Vec<Complaint>> {
        let files: Vec<(String, Vec<u8>)> = files.into_iter().collect();
        let types = load::load(&files)?;
        let mut all = Vec::new();
        for found in &types {
            all.extend_from_slice(found.id.as_str().as_bytes());
            all.push(0);
            all.extend_from_slice(found.from.to_string().as_bytes());
            all.push(0);
            all.extend_from_slice(&found.digest.0);
        }
        Ok(Self { types: types.into(), digest: load::sha256(&all) })
    }

    /// The catalogue compiled into this program from `policies/returns`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the compiled-in files never change, and a test reads them")]
    pub fn built_in() -> Self {
        let files = BUILT_IN.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()));
        Self::from_files(files).expect("the compiled-in definition files are right")
    }

    /// The version of a return type in force on a day: the last day of a return's period, or the day of an
    /// event.
    #[must_use]
    pub fn in_force(&self, id: &ReturnTypeId, on: Date) -> Option<Arc<ReturnType>> {
        self.types.iter().find(|found| found.id == *id && found.in_force(on)).cloned()
    }

    /// Every version of every return type, by id and first day.
    #[must_use]
    pub fn types(&self) -> &[Arc<ReturnType>] {
        &self.types
    }

    /// SHA-256 over the ids, first days and digests of all its return types.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}
