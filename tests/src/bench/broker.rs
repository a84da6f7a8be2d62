//! The broker's side of the bench: people enrolled, the store filled, opened, rebuilt and verified.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use concordat_broker::ca::Authority;
use concordat_broker::compose::Broker;
use concordat_broker::config::Config;
use concordat_core::ids::{AreaCode, PrincipalId};
use concordat_flow::{Caller, CertificateFacts, Flow, Invite, Stop};
use concordat_grpc::convert::submission::received;
use concordat_grpc::peer::facts_of;
use concordat_store::Embedded;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::plan::{Column, Person};
use super::returns::Book;
use super::world::{NARROW, SUBMITTERS, WIDE, agency_name, areas_of};
use super::{Outcome, client};

/// How many submissions go on at once while the store is filled.
const AT_ONCE: usize = 256;

/// A broker's directory with the bench's policies, and who may submit to it.
pub struct World {
    /// The settings.
    pub config: Config,
    /// By submitter, those who send returns whose decisions are known.
    pub narrow: Vec<Person>,
    /// By submitter, those who send returns whose decisions are not.
    pub wide: Vec<Person>,
    /// The log's public key.
    pub log_key: String,
    /// The returns.
    pub book: Arc<Book>,
}

fn stopped(stop: &Stop) -> String {
    match stop {
        Stop::Refused(refusal) | Stop::Denied { refusal, .. } => refusal.text(),
        Stop::Failed(fault) => fault.operator().to_owned(),
    }
}

impl World {
    /// Puts the bench's policies into a new broker's directory and enrols everybody.
    ///
    /// # Errors
    /// Whatever the broker says.
    pub async fn new(dir: &Path, people: &Path) -> Outcome<Self> {
        let config = Config::of_directory(dir)?;
        let policies = super::world::policies()?;
        std::fs::remove_dir_all(&config.policies)?;
        concordat_broker::bundle::write(&config.policies, &policies)?;
        let book = Arc::new(Book::new(&policies)?);
        let broker = Broker::open(&config).await?;
        broker.load(policies, "bench").await?;
        let authority = Authority::open(&config.authority, &config.partnership)?;
        let mut world = Self { config, narrow: Vec::new(), wide: Vec::new(), log_key: String::new(), book };
        for number in 0..SUBMITTERS {
            for (name, areas) in [("desk", NARROW), ("wide-desk", WIDE)] {
                let principal: PrincipalId = format!("{}/{name}", agency_name(number)).parse()?;
                let areas = areas_of(number)?.into_iter().take(areas).collect();
                let file = people.join(format!("{number}-{name}"));
                world.log_key = enrol(broker.flow(), &authority, principal, areas, &file).await?;
                let person =
                    Person { number, chain: file.with_extension("pem"), key: file.with_extension("key") };
                if name == "desk" { world.narrow.push(person) } else { world.wide.push(person) }
            }
        }
        broker.close().await?;
        Ok(world)
    }

    /// Submits so many returns, by everybody in turn, from a serial number on; gives how long that took and the
    /// first serial number that was not used.
    ///
    /// # Errors
    /// When one is refused.
    pub async fn fill(&self, from: u32, count: usize) -> Outcome<(Duration, u32)> {
        let broker = Broker::open(&self.config).await?;
        let mut callers = Vec::new();
        for person in &self.narrow {
            let certificate = CertificateDer::from_pem_file(&person.chain)?;
            let facts: CertificateFacts = facts_of(&certificate)?;
            callers.push(broker.flow().identify(&facts).map_err(|refusal| refusal.text())?);
        }
        let callers: Arc<[Caller]> = callers.into();
        let began = Instant::now();
        let next = Arc::new(AtomicU32::new(0));
        let count = u32::try_from(count)?;
        let tasks: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (flow, book) = (Arc::clone(broker.flow()), Arc::clone(&self.book));
                let (callers, next) = (Arc::clone(&callers), Arc::clone(&next));
                tokio::spawn(async move { fill(&flow, &book, &callers, &next, from, count).await })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        let taken = began.elapsed();
        broker.close().await?;
        Ok((taken, from + count.div_ceil(u32::try_from(SUBMITTERS)?)))
    }

    /// Opens the store as a starting broker does, closes it again, and says how long the opening took.
    ///
    /// # Errors
    /// Whatever the broker says.
    pub async fn open(&self) -> Outcome<Duration> {
        let began = Instant::now();
        let broker = Broker::open(&self.config).await?;
        let taken = began.elapsed();
        broker.close().await?;
        Ok(taken)
    }

    /// The certificate of the authority, and certificate and key of the broker.
    #[must_use]
    pub fn server_files(&self) -> [PathBuf; 3] {
        use concordat_broker::ca::{AUTHORITY, SERVER, SERVER_KEY};
        [AUTHORITY, SERVER, SERVER_KEY].map(|name| self.config.authority.join(name))
    }
}

async fn fill(
    flow: &std::sync::Arc<Flow<Embedded>>,
    book: &Book,
    callers: &[Caller],
    next: &AtomicU32,
    from: u32,
    count: u32,
) -> Outcome<()> {
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        if at >= count {
            return Ok(());
        }
        let submitter = usize::try_from(at)? % callers.len();
        let serial = from + at / u32::try_from(callers.len())?;
        let caller = callers.get(submitter).ok_or("there is no such caller")?;
        let identity = book.identity(submitter, Column::Hits, serial)?;
        let request = book.request(&identity, client::key(Column::Hits as u8, submitter, serial));
        let request = received(request).map_err(|refusal| refusal.text())?;
        flow.submit(caller, request).await.map_err(|stop| stopped(&stop))?;
    }
}

async fn enrol(
    flow: &std::sync::Arc<Flow<Embedded>>,
    authority: &Authority,
    principal: PrincipalId,
    areas: Vec<AreaCode>,
    file: &Path,
) -> Outcome<String> {
    let invite = Invite { principal, roles: vec!["submitter".parse()?], areas, until: None };
    let invitation = flow.invite(invite, "bench").await.map_err(|stop| stopped(&stop))?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let request = CertificateParams::default().serialize_request(&key)?;
    let enrolled = flow.enrol(invitation.token.expose(), request.der(), authority).await;
    let enrolled = enrolled.map_err(|stop| stopped(&stop))?;
    std::fs::write(file.with_extension("pem"), enrolled.issued.chain_pem)?;
    std::fs::write(file.with_extension("key"), key.serialize_pem())?;
    Ok(enrolled.log_key)
}
