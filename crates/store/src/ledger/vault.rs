//! The part of the port that is about secrets.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use proxycall_service::ports::{
    LedgerError,
    ledger::{Renewal, Vault, VaultState},
};

use crate::{Engine, SecretOrigin, Store, postgres, sqlite};

impl Store {
    /// Uses the secrets that the store names now: another instance may have begun to go over to a new one.
    pub(crate) async fn follow_secrets(&self) -> Result<(), LedgerError> {
        let [writes_with, before] = read!(self, meta::secrets_in_use())?;
        if !self.codec.follow(&writes_with, &before) {
            // What is written by the others cannot be read here: only the operator can mend that.
            tracing::error!(
                "the store uses a secret that PROXYCALL_SECRET_KEY does not list; list the old and the new one"
            );
        }
        Ok(())
    }
}

#[async_trait]
impl Vault for Store {
    fn keeps_secret(&self) -> bool {
        self.secret_origin() == SecretOrigin::Store && self.known.len() == 1
    }

    async fn renewal_to(&self) -> Result<Option<String>, LedgerError> {
        let wanted = self.known.first().cloned().unwrap_or_default();
        read!(self, vault::renewal_to(&wanted))
    }

    async fn renew(&self, to: String, now: Timestamp) -> Result<Renewal, LedgerError> {
        self.follow_secrets().await?;
        let renewal = unit!(self, vault::renew(to, now))?;
        self.follow_secrets().await?;
        Ok(renewal)
    }

    async fn vault(&self, count: bool) -> Result<VaultState, LedgerError> {
        self.follow_secrets().await?;
        let mut state = read!(self, vault::state(count))?;
        state.known.clone_from(&self.known);
        Ok(state)
    }
}
