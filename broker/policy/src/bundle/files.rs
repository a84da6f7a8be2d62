//! From files to a bundle: each file read strictly, then all set against each other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use concordat_core::ids::{Digest, ProfileId, ReturnTypeId};

use super::{Buckets, Bundle};
use crate::complaint::Complaint;
use crate::profile::{Profile, Suppression};
use crate::reference::Index;
use crate::row::{COLUMNS, Row};
use crate::vocabulary::{Known, Vocabulary};
use crate::{agreement, csv, profile, purpose, roles, row};

const RULES: &str = "rules.csv";
const MOST_ROWS: usize = 10_000;

type Files = BTreeMap<String, Vec<u8>>;

pub(super) fn read(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    known: &Known,
) -> Result<Bundle, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let files = ours(files, &mut complaints);
    let empty = Vec::new();
    let mut file = |name: &str| {
        files.get(name).unwrap_or_else(|| {
            complaints.push(Complaint::of_file(name, "is missing"));
            &empty
        })
    };
    let (roles_file, purposes_file, rules_file, agreements_file) =
        (file(roles::FILE), file(purpose::FILE), file(RULES), file(agreement::FILE));
    let missing = !complaints.is_empty();
    if missing {
        return Err(sorted(complaints));
    }

    let roles = roles::read(roles_file, &mut complaints);
    let purposes = purpose::read(purposes_file, &mut complaints);
    let profiles = profiles(&files, &mut complaints);
    let vocabulary = Vocabulary {
        known,
        roles: &roles,
        purposes: purposes.keys().cloned().collect(),
        profiles: profiles.keys().cloned().collect(),
    };
    let rows = rows(rules_file, &vocabulary, &mut complaints);
    let agreements = agreement::read(agreements_file, &vocabulary, &mut complaints);
    let by_rule = agreement::match_rows(&agreements, &rows, &mut complaints);
    if !complaints.is_empty() {
        return Err(sorted(complaints));
    }

    let buckets =
        Buckets::build(&roles, &rows).map_err(|fault| vec![Complaint::of_file(RULES, fault.to_string())])?;
    Ok(Bundle {
        index: Arc::new(Index::of(&rows)),
        rows: rows.into(),
        buckets: Arc::new(buckets),
        purposes: Arc::new(purposes),
        roles: Arc::new(roles),
        agreements: Arc::new(agreements),
        by_rule: Arc::new(by_rule),
        profiles: Arc::new(profiles),
        agencies: Arc::new(known.agencies.iter().map(|a| (a.id.clone(), a.clone())).collect()),
        types: Arc::new(types(known)),
        known: Arc::new(known.clone()),
        digest: digest(&files),
    })
}

/// A type that is about persons in any of its versions is so in all.
fn types(known: &Known) -> HashMap<ReturnTypeId, bool> {
    let mut types = HashMap::new();
    for (id, person_level) in &known.types {
        *types.entry(id.clone()).or_insert(false) |= *person_level;
    }
    types
}

fn sorted(mut complaints: Vec<Complaint>) -> Vec<Complaint> {
    complaints.sort();
    complaints
}

/// The files that policy reads. Others' are passed over; one that could be meant for policy is not.
fn ours(files: impl IntoIterator<Item = (String, Vec<u8>)>, complaints: &mut Vec<Complaint>) -> Files {
    let mut ours = Files::new();
    for (path, bytes) in files {
        let wanted = match path.split_once('/') {
            None => matches!(path.as_str(), RULES | roles::FILE | agreement::FILE | purpose::FILE)
                .then_some(true)
                .or_else(|| path.to_ascii_lowercase().ends_with(".csv").then_some(false)),
            Some(("profiles" | "suppression", name)) => {
                Some(name.strip_suffix(".toml").is_some_and(|stem| ProfileId::new(stem).is_ok()))
            }
            Some(_) => None,
        };
        match wanted {
            None => {}
            Some(false) => complaints.push(Complaint::of_file(
                &path,
                "is no file of policy; remove it, or give it the name it should have",
            )),
            Some(true) => {
                let before = ours.insert(path.clone(), bytes);
                if before.is_some() {
                    complaints.push(Complaint::of_file(&path, "is there twice"));
                }
            }
        }
    }
    ours
}

/// The stems of the files of a folder, with their paths.
fn folder<'a>(files: &'a Files, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a [u8])> {
    files.iter().filter_map(move |(path, bytes)| {
        let stem = path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".toml")?;
        Some((path.as_str(), stem, bytes.as_slice()))
    })
}

fn profiles(files: &Files, complaints: &mut Vec<Complaint>) -> BTreeMap<ProfileId, Profile> {
    let suppressions: BTreeMap<String, Suppression> = folder(files, "suppression")
        .filter_map(|(path, stem, bytes)| {
            Some((stem.to_owned(), profile::read_suppression(path, bytes, complaints)?))
        })
        .collect();
    folder(files, "profiles")
        .filter_map(|(path, stem, bytes)| {
            let id = ProfileId::new(stem).ok()?;
            Some((id.clone(), profile::read(path, id, bytes, &suppressions, complaints)?))
        })
        .collect()
}

fn rows(bytes: &[u8], vocabulary: &Vocabulary<'_>, complaints: &mut Vec<Complaint>) -> Vec<Row> {
    let lines = csv::read(RULES, bytes, &COLUMNS, complaints);
    if lines.is_empty() {
        complaints.push(Complaint::of_file(RULES, "holds no rule that can be read"));
    }
    if lines.len() > MOST_ROWS {
        complaints.push(Complaint::of_file(RULES, format!("holds more than {MOST_ROWS} rules")));
    }
    let mut ids: HashMap<&str, u32> = HashMap::new();
    let mut bodies: HashMap<&[String], u32> = HashMap::new();
    for line in &lines {
        let Some((id, body)) = line.cells.split_first() else { continue };
        if let Some(first) = ids.insert(id, line.number) {
            let text = format!("`{id}` stands in line {first} too");
            complaints.push(Complaint::of_cell(RULES, line.number, "id", text));
        }
        if let Some(first) = bodies.insert(body, line.number) {
            let text = format!("says the same as line {first}");
            complaints.push(Complaint::of_row(RULES, line.number, text));
        }
    }
    lines.iter().filter_map(|line| row::parse(line, vocabulary, complaints)).collect()
}

fn digest(files: &Files) -> Digest {
    let mut context = Context::new(&SHA256);
    for (path, bytes) in files {
        for part in [path.as_bytes(), bytes] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
    }
    let mut out = [0_u8; 32];
    // SHA-256 is 32 bytes, so the zip is whole
    out.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    Digest(out)
}
