//! `/activate`: a person asks for a number, and sees how it goes.
//!
//! Promises: the same answer whether or not anybody is known here; what was typed comes back only to who typed it.

mod countries;
mod form;
mod progress;

use axum::{
    Extension,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proxycall_domain::Language;

use crate::{
    client_address::ClientAddress,
    enrolment::Refusal,
    pages::{Fields, Message, Mood, PageState, language, sent, texts::Texts},
};

pub(crate) use countries::CountryLists;
pub(crate) use progress::progress;

use form::{Form, TRAP};

/// The empty form, or one filled in by an old link's parameters.
pub(crate) async fn form(State(site): PageState, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let language = language::choose(fields.get("lang"), &headers);
    let form = Form::prefilled(&fields);
    site.page(StatusCode::OK, &form.page(&site, language))
}

/// The form was sent.
pub(crate) async fn submit(
    State(site): PageState,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = sent(&headers, &body);
    let language = language::choose(fields.get("lang"), &headers);
    let mut form = Form::sent(&fields);
    if !fields.get(TRAP).is_empty() {
        // It meets what everybody meets, and nothing happens.
        return see_progress(&site.enrolment().nobody(), language);
    }
    let Some(applicant) = form.check(site.numbers(), language) else {
        return site.page(StatusCode::UNPROCESSABLE_ENTITY, &form.page(&site, language));
    };
    let t = Texts::of(language);
    let refused = match site.enrolment().request(applicant, &address.expose()).await {
        Ok(token) => return see_progress(&token, language),
        Err(refusal) => refusal,
    };
    match refused {
        Refusal::Name => form.refuse("first_name", t.name_signs),
        Refusal::Mail => form.refuse("email", t.email_form),
        Refusal::Phone => form.refuse("phone", t.phone_refused),
        Refusal::TooMany { retry_after_s } => return site.too_many(language, retry_after_s),
        Refusal::Unwell(unwell) => return site.unwell(language, unwell),
        Refusal::NoNumber => {
            let page = Message::new(language, Mood::Bad, t.no_number_title, t.no_number);
            return site.page(StatusCode::SERVICE_UNAVAILABLE, &page);
        }
    }
    site.page(StatusCode::UNPROCESSABLE_ENTITY, &form.page(&site, language))
}

/// 303: reloading what follows sends nothing twice.
fn see_progress(token: &str, language: Language) -> Response {
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let target = format!("/activate/progress/{token}?lang={}", language::code(language));
    let target = HeaderValue::try_from(target).unwrap_or(HeaderValue::from_static("/activate"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response()
}
