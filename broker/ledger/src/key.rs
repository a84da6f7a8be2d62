//! The log's signing key and the text form of its public half.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, ED25519_PUBLIC_KEY_LEN, Ed25519KeyPair, KeyPair, ParsedPublicKey};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::canonical;
use crate::hash::{sha256, write_hex};

/// The signature type of a plain Ed25519 note signature (C2SP signed-note).
const ED25519_TYPE: u8 = 0x01;

/// The longest a key's name may be, in bytes.
pub const MAX_NAME_LEN: usize = 256;

/// Why a key, or the text of one, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// A name that cannot stand in a signature line.
    #[error(
        "`{0}` cannot name a key: 1 to 256 bytes without spaces, plus signs or control characters are needed"
    )]
    Name(String),
    /// The text is not `name+id+key`.
    #[error("`{0}` is not a verifier key: `name+8 hexadecimal digits+base64` is expected")]
    Text(String),
    /// The text's key id is not that of its name and key.
    #[error("the id in the verifier key of `{0}` does not belong to that name and key: was it copied whole?")]
    Id(String),
    /// The key is of another kind than Ed25519.
    #[error("the verifier key of `{0}` is not an Ed25519 key")]
    Kind(String),
    /// The public key is one under which forged signatures would pass.
    #[error("the verifier key of `{0}` is not a sound Ed25519 point")]
    Unsound(String),
    /// The private key's bytes were not accepted.
    #[error("the log's private key could not be read")]
    Private,
    /// The system gave no random bytes, or the primitive library failed.
    #[error("a log key could not be made: the system gave no random bytes")]
    Random,
}

/// The log's private key (Ed25519), named by the log's origin. It shows nothing of itself.
pub struct LogKey {
    pair: Ed25519KeyPair,
    verifier: Verifier,
}

impl LogKey {
    /// A new key for the log of this origin.
    ///
    /// # Errors
    /// [`KeyFault::Name`] or [`KeyFault::Random`].
    pub fn generate(name: &str) -> Result<Self, KeyFault> {
        check_name(name)?;
        Self::from_pair(name, Ed25519KeyPair::generate().map_err(|_| KeyFault::Random)?)
    }

    /// The key in a PKCS#8 document.
    ///
    /// # Errors
    /// [`KeyFault::Name`] or [`KeyFault::Private`].
    pub fn from_pkcs8(name: &str, pkcs8: &[u8]) -> Result<Self, KeyFault> {
        Self::from_pair(name, Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyFault::Private)?)
    }

    /// The key grown from a 32-byte seed.
    ///
    /// # Errors
    /// [`KeyFault::Name`] or [`KeyFault::Private`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyFault> {
        Self::from_pair(name, Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyFault::Private)?)
    }

    fn from_pair(name: &str, pair: Ed25519KeyPair) -> Result<Self, KeyFault> {
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyFault::Private)?;
        Ok(Self { verifier: Verifier::new(name, public)?, pair })
    }

    /// The key as a PKCS#8 document, to be sealed before it is stored.
    ///
    /// # Errors
    /// [`KeyFault::Private`] if the primitive library fails.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
        let document = self.pair.to_pkcs8().map_err(|_| KeyFault::Private)?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    /// The public half, which checks what this key signs.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The Ed25519 signature; `None` if the primitive library fails.
    pub(crate) fn signature(&self, message: &[u8]) -> Option<impl AsRef<[u8]>> {
        self.pair.try_sign(message).ok()
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogKey(..)")
    }
}

/// A log's public key with its name: all that is needed to check the log's signatures. Its text form is the
/// verifier key of C2SP signed-note: `name+id+base64(0x01 ‖ key)`.
#[derive(Clone)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    public: [u8; ED25519_PUBLIC_KEY_LEN],
    key: ParsedPublicKey,
}

impl Verifier {
    /// The verifier for this name and Ed25519 public key.
    ///
    /// # Errors
    /// [`KeyFault::Name`], or [`KeyFault::Unsound`] for a key that is not a canonical point of full order.
    pub fn new(name: &str, public: [u8; ED25519_PUBLIC_KEY_LEN]) -> Result<Self, KeyFault> {
        check_name(name)?;
        let unsound = || KeyFault::Unsound(name.to_owned());
        if !is_sound_point(&public) {
            return Err(unsound());
        }
        let key = ParsedPublicKey::new(&ED25519, public).map_err(|_| unsound())?;
        let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", &[ED25519_TYPE], &public]).0;
        Ok(Self { name: name.to_owned(), id: [a, b, c, d], public, key })
    }

    /// The key's name: the log's origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id: the first four bytes of the hash over name, type and key.
    #[must_use]
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The 32 bytes of the Ed25519 public key.
    #[must_use]
    pub const fn public_key(&self) -> &[u8; ED25519_PUBLIC_KEY_LEN] {
        &self.public
    }

    /// Whether this is a signature by the key over the message. Signatures whose first half is not a
    /// canonical point of full order are refused, so that every implementation gives the same answer.
    pub(crate) fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        let sound = signature.first_chunk::<32>().is_some_and(is_sound_point);
        sound && self.key.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = vec![ED25519_TYPE];
        typed.extend_from_slice(&self.public);
        let mut encoded = String::new();
        canonical::push_base64(&mut encoded, &typed);
        write!(f, "{}+", self.name)?;
        write_hex(f, &self.id)?;
        write!(f, "+{encoded}")
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({self})")
    }
}

impl PartialEq for Verifier {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.public == other.public
    }
}

impl Eq for Verifier {}

impl FromStr for Verifier {
    type Err = KeyFault;

    /// Reads a verifier key; nothing may stand around it.
    ///
    /// # Errors
    /// [`KeyFault`], naming what is wrong with the text.
    fn from_str(text: &str) -> Result<Self, KeyFault> {
        let malformed = || KeyFault::Text(text.chars().take(400).collect());
        let (name, rest) = text.split_once('+').ok_or_else(malformed)?;
        let (id, encoded) = rest.split_once('+').ok_or_else(malformed)?;
        check_name(name)?;
        let typed = canonical::base64(encoded).ok_or_else(malformed)?;
        let (kind, public) = typed.split_first().ok_or_else(malformed)?;
        let public = match (*kind, <[u8; ED25519_PUBLIC_KEY_LEN]>::try_from(public)) {
            (ED25519_TYPE, Ok(public)) => public,
            _ => return Err(KeyFault::Kind(name.to_owned())),
        };
        let verifier = Self::new(name, public)?;
        if verifier.to_string() == text { Ok(verifier) } else { Err(id_fault(id, name, malformed())) }
    }
}

/// A well-formed id that is not the right one, or no id at all.
fn id_fault(id: &str, name: &str, malformed: KeyFault) -> KeyFault {
    let well_formed = id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if well_formed { KeyFault::Id(name.to_owned()) } else { malformed }
}

/// Whether a name may stand in a signature line.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_LEN).contains(&name.len())
        && !name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control())
}

fn check_name(name: &str) -> Result<(), KeyFault> {
    if is_name(name) { Ok(()) } else { Err(KeyFault::Name(name.chars().take(80).collect())) }
}

/// The y coordinates of the points of order 1, 2, 4 and 8: (1, 0, −1 and the two of order 8), little-endian.
const LOW_ORDER: [[u8; 32]; 5] = [
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [0; 32],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// Whether the encoding is canonical (y below 2^255 − 19) and not of low order; the sign bit is set aside.
fn is_sound_point(encoded: &[u8; 32]) -> bool {
    let mut y = *encoded;
    let [.., top] = &mut y;
    *top &= 0x7f;
    let [low, middle @ .., top] = &y;
    let beyond_prime = *top == 0x7f && *low >= 0xed && middle.iter().all(|byte| *byte == 0xff);
    !beyond_prime && !LOW_ORDER.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the C2SP signed-note specification.
    const EXAMPLE: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn published_verifier_keys_are_read_and_written_back() {
        // the specification's example, and the public key of the Go checksum database
        for text in [EXAMPLE, "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"] {
            assert_eq!(text.parse::<Verifier>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn published_private_key_gives_its_published_verifier_key() {
        // the key pair in the documentation of the format's first implementation
        let typed = canonical::base64("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz").unwrap();
        let key = LogKey::from_seed("PeterNeumann", typed[1..].try_into().unwrap()).unwrap();
        assert_eq!(
            key.verifier().to_string(),
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        );
    }

    #[test]
    fn every_part_of_a_verifier_key_matters() {
        let bytes = EXAMPLE.as_bytes();
        for at in 0..bytes.len() {
            for bit in 0..7 {
                let mut other = bytes.to_vec();
                other[at] ^= 1 << bit;
                let other = String::from_utf8(other).unwrap();
                assert!(other.parse::<Verifier>().is_err(), "{other}");
            }
            assert!(EXAMPLE[at + 1..].parse::<Verifier>().is_err(), "from {at}");
            assert!(EXAMPLE[..at].parse::<Verifier>().is_err(), "to {at}");
        }
    }

    #[test]
    fn faults_of_verifier_keys_are_told_apart() {
        let fault = |text: &str| text.parse::<Verifier>().unwrap_err();
        assert!(matches!(fault(&EXAMPLE.replace("530d903a", "530d903b")), KeyFault::Id(_)));
        assert!(matches!(fault(&EXAMPLE.replace("530d903a", "530D903A")), KeyFault::Text(_)));
        assert!(matches!(fault(&EXAMPLE.replace("example.com", "exa mple")), KeyFault::Name(_)));
        assert!(matches!(fault(&EXAMPLE.replace("+Aek", "+Bek")), KeyFault::Kind(_)));
        assert!(matches!(fault("nonsense"), KeyFault::Text(_)));
    }

    #[test]
    fn unsound_points_are_refused() {
        for y in LOW_ORDER {
            for sign in [0, 0x80] {
                let mut point = y;
                point[31] |= sign;
                assert_eq!(Verifier::new("log", point), Err(KeyFault::Unsound("log".into())));
            }
        }
        for low in 0xed..=0xff {
            let mut beyond = [0xff; 32];
            beyond[0] = low;
            assert!(!is_sound_point(&beyond), "{low:x}");
        }
        let mut last_below_prime = [0xff; 32];
        last_below_prime[0] = 0xeb;
        assert!(is_sound_point(&last_below_prime));
    }

    #[test]
    fn names_that_break_a_signature_line_are_refused() {
        for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b", &"x".repeat(257)] {
            assert!(matches!(LogKey::generate(name), Err(KeyFault::Name(_))), "{name}");
        }
    }

    #[test]
    fn key_survives_pkcs8_and_shows_nothing() {
        let key = LogKey::generate("concordat/test/log").unwrap();
        let back = LogKey::from_pkcs8("concordat/test/log", &key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(back.verifier(), key.verifier());
        assert_eq!(format!("{key:?}"), "LogKey(..)");
        assert_eq!(LogKey::from_pkcs8("log", b"nonsense").unwrap_err(), KeyFault::Private);
    }
}
