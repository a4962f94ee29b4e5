//! Promises: what a refusal to sell means for the next step of a purchase; nothing here spends money.

use serde::{Deserialize, Serialize};

use crate::{CountryCode, FieldError, NumberType};

/// Most numbers bought by one request.
pub const BATCH_MAX: u32 = 100;
/// Most candidates looked at for one number: what the carrier lists on a page.
pub const CANDIDATES_MAX: u32 = 100;

/// What is to be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shopping {
    /// The country.
    pub country: CountryCode,
    /// The type to look for first. A country without mobile numbers sells local ones instead, as the original did.
    pub number_type: NumberType,
    /// Only numbers that take texts.
    pub require_sms: bool,
    /// Only numbers that take calls.
    pub require_voice: bool,
    /// How many candidates are tried for one number, 1 to 100.
    pub candidates: u32,
    /// Whether no other type does.
    #[serde(default)]
    pub exactly: bool,
}

impl Shopping {
    /// Something of a country and type, with the original's defaults.
    #[must_use]
    pub fn new(country: CountryCode, number_type: NumberType) -> Self {
        Self {
            country,
            number_type,
            require_sms: false,
            require_voice: false,
            candidates: CANDIDATES_MAX,
            exactly: false,
        }
    }

    /// Reads the original's `candidates_limit`: 0 means 10, less means 1.
    #[must_use]
    pub fn candidates(limit: i64) -> u32 {
        match limit {
            0 => 10,
            ..0 => 1,
            _ => u32::try_from(limit).unwrap_or(CANDIDATES_MAX).min(CANDIDATES_MAX),
        }
    }

    /// Types to look for, in their order: mobile falls back to local unless no other type does, local to nothing.
    pub fn types(self) -> impl Iterator<Item = NumberType> {
        let fallback = (self.number_type == NumberType::Mobile && !self.exactly).then_some(NumberType::Local);
        [Some(self.number_type), fallback].into_iter().flatten()
    }
}

/// Reads a batch size.
///
/// # Errors
/// Outside 1 to 100.
pub fn batch_size(field: &'static str, size: i64) -> Result<u32, FieldError> {
    u32::try_from(size).ok().filter(|size| (1..=BATCH_MAX).contains(size)).ok_or_else(|| {
        FieldError::new(field, ("doit être un nombre entier de 1 à 100", "must be a whole number from 1 to 100"))
    })
}

/// What follows when the carrier refuses to sell a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterRefusal {
    /// Somebody else was faster, or this one alone cannot be had: try the next.
    NextCandidate,
    /// No candidate of this kind can be had with these settings: stop, and say what to do.
    Stop,
}

/// Sorts the carrier's refusals (`original-behaviour` §4): sold meanwhile (21422) or of another regulation than the
/// bundle's (21649): the next candidate may do. An address outside the bundle (21651) and anything else stays.
#[must_use]
pub fn after_refusal(code: i32) -> AfterRefusal {
    match code {
        21_422 | 21_649 => AfterRefusal::NextCandidate,
        _ => AfterRefusal::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_that_is_gone_or_of_another_regulation_is_passed_over_and_nothing_else() {
        assert_eq!(after_refusal(21_422), AfterRefusal::NextCandidate);
        assert_eq!(after_refusal(21_649), AfterRefusal::NextCandidate);
        for code in [21_651, 21_631, 20_003, 21_404, 0] {
            assert_eq!(after_refusal(code), AfterRefusal::Stop, "{code}");
        }
    }

    #[test]
    fn the_originals_limits_are_read_as_it_did() {
        assert_eq!([0, -5, 1, 50, 1_000].map(Shopping::candidates), [10, 1, 1, 50, 100]);
        assert!(batch_size("batch_size", 0).is_err() && batch_size("batch_size", 101).is_err());
        assert_eq!(batch_size("batch_size", 3), Ok(3));
    }

    #[test]
    fn mobile_falls_back_to_local_and_local_to_nothing() {
        let of = |number_type| Shopping::new(CountryCode::FRANCE, number_type).types().collect::<Vec<_>>();
        assert_eq!(of(NumberType::Mobile), [NumberType::Mobile, NumberType::Local]);
        assert_eq!(of(NumberType::Local), [NumberType::Local]);
        let exactly = Shopping { exactly: true, ..Shopping::new(CountryCode::FRANCE, NumberType::Mobile) };
        assert_eq!(exactly.types().collect::<Vec<_>>(), [NumberType::Mobile]);
    }
}
