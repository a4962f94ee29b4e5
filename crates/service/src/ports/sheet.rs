//! Promises: everything the service asks of whoever keeps the spreadsheet, what each question costs there, and every way it
//! can go wrong, in words that never hold a cell.
//!
//! The spreadsheet has no conditional write: whoever asks reads, compares and writes, and looks again afterwards.

use std::{fmt, ops::Range, time::Duration};

use async_trait::async_trait;
use proxycall_domain::Said;

/// How many rows are packed together. A block that grew to the size of a large sheet would be there twice each time it
/// had to grow.
const BLOCK: usize = 1_024;

/// The cells of one tab, as texts, packed: a sheet of a hundred thousand rows is some hundred blocks of memory.
///
/// Rows may end early: what is not there is empty. A whole number reads without a decimal point, so that a phone which
/// became a number can still be read; truth values read `TRUE` and `FALSE`, formula errors as they show (`#REF!`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Each of [`BLOCK`] rows.
    full: Vec<Block>,
    /// The rows behind them.
    last: Block,
}

/// Some rows.
#[derive(Clone, Default, PartialEq, Eq)]
struct Block {
    text: String,
    /// Where each cell ends in `text`.
    cell_ends: Vec<u32>,
    /// Where each row ends in `cell_ends`.
    row_ends: Vec<u32>,
}

/// Leaves the cells out.
impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("rows", &self.rows()).finish_non_exhaustive()
    }
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn end_of(ends: &[u32], at: Option<usize>) -> usize {
    at.and_then(|at| ends.get(at)).map_or(0, |end| *end as usize)
}

impl Block {
    fn row(&self, row: usize) -> impl ExactSizeIterator<Item = &str> {
        let first = end_of(&self.row_ends, row.checked_sub(1));
        let last = end_of(&self.row_ends, Some(row)).max(first);
        (first..last).map(move |cell| {
            let start = end_of(&self.cell_ends, cell.checked_sub(1));
            self.text.get(start..end_of(&self.cell_ends, Some(cell))).unwrap_or_default()
        })
    }

    fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.cell_ends.shrink_to_fit();
        self.row_ends.shrink_to_fit();
    }
}

impl Table {
    /// Adds a cell to the row that is being filled.
    pub fn push_cell(&mut self, text: &str) {
        self.last.text.push_str(text);
        self.last.cell_ends.push(offset(self.last.text.len()));
    }

    /// Ends the row that is being filled.
    pub fn end_row(&mut self) {
        self.last.row_ends.push(offset(self.last.cell_ends.len()));
        if self.last.row_ends.len() == BLOCK {
            let mut full = std::mem::take(&mut self.last);
            full.shrink();
            self.full.push(full);
        }
    }

    /// How many rows there are, the first one (of headers) included.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.full.len() * BLOCK + self.last.row_ends.len()
    }

    /// The cells of a row, from 0.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = &str> {
        let block = self.full.get(row / BLOCK);
        // Behind the last row there is none, in the last block too.
        let last = (row / BLOCK).saturating_sub(self.full.len()) * BLOCK;
        block.unwrap_or(&self.last).row(last + row % BLOCK)
    }
}

impl<R> FromIterator<R> for Table
where
    R: IntoIterator,
    R::Item: AsRef<str>,
{
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        let mut table = Self::default();
        for row in rows {
            for cell in row {
                table.push_cell(cell.as_ref());
            }
            table.end_row();
        }
        table
    }
}

/// Cells beside each other in one row, to be written as they are: a text stays a text, whatever it looks like.
#[derive(Clone, PartialEq, Eq)]
pub struct CellWrite {
    /// The tab's title.
    pub tab: &'static str,
    /// The row, from 1 as the sheet shows it.
    pub row: u32,
    /// The first column, from 0 (`A`).
    pub column: u32,
    /// The cells from there on; an empty text empties its cell.
    pub cells: Vec<String>,
}

/// Leaves the cells out.
impl fmt::Debug for CellWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tab, row, column, cells } = self;
        write!(f, "CellWrite({tab} row {row}, column {column}, {} cells)", cells.len())
    }
}

/// One row to be added behind the last. `None` leaves a cell as empty as it was: nothing is written into it, so that a
/// formula above may spill over it.
pub type NewRow = Vec<Option<String>>;

/// A tab as the spreadsheet describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TabOutline {
    /// The title at its foot.
    pub title: String,
    /// How many rows its grid has.
    pub rows: u32,
    /// How many columns.
    pub columns: u32,
}

/// The spreadsheet as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetFile {
    /// Changes with every change of the spreadsheet.
    pub version: String,
    /// Whether the account may edit it.
    pub may_edit: bool,
}

/// A rectangle of cells: rows from 1 as the sheet shows them, columns from 0; the ends are not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// The rows.
    pub rows: Range<u32>,
    /// The columns.
    pub columns: Range<u32>,
}

impl Area {
    /// Whether a cell is in it.
    #[must_use]
    pub fn holds(&self, row: u32, column: u32) -> bool {
        self.rows.contains(&row) && self.columns.contains(&column)
    }
}

/// Cells that the account may not write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// The tab's title.
    pub tab: String,
    /// What is protected.
    pub area: Area,
    /// What is not, within that.
    pub open: Vec<Area>,
}

impl Protection {
    /// Whether it keeps the account from writing a cell.
    #[must_use]
    pub fn covers(&self, tab: &str, row: u32, column: u32) -> bool {
        self.tab == tab && self.area.holds(row, column) && !self.open.iter().any(|open| open.holds(row, column))
    }
}

/// Why the spreadsheet did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetError {
    /// Nothing was sent: no connection came about.
    Unreachable(String),
    /// The service account's key is not taken.
    Key(String),
    /// The account may not do this: the spreadsheet is not shared with it for editing, or an API is switched off (403).
    Forbidden(String),
    /// The account sees no such spreadsheet.
    NotFound,
    /// Several spreadsheets have this name.
    Ambiguous(usize),
    /// A tab is not there (any more).
    NoSuchTab,
    /// Among the cells to be written is one that is protected; none of them was written.
    Protected,
    /// What was named lies beyond the tab's last row or column.
    OutsideGrid,
    /// Too many requests: later.
    Quota {
        /// After so long, if it says.
        retry_after: Option<Duration>,
    },
    /// Google failed (5xx), or asks to come back.
    Failed {
        /// The HTTP status.
        status: u16,
    },
    /// Google does not take the request (4xx).
    Refused {
        /// The HTTP status.
        status: u16,
        /// Google's words, without quotations.
        message: String,
    },
    /// The request left, but its answer was lost or cut off: a write may have been done.
    AnswerLost(String),
}

impl SheetError {
    /// What happened and what to do.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Unreachable(cause) => (
                format!(
                    "Google est injoignable ({cause}) ; vérifiez GOOGLE_API_BASE_URL s’il est défini, ou attendez si Google \
                     est en panne"
                ),
                format!(
                    "Google could not be reached ({cause}); check GOOGLE_API_BASE_URL if it is set, or wait if Google is \
                     down"
                ),
            ),
            Self::Key(cause) => (
                format!(
                    "Google n’accepte pas la clé du compte de service ({cause}) ; créez une nouvelle clé, indiquez-la dans \
                     GOOGLE_SERVICE_ACCOUNT_FILE ou GOOGLE_SERVICE_ACCOUNT_JSON, et redémarrez"
                ),
                format!(
                    "Google does not accept the service account's key ({cause}); make a new key for the account, set it in \
                     GOOGLE_SERVICE_ACCOUNT_FILE or GOOGLE_SERVICE_ACCOUNT_JSON, and restart"
                ),
            ),
            Self::Forbidden(cause) => (
                format!(
                    "Google refuse l’accès ({cause}) ; partagez le classeur avec le compte de service comme éditeur, et \
                     activez l’API Google Sheets et l’API Google Drive dans son projet"
                ),
                format!(
                    "Google refuses access ({cause}); share the spreadsheet with the service account as an editor, and \
                     enable the Google Sheets API and the Google Drive API in its project"
                ),
            ),
            Self::NotFound => return NOT_FOUND.into(),
            Self::Ambiguous(count) => (
                format!(
                    "{count} classeurs partagés avec le compte de service portent ce nom ; indiquez le bon dans \
                     GOOGLE_SHEET_ID"
                ),
                format!(
                    "{count} spreadsheets that are shared with the service account have this name; set GOOGLE_SHEET_ID to \
                     the right one"
                ),
            ),
            Self::NoSuchTab => return NO_SUCH_TAB.into(),
            Self::Protected => return PROTECTED.into(),
            Self::OutsideGrid => return OUTSIDE_GRID.into(),
            Self::Quota { .. } => return QUOTA.into(),
            Self::Failed { status } => (
                format!("Google est en panne (HTTP {status}) ; il sera sollicité de nouveau plus tard"),
                format!("Google failed (HTTP {status}); it is asked again later"),
            ),
            Self::Refused { status, message } => (
                format!("Google n’accepte pas la demande (HTTP {status} : {message})"),
                format!("Google does not take the request (HTTP {status}: {message})"),
            ),
            Self::AnswerLost(cause) => (
                format!("la réponse de Google s’est perdue ({cause}) ; ce qui devait être écrit est vérifié"),
                format!("Google's answer was lost ({cause}); what was to be written is looked up"),
            ),
        }
        .into()
    }
}

const NOT_FOUND: (&str, &str) = (
    "le compte de service ne voit aucun classeur de ce nom ou de cet identifiant ; partagez-le avec le compte comme éditeur, \
     et vérifiez GOOGLE_SHEET_NAME ou GOOGLE_SHEET_ID",
    "the service account sees no spreadsheet of this name or id; share it with the account as an editor, and check \
     GOOGLE_SHEET_NAME or GOOGLE_SHEET_ID",
);
const NO_SUCH_TAB: (&str, &str) = (
    "il manque au classeur un onglet demandé ; `proxycall sheet init` crée ceux qui manquent",
    "the spreadsheet lacks a tab that was asked for; `proxycall sheet init` makes those that are missing",
);
const PROTECTED: (&str, &str) = (
    "une cellule à écrire est protégée ; dans le classeur, sous Données, Protéger des feuilles et des plages, autorisez le \
     compte de service à la modifier, ou levez la protection",
    "a cell that is to be written is protected; in the spreadsheet, under Data, Protect sheets and ranges, let the service \
     account edit it, or lift the protection",
);
const OUTSIDE_GRID: (&str, &str) = (
    "la grille de l’onglet s’arrête avant l’endroit demandé ; ajoutez des lignes en bas",
    "the tab's grid ends before the place that was asked for; add rows at its foot",
);
const QUOTA: (&str, &str) = (
    "le quota de Google est épuisé pour l’instant ; il sera sollicité de nouveau plus tard",
    "Google's quota is used up for now; it is asked again later",
);

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said().fmt(f)
    }
}

impl std::error::Error for SheetError {}

/// The spreadsheet. Nothing is repeated inside: whoever asks decides what a failure means. Each question is one request to
/// Google, but for the first one, which may need two more for an access token and the spreadsheet's id.
#[async_trait]
pub trait Sheet: Send + Sync {
    /// Reads whole tabs: one read request for all of them. Each table ends with the last row that holds anything.
    ///
    /// # Errors
    /// [`SheetError::NoSuchTab`] when one of the tabs is not there; see [`SheetError`] for the others.
    async fn read(&self, tabs: &[&str]) -> Result<Vec<Table>, SheetError>;

    /// Reads the first rows of tabs: one read request for all of them.
    ///
    /// # Errors
    /// As for [`Self::read`].
    async fn headers(&self, tabs: &[&str]) -> Result<Vec<Table>, SheetError>;

    /// Writes cells: one write request for all of them, which is done whole or not at all.
    ///
    /// # Errors
    /// [`SheetError::Protected`] when one of them is; see [`SheetError`] for the others. [`SheetError::AnswerLost`] means
    /// that it may have been done.
    async fn write(&self, writes: &[CellWrite]) -> Result<(), SheetError>;

    /// Adds rows from the first column on, behind a row, from 1, and behind whatever stands below it in that column by
    /// now: one write request. The first new row's number, from 1, where Google says it. `after` none: behind the last
    /// row that holds anything in the first column, or at the top if none does.
    ///
    /// # Errors
    /// [`SheetError::OutsideGrid`] when the tab's grid ends with that row; see [`SheetError`] for the others.
    /// [`SheetError::AnswerLost`] means that it may have been done.
    async fn append(&self, tab: &str, after: Option<u32>, rows: &[NewRow]) -> Result<Option<u32>, SheetError>;

    /// What is in the spreadsheet: one read request.
    ///
    /// # Errors
    /// See [`SheetError`].
    async fn outline(&self) -> Result<Vec<TabOutline>, SheetError>;

    /// What the account may not write although it may edit the spreadsheet: one read request.
    ///
    /// # Errors
    /// See [`SheetError`].
    async fn protections(&self) -> Result<Vec<Protection>, SheetError>;

    /// Makes a tab, whose cells are texts, with this first row: two write requests.
    ///
    /// # Errors
    /// See [`SheetError`].
    async fn create_tab(&self, title: &str, headers: &[&str]) -> Result<(), SheetError>;

    /// What is known of the spreadsheet without reading it, and is cheap to ask: a request to Drive, which counts for another
    /// quota.
    ///
    /// # Errors
    /// See [`SheetError`].
    async fn file(&self) -> Result<SheetFile, SheetError>;

    /// With which e-mail address the spreadsheet has to be shared.
    fn account(&self) -> &str;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_back_the_cells_it_was_given() {
        let rows: [&[&str]; 4] = [&["client_id", "client_name"], &[], &["1", "Zoé", ""], &["2"]];
        let table: Table = rows.iter().copied().collect();
        assert_eq!(table.rows(), 4);
        for (at, row) in rows.iter().enumerate() {
            assert_eq!(table.row(at).collect::<Vec<_>>(), *row);
        }
        assert_eq!(table.row(4).len(), 0);
        assert_eq!(format!("{table:?}"), "Table { rows: 4, .. }");
    }

    #[test]
    fn a_large_table_gives_back_each_row_and_nothing_behind_the_last() {
        for rows in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 7] {
            let table: Table = (0..rows).map(|row| vec![row.to_string(); row % 3]).collect();
            assert_eq!(table.rows(), rows);
            for row in 0..rows {
                assert_eq!(table.row(row).collect::<Vec<_>>(), vec![row.to_string(); row % 3]);
            }
            for behind in [rows, rows + 1, rows + BLOCK, rows + 5 * BLOCK] {
                assert_eq!(table.row(behind).len(), 0, "{rows} rows");
            }
        }
    }
}
