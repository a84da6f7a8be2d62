//! The baseline: takes the same request over the same TLS by the same generated service, and answers at once
//! with as many bytes as a receipt has.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use concordat_proto::v1 as wire;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tonic::{Request, Response, Status};
use wire::submission_service_server::{SubmissionService, SubmissionServiceServer};

use super::{Outcome, give};

/// Serves on a free port of the loopback, which is given on the standard output, until it is killed.
///
/// # Errors
/// When certificates cannot be read or the port not be had.
pub async fn run(authority: &Path, chain: &Path, key: &Path, receipt_bytes: usize) -> Outcome<()> {
    let acceptor = TlsAcceptor::from(Arc::new(tls(authority, chain, key)?));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    give(&listener.local_addr()?.to_string());
    let (met, streams) = mpsc::channel(64);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, met) = (acceptor.clone(), met.clone());
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                if let Ok(stream) = acceptor.accept(stream).await {
                    let _ = met.send(Ok::<_, io::Error>(Met(stream))).await;
                }
            });
        }
    });
    let service = SubmissionServiceServer::new(Echo { receipt: vec![b'r'; receipt_bytes] });
    let incoming = tokio_stream::wrappers::ReceiverStream::new(streams);
    Ok(Server::builder().serve_with_incoming(service, incoming).await?)
}

// as the broker's own listener sets it
fn tls(authority: &Path, chain: &Path, key: &Path) -> Outcome<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(authority)? {
        roots.add(root?)?;
    }
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()?;
    let chain = CertificateDer::pem_file_iter(chain)?.collect::<Result<_, _>>()?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

struct Echo {
    receipt: Vec<u8>,
}

#[tonic::async_trait]
impl SubmissionService for Echo {
    async fn submit(
        &self,
        request: Request<wire::SubmitRequest>,
    ) -> Result<Response<wire::SubmitReply>, Status> {
        let request = request.into_inner();
        Ok(Response::new(wire::SubmitReply {
            submission: request.key,
            index: request.tables.len() as u64,
            version: 1,
            receipt: self.receipt.clone(),
            queued_to: 3,
            ..wire::SubmitReply::default()
        }))
    }

    async fn begin_upload(
        &self,
        _: Request<wire::BeginUploadRequest>,
    ) -> Result<Response<wire::BeginUploadReply>, Status> {
        Err(Status::unimplemented("an echo takes one message"))
    }

    async fn upload(
        &self,
        _: Request<tonic::Streaming<wire::UploadPiece>>,
    ) -> Result<Response<wire::UploadReply>, Status> {
        Err(Status::unimplemented("an echo takes one message"))
    }

    async fn finish_upload(
        &self,
        _: Request<wire::FinishUploadRequest>,
    ) -> Result<Response<wire::SubmitReply>, Status> {
        Err(Status::unimplemented("an echo takes one message"))
    }

    async fn status(&self, _: Request<wire::StatusRequest>) -> Result<Response<wire::StatusReply>, Status> {
        Err(Status::unimplemented("an echo knows nothing"))
    }

    async fn receipt(
        &self,
        _: Request<wire::ReceiptRequest>,
    ) -> Result<Response<wire::ReceiptReply>, Status> {
        Err(Status::unimplemented("an echo knows nothing"))
    }

    async fn withdraw(
        &self,
        _: Request<wire::WithdrawRequest>,
    ) -> Result<Response<wire::WithdrawReply>, Status> {
        Err(Status::unimplemented("an echo knows nothing"))
    }
}

/// A connection whose handshake is done.
struct Met(TlsStream<TcpStream>);

impl Connected for Met {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Met {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Met {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
