//! Enrolment: a single-use token and a certificate request become a registered key.

use concordat_core::apply::{InvitationRecord, Key, Row};
use concordat_core::clock::Clock;
use concordat_core::entry::{Body, Enrolled};
use concordat_core::fault::Fault;
use concordat_core::ids::{Digest, PartnershipId, PrincipalId, RoleId};
use concordat_core::refusal::Refusal;
use concordat_store::{Appended, Precondition, Proposal, Store};
use jiff::Timestamp;

use crate::open::Flow;
use crate::random;
use crate::stop::{Stop, malformed};
use crate::unheard::Unheard;

/// A certificate authority, as far as enrolment needs one.
pub trait Issuer: Send + Sync {
    /// Makes a certificate for the request's key. Names in the request are ignored.
    ///
    /// # Errors
    /// [`IssueFault`] when the request is not one, is not signed by its own key, or cannot be signed here.
    fn issue(
        &self,
        request_der: &[u8],
        principal: &PrincipalId,
        now: Timestamp,
    ) -> Result<Issued, IssueFault>;
}

/// Why no certificate was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueFault {
    /// The request is at fault.
    #[error("the certificate request cannot be used: {0}")]
    Request(String),
    /// The authority is at fault.
    #[error("the certificate authority failed: {0}")]
    Authority(String),
}

/// A certificate that was made.
#[derive(Debug, Clone)]
pub struct Issued {
    /// PEM, leaf first.
    pub chain_pem: String,
    /// PEM of the authority.
    pub authority_pem: String,
    /// SHA-256 of the key's SubjectPublicKeyInfo in DER.
    pub key: Digest,
    /// Its end, in machine time.
    pub not_after: Timestamp,
}

/// What an enrolment gave.
#[derive(Debug, Clone)]
pub struct EnrolledAs {
    /// The partnership.
    pub partnership: PartnershipId,
    /// Who was enrolled.
    pub principal: PrincipalId,
    /// The roles held.
    pub roles: Vec<RoleId>,
    /// The certificate.
    pub issued: Issued,
    /// The log's public key as a signed-note verifier key.
    pub log_key: String,
}

const BAD_TOKEN: &str =
    "this token is not valid: it was used, has ended, or was never issued; ask the operator for a new one";

impl<S: Store> Flow<S> {
    /// Trades a token and a certificate request for a registered certificate.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] for a token that does not count, [`Refusal::Malformed`] for a request that
    /// cannot be used, a fault of ours.
    pub async fn enrol(
        &self,
        token: &str,
        request_der: &[u8],
        issuer: &dyn Issuer,
    ) -> Result<EnrolledAs, Stop> {
        let digest = random::sha256(token.trim().as_bytes());
        let invitation = self.invitation(digest)?;
        let now = self.clock.machine_now();
        let issued = issuer.issue(request_der, &invitation.principal, now).map_err(|fault| match fault {
            IssueFault::Request(text) => {
                self.unheard(Unheard::Enrolment, "enrolment".to_owned());
                malformed("certificate_request", text)
            }
            IssueFault::Authority(_) => Stop::Failed(Fault::internal(fault)),
        })?;
        if self.registry.load().knows(&issued.key) {
            self.unheard(Unheard::Enrolment, "enrolment".to_owned());
            let text = "this key is registered already; make a new one".to_owned();
            return Err(malformed("certificate_request", text));
        }
        let body = Body::Enrolled(Enrolled {
            principal: invitation.principal.clone(),
            roles: invitation.roles.clone(),
            areas: invitation.areas,
            until: invitation.until,
            key: issued.key,
            not_after: issued.not_after,
            token: digest,
        });
        let proposal = Proposal {
            id: random::entry_id()?,
            body,
            statement: None,
            payload: None,
            preconditions: vec![Precondition::InvitationOpen { token: digest }],
        };
        if let Appended::Unmet(_) = self.store.append(vec![proposal]).await? {
            return Err(self.bad_token());
        }
        self.reload_registry()?;
        Ok(EnrolledAs {
            partnership: self.generation().partnership.id.clone(),
            principal: invitation.principal,
            roles: invitation.roles,
            issued,
            log_key: self.log_key_text.clone(),
        })
    }

    fn invitation(&self, token: Digest) -> Result<InvitationRecord, Stop> {
        let now = self.clock.machine_now();
        match self.store.row(&Key::Invitation(token))? {
            Some(Row::Invitation(record)) if is_open(&record, now) && !self.was_revoked_since(&record)? => {
                Ok(record)
            }
            _ => Err(self.bad_token()),
        }
    }

    fn was_revoked_since(&self, invitation: &InvitationRecord) -> Result<bool, Fault> {
        Ok(match self.store.row(&Key::Principal(invitation.principal.clone()))? {
            Some(Row::Principal(record)) => record.revoked.is_some_and(|revoked| revoked > invitation.index),
            _ => false,
        })
    }

    fn bad_token(&self) -> Stop {
        self.unheard(Unheard::Enrolment, "enrolment".to_owned());
        Stop::Refused(Refusal::Unauthenticated(BAD_TOKEN))
    }
}

/// Whether a token was not used, and has not ended.
fn is_open(invitation: &InvitationRecord, now: Timestamp) -> bool {
    invitation.used_at.is_none() && now < invitation.token_until
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_counts_until_its_end_and_until_it_was_used() {
        let at = |time: &str| time.parse::<Timestamp>().unwrap();
        let end = at("2023-04-06T08:00:00Z");
        let invitation = InvitationRecord {
            principal: "met/desk".parse().unwrap(),
            index: 7,
            roles: Vec::new(),
            areas: Vec::new(),
            until: None,
            token_until: end,
            used_at: None,
        };
        assert!(is_open(&invitation, at("2023-04-06T07:59:59Z")));
        assert!(!is_open(&invitation, end));
        let used = InvitationRecord { used_at: Some(at("2023-04-03T09:00:00Z")), ..invitation };
        assert!(!is_open(&used, at("2023-04-03T09:00:01Z")));
    }
}
