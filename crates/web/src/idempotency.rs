//! Promises: a POST with an `Idempotency-Key` is carried out once; the same request again gets the same answer.
//!
//! The key is noted before the handler runs and the answer kept after it, also when whoever asked has gone meanwhile.
//! Whoever repeats meanwhile is told to wait (409); whoever uses the key for something else is told so (422). What
//! failed has done nothing and is not kept: once its cause is gone, the same request may be sent again. Keys hold for
//! 24 hours.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use proxycall_service::ports::ledger::{Begun, RequestKey, StoredAnswer};
use sha2::{Digest, Sha256};

use crate::{Problem, Shared, carrier_work::holding, json::of_body};

static KEY: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key, in characters.
const KEY_MAX: usize = 255;

pub(crate) async fn once(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get(&KEY).filter(|_| request.method() == Method::POST).cloned() else {
        return next.run(request).await;
    };
    run_once(&app, &key, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn run_once(app: &Shared, key: &HeaderValue, request: Request, next: Next) -> Result<Response, Problem> {
    let key = key
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|key| (1..=KEY_MAX).contains(&key.len()))
        .ok_or_else(|| Problem::field("Idempotency-Key", "must have 1 to 255 printable ASCII characters"))?
        .to_owned();
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await.map_err(of_body)?;
    let path = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let content = Sha256::new().chain_update(path).chain_update([0]).chain_update(&body).finalize().into();
    let key = RequestKey { route: parts.uri.path().to_owned(), key, content };
    let ledger = &app.service.ledger;
    match ledger.begin_request(key.clone(), app.service.clock.now()).await? {
        Begun::Fresh => {}
        Begun::Answered(answer) => return Ok(replay(answer)),
        Begun::InProgress => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "A request with this Idempotency-Key is still being carried out; try again in a few seconds",
            ));
        }
        Begun::OtherContent => {
            return Err(Problem::field("Idempotency-Key", "was used for a request with other content"));
        }
    }
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(key.clone());
    let work = answered(Arc::clone(app), key.clone(), request, next);
    holding(app, key, work).await?
}

/// Carries out a request and keeps what it is answered.
async fn answered(app: Shared, key: RequestKey, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = next.run(request).await.into_parts();
    // Our own answer: its size is ours to bound, and a page of the search may be larger than what we take in.
    let body = to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The answer could not be read"))?;
    let kept = parts.status.is_success();
    let answer =
        kept.then(|| StoredAnswer { status: parts.status.as_u16(), body: String::from_utf8_lossy(&body).into_owned() });
    if let Err(error) = app.service.ledger.finish_request(key, answer, app.service.clock.now()).await {
        // The key stays taken for some minutes; a repetition then finds what was done by other means.
        tracing::error!(%error, "the answer to a request with an idempotency key could not be kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replay(answer: StoredAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let json = HeaderValue::from_static("application/json");
    let headers = [(header::CONTENT_TYPE, json), (REPLAYED.clone(), HeaderValue::from_static("true"))];
    (status, headers, answer.body).into_response()
}
