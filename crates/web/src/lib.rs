//! The HTTP surface of ProxyCall: the operator's API, Twilio's webhooks, the pages that clients see, health.
//!
//! A request passes, from outside in: one log line and a request id, a limit on time, body and how much is done at once,
//! the token (business routes) or the signature (webhooks), the idempotency key, the audit log, the handler.

mod activate;
mod api;
mod audit;
mod auth;
mod carrier_work;
pub mod charts;
mod client_address;
mod console;
mod docs;
pub mod enrolment;
mod health;
mod idempotency;
mod json;
mod metrics;
mod observe;
mod overload;
mod pages;
mod problem;
mod rate_limit;
mod request_log;
mod sentences;
mod verify;
mod webhooks;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::FutureExt as _;
use proxycall_service::{Service, trace};
use proxycall_twilio::Verifier;
use utoipa_axum::router::OpenApiRouter;

pub use auth::ApiTokens;
pub use carrier_work::LIMIT as WORK_LIMIT;
pub use client_address::ClientAddresses;
pub use metrics::Metrics;
pub use overload::Capacity;
pub use pages::Pages;
pub use problem::Problem;
pub use rate_limit::RateLimits;

/// The largest body that is read, in bytes.
const BODY_LIMIT: usize = 256 * 1024;
/// How long a request may take. Webhooks answer long before.
const REQUEST_LIMIT: Duration = Duration::from_secs(20);

/// On every answer that has none of its own: it is what it says it is, its address goes to nobody, and nothing keeps it, since most hold personal
/// data.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    // Pages bring their own: what has none is no page, and is not to be shown as one.
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];
/// Where our public address is https: nobody asks again in the clear, for a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What the handlers stand on.
pub struct App {
    /// The use cases.
    pub service: Arc<Service>,
    /// Tells Twilio's requests from others.
    pub verifier: Verifier,
    /// Tells the operator's requests from others.
    pub tokens: ApiTokens,
    /// What clients see.
    pub pages: Pages,
    /// Who asked, called and wrote how often lately.
    pub limits: RateLimits,
    /// How much is carried out at once.
    pub capacity: Capacity,
    /// How long somebody waits for what a key was given for; then it goes on by itself.
    pub work_limit: Duration,
    /// How this instance tells how it is.
    pub metrics: Metrics,
}

/// The state that handlers ask for.
pub(crate) type Shared = Arc<App>;

fn api() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(docs::base())
        .merge(api::router())
        .merge(api::tokens::router())
        .merge(health::router())
        .merge(health::liveness())
}

/// The API's description, as served at `/openapi.json`.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    docs::complete(api().into_openapi())
}

/// The whole surface.
pub fn router(app: App) -> Router {
    let app = Arc::new(app);
    let business = middleware::from_fn_with_state(Arc::clone(&app), auth::require_token);
    let once = middleware::from_fn_with_state(Arc::clone(&app), idempotency::once);
    let openapi = openapi();
    let record = middleware::from_fn_with_state(Arc::new(audit::Audit::new(&app, &openapi)), audit::record);
    let looked = || middleware::from_fn_with_state(Arc::clone(&app), pages::looked);
    let operators = api::router().layer(record.clone()).layer(once);
    // What a new token is answered is kept nowhere, not even for whoever repeats the request.
    let operators = operators.merge(api::tokens::router().layer(record)).layer(business.clone());
    let (routes, _) = OpenApiRouter::<Shared>::new()
        .merge(operators)
        .merge(health::router().layer(looked()))
        .merge(health::liveness())
        .split_for_parts();
    let routes = routes
        .merge(docs::router(&openapi).layer(looked()))
        .merge(metrics::router().layer(business))
        .merge(webhooks::router())
        .merge(pages::router(&app))
        .merge(console::router(&app))
        .fallback(not_found)
        .method_not_allowed_fallback(async || Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), around));
    routes.with_state(app)
}

/// What every request passes. One layer, since each further one costs a webhook some allocations.
async fn around(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let line = request_log::Line::begin(&mut request);
    DefaultBodyLimit::max(BODY_LIMIT).apply(&mut request);
    let limit = limit_of(&request);
    let answered = trace::on_behalf_of(Some(line.id()), answer(&app, request, next));
    let mut response = match tokio::time::timeout(limit, AssertUnwindSafe(answered).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => problem::of_panic().into_response(),
        Err(_) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The request took too long; try again later").into_response()
        }
    };
    line.end(&mut response);
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    if app.service.public_base_url.starts_with("https://") {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// The answer, or, when too much is carried out already, the request to come back.
async fn answer(app: &App, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let _place = match overload::counted_first(route) {
        Some(surface) => match app.capacity.admit(surface) {
            Some(place) => Some(place),
            None => return overload::come_back().into_response(),
        },
        None => None,
    };
    next.run(request).await
}

/// How long a request may take. What asks the carrier about the whole account says itself, and better, when that takes
/// too long.
fn limit_of(request: &Request) -> Duration {
    let path = request.uri().path();
    let with_carrier = (request.method() == Method::POST && path.starts_with("/pool/"))
        // Its previews ask the carrier too.
        || path.starts_with("/console/numbers/");
    if with_carrier { carrier_work::LIMIT + REQUEST_LIMIT } else { REQUEST_LIMIT }
}

/// What nobody serves. The original redirected a path with a slash at the end to the one without.
async fn not_found(uri: Uri) -> Response {
    let shorter = uri.path().strip_suffix('/').filter(|path| path.starts_with('/') && !uri.path().contains("//"));
    let target = shorter.map(|path| uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")));
    // What a browser might take for the address of another host goes nowhere.
    match target.filter(|target| target.bytes().all(|sign| sign.is_ascii_graphic() && sign != b'\\')) {
        Some(target) => Redirect::temporary(&target).into_response(),
        None => Problem::new(StatusCode::NOT_FOUND, "Not Found").into_response(),
    }
}
