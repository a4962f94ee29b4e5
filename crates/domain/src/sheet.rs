//! Promises: what the Google Sheet says, what the store says and what was last the same in both are turned into cells
//! to write and edits to carry out, and nothing that is not ours is ever among them.
//!
//! The store is the system of record; the sheet is its live mirror, in which people type. One cycle, of which this
//! module is the pure part:
//!
//! 1. [`Layout::find`] says where the columns are, [`read_rows`] turns a tab into [`Row`]s of canonical [`Cells`].
//! 2. [`judge`] says which of our own writes arrived, and which landed in a row they were not meant for; both become
//!    part of that row's base.
//! 3. [`compare`] decides row by row from three sides: last synchronised, sheet, and store ([`Record`]).
//!
//! Tabs, headers and words are those that staff and their Apps Script know (`original-behaviour` §3, §6.1, §7, §12).

pub mod cell;
mod cells;
mod column;
mod compare;
mod intent;
mod layout;
mod mistaken;
mod reading;
mod record;
mod strayed;

pub use cells::Cells;
pub use column::{Column, Kind, Owner};
pub use compare::{Difference, NewClientRow, Reason, Step, compare, too_many_vanished};
pub use intent::{Intent, Judgement, Known, Misplaced, Verdict, judge};
pub use layout::{Layout, LayoutError, letters};
pub use mistaken::{displaced, exchanged};
pub use reading::{Fault, Problem, Reading, Row, read_rows};
pub use record::Record;
pub use strayed::{Line, Placed, Strayed, strayed};

/// A tab that we mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tab {
    /// The clients.
    Clients,
    /// The proxy numbers.
    Pool,
    /// The confirmations, in progress and over.
    Confirmations,
}

impl Tab {
    /// Every tab.
    pub const ALL: [Self; 3] = [Self::Clients, Self::Pool, Self::Confirmations];

    /// The title at its foot.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Clients => "Clients",
            Self::Pool => "TwilioPools",
            Self::Confirmations => "CONFIRMATION_PENDING",
        }
    }

    /// The first row that may hold data, from 1. Row 2 of the clients is reserved for array formulas
    /// (`original-behaviour` §3.1).
    #[must_use]
    pub fn first_row(self) -> u32 {
        match self {
            Self::Clients => 3,
            Self::Pool | Self::Confirmations => 2,
        }
    }

    /// The columns that we know, in the original's order.
    pub fn columns(self) -> impl Iterator<Item = Column> {
        Column::ALL.iter().copied().filter(move |column| column.tab() == self)
    }

    /// The column that says which record a row is.
    #[must_use]
    pub fn key(self) -> Column {
        match self {
            Self::Clients => Column::ClientId,
            Self::Pool => Column::NumberPhone,
            Self::Confirmations => Column::PendingId,
        }
    }

    /// The column for why an edit was put back, where there is one.
    #[must_use]
    pub fn note(self) -> Column {
        match self {
            Self::Clients => Column::ClientNote,
            Self::Pool => Column::NumberNote,
            Self::Confirmations => Column::PendingNote,
        }
    }
}

#[cfg(test)]
mod tests;
