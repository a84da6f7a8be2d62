//! What the files of two bundles say otherwise, thing by thing, by meaning: the order of rows, comments and spaces do
//! not count.

use std::collections::BTreeMap;

use super::{Edit, How};
use crate::agreement::Agreement;
use crate::bundle::Bundle;
use crate::row::COLUMNS;

/// What a thing says: named parts in words.
type Said = Vec<(&'static str, String)>;

pub(super) fn edits(old: &Bundle, new: &Bundle) -> Vec<Edit> {
    let all: [(&'static str, fn(&Bundle) -> BTreeMap<String, Said>); 7] = [
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
                let parts = was.iter().zip(is).filter(|(was, is)| was != is);
                let text = parts.map(|((name, was), (_, is))| format!("{name} {was} -> {is}"));
                edits.push(edit(id, How::Changed, text.collect::<Vec<_>>().join(", ")));
            }
            Some(_) => {}
        }
    }
    edits.extend(
        new.iter().filter(|(id, _)| !old.contains_key(*id)).map(|(id, is)| edit(id, How::Added, whole(is))),
    );
    edits
}

fn rules(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |cells: &[String]| -> Said {
        // the partnership is the same in every row
        let parts = COLUMNS.into_iter().zip(cells.iter().cloned()).skip(1);
        parts.filter(|(column, _)| *column != "part").collect()
    };
    bundle.rows().iter().map(|row| (row.id.to_string(), said(&row.cells))).collect()
}

fn roles(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said =
        |role: &crate::roles::Role| vec![("kinds", joined(&role.kinds)), ("about", role.about.clone())];
    bundle.roles().map(|role| (role.id.to_string(), said(role))).collect()
}

fn agreements(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |of: &Agreement| -> Said {
        vec![
            ("title", of.title.clone()),
            ("parties", sorted(&of.parties)),
            ("purposes", joined(&of.purposes)),
            ("basis", joined(&of.basis)),
            ("from", of.from.to_string()),
            ("until", of.until.to_string()),
            ("review", of.review.to_string()),
            ("rules", sorted(&of.rules)),
        ]
    };
    bundle.agreements().map(|of| (of.id.to_string(), said(of))).collect()
}

fn purposes(bundle: &Bundle) -> BTreeMap<String, Said> {
    // a purpose is text throughout: that it reads otherwise is enough to go and read it
    bundle.purposes().map(|of| (of.id.to_string(), vec![("says", format!("{of:?}"))])).collect()
}

fn profiles(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |of: &crate::profile::Profile| -> Said {
        let mut said: Said = vec![("title", of.title.clone())];
        said.extend(of.spoken());
        let suppression = of.suppression.as_ref().map_or_else(|| "none".to_owned(), |by| format!("{by:?}"));
        said.push(("suppression", suppression));
        said
    };
    bundle.profiles().map(|of| (of.id.to_string(), said(of))).collect()
}

fn agencies(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |of: &concordat_core::agency::Agency| -> Said {
        vec![("kind", of.kind.to_string()), ("areas", sorted(&of.areas))]
    };
    bundle.known.agencies.iter().map(|of| (of.id.to_string(), said(of))).collect()
}

fn types(bundle: &Bundle) -> BTreeMap<String, Said> {
    let said = |person: bool| vec![("about", if person { "persons" } else { "figures" }.to_owned())];
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
