//! What the broker shows to clients and whom it trusts, held so that it can be swapped without a restart.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use concordat_core::clock::Clock;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, UnixTime};

/// The one protocol spoken inside TLS.
pub const ALPN: &[u8] = b"h2";

/// Why certificates, keys or lists cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The chain holds no certificate, or one that cannot be read.
    #[error("the broker's certificate chain cannot be read: give a PEM file, leaf first")]
    Chain,
    /// The key cannot be read.
    #[error("the broker's private key cannot be read: give one PKCS#8 key in PEM")]
    Key,
    /// The authority cannot be read.
    #[error("the partnership's certificate authority cannot be read: give its certificate in PEM")]
    Authority,
    /// A revocation list cannot be read.
    #[error(
        "a revocation list cannot be read: give CRLs in PEM or DER, signed by the partnership's authority"
    )]
    RevocationList,
    /// The parts do not fit together.
    #[error("certificate, key and authority do not fit together: {0}")]
    Unfit(String),
}

/// The broker's own certificate and key.
pub struct ServerIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

// silent about the key
impl fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerIdentity").field("chain", &self.chain.len()).finish_non_exhaustive()
    }
}

impl ServerIdentity {
    /// Reads a chain, leaf first, and its key, both PEM.
    ///
    /// # Errors
    /// [`TlsError::Chain`] or [`TlsError::Key`] when one of them cannot be read.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = certificates(chain).ok_or(TlsError::Chain)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
        Ok(Self { chain, key })
    }
}

/// Whose client certificates are accepted, and which of them no longer.
#[derive(Clone)]
pub struct ClientTrust {
    roots: Vec<CertificateDer<'static>>,
    lists: Vec<CertificateRevocationListDer<'static>>,
}

impl fmt::Debug for ClientTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientTrust {{ roots: {}, lists: {} }}", self.roots.len(), self.lists.len())
    }
}

impl ClientTrust {
    /// Trusts the partnership's certificate authority, in PEM.
    ///
    /// # Errors
    /// [`TlsError::Authority`] when it holds no readable certificate.
    pub fn from_pem(authority: &[u8]) -> Result<Self, TlsError> {
        let roots = certificates(authority).ok_or(TlsError::Authority)?;
        Ok(Self { roots, lists: Vec::new() })
    }

    /// Adds revocation lists, PEM (any number in one file) or DER (one). With any list set, a certificate of
    /// unknown standing is refused, and so is every certificate once the list is past its next update.
    ///
    /// # Errors
    /// [`TlsError::RevocationList`] when one cannot be read.
    pub fn with_crls(mut self, files: &[Vec<u8>]) -> Result<Self, TlsError> {
        for file in files {
            if !file.starts_with(b"-----") {
                self.lists.push(CertificateRevocationListDer::from(file.clone()));
                continue;
            }
            let before = self.lists.len();
            for list in CertificateRevocationListDer::pem_slice_iter(file) {
                self.lists.push(list.map_err(|_| TlsError::RevocationList)?);
            }
            if self.lists.len() == before {
                return Err(TlsError::RevocationList);
            }
        }
        Ok(self)
    }
}

fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (!certificates.is_empty()).then_some(certificates)
}

/// The TLS settings of one listener. Connections take the settings in force when they arrive.
pub struct TlsConfig {
    current: ArcSwap<ServerConfig>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig").finish_non_exhaustive()
    }
}

impl TlsConfig {
    /// Settings for a listener: with `trust` every client must show a certificate of that authority; without,
    /// none is asked for. Certificates are judged on the clock's machine time.
    ///
    /// # Errors
    /// [`TlsError`] when the parts do not fit together.
    pub fn new(
        identity: ServerIdentity,
        trust: Option<ClientTrust>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, TlsError> {
        let config = build(identity, trust, Arc::clone(&clock))?;
        Ok(Arc::new(Self { current: ArcSwap::from_pointee(config), clock }))
    }

    /// Swaps the settings for connections from now on. When the new parts are no good the old stay in force.
    /// Live connections keep theirs until their age ends; revocation reaches them at their next call, because
    /// every call is identified anew.
    ///
    /// # Errors
    /// [`TlsError`] when the new parts do not fit together.
    pub fn reload(&self, identity: ServerIdentity, trust: Option<ClientTrust>) -> Result<(), TlsError> {
        let config = build(identity, trust, Arc::clone(&self.clock))?;
        self.current.store(Arc::new(config));
        Ok(())
    }

    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }
}

fn build(
    identity: ServerIdentity,
    trust: Option<ClientTrust>,
    clock: Arc<dyn Clock>,
) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_details(Arc::clone(&provider), Arc::new(MachineTime(Arc::clone(&clock))))
            .with_safe_default_protocol_versions()
            .map_err(unfit)?;
    let builder = match trust {
        Some(trust) => builder.with_client_cert_verifier(verifier(trust, provider)?),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(identity.chain, identity.key).map_err(unfit)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    // no resumption: a certificate is judged anew at every connection
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn verifier(
    trust: ClientTrust,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for root in trust.roots {
        roots.add(root).map_err(|_| TlsError::Authority)?;
    }
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    if !trust.lists.is_empty() {
        builder = builder.with_crls(trust.lists).enforce_revocation_expiration();
    }
    builder.build().map_err(|fault| match fault {
        rustls::server::VerifierBuilderError::InvalidCrl(_) => TlsError::RevocationList,
        _ => TlsError::Authority,
    })
}

fn unfit(fault: rustls::Error) -> TlsError {
    TlsError::Unfit(fault.to_string())
}

/// The machine's clock as rustls asks for it.
struct MachineTime(Arc<dyn Clock>);

impl fmt::Debug for MachineTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MachineTime")
    }
}

impl TimeProvider for MachineTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.machine_now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Authority, clock};

    #[test]
    fn a_key_of_another_certificate_is_refused_and_the_old_settings_stay() {
        let authority = Authority::new();
        let (chain, key) = authority.server();
        let (_, other) = authority.server();
        let config =
            TlsConfig::new(ServerIdentity::from_pem(&chain, &key).unwrap(), None, Arc::new(clock())).unwrap();
        let before = config.current();
        let mixed = ServerIdentity::from_pem(&chain, &other).unwrap();
        assert!(matches!(config.reload(mixed, None), Err(TlsError::Unfit(_))));
        assert!(Arc::ptr_eq(&before, &config.current()));
        config.reload(ServerIdentity::from_pem(&chain, &key).unwrap(), None).unwrap();
        assert!(!Arc::ptr_eq(&before, &config.current()));
    }

    #[test]
    fn unreadable_files_are_named() {
        let authority = Authority::new();
        let (chain, key) = authority.server();
        assert_eq!(ServerIdentity::from_pem(b"nothing", &key).unwrap_err(), TlsError::Chain);
        assert_eq!(ServerIdentity::from_pem(&chain, &chain).unwrap_err(), TlsError::Key);
        assert_eq!(ClientTrust::from_pem(&key).unwrap_err(), TlsError::Authority);
        let trust = ClientTrust::from_pem(authority.pem().as_bytes()).unwrap();
        assert_eq!(
            trust.clone().with_crls(std::slice::from_ref(&chain)).unwrap_err(),
            TlsError::RevocationList
        );
        let broken = trust.with_crls(&[b"not a list".to_vec()]).unwrap();
        let identity = ServerIdentity::from_pem(&chain, &key).unwrap();
        let refused = TlsConfig::new(identity, Some(broken), Arc::new(clock())).unwrap_err();
        assert_eq!(refused, TlsError::RevocationList);
    }

    #[test]
    fn debug_shows_no_key() {
        let (chain, key) = Authority::new().server();
        let identity = ServerIdentity::from_pem(&chain, &key).unwrap();
        assert_eq!(format!("{identity:?}"), "ServerIdentity { chain: 1, .. }");
    }
}
