//! Sending without the command line: many returns over one connection, and receipts checked afterwards.
#![expect(clippy::expect_used, clippy::panic, reason = "a test's ways to stop")]

use std::path::Path;

use concordat_catalogue::Catalogue;
use concordat_cli::connect;
use concordat_cli::context::Context;
use concordat_cli::submitter::{self, Outgoing};
use concordat_core::ids::{AgencyId, AreaCode, SendKey};
use concordat_core::period::Period;
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use concordat_ledger::Receipt;
use concordat_proto::v1;
use concordat_proto::v1::submission_service_client::SubmissionServiceClient;
use tonic::transport::Channel;

use crate::person::Person;

/// The context of an enrolled person.
///
/// # Panics
/// When the person has none.
#[must_use]
pub fn context(person: &Person) -> Context {
    let folder = person.home.join("contexts");
    let mut entries =
        std::fs::read_dir(&folder).expect("contexts").flatten().filter(|entry| entry.path().is_dir());
    let entry = entries.next().expect("a context");
    let name = entry.file_name().to_string_lossy().into_owned();
    match Context::open(&name, &entry.path()) {
        Ok(context) => context,
        Err(failure) => panic!("{failure:?}"),
    }
}

/// One connection of an enrolled person.
///
/// # Errors
/// When the broker cannot be reached.
pub async fn connect(context: &Context) -> Result<SubmissionServiceClient<Channel>, String> {
    connect::channel(context).await.map(submitter::client).map_err(|failure| format!("{failure:?}"))
}

/// A month's attestation: the smallest return there is.
///
/// # Panics
/// When the catalogue has no such type.
#[must_use]
pub fn attestation(agency: &str, area: &str, month: Period, key: SendKey, matters: u32) -> v1::SubmitRequest {
    let rtype = "lado-attestation-monthly".parse().expect("a return type");
    let catalogue = Catalogue::built_in();
    let rtype = catalogue.in_force(&rtype, month.last_day()).expect("a type in force");
    let agency: AgencyId = agency.parse().expect("an agency");
    let area: AreaCode = area.parse().expect("an area");
    Outgoing {
        identity: Identity {
            agency,
            return_type: rtype.id.clone(),
            areas: vec![area.clone()],
            covers: Covers::Period(month),
            part: None,
        },
        key,
        purpose: rtype.purpose.clone(),
        type_digest: rtype.digest,
        nil: false,
        replaces: None,
        explanations: Vec::new(),
        all_or_nothing: false,
        tables: vec![Table {
            name: "main".to_owned(),
            columns: ["area", "matters_meeting_criteria", "notified"].map(str::to_owned).to_vec(),
            cells: [area.to_string(), matters.to_string(), matters.to_string()].iter().collect(),
        }],
    }
    .into_request()
}

/// The n-th month from April 2022 on.
///
/// # Panics
/// Past the year 9000.
#[must_use]
pub fn month(n: usize) -> Period {
    let year = i16::try_from(2022 + (n + 3) / 12).expect("a year");
    Period::Month(year, u8::try_from((n + 3) % 12 + 1).expect("a month"))
}

/// Verifies a receipt and gives the index it speaks of.
///
/// # Panics
/// When it does not verify.
#[must_use]
pub fn verified(receipt: &[u8], context: &Context) -> u64 {
    let receipt = Receipt::parse(receipt).unwrap_or_else(|fault| panic!("{fault}"));
    receipt.verify(&context.log_key).unwrap_or_else(|fault| panic!("{fault}")).index
}

/// Whether a file or folder under `path` holds these bytes anywhere.
///
/// # Panics
/// When a file cannot be read.
#[must_use]
pub fn holds(path: &Path, needle: &[u8]) -> bool {
    if path.is_dir() {
        return std::fs::read_dir(path)
            .expect("a folder")
            .flatten()
            .any(|entry| holds(&entry.path(), needle));
    }
    path.is_file()
        && std::fs::read(path).expect("a file").windows(needle.len()).any(|window| window == needle)
}

/// A connection of an enrolled person that takes little at a time, so that a stream waits for its reader.
///
/// # Panics
/// When the broker cannot be reached.
pub async fn small(context: &Context) -> Channel {
    let mut tls = connect::mutual_tls(context).unwrap_or_else(|failure| panic!("{failure:?}"));
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let address = context.facts.broker.clone();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(tls));
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}")).expect("an address");
    let service = tower::service_fn(move |_: tonic::transport::Uri| {
        let (connector, address) = (connector.clone(), address.clone());
        async move {
            let tcp = tokio::net::TcpStream::connect(&address).await?;
            let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host).to_owned();
            let name = rustls::pki_types::ServerName::try_from(host).map_err(std::io::Error::other)?;
            connector.connect(name, tcp).await.map(hyper_util::rt::TokioIo::new)
        }
    });
    let endpoint = endpoint.initial_stream_window_size(65_535).initial_connection_window_size(65_535);
    endpoint.connect_with_connector(service).await.expect("a connection")
}
