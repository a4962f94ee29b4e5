//! The part of the port that keeps people apart.

use std::sync::Arc;

use async_trait::async_trait;
use proxycall_domain::{Block, BlockId, client::Client};
use proxycall_service::ports::{
    LedgerError,
    ledger::{AddBlock, BlockFilter, Blocklist, Page, SetPause},
};

use crate::{Engine, Store, postgres, sqlite};

#[async_trait]
impl Blocklist for Store {
    async fn add_block(&self, add: AddBlock) -> Result<Block, LedgerError> {
        unit!(self, blocks::add_block(add))
    }

    async fn remove_block(&self, id: BlockId) -> Result<Block, LedgerError> {
        unit!(self, blocks::remove_block(id))
    }

    async fn blocks(&self, filter: BlockFilter) -> Result<Page<Block>, LedgerError> {
        read!(self, blocks::blocks(&filter))
    }

    async fn set_pause(&self, set: SetPause) -> Result<Client, LedgerError> {
        unit!(self, blocks::set_pause(set))
    }
}
