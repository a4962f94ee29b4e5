//! Promises: every way that a confirmation can go, decided from what is stored of it: nothing is both live and over, a
//! code is compared five times at most, and what ends is never opened again.
//!
//! A confirmation proves that a phone is a client's, by a code that goes out over one [`CodeChannel`] after the other. Who
//! the client is then is decided by [`claim`]; which channel comes when by [`cascade`]; the code itself is [`code::Code`],
//! what somebody answers is read by [`reply`]; what a second request for one phone meets is decided by [`meeting`]. The words of API and sheet are the original's
//! (`original-behaviour` §6.1).

pub mod cascade;
pub mod claim;
pub mod code;
pub mod meeting;
pub mod reply;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ClientId, CountryCode, FieldError, Language, MailAddress, NumberType, PersonName, PhoneNumber, interaction::words,
    pool::life::ReservationToken,
};

use claim::Change;

/// How often one code is compared at most, over all channels together.
pub const MAX_TRIES: u32 = 5;
/// How many codes one call takes at most.
pub const ENTRIES_PER_CALL: u32 = 3;

/// The operator's id of a confirmation; also the token of its reservation.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PendingId(String);

impl PendingId {
    /// Checks an id: 1 to 128 visible characters.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        ReservationToken::parse("pending_id", text).map(|_| Self(text.to_owned()))
    }

    /// From the store, where only checked ids are.
    #[must_use]
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PendingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PendingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A way for a code to the client. In the order of how far a confirmation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeChannel {
    /// A text with the code, which the client sends back.
    Sms,
    /// A call that says the code, which the client types.
    Voice,
    /// A link, by text and by e-mail.
    Email,
}

words!(CodeChannel { Sms = "sms", Voice = "voice", Email = "email" });

/// Where a confirmation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A code is out, or on its way; not proven yet. Locked when its code has been tried too often.
    Open,
    /// Proven, but it changes how an existing client is reached: the contact on record or an operator must agree.
    AwaitingConsent,
    /// A client came of it.
    Promoted,
    /// An existing client was confirmed or changed.
    Updated,
    /// Nobody proved anything in time.
    Expired,
    /// It cannot go on; the detail says why.
    Failed,
}

words!(Stage {
    Open = "open",
    AwaitingConsent = "awaiting_consent",
    Promoted = "promoted",
    Updated = "updated",
    Expired = "expired",
    Failed = "failed",
});

impl Stage {
    /// Whether nothing can happen any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Open | Self::AwaitingConsent)
    }
}

/// How far a confirmation has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub stage: Stage,
    /// The furthest channel that the carrier took a code for; none: none yet.
    pub channel: Option<CodeChannel>,
    /// Which code holds: a new one after the last was locked.
    pub generation: u32,
    /// How often that code was compared with a wrong one.
    pub tries: u32,
    /// What changes, or would change, about an existing client.
    pub change: Option<Change>,
    /// What an operator should know about where it stands.
    pub detail: Detail,
}

/// What an operator should know about where a confirmation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Detail {
    /// Nothing beyond the status.
    None,
    /// The code was tried too often; a resend makes a new one.
    Locked,
    /// No channel reached the client.
    NotDelivered,
    /// The phone on record was asked.
    AsksPhoneOnRecord,
    /// Only an operator can decide it.
    AsksOperator,
    /// Only the e-mail address is proven: an operator can vouch for the phone.
    PhoneUnproven,
    /// The contact on record said no.
    Declined,
    /// The client or the number was taken or closed meanwhile.
    Overtaken,
    /// A newer request for the phone took its place.
    Superseded,
    /// An operator ended it.
    Cancelled,
}

words!(Detail {
    None = "",
    Locked = "locked",
    NotDelivered = "not_delivered",
    AsksPhoneOnRecord = "asks_phone_on_record",
    AsksOperator = "asks_operator",
    PhoneUnproven = "phone_unproven",
    Declined = "declined",
    Overtaken = "overtaken",
    Superseded = "superseded",
    Cancelled = "cancelled",
});

impl Detail {
    /// The same in words, for an operator.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Locked => "the code was tried too often; POST /confirmations/resend makes a new one",
            Self::NotDelivered => "no channel reached the client",
            Self::AsksPhoneOnRecord => {
                "the phone is proven; the phone on record was asked to agree, or approve it: POST \
                 /confirmations/{pending_id}/approve"
            }
            Self::AsksOperator => {
                "proven, but it concerns another contact on record: an operator must approve it: POST \
                 /confirmations/{pending_id}/approve"
            }
            Self::PhoneUnproven => {
                "the e-mail address is proven, the phone is not: an operator must approve it: POST \
                 /confirmations/{pending_id}/approve"
            }
            Self::Declined => "the contact on record said no",
            Self::Overtaken => "its client or number was closed or taken meanwhile",
            Self::Superseded => "a newer request for the same phone took its place",
            Self::Cancelled => "an operator ended it",
        }
    }
}

/// What happens to a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The carrier took a code for this channel.
    Sent(CodeChannel),
    /// A wrong code was compared.
    WrongCode,
    /// A new code is wanted where the last one is locked.
    Renewed,
    /// A new code is wanted where the last one cannot be sent again: it came from elsewhere.
    Replaced,
    /// The last channel did not reach the client.
    NotDelivered,
    /// The phone or the link is proven; this is what it comes to.
    Proven(Settled),
    /// The contact on record, or an operator, agreed; a client was changed.
    Agreed,
    /// The contact on record said no.
    Declined,
    /// Its client or number went away meanwhile.
    Overtaken,
    /// A newer request for the phone takes its place.
    Superseded,
    /// An operator ends it before its time.
    Cancelled,
    /// Its time is over.
    Expired,
}

/// What a proven confirmation comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// A new client.
    NewClient,
    /// An existing client, with what changes.
    Client(Change),
    /// The contact on record must agree first.
    Consent {
        /// What would change.
        change: Change,
        /// Whether the phone on record can be asked; else only an operator.
        ask_phone: bool,
    },
    /// A new client whose phone nobody proved: an operator must vouch for it first.
    PhoneUnproven,
}

/// An event that a confirmation in this state does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the confirmation is {} already", .0.as_str())]
pub struct NotNow(pub Stage);

impl Progress {
    /// Just asked for.
    #[must_use]
    pub fn begin() -> Self {
        Self { stage: Stage::Open, channel: None, generation: 1, tries: 0, change: None, detail: Detail::None }
    }

    /// Whether its code was tried too often.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.stage == Stage::Open && self.tries >= MAX_TRIES
    }

    /// Where it stands after an event.
    ///
    /// # Errors
    /// When this cannot happen to it any more, or not yet.
    pub fn after(&self, event: Event) -> Result<Self, NotNow> {
        use Stage::{AwaitingConsent, Expired, Failed, Open, Promoted, Updated};
        let mut next = self.clone();
        match (self.stage, event) {
            (Open, Event::Sent(channel)) => {
                next.channel = self.channel.max(Some(channel));
                if next.detail == Detail::NotDelivered {
                    next.detail = Detail::None;
                }
            }
            (Open, Event::WrongCode) if !self.is_locked() => {
                next.tries = self.tries.saturating_add(1);
                if next.is_locked() {
                    next.detail = Detail::Locked;
                }
            }
            (Open, Event::Renewed) if !self.is_locked() => return Err(NotNow(self.stage)),
            (Open, Event::Renewed | Event::Replaced) => {
                next.generation = self.generation.saturating_add(1);
                next.tries = 0;
                // The new code begins its own way over the channels.
                next.channel = None;
                next.detail = Detail::None;
            }
            (Open, Event::NotDelivered) if !self.is_locked() => next.detail = Detail::NotDelivered,
            (Open, Event::Proven(settled)) if !self.is_locked() => match settled {
                Settled::NewClient => next.end(Promoted, Detail::None),
                Settled::Client(change) => {
                    next.end(Updated, Detail::None);
                    next.change = Some(change);
                }
                Settled::Consent { change, ask_phone } => {
                    let asks = if ask_phone { Detail::AsksPhoneOnRecord } else { Detail::AsksOperator };
                    next.end(AwaitingConsent, asks);
                    next.change = Some(change);
                }
                Settled::PhoneUnproven => next.end(AwaitingConsent, Detail::PhoneUnproven),
            },
            (AwaitingConsent, Event::Agreed) => {
                // Where nothing of an existing client would change, a new one was waited for.
                next.end(if self.change.is_some() { Updated } else { Promoted }, Detail::None);
            }
            (AwaitingConsent, Event::Declined) => next.end(Failed, Detail::Declined),
            (Open | AwaitingConsent, Event::Overtaken) => next.end(Failed, Detail::Overtaken),
            (Open, Event::Superseded) => next.end(Expired, Detail::Superseded),
            (Open | AwaitingConsent, Event::Cancelled) => next.end(Expired, Detail::Cancelled),
            (Open | AwaitingConsent, Event::Expired) => next.end(Expired, Detail::None),
            _ => return Err(NotNow(self.stage)),
        }
        Ok(next)
    }

    fn end(&mut self, stage: Stage, detail: Detail) {
        self.stage = stage;
        self.detail = detail;
    }
}

/// Which number a confirmation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// One that is held for it, of this type.
    Reserved(NumberType),
    /// One that an existing client has.
    Existing,
}

impl Held {
    /// The word in the API: `mobile`, `local` or the original's `existant`.
    #[must_use]
    pub fn as_api_str(self) -> &'static str {
        match self {
            Self::Reserved(number_type) => number_type.as_str(),
            Self::Existing => "existant",
        }
    }
}

/// A confirmation as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The operator's id.
    pub id: PendingId,
    /// Who the client says to be.
    pub name: PersonName,
    /// The e-mail address, in lower case.
    pub mail: MailAddress,
    /// The phone to be proven.
    pub phone: PhoneNumber,
    /// The proxy number's country.
    pub country: CountryCode,
    /// What the client is addressed in.
    pub language: Language,
    /// Whether a number is held for it, or an existing client has it.
    pub held: Held,
    /// The number that the client has or will have.
    pub proxy: PhoneNumber,
    /// The number that codes come from. The proxy number, unless the client is known by e-mail alone: whoever has only
    /// typed an address must not learn the client's number.
    pub sender: PhoneNumber,
    /// How far it has come.
    pub progress: Progress,
    /// The client that came of it.
    pub client: Option<ClientId>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when a code may be entered, a link be used, and the number is held.
    pub expires_at: Timestamp,
    /// When it was proven.
    pub verified_at: Option<Timestamp>,
}

impl Confirmation {
    /// Whether a code may still be entered.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.progress.stage == Stage::Open && now < self.expires_at
    }

    /// Where it stands, counting that its time may be over though nobody has written that down yet.
    #[must_use]
    pub fn stage(&self, now: Timestamp) -> Stage {
        if !self.progress.stage.is_over() && now >= self.expires_at { Stage::Expired } else { self.progress.stage }
    }

    /// The original's word: `PENDING`, `PENDING_CALL`, `PENDING_MAIL`, `VERIFIED`, `PROMOTED`, `UPDATED (…)`, `EXPIRED`,
    /// `FAILED`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> String {
        match self.stage(now) {
            Stage::Open => match self.progress.channel {
                None | Some(CodeChannel::Sms) => "PENDING",
                Some(CodeChannel::Voice) => "PENDING_CALL",
                Some(CodeChannel::Email) => "PENDING_MAIL",
            }
            .to_owned(),
            Stage::AwaitingConsent => "VERIFIED".to_owned(),
            Stage::Promoted => "PROMOTED".to_owned(),
            Stage::Updated => format!("UPDATED ({})", self.progress.change.unwrap_or_default().as_original_str()),
            Stage::Expired => "EXPIRED".to_owned(),
            Stage::Failed => "FAILED".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
