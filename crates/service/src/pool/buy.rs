//! Promises: no number is bought twice or lost, whatever breaks in between.
//!
//! The intent and each candidate are committed before the carrier is asked. When the answer is lost, or the program
//! dies, the candidate is looked up in the account: it is ours if it is there. A job does so for whoever does not
//! come back.

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    CountryCode, NumberType, PhoneNumber, PurchaseId,
    number_rules::Shelves,
    pool::{NewNumber, life::Actor},
    purchase::{AfterRefusal, Shopping, after_refusal},
};

use super::{facts_of, in_words};
use crate::{
    Service,
    ports::{
        CarrierError, LedgerError,
        carrier::{CarrierNumber, NumberOffer, NumberPurchase, NumberSearch, Shelf},
        clock::Ids as _,
        ledger::{BeginPurchase, Candidate, OpenPurchase, PurchaseEnd},
    },
};

/// After how long a number that the carrier was asked for, and that is not in the account, was certainly not bought.
/// Longer than any exchange with the carrier takes.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// A wish to buy.
#[derive(Debug, Clone)]
pub struct Buying {
    /// What.
    pub shopping: Shopping,
    /// How many.
    pub quantity: u32,
    /// Who asks.
    pub actor: Actor,
    /// Why.
    pub reason: String,
}

/// A number that was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoughtNumber {
    /// E.164.
    pub phone: PhoneNumber,
    /// Its type: not always the one asked for.
    pub number_type: NumberType,
}

/// What came of a wish to buy.
#[derive(Debug, Default)]
pub struct Purchases {
    /// What was bought, in its order.
    pub bought: Vec<BoughtNumber>,
    /// Why it is not more.
    pub stopped: Option<NotBought>,
}

/// Why a number was not bought.
#[derive(Debug, thiserror::Error)]
pub enum NotBought {
    /// Nothing of the kind is for sale.
    #[error("no {number_type} number of {country} that does what is asked for is for sale")]
    NoneForSale {
        /// The country.
        country: CountryCode,
        /// The type.
        number_type: NumberType,
    },
    /// The carrier refuses to sell.
    #[error("{}", in_words(.0))]
    Refused(CarrierError),
    /// The carrier could not be asked; nothing was bought.
    #[error("{0}")]
    Carrier(CarrierError),
    /// The carrier's answer was lost: the number is looked up until it is known whether it was bought.
    #[error("the carrier's answer was lost; whether a number was bought is found out within about a minute")]
    InDoubt,
    /// The day's ceiling, or the store.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl NotBought {
    /// Whether the carrier or its stock says no, and asking for the same again now is no use.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::NoneForSale { .. } | Self::Refused(_))
    }
}

impl Service {
    /// Buys numbers, one after the other, until there are enough or one cannot be bought. `tell` hears of each.
    pub async fn buy_numbers(&self, buying: &Buying, tell: &mut (dyn FnMut(BoughtNumber) + Send)) -> Purchases {
        let mut purchases = Purchases::default();
        for number in 1..=buying.quantity {
            match self.buy_number(buying, number).await {
                Ok(bought) => {
                    tell(bought);
                    purchases.bought.push(bought);
                }
                Err(why) => {
                    purchases.stopped = Some(why);
                    break;
                }
            }
        }
        purchases
    }

    /// What would be bought: candidates that are for sale now, as many as are wanted. Costs nothing.
    ///
    /// # Errors
    /// When nothing suits or the carrier does not answer.
    pub async fn preview_purchase(&self, buying: &Buying) -> Result<Vec<BoughtNumber>, NotBought> {
        let wanted = usize::try_from(buying.quantity).unwrap_or(usize::MAX);
        for number_type in buying.shopping.types() {
            let offers = self.offers(&buying.shopping, number_type).await?;
            if !offers.is_empty() {
                let shown = offers.into_iter().take(wanted);
                return Ok(shown.map(|offer| BoughtNumber { phone: offer.phone, number_type }).collect());
            }
        }
        Err(none_for_sale(&buying.shopping))
    }

    /// Buys one number. `ordinal` is its place in the batch, for its name.
    async fn buy_number(&self, buying: &Buying, ordinal: u32) -> Result<BoughtNumber, NotBought> {
        // What an earlier purchase left in doubt may be a number that is paid for: it is found before another is bought.
        self.settle_purchases().await?;
        let act = self.act(buying.actor, buying.reason.clone());
        let id = self.chance.purchase_id(act.at);
        let begin = BeginPurchase {
            id,
            job: self.chance.job_id(act.at),
            settle_at: after(act.at, SETTLED_AFTER),
            shopping: buying.shopping,
            ceiling: self.pool.max_purchases_per_day,
            act,
        };
        self.ledger.begin_purchase(begin).await?;
        let outcome = self.try_candidates(id, buying, ordinal).await;
        if let Err(why) = &outcome {
            // A purchase in doubt stays open for the job that settles it.
            let code = match why {
                NotBought::InDoubt | NotBought::Ledger(_) => return outcome,
                NotBought::Refused(CarrierError::Refused { code, .. }) => Some(*code),
                _ => None,
            };
            let act = self.act(buying.actor, buying.reason.clone());
            self.ledger.end_purchase(id, PurchaseEnd::Failed { code }, act).await?;
        }
        outcome
    }

    async fn try_candidates(&self, id: PurchaseId, buying: &Buying, ordinal: u32) -> Result<BoughtNumber, NotBought> {
        let shopping = &buying.shopping;
        let mut refused = None;
        for number_type in shopping.types() {
            let offers = self.offers(shopping, number_type).await?;
            for offer in &offers {
                let now = self.clock.now();
                let settle_at = after(now, SETTLED_AFTER);
                match self.ledger.ask_purchase(id, offer.phone, number_type, settle_at, now).await? {
                    Candidate::Ask => {}
                    Candidate::Taken => continue,
                    Candidate::Over => return Err(NotBought::InDoubt),
                }
                let purchase = NumberPurchase {
                    phone: offer.phone,
                    friendly_name: format!("Pool-{}-{ordinal}", shopping.country),
                    wiring: self.wanted_wiring(),
                    address_sid: self.regulatory(shopping.country, number_type).0,
                    bundle_sid: self.regulatory(shopping.country, number_type).1,
                };
                match self.carrier.buy_number(&purchase).await {
                    Ok(number) => return self.record(id, buying, &number, number_type).await,
                    Err(error @ CarrierError::Refused { code, .. }) => match after_refusal(code) {
                        AfterRefusal::NextCandidate => refused = Some(error),
                        AfterRefusal::Stop => return Err(NotBought::Refused(error)),
                    },
                    // Nothing was done: another time.
                    Err(error @ (CarrierError::Unreachable(_) | CarrierError::SlowDown { .. })) => {
                        return Err(NotBought::Carrier(error));
                    }
                    // It may have been bought.
                    Err(CarrierError::Failed { .. } | CarrierError::AnswerLost(_)) => {
                        return match self.carrier.find_number(offer.phone).await {
                            Ok(Some(number)) => self.record(id, buying, &number, number_type).await,
                            _ => Err(NotBought::InDoubt),
                        };
                    }
                }
            }
        }
        Err(refused.map_or_else(|| none_for_sale(shopping), NotBought::Refused))
    }

    async fn record(
        &self,
        id: PurchaseId,
        buying: &Buying,
        number: &CarrierNumber,
        number_type: NumberType,
    ) -> Result<BoughtNumber, NotBought> {
        let new = bought(buying.shopping.country, number, number_type);
        let act = self.act(buying.actor, format!("bought: {}", buying.reason));
        self.ledger.end_purchase(id, PurchaseEnd::Bought(new), act).await?;
        Ok(BoughtNumber { phone: number.phone, number_type })
    }

    /// What is for sale and does what is asked for, in the carrier's order.
    async fn offers(&self, shopping: &Shopping, number_type: NumberType) -> Result<Vec<NumberOffer>, NotBought> {
        let mut offers = Vec::new();
        for shelf in self.shelves(shopping.country, number_type) {
            let search = NumberSearch {
                country: shopping.country,
                shelf,
                require_voice: shopping.require_voice,
                require_sms: shopping.require_sms,
                limit: shopping.candidates,
            };
            match self.carrier.numbers_for_sale(&search).await {
                Ok(found) => offers.extend(found),
                // A shelf that the carrier does not want to show is empty to us, as it was to the original.
                Err(CarrierError::Refused { status, .. }) if status != 401 && status != 403 => {}
                Err(error) => return Err(NotBought::Carrier(error)),
            }
        }
        // The carrier's filter is not taken on trust.
        offers.retain(|offer| {
            (offer.capabilities.sms || !shopping.require_sms) && (offer.capabilities.voice || !shopping.require_voice)
        });
        offers.truncate(usize::try_from(shopping.candidates).unwrap_or(usize::MAX));
        Ok(offers)
    }

    /// Where the carrier sells numbers of a type in a country, as far as the table knows; else where it usually does.
    fn shelves(&self, country: CountryCode, number_type: NumberType) -> Vec<Shelf> {
        match self.tables.rules.shelves(country, number_type) {
            Shelves::NotSold => Vec::new(),
            Shelves::Known(shelves) => shelves,
            Shelves::Unknown => match number_type {
                NumberType::Mobile => vec![Shelf::Mobile],
                NumberType::Local => vec![Shelf::Local, Shelf::National],
            },
        }
    }

    /// The address and the bundle, each where the table says that it is needed or does not know. Sent where it is not
    /// needed, either may be refused.
    fn regulatory(&self, country: CountryCode, number_type: NumberType) -> (Option<String>, Option<String>) {
        let needs = self.tables.rules.rule(country, number_type, None).and_then(|rule| rule.needs);
        let sent = |needed: Option<bool>, sid: &Option<String>| sid.clone().filter(|_| needed.unwrap_or(true));
        (
            sent(needs.map(|needs| needs.address), &self.pool.address_sid),
            sent(needs.map(|needs| needs.bundle), &self.pool.bundle_sid),
        )
    }

    /// Looks up what purchases left in doubt, of whoever began them.
    ///
    /// # Errors
    /// When the store does not answer. A carrier that does not answer leaves them as they are.
    pub(super) async fn settle_purchases(&self) -> Result<(), LedgerError> {
        for purchase in self.ledger.open_purchases().await? {
            if purchase.asked.is_some() {
                self.settle(&purchase).await?;
            }
        }
        Ok(())
    }

    /// Settles one purchase that nobody ended. When to look again; none: it is over.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn settle_purchase(&self, id: PurchaseId) -> Result<Option<Timestamp>, LedgerError> {
        match self.ledger.open_purchases().await?.into_iter().find(|purchase| purchase.id == id) {
            Some(purchase) => self.settle(&purchase).await,
            None => Ok(None),
        }
    }

    async fn settle(&self, purchase: &OpenPurchase) -> Result<Option<Timestamp>, LedgerError> {
        let act = self.act(Actor::System, "bought: found after its purchase was interrupted");
        let Some((phone, number_type, asked_at)) = purchase.asked else {
            self.ledger.end_purchase(purchase.id, PurchaseEnd::Failed { code: None }, act).await?;
            return Ok(None);
        };
        let settled_at = after(asked_at, SETTLED_AFTER);
        match self.carrier.find_number(phone).await {
            Ok(Some(number)) => {
                let end = PurchaseEnd::Bought(bought(purchase.country, &number, number_type));
                self.ledger.end_purchase(purchase.id, end, act).await?;
                Ok(None)
            }
            Ok(None) if act.at >= settled_at => {
                self.ledger.end_purchase(purchase.id, PurchaseEnd::Failed { code: None }, act).await?;
                Ok(None)
            }
            Ok(None) => Ok(Some(settled_at)),
            Err(error) => {
                tracing::warn!(purchase = %purchase.id, %error, "a purchase in doubt could not be looked up");
                Ok(Some(after(act.at, SETTLED_AFTER)))
            }
        }
    }
}

fn none_for_sale(shopping: &Shopping) -> NotBought {
    NotBought::NoneForSale { country: shopping.country, number_type: shopping.number_type }
}

/// The type stored is the type bought, the country the one that it was bought in.
fn bought(country: CountryCode, number: &CarrierNumber, number_type: NumberType) -> NewNumber {
    NewNumber {
        phone: number.phone,
        country,
        number_type,
        friendly_name: number.friendly_name.clone(),
        carrier: Some(facts_of(number)),
    }
}

fn after(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(at)
}
