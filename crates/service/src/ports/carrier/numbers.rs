//! Numbers at the carrier: for sale, bought, and how they are wired.

use jiff::Timestamp;
use proxycall_domain::{CountryCode, PhoneNumber, wiring::Wiring};

pub use proxycall_domain::number_rules::Shelf;

/// What a number can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Calls.
    pub voice: bool,
    /// Texts.
    pub sms: bool,
    /// Texts with pictures.
    pub mms: bool,
}

/// What to look for among the numbers for sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberSearch {
    /// The country.
    pub country: CountryCode,
    /// The shelf.
    pub shelf: Shelf,
    /// Only those that take calls.
    pub require_voice: bool,
    /// Only those that take texts.
    pub require_sms: bool,
    /// At most so many, 1 to 100.
    pub limit: u32,
}

/// A number for sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberOffer {
    /// E.164.
    pub phone: PhoneNumber,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// A number to be bought, wired from its first moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPurchase {
    /// E.164, from an offer.
    pub phone: PhoneNumber,
    /// What the carrier's console calls it.
    pub friendly_name: String,
    /// Its webhooks.
    pub wiring: Wiring,
    /// The address that its country asks for (`AD…`).
    pub address_sid: Option<String>,
    /// The regulatory bundle that its country asks for (`BU…`).
    pub bundle_sid: Option<String>,
}

/// A number of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierNumber {
    /// The carrier's id (`PN…`).
    pub sid: String,
    /// E.164.
    pub phone: PhoneNumber,
    /// What the carrier's console calls it.
    pub friendly_name: String,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Its webhooks.
    pub wiring: Wiring,
    /// When the account got it, where the carrier says so.
    pub created_at: Option<Timestamp>,
}

/// Changes to a number: absent means unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberUpdate {
    /// What the carrier's console is to call it.
    pub friendly_name: Option<String>,
    /// Its webhooks: each address is sent, an empty one to take it off; trunk and applications only when present.
    pub wiring: Option<Wiring>,
}
