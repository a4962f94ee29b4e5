//! Promises: one line per request, with a request id that the answer carries too; never a query string, a body, a
//! header, or a path with data in it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method},
    response::Response,
};
use proxycall_domain::phone::{mask, mask_sid};
use proxycall_service::trace::RequestId;

use crate::{observe, webhooks::Kind};

/// Carries the request id.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static NEXT: AtomicU64 = AtomicU64::new(0);

/// What a handler wants said in the line. Masked here, so that no handler can forget it.
#[derive(Clone, Default)]
pub(crate) struct Note {
    /// What became of it.
    pub(crate) outcome: &'static str,
    /// Who calls or writes, as the carrier wrote it.
    pub(crate) from: String,
    /// What was dialled, as the carrier wrote it.
    pub(crate) to: String,
    /// The carrier's id.
    pub(crate) sid: String,
}

/// Ids differ within a process by the counter, between processes by the moment of the first one.
fn request_id() -> RequestId {
    static START: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    let start = START.get_or_init(|| {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(std::process::id())
    });
    RequestId::new(*start, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The line of one request.
pub(crate) struct Line {
    started: Instant,
    method: Method,
    /// The route's pattern, not the path: /clients/by-proxy/{proxy} holds a number.
    route: Option<MatchedPath>,
    id: RequestId,
}

impl Line {
    /// What there is to say of a request before it is answered.
    pub(crate) fn begin(request: &mut Request) -> Self {
        let id = request_id();
        // For those behind who write it down.
        request.extensions_mut().insert(id);
        Self {
            started: Instant::now(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            id,
        }
    }

    /// The request's id. Ours: what came in as `X-Request-Id` is anybody's.
    pub(crate) fn id(&self) -> RequestId {
        self.id
    }

    /// Writes it, counts the request, and puts the id into the answer.
    pub(crate) fn end(self, response: &mut Response) {
        let note = response.extensions_mut().remove::<Note>();
        let route = self.route.as_ref().map_or("unknown", MatchedPath::as_str);
        let (status, took) = (response.status(), self.started.elapsed());
        match Kind::of(route) {
            Some(kind) => observe::webhook(kind, note.as_ref().map(|note| note.outcome), status, took),
            None => observe::request(route, status, took),
        }
        let id = self.id.to_string();
        write_line(&id, &self.method, route, status.as_u16(), note, took);
        if let Ok(value) = HeaderValue::try_from(id) {
            response.headers_mut().insert(REQUEST_ID.clone(), value);
        }
    }
}

fn write_line(id: &str, method: &Method, route: &str, status: u16, note: Option<Note>, took: Duration) {
    let duration_ms = f64::from(u32::try_from(took.as_micros()).unwrap_or(u32::MAX)) / 1_000.0;
    match note {
        Some(note) => tracing::info!(
            request = id,
            route,
            status,
            outcome = note.outcome,
            from = mask(&note.from),
            to = mask(&note.to),
            sid = mask_sid(&note.sid),
            duration_ms,
            "webhook"
        ),
        // Probes ask every few seconds; what they are told changes rarely.
        None if route.starts_with("/health/") && status < 400 => {
            tracing::debug!(request = id, %method, route, status, duration_ms, "request");
        }
        None => tracing::info!(request = id, %method, route, status, duration_ms, "request"),
    }
}
