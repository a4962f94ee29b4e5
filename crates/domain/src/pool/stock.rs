//! Promises: how many numbers of each country and type there are, and how long they last at the recent pace.

use super::{NumberStatus, NumberType};
use crate::CountryCode;

/// Over how many days the pace is taken.
pub const PACE_DAYS: i64 = 28;

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
}
