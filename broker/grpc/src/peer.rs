//! What is known of the other end of a connection, found once when the connection begins.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use aws_lc_rs::digest;
use concordat_core::ids::Digest;
use concordat_flow::CertificateFacts;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// What its certificate says; `None` on a listener that asks for none.
    pub facts: Option<Arc<CertificateFacts>>,
    /// Its address, for limits only.
    pub address: IpAddr,
    /// How it stands in entries while its principal is not known: its certificate's name, or its address class.
    pub from: String,
}

impl Peer {
    /// A peer at an address, with its certificate's facts where one was asked for.
    #[must_use]
    pub fn new(address: IpAddr, facts: Option<CertificateFacts>) -> Self {
        // the authority wrote the name, so that it may be repeated; a long one is cut to the class all the same
        let from = match facts.as_ref().map(|facts| facts.urns.as_slice()) {
            Some([urn]) if urn.len() <= 256 && urn.starts_with("urn:concordat:") => urn.clone(),
            _ => address_class(address),
        };
        Self { facts: facts.map(Arc::new), address: address.to_canonical(), from }
    }
}

/// The class of an address, as it may stand in an entry: `loopback`, an IPv4 network of 24 bits or an IPv6
/// network of 48 bits. Never the address itself.
#[must_use]
pub fn address_class(address: IpAddr) -> String {
    match address.to_canonical() {
        address if address.is_loopback() => "loopback".to_owned(),
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

/// The address that limits are counted by: an IPv4 address, or the IPv6 network of 64 bits that one host may roam.
#[must_use]
pub fn counted_by(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// A certificate that cannot be read, though its signature holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate cannot be read")]
pub struct BadCertificate;

/// What a certificate says, in the words of the flow.
///
/// # Errors
/// [`BadCertificate`] when it is not one whole certificate, or names an extension twice.
pub fn facts_of(certificate: &CertificateDer<'_>) -> Result<CertificateFacts, BadCertificate> {
    let (rest, parsed) = X509Certificate::from_der(certificate).map_err(|_| BadCertificate)?;
    if !rest.is_empty() {
        return Err(BadCertificate);
    }
    let hashed = digest::digest(&digest::SHA256, parsed.public_key().raw);
    let key = Digest(hashed.as_ref().try_into().map_err(|_| BadCertificate)?);
    let names = parsed.subject_alternative_name().map_err(|_| BadCertificate)?;
    let urns = names.map(|names| uris(&names.value.general_names)).unwrap_or_default();
    let validity = parsed.validity();
    let at = |seconds| Timestamp::from_second(seconds).map_err(|_| BadCertificate);
    Ok(CertificateFacts {
        key,
        urns,
        not_before: at(validity.not_before.timestamp())?,
        not_after: at(validity.not_after.timestamp())?,
    })
}

fn uris(names: &[GeneralName<'_>]) -> Vec<String> {
    let uri = |name: &GeneralName<'_>| match name {
        GeneralName::URI(uri) => Some((*uri).to_owned()),
        _ => None,
    };
    names.iter().filter_map(uri).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Authority;

    fn class(text: &str) -> String {
        address_class(text.parse().unwrap())
    }

    #[test]
    fn an_address_class_hides_the_host() {
        assert_eq!(class("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(class("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(class("2001:db8:1:2:3::4"), "2001:db8:1::/48");
        assert_eq!(class("127.8.9.1"), "loopback");
        assert_eq!(class("::1"), "loopback");
    }

    #[test]
    fn limits_count_a_roaming_ipv6_host_once_and_ipv4_neighbours_apart() {
        let counted = |text: &str| counted_by(text.parse().unwrap());
        assert_eq!(counted("2001:db8:1:2:3::4"), counted("2001:db8:1:2:9::1"));
        assert_ne!(counted("2001:db8:1:2::"), counted("2001:db8:1:3::"));
        assert_ne!(counted("192.0.2.1"), counted("192.0.2.2"));
        assert_eq!(counted("::ffff:192.0.2.1"), counted("192.0.2.1"));
    }

    #[test]
    fn facts_hold_the_digest_of_the_key_the_names_and_the_validity() {
        let authority = Authority::new();
        let client = authority.client("urn:concordat:p:met:desk");
        let facts = facts_of(&client.certificate).unwrap();
        let expected = digest::digest(&digest::SHA256, &client.spki);
        assert_eq!(facts.key.0, expected.as_ref());
        assert_eq!(facts.urns, ["urn:concordat:p:met:desk"]);
        assert!(facts.not_before < facts.not_after);
        let peer = Peer::new("192.0.2.7".parse().unwrap(), Some(facts));
        assert_eq!(peer.from, "urn:concordat:p:met:desk");
    }

    #[test]
    fn a_certificate_with_something_behind_it_is_refused() {
        let authority = Authority::new();
        let mut bytes = authority.client("urn:concordat:p:met:desk").certificate.to_vec();
        bytes.push(0);
        assert_eq!(facts_of(&CertificateDer::from(bytes)), Err(BadCertificate));
    }

    #[test]
    fn a_peer_without_our_name_stands_as_its_address_class() {
        let peer = Peer::new("192.0.2.7".parse().unwrap(), None);
        assert_eq!(peer.from, "192.0.2.0/24");
    }
}
