//! A person's rights: everything that is known of somebody, handed over or erased; and nothing kept for longer than it is
//! needed.

mod copies;
mod export;
mod periods;

use jiff::SignedDuration;
use proxycall_domain::{ClientId, pool::life::Actor};

use crate::{
    Service,
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{EraseClient, Erasure, Work},
    },
};

pub use export::Export;
pub use periods::{Kept, Period};

/// The kinds of alert that are raised here.
pub mod alert {
    /// The carrier did not delete what an erased client left there. Subject: the client's id.
    pub const ERASURE_FAILED: &str = "erasure_failed";
}

/// How long after the start the periods are first looked at: a start is not the time for long work.
const FIRST_LOOK: SignedDuration = SignedDuration::from_secs(600);

impl Service {
    /// Sees that what comes again and again is there, whichever instance does it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn schedule_privacy_care(&self) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let first = now.checked_add(FIRST_LOOK).unwrap_or(now);
        self.ledger.ensure_job(self.chance.job_id(now), Work::DeleteCopies, now).await?;
        self.ledger.ensure_job(self.chance.job_id(now), Work::KeepPeriods, first).await
    }

    /// Erases a client, for good: at once from what is the client's own; jobs go on with what others have of the client, in
    /// the record, in the sheet and at the carrier. Erasing an erased client changes nothing.
    ///
    /// # Errors
    /// No such client.
    pub async fn erase_client(&self, id: ClientId, actor: Actor) -> Result<Erasure, LedgerError> {
        let now = self.clock.now();
        let quarantine_until = self.quarantine_until(id, now).await?;
        let erase = EraseClient { id, quarantine_until, actor, job: self.chance.job_id(now), now };
        let erasure = self.ledger.erase_client(erase).await?;
        self.wake.now();
        Ok(erasure)
    }

    /// How far the erasure of a client is.
    ///
    /// # Errors
    /// No such client, or one who is not being erased.
    pub async fn erasure(&self, id: ClientId) -> Result<Option<Erasure>, LedgerError> {
        match self.ledger.erasure(id).await? {
            Some(erasure) => Ok(Some(erasure)),
            None => self.ledger.known_client(id).await.map(|_| None),
        }
    }
}
