//! The pool looks after itself: what has rested is freed, what runs low is bought, what differs from the account is
//! told, and webhooks are mended, once a day.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    CountryCode, NumberStatus, NumberType, Said,
    pool::{
        life::Actor,
        stock::{Level, Stock},
    },
    purchase::Shopping,
};

use super::{Buying, PoolError, alert, subject_of, webhooks::passes};
use crate::{
    Service,
    ports::{
        LedgerError,
        clock::Ids as _,
        ledger::{Alert, ClaimedJob, NumberFilter, Work},
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

/// How many numbers of a country and type are left, and how many should be.
#[must_use]
pub fn low_stock(available: u64, subject: &str, enough: u64) -> Said {
    let fr = format!("Numéros {subject} disponibles : {available} ; il en faudrait {enough}.");
    (fr, format!("{available} {subject} numbers are available; {enough} should be.")).into()
}

/// Whether there are numbers of it.
fn has_some(of: &Stock) -> bool {
    of.counts.iter().sum::<u64>() > of.count(NumberStatus::Released)
}

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

    /// Frees what has rested, tells what runs low and buys it. When to do so again.
    pub(crate) async fn tend_pool(&self) -> Result<Timestamp, LedgerError> {
        while self.ledger.free_lapsed(self.clock.now()).await? > 0 {}
        let enough = self.enough_in_stock();
        if enough > 0 {
            let stock = self.ledger.stock(self.clock.now()).await?;
            let told = self.ledger.alerts().await?;
            let kept = self.kept_in_stock(&stock);
            for (country, number_type) in &kept {
                self.keep_stock(&stock, &told, *country, *number_type).await?;
            }
            let subjects: Vec<String> = kept.into_iter().map(|(country, of)| subject_of(country, of)).collect();
            for over in told.iter().filter(|of| of.kind == alert::LOW_STOCK && !subjects.contains(&of.subject)) {
                self.ledger.clear_alert(alert::LOW_STOCK, over.subject.clone(), self.clock.now()).await?;
            }
        }
        let now = self.clock.now();
        Ok(now.checked_add(TEND_EVERY).unwrap_or(now))
    }

    /// Below how many available numbers of a country and type the stock is low: what the operator wants told, and never
    /// fewer than are bought by themselves.
    #[must_use]
    pub fn enough_in_stock(&self) -> u64 {
        self.policy.current().operators.stock_below.max(self.pool.minimum).into()
    }

    /// How the stock of a country and type stands: the one verdict of console, reports and `doctor`.
    #[must_use]
    pub fn stock_level(&self, of: &Stock) -> Level {
        let is_named = (of.country, of.number_type) == (self.pool.country, self.preferred_type);
        let kept = is_named && (self.pool.minimum > 0 || has_some(of));
        of.level(self.enough_in_stock(), kept)
    }

    /// Every country and type that clients have numbers of; and the one that the environment names, once there are numbers
    /// of it or it is to be bought.
    fn kept_in_stock(&self, stock: &[Stock]) -> Vec<(CountryCode, NumberType)> {
        let named = (self.pool.country, self.preferred_type);
        let mut kept = BTreeMap::new();
        if self.pool.minimum > 0 {
            kept.insert((named.0, named.1.as_str()), named.1);
        }
        let used = stock
            .iter()
            .filter(|of| has_some(of))
            .filter(|of| of.count(NumberStatus::Assigned) > 0 || (of.country, of.number_type) == named);
        kept.extend(used.map(|of| ((of.country, of.number_type.as_str()), of.number_type)));
        kept.into_iter().map(|((country, _), number_type)| (country, number_type)).collect()
    }

    async fn keep_stock(
        &self,
        stock: &[Stock],
        told: &[Alert],
        country: CountryCode,
        number_type: NumberType,
    ) -> Result<(), LedgerError> {
        let of = stock.iter().find(|of| of.country == country && of.number_type == number_type);
        let available = of.map_or(0, |of| of.count(NumberStatus::Available));
        let (enough, minimum) = (self.enough_in_stock(), u64::from(self.pool.minimum));
        let subject = subject_of(country, number_type);
        let known = |kind| told.iter().find(|of| of.kind == kind && of.subject == subject);
        if available >= enough {
            if known(alert::LOW_STOCK).is_some() {
                self.ledger.clear_alert(alert::LOW_STOCK, subject.clone(), self.clock.now()).await?;
            }
        } else {
            let detail = low_stock(available, &subject, enough);
            // What is known already is not written again each minute.
            if known(alert::LOW_STOCK).is_none_or(|of| of.detail != detail) {
                self.alert(alert::LOW_STOCK, subject.clone(), detail).await?;
            }
        }
        if available >= minimum {
            if available > 0 && known(alert::PURCHASE_FAILED).is_some() {
                self.ledger.clear_alert(alert::PURCHASE_FAILED, subject.clone(), self.clock.now()).await?;
            }
            return Ok(());
        }
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
