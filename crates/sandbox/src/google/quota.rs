//! Promises: requests are counted by kind, and, where a limit is set, refused above it for reads and for writes apart.
//!
//! Source: developers.google.com/workspace/sheets/api/limits: 60 reads and 60 writes per minute per user and project,
//! refilled each minute. Here a request counts for the sixty seconds after it.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Google's own limit, per minute and per user.
pub(crate) const PER_MINUTE: u32 = 60;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// An access token.
    Token,
    /// Reading from Sheets.
    Read,
    /// Writing to Sheets.
    Write,
    /// Anything of Drive.
    Drive,
}

/// How many requests came, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// For access tokens.
    pub tokens: u64,
    /// Reads from Sheets.
    pub reads: u64,
    /// Writes to Sheets.
    pub writes: u64,
    /// To Drive.
    pub drive: u64,
}

impl Counts {
    pub(super) fn add(&mut self, kind: RequestKind) {
        let count = match kind {
            RequestKind::Token => &mut self.tokens,
            RequestKind::Read => &mut self.reads,
            RequestKind::Write => &mut self.writes,
            RequestKind::Drive => &mut self.drive,
        };
        *count += 1;
    }
}

/// What was taken in the last sixty seconds.
#[derive(Debug, Default)]
pub(super) struct Quota {
    limit: Option<u32>,
    reads: VecDeque<Timestamp>,
    writes: VecDeque<Timestamp>,
}

impl Quota {
    pub(super) fn set_limit(&mut self, limit: Option<u32>) {
        self.limit = limit;
    }

    /// Whether a request of this kind may still be done now; one that may counts.
    pub(super) fn admits(&mut self, kind: RequestKind, now: Timestamp) -> bool {
        let (Some(limit), RequestKind::Read | RequestKind::Write) = (self.limit, kind) else { return true };
        let taken = if kind == RequestKind::Read { &mut self.reads } else { &mut self.writes };
        let passed = |at: &Timestamp| now.duration_since(*at) >= SignedDuration::from_secs(60);
        while taken.front().is_some_and(passed) {
            taken.pop_front();
        }
        let admitted = usize::try_from(limit).is_ok_and(|limit| taken.len() < limit);
        if admitted {
            taken.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    #[test]
    fn above_the_limit_requests_wait_for_their_minute_to_pass() {
        let mut quota = Quota::default();
        quota.set_limit(Some(2));
        assert!(quota.admits(RequestKind::Read, at(0)));
        assert!(quota.admits(RequestKind::Read, at(30)));
        assert!(!quota.admits(RequestKind::Read, at(59)));
        assert!(quota.admits(RequestKind::Write, at(59)));
        assert!(quota.admits(RequestKind::Drive, at(59)));
        assert!(quota.admits(RequestKind::Read, at(60)));
        assert!(!quota.admits(RequestKind::Read, at(61)));
    }

    #[test]
    fn without_a_limit_any_number_is_taken() {
        let mut quota = Quota::default();
        assert!((0..1000).all(|_| quota.admits(RequestKind::Write, at(0))));
    }
}
