//! Work about proxy numbers: what is done is in [`crate::pool`]; here it is decided when it is done again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{PhoneNumber, PurchaseId};

use crate::{
    Service,
    pool::{PoolError, passes},
    ports::{CarrierError, LedgerError, ledger::ClaimedJob},
};

/// When what comes again and again is done again after it failed.
const AFTER_A_FAILURE: SignedDuration = SignedDuration::from_secs(300);
/// How long one turn of long work may take; its lease is 30 s. Purchases are safe: each is settled by a job of its own.
const TURN: Duration = Duration::from_secs(25);

impl Service {
    pub(super) async fn wire(&self, job: &ClaimedJob, number: PhoneNumber) -> Result<(), LedgerError> {
        let again = match self.wire_number(number).await {
            Ok(_) => None,
            Err(PoolError::Ledger(error)) => return Err(error),
            Err(error) => {
                tracing::warn!(job = %job.id, %number, attempt = job.attempt, %error, "a number's webhooks wait");
                self.retry_at(job, asked(&error)).filter(|_| passes(&error))
            }
        };
        self.ledger.finish_job(job, again).await.map(drop)
    }

    pub(super) async fn release(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        if let Err(error) = self.tell_carrier_of_release(job).await? {
            tracing::warn!(job = %job.id, attempt = job.attempt, %error, "a number could not be given back");
        }
        Ok(())
    }

    pub(super) async fn settle_bought(&self, job: &ClaimedJob, purchase: PurchaseId) -> Result<(), LedgerError> {
        // Settled, the job is gone with it.
        match self.settle_purchase(purchase).await? {
            Some(at) => self.ledger.finish_job(job, Some(at)).await.map(drop),
            None => self.ledger.finish_job(job, None).await.map(drop),
        }
    }

    pub(super) async fn tend(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        let again = match tokio::time::timeout(TURN, self.tend_pool()).await {
            Ok(again) => again?,
            Err(_) => self.later(AFTER_A_FAILURE),
        };
        self.ledger.finish_job(job, Some(again)).await.map(drop)
    }

    pub(super) async fn inspect(&self, job: &ClaimedJob) -> Result<(), LedgerError> {
        let mut job = job.clone();
        let again = match self.inspect_numbers(&mut job).await {
            Ok(again) => again,
            Err(PoolError::Ledger(error)) => return Err(error),
            Err(error) => {
                tracing::warn!(job = %job.id, %error, "pool and account could not be compared");
                self.later(AFTER_A_FAILURE)
            }
        };
        self.ledger.finish_job(&job, Some(again)).await.map(drop)
    }

    fn later(&self, wait: SignedDuration) -> Timestamp {
        let now = self.clock.now();
        now.checked_add(wait).unwrap_or(now)
    }
}

/// How long the carrier asks us to wait.
fn asked(error: &PoolError) -> Option<Duration> {
    match error {
        PoolError::Carrier(CarrierError::SlowDown { retry_after } | CarrierError::Failed { retry_after, .. }) => {
            *retry_after
        }
        _ => None,
    }
}
