//! Accepted in part: which records of a return are refused though the others are not, in words and for programs.

use std::fmt::Write as _;

use concordat_catalogue::ReturnType;
use concordat_catalogue::bulk::{self, InPart};
use concordat_core::ids::Digest;
use concordat_core::record::{RecordId, RefusedRecord};
use concordat_core::submission::Identity;
use concordat_core::table::Table;
use concordat_proto::v1;
use serde_json::{Value, json};

use crate::file;
use crate::report::plain;

/// What is refused of a return that is accepted in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parted {
    /// How many records are accepted.
    pub accepted: u32,
    /// Those that are not.
    pub refused: Vec<RefusedRecord>,
}

impl Parted {
    /// What a check here found.
    #[must_use]
    pub fn of(in_part: &InPart) -> Self {
        Self { accepted: in_part.accepted, refused: in_part.refused.clone() }
    }

    /// What the broker says it did; `None` when the whole was accepted. A rule whose name cannot be read is left out.
    #[must_use]
    pub fn told(reply: &v1::SubmitReply) -> Option<Self> {
        let refused = |one: &v1::RefusedRecord| RefusedRecord {
            record: RecordId::new(one.record.as_str()),
            rules: one.rules.iter().filter_map(|rule| rule.parse().ok()).collect(),
        };
        let refused: Vec<RefusedRecord> = reply.refused.iter().map(refused).collect();
        (!refused.is_empty()).then_some(Self { accepted: reply.records_accepted, refused })
    }

    /// The digest of what is left of a return once these records are out of it: what its receipt must speak of.
    #[must_use]
    pub fn content_of(&self, of: &ReturnType, identity: &Identity, tables: Vec<Table>) -> Digest {
        let left = bulk::leave_out(of, tables, &self.refused);
        file::content_digest(identity, false, &left)
    }

    /// How many of how many records are refused.
    #[must_use]
    pub fn count(&self) -> String {
        let refused = self.refused.len();
        format!("{refused} of {} records refused", self.accepted as usize + refused)
    }

    /// As programs read it.
    #[must_use]
    pub fn fact(&self) -> Value {
        let refused: Vec<Value> = self
            .refused
            .iter()
            .map(|one| {
                let rules: Vec<&str> = one.rules.iter().map(|rule| rule.as_str()).collect();
                json!({"record": one.record.as_str(), "rules": rules})
            })
            .collect();
        json!({
            "records": self.accepted as usize + self.refused.len(),
            "records_accepted": self.accepted,
            "records_refused": self.refused.len(),
            "refused": refused,
        })
    }

    /// As people read it: a line for each refused record.
    pub(crate) fn push(&self, out: &mut String) {
        // writing to a string cannot fail
        let _ = writeln!(out, "REFUSED RECORDS: left out, with all their rows");
        for one in &self.refused {
            let rules: Vec<&str> = one.rules.iter().map(|rule| rule.as_str()).collect();
            let _ = writeln!(out, "  {}  [{}]", plain(one.record.as_str()), rules.join(", "));
        }
        out.push('\n');
    }
}
