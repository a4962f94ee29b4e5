//! Promises: `GET /metrics` tells an operator's Prometheus how this instance and the store are, also while the store is away
//! or too much is asked; however often it is asked, the store is asked every 15 s at most.

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::{SignedDuration, Timestamp};
use proxycall_service::Service;
use tokio::sync::Mutex;

use crate::Shared;

/// How long it holds what the store said. A pool of a million numbers is counted in a fraction of a second, which is not to
/// be spent on each of many scrapers.
const HOLDS: SignedDuration = SignedDuration::from_secs(15);
/// The format of the text.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// How what was observed becomes text.
pub struct Metrics {
    text: Box<dyn Fn() -> String + Send + Sync>,
    /// When the store was last asked.
    asked: Mutex<Option<Timestamp>>,
}

impl Metrics {
    /// Told in this text.
    pub fn new(text: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { text: Box::new(text), asked: Mutex::new(None) }
    }

    /// Asks the store, unless that was done a moment ago. One asks, the others wait for what it hears.
    async fn refresh(&self, service: &Service) {
        let mut asked = self.asked.lock().await;
        let now = service.clock.now();
        // A clock that was set back does not stop it.
        if asked.is_none_or(|at| now < at || now.duration_since(at) >= HOLDS) {
            service.observe_standing().await;
            *asked = Some(now);
        }
    }
}

pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/metrics", get(tell))
}

async fn tell(State(app): State<Shared>) -> Response {
    app.metrics.refresh(&app.service).await;
    app.capacity.observe();
    ([(header::CONTENT_TYPE, TEXT)], (app.metrics.text)()).into_response()
}
