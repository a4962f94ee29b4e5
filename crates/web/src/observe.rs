//! What the HTTP surface tells of itself, to be watched by an operator. What each metric means is in the table of
//! `crates/prometheus`; labels are words and patterns of our own, never what somebody sent.

use std::time::Duration;

use axum::http::StatusCode;
use metrics::{counter, gauge, histogram};

use crate::{overload::Surface, webhooks::Kind};

/// A webhook was answered.
pub(crate) fn webhook(kind: Kind, outcome: Option<&'static str>, status: StatusCode, took: Duration) {
    let outcome = outcome.unwrap_or(if status.is_server_error() { "failed" } else { "refused" });
    counter!("proxycall_webhooks_total", "kind" => kind.as_str(), "outcome" => outcome).increment(1);
    histogram!("proxycall_webhook_seconds", "kind" => kind.as_str()).record(took);
}

/// Any other request was answered.
pub(crate) fn request(route: &str, status: StatusCode, took: Duration) {
    let status = match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    };
    histogram!("proxycall_request_seconds", "route" => route.to_owned(), "status" => status).record(took);
}

/// A request was turned away.
pub(crate) fn shed(surface: Surface) {
    counter!("proxycall_shed_total", "surface" => surface.as_str()).increment(1);
}

/// That none was turned away yet is told too: Prometheus does not see the growth of what begins with its first event.
pub(crate) fn shed_so_far(surface: Surface) {
    counter!("proxycall_shed_total", "surface" => surface.as_str()).increment(0);
}

/// So many requests are being carried out.
pub(crate) fn in_flight(surface: Surface, count: usize) {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    gauge!("proxycall_in_flight", "surface" => surface.as_str()).set(count);
}
