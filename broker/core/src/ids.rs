//! Names and numbers by which things are known. A name that exists has passed its check.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: {rule}")]
pub struct BadName {
    /// The text as given, cut to 64 characters.
    pub text: String,
    /// What it was meant to be, with its article.
    pub what: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
}

fn bad(text: &str, what: &'static str, rule: &'static str) -> BadName {
    BadName { text: text.chars().take(64).collect(), what, rule }
}

const SLUG: &str = "use 1 to 64 of a-z, 0-9 and -, starting with a letter or digit";
const CODE: &str = "use 1 to 64 of A-Z, a-z, 0-9, _, . and -, starting with a letter or digit";

fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $check:ident, $rule:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(std::sync::Arc<str>);

        impl $type {
            /// Checks a text.
            ///
            /// # Errors
            /// [`BadName`] when the text breaks the rule of this kind of name.
            pub fn new(text: &str) -> Result<Self, BadName> {
                if $check(text) { Ok(Self(text.into())) } else { Err(bad(text, $what, $rule)) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadName;
            fn try_from(text: String) -> Result<Self, BadName> {
                Self::new(&text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0.to_string()
            }
        }
    };
}

name!(/// A partnership: the tenant, `city-and-hackney`.
    PartnershipId, "a partnership's id", is_slug, SLUG);
name!(/// An agency of the partnership, `metropolitan-police`.
    AgencyId, "an agency's id", is_slug, SLUG);
name!(/// A person or service within its agency, `returns-desk`.
    PrincipalName, "a principal's name", is_slug, SLUG);
name!(/// A role that a principal may hold, `submitter`.
    RoleId, "a role", is_slug, SLUG);
name!(/// A return type of the catalogue, `core-data-set-annual`.
    ReturnTypeId, "a return type", is_slug, SLUG);
name!(/// A purpose, `P4-partnership-assurance`.
    PurposeId, "a purpose", is_code, CODE);
name!(/// A policy or check rule, `R-014`, `CSC-R1`.
    RuleId, "a rule's id", is_code, CODE);
name!(/// An information-sharing agreement, `ISA-CDS`.
    AgreementId, "an agreement's id", is_code, CODE);
name!(/// A redaction and suppression profile, `dfe`.
    ProfileId, "a profile", is_slug, SLUG);
name!(/// An area by its GSS code, `E09000012`.
    AreaCode, "an area", is_area, AREA);

const AREA: &str = "use a GSS code: one capital letter and eight digits, such as E09000012";

fn is_area(text: &str) -> bool {
    text.len() == 9
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().skip(1).all(|b| b.is_ascii_digit())
}

/// A principal of an agency, written `agency/name`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PrincipalId {
    /// The agency it belongs to.
    pub agency: AgencyId,
    /// Its name within the agency.
    pub name: PrincipalName,
}

impl PrincipalId {
    /// Its certificate's one URI subject alternative name.
    #[must_use]
    pub fn urn(&self, partnership: &PartnershipId) -> String {
        format!("urn:concordat:{partnership}:{}:{}", self.agency, self.name)
    }
}

impl FromStr for PrincipalId {
    type Err = BadName;
    fn from_str(text: &str) -> Result<Self, BadName> {
        let (agency, name) = text.split_once('/').ok_or_else(|| {
            bad(text, "a principal", "write AGENCY/NAME, such as metropolitan-police/returns")
        })?;
        Ok(Self { agency: agency.parse()?, name: name.parse()? })
    }
}

impl fmt::Display for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.agency, self.name)
    }
}

impl fmt::Debug for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl TryFrom<String> for PrincipalId {
    type Error = BadName;
    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<PrincipalId> for String {
    fn from(id: PrincipalId) -> String {
        id.to_string()
    }
}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $type:ident, $len:literal, $what:literal, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(pub [u8; $len]);

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $type {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> {
                let refuse = || bad(text, $what, $rule);
                if text.len() != 2 * $len || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                    return Err(refuse());
                }
                let mut out = [0u8; $len];
                for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
                    let pair = std::str::from_utf8(pair).map_err(|_| refuse())?;
                    *byte = u8::from_str_radix(pair, 16).map_err(|_| refuse())?;
                }
                Ok(Self(out))
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                serde_bytes::Bytes::new(&self.0).serialize(s)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                serde_bytes::ByteArray::<$len>::deserialize(d).map(|b| Self(b.into_array()))
            }
        }
    };
}

bytes_id!(/// An entry of the log, and whatever that entry brought into being: 16 random bytes, 32 hex digits.
    EntryId, 16, "an entry's id", "use 32 hex digits");
bytes_id!(/// A SHA-256 digest, or an HMAC of the same size: 64 hex digits.
    Digest, 32, "a digest", "use 64 hex digits");
bytes_id!(/// The random key that a client draws for one submission and repeats on every retry.
    SendKey, 16, "a submission key", "use 32 hex digits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_capitals_spaces_or_slashes_are_refused() {
        for text in ["", "Met", "met police", "met/police", "-met", "mét", &"a".repeat(65)] {
            assert!(AgencyId::new(text).is_err(), "{text}");
        }
        assert_eq!(AgencyId::new("metropolitan-police").unwrap().as_str(), "metropolitan-police");
    }

    #[test]
    fn a_principal_has_exactly_an_agency_and_a_name() {
        assert_eq!("met/desk".parse::<PrincipalId>().unwrap().to_string(), "met/desk");
        assert!("met".parse::<PrincipalId>().is_err());
        assert!("met/desk/two".parse::<PrincipalId>().is_err());
    }

    #[test]
    fn an_area_is_a_gss_code() {
        assert!(AreaCode::new("E09000012").is_ok());
        assert!(AreaCode::new("e09000012").is_err());
        assert!(AreaCode::new("Hackney").is_err());
    }

    #[test]
    fn ids_print_as_they_are_read_and_refuse_capitals() {
        let id = EntryId([0xab; 16]);
        assert_eq!(id.to_string().parse::<EntryId>().unwrap(), id);
        assert!("AB".repeat(16).parse::<EntryId>().is_err());
        assert!("ab".repeat(15).parse::<EntryId>().is_err());
    }
}
