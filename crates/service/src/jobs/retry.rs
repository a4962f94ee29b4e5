//! Promises: retries come later and later, spread by chance; those of a job end: what a person was promised by its age,
//! all else by the number of attempts.

use std::time::Duration;

/// The first wait. Doubles with each attempt.
const FIRST: Duration = Duration::from_secs(2);
/// The longest wait that we choose ourselves.
const LONGEST: Duration = Duration::from_secs(300);
/// The longest wait that a carrier may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(900);
/// After so many attempts a job is given up that nobody waits for: 7 to 14 minutes.
pub(super) const ATTEMPTS: u32 = 10;

/// How long to wait after an attempt that failed; none: it was the last of those that a job has.
pub(super) fn wait(attempt: u32, asked: Option<Duration>, fraction: f64) -> Option<Duration> {
    (attempt < ATTEMPTS).then(|| pause(attempt, asked, fraction))
}

/// How long to wait after an attempt that failed, whichever it was.
///
/// `asked` is what the other side asked for (`Retry-After`), `fraction` chance from 0 to 1: half of the wait is spread,
/// so that what failed together does not come back together.
pub(super) fn pause(attempt: u32, asked: Option<Duration>, fraction: f64) -> Duration {
    backoff(attempt, FIRST, LONGEST, fraction).max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

/// How long to wait after so many attempts, from 1: `first`, then twice as long each time, up to `longest`; half of it
/// spread by `fraction`.
pub(crate) fn backoff(attempt: u32, first: Duration, longest: Duration, fraction: f64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(longest);
    doubled.mul_f64(0.5 + fraction.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_then_end() {
        let waits: Vec<u64> = (1..=9).map(|attempt| wait(attempt, None, 1.0).unwrap().as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(wait(10, None, 1.0), None);
        assert_eq!(wait(u32::MAX, None, 1.0), None);
    }

    #[test]
    fn a_pause_never_ends_and_stays_at_its_limit() {
        assert_eq!(pause(10, None, 1.0), Duration::from_secs(300));
        assert_eq!(pause(u32::MAX, None, 0.0), Duration::from_secs(150));
    }

    #[test]
    fn chance_spreads_half_of_a_wait() {
        assert_eq!(wait(3, None, 0.0), Some(Duration::from_secs(4)));
        assert_eq!(wait(3, None, 0.5), Some(Duration::from_secs(6)));
    }

    #[test]
    fn what_the_carrier_asks_for_is_honoured_up_to_a_limit() {
        assert_eq!(wait(1, Some(Duration::from_secs(30)), 0.5), Some(Duration::from_secs(30)));
        assert_eq!(wait(1, Some(Duration::from_secs(86_400)), 0.5), Some(Duration::from_secs(900)));
    }
}
