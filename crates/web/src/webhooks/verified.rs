//! Promises: this type exists only for a request that Twilio signed: limit the body, verify, only then parse; and only for
//! as many at once as there are places.

use axum::{
    body::Bytes,
    extract::{FromRequest, MatchedPath, OriginalUri, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use proxycall_twilio::{Form, Payload, SIGNATURE_HEADER};

use super::Kind;
use crate::{
    Problem, Shared,
    json::of_body,
    overload::{self, Place, Surface},
    request_log::Note,
};

/// Longest id that is taken for one of the carrier's, in characters. Twilio's have 34; compatible carriers' differ.
const SID_MAX: usize = 64;

/// A webhook whose signature has been verified.
pub(crate) struct TwilioWebhook {
    form: Form,
    query: Option<String>,
    /// Taken until the answer is there.
    _place: Place,
}

impl TwilioWebhook {
    /// A parameter, empty when absent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.form.get(name).unwrap_or_default()
    }

    /// A parameter of the address.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let query = Form::parse(self.query.as_deref()?.as_bytes());
        query.get(name).map(str::to_owned)
    }

    /// The first of these parameters that holds an id of the carrier's.
    pub(crate) fn sid(&self, names: &[&str]) -> Option<&str> {
        names.iter().map(|name| self.get(name)).find(|sid| {
            (1..=SID_MAX).contains(&sid.len()) && sid.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        })
    }

    /// The carrier's error code, when there is one.
    pub(crate) fn error_code(&self) -> Option<i32> {
        self.get("ErrorCode").parse().ok()
    }

    /// What the log says of it.
    pub(crate) fn note(&self, outcome: &'static str, sid: &str) -> Note {
        Note { outcome, from: self.get("From").to_owned(), to: self.get("To").to_owned(), sid: sid.to_owned() }
    }
}

impl FromRequest<Shared> for TwilioWebhook {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Response> {
        // The address as it was received: routing strips prefixes from the request's own.
        let uri = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri().clone(), |uri| uri.0.clone());
        let kind = request.extensions().get::<MatchedPath>().and_then(|route| Kind::of(route.as_str()));
        let is_form = is_form(request.headers());
        let signature = request.headers().get(SIGNATURE_HEADER).cloned();
        let body = Bytes::from_request(request, app).await.map_err(|error| of_body(error).into_response())?;
        let form = if is_form { Form::parse(&body) } else { Form::parse(b"") };
        let payload = if is_form { Payload::Form(&form) } else { Payload::Raw(&body) };
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let signature = signature.as_ref().and_then(|value| value.to_str().ok());
        if app.verifier.verify(target, payload, signature).is_err() {
            return Err(refused(&form));
        }
        let query = uri.query().map(str::to_owned);
        match app.capacity.admit(Surface::Webhooks) {
            Some(place) => Ok(Self { form, query, _place: place }),
            None => Err(overloaded(app, kind, &form)),
        }
    }
}

/// 403 and nothing else. The line in the log says no more than a masked number.
fn refused(form: &Form) -> Response {
    let response = Problem::new(StatusCode::FORBIDDEN, "The signature is not valid").into_response();
    with_note(response, "refused_signature", form)
}

/// Too many are carried out already.
fn overloaded(app: &Shared, kind: Option<Kind>, form: &Form) -> Response {
    let response = kind.map_or_else(|| overload::come_back().into_response(), |kind| kind.overloaded(app));
    with_note(response, "overloaded", form)
}

fn with_note(mut response: Response, outcome: &'static str, form: &Form) -> Response {
    response.extensions_mut().insert(Note {
        outcome,
        from: form.get("From").unwrap_or_default().to_owned(),
        to: form.get("To").unwrap_or_default().to_owned(),
        sid: String::new(),
    });
    response
}

fn is_form(headers: &HeaderMap) -> bool {
    match headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
        None => true,
        Some(value) => {
            let essence = value.split(';').next().unwrap_or_default().trim();
            essence.is_empty() || essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }
    }
}
