//! The machine's clock and chance.

use jiff::Timestamp;
use proxycall_service::ports::{Chance, Clock};

/// The machine's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The machine's source of chance.
pub(crate) struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            // Going on with bytes that somebody could guess would be worse than stopping.
            tracing::error!(%error, "the machine gives no random bytes");
            std::process::abort();
        }
    }
}
