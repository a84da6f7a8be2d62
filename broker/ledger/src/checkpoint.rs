//! Checkpoints (C2SP tlog-checkpoint v1.0.0): the log's size and root, signed by the log.

use std::fmt::Write;

use thiserror::Error;

use crate::canonical;
use crate::hash::{Hash, empty_root};
use crate::key::{LogKey, Verifier, is_name};
use crate::note::{self, Note, NoteFault};
use crate::proof::{ProofFault, verify_consistency};

/// What the log says of itself at one size. A value of this type from [`SignedCheckpoint::verify`] was
/// signed by the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's origin, such as `concordat/northshire/log`; also the name of its key.
    pub origin: String,
    /// How many entries the log has.
    pub size: u64,
    /// The root over their leaves.
    pub root: Hash,
}

/// A checkpoint with its signatures, exactly as it was written; cosignatures are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    text: String,
}

/// Which link of a checkpoint failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointFault {
    /// The note around it was not accepted.
    #[error("the checkpoint was not accepted: {0}")]
    Note(#[from] NoteFault),
    /// Its text is not origin, size and root on three lines.
    #[error("the checkpoint is not an origin, a size and a root on three lines")]
    Malformed,
    /// It belongs to another log than the key does.
    #[error("the checkpoint is of log `{found}`; `{expected}` was expected")]
    OtherLog {
        /// The log whose key was used.
        expected: String,
        /// The log it names.
        found: String,
    },
    /// It gives a log without entries another root than the empty one.
    #[error("the checkpoint gives a log without entries a root")]
    EmptyRoot,
    /// The log did not grow from the checkpoint known before.
    #[error(transparent)]
    Growth(ProofFault),
}

impl CheckpointFault {
    /// Whether the log lost entries it had, rather than holding altered ones.
    #[must_use]
    pub const fn is_rollback(&self) -> bool {
        matches!(self, Self::Growth(fault) if fault.is_rollback())
    }
}

impl Checkpoint {
    /// Signs the checkpoint with the log's key.
    ///
    /// # Errors
    /// [`CheckpointFault::OtherLog`] if the key is not named as the origin, [`CheckpointFault::EmptyRoot`],
    /// or [`CheckpointFault::Note`] if signing fails.
    pub fn sign(&self, key: &LogKey) -> Result<SignedCheckpoint, CheckpointFault> {
        self.belongs_to(key.verifier())?;
        Ok(SignedCheckpoint { text: note::sign(&self.text(), key)? })
    }

    /// Checks that `newer` continues this checkpoint, as every checkpoint a log signs must.
    ///
    /// # Errors
    /// [`CheckpointFault::OtherLog`], or [`CheckpointFault::Growth`]: rolled back, forked or inconsistent.
    pub fn verify_growth(&self, newer: &Self, proof: &[Hash]) -> Result<(), CheckpointFault> {
        if self.origin != newer.origin {
            return Err(CheckpointFault::OtherLog {
                expected: self.origin.clone(),
                found: newer.origin.clone(),
            });
        }
        verify_consistency(self.size, &self.root, newer.size, &newer.root, proof)
            .map_err(CheckpointFault::Growth)
    }

    fn text(&self) -> String {
        let mut text = String::with_capacity(self.origin.len() + 70);
        // writing to a string cannot fail
        let _ = writeln!(text, "{}\n{}", self.origin, self.size);
        canonical::push_base64(&mut text, &self.root.0);
        text.push('\n');
        text
    }

    /// Reads the three lines; further lines are refused, since no monitor could check what they say.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|origin| is_name(origin))?;
        let size = canonical::decimal(lines.next()?)?;
        let root = canonical::base64_hash(lines.next()?)?;
        lines.next().is_none().then(|| Self { origin: origin.to_owned(), size, root })
    }

    fn belongs_to(&self, verifier: &Verifier) -> Result<(), CheckpointFault> {
        if self.origin != verifier.name() {
            return Err(CheckpointFault::OtherLog {
                expected: verifier.name().to_owned(),
                found: self.origin.clone(),
            });
        }
        if self.size == 0 && self.root != empty_root() {
            return Err(CheckpointFault::EmptyRoot);
        }
        Ok(())
    }
}

impl SignedCheckpoint {
    /// Reads a signed checkpoint without believing it.
    ///
    /// # Errors
    /// [`CheckpointFault::Note`] or [`CheckpointFault::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointFault> {
        let note = Note::parse(bytes)?;
        Checkpoint::parse(note.unverified_text()).ok_or(CheckpointFault::Malformed)?;
        let text = std::str::from_utf8(bytes).map_err(|_| NoteFault::NotText)?;
        Ok(Self { text: text.to_owned() })
    }

    /// The checkpoint, if the log that this key names has signed it.
    ///
    /// # Errors
    /// [`CheckpointFault::Note`], [`CheckpointFault::OtherLog`] or [`CheckpointFault::EmptyRoot`].
    pub fn verify(&self, verifier: &Verifier) -> Result<Checkpoint, CheckpointFault> {
        let note = Note::parse(self.text.as_bytes())?;
        let checkpoint = Checkpoint::parse(note.verify(verifier)?).ok_or(CheckpointFault::Malformed)?;
        checkpoint.belongs_to(verifier)?;
        Ok(checkpoint)
    }

    /// The whole note as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole note's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The whole note as it was written.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;
    use crate::note::tests::cosigned;

    const ORIGIN: &str = "concordat/northshire/log";

    fn key() -> LogKey {
        LogKey::from_seed(ORIGIN, &[7; 32]).unwrap()
    }

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint { origin: ORIGIN.into(), size, root: sha256(&[b"root"]) }
    }

    fn signed(text: &str) -> SignedCheckpoint {
        SignedCheckpoint { text: note::sign(text, &key()).unwrap() }
    }

    #[test]
    fn text_is_three_lines_as_another_implementation_writes_them() {
        let ours = checkpoint(20_852_163).text();
        let theirs =
            tlog_tiles::Checkpoint::new(ORIGIN, 20_852_163, tlog_tiles::Hash(sha256(&[b"root"]).0), "")
                .unwrap();
        assert_eq!(ours.as_bytes(), theirs.to_bytes());
        let read = tlog_tiles::Checkpoint::from_bytes(ours.as_bytes()).unwrap();
        assert_eq!(read, theirs);
    }

    #[test]
    fn example_of_the_specification_is_read() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let read = Checkpoint::parse(text).unwrap();
        assert_eq!((read.origin.as_str(), read.size), ("example.com/behind-the-sofa", 20_852_163));
        assert_eq!(read.text(), text);
    }

    #[test]
    fn signed_checkpoint_comes_back_with_its_cosignatures() {
        let signed = checkpoint(9).sign(&key()).unwrap();
        let cosigned = cosigned(signed.as_str(), 5);
        let read = SignedCheckpoint::parse(cosigned.as_bytes()).unwrap();
        assert_eq!(read.verify(key().verifier()), Ok(checkpoint(9)));
        assert_eq!(read.as_str(), cosigned);
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let signed = checkpoint(9).sign(&key()).unwrap().into_string().into_bytes();
        for at in 0..signed.len() {
            for bit in 0..8 {
                let mut altered = signed.clone();
                altered[at] ^= 1 << bit;
                let verdict =
                    SignedCheckpoint::parse(&altered).and_then(|read| read.verify(key().verifier()));
                assert!(verdict.is_err(), "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn key_signs_its_own_log_alone() {
        let other = LogKey::from_seed("concordat/other/log", &[7; 32]).unwrap();
        assert!(matches!(checkpoint(9).sign(&other), Err(CheckpointFault::OtherLog { .. })));
        let signed = note::sign(&checkpoint(9).text(), &other).unwrap();
        let read = SignedCheckpoint::parse(signed.as_bytes()).unwrap();
        assert!(matches!(read.verify(other.verifier()), Err(CheckpointFault::OtherLog { .. })));
        assert_eq!(read.verify(key().verifier()), Err(NoteFault::NotSigned.into()));
    }

    #[test]
    fn other_shapes_of_text_are_refused() {
        let good = checkpoint(9).text();
        let root = good.lines().last().unwrap();
        for text in [
            format!("{good}extension\n"),
            format!("{ORIGIN}\n9\n"),
            format!("{ORIGIN}\n09\n{root}\n"),
            format!("{ORIGIN}\n+9\n{root}\n"),
            format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
            format!("\n9\n{root}\n"),
            format!("two words\n9\n{root}\n"),
            format!("{ORIGIN}\n9\n{}\n", root.trim_end_matches('=')),
            format!("{ORIGIN}\n9\nAAAA\n"),
        ] {
            let fault = signed(&text).verify(key().verifier()).unwrap_err();
            assert_eq!(fault, CheckpointFault::Malformed, "{text}");
        }
    }

    #[test]
    fn log_without_entries_has_the_empty_root() {
        assert_eq!(checkpoint(0).sign(&key()), Err(CheckpointFault::EmptyRoot));
        assert_eq!(signed(&checkpoint(0).text()).verify(key().verifier()), Err(CheckpointFault::EmptyRoot));
        let empty = Checkpoint { root: empty_root(), ..checkpoint(0) };
        assert_eq!(empty.sign(&key()).unwrap().verify(key().verifier()), Ok(empty));
    }

    #[test]
    fn growth_names_rollback_fork_and_other_log() {
        let (nine, eight) = (checkpoint(9), checkpoint(8));
        assert!(nine.verify_growth(&eight, &[]).unwrap_err().is_rollback());
        let fork = Checkpoint { root: sha256(&[b"fork"]), ..checkpoint(9) };
        let fault = nine.verify_growth(&fork, &[]).unwrap_err();
        assert_eq!(fault, CheckpointFault::Growth(ProofFault::Forked { size: 9 }));
        assert!(!fault.is_rollback());
        let other = Checkpoint { origin: "concordat/other/log".into(), ..checkpoint(9) };
        assert!(matches!(nine.verify_growth(&other, &[]), Err(CheckpointFault::OtherLog { .. })));
        assert_eq!(nine.verify_growth(&nine, &[]), Ok(()));
    }
}
