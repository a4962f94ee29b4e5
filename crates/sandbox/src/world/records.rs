//! Promises: what the world holds, as plain data: account, numbers, handsets, messages, calls, errors.
//!
//! All phone numbers in a sandbox are fictional; nothing here masks them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The one account of the simulated carrier.
#[derive(Clone)]
pub struct Account {
    /// `AC` and 32 hexadecimal digits.
    pub sid: String,
    /// Signs the webhooks and is the password of the REST API.
    pub auth_token: String,
    /// `active`, `suspended` or `closed`. Any but `active` is refused with 20005.
    pub status: String,
    /// `Full` or `Trial`.
    pub kind: String,
}

/// Leaves the token out.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("sid", &self.sid).field("status", &self.status).finish_non_exhaustive()
    }
}

/// How a webhook is requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HookMethod {
    /// Parameters in the query.
    Get,
    /// Parameters in the form.
    #[default]
    Post,
}

/// Where a webhook goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// The absolute public address.
    pub url: String,
    /// How it is requested.
    pub method: HookMethod,
}

impl Hook {
    /// A webhook that is posted.
    pub fn post(url: impl Into<String>) -> Self {
        Self { url: url.into(), method: HookMethod::Post }
    }
}

/// What a number can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Calls.
    pub voice: bool,
    /// Texts.
    pub sms: bool,
    /// Texts with pictures.
    pub mms: bool,
}

impl Capabilities {
    /// Calls only.
    pub const VOICE: Self = Self { voice: true, sms: false, mms: false };
    /// Calls and texts.
    pub const VOICE_AND_SMS: Self = Self { voice: true, sms: true, mms: false };
    /// All three.
    pub const ALL: Self = Self { voice: true, sms: true, mms: true };
}

/// A number of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// In E.164.
    pub phone: String,
    /// `PN…`; given when the number is added to the world.
    pub sid: String,
    /// What the console calls it: at first the number itself.
    pub friendly_name: String,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Asked for TwiML when the number is called. None: the caller hears an error.
    pub voice: Option<Hook>,
    /// Asked when that one fails.
    pub voice_fallback: Option<Hook>,
    /// Asked for TwiML when the number is texted. None: the text ends here.
    pub sms: Option<Hook>,
    /// Asked when that one fails.
    pub sms_fallback: Option<Hook>,
    /// Told when a call to the number is over.
    pub status_callback: Option<Hook>,
    /// `TK…`: a SIP trunk that takes all calls. The sandbox has none, so that a caller hears an error.
    pub trunk_sid: Option<String>,
    /// `AP…`: an application that answers calls in place of `voice`. As with the trunk.
    pub voice_application_sid: Option<String>,
    /// `AP…`: an application that answers texts in place of `sms`: the sandbox has none, so that they end here.
    pub sms_application_sid: Option<String>,
    /// `AD…`
    pub address_sid: Option<String>,
    /// `BU…`
    pub bundle_sid: Option<String>,
    /// When the account got it; none: when it is added to the world.
    pub created_at: Option<Timestamp>,
}

impl Number {
    /// A number for calls and texts, with no webhooks.
    pub fn new(phone: impl Into<String>) -> Self {
        let phone = phone.into();
        Self {
            friendly_name: phone.clone(),
            phone,
            sid: String::new(),
            capabilities: Capabilities::VOICE_AND_SMS,
            voice: None,
            voice_fallback: None,
            sms: None,
            sms_fallback: None,
            status_callback: None,
            trunk_sid: None,
            voice_application_sid: None,
            sms_application_sid: None,
            address_sid: None,
            bundle_sid: None,
            created_at: None,
        }
    }

    /// The same, with calls posted to `url`.
    #[must_use]
    pub fn voice_url(self, url: impl Into<String>) -> Self {
        Self { voice: Some(Hook::post(url)), ..self }
    }

    /// The same, with texts posted to `url`.
    #[must_use]
    pub fn sms_url(self, url: impl Into<String>) -> Self {
        Self { sms: Some(Hook::post(url)), ..self }
    }

    /// The same, with the end of each call posted to `url`.
    #[must_use]
    pub fn status_callback_url(self, url: impl Into<String>) -> Self {
        Self { status_callback: Some(Hook::post(url)), ..self }
    }
}

/// What a person does when the handset rings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Takes the call.
    #[default]
    Answer,
    /// Is on another call.
    Busy,
    /// Lets it ring.
    NoAnswer,
    /// The network cannot connect the call.
    Reject,
}

/// A phone in somebody's hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Handset {
    /// In E.164.
    pub phone: String,
    /// What its owner does when it rings.
    pub behaviour: Behaviour,
    /// A landline: texts to it are refused with 21614.
    pub landline: bool,
    /// Texts to it are accepted and then reported `undelivered` with this code, such as 30003 (switched off).
    pub undeliverable: Option<i32>,
    /// What its owner keys at each `<Gather>` of a call that the service places, in order; afterwards nothing.
    #[serde(default)]
    pub digits: Vec<String>,
    /// The texts it received, oldest first.
    pub inbox: Vec<ReceivedText>,
    /// The times it rang, oldest first.
    pub rings: Vec<Ring>,
}

impl Handset {
    /// A mobile phone whose owner answers.
    pub fn new(phone: impl Into<String>) -> Self {
        Self {
            phone: phone.into(),
            behaviour: Behaviour::Answer,
            landline: false,
            undeliverable: None,
            digits: Vec::new(),
            inbox: Vec::new(),
            rings: Vec::new(),
        }
    }
}

/// Somebody who is known by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The real number, in E.164.
    pub phone: String,
    /// What they are called.
    pub name: String,
    /// The proxy number that leads to them; none: they are no client.
    pub proxy: Option<String>,
}

/// A text as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedText {
    /// The sender shown.
    pub from: String,
    /// What it says.
    pub body: String,
}

/// One time that a handset rang.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// The caller ID on its display.
    pub caller_id: String,
    /// When.
    pub at: Timestamp,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageStatus {
    /// Accepted from the API.
    Queued,
    /// Handed to the network.
    Sent,
    /// On the handset.
    Delivered,
    /// Given up; see the error code.
    Undelivered,
    /// Came in from a handset.
    Received,
    /// Called back before it was sent.
    Canceled,
}

impl MessageStatus {
    /// Twilio's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Received => "received",
            Self::Canceled => "canceled",
        }
    }

    /// Whether nothing more happens to it.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sent)
    }
}

/// How a text came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageDirection {
    /// A handset sent it.
    Inbound,
    /// The API asked for it.
    OutboundApi,
    /// TwiML asked for it.
    OutboundReply,
}

impl MessageDirection {
    /// Twilio's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundReply => "outbound-reply",
        }
    }
}

/// A text as the carrier knows it. Moments are whole seconds, as in the carrier's answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// `SM…`
    pub sid: String,
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// What it says; empty once redacted.
    pub body: String,
    /// How many media it carries.
    pub media: usize,
    /// How it came about.
    pub direction: MessageDirection,
    /// `MG…`: the messaging service that it went out by.
    pub service: Option<String>,
    /// Where it stands.
    pub status: MessageStatus,
    /// Why it was not delivered.
    pub error_code: Option<i32>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was handed to the network.
    pub sent_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Where its progress is reported.
    pub status_callback: Option<Hook>,
}

/// One leg of a call as the carrier knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// `CA…`
    pub sid: String,
    /// The leg that dialled this one.
    pub parent_sid: Option<String>,
    /// The caller ID.
    pub from: String,
    /// Who was called.
    pub to: String,
    /// `inbound`, `outbound-dial` or, placed through the API, `outbound-api`.
    pub direction: String,
    /// `queued`, `ringing`, `in-progress`, `completed`, `busy`, `no-answer` or `failed`.
    pub status: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it lasted, once over, in seconds.
    pub seconds: Option<u32>,
}

/// An entry of the carrier's error log: what an operator would find in the carrier's console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CarrierError {
    /// Twilio's code: 11200 webhook failed, 12100 bad TwiML, 13214 invalid caller ID, …
    pub code: i32,
    /// What happened, in words.
    pub detail: String,
    /// The call or message concerned.
    pub sid: String,
}

/// A webhook as it was sent and answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentWebhook {
    /// Where it went, by its public address.
    pub hook: Hook,
    /// What it said, in order.
    pub params: Vec<(String, String)>,
    /// The HTTP status answered; none when no answer came.
    pub status: Option<u16>,
    /// The body answered.
    pub answer: String,
}
