//! N7: a count of 1 to 5 about people.

use super::roles::Passage;
use super::tokens::{Loose, Token};
use super::{Remark, Rule};

const MANY: &[&str] = &[
    "children",
    "people",
    "persons",
    "boys",
    "girls",
    "babies",
    "infants",
    "pupils",
    "students",
    "teenagers",
    "adolescents",
    "siblings",
    "males",
    "females",
    "men",
    "women",
    "mothers",
    "fathers",
    "parents",
    "families",
    "carers",
    "leavers",
    "victims",
    "adults",
    "residents",
    "uasc",
    "toddlers",
    "youths",
    "brothers",
    "sisters",
];
const ONE: &[&str] = &[
    "child",
    "person",
    "boy",
    "girl",
    "baby",
    "infant",
    "pupil",
    "student",
    "teenager",
    "adolescent",
    "sibling",
    "male",
    "female",
    "man",
    "woman",
    "mother",
    "father",
    "parent",
    "family",
    "carer",
    "leaver",
    "victim",
    "adult",
    "resident",
    "toddler",
    "youth",
    "brother",
    "sister",
];
/// What may stand between the count and the people.
const BETWEEN: &[&str] = &[
    "looked",
    "looked-after",
    "after",
    "disabled",
    "young",
    "younger",
    "older",
    "other",
    "new",
    "further",
    "care",
    "additional",
    "local",
    "unaccompanied",
    "asylum",
    "seeking",
    "asylum-seeking",
    "unborn",
    "missing",
    "single",
    "individual",
    "different",
    "vulnerable",
    "hackney",
    "city",
    "black",
    "white",
    "asian",
    "deaf",
    "adopted",
    "fostered",
    "of",
    "the",
    "these",
    "those",
    "our",
    "were",
    "was",
    "are",
    "is",
    "mixed",
    "muslim",
    "jewish",
    "female",
    "male",
    "known",
    "eligible",
    "separate",
    "school-age",
    "pre-school",
];
/// What may follow one person, where any other word would make the person an adjective.
const AFTER_ONE: &[&str] = &[
    "was", "is", "in", "on", "with", "who", "had", "has", "from", "at", "of", "and", "or", "aged", "under",
    "subject", "went", "remains", "left", "for", "to", "whose", "looked", "placed", "living", "became",
    "being", "by", "did", "not", "only", "this", "last", "died", "moved", "ceased", "during", "where",
    "that", "attended", "reported", "returned", "entered", "came", "per", "out", "but", "while", "remained",
    "received", "known",
];

pub(crate) fn look(passage: &Passage<'_>, found: &mut Vec<Remark>) {
    if (0..passage.len()).any(|at| is_small(passage, at)) {
        // once for a text: which count it is would say too much
        found.push(Remark { rule: Rule::N7, figures: None });
    }
}

fn is_small(passage: &Passage<'_>, at: usize) -> bool {
    let Some(number) = passage.figure(at).filter(|n| !n.percent && n.places == 0) else { return false };
    let value = number.value / 1_000_000;
    // `1 to 5 children`, `one in five children`, but not `from 9 to 5 children`
    let range = at >= 2 && passage.number(at - 2).is_some() && !passage.is_before(at, 3, &["from"]);
    let bounded = number.loose == Loose::Over
        || number.loose == Loose::Under
        || passage.is_before(at, 1, &["than", "every", "each", "per", "between", "most"])
        || passage.is_before(at, 1, &["to", "or", "in"]) && range
        || passage.is_before(at, 2, &["between"])
        || passage.is_before(at, 3, &["between"]);
    if !(1..=5).contains(&value) || bounded {
        return false;
    }
    let Some(who) = (at + 1..=at + 5).find(|at| !passage.is(*at, BETWEEN)) else { return false };
    // `5 were of children` and `one after the girls` are no counts of people
    let stands = who == at + 1 || !passage.is(at + 1, &["after", "the", "these", "those", "our"]);
    let of = passage.is(at + 1, &["of"]);
    if of && !passage.is(at + 2, &["the", "these", "those", "our", "whom"]) {
        return false;
    }
    let many = passage.is(who, MANY) && (value > 1 || of);
    let one = value == 1 && passage.is(who, ONE) && ends(passage, who + 1);
    let sex = (passage.is(who - 1, &["male", "female"]) && who > at + 1) && ends(passage, who);
    stands && (many || one || sex)
}

fn ends(passage: &Passage<'_>, at: usize) -> bool {
    !matches!(passage.at(at), Token::Word(_) | Token::Number(_) | Token::Ordinal(_))
        || passage.is(at, AFTER_ONE)
}
