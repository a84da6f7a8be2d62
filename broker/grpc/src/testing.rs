//! What the tests of this crate share: an authority, a clock, a client, and rooms without a flow.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use concordat_core::clock::TestClock;
use concordat_flow::Unheard;
use concordat_proto::v1 as wire;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa, KeyIdMethod,
    KeyPair, KeyUsagePurpose, PublicKeyData as _, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::transport::{Channel, Endpoint};
use wire::directory_service_server::{DirectoryService, DirectoryServiceServer};

use crate::accept::Door;
use crate::codec::{Parcel, SubmitCodec};
use crate::layers::Rooms;
use crate::limits::Limits;
use crate::load::Counted;
use crate::peer::Peer;
use crate::services::run;
use crate::tls::{ClientTrust, ServerIdentity, TlsConfig};

/// A clock at 2026-11-22, ten in the morning.
pub(crate) fn clock() -> TestClock {
    TestClock::at("2026-11-22T10:00:00Z".parse().unwrap())
}

/// A certificate authority.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A client's certificate and key.
pub(crate) struct Client {
    pub certificate: CertificateDer<'static>,
    pub key: PrivateKeyDer<'static>,
    pub spki: Vec<u8>,
    pub serial: u64,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub(crate) fn server(&self) -> (Vec<u8>, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem().into_bytes(), key.serialize_pem().into_bytes())
    }

    pub(crate) fn client(&self, urn: &str) -> Client {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::URI(urn.try_into().unwrap())];
        params.not_after = date_time_ymd(2028, 1, 1);
        params.use_authority_key_identifier_extension = true;
        let serial = urn.len() as u64;
        params.serial_number = Some(SerialNumber::from(serial));
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Client {
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap(),
            spki: key.subject_public_key_info(),
            serial,
        }
    }

    /// A revocation list in PEM, good until 2027.
    pub(crate) fn list(&self, serials: &[u64]) -> Vec<u8> {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2026, 11, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 11, 1),
            next_update: date_time_ymd(2027, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap().into_bytes()
    }

    pub(crate) fn trust(&self) -> ClientTrust {
        ClientTrust::from_pem(self.pem().as_bytes()).unwrap()
    }

    pub(crate) fn identity(&self) -> ServerIdentity {
        let (chain, key) = self.server();
        ServerIdentity::from_pem(&chain, &key).unwrap()
    }
}

/// Rooms that answer who-am-I with the name the acceptor found, and a submission with the number of its cells.
pub(crate) struct TestRooms {
    pub heard: Mutex<Vec<(Unheard, String)>>,
    pub slow: Duration,
}

impl TestRooms {
    /// Waits until something of a sort was counted, and says from where.
    pub(crate) async fn counted(&self, sort: Unheard) -> String {
        for _ in 0..500 {
            if let Some((_, from)) = self.heard.lock().unwrap().iter().find(|(heard, _)| *heard == sort) {
                return from.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing of {sort:?} was counted, but {:?}", self.heard.lock().unwrap());
    }
}

struct Whom {
    from: String,
    key: String,
    slow: Duration,
}

#[tonic::async_trait]
impl DirectoryService for Whom {
    async fn who_am_i(
        &self,
        _request: tonic::Request<wire::WhoAmIRequest>,
    ) -> Result<tonic::Response<wire::WhoAmIReply>, tonic::Status> {
        tokio::time::sleep(self.slow).await;
        let reply = wire::WhoAmIReply {
            principal: self.from.clone(),
            agency: self.key.clone(),
            ..Default::default()
        };
        Ok(tonic::Response::new(reply))
    }
}

struct Cells;

impl tonic::server::UnaryService<Parcel> for Cells {
    type Response = wire::SubmitReply;
    type Future = std::future::Ready<Result<tonic::Response<wire::SubmitReply>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<Parcel>) -> Self::Future {
        let cells: usize = request.get_ref().tables.iter().map(|table| table.cells.len()).sum();
        let reply = wire::SubmitReply { index: cells as u64, ..Default::default() };
        std::future::ready(Ok(tonic::Response::new(reply)))
    }
}

impl Rooms for TestRooms {
    async fn answer(&self, peer: &Arc<Peer>, request: Request<Counted<Incoming>>) -> Response<Body> {
        if request.uri().path().ends_with("/Submit") {
            return Grpc::new(SubmitCodec).max_decoding_message_size(4 << 20).unary(Cells, request).await;
        }
        let key = peer.facts.as_ref().map(|facts| facts.key.to_string()).unwrap_or_default();
        let whom = Whom { from: peer.from.clone(), key, slow: self.slow };
        run(DirectoryServiceServer::new(whom), request).await
    }

    fn unheard(&self, sort: Unheard, from: String) {
        self.heard.lock().unwrap().push((sort, from));
    }
}

/// A door that stands open on a socket of its own.
pub(crate) struct Stand {
    pub address: SocketAddr,
    pub authority: Authority,
    pub clock: TestClock,
    pub tls: Arc<TlsConfig>,
    pub rooms: Arc<TestRooms>,
    pub door: Arc<Door<TestRooms>>,
    pub stop: watch::Sender<bool>,
    pub served: tokio::task::JoinHandle<usize>,
}

impl Stand {
    pub(crate) async fn new(limits: Limits) -> Self {
        Self::with(limits, true, Duration::ZERO).await
    }

    pub(crate) async fn with(limits: Limits, asks: bool, slow: Duration) -> Self {
        let (authority, clock) = (Authority::new(), clock());
        let trust = asks.then(|| authority.trust());
        let tls = TlsConfig::new(authority.identity(), trust, Arc::new(clock.clone())).unwrap();
        let rooms = Arc::new(TestRooms { heard: Mutex::default(), slow });
        let door = Door::new(Arc::clone(&tls), Arc::clone(&rooms), limits, asks);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(Arc::clone(&door).serve(listener, stopped));
        Self { address, authority, clock, tls, rooms, door, stop, served }
    }

    fn config(&self, client: Option<&Client>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match client {
            Some(client) => builder
                .with_client_auth_cert(vec![client.certificate.clone()], client.key.clone_key())
                .unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }

    /// A TLS connection from a loopback address, with these protocols offered.
    pub(crate) async fn tls(
        &self,
        client: Option<&Client>,
        from: &str,
        alpn: &[&[u8]],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut config = self.config(client);
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        shake(config, self.address, from.parse().unwrap()).await
    }

    /// A channel from a loopback address.
    pub(crate) async fn channel(
        &self,
        client: Option<&Client>,
        from: &str,
    ) -> Result<Channel, tonic::transport::Error> {
        let (config, address, from) = (self.config(client), self.address, from.parse().unwrap());
        let connect = tower::service_fn(move |_: http::Uri| {
            let config = config.clone();
            async move { shake(config, address, from).await.map(TokioIo::new) }
        });
        Endpoint::from_static("http://localhost").connect_with_connector(connect).await
    }

    /// A client of this authority, connected.
    pub(crate) async fn good(&self) -> Channel {
        let client = self.authority.client("urn:concordat:p:met:desk");
        self.channel(Some(&client), "127.0.0.1").await.unwrap()
    }
}

async fn shake(config: ClientConfig, to: SocketAddr, from: IpAddr) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = plain(to, from).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

/// A TCP connection from a loopback address that says nothing.
pub(crate) async fn plain(to: SocketAddr, from: IpAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(to).await
}
