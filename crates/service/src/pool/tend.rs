//! The pool looks after itself: what has rested is freed, what runs low is bought, what differs from the account is
//! told, and webhooks are mended, once a day.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    CountryCode, NumberStatus, NumberType,
    pool::{life::Actor, stock::Stock},
    purchase::Shopping,
};

use super::{Buying, PoolError, alert, subject_of, webhooks::passes};
use crate::{
    Service,
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{ClaimedJob, NumberFilter, Work},
    },
};

/// How often the pool is tended.
const TEND_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How often pool and account are compared.
const INSPECT_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How long after the start pool and account are first compared: a start is not the time for long work.
const FIRST_INSPECTION: SignedDuration = SignedDuration::from_secs(300);
/// After how many numbers looked at, the lease of the inspection is extended.
const LEASE_EVERY: usize = 10;

impl Service {
    /// Sees that what comes again and again is there, whichever instance does it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn schedule_pool_care(&self) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let first = now.checked_add(FIRST_INSPECTION).unwrap_or(now);
        self.ledger.ensure_job(self.chance.job_id(now), Work::TendPool, now).await?;
        // One that is due sooner stays: an instance that restarts every day still inspects every day.
        self.ledger.ensure_job(self.chance.job_id(now), Work::InspectNumbers, first).await
    }

    /// Frees what has rested and buys what runs low. When to do so again.
    pub(crate) async fn tend_pool(&self) -> Result<Timestamp, LedgerError> {
        while self.ledger.free_lapsed(self.clock.now()).await? > 0 {}
        if self.pool.minimum > 0 {
            let stock = self.ledger.stock(self.clock.now()).await?;
            for (country, number_type) in self.kept_in_stock(&stock) {
                self.keep_stock(&stock, country, number_type).await?;
            }
        }
        let now = self.clock.now();
        Ok(now.checked_add(TEND_EVERY).unwrap_or(now))
    }

    /// The country and type that the environment names, and every other that clients have numbers of.
    fn kept_in_stock(&self, stock: &[Stock]) -> Vec<(CountryCode, NumberType)> {
        let mut kept = BTreeMap::from([((self.pool.country, self.preferred_type.as_str()), self.preferred_type)]);
        let used = stock.iter().filter(|of| of.count(NumberStatus::Assigned) > 0);
        kept.extend(used.map(|of| ((of.country, of.number_type.as_str()), of.number_type)));
        kept.into_iter().map(|((country, _), number_type)| (country, number_type)).collect()
    }

    async fn keep_stock(
        &self,
        stock: &[Stock],
        country: CountryCode,
        number_type: NumberType,
    ) -> Result<(), LedgerError> {
        let of = stock.iter().find(|of| of.country == country && of.number_type == number_type);
        let available = of.map_or(0, |of| of.count(NumberStatus::Available));
        let subject = subject_of(country, number_type);
        if available >= u64::from(self.pool.minimum) {
            for kind in [alert::LOW_STOCK, alert::PURCHASE_FAILED] {
                self.ledger.clear_alert(kind, subject.clone(), self.clock.now()).await?;
            }
            return Ok(());
        }
        let minimum = self.pool.minimum;
        let detail = format!("{available} {subject} numbers are available; {minimum} should be.");
        self.alert(alert::LOW_STOCK, subject.clone(), detail).await?;
        let buying = Buying {
            shopping: Shopping { require_voice: true, ..Shopping::new(country, number_type) },
            quantity: self.pool.batch,
            actor: Actor::System,
            reason: "the stock was low".to_owned(),
        };
        let purchases = self.buy_numbers(&buying, &mut |_| {}).await;
        if let Some(why) = purchases.stopped {
            self.alert(alert::PURCHASE_FAILED, subject, why.to_string()).await?;
        }
        Ok(())
    }

    /// Compares pool and account, notes what is missing or used elsewhere, and mends webhooks. When to do so again.
    pub(crate) async fn inspect_numbers(&self, job: &mut ClaimedJob) -> Result<Timestamp, PoolError> {
        self.sync_numbers(true, Actor::System).await?;
        let account = self.account_numbers().await?;
        let mut looked_at = 0;
        for number in self.pool_numbers(&NumberFilter::default()).await? {
            let in_use = matches!(
                number.status,
                NumberStatus::Available | NumberStatus::Reserved | NumberStatus::Assigned | NumberStatus::Quarantined
            );
            let Some(found) = account.get(&number.phone).filter(|_| in_use) else { continue };
            match self.wire_found(&number, found, false).await {
                Ok(_) => {}
                Err(PoolError::Carrier(error)) if !passes(&PoolError::Carrier(error.clone())) => {
                    tracing::warn!(%error, "a number's webhooks could not be mended");
                }
                Err(error) => return Err(error),
            }
            looked_at += 1;
            if looked_at % LEASE_EVERY == 0 && !self.extend_lease(job).await? {
                break;
            }
        }
        let now = self.clock.now();
        Ok(now.checked_add(INSPECT_EVERY).unwrap_or(now))
    }
}
