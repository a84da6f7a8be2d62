//! Pseudonyms: the same child is the same to one recipient for one purpose, and nobody else's pseudonym is alike.

use aws_lc_rs::hmac;

/// What numbers a child alike wherever it is; anything else numbers it for one agency only.
const NATIONAL: [&str; 2] = ["nhs_number", "upn"];
/// How many bytes of the digest a pseudonym shows: of a million children, two share one with probability 2^-41.
const SHOWN: usize = 10;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Makes the pseudonyms of one recipient and purpose: HMAC-SHA-256 over what is numbered, by whom, and the number.
pub struct Pseudonyms {
    key: hmac::Key,
    owner: String,
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(..)")
    }
}

impl Pseudonyms {
    /// With the key of a recipient and purpose, for what an agency sent. An agency's own numbers mean something with
    /// that agency only.
    #[must_use]
    pub fn new(key: &[u8; 32], owner: &str) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), owner: owner.to_owned() }
    }

    /// The pseudonym of a number; of nothing, nothing. Neither spaces nor capitals count.
    #[must_use]
    pub fn of(&self, identifier: &str, number: &str) -> String {
        let number: String =
            number.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
        if number.is_empty() {
            return number;
        }
        let owner = if NATIONAL.contains(&identifier) { "" } else { &self.owner };
        let mut context = hmac::Context::with_key(&self.key);
        for part in [identifier, owner, &number] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.sign();
        let mut shown = String::with_capacity(2 + SHOWN * 8 / 5);
        shown.push_str("p-");
        let (mut bits, mut held) = (0_u32, 0_u32);
        for byte in digest.as_ref().iter().take(SHOWN) {
            bits = (bits << 8) | u32::from(*byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                let letter = ALPHABET.get(((bits >> held) & 31) as usize).copied().unwrap_or(b'a');
                shown.push(char::from(letter));
            }
            bits &= (1 << held) - 1;
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: u8, owner: &str, identifier: &str, number: &str) -> String {
        Pseudonyms::new(&[key; 32], owner).of(identifier, number)
    }

    #[test]
    fn one_child_is_one_pseudonym_for_one_key_and_what_is_written_otherwise_is_the_same() {
        let one = of(1, "hackney-council", "child", "ab 12");
        assert_eq!(one, of(1, "hackney-council", "child", " AB12 "));
        assert_eq!((one.len(), &one[..2]), (18, "p-"));
        assert_ne!(one, of(2, "hackney-council", "child", "AB12"), "another recipient or purpose");
        assert_ne!(one, of(1, "hackney-council", "upn", "AB12"), "another sort of number");
        assert_ne!(one, of(1, "city-of-london-corporation", "child", "AB12"), "another agency's child");
        assert_ne!(one, of(1, "hackney-council", "child", "AB13"));
    }

    #[test]
    fn a_national_number_is_the_same_whoever_sent_it_and_a_blank_stays_blank() {
        assert_eq!(
            of(1, "homerton", "nhs_number", "943 476 5919"),
            of(1, "elft", "nhs_number", "9434765919")
        );
        assert_eq!(of(1, "homerton", "child", " "), "");
    }

    #[test]
    fn a_pseudonym_is_what_the_documents_say_it_is() {
        // python3: base64.b32encode(hmac.new(bytes([7])*32, b"".join(len(p).to_bytes(8, "big") + p for p in
        // [b"child", b"hackney-council", b"AB12"]), "sha256").digest()[:10]).decode().lower()
        assert_eq!(of(7, "hackney-council", "child", "AB12"), "p-h252xsz3wo564lqj");
    }
}
