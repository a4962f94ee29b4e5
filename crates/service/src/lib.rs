//! Use cases, ports and jobs: what ProxyCall does, from facts to acts.
//!
//! [`Service`] is handed everything that waits or surprises (store, carrier, clock, chance) and offers one method per
//! thing that can happen: a call comes in, a text comes in, an order is placed, a job is due.

pub mod access;
pub mod audit;
pub mod blocks;
pub mod calls;
pub mod clients;
pub mod confirmations;
pub mod console;
pub mod doctor;
pub mod import;
pub mod jobs;
pub mod live_policy;
mod observe;
pub mod operators;
pub mod pool;
pub mod ports;
pub mod privacy;
pub mod settings;
pub mod sheet;
pub mod texts;
pub mod trace;

use std::{future::Future, sync::Arc, time::Duration};

use jiff::SignedDuration;
use proxycall_domain::{NumberType, TextSender};

use access::LiveTokens;
use jobs::Wake;
use live_policy::LivePolicy;
use operators::OperatorDesk;
use pool::{PoolConfig, PoolTables};
use ports::{Carrier, Chance, Clock, Ledger, LedgerError, Mailer};
use sheet::SheetMirror;

/// How long a webhook waits for the store before the caller hears that the service is not available. A call must be
/// answered within 3 s, whatever is broken behind.
const STORE_PATIENCE: Duration = Duration::from_millis(2_400);

/// Everything the use cases stand on.
pub struct Service {
    /// The store.
    pub ledger: Arc<dyn Ledger>,
    /// The carrier.
    pub carrier: Arc<dyn Carrier>,
    /// Who carries letters; none: no mail server is set up.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// The Google Sheet; none: there is no mirror.
    pub sheet: Option<SheetMirror>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
    /// The rules in force.
    pub policy: LivePolicy,
    /// The API's tokens.
    pub tokens: LiveTokens,
    /// Tells the workers that there is something to do.
    pub wake: Wake,
    /// Where the carrier finds us, without a slash at the end.
    pub public_base_url: String,
    /// Which type of number new clients get first.
    pub preferred_type: NumberType,
    /// How the pool is kept.
    pub pool: PoolConfig,
    /// The tables that it is kept by.
    pub tables: PoolTables,
    /// How codes go out.
    pub codes: CodesConfig,
    /// Whom alerts and reports are mailed to.
    pub desk: OperatorDesk,
}

/// How codes go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodesConfig {
    /// How long a confirmation lives, and its number is held.
    pub lifetime: SignedDuration,
    /// As whom they are texted; none: as the proxy number that they are about.
    pub sender: Option<TextSender>,
}

impl Default for CodesConfig {
    fn default() -> Self {
        Self { lifetime: SignedDuration::from_hours(24), sender: None }
    }
}

impl Service {
    /// Waits for the store, but not longer than a caller would.
    async fn patiently<T>(&self, verb: impl Future<Output = Result<T, LedgerError>>) -> Result<T, LedgerError> {
        tokio::time::timeout(STORE_PATIENCE, verb)
            .await
            .unwrap_or_else(|_| Err(LedgerError::Unavailable("no answer in time".to_owned())))
    }

    /// Whether calls can be recorded now.
    ///
    /// # Errors
    /// Why not.
    pub async fn ready(&self) -> Result<(), LedgerError> {
        self.patiently(self.ledger.ping()).await
    }
}
