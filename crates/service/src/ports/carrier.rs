//! Promises: everything the service asks of a carrier, and every way it can go wrong, in the service's own words.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{PhoneNumber, TextSender};

pub use numbers::{Capabilities, CarrierNumber, NumberOffer, NumberPurchase, NumberSearch, NumberUpdate, Shelf};

mod numbers;

/// A text that the service wants sent.
#[derive(Clone)]
pub struct OutgoingText {
    /// As whom it goes out: a relayed text always as a proxy number.
    pub from: TextSender,
    /// The real number of the receiver.
    pub to: PhoneNumber,
    /// What the receiver reads.
    pub body: String,
    /// Where the carrier reports delivery: an absolute address that names what the text is for.
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

/// A call that the service wants placed.
#[derive(Debug, Clone)]
pub struct OutgoingCall {
    /// A number of the account: the caller ID.
    pub from: PhoneNumber,
    /// Whom to ring.
    pub to: PhoneNumber,
    /// Asked, by POST, what to say once somebody answers: an absolute address.
    pub url: String,
    /// Where the carrier reports the end of the call.
    pub status_callback: String,
}

/// A call as the carrier took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedCall {
    /// The carrier's id of the call (`CA…`).
    pub sid: String,
    /// The carrier's word for where it stands (`queued`, …).
    pub status: String,
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
        /// Whether it may have been carried out all the same: the answer is not the carrier's own, but of something
        /// between.
        perhaps_done: bool,
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

    /// Places one call. Not repeated inside.
    ///
    /// # Errors
    /// See [`CarrierError`]; [`CarrierError::AnswerLost`] means that it may have been placed.
    async fn place_call(&self, call: &OutgoingCall) -> Result<PlacedCall, CarrierError>;

    /// Takes the text out of a message that is complete. False when the account has no such message (any more).
    ///
    /// # Errors
    /// See [`CarrierError`]; [`CarrierError::SlowDown`] while the message is not complete.
    async fn redact_message(&self, sid: &str) -> Result<bool, CarrierError>;

    /// Deletes a message that is complete. False when the account has no such message (any more).
    ///
    /// # Errors
    /// As [`Self::redact_message`].
    async fn delete_message(&self, sid: &str) -> Result<bool, CarrierError>;

    /// Deletes a call that is over. False when the account has no such call (any more).
    ///
    /// # Errors
    /// As [`Self::redact_message`], while the call goes on.
    async fn delete_call(&self, sid: &str) -> Result<bool, CarrierError>;

    /// Numbers for sale. A shelf that the country does not have is empty.
    ///
    /// # Errors
    /// See [`CarrierError`].
    async fn numbers_for_sale(&self, search: &NumberSearch) -> Result<Vec<NumberOffer>, CarrierError>;

    /// Buys one number. Not repeated inside: it costs money.
    ///
    /// # Errors
    /// See [`CarrierError`]; [`CarrierError::AnswerLost`] and [`CarrierError::Failed`] mean that it may have been bought.
    async fn buy_number(&self, purchase: &NumberPurchase) -> Result<CarrierNumber, CarrierError>;

    /// The account's number with exactly these digits, if it has it.
    ///
    /// # Errors
    /// See [`CarrierError`].
    async fn find_number(&self, phone: PhoneNumber) -> Result<Option<CarrierNumber>, CarrierError>;

    /// All numbers of the account, each once, in no particular order.
    ///
    /// # Errors
    /// See [`CarrierError`]. A list that could not be read to its end is an error, never a shorter list: whoever is not
    /// in it would be taken for gone.
    async fn numbers(&self) -> Result<Vec<CarrierNumber>, CarrierError>;

    /// Changes a number of the account; changing it again to the same does no harm.
    ///
    /// # Errors
    /// See [`CarrierError`].
    async fn update_number(&self, sid: &str, update: &NumberUpdate) -> Result<CarrierNumber, CarrierError>;

    /// Gives a number back for good. False when the account did not have it (any more).
    ///
    /// # Errors
    /// See [`CarrierError`].
    async fn release_number(&self, sid: &str) -> Result<bool, CarrierError>;
}
