//! Promises: a sandbox with the service's spreadsheet, and a client for it; both share a clock that the test moves.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use proxycall_google_sheets::{GoogleSheet, GoogleSheetConfig, Spreadsheet};
use proxycall_sandbox::{
    Options, Sandbox,
    google::{Google, Spreadsheet as Simulated},
};
use proxycall_service::ports::Clock;

pub(crate) const TITLE: &str = "ProxyCall d'été";

/// A clock in the test's hand.
#[derive(Clone)]
pub(crate) struct HandClock(Arc<Mutex<Timestamp>>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl HandClock {
    /// Another clock that tells the same time for now.
    pub(crate) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.now())))
    }

    pub(crate) fn forward(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: HandClock,
    /// The spreadsheet's id.
    pub(crate) id: String,
    pub(crate) sheet: GoogleSheet,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        // Whoever comes first installs it; for the others it is there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = HandClock(Arc::new(Mutex::new("2026-11-23T10:00:00Z".parse().unwrap())));
        let told = clock.clone();
        let options = Options { clock: Arc::new(move || told.now()), ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let id = sandbox.world().google().add_spreadsheet(Simulated::proxycall(TITLE));
        let sheet = client(config(&sandbox), &clock);
        Self { sandbox, clock, id, sheet }
    }

    pub(crate) fn google(&self) -> Google {
        self.sandbox.world().google()
    }

    /// A client that goes by another clock than Google.
    pub(crate) fn client_by(&self, clock: &HandClock) -> GoogleSheet {
        client(config(&self.sandbox), clock)
    }

    pub(crate) fn client(&self, change: impl FnOnce(&mut GoogleSheetConfig)) -> GoogleSheet {
        let mut config = config(&self.sandbox);
        change(&mut config);
        client(config, &self.clock)
    }
}

fn client(config: GoogleSheetConfig, clock: &HandClock) -> GoogleSheet {
    GoogleSheet::new(config, Arc::new(clock.clone())).unwrap()
}

fn config(sandbox: &Sandbox) -> GoogleSheetConfig {
    let key = sandbox.service_account_json().into();
    let config = GoogleSheetConfig::new(Spreadsheet::ByTitle(TITLE.to_owned()), key);
    GoogleSheetConfig { api_base_url: Some(sandbox.base_url()), ..config }
}
