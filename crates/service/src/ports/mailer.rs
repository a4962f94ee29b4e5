//! Promises: everything the service asks of whoever carries its letters, and every way it can go wrong, in words that
//! never hold an address, a name or a link.

use std::fmt;

use async_trait::async_trait;
use jiff::SignedDuration;
use proxycall_domain::{Language, MailAddress, PersonName, Zone, report::WeeklyReport};

use super::ledger::ToldAlert;

/// A letter that the service wants sent. Says what is to be told, not how it looks: that is the mailer's.
#[derive(Clone, PartialEq, Eq)]
pub enum Letter {
    /// Asks a client to confirm a phone number by a link.
    ConfirmationLink {
        /// Whom it addresses.
        name: PersonName,
        /// Where the link leads: an absolute address. It opens a page with a button; opening it confirms nothing.
        link: String,
        /// In which language.
        language: Language,
        /// For how long the link is valid, in hours.
        valid_hours: u32,
    },
    /// Tells operators what they should know.
    Alerts(Box<AlertNews>),
    /// Tells operators the figures of a week.
    WeeklyReport {
        /// The figures.
        report: Box<WeeklyReport>,
        /// In which language.
        language: Language,
    },
}

/// What operators should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertNews {
    /// Told for the first time.
    pub raised: Vec<ToldAlert>,
    /// Told before, and still standing.
    pub standing: Vec<ToldAlert>,
    /// Told before, and over.
    pub over: Vec<ToldAlert>,
    /// After how long an alert that still stands is told again.
    pub repeat: SignedDuration,
    /// In which language.
    pub language: Language,
    /// By which clock times are told.
    pub zone: Zone,
}

/// A letter as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenLetter {
    /// The subject.
    pub subject: String,
    /// The text, for programs that show no HTML.
    pub text: String,
    /// A whole HTML document, with its styles in it.
    pub html: String,
}

/// Leaves name and link out.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConfirmationLink { language, valid_hours, .. } => f
                .debug_struct("ConfirmationLink")
                .field("language", language)
                .field("valid_hours", valid_hours)
                .finish_non_exhaustive(),
            Self::Alerts(news) => f.debug_tuple("Alerts").field(news).finish(),
            Self::WeeklyReport { report, language } => f
                .debug_struct("WeeklyReport")
                .field("week", &report.week)
                .field("language", language)
                .finish_non_exhaustive(),
        }
    }
}

/// Why a letter was not taken. `code` is the mail server's own (SMTP).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Nothing was sent: the name did not resolve, no connection or no encryption came about, or the connection ended
    /// before the letter left. Trying again helps once the cause is gone.
    #[error(
        "the mail server could not be reached ({0}); expected one that takes letters: check SMTP_HOST and SMTP_PORT, or \
         wait if it is down"
    )]
    Unreachable(String),
    /// The server will not take this, now or later (5xx).
    #[error("the mail server refused at {step} with code {code}; {remedy}")]
    Refused {
        /// The server's code, 500 to 599.
        code: u16,
        /// Where in the conversation.
        step: MailStep,
        /// What an operator can do about it.
        remedy: &'static str,
    },
    /// The server will not take it now (4xx): the same letter may pass later.
    #[error("the mail server asks to come back later, at {step} with code {code}; nothing was sent, try again later")]
    TryLater {
        /// The server's code, 400 to 499.
        code: u16,
        /// Where in the conversation.
        step: MailStep,
    },
    /// The letter left, but no answer came back: it may have been sent.
    #[error(
        "the letter left, but the mail server's answer was lost ({0}); it may have been sent: if it is sent again, then \
         with the same id"
    )]
    AnswerLost(String),
    /// The address cannot be written in a letter's header, or this server cannot be given it.
    #[error("the address cannot be written in a letter's header; expected one such as ana@example.com: correct it")]
    NotSendable,
}

/// Where in the conversation with a mail server something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailStep {
    /// The greeting, EHLO or STARTTLS.
    Greeting,
    /// The user and password.
    SignIn,
    /// The sender.
    Sender,
    /// The receiver.
    Receiver,
    /// The letter itself.
    Letter,
}

impl fmt::Display for MailStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::SignIn => "the sign-in",
            Self::Sender => "the sender",
            Self::Receiver => "the receiver",
            Self::Letter => "the letter",
        })
    }
}

/// Who carries letters: a mail server.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one letter over. Not repeated inside: the job that asks decides what a failure means.
    ///
    /// `id` becomes the part of the Message-ID before the `@`, so that the same letter sent twice can be recognised by
    /// whoever gets it: letters, digits, `-`, `_` and `.`; anything else is left out.
    ///
    /// # Errors
    /// See [`MailError`]; [`MailError::AnswerLost`] means that it may have been sent.
    async fn send(&self, to: &MailAddress, letter: &Letter, id: &str) -> Result<(), MailError>;

    /// A letter as it would be read; nothing is sent.
    ///
    /// # Errors
    /// [`MailError::NotSendable`] when it cannot be written.
    fn write(&self, letter: &Letter) -> Result<WrittenLetter, MailError>;

    /// Connects, encrypts, signs in and asks for nothing, to know that address and credentials are right.
    ///
    /// # Errors
    /// See [`MailError`].
    async fn check(&self) -> Result<(), MailError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_hides_name_and_link_from_debug() {
        let letter = Letter::ConfirmationLink {
            name: PersonName::from_store("Zoé Martin".to_owned()),
            link: "https://calls.example.com/activate?token=canary".to_owned(),
            language: Language::Fr,
            valid_hours: 24,
        };
        assert_eq!(format!("{letter:?}"), "ConfirmationLink { language: Fr, valid_hours: 24, .. }");
    }
}
