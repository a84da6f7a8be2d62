//! The key-encryption key: it wraps every key of the ring and nothing else.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{hmac, rand};
use zeroize::Zeroizing;

use crate::key::KEY_LEN;
use crate::port::{private_file, sync_dir};

const TAG_LEN: usize = 16;

/// Keeps the key-encryption key and wraps other keys with it. A file holds it first; a token may later.
pub trait KekProvider: Send + Sync {
    /// Names the key without telling anything about it, the same in every process.
    fn id(&self) -> [u8; 16];

    /// Wraps key bytes; they open again only with the same context.
    ///
    /// # Errors
    /// [`KekFault::Primitive`] when the key's holder refuses.
    fn wrap(&self, context: &[u8], key: &[u8]) -> Result<Vec<u8>, KekFault>;

    /// Opens what [`KekProvider::wrap`] gave for this context.
    ///
    /// # Errors
    /// [`KekFault::Refused`] when the bytes were altered or wrapped for another context or by another key.
    fn open(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KekFault>;
}

/// A fault of the key-encryption key.
#[derive(Debug, thiserror::Error)]
pub enum KekFault {
    /// Others than its owner may use the file.
    #[error(
        "the key file `{}` has mode {mode:04o}, so others than its owner can get at it; \
         run `chmod 600` on it, and make a new key if others may have read it", path.display()
    )]
    TooOpen {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key file is already there and must not be overwritten.
    #[error("the key file `{}` exists already; it is never overwritten", path.display())]
    Exists {
        /// The key file.
        path: PathBuf,
    },
    /// The file does not hold a key.
    #[error("the key file `{}` is not a file of exactly 32 bytes; restore it from its backup", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be read or written.
    #[error("the key file `{}` could not be {act}", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What was tried: `read` or `written`.
        act: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A wrapped key does not open.
    #[error("a wrapped key does not open: it was altered, or wrapped elsewhere or under another key")]
    Refused,
    /// The primitive library refused, such as for want of randomness.
    #[error("the cryptographic library refused to wrap a key; no randomness may be at hand")]
    Primitive,
}

impl From<Unspecified> for KekFault {
    fn from(_: Unspecified) -> Self {
        KekFault::Primitive
    }
}

/// A key-encryption key of 32 random bytes in a file that only its owner may use (mode 0600).
///
/// Wraps with AES-256-GCM under random 96-bit nonces, which holds for 2^32 wrapped keys.
pub struct FileKek {
    id: [u8; 16],
    key: LessSafeKey,
}

impl fmt::Debug for FileKek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKek(..)")
    }
}

impl FileKek {
    /// Makes a new key and its file, synced.
    ///
    /// # Errors
    /// [`KekFault::Exists`] when there is a file of that name; [`KekFault::Io`] when it cannot be written.
    pub fn create(path: &Path) -> Result<Self, KekFault> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        rand::fill(key.as_mut_slice())?;
        let file = private_file(path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KekFault::Exists { path: path.to_owned() },
            _ => KekFault::Io { path: path.to_owned(), act: "written", source },
        })?;
        if let Err(source) = write_key(file, path, key.as_slice()) {
            // what was written is no key that anything was wrapped with; if it stays, `open` refuses it
            let _ = fs::remove_file(path);
            return Err(KekFault::Io { path: path.to_owned(), act: "written", source });
        }
        Self::from_bytes(key.as_slice())
    }

    /// Reads the key from its file.
    ///
    /// # Errors
    /// [`KekFault::TooOpen`] when others may use the file, [`KekFault::NotAKey`] when it is not a plain
    /// file of 32 bytes, [`KekFault::Io`] when it cannot be read.
    pub fn open(path: &Path) -> Result<Self, KekFault> {
        let fault = |source| KekFault::Io { path: path.to_owned(), act: "read", source };
        let file = File::open(path).map_err(fault)?;
        let facts = file.metadata().map_err(fault)?;
        if !facts.is_file() || facts.len() != KEY_LEN as u64 {
            return Err(KekFault::NotAKey { path: path.to_owned() });
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = facts.permissions().mode() & 0o7777;
            if mode & !0o600 != 0 {
                return Err(KekFault::TooOpen { path: path.to_owned(), mode });
            }
        }
        let mut key = Zeroizing::new([0; KEY_LEN]);
        (&file).read_exact(key.as_mut_slice()).map_err(fault)?;
        Self::from_bytes(key.as_slice())
    }

    pub(crate) fn from_bytes(key: &[u8]) -> Result<Self, KekFault> {
        let name = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"concordat/kek-id/v1");
        let id = *name.as_ref().first_chunk().ok_or(KekFault::Primitive)?;
        Ok(Self { id, key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?) })
    }
}

fn write_key(mut file: File, path: &Path, key: &[u8]) -> io::Result<()> {
    file.write_all(key)?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), sync_dir)
}

impl KekProvider for FileKek {
    fn id(&self) -> [u8; 16] {
        self.id
    }

    fn wrap(&self, context: &[u8], key: &[u8]) -> Result<Vec<u8>, KekFault> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce)?;
        let mut sealed = Zeroizing::new(key.to_vec());
        let tag = self.key.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut sealed,
        )?;
        Ok([nonce.as_slice(), &sealed, tag.as_ref()].concat())
    }

    fn open(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KekFault> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LEN>().ok_or(KekFault::Refused)?;
        let (sealed, tag) = sealed.split_last_chunk::<TAG_LEN>().ok_or(KekFault::Refused)?;
        let mut key = Zeroizing::new(vec![0; sealed.len()]);
        self.key
            .open_separate_gather(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(context),
                sealed,
                tag,
                &mut key,
            )
            .map_err(|_| KekFault::Refused)?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_key_opens_after_the_file_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        let made = FileKek::create(&path).unwrap();
        let wrapped = made.wrap(b"here", &[7; 32]).unwrap();
        let read = FileKek::open(&path).unwrap();
        assert_eq!(read.id(), made.id());
        assert_eq!(*read.open(b"here", &wrapped).unwrap(), vec![7; 32]);
    }

    #[test]
    fn wrapped_key_is_refused_elsewhere_altered_or_under_another_key() {
        let dir = tempfile::tempdir().unwrap();
        let kek = FileKek::create(&dir.path().join("kek")).unwrap();
        let other = FileKek::create(&dir.path().join("other")).unwrap();
        let wrapped = kek.wrap(b"here", &[7; 32]).unwrap();
        assert!(matches!(kek.open(b"there", &wrapped), Err(KekFault::Refused)));
        assert!(matches!(other.open(b"here", &wrapped), Err(KekFault::Refused)));
        for at in 0..wrapped.len() {
            let mut altered = wrapped.clone();
            altered[at] ^= 1;
            assert!(matches!(kek.open(b"here", &altered), Err(KekFault::Refused)), "byte {at}");
            assert!(matches!(kek.open(b"here", &wrapped[..at]), Err(KekFault::Refused)), "length {at}");
        }
    }

    #[test]
    fn create_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        FileKek::create(&path).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(FileKek::create(&path), Err(KekFault::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[cfg(unix)]
    #[test]
    fn file_that_others_may_use_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kek");
        FileKek::create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        for mode in [0o640, 0o604, 0o620, 0o610, 0o644, 0o700, 0o777, 0o4600] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let fault = FileKek::open(&path).unwrap_err();
            assert!(matches!(fault, KekFault::TooOpen { mode: found, .. } if found == mode), "{mode:o}");
            assert!(fault.to_string().contains("chmod 600"));
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(FileKek::open(&path).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn file_of_another_length_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for (name, length) in [("empty", 0), ("short", 31), ("long", 33)] {
            let path = dir.path().join(name);
            private_file(&path).unwrap().write_all(&vec![1; length]).unwrap();
            assert!(matches!(FileKek::open(&path), Err(KekFault::NotAKey { .. })), "{name}");
        }
        assert!(matches!(FileKek::open(dir.path()), Err(KekFault::NotAKey { .. })));
        assert!(matches!(FileKek::open(&dir.path().join("none")), Err(KekFault::Io { .. })));
    }

    #[test]
    fn debug_shows_no_key() {
        let dir = tempfile::tempdir().unwrap();
        let kek = FileKek::create(&dir.path().join("kek")).unwrap();
        assert_eq!(format!("{kek:?}"), "FileKek(..)");
    }
}
