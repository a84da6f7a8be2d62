//! The partnership's certificate authority: it certifies the broker's own name and the keys of enrolled
//! principals, and nothing else.
//!
//! Revocation is not its business: the registry in the log is asked at every call, so a revoked key is
//! refused at once, without revocation lists that could be stale.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use aws_lc_rs::rand;
use concordat_core::ids::{Digest, PartnershipId, PrincipalId};
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
    SerialNumber,
};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer};
use zeroize::Zeroizing;

use crate::private::{self, PrivateFault};

mod read;
mod request;

use read::{hosts_of, not_after_of, public_key_of, read_certificate, read_key, sha256, spki_of};
pub use request::BadRequest;

/// The authority's certificate.
pub const AUTHORITY: &str = "authority.pem";
/// The authority's key.
pub const AUTHORITY_KEY: &str = "authority.key";
/// The broker's own certificate.
pub const SERVER: &str = "server.pem";
/// The broker's own key.
pub const SERVER_KEY: &str = "server.key";

const AUTHORITY_DAYS: i64 = 3_653;
const SERVER_DAYS: i64 = 730;
const CLIENT_DAYS: i64 = 365;
const RENEW_DAYS: i64 = 365;
// a client whose clock is a little behind must not find its certificate not yet valid
const BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// What can go wrong with the authority.
#[derive(Debug, thiserror::Error)]
pub enum CaFault {
    /// One of its files is open to others, or cannot be read or written.
    #[error(transparent)]
    Private(#[from] PrivateFault),
    /// A file does not hold what it should.
    #[error("`{}` does not hold {what}; restore it from its backup", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The authority's certificate and key do not belong together.
    #[error("`{}` is not the key of the certificate beside it; restore both from one backup", path.display())]
    Mismatch {
        /// The key file.
        path: PathBuf,
    },
    /// A name that the broker's certificate cannot carry.
    #[error("`{name}` is neither a host name nor an address; mend `names` in concordat.toml")]
    BadHost {
        /// The name.
        name: String,
    },
    /// A certificate request that is refused.
    #[error(transparent)]
    Request(#[from] BadRequest),
    /// The certificate library refused.
    #[error("a certificate could not be made: {0}")]
    Library(String),
}

impl From<rcgen::Error> for CaFault {
    fn from(fault: rcgen::Error) -> Self {
        CaFault::Library(fault.to_string())
    }
}

/// A certificate that the authority made for a principal's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// The certificate, in PEM.
    pub pem: String,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub key: Digest,
    /// Its end.
    pub not_after: Timestamp,
}

/// The certificate and key that the broker shows to clients.
pub struct ServerPair {
    /// Its certificate, in PEM.
    pub certificate: String,
    /// Its key, as PKCS#8 in PEM.
    pub key: Zeroizing<String>,
    /// The certificate's end.
    pub not_after: Timestamp,
}

impl std::fmt::Debug for ServerPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerPair(until {})", self.not_after)
    }
}

/// The partnership's certificate authority, with its key.
pub struct Authority {
    partnership: PartnershipId,
    dir: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authority({})", self.partnership)
    }
}

impl Authority {
    /// Makes a new authority and its files.
    ///
    /// # Errors
    /// [`CaFault`] when a file is there already or cannot be written, or the library refuses.
    pub fn create(dir: &Path, partnership: &PartnershipId, now: Timestamp) -> Result<Self, CaFault> {
        private::make_dir(dir)?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = params(now, AUTHORITY_DAYS)?;
        params.distinguished_name = named(&format!("Concordat authority of {partnership}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?;
        private::write_new(&dir.join(AUTHORITY_KEY), Zeroizing::new(key.serialize_pem()).as_bytes())?;
        private::write_new(&dir.join(AUTHORITY), certificate.pem().as_bytes())?;
        Self::open(dir, partnership)
    }

    /// Reads the authority from its files.
    ///
    /// # Errors
    /// [`CaFault`] when a file is missing, open to others, or not what it should be.
    pub fn open(dir: &Path, partnership: &PartnershipId) -> Result<Self, CaFault> {
        let key_path = dir.join(AUTHORITY_KEY);
        let key = read_key(&key_path)?;
        let path = dir.join(AUTHORITY);
        let (pem, der) = read_certificate(&path)?;
        if public_key_of(&der).as_deref() != Some(key.public_key_raw()) {
            return Err(CaFault::Mismatch { path: key_path });
        }
        let issuer = Issuer::from_ca_cert_der(&der, key)
            .map_err(|_| CaFault::Unreadable { path, what: "an authority's certificate" })?;
        Ok(Self { partnership: partnership.clone(), dir: dir.to_owned(), issuer, pem, der })
    }

    /// The authority's certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The authority's certificate in DER.
    #[must_use]
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// SHA-256 of the authority's certificate: what a client pins when it enrols.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        sha256(&self.der)
    }

    /// The end of the authority's own certificate.
    #[must_use]
    pub fn not_after(&self) -> Option<Timestamp> {
        not_after_of(&self.der)
    }

    /// The end of the broker's own certificate, if there is one.
    #[must_use]
    pub fn server_not_after(&self) -> Option<Timestamp> {
        read_certificate(&self.dir.join(SERVER)).ok().and_then(|(_, certificate)| not_after_of(&certificate))
    }

    /// The broker's own certificate for these names, made anew when there is none, when the names have
    /// changed, when another authority made it or when less than half of its time is left.
    ///
    /// # Errors
    /// [`CaFault`] when a name cannot stand in a certificate, or a file cannot be read or written.
    pub fn server(&self, names: &[String], now: Timestamp) -> Result<ServerPair, CaFault> {
        let (path, key_path) = (self.dir.join(SERVER), self.dir.join(SERVER_KEY));
        if path.exists() && key_path.exists() {
            let (certificate, der) = read_certificate(&path)?;
            let key = read_key(&key_path)?;
            if let Some(not_after) = self.still_serves(&der, &key, names, now) {
                return Ok(ServerPair { certificate, key: Zeroizing::new(key.serialize_pem()), not_after });
            }
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = params(now, SERVER_DAYS)?;
        params.distinguished_name = named(&format!("Concordat broker of {}", self.partnership));
        params.subject_alt_names = names.iter().map(|name| host(name)).collect::<Result<_, _>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let made = params.signed_by(&key, &self.issuer)?;
        let not_after = not_after_of(made.der())
            .ok_or_else(|| CaFault::Library("the broker's certificate does not read back".to_owned()))?;
        let key = Zeroizing::new(key.serialize_pem());
        private::replace(&key_path, key.as_bytes())?;
        private::replace(&path, made.pem().as_bytes())?;
        Ok(ServerPair { certificate: made.pem(), key, not_after })
    }

    /// Until when the broker's certificate serves, if it is of this authority, for these names, of this key
    /// and long enough to live.
    fn still_serves(
        &self,
        certificate: &CertificateDer<'_>,
        key: &KeyPair,
        names: &[String],
        now: Timestamp,
    ) -> Option<Timestamp> {
        let ours = read::is_signed_by(certificate, &self.der);
        let same_key = public_key_of(certificate).as_deref() == Some(key.public_key_raw());
        let mut wanted: Vec<String> = names.iter().map(|name| as_written(name)).collect();
        wanted.sort();
        let same_names = hosts_of(certificate) == wanted;
        let not_after = not_after_of(certificate)?;
        let lives = now.checked_add(SignedDuration::from_hours(24 * RENEW_DAYS)).ok()? < not_after;
        (ours && same_key && same_names && lives).then_some(not_after)
    }

    /// Certifies the key of a request for a principal. Whatever names the request carries are ignored: the
    /// certificate names the principal and nothing else.
    ///
    /// # Errors
    /// [`CaFault::Request`] when the request is not signed by its own key or its key is of another sort than
    /// P-256 or Ed25519.
    pub fn certify(
        &self,
        request: &[u8],
        principal: &PrincipalId,
        now: Timestamp,
    ) -> Result<Certified, CaFault> {
        let spki = request::checked_key(request)?;
        let parsed = CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(request))
            .map_err(|_| BadRequest::Malformed)?;
        let mut params = params(now, CLIENT_DAYS)?;
        params.distinguished_name = named(&principal.to_string());
        params.subject_alt_names = vec![SanType::URI(ascii(&principal.urn(&self.partnership))?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&parsed.public_key, &self.issuer)?;
        // the library writes the key anew: what it wrote must be the very key that was checked
        match (spki_of(certificate.der()), not_after_of(certificate.der())) {
            (Some(written), Some(not_after)) if written == spki => {
                Ok(Certified { pem: certificate.pem(), key: sha256(&spki), not_after })
            }
            _ => Err(BadRequest::Malformed.into()),
        }
    }
}

fn params(now: Timestamp, days: i64) -> Result<CertificateParams, CaFault> {
    let mut serial = [0; 16];
    rand::fill(&mut serial).map_err(|_| CaFault::Library("no randomness is at hand".to_owned()))?;
    // a serial number is positive, and its length must not depend on chance
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x3f) | 0x40;
    }
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_epoch(now.checked_sub(BEFORE))?;
    params.not_after = epoch + since_epoch(now.checked_add(SignedDuration::from_hours(24 * days)))?;
    Ok(params)
}

fn since_epoch(when: Result<Timestamp, jiff::Error>) -> Result<Duration, CaFault> {
    let seconds = when.ok().and_then(|when| u64::try_from(when.as_second()).ok());
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| CaFault::Library("the machine's clock is wrong".to_owned()))
}

fn named(name: &str) -> DistinguishedName {
    let mut full = DistinguishedName::new();
    full.push(DnType::CommonName, name);
    full
}

fn ascii(text: &str) -> Result<rcgen::string::Ia5String, CaFault> {
    rcgen::string::Ia5String::from_str(text).map_err(CaFault::from)
}

/// A name as a certificate gives it back.
fn as_written(name: &str) -> String {
    name.parse::<std::net::IpAddr>().map_or_else(|_| name.to_owned(), |address| address.to_string())
}

fn host(name: &str) -> Result<SanType, CaFault> {
    let bad = || CaFault::BadHost { name: name.to_owned() };
    if let Ok(address) = name.parse() {
        return Ok(SanType::IpAddress(address));
    }
    rustls_pki_types::DnsName::try_from(name).map_err(|_| bad())?;
    Ok(SanType::DnsName(ascii(name).map_err(|_| bad())?))
}

#[cfg(test)]
mod tests;
