//! Who the caller is to the broker.

use concordat_core::agency::Agency;
use concordat_flow::WhoAmI;
use concordat_proto::v1 as wire;

use super::{text_of, texts};

/// The caller as the broker knows it.
#[must_use]
pub fn who(who: WhoAmI) -> wire::WhoAmIReply {
    wire::WhoAmIReply {
        partnership: who.partnership.into(),
        partnership_name: who.partnership_name,
        agency: who.agency.id.into(),
        agency_name: who.agency.name,
        principal: who.principal.name.into(),
        kind: who.agency.kind.as_str().to_owned(),
        roles: texts(who.roles),
        areas: texts(who.areas),
        until: text_of(who.until),
        now: who.now.to_string(),
        demo_clock: who.demo_clock,
        agencies: who.agencies.into_iter().map(agency).collect(),
    }
}

fn agency(agency: Agency) -> wire::Agency {
    wire::Agency {
        id: agency.id.into(),
        name: agency.name,
        kind: agency.kind.as_str().to_owned(),
        areas: texts(agency.areas),
    }
}
