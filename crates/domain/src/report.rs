//! Promises: the figures of a week as plain numbers; no name, no real number, no address.

use jiff::Timestamp;

use crate::{Channel, ClientId, CountryCode, NumberType, Outcome, Week, Zone};

/// How many duplicates a report names; the others are counted.
pub const DUPLICATES_NAMED: usize = 50;

/// A figure of the week before and of the week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared<T> {
    /// Of the week before.
    pub before: T,
    /// Of the week.
    pub week: T,
}

/// What went through the numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls, refused ones too.
    pub calls: u64,
    /// Calls that both sides spoke in.
    pub answered: u64,
    /// Calls that were put through and not answered: busy, nobody there, hung up, failed.
    pub missed: u64,
    /// Texts, refused ones too.
    pub texts: u64,
    /// Texts that the carrier took or delivered.
    pub relayed: u64,
    /// Texts that did not arrive, as far as anybody knows.
    pub lost: u64,
    /// Calls and texts that the rules refused.
    pub refused: u64,
}

impl Traffic {
    /// Adds so many of one kind.
    pub fn add(&mut self, channel: Channel, outcome: Outcome, count: u64) {
        match channel {
            Channel::Call => self.calls += count,
            Channel::Text => self.texts += count,
        }
        match outcome {
            Outcome::Completed => self.answered += count,
            Outcome::Busy | Outcome::NoAnswer | Outcome::Canceled => self.missed += count,
            Outcome::Failed if channel == Channel::Call => self.missed += count,
            Outcome::Sent | Outcome::Delivered => self.relayed += count,
            Outcome::Failed | Outcome::Undelivered | Outcome::Unknown => self.lost += count,
            Outcome::Connecting | Outcome::Queued | Outcome::Sending | Outcome::OptOut => {}
            Outcome::RefusedUnknownNumber
            | Outcome::RefusedRegion
            | Outcome::RefusedWithheld
            | Outcome::RefusedNoRecentCaller
            | Outcome::RefusedDestination
            | Outcome::RefusedLoop
            | Outcome::RefusedEmpty
            | Outcome::RefusedBlocked
            | Outcome::RefusedPaused => self.refused += count,
        }
    }

    /// Adds another's figures.
    pub fn add_all(&mut self, other: Self) {
        let Self { calls, answered, missed, texts, relayed, lost, refused } = other;
        self.calls += calls;
        self.answered += answered;
        self.missed += missed;
        self.texts += texts;
        self.relayed += relayed;
        self.lost += lost;
        self.refused += refused;
    }

    /// Of the calls that were put through, how many of a hundred were answered; none when there were none.
    #[must_use]
    pub fn answered_percent(self) -> Option<u64> {
        crate::figures::share(self.answered, self.answered + self.missed)
    }
}

/// The clients who are not closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientFigures {
    /// All of them.
    pub total: u64,
    /// Those with a proxy number.
    pub with_number: u64,
    /// Of those, whom the shop knows by e-mail address (column I of the sheet says so).
    pub in_shop: u64,
    /// Of those, whom it does not know.
    pub not_in_shop: u64,
    /// Those with a number whom somebody has called or texted: they have a last caller.
    pub active: u64,
}

impl ClientFigures {
    /// Those without a proxy number.
    #[must_use]
    pub fn without_number(self) -> u64 {
        self.total.saturating_sub(self.with_number)
    }

    /// Those with a number of whom nobody has said whether the shop knows them.
    #[must_use]
    pub fn shop_unknown(self) -> u64 {
        self.with_number.saturating_sub(self.in_shop + self.not_in_shop)
    }
}

/// What several clients have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shared {
    /// The real number.
    Phone,
    /// The e-mail address.
    Mail,
}

/// Open clients who have something in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duplicate {
    /// What.
    pub shared: Shared,
    /// Who, the first twenty.
    pub clients: Vec<ClientId>,
    /// The phone or address, masked: enough to tell two apart, too little to write to.
    pub masked: String,
}

/// The numbers of one country and type that may be given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Available {
    /// The country.
    pub country: CountryCode,
    /// The type.
    pub number_type: NumberType,
    /// How many.
    pub count: u64,
    /// Whether an alert says that they are too few.
    pub low: bool,
}

/// A week in figures. What is of the week ends with it; what stands (clients, numbers, duplicates) is as of `made_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeklyReport {
    /// Which week.
    pub week: Week,
    /// By which clock.
    pub zone: Zone,
    /// When it was made.
    pub made_at: Timestamp,
    /// The clients.
    pub clients: ClientFigures,
    /// Numbers that were given to clients.
    pub assigned: Compared<u64>,
    /// Orders.
    pub orders: Compared<u64>,
    /// Clients with a number who ordered in the week.
    pub ordering_clients: u64,
    /// What may be given out.
    pub available: Vec<Available>,
    /// Clients who share a phone or an e-mail address, as far as they are named.
    pub duplicates: Vec<Duplicate>,
    /// How many phones and e-mail addresses are shared in all.
    pub duplicate_count: u64,
    /// Calls and texts.
    pub traffic: Compared<Traffic>,
    /// Those of the week by day, Monday first.
    pub days: [Traffic; 7],
    /// Those of the week by the hour of the day in which they came.
    pub hours: [Traffic; 24],
}

impl WeeklyReport {
    /// How many numbers may be given out, of all countries and types.
    #[must_use]
    pub fn available_total(&self) -> u64 {
        self.available.iter().map(|of| of.count).sum()
    }

    /// Whether an alert says that some numbers are too few.
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.available.iter().any(|of| of.low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_counted_once_at_most_beside_its_channel() {
        for channel in Channel::ALL {
            for outcome in Outcome::ALL {
                let mut traffic = Traffic::default();
                traffic.add(*channel, *outcome, 2);
                assert_eq!(traffic.calls + traffic.texts, 2);
                let Traffic { answered, missed, relayed, lost, refused, .. } = traffic;
                assert!(answered + missed + relayed + lost + refused <= 2, "{channel:?} {outcome:?}");
                assert_eq!(refused == 2, outcome.as_str().starts_with("refused_"), "{outcome:?}");
            }
        }
    }

    #[test]
    fn the_share_of_answered_calls_leaves_refused_ones_out_and_is_rounded() {
        let mut traffic = Traffic::default();
        assert_eq!(traffic.answered_percent(), None);
        traffic.add(Channel::Call, Outcome::RefusedRegion, 9);
        assert_eq!(traffic.answered_percent(), None);
        traffic.add(Channel::Call, Outcome::Completed, 2);
        traffic.add(Channel::Call, Outcome::NoAnswer, 1);
        assert_eq!(traffic.answered_percent(), Some(67));
    }

    #[test]
    fn who_is_not_said_to_be_in_the_shop_or_not_is_unknown() {
        let clients = ClientFigures { total: 9, with_number: 6, in_shop: 3, not_in_shop: 1, active: 2 };
        assert_eq!((clients.without_number(), clients.shop_unknown()), (3, 2));
    }
}
