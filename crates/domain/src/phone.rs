//! Promises: a [`PhoneNumber`] is always a well-formed E.164 number, and never shows itself by accident.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Said;

/// Fewest digits we take for a phone number (`original-behaviour` §8: 8 to 15 digits in all).
const MIN_DIGITS: usize = 8;
/// Most digits an E.164 number can have.
const MAX_DIGITS: usize = 15;

/// A number in E.164: a country code that does not begin with 0, 8 to 15 digits in all.
///
/// `Debug` and `Display` mask it (`+****5678`), so that no log, error or panic shows it.
/// [`PhoneNumber::expose`] is the one way to the digits; search for it to find each place that shows a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(u64);

/// Why a text is not a phone number. Never holds the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneError {
    /// Nothing, or nothing but spaces.
    Empty,
    /// A separator, letter or other sign among the digits.
    NotDigits,
    /// A national number: its first digit is 0.
    National,
    /// Too short or too long for E.164.
    Length,
}

impl From<PhoneError> for Said {
    fn from(error: PhoneError) -> Self {
        let (fr, en) = match error {
            PhoneError::Empty => (
                "est vide ; attendu : un numéro international comme +33639980001",
                "is empty; expected an international number such as +33639980001",
            ),
            PhoneError::NotDigits => (
                "contient un signe qui n’est pas un chiffre ; attendu : un numéro international comme +33639980001",
                "holds a sign that is not a digit; expected an international number such as +33639980001",
            ),
            PhoneError::National => (
                "commence par 0 ; attendu : l’indicatif du pays d’abord, comme +33639980001",
                "begins with 0; expected the country code first, such as +33639980001",
            ),
            PhoneError::Length => (
                "doit avoir de 8 à 15 chiffres ; attendu : un numéro international comme +33639980001",
                "must have 8 to 15 digits; expected an international number such as +33639980001",
            ),
        };
        (fr, en).into()
    }
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Said::from(*self).fmt(f)
    }
}

impl std::error::Error for PhoneError {}

impl PhoneNumber {
    /// Stands where the number of an erased person stood: of a country code that nobody has, so it reaches nobody.
    pub const ERASED: Self = Self(99_900_000_000);

    /// Reads what people and programs write for an international number: `+33…`, `33…`, `0033…`, with
    /// spaces around or between groups of digits.
    ///
    /// # Errors
    /// Says which rule is broken, never what was read.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PhoneError::Empty);
        }
        let unsigned = text.strip_prefix('+').unwrap_or(text);
        let signed = unsigned.len() != text.len();
        let unsigned = if signed { unsigned } else { unsigned.strip_prefix("00").unwrap_or(unsigned) };
        Self::from_digits(unsigned.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}')))
    }

    /// Reads an address as a carrier posts it: a channel prefix such as `whatsapp:` is dropped, then as [`Self::parse`].
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_address(text: &str) -> Result<Self, PhoneError> {
        Self::parse(without_channel(text))
    }

    fn from_digits(digits: impl Iterator<Item = char>) -> Result<Self, PhoneError> {
        let mut value: u64 = 0;
        let mut count = 0;
        for c in digits {
            let digit = c.to_digit(10).ok_or(PhoneError::NotDigits)?;
            if count == 0 && digit == 0 {
                return Err(PhoneError::National);
            }
            count += 1;
            if count > MAX_DIGITS {
                return Err(PhoneError::Length);
            }
            value = value * 10 + u64::from(digit);
        }
        if count < MIN_DIGITS { Err(PhoneError::Length) } else { Ok(Self(value)) }
    }

    /// The number in full, as `+33639980001`. Only for dialling, the store, and answers to an authenticated operator.
    #[must_use]
    pub fn expose(self) -> String {
        format!("+{}", self.0)
    }

    /// The digits in full, without `+`. The same care as [`Self::expose`].
    #[must_use]
    pub fn expose_digits(self) -> u64 {
        self.0
    }

    /// The last four digits, all that may be shown.
    #[must_use]
    pub fn last_four(self) -> String {
        format!("{:04}", self.0 % 10_000)
    }

    /// Whether the digits begin with those of `prefix`.
    #[must_use]
    pub fn starts_with(self, prefix: u64) -> bool {
        let mut head = self.0;
        while head > prefix {
            head /= 10;
        }
        head == prefix
    }

    /// The leading digits as numbers, longest first: `33639980001`, `3363998000`, … `3`.
    pub fn prefixes(self) -> impl Iterator<Item = u64> {
        std::iter::successors(Some(self.0), |head| (*head >= 10).then_some(head / 10))
    }
}

/// `whatsapp:+33…` without its channel; `sip:` and other schemes stay, since what follows them is no number.
#[must_use]
pub fn without_channel(address: &str) -> &str {
    let address = address.trim();
    for channel in ["whatsapp:", "sms:", "rcs:", "tel:"] {
        if let Some(head) = address.get(..channel.len())
            && head.eq_ignore_ascii_case(channel)
        {
            return address.get(channel.len()..).unwrap_or_default();
        }
    }
    address
}

/// Any text that may be a phone number, masked as the original masks: `+****` and the last four of its digits.
#[must_use]
pub fn mask(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let tail = digits.len().saturating_sub(4);
    format!("+****{}", digits.into_iter().skip(tail).collect::<String>())
}

/// A carrier's id, shortened for logs: `AC12…cdef`.
#[must_use]
pub fn mask_sid(sid: &str) -> String {
    let signs: Vec<char> = sid.chars().collect();
    match signs.len() {
        0 => String::new(),
        1..=8 => "****".to_owned(),
        n => {
            let head: String = signs.iter().take(4).collect();
            let tail: String = signs.iter().skip(n - 4).collect();
            format!("{head}…{tail}")
        }
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+****{:04}", self.0 % 10_000)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PhoneNumber {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        Self::parse(text)
    }
}

/// In full: what is serialised goes through the store's codec or to the operator.
impl Serialize for PhoneNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.expose())
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("+33639980001")]
    #[case::no_plus("33639980001")]
    #[case::double_zero("0033639980001")]
    #[case::spaces(" +33 6 39 98 00 01 ")]
    #[case::narrow_spaces("+33\u{202f}6\u{a0}39980001")]
    fn every_usual_spelling_is_one_number(#[case] text: &str) {
        assert_eq!(PhoneNumber::parse(text).unwrap().expose(), "+33639980001");
    }

    #[rstest]
    #[case("", PhoneError::Empty)]
    #[case("  ", PhoneError::Empty)]
    #[case("0639980001", PhoneError::National)]
    #[case("+0639980001", PhoneError::National)]
    #[case("+0033639980001", PhoneError::National)]
    #[case("+3363998", PhoneError::Length)]
    #[case("+1234567890123456", PhoneError::Length)]
    #[case("06-39-98", PhoneError::National)]
    #[case("+33(0)639980001", PhoneError::NotDigits)]
    #[case("++33639980001", PhoneError::NotDigits)]
    #[case("anonymous", PhoneError::NotDigits)]
    #[case("+33639980001\0", PhoneError::NotDigits)]
    #[case("٣٣٦٣٩٩٨٠٠٠١", PhoneError::NotDigits)]
    fn what_is_no_phone_is_refused_with_its_reason(#[case] text: &str, #[case] reason: PhoneError) {
        assert_eq!(PhoneNumber::parse(text), Err(reason));
    }

    #[rstest]
    #[case("whatsapp:+33639980001")]
    #[case("WhatsApp:33639980001")]
    #[case("sms:+33639980001")]
    fn a_channel_prefix_is_dropped(#[case] text: &str) {
        assert_eq!(PhoneNumber::parse_address(text).unwrap().expose(), "+33639980001");
    }

    #[test]
    fn a_number_never_shows_itself_by_accident() {
        let phone = PhoneNumber::parse("+33639980001").unwrap();
        assert_eq!(format!("{phone} {phone:?} {:?}", Some(phone)), "+****0001 +****0001 Some(+****0001)");
        let error = serde_json::from_str::<PhoneNumber>("\"0639987777\"").unwrap_err().to_string();
        assert!(!error.contains("7777"), "{error}");
    }

    #[rstest]
    #[case("+33639985678", "+****5678")]
    #[case("whatsapp:+33639985678", "+****5678")]
    #[case("12", "+****12")]
    #[case("abc", "+****")]
    #[case("", "")]
    fn masking_is_that_of_the_original(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(mask(text), shown);
    }

    #[rstest]
    #[case("AC1234567890abcdef", "AC12…cdef")]
    #[case("AC123456", "****")]
    #[case("", "")]
    fn ids_are_shortened(#[case] sid: &str, #[case] shown: &str) {
        assert_eq!(mask_sid(sid), shown);
    }

    #[test]
    fn prefixes_run_from_the_longest() {
        let phone = PhoneNumber::parse("+35191000").unwrap();
        assert_eq!(phone.prefixes().collect::<Vec<_>>(), [35_191_000, 3_519_100, 351_910, 35_191, 3519, 351, 35, 3]);
        assert!(phone.starts_with(351) && phone.starts_with(3) && !phone.starts_with(35192) && !phone.starts_with(1));
    }

    proptest! {
        #[test]
        fn what_is_shown_in_full_parses_to_the_same_number(digits in "[1-9][0-9]{7,14}") {
            let phone = PhoneNumber::parse(&digits).unwrap();
            prop_assert_eq!(PhoneNumber::parse(&phone.expose()), Ok(phone));
            let head: u64 = digits[..4].parse().unwrap();
            prop_assert!(phone.starts_with(head));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
            let _ = PhoneNumber::parse_address(&text);
            let _ = mask(&text);
            let _ = mask_sid(&text);
        }
    }
}
