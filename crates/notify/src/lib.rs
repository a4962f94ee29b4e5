//! E-mail: the `Mailer` port of the service, kept by a mail server that speaks SMTP.
//!
//! ```no_run
//! use proxycall_notify::{SmtpConfig, SmtpMailer, SmtpTls};
//! use proxycall_service::ports::Mailer as _;
//!
//! # async fn send() -> Result<(), Box<dyn std::error::Error>> {
//! let config = SmtpConfig {
//!     host: "smtp.example.com".to_owned(),
//!     port: 587,
//!     tls: SmtpTls::Auto,
//!     login: Some(("shop".to_owned(), "a password".into())),
//!     from: "The shop <shop@example.com>".parse()?,
//! };
//! SmtpMailer::new(config)?.check().await?;
//! # Ok(()) }
//! ```

mod letter;
mod message;
mod smtp;

use proxycall_domain::MailAddress;
use proxycall_service::ports::{
    MailError,
    mailer::{Letter, WrittenLetter},
};

pub use self::{
    message::{MailSender, SenderError},
    smtp::{SmtpConfig, SmtpError, SmtpMailer, SmtpTls},
};

/// A letter as it is read: also where no mail server is set up.
///
/// # Errors
/// [`MailError::NotSendable`] when a template is broken, which tests keep in the workshop.
pub fn write(letter: &Letter) -> Result<WrittenLetter, MailError> {
    letter::write(letter).map_err(|_| MailError::NotSendable)
}

/// Whether letters can be sent to an address: every mail server takes it.
#[must_use]
pub fn can_be_sent_to(mail: &MailAddress) -> bool {
    message::sendable(mail.expose()).is_some()
}
