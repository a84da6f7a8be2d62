//! The check of a return: a draft in; findings and, if no error was found, a [`Valid`] out.

use std::io::Read;

use concordat_core::agency::Kind;
use concordat_core::calendar::Calendar;
use concordat_core::finding::{Counts, Finding};
use concordat_core::ids::{AgencyId, AreaCode, Digest};
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use jiff::Timestamp;

use crate::bulk::{self, InPart, RuleCount};
use crate::checks::findings::Findings;
use crate::checks::{cells, header, long, rows, shape};
use crate::content::stream::{ReadFault, Reader, Top};
use crate::content::{self, ContentFault};
use crate::definition::ReturnType;

pub use crate::checks::header::{agencies_of, areas_of, event_id_of, part_of};
pub use crate::checks::rows::is_for_broker;

/// A return as it arrives, before any check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it says it is.
    pub identity: Identity,
    /// Whether it declares that there was nothing.
    pub nil: bool,
    /// Its tables; none for a nil.
    pub tables: Vec<Table>,
}

/// What a check knows besides the return itself.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The time of the check.
    pub now: Timestamp,
    /// The tables of the return before this one: same agency, type and areas, the period before.
    pub previous: Option<&'a [Table]>,
    /// Whether the check runs without the broker, so that `previous` cannot be known.
    pub offline: bool,
    /// The bank holidays, by which rules count working days; without them such a rule is not checked.
    pub calendar: Option<&'a Calendar>,
    /// The kind of the agency that sends it, where that is known: a return in parts is filled by kind.
    pub sender: Option<Kind>,
}

/// The outcome of a check.
#[derive(Debug)]
pub struct Checked {
    /// What was found, at most 1,000; then the last says how many more there are.
    pub findings: Vec<Finding>,
    /// How many of each weight, those beyond the cap among them.
    pub counts: Counts,
    /// The return, proved free of errors; `None` when there is an error.
    pub valid: Option<Valid>,
    /// For a return of several tables, how often each of its rules was broken or not checked, in full; empty
    /// for any other.
    pub per_rule: Vec<RuleCount>,
    /// For a return that is accepted in part: the records that are no part of `valid`, and what the check of the
    /// others found. `findings` and `counts` are then of both, their rows those of the return as it came.
    pub in_part: Option<InPart>,
}

/// A return that passed its check. Only [`check`](fn@check) and [`check_stream`] make one.
pub struct Valid {
    identity: Identity,
    nil: bool,
    /// None when it was read from a stream.
    content: Option<Vec<u8>>,
    digest: Digest,
    type_digest: Digest,
    person_level: bool,
    counts: Counts,
    areas: Vec<AreaCode>,
    agencies: Vec<AgencyId>,
}

impl Valid {
    /// What it is a version of.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether it declares that there was nothing.
    #[must_use]
    pub fn nil(&self) -> bool {
        self.nil
    }

    /// Its canonical bytes, as [`content::encode`] makes them; `None` when they were read from a stream and lie with
    /// whoever has it.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }

    /// Its canonical bytes, given away; `None` as above.
    #[must_use]
    pub fn into_content(self) -> Option<Vec<u8>> {
        self.content
    }

    /// SHA-256 of its canonical bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The digest of the return type it was checked against.
    #[must_use]
    pub fn type_digest(&self) -> Digest {
        self.type_digest
    }

    /// Whether its content is about persons.
    #[must_use]
    pub fn person_level(&self) -> bool {
        self.person_level
    }

    /// How many queries, infos and unchecked rules it left. Never an error.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The areas by which it is routed, sorted, each once: those its content names or, where the type takes
    /// none from the content, those of its header.
    #[must_use]
    pub fn areas(&self) -> &[AreaCode] {
        &self.areas
    }

    /// The agencies that its content names as recipients, sorted, each once.
    #[must_use]
    pub fn agencies(&self) -> &[AgencyId] {
        &self.agencies
    }
}

// the content may be about a child: only its size is shown
impl std::fmt::Debug for Valid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Valid")
            .field("return_type", &self.identity.return_type)
            .field("content_bytes", &self.content.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// Checks a draft against its return type: header, tables, every cell, every rule.
#[must_use]
pub fn check(of: &ReturnType, draft: Draft, context: &Context<'_>) -> Checked {
    let mut findings = Findings::default();
    header::check(of, &draft, context.sender, &mut findings);
    if of.has_several_tables() && !draft.nil {
        return several(of, draft, context, findings);
    }
    if !draft.nil {
        tables(of, &draft, context, &mut findings);
    }
    let right = !findings.has_errors();
    let (findings, counts) = findings.finish();
    let valid = right.then(|| valid(of, draft, counts));
    Checked { findings, counts, valid, per_rule: Vec::new(), in_part: None }
}

fn several(of: &ReturnType, draft: Draft, context: &Context<'_>, mut findings: Findings) -> Checked {
    let outcome = bulk::check(of, &draft, context, &mut findings);
    settled(of, draft, outcome)
}

/// Checks a return of several tables beside the return before it, which is read as it comes and may be a large one.
///
/// # Errors
/// [`ReadFault::Io`] when that cannot be read to its end.
pub fn check_beside(
    of: &ReturnType,
    draft: Draft,
    earlier: &mut dyn Read,
    context: &Context<'_>,
) -> Result<Checked, ReadFault> {
    if !of.has_several_tables() || draft.nil {
        return Ok(check(of, draft, context));
    }
    let mut findings = Findings::default();
    header::check(of, &draft, context.sender, &mut findings);
    let outcome = bulk::check_beside(of, &draft, earlier, context, findings)?;
    Ok(settled(of, draft, outcome))
}

fn settled(of: &ReturnType, draft: Draft, outcome: bulk::Outcome) -> Checked {
    let bulk::Outcome { findings, counts, per_rule, in_part } = outcome;
    let valid = match &in_part {
        None => (counts.errors == 0).then(|| valid(of, draft, counts)),
        Some(part) => part.of(of, draft).map(|left| valid(of, left, part.counts)),
    };
    Checked { findings, counts, valid, per_rule, in_part }
}

/// Checks a return of several tables as it comes, so that memory holds its columns and no more: for a type that
/// [`is_streamed`](ReturnType::is_streamed); with it the return before it, where there is one, as it comes too. What it
/// finds is what [`check`](fn@check) finds of the same returns.
///
/// # Errors
/// [`ReadFault`] when the bytes are not this return's, or could not be read to their end.
pub fn check_stream(
    of: &ReturnType,
    expected: &Identity,
    (input, earlier): (impl Read, Option<&mut dyn Read>),
    context: &Context<'_>,
) -> Result<Checked, ReadFault> {
    let mut findings = Findings::default();
    let (mut reader, Top { identity, nil, tables }) = Reader::new(input)?;
    if identity != *expected || nil {
        return Err(ContentFault::OtherReturn.into());
    }
    let draft = Draft { identity, nil, tables: Vec::new() };
    header::check(of, &draft, context.sender, &mut findings);
    let covers = &draft.identity.covers;
    let outcome = bulk::check_stream(of, covers, (&mut reader, tables), earlier, context, findings)?;
    let bulk::Outcome { findings, counts, per_rule, in_part } = outcome;
    let whole = if counts.errors == 0 || in_part.is_some() { Some(reader.finish()?) } else { None };
    let valid = match (whole, &in_part) {
        (Some(digest), None) => Some(made(of, (draft.identity, false), (None, digest), Vec::new(), counts)),
        _ => None,
    };
    Ok(Checked { findings, counts, valid, per_rule, in_part })
}

/// Writes what is left of a return that is accepted in part, as [`check_stream`] found, while the same bytes are read
/// once more; what is written is proved free of errors.
///
/// # Errors
/// [`ReadFault`] when the bytes are not those that were checked, or cannot be read or written.
pub fn leave_out_of_stream(
    of: &ReturnType,
    part: &InPart,
    (input, whole): (impl Read, Digest),
    mut out: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<Valid, ReadFault> {
    let (mut reader, Top { identity, tables, .. }) = Reader::new(input)?;
    let mut hash = content::Hash::default();
    bulk::left::write(of, part, (&identity, &mut reader, tables), |bytes| {
        hash.update(bytes);
        out(bytes)
    })?;
    if reader.finish()? != whole {
        return Err(ContentFault::OtherReturn.into());
    }
    Ok(made(of, (identity, false), (None, hash.finish()), Vec::new(), part.counts))
}

fn tables(of: &ReturnType, draft: &Draft, context: &Context<'_>, findings: &mut Findings) {
    let Some((table, columns)) = shape::check(of, &draft.tables, findings) else { return };
    let period = match &draft.identity.covers {
        Covers::Period(period) => Some(*period),
        Covers::Event(_) => None,
    };
    let grid = cells::check(of, table, &columns, period, findings);
    if findings.is_full() {
        return;
    }
    match of.tables.first().and_then(|def| def.long.as_ref()) {
        Some(long) => long::check(of, long, &grid, context, findings),
        None => rows::check(of, &grid, context, findings),
    }
}

fn valid(of: &ReturnType, draft: Draft, counts: Counts) -> Valid {
    let Draft { identity, nil, tables } = draft;
    let tables = if nil { Vec::new() } else { tables };
    let agencies = agencies_of(of, &tables);
    let content = content::encode(&identity, nil, &tables);
    let digest = content::digest(&content);
    made(of, (identity, nil), (Some(content), digest), agencies, counts)
}

fn made(
    of: &ReturnType,
    (identity, nil): (Identity, bool),
    (content, digest): (Option<Vec<u8>>, Digest),
    agencies: Vec<AgencyId>,
    counts: Counts,
) -> Valid {
    // the header was checked to name the very areas that the content names
    let areas = identity.areas.clone();
    Valid {
        identity,
        nil,
        content,
        digest,
        type_digest: of.digest,
        person_level: of.person_level,
        counts,
        areas,
        agencies,
    }
}
