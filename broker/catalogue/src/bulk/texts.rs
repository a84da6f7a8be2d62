//! The texts that rules compare, each kept once and known by its number.

use std::hash::{BuildHasher, RandomState};

/// Texts by number, from 0 in the order in which they first came.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// All texts, one after another, and where each ends.
    all: String,
    ends: Vec<u32>,
    /// Where to look for a text: some of its hash, and its number and one; 0 for an empty slot. As many as a
    /// power of two, and at most half of them taken. The hash is keyed: the texts are a sender's.
    slots: Vec<(u32, u32)>,
    keys: RandomState,
}

/// Where in the texts a column was last, and how far apart its last two different texts were: the rows of one child stand
/// together, and files mostly name the children in one order.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Near {
    last: u32,
    stride: u32,
}

impl Near {
    fn found(&mut self, number: u32) -> u32 {
        if number != self.last {
            *self = Self { last: number, stride: number.wrapping_sub(self.last) };
        }
        number
    }
}

impl Texts {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of a number; empty where there is none.
    pub(crate) fn get(&self, number: u32) -> &str {
        let at = number as usize;
        let from = at.checked_sub(1).and_then(|at| self.ends.get(at)).copied().unwrap_or(0);
        let to = self.ends.get(at).copied().unwrap_or(from);
        self.all.get(from as usize..to as usize).unwrap_or("")
    }

    /// The number of a text, new if the text is; looked for first where its column would have it.
    pub(crate) fn number(&mut self, text: &str, near: &mut Near) -> u32 {
        for guess in [near.last, near.last.wrapping_add(near.stride)] {
            if (guess as usize) < self.ends.len() && self.get(guess) == text {
                return near.found(guess);
            }
        }
        if self.slots.len() <= self.ends.len() * 2 {
            self.grow();
        }
        let hash = self.keys.hash_one(text);
        let tag = (hash >> 32) as u32;
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        loop {
            match self.slots.get(at).copied() {
                Some((known, number)) if number > 0 => {
                    if known == tag && self.get(number - 1) == text {
                        return near.found(number - 1);
                    }
                }
                _ => break,
            }
            at = (at + 1) & mask;
        }
        let number = self.ends.len() as u32;
        self.all.push_str(text);
        self.ends.push(self.all.len() as u32);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = (tag, number + 1);
        }
        near.found(number)
    }

    /// The number of a text that may never have come.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let hash = self.keys.hash_one(text);
        let tag = (hash >> 32) as u32;
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        while let Some((known, number @ 1..)) = self.slots.get(at).copied() {
            if known == tag && self.get(number - 1) == text {
                return Some(number - 1);
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(1_024);
        let mask = size - 1;
        let mut slots = vec![(0u32, 0u32); size];
        for number in 0..self.ends.len() as u32 {
            let hash = self.keys.hash_one(self.get(number));
            let mut at = hash as usize & mask;
            while slots.get(at).is_some_and(|slot| slot.1 > 0) {
                at = (at + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = ((hash >> 32) as u32, number + 1);
            }
        }
        self.slots = slots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_one_number_in_whatever_order_it_comes() {
        let (mut texts, mut near) = (Texts::default(), Near::default());
        let word = |n: u32| if n.is_multiple_of(7) { String::new() } else { format!("child {}", n % 5_000) };
        let first: Vec<u32> = (0..20_000).map(|n| texts.number(&word(n), &mut near)).collect();
        for (n, number) in (0..20_000).zip(&first).rev() {
            assert_eq!(texts.number(&word(n), &mut near), *number);
            assert_eq!(texts.get(*number), word(n));
            assert_eq!(texts.find(&word(n)), Some(*number));
        }
        let mut all: Vec<String> = (0..20_000).map(word).collect();
        all.sort();
        all.dedup();
        assert_eq!(texts.len(), all.len());
        assert_eq!(texts.get(u32::MAX - 1), "");
        assert_eq!((texts.find("never"), Texts::default().find("")), (None, None));
    }
}
