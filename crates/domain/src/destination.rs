//! Promises: knows the numbers that nobody may be connected to: premium, shared-cost, satellite and other
//! toll-fraud ranges, from the shipped table `data/forbidden_destinations.csv`.

use std::collections::HashMap;

use serde::Deserialize;

use crate::{PhoneNumber, TableError};

/// Ranges we never dial, text or remember, by longest prefix: a permitted range inside a forbidden one is permitted.
#[derive(Debug, Clone)]
pub struct Destinations {
    forbidden_by_prefix: HashMap<u64, bool>,
}

impl Destinations {
    /// The table that is shipped with the program.
    ///
    /// # Errors
    /// When the file was broken before it was built in; a test keeps that from happening.
    pub fn shipped() -> Result<Self, TableError> {
        #[derive(Deserialize)]
        struct Line {
            prefix: u64,
        }
        let text = include_str!("../data/forbidden_destinations.csv");
        let mut forbidden_by_prefix = HashMap::new();
        for line in csv::Reader::from_reader(text.as_bytes()).deserialize() {
            let broken = |problem: String| TableError { table: "forbidden_destinations.csv", problem };
            let line: Line = line.map_err(|error| broken(error.to_string()))?;
            if forbidden_by_prefix.insert(line.prefix, true).is_some() {
                return Err(broken(format!("prefix {} appears twice", line.prefix)));
            }
        }
        Ok(Self { forbidden_by_prefix })
    }

    /// Adds an operator's own ranges.
    #[must_use]
    pub fn with(mut self, forbidden: &[u64], permitted: &[u64]) -> Self {
        self.forbidden_by_prefix.extend(forbidden.iter().map(|prefix| (*prefix, true)));
        self.forbidden_by_prefix.extend(permitted.iter().map(|prefix| (*prefix, false)));
        self
    }

    /// Whether a number must not be dialled, texted or remembered.
    #[must_use]
    pub fn forbids(&self, phone: PhoneNumber) -> bool {
        phone.prefixes().find_map(|prefix| self.forbidden_by_prefix.get(&prefix)).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    fn premium_satellite_and_fraud_ranges_are_forbidden(
        #[values("+33899000000", "+33820000000", "+881600000000", "+87070000000", "+97900000000", "+19005550100")]
        phone: &str,
    ) {
        assert!(Destinations::shipped().unwrap().forbids(phone.parse().unwrap()));
    }

    #[rstest]
    fn ordinary_numbers_are_not(
        #[values("+33639980001", "+33199000001", "+447700900001", "+351910000001", "+41760000001", "+14155550101")]
        phone: &str,
    ) {
        assert!(!Destinations::shipped().unwrap().forbids(phone.parse().unwrap()));
    }

    #[test]
    fn an_operators_ranges_win_by_the_longest_prefix() {
        let table = Destinations::shipped().unwrap().with(&[3363998], &[33899]);
        assert!(table.forbids("+33639980001".parse().unwrap()));
        assert!(!table.forbids("+33899000000".parse().unwrap()));
        assert!(!table.forbids("+33199000001".parse().unwrap()));
    }
}
