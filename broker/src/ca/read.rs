//! Reading the authority's files and what its certificates say.

use std::path::Path;

use aws_lc_rs::digest;
use concordat_core::ids::Digest;
use jiff::Timestamp;
use rcgen::KeyPair;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::CaFault;
use crate::private::{self, PrivateFault};

pub(super) fn sha256(bytes: &[u8]) -> Digest {
    let mut out = [0; 32];
    out.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()).for_each(|(to, from)| *to = *from);
    Digest(out)
}

pub(super) fn read_key(path: &Path) -> Result<KeyPair, CaFault> {
    let unreadable = || CaFault::Unreadable { path: path.to_owned(), what: "a private key" };
    let bytes = private::read(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unreadable())?;
    KeyPair::from_pem(text).map_err(|_| unreadable())
}

pub(super) fn read_certificate(path: &Path) -> Result<(String, CertificateDer<'static>), CaFault> {
    let unreadable = || CaFault::Unreadable { path: path.to_owned(), what: "a certificate" };
    let text = std::fs::read_to_string(path).map_err(|source| {
        CaFault::Private(PrivateFault::Io { path: path.to_owned(), act: "read", source })
    })?;
    let der = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| unreadable())?;
    Ok((text, der))
}

fn with_certificate<T>(der: &[u8], read: impl FnOnce(&X509Certificate<'_>) -> Option<T>) -> Option<T> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    read(&parsed)
}

pub(super) fn spki_of(der: &[u8]) -> Option<Vec<u8>> {
    with_certificate(der, |parsed| Some(parsed.public_key().raw.to_vec()))
}

pub(super) fn public_key_of(der: &[u8]) -> Option<Vec<u8>> {
    with_certificate(der, |parsed| Some(parsed.public_key().subject_public_key.data.to_vec()))
}

pub(super) fn not_after_of(der: &[u8]) -> Option<Timestamp> {
    with_certificate(der, |parsed| Timestamp::from_second(parsed.validity().not_after.timestamp()).ok())
}

/// The host names and addresses of a certificate, as `names` writes them, sorted.
pub(super) fn hosts_of(der: &[u8]) -> Vec<String> {
    let hosts = with_certificate(der, |parsed| {
        let names = parsed.subject_alternative_name().ok()??;
        let mut hosts: Vec<String> = names
            .value
            .general_names
            .iter()
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_owned()),
                GeneralName::IPAddress(bytes) => address(bytes),
                _ => None,
            })
            .collect();
        hosts.sort();
        Some(hosts)
    });
    hosts.unwrap_or_default()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| std::net::Ipv6Addr::from(sixteen).to_string())
}

/// Whether the authority's key signed a certificate.
pub(super) fn is_signed_by(der: &[u8], authority: &[u8]) -> bool {
    let signed = with_certificate(authority, |authority| {
        with_certificate(der, |parsed| parsed.verify_signature(Some(authority.public_key())).ok())
    });
    signed.is_some()
}
