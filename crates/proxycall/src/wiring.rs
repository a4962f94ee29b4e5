//! Promises: the one place where settings become the running parts; the service, the sandbox and the tests share it.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use proxycall_google_sheets::{GoogleSheet, GoogleSheetConfig};
use proxycall_notify::SmtpMailer;
use proxycall_service::{
    Service,
    access::LiveTokens,
    jobs::Wake,
    live_policy::LivePolicy,
    pool::PoolTables,
    ports::{Carrier, Chance, Clock, Ledger, LedgerError, Mailer, Sheet, clock::Ids as _},
    sheet::SheetMirror,
};
use proxycall_store::{OpenError, Options, SecretKey, Store};
use proxycall_twilio::{TwilioClient, TwilioConfig, Verifier};
use proxycall_web::{App, Capacity, Metrics, Pages, RateLimits, enrolment::Enrolment};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, SheetConfig},
    system::{SystemChance, SystemClock},
};

/// The running parts.
pub(crate) struct Parts {
    /// The store, to be closed at the end.
    pub store: Arc<Store>,
    /// The use cases.
    pub service: Arc<Service>,
}

/// Opens the store.
///
/// # Errors
/// When it cannot be opened; the message says what to do.
pub(crate) async fn open_store(config: &Config, migrate: bool) -> anyhow::Result<Arc<Store>> {
    let mut first = [0; 32];
    SystemChance.fill(&mut first);
    let options = Options {
        uri: config.database_url.clone(),
        secrets: config.secrets.clone(),
        first_secret: SecretKey::from_bytes(first),
        migrate,
    };
    Ok(Arc::new(Store::open(options).await?))
}

/// How long a starting service waits for its database, which may be starting too.
const STORE_PATIENCE: Duration = Duration::from_secs(30);
/// After how many looks it says so again.
const TOLD_EVERY: u64 = 10;
/// How often it looks meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Opens the store, waiting for a database that does not answer yet.
///
/// # Errors
/// As [`open_store`].
async fn await_store(config: &Config, migrate: bool) -> anyhow::Result<Arc<Store>> {
    let looks = STORE_PATIENCE.as_secs() / LOOK_EVERY.as_secs();
    for look in 1..looks {
        match open_store(config, migrate).await {
            Err(error) if matches!(error.downcast_ref(), Some(OpenError::Database(LedgerError::Unavailable(_)))) => {
                if look % TOLD_EVERY == 1 {
                    tracing::warn!(%error, "waiting for the database, {} s at most", STORE_PATIENCE.as_secs());
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
            settled => return settled,
        }
    }
    open_store(config, migrate).await
}

/// The carrier's client.
///
/// # Errors
/// When its settings cannot be used.
pub(crate) fn carrier(config: &Config) -> anyhow::Result<Arc<dyn Carrier>> {
    let token = config.carrier.auth_tokens.first().cloned().unwrap_or_default();
    let mut carrier = TwilioConfig::new(config.carrier.account_sid.clone(), token);
    carrier.api_base_url.clone_from(&config.carrier.api_base_url);
    Ok(Arc::new(TwilioClient::new(carrier).context("the carrier's settings cannot be used")?))
}

/// The mail server's client; none where no mail server is set up.
///
/// # Errors
/// When its settings cannot be used.
pub(crate) fn mailer(config: &Config) -> anyhow::Result<Option<Arc<dyn Mailer>>> {
    let Some(smtp) = &config.smtp else { return Ok(None) };
    Ok(Some(Arc::new(SmtpMailer::new(smtp.clone())?)))
}

/// The spreadsheet's client.
///
/// # Errors
/// When its settings cannot be used.
pub(crate) fn sheet(config: &SheetConfig) -> anyhow::Result<Arc<dyn Sheet>> {
    let mut google = GoogleSheetConfig::new(config.spreadsheet.clone(), config.key.clone());
    google.api_base_url.clone_from(&config.api_base_url);
    let client = GoogleSheet::new(google, Arc::new(SystemClock));
    Ok(Arc::new(client.context("the Google Sheet's settings cannot be used")?))
}

/// The mirror of the spreadsheet, owned in this process's name; none where no spreadsheet is set up.
fn mirror(config: &Config) -> anyhow::Result<Option<SheetMirror>> {
    let Some(config) = &config.sheet else { return Ok(None) };
    Ok(Some(SheetMirror::new(sheet(config)?, SystemChance.job_id(SystemClock.now()))))
}

/// The use cases over a store.
///
/// # Errors
/// When the settings of an outside party cannot be used.
pub(crate) fn service(config: &Config, store: &Arc<Store>) -> anyhow::Result<Arc<Service>> {
    Ok(Arc::new(Service {
        ledger: Arc::clone(store) as Arc<dyn Ledger>,
        carrier: carrier(config)?,
        mailer: mailer(config)?,
        sheet: mirror(config)?,
        clock: Arc::new(SystemClock) as Arc<dyn Clock>,
        chance: Arc::new(SystemChance),
        policy: LivePolicy::new(config.policy.clone()),
        tokens: LiveTokens::default(),
        wake: Wake::default(),
        public_base_url: config.base_urls.first().cloned().unwrap_or_default(),
        preferred_type: config.number_type,
        pool: config.pool.clone(),
        tables: PoolTables::shipped()?,
        codes: config.codes.clone(),
        desk: config.desk.clone(),
    }))
}

/// Store and use cases.
///
/// # Errors
/// As [`open_store`] and [`service`].
pub(crate) async fn parts(config: &Config, migrate: bool) -> anyhow::Result<Parts> {
    let store = open_store(config, migrate).await?;
    let service = service(config, &store)?;
    Ok(Parts { store, service })
}

/// Store and use cases, waiting for a database that does not answer yet.
///
/// # Errors
/// As [`parts`].
pub(crate) async fn awaited_parts(config: &Config, migrate: bool) -> anyhow::Result<Parts> {
    let store = await_store(config, migrate).await?;
    let service = service(config, &store)?;
    Ok(Parts { store, service })
}

/// Begins to keep what is observed, until told to stop.
///
/// # Errors
/// When it cannot be kept.
pub(crate) fn metrics(stop: &CancellationToken) -> anyhow::Result<Metrics> {
    let exposition = proxycall_prometheus::start().context("metrics cannot be kept")?;
    exposition.started_at(SystemClock.now().as_second());
    let (tidied, stop) = (exposition.clone(), stop.clone());
    tokio::spawn(async move {
        while tokio::time::timeout(proxycall_prometheus::TIDY_EVERY, stop.cancelled()).await.is_err() {
            tidied.tidy();
        }
    });
    Ok(Metrics::new(move || exposition.text()))
}

/// The HTTP surface.
///
/// # Errors
/// When the public addresses or tokens cannot be used.
pub(crate) fn router(config: Config, service: &Arc<Service>, metrics: Metrics) -> anyhow::Result<Router> {
    let verifier = Verifier::new(&config.base_urls, &config.carrier.auth_tokens)
        .context("PUBLIC_BASE_URL and TWILIO_AUTH_TOKEN cannot be used to check signatures")?;
    let enrolment = Arc::clone(service) as Arc<dyn Enrolment>;
    let pages = Pages::new(enrolment, config.pages.addresses, &config.pages.frame_ancestors)?;
    let (service, tokens) = (Arc::clone(service), config.tokens);
    let (limits, capacity) = (RateLimits::default(), Capacity::default());
    let work_limit = proxycall_web::WORK_LIMIT;
    Ok(proxycall_web::router(App { service, verifier, tokens, pages, limits, capacity, work_limit, metrics }))
}
