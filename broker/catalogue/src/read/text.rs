//! Bytes in, text out: which encoding a text file is in, seen from its bytes alone, and said.

use std::borrow::Cow;

/// How a text file was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first: what spreadsheets call "Unicode text".
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Windows-1252, the Western European code page: what is no UTF-8 and could be text.
    Windows1252,
}

impl Encoding {
    /// Its usual name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le => "UTF-16 (little-endian)",
            Encoding::Utf16Be => "UTF-16 (big-endian)",
            Encoding::Windows1252 => "Windows-1252",
        }
    }
}

/// Why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoText {
    /// Bytes that no text has.
    #[error("the file is not text: save it from the spreadsheet as \"CSV UTF-8\"")]
    Binary,
    /// An encoding that is named by its mark and then not kept.
    #[error("the file is {} and damaged: save it again as \"CSV UTF-8\"", .0.as_str())]
    Damaged(Encoding),
}

/// How many bytes are looked at for the zero bytes that UTF-16 has without a mark.
const SAMPLE: usize = 4_096;

/// What the bytes from 0x80 to 0x9f are in Windows-1252; five of them are nothing.
const HIGH: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// Reads bytes as text. A mark decides; without one, zero bytes in every other place are UTF-16, what is
/// valid UTF-8 is UTF-8, and what is not but could be text is Windows-1252.
///
/// # Errors
/// [`NoText`] when the bytes are no text, or damaged text: nothing is guessed or replaced.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), NoText> {
    let (text, encoding) = if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        let text = std::str::from_utf8(rest).map_err(|_| NoText::Damaged(Encoding::Utf8))?;
        (Cow::Borrowed(text), Encoding::Utf8)
    } else if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        (utf16(rest, Encoding::Utf16Le)?, Encoding::Utf16Le)
    } else if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        (utf16(rest, Encoding::Utf16Be)?, Encoding::Utf16Be)
    } else if bytes.contains(&0) {
        let encoding = zeros(bytes).ok_or(NoText::Binary)?;
        (utf16(bytes, encoding)?, encoding)
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        (Cow::Borrowed(text), Encoding::Utf8)
    } else if mostly_utf8(bytes) {
        return Err(NoText::Damaged(Encoding::Utf8));
    } else {
        (Cow::Owned(windows1252(bytes).ok_or(NoText::Binary)?), Encoding::Windows1252)
    };
    if text.contains(is_no_text) { Err(NoText::Binary) } else { Ok((text, encoding)) }
}

// a vertical tab and a form feed stand in cells that were pasted from documents
fn is_no_text(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}')
}

fn utf16(bytes: &[u8], encoding: Encoding) -> Result<Cow<'static, str>, NoText> {
    let damaged = NoText::Damaged(encoding);
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(damaged);
    }
    let units = pairs.iter().map(|pair| match encoding {
        Encoding::Utf16Be => u16::from_be_bytes(*pair),
        _ => u16::from_le_bytes(*pair),
    });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map(Cow::Owned).map_err(|_| damaged)
}

// the heading of a table is ASCII, so that one byte of nearly every pair is zero
fn zeros(bytes: &[u8]) -> Option<Encoding> {
    let (pairs, _) = bytes.get(..SAMPLE.min(bytes.len()))?.as_chunks::<2>();
    let high = pairs.iter().filter(|pair| pair[0] == 0).count();
    let low = pairs.iter().filter(|pair| pair[1] == 0).count();
    let evident = |many: usize, few: usize| many.saturating_mul(2) > pairs.len() && few == 0;
    if evident(low, high) {
        Some(Encoding::Utf16Le)
    } else if evident(high, low) {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

// as many characters of several bytes as bytes out of place: a cut or bent file, not another encoding
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > 0 && whole >= broken
}

fn windows1252(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
    for byte in bytes {
        text.push(match byte {
            0x80..=0x9f => HIGH.get(usize::from(byte - 0x80)).copied().flatten()?,
            other => char::from(*other),
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "area,name\nE09000012,Zoë – “Ö”\n";

    fn pairs(text: &str, of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(of).collect()
    }

    #[test]
    fn each_encoding_is_seen_with_and_without_its_mark() {
        let le = pairs(TEXT, u16::to_le_bytes);
        let be = pairs(TEXT, u16::to_be_bytes);
        let western = b"area,name\nE09000012,Zo\xeb \x96 \x93\xd6\x94\n";
        for (bytes, encoding) in [
            (TEXT.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xef\xbb\xbf", TEXT.as_bytes()].concat(), Encoding::Utf8),
            ([b"\xff\xfe", le.as_slice()].concat(), Encoding::Utf16Le),
            (le, Encoding::Utf16Le),
            ([b"\xfe\xff", be.as_slice()].concat(), Encoding::Utf16Be),
            (be, Encoding::Utf16Be),
            (western.to_vec(), Encoding::Windows1252),
        ] {
            assert_eq!(decode(&bytes), Ok((Cow::Borrowed(TEXT), encoding)), "{encoding:?}");
        }
    }

    #[test]
    fn damaged_text_is_refused_and_not_taken_for_another_encoding() {
        let cut = &"commentary,Zoë,Zoë".as_bytes()[..19];
        assert_eq!(decode(cut), Err(NoText::Damaged(Encoding::Utf8)));
        assert_eq!(decode(b"\xef\xbb\xbfa\xff"), Err(NoText::Damaged(Encoding::Utf8)));
        assert_eq!(decode(b"\xff\xfea\0b"), Err(NoText::Damaged(Encoding::Utf16Le)));
        assert_eq!(decode(b"\xff\xfe\x00\xd8a\0"), Err(NoText::Damaged(Encoding::Utf16Le)));
    }

    #[test]
    fn what_no_text_has_is_refused() {
        for bytes in [b"a,b\0,c\n".as_slice(), b"a\x01b", b"a\x81b", b"\0\0\0\0", b"\xff\xfe\0\0a\0\0\0"] {
            assert!(decode(bytes).is_err(), "{bytes:?}");
        }
        assert_eq!(decode(b"").unwrap().0, "");
    }
}
