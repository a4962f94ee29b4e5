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

pub use self::{
    message::{MailSender, SenderError},
    smtp::{SmtpConfig, SmtpError, SmtpMailer, SmtpTls},
};
