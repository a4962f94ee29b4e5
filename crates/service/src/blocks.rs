//! Promises: who is to be kept away from whom is checked whole before anything is done.

use jiff::Timestamp;
use proxycall_domain::{
    Block, BlockId, BlockReason, ClientId, FieldError, InteractionId, Pause,
    client::{Client, parse_phone},
    pool::life::Actor,
};

use crate::{
    Service,
    clients::RequestError,
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{AddBlock, SetPause, Whom},
    },
};

/// A block as it is sent to us: a phone or an interaction.
#[derive(Default)]
pub struct BlockFields<'a> {
    /// `phone`.
    pub phone: Option<&'a str>,
    /// `interaction_id`.
    pub interaction: Option<&'a str>,
    /// `client_id`; none: for all clients.
    pub client: Option<&'a str>,
    /// `reason`.
    pub reason: Option<&'a str>,
}

impl BlockFields<'_> {
    fn whom(&self) -> Result<Whom, FieldError> {
        match (self.phone, self.interaction) {
            (Some(phone), None) => Ok(Whom::Phone(parse_phone("phone", phone)?)),
            (None, Some(id)) => id
                .trim()
                .parse::<InteractionId>()
                .map(Whom::Interaction)
                .map_err(|error| FieldError::new("interaction_id", error.to_string())),
            (None, None) => Err(FieldError::new(
                "phone",
                (
                    "manque ; attendu : ce champ, ou interaction_id à sa place",
                    "is missing; expected it, or interaction_id instead",
                ),
            )),
            (Some(_), Some(_)) => Err(FieldError::new(
                "interaction_id",
                (
                    "est donné avec phone ; attendu : un seul des deux",
                    "stands beside phone; expected only one of the two",
                ),
            )),
        }
    }
}

impl Service {
    /// Blocks a caller, for one client or for all. Somebody who is blocked already stays so.
    ///
    /// # Errors
    /// A field, no such client or interaction, nobody to block, the client's own number.
    pub async fn add_block(&self, fields: &BlockFields<'_>, actor: Actor) -> Result<Block, RequestError> {
        let now = self.clock.now();
        let add = AddBlock {
            id: self.chance.block_id(now),
            whom: fields.whom()?,
            client: fields.client.map(|id| ClientId::parse("client_id", id)).transpose()?,
            reason: BlockReason::parse("reason", fields.reason)?,
            actor,
            now,
        };
        Ok(self.ledger.add_block(add).await?)
    }

    /// Lets somebody call again. Gives what was removed.
    ///
    /// # Errors
    /// No such block.
    pub async fn remove_block(&self, id: BlockId) -> Result<Block, LedgerError> {
        self.ledger.remove_block(id).await
    }

    /// Keeps everybody from reaching a client, until a moment or until it is ended. The client's own calls go out.
    ///
    /// # Errors
    /// A moment that is over, no such client, a closed one.
    pub async fn pause_client(&self, id: ClientId, until: Option<Timestamp>) -> Result<Client, RequestError> {
        let now = self.clock.now();
        if until.is_some_and(|until| until <= now) {
            return Err(FieldError::new(
                "until",
                ("est déjà passé ; attendu : un moment à venir", "is over already; expected a moment to come"),
            )
            .into());
        }
        Ok(self.ledger.set_pause(SetPause { id, pause: Some(Pause { since: now, until }), now }).await?)
    }

    /// Ends a client's pause. Whoever has none stays so.
    ///
    /// # Errors
    /// No such client, a closed one.
    pub async fn resume_client(&self, id: ClientId) -> Result<Client, LedgerError> {
        self.ledger.set_pause(SetPause { id, pause: None, now: self.clock.now() }).await
    }
}
