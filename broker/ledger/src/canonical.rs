//! The two spellings every text format here shares: base64 and decimal, each with exactly one form per value.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::hash::{HASH_LEN, Hash};

/// Standard base64 with padding, appended to `out`.
pub(crate) fn push_base64(out: &mut String, bytes: &[u8]) {
    STANDARD.encode_string(bytes, out);
}

/// Reads standard base64; missing or extra padding and stray bits in the last digit are refused.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Reads exactly 32 bytes of base64.
pub(crate) fn base64_hash(text: &str) -> Option<Hash> {
    <[u8; HASH_LEN]>::try_from(base64(text)?).ok().map(Hash)
}

/// Reads a decimal number without sign or leading zeroes.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(base64("AA=="), Some(vec![0]));
        assert_eq!(base64("AB=="), None, "stray bits");
        assert_eq!(base64("AA"), None, "missing padding");
        assert_eq!(base64("AA==\n"), None, "line end");
        assert_eq!(base64("_w=="), None, "the other alphabet");
    }

    #[test]
    fn decimal_has_one_spelling() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "18446744073709551616", "١"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
