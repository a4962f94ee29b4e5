//! Promises: the rules in force are read without waiting, and an operator's change is seen within five seconds.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use proxycall_domain::{Policy, setting::SettingError};

use crate::ports::{Ledger, LedgerError};

/// How often the settings are read again. Every instance sees a change within 5 s.
pub const REFRESH_EVERY: Duration = Duration::from_secs(2);

/// The rules in force: shipped tables, then the environment, then the operator's settings.
pub struct LivePolicy {
    base: Policy,
    current: RwLock<Current>,
}

/// What a setting is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingNow {
    /// Its value, as one would write it.
    pub value: String,
    /// What it is when the operator says nothing.
    pub otherwise: String,
    /// Whether the operator said something.
    pub own: bool,
}

struct Current {
    settings: Vec<(String, String)>,
    policy: Arc<Policy>,
}

impl LivePolicy {
    /// From the rules that hold when the operator says nothing.
    #[must_use]
    pub fn new(base: Policy) -> Self {
        let current = Current { settings: Vec::new(), policy: Arc::new(base.clone()) };
        Self { base, current: RwLock::new(current) }
    }

    /// The rules in force.
    #[must_use]
    pub fn current(&self) -> Arc<Policy> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).policy)
    }

    /// What a setting or sentence is now; none: there is no such one.
    pub fn setting(&self, key: &str) -> Option<SettingNow> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(SettingNow {
            value: current.policy.value(key)?.to_owned(),
            otherwise: self.base.value(key)?.to_owned(),
            own: current.settings.iter().any(|(known, _)| known == key),
        })
    }

    /// Whether a setting could have this value.
    ///
    /// # Errors
    /// Says why not.
    pub fn check(&self, key: &str, value: &str) -> Result<(), SettingError> {
        self.base.clone().set(key, value)
    }

    /// Reads the operator's settings again. One that makes no sense here, say of a newer version, is left out and
    /// said so in the log.
    ///
    /// # Errors
    /// When the store does not answer; the rules stay as they are.
    pub async fn refresh(&self, ledger: &dyn Ledger) -> Result<(), LedgerError> {
        let settings = ledger.settings().await?;
        if self.current.read().unwrap_or_else(PoisonError::into_inner).settings == settings {
            return Ok(());
        }
        let mut policy = self.base.clone();
        for (key, value) in &settings {
            if let Err(error) = policy.set(key, value) {
                tracing::warn!(setting = key, %error, "a setting is left out");
            }
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Current { settings, policy: Arc::new(policy) };
        Ok(())
    }
}
