//! Definition files in, return types out, or everything that is wrong with them.

mod acceptance;
mod across;
mod fields;
mod header;
mod lists;
mod published;
mod rules;
mod section;
mod tables;

use std::collections::BTreeMap;
use std::sync::Arc;

use concordat_core::ids::Digest;

use crate::across::AcrossRule;
use crate::codes::CodeList;
use crate::complaint::Complaint;
use crate::definition::ReturnType;
pub(crate) use across::FILE as ACROSS;
use section::{Section, Sheet};

/// The code lists of a catalogue, by name, each with the bytes of its file.
pub(crate) type Lists = BTreeMap<String, (Arc<CodeList>, Vec<u8>)>;

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0u8; 32];
    out.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    Digest(out)
}

/// What a file of the folder is.
enum Part<'p> {
    Type,
    Across,
    List(&'p str),
    /// Another folder's file, or a note for people.
    NotOurs,
    Stray,
}

fn part(path: &str) -> Part<'_> {
    let Some(rest) = path.strip_prefix("returns/").filter(|rest| !rest.ends_with(".md")) else {
        return Part::NotOurs;
    };
    let (is_list, name) = match rest.strip_prefix("codes/") {
        Some(name) => (true, name),
        None => (false, rest),
    };
    match name.strip_suffix(".toml").filter(|name| !name.contains('/')) {
        Some(name) if is_list => Part::List(name),
        Some("across") => Part::Across,
        Some(_) => Part::Type,
        None => Part::Stray,
    }
}

/// What the files of a catalogue say.
pub(crate) struct Loaded {
    pub(crate) types: Vec<Arc<ReturnType>>,
    pub(crate) across: Vec<AcrossRule>,
    /// The digest of the rules across returns, where there are any.
    pub(crate) across_digest: Option<Digest>,
}

/// Reads every `returns/*.toml` and `returns/codes/*.toml`; other paths are none of its business.
pub(crate) fn load(files: &[(String, Vec<u8>)]) -> Result<Loaded, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let (mut sheets, mut of_several) = (Vec::new(), None);
    for (path, bytes) in files {
        let mut complain = |text: &str| {
            let (file, text) = (path.clone(), text.to_owned());
            complaints.push(Complaint { file, line: None, key: None, text });
        };
        let list = match part(path) {
            Part::NotOurs => continue,
            Part::Stray => {
                complain("only NAME.toml and codes/NAME.toml belong here, and notes in NAME.md");
                continue;
            }
            Part::Type | Part::Across => None,
            Part::List(name) => Some(name),
        };
        match std::str::from_utf8(bytes) {
            Ok(text) if path == across::FILE => of_several = Some(text),
            Ok(text) => sheets.push((list, path, text)),
            Err(_) => complain("the file is not UTF-8 text"),
        }
    }
    let mut lists = Lists::new();
    for (list, path, text) in &sheets {
        let Some(name) = list else { continue };
        let mut sheet = Sheet::new(path, text);
        if let Some(list) = sheet.root().and_then(|root| lists::read(&root, name)) {
            lists.insert((*name).to_owned(), (Arc::new(list), text.as_bytes().to_vec()));
        }
        complaints.append(&mut sheet.complaints());
    }
    let mut types: Vec<Arc<ReturnType>> = Vec::new();
    for (_, path, text) in sheets.iter().filter(|sheet| sheet.0.is_none()) {
        let mut sheet = Sheet::new(path, text);
        let Some(root) = sheet.root() else {
            complaints.append(&mut sheet.complaints());
            continue;
        };
        let found = header::read(&root, text, &lists);
        if found.is_none() && sheet.is_quiet() {
            root.complain("id", "this return type cannot be read".to_owned());
        }
        if let Some(found) = found {
            if let Some(other) = types.iter().find(|other| other.id == found.id && overlap(other, &found)) {
                root.complain(
                    "id",
                    format!(
                        "`{}` is declared twice for the same days (version {} is in force from {}); end one with in_force.until",
                        found.id, other.version, other.from
                    ),
                );
            }
            types.push(Arc::new(found));
        }
        complaints.append(&mut sheet.complaints());
    }
    types.sort_by(|a, b| (&a.id, a.from).cmp(&(&b.id, b.from)));
    let mut across = Vec::new();
    if let Some(text) = of_several {
        let mut sheet = Sheet::new(across::FILE, text);
        // types that cannot be read are told of already: rules that name them are not unknown for it
        across =
            sheet.root().map(|root| across::read(&root, &types, complaints.is_empty())).unwrap_or_default();
        complaints.append(&mut sheet.complaints());
    }
    if complaints.is_empty() {
        let across_digest = of_several.map(|text| sha256(text.as_bytes()));
        Ok(Loaded { types, across, across_digest })
    } else {
        complaints.sort();
        complaints.dedup();
        Err(complaints)
    }
}

fn overlap(a: &ReturnType, b: &ReturnType) -> bool {
    a.in_force(b.from) || b.in_force(a.from)
}

/// What a section of a file yields: `None` when a complaint says why not.
pub(crate) type Read<T> = Option<T>;

pub(crate) fn list_of<'l>(
    section: &Section<'_, '_>,
    key: &str,
    name: &str,
    lists: &'l Lists,
) -> Read<&'l Arc<CodeList>> {
    match lists.get(name) {
        Some((list, _)) => Some(list),
        None => {
            section.complain(key, format!("there is no code list `{name}`: add returns/codes/{name}.toml"));
            None
        }
    }
}
