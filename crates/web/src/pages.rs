//! The public pages: what clients see. Nobody shows a token here, so nothing here tells whether anybody is known.
//!
//! Promises: every page runs no code but our own, may stand in no frame that the operator did not name, is kept by nobody,
//! and works without its script.

pub(crate) mod assets;
pub(crate) mod language;
pub(crate) mod texts;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    body::Bytes,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use proxycall_domain::{Language, TableError, national::NationalNumbers};

use crate::{
    Problem, Shared, activate,
    client_address::{ClientAddress, ClientAddresses},
    enrolment::{Enrolment, Unwell},
    rate_limit::Act,
    verify,
};

use texts::Texts;

/// What the public pages stand on.
pub struct Pages {
    enrolment: Arc<dyn Enrolment>,
    addresses: ClientAddresses,
    numbers: NationalNumbers,
    security: HeaderValue,
}

impl Pages {
    /// The pages over the use cases. `frame_ancestors`: on whose pages they may stand in a frame.
    ///
    /// # Errors
    /// When a shipped table was broken before it was built in.
    pub fn new(
        enrolment: Arc<dyn Enrolment>,
        addresses: ClientAddresses,
        frame_ancestors: &[String],
    ) -> Result<Self, TableError> {
        let none = || HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        let ancestors = if frame_ancestors.is_empty() { "'none'".to_owned() } else { frame_ancestors.join(" ") };
        let security = HeaderValue::try_from(format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
        ));
        Ok(Self {
            enrolment,
            addresses,
            numbers: NationalNumbers::shipped()?,
            security: security.unwrap_or_else(|_| none()),
        })
    }

    pub(crate) fn numbers(&self) -> &NationalNumbers {
        &self.numbers
    }

    /// Who asks, as far as limits tell people apart.
    pub(crate) fn address_of(&self, request: &Request) -> ClientAddress {
        self.addresses.of(request.headers(), request.extensions())
    }
}

/// Lets an address look at what needs no token, so often.
pub(crate) async fn looked(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let (now, address) = (app.service.clock.now(), app.pages.address_of(&request));
    match app.limits.addresses.take(Act::Look, address, Act::Look.budget(), now) {
        Ok(()) => next.run(request).await,
        Err(retry_after_s) => Problem::too_many(retry_after_s),
    }
}

/// What a page's handler asks for.
pub(crate) struct Site {
    pub(crate) app: Shared,
    pub(crate) countries: activate::CountryLists,
}

impl Site {
    pub(crate) fn enrolment(&self) -> &dyn Enrolment {
        self.app.pages.enrolment.as_ref()
    }

    pub(crate) fn numbers(&self) -> &NationalNumbers {
        &self.app.pages.numbers
    }

    /// A page with a status.
    pub(crate) fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        match page.render() {
            Ok(html) => {
                let security = self.app.pages.security.clone();
                (status, [(header::CONTENT_SECURITY_POLICY, security)], Html(html)).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "a page could not be made");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// The page that says that the store does not answer, or holds what it should not.
    pub(crate) fn unwell(&self, language: Language, unwell: Unwell) -> Response {
        let t = Texts::of(language);
        let (status, title, text) = match unwell {
            Unwell::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, t.unavailable_title, t.unavailable),
            Unwell::Broken => (StatusCode::INTERNAL_SERVER_ERROR, t.error_title, t.error),
        };
        self.page(status, &Message::new(language, Mood::Bad, title, text))
    }

    /// The page that asks to wait, with the header that says it to programs.
    pub(crate) fn too_many(&self, language: Language, retry_after_s: u32) -> Response {
        let t = Texts::of(language);
        let text = format!("{} {}.", t.too_many, t.span(i64::from(retry_after_s)));
        let page = Message::new(language, Mood::Wait, t.too_many_title, text);
        let mut response = self.page(StatusCode::TOO_MANY_REQUESTS, &page);
        response.headers_mut().insert(header::RETRY_AFTER, retry_after_s.into());
        response
    }
}

/// The state of page handlers.
pub(crate) type PageState = State<Arc<Site>>;

pub(crate) fn router(app: &Shared) -> Router<Shared> {
    let site = Arc::new(Site { app: Arc::clone(app), countries: activate::CountryLists::of(app) });
    Router::new()
        .route("/activate", get(activate::form).post(activate::submit))
        .route("/activate/progress/{token}", get(activate::progress))
        .route("/confirmations/verify", get(verify::ask).post(verify::answer))
        .layer(middleware::from_fn_with_state(Arc::clone(&site), limited))
        .with_state(site)
        .route("/assets/{name}", get(assets::serve))
}

/// Counts by client address, and hands the address on.
async fn limited(State(site): PageState, mut request: Request, next: Next) -> Response {
    let address = site.app.pages.address_of(&request);
    let act = match request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) {
        Some("/activate") if request.method() == Method::POST => Act::Activate,
        Some("/confirmations/verify") if request.method() == Method::POST => Act::Verify,
        _ => Act::Look,
    };
    let now = site.app.service.clock.now();
    if let Err(retry_after_s) = site.app.limits.addresses.take(act, address, act.budget(), now) {
        let asked = Fields::parse(request.uri().query().unwrap_or_default().as_bytes());
        let language = language::choose(asked.get("lang"), request.headers());
        return site.too_many(language, retry_after_s);
    }
    request.extensions_mut().insert(address);
    next.run(request).await
}

/// The parameters of an address or a form. Whatever is sent can be read: what is missing is empty.
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The last value of a name: what a browser sends for a field that stands twice is the lower one.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }
}

/// A form that was sent. What is not a form is an empty one.
pub(crate) fn sent(headers: &HeaderMap, body: &Bytes) -> Fields {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Fields::parse(body)
    } else {
        Fields(Vec::new())
    }
}

/// What all pages have.
pub(crate) struct Base {
    pub(crate) t: &'static Texts,
    pub(crate) lang: &'static str,
    pub(crate) other_lang: &'static str,
    /// Where the page is found in the other language; empty: nowhere.
    pub(crate) other_href: String,
    pub(crate) style: &'static str,
    pub(crate) script: &'static str,
    /// After how many seconds a page without its script asks again; 0: never.
    pub(crate) refresh: u32,
}

impl Base {
    pub(crate) fn new(language: Language) -> Self {
        let other = if language == Language::Fr { Language::En } else { Language::Fr };
        Self {
            t: Texts::of(language),
            lang: language::code(language),
            other_lang: language::code(other),
            other_href: String::new(),
            style: &assets::STYLE.path,
            script: &assets::SCRIPT.path,
            refresh: 0,
        }
    }

    pub(crate) fn with_other(self, path: &str) -> Self {
        Self { other_href: format!("{path}?lang={}", self.other_lang), ..self }
    }
}

/// What a message is about, at a glance.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    Bad,
    Wait,
    Ask,
}

impl Mood {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Wait => "wait",
            Self::Ask => "ask",
        }
    }
}

/// A page with one thing to say and perhaps something to press.
#[derive(Template)]
#[template(path = "pages/message.html")]
pub(crate) struct Message {
    pub(crate) base: Base,
    pub(crate) mood: Mood,
    pub(crate) title: &'static str,
    pub(crate) text: String,
    /// Where to go on: address and words.
    pub(crate) onward: Option<(String, &'static str)>,
    /// Fields that its form sends again; empty: there is no form.
    pub(crate) hidden: Vec<(&'static str, String)>,
    /// The form's buttons: value of `decision`, words, whether it is the main one.
    pub(crate) buttons: Vec<(&'static str, &'static str, bool)>,
}

impl Message {
    pub(crate) fn new(language: Language, mood: Mood, title: &'static str, text: impl Into<String>) -> Self {
        Self {
            base: Base::new(language),
            mood,
            title,
            text: text.into(),
            onward: None,
            hidden: Vec::new(),
            buttons: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_twice_counts_once_and_what_is_missing_is_empty() {
        let fields = Fields::parse(b"a=1&a=2&b=%ff+x");
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), ("2", "\u{fffd} x", ""));
    }
}
