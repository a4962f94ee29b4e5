//! Promises: a [`TextSender`] is always one that the carrier can be asked to send as: a number, a messaging service or
//! a name, each well-formed.

use std::fmt;

use crate::{FieldError, PhoneNumber};

/// What the id of a messaging service begins with.
const SERVICE_PREFIX: &str = "MG";
/// How many hexadecimal digits follow.
const SERVICE_DIGITS: usize = 32;
/// Longest name, in characters: what fits in the sender's field of a text on the network.
const NAME_MAX: usize = 11;

/// As whom a text goes out.
#[derive(Clone, PartialEq, Eq)]
pub enum TextSender {
    /// A number of the account.
    Number(PhoneNumber),
    /// A messaging service of the account (`MG…`): the carrier picks one of its numbers.
    Service(String),
    /// A name that the handset shows in place of a number (an alphanumeric sender).
    Name(String),
}

impl TextSender {
    /// Reads what an operator writes: a number in E.164, the id of a messaging service, or a name of 1 to 11 of
    /// `A`–`Z`, `a`–`z`, `0`–`9` and space, with at least one letter (the carrier's own rule).
    ///
    /// What begins like a number is held to the rules of numbers, and what is as long as an id to those of ids: a typing
    /// error in either would otherwise become a name.
    ///
    /// # Errors
    /// Says what is expected, never what was read.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        if text.starts_with('+') {
            return match PhoneNumber::parse(text) {
                Ok(phone) => Ok(Self::Number(phone)),
                Err(error) => Err(FieldError::new(field, error)),
            };
        }
        if let Some(digits) = text.strip_prefix(SERVICE_PREFIX)
            && digits.len() == SERVICE_DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            return Ok(Self::Service(text.to_owned()));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b' ';
        if (1..=NAME_MAX).contains(&text.len())
            && text.bytes().all(allowed)
            && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        {
            return Ok(Self::Name(text.to_owned()));
        }
        Err(FieldError::new(
            field,
            (
                "doit être un numéro du compte comme +33639980001, l’identifiant d’un service de messages (MG et 32 chiffres \
                 hexadécimaux), ou un nom de 1 à 11 lettres sans accent, chiffres et espaces, avec au moins une lettre",
                "must be a number of the account such as +33639980001, the id of a messaging service (MG and 32 hexadecimal \
                 digits), or a name of 1 to 11 letters without accents, digits and spaces with at least one letter",
            ),
        ))
    }

    /// Whether whoever gets the text can answer it: a name leads nowhere.
    #[must_use]
    pub fn can_be_answered(&self) -> bool {
        !matches!(self, Self::Name(_))
    }
}

impl From<PhoneNumber> for TextSender {
    fn from(phone: PhoneNumber) -> Self {
        Self::Number(phone)
    }
}

/// Numbers are masked and ids shortened; a name is meant to be seen by everybody.
impl fmt::Debug for TextSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(phone) => write!(f, "Number({phone})"),
            Self::Service(sid) => write!(f, "Service({})", crate::phone::mask_sid(sid)),
            Self::Name(name) => write!(f, "Name({name})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const SERVICE: &str = "MG0123456789abcdef0123456789ABCDEF";

    fn parse(text: &str) -> Result<TextSender, FieldError> {
        TextSender::parse("PROXYCALL_OTP_SENDER", text)
    }

    #[test]
    fn each_kind_of_sender_is_told_by_its_form() {
        let phone = PhoneNumber::parse("+33199000101").unwrap();
        assert_eq!(parse(" +33 1 99 00 01 01 "), Ok(TextSender::Number(phone)));
        assert_eq!(parse(SERVICE), Ok(TextSender::Service(SERVICE.to_owned())));
        assert_eq!(parse(" Ma Boutique "), Ok(TextSender::Name("Ma Boutique".to_owned())));
        assert_eq!(parse("3615 Code"), Ok(TextSender::Name("3615 Code".to_owned())));
    }

    #[rstest]
    #[case::empty("")]
    #[case::blank("   ")]
    #[case::too_long("Twelve chars")]
    #[case::no_letter("38123")]
    #[case::number_without_plus("33199000101")]
    #[case::accent("Épicerie")]
    #[case::sign("A-Shop")]
    #[case::control("A\nB")]
    #[case::short_id("MG0123456789abcdef")]
    #[case::another_id("SM0123456789abcdef0123456789abcdef")]
    #[case::no_hex("MGz123456789abcdef0123456789abcdef")]
    #[case::national("+0199000101")]
    #[case::number_with_letters("+331990001O1")]
    fn what_the_carrier_would_refuse_is_refused_here_and_not_repeated(#[case] text: &str) {
        let error = parse(text).unwrap_err();
        assert_eq!(error.field, "PROXYCALL_OTP_SENDER");
        assert!(text.trim().is_empty() || !error.problem.to_string().contains(text.trim()), "{error}");
    }

    #[test]
    fn only_a_name_cannot_be_answered() {
        for (text, answered) in [("+33199000101", true), (SERVICE, true), ("Boutique", false)] {
            assert_eq!(parse(text).unwrap().can_be_answered(), answered, "{text}");
        }
    }

    #[test]
    fn a_sender_masks_numbers_and_ids() {
        let shown = format!("{:?}", [parse("+33199000101"), parse(SERVICE), parse("Boutique")].map(Result::unwrap));
        assert_eq!(shown, "[Number(+****0101), Service(MG01…CDEF), Name(Boutique)]");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic_and_every_name_keeps_the_rule(text in "\\PC{0,40}") {
            if let Ok(TextSender::Name(name)) = parse(&text) {
                prop_assert!(name.len() <= NAME_MAX && name.is_ascii());
            }
        }
    }
}
