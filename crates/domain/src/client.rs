//! Promises: a client's data has been checked once, by the rules that the original used, before anything keeps it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Countries, CountryCode, PhoneNumber, Said};

/// Longest name, in characters (`original-behaviour` §8).
const NAME_MAX: usize = 120;
/// Longest e-mail address, in characters (`original-behaviour` §8).
const MAIL_MAX: usize = 254;

/// What texts of people must not hold.
pub(crate) const NO_CONTROL: (&str, &str) =
    ("ne doit contenir aucun caractère de contrôle", "must not hold control characters");

/// What is wrong with one field of what somebody sent. Names the field, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FieldError {
    /// The field's name as the sender wrote it.
    pub field: &'static str,
    /// What is wrong and what is expected.
    pub problem: Said,
}

impl FieldError {
    /// A problem with a field.
    #[must_use]
    pub fn new(field: &'static str, problem: impl Into<Said>) -> Self {
        Self { field, problem: problem.into() }
    }

    /// It with its field, in both languages.
    #[must_use]
    pub fn said(&self) -> Said {
        self.problem.after(&format!("{}:", self.field))
    }
}

/// The operator's own number for a client: a positive integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(i64);

impl ClientId {
    /// A client id, if the integer is positive.
    #[must_use]
    pub fn new(id: i64) -> Option<Self> {
        (id > 0).then_some(Self(id))
    }

    /// Reads the text form that JSON and the sheet use.
    ///
    /// # Errors
    /// When it is not a positive integer.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        text.trim().parse().ok().and_then(Self::new).ok_or_else(|| Self::refused(field))
    }

    /// Takes the number that stands in a field.
    ///
    /// # Errors
    /// When it is not positive.
    pub fn of(field: &'static str, id: i64) -> Result<Self, FieldError> {
        Self::new(id).ok_or_else(|| Self::refused(field))
    }

    fn refused(field: &'static str) -> FieldError {
        let whole = ("doit être un nombre entier positif, comme 42", "must be a positive whole number, such as 42");
        FieldError::new(field, whole)
    }

    /// The integer.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! personal_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text itself: for the store and for answers to an authenticated operator.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// From the store, where only checked texts are.
            #[must_use]
            pub fn from_store(text: String) -> Self {
                Self(text)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

pub(crate) use personal_text;

personal_text!(
    /// A person's name: 1 to 120 characters, no control characters. `Debug` hides it.
    PersonName
);
personal_text!(
    /// An e-mail address. `Debug` hides it.
    MailAddress
);

impl PersonName {
    /// Checks a name.
    ///
    /// # Errors
    /// Says which rule is broken, never the name.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let length = text.chars().count();
        if length == 0 || length > NAME_MAX {
            return Err(FieldError::new(field, ("doit avoir de 1 à 120 caractères", "must have 1 to 120 characters")));
        }
        if text.chars().any(char::is_control) {
            return Err(FieldError::new(field, NO_CONTROL));
        }
        Ok(Self(text.to_owned()))
    }
}

impl MailAddress {
    /// Checks an address: one `@`, something before it, a dot with something on both sides after it, no spaces.
    ///
    /// # Errors
    /// Says which rule is broken, never the address.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        let well_formed = text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty()
                && !host.contains('@')
                && host.split_once('.').is_some_and(|(name, rest)| !name.is_empty() && !rest.is_empty())
        });
        let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if well_formed && plain && text.chars().count() <= MAIL_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(FieldError::new(
                field,
                (
                    "doit être une adresse e-mail, comme nom@example.com",
                    "must be an e-mail address, such as name@example.com",
                ),
            ))
        }
    }

    /// Enough to tell two addresses apart, too little to write to: `z****@e****.com`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (user, host) = self.0.split_once('@').unwrap_or_default();
        let end = host.rsplit_once('.').map_or("", |(_, end)| end);
        let first = |text: &str| text.chars().next().map_or(String::new(), String::from);
        format!("{}****@{}****.{end}", first(user), first(host))
    }
}

/// A phone in a named field.
///
/// # Errors
/// Says which rule is broken, never the number.
pub fn parse_phone(field: &'static str, text: &str) -> Result<PhoneNumber, FieldError> {
    PhoneNumber::parse(text).map_err(|error| FieldError::new(field, error))
}

/// A client as somebody wants it created: every field checked, the country known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewClient {
    /// The operator's number for the client.
    pub id: ClientId,
    /// Name.
    pub name: PersonName,
    /// E-mail address.
    pub mail: MailAddress,
    /// Real number.
    pub phone: PhoneNumber,
    /// Country of residence: decides the proxy number's country and the language.
    pub country: CountryCode,
}

impl NewClient {
    /// The country to buy and speak for: the residence when it is two letters, else that of the phone.
    ///
    /// # Errors
    /// When neither names one; says both causes.
    pub fn country(
        field: &'static str,
        residence: Option<&str>,
        phone: PhoneNumber,
        countries: &Countries,
    ) -> Result<CountryCode, FieldError> {
        let residence = residence.map(str::trim).filter(|text| !text.is_empty());
        if let Some(code) = residence.and_then(|text| text.parse().ok()) {
            return Ok(code);
        }
        countries.of(phone).map(|country| country.code).ok_or_else(|| {
            FieldError::new(
                field,
                (
                    "n’est pas un code ISO à deux lettres (comme FR), et l’indicatif du téléphone n’est d’aucun pays connu",
                    "is not a two-letter ISO code (such as FR), and the phone's dial code belongs to no known country",
                ),
            )
        })
    }
}

/// A client wants, or an operator lets them have, peace: nobody is connected to them while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Since when.
    pub since: Timestamp,
    /// Until when; none: until somebody ends it.
    pub until: Option<Timestamp>,
}

impl Pause {
    /// Whether it lasts at this moment. One whose time is over ends by itself: nothing has to be changed for that.
    #[must_use]
    pub fn lasts(self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// A client as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The operator's number for the client.
    pub id: ClientId,
    /// Name.
    pub name: PersonName,
    /// E-mail address.
    pub mail: MailAddress,
    /// Real number.
    pub phone: PhoneNumber,
    /// Country of residence.
    pub country: CountryCode,
    /// The number that others dial. None while closed, or while none could be given.
    pub proxy: Option<PhoneNumber>,
    /// Who reached the client last: whom the client reaches by dialling the proxy number.
    pub last_caller: Option<PhoneNumber>,
    /// While nobody is connected to the client, if so.
    #[serde(default)]
    pub pause: Option<Pause>,
    /// When the client was closed, if so.
    pub closed_at: Option<Timestamp>,
    /// When the client was created.
    pub created_at: Timestamp,
}

/// Changes to a client: absent means unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientChanges {
    /// New name.
    pub name: Option<PersonName>,
    /// New e-mail address.
    pub mail: Option<MailAddress>,
    /// New real number.
    pub phone: Option<PhoneNumber>,
    /// The proxy number that the sender believes to be the client's. Never a change: another one is refused.
    pub proxy: Option<PhoneNumber>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    fn an_address_of_the_usual_form_is_taken(#[values("a@b.c", "Zoé@exemple.fr", "a@b.c.", "a+b@c.d.e")] text: &str) {
        assert_eq!(MailAddress::parse("mail", text).unwrap().expose(), text);
    }

    #[rstest]
    fn what_is_no_address_is_refused(
        #[values("", "a@b", "@b.c", "a@.c", "a@b@c.d", "a b@c.d", "a@b.c\r\nBcc: x@y.z")] text: &str,
    ) {
        let error = MailAddress::parse("client_mail", text).unwrap_err();
        assert_eq!(error.field, "client_mail");
    }

    #[rstest]
    fn a_name_without_length_or_with_control_characters_is_refused(#[values("", " ", "a\0b", "a\u{7f}")] text: &str) {
        PersonName::parse("name", text).unwrap_err();
    }

    #[test]
    fn a_name_may_have_120_characters_and_no_more() {
        assert!(PersonName::parse("name", &"é".repeat(120)).is_ok());
        assert!(PersonName::parse("name", &"é".repeat(121)).is_err());
    }

    #[test]
    fn personal_texts_hide_from_debug() {
        let name = PersonName::parse("name", "Zoé Martin").unwrap();
        let mail = MailAddress::parse("mail", "zoe@example.com").unwrap();
        assert_eq!(format!("{name:?} {mail:?}"), "PersonName(…) MailAddress(…)");
    }

    #[rstest]
    #[case("zoe.martin@shop.example.com", "z****@s****.com")]
    #[case("é@b.fr", "é****@b****.fr")]
    #[case("no address", "****@****.")]
    fn a_masked_address_shows_where_it_begins_and_ends(#[case] text: &str, #[case] masked: &str) {
        assert_eq!(MailAddress::from_store(text.to_owned()).masked(), masked);
    }

    #[rstest]
    #[case(Some("be"), "+33639980001", "BE")]
    #[case(Some(""), "+33639980001", "FR")]
    #[case(Some("France"), "+33639980001", "FR")]
    #[case(None, "+351910000001", "PT")]
    fn the_country_is_the_residence_or_that_of_the_phone(
        #[case] residence: Option<&str>,
        #[case] phone: &str,
        #[case] country: &str,
    ) {
        let countries = Countries::shipped().unwrap();
        let found = NewClient::country("client_iso_residency", residence, phone.parse().unwrap(), &countries);
        assert_eq!(found.unwrap().to_string(), country);
    }

    #[rstest]
    fn an_id_is_a_positive_integer(#[values("0", "-1", "x", "1.5", "", "99999999999999999999")] text: &str) {
        assert!(ClientId::parse("client_id", text).is_err());
    }
}
