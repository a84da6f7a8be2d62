//! What free text must not hold: NHS numbers, unique pupil numbers, postcodes, phone numbers, e-mail
//! addresses, dates of birth; and, as a guess, names. It says which sorts it saw, never what it saw.

mod birth;
mod known;
mod name;

pub use name::has_name;

/// A sort of personal detail that free text seems to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Ten digits that pass modulus 11.
    NhsNumber,
    /// A letter and twelve digits: a unique pupil number.
    Upn,
    /// A full postcode.
    Postcode,
    /// A United Kingdom phone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A full date beside a word for birth.
    BirthDate,
    /// A likely name of a person.
    Name,
}

impl Detail {
    /// The words for it, with its article.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Detail::NhsNumber => "an NHS number",
            Detail::Upn => "a unique pupil number",
            Detail::Postcode => "a postcode",
            Detail::Phone => "a phone number",
            Detail::Email => "an e-mail address",
            Detail::BirthDate => "a date of birth",
            Detail::Name => "the name of a person",
        }
    }

    /// The words for many of them.
    #[must_use]
    pub const fn many(self) -> &'static str {
        match self {
            Detail::NhsNumber => "NHS numbers",
            Detail::Upn => "unique pupil numbers",
            Detail::Postcode => "postcodes",
            Detail::Phone => "phone numbers",
            Detail::Email => "e-mail addresses",
            Detail::BirthDate => "dates of birth",
            Detail::Name => "what may be names of persons",
        }
    }
}

/// The sorts of personal detail that the cells of a column seem to hold, each once, under its heading. In a
/// column of dates its heading tells whether they are of birth; two capitalised words that fill a cell, in
/// most cells, are taken for names.
#[must_use]
pub fn column<'c>(heading: &str, cells: impl IntoIterator<Item = &'c str>) -> Vec<Detail> {
    let heading = heading.to_lowercase();
    let of_birth =
        heading.contains("birth") || heading.split(|c: char| !c.is_alphanumeric()).any(|w| w == "dob");
    let mut seen = Vec::new();
    let (mut filled, mut names) = (0usize, 0usize);
    for cell in cells {
        if cell.trim().is_empty() {
            continue;
        }
        filled += 1;
        names += usize::from(name::is_name(cell));
        let dated = of_birth && birth::is_date(cell);
        for detail in scan(cell).into_iter().chain(dated.then_some(Detail::BirthDate)) {
            if !seen.contains(&detail) {
                seen.push(detail);
            }
        }
    }
    if names > 0 && names * 2 > filled {
        seen.push(Detail::Name);
    }
    seen
}

/// The sorts of personal detail that a text seems to hold, each once. Names are not among them.
#[must_use]
pub fn scan(text: &str) -> Vec<Detail> {
    // everything sought here has a digit or an @
    if !text.bytes().any(|b| b.is_ascii_digit() || b == b'@' || b == 0xef) {
        return Vec::new();
    }
    let plain = plain(text);
    let mut found = Vec::new();
    let runs = digit_runs(&plain);
    if runs.iter().any(|run| run.windows_any(passes_modulus_11)) {
        found.push(Detail::NhsNumber);
    }
    if words(&plain).any(is_upn) {
        found.push(Detail::Upn);
    }
    if has_postcode(&plain) {
        found.push(Detail::Postcode);
    }
    if runs.iter().any(|run| run.windows_any(is_phone)) {
        found.push(Detail::Phone);
    }
    if has_email(&plain) {
        found.push(Detail::Email);
    }
    if birth::has_birth_date(text) {
        found.push(Detail::BirthDate);
    }
    found
}

/// Whether a whole text is an NHS number: ten digits, spaces allowed, modulus 11.
#[must_use]
pub fn is_nhs_number(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(|b| *b != b' ').map(|b| b.wrapping_sub(b'0')).collect();
    digits.iter().all(|d| *d < 10) && passes_modulus_11(&digits)
}

// one byte per character: spaces, dashes and full-width forms become their plain fellows, the rest is a stop
fn plain(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| match c {
            '!'..='~' => c as u8,
            '\u{2010}'..='\u{2015}' | '\u{2212}' => b'-',
            '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xff01 + 0x21).unwrap_or(0),
            c if c.is_whitespace() => b' ',
            c if c.is_alphanumeric() => 1,
            _ => 0,
        })
        .collect()
}

/// Groups of digits with at most a space, dash or bracket between them.
struct DigitRun {
    digits: Vec<u8>,
    starts: Vec<usize>,
    plus: bool,
}

impl DigitRun {
    // tries every row of whole groups that has 10 to 14 digits
    fn windows_any(&self, hit: impl Fn(&[u8]) -> bool) -> bool {
        let ends = self.starts.iter().copied().skip(1).chain([self.digits.len()]);
        let ends: Vec<usize> = ends.collect();
        self.starts.iter().enumerate().any(|(at, start)| {
            ends.iter()
                .skip(at)
                .take_while(|end| **end - start <= 14)
                .filter_map(|end| self.digits.get(*start..*end))
                .any(|digits| digits.len() >= 10 && hit(&self.national(digits, *start)))
        })
    }

    // +44 7700 900123 and 0044 7700 900123 are 07700 900123
    fn national(&self, digits: &[u8], start: usize) -> Vec<u8> {
        let rest = match digits {
            [4, 4, rest @ ..] if self.plus && start == 0 => rest,
            [0, 0, 4, 4, rest @ ..] => rest,
            _ => return digits.to_vec(),
        };
        let rest = rest.strip_prefix(&[0]).unwrap_or(rest);
        [&[0], rest].concat()
    }
}

fn digit_runs(plain: &[u8]) -> Vec<DigitRun> {
    let mut runs: Vec<DigitRun> = Vec::new();
    let (mut gap, mut before, mut open) = (0usize, 0u8, false);
    for byte in plain {
        if byte.is_ascii_digit() {
            // a digit glued to a letter belongs to a word, not to a number
            let glued = gap == 0 && (before.is_ascii_alphabetic() || before == 1);
            if !open || gap > 2 {
                runs.push(DigitRun { digits: Vec::new(), starts: Vec::new(), plus: before == b'+' });
            }
            if let Some(run) = runs.last_mut() {
                if run.digits.is_empty() || gap > 0 || glued {
                    run.starts.push(run.digits.len());
                }
                run.digits.push(byte - b'0');
            }
            (gap, open) = (0, true);
        } else if matches!(byte, b' ' | b'-' | b'(' | b')' | b'.') {
            gap += 1;
        } else {
            (gap, open) = (0, false);
        }
        before = *byte;
    }
    runs
}

fn passes_modulus_11(digits: &[u8]) -> bool {
    let [rest @ .., check] = digits else { return false };
    if rest.len() != 9 {
        return false;
    }
    let sum: u32 = rest.iter().zip((2..=10).rev()).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    let wanted = match 11 - sum % 11 {
        11 => 0,
        10 => return false,
        other => other,
    };
    // ten equal digits are no number of anyone
    u32::from(*check) == wanted && rest.iter().any(|digit| digit != check)
}

fn is_phone(digits: &[u8]) -> bool {
    match digits {
        [0, 1..=3 | 7 | 8, ..] if digits.len() == 11 => true,
        // some places still have ten digits in all, and so have 0800 numbers
        [0, 1, ..] | [0, 8, 0, 0, ..] => digits.len() == 10,
        _ => false,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == 1
}

fn words(plain: &[u8]) -> impl Iterator<Item = &[u8]> {
    plain.split(|b| !is_word(*b)).filter(|word| !word.is_empty())
}

fn is_upn(word: &[u8]) -> bool {
    let [first, middle @ .., last] = word else { return false };
    first.is_ascii_alphabetic()
        && middle.len() == 11
        && middle.iter().all(u8::is_ascii_digit)
        && (last.is_ascii_digit() || last.is_ascii_alphabetic())
}

// the outward and inward halves stand together or as two words with one space between them
fn has_postcode(plain: &[u8]) -> bool {
    plain.split(|b| !is_word(*b) && *b != b' ').any(|part| {
        let mut before: &[u8] = &[];
        part.split(|b| *b == b' ').any(|word| {
            let apart = is_inward(word) && is_outward(before);
            let together = word
                .len()
                .checked_sub(3)
                .and_then(|at| word.split_at_checked(at))
                .is_some_and(|(outward, inward)| is_outward(outward) && is_inward(inward));
            before = word;
            apart || together
        })
    })
}

fn is_outward(word: &[u8]) -> bool {
    let letters = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let Some((area, district)) = word.split_at_checked(letters) else { return false };
    (1..=2).contains(&letters)
        && !matches!(area.first().map(u8::to_ascii_uppercase), Some(b'Q' | b'V' | b'X'))
        && match district {
            [digit] => digit.is_ascii_digit(),
            [digit, last] => digit.is_ascii_digit() && last.is_ascii_alphanumeric(),
            _ => false,
        }
}

fn is_inward(word: &[u8]) -> bool {
    let [digit, letters @ ..] = word else { return false };
    // 1st, 2nd, 3rd and 4th are ordinals
    letters.len() == 2
        && digit.is_ascii_digit()
        && letters.iter().all(|b| b.is_ascii_alphabetic() && !b"CIKMOVcikmov".contains(b))
        && !matches!(letters, b"st" | b"nd" | b"rd" | b"th")
}

fn has_email(plain: &[u8]) -> bool {
    let local = |b: u8| is_word(b) || matches!(b, b'.' | b'_' | b'-' | b'+' | b'\'');
    plain.iter().enumerate().filter(|(_, b)| **b == b'@').any(|(at, _)| {
        let Some((head, tail)) = plain.split_at_checked(at) else { return false };
        let domain: Vec<u8> =
            tail.iter().skip(1).copied().take_while(|b| is_word(*b) || matches!(b, b'.' | b'-')).collect();
        let dotted = domain.split(|b| *b == b'.').filter(|label| !label.is_empty()).count() >= 2;
        head.last().is_some_and(|b| local(*b)) && dotted
    })
}

#[cfg(test)]
mod tests;
