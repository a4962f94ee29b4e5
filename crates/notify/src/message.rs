//! Promises: a letter becomes one message whose headers hold nothing that a client chose but a checked address.

use std::{fmt, str::FromStr};

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use proxycall_domain::MailAddress;
use proxycall_service::ports::{MailError, mailer::WrittenLetter};

/// In a Message-ID, where the sender's domain cannot stand.
const NO_DOMAIN: &str = "proxycall.invalid";

/// As whom letters go out: `shop@example.com` or `The shop <shop@example.com>`.
#[derive(Clone, PartialEq, Eq)]
pub struct MailSender(Mailbox);

/// Hides the address.
impl fmt::Debug for MailSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailSender(…)")
    }
}

/// A text that no letter can be sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no sender; expected an address such as shop@example.com, or The shop <shop@example.com>")]
pub struct SenderError;

impl FromStr for MailSender {
    type Err = SenderError;

    fn from_str(text: &str) -> Result<Self, SenderError> {
        if text.chars().any(char::is_control) {
            return Err(SenderError);
        }
        let mailbox: Mailbox = text.trim().parse().map_err(|_| SenderError)?;
        let email = sendable(mailbox.email.as_ref()).ok_or(SenderError)?;
        Ok(Self(Mailbox { email, ..mailbox }))
    }
}

impl MailSender {
    /// The address alone.
    pub(crate) fn address(&self) -> &Address {
        &self.0.email
    }

    /// The address's domain, where it is one; else one that stands for nobody.
    pub(crate) fn domain(&self) -> &str {
        let domain = self.0.email.domain();
        if domain.starts_with('[') { NO_DOMAIN } else { domain }
    }
}

/// An address that every mail server takes: in ASCII, the domain as the network writes it. A name before the `@` that
/// is not in ASCII needs servers that few have.
pub(crate) fn sendable(text: &str) -> Option<Address> {
    let (user, domain) = text.rsplit_once('@')?;
    let host = url::Host::parse(domain).ok()?;
    let url::Host::Domain(domain) = host else { return None };
    user.is_ascii().then(|| Address::new(user, domain).ok()).flatten()
}

/// Puts a letter into a message.
///
/// # Errors
/// [`MailError::NotSendable`] for an address that cannot be a receiver's.
pub(crate) fn message(
    from: &MailSender,
    to: &MailAddress,
    letter: WrittenLetter,
    id: &str,
) -> Result<Message, MailError> {
    let to = sendable(to.expose()).ok_or(MailError::NotSendable)?;
    let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    Message::builder()
        .from(from.0.clone())
        // Without the client's name: nobody misses it there.
        .to(Mailbox::new(None, to))
        .subject(letter.subject)
        .message_id(Some(format!("<{}@{}>", id.trim_matches('.'), from.domain())))
        .date_now()
        // Nobody's absence is answered to us (RFC 3834, and Exchange's own).
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"))
        .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
        .map_err(|_| MailError::NotSendable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proxycall_domain::{Language, PersonName};
    use proxycall_service::ports::mailer::Letter;
    use rstest::rstest;

    fn raw(to: &str, name: &str, id: &str) -> Result<String, MailError> {
        let letter = Letter::ConfirmationLink {
            name: PersonName::from_store(name.to_owned()),
            link: "https://calls.example.com/activate?token=abc".to_owned(),
            language: Language::Fr,
            valid_hours: 24,
        };
        let from: MailSender = "Ma Boutique <shop@example.com>".parse().unwrap();
        let to = MailAddress::from_store(to.to_owned());
        let message = message(&from, &to, crate::letter::write(&letter).unwrap(), id)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    fn header_names(raw: &str) -> Vec<&str> {
        let head = raw.split("\r\n\r\n").next().unwrap();
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        let mut names: Vec<_> = lines.map(|line| line.split(':').next().unwrap()).collect();
        names.sort_unstable();
        names
    }

    const NAMES: [&str; 9] = [
        "Auto-Submitted",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
        "X-Auto-Response-Suppress",
    ];

    #[test]
    fn a_message_is_ascii_and_has_exactly_the_headers_it_needs() {
        let raw = raw("zoe@example.com", "Zoé 🙂", "mail_01").unwrap();
        assert_eq!(header_names(&raw), NAMES);
        assert!(raw.contains("\r\nTo: zoe@example.com\r\n"), "{raw}");
        assert!(raw.contains("\r\nMessage-ID: <mail_01@example.com>\r\n"));
        assert!(raw.is_ascii(), "no server needs an extension for it");
        assert!(raw.split("\r\n").all(|line| line.len() <= 998));
    }

    #[rstest]
    #[case("zoe@example.com\r\nBcc: x@example.com", "Zoé", "1")]
    #[case("zoe@example.com\nBcc:x@example.com", "Zoé", "1")]
    #[case("zoe@example.com>, <x@example.com", "Zoé", "1")]
    #[case("zoe@example.com, x@example.com", "Zoé", "1")]
    #[case("zoe@example.com", "Zoé\r\nBcc: x@example.com\r\n\r\nHello", "1")]
    #[case("zoe@example.com", "Zoé", "1>\r\nBcc: x@example.com")]
    fn nothing_that_is_handed_in_becomes_a_header(#[case] to: &str, #[case] name: &str, #[case] id: &str) {
        match raw(to, name, id) {
            Ok(raw) => assert_eq!(header_names(&raw), NAMES, "{raw}"),
            Err(error) => assert_eq!(error, MailError::NotSendable),
        }
    }

    #[rstest]
    #[case("Zoe@Example.COM", Some("Zoe@example.com"))]
    #[case("a+b@exemple.fr", Some("a+b@exemple.fr"))]
    #[case("zoe@épicerie.example", Some("zoe@xn--picerie-9xa.example"))]
    #[case("zoé@example.com", None)]
    #[case("zoe@", None)]
    #[case("zoe", None)]
    #[case("a b@example.com", None)]
    #[case("zoe@192.0.2.1", None)]
    #[case("zoe@exam ple.com", None)]
    fn an_address_is_written_as_every_server_takes_it(#[case] text: &str, #[case] written: Option<&str>) {
        assert_eq!(sendable(text).map(|address| address.to_string()).as_deref(), written);
    }

    #[rstest]
    #[case("shop@example.com", true)]
    #[case("Épicerie Zoé <shop@example.com>", true)]
    #[case("shop", false)]
    #[case("a@example.com, b@example.com", false)]
    #[case("Shop\r\nBcc: x <shop@example.com>", false)]
    fn a_sender_is_one_address_with_or_without_a_name(#[case] text: &str, #[case] good: bool) {
        assert_eq!(text.parse::<MailSender>().is_ok(), good);
    }
}
