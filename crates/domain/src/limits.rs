//! Promises: how often somebody may ask, call or write, as operators set it.

use jiff::SignedDuration;

/// What limits other than those of tokens are for.
pub const PERIOD: SignedDuration = SignedDuration::from_mins(10);

/// A budget that refills evenly: `burst` at once, and the same again over `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How many at once.
    pub burst: u32,
    /// In which time an empty budget is whole again.
    pub period: SignedDuration,
}

impl Budget {
    /// So many in ten minutes.
    #[must_use]
    pub const fn in_ten_minutes(burst: u32) -> Self {
        Self { burst, period: PERIOD }
    }
}

/// The limits that operators set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// How many requests a token may make in a second, in the long run.
    pub token_per_second: u32,
    /// How many it may make at once.
    pub token_burst: u32,
    /// How many requests one address may make in ten minutes without a valid token.
    pub strangers: u32,
    /// How many calls, and how many texts, one caller may make to one proxy number in ten minutes.
    pub caller_per_number: u32,
    /// The same to all proxy numbers together.
    pub caller: u32,
}

impl Limits {
    /// What one token may do.
    #[must_use]
    pub fn token(&self) -> Budget {
        // Neither is 0: the settings say so.
        let period_ms = i64::from(self.token_burst) * 1_000 / i64::from(self.token_per_second.max(1));
        Budget { burst: self.token_burst, period: SignedDuration::from_millis(period_ms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tokens_budget_is_whole_again_at_its_rate() {
        let limits = Limits { token_per_second: 50, token_burst: 200, ..Limits::default() };
        assert_eq!(limits.token(), Budget { burst: 200, period: SignedDuration::from_secs(4) });
    }
}
