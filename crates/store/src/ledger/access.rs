//! The part of the port that is about who may use the API, and what operators did.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{ActId, ActOutcome, TokenName};
use proxycall_service::ports::{
    LedgerError,
    ledger::{AccessBook, ApiToken, AuditEntry, AuditFilter, ConsoleSession, Page, TokenHash},
};

use crate::{Engine, Store, postgres, sqlite};

#[async_trait]
impl AccessBook for Store {
    async fn tokens(&self) -> Result<Vec<ApiToken>, LedgerError> {
        read!(self, access::tokens())
    }

    async fn add_token(&self, token: ApiToken) -> Result<(), LedgerError> {
        unit!(self, access::add_token(token))
    }

    async fn rotate_token(&self, name: TokenName, hash: TokenHash, now: Timestamp) -> Result<ApiToken, LedgerError> {
        unit!(self, access::rotate_token(name, hash, now))
    }

    async fn revoke_token(&self, name: TokenName, now: Timestamp) -> Result<ApiToken, LedgerError> {
        unit!(self, access::revoke_token(name, now))
    }

    async fn note_tokens_used(&self, used: Vec<(TokenName, Timestamp)>) -> Result<(), LedgerError> {
        unit!(self, access::note_tokens_used(used))
    }

    async fn begin_session(&self, session: ConsoleSession, over_before: Timestamp) -> Result<(), LedgerError> {
        unit!(self, sessions::begin_session(session, over_before))
    }

    async fn session(&self, hash: TokenHash) -> Result<Option<ConsoleSession>, LedgerError> {
        read!(self, sessions::session(&hash))
    }

    async fn note_session_seen(&self, hash: TokenHash, now: Timestamp) -> Result<(), LedgerError> {
        unit!(self, sessions::note_session_seen(hash, now))
    }

    async fn end_session(&self, hash: TokenHash) -> Result<(), LedgerError> {
        unit!(self, sessions::end_session(hash))
    }

    async fn end_sessions_of(&self, token: TokenName) -> Result<u64, LedgerError> {
        unit!(self, sessions::end_sessions_of(token))
    }

    async fn begin_act(&self, act: AuditEntry) -> Result<(), LedgerError> {
        unit!(self, access::begin_act(act))
    }

    async fn end_act(&self, id: ActId, subject: Option<String>, outcome: ActOutcome) -> Result<(), LedgerError> {
        unit!(self, access::end_act(id, subject, outcome))
    }

    async fn acts(&self, filter: AuditFilter) -> Result<Page<AuditEntry>, LedgerError> {
        read!(self, access::acts(&filter))
    }
}
