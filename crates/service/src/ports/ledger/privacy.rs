//! What the store does for a person's rights: all that is known of somebody, erasing it, and keeping nothing for longer
//! than it is needed.

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_domain::{
    ClientId, Confirmation, InteractionId, JobId, Outcome, PhoneNumber,
    client::Client,
    pool::{NumberPast, life::Actor},
    retention::Retention,
    sheet::Cells,
};

use super::LedgerError;

/// A client to be erased.
#[derive(Debug, Clone)]
pub struct EraseClient {
    /// Who.
    pub id: ClientId,
    /// Until when the number rests, if the client still has one.
    pub quarantine_until: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// The job that goes on with it.
    pub job: JobId,
    /// Now.
    pub now: Timestamp,
}

/// How far an erasure is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Whose.
    pub client: ClientId,
    /// Since when.
    pub begun_at: Timestamp,
    /// Whether the whole record has been searched for the person.
    pub record_done: bool,
    /// Whether the sheet shows nothing of the person any more.
    pub sheet_done: bool,
    /// How many calls and messages the carrier still has.
    pub at_carrier: u64,
    /// How many the carrier has not deleted within 14 days.
    pub given_up: u64,
}

impl Erasure {
    /// Whether nothing is left anywhere.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.record_done && self.sheet_done && self.at_carrier == 0 && self.given_up == 0
    }
}

/// What one part of an erasure came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasurePart {
    /// There is more to do.
    More,
    /// The mirror has not yet emptied the person's rows.
    SheetWaits,
    /// Nothing is left to do in the record and in the sheet.
    Done,
}

/// A call or message whose record at the carrier is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierCopy {
    /// The carrier's id.
    pub sid: String,
    /// Whether it is a call; else a message.
    pub is_call: bool,
    /// Whose erasure it belongs to.
    pub client: Option<ClientId>,
    /// Whether a message's text is gone already.
    pub redacted: bool,
    /// How often it was tried.
    pub attempt: u32,
    /// Since when it is to be deleted.
    pub since: Timestamp,
}

/// What came of trying to delete one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyResult {
    /// The carrier has no record of it.
    Gone,
    /// Its text is gone; the rest not yet.
    Redacted,
    /// Not now.
    Again {
        /// When to try again.
        at: Timestamp,
        /// The carrier's code.
        code: Option<i32>,
    },
    /// It was tried for long enough.
    GivenUp {
        /// The carrier's code.
        code: Option<i32>,
    },
}

/// A number that a client has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldNumber {
    /// Which.
    pub number: PhoneNumber,
    /// From when to when, and why.
    pub held: NumberPast,
}

/// A call or text in which somebody was the other side of another client's number.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Which.
    pub id: InteractionId,
    /// The number that was used.
    pub number: PhoneNumber,
    /// What it came to.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}

/// Some of the calls and texts that were looked through for somebody.
#[derive(Debug, Clone, Default)]
pub struct Contacts {
    /// Those that are somebody's.
    pub found: Vec<Contact>,
    /// Up to where was looked; none: to the end.
    pub reached: Option<InteractionId>,
}

/// Data that is kept for a time only, and how much of it is over its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Its kind: a word of the setting's name.
    pub kind: &'static str,
    /// How many records.
    pub records: u64,
    /// When it was last gone through.
    pub ran_at: Option<Timestamp>,
    /// How many records have been emptied so far.
    pub emptied: u64,
}

/// What one part of keeping the periods came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionPart {
    /// Closed clients that are to be erased.
    pub clients: Vec<ClientId>,
    /// How many records were emptied, deleted or, at the carrier, noted for that.
    pub records: u64,
    /// Whether there is more to do.
    pub more: bool,
}

/// The store's side of a person's rights.
#[async_trait]
pub trait PrivacyBook: Send + Sync {
    /// Erases a client from what is the client's own, notes the rest, and enqueues the job that goes on. Final. Erasing an
    /// erased client changes nothing.
    async fn erase_client(&self, erase: EraseClient) -> Result<Erasure, LedgerError>;

    /// Goes on with an erasure, for a bounded number of rows.
    async fn erase_part(&self, client: ClientId, now: Timestamp) -> Result<ErasurePart, LedgerError>;

    /// How far an erasure is; none: there is none.
    async fn erasure(&self, client: ClientId) -> Result<Option<Erasure>, LedgerError>;

    /// Calls and messages that the carrier is to delete now, the longest due first.
    async fn copies_due(&self, limit: u32, now: Timestamp) -> Result<Vec<CarrierCopy>, LedgerError>;

    /// Records what came of trying to delete one.
    async fn note_copy(&self, sid: String, result: CopyResult, now: Timestamp) -> Result<(), LedgerError>;

    /// A client, open or closed, but not erased.
    async fn known_client(&self, id: ClientId) -> Result<Client, LedgerError>;

    /// The numbers that a client has and had.
    async fn numbers_of(&self, client: ClientId) -> Result<Vec<HeldNumber>, LedgerError>;

    /// The confirmations of a client.
    async fn confirmations_of(&self, client: &Client) -> Result<Vec<Confirmation>, LedgerError>;

    /// The texts of a client that are still kept, because they are on their way.
    async fn kept_texts(&self, client: ClientId) -> Result<Vec<(InteractionId, String)>, LedgerError>;

    /// What the sheet last showed of a client.
    async fn shown_of(&self, client: ClientId) -> Result<Option<Cells>, LedgerError>;

    /// Looks through some of all calls and texts for those of somebody with this number.
    async fn contacts_of(&self, phone: PhoneNumber, after: Option<InteractionId>) -> Result<Contacts, LedgerError>;

    /// Empties or deletes some of what is over its time.
    async fn keep_periods(&self, periods: Retention, now: Timestamp) -> Result<RetentionPart, LedgerError>;

    /// What is over its time.
    async fn overdue(&self, periods: Retention, now: Timestamp) -> Result<Vec<Overdue>, LedgerError>;
}
