//! Agencies: organisations of a partnership, by the closed set of kinds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{AgencyId, AreaCode};

/// What sort of organisation an agency is. The set is closed: policy, catalogue and obligations speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A local authority, in particular its children's social care.
    LocalAuthority,
    /// A police force.
    Police,
    /// A health body: integrated care board or provider.
    Health,
    /// Schools and the education service.
    Education,
    /// The Local Authority Designated Officer.
    Lado,
    /// The safeguarding children partnership itself.
    Partnership,
    /// The probation service.
    Probation,
    /// Community safety.
    CommunitySafety,
    /// A voluntary body.
    Voluntary,
    /// A national body.
    National,
}

impl Kind {
    /// Every kind, in the order of the design.
    pub const ALL: [Kind; 10] = [
        Kind::LocalAuthority,
        Kind::Police,
        Kind::Health,
        Kind::Education,
        Kind::Lado,
        Kind::Partnership,
        Kind::Probation,
        Kind::CommunitySafety,
        Kind::Voluntary,
        Kind::National,
    ];

    /// The word used in files, on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::LocalAuthority => "local_authority",
            Kind::Police => "police",
            Kind::Health => "health",
            Kind::Education => "education",
            Kind::Lado => "lado",
            Kind::Partnership => "partnership",
            Kind::Probation => "probation",
            Kind::CommunitySafety => "community_safety",
            Kind::Voluntary => "voluntary",
            Kind::National => "national",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no kind of agency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no kind of agency; use one of local_authority, police, health, education, lado, partnership, probation, community_safety, voluntary, national"
)]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownKind(text.chars().take(64).collect()))
    }
}

/// An organisation of the partnership, as `policies/partnership.toml` declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// Its id.
    pub id: AgencyId,
    /// Its name as people write it.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The areas it answers for, by GSS code.
    pub areas: Vec<AreaCode>,
    /// Codes by which others know it: `dfe-la`, `pfa`, `ods`.
    #[serde(default)]
    pub codes: std::collections::BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_from_its_word_and_from_serde_alike() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse::<Kind>().unwrap(), kind);
            let holder: std::collections::BTreeMap<String, Kind> =
                toml::from_str(&format!("kind = \"{kind}\"")).unwrap();
            assert_eq!(holder["kind"], kind);
        }
        assert!("csc".parse::<Kind>().is_err());
    }
}
