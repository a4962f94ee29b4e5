//! Promises: Google is asked at half of its quota at most, soon when there is something to say, seldom when all is quiet, and
//! ever more seldom while it fails.

use std::{collections::VecDeque, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::jobs::backoff;

/// How often the sheet is read when all is quiet: an edit is to reach the store within 30 s.
const QUIET: SignedDuration = SignedDuration::from_secs(20);
/// The same while something waits to be written, or to be seen there: a change is to reach the sheet within 10 s.
const BUSY: SignedDuration = SignedDuration::from_secs(4);
/// The same for somebody who looks for what is not in the store yet.
const ASKED: SignedDuration = SignedDuration::from_secs(2);
/// What Google counts its quota by.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);
/// Half of Google's quota of a user: 60 reads and 60 writes a minute.
const READS: usize = 30;
const WRITES: usize = 30;
/// How long it is waited after a failure, and after many.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LAST_WAIT: Duration = Duration::from_secs(120);

/// When the sheet may be asked again.
#[derive(Debug, Default)]
pub(super) struct Pace {
    reads: VecDeque<Timestamp>,
    writes: VecDeque<Timestamp>,
    /// When the last cycle began.
    last: Option<Timestamp>,
    /// Not before then, whatever waits.
    not_before: Option<Timestamp>,
    failures: u32,
}

/// Takes out what is older than a minute, and says how many are left.
fn lately(calls: &mut VecDeque<Timestamp>, now: Timestamp) -> usize {
    while calls.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
        calls.pop_front();
    }
    calls.len()
}

impl Pace {
    /// Whether a cycle is due.
    pub(super) fn is_due(&mut self, now: Timestamp, waiting: bool, asked: bool) -> bool {
        let rest = match (asked, waiting) {
            (true, _) => ASKED,
            (false, true) => BUSY,
            (false, false) => QUIET,
        };
        // A clock that was set back does not stop the mirror.
        let rested = self.last.is_none_or(|last| now < last || now.duration_since(last) >= rest);
        rested && self.not_before.is_none_or(|at| now >= at) && lately(&mut self.reads, now) < READS
    }

    /// Somebody else has the sheet: looked again as when all is quiet.
    pub(super) fn leave(&mut self, now: Timestamp) {
        self.last = Some(now);
    }

    /// The sheet is read.
    pub(super) fn read(&mut self, now: Timestamp) {
        self.last = Some(now);
        self.reads.push_back(now);
    }

    /// The reading took so many further requests.
    pub(super) fn asked_more(&mut self, now: Timestamp, requests: usize) {
        self.reads.extend(std::iter::repeat_n(now, requests));
    }

    /// Whether one more write may be sent; then it counts.
    pub(super) fn write(&mut self, now: Timestamp) -> bool {
        let may = lately(&mut self.writes, now) < WRITES;
        if may {
            self.writes.push_back(now);
        }
        may
    }

    /// All went well.
    pub(super) fn well(&mut self) {
        self.failures = 0;
        self.not_before = None;
    }

    /// It failed: waits as long as Google asks for, or longer each time. `fraction` is chance, 0 to 1.
    pub(super) fn failed(&mut self, now: Timestamp, retry_after: Option<Duration>, fraction: f64) {
        self.failures = self.failures.saturating_add(1);
        let wait = backoff(self.failures, FIRST_WAIT, LAST_WAIT, fraction).max(retry_after.unwrap_or_default());
        let wait = SignedDuration::try_from(wait).unwrap_or(MINUTE);
        self.not_before = now.checked_add(wait).ok();
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_quiet_sheet_is_read_three_times_a_minute() {
        let mut pace = Pace::default();
        let reads = (0..600).filter(|second| {
            let due = pace.is_due(at(*second), false, false);
            if due {
                pace.read(at(*second));
            }
            due
        });
        assert_eq!(reads.count(), 30);
    }

    #[test]
    fn what_waits_is_written_within_seconds_and_within_half_the_quota() {
        let mut pace = Pace::default();
        let (mut reads, mut writes) = (0, 0);
        for second in 0..60 {
            if pace.is_due(at(second), true, true) {
                pace.read(at(second));
                reads += 1;
                writes += (0..3).filter(|_| pace.write(at(second))).count();
            }
        }
        assert_eq!((reads, writes), (30, WRITES));
        assert!(!pace.is_due(at(59), true, true) && pace.is_due(at(60), true, true));
    }

    #[test]
    fn failures_are_waited_out_ever_longer_and_as_long_as_google_asks() {
        let mut pace = Pace::default();
        pace.failed(at(0), None, 1.0);
        assert!(!pace.is_due(at(4), true, true) && pace.is_due(at(6), true, true));
        for _ in 0..20 {
            pace.failed(at(100), None, 1.0);
        }
        assert!(!pace.is_due(at(160), true, true) && pace.is_due(at(220), true, true));
        pace.failed(at(300), Some(Duration::from_secs(600)), 0.5);
        assert!(!pace.is_due(at(899), true, true) && pace.is_due(at(900), true, true));
        pace.well();
        assert!(pace.is_due(at(900), true, false));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_stop_the_mirror() {
        let mut pace = Pace::default();
        pace.read(at(1_000));
        assert!(pace.is_due(at(10), false, false));
    }
}
