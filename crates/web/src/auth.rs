//! Promises: a business route runs only with one of the operator's tokens, compared in constant time.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::{Problem, Shared};

/// Which tokens open the business routes.
#[derive(Debug)]
pub enum ApiTokens {
    /// Any of these.
    Required(Vec<SecretString>),
    /// None is needed: `PROXYCALL_OPEN_API=true`, and the sandbox.
    Open,
}

impl ApiTokens {
    /// The refusals are three, always 403, as the original's are (`original-behaviour` §1.2).
    fn check(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        let Self::Required(tokens) = self else { return Ok(()) };
        let header = headers.get(header::AUTHORIZATION).ok_or("The Authorization header is missing")?;
        let presented = header
            .to_str()
            .ok()
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or("The Authorization header must be: Bearer <token>")?;
        // Digests have one length: comparing them tells nothing about the tokens' lengths either.
        let presented = Sha256::digest(presented.trim().as_bytes());
        let known = tokens.iter().fold(Choice::from(0), |known, token| {
            known | Sha256::digest(token.expose_secret().as_bytes()).ct_eq(&presented)
        });
        if bool::from(known) { Ok(()) } else { Err("The token is not valid") }
    }
}

pub(crate) async fn require_token(State(app): State<Shared>, request: Request, next: Next) -> Response {
    match app.tokens.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(detail) => Problem::new(StatusCode::FORBIDDEN, detail).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: Option<&str>) -> Result<(), &'static str> {
        let tokens = ApiTokens::Required(vec!["first".into(), "second".into()]);
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        tokens.check(&headers)
    }

    #[test]
    fn each_listed_token_opens_and_spaces_around_it_do_not_matter() {
        assert_eq!(check(Some("Bearer first")), Ok(()));
        assert_eq!(check(Some("Bearer   second ")), Ok(()));
    }

    #[test]
    fn a_missing_a_malformed_and_a_wrong_token_are_told_apart() {
        let refusals = [None, Some("bearer first"), Some("Bearer third")].map(|header| check(header).unwrap_err());
        assert_eq!(refusals.len(), refusals.iter().collect::<std::collections::HashSet<_>>().len());
        assert!(check(Some("Bearer ")).is_err() && check(Some("Bearer firs")).is_err());
    }
}
