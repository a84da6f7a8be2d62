//! The user's contexts: one folder each, and which of them is current.

use std::fs;
use std::path::{Path, PathBuf};

use crate::context::{Context, Credentials};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;

/// The folder of all contexts.
#[derive(Debug, Clone)]
pub struct Contexts {
    home: PathBuf,
}

impl Contexts {
    /// The contexts under a home folder; nothing is made until something is stored.
    #[must_use]
    pub fn under(home: &Path) -> Self {
        Self { home: home.to_owned() }
    }

    /// The names of all contexts, sorted.
    ///
    /// # Errors
    /// A [`Failure`] when the folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        let folder = self.home.join("contexts");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(why) => return Err(Failure { exit: Exit::Failure, ..Failure::unreadable(&folder, &why) }),
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_name(name))
            .collect();
        names.sort();
        Ok(names)
    }

    /// The name of the current context, if one was chosen.
    #[must_use]
    pub fn current(&self) -> Option<String> {
        let name = fs::read_to_string(self.home.join("current")).ok()?;
        let name = name.trim_end();
        is_name(name).then(|| name.to_owned())
    }

    /// Makes a context the current one.
    ///
    /// # Errors
    /// A [`Failure`] when there is no such context or the choice cannot be kept.
    pub fn choose(&self, name: &str) -> Result<(), Failure> {
        self.open(name)?;
        private::write(&self.home.join("current"), format!("{name}\n").as_bytes())
    }

    /// Opens a context by name.
    ///
    /// # Errors
    /// A [`Failure`] when there is none of that name, or it is damaged.
    pub fn open(&self, name: &str) -> Result<Context, Failure> {
        check_name(name)?;
        let folder = self.folder(name);
        if !folder.is_dir() {
            let hint = match self.names()?.as_slice() {
                [] => "`concordat enrol` makes one".to_owned(),
                names => format!("there are: {}", names.join(", ")),
            };
            return Err(Failure::new(Exit::NotEnrolled, format!("there is no context `{name}`")).hint(hint));
        }
        Context::open(name, &folder)
    }

    /// The context that was asked for, else the current one, else the only one; `None` when there are none.
    ///
    /// # Errors
    /// A [`Failure`] when the one meant does not exist, is damaged, or it is not clear which is meant.
    pub fn find(&self, asked: Option<&str>) -> Result<Option<Context>, Failure> {
        if let Some(name) = asked.map(str::to_owned).or_else(|| self.current()) {
            return self.open(&name).map(Some);
        }
        match self.names()?.as_slice() {
            [] => Ok(None),
            [only] => self.open(only).map(Some),
            names => Err(Failure::usage("there are several contexts and none is current")
                .hint(format!("`concordat context use NAME`, or --context NAME: {}", names.join(", ")))),
        }
    }

    /// Stores an enrolment: in the context of that name, if it is free or of the same principal, else in the
    /// next free name. The first context becomes the current one.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be stored.
    pub fn store(&self, name: &str, credentials: &Credentials) -> Result<Context, Failure> {
        check_name(name)?;
        let same = |name: &str| match self.open(name) {
            Ok(there) => {
                there.facts.partnership == credentials.facts.partnership
                    && there.facts.principal == credentials.facts.principal
            }
            Err(_) => !self.folder(name).exists(),
        };
        let numbered = (2..100).map(|number| format!("{name}-{number}"));
        let name =
            std::iter::once(name.to_owned()).chain(numbered).find(|name| same(name)).ok_or_else(|| {
                Failure::new(Exit::Failure, format!("every name from `{name}` to `{name}-99` is taken"))
                    .hint("give another with --context")
            })?;
        private::folder(&self.home.join("contexts"))?;
        let context = Context::store(&name, &self.folder(&name), credentials)?;
        if self.current().is_none() {
            self.choose(&name)?;
        }
        Ok(context)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.home.join("contexts").join(name)
    }
}

fn is_name(name: &str) -> bool {
    (1..=72).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Refuses a name that could not be a folder's.
///
/// # Errors
/// A [`Failure`] that says which names are good.
pub fn check_name(name: &str) -> Result<(), Failure> {
    if is_name(name) {
        return Ok(());
    }
    let shown: String = name.chars().take(72).collect();
    Err(Failure::usage(format!("`{shown}` is no name for a context"))
        .hint("use 1 to 72 letters, digits, - and _, starting with a letter or digit"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::tests::credentials;

    #[test]
    fn the_first_context_becomes_current_and_the_choice_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let contexts = Contexts::under(dir.path());
        assert!(contexts.find(None).unwrap().is_none());
        contexts.store("one", &credentials()).unwrap();
        let mut other = credentials();
        other.facts.principal = "met/other".parse().unwrap();
        contexts.store("two", &other).unwrap();
        assert_eq!(contexts.names().unwrap(), ["one", "two"]);
        assert_eq!(contexts.find(None).unwrap().unwrap().name, "one");
        contexts.choose("two").unwrap();
        assert_eq!(contexts.find(None).unwrap().unwrap().name, "two");
        assert_eq!(contexts.find(Some("one")).unwrap().unwrap().name, "one");
    }

    #[test]
    fn enrolling_again_renews_the_same_principal_and_spares_another() {
        let dir = tempfile::tempdir().unwrap();
        let contexts = Contexts::under(dir.path());
        let first = contexts.store("met", &credentials()).unwrap();
        private::write(&first.subfolder("receipts").unwrap().join("a.receipt"), b"kept").unwrap();
        assert_eq!(contexts.store("met", &credentials()).unwrap().name, "met");
        assert!(first.folder.join("receipts/a.receipt").exists());
        let mut other = credentials();
        other.facts.principal = "met/other".parse().unwrap();
        assert_eq!(contexts.store("met", &other).unwrap().name, "met-2");
        assert_eq!(contexts.open("met").unwrap().facts.principal.to_string(), "met/desk");
    }

    #[test]
    fn a_name_that_leaves_the_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let contexts = Contexts::under(dir.path());
        for name in ["", "..", "../x", "a/b", "-a", ".hidden", "a b"] {
            assert_eq!(contexts.open(name).unwrap_err().exit, Exit::Usage, "{name}");
        }
        assert_eq!(contexts.open("none").unwrap_err().exit, Exit::NotEnrolled);
    }
}
