//! What identifies a return, both ways.

use concordat_core::ids::AreaCode;
use concordat_core::refusal::Refusal;
use concordat_core::submission::{Covers, Identity};
use concordat_proto::v1 as wire;
use wire::identity::Covers as WireCovers;

use super::{AREAS, malformed, name, texts};

/// The longest name of a part, in bytes.
const PART: usize = 64;

/// Reads an identity.
///
/// # Errors
/// [`Refusal::Malformed`] when a name is none, areas are not in order, or period and event are both absent.
pub fn received(identity: Option<wire::Identity>) -> Result<Identity, Refusal> {
    let identity = identity.ok_or_else(|| malformed("identity", "say which return it is"))?;
    Ok(Identity {
        agency: name("identity.agency", &identity.agency)?,
        return_type: name("identity.return_type", &identity.return_type)?,
        areas: areas(&identity.areas)?,
        covers: covers(identity.covers)?,
        part: part(identity.part)?,
    })
}

fn areas(texts: &[String]) -> Result<Vec<AreaCode>, Refusal> {
    if texts.len() > AREAS {
        return Err(malformed("identity.areas", format!("give at most {AREAS} areas")));
    }
    let areas =
        texts.iter().map(|text| name("identity.areas", text)).collect::<Result<Vec<AreaCode>, _>>()?;
    if areas.is_sorted_by(|left, right| left < right) {
        Ok(areas)
    } else {
        Err(malformed("identity.areas", "give the areas in ascending order, each once"))
    }
}

fn covers(covers: Option<WireCovers>) -> Result<Covers, Refusal> {
    match covers {
        Some(WireCovers::Period(text)) => name("identity.period", &text).map(Covers::Period),
        Some(WireCovers::Event(text)) => name("identity.event", &text).map(Covers::Event),
        None => Err(malformed("identity.period", "give a period, or an event's id")),
    }
}

fn part(part: String) -> Result<Option<String>, Refusal> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b' ');
    match part.len() {
        0 => Ok(None),
        1..=PART if part.bytes().all(allowed) => Ok(Some(part)),
        _ => Err(malformed("identity.part", "use up to 64 of A-Z, a-z, 0-9, space, -, _ and .")),
    }
}

/// An identity on the wire.
#[must_use]
pub fn sent(identity: Identity) -> wire::Identity {
    wire::Identity {
        agency: identity.agency.into(),
        return_type: identity.return_type.into(),
        areas: texts(identity.areas),
        covers: Some(match identity.covers {
            Covers::Period(period) => WireCovers::Period(period.to_string()),
            Covers::Event(event) => WireCovers::Event(event.into()),
        }),
        part: identity.part.unwrap_or_default(),
    }
}
