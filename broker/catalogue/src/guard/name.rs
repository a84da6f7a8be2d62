//! Likely names of persons: two or three capitalised words together, not at the start of a sentence, of
//! which none is known as a place, an agency, a month or a programme; or a title with one. A guess, so it is
//! only ever a query.

use super::known::is_known;
use crate::narrative::tokens::{Token, tokens};

const TITLES: &[&str] = &["Mr", "Mrs", "Ms", "Miss", "Mx", "Master"];
/// Words that turn the capitalised words before them into the name of a thing.
const THINGS: &[&str] = &[
    "service",
    "services",
    "team",
    "teams",
    "project",
    "programme",
    "hospital",
    "school",
    "schools",
    "review",
    "centre",
    "course",
    "courses",
    "training",
    "report",
    "panel",
    "group",
    "forum",
    "board",
    "model",
    "tool",
    "strategy",
    "policy",
    "framework",
    "campaign",
    "charity",
    "trust",
    "partnership",
    "protocol",
    "pathway",
    "guidance",
    "network",
    "website",
    "conference",
    "event",
    "workshop",
    "initiative",
    "pilot",
    "fund",
    "act",
];

/// Whether a text may hold the name of a person.
#[must_use]
pub fn has_name(text: &str) -> bool {
    let tokens = tokens(text);
    let mut at = 0;
    while at < tokens.len() {
        let run = tokens.get(at..).unwrap_or(&[]).iter().take_while(|token| capital(token).is_some()).count();
        if run == 0 {
            at += 1;
            continue;
        }
        let words: Vec<&str> = tokens.get(at..at + run).unwrap_or(&[]).iter().filter_map(capital).collect();
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        if named(&words, before, tokens.get(at + run)) {
            return true;
        }
        at += run;
    }
    false
}

/// Whether a whole cell is likely the name of a person.
pub(super) fn is_name(cell: &str) -> bool {
    let words: Vec<&str> = cell.split_whitespace().collect();
    (2..=3).contains(&words.len())
        && words.iter().all(|word| {
            let word = word.trim_end_matches(',');
            word.chars().next().is_some_and(char::is_uppercase) && plain(word) && !known(word)
        })
}

fn named(words: &[&str], before: Option<&Token<'_>>, after: Option<&Token<'_>>) -> bool {
    let titled = words
        .windows(2)
        .any(|pair| matches!(pair, [title, name] if TITLES.contains(title) && plain(name) && name.len() > 1));
    if titled {
        return true;
    }
    // the first word of a sentence is capitalised whatever it is
    let starts = matches!(before, None | Some(Token::End | Token::Mark(':' | '?' | '-')));
    let words = if starts { words.get(1..).unwrap_or(&[]) } else { words };
    let is = |token: Option<&Token<'_>>, list: &[&str]| matches!(token, Some(Token::Word(word)) if list.iter().any(|one| one.eq_ignore_ascii_case(word)));
    let thing = is(before, &["the", "of", "a", "an", "our", "this", "called"])
        || is(after, THINGS)
        || is(after, &["of"])
        || matches!(after, Some(Token::Number(_) | Token::Ordinal(_) | Token::Span(_)));
    (2..=3).contains(&words.len()) && !thing && words.iter().all(|word| plain(word) && !known(word))
}

// a word with a capital, and its possessive taken off
fn capital<'t>(token: &Token<'t>) -> Option<&'t str> {
    match token {
        Token::Word(word) if word.chars().next().is_some_and(char::is_uppercase) => {
            Some(word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word))
        }
        _ => None,
    }
}

// letters only, of which the second is small: no initials, no abbreviations
fn plain(word: &str) -> bool {
    let letters = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'));
    // O'Neill and D'Souza
    let mut rest = word.chars().skip(1);
    letters && rest.next().is_some_and(|c| c.is_lowercase() || matches!(c, '\'' | '’')) && word.len() <= 24
}

fn known(word: &str) -> bool {
    let lower = word.to_lowercase();
    lower.split('-').any(is_known)
}
