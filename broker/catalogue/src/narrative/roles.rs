//! What each number in a text is for, and how exactly it is meant, by the words around it.

use super::tokens::{Loose, Number, Role, Token, tokens};

/// A text as tokens whose numbers are settled. Every look at a token is counted in tests.
pub(crate) struct Passage<'t> {
    tokens: Vec<Token<'t>>,
    #[cfg(test)]
    pub(crate) looks: std::cell::Cell<usize>,
}

impl<'t> Passage<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let mut passage = Self {
            tokens: tokens(text),
            #[cfg(test)]
            looks: std::cell::Cell::new(0),
        };
        for at in 0..passage.tokens.len() {
            let Some(number) = passage.number(at) else { continue };
            let settled = Number { role: passage.role(at, &number), loose: passage.loose(at), ..number };
            if let Some(slot) = passage.tokens.get_mut(at) {
                *slot = Token::Number(settled);
            }
        }
        passage
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The token at a place; past either end, the end of a sentence.
    pub(crate) fn at(&self, at: usize) -> Token<'t> {
        #[cfg(test)]
        self.looks.set(self.looks.get() + 1);
        self.tokens.get(at).copied().unwrap_or(Token::End)
    }

    /// The token some places before another.
    pub(crate) fn before(&self, at: usize, back: usize) -> Token<'t> {
        at.checked_sub(back).map_or(Token::End, |at| self.at(at))
    }

    pub(crate) fn number(&self, at: usize) -> Option<Number> {
        match self.at(at) {
            Token::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The count, amount or percentage at a place.
    pub(crate) fn figure(&self, at: usize) -> Option<Number> {
        self.number(at).filter(|number| number.role == Role::Figure)
    }

    /// The word at a place, in lower case; empty when there is none.
    pub(crate) fn word(&self, at: usize) -> String {
        match self.at(at) {
            Token::Word(word) if word.len() <= 24 => word.to_lowercase(),
            _ => String::new(),
        }
    }

    /// Whether a place holds one of some words.
    pub(crate) fn is(&self, at: usize, words: &[&str]) -> bool {
        match self.at(at) {
            Token::Word(word) => words.iter().any(|one| one.eq_ignore_ascii_case(word)),
            _ => false,
        }
    }

    pub(crate) fn is_before(&self, at: usize, back: usize, words: &[&str]) -> bool {
        at.checked_sub(back).is_some_and(|at| self.is(at, words))
    }

    pub(crate) fn is_mark(&self, at: usize, marks: &[char]) -> bool {
        matches!(self.at(at), Token::Mark(mark) if marks.contains(&mark))
    }

    fn role(&self, at: usize, number: &Number) -> Role {
        let whole = number.places == 0 && !number.percent;
        if self.is(at + 1, &["percentage"]) || self.is(at + 1, &["points", "pp", "ppt", "ppts"]) {
            return Role::Points;
        }
        if !whole {
            return Role::Figure;
        }
        let value = number.value / 1_000_000;
        if (1900..2100).contains(&value) && !number.grouped {
            return Role::Year;
        }
        let next_is_year = matches!(self.at(at + 1), Token::Mark(',')) && self.year_like(at + 2);
        if value < 40 && is_month(self.at(at + 1))
            || is_month(self.before(at, 1)) && (next_is_year || self.year_like(at + 1))
        {
            return Role::Day;
        }
        if self.is_label(at, value) { Role::Label } else { Role::Figure }
    }

    fn year_like(&self, at: usize) -> bool {
        self.number(at).is_some_and(|n| (1_900_000_000..2_100_000_000).contains(&n.value) && !n.grouped)
    }

    fn is_label(&self, at: usize, value: i64) -> bool {
        let listed = matches!(self.before(at, 1), Token::End) && self.is_mark(at + 1, &[')', '.']);
        let aged = value <= 25 && self.is_before(at, 1, &["under", "over", "below"]) && !self.counted(at + 1);
        let numbered = value < 1_000 && self.is_before(at, 1, BEFORE_A_LABEL);
        let running = value <= 13
            && self.is_before(at, 1, &["year", "years", "quarter", "week", "month"])
            && !self.is_before(at, 2, &["last", "this", "previous", "each", "per", "the", "a", "every"]);
        const TIMES: &[&str] =
            &["month", "months", "week", "weeks", "day", "days", "years", "hours", "minutes", "working"];
        listed || aged || numbered || running || self.is(at + 1, TIMES) || self.is_age(at)
    }

    // `under 10 contacts` counts contacts; `under 18`, `over 18 and` tell an age
    fn counted(&self, at: usize) -> bool {
        !matches!(self.at(at), Token::End | Token::Mark(_))
            && !self.is(at, &["and", "or", "in", "at", "who", "were", "was", "on", "with", "population"])
    }

    // `aged 10 to 17`, `10 to 17 year olds`
    fn is_age(&self, at: usize) -> bool {
        const AGED: &[&str] = &["aged", "age", "ages"];
        let to = ["to", "and", "or"];
        let old = |at: usize| {
            self.is(at, &["year", "years"]) && self.is(at + 1, &["old", "olds", "of"])
                || self.is(at, &["year-old", "year-olds", "years-old"])
        };
        let range_before = self.is_before(at, 1, &to) && self.is_before(at, 3, AGED);
        let range_after = self.is(at + 1, &to) && old(at + 3);
        self.is_before(at, 1, AGED)
            || self.is_before(at, 2, AGED) && self.is_before(at, 1, &["of", "under", "over", "between"])
            || range_before
            || range_after
            || old(at + 1)
    }

    fn loose(&self, at: usize) -> Loose {
        let plus = self.is_mark(at + 1, &['+']) && self.number(at + 2).is_none();
        if plus
            || self.is_before(at, 1, &["over", "above", "exceeding"])
            || self.is_before(at, 1, &["than"]) && self.is_before(at, 2, &["more", "greater", "higher"])
            || self.is_before(at, 1, &["least"])
        {
            return Loose::Over;
        }
        if self.is_before(at, 1, &["nearly", "almost", "under", "below"])
            || self.is_before(at, 1, &["than"]) && self.is_before(at, 2, &["fewer", "less", "lower"])
            || self.is_before(at, 1, &["to"])
                && self.is_before(at, 2, &["up", "close"])
                && !self.is_before(at, 3, &["add", "adds", "added", "sum", "sums", "went", "gone", "goes"])
                && !self.is_before(at, 4, &["from"])
        {
            return Loose::Under;
        }
        let point = self.is_before(at, 2, ABOUT) && matches!(self.before(at, 1), Token::Mark('.'));
        if point || self.is_before(at, 1, ABOUT) { Loose::About } else { Loose::Exact }
    }
}

const ABOUT: &[&str] =
    &["about", "around", "approximately", "approx", "roughly", "some", "circa", "c", "ca", "estimated"];

/// Words after which a number is a name rather than a figure.
const BEFORE_A_LABEL: &[&str] = &[
    "section",
    "sections",
    "s",
    "regulation",
    "table",
    "figure",
    "chart",
    "page",
    "pages",
    "paragraph",
    "para",
    "chapter",
    "appendix",
    "annex",
    "priority",
    "objective",
    "recommendation",
    "action",
    "item",
    "question",
    "phase",
    "version",
    "part",
    "level",
    "tier",
    "stage",
    "step",
    "grade",
    "band",
    "no",
    "nos",
    "strand",
    "theme",
    "standard",
    "article",
    "schedule",
    "covid",
    "wave",
    "line",
    "row",
    "column",
    "zone",
    "ward",
    "room",
];

const MONTHS: [(&str, u8); 12] = [
    ("january", 31),
    ("february", 29),
    ("march", 31),
    ("april", 30),
    ("may", 31),
    ("june", 30),
    ("july", 31),
    ("august", 31),
    ("september", 30),
    ("october", 31),
    ("november", 30),
    ("december", 31),
];

fn is_month(token: Token<'_>) -> bool {
    month(token).is_some()
}

/// The month that a token names, from 1, and the most days it has. `may` and `march` are verbs.
pub(crate) fn month(token: Token<'_>) -> Option<(i8, u8)> {
    let Token::Word(word) = token else { return None };
    let verb = matches!(word, "may" | "march");
    let long = (1i8..).zip(MONTHS).find(|(_, (name, _))| name.eq_ignore_ascii_case(word));
    let short = || {
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        let name = |name: &str| name.get(..3).is_some_and(|name| name.eq_ignore_ascii_case(word));
        (1i8..).zip(MONTHS).find(|(_, (month, _))| capital && name(month))
    };
    long.or_else(short).filter(|_| !verb).map(|(number, (_, days))| (number, days))
}
