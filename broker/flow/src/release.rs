//! The release of a return to a reader: an entry that says so, then its content, projected as it is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use concordat_catalogue::ReturnType;
use concordat_catalogue::content::stream::{Heading, Pieces, ReadFault, Reader};
use concordat_catalogue::taint::mark;
use concordat_core::entry::{Body, Released};
use concordat_core::fault::Fault;
use concordat_core::ids::{EntryId, ProfileId, PurposeId, RuleId};
use concordat_core::submission::SubmissionRecord;
use concordat_core::table::{Cells, Table};
use concordat_policy::{Permitted, Projector};
use concordat_store::{Appended, Committed, Content, Precondition, Proposal, Store};

use crate::generation::Generation;
use crate::identify::Caller;
use crate::open::Flow;
use crate::project::{For, Through, projector};
use crate::random;
use crate::read::judged;
use crate::still::Ongoing;
use crate::stop::Stop;
use crate::upload::blocking;
use crate::versions::Replacement;

/// How many rows are projected at once where rows do not depend on one another.
const ROWS: usize = 2_048;

/// A return released to one reader.
#[derive(Debug)]
pub struct Fetched {
    /// The submission.
    pub record: SubmissionRecord,
    /// The profiles applied.
    pub profiles: Vec<ProfileId>,
    /// What replaced it.
    pub superseded: Option<Replacement>,
    /// The rules that allowed it.
    pub rules: Vec<RuleId>,
    /// The index of the entry that says so.
    pub index: u64,
    /// Its content, as far as the reader may see it; none of a nil.
    pub shown: Option<Shown>,
}

/// What a reader does not get to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withheld {
    /// Fields withheld.
    pub fields: Vec<String>,
    /// Fields shown in a weaker form, each with what was done.
    pub changed: Vec<(String, String)>,
    /// Tables withheld whole.
    pub tables: Vec<String>,
    /// How many cells were suppressed.
    pub cells: u32,
    /// The methods by which counts were suppressed or rounded.
    pub methods: Vec<String>,
}

/// The content of a return, projected part by part.
pub struct Shown {
    reader: Reader<Pieces<Content>>,
    rtype: Arc<ReturnType>,
    /// Through what routing fixed under the policies of that time and what was granted now, together: never wider than
    /// either, whatever became of a profile's file or of the type since.
    projector: Projector,
    /// How many rows are projected at once.
    rows: usize,
    /// How many tables are still to be read.
    tables: usize,
    /// The table that is being read, and how many of its rows are still to be.
    now: Option<(Heading, usize)>,
    /// The columns, by table, whose figures are marked as unreliable.
    unreliable: Vec<(String, String)>,
    fields: BTreeSet<String>,
    changed: BTreeSet<(String, String)>,
    methods: BTreeSet<String>,
    withheld: Withheld,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").field("tables", &self.tables).finish_non_exhaustive()
    }
}

impl Shown {
    /// Some rows of a table, which is named with all of them; `None` after the last.
    ///
    /// # Errors
    /// A fault when the content cannot be read to its end, or is not what was recorded.
    pub fn next_part(&mut self) -> Result<Option<Table>, Fault> {
        loop {
            let Some((heading, left)) = self.now.take() else {
                if self.tables == 0 {
                    return Ok(None);
                }
                self.tables -= 1;
                let heading = self.reader.heading().map_err(unread)?;
                let rows = heading.rows;
                self.now = Some((heading, rows));
                continue;
            };
            let rows = left.min(self.rows);
            let width = heading.columns.len();
            let mut cells = Cells::default();
            for _ in 0..rows {
                cells.extend(self.reader.row(width).map_err(unread)?.iter());
            }
            let part = Table { name: heading.name.clone(), columns: heading.columns.clone(), cells };
            if left > rows {
                self.now = Some((heading, left - rows));
            }
            if let Some(part) = self.project(part) {
                return Ok(Some(part));
            }
        }
    }

    /// How many tables there are that were not read yet.
    #[must_use]
    pub fn tables(&self) -> usize {
        self.tables
    }

    /// What was withheld of the parts that were read.
    #[must_use]
    pub fn withheld(self) -> Withheld {
        Withheld {
            fields: self.fields.into_iter().collect(),
            changed: self.changed.into_iter().collect(),
            methods: self.methods.into_iter().collect(),
            ..self.withheld
        }
    }

    fn project(&mut self, part: Table) -> Option<Table> {
        let mut seen = self.projector.project(vec![part]);
        self.fields.extend(seen.dropped);
        self.changed.extend(seen.changed);
        self.methods.extend(seen.methods);
        for table in seen.withheld_tables {
            if !self.withheld.tables.contains(&table) {
                self.withheld.tables.push(table);
            }
        }
        self.withheld.cells = self.withheld.cells.saturating_add(seen.suppressed_cells);
        let mut part = seen.tables.pop()?;
        for (table, column) in &self.unreliable {
            if *table == part.name {
                mark(&mut part, column);
            }
        }
        Some(part)
    }
}

fn unread(fault: ReadFault) -> Fault {
    match fault {
        ReadFault::Content(fault) => Fault::tampered(fault),
        ReadFault::Io(why) => Fault::unavailable(why),
    }
}

impl<S: Store> Flow<S> {
    pub(crate) async fn release(
        self: &Arc<Self>,
        generation: Arc<Generation>,
        caller: &Caller,
        record: SubmissionRecord,
        permitted: Permitted<()>,
        routed: Vec<ProfileId>,
    ) -> Result<(Fetched, Ongoing), Stop> {
        let then = self.generation_at(record.index)?;
        let mut judged = judged(caller, &permitted);
        let rules = judged.grant.rules.clone();
        let granted = judged.grant.profiles.clone();
        judged.grant.profiles.extend(routed.iter().cloned());
        judged.grant.profiles.sort();
        judged.grant.profiles.dedup();
        let profiles = judged.grant.profiles.clone();
        let purpose = judged.request.purpose.clone();
        let body = Body::Released(Box::new(Released {
            submission: record.id,
            index: record.index,
            to: caller.principal().clone(),
            judged,
        }));
        let Some(logged) = self.unless_withdrawn(record.id, body).await? else {
            return Err(self.not_there(caller, Some(record.id)).await);
        };
        let ongoing = self.ongoing(&permitted, &generation);
        let mut fetched = Fetched {
            profiles,
            superseded: self.superseded(&record, &caller.agency().id)?,
            rules,
            index: logged.index,
            record,
            shown: None,
        };
        if !fetched.record.nil {
            // a large file is compared with the log before anything of it leaves
            let (flow, logged) = (Arc::clone(self), logged.logged);
            let content = match blocking(move || flow.store.content(&logged)).await? {
                Ok(content) => content,
                // taken back, and its key destroyed, since that entry
                Err(_) if self.is_withdrawn(fetched.record.id)? => {
                    return Err(self.not_there(caller, Some(fetched.record.id)).await);
                }
                Err(fault) => return Err(fault.into()),
            };
            // who sent it was told, and reads it as it was sent
            let is_own = routed.is_empty();
            let mut through = vec![Through { generation, profiles: granted }];
            if !is_own {
                through.push(Through { generation: Arc::clone(&then), profiles: routed });
            }
            let mut shown = self.shown(caller, &fetched.record, purpose, content, &then, through).await?;
            if !is_own {
                shown.unreliable = self.unreliable(&shown.rtype, &fetched.record)?;
            }
            fetched.shown = Some(shown);
        }
        Ok((fetched, ongoing))
    }

    /// Appends an entry about a submission, unless it was taken back.
    async fn unless_withdrawn(&self, submission: EntryId, body: Body) -> Result<Option<Committed>, Stop> {
        let proposal = Proposal {
            preconditions: vec![Precondition::NotWithdrawn { submission }],
            ..Proposal::of(random::entry_id()?, body)
        };
        match self.store.append(vec![proposal]).await? {
            Appended::Committed(committed) => match committed.into_iter().next() {
                Some(committed) => Ok(Some(committed)),
                None => Err(Fault::internal("a commit recorded nothing").into()),
            },
            Appended::Unmet(_) => Ok(None),
        }
    }

    fn is_withdrawn(&self, submission: EntryId) -> Result<bool, Fault> {
        Ok(self.submission(submission)?.is_some_and(|record| record.withdrawn.is_some()))
    }

    async fn shown(
        self: &Arc<Self>,
        caller: &Caller,
        record: &SubmissionRecord,
        purpose: Option<PurposeId>,
        content: Content,
        then: &Generation,
        through: Vec<Through>,
    ) -> Result<Shown, Stop> {
        let digest = record.type_digest;
        let rtype = then.catalogue.types().iter().find(|rtype| rtype.digest == digest);
        let rtype = rtype.map(Arc::clone).ok_or_else(|| {
            Fault::internal("the return type of a stored return is in no catalogue of its time")
        })?;
        // the first pseudonym of all makes a key, which is written before it is used
        let (flow, recipient) = (Arc::clone(self), caller.agency().id.clone());
        let (of, about) = (Arc::clone(&rtype), record.clone());
        let projector = blocking(move || {
            let reader = For { recipient: &recipient, purpose: purpose.as_ref(), ring: &flow.ring };
            projector(&of, &about, &through, &reader)
        });
        let projector = projector.await??;
        let (reader, top) = Reader::new(content).map_err(unread)?;
        // where small counts are suppressed, what is shown of a row depends on others
        let apart = rtype.has_several_tables() && !projector.needs_whole_tables();
        Ok(Shown {
            reader,
            rtype,
            projector,
            rows: if apart { ROWS } else { usize::MAX },
            tables: top.tables,
            now: None,
            unreliable: Vec::new(),
            fields: BTreeSet::new(),
            changed: BTreeSet::new(),
            methods: BTreeSet::new(),
            withheld: Withheld::default(),
        })
    }
}
