//! What is stated of a call: one cell for each situation.

use tonic::Code;

use crate::world::World;

/// Who calls, and what of the call is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Situation {
    /// The rightful person, with everything in order.
    Allowed,
    /// A person of the same agency without the role.
    Denied,
    /// The rightful person, who names no purpose.
    NoPurpose,
    /// A person with the role in another agency, about this agency's record.
    OtherAgency,
    /// A person whose role is limited to another area than the record's.
    OtherArea,
    /// A person whose role has ended.
    Expired,
    /// A person who was revoked, on a connection that was open before.
    Revoked,
}

pub const ALL: [Situation; 7] = [
    Situation::Allowed,
    Situation::Denied,
    Situation::NoPurpose,
    Situation::OtherAgency,
    Situation::OtherArea,
    Situation::Expired,
    Situation::Revoked,
];

/// What comes of a call, and which entries its caller leaves in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// It is answered, and the answer tells what was asked for. Where that is not plain, why.
    Ok { entries: &'static [&'static str], why: &'static str },
    /// It is answered, and the answer tells nothing of what was asked for.
    Hides { why: &'static str },
    /// It is refused, with this status, this reason and these entries.
    No { code: Code, reason: &'static str, entries: &'static [&'static str] },
    /// The request has no field for a purpose.
    TakesNone,
    /// The request names no agency, area or record: why not.
    NamesNone(&'static str),
}

/// Answered as it should be.
pub const fn ok(entries: &'static [&'static str]) -> Cell {
    Cell::Ok { entries, why: "" }
}

/// Answered also here.
pub const fn open(entries: &'static [&'static str], why: &'static str) -> Cell {
    Cell::Ok { entries, why }
}

/// Answered with nothing.
pub const fn hides(why: &'static str) -> Cell {
    Cell::Hides { why }
}

/// Policy says no, and the log keeps it.
pub const DENIED: Cell =
    Cell::No { code: Code::PermissionDenied, reason: "not_permitted", entries: &["denied"] };

/// Answered as if the record did not exist.
pub const NOT_THERE: Cell =
    Cell::No { code: Code::PermissionDenied, reason: "not_there", entries: &["denied"] };

/// Nobody known calls; such calls are counted, and no entry is anybody's.
pub const UNKNOWN: Cell = Cell::No { code: Code::Unauthenticated, reason: "unauthenticated", entries: &[] };

/// No large return of this caller is on its way under the key; counted.
pub const NOT_ON_ITS_WAY: Cell = Cell::No { code: Code::InvalidArgument, reason: "malformed", entries: &[] };

/// It is allowed to do such a thing, and not with this.
pub const WRONG_STATE: Cell =
    Cell::No { code: Code::FailedPrecondition, reason: "wrong_state", entries: &[] };

/// One call to make.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Who calls.
    pub by: &'static str,
    /// The messages sent.
    pub messages: Vec<Vec<u8>>,
    /// The same about a record that does not exist; none where the call names no record by an id.
    pub invented: Option<Vec<u8>>,
    /// What the answer holds if it tells what was asked for.
    pub needle: Vec<u8>,
}

impl Ask {
    pub fn new(by: &'static str, message: &impl prost::Message) -> Self {
        Self { by, messages: vec![message.encode_to_vec()], ..Self::default() }
    }

    pub fn telling(self, needle: impl Into<Vec<u8>>) -> Self {
        Self { needle: needle.into(), ..self }
    }

    pub fn or_invented(self, message: &impl prost::Message) -> Self {
        Self { invented: Some(message.encode_to_vec()), ..self }
    }
}

/// One call of the wire, and what is stated of it in each situation.
pub struct Line {
    /// `Service/Method`.
    pub method: &'static str,
    /// Makes what the call needs, and the call.
    pub ask: fn(&mut World, Situation) -> Ask,
    /// One for each of [`ALL`], in that order.
    pub cells: [Cell; ALL.len()],
}
