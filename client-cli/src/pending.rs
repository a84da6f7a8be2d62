//! What was sent and not yet confirmed: the key of each submission, kept from before the first attempt until
//! the receipt is held, so that every retry repeats it. No content is kept, only its digest.

use std::fs;
use std::path::PathBuf;

use concordat_core::ids::{Digest, SendKey};
use concordat_core::submission::Identity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;

/// The records of one context.
#[derive(Debug, Clone)]
pub struct Pending {
    folder: PathBuf,
}

/// One submission whose receipt is not held yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The submission key, in hex.
    pub key: String,
    /// The content digest, in hex.
    pub content: String,
    /// The return type.
    pub return_type: String,
    /// The period or event.
    pub covers: String,
    /// When the key was drawn.
    pub since: String,
}

/// A key to send under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The key.
    pub key: SendKey,
    /// Whether it was drawn by an earlier run, whose outcome is unknown.
    pub resumed: bool,
}

impl Pending {
    /// The records of a context.
    ///
    /// # Errors
    /// A [`Failure`] when their folder cannot be made.
    pub fn of(context: &Context) -> Result<Self, Failure> {
        context.subfolder("pending").map(|folder| Self { folder })
    }

    /// The key for this content: the one recorded, else `given`, else a fresh random one, which is recorded
    /// before this returns.
    ///
    /// # Errors
    /// A [`Failure`] when the record cannot be read or written, or no random bytes are to be had.
    pub fn claim(
        &self,
        content: &Digest,
        identity: &Identity,
        given: Option<SendKey>,
        now: Timestamp,
    ) -> Result<Claim, Failure> {
        let key = match given {
            Some(key) => key,
            None => draw()?,
        };
        let record = Record {
            key: key.to_string(),
            content: content.to_string(),
            return_type: identity.return_type.to_string(),
            covers: identity.covers.to_string(),
            since: now.to_string(),
        };
        let text = toml::to_string(&record).map_err(|why| {
            Failure::new(Exit::Failure, format!("the pending record cannot be written: {why}"))
        })?;
        if private::create(&self.path(content), text.as_bytes())? {
            return Ok(Claim { key, resumed: false });
        }
        let kept = self.read(&self.path(content))?.key.parse().map_err(|_| self.damaged())?;
        match given {
            Some(given) if given != kept => Err(Failure::usage("this content is pending under another key")
                .hint("leave out --key: the key on record is used")),
            _ => Ok(Claim { key: kept, resumed: true }),
        }
    }

    /// Forgets a record, once its receipt is held or the broker refused it for good.
    ///
    /// # Errors
    /// A [`Failure`] when the file cannot be removed.
    pub fn release(&self, content: &Digest) -> Result<(), Failure> {
        let path = self.path(content);
        match fs::remove_file(&path) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(Failure::unwritable(&path, &why)),
            _ => Ok(()),
        }
    }

    /// Every record, oldest first.
    ///
    /// # Errors
    /// A [`Failure`] when a record cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, Failure> {
        let entries = fs::read_dir(&self.folder).map_err(|why| Failure::unreadable(&self.folder, &why))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let paths = paths.filter(|path| path.extension().is_some_and(|end| end == "toml"));
        let mut records = paths.map(|path| self.read(&path)).collect::<Result<Vec<_>, _>>()?;
        records.sort_by(|one, other| (&one.since, &one.key).cmp(&(&other.since, &other.key)));
        Ok(records)
    }

    fn read(&self, path: &std::path::Path) -> Result<Record, Failure> {
        let text = fs::read_to_string(path).map_err(|why| Failure::unreadable(path, &why))?;
        toml::from_str(&text).map_err(|_| self.damaged())
    }

    fn damaged(&self) -> Failure {
        let shown = self.folder.display();
        Failure::new(Exit::Failure, format!("a pending record in `{shown}` is damaged"))
            .hint("find the submission with `concordat missing`, then remove the record")
    }

    fn path(&self, content: &Digest) -> PathBuf {
        self.folder.join(format!("{content}.toml"))
    }
}

fn draw() -> Result<SendKey, Failure> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| Failure::new(Exit::Failure, "the system gave no random bytes for a submission key"))?;
    Ok(SendKey(bytes))
}

#[cfg(test)]
mod tests {
    use concordat_core::submission::Covers;

    use super::*;
    use crate::context::tests::credentials;

    const CONTENT: Digest = Digest([7; 32]);

    fn now() -> Timestamp {
        "2023-05-01T10:00:00Z".parse().unwrap()
    }

    fn identity() -> Identity {
        Identity {
            agency: "met".parse().unwrap(),
            return_type: "core-data-set-annual".parse().unwrap(),
            areas: vec![],
            covers: Covers::Period("2022-23".parse().unwrap()),
            part: None,
        }
    }

    fn pending(dir: &tempfile::TempDir) -> Pending {
        Pending::of(&Context::store("met", dir.path(), &credentials()).unwrap()).unwrap()
    }

    #[test]
    fn the_same_content_gets_the_same_key_until_it_is_released() {
        let dir = tempfile::tempdir().unwrap();
        let pending = pending(&dir);
        let first = pending.claim(&CONTENT, &identity(), None, now()).unwrap();
        let again = pending.claim(&CONTENT, &identity(), None, now()).unwrap();
        assert_eq!((first.resumed, again.resumed), (false, true));
        assert_eq!(first.key, again.key);
        pending.release(&CONTENT).unwrap();
        let fresh = pending.claim(&CONTENT, &identity(), None, now()).unwrap();
        assert!(!fresh.resumed && fresh.key != first.key);
    }

    #[test]
    fn other_content_gets_another_key() {
        let dir = tempfile::tempdir().unwrap();
        let pending = pending(&dir);
        let one = pending.claim(&CONTENT, &identity(), None, now()).unwrap();
        let other = pending.claim(&Digest([8; 32]), &identity(), None, now()).unwrap();
        assert_ne!(one.key, other.key);
        assert_eq!(pending.records().unwrap().len(), 2);
    }

    #[test]
    fn a_given_key_is_used_and_never_replaces_the_one_on_record() {
        let dir = tempfile::tempdir().unwrap();
        let pending = pending(&dir);
        let given = SendKey([1; 16]);
        assert_eq!(pending.claim(&CONTENT, &identity(), Some(given), now()).unwrap().key, given);
        assert!(pending.claim(&CONTENT, &identity(), Some(given), now()).unwrap().resumed);
        assert_eq!(
            pending.claim(&CONTENT, &identity(), Some(SendKey([2; 16])), now()).unwrap_err().exit,
            Exit::Usage
        );
        assert_eq!(pending.claim(&CONTENT, &identity(), None, now()).unwrap().key, given);
    }

    #[test]
    fn a_damaged_record_is_an_error_and_not_a_new_key() {
        let dir = tempfile::tempdir().unwrap();
        let pending = pending(&dir);
        pending.claim(&CONTENT, &identity(), None, now()).unwrap();
        fs::write(pending.path(&CONTENT), "key = 1").unwrap();
        assert!(pending.claim(&CONTENT, &identity(), None, now()).is_err());
    }
}
