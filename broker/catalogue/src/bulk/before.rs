//! The return before this one, in the same typed columns, as far as rules look back.

use std::io::Read;

use concordat_core::table::Table;

use super::frame::{Frame, Sink};
use super::plan::Plan;
use crate::check::Context;
use crate::content::stream::{Heading, ReadFault, Reader};
use crate::definition::ReturnType;
use crate::rule::Unknown;

/// What there is to compare with.
pub(super) enum Before<'t> {
    /// Nothing, and why.
    Nothing(Unknown),
    /// Its columns.
    Columns(Box<Frame<'t>>),
}

impl<'t> Before<'t> {
    /// Whatever the context knows of it. `frame` holds this return, whose texts keep their numbers.
    pub(super) fn of(
        of: &'t ReturnType,
        plan: &'t Plan,
        context: &Context<'_>,
        frame: &mut Frame<'_>,
    ) -> Self {
        if context.offline {
            return Self::Nothing(Unknown::Offline);
        }
        match context.previous.filter(|_| of.needs_previous()) {
            None => Self::Nothing(Unknown::NoPrevious),
            Some(tables) => {
                let mut before = Frame::before(of, plan, std::mem::take(&mut frame.texts));
                tables.iter().for_each(|table| fill(of, table, &mut before));
                frame.texts = std::mem::take(&mut before.texts);
                Self::Columns(Box::new(before))
            }
        }
    }

    /// What a stream holds: the canonical bytes of the return before. What is wrong with them is no fault of this one's
    /// sender.
    pub(super) fn read(
        of: &'t ReturnType,
        plan: &'t Plan,
        input: &mut dyn Read,
        frame: &mut Frame<'_>,
    ) -> Result<Self, ReadFault> {
        Self::read_from(of, plan, input, frame).map_err(|fault| match fault {
            ReadFault::Content(fault) => ReadFault::Io(std::io::Error::other(fault)),
            failed @ ReadFault::Io(_) => failed,
        })
    }

    fn read_from(
        of: &'t ReturnType,
        plan: &'t Plan,
        input: &mut dyn Read,
        frame: &mut Frame<'_>,
    ) -> Result<Self, ReadFault> {
        let (mut reader, top) = Reader::new(input)?;
        let mut before = Frame::before(of, plan, std::mem::take(&mut frame.texts));
        for _ in 0..top.tables {
            let Heading { name, columns, rows } = reader.heading()?;
            let places = places(of, &name, &columns);
            if let Some((at, _)) = &places {
                before.begin(*at);
            }
            for _ in 0..rows {
                let row = reader.row(columns.len())?;
                if let Some((at, places)) = &places {
                    before.row(*at, cells(places, |at| row.get(at)));
                }
            }
        }
        frame.texts = std::mem::take(&mut before.texts);
        Ok(Self::Columns(Box::new(before)))
    }

    /// Why there is nothing.
    pub(super) fn nothing(&self) -> Option<Unknown> {
        match self {
            Self::Nothing(why) => Some(*why),
            Self::Columns(_) => None,
        }
    }

    pub(super) fn frame(&self) -> Option<&Frame<'t>> {
        match self {
            Self::Nothing(_) => None,
            Self::Columns(frame) => Some(frame),
        }
    }
}

fn fill(of: &ReturnType, table: &Table, sink: &mut impl Sink) {
    let sound = places(of, &table.name, &table.columns).filter(|_| table.is_rectangular());
    let Some((at, places)) = sound else { return };
    sink.begin(at);
    for row in table.rows() {
        sink.row(at, cells(&places, |at| row.get(at)));
    }
}

/// Which table of the type an earlier one is, and in which column of it each field stands. An earlier version may have
/// had other tables and columns: what is not there is blank.
fn places(of: &ReturnType, name: &str, columns: &[String]) -> Option<(usize, Vec<Option<usize>>)> {
    let at = of.tables.iter().position(|def| def.name == name)?;
    let fields = of.columns(of.tables.get(at)?).iter();
    let column = |name: &str| columns.iter().position(|column| column == name);
    Some((at, fields.map(|field| column(&field.name)).collect()))
}

fn cells<'c>(
    places: &[Option<usize>],
    cell: impl Fn(usize) -> Option<&'c str>,
) -> impl Iterator<Item = &'c str> {
    places.iter().map(move |place| place.and_then(&cell).unwrap_or_default())
}
