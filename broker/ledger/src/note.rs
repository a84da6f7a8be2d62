//! Signed notes (C2SP signed-note v1.0.0): text, an empty line, one signature line per key.

use thiserror::Error;

use crate::canonical;
use crate::key::{LogKey, Verifier, is_name};

/// The longest note that is read, in bytes.
pub const MAX_NOTE_LEN: usize = 48 * 1024;

/// The most signature lines a note may have; the format demands at least 16.
pub const MAX_SIGNATURES: usize = 64;

/// What every signature line begins with: an em dash and a space.
const MARK: &str = "— ";

/// Why a note is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteFault {
    /// Too long, not UTF-8, or with control characters.
    #[error("the note is not plain UTF-8 text of at most 48 KiB")]
    NotText,
    /// There is no text, empty line and signature lines.
    #[error("the note is not a text, an empty line and signature lines")]
    Malformed,
    /// A signature line is not `— name base64`.
    #[error("signature line {line} of the note is malformed")]
    SignatureLine {
        /// Which, from 1.
        line: usize,
    },
    /// More signatures than are read.
    #[error("the note has more than 64 signatures")]
    TooManySignatures,
    /// The expected key has not signed.
    #[error("the note is not signed by the expected key")]
    NotSigned,
    /// The expected key's line stands there more than once.
    #[error("the note holds more than one signature by the expected key")]
    SignedTwice,
    /// The expected key's signature does not fit the text.
    #[error("the signature does not fit the note's text: one of them was altered")]
    BadSignature,
    /// The primitive library failed to sign.
    #[error("the note could not be signed")]
    Signing,
}

/// A note as read; its text means nothing until [`Note::verify`] gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note<'a> {
    text: &'a str,
    signatures: Vec<NoteSignature<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct NoteSignature<'a> {
    name: &'a str,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Reads a note without believing it.
    ///
    /// # Errors
    /// [`NoteFault`] naming what of the format is broken.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NoteFault> {
        if bytes.len() > MAX_NOTE_LEN {
            return Err(NoteFault::NotText);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteFault::NotText)?;
        if whole.bytes().any(|b| b < b' ' && b != b'\n') {
            return Err(NoteFault::NotText);
        }
        let (text, _) = whole.rsplit_once("\n\n").ok_or(NoteFault::Malformed)?;
        let (text, lines) = whole.split_at_checked(text.len() + 1).ok_or(NoteFault::Malformed)?;
        let lines = lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let lines = lines.ok_or(NoteFault::Malformed)?;
        let mut signatures = Vec::new();
        for (at, line) in lines.split('\n').enumerate() {
            if at == MAX_SIGNATURES {
                return Err(NoteFault::TooManySignatures);
            }
            signatures.push(NoteSignature::parse(line).ok_or(NoteFault::SignatureLine { line: at + 1 })?);
        }
        Ok(Self { text, signatures })
    }

    /// The text, if this key has signed it; signatures by other keys are passed over.
    ///
    /// # Errors
    /// [`NoteFault::NotSigned`], [`NoteFault::SignedTwice`] or [`NoteFault::BadSignature`].
    pub fn verify(&self, verifier: &Verifier) -> Result<&'a str, NoteFault> {
        let mut own = self
            .signatures
            .iter()
            .filter(|signature| signature.name == verifier.name() && signature.id == verifier.id());
        let signature = own.next().ok_or(NoteFault::NotSigned)?;
        if own.next().is_some() {
            return Err(NoteFault::SignedTwice);
        }
        if verifier.accepts(self.text.as_bytes(), &signature.signature) {
            Ok(self.text)
        } else {
            Err(NoteFault::BadSignature)
        }
    }

    /// The text that nobody has vouched for yet.
    pub(crate) const fn unverified_text(&self) -> &'a str {
        self.text
    }
}

impl<'a> NoteSignature<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(MARK)?.split_once(' ')?;
        let bytes = canonical::base64(encoded)?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let sound = is_name(name) && !signature.is_empty();
        sound.then(|| Self { name, id: *id, signature: signature.to_vec() })
    }
}

/// The note over this text, which must end in a line end, signed by one key.
///
/// # Errors
/// [`NoteFault::NotText`] or [`NoteFault::Malformed`] for a text that cannot be a note's,
/// [`NoteFault::Signing`] if the primitive library fails.
pub fn sign(text: &str, key: &LogKey) -> Result<String, NoteFault> {
    if !text.ends_with('\n') {
        return Err(NoteFault::Malformed);
    }
    if text.bytes().any(|b| b < b' ' && b != b'\n') {
        return Err(NoteFault::NotText);
    }
    let verifier = key.verifier();
    let mut bytes = Vec::with_capacity(4 + 64);
    bytes.extend_from_slice(&verifier.id());
    bytes.extend_from_slice(key.signature(text.as_bytes()).ok_or(NoteFault::Signing)?.as_ref());
    let mut note = String::with_capacity(text.len() + verifier.name().len() + 104);
    note.push_str(text);
    note.push('\n');
    note.push_str(MARK);
    note.push_str(verifier.name());
    note.push(' ');
    canonical::push_base64(&mut note, &bytes);
    note.push('\n');
    Ok(note)
}

#[cfg(test)]
pub(crate) mod tests;
