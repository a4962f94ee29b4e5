//! Promises: how many numbers of each country and type there are, and how long they last at the recent pace.

use super::{NumberStatus, NumberType};
use crate::CountryCode;

/// Over how many days the pace is taken.
pub const PACE_DAYS: i64 = 28;
/// Stock that lasts for less than so many days is low.
pub const LOW_DAYS: f64 = 7.0;

/// How the stock of a country and type stands, wherever that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// None is available: the next client gets none.
    Out,
    /// Fewer than should be, or so few that they will not last.
    Low,
    /// As many as should be.
    Enough,
    /// None is available, and none is needed.
    Unneeded,
}

impl Level {
    /// Whether some should be bought.
    #[must_use]
    pub fn is_short(self) -> bool {
        matches!(self, Self::Out | Self::Low)
    }
}

/// The numbers of one country and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// The country.
    pub country: CountryCode,
    /// The type.
    pub number_type: NumberType,
    /// How many are in each state, in the order of [`NumberStatus::ALL`]. Numbers whose rest or reservation is over
    /// count as available.
    pub counts: [u64; NumberStatus::ALL.len()],
    /// How many were given to clients in the last [`PACE_DAYS`] days.
    pub assigned_lately: u64,
}

impl Stock {
    /// None yet.
    #[must_use]
    pub fn empty(country: CountryCode, number_type: NumberType) -> Self {
        Self { country, number_type, counts: Default::default(), assigned_lately: 0 }
    }

    /// How many are in a state.
    #[must_use]
    pub fn count(&self, status: NumberStatus) -> u64 {
        let index = NumberStatus::ALL.iter().position(|each| *each == status);
        index.and_then(|index| self.counts.get(index)).copied().unwrap_or_default()
    }

    /// Adds to a state's count.
    pub fn add(&mut self, status: NumberStatus, count: u64) {
        let index = NumberStatus::ALL.iter().position(|each| *each == status);
        if let Some(slot) = index.and_then(|index| self.counts.get_mut(index)) {
            *slot += count;
        }
    }

    /// Takes from a state's count.
    pub fn take(&mut self, status: NumberStatus, count: u64) {
        let index = NumberStatus::ALL.iter().position(|each| *each == status);
        if let Some(slot) = index.and_then(|index| self.counts.get_mut(index)) {
            *slot = slot.saturating_sub(count);
        }
    }

    /// Whether clients have such numbers, or had some given lately.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.count(NumberStatus::Assigned) > 0 || self.assigned_lately > 0
    }

    /// How it stands. `enough`: fewer available ones than this are few; `kept`: whether such numbers are to be there although
    /// no client has one.
    #[must_use]
    pub fn level(&self, enough: u64, kept: bool) -> Level {
        let available = self.count(NumberStatus::Available);
        match (kept || self.is_in_use(), available) {
            (false, 0) => Level::Unneeded,
            (false, _) => Level::Enough,
            (true, 0) => Level::Out,
            (true, _) if available < enough || self.days_left().is_some_and(|days| days < LOW_DAYS) => Level::Low,
            (true, _) => Level::Enough,
        }
    }

    /// For how many days the available numbers last at the recent pace; none when nothing was given out lately.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of numbers are far below 2^52")]
    pub fn days_left(&self) -> Option<f64> {
        if self.assigned_lately == 0 {
            return None;
        }
        let days = self.count(NumberStatus::Available) as f64 * PACE_DAYS as f64 / self.assigned_lately as f64;
        Some((days * 10.0).round() / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn stock_lasts_as_long_as_the_recent_pace_says() {
        let mut stock = Stock::empty(CountryCode::FRANCE, NumberType::Mobile);
        stock.add(NumberStatus::Available, 10);
        assert_eq!(stock.days_left(), None);
        stock.assigned_lately = 28;
        assert_eq!(stock.days_left(), Some(10.0));
        stock.assigned_lately = 3;
        assert_eq!(stock.days_left(), Some(93.3));
    }

    #[rstest]
    #[case::nobody_has_one((0, 0, 0), 3, Level::Unneeded)]
    #[case::nobody_has_one_but_they_are_there((2, 0, 0), 3, Level::Enough)]
    #[case::a_client_has_one_and_none_is_left((0, 1, 0), 0, Level::Out)]
    #[case::they_went_lately((0, 0, 5), 0, Level::Out)]
    #[case::fewer_than_should_be((2, 1, 0), 3, Level::Low)]
    #[case::as_many_as_should_be((3, 1, 0), 3, Level::Enough)]
    #[case::gone_within_a_week((6, 1, 28), 0, Level::Low)]
    #[case::gone_after_a_week((7, 1, 28), 0, Level::Enough)]
    fn stock_stands_as_the_need_for_it_says(
        #[case] (available, assigned, lately): (u64, u64, u64),
        #[case] enough: u64,
        #[case] level: Level,
    ) {
        let mut stock = Stock::empty(CountryCode::FRANCE, NumberType::Mobile);
        stock.add(NumberStatus::Available, available);
        stock.add(NumberStatus::Assigned, assigned);
        stock.assigned_lately = lately;
        assert_eq!(stock.level(enough, false), level);
        assert!(available > 0 || stock.level(enough, true) == Level::Out);
    }
}
