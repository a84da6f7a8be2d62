//! A broker on paper, for tests of what goes over the wire: real sockets, real TLS, a real tree; no policy, no store.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Poller, Poll};

use concordat_core::ids::Digest;
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use concordat_ledger::{
    Checkpoint, Leaf, LogKey, Receipt, Statement, Tree, commit_statement, leaf_hash, log_id, sha256,
};
use concordat_proto::v1;
use concordat_proto::v1::fetch_part::Part;
use prost::Message as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, IsCa, KeyPair,
    SanType,
};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::{CertificateSigningRequestDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use tower::ServiceExt as _;

use crate::file::content_digest;
use crate::status::{DOMAIN, FINDINGS_TRAILER};

const ORIGIN: &str = "concordat/sample/log";

/// What the broker does with the next submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// Records it.
    Accept,
    /// Records it and then does not answer.
    RecordAndFail,
    /// Cannot serve.
    Unavailable,
    /// Refuses it for a stale return type.
    CatalogueChanged,
    /// Refuses it for its errors.
    Invalid,
    /// Refuses it because another version is in force.
    AlreadyAccepted,
    /// Answers with the receipt of other content.
    OtherReceipt,
    /// Says that it refuses one record, and records the return without another.
    Parts {
        /// The one.
        says: &'static str,
        /// The other.
        does: &'static str,
    },
}

/// What it holds.
#[derive(Default)]
struct Books {
    next: Vec<Next>,
    requests: Vec<v1::SubmitRequest>,
    by_key: HashMap<Vec<u8>, v1::SubmitReply>,
    leaves: Vec<Vec<u8>>,
    files: Vec<(String, String)>,
    /// How many entries it hides: a log rolled back to an older copy.
    hidden: usize,
}

/// A broker on paper; clones share the books.
#[derive(Clone)]
pub(super) struct Paper {
    books: Arc<Mutex<Books>>,
    authority: Arc<CertifiedIssuer<'static, KeyPair>>,
    pub(super) fingerprint: Digest,
    pub(super) enrolment: String,
    broker: String,
}

impl Paper {
    /// Opens both listeners on free ports.
    pub(super) async fn open(files: &[(&str, &str)]) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let listeners = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let books = Books {
            files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
            ..Books::default()
        };
        let paper = Self {
            books: Arc::new(Mutex::new(books)),
            fingerprint: crate::certificate::fingerprint(authority.der()),
            authority: Arc::new(authority),
            enrolment: listeners.0.local_addr().unwrap().to_string(),
            broker: listeners.1.local_addr().unwrap().to_string(),
        };
        let incoming = (paper.accept(listeners.0, false), paper.accept(listeners.1, true));
        let enrolment = v1::enrolment_service_server::EnrolmentServiceServer::new(paper.clone());
        tokio::spawn(async move { Server::builder().serve_with_incoming(enrolment, incoming.0).await });
        let services = paper.clone();
        let services = tower::service_fn(move |request| services.clone().answer(request));
        tokio::spawn(async move { Server::builder().serve_with_incoming(services, incoming.1).await });
        paper
    }

    /// What it does with the next submissions, in order; when they are used up it accepts.
    pub(super) fn will(&self, next: &[Next]) {
        self.books.lock().unwrap().next = next.iter().rev().copied().collect();
    }

    /// The requests it has seen.
    pub(super) fn requests(&self) -> Vec<v1::SubmitRequest> {
        self.books.lock().unwrap().requests.clone()
    }

    /// Replaces its catalogue.
    pub(super) fn change_catalogue(&self, path: &str, text: &str) {
        self.books.lock().unwrap().files = vec![(path.to_owned(), text.to_owned())];
    }

    /// Hides its newest entries.
    pub(super) fn hide(&self, entries: usize) {
        self.books.lock().unwrap().hidden = entries;
    }

    /// Alters the bytes of an entry.
    pub(super) fn alter(&self, index: usize) {
        *self.books.lock().unwrap().leaves[index].last_mut().unwrap() ^= 1;
    }

    /// Hands a request to the service it names.
    async fn answer(self, request: http::Request<Body>) -> Result<http::Response<Body>, Infallible> {
        use v1::inbox_service_server::InboxServiceServer;
        use v1::obligation_service_server::ObligationServiceServer;
        use v1::{
            audit_service_server::AuditServiceServer, catalogue_service_server::CatalogueServiceServer,
            directory_service_server::DirectoryServiceServer,
            submission_service_server::SubmissionServiceServer,
        };
        match request.uri().path().split('/').nth(1) {
            Some("concordat.v1.DirectoryService") => DirectoryServiceServer::new(self).oneshot(request).await,
            Some("concordat.v1.CatalogueService") => CatalogueServiceServer::new(self).oneshot(request).await,
            Some("concordat.v1.InboxService") => InboxServiceServer::new(self).oneshot(request).await,
            Some("concordat.v1.ObligationService") => {
                ObligationServiceServer::new(self).oneshot(request).await
            }
            Some("concordat.v1.SubmissionService") => {
                SubmissionServiceServer::new(self).oneshot(request).await
            }
            _ => AuditServiceServer::new(self).oneshot(request).await,
        }
    }

    fn accept(&self, listener: TcpListener, mutual: bool) -> ReceiverStream<io::Result<Stream>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &*self.authority).unwrap().der().clone();
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if mutual {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(self.authority.der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let chain = vec![leaf, self.authority.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (sender, receiver) = tokio::sync::mpsc::channel(8);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                if let Ok(tls) = acceptor.accept(tcp).await {
                    let _ = sender.send(Ok(Stream(tls))).await;
                }
            }
        });
        ReceiverStream::new(receiver)
    }

    fn log_key() -> LogKey {
        LogKey::from_seed(ORIGIN, &[7; 32]).unwrap()
    }

    fn record(&self, request: &v1::SubmitRequest, content: Digest) -> v1::SubmitReply {
        let mut books = self.books.lock().unwrap();
        let identity = request.identity.clone().unwrap();
        let submission = [u8::try_from(books.leaves.len()).unwrap() + 1; 16];
        let statement = Statement {
            log: ORIGIN.into(),
            submission: concordat_core::ids::EntryId(submission).to_string(),
            agency: identity.agency.clone(),
            principal: "met/desk".into(),
            return_type: identity.return_type.clone(),
            areas: identity.areas.clone(),
            period: crate::convert::covers_text(&identity),
            part: None,
            version: 1,
            replaces: None,
            content: content.0.into(),
            outcome: "accepted".into(),
            decision: "R-001".into(),
            agreement: None,
            policy: sha256(&[b"policy"]),
        }
        .encode()
        .unwrap();
        let leaf = Leaf {
            log: log_id(ORIGIN),
            entry: submission,
            class: 6,
            recorded_at_us: 1_682_935_200_000_000,
            sections: vec![],
            statement: commit_statement(&[5; 32], &statement),
        };
        let leaf = leaf.encode().unwrap();
        books.leaves.push(leaf.clone());
        let tree = tree(&books.leaves);
        let index = tree.len() - 1;
        let receipt = Receipt {
            statement,
            random: [5; 32],
            leaf,
            index,
            proof: tree.inclusion(index, tree.len()).unwrap(),
            checkpoint: signed(&tree),
        };
        let reply = v1::SubmitReply {
            submission: submission.to_vec(),
            index,
            version: 1,
            receipt: receipt.to_text().into_bytes(),
            already: false,
            queued_to: 3,
            ..v1::SubmitReply::default()
        };
        books.by_key.insert(request.key.clone(), reply.clone());
        reply
    }
}

fn tree(leaves: &[Vec<u8>]) -> Tree {
    Tree::from_leaf_hashes(leaves.iter().map(|leaf| leaf_hash(leaf)))
}

fn signed(tree: &Tree) -> String {
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: tree.len(), root: tree.root() };
    checkpoint.sign(&Paper::log_key()).unwrap().into_string()
}

fn refused(code: Code, reason: &str, trailers: MetadataMap) -> Status {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new());
    Status::with_error_details_and_metadata(code, format!("refused: {reason}"), details, trailers)
}

#[tonic::async_trait]
impl v1::enrolment_service_server::EnrolmentService for Paper {
    async fn enrol(&self, request: Request<v1::EnrolRequest>) -> Result<Response<v1::EnrolReply>, Status> {
        let request = request.into_inner();
        if request.token != "the-token" {
            return Err(refused(Code::Unauthenticated, "unauthenticated", MetadataMap::new()));
        }
        let der = CertificateSigningRequestDer::from(request.certificate_request);
        let asked = CertificateSigningRequestParams::from_der(&der).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.not_after = rcgen::date_time_ymd(2090, 1, 1);
        params.subject_alt_names = vec![SanType::URI("urn:concordat:sample:met:desk".try_into().unwrap())];
        let leaf = params.signed_by(&asked.public_key, &*self.authority).unwrap().pem();
        Ok(Response::new(v1::EnrolReply {
            partnership: "sample".into(),
            agency: "met".into(),
            principal: "desk".into(),
            roles: vec!["submitter".into()],
            certificate_chain: leaf,
            authority: self.authority.pem(),
            log_key: Self::log_key().verifier().to_string(),
            not_after: "2090-01-01T00:00:00Z".into(),
            broker: self.broker.clone(),
        }))
    }
}

#[tonic::async_trait]
impl v1::directory_service_server::DirectoryService for Paper {
    async fn who_am_i(&self, _: Request<v1::WhoAmIRequest>) -> Result<Response<v1::WhoAmIReply>, Status> {
        let areas = vec!["E09000012".to_owned()];
        let met = v1::Agency { id: "met".into(), name: "The Met".into(), kind: "police".into(), areas };
        Ok(Response::new(v1::WhoAmIReply {
            partnership: "sample".into(),
            agency: "met".into(),
            principal: "desk".into(),
            agencies: vec![met],
            demo_clock: true,
            ..v1::WhoAmIReply::default()
        }))
    }
}

#[tonic::async_trait]
impl v1::catalogue_service_server::CatalogueService for Paper {
    async fn fetch(
        &self,
        request: Request<v1::CatalogueRequest>,
    ) -> Result<Response<v1::CatalogueReply>, Status> {
        let files = self.books.lock().unwrap().files.clone();
        let bytes = files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
        let digest = concordat_catalogue::Catalogue::from_files(bytes).unwrap().digest().0.to_vec();
        let current = request.into_inner().held == digest;
        let file = |(path, text): (String, String)| v1::CatalogueFile { path, content: text.into_bytes() };
        let files = if current { Vec::new() } else { files.into_iter().map(file).collect() };
        Ok(Response::new(v1::CatalogueReply { digest, files }))
    }
}

#[tonic::async_trait]
impl v1::submission_service_server::SubmissionService for Paper {
    // what it takes is small enough for one message
    async fn begin_upload(
        &self,
        _: Request<v1::BeginUploadRequest>,
    ) -> Result<Response<v1::BeginUploadReply>, Status> {
        Err(Status::unimplemented("paper takes no large return"))
    }

    async fn upload(
        &self,
        _: Request<tonic::Streaming<v1::UploadPiece>>,
    ) -> Result<Response<v1::UploadReply>, Status> {
        Err(Status::unimplemented("paper takes no large return"))
    }

    async fn finish_upload(
        &self,
        _: Request<v1::FinishUploadRequest>,
    ) -> Result<Response<v1::SubmitReply>, Status> {
        Err(Status::unimplemented("paper takes no large return"))
    }

    async fn submit(&self, request: Request<v1::SubmitRequest>) -> Result<Response<v1::SubmitReply>, Status> {
        let request = request.into_inner();
        let next = {
            let mut books = self.books.lock().unwrap();
            books.requests.push(request.clone());
            if let Some(reply) = books.by_key.get(&request.key) {
                return Ok(Response::new(v1::SubmitReply { already: true, ..reply.clone() }));
            }
            books.next.pop().unwrap_or(Next::Accept)
        };
        let content = digest_of(&request);
        match next {
            Next::Accept => Ok(Response::new(self.record(&request, content))),
            Next::RecordAndFail => {
                self.record(&request, content);
                Err(Status::unavailable("the reply was lost"))
            }
            Next::Unavailable => Err(Status::unavailable("not now")),
            Next::CatalogueChanged => {
                Err(refused(Code::FailedPrecondition, "catalogue_changed", MetadataMap::new()))
            }
            Next::Invalid => {
                let finding = v1::Finding {
                    rule: "V-R9".into(),
                    severity: v1::Severity::Error.into(),
                    table: "main".into(),
                    row: 1,
                    column: "visits".into(),
                    text: "only the broker knows".into(),
                    figures: String::new(),
                    record: String::new(),
                };
                let mut trailers = MetadataMap::new();
                let bytes = v1::Findings { findings: vec![finding] }.encode_to_vec();
                trailers.insert_bin(FINDINGS_TRAILER, MetadataValue::from_bytes(&bytes));
                Err(refused(Code::InvalidArgument, "invalid", trailers))
            }
            Next::AlreadyAccepted => {
                Err(refused(Code::AlreadyExists, "already_accepted", MetadataMap::new()))
            }
            Next::OtherReceipt => Ok(Response::new(self.record(&request, Digest([0; 32])))),
            Next::Parts { says, does } => {
                let without = |record: &str| v1::SubmitReply {
                    refused: vec![v1::RefusedRecord { record: record.into(), rules: vec!["101".into()] }],
                    records_accepted: 1,
                    ..v1::SubmitReply::default()
                };
                let reply = self.record(&request, left_of(&request, &without(does)));
                let said = without(says);
                let (refused, records_accepted) = (said.refused, said.records_accepted);
                Ok(Response::new(v1::SubmitReply { refused, records_accepted, ..reply }))
            }
        }
    }

    async fn status(&self, request: Request<v1::StatusRequest>) -> Result<Response<v1::StatusReply>, Status> {
        let Some(v1::status_request::Which::Submission(id)) = request.into_inner().which else {
            return Err(refused(Code::PermissionDenied, "not_there", MetadataMap::new()));
        };
        let delivery = |recipient: &str, state: &str, collected_versions| v1::Delivery {
            recipient: recipient.into(),
            state: state.into(),
            overdue: false,
            collected_versions,
        };
        Ok(Response::new(v1::StatusReply {
            submission: id,
            version: 2,
            replaces: vec![1; 16],
            replace_reason: "late_data".into(),
            deliveries: vec![
                delivery("chscp", "queued", vec![1]),
                delivery("hackney", "collected", vec![1, 2]),
                delivery("city", "not_routed", vec![1]),
            ],
            ..v1::StatusReply::default()
        }))
    }

    async fn withdraw(
        &self,
        request: Request<v1::WithdrawRequest>,
    ) -> Result<Response<v1::WithdrawReply>, Status> {
        let request = request.into_inner();
        let mut books = self.books.lock().unwrap();
        let found = books.by_key.values_mut().find(|reply| reply.submission == request.submission);
        let Some(reply) = found else {
            return Err(refused(Code::PermissionDenied, "not_there", MetadataMap::new()));
        };
        if !reply.withdrawn_at.is_empty() {
            return Err(refused(Code::FailedPrecondition, "withdrawn", MetadataMap::new()));
        }
        reply.withdrawn_at = "2023-05-04T10:00:00Z".into();
        reply.withdrawn_reason = request.reason.clone();
        Ok(Response::new(v1::WithdrawReply {
            submission: request.submission,
            version: reply.version,
            versions: 2,
            reason: request.reason,
            index: 9,
            recorded_at: reply.withdrawn_at.clone(),
            held_by: vec!["chscp".into()],
            spared: vec!["hackney".into()],
            content: "kept".into(),
        }))
    }

    async fn receipt(
        &self,
        request: Request<v1::ReceiptRequest>,
    ) -> Result<Response<v1::ReceiptReply>, Status> {
        let id = request.into_inner().submission;
        let books = self.books.lock().unwrap();
        let found = books.by_key.values().find(|reply| reply.submission == id);
        let receipt = found.map(|reply| reply.receipt.clone());
        receipt
            .map(|receipt| Response::new(v1::ReceiptReply { receipt }))
            .ok_or_else(|| refused(Code::PermissionDenied, "not_there", MetadataMap::new()))
    }
}

fn digest_of(request: &v1::SubmitRequest) -> Digest {
    let (identity, tables) = content_of(request);
    content_digest(&identity, request.nil, &tables)
}

/// The digest of a return of looked-after children without what a reply says was refused.
fn left_of(request: &v1::SubmitRequest, reply: &v1::SubmitReply) -> Digest {
    let (identity, tables) = content_of(request);
    let catalogue = concordat_catalogue::Catalogue::built_in();
    let of = catalogue.types().iter().find(|of| of.id.as_str() == "ssda903-extract").unwrap();
    crate::parted::Parted::told(reply).unwrap().content_of(of, &identity, tables)
}

fn content_of(request: &v1::SubmitRequest) -> (Identity, Vec<Table>) {
    let sent = request.identity.clone().unwrap();
    let covers = match sent.covers.unwrap() {
        v1::identity::Covers::Period(period) => Covers::Period(period.parse().unwrap()),
        v1::identity::Covers::Event(event) => Covers::Event(event.parse().unwrap()),
    };
    let identity = Identity {
        agency: sent.agency.parse().unwrap(),
        return_type: sent.return_type.parse().unwrap(),
        areas: sent.areas.iter().map(|area| area.parse().unwrap()).collect(),
        covers,
        part: None,
    };
    let tables = request.tables.iter().map(|table| crate::convert::table(table.clone()).unwrap()).collect();
    (identity, tables)
}

#[tonic::async_trait]
impl v1::audit_service_server::AuditService for Paper {
    async fn search(&self, _: Request<v1::SearchRequest>) -> Result<Response<v1::SearchReply>, Status> {
        Err(refused(Code::PermissionDenied, "not_permitted", MetadataMap::new()))
    }

    async fn leaves(&self, request: Request<v1::LeavesRequest>) -> Result<Response<v1::LeavesReply>, Status> {
        let from = usize::try_from(request.into_inner().from).unwrap();
        let books = self.books.lock().unwrap();
        // two at a time, so that the client must ask again
        let leaves = books.leaves.iter().skip(from).take(2).map(|leaf| leaf.clone().into()).collect();
        Ok(Response::new(v1::LeavesReply { leaves, recorded_as: 0 }))
    }

    async fn checkpoint(
        &self,
        request: Request<v1::CheckpointRequest>,
    ) -> Result<Response<v1::CheckpointReply>, Status> {
        let request = request.into_inner();
        let books = self.books.lock().unwrap();
        let tree = tree(&books.leaves[..books.leaves.len() - books.hidden]);
        let newer = if request.newer == 0 { tree.len() } else { request.newer };
        let consistency = tree.consistency(request.older, newer).unwrap_or_default();
        Ok(Response::new(v1::CheckpointReply {
            checkpoint: signed(&tree),
            consistency: consistency.iter().map(|hash| hash.0.to_vec()).collect(),
            log_key: Self::log_key().verifier().to_string(),
        }))
    }
}

#[tonic::async_trait]
impl v1::obligation_service_server::ObligationService for Paper {
    async fn missing(
        &self,
        request: Request<v1::MissingRequest>,
    ) -> Result<Response<v1::MissingReply>, Status> {
        let row = |period: &str, state: &str, late| v1::ObligationRow {
            agency: "met".into(),
            return_type: "visits-monthly".into(),
            areas: vec!["E09000012".into()],
            period: period.into(),
            state: state.into(),
            due: "2023-04-12".into(),
            working_days_late: late,
            ..v1::ObligationRow::default()
        };
        let mut rows = vec![row("2023-03", "accepted", 0)];
        if request.into_inner().with_not_due {
            rows.push(row("2023-02", "overdue", 14));
        }
        Ok(Response::new(v1::MissingReply { rows, as_at: "2023-05-03T10:00:00Z".into(), demo_clock: true }))
    }
}

#[tonic::async_trait]
impl v1::inbox_service_server::InboxService for Paper {
    async fn list(
        &self,
        request: Request<v1::InboxListRequest>,
    ) -> Result<Response<v1::InboxListReply>, Status> {
        let from = request.into_inner().from;
        let item = v1::InboxItem { submission: vec![1; 16], index: from, ..v1::InboxItem::default() };
        let item = match from {
            0 => v1::InboxItem {
                superseded: true,
                superseded_by: vec![2; 16],
                superseded_by_version: 2,
                superseded_reason: "late_data".into(),
                ..item
            },
            1 => v1::InboxItem {
                replaces: vec![1; 16],
                replaces_version: 1,
                replace_reason: "late_data".into(),
                withdrawn_at: "2023-05-04T10:00:00Z".into(),
                withdrawn_reason: "wrong_area".into(),
                ..item
            },
            _ => item,
        };
        // three pages of one
        let next = if from < 2 { from + 1 } else { 0 };
        Ok(Response::new(v1::InboxListReply { items: vec![item], next, demo_clock: false }))
    }

    type FetchStream = tokio_stream::Iter<std::vec::IntoIter<Result<v1::FetchPart, Status>>>;

    async fn fetch(&self, request: Request<v1::FetchRequest>) -> Result<Response<Self::FetchStream>, Status> {
        if request.into_inner().purpose != "P4-partnership-assurance" {
            return Err(refused(Code::PermissionDenied, "not_permitted", MetadataMap::new()));
        }
        let columns = vec!["area".to_owned(), "visits".to_owned()];
        let cells = vec!["=cmd".to_owned(), "c".to_owned()];
        let parts = [
            Part::Head(v1::FetchHead {
                profiles: vec!["dfe".into()],
                version: 1,
                superseded_by: vec![2; 16],
                superseded_by_version: 2,
                superseded_reason: "correction".into(),
                tables: 1,
                ..v1::FetchHead::default()
            }),
            Part::Rows(v1::Table { name: "main".into(), columns, cells }),
            Part::End(v1::FetchEnd {
                withheld_fields: vec!["late".into()],
                changed_fields: vec![v1::ChangedField {
                    field: "born".into(),
                    treatment: "month_of_birth".into(),
                }],
                suppressed_cells: 1,
                suppression_methods: vec!["dfe".into()],
                ..v1::FetchEnd::default()
            }),
        ];
        let parts: Vec<_> = parts.into_iter().map(|part| Ok(v1::FetchPart { part: Some(part) })).collect();
        Ok(Response::new(tokio_stream::iter(parts)))
    }

    async fn acknowledge(
        &self,
        _: Request<v1::AcknowledgeRequest>,
    ) -> Result<Response<v1::AnswerReply>, Status> {
        Ok(Response::new(v1::AnswerReply { index: 7 }))
    }

    async fn reject(&self, _: Request<v1::RejectRequest>) -> Result<Response<v1::AnswerReply>, Status> {
        Err(refused(Code::FailedPrecondition, "wrong_state", MetadataMap::new()))
    }
}

/// A TLS stream of which the server knows nothing more.
struct Stream(TlsStream<TcpStream>);

impl Connected for Stream {
    type ConnectInfo = ();
    fn connect_info(&self) {}
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        at: &mut Poller<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(at, to)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, at: &mut Poller<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(at, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, at: &mut Poller<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(at)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, at: &mut Poller<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(at)
    }
}
