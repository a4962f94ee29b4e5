//! How things stand, for an operator who watches.

use jiff::Timestamp;
use proxycall_domain::{pool::stock::Stock, sheet::Tab};

/// How things stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Jobs by kind, of the first 10,000 that are due.
    pub jobs: Vec<WaitingJobs>,
    /// Numbers by country, type and state. How many were given out lately is not counted here.
    pub pool: Vec<Stock>,
    /// Alerts that stand, by kind.
    pub alerts: Vec<(String, u64)>,
    /// Rows that wait to be written into the sheet.
    pub sheet_waiting: Vec<(Tab, u64)>,
    /// Since when the oldest of them waits; none: none does, or none was seen yet.
    pub sheet_oldest: Option<Timestamp>,
    /// When the sheet was last read.
    pub sheet_read_at: Option<Timestamp>,
}

/// The jobs of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingJobs {
    /// The kind.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// When the oldest was made.
    pub oldest: Timestamp,
    /// When the first is due. Of one that is being run: when its lease ends.
    pub due: Timestamp,
}
