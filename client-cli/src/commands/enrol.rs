//! `concordat enrol`: a token and a fingerprint in, a context out. The private key never leaves this machine.

use std::path::PathBuf;
use std::sync::Arc;

use concordat_core::ids::{AgencyId, Digest, PrincipalId};
use concordat_proto::v1;
use concordat_proto::v1::enrolment_service_client::EnrolmentServiceClient;
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use crate::answer::{Answer, texts};
use crate::certificate;
use crate::commands::whoami;
use crate::connect;
use crate::context::{Credentials, Facts};
use crate::contexts::check_name;
use crate::definitions;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::pinned::PinnedAuthority;
use crate::session::Session;
use crate::status;

/// Arguments of `enrol`. The token comes from a file: a process's arguments can be read by others.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The broker's enrolment listener
    #[arg(long, value_name = "HOST:PORT")]
    broker: String,
    /// SHA-256 of the partnership's certificate authority, in hex, with or without colons
    #[arg(long, value_name = "SHA256", value_parser = fingerprint)]
    fingerprint: Digest,
    /// The file with the token, or - for the standard input
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
}

/// Trades the token for a certificate and stores the context.
///
/// # Errors
/// A [`Failure`] when the broker is not reached, is not the pinned one, refuses, or grants something else than
/// was asked for.
pub async fn run(args: &Args, session: &mut Session<'_>) -> Result<Exit, Failure> {
    if let Some(name) = &session.asked {
        check_name(name)?;
    }
    let token = token(args, session)?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|why| unmade(&why))?;
    let reply = ask(args, &token, &key).await?;
    let credentials = believe(reply, &key, args.fingerprint, session)?;
    let name = session.asked.clone().unwrap_or_else(|| credentials.facts.principal.agency.to_string());
    let mut context = session.contexts.store(&name, &credentials)?;
    // neither is needed yet, so neither fails the enrolment
    if let Err(failure) = whoami::ask(&mut context).await {
        session
            .printer
            .warn(&format!("enrolled, but the broker's services were not reached: {}", failure.what));
    } else if let Err(failure) = definitions::fetch(&context).await {
        session.printer.warn(&format!("enrolled, but the catalogue was not fetched: {}", failure.what));
    }
    let answer = Answer::new("enrol")
        .fact("context", context.name.as_str())
        .fact("partnership", context.facts.partnership.as_str())
        .fact("agency", context.facts.principal.agency.as_str())
        .fact("principal", context.facts.principal.name.as_str())
        .fact("roles", texts(&context.facts.roles))
        .fact("areas", texts(&context.facts.areas))
        .fact("broker", context.facts.broker.as_str())
        .fact("certificate_until", context.not_after.to_string())
        .fact("log_key", context.log_key.to_string());
    session.printer.answer(&answer)?;
    Ok(Exit::Ok)
}

fn token(args: &Args, session: &mut Session<'_>) -> Result<Zeroizing<String>, Failure> {
    let bytes = Zeroizing::new(session.read(&args.token_file)?);
    let token = std::str::from_utf8(&bytes).map(str::trim).unwrap_or_default();
    if token.is_empty() || token.len() > 1024 || token.contains(char::is_whitespace) {
        return Err(Failure::usage("the token file does not hold one token on one line")
            .hint("save the token exactly as the operator handed it over"));
    }
    Ok(Zeroizing::new(token.to_owned()))
}

async fn ask(args: &Args, token: &str, key: &KeyPair) -> Result<v1::EnrolReply, Failure> {
    let mut params = CertificateParams::new(Vec::new()).map_err(|why| unmade(&why))?;
    // the broker ignores every name in a request, so there is none
    params.distinguished_name = DistinguishedName::new();
    let request = params.serialize_request(key).map_err(|why| unmade(&why))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let pin = PinnedAuthority::new(args.fingerprint, provider.clone());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|why| unmade(&why))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pin))
        .with_no_client_auth();
    let channel = connect::dial(&args.broker, tls).await?;
    let request =
        v1::EnrolRequest { token: token.to_owned(), certificate_request: request.der().as_ref().to_vec() };
    let reply = EnrolmentServiceClient::new(channel).enrol(request).await;
    Ok(reply.map_err(|why| status::failure(&why, &args.broker))?.into_inner())
}

/// What the broker granted, checked against what was asked for before anything is stored.
fn believe(
    reply: v1::EnrolReply,
    key: &KeyPair,
    pinned: Digest,
    session: &Session<'_>,
) -> Result<Credentials, Failure> {
    let authority = certificate::from_pem(reply.authority.as_bytes(), "the authority that was granted")?;
    if !authority.iter().any(|certificate| certificate::fingerprint(certificate) == pinned) {
        return Err(odd("another authority than the pinned one"));
    }
    let chain =
        certificate::from_pem(reply.certificate_chain.as_bytes(), "the certificate that was granted")?;
    let leaf = certificate::facts(chain.first().ok_or_else(|| odd("no certificate"))?)?;
    if leaf.public_key != key.public_key_raw() {
        return Err(odd("a certificate for another key"));
    }
    let named = |_| odd("a name that is none");
    let partnership = reply.partnership.parse().map_err(named)?;
    let agency: AgencyId = reply.agency.parse().map_err(named)?;
    let principal = PrincipalId { agency, name: reply.principal.parse().map_err(named)? };
    if leaf.uris != [principal.urn(&partnership)] {
        return Err(odd("a certificate for another principal"));
    }
    if leaf.not_after <= session.now() {
        return Err(odd("a certificate that has ended").hint("check this machine's clock"));
    }
    let log_key = reply.log_key.trim_end().parse().map_err(|_| odd("a log key that is none"))?;
    connect::split(&reply.broker).map_err(|_| odd("an address that is none"))?;
    let facts = Facts { partnership, principal, roles: reply.roles, areas: Vec::new(), broker: reply.broker };
    let key = Zeroizing::new(key.serialize_pem());
    Ok(Credentials { facts, key, chain: reply.certificate_chain, authority: reply.authority, log_key })
}

fn odd(what: &str) -> Failure {
    Failure::new(Exit::Failure, format!("the broker granted {what}; nothing was stored"))
        .hint("the token is spent: tell the broker's operator and ask for a new one")
}

fn unmade(why: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Failure, format!("a key and a certificate request could not be made: {why}"))
}

/// A fingerprint as people are given it: 64 hex digits in either case, colons or not.
fn fingerprint(text: &str) -> Result<Digest, String> {
    let plain: String = text.chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
    plain.parse().map_err(|_| "a fingerprint is 64 hex digits, with or without colons".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_with_colons_and_capitals() {
        let plain = "ab".repeat(32);
        let colons = vec!["AB"; 32].join(":");
        assert_eq!(fingerprint(&plain).unwrap(), fingerprint(&colons).unwrap());
        assert!(fingerprint("ab").is_err());
        assert!(fingerprint(&"zz".repeat(32)).is_err());
    }
}
