//! Promises: each client address may do so much in ten minutes, on the injected clock, in bounded memory.
//!
//! Each address has a budget that refills evenly (the generic cell rate algorithm): one number per address. `governor`
//! does the same, but has its own clock and no bound on how many addresses it remembers.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// What budgets are for.
const PERIOD: SignedDuration = SignedDuration::from_mins(10);
/// How many keys one generation remembers. Two generations are kept.
const GENERATION: usize = 20_000;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// A confirmation is begun: costs us a text.
    Activate,
    /// A link's button is pressed.
    Verify,
    /// A page is looked at. A progress page asks each three seconds.
    Look,
}

impl Act {
    /// How often in ten minutes.
    fn budget(self) -> i64 {
        match self {
            Self::Activate => 10,
            Self::Verify => 30,
            Self::Look => 1_200,
        }
    }
}

/// Who did what how often lately.
pub(crate) struct RateLimit<K> {
    generations: Mutex<Generations<K>>,
    size: usize,
}

/// When each key's budget is whole again, in milliseconds. The older generation is forgotten when the younger is full:
/// whoever is still active has moved to the younger one by then.
struct Generations<K> {
    young: HashMap<(Act, K), i64>,
    old: HashMap<(Act, K), i64>,
}

impl<K: Copy + Eq + Hash> Default for RateLimit<K> {
    fn default() -> Self {
        Self::remembering(GENERATION)
    }
}

impl<K: Copy + Eq + Hash> RateLimit<K> {
    fn remembering(size: usize) -> Self {
        Self { generations: Mutex::new(Generations { young: HashMap::new(), old: HashMap::new() }), size }
    }

    /// Takes one from the budget.
    ///
    /// # Errors
    /// None is left; in so many seconds there will be one.
    pub(crate) fn take(&self, act: Act, key: K, now: Timestamp) -> Result<(), u32> {
        let now = now.as_millisecond();
        let period = i64::try_from(PERIOD.as_millis()).unwrap_or(i64::MAX);
        let one = period / act.budget();
        let mut kept = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (act, key);
        let whole_at = kept.young.get(&key).or_else(|| kept.old.get(&key)).copied().unwrap_or(now).max(now);
        let then = whole_at.saturating_add(one);
        let excess = then.saturating_sub(now).saturating_sub(one.saturating_mul(act.budget()));
        if excess > 0 {
            return Err(u32::try_from(excess.saturating_add(999) / 1_000).unwrap_or(u32::MAX));
        }
        if kept.young.len() >= self.size && !kept.young.contains_key(&key) {
            kept.old = std::mem::take(&mut kept.young);
        }
        kept.young.insert(key, then);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn ten_may_begin_at_once_and_the_eleventh_hears_when() {
        let limit = RateLimit::default();
        assert!((0..10).all(|_| limit.take(Act::Activate, 1, at(0)).is_ok()));
        assert_eq!(limit.take(Act::Activate, 1, at(0)), Err(60));
        assert_eq!(limit.take(Act::Activate, 1, at(59)), Err(1));
        assert_eq!(limit.take(Act::Activate, 1, at(60)), Ok(()));
        assert_eq!(limit.take(Act::Activate, 1, at(60)), Err(60));
    }

    #[test]
    fn others_and_other_acts_have_budgets_of_their_own() {
        let limit = RateLimit::default();
        while limit.take(Act::Activate, 1, at(0)).is_ok() {}
        assert_eq!(limit.take(Act::Activate, 2, at(0)), Ok(()));
        assert_eq!(limit.take(Act::Verify, 1, at(0)), Ok(()));
    }

    #[test]
    fn after_ten_quiet_minutes_the_budget_is_whole() {
        let limit = RateLimit::default();
        while limit.take(Act::Verify, 1, at(0)).is_ok() {}
        assert_eq!((0..40).filter(|_| limit.take(Act::Verify, 1, at(600)).is_ok()).count(), 30);
    }

    #[test]
    fn memory_is_bounded_and_whoever_stays_active_is_not_forgotten() {
        let limit = RateLimit::remembering(100);
        while limit.take(Act::Activate, 0, at(0)).is_ok() {}
        for stranger in 1..=99 {
            let _ = limit.take(Act::Activate, stranger, at(0));
        }
        assert!(limit.take(Act::Activate, 0, at(0)).is_err());
        for stranger in 100..10_000 {
            let _ = limit.take(Act::Activate, stranger, at(0));
        }
        let kept = limit.generations.lock().unwrap();
        assert!(kept.young.len() + kept.old.len() <= 200);
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_more_than_the_budget() {
        let limit = RateLimit::default();
        while limit.take(Act::Activate, 1, at(1_000)).is_ok() {}
        assert!(limit.take(Act::Activate, 1, at(0)).is_err());
    }
}
