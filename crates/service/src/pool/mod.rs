//! The pool of proxy numbers, as the carrier sells and wires them.
//!
//! The store decides who has which number; here the carrier is asked, and what it says is recorded. Every change of
//! money or of a number's owner is written down before the carrier hears of it.

mod assign;
mod buy;
mod by_operator;
mod on_demand;
mod release;
mod sync;
mod tend;
mod webhooks;

use jiff::SignedDuration;
use proxycall_domain::{
    CountryCode, FieldError, NumberType, PhoneNumber, Said,
    client::parse_phone,
    national::NationalNumbers,
    number_rules::NumberRules,
    pool::{
        CarrierFacts, MobilePrefixes, NewNumber,
        life::{Act, Actor, rest},
    },
    wiring::Wiring,
};

use crate::{
    Service,
    ports::{
        CarrierError, LedgerError,
        carrier::CarrierNumber,
        clock::Ids as _,
        ledger::{Alert, MoveNumber, MoveTo, Moved},
    },
};

pub use assign::{Adoption, AssignFields, Quarantine};
pub use buy::{BoughtNumber, Buying, NotBought, Purchases};
pub(crate) use by_operator::HELD;
pub use by_operator::{Each, Freed};
pub use on_demand::OnDemand;
pub use release::{Purge, Release};
pub use sync::SyncReport;
pub use tend::low_stock;
pub(crate) use webhooks::passes;
pub use webhooks::{WebhookFilter, WebhookReport};

/// The kinds of alert that the pool raises.
pub mod alert {
    /// Fewer numbers are available than there should be. Subject: country and type.
    pub const LOW_STOCK: &str = "low_stock";
    /// A number is gone at the carrier. Subject: the number.
    pub const NUMBER_MISSING: &str = "number_missing";
    /// A client's number leads elsewhere. Subject: the number.
    pub const USED_ELSEWHERE: &str = "used_elsewhere";
    /// Numbers could not be bought. Subject: country and type.
    pub const PURCHASE_FAILED: &str = "purchase_failed";
    /// A number could not be given back to the carrier. Subject: the number.
    pub const RELEASE_FAILED: &str = "release_failed";
    /// A client's number was marked as faulty in the sheet. Subject: the number.
    pub const MARKED_FAULTY: &str = "marked_faulty";
    /// A tab of the sheet cannot be mirrored. Subject: the tab.
    pub const SHEET_TAB: &str = "sheet_tab";
}

/// How the pool is kept: from the environment.
#[derive(Debug, Clone)]
pub struct PoolConfig {
    /// The hosts, in lower case, of every address of ours.
    pub our_hosts: Vec<String>,
    /// The address for purchases (`AD…`).
    pub address_sid: Option<String>,
    /// The bundle for purchases (`BU…`).
    pub bundle_sid: Option<String>,
    /// The country of purchases when nobody names one.
    pub country: CountryCode,
    /// How many numbers are bought at once when the stock is low.
    pub batch: u32,
    /// Below how many available numbers of a country and type the stock is low; 0: never.
    pub minimum: u32,
    /// The most numbers that may be bought on one day (UTC).
    pub max_purchases_per_day: u32,
    /// How long a number rests after a client gave it back, if its country asks for no longer.
    pub quarantine: SignedDuration,
    /// Whether a client or order that finds the pool empty has a number bought.
    pub buy_on_demand: bool,
}

/// The tables that the pool is kept by.
#[derive(Debug)]
pub struct PoolTables {
    /// What is sold where, and under which rules.
    pub rules: NumberRules,
    /// Which numbers are mobile.
    pub mobile: MobilePrefixes,
    /// How numbers are written inside their country.
    pub national: NationalNumbers,
}

impl PoolTables {
    /// The tables that are shipped with the program.
    ///
    /// # Errors
    /// When a file was broken before it was built in; tests keep that from happening.
    pub fn shipped() -> Result<Self, proxycall_domain::TableError> {
        Ok(Self {
            rules: NumberRules::shipped()?,
            mobile: MobilePrefixes::shipped()?,
            national: NationalNumbers::shipped()?,
        })
    }
}

/// Why something about numbers was not done.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// A field is not as it should be.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The store's reason.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The carrier's reason.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
}

/// One number of many that something could not be done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFailure {
    /// The number, or what was given for one.
    pub number: String,
    /// Why, in words for an operator.
    pub why: String,
}

impl NumberFailure {
    fn new(phone: PhoneNumber, why: impl std::fmt::Display) -> Self {
        Self { number: phone.expose(), why: why.to_string() }
    }
}

/// What an operator reads of a carrier's error: what it means and what to do.
fn in_words(error: &CarrierError) -> String {
    match error {
        CarrierError::Refused { remedy, .. } => format!("{error} {remedy}"),
        _ => error.to_string(),
    }
}

impl Service {
    /// What the webhooks of a number of ours are.
    #[must_use]
    pub fn wanted_wiring(&self) -> Wiring {
        Wiring::ours(&self.public_base_url)
    }

    fn act(&self, actor: Actor, reason: impl Into<String>) -> Act {
        Act::new(actor, reason, self.clock.now())
    }

    /// How long a number of a country rests once a client gave it back.
    #[must_use]
    pub fn rest_of(&self, country: CountryCode) -> SignedDuration {
        rest(self.pool.quarantine, self.tables.rules.min_hold(country))
    }

    /// What a number of the account is to the pool: country and type follow from the number itself. None when its dial
    /// code belongs to no country that we know.
    fn as_new_number(&self, number: &CarrierNumber) -> Option<NewNumber> {
        let policy = self.policy.current();
        let country = policy.countries().of(number.phone)?.code;
        Some(NewNumber {
            phone: number.phone,
            country,
            number_type: self.tables.mobile.type_of(number.phone),
            friendly_name: number.friendly_name.clone(),
            carrier: Some(facts_of(number)),
        })
    }

    pub(crate) async fn alert(&self, kind: &str, subject: String, detail: impl Into<Said>) -> Result<(), LedgerError> {
        let now = self.clock.now();
        tracing::warn!(kind, "an operator should know: see the alerts of the pool's summary");
        let id = self.chance.alert_id(now);
        let (kind, detail) = (kind.to_owned(), detail.into());
        self.ledger.raise_alert(Alert { id, kind, subject, detail, raised_at: now }).await
    }

    /// What was told of a number is over.
    async fn clear_number_alerts(&self, phone: PhoneNumber) -> Result<(), LedgerError> {
        let now = self.clock.now();
        for kind in [alert::NUMBER_MISSING, alert::USED_ELSEWHERE, alert::RELEASE_FAILED] {
            self.ledger.clear_alert(kind, phone.expose(), now).await?;
        }
        Ok(())
    }

    /// Notes that a number is gone at the carrier.
    async fn note_missing(&self, phone: PhoneNumber, act: Act) -> Result<bool, LedgerError> {
        let moved = self.ledger.move_number(MoveNumber { phone, to: MoveTo::Missing, force: true, act }).await?;
        let Moved::Done { client, .. } = moved else { return Ok(false) };
        let (de, whose) = match client {
            Some(id) => (format!("au client {id}"), format!("client {id}")),
            None => ("à aucun client".to_owned(), "no client".to_owned()),
        };
        let fr = format!("Le compte chez l’opérateur télécom n’a plus ce numéro ; il appartient {de}.");
        let detail = (fr, format!("The carrier's account no longer has this number; it belongs to {whose}."));
        self.alert(alert::NUMBER_MISSING, phone.expose(), detail).await?;
        Ok(true)
    }
}

/// Facts of a number as the store keeps them.
fn facts_of(number: &CarrierNumber) -> CarrierFacts {
    CarrierFacts { sid: number.sid.clone(), voice: number.capabilities.voice, sms: number.capabilities.sms }
}

/// Numbers as somebody sends them: those that are some, and what is wrong with the others.
fn read_numbers(texts: &[String]) -> (Vec<PhoneNumber>, Vec<NumberFailure>) {
    let (mut numbers, mut failures) = (Vec::new(), Vec::new());
    for text in texts {
        match parse_phone("numbers", text) {
            Ok(phone) if numbers.contains(&phone) => {}
            Ok(phone) => numbers.push(phone),
            Err(error) => failures.push(NumberFailure { number: text.clone(), why: error.problem.to_string() }),
        }
    }
    (numbers, failures)
}

/// Country and type in words: `FR mobile`.
pub(crate) fn subject_of(country: CountryCode, number_type: NumberType) -> String {
    format!("{country} {number_type}")
}
