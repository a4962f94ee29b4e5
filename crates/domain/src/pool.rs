//! Promises: the states and types a proxy number can have, in the words that API and sheet use; its life is in
//! [`life`], what an account and the pool say of each other in [`reconcile`], how long the stock lasts in [`stock`].

pub mod life;
pub mod reconcile;
pub mod stock;

use std::{collections::HashSet, fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ClientId, CountryCode, FieldError, PersonName, PhoneNumber, TableError};

use life::Actor;

/// What a proxy number technically is. `national` is read as `local`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberType {
    /// A mobile number.
    Mobile,
    /// A geographic or national number.
    Local,
}

impl NumberType {
    /// The word in API, sheet and store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Local => "local",
        }
    }
}

impl FromStr for NumberType {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "mobile" => Ok(Self::Mobile),
            "local" | "national" => Ok(Self::Local),
            _ => Err(FieldError::new(
                "number_type",
                ("doit être mobile, local ou national", "must be mobile, local or national"),
            )),
        }
    }
}

impl fmt::Display for NumberType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which numbers are mobile, by leading digits, from the shipped table `data/mobile_prefixes.csv`.
#[derive(Debug, Clone)]
pub struct MobilePrefixes(HashSet<u64>);

impl MobilePrefixes {
    /// The table that is shipped with the program.
    ///
    /// # Errors
    /// When the file was broken before it was built in; a test keeps that from happening.
    pub fn shipped() -> Result<Self, TableError> {
        #[derive(Deserialize)]
        struct Line {
            prefix: u64,
        }
        let lines = csv::Reader::from_reader(include_str!("../data/mobile_prefixes.csv").as_bytes())
            .into_deserialize()
            .map(|line| line.map(|line: Line| line.prefix))
            .collect::<Result<_, _>>();
        lines.map(Self).map_err(|error| TableError { table: "mobile_prefixes.csv", problem: error.to_string() })
    }

    /// What a number is; local where the table does not say mobile.
    #[must_use]
    pub fn type_of(&self, phone: PhoneNumber) -> NumberType {
        if phone.prefixes().any(|prefix| self.0.contains(&prefix)) { NumberType::Mobile } else { NumberType::Local }
    }
}

/// Where a proxy number is in its life. Which state may follow which is [`NumberStatus::may_become`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberStatus {
    /// May be given to a client.
    Available,
    /// Held for one confirmation.
    Reserved,
    /// A client's.
    Assigned,
    /// Given back, resting before another client may get it.
    Quarantined,
    /// Given back to the carrier.
    Released,
    /// Set aside by an operator or because something is wrong with it.
    Error,
    /// Gone at the carrier.
    Missing,
}

impl NumberStatus {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Available,
        Self::Reserved,
        Self::Assigned,
        Self::Quarantined,
        Self::Released,
        Self::Error,
        Self::Missing,
    ];

    /// The word in API, sheet and store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Reserved => "reserved",
            Self::Assigned => "assigned",
            Self::Quarantined => "quarantined",
            Self::Released => "released",
            Self::Error => "error",
            Self::Missing => "missing",
        }
    }

    /// Reads the store's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A number to be added to the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNumber {
    /// E.164.
    pub phone: PhoneNumber,
    /// Country.
    pub country: CountryCode,
    /// Type.
    pub number_type: NumberType,
    /// What the carrier's console calls it.
    pub friendly_name: String,
    /// What the carrier knows of it, when the carrier told us.
    pub carrier: Option<CarrierFacts>,
}

/// What the carrier knows of a number of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierFacts {
    /// The carrier's id (`PN…`).
    pub sid: String,
    /// Whether it takes calls.
    pub voice: bool,
    /// Whether it takes texts.
    pub sms: bool,
}

/// A proxy number as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyNumber {
    /// E.164.
    pub phone: PhoneNumber,
    /// Country.
    pub country: CountryCode,
    /// Type.
    pub number_type: NumberType,
    /// Where it is in its life.
    pub status: NumberStatus,
    /// Since when.
    pub since: Timestamp,
    /// Who brought it there.
    pub actor: Actor,
    /// And why.
    pub reason: String,
    /// What the carrier's console calls it.
    pub friendly_name: String,
    /// When it joined the pool.
    pub added_at: Timestamp,
    /// What the carrier knows of it, once we have heard.
    pub carrier: Option<CarrierFacts>,
    /// Whose it is. Also while it is missing or in error, if a client had it then.
    pub client: Option<ClientId>,
    /// That client's name.
    pub client_name: Option<PersonName>,
    /// Since when it is the client's.
    pub assigned_at: Option<Timestamp>,
    /// Who holds it while it is reserved.
    pub reservation: Option<String>,
    /// Until when it is reserved or rests.
    pub held_until: Option<Timestamp>,
    /// When the client who had it last lost it.
    pub owned_until: Option<Timestamp>,
}

/// One state that a number was in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPast {
    /// The state.
    pub status: NumberStatus,
    /// Whose it was then.
    pub client: Option<ClientId>,
    /// Who brought it there.
    pub actor: Actor,
    /// And why.
    pub reason: String,
    /// From when.
    pub since: Timestamp,
    /// Until when; none: still.
    pub until: Option<Timestamp>,
}

/// How many numbers of a country are available, by type. What a refusal for want of numbers says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// Mobile numbers.
    pub mobile: u64,
    /// Local numbers.
    pub local: u64,
}

impl Availability {
    /// Of both types.
    #[must_use]
    pub fn total(self) -> u64 {
        self.mobile + self.local
    }

    /// Of one type.
    #[must_use]
    pub fn of(self, number_type: NumberType) -> u64 {
        match number_type {
            NumberType::Mobile => self.mobile,
            NumberType::Local => self.local,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_is_another_word_for_local() {
        assert_eq!("National".parse(), Ok(NumberType::Local));
        assert_eq!(" mobile ".parse(), Ok(NumberType::Mobile));
        assert!("tollfree".parse::<NumberType>().is_err());
    }

    #[test]
    fn a_numbers_type_follows_from_its_leading_digits() {
        let table = MobilePrefixes::shipped().unwrap();
        for (phone, number_type) in [
            ("+33639980001", NumberType::Mobile),
            ("+33199000001", NumberType::Local),
            ("+447700900001", NumberType::Mobile),
            ("+351910000001", NumberType::Mobile),
        ] {
            assert_eq!(table.type_of(phone.parse().unwrap()), number_type, "{phone}");
        }
    }

    #[test]
    fn every_state_reads_back_from_its_word() {
        for status in NumberStatus::ALL {
            assert_eq!(NumberStatus::parse(status.as_str()), Some(status));
        }
    }
}
