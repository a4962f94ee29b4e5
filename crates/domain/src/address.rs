//! Promises: whatever a carrier writes in `From` becomes one of four kinds of sender, and nothing panics on it.

use crate::phone::{PhoneNumber, without_channel};

/// Who is calling or texting, as far as the carrier says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A number that can be called back.
    Phone(PhoneNumber),
    /// The caller hides the number, or the carrier does not know it.
    Withheld,
    /// A short code: digits, too few for E.164. Cannot be answered from a proxy number.
    ShortCode,
    /// A sender name such as `LAPOSTE`. Cannot be answered.
    Alphanumeric,
}

/// Words and placeholder numbers that carriers write for a withheld caller: `anonymous` and others spelled on a
/// telephone keypad (266696687 is ANONYMOUS, 7378742883 RESTRICTED, 2562533 BLOCKED, 86282452253 UNAVAILABLE).
/// Source: Twilio's voice webhook documentation, see `anchors-number-masking` §3.3.
const WITHHELD: [&str; 10] = [
    "anonymous",
    "266696687",
    "restricted",
    "7378742883",
    "blocked",
    "2562533",
    "unavailable",
    "86282452253",
    "unknown",
    "private",
];

/// Longest short code that carriers use, in digits.
const SHORT_CODE_DIGITS: usize = 7;

impl Address {
    /// Reads a `From` value.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let bare = without_channel(text).trim();
        let bare = bare.strip_prefix('+').unwrap_or(bare);
        if bare.is_empty() || WITHHELD.iter().any(|word| bare.eq_ignore_ascii_case(word)) {
            return Self::Withheld;
        }
        match PhoneNumber::parse_address(text) {
            Ok(phone) => Self::Phone(phone),
            Err(_) if bare.len() <= SHORT_CODE_DIGITS && bare.bytes().all(|b| b.is_ascii_digit()) => Self::ShortCode,
            Err(_) => Self::Alphanumeric,
        }
    }

    /// The number, when there is one.
    #[must_use]
    pub fn phone(&self) -> Option<PhoneNumber> {
        match self {
            Self::Phone(phone) => Some(*phone),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    fn a_withheld_caller_is_known_in_every_spelling(
        #[values(
            "",
            " ",
            "anonymous",
            "Anonymous",
            "+266696687",
            "266696687",
            "unknown",
            "+7378742883",
            "+2562533",
            "+86282452253",
            "RESTRICTED",
            "unavailable",
            "whatsapp:"
        )]
        from: &str,
    ) {
        assert_eq!(Address::parse(from), Address::Withheld);
    }

    #[rstest]
    #[case("38123", Address::ShortCode)]
    #[case("LAPOSTE", Address::Alphanumeric)]
    #[case("sip:alice@example.com", Address::Alphanumeric)]
    #[case("client:alice", Address::Alphanumeric)]
    #[case("0639980001", Address::Alphanumeric)]
    fn senders_that_cannot_be_answered_are_told_apart(#[case] from: &str, #[case] kind: Address) {
        assert_eq!(Address::parse(from), kind);
    }

    #[test]
    fn a_number_is_a_number_on_every_channel() {
        let phone = PhoneNumber::parse("+33639980002").unwrap();
        assert_eq!(Address::parse("whatsapp:+33639980002"), Address::Phone(phone));
        assert_eq!(Address::parse("33639980002"), Address::Phone(phone));
    }
}
