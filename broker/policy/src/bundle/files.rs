//! From files to a bundle: each file read strictly, then all set against each other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use concordat_core::ids::{AgreementId, Digest, ProfileId, PurposeId, ReturnTypeId, RoleId, RuleId};

use super::{Buckets, Bundle};
use crate::agreement::Agreement;
use crate::complaint::Complaint;
use crate::generate::BY_HAND;
use crate::profile::{Profile, Suppression};
use crate::purpose::Purpose;
use crate::reference::Index;
use crate::roles::Role;
use crate::row::{COLUMNS, Row};
use crate::vocabulary::{Known, Vocabulary};
use crate::{agreement, csv, generate, profile, purpose, roles, row};

const RULES: &str = "rules.csv";
const MOST_ROWS: usize = 10_000;

type Files = BTreeMap<String, Vec<u8>>;

pub(super) fn read(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    known: &Known,
) -> Result<Bundle, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let files = ours(files, &mut complaints);
    let wanted = [roles::FILE, purpose::FILE, RULES, agreement::FILE, BY_HAND];
    if missing(&files, &wanted, &mut complaints) {
        return Err(sorted(complaints));
    }
    let words = Words::of(&files, &mut complaints);
    let vocabulary = words.vocabulary(known);
    let generated = generated(&files, &vocabulary, &mut complaints);
    let committed = bytes(&files, RULES);
    match &generated {
        Some(generated) if committed == generated.text.as_bytes() => {}
        Some(generated) => {
            rows(RULES, committed, &vocabulary, &mut complaints);
            complaints.extend(generate::first_difference(RULES, committed, &generated.text));
        }
        // what it should be is not known
        None => {
            rows(RULES, committed, &vocabulary, &mut complaints);
        }
    }
    let Some(Whole { rows, agreements, by_rule, .. }) = generated.filter(|_| complaints.is_empty()) else {
        return Err(sorted(complaints));
    };

    let buckets = Buckets::build(&words.roles, &rows)
        .map_err(|fault| vec![Complaint::of_file(RULES, fault.to_string())])?;
    Ok(Bundle {
        index: Arc::new(Index::of(&rows)),
        rows: rows.into(),
        buckets: Arc::new(buckets),
        purposes: Arc::new(words.purposes),
        roles: Arc::new(words.roles),
        agreements: Arc::new(agreements.into_iter().map(|of| (of.id.clone(), of)).collect()),
        by_rule: Arc::new(by_rule),
        profiles: Arc::new(words.profiles),
        suppressions: Arc::new(words.suppressions),
        agencies: Arc::new(known.agencies.iter().map(|a| (a.id.clone(), a.clone())).collect()),
        types: Arc::new(types(known)),
        known: Arc::new(known.clone()),
        digest: digest(&files),
    })
}

/// The text of `rules.csv` as the other files give it, if nothing is wrong with them.
pub(crate) fn text(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    known: &Known,
    complaints: &mut Vec<Complaint>,
) -> Option<String> {
    let files = ours(files, complaints);
    if missing(&files, &[roles::FILE, purpose::FILE, agreement::FILE, BY_HAND], complaints) {
        return None;
    }
    let words = Words::of(&files, complaints);
    Some(generated(&files, &words.vocabulary(known), complaints)?.text)
}

/// What the rows are made from and with.
struct Words {
    roles: BTreeMap<RoleId, Role>,
    purposes: BTreeMap<PurposeId, Purpose>,
    suppressions: BTreeMap<String, Suppression>,
    profiles: BTreeMap<ProfileId, Profile>,
}

impl Words {
    fn of(files: &Files, complaints: &mut Vec<Complaint>) -> Self {
        let suppressions = suppressions(files, complaints);
        Self {
            roles: roles::read(bytes(files, roles::FILE), complaints),
            purposes: purpose::read(bytes(files, purpose::FILE), complaints),
            profiles: profiles(files, &suppressions, complaints),
            suppressions,
        }
    }

    fn vocabulary<'a>(&'a self, known: &'a Known) -> Vocabulary<'a> {
        Vocabulary {
            known,
            roles: &self.roles,
            purposes: &self.purposes,
            profiles: self.profiles.keys().cloned().collect(),
        }
    }
}

/// What the agreements and the rows by hand give, checked.
struct Whole {
    text: String,
    rows: Vec<Row>,
    agreements: Vec<Agreement>,
    by_rule: HashMap<RuleId, Vec<AgreementId>>,
}

fn generated(files: &Files, vocabulary: &Vocabulary<'_>, complaints: &mut Vec<Complaint>) -> Option<Whole> {
    let before = complaints.len();
    let by_hand = rows(BY_HAND, bytes(files, BY_HAND), vocabulary, complaints);
    let agreements = agreement::read(bytes(files, agreement::FILE), vocabulary, complaints);
    let (text, agreements, senders) = generate::from_agreements(agreements, &by_hand, vocabulary, complaints);
    if complaints.len() > before {
        return None;
    }
    let rows = rows(RULES, text.as_bytes(), vocabulary, complaints);
    if rows.is_empty() {
        complaints.push(Complaint::of_file(RULES, "holds no rule that can be read"));
    }
    let by_rule = agreement::check_rows(&agreements, &rows, &by_hand, &senders, vocabulary, complaints);
    Some(Whole { text, rows, agreements, by_rule })
}

fn missing(files: &Files, wanted: &[&str], complaints: &mut Vec<Complaint>) -> bool {
    let before = complaints.len();
    let absent = wanted.iter().filter(|name| !files.contains_key(**name));
    complaints.extend(absent.map(|name| Complaint::of_file(name, "is missing")));
    complaints.len() > before
}

fn bytes<'a>(files: &'a Files, name: &str) -> &'a [u8] {
    files.get(name).map_or(&[], Vec::as_slice)
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
    complaints.dedup();
    complaints
}

/// The files that policy reads. Others' are passed over; one that could be meant for policy is not.
fn ours(files: impl IntoIterator<Item = (String, Vec<u8>)>, complaints: &mut Vec<Complaint>) -> Files {
    let mut ours = Files::new();
    for (path, bytes) in files {
        let wanted = match path.split_once('/') {
            None => matches!(path.as_str(), RULES | BY_HAND | roles::FILE | agreement::FILE | purpose::FILE)
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

fn suppressions(files: &Files, complaints: &mut Vec<Complaint>) -> BTreeMap<String, Suppression> {
    folder(files, "suppression")
        .filter_map(|(path, stem, bytes)| {
            Some((stem.to_owned(), profile::suppression::read(path, stem, bytes, complaints)?))
        })
        .collect()
}

fn profiles(
    files: &Files,
    suppressions: &BTreeMap<String, Suppression>,
    complaints: &mut Vec<Complaint>,
) -> BTreeMap<ProfileId, Profile> {
    folder(files, "profiles")
        .filter_map(|(path, stem, bytes)| {
            let id = ProfileId::new(stem).ok()?;
            Some((id.clone(), profile::read(path, id, bytes, suppressions, complaints)?))
        })
        .collect()
}

fn rows(file: &str, bytes: &[u8], vocabulary: &Vocabulary<'_>, complaints: &mut Vec<Complaint>) -> Vec<Row> {
    let lines = csv::read(file, bytes, &COLUMNS, complaints);
    if lines.len() > MOST_ROWS {
        complaints.push(Complaint::of_file(file, format!("holds more than {MOST_ROWS} rules")));
    }
    let mut ids: HashMap<&str, u32> = HashMap::new();
    let mut bodies: HashMap<&[String], u32> = HashMap::new();
    for line in &lines {
        let Some((id, body)) = line.cells.split_first() else { continue };
        if let Some(first) = ids.insert(id, line.number) {
            let text = format!("`{id}` stands in line {first} too");
            complaints.push(Complaint::of_cell(file, line.number, "id", text));
        }
        if let Some(first) = bodies.insert(body, line.number) {
            let text = format!("says the same as line {first}");
            complaints.push(Complaint::of_row(file, line.number, text));
        }
    }
    lines.iter().filter_map(|line| row::parse(file, line, vocabulary, complaints)).collect()
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
