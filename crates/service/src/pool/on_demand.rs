//! Promises: who finds the pool empty gets a number bought within ten seconds, where the operator allows it; else hears
//! when to come back, and the same request then goes on where this one stopped.

use std::time::Duration;

use proxycall_domain::{CountryCode, pool::life::Actor, purchase::Shopping};
use tokio::time::Instant;

use super::{Buying, alert, subject_of};
use crate::{Service, clients::RequestError, ports::LedgerError};

/// How long one request waits for numbers to be bought.
const PATIENCE: Duration = Duration::from_secs(10);

/// One request's patience.
pub struct OnDemand<'s> {
    service: &'s Service,
    deadline: Instant,
}

impl<'s> OnDemand<'s> {
    /// From now on.
    pub(crate) fn new(service: &'s Service) -> Self {
        Self { service, deadline: Instant::now() + PATIENCE }
    }

    /// A verb was refused: when that was for want of a number and one was bought meanwhile, the verb is to be run again.
    ///
    /// # Errors
    /// The refusal itself, or that no number could be bought in time.
    pub(crate) async fn after(&self, refusal: LedgerError) -> Result<(), RequestError> {
        let LedgerError::NoNumberLeft { country, .. } = refusal else { return Err(refusal.into()) };
        if !self.service.pool.buy_on_demand {
            return Err(refusal.into());
        }
        // Dropped at the deadline, a purchase is settled by its job, and found by whoever asks again.
        let bought = tokio::time::timeout_at(self.deadline, self.buy(country)).await;
        match bought {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(RequestError::NumberNotBought { country, why }),
            Err(_) => Err(RequestError::NumberNotBought { country, why: "the carrier took too long".to_owned() }),
        }
    }

    async fn buy(&self, country: CountryCode) -> Result<(), String> {
        let service = self.service;
        service.settle_purchases().await.map_err(|error| error.to_string())?;
        let left = service.ledger.available_numbers(country, None, service.clock.now()).await;
        if !left.map_err(|error| error.to_string())?.is_empty() {
            return Ok(());
        }
        let shopping = Shopping { require_voice: true, ..Shopping::new(country, service.preferred_type) };
        let buying =
            Buying { shopping, quantity: 1, actor: Actor::System, reason: "an order found the pool empty".to_owned() };
        let Some(why) = service.buy_numbers(&buying, &mut |_| {}).await.stopped else { return Ok(()) };
        let (subject, detail) = (subject_of(country, service.preferred_type), why.to_string());
        if let Err(error) = service.alert(alert::PURCHASE_FAILED, subject, detail.clone()).await {
            tracing::error!(%error, "an alert could not be kept");
        }
        Err(detail)
    }
}
