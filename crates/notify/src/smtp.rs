//! Promises: one letter is one conversation with the mail server, over in 15 seconds, and each way in which it fails is
//! told by what became of the letter: not sent, never to be sent, not now, or nobody knows.
//!
//! The conversation is led step by step instead of by lettre's own transport, which does not tell whether the letter had
//! left when the connection broke.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Noop, Rcpt},
    extension::ClientId,
};
use proxycall_domain::MailAddress;
use proxycall_service::ports::{
    MailError, Mailer,
    mailer::{Letter, MailStep, WrittenLetter},
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::message::{MailSender, message};

/// How long one conversation may take in all.
const LIMIT: Duration = Duration::from_secs(15);
/// How long the server may take to hear goodbye: the letter is taken by then.
const GOODBYE: Duration = Duration::from_secs(1);
/// The port on which encryption begins with the connection; on every other one it begins with STARTTLS.
const TLS_AT_ONCE: u16 = 465;

/// How the conversation is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SmtpTls {
    /// At once on port 465, else by STARTTLS; a server that offers neither is not used.
    #[default]
    Auto,
    /// Not at all: for a server on this machine, and for tests.
    None,
}

/// Where the mail server is, and as whom letters go out.
#[derive(Clone)]
pub struct SmtpConfig {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the conversation is encrypted.
    pub tls: SmtpTls,
    /// User and password; none: the server asks for none.
    pub login: Option<(String, SecretString)>,
    /// The sender of every letter.
    pub from: MailSender,
}

/// Leaves user, password and sender out.
impl fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, tls, login, .. } = self;
        let mut shown = f.debug_struct("SmtpConfig");
        shown.field("host", host).field("port", port).field("tls", tls).field("login", &login.is_some());
        shown.finish_non_exhaustive()
    }
}

/// Settings that no mailer can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    /// The host's name cannot be in a certificate.
    #[error("the name of the mail server cannot be used; expected one such as smtp.example.com: check SMTP_HOST")]
    Host,
}

/// Sends letters by a mail server.
pub struct SmtpMailer {
    config: SmtpConfig,
    /// None: no encryption.
    tls: Option<TlsParameters>,
    limit: Duration,
}

impl SmtpMailer {
    /// A mailer; nothing is connected yet.
    ///
    /// # Errors
    /// See [`SmtpError`].
    pub fn new(config: SmtpConfig) -> Result<Self, SmtpError> {
        let tls = match config.tls {
            SmtpTls::Auto => Some(TlsParameters::new_rustls(config.host.clone()).map_err(|_| SmtpError::Host)?),
            SmtpTls::None => None,
        };
        Ok(Self { config, tls, limit: LIMIT })
    }

    /// The same with another limit on a conversation: for tests.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Connects, encrypts, signs in.
    async fn open(&self) -> Result<AsyncSmtpConnection, MailError> {
        let SmtpConfig { host, port, login, from, .. } = &self.config;
        let me = ClientId::Domain(from.domain().to_owned());
        let at_once = self.tls.clone().filter(|_| *port == TLS_AT_ONCE);
        let encrypted_at_once = at_once.is_some();
        let greeting = failed_at(MailStep::Greeting);
        let connecting =
            AsyncSmtpConnection::connect_tokio1((host.as_str(), *port), Some(self.limit), &me, at_once, None);
        let mut connection = connecting.await.map_err(greeting)?;
        if let Some(tls) = self.tls.clone().filter(|_| !encrypted_at_once) {
            if !connection.can_starttls() {
                let reason = "it offers no encryption: STARTTLS is expected on this port, or TLS at once on port 465";
                return Err(MailError::Unreachable(reason.to_owned()));
            }
            connection.starttls(tls, &me).await.map_err(greeting)?;
        }
        if let Some((user, password)) = login {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            if connection.server_info().get_auth_mechanism(&mechanisms).is_none() {
                // The code by which servers say that they do not know a way to sign in.
                return Err(refused(504, MailStep::SignIn));
            }
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            connection.auth(&mechanisms, &credentials).await.map_err(failed_at(MailStep::SignIn))?;
        }
        Ok(connection)
    }

    /// Hands a letter over. `left` is set when its text begins to leave.
    async fn hand_over(&self, to: &MailAddress, letter: &Letter, id: &str, left: &AtomicBool) -> Result<(), MailError> {
        let written = crate::write(letter)?;
        let message = message(&self.config.from, to, written, id)?;
        let mut connection = self.open().await?;
        let sender = Mail::new(Some(self.config.from.address().clone()), Vec::new());
        connection.command(sender).await.map_err(failed_at(MailStep::Sender))?;
        for receiver in message.envelope().to() {
            let receiver = Rcpt::new(receiver.clone(), Vec::new());
            connection.command(receiver).await.map_err(failed_at(MailStep::Receiver))?;
        }
        connection.command(Data).await.map_err(failed_at(MailStep::Letter))?;
        left.store(true, Ordering::Relaxed);
        if let Err(error) = connection.message(&message.formatted()).await {
            return Err(match failed_at(MailStep::Letter)(error) {
                MailError::Unreachable(reason) => MailError::AnswerLost(reason),
                told => told,
            });
        }
        // Taken: how the conversation ends changes nothing.
        let _said = tokio::time::timeout(GOODBYE, connection.quit()).await;
        Ok(())
    }
}

/// Shows what the settings show.
impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("config", &self.config).finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, to: &MailAddress, letter: &Letter, id: &str) -> Result<(), MailError> {
        let left = AtomicBool::new(false);
        match tokio::time::timeout(self.limit, self.hand_over(to, letter, id, &left)).await {
            Ok(settled) => settled,
            Err(_) if left.load(Ordering::Relaxed) => Err(MailError::AnswerLost(TOO_LATE.to_owned())),
            Err(_) => Err(MailError::Unreachable(TOO_LATE.to_owned())),
        }
    }

    fn write(&self, letter: &Letter) -> Result<WrittenLetter, MailError> {
        crate::write(letter)
    }

    async fn check(&self) -> Result<(), MailError> {
        let looked = tokio::time::timeout(self.limit, async {
            let mut connection = self.open().await?;
            connection.command(Noop).await.map_err(failed_at(MailStep::Greeting))?;
            let _said = tokio::time::timeout(GOODBYE, connection.quit()).await;
            Ok(())
        });
        looked.await.unwrap_or_else(|_| Err(MailError::Unreachable(TOO_LATE.to_owned())))
    }
}

const TOO_LATE: &str = "no answer in time";

/// In our words. What the server wrote is left out: servers repeat addresses.
fn failed_at(step: MailStep) -> impl Fn(Error) -> MailError + Copy {
    move |error| match error.status().map(u16::from) {
        Some(code @ 500..) => refused(code, step),
        Some(code) => MailError::TryLater { code, step },
        None if error.is_timeout() => MailError::Unreachable(TOO_LATE.to_owned()),
        None if error.is_tls() => MailError::Unreachable("the encryption could not be set up".to_owned()),
        None if error.is_response() => {
            MailError::Unreachable("the connection ended, or what answers is no mail server".to_owned())
        }
        None => MailError::Unreachable(format!("no connection{}", reason(&error))),
    }
}

/// The kind of failure of the system below, which holds nothing private.
fn reason(error: &Error) -> String {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return format!(": {}", io.kind());
        }
        source = cause.source();
    }
    String::new()
}

fn refused(code: u16, step: MailStep) -> MailError {
    let remedy = match step {
        MailStep::Greeting => "check SMTP_HOST and SMTP_PORT, and whether this machine may send by that server",
        MailStep::SignIn => "check SMTP_USER and SMTP_PASSWORD: some providers ask for an application password",
        MailStep::Sender => {
            "check that SMTP_FROM is an address that this server sends for, and whether it asks for a login"
        }
        MailStep::Receiver => "check the receiver's address",
        MailStep::Letter => "look at the mail provider's console for the reason",
    };
    MailError::Refused { code, step, remedy }
}
