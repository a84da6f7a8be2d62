//! What the files of two bundles say otherwise, thing by thing, by meaning: the order of rows, comments and spaces do
//! not count.

use std::collections::BTreeMap;

use super::{Edit, How};
use crate::agreement::Agreement;
use crate::bundle::Bundle;
use crate::row::COLUMNS;

/// What a thing says: named parts in words.
type Said = Vec<(String, String)>;

/// What a bundle says of one sort of thing, by id.
type Read = fn(&Bundle) -> BTreeMap<String, Said>;

pub(super) fn edits(old: &Bundle, new: &Bundle) -> Vec<Edit> {
    let all: [(&'static str, Read); 7] = [
        ("rule", rules),
        ("role", roles),
        ("agreement", agreements),
        ("purpose", purposes),
        ("profile", profiles),
        ("agency", agencies),
        ("return type", types),
    ];
    all.into_iter().flat_map(|(what, of)| compare(what, &of(old), &of(new))).collect()
}

fn compare(what: &'static str, old: &BTreeMap<String, Said>, new: &BTreeMap<String, Said>) -> Vec<Edit> {
    let edit = |id: &String, how: How, text: String| Edit { what, id: id.clone(), how, text };
    let whole = |said: &Said| {
        let parts: Vec<String> = said.iter().map(|(name, words)| format!("{name} {words}")).collect();
        parts.join(", ")
    };
    let mut edits = Vec::new();
    for (id, was) in old {
        match new.get(id) {
            None => edits.push(edit(id, How::Removed, whole(was))),
            Some(is) if is != was => {
                edits.push(edit(id, How::Changed, changed(was, is)));
            }
            Some(_) => {}
        }
    }
    edits.extend(
        new.iter().filter(|(id, _)| !old.contains_key(*id)).map(|(id, is)| edit(id, How::Added, whole(is))),
    );
    edits
}

/// The parts that differ, each with its old and its new words; a part that one of the two lacks says nothing there.
fn changed(was: &Said, is: &Said) -> String {
    let words = |said: &Said, name: &str| {
        said.iter()
            .find(|(known, _)| known == name)
            .map_or_else(|| "nothing".to_owned(), |(_, words)| words.clone())
    };
    let new = is.iter().filter(|(name, _)| !was.iter().any(|(known, _)| known == name));
    let names = was.iter().chain(new).map(|(name, _)| name.as_str());
    let differ = names.map(|name| (name, words(was, name), words(is, name))).filter(|(_, was, is)| was != is);
    differ.map(|(name, was, is)| format!("{name} {was} -> {is}")).collect::<Vec<_>>().join("; ")
}

fn rules(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |cells: &[String]| -> Said {
        // the partnership is the same in every row
        let named = COLUMNS.into_iter().zip(cells.iter().cloned()).skip(1);
        named
            .filter(|(column, _)| *column != "part")
            .map(|(column, cell)| (column.to_owned(), cell))
            .collect()
    };
    bundle.rows().iter().map(|row| (row.id.to_string(), said(&row.cells))).collect()
}

fn roles(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said =
        |role: &crate::roles::Role| parts([("kinds", joined(&role.kinds)), ("about", role.about.clone())]);
    bundle.roles().map(|role| (role.id.to_string(), said(role))).collect()
}

fn agreements(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |of: &Agreement| -> Said {
        parts([
            ("title", of.title.clone()),
            ("parties", sorted(&of.parties)),
            ("purposes", joined(&of.purposes)),
            ("basis", joined(&of.basis)),
            ("from", of.from.to_string()),
            ("until", of.until.to_string()),
            ("review", of.review.to_string()),
            ("rules", sorted(&of.rules)),
        ])
    };
    bundle.agreements().map(|of| (of.id.to_string(), said(of))).collect()
}

fn purposes(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |of: &crate::purpose::Purpose| -> Said {
        let article = |words: &Option<String>| words.clone().unwrap_or_else(|| "none".to_owned());
        parts([
            ("text", of.text.clone()),
            ("article6", of.article6.clone()),
            ("article9", article(&of.article9)),
            ("article10", article(&of.article10)),
            ("gateway", of.gateway.join(", ")),
        ])
    };
    bundle.purposes().map(|of| (of.id.to_string(), said(of))).collect()
}

fn profiles(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |of: &crate::profile::Profile| -> Said {
        let mut said = parts([("title", of.title.clone())]);
        said.extend(of.spoken());
        said
    };
    bundle.profiles().map(|of| (of.id.to_string(), said(of))).collect()
}

fn agencies(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |of: &concordat_core::agency::Agency| -> Said {
        parts([("kind", of.kind.to_string()), ("areas", sorted(&of.areas))])
    };
    bundle.known.agencies.iter().map(|of| (of.id.to_string(), said(of))).collect()
}

fn types(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |person: bool| parts([("about", if person { "persons" } else { "figures" }.to_owned())]);
    let known = bundle.known.types.iter();
    known.map(|(id, _)| (id.to_string(), said(bundle.person_level(id).unwrap_or(true)))).collect()
}

fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

fn sorted<T: ToString + Ord>(items: &[T]) -> String {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort();
    items.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn parts<const N: usize>(parts: [(&str, String); N]) -> Said {
    parts.into_iter().map(|(name, words)| (name.to_owned(), words)).collect()
}
