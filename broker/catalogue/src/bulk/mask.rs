//! What is known of the rows of a block: a bit each for yes, for no and for "it cannot be read".

/// How many words of 64 rows a block has.
const WORDS: usize = 16;

/// How many rows are evaluated at a time: few enough that every intermediate column stays in the cache.
pub(crate) const ROWS: usize = WORDS * 64;

/// What is known of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Yes,
    No,
    /// Something it needs is blank, or cannot be computed.
    Unknown,
    /// Something it needs cannot be read, which another finding says.
    Bad,
}

impl From<bool> for State {
    fn from(b: bool) -> Self {
        if b { State::Yes } else { State::No }
    }
}

/// What is known of the rows of a block. A row with none of its bits set is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mask {
    yes: [u64; WORDS],
    no: [u64; WORDS],
    bad: [u64; WORDS],
}

impl Mask {
    const NONE: Mask = Mask { yes: [0; WORDS], no: [0; WORDS], bad: [0; WORDS] };

    pub(crate) fn all(b: bool) -> Self {
        if b {
            Mask { yes: [u64::MAX; WORDS], ..Self::NONE }
        } else {
            Mask { no: [u64::MAX; WORDS], ..Self::NONE }
        }
    }

    fn words(&mut self) -> impl Iterator<Item = (&mut u64, &mut u64, &mut u64)> {
        self.yes.iter_mut().zip(&mut self.no).zip(&mut self.bad).map(|((yes, no), bad)| (yes, no, bad))
    }

    /// Asks every value of a column.
    #[inline]
    pub(crate) fn over<T: Copy>(values: &[T], ask: impl Fn(T) -> State) -> Self {
        let mut mask = Self::NONE;
        for ((yes, no, bad), chunk) in mask.words().zip(values.chunks(64)) {
            for (bit, value) in chunk.iter().enumerate() {
                let state = ask(*value);
                *yes |= u64::from(state == State::Yes) << bit;
                *no |= u64::from(state == State::No) << bit;
                *bad |= u64::from(state == State::Bad) << bit;
            }
        }
        mask
    }

    /// Asks every pair of two columns.
    #[inline]
    pub(crate) fn over_both<T: Copy>(a: &[T], b: &[T], ask: impl Fn(T, T) -> State) -> Self {
        let mut mask = Self::NONE;
        for ((yes, no, bad), (a, b)) in mask.words().zip(a.chunks(64).zip(b.chunks(64))) {
            for (bit, (a, b)) in a.iter().zip(b).enumerate() {
                let state = ask(*a, *b);
                *yes |= u64::from(state == State::Yes) << bit;
                *no |= u64::from(state == State::No) << bit;
                *bad |= u64::from(state == State::Bad) << bit;
            }
        }
        mask
    }

    pub(crate) fn not(mut self) -> Self {
        std::mem::swap(&mut self.yes, &mut self.no);
        self
    }

    fn join(&self, other: &Self, each: impl Fn([u64; 3], [u64; 3]) -> (u64, u64)) -> Self {
        let mut out = *self;
        let others = other.yes.iter().zip(&other.no).zip(&other.bad);
        for ((yes, no, bad), ((other_yes, other_no), other_bad)) in out.words().zip(others) {
            let (y, n) = each([*yes, *no, *bad], [*other_yes, *other_no, *other_bad]);
            // what is decided is decided, whatever cannot be read beside it
            *bad = (*bad | other_bad) & !y & !n;
            (*yes, *no) = (y, n);
        }
        out
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        self.join(other, |[y, n, _], [oy, on, _]| (y & oy, n | on))
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        self.join(other, |[y, n, _], [oy, on, _]| (y | oy, n & on))
    }

    pub(crate) fn same(&self, other: &Self) -> Self {
        self.join(other, |[y, n, _], [oy, on, _]| ((y & oy) | (n & on), (y & on) | (n & oy)))
    }

    pub(crate) fn choose(&self, then: &Self, otherwise: &Self) -> Self {
        let then = self.and(then);
        let otherwise = self.not().and(otherwise);
        let mut out = Self::NONE;
        let parts = then.yes.iter().zip(&then.bad).zip(otherwise.yes.iter().zip(&otherwise.bad));
        let nos = self.yes.iter().zip(&self.no).zip(then.no.iter().zip(&otherwise.no));
        for (((yes, no, bad), ((ty, tb), (oy, ob))), ((sy, sn), (tn, on))) in out.words().zip(parts).zip(nos)
        {
            *yes = ty | oy;
            *no = (sy & tn) | (sn & on);
            *bad = (tb | ob) & !*yes & !*no;
        }
        out
    }

    /// The rows, from 0 within the block, of which something is known or not.
    pub(crate) fn rows_of(word: impl Iterator<Item = u64>) -> impl Iterator<Item = usize> {
        word.enumerate().flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                word &= word.wrapping_sub(1);
                (bit < 64).then_some(at * 64 + bit)
            })
        })
    }

    /// The rows among the first `len` that are a no, a word of bits each.
    pub(crate) fn broken(&self, len: usize) -> impl Iterator<Item = u64> + Clone {
        self.no.into_iter().zip(within(len)).map(|(no, within)| no & within)
    }

    /// The rows among the first `len` that are a yes.
    pub(crate) fn kept(&self, len: usize) -> impl Iterator<Item = u64> + Clone {
        self.yes.into_iter().zip(within(len)).map(|(yes, within)| yes & within)
    }

    /// The rows among the first `len` of which nothing is known, though all that is there can be read.
    pub(crate) fn unknown(&self, len: usize) -> impl Iterator<Item = u64> + Clone {
        let known = self.yes.into_iter().zip(self.no).zip(self.bad).map(|((yes, no), bad)| yes | no | bad);
        known.zip(within(len)).map(|(known, within)| !known & within)
    }
}

fn within(len: usize) -> impl Iterator<Item = u64> + Clone {
    (0..WORDS).map(move |at| match len.saturating_sub(at * 64) {
        0 => 0,
        left @ 1..64 => (1u64 << left) - 1,
        _ => u64::MAX,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 4] = [State::Yes, State::No, State::Unknown, State::Bad];

    fn pairs() -> (Mask, Mask) {
        let rows: Vec<(State, State)> = STATES.iter().flat_map(|a| STATES.map(|b| (*a, b))).collect();
        let (a, b): (Vec<State>, Vec<State>) = rows.into_iter().unzip();
        (Mask::over(&a, |s| s), Mask::over(&b, |s| s))
    }

    fn rows(words: impl Iterator<Item = u64>) -> Vec<usize> {
        Mask::rows_of(words).collect()
    }

    #[test]
    fn one_part_that_decides_is_enough_whatever_the_others_are() {
        let (a, b) = pairs();
        // rows: yes with each, no with each, unknown with each, bad with each
        assert_eq!(rows(a.and(&b).kept(16)), [0]);
        assert_eq!(rows(a.and(&b).broken(16)), [1, 4, 5, 6, 7, 9, 13]);
        assert_eq!(rows(a.or(&b).kept(16)), [0, 1, 2, 3, 4, 8, 12]);
        assert_eq!(rows(a.or(&b).broken(16)), [5]);
        assert_eq!(rows(a.same(&b).kept(16)), [0, 5]);
        assert_eq!(rows(a.same(&b).broken(16)), [1, 4]);
    }

    #[test]
    fn what_cannot_be_read_is_not_told_as_unknown() {
        let (a, b) = pairs();
        assert_eq!(rows(a.and(&b).unknown(16)), [2, 8, 10]);
        assert_eq!(rows(a.not().broken(16)), [0, 1, 2, 3]);
    }

    #[test]
    fn a_choice_is_what_the_chosen_side_is() {
        let (a, b) = pairs();
        let chosen = a.choose(&b, &Mask::all(true));
        assert_eq!(rows(chosen.kept(16)), [0, 4, 5, 6, 7]);
        assert_eq!(rows(chosen.broken(16)), [1]);
        assert_eq!(rows(chosen.unknown(16)), [2, 8, 9, 10]);
    }

    #[test]
    fn rows_beyond_the_block_are_no_rows() {
        assert_eq!(Mask::all(false).broken(70).map(|word| word.count_ones()).sum::<u32>(), 70);
        assert_eq!(rows(Mask::all(false).broken(2)), [0, 1]);
    }
}
