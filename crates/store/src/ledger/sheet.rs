//! The part of the port that is about the Google Sheet.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{
    JobId,
    sheet::{Cells, Intent, Record, Tab},
};
use proxycall_service::ports::{
    LedgerError,
    ledger::{Mark, ProblemAt, SheetBook, SheetChanges, SheetNews, SheetProblem, SheetState},
};

use crate::{Engine, Store, postgres, sqlite};

#[async_trait]
impl SheetBook for Store {
    async fn mark_changes(&self, on: bool) -> Result<bool, LedgerError> {
        unit!(self, sheet::mark_changes(on))
    }

    async fn own_sheet(&self, owner: JobId, until: Timestamp, now: Timestamp) -> Result<bool, LedgerError> {
        unit!(self, sheet::own_sheet(owner, until, now))
    }

    async fn sheet_state(&self) -> Result<SheetState, LedgerError> {
        read!(self, sheet::sheet_state())
    }

    async fn note_sheet(&self, news: SheetNews, now: Timestamp) -> Result<(), LedgerError> {
        unit!(self, sheet::note_sheet(news, now))
    }

    async fn sheet_waits(&self) -> Result<u64, LedgerError> {
        read!(self, sheet::sheet_waits())
    }

    async fn sheet_marks(&self, limit: u32, now: Timestamp) -> Result<Vec<Mark>, LedgerError> {
        unit!(self, sheet::sheet_marks(limit, now))
    }

    async fn mark_all(&self) -> Result<(), LedgerError> {
        unit!(self, sheet::mark_all())
    }

    async fn sheet_keys(&self, tab: Tab) -> Result<Vec<String>, LedgerError> {
        read!(self, sheet::sheet_keys(tab))
    }

    async fn live_records(&self, tab: Tab) -> Result<usize, LedgerError> {
        read!(self, sheet::live_records(tab))
    }

    async fn forget_sheet(&self) -> Result<(), LedgerError> {
        unit!(self, sheet::forget_sheet())
    }

    async fn sheet_rows(&self, tab: Tab, after: String, limit: u32) -> Result<Vec<(String, Cells)>, LedgerError> {
        read!(self, sheet::sheet_rows(tab, after, limit))
    }

    async fn sheet_rows_of(&self, tab: Tab, keys: Vec<String>) -> Result<Vec<(String, Cells)>, LedgerError> {
        read!(self, sheet::sheet_rows_of(tab, keys))
    }

    async fn sheet_records(
        &self,
        tab: Tab,
        keys: Vec<String>,
        now: Timestamp,
    ) -> Result<Vec<(String, Record)>, LedgerError> {
        read!(self, sheet::sheet_records(tab, keys, now))
    }

    async fn sheet_intents(&self, tab: Tab) -> Result<Vec<Intent>, LedgerError> {
        read!(self, sheet::sheet_intents(tab))
    }

    async fn keep_sheet(&self, changes: SheetChanges, now: Timestamp) -> Result<(), LedgerError> {
        unit!(self, sheet::keep_sheet(changes, now))
    }

    async fn sheet_problems(&self, after: Option<ProblemAt>, limit: u32) -> Result<Vec<SheetProblem>, LedgerError> {
        read!(self, sheet::sheet_problems(after, limit))
    }
}
