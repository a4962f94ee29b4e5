//! The part of the port that the operator's console reads.

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{ClientId, PendingId, PhoneNumber, traffic::TrafficHour};
use proxycall_service::ports::{
    LedgerError,
    ledger::{
        ActivityFilter, ActivityPage, BoardCounts, BoardEntry, BoardFilter, ClientView, ConsoleBook, NumberFile, Page,
    },
};

use crate::{Engine, Store, postgres, sqlite};

#[async_trait]
impl ConsoleBook for Store {
    async fn activity(&self, filter: ActivityFilter) -> Result<ActivityPage, LedgerError> {
        read!(self, activity::activity(&filter))
    }

    async fn traffic(&self, from: Timestamp, now: Timestamp) -> Result<Vec<TrafficHour>, LedgerError> {
        read!(self, traffic::traffic(from, now))
    }

    async fn under_way(&self, now: Timestamp) -> Result<(u64, u64), LedgerError> {
        read!(self, traffic::under_way(now))
    }

    async fn board(&self, filter: BoardFilter, now: Timestamp) -> Result<Page<BoardEntry>, LedgerError> {
        read!(self, board::board(&filter, now))
    }

    async fn board_counts(&self, now: Timestamp) -> Result<BoardCounts, LedgerError> {
        read!(self, board::board_counts(now))
    }

    async fn board_entry(&self, id: PendingId) -> Result<Option<BoardEntry>, LedgerError> {
        read!(self, board::board_entry(&id))
    }

    async fn client_view(&self, id: ClientId, limit: u32) -> Result<Option<ClientView>, LedgerError> {
        read!(self, console::client_view(id, limit))
    }

    async fn number_file(&self, phone: PhoneNumber, limit: u32) -> Result<Option<NumberFile>, LedgerError> {
        read!(self, console::number_file(phone, limit))
    }
}
