//! The operator's acts. Each is an entry that names the operating user.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use concordat_core::apply::{Key, Row};
use concordat_core::clock::Clock;
use concordat_core::entry::{Administered, Body, ClockMoved, Invited, Revoked};
use concordat_core::ids::{AreaCode, Digest, PrincipalId, RoleId};
use concordat_store::Store;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::open::Flow;
use crate::random;
use crate::stop::{Stop, malformed};

/// How long a token lasts.
const TOKEN_HOURS: i64 = 72;

/// Whom to invite, as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Whom.
    pub principal: PrincipalId,
    /// The roles.
    pub roles: Vec<RoleId>,
    /// The areas; the agency's own when none is named.
    pub areas: Vec<AreaCode>,
    /// The last day of the assignment.
    pub until: Option<Date>,
}

/// A single-use token. Its `Debug` is silent.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// The token's text, to be handed over once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// An invitation, as the operator hands it over.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The token.
    pub token: Token,
    /// When it ends, in machine time.
    pub until: Timestamp,
    /// The index of the entry.
    pub index: u64,
}

impl<S: Store> Flow<S> {
    /// Invites a principal.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] for an unknown agency, a role its kind may not hold, an area that is not its own,
    /// an assignment that has ended; a fault of ours.
    ///
    /// [`Refusal::Malformed`]: concordat_core::refusal::Refusal::Malformed
    pub async fn invite(&self, invite: Invite, by: &str) -> Result<Invitation, Stop> {
        let Invite { principal, mut roles, mut areas, until } = invite;
        roles.sort();
        roles.dedup();
        areas.sort();
        areas.dedup();
        self.check_invite(&principal, &roles, &areas, until)?;
        let token = Zeroizing::new(URL_SAFE_NO_PAD.encode(random::bytes::<32>()?));
        let token_until = self.token_until();
        let body = Body::Invited(Invited {
            principal,
            roles,
            areas,
            until,
            token: random::sha256(token.as_bytes()),
            token_until,
            by: by.to_owned(),
        });
        let index = self.append_one(body).await?;
        Ok(Invitation { token: Token(token), until: token_until, index })
    }

    fn token_until(&self) -> Timestamp {
        let now = self.clock.machine_now();
        now.checked_add(SignedDuration::from_hours(TOKEN_HOURS)).unwrap_or(now)
    }

    fn check_invite(
        &self,
        principal: &PrincipalId,
        roles: &[RoleId],
        areas: &[AreaCode],
        until: Option<Date>,
    ) -> Result<(), Stop> {
        let generation = self.generation();
        let agency = generation.partnership.agency(&principal.agency).ok_or_else(|| {
            malformed("principal", format!("`{}` is no agency of this partnership", principal.agency))
        })?;
        if roles.is_empty() {
            return Err(malformed("role", "name at least one role".to_owned()));
        }
        for role in roles {
            if !generation.policy.bundle().role_allowed(role, agency.kind) {
                let text = format!(
                    "an agency of kind {} may not hold the role `{role}`; see policies/roles.csv",
                    agency.kind
                );
                return Err(malformed("role", text));
            }
        }
        for area in areas {
            if !agency.areas.contains(area) {
                return Err(malformed("area", format!("{area} is not an area of `{}`", agency.id)));
            }
        }
        if until.is_some_and(|until| until < self.today()) {
            return Err(malformed("until", "the assignment would already have ended".to_owned()));
        }
        Ok(())
    }

    /// Revokes a principal with its open invitations, or one key of it. Live connections end with their next call.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when there is no such principal or key; a fault of ours.
    ///
    /// [`Refusal::Malformed`]: concordat_core::refusal::Refusal::Malformed
    pub async fn revoke(
        &self,
        principal: PrincipalId,
        key: Option<Digest>,
        reason: String,
        by: &str,
    ) -> Result<u64, Stop> {
        if self.generation().partnership.agency(&principal.agency).is_none() {
            return Err(malformed(
                "principal",
                format!("`{}` is no agency of this partnership", principal.agency),
            ));
        }
        let record = match self.store.row(&Key::Principal(principal.clone()))? {
            Some(Row::Principal(record)) => Some(record),
            _ => None,
        };
        // a whole principal may be revoked before it enrols: what was handed out then counts no more
        if let Some(key) = key
            && !record.is_some_and(|record| record.keys.iter().any(|held| held.key == key))
        {
            return Err(malformed("key", "this principal holds no such key".to_owned()));
        }
        let revoked = principal.clone();
        let index =
            self.append_one(Body::Revoked(Revoked { principal, key, reason, by: by.to_owned() })).await?;
        if let Err(fault) = self.reload_registry() {
            tracing::error!(
                reason = fault.operator(),
                "the revocation is recorded and could not be read back"
            );
            let _turn = self.registry_turn.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            self.registry.store(Arc::new(self.registry.load().without(&revoked)));
        }
        Ok(index)
    }

    /// Moves the business clock of a sample directory forward. Certificates and tokens keep the machine's time.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] in a directory that is no sample, or for a time that is not ahead; a fault of ours.
    ///
    /// [`Refusal::Malformed`]: concordat_core::refusal::Refusal::Malformed
    pub async fn move_clock(&self, to: Timestamp, by: &str) -> Result<u64, Stop> {
        if !self.standing()?.sample {
            return Err(malformed(
                "clock",
                "only a directory made by `init --sample` has a clock that moves".to_owned(),
            ));
        }
        if to <= self.clock.now() {
            return Err(malformed("to", "the clock moves forward only".to_owned()));
        }
        let reach = self.generation().calendar.is_working_day(concordat_core::clock::london_date(to));
        if let Err(fault) = reach {
            return Err(malformed("to", fault.to_string()));
        }
        let offset = to.duration_since(self.clock.machine_now()).as_micros();
        let offset_us =
            i64::try_from(offset).map_err(|_| malformed("to", "this is too far away".to_owned()))?;
        let index = self.append_one(Body::ClockMoved(ClockMoved { offset_us, by: by.to_owned() })).await?;
        self.clock.set_offset_us(offset_us);
        Ok(index)
    }

    /// Records what an operator did to the store itself.
    ///
    /// # Errors
    /// A fault when the log cannot be written.
    pub async fn administered(&self, act: &str, reason: &str, by: &str) -> Result<u64, Stop> {
        let body = Body::Administered(Administered {
            act: act.to_owned(),
            reason: reason.to_owned(),
            by: by.to_owned(),
        });
        self.append_one(body).await
    }
}
