use proptest::prelude::*;

use super::*;

const NAME: &str = "concordat/test/log";

fn key() -> LogKey {
    LogKey::from_seed(NAME, &[7; 32]).unwrap()
}

fn verify(note: &str, verifier: &Verifier) -> Result<String, NoteFault> {
    Note::parse(note.as_bytes())?.verify(verifier).map(str::to_owned)
}

/// The note with as many further signatures, by other keys.
pub(crate) fn cosigned(note: &str, others: u8) -> String {
    let (text, own) = note.rsplit_once("\n\n").unwrap();
    let text = format!("{text}\n");
    let mut out = note.to_owned();
    for at in 0..others {
        let other = LogKey::from_seed(&format!("witness{at}.example"), &[at; 32]).unwrap();
        let signed = sign(&text, &other).unwrap();
        out.push_str(signed.rsplit_once("\n\n").unwrap().1);
    }
    assert!(out.contains(own));
    out
}

#[test]
fn example_of_the_specification_is_accepted() {
    let verifier = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".parse().unwrap();
    let note = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    assert_eq!(verify(note, &verifier), Ok("This is an example message.\n".to_owned()));
    assert_eq!(verify(&note.replace("an example", "no example"), &verifier), Err(NoteFault::BadSignature));
}

#[test]
fn signing_twice_gives_the_same_bytes() {
    let note = sign("one\n\ntwo\n", &key()).unwrap();
    assert_eq!(note, sign("one\n\ntwo\n", &key()).unwrap());
    assert!(note.starts_with("one\n\ntwo\n\n— concordat/test/log "));
    assert_eq!(verify(&note, key().verifier()), Ok("one\n\ntwo\n".to_owned()));
}

#[test]
fn signatures_of_other_keys_are_passed_over() {
    let note = cosigned(&sign("text\n", &key()).unwrap(), 63);
    assert_eq!(verify(&note, key().verifier()), Ok("text\n".to_owned()));
    assert_eq!(
        verify(&cosigned(&sign("text\n", &key()).unwrap(), 64), key().verifier()),
        Err(NoteFault::TooManySignatures)
    );
}

#[test]
fn expected_key_must_have_signed_exactly_once() {
    let note = sign("text\n", &key()).unwrap();
    let same_name = LogKey::from_seed(NAME, &[8; 32]).unwrap();
    assert_eq!(verify(&note, same_name.verifier()), Err(NoteFault::NotSigned));
    let line = note.rsplit_once("\n\n").unwrap().1;
    assert_eq!(verify(&format!("{note}{line}"), key().verifier()), Err(NoteFault::SignedTwice));
}

#[test]
fn text_that_cannot_be_signed_is_refused() {
    assert_eq!(sign("no line end", &key()), Err(NoteFault::Malformed));
    assert_eq!(sign("a\tb\n", &key()), Err(NoteFault::NotText));
}

#[test]
fn broken_forms_are_refused() {
    let note = sign("text\n", &key()).unwrap();
    let line = note.rsplit_once("\n\n").unwrap().1.trim_end();
    let parse = |text: String| Note::parse(text.as_bytes()).map(drop).unwrap_err();
    assert_eq!(parse("text\n".into()), NoteFault::Malformed);
    assert_eq!(parse("text\n\n".into()), NoteFault::Malformed);
    assert_eq!(parse(format!("text\n\n{line}")), NoteFault::Malformed);
    assert_eq!(parse(format!("text\n\n{line}\n\n")), NoteFault::Malformed);
    assert_eq!(parse(format!("text\r\n\n{line}\n")), NoteFault::NotText);
    assert_eq!(parse("x".repeat(MAX_NOTE_LEN + 1)), NoteFault::NotText);
    for broken in [
        line.replace("— ", "- "),
        line.replace("— ", "—"),
        line.trim_end_matches('=').to_owned(),
        line.replace(NAME, "a+b"),
        line.replace(NAME, ""),
        format!("{line} "),
        "— name AAAA".to_owned(),
        "— name AAAAAA==".to_owned(),
    ] {
        let fault = parse(format!("text\n\n{line}\n{broken}\n"));
        assert_eq!(fault, NoteFault::SignatureLine { line: 2 }, "{broken}");
    }
}

#[test]
fn signature_of_another_length_is_refused() {
    let note = sign("text\n", &key()).unwrap();
    let (head, encoded) = note.trim_end().rsplit_once(' ').unwrap();
    let bytes = canonical::base64(encoded).unwrap();
    for len in [5, 35, 36, 67, 69] {
        let mut other = bytes.clone();
        other.resize(len, 0);
        let mut text = format!("{head} ");
        canonical::push_base64(&mut text, &other);
        text.push('\n');
        assert_eq!(verify(&text, key().verifier()), Err(NoteFault::BadSignature), "{len}");
    }
}

#[test]
fn signature_without_a_secret_point_is_refused() {
    // made with the private key but with the neutral element for its random point: it satisfies the
    // equation, and implementations differ about it
    let mut signature = [0; 64];
    signature[0] = 1;
    signature[32..].copy_from_slice(
        &"49229976e4ab945a6dd22b3a1e576ee7c6c5884e7bffc29d375e7c8183f41b0e"
            .parse::<crate::hash::Hash>()
            .unwrap()
            .0,
    );
    let key = key();
    let public = key.verifier().public_key();
    let lenient = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, public);
    assert!(lenient.verify(b"text\n", &signature).is_ok());
    assert!(!key.verifier().accepts(b"text\n", &signature));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Note::parse(&bytes);
    }

    #[test]
    fn almost_notes_never_panic(text in "[a-z\n— =+]{0,80}") {
        if let Ok(note) = Note::parse(text.as_bytes()) {
            prop_assert!(note.verify(key().verifier()).is_err());
        }
    }
}
