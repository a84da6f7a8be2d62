//! Short codes by their bytes: what a large file is full of, found without hashing a text.

use crate::codes::CodeList;

/// The longest code that is found here, in bytes.
const LONGEST: usize = 7;

/// The codes of a list, each of at most seven bytes.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// The packed code and its position; 0 for an empty slot. A power of two, at most a quarter taken.
    slots: Vec<(u64, u16)>,
}

// the bytes, and in the last how many: no two texts are packed alike, and none is packed as 0
fn packed(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > LONGEST {
        return None;
    }
    Some(bytes.iter().fold(bytes.len() as u64, |sum, byte| (sum << 8) | u64::from(*byte)))
}

fn spread(packed: u64) -> usize {
    (packed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

impl Lookup {
    /// `None` for a list with a longer code.
    pub(crate) fn of(list: &CodeList) -> Option<Self> {
        let size = (list.codes().len() * 4).next_power_of_two();
        let mut slots = vec![(0u64, 0u16); size];
        for (position, code) in (0u16..).zip(list.codes()) {
            let packed = packed(&code.code)?;
            let mut at = spread(packed) & (size - 1);
            while slots.get(at).is_some_and(|slot| slot.0 != 0) {
                at = (at + 1) & (size - 1);
            }
            *slots.get_mut(at)? = (packed, position);
        }
        Some(Self { slots })
    }

    /// The position of a code in its list.
    #[inline]
    pub(crate) fn position(&self, text: &str) -> Option<u16> {
        let wanted = packed(text)?;
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = spread(wanted) & mask;
        loop {
            match self.slots.get(at) {
                Some((known, position)) if *known == wanted => return Some(*position),
                Some((0, _)) | None => return None,
                Some(_) => at = (at + 1) & mask,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Code;

    #[test]
    fn a_code_is_found_where_the_list_has_it_and_nothing_else_is() {
        let words: Vec<String> = (0..600).map(|n| format!("{n:x}")).collect();
        let codes = words.iter().map(|w| Code { code: w.clone(), title: w.clone(), extra: vec![] }).collect();
        let list = CodeList::new("l".into(), "s".into(), codes).unwrap();
        let lookup = Lookup::of(&list).unwrap();
        for text in
            words.iter().map(String::as_str).chain(["", "0x1", "\0", "258", "0000", "ôô", "longer than 7"])
        {
            assert_eq!(lookup.position(text), list.position(text), "{text}");
        }
    }
}
