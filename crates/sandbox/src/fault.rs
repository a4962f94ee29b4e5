//! Promises: each way in which a carrier's API fails its user, one at a time and on demand.

use std::time::Duration;

/// What goes wrong with one REST request. Handed to [`World::fail_next`](crate::World::fail_next); each is used up by
/// one request, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answer with this HTTP status and do nothing.
    Status(u16),
    /// Answer with this HTTP status and `Retry-After` (whole seconds), and do nothing.
    StatusWithRetryAfter(u16, u64),
    /// Refuse with this Twilio error code (HTTP 400) and do nothing.
    Code(i32),
    /// Do what was asked, then drop the connection before a byte of the answer leaves.
    HangUpAfterAccepting,
    /// Drop the connection and do nothing. The client cannot tell this from the case above.
    HangUpBeforeAccepting,
    /// Wait this long, then do what was asked and answer.
    Slow(Duration),
}
