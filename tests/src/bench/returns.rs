//! The returns: the figures of a children's social care service as they were printed, some 4 KiB, each under an
//! identity of its own.

use bytes::Bytes;
use concordat_catalogue::{Catalogue, Context, Draft, check, content};
use concordat_core::clock::{Clock as _, MachineClock};
use concordat_core::ids::{AgencyId, AreaCode, Digest};
use concordat_core::submission::{Covers, Identity};
use concordat_core::table::Table;
use concordat_proto::v1 as wire_v1;
use prost::Message as _;

use super::Outcome;
use super::plan::Column;
use super::wire::Sent;
use super::world::{NARROW, RETURN_TYPE, WIDE, areas_of};

const FIGURES: &str = include_str!("../../fixtures/core-data-set/chscp-2022-23.csv");

/// How many rows a return has.
const ROWS: usize = 90;

/// The purpose stated.
const PURPOSE: &str = "P4-partnership-assurance";

/// The first financial year that is used to tell one return from another, and how many are.
const YEARS: (u32, u32) = (1_901, 7_000);

/// The content of every return, and what is needed to give it a header.
#[derive(Debug)]
pub struct Book {
    type_digest: Digest,
    table: Table,
    tables: Bytes,
    narrow: Vec<u32>,
    wide: Vec<u32>,
}

impl Book {
    /// Makes the content from the printed figures: the rows of Hackney's children's social care, those that
    /// the rules speak of first.
    ///
    /// # Errors
    /// When the return type has changed so that these figures are no return any more.
    pub fn new(policies: &[(String, Vec<u8>)]) -> Outcome<Self> {
        let returns = policies.iter().filter(|(path, _)| path.starts_with("returns/")).cloned();
        let catalogue = Catalogue::from_files(returns).map_err(|complaints| format!("{complaints:?}"))?;
        let id = RETURN_TYPE.parse()?;
        let rtype =
            catalogue.types().iter().find(|found| found.id == id).ok_or("there is no such return type")?;
        let mut rows: Vec<Vec<&str>> = FIGURES.lines().skip(1).filter_map(figure).collect();
        rows.sort_by_key(|row| {
            !row.get(1).is_some_and(|indicator| rtype.text.contains(&format!("\"{indicator}\"")))
        });
        rows.truncate(ROWS);
        let cells = rows.into_iter().flatten().collect();
        let columns = ["area", "indicator", "period", "value", "unit"].map(str::to_owned).to_vec();
        let table = Table { name: "main".to_owned(), columns, cells };
        let wired = wire_v1::Table {
            name: table.name.clone(),
            columns: table.columns.clone(),
            cells: table.cells.iter().map(str::to_owned).collect(),
        };
        let encoded = wire_v1::SubmitRequest { tables: vec![wired], ..Default::default() }.encode_to_vec();
        let book = Self {
            type_digest: rtype.digest,
            table,
            tables: encoded.into(),
            narrow: (1..1 << NARROW).collect(),
            wide: (1_u32..1 << WIDE).filter(|mask| mask.count_ones() == 5).collect(),
        };
        let draft = Draft {
            identity: book.identity(0, Column::Hits, 0)?,
            nil: false,
            tables: vec![book.table.clone()],
        };
        let checked = check(
            rtype,
            draft,
            &Context { now: MachineClock.now(), previous: None, offline: true, calendar: None, sender: None },
        );
        match checked.valid {
            Some(_) => Ok(book),
            None => Err(format!("the bench's return is not right: {:?}", checked.findings).into()),
        }
    }

    /// How many bytes the tables of a return take on the wire.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.tables.len()
    }

    /// How many rows a return has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.table.height()
    }

    /// The identity of a submitter's n-th return.
    ///
    /// # Errors
    /// When there are no more.
    pub fn identity(&self, submitter: usize, column: Column, serial: u32) -> Outcome<Identity> {
        let (first, years) = YEARS;
        let (sets, set, year) = match column {
            Column::Hits => (&self.narrow, serial / years, serial % years),
            Column::Misses => {
                let count = u32::try_from(self.wide.len())?;
                (&self.wide, serial % count, serial / count)
            }
        };
        let mask = sets.get(usize::try_from(set)?).filter(|_| year < years);
        let mask =
            mask.ok_or("there are no more identities: measure for a shorter time or in fewer rounds")?;
        let all = areas_of(submitter)?;
        let areas: Vec<AreaCode> =
            all.into_iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, area)| area).collect();
        let year = first + year;
        Ok(Identity {
            agency: agency(submitter)?,
            return_type: RETURN_TYPE.parse()?,
            areas,
            covers: Covers::Period(format!("{year}-{:02}", (year + 1) % 100).parse()?),
            part: None,
        })
    }

    /// A return as it is sent; `key` must never be used again.
    #[must_use]
    pub fn sent(&self, identity: &Identity, key: [u8; 16]) -> Sent {
        Sent { head: self.header(identity, key).encode_to_vec(), tables: self.tables.clone() }
    }

    /// A return as the generated code has it.
    #[must_use]
    pub fn request(&self, identity: &Identity, key: [u8; 16]) -> wire_v1::SubmitRequest {
        let Table { name, columns, cells } = self.table.clone();
        wire_v1::SubmitRequest {
            tables: vec![wire_v1::Table { name, columns, cells: cells.iter().map(str::to_owned).collect() }],
            ..self.header(identity, key)
        }
    }

    /// The digest of its content, as its receipt must state it.
    #[must_use]
    pub fn digest(&self, identity: &Identity) -> Digest {
        content::digest(&content::encode(identity, false, std::slice::from_ref(&self.table)))
    }

    fn header(&self, identity: &Identity, key: [u8; 16]) -> wire_v1::SubmitRequest {
        wire_v1::SubmitRequest {
            identity: Some(wire_v1::Identity {
                agency: identity.agency.to_string(),
                return_type: identity.return_type.to_string(),
                areas: identity.areas.iter().map(ToString::to_string).collect(),
                part: String::new(),
                covers: Some(wire_v1::identity::Covers::Period(identity.covers.to_string())),
            }),
            key: key.to_vec(),
            purpose: PURPOSE.to_owned(),
            type_digest: self.type_digest.0.to_vec(),
            ..Default::default()
        }
    }
}

fn agency(submitter: usize) -> Outcome<AgencyId> {
    Ok(super::world::agency_name(submitter).parse()?)
}

// area, indicator, period, value, unit: the five columns that travel
fn figure(line: &'static str) -> Option<Vec<&'static str>> {
    let mut quoted = false;
    let cells: Vec<&str> = line
        .split(|character| {
            quoted ^= character == '"';
            character == ',' && !quoted
        })
        .collect();
    let pick = |at: usize| cells.get(at).copied();
    if (pick(0)?, pick(1)?) != ("Hackney", "csc") {
        return None;
    }
    [0, 2, 4, 5, 6].into_iter().map(pick).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::bench::world;

    #[test]
    fn a_return_is_about_four_kilobytes_and_passes_its_check() {
        let book = Book::new(&world::policies().unwrap()).unwrap();
        assert_eq!(book.rows(), ROWS);
        assert!((3_000..5_000).contains(&book.bytes()), "{}", book.bytes());
    }

    #[test]
    fn no_two_returns_of_a_submitter_have_one_identity() {
        let book = Book::new(&world::policies().unwrap()).unwrap();
        let mut seen = HashSet::new();
        for column in [Column::Hits, Column::Misses] {
            for serial in (0..20_000).step_by(3) {
                assert!(seen.insert(book.identity(5, column, serial).unwrap()), "{column:?} {serial}");
            }
        }
        assert!(book.identity(0, Column::Hits, 15 * YEARS.1).is_err(), "and they come to an end");
    }

    #[test]
    fn what_is_sent_in_pieces_reads_as_the_whole() {
        let book = Book::new(&world::policies().unwrap()).unwrap();
        let identity = book.identity(3, Column::Misses, 7).unwrap();
        let sent = book.sent(&identity, [4; 16]);
        let whole = [sent.head.as_slice(), &sent.tables].concat();
        let read = wire_v1::SubmitRequest::decode(whole.as_slice()).unwrap();
        assert_eq!(read, book.request(&identity, [4; 16]));
    }
}
