//! One line of JSON each way. Only the broker's own user speaks it, over a socket of mode 0600.

use std::fmt;

use concordat_core::ids::{AreaCode, PrincipalId, RoleId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// The longest line that is read, in bytes.
pub const MAX_LINE: u64 = 64 * 1024;

/// An administrative act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Invite a principal.
    Invite {
        /// Whom.
        principal: PrincipalId,
        /// The roles it will hold.
        roles: Vec<RoleId>,
        /// The areas its roles are limited to.
        areas: Vec<AreaCode>,
        /// The last day of its roles.
        until: Option<Date>,
    },
    /// Revoke a principal or one of its keys.
    Revoke {
        /// Whom.
        principal: PrincipalId,
        /// Only this key, as hex digits.
        key: Option<String>,
        /// Why.
        reason: String,
    },
    /// Move a sample's clock forward.
    MoveClock {
        /// To when.
        to: Timestamp,
    },
    /// Bring the files of the policies folder into force.
    LoadPolicies {
        /// Why this is done without a second person, once two people look after policy.
        emergency: Option<String>,
    },
    /// Review what a principal did alone, where nobody else can.
    Review {
        /// The index of its entry.
        of: u64,
        /// Whether it stands; a suspension that does not is lifted.
        stands: bool,
        /// Why.
        reason: String,
    },
}

/// What came of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// A principal was invited.
    Invited {
        /// The single-use token: it stands here and nowhere else.
        token: Secret,
        /// When the token ends, in machine time.
        until: Timestamp,
        /// The index of the entry.
        index: u64,
    },
    /// It was done.
    Done {
        /// The index of the entry.
        index: u64,
    },
    /// It was not done, and the operator can do something about it.
    Refused {
        /// What is wrong and what to do.
        text: String,
    },
    /// It failed.
    Failed {
        /// What failed.
        text: String,
        /// Whether something stored is not what the log proves.
        tampered: bool,
    },
}

/// A secret text: silent in `Debug`, wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_replies_are_one_line_each_and_read_back() {
        let requests = [
            Request::Invite {
                principal: "met/returns".parse().unwrap(),
                roles: vec!["submitter".parse().unwrap()],
                areas: vec!["E09000012".parse().unwrap()],
                until: Some("2027-03-31".parse().unwrap()),
            },
            Request::Revoke {
                principal: "met/returns".parse().unwrap(),
                key: Some("ab".repeat(32)),
                reason: "a line\nbreak stays inside its string".into(),
            },
            Request::MoveClock { to: "2023-05-03T17:00:00Z".parse().unwrap() },
            Request::LoadPolicies { emergency: None },
            Request::Review { of: 7, stands: false, reason: "r".into() },
        ];
        for request in requests {
            let line = serde_json::to_string(&request).unwrap();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
        }
        let replies = [
            Reply::Invited {
                token: Secret::new("opaque".into()),
                until: "2026-11-23T10:00:00Z".parse().unwrap(),
                index: 7,
            },
            Reply::Done { index: 8 },
            Reply::Refused { text: "no such agency".into() },
            Reply::Failed { text: "entry 7".into(), tampered: true },
        ];
        for reply in replies {
            let line = serde_json::to_string(&reply).unwrap();
            assert_eq!(serde_json::from_str::<Reply>(&line).unwrap(), reply);
        }
    }

    #[test]
    fn an_unknown_act_or_field_is_refused() {
        for line in [
            r#"{"act":"erase"}"#,
            r#"{"act":"move_clock","to":"2023-05-03T17:00:00Z","back":true}"#,
            r#"{"act":"invite","principal":"Met","roles":[],"areas":[],"until":null}"#,
        ] {
            assert!(serde_json::from_str::<Request>(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_token_is_silent_in_debug() {
        let reply = Reply::Invited {
            token: Secret::new("opaque".into()),
            until: "2026-11-23T10:00:00Z".parse().unwrap(),
            index: 7,
        };
        assert!(!format!("{reply:?}").contains("opaque"));
    }
}
