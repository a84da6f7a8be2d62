//! The policies folder: the one built into this binary, and the one that lies on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use concordat_core::ids::PartnershipId;

use crate::private::{self, PrivateFault};

/// Files by path relative to `policies/`, parts joined by `/`, sorted.
pub type Files = Vec<(String, Vec<u8>)>;

static BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

// far above what a partnership writes by hand; a folder named by mistake is not read whole
const MAX_FILES: usize = 5_000;
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Why a policies folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BundleFault {
    /// Something in it cannot be read.
    #[error("`{}` could not be read", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is too large to be a policies folder.
    #[error("`{}` holds more than {MAX_FILES} files or 64 MiB; is it a policies folder?", path.display())]
    TooLarge {
        /// The folder.
        path: PathBuf,
    },
    /// A file has a name that is not text.
    #[error("`{}` has a name that is not UTF-8; rename it", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error(transparent)]
    Private(#[from] PrivateFault),
}

/// The policies of the sample partnership, as they are built into this binary.
#[must_use]
pub fn sample() -> Files {
    BUILT_IN.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect()
}

/// The partnership that the built-in policies are written for.
pub const SAMPLE: &str = "city-and-hackney";

/// Reads a policies folder. Hidden files, as editors leave them, are passed over.
///
/// # Errors
/// [`BundleFault`] naming what cannot be read.
pub fn read(folder: &Path) -> Result<Files, BundleFault> {
    let mut files = Vec::new();
    let mut left = MAX_BYTES;
    collect(folder, folder, &mut files, &mut left)?;
    files.sort();
    Ok(files)
}

fn collect(root: &Path, at: &Path, files: &mut Files, left: &mut u64) -> Result<(), BundleFault> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| BundleFault::Io { path, source }
    };
    for found in fs::read_dir(at).map_err(io(at))? {
        let path = found.map_err(io(at))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| BundleFault::Name { path: path.clone() })?;
        if name.starts_with('.') {
            continue;
        }
        let facts = fs::metadata(&path).map_err(io(&path))?;
        if facts.is_dir() {
            collect(root, &path, files, left)?;
            continue;
        }
        let too_large = || BundleFault::TooLarge { path: root.to_owned() };
        *left = left.checked_sub(facts.len()).ok_or_else(too_large)?;
        if files.len() >= MAX_FILES {
            return Err(too_large());
        }
        let bytes = fs::read(&path).map_err(io(&path))?;
        files.push((relative(root, &path), bytes));
    }
    Ok(())
}

fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Writes files into a new policies folder.
///
/// # Errors
/// [`BundleFault::Private`] when a file is there already or cannot be written.
pub fn write(folder: &Path, files: &Files) -> Result<(), BundleFault> {
    private::make_dir(folder)?;
    for (path, bytes) in files {
        let path = folder.join(path);
        if let Some(dir) = path.parent() {
            private::make_dir(dir)?;
        }
        private::write_new(&path, bytes)?;
    }
    Ok(())
}

/// The policies of a partnership of which nothing but its id is known: the return types, profiles, purposes,
/// roles and calendar of the sample; one agency, the partnership's own team; nothing owed; no agreement, as
/// nobody has signed one, and therefore no row that allows anything.
#[must_use]
pub fn first(id: &PartnershipId) -> Files {
    let of_sample = |path: &str| path.starts_with("cases/") || path == "matrix.txt";
    let kept = sample().into_iter().filter(|(path, _)| !of_sample(path));
    kept.map(|(path, bytes)| {
        let bytes = match path.as_str() {
            "partnership.toml" => first_partnership(id).into_bytes(),
            "agreements.toml" => FIRST_AGREEMENTS.as_bytes().to_vec(),
            // the rows by hand are denials, and where there is no agreement the rules are they alone
            "rules.csv" | "by-hand.csv" => denying_rows(&bytes, id),
            _ => bytes,
        };
        (path, bytes)
    })
    .collect()
}

const FIRST_AGREEMENTS: &str = "\
# The information-sharing agreements. Until there is one, nothing may be sent or read: every row of rules.csv
# that allows comes from a clause of an agreement, and reaches the parties that have signed it and nobody else.
# The sample's agreements lie in `examples/`, beside this folder, to be copied from. After a change run
# `concordat policy generate` on this folder: it writes rules.csv anew.

agreement = []
";

/// The header and the rows that deny, made over to another partnership.
fn denying_rows(rules: &[u8], id: &PartnershipId) -> Vec<u8> {
    let rules = String::from_utf8_lossy(rules);
    let kept = rules.lines().enumerate().filter(|(at, line)| *at == 0 || line.ends_with(",deny"));
    let kept = kept.map(|(_, line)| line.replace(&format!(",{SAMPLE},"), &format!(",{id},")) + "\n");
    kept.collect::<String>().into_bytes()
}

fn first_partnership(id: &PartnershipId) -> String {
    format!(
        "# The partnership: its agencies, and who owes which return from when. An unknown key is refused.\n\
         # Add an [[agency]] for each organisation (kind: local_authority, police, health, education, lado,\n\
         # partnership, probation, community_safety, voluntary or national; areas: GSS codes), then an\n\
         # [[obligation]] for each return that it owes. `examples/partnership.toml` shows a whole one.\n\
         \n\
         # a certificate, a receipt and the log name the partnership by this id: it never changes\n\
         id = \"{id}\"\n\
         name = \"{id}\"\n\
         \n\
         [[agency]]\n\
         id = \"{id}\"\n\
         name = \"{id} partnership team\"\n\
         kind = \"partnership\"\n\
         areas = []\n"
    )
}

#[cfg(test)]
mod tests {
    use concordat_core::partnership::Partnership;
    use concordat_flow::Generation;

    use super::*;

    fn sample_partnership() -> Partnership {
        let files = sample();
        let (_, bytes) = files.iter().find(|(path, _)| path == "partnership.toml").unwrap();
        Partnership::from_toml(std::str::from_utf8(bytes).unwrap()).unwrap()
    }

    #[test]
    fn the_sample_is_the_partnership_of_fifteen_agencies_and_what_they_owe() {
        let sample = sample_partnership();
        assert_eq!(sample.id.as_str(), SAMPLE);
        assert_eq!(sample.agencies.len(), 15);
        let owed =
            |rtype: &str| sample.obligations.iter().filter(|owed| owed.return_type.as_str() == rtype).count();
        assert_eq!(
            owed("core-data-set-annual"),
            13,
            "every agency with printed figures, which is all but ELFT and NHS England"
        );
        assert_eq!(owed("cds-police-quarterly"), 2);
        assert_eq!(owed("cds-csc-quarterly"), 2);
        assert_eq!(owed("lado-attestation-monthly"), 7);
        assert_eq!(owed("mace-quarterly"), 7, "every agency of the four kinds but two providers owes a part");
    }

    #[test]
    fn every_source_of_printed_figures_owes_the_annual_core_data_set() {
        let sample = sample_partnership();
        for source in &sample.sources {
            assert!(
                sample.obligations.iter().any(|owed| {
                    owed.agency == source.agency && owed.return_type.as_str() == "core-data-set-annual"
                }),
                "{} answers for {} {}",
                source.agency,
                source.kind,
                source.area
            );
        }
    }

    #[test]
    fn a_folder_reads_back_as_it_was_written_without_what_editors_hide() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("policies");
        let files = sample();
        write(&folder, &files).unwrap();
        fs::write(folder.join(".partnership.toml.swp"), "x").unwrap();
        assert_eq!(read(&folder).unwrap(), files);
        assert!(write(&folder, &files).is_err(), "nothing is overwritten");
    }

    #[test]
    fn nothing_is_wrong_with_the_sample_nor_with_a_first_partnership() {
        let generation = Generation::build(sample()).unwrap();
        assert_eq!(generation.partnership.id.as_str(), SAMPLE);
        let generation = Generation::build(first(&"north".parse().unwrap())).unwrap();
        let partnership = &generation.partnership;
        assert_eq!((partnership.id.as_str(), partnership.agencies.len()), ("north", 1));
        assert!(partnership.obligations.is_empty());
        let rules: Vec<_> = generation.policy.bundle().rules().map(ToString::to_string).collect();
        assert!(!rules.is_empty() && rules.iter().all(|rule| rule.starts_with("DENY-")), "{rules:?}");
        let files = first(&"north".parse().unwrap());
        let (_, rules) = files.iter().find(|(path, _)| path == "rules.csv").unwrap();
        assert_eq!(Generation::rules(&files).unwrap().as_bytes(), rules);
    }
}
