//! Promises: a business route runs only with a token that is valid and whose scope suffices; guessing one is slow; and no
//! token asks more often than it may.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use proxycall_domain::{Scope, TokenName, limits::Budget, pool::life::Actor};
use proxycall_service::{access::token_hash, audit::Operator, ports::ledger::TokenHash, trace::RequestId};
use secrecy::{ExposeSecret, SecretString};
use subtle::{Choice, ConstantTimeEq};

use crate::{App, Problem, Shared, client_address::ClientAddress, rate_limit::Act};

/// Which tokens open the business routes, besides those in the store.
#[derive(Debug)]
pub enum ApiTokens {
    /// Any of these, for everything.
    Required(Vec<SecretString>),
    /// None is needed: `PROXYCALL_OPEN_API=true`, and the sandbox.
    Open,
}

/// Who asks, on a business route.
#[derive(Clone)]
pub(crate) struct Caller {
    operator: Operator,
    scope: Scope,
    /// What the act is done to, once the handler knows it.
    subject: Arc<Mutex<Option<String>>>,
}

impl Caller {
    fn new(actor: Actor, scope: Scope, request: &Request) -> Self {
        let request_id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        Self { operator: Operator { actor, request_id }, scope, subject: Arc::default() }
    }

    /// Who acts.
    pub(crate) fn actor(&self) -> Actor {
        self.operator.actor
    }

    /// Who acts, and in which request.
    pub(crate) fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Says what the act is done to. Never a real number or a name.
    pub(crate) fn about(&self, subject: impl Into<String>) {
        *self.subject.lock().unwrap_or_else(PoisonError::into_inner) = Some(subject.into());
    }

    /// What the act was done to.
    pub(crate) fn subject(&self) -> Option<String> {
        self.subject.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let missing = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "An error of ours; see the log");
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}

/// The refusals are 403, as the original's are (`original-behaviour` §1.2), but for the one that it did not have.
pub(crate) enum Refusal {
    Forbidden(&'static str),
    TooMany { retry_after_s: u32 },
}

const NOT_VALID: &str = "The token is not valid";

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Forbidden(detail) => Problem::new(StatusCode::FORBIDDEN, detail).into_response(),
            Self::TooMany { retry_after_s } => Problem::too_many(retry_after_s),
        }
    }
}

impl ApiTokens {
    /// Whether it is one of the environment's. Digests have one length: comparing them tells nothing of the tokens' either.
    fn has(&self, hash: &TokenHash) -> bool {
        let Self::Required(tokens) = self else { return false };
        let known =
            tokens.iter().fold(Choice::from(0), |known, token| known | token_hash(token.expose_secret()).ct_eq(hash));
        bool::from(known)
    }
}

fn presented(headers: &HeaderMap) -> Result<TokenHash, &'static str> {
    let header = headers.get(header::AUTHORIZATION).ok_or("The Authorization header is missing")?;
    let token = header
        .to_str()
        .ok()
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or("The Authorization header must be: Bearer <token>")?;
    Ok(token_hash(token.trim()))
}

impl App {
    /// Whose token that is, and what it may do.
    pub(crate) fn whose(&self, hash: &TokenHash, now: Timestamp) -> Option<(TokenName, Scope)> {
        if self.tokens.has(hash) {
            Some((TokenName::environment(), Scope::Admin))
        } else {
            self.service.tokens.check(hash, now)
        }
    }

    /// Whose token a request shows.
    ///
    /// An address that showed too many wrong ones is not listened to for a while, or guessing would go on. Only tokens that
    /// were right from there before are: who shares an address with a guesser, behind a proxy say, works on.
    pub(crate) fn known(
        &self,
        presented: Result<TokenHash, &'static str>,
        address: ClientAddress,
        now: Timestamp,
    ) -> Result<(TokenName, Scope), Refusal> {
        let limits = &self.limits;
        let budget = Budget::in_ten_minutes(self.service.policy.current().limits.strangers);
        let wrong = |detail| match limits.addresses.take(Act::Stranger, address, budget, now) {
            Ok(()) => Refusal::Forbidden(detail),
            Err(retry_after_s) => Refusal::TooMany { retry_after_s },
        };
        let hash = presented.map_err(wrong)?;
        let before = || limits.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(retry_after_s) = limits.addresses.look(Act::Stranger, address, budget, now)
            && before().get(&(address, hash)).is_none()
        {
            return Err(Refusal::TooMany { retry_after_s });
        }
        let found = self.whose(&hash, now).ok_or_else(|| wrong(NOT_VALID))?;
        before().insert((address, hash), ());
        Ok(found)
    }

    fn admit(&self, request: &Request) -> Result<Caller, Refusal> {
        if let ApiTokens::Open = self.tokens {
            return Ok(Caller::new(Actor::Api, Scope::Admin, request));
        }
        let now = self.service.clock.now();
        let address = self.pages.address_of(request);
        let (name, scope) = self.known(presented(request.headers()), address, now)?;
        let budget = self.service.policy.current().limits.token();
        let taken = self.limits.tokens.take(Act::Operator, name, budget, now);
        taken.map_err(|retry_after_s| Refusal::TooMany { retry_after_s })?;
        Ok(Caller::new(Actor::Token(name), scope, request))
    }
}

/// What a route asks for.
pub(crate) fn needed(request: &Request) -> Scope {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    Scope::needed(reads, path)
}

pub(crate) async fn require_token(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let caller = match app.admit(&request) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let needed = needed(&request);
    if caller.scope < needed {
        tracing::warn!(token = caller.actor().as_str(), scope = %caller.scope, %needed, "a token's scope does not suffice");
        let detail = format!("The token's scope is {}; this needs {needed}", caller.scope);
        return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: Option<&str>) -> Result<bool, &'static str> {
        let tokens = ApiTokens::Required(vec!["first".into(), "second".into()]);
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        presented(&headers).map(|hash| tokens.has(&hash))
    }

    #[test]
    fn each_listed_token_opens_and_spaces_around_it_do_not_matter() {
        assert_eq!(check(Some("Bearer first")), Ok(true));
        assert_eq!(check(Some("Bearer   second ")), Ok(true));
        for wrong in ["Bearer third", "Bearer ", "Bearer firs", "Bearer first,second"] {
            assert_eq!(check(Some(wrong)), Ok(false), "{wrong}");
        }
    }

    #[test]
    fn a_missing_and_a_malformed_token_are_told_apart() {
        assert_ne!(check(None).unwrap_err(), check(Some("bearer first")).unwrap_err());
    }
}
