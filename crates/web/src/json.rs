//! Promises: a JSON body is read whole or refused with the field named, and what was in it is never echoed.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

use crate::Problem;

/// A JSON body.
pub(crate) struct ApiJson<T>(pub(crate) T);

/// A JSON body that may be absent: every field has a default then.
pub(crate) struct OptionalJson<T>(pub(crate) T);

/// A query string.
pub(crate) struct ApiQuery<T>(pub(crate) T);

/// The part of the path that names what is asked for.
pub(crate) struct ApiPath(pub(crate) String);

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<(HeaderMap, Bytes), Problem> {
    let headers = request.headers().clone();
    let body = Bytes::from_request(request, state).await.map_err(of_body)?;
    Ok((headers, body))
}

/// A body that cannot be read: too large, or cut off.
#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
pub(crate) fn of_body(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 256 KiB")
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "The body could not be read to its end")
    }
}

fn parse<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    let is_json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
    });
    if !is_json {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The body must be JSON, sent with Content-Type: application/json",
        ));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| of_json(&error))?;
    reader.end().map_err(|_| malformed())?;
    Ok(value)
}

fn malformed() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "The body is not well-formed JSON in UTF-8")
}

/// What is wrong, and where. Serde quotes values; only what it expected is kept.
fn of_json(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let path = error.path().to_string();
    let cause = error.inner();
    if !cause.is_data() {
        return malformed();
    }
    let message = cause.to_string();
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return Problem::field(field, "is missing");
    }
    if let Some(field) = message.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next()) {
        return Problem::field(field, "is given twice");
    }
    let expected = message
        .rsplit_once("expected ")
        .map(|(_, expected)| expected.split(" at line ").next().unwrap_or_default())
        .unwrap_or("another type");
    let field = if path == "." { "body" } else { &path };
    Problem::field(field, &format!("has the wrong type; expected {expected}"))
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (headers, body) = read(request, state).await?;
        parse(&headers, &body).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (headers, body) = read(request, state).await?;
        if body.is_empty() { Ok(Self(T::default())) } else { parse(&headers, &body).map(Self) }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = Query::try_from_uri(&parts.uri);
        query.map(|Query(value)| Self(value)).map_err(|rejection| of_query(&rejection.body_text()))
    }
}

/// Which parameter it is. The message goes on with what was sent; only the names that the route knows are safe to say.
fn of_query(message: &str) -> Problem {
    if let Some(field) = message.split("missing field `").nth(1).and_then(|rest| rest.split('`').next()) {
        return Problem::field(field, "is missing");
    }
    let field = message.split(": ").nth(1).filter(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
    match field {
        Some(field) => Problem::field(field, "has the wrong form; /docs says what is expected"),
        None => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "A query parameter has the wrong form; /docs names each and its type",
        ),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ApiPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Path::from_request_parts(parts, state)
            .await
            .map(|Path(text)| Self(text))
            .map_err(|_| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "The path is not UTF-8"))
    }
}

/// A phone as people send it: a text, or a bare number as spreadsheets make of it.
#[derive(Default)]
pub(crate) struct PhoneText(pub(crate) String);

impl<'de> Deserialize<'de> for PhoneText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = PhoneText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a phone number such as \"+33639980001\"")
            }

            fn visit_str<E>(self, text: &str) -> Result<PhoneText, E> {
                Ok(PhoneText(text.to_owned()))
            }

            fn visit_u64<E>(self, digits: u64) -> Result<PhoneText, E> {
                Ok(PhoneText(digits.to_string()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// A boolean, also as the texts and numbers that the original took for one.
#[derive(Clone, Copy, Default)]
pub(crate) struct LaxBool(pub(crate) bool);

/// A whole number, also as a text, as the original took it.
#[derive(Clone, Copy)]
pub(crate) struct LaxInt(pub(crate) i64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Lax {
    Bool(bool),
    Int(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for LaxBool {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match Lax::deserialize(deserializer) {
            Ok(Lax::Bool(value)) => Some(value),
            Ok(Lax::Int(0)) => Some(false),
            Ok(Lax::Int(1)) => Some(true),
            Ok(Lax::Text(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" | "t" | "y" => Some(true),
                "false" | "no" | "off" | "0" | "f" | "n" => Some(false),
                _ => None,
            },
            _ => None,
        };
        value.map(Self).ok_or_else(|| D::Error::custom("expected true or false"))
    }
}

impl<'de> Deserialize<'de> for LaxInt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match Lax::deserialize(deserializer) {
            Ok(Lax::Int(value)) => Some(value),
            Ok(Lax::Text(text)) => text.trim().parse().ok(),
            _ => None,
        };
        value.map(Self).ok_or_else(|| D::Error::custom("expected a whole number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug)]
    struct Body {
        #[expect(dead_code, reason = "only its type matters")]
        client_id: String,
        #[expect(dead_code, reason = "only its type matters")]
        count: Option<u32>,
    }

    fn refusal(body: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/json; charset=utf-8".parse().unwrap());
        serde_json::to_string(&parse::<Body>(&headers, body).unwrap_err()).unwrap()
    }

    #[test]
    fn a_wrong_type_names_the_field_and_echoes_no_value() {
        let wrong = refusal(br#"{"client_id": 336399877, "count": 1}"#);
        assert!(wrong.contains("client_id") && wrong.contains("a string") && !wrong.contains("336399877"), "{wrong}");
        let wrong = refusal(br#"{"client_id": "1", "count": "+33639987777"}"#);
        assert!(wrong.contains("count") && !wrong.contains("7777"), "{wrong}");
    }

    #[test]
    fn a_missing_field_is_named() {
        assert!(refusal(b"{}").contains("client_id: is missing"));
    }

    #[test]
    fn what_is_no_json_is_said_so() {
        for body in [&b"{"[..], b"", b"\xff\xfe", b"{} {}", b"{\"client_id\": \"a\0\"}"] {
            let problem = refusal(body);
            assert!(problem.contains("422"), "{problem}");
        }
    }

    #[test]
    fn a_phone_may_be_a_number() {
        assert_eq!(serde_json::from_str::<PhoneText>("33639980001").unwrap().0, "33639980001");
        assert_eq!(serde_json::from_str::<PhoneText>("\"+33639980001\"").unwrap().0, "+33639980001");
        assert!(serde_json::from_str::<PhoneText>("-5").is_err() && serde_json::from_str::<PhoneText>("1.5").is_err());
    }
}
