//! Promises: one line per request, with a request id that the answer carries too; never a query string, a body, a
//! header, or a path with data in it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method},
    response::Response,
};
use proxycall_domain::phone::{mask, mask_sid};

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
fn request_id() -> String {
    static START: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    let start = START.get_or_init(|| {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(std::process::id())
    });
    format!("{:08x}{:06x}", start & 0xffff_ffff, NEXT.fetch_add(1, Ordering::Relaxed) & 0xff_ffff)
}

/// The line of one request.
pub(crate) struct Line {
    started: Instant,
    method: Method,
    /// The route's pattern, not the path: /clients/by-proxy/{proxy} holds a number.
    route: Option<MatchedPath>,
    id: RequestId,
}

/// The request's id, for those behind who write it down.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

impl Line {
    /// What there is to say of a request before it is answered.
    pub(crate) fn begin(request: &mut Request) -> Self {
        let id = RequestId(request_id().into());
        request.extensions_mut().insert(id.clone());
        Self {
            started: Instant::now(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            id,
        }
    }

    /// Writes it, and the id into the answer.
    pub(crate) fn end(self, response: &mut Response) {
        let note = response.extensions_mut().remove::<Note>();
        let route = self.route.as_ref().map_or("unknown", MatchedPath::as_str);
        write_line(&self.id.0, &self.method, route, response, note, self.started);
        if let Ok(value) = HeaderValue::try_from(&*self.id.0) {
            response.headers_mut().insert(REQUEST_ID.clone(), value);
        }
    }
}

fn write_line(id: &str, method: &Method, route: &str, response: &Response, note: Option<Note>, started: Instant) {
    let status = response.status().as_u16();
    let duration_ms = f64::from(u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX)) / 1_000.0;
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
