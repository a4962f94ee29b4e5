//! Requests that carry an idempotency key.

use jiff::SignedDuration;

/// How long whoever carries out a request may be silent before it counts as crashed, and the same request is carried
/// out anew. Longer than anybody waits for an answer; work that takes longer holds its key.
pub const REQUEST_PATIENCE: SignedDuration = SignedDuration::from_secs(180);

/// Which request, as its sender names it.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Method and route.
    pub route: String,
    /// The header's value.
    pub key: String,
    /// SHA-256 of path and body: the same key with other content is a mistake.
    pub content: [u8; 32],
}

/// Leaves the key out.
impl std::fmt::Debug for RequestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestKey").field("route", &self.route).finish_non_exhaustive()
    }
}

/// What the first request with a key was answered.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// Body, as text.
    pub body: String,
}

/// Leaves the body out.
impl std::fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What became of the attempt to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nobody used the key before, or whoever did crashed: go on.
    Fresh,
    /// The first request was answered so.
    Answered(StoredAnswer),
    /// The first request is still at work.
    InProgress,
    /// The key was used for something else.
    OtherContent,
}
