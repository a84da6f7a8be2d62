//! Decimal numbers as integers of millionths. Nothing here is ever a float.

/// Millionths in one.
pub(crate) const ONE: i128 = 1_000_000;

const DIGITS: usize = 6;

/// Reads an optionally signed decimal with at most `places` decimal places (0 to 6) into millionths.
/// Digits only: no separators, no exponent, no bare point.
pub(crate) fn parse(text: &str, places: usize) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((whole, part)) if !part.is_empty() => (whole, part),
        Some(_) => return None,
        None => (digits, ""),
    };
    let numeric = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > places.min(DIGITS) || !numeric(whole) || !numeric(part) {
        return None;
    }
    let mut value: i64 = 0;
    for digit in whole.bytes().chain(part.bytes()) {
        value = value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    for _ in part.len()..DIGITS {
        value = value.checked_mul(10)?;
    }
    Some(if negative { -value } else { value })
}

/// The product of two numbers of millionths, rounded half away from zero.
pub(crate) fn multiply(a: i128, b: i128) -> Option<i128> {
    divide_round(a.checked_mul(b)?, ONE)
}

/// The quotient of two numbers of millionths, rounded half away from zero; `None` for a zero divisor.
pub(crate) fn divide(a: i128, b: i128) -> Option<i128> {
    divide_round(a.checked_mul(ONE)?, b)
}

fn divide_round(a: i128, b: i128) -> Option<i128> {
    let quotient = match (i64::try_from(a), i64::try_from(b)) {
        // most numbers are small, and dividing them is many times faster
        (Ok(a), Ok(b)) => i128::from(a.checked_div(b)?),
        _ => a.checked_div(b)?,
    };
    let rest = a.checked_sub(quotient.checked_mul(b)?)?;
    if rest.unsigned_abs() >= b.unsigned_abs().div_ceil(2) {
        quotient.checked_add(if (a < 0) == (b < 0) { 1 } else { -1 })
    } else {
        Some(quotient)
    }
}

/// A number of millionths as people write it: `418,722`, `14.7`, `-0.5`.
pub(crate) fn show(value: i128) -> String {
    let magnitude = value.unsigned_abs();
    let (whole, part) = (magnitude / ONE.unsigned_abs(), magnitude % ONE.unsigned_abs());
    let digits = whole.to_string();
    let mut out = String::with_capacity(digits.len() + 8);
    if value < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if part != 0 {
        let part = format!("{part:06}");
        out.push('.');
        out.push_str(part.trim_end_matches('0'));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_and_nothing_else_is() {
        assert_eq!(parse("14.7", 2), Some(14_700_000));
        assert_eq!(parse("-0.5", 6), Some(-500_000));
        assert_eq!(parse("9223372036854", 0), Some(9_223_372_036_854_000_000));
        for text in ["", "-", ".5", "5.", "1,000", "1e3", "+1", "1.234", " 1", "１", "9223372036855"] {
            assert_eq!(parse(text, 2), None, "{text}");
        }
    }

    #[test]
    fn products_and_quotients_round_half_away_from_zero() {
        assert_eq!(multiply(1_500_000, 2_000_000), Some(3_000_000));
        assert_eq!(multiply(1, 500_000), Some(1));
        assert_eq!(multiply(-1, 500_000), Some(-1));
        assert_eq!(divide(ONE, 3 * ONE), Some(333_333));
        assert_eq!(divide(2 * ONE, 3 * ONE), Some(666_667));
        assert_eq!(divide(-2 * ONE, 3 * ONE), Some(-666_667));
        assert_eq!(divide(ONE, 0), None);
        assert_eq!(multiply(i128::MAX, 2), None);
    }

    #[test]
    fn numbers_are_shown_with_separators_and_without_idle_zeros() {
        assert_eq!(show(418_722 * ONE), "418,722");
        assert_eq!(show(14_700_000), "14.7");
        assert_eq!(show(-500_000), "-0.5");
        assert_eq!(show(0), "0");
        assert_eq!(show(1_000_000 * ONE), "1,000,000");
    }
}
