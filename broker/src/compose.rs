//! Store, keys, policies and flow of one directory, put together and open.

use std::sync::Arc;

use concordat_core::apply::{Key, Row, Standing};
use concordat_core::clock::{Clock, MachineClock, OffsetClock};
use concordat_core::entry::Body;
use concordat_core::ids::Digest;
use concordat_flow::generation::files_of_bundle;
use concordat_flow::{Flow, Generation, Parts, Stop, Store};
use concordat_seal::FileKek;
use concordat_store::{Embedded, OpenFault, Options};

use crate::bundle::{self, Files};
use crate::config::{Config, FILE};
use crate::outcome::{Exit, Failure};

/// The operating user of what the broker does by itself when it starts.
pub const AT_START: &str = "broker at start";

/// One partnership's broker, open: nobody else can open its directory meanwhile.
#[derive(Debug)]
pub struct Broker {
    flow: Arc<Flow<Embedded>>,
    clock: OffsetClock,
}

impl Broker {
    /// Opens the directory of these settings, under the policies that its log says are in force, whatever
    /// lies in the policies folder.
    ///
    /// # Errors
    /// [`Failure`] when another process has the directory open, something stored is not what the log proves
    /// (exit code 8), or the log was rolled back (9).
    pub async fn open(config: &Config) -> Result<Self, Failure> {
        let clock = opening_clock(config);
        let options = options(config, &clock)?;
        let dir = config.store.clone();
        let opened = tokio::task::spawn_blocking(move || Embedded::open(&dir, options)).await;
        let store = opened.map_err(|_| Failure::new("opening the store did not come to an end"))??;
        Self::reopened(config, store, clock)
    }

    /// Puts the rooms around a store that was just opened, under the policies that its log says are in force.
    ///
    /// # Errors
    /// [`Failure`] when the log does not say whose it is, or settings and log contradict each other.
    pub fn reopened(config: &Config, store: Embedded, clock: OffsetClock) -> Result<Self, Failure> {
        let reading = |fault| Failure::from_fault("reading which policies are in force", &fault);
        let standing = standing(&store)?;
        if standing.sample != config.sample {
            let text = format!(
                "{FILE}: sample: it says {}, and the log says {}; the log decides",
                config.sample, standing.sample
            );
            return Err(Failure::new(text));
        }
        let index = standing.policy_index.ok_or_else(|| {
            Failure::new("no policies were ever loaded: `init` was interrupted; make the directory anew")
        })?;
        let files = files_of_bundle(&store.bundle(index).map_err(reading)?).map_err(|_| {
            Failure::new(format!("the policies of entry {index} cannot be read; run `verify`"))
        })?;
        Self::around(config, store, clock, files)
    }

    /// Puts the rooms around an open store, under these policies.
    ///
    /// # Errors
    /// [`Failure`] when the policies are wrong or of another partnership, or the store cannot be read.
    pub fn around(
        config: &Config,
        store: Embedded,
        clock: OffsetClock,
        files: Files,
    ) -> Result<Self, Failure> {
        let parts = Parts {
            ring: Arc::clone(store.ring()),
            log_key_text: store.verifier().to_string(),
            store,
            clock: clock.clone(),
            partnership: config.partnership.clone(),
            origin: config.origin(),
            files,
        };
        let flow = Flow::open(parts).map_err(|fault| Failure::from_fault("opening the log", &fault))?;
        Ok(Self { flow, clock })
    }

    /// Brings policies into force and gives the index of the entry.
    ///
    /// # Errors
    /// [`Failure`] with everything that is wrong with them; what was in force stays so.
    pub async fn load(&self, files: Files, by: &str) -> Result<u64, Failure> {
        wrong_with(files.clone())?;
        self.flow.load_policies(files, None, by).await.map_err(|stop| of_stop("loading the policies", &stop))
    }

    /// Brings the policies folder into force, unless it is; once two people look after policy it stays without effect.
    ///
    /// # Errors
    /// As [`Broker::load`], and when the folder cannot be read.
    pub async fn load_changed(&self, config: &Config) -> Result<(), Failure> {
        // whoever can write the folder must not thereby change what two people look after
        let counts = self.flow.host_may_load();
        let counts = counts.map_err(|fault| Failure::from_fault("asking who looks after policy", &fault))?;
        let files = match bundle::read(&config.policies) {
            Ok(files) => files,
            Err(_) if !counts => {
                tracing::warn!(
                    "the policies folder cannot be read; it has no effect, what is in force stands in the log"
                );
                return Ok(());
            }
            Err(e) => return Err(Failure::of("reading the policies", &e)),
        };
        let held: Vec<(String, Digest)> =
            files.iter().map(|(path, bytes)| (path.clone(), concordat_flow::random::sha256(bytes))).collect();
        let reading = |fault| Failure::from_fault("reading which policies are in force", &fault);
        if let Some(index) = standing(self.flow.store())?.policy_index
            && let Some(entry) = self.flow.store().entry(index).map_err(reading)?
            && let Body::PolicyLoaded(loaded) = entry.body
            && loaded.files == held
        {
            return Ok(());
        }
        if !counts {
            tracing::warn!(
                "the policies folder is not what is in force, and stays without effect: have it proposed and approved \
                 (`concordat policy propose`)"
            );
            return Ok(());
        }
        let index = self.load(files, AT_START).await?;
        tracing::info!(index, "the policies folder had changed; it came into force");
        Ok(())
    }

    /// The rooms.
    #[must_use]
    pub fn flow(&self) -> &Arc<Flow<Embedded>> {
        &self.flow
    }

    /// The business clock, which also tells the machine's time.
    #[must_use]
    pub fn clock(&self) -> &OffsetClock {
        &self.clock
    }

    /// Stops the store cleanly, so that the next opening need not read the whole journal.
    ///
    /// # Errors
    /// [`Failure`] when stopping did not come to an end; nothing recorded is lost then.
    pub async fn close(self) -> Result<(), Failure> {
        let closing = tokio::task::spawn_blocking(move || self.flow.store().close()).await;
        closing
            .map_err(|_| Failure::new("closing the store did not come to an end; nothing recorded is lost"))
    }
}

fn standing(store: &Embedded) -> Result<Standing, Failure> {
    match store.row(&Key::Standing).map_err(|fault| Failure::from_fault("reading the log", &fault))? {
        Some(Row::Standing(standing)) => Ok(standing),
        _ => Err(Failure::new("the log is empty: `init` was interrupted; make the directory anew")),
    }
}

/// The clock with which a store is opened; the flow sets it to what the log says. Until then a sample's clock
/// stands at its very beginning, so that what the store itself records while opening is stamped with the time
/// of its last entry, and not with the machine's, which may be years ahead of the sample's business.
#[must_use]
pub fn opening_clock(config: &Config) -> OffsetClock {
    let clock = OffsetClock::new(Arc::new(MachineClock));
    if config.sample {
        clock.set_offset_us(clock.machine_now().as_microsecond().saturating_neg());
    }
    clock
}

/// How the store of these settings is opened.
///
/// # Errors
/// [`Failure`] when the key-encryption key is missing, open to others or no key.
pub fn options(config: &Config, clock: &OffsetClock) -> Result<Options, Failure> {
    let kek = FileKek::open(&config.key).map_err(|e| Failure::of("reading the key-encryption key", &e))?;
    let mut options = Options::new(Arc::new(clock.clone()), Arc::new(kek), &config.origin());
    options.guard_path = Some(config.guard.clone());
    Ok(options)
}

/// Refuses policies with everything that is wrong with them.
pub(crate) fn wrong_with(files: Files) -> Result<(), Failure> {
    let complaints = Generation::build(files).err().unwrap_or_default();
    if complaints.is_empty() {
        return Ok(());
    }
    let mut text = "these faults in the policies must be mended first; nothing was changed:".to_owned();
    for complaint in &complaints {
        text.push_str(&format!("\n  policies/{complaint}"));
    }
    Err(Failure::new(text))
}

/// What the operator is told when an act of the broker itself is refused or fails.
pub(crate) fn of_stop(doing: &str, stop: &Stop) -> Failure {
    match stop {
        Stop::Refused(refusal) | Stop::Denied { refusal, .. } => {
            Failure::new(format!("{doing}: {}", refusal.text()))
        }
        Stop::Failed(fault) => Failure::from_fault(doing, fault),
    }
}

impl From<OpenFault> for Failure {
    fn from(fault: OpenFault) -> Self {
        let exit = if fault.is_rolled_back() {
            Exit::RolledBack
        } else if fault.is_tampered() {
            Exit::Tampered
        } else {
            Exit::Failure
        };
        Failure { exit, ..Failure::of("opening the store", &fault) }
    }
}
