//! XML as a workbook's parts have it: elements and text. A document type, an entity of its own or deep
//! nesting is refused.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::Fault;

/// How deep elements may be nested.
const DEEPEST: usize = 64;

/// What comes next in a part.
pub(super) enum Piece<'x> {
    /// An element begins.
    Open(BytesStart<'x>),
    /// An element of this local name ends.
    Close(String),
    /// Text, or a part of it.
    Text(String),
    /// The part ends.
    End,
}

/// A part as it is read.
pub(super) struct Xml<'x> {
    reader: Reader<&'x [u8]>,
    depth: usize,
}

impl<'x> Xml<'x> {
    pub(super) fn of(text: &'x str) -> Self {
        let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        reader.config_mut().expand_empty_elements = true;
        Self { reader, depth: 0 }
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Result<Piece<'x>, Fault> {
        loop {
            return Ok(match self.reader.read_event().map_err(|_| Fault::Damaged)? {
                Event::Start(start) | Event::Empty(start) => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(Fault::Damaged);
                    }
                    Piece::Open(start)
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    Piece::Close(end.local_name().as_ref().to_owned())
                }
                Event::Text(text) => Piece::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Piece::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(name) => {
                    let named = match name.xml10_content().as_ref() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => name.resolve_char_ref().map_err(|_| Fault::Damaged)?,
                    };
                    Piece::Text(named.ok_or(Fault::Damaged)?.to_string())
                }
                Event::DocType(_) => return Err(Fault::Damaged),
                Event::Eof => Piece::End,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            });
        }
    }
}

/// An attribute by its local name.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, Fault> {
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| Fault::Damaged)?;
        if attribute.key.local_name().as_ref() == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Fault::Damaged)?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// Whether an attribute says yes.
pub(super) fn is_set(start: &BytesStart<'_>, name: &str) -> Result<bool, Fault> {
    Ok(attribute(start, name)?.is_some_and(|value| value == "1" || value == "true"))
}

/// Text as workbooks write it: `_x000D_` is the character of that number.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("_x") {
        out.push_str(before);
        let code = after.get(..4).filter(|_| after.as_bytes().get(4) == Some(&b'_'));
        let one = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        match (one, after.get(5..)) {
            (Some(one), Some(after)) => {
                out.push(one);
                rest = after;
            }
            _ => {
                out.push_str("_x");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
