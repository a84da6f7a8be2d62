use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use proptest::prelude::*;

use super::*;

const KEY: KeyId = KeyId([3; 16]);

fn place() -> Place {
    Place { log: [1; 32], entry: [2; 16], number: 0, class: SectionClass::Core }
}

fn random() -> Secret {
    Secret::random().unwrap()
}

#[test]
fn section_opens_to_what_was_sealed_whatever_its_length() {
    let secret = random();
    for size in [0, 1, 251, 252, 253, 508, 509, 4096, 100_000] {
        let plaintext: Vec<u8> = (0..size).map(|n| n as u8).collect();
        let sealed = seal(&secret, KEY, &place(), &plaintext).unwrap();
        assert_eq!(*open(&secret, &place(), sealed.bytes()).unwrap(), plaintext, "size {size}");
        assert_eq!(sealed.digest(), &sha256(sealed.bytes()).unwrap());
        assert_eq!((sealed.key(), sealed.place()), (KEY, &place()));
        assert_eq!(key_of(sealed.bytes()).unwrap(), KEY);
    }
}

#[test]
fn stored_length_tells_only_the_step() {
    let secret = random();
    let length = |size| seal(&secret, KEY, &place(), &vec![9; size]).unwrap().into_bytes().len();
    assert_eq!(length(0), HEAD_LEN + 256 + TAG_LEN);
    assert_eq!(length(0), length(252));
    assert_eq!(length(253), length(252) + 256);
}

#[test]
fn equal_plaintexts_share_neither_salt_nor_commitment_nor_ciphertext() {
    let secret = random();
    let (a, b) = (seal(&secret, KEY, &place(), b"x").unwrap(), seal(&secret, KEY, &place(), b"x").unwrap());
    let (a, b) = (Parts::of(a.bytes()).unwrap(), Parts::of(b.bytes()).unwrap());
    assert_ne!(a.salt, b.salt);
    assert_ne!(a.commitment, b.commitment);
    assert_ne!(a.ciphertext, b.ciphertext);
}

#[test]
fn every_single_bit_flip_is_refused() {
    let secret = random();
    let sealed = seal(&secret, KEY, &place(), b"a statement about a child").unwrap();
    for at in 0..sealed.bytes().len() {
        for bit in 0..8 {
            let mut altered = sealed.bytes().to_vec();
            altered[at] ^= 1 << bit;
            assert!(open(&secret, &place(), &altered).is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn cut_or_lengthened_bytes_are_refused() {
    let secret = random();
    let sealed = seal(&secret, KEY, &place(), &[7; 300]).unwrap().into_bytes();
    for length in 0..sealed.len() {
        assert!(open(&secret, &place(), &sealed[..length]).is_err(), "length {length}");
    }
    for more in [1, 16, 256] {
        let longer = [sealed.as_slice(), &vec![0; more]].concat();
        assert!(open(&secret, &place(), &longer).is_err(), "{more} more");
    }
}

#[test]
fn swap_matrix_opens_only_on_its_diagonal() {
    let mut places = Vec::new();
    for log in [[1; 32], [9; 32]] {
        for entry in [[2; 16], [8; 16]] {
            for number in [0, 1] {
                for class in
                    [SectionClass::Core, SectionClass::Subject, SectionClass::Payload, SectionClass::Bundle]
                {
                    places.push(Place { log, entry, number, class });
                }
            }
        }
    }
    let secrets = [random(), random()];
    for (from, sealed_in) in places.iter().enumerate() {
        for (under, secret) in secrets.iter().enumerate() {
            let sealed = seal(secret, KEY, sealed_in, b"here only").unwrap();
            for (to, opened_in) in places.iter().enumerate() {
                for (with, secret) in secrets.iter().enumerate() {
                    let opened = open(secret, opened_in, sealed.bytes());
                    if (from, under) == (to, with) {
                        assert_eq!(*opened.unwrap(), b"here only");
                    } else {
                        assert!(
                            matches!(opened, Err(SealFault::Altered)),
                            "{from} to {to}, {under} to {with}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn bytes_that_name_another_key_id_are_refused_even_under_the_right_key() {
    let secret = random();
    let mut stored = seal(&secret, KEY, &place(), b"x").unwrap().into_bytes();
    stored[1..17].copy_from_slice(&[4; 16]);
    assert!(matches!(open(&secret, &place(), &stored), Err(SealFault::Altered)));
}

#[test]
fn another_commitment_is_refused_though_the_ciphertext_opens() {
    let secret = random();
    let mut stored = seal(&secret, KEY, &place(), b"x").unwrap().into_bytes();
    stored[HEAD_LEN - 1] ^= 1;
    let parts = Parts::of(&stored).unwrap();
    let drawn = Drawn::new(&secret, parts.salt, &place(), SUITE).unwrap();
    assert!(opens_under_plain_gcm(&drawn, &parts), "the tag alone would let it pass");
    assert!(matches!(open(&secret, &place(), &stored), Err(SealFault::Altered)));
}

/// One ciphertext made to pass AES-GCM under two keys at once: plain GCM opens both stories.
#[test]
fn ciphertext_for_two_keys_opens_under_the_committed_one_only() {
    let (first, second) = (random(), random());
    let mut stored = seal(&first, KEY, &place(), &[5; 200]).unwrap().into_bytes();
    let salt = *Parts::of(&stored).unwrap().salt;
    let keys = [&first, &second].map(|secret| Drawn::new(secret, &salt, &place(), SUITE).unwrap());

    let end = stored.len() - TAG_LEN;
    let free = HEAD_LEN + 64..HEAD_LEN + 80;
    stored[free.clone()].fill(0);
    let aad = header(SUITE, &place(), KEY);
    let [(h1, mask1), (h2, mask2)] = [&keys[0], &keys[1]].map(hash_key_and_mask);
    let blocks = ghash_blocks(&aad, &stored[HEAD_LEN..end]);
    let at = aad.len().div_ceil(16) + 64 / 16;
    let factor = power(h1, (blocks.len() - at) as u128) ^ power(h2, (blocks.len() - at) as u128);
    let gap = ghash(&blocks, h1) ^ mask1 ^ ghash(&blocks, h2) ^ mask2;
    let block = multiply(gap, power(factor, u128::MAX - 1));
    stored[free].copy_from_slice(&block.to_be_bytes());
    let tag = ghash(&ghash_blocks(&aad, &stored[HEAD_LEN..end]), h1) ^ mask1;
    stored[end..].copy_from_slice(&tag.to_be_bytes());

    let parts = Parts::of(&stored).unwrap();
    assert!(opens_under_plain_gcm(&keys[0], &parts) && opens_under_plain_gcm(&keys[1], &parts));
    assert_eq!(open(&first, &place(), &stored).unwrap().len(), 200);
    assert!(matches!(open(&second, &place(), &stored), Err(SealFault::Altered)));
}

fn opens_under_plain_gcm(drawn: &Drawn, parts: &Parts<'_>) -> bool {
    let mut plain = vec![0; parts.ciphertext.len()];
    let aad = Aad::from(header(SUITE, &place(), parts.key));
    drawn
        .key()
        .unwrap()
        .open_separate_gather(no_nonce(), aad, parts.ciphertext, parts.tag, &mut plain)
        .is_ok()
}

/// GCM's hash key E(0) and the mask E(nonce || 1) of the zero nonce, both from the counter mode.
fn hash_key_and_mask(drawn: &Drawn) -> (u128, u128) {
    let key = UnboundCipherKey::new(&AES_256, drawn.0.split_at(KEY_LEN).0).unwrap();
    let mut blocks = [0; 32];
    let start = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    EncryptingKey::ctr(key).unwrap().less_safe_encrypt(&mut blocks, start).unwrap();
    let (hash_key, mask) = blocks.split_at(16);
    (u128::from_be_bytes(hash_key.try_into().unwrap()), u128::from_be_bytes(mask.try_into().unwrap()))
}

fn ghash_blocks(aad: &[u8], ciphertext: &[u8]) -> Vec<u128> {
    let mut blocks = Vec::new();
    for part in [aad, ciphertext] {
        for chunk in part.chunks(16) {
            let mut block = [0; 16];
            block[..chunk.len()].copy_from_slice(chunk);
            blocks.push(u128::from_be_bytes(block));
        }
    }
    blocks.push(((aad.len() as u128 * 8) << 64) | (ciphertext.len() as u128 * 8));
    blocks
}

fn ghash(blocks: &[u128], hash_key: u128) -> u128 {
    blocks.iter().fold(0, |sum, block| multiply(sum ^ block, hash_key))
}

/// Product in GF(2^128) with GCM's bit order.
fn multiply(a: u128, b: u128) -> u128 {
    let (mut product, mut shifted) = (0, b);
    for bit in (0..128).rev() {
        if (a >> bit) & 1 == 1 {
            product ^= shifted;
        }
        shifted = (shifted >> 1) ^ ((shifted & 1) * (0xe1 << 120));
    }
    product
}

fn power(base: u128, exponent: u128) -> u128 {
    (0..128).rev().fold(1 << 127, |result, bit| {
        let squared = multiply(result, result);
        if (exponent >> bit) & 1 == 1 { multiply(squared, base) } else { squared }
    })
}

#[test]
fn padding_has_one_form_only() {
    let padded = |length: u32, filler: u8, size: usize| {
        let mut plain = vec![filler; size - LENGTH_LEN];
        plain.extend_from_slice(&length.to_be_bytes());
        plain
    };
    assert!(unpad(&mut padded(252, 1, 256)).is_ok());
    assert!(unpad(&mut padded(0, 0, 256)).is_ok());
    assert!(unpad(&mut padded(253, 1, 256)).is_err(), "longer than what is there");
    assert!(unpad(&mut padded(u32::MAX, 1, 256)).is_err());
    assert!(unpad(&mut padded(251, 1, 256)).is_err(), "padding that is not zero");
    assert!(unpad(&mut padded(0, 0, 512)).is_err(), "a step more than needed");
    assert!(unpad(&mut vec![0; 3]).is_err());
}

#[test]
fn unknown_suite_is_refused() {
    let secret = random();
    let mut stored = seal(&secret, KEY, &place(), b"x").unwrap().into_bytes();
    stored[0] = 3;
    assert!(matches!(open(&secret, &place(), &stored), Err(SealFault::Malformed { .. })));
    stored[0] = 2;
    assert!(open(&secret, &place(), &stored).is_err(), "nor does it open as chunks");
}

/// The layout and the derivation are what stored logs rest on; they change only with the suite byte.
#[test]
fn section_written_before_still_opens() {
    let secret = Secret::new(Zeroizing::new(vec![0x42; 32]));
    let place = Place { number: 5, class: SectionClass::Payload, ..place() };
    let opened = open(&secret, &place, &from_hex(include_str!("suite1.hex"))).unwrap();
    assert_eq!(*opened, b"written by suite 1");
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn class_numbers_go_both_ways() {
    for number in 0..=u8::MAX {
        match SectionClass::from_number(number) {
            Some(class) => assert_eq!(class.number(), number),
            None => assert!(number == 0 || number > 4),
        }
    }
}

#[test]
fn debug_shows_no_content() {
    let sealed = seal(&random(), KEY, &place(), b"x").unwrap();
    let shown = format!("{sealed:?}");
    assert!(!shown.contains("bytes") && !shown.contains("digest"), "{shown}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(stored in prop::collection::vec(any::<u8>(), 0..800)) {
        prop_assert!(open(&Secret::new(Zeroizing::new(vec![1; 32])), &place(), &stored).is_err());
    }

    #[test]
    fn arbitrary_bytes_behind_a_right_suite_are_refused(steps in 0_usize..4, seed in any::<u8>()) {
        let mut stored = vec![seed; HEAD_LEN + steps * STEP + TAG_LEN];
        stored[0] = SUITE;
        prop_assert!(open(&Secret::new(Zeroizing::new(vec![1; 32])), &place(), &stored).is_err());
    }

    #[test]
    fn any_plaintext_round_trips(plaintext in prop::collection::vec(any::<u8>(), 0..1500)) {
        let secret = random();
        let sealed = seal(&secret, KEY, &place(), &plaintext).unwrap();
        prop_assert_eq!(&*open(&secret, &place(), sealed.bytes()).unwrap(), &plaintext);
    }
}
