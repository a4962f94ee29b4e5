//! Promises: what is over its time is emptied, part by part, each a unit of its own; a part that fails is done again.

use jiff::Timestamp;
use proxycall_domain::pool::life::Actor;

use crate::{
    Service,
    ports::{LedgerError, ledger::Overdue},
};

/// A kind of data with its period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The kind; its setting is `retention.{kind}_days`.
    pub of: Overdue,
    /// The moment before which it is not kept; none: it is kept for ever.
    pub before: Option<Timestamp>,
}

/// What keeping the periods came to, so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Closed clients that were erased.
    pub clients: u64,
    /// Records that were emptied, deleted or, at the carrier, noted for that.
    pub records: u64,
}

impl Service {
    /// What is over its time now, by kind.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn periods(&self) -> Result<Vec<Period>, LedgerError> {
        let (now, periods) = (self.clock.now(), self.policy.current().retention);
        let overdue = self.ledger.overdue(periods, now).await?;
        let of = |of: Overdue| Period { before: periods.of(of.kind).and_then(|days| days.before(now)), of };
        Ok(overdue.into_iter().map(of).collect())
    }

    /// Empties one part of what is over its time, and adds it to what was done. Whether there is more.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn keep_some_periods(&self, kept: &mut Kept) -> Result<bool, LedgerError> {
        let part = self.ledger.keep_periods(self.policy.current().retention, self.clock.now()).await?;
        for client in &part.clients {
            self.erase_client(*client, Actor::System).await?;
        }
        kept.clients += u64::try_from(part.clients.len()).unwrap_or_default();
        kept.records += part.records;
        Ok(part.more)
    }
}
