//! Promises: a setting is checked before it is kept, and this instance follows at once.

use proxycall_domain::setting::SettingError;

use crate::{Service, ports::LedgerError};

/// Why a setting was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// There is no such setting, or it cannot have that value.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The store's reason.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Service {
    /// Gives a setting a value, or its default again. The other instances follow within five seconds.
    ///
    /// # Errors
    /// When there is no such setting, the value makes no sense, or the store does not answer.
    pub async fn set_setting(&self, key: &str, value: Option<String>) -> Result<(), SetError> {
        match &value {
            Some(value) => self.policy.check(key, value)?,
            None if self.policy.setting(key).is_some() => {}
            None => return Err(SettingError::Unknown(key.to_owned()).into()),
        }
        self.ledger.set_setting(key.to_owned(), value, self.clock.now()).await?;
        self.policy.refresh(self.ledger.as_ref()).await?;
        Ok(())
    }
}
