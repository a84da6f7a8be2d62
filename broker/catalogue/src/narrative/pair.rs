//! An earlier and a later figure, and the change that a text states between them.

use super::roles::Passage;
use super::tokens::{Loose, Number, Role, Token};

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
}

const UP: &[&str] =
    &["increase", "increased", "increasing", "rise", "rose", "risen", "growth", "grew", "grown", "up"];
const DOWN: &[&str] = &[
    "decrease",
    "decreased",
    "decreasing",
    "reduction",
    "reduced",
    "fall",
    "fell",
    "fallen",
    "drop",
    "dropped",
    "decline",
    "declined",
    "down",
];
const LOOSELY: &[&str] = &["about", "around", "nearly", "over", "almost", "just", "approximately", "some"];
const NOUNS: &[&str] = &["increase", "rise", "growth", "decrease", "reduction", "fall", "drop", "decline"];

/// Which way a word says that something went.
pub(crate) fn way(passage: &Passage<'_>, at: usize) -> Option<Way> {
    if passage.is(at, UP) { Some(Way::Up) } else { passage.is(at, DOWN).then_some(Way::Down) }
}

/// A stated change: where it stands, and which way it says things went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) at: usize,
    pub(crate) number: Number,
    pub(crate) way: Option<Way>,
}

/// The change at a place: a figure or points tied to a word of change: `an increase of 12%`, `12% more
/// than`, `rose by 20`.
pub(crate) fn stated(passage: &Passage<'_>, at: usize) -> Option<Stated> {
    let number =
        passage.number(at).filter(|n| matches!(n.role, Role::Figure | Role::Points) && !n.written)?;
    if number.percent && passage.is(at + 1, &["of"]) {
        return None;
    }
    let direct = || {
        let mut end = at;
        while end + 3 > at && passage.is_before(end, 1, LOOSELY) {
            end -= 1;
        }
        let joined = passage.is_before(end, 1, &["of", "by"]);
        let most = if joined { 6 } else { 1 };
        (1..=most)
            .take_while(|back| matches!(passage.before(end, *back), Token::Word(_)))
            .find_map(|back| way(passage, end.checked_sub(back)?))
    };
    let after = || {
        if passage.is(at + 1, NOUNS) {
            return way(passage, at + 1);
        }
        if !number.percent || !passage.is(at + 2, &["than"]) {
            return None;
        }
        match passage.word(at + 1).as_str() {
            "more" | "higher" | "greater" => Some(Way::Up),
            "fewer" | "less" | "lower" => Some(Way::Down),
            _ => None,
        }
    };
    let way = direct().or_else(after)?;
    Some(Stated { at, number, way: Some(way) })
}

/// Two figures of one thing, with the change stated between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) earlier: Number,
    pub(crate) later: Number,
    pub(crate) change: Stated,
}

/// All pairs of a passage: one look at each `from`, `on`, `than`, `with` or the like.
pub(crate) fn pairs(passage: &Passage<'_>, mut see: impl FnMut(Pair)) {
    for at in 0..passage.len() {
        if passage.is(at, &["from"]) {
            from_to(passage, at, &mut see);
        }
        if passage.is(at, &["from", "on", "than", "with", "to", "against", "over", "versus"]) {
            on_earlier(passage, at, &mut see);
        }
    }
}

// the next figure, across words and years and, if wished, signs
fn next(passage: &Passage<'_>, start: usize, most: usize, past: &[char]) -> Option<(usize, Number)> {
    for at in start..start.saturating_add(most) {
        match passage.at(at) {
            Token::Number(n) if n.role != Role::Year => {
                return (n.role == Role::Figure || n.role == Role::Points).then_some((at, n));
            }
            Token::Mark(mark) if !past.contains(&mark) => return None,
            Token::End => return None,
            _ => {}
        }
    }
    None
}

// the figure that `from`, `to` or `on` speaks of: `from just 311`, `on the 311 of the year before`
fn told(passage: &Passage<'_>, start: usize) -> Option<(usize, Number)> {
    const BETWEEN: &[&str] = &[
        "a", "the", "last", "previous", "prior", "year", "year's", "figure", "total", "of", "in", "for",
        "number", "just", "those", "only",
    ];
    let (at, number) = next(passage, start, 7, &['('])?;
    let plain = (start..at).all(|at| match passage.at(at) {
        Token::Word(_) => passage.is(at, BETWEEN),
        _ => true,
    });
    (plain && number.role == Role::Figure).then_some((at, number))
}

fn previous(passage: &Passage<'_>, end: usize, most: usize) -> Option<(usize, Number)> {
    for back in 1..=most.min(end) {
        match passage.before(end, back) {
            Token::Number(n) if matches!(n.role, Role::Figure | Role::Points) => {
                return Some((end - back, n));
            }
            Token::End | Token::Mark(';' | ':' | '?' | '+' | '=') => return None,
            _ => {}
        }
    }
    None
}

fn usable(earlier: &Number, later: &Number) -> bool {
    earlier.loose == Loose::Exact
        && later.loose == Loose::Exact
        && earlier.percent == later.percent
        && !earlier.written
        && !later.written
}

// `from 311 in 2021/22 to 355`, with its change before or after
fn from_to(passage: &Passage<'_>, from: usize, see: &mut impl FnMut(Pair)) {
    let Some((a, earlier)) = told(passage, from + 1) else { return };
    let Some(to) =
        (a + 1..a + 9).take_while(|at| passage.figure(*at).is_none()).find(|at| passage.is(*at, &["to"]))
    else {
        return;
    };
    if (a..to).any(|at| matches!(passage.at(at), Token::End | Token::Mark(';' | ':'))) {
        return;
    }
    let Some((b, later)) = told(passage, to + 1) else { return };
    if !usable(&earlier, &later) {
        return;
    }
    if let Some(change) = change_before(passage, from) {
        see(Pair { earlier, later, change });
    }
    if let Some(change) = change_after(passage, b) {
        see(Pair { earlier, later, change });
    }
}

// `an increase of 12%, from`, `12% (from`
fn change_before(passage: &Passage<'_>, from: usize) -> Option<Stated> {
    let (at, number) = previous(passage, from, 6)?;
    stated(passage, at).or_else(|| {
        let close = (at + 1..from).all(|at| matches!(passage.at(at), Token::Mark(',' | '(' | '-')));
        (number.percent && close).then_some(Stated { at, number, way: None })
    })
}

// `, an increase of 12%`, `(12%)`, `(+12%)`, `, up 12%`, `. This is an increase of 12%`
fn change_after(passage: &Passage<'_>, figure: usize) -> Option<Stated> {
    let Some((at, number)) = next(passage, figure + 1, 10, &[',', '(', ')', '-', '+']) else {
        return change_next(passage, figure);
    };
    let apart =
        (figure + 1..at).any(|at| passage.is(at, &["and", "while", "with", "but", "when", "whereas"]));
    let change = stated(passage, at).filter(|_| !apart);
    change.or_else(|| {
        let signed = passage.is_mark(at.checked_sub(1)?, &['+', '-']);
        let open = at.checked_sub(if signed { 2 } else { 1 })?;
        let alone = passage.is_mark(at + 1, &[')']) && passage.is_mark(open, &['(']);
        (number.percent && alone && at - figure <= 7).then_some(Stated { at, number, way: None })
    })
}

// the change in the sentence after, if that speaks of nothing else
fn change_next(passage: &Passage<'_>, figure: usize) -> Option<Stated> {
    let end = (figure + 1..figure + 10).find(|at| matches!(passage.at(*at), Token::End))?;
    let said = ["is", "was", "represents", "represented", "equates", "means", "amounts", "shows"];
    if !passage.is(end + 1, &["this", "that", "which"]) || !passage.is(end + 2, &said) {
        return None;
    }
    let (at, _) = next(passage, end + 3, 6, &[])?;
    let change = stated(passage, at)?;
    let after = if passage.is(at + 1, NOUNS) { at + 2 } else { at + 1 };
    let of_another = passage.is(after, &["on", "from", "since", "over", "against", "compared", "than", "in"])
        && !passage.is(after + 1, &["last"])
        && !passage.is(after + 2, &["previous", "last", "year", "preceding"]);
    (!of_another).then_some(change)
}

// `355, an increase of 12% on 311`, `355 compared with 311, an increase of 12%`, `355, up from 311 (12%)`
fn on_earlier(passage: &Passage<'_>, link: usize, see: &mut impl FnMut(Pair)) {
    let Some((a, earlier)) = told(passage, link + 1) else { return };
    let Some((x, found)) = previous(passage, link, 12) else { return };
    // `from 311 to 355` is the other turn of phrase
    if passage.is(link, &["from"]) && (a + 1..a + 9).any(|at| passage.is(at, &["to"])) {
        return;
    }
    if let Some(change) = stated(passage, x) {
        // nothing may stand between the change and its earlier figure but a few words
        let close = (x + 1..link).all(|at| matches!(passage.at(at), Token::Word(_))) && link - x <= 5;
        let linked = passage.is(link, &["from", "on", "than", "against", "over"])
            || passage.is_before(link, 1, &["compared", "comparison"]);
        let Some((_, later)) = previous(passage, x, 12).filter(|_| close && linked) else { return };
        if usable(&earlier, &later) {
            see(Pair { earlier, later, change });
        }
        return;
    }
    // `rose by 12% to 355 from 311`
    if passage.is(link, &["from"]) && passage.is_before(x, 1, &["to"]) && usable(&earlier, &found) {
        let changes = [change_before(passage, x - 1), change_after(passage, a)];
        changes.into_iter().flatten().for_each(|change| see(Pair { earlier, later: found, change }));
        return;
    }
    let compared = passage.is(link, &["with", "to"])
        && passage.is_before(link, 1, &["compared", "comparison", "contrasted"])
        || passage.is(link, &["from"]) && way(passage, link.saturating_sub(1)).is_some();
    if compared
        && usable(&earlier, &found)
        && let Some(change) = change_after(passage, a)
    {
        see(Pair { earlier, later: found, change });
    }
}
