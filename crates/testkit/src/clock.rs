//! A clock that stands still until it is told to go on, and chance that repeats itself.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use proxycall_service::ports::{Chance, Clock};

/// A clock in hand. Clones show the same time.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<Timestamp>>);

impl Default for TestClock {
    /// A Monday morning.
    fn default() -> Self {
        let monday = "2026-11-23T08:00:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH);
        Self(Arc::new(Mutex::new(monday)))
    }
}

impl TestClock {
    /// Lets time pass.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.checked_add(by).unwrap_or(*now);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Chance that is the same in every run, and never the same twice within one.
#[derive(Default)]
pub struct TestChance(AtomicU64);

impl Chance for TestChance {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            // SplitMix64: well spread, and no two calls alike.
            let mut state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            state ^= state >> 31;
            for (byte, value) in chunk.iter_mut().zip(state.to_le_bytes()) {
                *byte = value;
            }
        }
    }
}
