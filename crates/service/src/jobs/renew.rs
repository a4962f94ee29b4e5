//! Going over to another secret, and sealing what older programs left unsealed: begun when every instance has had time to
//! start, a turn at a time, until the store says that it is done.

use std::time::{Duration, Instant};

use jiff::SignedDuration;

use crate::{
    Service,
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{ClaimedJob, Renewal, Waits, Work},
    },
};

/// How long the instances of the version before may still run beside a new one: they cannot read what it seals.
const GRACE: SignedDuration = SignedDuration::from_mins(10);
/// How many parts one turn takes at most. A part takes milliseconds; the lease is 30 s.
const PARTS: usize = 100;
/// How long one turn takes at most.
const TURN: Duration = Duration::from_secs(5);

impl Service {
    /// Sees to it that the store is sealed with the first secret that this program was given, if it is not.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn schedule_renewal(&self) -> Result<(), LedgerError> {
        let Some(to) = self.ledger.renewal_to().await? else { return Ok(()) };
        let now = self.clock.now();
        let at = now.checked_add(GRACE).unwrap_or(now);
        self.ledger.ensure_job(self.chance.job_id(now), Work::Renew { to }, at).await
    }

    pub(super) async fn renew(&self, job: &ClaimedJob, to: &str) -> Result<(), LedgerError> {
        let begun = Instant::now();
        for _ in 0..PARTS {
            match self.ledger.renew(to.to_owned(), self.clock.now()).await? {
                Renewal::More { .. } if begun.elapsed() < TURN => {}
                Renewal::More { .. } => break,
                Renewal::Later { at, why } => {
                    match why {
                        Waits::Unreadable => tracing::error!("rows that no listed secret opens hold up the new secret"),
                        why => tracing::info!(?why, %at, "the change of the secret goes on later"),
                    }
                    return self.ledger.finish_job(job, Some(at)).await.map(drop);
                }
                Renewal::Done => {
                    tracing::info!("everything is sealed with the newest secret; no other is needed");
                    self.ledger.finish_job(job, None).await?;
                    // The operator may have listed a newer one meanwhile.
                    return self.schedule_renewal().await;
                }
            }
        }
        self.ledger.finish_job(job, Some(self.clock.now())).await.map(drop)
    }
}
