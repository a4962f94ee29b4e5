//! Promises: everything the service asks of a carrier, and every way it can go wrong, in the service's own words.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::PhoneNumber;

/// A text that the service wants sent.
#[derive(Clone)]
pub struct OutgoingText {
    /// A number of the account: always a proxy number.
    pub from: PhoneNumber,
    /// The real number of the receiver.
    pub to: PhoneNumber,
    /// What the receiver reads.
    pub body: String,
    /// Where the carrier reports delivery: an absolute address that names our interaction.
    pub status_callback: String,
}

/// Masks numbers and leaves the body out.
impl std::fmt::Debug for OutgoingText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutgoingText").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}

/// A text as the carrier knows it.
#[derive(Clone)]
pub struct CarrierText {
    /// The carrier's id of the message (`SM…`).
    pub sid: String,
    /// What was to be sent.
    pub body: String,
    /// The carrier's word for where it stands (`queued`, `sent`, `delivered`, …).
    pub status: String,
    /// The carrier's code when it failed.
    pub error_code: Option<i32>,
    /// When the carrier accepted it, to the second.
    pub created_at: Timestamp,
}

/// Leaves the body out.
impl std::fmt::Debug for CarrierText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CarrierText")
            .field("sid", &proxycall_domain::phone::mask_sid(&self.sid))
            .field("status", &self.status)
            .field("error_code", &self.error_code)
            .finish_non_exhaustive()
    }
}

/// What the carrier says of our account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierAccount {
    /// `active`, `suspended`, `closed`.
    pub status: String,
    /// `Full` or `Trial`.
    pub kind: String,
}

/// Why the carrier did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// Nothing was sent: the name did not resolve, the connection was refused or timed out.
    #[error("the carrier could not be reached: {0}")]
    Unreachable(String),
    /// Too many requests (HTTP 429): nothing was done; come back after this long, when the carrier says so.
    #[error("the carrier asks us to slow down")]
    SlowDown {
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The carrier failed (HTTP 5xx).
    #[error("the carrier failed with HTTP {status}")]
    Failed {
        /// The HTTP status.
        status: u16,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The request left, but no whole answer came back: whether it was carried out is not known.
    #[error("the carrier's answer was lost: {0}")]
    AnswerLost(String),
    /// The carrier refused (HTTP 4xx). `meaning` and `remedy` are for an operator.
    #[error("the carrier refused with code {code}: {meaning}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Twilio's error code; 0 when the answer named none.
        code: i32,
        /// What the code means.
        meaning: &'static str,
        /// What an operator can do about it.
        remedy: &'static str,
    },
}

/// The company that carries calls and texts: Twilio, or one that speaks its API.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Hands one text over. Not repeated inside: the job that asks decides what a failure means.
    ///
    /// # Errors
    /// See [`CarrierError`]; [`CarrierError::AnswerLost`] means that it may have been sent.
    async fn send_text(&self, text: &OutgoingText) -> Result<CarrierText, CarrierError>;

    /// The texts that went from one number to another since a moment, oldest first.
    ///
    /// # Errors
    /// See [`CarrierError`].
    async fn find_texts(
        &self,
        from: PhoneNumber,
        to: PhoneNumber,
        since: Timestamp,
    ) -> Result<Vec<CarrierText>, CarrierError>;

    /// Asks for our own account, to know that address and credentials are right.
    ///
    /// # Errors
    /// See [`CarrierError`].
    async fn account(&self) -> Result<CarrierAccount, CarrierError>;
}
