//! The catalogue: every return type in all its versions.

use std::collections::HashMap;
use std::sync::Arc;

use concordat_core::calendar::Calendar;
use concordat_core::finding::Severity;
use concordat_core::ids::{Digest, ReturnTypeId, RuleId};
use concordat_core::table::NamedField;
use jiff::civil::Date;

use crate::across::AcrossRule;
use crate::complaint::Complaint;
use crate::definition::ReturnType;
use crate::load;

/// The files compiled in, by path.
static BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/returns.rs"));

/// Return types, read from definition files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalogue {
    types: Arc<[Arc<ReturnType>]>,
    across: Arc<HashMap<ReturnTypeId, Vec<Arc<AcrossRule>>>>,
    calendar: Option<Arc<Calendar>>,
    digest: Digest,
}

/// The calendar's path.
const CALENDAR: &str = "calendar.toml";

impl Catalogue {
    /// Reads definition files: `returns/NAME.toml` (return types) and `returns/codes/NAME.toml` (code
    /// lists), `returns/across.toml` (rules across returns), and `calendar.toml`, by which rules count working days, where
    /// there is one. Files with other paths are passed over.
    ///
    /// # Errors
    /// Every complaint about every file at once; then there is no catalogue.
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, Vec<Complaint>> {
        let files: Vec<(String, Vec<u8>)> = files.into_iter().collect();
        let load::Loaded { types, across, across_digest } = load::load(&files)?;
        let mut all = Vec::new();
        for found in &types {
            all.extend_from_slice(found.id.as_str().as_bytes());
            all.push(0);
            all.extend_from_slice(found.from.to_string().as_bytes());
            all.push(0);
            all.extend_from_slice(&found.digest.0);
        }
        all.extend_from_slice(across_digest.as_ref().map_or(&[], |digest| digest.0.as_slice()));
        let text = files.iter().find(|(path, _)| path == CALENDAR).map(|(_, bytes)| bytes);
        let calendar = text.map(|bytes| calendar(bytes)).transpose()?;
        all.extend_from_slice(&text.map_or([0; 32], |bytes| load::sha256(bytes).0));
        Ok(Self {
            types: types.into(),
            across: Arc::new(by_type(across)),
            calendar: calendar.map(Arc::new),
            digest: load::sha256(&all),
        })
    }

    /// The bank holidays, by which rules count working days; `None` where no file says them.
    #[must_use]
    pub fn calendar(&self) -> Option<&Calendar> {
        self.calendar.as_deref()
    }

    /// The catalogue compiled into this program from `policies/returns`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the compiled-in files never change, and a test reads them")]
    pub fn built_in() -> Self {
        let files = BUILT_IN.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()));
        Self::from_files(files).expect("the compiled-in definition files are right")
    }

    /// The version of a return type in force on a day: the last day of a return's period, or the day of an
    /// event.
    #[must_use]
    pub fn in_force(&self, id: &ReturnTypeId, on: Date) -> Option<Arc<ReturnType>> {
        self.types.iter().find(|found| found.id == *id && found.in_force(on)).cloned()
    }

    /// Every version of every return type, by id and first day.
    #[must_use]
    pub fn types(&self) -> &[Arc<ReturnType>] {
        &self.types
    }

    /// The id of every version of every return type, and whether it is about persons.
    pub fn families(&self) -> impl Iterator<Item = (ReturnTypeId, bool)> {
        self.types.iter().map(|of| (of.id.clone(), of.person_level))
    }

    /// The fields of every return type, for the profiles that name them.
    #[must_use]
    pub fn named_fields(&self) -> Vec<NamedField<'_>> {
        let fields = self.types.iter().flat_map(|of| &of.fields);
        let named = fields.map(|field| NamedField {
            name: &field.name,
            sort: field.kind.field_sort(),
            kind: field.kind.as_str(),
        });
        named.collect()
    }

    /// The rules across returns that speak of a type's figures; most types have none.
    #[must_use]
    pub fn across_of(&self, id: &ReturnTypeId) -> &[Arc<AcrossRule>] {
        self.across.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every rule across returns, by id.
    #[must_use]
    pub fn across(&self) -> Vec<&AcrossRule> {
        let mut rules: Vec<&AcrossRule> = self.across.values().flatten().map(AsRef::as_ref).collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        rules.dedup_by(|a, b| a.id == b.id);
        rules
    }

    /// Whether a rule across returns is one that is asked about: a query, and no info. One that is gone was.
    #[must_use]
    pub fn is_asked_across(&self, id: &RuleId) -> bool {
        let mut rules = self.across.values().flatten();
        rules.find(|rule| rule.id == *id).is_none_or(|rule| rule.severity == Severity::Query)
    }

    /// SHA-256 over the ids, first days and digests of all its return types, its rules across them, and its calendar.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

fn calendar(bytes: &[u8]) -> Result<Calendar, Vec<Complaint>> {
    let complaint = |text: String| vec![Complaint { file: CALENDAR.to_owned(), line: None, key: None, text }];
    let text = std::str::from_utf8(bytes).map_err(|_| complaint("it is not UTF-8 text".to_owned()))?;
    Calendar::from_toml(text).map_err(|why| complaint(why.to_string()))
}

fn by_type(rules: Vec<AcrossRule>) -> HashMap<ReturnTypeId, Vec<Arc<AcrossRule>>> {
    let mut found: HashMap<ReturnTypeId, Vec<Arc<AcrossRule>>> = HashMap::new();
    for rule in rules.into_iter().map(Arc::new) {
        let mut types: Vec<&ReturnTypeId> = rule.sent().map(|part| &part.return_type).collect();
        types.sort();
        types.dedup();
        for id in types {
            found.entry(id.clone()).or_default().push(Arc::clone(&rule));
        }
    }
    found
}
