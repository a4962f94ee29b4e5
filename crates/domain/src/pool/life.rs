//! Promises: which state of a number may follow which, who may hold one, and what giving one back takes.
//!
//! The database keeps the same rules (`number_move` and the constraints of `proxy_number`); the conformance suite holds
//! the two against each other.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::{Availability, NumberStatus, NumberType};
use crate::{CountryCode, FieldError, PhoneNumber, access::TokenName};

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Somebody at an API that asks for no token.
    Api,
    /// A program with this token.
    Token(TokenName),
    /// Somebody at the command line.
    Cli,
    /// Somebody who typed it into the Google Sheet.
    Sheet,
    /// The service itself, by a job or a rule.
    System,
}

impl Actor {
    /// The word in API and store: no token is called like one of the others.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Api => "api",
            Self::Token(name) => name.as_str(),
            Self::Cli => "cli",
            Self::Sheet => "sheet",
            Self::System => "system",
        }
    }

    /// Reads the store's word; one that only another version knows is the system's.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "api" => Self::Api,
            "cli" => Self::Cli,
            "sheet" => Self::Sheet,
            _ => TokenName::from_store(text).map_or(Self::System, Self::Token),
        }
    }
}

/// Who does something, why, and when: what the history of a number keeps of each change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub actor: Actor,
    /// Why, in a few words for an operator; never a name or a real number.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Act {
    /// An act.
    pub fn new(actor: Actor, reason: impl Into<String>, at: Timestamp) -> Self {
        Self { actor, reason: reason.into(), at }
    }
}

impl NumberStatus {
    /// Whether a number in this state may come into `next`. Staying is no move.
    ///
    /// A client's number reaches another client only after it has rested, whatever else it was meanwhile: the store sees to it.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use NumberStatus::{Assigned, Available, Error, Missing, Quarantined, Released, Reserved};
        match (self, next) {
            (Available, Reserved | Assigned | Quarantined | Released | Error | Missing)
            | (Reserved, Available | Assigned | Quarantined | Released | Error | Missing)
            | (Assigned, Quarantined | Released | Error | Missing)
            | (Quarantined, Available | Assigned | Released | Error | Missing)
            | (Error, Available | Assigned | Quarantined | Released | Missing)
            | (Missing, Available | Assigned | Quarantined | Released | Error)
            // Bought again, or given back by mistake and found in the account.
            | (Released, Available | Quarantined | Error) => true,
            _ => false,
        }
    }
}

/// Longest token of a reservation, in bytes.
const TOKEN_MAX: usize = 128;

/// Whose a reservation is: a confirmation's id, or a random one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReservationToken(String);

impl ReservationToken {
    /// Checks a token: 1 to 128 visible characters.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        if text.is_empty() || text.len() > TOKEN_MAX || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(FieldError::new(
                field,
                ("doit avoir de 1 à 128 caractères, sans espace", "must have 1 to 128 characters and no spaces"),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ReservationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReservationToken(…)")
    }
}

/// A number held for its owner until a moment. Only the pool makes one: by holding the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    number: PhoneNumber,
    number_type: NumberType,
    token: ReservationToken,
    until: Timestamp,
}

impl Reservation {
    /// From the store, after it holds the number.
    #[must_use]
    pub fn from_store(number: PhoneNumber, number_type: NumberType, token: ReservationToken, until: Timestamp) -> Self {
        Self { number, number_type, token, until }
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> PhoneNumber {
        self.number
    }

    /// Its type: the one asked for, or the other one where that was allowed.
    #[must_use]
    pub fn number_type(&self) -> NumberType {
        self.number_type
    }

    /// Whose it is.
    #[must_use]
    pub fn token(&self) -> &ReservationToken {
        &self.token
    }

    /// Until when.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }
}

/// Which numbers would do, best first. A number is only ever of the country that is asked for: a caller ID from another
/// country may be hidden or blocked on the way to the client (`anchors-number-masking` §5.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The client's country.
    pub country: CountryCode,
    /// The type to take first.
    pub preferred: NumberType,
    /// Whether the other type does, too.
    pub other_type_does: bool,
}

impl Wish {
    /// A number of the country, of this type if there is one.
    #[must_use]
    pub fn any(country: CountryCode, preferred: NumberType) -> Self {
        Self { country, preferred, other_type_does: true }
    }

    /// A number of the country and of this type.
    #[must_use]
    pub fn exactly(country: CountryCode, number_type: NumberType) -> Self {
        Self { country, preferred: number_type, other_type_does: false }
    }

    /// The types to look for, in their order.
    pub fn types(self) -> impl Iterator<Item = NumberType> {
        [Some(self.preferred), self.other_type_does.then(|| self.preferred.other())].into_iter().flatten()
    }

    /// Whether what is left would do.
    #[must_use]
    pub fn is_met_by(self, left: Availability) -> bool {
        self.types().any(|number_type| left.of(number_type) > 0)
    }

    /// Why a number of this type was chosen, in words for an operator.
    #[must_use]
    pub fn explain(self, given: NumberType) -> String {
        let Self { country, preferred, .. } = self;
        if given == preferred {
            format!("{country} {given}: the client's country and the type asked for; available for longest")
        } else {
            format!("{country} {given}: the client's country; no {preferred} number was left; available for longest")
        }
    }
}

impl NumberType {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Mobile => Self::Local,
            Self::Local => Self::Mobile,
        }
    }
}

/// Why a number is not given back or set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeepReason {
    /// A client has it.
    #[error("is assigned to a client; say force to take it away from the client")]
    Assigned,
    /// It is held for a confirmation.
    #[error("is reserved for a confirmation; say force to end the reservation")]
    Reserved,
    /// It was given back before.
    #[error("was given back to the carrier before")]
    Released,
}

/// Whether a number in this state may leave the pool.
///
/// # Errors
/// Says which use it has. With `force` only what is gone already stays refused.
pub fn may_leave(status: NumberStatus, force: bool) -> Result<(), KeepReason> {
    match status {
        NumberStatus::Released => Err(KeepReason::Released),
        NumberStatus::Assigned if !force => Err(KeepReason::Assigned),
        NumberStatus::Reserved if !force => Err(KeepReason::Reserved),
        _ => Ok(()),
    }
}

/// How long a number rests after a client gave it back: what the operator says, never under its country's minimum.
#[must_use]
pub fn rest(wanted: SignedDuration, minimum: SignedDuration) -> SignedDuration {
    wanted.max(minimum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::NumberStatus::*;

    #[test]
    fn a_clients_number_reaches_another_client_only_by_way_of_rest_or_an_operator() {
        assert!(!Assigned.may_become(Available) && !Assigned.may_become(Reserved));
        assert!(Assigned.may_become(Quarantined) && Quarantined.may_become(Available));
    }

    #[test]
    fn what_is_reserved_set_aside_missing_or_given_back_is_not_given_out() {
        for status in [Reserved, Error, Missing, Released] {
            assert!(!status.may_become(Reserved), "{status:?}");
        }
        assert!(!Released.may_become(Assigned));
    }

    #[test]
    fn staying_is_no_move() {
        assert!(NumberStatus::ALL.into_iter().all(|status| !status.may_become(status)));
    }

    #[test]
    fn numbers_in_use_stay_unless_forced() {
        assert_eq!(may_leave(Assigned, false), Err(KeepReason::Assigned));
        assert_eq!(may_leave(Reserved, false), Err(KeepReason::Reserved));
        assert_eq!(may_leave(Assigned, true), Ok(()));
        assert_eq!(may_leave(Released, true), Err(KeepReason::Released));
        for status in [Available, Quarantined, Error, Missing] {
            assert_eq!(may_leave(status, false), Ok(()));
        }
    }

    #[test]
    fn the_other_type_does_only_where_it_is_allowed() {
        let france = CountryCode::FRANCE;
        let local = Availability { mobile: 0, local: 1 };
        assert!(Wish::any(france, NumberType::Mobile).is_met_by(local));
        assert!(!Wish::exactly(france, NumberType::Mobile).is_met_by(local));
        assert!(Wish::any(france, NumberType::Mobile).explain(NumberType::Local).contains("no mobile number was left"));
    }

    #[test]
    fn no_rest_is_shorter_than_the_countrys_minimum() {
        let (hour, days) = (SignedDuration::from_hours(1), SignedDuration::from_hours(72));
        assert_eq!(rest(hour, days), days);
        assert_eq!(rest(days, hour), days);
    }

    #[test]
    fn who_acted_reads_back_and_a_tokens_name_is_its_own() {
        let token = Actor::Token(TokenName::parse("name", "shop").unwrap());
        for actor in [Actor::Api, Actor::Cli, Actor::Sheet, Actor::System, token] {
            assert_eq!(Actor::parse(actor.as_str()), actor);
        }
        assert_eq!(Actor::parse("Something else"), Actor::System);
    }

    #[test]
    fn a_token_is_visible_text_of_some_length_and_hides_from_debug() {
        for text in ["", " ", "a b", "a\n", &"x".repeat(129)] {
            assert!(ReservationToken::parse("token", text).is_err(), "{text:?}");
        }
        let token = ReservationToken::parse("token", "P-1").unwrap();
        assert_eq!(format!("{token:?}"), "ReservationToken(…)");
    }
}
