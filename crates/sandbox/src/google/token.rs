//! Promises: `POST /token` gives an access token for an hour to whoever holds the service account's key, and refuses
//! everybody else in Google's words.
//!
//! Source: RFC 7523, and developers.google.com/identity/protocols/oauth2/service-account, "HTTP/REST".

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::{
    http::Reply,
    key::{CLIENT_EMAIL, signed},
};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long a token is good, in seconds; an assertion may ask for no more.
const HOUR: i64 = 3600;
/// By how much the two clocks may differ, in seconds.
const SKEW: i64 = 600;

const TOO_LONG: &str = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
                        Check your iat and exp values in the JWT claim.";

/// The tokens that were given out.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// When each ends, and what it is for.
    given: BTreeMap<String, (Timestamp, Vec<String>)>,
    count: u64,
    key_revoked: bool,
}

/// What an assertion claims.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    scope: String,
    aud: String,
    iat: i64,
    exp: i64,
}

impl Tokens {
    pub(super) fn revoke_key(&mut self) {
        self.key_revoked = true;
    }

    pub(super) fn end_all(&mut self) {
        self.given.clear();
    }

    /// What a token is for; none when it is not good (any more).
    pub(super) fn scopes(&self, token: &str, now: Timestamp) -> Option<&[String]> {
        self.given.get(token).filter(|(ends, _)| now < *ends).map(|(_, scopes)| scopes.as_slice())
    }

    /// Answers a request for a token; `audience` is this endpoint's own address.
    pub(super) fn grant(&mut self, form: &[(String, String)], audience: &str, now: Timestamp) -> Reply {
        let field = |name: &str| form.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
        if field("grant_type") != Some(GRANT_TYPE) {
            return refusal("unsupported_grant_type", "Invalid grant_type");
        }
        match self.check(field("assertion").unwrap_or_default(), audience, now) {
            Ok(scopes) => {
                self.count += 1;
                let token = format!("ya29.simulated-{}", self.count);
                self.given.insert(token.clone(), (now + SignedDuration::from_secs(HOUR), scopes));
                Reply::ok(json!({ "access_token": token, "expires_in": HOUR - 1, "token_type": "Bearer" }))
            }
            Err((error, description)) => refusal(error, description),
        }
    }

    /// The scopes that an assertion asks for, if it is good.
    fn check(
        &self,
        assertion: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, (&'static str, &'static str)> {
        let malformed = ("invalid_grant", "Bad Request");
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok();
        let (message, signature) = assertion.rsplit_once('.').ok_or(malformed)?;
        let (header, claims) = message.split_once('.').ok_or(malformed)?;
        let algorithm =
            |bytes: &Vec<u8>| serde_json::from_slice::<Header>(bytes).is_ok_and(|header| header.alg == "RS256");
        decode(header).filter(algorithm).ok_or(malformed)?;
        let claims: Claims = decode(claims).and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or(malformed)?;
        if claims.iss != CLIENT_EMAIL {
            return Err(("invalid_grant", "Invalid grant: account not found"));
        }
        let signature = decode(signature).unwrap_or_default();
        if self.key_revoked || !signed(message.as_bytes(), &signature) {
            return Err(("invalid_grant", "Invalid JWT Signature."));
        }
        if claims.aud != audience {
            return Err(("invalid_grant", "Invalid JWT: Failed audience check."));
        }
        let now = now.as_second();
        let in_time = claims.iat <= now + SKEW && claims.exp > now - SKEW && claims.exp - claims.iat <= HOUR;
        if !in_time || claims.exp <= claims.iat {
            return Err(("invalid_grant", TOO_LONG));
        }
        let scopes: Vec<String> = claims.scope.split_whitespace().map(str::to_owned).collect();
        if scopes.is_empty() || !scopes.iter().all(|scope| scope.starts_with("https://www.googleapis.com/auth/")) {
            return Err(("invalid_scope", "Invalid OAuth scope or ID token audience provided."));
        }
        Ok(scopes)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

fn refusal(error: &str, description: &str) -> Reply {
    Reply::error(400, json!({ "error": error, "error_description": description }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::google::key::sign;
    use serde_json::Value;

    const AUDIENCE: &str = "http://127.0.0.1:4010/token";

    fn now() -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }

    /// An assertion made now for an hour, with some claims changed.
    fn assertion(changes: &Value) -> String {
        let mut claims = json!({
            "iss": CLIENT_EMAIL,
            "scope": "https://www.googleapis.com/auth/spreadsheets",
            "aud": AUDIENCE,
            "iat": now().as_second(),
            "exp": now().as_second() + HOUR,
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let message =
            format!("{}.{}", encode(br#"{"alg":"RS256","typ":"JWT"}"#), encode(claims.to_string().as_bytes()));
        let signature = encode(&sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn ask(tokens: &mut Tokens, assertion: &str) -> Value {
        let form = [("grant_type".to_owned(), GRANT_TYPE.to_owned()), ("assertion".to_owned(), assertion.to_owned())];
        tokens.grant(&form, AUDIENCE, now()).body().clone()
    }

    #[test]
    fn whoever_holds_the_key_gets_a_token_that_ends_after_an_hour() {
        let mut tokens = Tokens::default();
        let answer = ask(&mut tokens, &assertion(&json!({})));
        let token = answer["access_token"].as_str().unwrap();
        assert!(tokens.scopes(token, now()).is_some());
        assert!(tokens.scopes(token, now() + SignedDuration::from_secs(HOUR)).is_none());
        assert!(tokens.scopes("ya29.other", now()).is_none());
        tokens.end_all();
        assert!(tokens.scopes(token, now()).is_none());
    }

    #[test]
    fn clocks_may_differ_by_ten_minutes() {
        let at = now().as_second();
        for shift in [-SKEW + 1, SKEW] {
            let answer =
                ask(&mut Tokens::default(), &assertion(&json!({ "iat": at + shift, "exp": at + shift + HOUR })));
            assert!(answer["access_token"].is_string(), "{shift}: {answer}");
        }
    }

    #[test]
    fn each_fault_of_an_assertion_is_refused_in_googles_words() {
        let at = now().as_second();
        for (changes, error, word) in [
            (json!({ "iss": "other@example.com" }), "invalid_grant", "account not found"),
            (json!({ "aud": "https://oauth2.googleapis.com/token" }), "invalid_grant", "audience"),
            (json!({ "iat": at + SKEW + 1, "exp": at + SKEW + HOUR }), "invalid_grant", "short-lived"),
            (json!({ "iat": at - 2 * HOUR, "exp": at - HOUR }), "invalid_grant", "short-lived"),
            (json!({ "exp": at + HOUR + 1 }), "invalid_grant", "short-lived"),
            (json!({ "scope": "" }), "invalid_scope", "scope"),
        ] {
            let answer = ask(&mut Tokens::default(), &assertion(&changes));
            assert_eq!(answer["error"], error, "{changes}");
            assert!(answer["error_description"].as_str().unwrap().contains(word), "{answer}");
        }
        let forged = assertion(&json!({})).replace('.', ".e");
        assert_eq!(ask(&mut Tokens::default(), &forged)["error"], "invalid_grant");
        assert_eq!(Tokens::default().grant(&[], AUDIENCE, now()).body()["error"], "unsupported_grant_type");
    }

    #[test]
    fn a_revoked_key_gets_no_token() {
        let mut tokens = Tokens::default();
        tokens.revoke_key();
        let answer = ask(&mut tokens, &assertion(&json!({})));
        assert_eq!(answer["error_description"], "Invalid JWT Signature.");
    }
}
