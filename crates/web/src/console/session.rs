//! Promises: a console page is made for somebody who showed a valid token not long ago, in their language; and what
//! changes something came from one of our own forms.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{Timestamp, tz::TimeZone};
use proxycall_domain::{ActOutcome, Language, Scope, TokenName, pool::life::Actor};
use proxycall_service::{access::token_hash, audit::Operator, ports::ledger::TokenHash, trace::RequestId};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{Console, ConsoleState, trouble::Trouble};
use crate::{
    App,
    auth::ApiTokens,
    pages::{Fields, language, sent},
    rate_limit::Act,
};

/// What a page that keeps itself up to date sends along: nobody clicked.
const LIVE: HeaderName = HeaderName::from_static("x-live");
/// On an answer to htmx: where the browser is to go.
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");
/// The largest form, in bytes.
const FORM_LIMIT: usize = 64 * 1024;
/// Which language somebody chose.
const LANGUAGE_COOKIE: &str = "console_language";

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Session {
    operator: Operator,
    scope: Scope,
    /// The token that opened it; none where no token is needed.
    pub(super) token: Option<TokenName>,
    /// The session in the store; none where no token is needed.
    pub(super) hash: Option<TokenHash>,
    /// What our own forms send back.
    csrf: String,
    /// What the pages speak.
    pub(crate) language: Language,
    /// Where the operator's clock stands.
    pub(crate) zone: TimeZone,
    /// Now.
    pub(crate) now: Timestamp,
    /// The page that was asked for, without its parameters.
    pub(crate) path: String,
}

impl Session {
    /// Who acts, and in which request.
    pub(crate) fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Who acts.
    pub(crate) fn actor(&self) -> Actor {
        self.operator.actor
    }

    /// Whether somebody with that much may.
    pub(crate) fn may(&self, needed: Scope) -> bool {
        self.scope >= needed
    }

    /// Goes on only for somebody who may.
    ///
    /// # Errors
    /// Says what is needed.
    pub(crate) fn needs(&self, needed: Scope) -> Result<(), Trouble> {
        if self.may(needed) { Ok(()) } else { Err(Trouble::NotAllowed { has: self.scope, needed }) }
    }

    pub(super) fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Trouble> {
        parts.extensions.get::<Self>().cloned().ok_or(Trouble::Broken)
    }
}

/// A form that was sent by one of our own pages: the one way to change something.
pub(crate) struct Acting {
    /// Who sent it.
    pub(crate) session: Session,
    /// What stands in it.
    pub(crate) fields: Fields,
}

impl Acting {
    /// A field.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).trim()
    }

    /// A field, none when it is empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.field(name)).filter(|value| !value.is_empty())
    }

    /// Goes on only for somebody who may.
    ///
    /// # Errors
    /// Says what is needed.
    pub(crate) fn needs(&self, needed: Scope) -> Result<(), Trouble> {
        self.session.needs(needed)
    }

    /// Carries out an act and has it in the audit log, under the name that it has in the API too.
    ///
    /// # Errors
    /// Those of the act; and when it could not be written down, in which case it was not carried out.
    pub(crate) async fn carry_out<T, E>(
        &self,
        app: &App,
        action: &str,
        subject: &str,
        act: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Trouble>
    where
        Trouble: From<E>,
    {
        let id = app.service.begin_act(self.session.operator(), action, subject).await?;
        let result = act.await.map_err(Trouble::from);
        let outcome = match &result {
            Ok(_) => ActOutcome::Done,
            Err(trouble) if trouble.status().is_server_error() => ActOutcome::Failed,
            Err(_) => ActOutcome::Refused,
        };
        app.service.end_act(id, None, outcome).await;
        result
    }
}

impl FromRequest<Arc<Console>> for Acting {
    type Rejection = Trouble;

    async fn from_request(request: Request, _state: &Arc<Console>) -> Result<Self, Trouble> {
        let (parts, body) = request.into_parts();
        let session = parts.extensions.get::<Session>().cloned().ok_or(Trouble::Broken)?;
        if !same_site(&parts.headers) {
            return Err(Trouble::Stale);
        }
        let body = axum::body::to_bytes(body, FORM_LIMIT).await.map_err(|_| Trouble::TooLarge)?;
        let fields = sent(&parts.headers, &body);
        let ours = session.csrf.as_bytes().ct_eq(fields.get("csrf").as_bytes());
        if bool::from(ours) { Ok(Self { session, fields }) } else { Err(Trouble::Stale) }
    }
}

/// Whether a browser that says where a request comes from says: from our own pages.
pub(super) fn same_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none")
}

/// The session's cookie. Where we are reached over https it is bound to our very host.
pub(super) fn cookie_name(app: &App) -> &'static str {
    if app.service.public_base_url.starts_with("https://") { "__Host-console" } else { "console" }
}

/// What the browser is to keep; an empty value: nothing any more.
pub(super) fn set_cookie(app: &App, value: &str) -> Option<HeaderValue> {
    let secure = if cookie_name(app).starts_with("__Host-") { "; Secure" } else { "" };
    let over = if value.is_empty() { "; Max-Age=0" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{over}", cookie_name(app));
    HeaderValue::try_from(text).ok()
}

/// A cookie by its name.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
}

/// What a request speaks: what it asks for, what was chosen before, what the browser prefers.
pub(super) fn language_of(parts: &Parts) -> Language {
    let asked = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    language::parse(asked.get("lang"))
        .or_else(|| language::parse(cookie(&parts.headers, LANGUAGE_COOKIE)?))
        .unwrap_or_else(|| language::choose("", &parts.headers))
}

/// Has the browser remember the language that was asked for.
pub(super) fn remember_language(parts: &Parts, response: &mut Response) {
    let asked = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let Some(chosen) = language::parse(asked.get("lang")) else { return };
    let text = format!("{LANGUAGE_COOKIE}={}; Path=/console; Max-Age=31536000; SameSite=Lax", language::code(chosen));
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// What our forms send back: whoever knows it has read one of the session's pages.
fn csrf_of(secret: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"console form\0");
    hash.update(secret);
    BASE64_URL_SAFE_NO_PAD.encode(hash.finalize())
}

impl Console {
    /// Who asks; none: somebody who is not signed in, or not any more.
    async fn session(&self, parts: &Parts) -> Result<Option<Session>, Trouble> {
        let app = &self.app;
        let now = app.service.clock.now();
        let request_id = parts.extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let language = language_of(parts);
        let path = parts.uri.path().to_owned();
        let zone = self.zone();
        let session = |actor, scope, token, hash, csrf| Session {
            operator: Operator { actor, request_id },
            scope,
            token,
            hash,
            csrf,
            language,
            zone,
            now,
            path,
        };
        if let ApiTokens::Open = app.tokens {
            return Ok(Some(session(Actor::Api, Scope::Admin, None, None, csrf_of(&self.chance))));
        }
        let Some(shown) = cookie(&parts.headers, cookie_name(app)) else { return Ok(None) };
        let hash = token_hash(shown);
        let clicked = !parts.headers.contains_key(LIVE);
        let Some(known) = app.service.signed_in(hash, clicked).await? else { return Ok(None) };
        let Some((token, scope)) = app.whose(&known.token_hash, now) else {
            app.service.ledger.end_session(hash).await?;
            return Ok(None);
        };
        let budget = app.service.policy.current().limits.token();
        if let Err(retry_after_s) = app.limits.tokens.take(Act::Operator, token, budget, now) {
            return Err(Trouble::TooMany { retry_after_s });
        }
        Ok(Some(session(Actor::Token(token), scope, Some(token), Some(hash), csrf_of(shown.as_bytes()))))
    }
}

/// Lets in who is signed in, asks others for a token, and makes a page of what went wrong.
pub(super) async fn inside(State(console): ConsoleState, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let session = match console.session(&parts).await {
        Ok(Some(session)) => session,
        Ok(None) => return sign_in_first(&parts),
        Err(trouble) => return super::layout::without_session(language_of(&parts), &trouble),
    };
    parts.extensions.insert(session.clone());
    let asked = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(trouble) = response.extensions_mut().remove::<Trouble>() {
        response = super::layout::troubled(&session, &trouble);
    }
    remember_language(&asked, &mut response);
    response
}

/// To the form that asks for the token, and back afterwards.
fn sign_in_first(parts: &Parts) -> Response {
    let back = if parts.method == Method::GET { parts.uri.path() } else { super::ROOT };
    let target = format!("{}?to={}", super::LOGIN, super::encoded(back));
    if parts.headers.contains_key(HX_REQUEST)
        && let Ok(value) = HeaderValue::try_from(&target)
    {
        return [(HX_REDIRECT, value)].into_response();
    }
    Redirect::to(&target).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_only_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; console=secret;xconsole=2".parse().unwrap());
        headers.append(header::COOKIE, "b=3".parse().unwrap());
        assert_eq!(cookie(&headers, "console"), Some("secret"));
        assert_eq!((cookie(&headers, "b"), cookie(&headers, "c")), (Some("3"), None));
    }

    #[test]
    fn a_form_from_another_site_is_none_of_ours() {
        let from = |site: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", site.parse().unwrap());
            same_site(&headers)
        };
        assert!(from("same-origin") && from("none") && same_site(&HeaderMap::new()));
        assert!(!from("cross-site") && !from("same-site"));
    }

    #[test]
    fn what_a_form_sends_back_differs_by_session_and_does_not_tell_the_cookie() {
        assert_ne!(csrf_of(b"one"), csrf_of(b"two"));
        assert!(!csrf_of(b"one").contains("one"));
    }
}
