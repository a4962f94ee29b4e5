//! What the store keeps for the mirror of the Google Sheet: marks of what changed, what the sheet last showed, and what
//! was sent there. Every change of a record marks its row in the same unit, whichever verb makes it.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{
    ClientId, JobId, Said,
    sheet::{Cells, Intent, Record, Tab},
};

use super::LedgerError;

/// A record that differs, or may differ, from its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The tab.
    pub tab: Tab,
    /// Whose row.
    pub key: String,
    /// Tells this change from a later one.
    pub seq: i64,
    /// When the mirror saw it first.
    pub since: Timestamp,
}

/// What one cycle found out.
#[derive(Debug, Clone, Default)]
pub struct SheetChanges {
    /// Whether the shop knows a client, as the sheet says.
    pub in_shop: Vec<(ClientId, Option<bool>)>,
    /// What is the same in sheet and store from now on; none: nothing any more.
    pub bases: Vec<(Tab, String, Option<Cells>)>,
    /// What is about to be sent to a tab. Takes the place of what was sent there before, and was looked for in this
    /// cycle.
    pub intents: Vec<(Tab, Vec<Intent>)>,
    /// Rows that are to be looked at again although nothing of them is sent.
    pub marked: Vec<(Tab, String)>,
    /// Marks of which nothing is left to be written, unless the record changed again.
    pub unmarked: Vec<Mark>,
    /// What a person should know of a row; none: nothing any more.
    pub problems: Vec<(Tab, String, Option<Told>)>,
}

/// Something that a person should know of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What is wrong, or was put back and why. Never what stands in a cell.
    pub reason: Said,
    /// Whether it is so until somebody puts it right; else it happened.
    pub standing: bool,
}

/// How many rows are kept in one unit: calls wait meanwhile.
const AT_ONCE: usize = 25;

impl SheetChanges {
    /// In parts, each to be kept in a unit of its own: first what others say, what is about to be sent and what cannot
    /// be, then what is the same, then what is settled. A refused edit is kept as if it were the same: were it kept before
    /// the write that replaces it, a crash between the two would let it stay. After a crash between two of them the next
    /// cycle finds the rest out again.
    pub fn parts(self) -> impl Iterator<Item = Self> {
        let Self { in_shop, bases, intents, marked, unmarked, problems } = self;
        let shop = in_chunks(in_shop).map(|in_shop| Self { in_shop, ..Self::default() });
        let marked = in_chunks(marked).map(|marked| Self { marked, ..Self::default() });
        let bases = in_chunks(bases).map(|bases| Self { bases, ..Self::default() });
        let told = in_chunks(problems).map(|problems| Self { problems, ..Self::default() });
        let sent = intents.into_iter().map(|intents| Self { intents: vec![intents], ..Self::default() });
        let settled = in_chunks(unmarked).map(|unmarked| Self { unmarked, ..Self::default() });
        shop.chain(sent).chain(marked).chain(bases).chain(told).chain(settled)
    }
}

fn in_chunks<T>(all: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut rest = all.into_iter();
    let next = move || Some(rest.by_ref().take(AT_ONCE).collect::<Vec<T>>());
    std::iter::from_fn(next).take_while(|some| !some.is_empty())
}

/// What came of an exchange with the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetNews {
    /// It was read, and perhaps written.
    Well {
        /// Whether something was written.
        wrote: bool,
    },
    /// It could not be, for this reason.
    Failed(Said),
    /// Its first content was taken over, or the store's put into it.
    Begun,
}

/// Something in the sheet that a person should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetProblem {
    /// The tab.
    pub tab: Tab,
    /// The row's key; for a row without one, its number with a `#` before it; empty for the whole tab.
    pub key: String,
    /// What is wrong, or was put back and why.
    pub reason: Said,
    /// Whether it is so until somebody puts it right; else it happened.
    pub standing: bool,
    /// Since when.
    pub since: Timestamp,
}

/// Where a list of problems goes on: behind this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemAt {
    /// Since when it is known.
    pub since: Timestamp,
    /// Its tab.
    pub tab: Tab,
    /// Its row's key.
    pub key: String,
}

impl SheetProblem {
    /// Where the list goes on behind it.
    #[must_use]
    pub fn at(&self) -> ProblemAt {
        ProblemAt { since: self.since, tab: self.tab, key: self.key.clone() }
    }
}

/// As it stands in an address: `1764280800000.Clients.7`.
impl fmt::Display for ProblemAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.since.as_millisecond(), self.tab.title(), self.key)
    }
}

impl ProblemAt {
    /// Reads what [`fmt::Display`] writes. None: it is nothing such.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let since = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
        let title = parts.next()?;
        let tab = Tab::ALL.into_iter().find(|tab| tab.title() == title)?;
        Some(Self { since, tab, key: parts.next()?.to_owned() })
    }
}

/// How the mirror goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetState {
    /// Whether changes are marked: a sheet is set up.
    pub marking: bool,
    /// When it was begun.
    pub begun_at: Option<Timestamp>,
    /// When the sheet was last read.
    pub read_at: Option<Timestamp>,
    /// When it was last written.
    pub written_at: Option<Timestamp>,
    /// What kept the last exchange from succeeding, and when.
    pub failure: Option<(Said, Timestamp)>,
    /// How many rows wait to be written, seen or not.
    pub waiting: u64,
    /// Since when the oldest of them waits; none: none was seen yet.
    pub oldest: Option<Timestamp>,
    /// How many rows are in both.
    pub rows: u64,
    /// How many things people should know.
    pub problems: u64,
    /// How many of them are so until somebody puts them right.
    pub standing: u64,
}

/// The store's side of the mirror.
#[async_trait]
pub trait SheetBook: Send + Sync {
    /// From now on changes are marked, or not. Says whether that is new.
    async fn mark_changes(&self, on: bool) -> Result<bool, LedgerError>;

    /// Takes the sheet for one instance, or keeps it; false when another has it.
    async fn own_sheet(&self, owner: JobId, until: Timestamp, now: Timestamp) -> Result<bool, LedgerError>;

    /// How the mirror goes.
    async fn sheet_state(&self) -> Result<SheetState, LedgerError>;

    /// Keeps what came of an exchange.
    async fn note_sheet(&self, news: SheetNews, now: Timestamp) -> Result<(), LedgerError>;

    /// How many rows are marked.
    async fn sheet_waits(&self) -> Result<u64, LedgerError>;

    /// What is marked, the oldest first, so many at most; what nobody has seen before is seen now.
    async fn sheet_marks(&self, limit: u32, now: Timestamp) -> Result<Vec<Mark>, LedgerError>;

    /// Marks every record.
    async fn mark_all(&self) -> Result<(), LedgerError>;

    /// The key of every record of a tab, in no order.
    async fn sheet_keys(&self, tab: Tab) -> Result<Vec<String>, LedgerError>;

    /// How many records of a tab are still going on.
    async fn live_records(&self, tab: Tab) -> Result<usize, LedgerError>;

    /// Forgets all that is known of the sheet, and who owns it, as if there had never been one: for another sheet, with
    /// which the mirror begins anew. Whether changes are marked stays as it is.
    async fn forget_sheet(&self) -> Result<(), LedgerError>;

    /// What was last the same, for rows after a key, in the order of keys.
    async fn sheet_rows(&self, tab: Tab, after: String, limit: u32) -> Result<Vec<(String, Cells)>, LedgerError>;

    /// What was last the same, for these keys.
    async fn sheet_rows_of(&self, tab: Tab, keys: Vec<String>) -> Result<Vec<(String, Cells)>, LedgerError>;

    /// What the sheet should show, for these keys. A key without record is left out.
    async fn sheet_records(
        &self,
        tab: Tab,
        keys: Vec<String>,
        now: Timestamp,
    ) -> Result<Vec<(String, Record)>, LedgerError>;

    /// What was sent to a tab in the last cycle.
    async fn sheet_intents(&self, tab: Tab) -> Result<Vec<Intent>, LedgerError>;

    /// Keeps what one cycle found out.
    async fn keep_sheet(&self, changes: SheetChanges, now: Timestamp) -> Result<(), LedgerError>;

    /// What people should know, the newest first, behind one of them, so many at most.
    async fn sheet_problems(&self, after: Option<ProblemAt>, limit: u32) -> Result<Vec<SheetProblem>, LedgerError>;
}
