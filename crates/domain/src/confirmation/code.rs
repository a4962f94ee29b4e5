//! Promises: a code is six digits, the same for all channels, never kept and never shown by accident, and compared without
//! telling by its time how much of it was right.

use std::fmt;

use subtle::ConstantTimeEq;

/// The lowest code.
const FIRST: u64 = 100_000;
/// How many there are: 100000 to 999999.
const COUNT: u128 = 900_000;

/// A code that a client proves a phone with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(u32);

impl Code {
    /// From bytes that nobody else can compute. Of 2^128 values, which fall on the codes evenly but for one part in 10^32.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let step = u64::try_from(u128::from_be_bytes(bytes) % COUNT).unwrap_or_default();
        Self(u32::try_from(FIRST + step).unwrap_or_default())
    }

    /// The six digits: for the carrier alone.
    #[must_use]
    pub fn expose(self) -> String {
        self.0.to_string()
    }

    /// The digits one by one, with pauses, as they are spoken.
    #[must_use]
    pub fn expose_spoken(self) -> String {
        let digits: Vec<String> = self.expose().chars().map(String::from).collect();
        digits.join(". ")
    }

    /// Whether this is what somebody entered.
    #[must_use]
    pub fn is(self, entered: EnteredCode) -> bool {
        self.0.to_be_bytes().ct_eq(&entered.0.to_be_bytes()).into()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// Six digits that somebody entered, right or wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EnteredCode(u32);

impl EnteredCode {
    /// Reads exactly six digits, with spaces around.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() == 6 && text.bytes().all(|sign| sign.is_ascii_digit()))
            .then(|| text.parse().ok().map(Self))
            .flatten()
    }

    /// To make a keyed hash of it.
    #[must_use]
    pub fn expose_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Debug for EnteredCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnteredCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits_from_100000_to_999999() {
        assert_eq!(Code::from_bytes([0; 16]).expose(), "100000");
        let mut last = [0; 16];
        last.copy_from_slice(&899_999_u128.to_be_bytes());
        assert_eq!(Code::from_bytes(last).expose(), "999999");
        last.copy_from_slice(&900_000_u128.to_be_bytes());
        assert_eq!(Code::from_bytes(last).expose(), "100000");
    }

    #[test]
    fn only_the_same_six_digits_are_the_code() {
        let code = Code::from_bytes([0; 16]);
        assert!(code.is(EnteredCode::parse(" 100000 ").unwrap()));
        assert!(!code.is(EnteredCode::parse("100001").unwrap()));
        for text in ["", "12345", "1234567", "12345x", "１２３４５６", "+12345"] {
            assert_eq!(EnteredCode::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_is_spoken_digit_by_digit_and_hidden_in_debug() {
        let code = Code::from_bytes([0; 16]);
        assert_eq!(code.expose_spoken(), "1. 0. 0. 0. 0. 0");
        assert_eq!(format!("{code:?} {:?}", EnteredCode::parse("123456").unwrap()), "Code(…) EnteredCode(…)");
    }
}
