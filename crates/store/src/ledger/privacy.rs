//! The part of the port that is about a person's rights.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{
    ClientId, Confirmation, InteractionId, PhoneNumber, client::Client, retention::Retention, sheet::Cells,
};
use proxycall_service::ports::{
    LedgerError,
    ledger::{
        CarrierCopy, Contacts, CopyResult, EraseClient, Erasure, ErasurePart, HeldNumber, Overdue, PrivacyBook,
        RetentionPart,
    },
};

use crate::{Engine, Store, postgres, sqlite};

#[async_trait]
impl PrivacyBook for Store {
    async fn erase_client(&self, erase: EraseClient) -> Result<Erasure, LedgerError> {
        unit!(self, erasure::erase_client(erase))
    }

    async fn erase_part(&self, client: ClientId, now: Timestamp) -> Result<ErasurePart, LedgerError> {
        unit!(self, erasure::erase_part(client, now))
    }

    async fn erasure(&self, client: ClientId) -> Result<Option<Erasure>, LedgerError> {
        read!(self, erasure::erasure(client))
    }

    async fn copies_due(&self, limit: u32, now: Timestamp) -> Result<Vec<CarrierCopy>, LedgerError> {
        read!(self, carrier_copies::copies_due(limit, now))
    }

    async fn note_copy(&self, sid: String, result: CopyResult, now: Timestamp) -> Result<(), LedgerError> {
        unit!(self, carrier_copies::note_copy(sid, result, now))
    }

    async fn known_client(&self, id: ClientId) -> Result<Client, LedgerError> {
        read!(self, export::known_client(id))
    }

    async fn numbers_of(&self, client: ClientId) -> Result<Vec<HeldNumber>, LedgerError> {
        read!(self, export::numbers_of(client))
    }

    async fn confirmations_of(&self, client: &Client) -> Result<Vec<Confirmation>, LedgerError> {
        read!(self, export::confirmations_of(client))
    }

    async fn kept_texts(&self, client: ClientId) -> Result<Vec<(InteractionId, String)>, LedgerError> {
        read!(self, export::kept_texts(client))
    }

    async fn shown_of(&self, client: ClientId) -> Result<Option<Cells>, LedgerError> {
        read!(self, export::shown_of(client))
    }

    async fn contacts_of(&self, phone: PhoneNumber, after: Option<InteractionId>) -> Result<Contacts, LedgerError> {
        read!(self, export::contacts_of(phone, after))
    }

    async fn keep_periods(&self, periods: Retention, now: Timestamp) -> Result<RetentionPart, LedgerError> {
        unit!(self, retention::keep_periods(periods, now))
    }

    async fn overdue(&self, periods: Retention, now: Timestamp) -> Result<Vec<Overdue>, LedgerError> {
        read!(self, retention::overdue(periods, now))
    }
}
