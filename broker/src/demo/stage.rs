//! The stage: the folder, the broker's process and the people, as every step finds them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use concordat_core::ids::{AgencyId, PrincipalId, SendKey};
use concordat_core::partnership::{self, Partnership};
use serde_json::Value;

use super::claim::{Broken, Held, there};
use super::figures::Figures;
use super::json;
use super::operator::Operator;
use super::person::{Person, Said};
use super::process::Process;
use crate::addresses::Addresses;
use crate::private;

/// The partnership manager's desk.
pub const MANAGER: &str = "chscp/manager";
/// The auditor's desk.
pub const AUDITOR: &str = "chscp/auditor";
/// The desk from which a change of policy is proposed.
pub const LEAD: &str = "chscp/governance";
/// The desk at which another looks at it.
pub const APPROVER: &str = "nhs-nel-icb/caldicott-guardian";
/// The annual core data set.
pub const ANNUAL: &str = "core-data-set-annual";
/// The folder with the copy of the broker's directory from before step 6.
pub const BACKUP: &str = "copies/before";
/// The year that the published figures are about.
pub const YEAR: &str = "2022-23";

/// What every step works on.
#[derive(Debug)]
pub struct Stage {
    /// The folder of the demonstration.
    pub root: PathBuf,
    /// The broker's directory.
    pub broker: PathBuf,
    /// The broker's process.
    pub process: Arc<Process>,
    /// Whoever operates the broker.
    pub operator: Operator,
    /// Who belongs to the partnership, as its file says.
    pub partnership: Partnership,
    /// The published figures of each agency.
    pub shares: BTreeMap<AgencyId, Figures>,
    /// The receipts that agencies hold, in the order in which they came.
    pub receipts: Vec<Receipt>,
    /// How many receipts were verified, offline, with the log's public key alone.
    pub verified: u64,
    /// The key under which one agency sent its return, to be sent under again.
    pub kept_key: Option<SendKey>,
    /// How long parts of the story took.
    pub timings: Vec<(&'static str, Duration)>,
    /// What the auditor counted in the end.
    pub counts: Vec<(&'static str, Value)>,
    people: BTreeMap<String, Person>,
    demo_clock: Arc<AtomicBool>,
}

/// A receipt that an agency holds.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Who holds it.
    pub holder: String,
    /// The submission that it is for.
    pub submission: String,
    /// The file that was sent; none for a nil.
    pub sent: Option<PathBuf>,
    /// The receipt's file.
    pub file: PathBuf,
    /// The submission's version.
    pub version: u64,
    /// The place of its entry in the log.
    pub index: u64,
}

impl Receipt {
    /// The receipt that a reply to `submit` names.
    #[must_use]
    pub fn of(holder: &Person, reply: &Value, sent: Option<&Path>) -> Self {
        Self {
            holder: holder.id.clone(),
            submission: json::text(reply, "submission"),
            sent: sent.map(Path::to_owned),
            file: PathBuf::from(json::text(reply, "receipt")),
            version: json::number(reply, "version"),
            index: json::number(reply, "index"),
        }
    }

    /// Its bytes, as they lie in the file.
    ///
    /// # Errors
    /// [`Broken::Failed`] when the file cannot be read.
    pub fn bytes(&self) -> Held<Vec<u8>> {
        std::fs::read(&self.file).map_err(|e| Broken::failed("reading a receipt", e))
    }
}

impl Stage {
    /// A stage in a folder; nothing is made and nobody is there yet.
    ///
    /// # Errors
    /// [`Broken`] when the built-in sample or the published figures cannot be read.
    pub fn new(
        root: &Path,
        program: &Path,
        process: Arc<Process>,
        demo_clock: &Arc<AtomicBool>,
    ) -> Held<Self> {
        let sample = crate::bundle::sample();
        let file = sample.iter().find(|(path, _)| path == partnership::FILE);
        let (_, bytes) = there("the partnership's file in the sample", file)?;
        let text = String::from_utf8_lossy(bytes);
        let partnership = Partnership::from_toml(&text)
            .map_err(|_| Broken::failed("reading the sample's partnership", "its file is not in order"))?;
        let shares = Figures::published()?.split(&partnership.sources)?;
        Ok(Self {
            root: root.to_owned(),
            broker: broker_dir(root),
            process,
            operator: Operator::new(program),
            partnership,
            shares,
            receipts: Vec::new(),
            verified: 0,
            kept_key: None,
            timings: Vec::new(),
            counts: Vec::new(),
            people: BTreeMap::new(),
            demo_clock: Arc::clone(demo_clock),
        })
    }

    /// The broker's directory, as a command is given it.
    #[must_use]
    pub fn broker_word(&self) -> String {
        self.broker.display().to_string()
    }

    /// Starts the broker, and remembers how long it took until it served.
    ///
    /// # Errors
    /// [`Broken::Failed`] when it does not start.
    pub fn start(&mut self, name: &'static str) -> Held<Addresses> {
        let begun = Instant::now();
        let addresses = self.process.start()?;
        self.timings.push((name, begun.elapsed()));
        Ok(addresses)
    }

    /// A folder of the demonstration, made if it is missing.
    ///
    /// # Errors
    /// [`Broken::Failed`] when it cannot be made.
    pub fn folder(&self, name: &str) -> Held<PathBuf> {
        let folder = self.root.join(name);
        private::make_dir(&folder).map_err(|e| Broken::failed("making a folder", e))?;
        Ok(folder)
    }

    /// Brings a principal onto the stage.
    pub fn enter(&mut self, id: &PrincipalId) -> Person {
        let person = Person::new(id, &self.root.join("homes"), &self.demo_clock);
        self.people.insert(person.id.clone(), person.clone());
        person
    }

    /// Somebody who was never invited, at a machine that never enrolled.
    #[must_use]
    pub fn stranger(&self) -> Person {
        Person::stranger(&self.root.join("homes"), &self.demo_clock)
    }

    /// A principal, by `agency/name`.
    ///
    /// # Errors
    /// [`Broken::Claim`] when it was never enrolled.
    pub fn person(&self, id: &str) -> Held<Person> {
        there(&format!("the principal {id}"), self.people.get(id).cloned())
    }

    /// The desk from which an agency sends its returns.
    ///
    /// # Errors
    /// [`Broken::Claim`] when it was never enrolled.
    pub fn returns_desk(&self, agency: &AgencyId) -> Held<Person> {
        self.person(&format!("{agency}/returns"))
    }

    /// The police forces, as the partnership's file has them.
    #[must_use]
    pub fn police(&self) -> Vec<AgencyId> {
        let police = concordat_core::agency::Kind::Police;
        self.partnership
            .agencies
            .iter()
            .filter(|agency| agency.kind == police)
            .map(|agency| agency.id.clone())
            .collect()
    }

    /// Verifies a receipt as its holder would, offline.
    ///
    /// # Errors
    /// [`Broken::Claim`] when it does not verify.
    pub fn verify(&mut self, receipt: &Receipt) -> Held<Said> {
        let holder = self.person(&receipt.holder)?;
        let said = holder.runs(&["receipt", "verify", &receipt.file.display().to_string()])?.ended(0)?;
        self.verified += 1;
        Ok(said)
    }

    /// Entries that the auditor finds.
    ///
    /// # Errors
    /// [`Broken::Claim`] when the search is refused.
    pub fn entries(&self, words: &[&str]) -> Held<(Said, Vec<Value>)> {
        let mut all = vec!["audit", "search", "--limit", "100000"];
        all.extend(words);
        let (said, data) = self.person(AUDITOR)?.asks(&all, 0)?;
        Ok((said, json::rows(&data, "entries")))
    }
}

/// The broker's directory in a demonstration's folder.
#[must_use]
pub fn broker_dir(root: &Path) -> PathBuf {
    root.join("broker")
}
