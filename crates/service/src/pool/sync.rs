//! Account and pool are compared both ways; what differs is reported and, when asked, set right. What is used for
//! something else is never taken, and what is gone is confirmed number by number before it is called missing.

use std::collections::HashMap;

use jiff::Timestamp;
use proxycall_domain::{
    NumberStatus, PhoneNumber,
    pool::{
        ProxyNumber,
        life::Actor,
        reconcile::{Differences, Known, Seen, reconcile},
    },
};

use super::{PoolError, alert};
use crate::{
    Service,
    ports::{
        CarrierError, LedgerError,
        carrier::CarrierNumber,
        ledger::{AdoptNumber, NumberFilter},
    },
};

/// How many numbers are read from the store at once.
const PAGE: u32 = 1_000;

/// What a comparison found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncReport {
    /// How account and pool differed.
    pub differences: Differences,
    /// Those of the unknown that were added.
    pub added: Vec<PhoneNumber>,
    /// How many numbers the account has.
    pub total_account: usize,
    /// How many numbers the pool had that were not given back.
    pub total_pool: usize,
    /// When.
    pub at: Timestamp,
}

impl Service {
    /// The account's numbers.
    ///
    /// # Errors
    /// The carrier's.
    pub(super) async fn account_numbers(&self) -> Result<HashMap<PhoneNumber, CarrierNumber>, CarrierError> {
        let numbers = self.carrier.numbers().await?;
        Ok(numbers.into_iter().map(|number| (number.phone, number)).collect())
    }

    /// The pool's numbers.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn pool_numbers(&self, filter: &NumberFilter) -> Result<Vec<ProxyNumber>, LedgerError> {
        let mut filter = NumberFilter { limit: PAGE, ..filter.clone() };
        let mut numbers = Vec::new();
        loop {
            let page = self.ledger.numbers(filter.clone()).await?;
            filter.after = page.next.as_deref().and_then(|next| next.parse().ok());
            numbers.extend(page.items);
            if filter.after.is_none() {
                return Ok(numbers);
            }
        }
    }

    /// Compares account and pool; with `apply`, sets right what needs no operator's word.
    ///
    /// # Errors
    /// When the account cannot be listed to its end, or the store does not answer.
    pub async fn sync_numbers(&self, apply: bool, actor: Actor) -> Result<SyncReport, PoolError> {
        // The pool is read first: a number bought in between is then unknown and added as what it is, not taken for gone.
        let pool = self.pool_numbers(&NumberFilter::default()).await?;
        let account = self.account_numbers().await?;
        let seen: Vec<Seen<'_>> =
            account.values().map(|number| Seen { phone: number.phone, wiring: &number.wiring }).collect();
        // What is on its way back to the carrier is still in the account, and nobody's.
        let leaving = |number: &ProxyNumber| number.status == NumberStatus::Released && number.carrier.is_some();
        let known: Vec<Known> = pool
            .iter()
            .map(|number| Known {
                phone: number.phone,
                status: if leaving(number) { NumberStatus::Error } else { number.status },
            })
            .collect();
        let mut differences = reconcile(&seen, &known, &self.wanted_wiring(), &self.pool.our_hosts);
        differences.missing.retain(|phone| !pool.iter().any(|number| number.phone == *phone && leaving(number)));
        self.confirm_missing(&mut differences).await?;
        let mut report = SyncReport {
            added: Vec::new(),
            total_account: account.len(),
            total_pool: pool.iter().filter(|number| number.status != NumberStatus::Released).count(),
            at: self.clock.now(),
            differences,
        };
        if apply {
            self.apply(&mut report, &account, actor).await?;
        }
        Ok(report)
    }

    /// A list may be wrong; a number that is asked for by itself and is not there is gone.
    async fn confirm_missing(&self, differences: &mut Differences) -> Result<(), PoolError> {
        let mut gone = Vec::with_capacity(differences.missing.len());
        for phone in std::mem::take(&mut differences.missing) {
            if self.carrier.find_number(phone).await?.is_none() {
                gone.push(phone);
            }
        }
        differences.missing = gone;
        Ok(())
    }

    async fn apply(
        &self,
        report: &mut SyncReport,
        account: &HashMap<PhoneNumber, CarrierNumber>,
        actor: Actor,
    ) -> Result<(), PoolError> {
        let found = &report.differences;
        let lists = [(&found.unknown, false), (&found.back, false), (&found.elsewhere, true)];
        let mut to_adopt: Vec<(PhoneNumber, bool)> = Vec::new();
        for (list, elsewhere) in lists {
            to_adopt.extend(list.iter().map(|phone| (*phone, elsewhere)));
        }
        for (phone, elsewhere) in to_adopt {
            let Some(number) = account.get(&phone) else { continue };
            let Some(new) = self.as_new_number(number) else {
                tracing::warn!("a number of the account has a dial code that belongs to no known country; it is left");
                continue;
            };
            // What was missing and comes back may have been wired for something else by whoever brought it back.
            let elsewhere = elsewhere || number.wiring.used_elsewhere(&self.pool.our_hosts);
            let reason = if elsewhere { "used elsewhere" } else { "found in the account" };
            let adopt = AdoptNumber {
                number: new,
                before: number.wiring.clone(),
                used_elsewhere: elsewhere,
                act: self.act(actor, reason),
            };
            match self.ledger.adopt_number(adopt).await {
                Ok(_) if found.back.contains(&phone) => {
                    self.ledger.clear_alert(alert::NUMBER_MISSING, phone.expose(), self.clock.now()).await?;
                }
                Ok(_) if found.unknown.contains(&phone) => report.added.push(phone),
                Ok(_) => {}
                Err(LedgerError::NumberIsProxy) => {
                    tracing::warn!("a number of the account is a client's real number; it is left");
                }
                Err(error) => return Err(error.into()),
            }
        }
        for phone in &found.missing {
            self.note_missing(*phone, self.act(actor, "gone at the carrier")).await?;
        }
        Ok(())
    }
}
