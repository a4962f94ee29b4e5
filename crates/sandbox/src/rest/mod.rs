//! Promises: the REST API answers as Twilio's does, refuses what the table of endpoints does not have, and keeps every
//! request for the test to ask.

mod calls;
mod messages;
mod numbers;
mod pages;
mod resources;
mod words;

use std::io;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::stream;
use serde_json::{Value, json};

pub(crate) use self::resources::rfc2822;
use crate::{
    contract::{RecordedRequest, Violation, check, find},
    endpoints::{ENDPOINTS, Endpoint, Operation},
    fault::Fault,
    world::World,
};

/// The longest request body taken, in bytes.
const BODY_LIMIT: usize = 1 << 20;

/// What a proxy between us and the carrier answers.
pub(crate) const HTML: &str =
    "<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>Sorry</h1></body></html>";

/// Serves whatever path is asked: the table of endpoints is the router.
pub(crate) fn router(world: World) -> Router {
    Router::new().fallback(serve).with_state(world)
}

/// An answer, before it becomes HTTP.
#[derive(Debug, Clone, PartialEq)]
struct Reply {
    status: u16,
    /// None: an empty body.
    body: Option<Value>,
    retry_after: Option<u64>,
}

impl Reply {
    fn ok(status: u16, body: Value) -> Self {
        Self { status, body: Some(body), retry_after: None }
    }

    /// Twilio's error document.
    fn error(status: u16, code: i32, message: &str) -> Self {
        let more_info = format!("https://www.twilio.com/docs/errors/{code}");
        Self::ok(status, json!({ "code": code, "message": message, "more_info": more_info, "status": status }))
    }

    fn not_found() -> Self {
        Self::error(404, 20404, "The requested resource was not found")
    }

    /// The answer with another body.
    fn with_text(self, content_type: &'static str, text: String) -> Response {
        let mut response = Self { body: None, ..self }.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        *response.body_mut() = Body::from(text);
        response
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = HeaderMap::new();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Twilio API\""));
        }
        match self.body {
            Some(body) => (status, headers, axum::Json(body)).into_response(),
            None => (status, headers).into_response(),
        }
    }
}

async fn serve(State(world): State<World>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Reply::error(413, 20001, "The request is too large").into_response();
    };
    let recorded = record(&world, &parts, &body);
    let operation = find(&recorded, ENDPOINTS).map(|endpoint| endpoint.operation);
    let (index, fault) = world.change(|state| {
        state.requests.push(recorded.clone());
        (state.requests.len() - 1, state.faults.take(operation))
    });
    if let Some(Fault::Slow(time) | Fault::Silent(time)) = &fault {
        tokio::time::sleep(*time).await;
    }
    let authorization = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let mut reply = match &fault {
        Some(Fault::Status(status)) => Reply::error(*status, 20500, "An error asked for by a test"),
        Some(Fault::StatusWithRetryAfter(status, seconds)) => {
            Reply { retry_after: Some(*seconds), ..Reply::error(*status, 20429, "An error asked for by a test") }
        }
        Some(Fault::Code(code)) => Reply::error(400, *code, words::refusal_in_words(*code)),
        Some(Fault::Html(status)) => Reply { status: *status, body: None, retry_after: None },
        Some(Fault::HangUpBeforeAccepting | Fault::Silent(_)) => return hang_up(),
        None | Some(Fault::Slow(_) | Fault::HangUpAfterAccepting | Fault::HalfAnAnswer | Fault::RepeatedPage) => {
            answer(&world, &recorded, authorization, index)
        }
    };
    if fault == Some(Fault::HangUpAfterAccepting) {
        return hang_up();
    }
    world.change(|state| {
        if let Some(request) = state.requests.get_mut(index) {
            request.answered = Some(reply.status);
        }
    });
    match fault {
        Some(Fault::Html(_)) => reply.with_text("text/html", HTML.to_owned()),
        Some(Fault::HalfAnAnswer) => {
            let whole = reply.body.as_ref().map(ToString::to_string).unwrap_or_default();
            let half = whole.chars().take(whole.chars().count() / 2).collect();
            reply.with_text("application/json", half)
        }
        Some(Fault::RepeatedPage) => {
            if let Some(page) = reply.body.as_mut().and_then(Value::as_object_mut) {
                page.insert("next_page_uri".to_owned(), page.get("uri").cloned().unwrap_or_default());
            }
            reply.into_response()
        }
        _ => reply.into_response(),
    }
}

fn record(world: &World, parts: &axum::http::request::Parts, body: &Bytes) -> RecordedRequest {
    let pairs = |bytes: &[u8]| form_urlencoded::parse(bytes).into_owned().collect::<Vec<_>>();
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    RecordedRequest {
        at: world.now(),
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        content_type: content_type.unwrap_or_default().to_owned(),
        form: pairs(body),
        has_body: !body.is_empty(),
        violation: None,
        answered: None,
    }
}

/// A body that breaks before its first byte: the server closes the connection without having sent anything.
pub(crate) fn hang_up() -> Response {
    let broken = stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionAborted)) });
    Body::from_stream(broken).into_response()
}

fn answer(world: &World, request: &RecordedRequest, authorization: Option<&str>, index: usize) -> Reply {
    let account = world.account();
    let expected = STANDARD.encode(format!("{}:{}", account.sid, account.auth_token));
    if authorization.and_then(|value| value.strip_prefix("Basic ")) != Some(expected.as_str()) {
        return Reply::error(401, 20003, "Authenticate");
    }
    let endpoint = match check(request, ENDPOINTS) {
        Ok(endpoint) => endpoint,
        Err(violation) => {
            let reply = refuse(&violation);
            world.change(|state| {
                if let Some(request) = state.requests.get_mut(index) {
                    request.violation = Some(violation.clone());
                }
            });
            world.log_violation(violation);
            return reply;
        }
    };
    if account.status != "active" {
        return Reply::error(403, 20005, "Account is not active");
    }
    // The path is `/2010-04-01/Accounts/{AccountSid}…`: the account is its fourth segment, a resource's id its sixth.
    let segment = |index: usize| request.path.split('/').nth(index).map(|part| part.trim_end_matches(".json"));
    if segment(3) != Some(account.sid.as_str()) {
        return Reply::not_found();
    }
    perform(world, endpoint, request, segment(5).unwrap_or_default())
}

fn perform(world: &World, endpoint: &Endpoint, request: &RecordedRequest, sid: &str) -> Reply {
    match endpoint.operation {
        Operation::CreateMessage => messages::create(world, &request.form),
        Operation::ListMessages => messages::list(world, request),
        Operation::FetchMessage => messages::fetch(world, sid),
        Operation::UpdateMessage => messages::update(world, sid, &request.form),
        Operation::DeleteMessage => messages::delete(world, sid),
        Operation::FetchAccount => Reply::ok(200, resources::account(&world.account())),
        Operation::SearchNumbers => numbers::search(world, request),
        Operation::ListNumbers => numbers::list(world, request),
        Operation::BuyNumber => numbers::buy(world, &request.form),
        Operation::FetchNumber => numbers::fetch(world, sid),
        Operation::UpdateNumber => numbers::update(world, sid, &request.form),
        Operation::ReleaseNumber => numbers::release(world, sid),
        Operation::PlaceCall => calls::place(world, &request.form),
        Operation::FetchCall => resources::call(world, sid),
        Operation::DeleteCall => calls::delete(world, sid),
    }
}

/// Twilio's answer to a request that strays, as near as it is known.
fn refuse(violation: &Violation) -> Reply {
    match violation {
        Violation::UnknownEndpoint { .. } => Reply::not_found(),
        Violation::WrongMethod { .. } => Reply::error(405, 20004, "Method not allowed"),
        Violation::MissingParameter { name, .. } if name == "To" => {
            Reply::error(400, 21604, "A 'To' phone number is required.")
        }
        Violation::MissingParameter { name, .. } if name.starts_with("From") => {
            Reply::error(400, 21603, "A 'From' phone number is required.")
        }
        Violation::MissingParameter { name, .. } if name.starts_with("Body") => {
            Reply::error(400, 21602, "Message body is required.")
        }
        Violation::WrongType { name, .. } if name == "StatusCallback" => {
            Reply::error(400, 21609, "The 'StatusCallback' URL is not a valid URL.")
        }
        Violation::WrongType { name, path, .. } if name == "From" && path.ends_with("/Messages.json") => {
            Reply::error(400, 21212, words::refusal_in_words(21212))
        }
        Violation::WrongType { name, .. } if name == "MessagingServiceSid" => {
            Reply::error(400, 21705, words::refusal_in_words(21705))
        }
        Violation::WrongType { name, .. } if name == "PhoneNumber" => {
            Reply::error(400, 21421, words::refusal_in_words(21421))
        }
        other => Reply::error(400, 20001, &other.to_string()),
    }
}

/// The first value of a parameter; none when it is absent.
fn value<'a>(params: &'a [(String, String)], name: &str) -> Option<&'a str> {
    params.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests;
