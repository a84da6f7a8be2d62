//! Code lists: what a coded field may say.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// One code of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code as it stands in a cell.
    pub code: String,
    /// What it means.
    pub title: String,
    /// What else the list says of it: for an indicator the units it may come in, for a unit the kind of
    /// field that its values are.
    pub extra: Vec<String>,
}

/// A code list with its source. Never empty.
#[derive(Debug, Clone)]
pub struct CodeList {
    /// Its id: the name of its file, or of the field that holds it.
    pub id: String,
    /// Where the codes come from.
    pub source: String,
    codes: Vec<Code>,
    by_code: HashMap<String, u16, BuildHasherDefault<Fnv>>,
}

impl CodeList {
    /// A list; `Err` is the code that occurs twice, or `None` when there are none or more than 65,000.
    pub(crate) fn new(id: String, source: String, codes: Vec<Code>) -> Result<Self, Option<String>> {
        if codes.is_empty() || codes.len() > 65_000 {
            return Err(None);
        }
        let mut by_code: HashMap<String, u16, BuildHasherDefault<Fnv>> =
            HashMap::with_capacity_and_hasher(codes.len(), BuildHasherDefault::default());
        for (at, code) in codes.iter().enumerate() {
            let at = u16::try_from(at).map_err(|_| None)?;
            if by_code.insert(code.code.clone(), at).is_some() {
                return Err(Some(code.code.clone()));
            }
        }
        Ok(Self { id, source, codes, by_code })
    }

    /// The codes, in the order of the list.
    #[must_use]
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The code that a text is, exactly.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&Code> {
        self.codes.get(usize::from(self.position(text)?))
    }

    pub(crate) fn position(&self, text: &str) -> Option<u16> {
        self.by_code.get(text).copied()
    }
}

/// FNV-1a: fast for short keys. The keys come from definition files, never from a sender.
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Code {
        Code { code: text.into(), title: "T".into(), extra: vec![] }
    }

    #[test]
    fn a_code_is_found_exactly_and_never_twice() {
        let list = CodeList::new("l".into(), "s".into(), vec![code("a"), code("b")]).unwrap();
        assert_eq!(list.position("b"), Some(1));
        assert!(list.find("B").is_none());
        let twice = CodeList::new("l".into(), "s".into(), vec![code("a"), code("a")]);
        assert_eq!(twice.unwrap_err(), Some("a".to_owned()));
        assert!(CodeList::new("l".into(), "s".into(), vec![]).is_err());
    }
}
