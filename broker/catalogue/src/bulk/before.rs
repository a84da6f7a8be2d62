//! The return before this one, in the same typed columns, as far as rules look back.

use concordat_core::table::Table;

use super::frame::{Frame, Sink};
use super::plan::Plan;
use crate::check::Context;
use crate::definition::ReturnType;
use crate::rule::Unknown;

/// What there is to compare with.
pub(super) enum Before<'t> {
    /// Nothing, and why.
    Nothing(Unknown),
    /// Its columns.
    Columns(Frame<'t>),
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
                Self::Columns(before)
            }
        }
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

// an earlier version may have had other tables and columns: what is not there is blank
fn fill(of: &ReturnType, table: &Table, sink: &mut impl Sink) {
    let Some(at) = of.tables.iter().position(|def| def.name == table.name) else { return };
    let Some(def) = of.tables.get(at).filter(|_| table.is_rectangular()) else { return };
    let columns: Vec<Option<usize>> = of.columns(def).iter().map(|field| table.column(&field.name)).collect();
    sink.begin(at);
    for row in table.rows() {
        sink.row(at, columns.iter().map(|column| column.and_then(|at| row.get(at)).unwrap_or_default()));
    }
}
