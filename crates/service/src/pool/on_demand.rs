//! Promises: who finds the pool empty gets a number bought within ten seconds, where the operator allows it; else hears
//! when to come back, and the same request then goes on where this one stopped. Only what would do is bought.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use proxycall_domain::{
    NumberStatus, NumberType,
    pool::life::{Actor, Wish},
    purchase::Shopping,
};
use tokio::time::Instant;

use super::{Buying, NotBought, alert, subject_of};
use crate::{Service, clients::RequestError, ports::LedgerError};

/// How long one request waits for numbers to be bought.
const PATIENCE: Duration = Duration::from_secs(10);

/// One request's patience.
pub struct OnDemand<'s> {
    service: &'s Service,
    deadline: Instant,
    /// The one type that does; none: the preferred one, or else the other.
    exactly: Option<NumberType>,
    /// Whether the turn before found numbers that would do, and bought none.
    found: AtomicBool,
}

/// What a turn came to.
enum Turn {
    /// The verb is to be run again.
    Again,
    /// Nothing that would do can be had: the refusal stands.
    Fruitless,
}

impl<'s> OnDemand<'s> {
    /// From now on, for any number of a country.
    pub(crate) fn new(service: &'s Service) -> Self {
        Self { service, deadline: Instant::now() + PATIENCE, exactly: None, found: AtomicBool::new(false) }
    }

    /// From now on, for what is wished for.
    pub(crate) fn of(service: &'s Service, wish: Wish) -> Self {
        Self { exactly: (!wish.other_type_does).then_some(wish.preferred), ..Self::new(service) }
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
        let wish = match self.exactly {
            Some(number_type) => Wish::exactly(country, number_type),
            None => Wish::any(country, self.service.preferred_type),
        };
        // Dropped at the deadline, a purchase is settled by its job, and found by whoever asks again.
        let bought = tokio::time::timeout_at(self.deadline, self.buy(wish)).await;
        match bought {
            Ok(Ok(Turn::Again)) => Ok(()),
            Ok(Ok(Turn::Fruitless)) => Err(refusal.into()),
            Ok(Err(why)) => Err(RequestError::NumberNotBought { country, why }),
            Err(_) => Err(RequestError::NumberNotBought { country, why: "the carrier took too long".to_owned() }),
        }
    }

    async fn buy(&self, wish: Wish) -> Result<Turn, String> {
        let (service, country, in_words) = (self.service, wish.country, |error: LedgerError| error.to_string());
        service.settle_purchases().await.map_err(in_words)?;
        let left = service.ledger.available_numbers(country, None, service.clock.now()).await.map_err(in_words)?;
        if left.iter().any(|number| wish.types().any(|number_type| number_type == number.number_type)) {
            // Found a second time, they are of no use to this verb, and others would be of none either.
            let again = !self.found.swap(true, Ordering::Relaxed);
            return Ok(if again { Turn::Again } else { Turn::Fruitless });
        }
        self.found.store(false, Ordering::Relaxed);
        let exactly = !wish.other_type_does;
        let shopping = Shopping { require_voice: true, exactly, ..Shopping::new(country, wish.preferred) };
        let buying = Buying {
            shopping,
            quantity: 1,
            actor: Actor::System,
            reason: "none was free when one was needed".to_owned(),
        };
        let purchases = service.buy_numbers(&buying, &mut |_| {}).await;
        let Some(why) = purchases.stopped else {
            for bought in purchases.bought {
                let number = service.ledger.number(bought.phone).await.map_err(in_words)?;
                // What was set aside as it came, or rests yet, is of no use now, and another would not be bought for it.
                let idle = [NumberStatus::Error, NumberStatus::Quarantined];
                if number.is_none_or(|number| idle.contains(&number.status)) {
                    return Ok(Turn::Fruitless);
                }
            }
            return Ok(Turn::Again);
        };
        let (subject, detail) = (subject_of(country, wish.preferred), why.to_string());
        if let Err(error) = service.alert(alert::PURCHASE_FAILED, subject, detail.clone()).await {
            tracing::error!(%error, "an alert could not be kept");
        }
        // The other type would be had: that is told, and to ask for the same again is no use.
        if exactly && matches!(why, NotBought::NoneForSale { .. }) { Ok(Turn::Fruitless) } else { Err(detail) }
    }
}
