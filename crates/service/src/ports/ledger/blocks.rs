//! Callers who are blocked, and clients who are paused.

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{Block, BlockId, BlockReason, ClientId, InteractionId, Pause, PhoneNumber, pool::life::Actor};

use super::{Client, LedgerError, Page};

/// Who is to be blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// A number.
    Phone(PhoneNumber),
    /// The other side of a call or text, whose number nobody need know.
    Interaction(InteractionId),
}

/// Somebody to be blocked.
#[derive(Debug, Clone)]
pub struct AddBlock {
    /// Our id for it, if it is new.
    pub id: BlockId,
    /// Who.
    pub whom: Whom,
    /// The one client who cannot be reached any more; none: no client can.
    pub client: Option<ClientId>,
    /// Why.
    pub reason: BlockReason,
    /// Who says so.
    pub actor: Actor,
    /// Now.
    pub now: Timestamp,
}

/// Which blocks to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct BlockFilter {
    /// Only those for this client alone.
    pub client: Option<ClientId>,
    /// Only those older than this one.
    pub after: Option<BlockId>,
    /// At most so many.
    pub limit: u32,
}

/// A pause to be begun, changed or ended.
#[derive(Debug, Clone)]
pub struct SetPause {
    /// Whose.
    pub id: ClientId,
    /// The pause; none: it ends. One that is changed goes on from when it began.
    pub pause: Option<Pause>,
    /// Now.
    pub now: Timestamp,
}

/// The part of the [`Ledger`](super::Ledger) that keeps people apart.
#[async_trait]
pub trait Blocklist: Send + Sync {
    /// Blocks somebody: no call or text that is decided after this reaches who it is for. Somebody who is blocked already
    /// stays so, with the reason given first.
    async fn add_block(&self, add: AddBlock) -> Result<Block, LedgerError>;

    /// Lets somebody call again. Gives what was removed.
    async fn remove_block(&self, id: BlockId) -> Result<Block, LedgerError>;

    /// Blocks, newest first.
    async fn blocks(&self, filter: BlockFilter) -> Result<Page<Block>, LedgerError>;

    /// Begins, changes or ends the pause of a client who is not closed.
    async fn set_pause(&self, set: SetPause) -> Result<Client, LedgerError>;
}
