//! Promises: a person at a terminal uses the handsets of a running sandbox, over HTTP under `/sandbox`.
//!
//! | request | body | answer |
//! | --- | --- | --- |
//! | `POST /sandbox/calls` | [`CallRequest`] | [`Transcript`](crate::Transcript) |
//! | `POST /sandbox/texts` | [`TextRequest`] | [`Transcript`](crate::Transcript) |
//! | `GET /sandbox/handsets` | | a list of [`Handset`](crate::world::Handset) |
//! | `GET /sandbox/world` | | [`Summary`] |
//! | `GET /sandbox/numbers` | | the account's numbers: a list of [`Number`](crate::world::Number) |
//! | `GET /sandbox/placed-calls` | | the calls that the service placed: a list of [`Transcript`](crate::Transcript) |
//! | `POST /sandbox/keys` | [`KeysRequest`] | |
//! | `POST /sandbox/faults` | [`FaultRequest`] | |
//! | `POST /sandbox/sold` | [`Sale`] | |
//! | `GET /sandbox/mails` | | the letters that the mail server took: a list of [`ReceivedMail`](crate::ReceivedMail) |
//! | `POST /sandbox/mail-faults` | [`MailFaultRequest`] | |
//! | `POST /sandbox/google-faults` | [`GoogleFaultRequest`] | |
//!
//! The sheet's page, and what it asks, are described in `google/page.rs`.
//!
//! There is no password: the sandbox listens on loopback only. A body must be declared `application/json`, so that no
//! web page open on this machine can send one unasked.

mod client;
mod routes;

use serde::{Deserialize, Serialize};

pub use self::client::{Client, ClientError};
pub(crate) use self::routes::router;
use crate::{
    endpoints::Operation,
    fault::{Fault, MailFault},
    google::RequestKind,
    world::Behaviour,
};

/// A call to be made from a handset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallRequest {
    /// The caller's number, or how a withheld one is written (`anonymous`).
    pub from: String,
    /// The number dialled.
    pub to: String,
    /// What whoever is rung does: `answer`, `busy`, `no-answer` or `reject`. None: what their handset is set to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Behaviour>,
    /// What the caller keys when asked, each time one entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digits: Vec<String>,
    /// How long the parties talk, in seconds. None: 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// A text to be sent from a handset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRequest {
    /// The sender's number, a short code or a name.
    pub from: String,
    /// The number texted.
    pub to: String,
    /// What it says.
    pub body: String,
    /// How many pictures come with it, at most 10.
    #[serde(default)]
    pub media: usize,
}

/// What the owner of a handset keys when the service calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysRequest {
    /// Whose handset, in E.164.
    pub phone: String,
    /// Each time one entry: keys, or `heard` for whatever was said digit by digit.
    pub keys: Vec<String>,
}

/// A fault for the next request of the carrier's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRequest {
    /// What goes wrong.
    pub fault: Fault,
    /// With the next request for this; none: with the next of any kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
}

/// A fault for the next conversation with the mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailFaultRequest {
    /// What goes wrong.
    pub fault: MailFault,
}

/// A fault for the next request to Google.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoogleFaultRequest {
    /// What goes wrong.
    pub fault: Fault,
    /// With the next request of this kind; none: with the next of any kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RequestKind>,
}

/// A number that somebody else bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sale {
    /// In E.164.
    pub phone: String,
}

/// The world in a few numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The account's id.
    pub account_sid: String,
    /// The numbers of the account.
    pub numbers: Vec<String>,
    /// How many handsets there are.
    pub handsets: usize,
    /// How many legs of calls there were.
    pub calls: usize,
    /// How many texts there were, in and out.
    pub messages: usize,
    /// How many REST requests came.
    pub requests: usize,
    /// The carrier's error log, one line each.
    pub errors: Vec<String>,
    /// What the service must not have done, one line each.
    pub violations: Vec<String>,
}
