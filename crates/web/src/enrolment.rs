//! The port of the public pages: what they ask of the use cases. Small, so that each page can be shown in each state.
//!
//! Promises: nothing that comes back tells whether an e-mail address or a phone is known.

mod over_service;

use async_trait::async_trait;
use proxycall_domain::{Language, MailAddress, PersonName, PhoneNumber};

pub use proxycall_domain::CodeChannel;
pub use proxycall_service::{confirmations::Progress, ports::ledger::LinkState};

/// Whoever filled in the form: checked, so that only rules about the service itself are left.
#[derive(Debug)]
pub struct Applicant {
    /// First and last name.
    pub name: PersonName,
    /// In lower case.
    pub mail: MailAddress,
    /// Real number.
    pub phone: PhoneNumber,
}

/// The store does not do its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwell {
    /// It does not answer: again later.
    Unavailable,
    /// It holds what it should not.
    Broken,
}

/// Why nothing was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The name is not taken.
    Name,
    /// The address is not taken.
    Mail,
    /// Numbers of this kind or country are not served.
    Phone,
    /// Too many for this phone, address or requester.
    TooMany {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// There is no number to give.
    NoNumber,
    /// The store.
    Unwell(Unwell),
}

/// What a link proves with.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// The code itself, as the original's links.
    Code(String),
    /// A signature of ours.
    Token(String),
    /// A signature of ours that asks the contact on record.
    Consent(String),
}

/// What using a link came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkOutcome {
    /// The number is active.
    Done(Language),
    /// Proven; something is still to be agreed.
    Waiting(Language),
    /// Not the right code, or a link that was tampered with.
    Wrong,
    /// Tried too often.
    Locked,
    /// It was used before, or its time is over.
    Over,
    /// There is no such request.
    Unknown,
    /// The contact on record said no.
    Declined(Language),
}

/// What the pages ask for.
#[async_trait]
pub trait Enrolment: Send + Sync {
    /// Begins a confirmation. What names its progress page.
    async fn request(&self, applicant: Applicant, requester: &str) -> Result<String, Refusal>;

    /// What names a progress page of nobody, for a program that fills in every field.
    fn nobody(&self) -> String;

    /// How it goes. None: no page of ours has this name.
    async fn progress(&self, token: &str) -> Result<Option<Progress>, Unwell>;

    /// What a link can be used for. Changes nothing.
    async fn link(&self, pending_id: &str, proof: &Proof) -> Result<LinkState, Unwell>;

    /// A link's button was pressed.
    async fn use_link(&self, pending_id: &str, proof: &Proof, agreed: bool) -> Result<LinkOutcome, Unwell>;
}
