//! Spreadsheets run text cells that begin like a formula; text from elsewhere must not.

use std::borrow::Cow;

/// The text with an apostrophe before it where a spreadsheet would run it: a leading `=`, `+`, `-`, `@`, tab or
/// carriage return. A plain number, sign included, is left as it is.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Digits with at most one sign before and one point among them.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_spreadsheet_would_run_is_made_harmless() {
        for text in
            ["=1+1", "+cmd", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "-1+1", "--1", "-", "=1"]
        {
            assert_eq!(harmless(text), format!("'{text}"));
        }
    }

    #[test]
    fn numbers_and_ordinary_text_are_untouched() {
        for text in ["-5", "+5", "-5.25", "0", "", "a=b", "E09000012", "2022-23/Q1"] {
            assert_eq!(harmless(text), text);
        }
    }
}
