//! Codes that others give out: their shape and, where they have one, their check character. Whether such a
//! code was ever given to anyone is known to those who give it out alone.

use crate::cell::{CellFault, Value};
use crate::definition::Field;

/// The check letters of a unique pupil number by their worth, 0 to 22: no I, O or S.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

fn whole(text: &str, right: bool) -> Result<Value<'_>, CellFault> {
    if right { Ok(Value::Text(text)) } else { Err(CellFault::Kind) }
}

/// An organisation's code of the NHS Organisation Data Service: 3 to 8 capital letters and digits, a letter
/// among them. A GSS code, which has nine characters, is none.
pub(super) fn ods<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    let right = (3..=8).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_uppercase());
    whole(text, right)
}

/// A unique pupil number.
pub(super) fn upn<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    whole(text, is_upn(text.as_bytes()))
}

/// Rule 1510 of the Department for Education: the twelve characters after the check letter, each times its
/// place in the number (2 to 13), add up to the check letter's worth modulo 23. The last of them is a letter
/// in a temporary number and counts what it is worth.
pub(crate) fn is_upn(text: &[u8]) -> bool {
    let [check, rest @ ..] = text else { return false };
    let [digits @ .., last] = rest else { return false };
    if digits.len() != 11 {
        return false;
    }
    let worth = |letter: &u8| LETTERS.iter().position(|known| known == letter);
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| usize::from(byte - b'0'));
    let values: Option<Vec<usize>> =
        digits.iter().map(digit).chain([digit(last).or_else(|| worth(last))]).collect();
    let sum = values.map(|values| values.iter().zip(2..).map(|(value, place)| value * place).sum::<usize>());
    sum.is_some_and(|sum| worth(check) == Some(sum % 23))
}

/// A whole postcode of the United Kingdom, with one space before its last three characters or none.
pub(super) fn postcode<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    let upper = text.to_ascii_uppercase();
    let halves = upper.len().checked_sub(3).and_then(|at| upper.split_at_checked(at));
    let right = halves.is_some_and(|(outward, inward)| {
        let outward = outward.strip_suffix(' ').unwrap_or(outward);
        is_inward(inward.as_bytes()) && is_outward(outward.as_bytes())
    });
    whole(text, right)
}

fn is_inward(half: &[u8]) -> bool {
    let [digit, letters @ ..] = half else { return false };
    digit.is_ascii_digit()
        && letters.len() == 2
        && letters.iter().all(|b| b.is_ascii_uppercase() && !b"CIKMOV".contains(b))
}

// A9, A99, A9A, AA9, AA99, AA9A, and the one that fits no pattern
fn is_outward(half: &[u8]) -> bool {
    let first = |b: &u8| b.is_ascii_uppercase() && !b"QVX".contains(b);
    let second = |b: &u8| b.is_ascii_uppercase() && !b"IJZ".contains(b);
    let digit = u8::is_ascii_digit;
    match half {
        b"GIR" => true,
        [a, n] => first(a) && digit(n),
        [a, b, n] if second(b) => first(a) && digit(n),
        [a, n, m] => first(a) && digit(n) && (digit(m) || b"ABCDEFGHJKPSTUW".contains(m)),
        [a, b, n, m] => first(a) && second(b) && digit(n) && (digit(m) || b"ABEHMNPRVWXY".contains(m)),
        _ => false,
    }
}

/// The id of an agency of the partnership: small letters, digits and dashes.
pub(super) fn agency<'a>(_: &Field, text: &'a str) -> Result<Value<'a>, CellFault> {
    whole(text, concordat_core::ids::AgencyId::new(text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::read;
    use crate::kind::FieldKind;

    fn all(kind: FieldKind, right: &[&str], wrong: &[&str]) {
        let field = Field::plain("f", kind);
        for text in right {
            assert_eq!(read(&field, text), Ok(Value::Text(text)), "{text}");
        }
        for text in wrong {
            assert_eq!(read(&field, text), Err(CellFault::Kind), "{text}");
        }
    }

    #[test]
    fn a_pupil_number_has_the_check_letter_of_its_digits() {
        // the first is a published example; of the second published guidance says Q, but 266 - 11 x 23 = 13 is P
        all(
            FieldKind::Upn,
            &["B801200005001", "P207000016049", "A000000000000", "B80120000500B", "Z000000000200"],
            &[
                "A801200005001",
                "Q207000016049",
                "B801200005010",
                "b801200005001",
                "B80120000500",
                "B8012000050011",
                "B80120000500I",
                "B80120000500O",
                "B80120000500S",
                "X80120000A001",
                "B80120000500é",
                "UN1",
                "B801 200005001",
            ],
        );
    }

    #[test]
    fn every_digit_of_a_pupil_number_counts_in_its_own_place() {
        let sound = b"B801200005001";
        assert!(is_upn(sound));
        for at in 0..13 {
            for byte in (b'0'..=b'9').chain(b'A'..=b'Z') {
                let mut bent = *sound;
                bent[at] = byte;
                // the last place takes letters too, and one of them is worth what the digit is
                let same = bent == *sound || (at == 12 && byte == b'B');
                assert_eq!(is_upn(&bent), same, "{at} {}", byte as char);
            }
        }
        // neighbours that change places are noticed
        assert!(!is_upn(b"B081200005001"));
    }

    #[test]
    fn an_organisation_code_is_short_and_no_gss_code() {
        all(
            FieldKind::Ods,
            &["RQX", "QMF", "RWK", "RQXM1", "F84003", "8HA03"],
            &["rqx", "RQ", "R QX", "E09000012", "RQX-M1", "123", "Homerton", "RQÉ"],
        );
    }

    #[test]
    fn a_postcode_is_whole_and_of_a_known_pattern() {
        all(
            FieldKind::Postcode,
            &[
                "E8 1EA", "EC2V 7HH", "SW1A 1AA", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 0AX",
                "e81ea", "GIR 0AA",
            ],
            &[
                "E8", "E8 1", "E8  1EA", "E8-1EA", "QE8 1EA", "EI8 1EA", "E8 1EC", "E8 EA1", "8E 1EA",
                "EC2I 7HH", "E8I 1EA", "ABC1 1AA", "E123 1AA", "E8 1ÉA", "1EA", "E8 1EA.",
            ],
        );
    }

    #[test]
    fn an_agency_is_named_by_its_id() {
        all(
            FieldKind::Agency,
            &["homerton", "city-of-london-police"],
            &["Homerton", "homerton hospital", "-"],
        );
    }
}
