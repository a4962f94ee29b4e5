//! Promises: what is sealed says which column it belongs to, and opens nowhere else.

/// A column that is sealed. Its name is bound into the seal: changed, nothing of it can be opened any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column(&'static str);

impl Column {
    /// `table.column`.
    pub(crate) const fn name(self) -> &'static str {
        self.0
    }
}

// A new one also needs its line in `verbs/vault_steps.rs`, so that it follows a new secret.
pub(crate) const CLIENT_PHONE: Column = Column("client.phone");
pub(crate) const CLIENT_LAST_CALLER: Column = Column("client.last_caller");
pub(crate) const INTERACTION_PARTY: Column = Column("interaction.party");
pub(crate) const INTERACTION_ANSWER: Column = Column("interaction.answer");
pub(crate) const INTERACTION_BODY: Column = Column("interaction.body");
pub(crate) const INTERACTION_RELAY_TO: Column = Column("interaction.relay_to");
pub(crate) const CONFIRMATION_PHONE: Column = Column("confirmation.phone");
pub(crate) const CODE_REPLY_ANSWER: Column = Column("code_reply.answer");
pub(crate) const JOB_WORK: Column = Column("job.work");
pub(crate) const SHEET_ROW_CELLS: Column = Column("sheet_row.cells");
pub(crate) const SHEET_INTENT_INTENTS: Column = Column("sheet_intent.intents");
pub(crate) const BLOCK_PHONE: Column = Column("block.phone");
pub(crate) const BLOCK_REASON: Column = Column("block.reason");
pub(crate) const ERASURE_WANTED: Column = Column("erasure.wanted");
/// Is not renewed: it is gone after a day.
pub(crate) const REQUEST_ANSWER: Column = Column("request.answer");
