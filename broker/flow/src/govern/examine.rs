//! What a proposed change comes to: who gains and who loses what, what readers see otherwise, which decisions of the
//! log would come out otherwise.

use std::sync::Arc;

use concordat_catalogue::shown::in_words;
use concordat_catalogue::{Profiles, Shown, shown};
use concordat_policy::diff::{Diff, diff};
use concordat_store::Store;
use jiff::civil::Date;

use super::replay::Replayed;
use crate::generation::Generation;
use crate::open::Flow;
use crate::stop::Stop;
use crate::upload::blocking;

/// How far back the log's decisions are made again for a proposal, in days.
pub const DAYS: u32 = 90;

/// How many entries are read for that, at most.
const ENTRIES: u64 = 50_000;

/// What a proposed change comes to, against the policies in force.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The index of the entry; 0 for a look.
    pub index: u64,
    /// What is worth a second look.
    pub warnings: Vec<String>,
    /// Which rules change, and who gains and who loses what.
    pub diff: Diff,
    /// What return types say otherwise of their fields, so that readers see more or less of them.
    pub shown: Vec<Shown>,
    /// Every file that comes, goes or changes apart from those that policy decides by.
    pub other_files: Vec<String>,
    /// Which decisions of the last [`DAYS`] days would come out otherwise.
    pub replayed: Replayed,
}

impl Examined {
    /// Whether somebody may do more, or see more.
    #[must_use]
    pub fn widens(&self) -> bool {
        self.diff.widens() || self.shown.iter().any(Shown::widens)
    }

    /// What changes, in words.
    #[must_use]
    pub fn changes(&self) -> String {
        let mut text = self.diff.to_string();
        if self.shown.is_empty() {
            return text;
        }
        if self.diff.is_empty() {
            text.clear();
        } else if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&in_words(&self.shown));
        text
    }
}

pub(super) fn examine(old: &Generation, new: &Generation, today: Date) -> Examined {
    let file = |generation: &Generation, path: &str| {
        generation.files.iter().find(|(name, _)| name == path).map(|(_, bytes)| bytes.clone())
    };
    let mut paths: Vec<&String> = old.files.iter().chain(&new.files).map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    let other_files = paths.into_iter().filter(|path| !decides(path)).filter_map(|path| {
        match (file(old, path), file(new, path)) {
            (Some(_), None) => Some(format!("{path} (goes)")),
            (None, Some(_)) => Some(format!("{path} (comes)")),
            (was, now) => (was != now).then(|| path.clone()),
        }
    });
    Examined {
        index: 0,
        warnings: warnings(old, new, today),
        diff: diff(old.policy.bundle(), new.policy.bundle(), today),
        shown: shown_by(old, new),
        other_files: other_files.collect(),
        replayed: Replayed::default(),
    }
}

/// What return types say otherwise of what readers see, by the new profiles.
fn shown_by(old: &Generation, new: &Generation) -> Vec<Shown> {
    let bundle = new.policy.bundle();
    let profiles = Profiles {
        showing_more: &|field, was, now| bundle.showing_more(field, was, now),
        suppressing: bundle.suppressing(),
    };
    shown(&old.catalogue, &new.catalogue, &profiles)
}

/// The files that policy decides by: what they say otherwise, the difference tells.
fn decides(path: &str) -> bool {
    path.starts_with("profiles/")
        || path.starts_with("suppression/")
        || matches!(path, "agreements.toml" | "by-hand.csv" | "rules.csv" | "roles.csv" | "purposes.toml")
}

fn warnings(old: &Generation, new: &Generation, today: Date) -> Vec<String> {
    let bundle = new.policy.bundle().warnings(today);
    let mut warnings: Vec<String> = bundle.iter().map(ToString::to_string).collect();
    let (was, now) = (golden_decisions(old), golden_decisions(new));
    if now < was {
        warnings.push(format!(
            "golden decisions go: {was} before, {now} then; what none of them speaks of is no longer held by a case"
        ));
    }
    warnings
}

/// How many lines the cases have, heads and blank ones left out.
fn golden_decisions(generation: &Generation) -> usize {
    let cases =
        generation.files.iter().filter(|(path, _)| path.starts_with("cases/") && path.ends_with(".csv"));
    cases
        .map(|(_, bytes)| bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).skip(1).count())
        .sum()
}

impl<S: Store> Flow<S> {
    /// What a generation would change, the decisions of the last days included.
    pub(super) async fn examined_with_log(
        self: &Arc<Self>,
        generation: &Arc<Generation>,
    ) -> Result<Examined, Stop> {
        let (flow, new) = (Arc::clone(self), Arc::clone(generation));
        // reading the log, and every request there could be, is work for a thread that serves nobody else
        blocking(move || {
            let replayed = flow.replay_under(&new, DAYS, ENTRIES)?;
            Ok(Examined { replayed, ..flow.examined(&new)? })
        })
        .await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Arc;

    fn files(under: &Path, root: &Path, into: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(under).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, root, into);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                into.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }

    fn generation(file: &str, from: &str, to: &str) -> Arc<Generation> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let mut all = Vec::new();
        files(&root, &root, &mut all);
        let (_, bytes) = all.iter_mut().find(|(path, _)| path == file).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{from}");
        *bytes = text.replacen(from, to, 1).into_bytes();
        Generation::build(all).unwrap()
    }

    const EXTRACT: &str = "returns/ssda903-extract.toml";
    const UPN: &str = "name = \"UPN\", kind = \"text\", required = true, class = \"identifier\"";

    #[test]
    fn a_field_that_is_classed_otherwise_is_told_with_the_profiles_that_show_it_then() {
        let old = generation(EXTRACT, UPN, UPN);
        let new = generation(EXTRACT, UPN, &UPN.replace("identifier", "operational"));
        let found = shown_by(&old, &new);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].fields, ["header.UPN"]);
        assert!(found[0].through.iter().any(|profile| profile == "degraded"), "{found:?}");
        let back = shown_by(&new, &old);
        assert_eq!((back.len(), back[0].through.as_slice()), (1, [].as_slice()), "{back:?}");
        assert!(shown_by(&old, &old).is_empty());
    }

    #[test]
    fn a_count_that_is_called_a_word_is_told_with_the_profiles_that_suppress() {
        const TYPE: &str = "returns/marac-quarterly.toml";
        let (old, new) =
            (generation(TYPE, "class", "class"), generation(TYPE, "kind = \"count\"", "kind = \"number\""));
        let found = shown_by(&old, &new);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].through.iter().any(|profile| profile == "dfe"), "{found:?}");
    }

    #[test]
    fn a_type_that_goes_to_more_kinds_is_told_and_one_that_goes_to_fewer_widens_nothing() {
        const TYPE: &str = "returns/lado-notification.toml";
        let old = generation(TYPE, "areas = \"shared\"", "areas = \"shared\"");
        let new = generation(TYPE, "areas = \"shared\"", "areas = \"any\"");
        let found = shown_by(&old, &new);
        assert!(found.len() == 1 && found[0].widens(), "{found:?}");
        let back = shown_by(&new, &old);
        assert!(back.len() == 1 && !back[0].widens(), "{back:?}");
    }

    #[test]
    fn an_area_that_is_no_more_known_to_be_made_of_others_is_told_with_the_profiles_that_suppress() {
        const TYPE: &str = "returns/core-data-set-annual.toml";
        let (old, new) =
            (generation(TYPE, "area_sums", "area_sums"), generation(TYPE, "area_sums = [[", "# [["));
        let found = shown_by(&old, &new);
        assert!(found.iter().any(|one| one.through.iter().any(|profile| profile == "dfe")), "{found:?}");
    }
}
