//! Promises: Google's addresses answer as Google does to whoever brings a good token, every request is counted, and a
//! fault that was planned happens to the request it was planned for.
//!
//! Source of the errors: cloud.google.com/apis/design/errors, and what the APIs answer in practice.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::any,
};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{
    GoogleState, drive,
    quota::RequestKind,
    sheets,
    spreadsheet::{Role, Spreadsheet},
    values,
};
use crate::{
    fault::Fault,
    rest::{HTML, hang_up},
    world::World,
};

/// The longest request body taken, in bytes.
const BODY_LIMIT: usize = 32 << 20;

/// Serves Google's addresses, which are none of the carrier's.
pub(crate) fn router(world: World) -> Router {
    Router::new()
        .route("/token", any(serve))
        .route("/drive/v3/files", any(serve))
        .route("/drive/v3/files/{id}", any(serve))
        .route("/v4/spreadsheets/{*path}", any(serve))
        .with_state(world)
}

/// An answer, before it becomes HTTP.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    status: u16,
    body: Value,
    retry_after: Option<u64>,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body, retry_after: None }
    }

    pub(super) fn error(status: u16, body: Value) -> Self {
        Self { status, body, retry_after: None }
    }

    /// Google's error document: a status such as `INVALID_ARGUMENT`, and a sentence.
    pub(super) fn refusal(code: u16, status: &str, message: &str) -> Self {
        Self::error(code, json!({ "error": { "code": code, "message": message, "status": status } }))
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::refusal(400, "INVALID_ARGUMENT", message)
    }

    /// The same refusal, with words before its sentence.
    pub(super) fn prefixed(mut self, words: &str) -> Self {
        if let Some(Value::String(message)) = self.body.pointer_mut("/error/message") {
            message.insert_str(0, words);
        }
        self
    }

    #[cfg(test)]
    pub(super) fn body(&self) -> &Value {
        &self.body
    }

    fn with_text(&self, content_type: &'static str, text: String) -> Response {
        let mut response = text.into_response();
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call {
    Token,
    ListFiles,
    GetFile(String),
    GetSpreadsheet(String),
    UpdateSpreadsheet(String),
    GetValues(String, String),
    BatchGetValues(String),
    UpdateValues(String, String),
    BatchUpdateValues(String),
    AppendValues(String, String),
}

impl Call {
    fn read(method: &Method, path: &str) -> Option<Self> {
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let parts: Vec<String> = path.split('/').skip(1).map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (get, post, put) = (method == Method::GET, method == Method::POST, method == Method::PUT);
        Some(match parts.as_slice() {
            ["token"] if post => Self::Token,
            ["drive", "v3", "files"] if get => Self::ListFiles,
            ["drive", "v3", "files", id] if get => Self::GetFile((*id).to_owned()),
            ["v4", "spreadsheets", id] if get => Self::GetSpreadsheet((*id).to_owned()),
            ["v4", "spreadsheets", id] if post => Self::UpdateSpreadsheet(id.strip_suffix(":batchUpdate")?.to_owned()),
            ["v4", "spreadsheets", id, "values:batchGet"] if get => Self::BatchGetValues((*id).to_owned()),
            ["v4", "spreadsheets", id, "values:batchUpdate"] if post => Self::BatchUpdateValues((*id).to_owned()),
            ["v4", "spreadsheets", id, "values", range] if get => {
                Self::GetValues((*id).to_owned(), (*range).to_owned())
            }
            ["v4", "spreadsheets", id, "values", range] if put => {
                Self::UpdateValues((*id).to_owned(), (*range).to_owned())
            }
            ["v4", "spreadsheets", id, "values", range] if post => {
                Self::AppendValues((*id).to_owned(), range.strip_suffix(":append")?.to_owned())
            }
            _ => return None,
        })
    }

    fn kind(&self) -> RequestKind {
        match self {
            Self::Token => RequestKind::Token,
            Self::ListFiles | Self::GetFile(_) => RequestKind::Drive,
            Self::GetSpreadsheet(_) | Self::GetValues(..) | Self::BatchGetValues(_) => RequestKind::Read,
            Self::UpdateSpreadsheet(_)
            | Self::UpdateValues(..)
            | Self::BatchUpdateValues(_)
            | Self::AppendValues(..) => RequestKind::Write,
        }
    }
}

/// The parameters of a query or form.
pub(super) struct Params(pub(super) Vec<(String, String)>);

impl Params {
    fn read(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

async fn serve(State(world): State<World>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(call) = Call::read(&parts.method, parts.uri.path()) else {
        return Reply::error(404, Value::Null).with_text("text/html", HTML.to_owned());
    };
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Reply::refusal(413, "INVALID_ARGUMENT", "Request payload size exceeds the limit.").into_response();
    };
    let kind = call.kind();
    let fault = world.change(|state| {
        state.google.counts.add(kind);
        state.google.faults.take(Some(kind))
    });
    if let Some(Fault::Slow(time) | Fault::Silent(time)) = &fault {
        tokio::time::sleep(*time).await;
    }
    let failing = |status, seconds| Reply {
        retry_after: seconds,
        ..Reply::refusal(status, word(status), "An error asked for by a test")
    };
    if let Some(deed) = world.change(|state| state.google.take_before(kind)) {
        deed(&world.google());
    }
    let now = world.now();
    let answer = || world.change(|state| answer(&mut state.google, &call, &parts, &body, now));
    match fault {
        Some(Fault::Status(status)) => failing(status, None).into_response(),
        Some(Fault::StatusWithRetryAfter(status, seconds)) => failing(status, Some(seconds)).into_response(),
        Some(Fault::Code(_)) => failing(400, None).into_response(),
        Some(Fault::Html(status)) => failing(status, None).with_text("text/html", HTML.to_owned()),
        Some(Fault::HangUpBeforeAccepting | Fault::Silent(_)) => hang_up(),
        Some(Fault::HangUpAfterAccepting) => {
            answer();
            hang_up()
        }
        Some(Fault::HalfAnAnswer) => {
            let reply = answer();
            let whole = reply.body.to_string();
            let half = whole.chars().take(whole.chars().count() / 2).collect();
            reply.with_text("application/json", half)
        }
        None | Some(Fault::Slow(_) | Fault::RepeatedPage) => answer().into_response(),
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        self.with_text("application/json; charset=UTF-8", self.body.to_string()).map(Body::new)
    }
}

/// The canonical name of an HTTP status at Google.
fn word(status: u16) -> &'static str {
    match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    }
}

fn answer(google: &mut GoogleState, call: &Call, parts: &Parts, body: &[u8], now: Timestamp) -> Reply {
    if *call == Call::Token {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        return google.tokens.grant(&Params::read(body).0, &format!("http://{host}/token"), now);
    }
    if let Err(reply) = authorize(google, call, parts, now) {
        return reply;
    }
    if !google.quota.admits(call.kind(), now) {
        let word = if call.kind() == RequestKind::Read { "Read" } else { "Write" };
        let message = format!(
            "Quota exceeded for quota metric '{word} requests' and limit '{word} requests per minute per user' of \
             service 'sheets.googleapis.com' for consumer 'project_number:100000000000'."
        );
        return Reply::refusal(429, "RESOURCE_EXHAUSTED", &message);
    }
    let query = Params::read(parts.uri.query().unwrap_or_default().as_bytes());
    let body = match call.kind() {
        RequestKind::Write => match serde_json::from_slice(body) {
            Ok(body) => body,
            Err(_) => return Reply::invalid("Invalid JSON payload received."),
        },
        _ => Value::Null,
    };
    let reply = match call {
        Call::Token => return Reply::invalid("Not an API."),
        Call::ListFiles => drive::list(google, &query),
        Call::GetFile(id) => drive::get(google, id),
        Call::GetSpreadsheet(id) => find(google, id, Role::Viewer).map(|sheet| sheets::get(id, sheet)),
        Call::UpdateSpreadsheet(id) => {
            find(google, id, Role::Editor).and_then(|sheet| sheets::update(id, sheet, &body))
        }
        Call::GetValues(id, range) => {
            find(google, id, Role::Viewer).and_then(|sheet| values::get(sheet, range, &query))
        }
        Call::BatchGetValues(id) => {
            find(google, id, Role::Viewer).and_then(|sheet| values::batch_get(id, sheet, &query))
        }
        Call::UpdateValues(id, range) => {
            find(google, id, Role::Editor).and_then(|sheet| values::update(id, sheet, range, &query, &body, now))
        }
        Call::BatchUpdateValues(id) => {
            find(google, id, Role::Editor).and_then(|sheet| values::batch_update(id, sheet, &body, now))
        }
        Call::AppendValues(id, range) => {
            find(google, id, Role::Editor).and_then(|sheet| values::append(id, sheet, range, &query, &body, now))
        }
    };
    let body = match reply {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    match query.get("fields") {
        None => Reply::ok(body),
        Some(mask) => match super::fields::select(&body, mask) {
            Some(selected) => Reply::ok(selected),
            None => Reply::invalid("Request contains an invalid argument."),
        },
    }
}

/// Whether the token is good, and good for this.
fn authorize(google: &GoogleState, call: &Call, parts: &Parts, now: Timestamp) -> Result<(), Reply> {
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    let Some(scopes) = google.tokens.scopes(token, now) else {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
                       other valid authentication credential. See \
                       https://developers.google.com/identity/sign-in/web/devconsole-project.";
        return Err(Reply::refusal(401, "UNAUTHENTICATED", message));
    };
    if google.apis_off {
        return Err(switched_off());
    }
    let enough: &[&str] = match call.kind() {
        RequestKind::Token => &[],
        RequestKind::Read => &["spreadsheets", "spreadsheets.readonly", "drive", "drive.readonly"],
        RequestKind::Write => &["spreadsheets", "drive"],
        RequestKind::Drive => &["drive", "drive.readonly", "drive.metadata", "drive.metadata.readonly"],
    };
    let given = |scope: &String| {
        scope.strip_prefix("https://www.googleapis.com/auth/").is_some_and(|scope| enough.contains(&scope))
    };
    if scopes.iter().any(given) {
        return Ok(());
    }
    Err(Reply::refusal(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes."))
}

fn switched_off() -> Reply {
    let message = "The API has not been used in project 100000000000 before or it is disabled. Enable it, then retry.";
    let info = json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com",
    });
    let error = json!({ "code": 403, "message": message, "status": "PERMISSION_DENIED", "details": [info] });
    Reply::error(403, json!({ "error": error }))
}

/// The spreadsheet, if the account may do that much with it.
fn find<'a>(google: &'a mut GoogleState, id: &str, needed: Role) -> Result<&'a mut Spreadsheet, Reply> {
    let Some(sheet) = google.spreadsheets.get_mut(id) else {
        return Err(Reply::refusal(404, "NOT_FOUND", "Requested entity was not found."));
    };
    if sheet.shared.is_some_and(|role| role >= needed) {
        return Ok(sheet);
    }
    Err(Reply::refusal(403, "PERMISSION_DENIED", "The caller does not have permission"))
}

#[cfg(test)]
mod tests;
