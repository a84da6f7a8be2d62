//! The way to the broker: one TCP connection, TLS both ways, HTTP/2 on it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Status;
use tonic::transport::{Channel, Endpoint, Uri};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::status;

/// How long a connection may take to stand, TLS included.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How long one call may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// A channel to a context's broker, as its principal. It may be cloned, and many calls may share it.
///
/// # Errors
/// A [`Failure`]: [`Exit::Queued`] when the broker is not reached, [`Exit::NotEnrolled`] when it refuses the
/// certificate.
pub async fn channel(context: &Context) -> Result<Channel, Failure> {
    dial(&context.facts.broker, mutual_tls(context)?).await
}

/// The TLS settings of a context: its authority alone is trusted, its certificate is shown.
///
/// # Errors
/// A [`Failure`] when the context's files are damaged or its key may be read by others.
pub fn mutual_tls(context: &Context) -> Result<ClientConfig, Failure> {
    let damaged = |why: rustls::Error| {
        let what = format!("the credentials of context `{}` are not usable: {why}", context.name);
        Failure::new(Exit::Failure, what).hint("enrol again")
    };
    let mut roots = RootCertStore::empty();
    for authority in context.authority()? {
        roots.add(authority).map_err(damaged)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(damaged)?
        .with_root_certificates(roots)
        .with_client_auth_cert(context.chain()?, context.key()?)
        .map_err(damaged)
}

/// A channel to `HOST:PORT` under TLS settings.
///
/// # Errors
/// As [`channel`], and a usage [`Failure`] for an address that is none.
pub async fn dial(address: &str, mut tls: ClientConfig) -> Result<Channel, Failure> {
    let (host, _) = split(address)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| bad_address(address))?;
    // the scheme is http because TLS is made here, not by the channel
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|_| bad_address(address))?
        .connect_timeout(CONNECT_WITHIN)
        .timeout(ANSWER_WITHIN);
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(tls));
    let target: Arc<str> = address.into();
    let service = tower::service_fn(move |_: Uri| {
        let (connector, name, target) = (connector.clone(), name.clone(), target.clone());
        async move { stream(&connector, name, &target).await.map(TokioIo::new) }
    });
    endpoint
        .connect_with_connector(service)
        .await
        .map_err(|why| status::failure(&Status::from_error(Box::new(why)), address))
}

async fn stream(
    connector: &TlsConnector,
    name: ServerName<'static>,
    address: &str,
) -> io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    connector.connect(name, tcp).await
}

/// The host, without brackets, and the port.
pub(crate) fn split(address: &str) -> Result<(&str, u16), Failure> {
    let (host, port) = address.rsplit_once(':').ok_or_else(|| bad_address(address))?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let bracketed = bare.len() != host.len();
    let port = port.parse().map_err(|_| bad_address(address))?;
    if bare.is_empty() || (bare.contains(':') && !bracketed) || bare.contains(['/', '@', ' ']) {
        return Err(bad_address(address));
    }
    Ok((bare, port))
}

fn bad_address(address: &str) -> Failure {
    let shown: String = address.chars().take(128).collect();
    Failure::usage(format!("`{shown}` is not an address"))
        .hint("write HOST:PORT, such as broker.example:7443")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        assert_eq!(split("broker.example:7443").unwrap(), ("broker.example", 7443));
        assert_eq!(split("127.0.0.1:1").unwrap(), ("127.0.0.1", 1));
        assert_eq!(split("[::1]:7443").unwrap(), ("::1", 7443));
        for address in
            ["", "broker", "broker:", ":1", "broker:70000", "::1:7443", "https://broker:1", "a b:1"]
        {
            assert_eq!(split(address).unwrap_err().exit, Exit::Usage, "{address}");
        }
    }

    #[tokio::test]
    async fn a_broker_that_does_not_listen_is_unreachable() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let failure = dial(&free, tls).await.unwrap_err();
        assert_eq!(failure.exit, Exit::Queued);
        assert!(failure.what.contains(&free) && failure.what.contains("nothing listens"), "{failure:?}");
    }
}
