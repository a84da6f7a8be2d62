//! The client's process: connections that each have one request outstanding, and every receipt verified once the
//! time is over.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use concordat_ledger::{Receipt, Verifier};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint, Uri};

use super::plan::{Person, Plan, Told};
use super::process::processor_seconds;
use super::returns::Book;
use super::stats::percentile;
use super::wire::SentCodec;
use super::{Outcome, world};

const SUBMIT: PathAndQuery = PathAndQuery::from_static("/concordat.v1.SubmissionService/Submit");

/// What one connection brings home.
#[derive(Default)]
struct Haul {
    /// Microseconds of each call within the time measured.
    times: Vec<u32>,
    receipts: Vec<Vec<u8>>,
}

/// Carries out a plan.
///
/// # Errors
/// When a connection or a request is refused, or a receipt is not what it should be.
pub async fn run(plan: Plan) -> Outcome<Told> {
    let policies = concordat_broker::bundle::read(&plan.policies)?;
    let book = Arc::new(Book::new(&policies)?);
    let mut channels = Vec::new();
    for person in &plan.people {
        channels.push((person.number, dial(&plan, person).await?));
    }
    let begin = Instant::now() + Duration::from_secs_f64(plan.warm_up);
    let end = begin + Duration::from_secs_f64(plan.seconds);
    let calls: Vec<_> = channels
        .into_iter()
        .map(|(submitter, channel)| {
            let (book, plan) = (Arc::clone(&book), plan.clone());
            tokio::spawn(async move { converse(&book, &plan, submitter, channel, begin, end).await })
        })
        .collect();
    let own = std::process::id();
    let used = || (processor_seconds(plan.server), processor_seconds(own));
    tokio::time::sleep_until(begin.into()).await;
    let before = used();
    tokio::time::sleep_until(end.into()).await;
    let after = used();
    let mut hauls = Vec::new();
    for (call, person) in calls.into_iter().zip(&plan.people) {
        hauls.push((person.number, call.await??));
    }
    let (verified, groups) = match &plan.log_key {
        Some(key) => verify(&book, &plan, key, &hauls)?,
        None => (0, Vec::new()),
    };
    let mut times: Vec<u32> = hauls.iter().flat_map(|(_, haul)| haul.times.iter().copied()).collect();
    times.sort_unstable();
    let mut lengths: Vec<u32> =
        hauls.iter().flat_map(|(_, haul)| &haul.receipts).map(|receipt| receipt.len() as u32).collect();
    lengths.sort_unstable();
    let answered = times.len() as u64;
    let each = |seconds: f64| seconds * 1e6 / answered.max(1) as f64;
    Ok(Told {
        answered,
        seconds: plan.seconds,
        p50_ms: f64::from(percentile(&times, 0.5)) / 1e3,
        p99_ms: f64::from(percentile(&times, 0.99)) / 1e3,
        server_us: each(after.0 - before.0),
        client_us: each(after.1 - before.1),
        sent_most: u32::try_from(hauls.iter().map(|(_, haul)| haul.receipts.len()).max().unwrap_or(0))?,
        verified,
        receipt_bytes: percentile(&lengths, 0.5) as usize,
        groups,
    })
}

async fn dial(plan: &Plan, person: &Person) -> Outcome<Channel> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(&plan.authority)? {
        roots.add(authority)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(certificates(&person.chain)?, PrivateKeyDer::from_pem_file(&person.key)?)?;
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(tls));
    let target = plan.target.clone();
    // the scheme is http because TLS is made here
    let endpoint = Endpoint::from_shared(format!("http://{target}"))?;
    let name = ServerName::try_from("localhost")?;
    let connect = tower::service_fn(move |_: Uri| {
        let (connector, target, name) = (connector.clone(), target.clone(), name.clone());
        async move {
            let stream = TcpStream::connect(target).await?;
            stream.set_nodelay(true)?;
            connector.connect(name, stream).await.map(TokioIo::new)
        }
    });
    Ok(endpoint.connect_with_connector(connect).await?)
}

fn certificates(path: &Path) -> Outcome<Vec<CertificateDer<'static>>> {
    Ok(CertificateDer::pem_file_iter(path)?.collect::<Result<_, _>>()?)
}

async fn converse(
    book: &Book,
    plan: &Plan,
    submitter: usize,
    channel: Channel,
    begin: Instant,
    end: Instant,
) -> Outcome<Haul> {
    let mut grpc = Grpc::new(channel);
    let mut haul = Haul::default();
    let mut serial = plan.from;
    while Instant::now() < end {
        let identity = book.identity(submitter, plan.column, serial)?;
        let sent = book.sent(&identity, key(plan.column as u8, submitter, serial));
        grpc.ready().await?;
        let started = Instant::now();
        let replied = grpc.unary(tonic::Request::new(sent), SUBMIT, SentCodec).await;
        let ended = Instant::now();
        let reply = replied
            .map_err(|status| format!("{} was refused a return: {status}", world::agency_name(submitter)))?;
        let reply = reply.into_inner();
        if reply.already {
            return Err("a return was taken for one that was sent before".into());
        }
        if started >= begin && ended <= end {
            haul.times.push(u32::try_from((ended - started).as_micros())?);
        }
        haul.receipts.push(reply.receipt);
        serial += 1;
    }
    Ok(haul)
}

/// A key that no other return has: column, submitter and serial number.
#[must_use]
pub fn key(column: u8, submitter: usize, serial: u32) -> [u8; 16] {
    let mut key = [column; 16];
    let numbers = (submitter as u64).to_be_bytes().into_iter().chain(serial.to_be_bytes());
    key.iter_mut().skip(1).zip(numbers).for_each(|(slot, byte)| *slot = byte);
    key
}

/// Verifies every receipt, and that it states the very return that was sent; gives how many were recorded under
/// each checkpoint.
fn verify(book: &Book, plan: &Plan, key: &str, hauls: &[(usize, Haul)]) -> Outcome<(u64, Vec<u32>)> {
    let verifier = Verifier::from_str(key)?;
    let mut verified = 0;
    let mut groups: BTreeMap<u64, u32> = BTreeMap::new();
    for (submitter, haul) in hauls {
        for (serial, bytes) in (plan.from..).zip(&haul.receipts) {
            let proved = Receipt::parse(bytes)?.verify(&verifier)?;
            let identity = book.identity(*submitter, plan.column, serial)?;
            let stated = &proved.statement;
            let agrees = stated.agency == identity.agency.as_str()
                && stated.period == identity.covers.to_string()
                && stated
                    .areas
                    .iter()
                    .map(String::as_str)
                    .eq(identity.areas.iter().map(|area| area.as_str()))
                && stated.content.0 == book.digest(&identity).0;
            if !agrees {
                return Err(format!(
                    "the receipt of entry {} states another return than was sent",
                    proved.index
                )
                .into());
            }
            verified += 1;
            *groups.entry(proved.tree_size).or_default() += 1;
        }
    }
    Ok((verified, groups.into_values().collect()))
}
