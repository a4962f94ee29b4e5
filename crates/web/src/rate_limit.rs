//! Promises: whoever asks, calls or writes may do so much in a time, on the injected clock, in bounded memory.
//!
//! Each key has a budget that refills evenly (the generic cell rate algorithm): one number per key. `governor` does the
//! same, but has its own clock and no bound on how many keys it remembers. Each instance counts for itself.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use proxycall_domain::{PhoneNumber, TokenName, limits::Budget};
use proxycall_service::ports::ledger::TokenHash;

use crate::client_address::ClientAddress;

/// How many keys one generation remembers. Two generations are kept.
const GENERATION: usize = 20_000;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// A confirmation is begun on the page: costs us a text.
    Activate,
    /// A link's button is pressed.
    Verify,
    /// A page is looked at. A progress page asks each three seconds.
    Look,
    /// The API is asked without a valid token.
    Stranger,
    /// The API is asked with one.
    Operator,
    /// A call, of one caller.
    Call,
    /// A text, of one sender.
    Text,
    /// A sender is told that it was too often: costs us a text.
    Notice,
}

impl Act {
    /// How often, where no operator's setting says it.
    pub(crate) const fn budget(self) -> Budget {
        Budget::in_ten_minutes(match self {
            Self::Activate => 10,
            Self::Verify => 30,
            Self::Notice => 1,
            _ => 1_200,
        })
    }
}

/// Everything that this instance counts.
#[derive(Default)]
pub struct RateLimits {
    /// By client address.
    pub(crate) addresses: RateLimit<ClientAddress>,
    /// By token.
    pub(crate) tokens: RateLimit<TokenName>,
    /// By caller, and by caller and proxy number.
    pub(crate) callers: RateLimit<CallerKey>,
    /// Which tokens were valid from which address.
    pub(crate) known: Mutex<Recent<(ClientAddress, TokenHash), ()>>,
    hasher: RandomState,
}

/// A caller, and the proxy number if that counts: hashes with a key that this process made up. Nobody's number is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CallerKey {
    caller: u64,
    proxy: Option<u64>,
}

impl RateLimits {
    /// The key of a caller. Callers without a number are one.
    pub(crate) fn caller(&self, caller: Option<PhoneNumber>, proxy: Option<PhoneNumber>) -> CallerKey {
        let hash = |phone: PhoneNumber| self.hasher.hash_one(phone.expose_digits());
        CallerKey { caller: caller.map_or(0, hash), proxy: proxy.map(hash) }
    }
}

/// Who did what how often lately.
pub(crate) struct RateLimit<K>(Mutex<Recent<(Act, K), i64>>);

/// A bounded memory. The older generation is forgotten when the younger is full: whatever is still in use has moved to
/// the younger one by then.
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    size: usize,
}

impl<K: Eq + Hash, V: Copy> Recent<K, V> {
    fn remembering(size: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), size }
    }

    /// What is remembered of a key.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    /// Remembers.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.size && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

impl<K: Eq + Hash, V: Copy> Default for Recent<K, V> {
    fn default() -> Self {
        Self::remembering(GENERATION)
    }
}

impl<K: Copy + Eq + Hash> Default for RateLimit<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + Eq + Hash> RateLimit<K> {
    /// Takes one from the budget.
    ///
    /// # Errors
    /// None is left; in so many seconds there will be one.
    pub(crate) fn take(&self, act: Act, key: K, budget: Budget, now: Timestamp) -> Result<(), u32> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let then = whole_after(kept.get(&(act, key)), budget, now)?;
        kept.insert((act, key), then);
        Ok(())
    }

    /// Whether one is left, without taking it.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(crate) fn look(&self, act: Act, key: K, budget: Budget, now: Timestamp) -> Result<(), u32> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        whole_after(kept.get(&(act, key)), budget, now).map(drop)
    }
}

/// When the budget is whole again once one more is taken from it, in microseconds.
fn whole_after(whole_at: Option<i64>, budget: Budget, now: Timestamp) -> Result<i64, u32> {
    let now = now.as_microsecond();
    let period = i64::try_from(budget.period.as_micros()).unwrap_or(i64::MAX);
    let one = period / i64::from(budget.burst.max(1));
    let then = whole_at.unwrap_or(now).max(now).saturating_add(one);
    let excess = then.saturating_sub(now).saturating_sub(period);
    if excess > 0 {
        Err(u32::try_from(excess.saturating_add(999_999) / 1_000_000).unwrap_or(u32::MAX))
    } else {
        Ok(then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    fn take(limit: &RateLimit<u32>, act: Act, key: u32, seconds: i64) -> Result<(), u32> {
        limit.take(act, key, act.budget(), at(seconds))
    }

    #[test]
    fn ten_may_begin_at_once_and_the_eleventh_hears_when() {
        let limit = RateLimit::default();
        assert!((0..10).all(|_| take(&limit, Act::Activate, 1, 0).is_ok()));
        assert_eq!(take(&limit, Act::Activate, 1, 0), Err(60));
        assert_eq!(take(&limit, Act::Activate, 1, 59), Err(1));
        assert_eq!(take(&limit, Act::Activate, 1, 60), Ok(()));
        assert_eq!(take(&limit, Act::Activate, 1, 60), Err(60));
    }

    #[test]
    fn looking_takes_nothing() {
        let limit = RateLimit::default();
        let look = |limit: &RateLimit<u32>| limit.look(Act::Activate, 1, Act::Activate.budget(), at(0));
        assert!((0..100).all(|_| look(&limit).is_ok()));
        while take(&limit, Act::Activate, 1, 0).is_ok() {}
        assert_eq!(look(&limit), Err(60));
    }

    #[test]
    fn others_and_other_acts_have_budgets_of_their_own() {
        let limit = RateLimit::default();
        while take(&limit, Act::Activate, 1, 0).is_ok() {}
        assert_eq!(take(&limit, Act::Activate, 2, 0), Ok(()));
        assert_eq!(take(&limit, Act::Verify, 1, 0), Ok(()));
    }

    #[test]
    fn after_ten_quiet_minutes_the_budget_is_whole() {
        let limit = RateLimit::default();
        while take(&limit, Act::Verify, 1, 0).is_ok() {}
        assert_eq!((0..40).filter(|_| take(&limit, Act::Verify, 1, 600).is_ok()).count(), 30);
    }

    #[test]
    fn memory_is_bounded_and_whoever_stays_active_is_not_forgotten() {
        let limit = RateLimit(Mutex::new(Recent::remembering(100)));
        while take(&limit, Act::Activate, 0, 0).is_ok() {}
        for stranger in 1..=99 {
            let _ = take(&limit, Act::Activate, stranger, 0);
        }
        assert!(take(&limit, Act::Activate, 0, 0).is_err());
        for stranger in 100..10_000 {
            let _ = take(&limit, Act::Activate, stranger, 0);
        }
        let kept = limit.0.lock().unwrap();
        assert!(kept.young.len() + kept.old.len() <= 200);
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_more_than_the_budget() {
        let limit = RateLimit::default();
        while take(&limit, Act::Activate, 1, 1_000).is_ok() {}
        assert!(take(&limit, Act::Activate, 1, 0).is_err());
    }

    #[test]
    fn a_caller_is_counted_by_a_hash_that_differs_between_processes() {
        let (one, other) = (RateLimits::default(), RateLimits::default());
        let courier = Some("+33639980002".parse().unwrap());
        assert_eq!(one.caller(courier, None), one.caller(courier, None));
        assert_ne!(one.caller(courier, None), other.caller(courier, None));
        assert_ne!(one.caller(courier, None), one.caller(courier, Some("+33199000001".parse().unwrap())));
    }

    proptest! {
        #[test]
        fn in_any_window_no_more_pass_than_the_burst_and_what_refilled(
            burst in 1_u32..300, period_ms in 1_i64..700_000, waits in prop::collection::vec(0_i64..5_000, 1..400)
        ) {
            let limit = RateLimit::default();
            let budget = Budget { burst, period: SignedDuration::from_millis(period_ms) };
            let mut passed = Vec::new();
            let mut now = 1_000_000_000;
            for wait in waits {
                now += wait;
                if limit.take(Act::Call, 1, budget, Timestamp::from_millisecond(now).unwrap()).is_ok() {
                    passed.push(now);
                }
            }
            let one = (period_ms * 1_000 / i64::from(burst)).max(1);
            for (first, from) in passed.iter().enumerate() {
                for (last, to) in passed.iter().enumerate().skip(first) {
                    let refilled = (to - from) * 1_000 / one;
                    // Rounding down what one costs gives at most one more.
                    prop_assert!(i64::try_from(last - first + 1).unwrap() <= i64::from(burst) + refilled + 1);
                }
            }
        }
    }
}
