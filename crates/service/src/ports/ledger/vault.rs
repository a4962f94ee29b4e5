//! How what is private is sealed: with which secret, and how a store goes over to another one while it is used.

use async_trait::async_trait;
use jiff::Timestamp;

use super::LedgerError;

/// What one part of the work came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// There is more to do now.
    More {
        /// What is being gone through, as `table.column`.
        at: &'static str,
        /// How many rows this part looked at.
        looked_at: u64,
        /// How many of them it renewed.
        renewed: u64,
    },
    /// The rest is for later.
    Later {
        /// When.
        at: Timestamp,
        /// What is waited for.
        why: Waits,
    },
    /// Everything is sealed and keyed with one secret; no other is needed any more.
    Done,
}

/// What the end of a change of the secret waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// All instances use the new secret before the last look at all rows.
    Instances,
    /// Requests and codes of the last day, which cannot be keyed anew, to be over.
    Day,
    /// Somebody to mend rows that no listed secret opens.
    Unreadable,
    /// An instance that knows the secret.
    Unknown,
}

/// How things stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultState {
    /// The secret that is used for whatever is written, by fingerprint.
    pub writes_with: String,
    /// The secret that the store was kept with before, which is needed too; none: no other is.
    pub before: Option<String>,
    /// Since when that changes.
    pub begun_at: Option<Timestamp>,
    /// Whether everything was found to be sealed with the secret that is used.
    pub sealed: bool,
    /// How many rows of which columns are not sealed with it, where there are any; empty when they were not counted.
    pub left: Vec<(&'static str, u64)>,
    /// How many requests and confirmations still need the secret before.
    pub waiting: u64,
    /// How many rows no listed secret opened, when they were last gone through.
    pub unreadable: u64,
    /// The secrets that this program was given, newest first, and the one that the store keeps itself.
    pub known: Vec<String>,
}

/// The part of the port that is about secrets.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Whether the secret is kept in the store itself, and no other was given that it would go over to: whoever copies the
    /// store has the key too.
    fn keeps_secret(&self) -> bool;

    /// The secret, by fingerprint, that this program would have the store sealed with, where it is not. A secret that was
    /// given up is never gone back to.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn renewal_to(&self) -> Result<Option<String>, LedgerError>;

    /// Goes over to a secret, a part of bounded size at a time, from wherever the last part ended; several may do it at
    /// once. What is written from the first part on uses it.
    ///
    /// # Errors
    /// When the store does not answer; nothing of the part is done then.
    async fn renew(&self, to: String, now: Timestamp) -> Result<Renewal, LedgerError>;

    /// How things stand; on request with every row that is left, which takes as long as reading all of them.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn vault(&self, count: bool) -> Result<VaultState, LedgerError>;
}
