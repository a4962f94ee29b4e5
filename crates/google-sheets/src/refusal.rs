//! Promises: each refusal of Google's becomes the service's error that says what to do, in words of our own: Google's
//! sentences quote ranges, titles and values.
//!
//! Source: cloud.google.com/apis/design/errors; developers.google.com/workspace/drive/api/guides/handle-errors (Drive
//! answers 403 where Sheets answers 429); RFC 6749 section 5.2 for the token server.

use std::time::Duration;

use proxycall_service::ports::SheetError;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

/// The longest wait that we let Google impose.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// How Google says that a request came too early.
const TOO_MANY: [&str; 3] = ["rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"];

/// How Google says that a cell is protected.
const PROTECTED: &str = "protected cell";

/// What Google's sentences mean, by words that are in them.
const MEANINGS: [(&str, &str); 3] = [
    ("already exists", "a tab of this title, or with this id, exists already"),
    ("above the limit", "the spreadsheet would hold more cells than Google allows"),
    ("tried writing to", "more cells than the range has"),
];

/// What an API of Google's answers when it refuses.
pub(crate) fn of_api(status: u16, retry_after: Option<Duration>, body: &[u8]) -> SheetError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = body.get("error").filter(|error| error.is_object());
    let message = error.and_then(|error| error.get("message")).and_then(Value::as_str).unwrap_or_default();
    let reason = error.and_then(reason);
    match status {
        // Clients of the values API report 400 of a protected cell; 403 is named too, and documented is neither.
        400 | 403 if message.contains(PROTECTED) => SheetError::Protected,
        429 => SheetError::Quota { retry_after },
        403 if reason.is_some_and(|reason| TOO_MANY.contains(&reason)) => SheetError::Quota { retry_after },
        401 => SheetError::Key(reason.unwrap_or("HTTP 401").to_owned()),
        403 => SheetError::Forbidden(reason.unwrap_or("HTTP 403").to_owned()),
        // A bare 404 is not Google's word: a wrong address or a proxy gives one too.
        404 if error.is_some() => SheetError::NotFound,
        500.. => SheetError::Failed { status },
        400 if message.contains("exceeds grid limits") => SheetError::OutsideGrid,
        400 if message.contains("Unable to parse range") => SheetError::NoSuchTab,
        _ => {
            let meaning = MEANINGS.iter().find(|(words, _)| message.contains(words)).map(|(_, meaning)| *meaning);
            let message = meaning.or(reason).unwrap_or("this is no answer of a Google API; check GOOGLE_API_BASE_URL");
            SheetError::Refused { status, message: message.to_owned() }
        }
    }
}

/// What the token server answers when it refuses.
pub(crate) fn of_token(status: u16, retry_after: Option<Duration>, body: &[u8]) -> SheetError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let word = |name: &str| body.get(name).and_then(Value::as_str);
    match (status, word("error").filter(|code| is_code(code))) {
        (429, _) => SheetError::Quota { retry_after },
        (500.., _) => SheetError::Failed { status },
        (_, Some(code)) => {
            let description = word("error_description").unwrap_or_default();
            let clock = description.contains("short-lived");
            let hint = if clock { "; or this machine's clock is wrong" } else { "" };
            SheetError::Key(format!("{code}{hint}"))
        }
        (_, None) => SheetError::Refused {
            status,
            message: "this is no answer of Google's token server; check token_uri in the key file".to_owned(),
        },
    }
}

/// The most telling of the codes in an error document.
fn reason(error: &Value) -> Option<&str> {
    let of_list = |name: &str| {
        let items = error.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.get("reason")?.as_str()).next()
    };
    let status = || error.get("status").and_then(Value::as_str);
    of_list("details").or_else(|| of_list("errors")).or_else(status).filter(|code| is_code(code))
}

/// Whether this is a code such as `PERMISSION_DENIED`, and no text that could say more than it should.
fn is_code(text: &str) -> bool {
    (1..=60).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// In seconds, up to an hour; the form with a date is taken for none.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

pub(crate) fn unreadable() -> SheetError {
    SheetError::AnswerLost("the answer is not what the API documents".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    /// Stands where Google quotes what it was sent.
    const CANARY: &str = "canary+33639980001";

    fn document(status: &str, message: &str) -> Value {
        json!({ "error": { "code": 400, "status": status, "message": message } })
    }

    fn drive(reason: &str) -> Value {
        json!({ "error": { "code": 403, "message": CANARY, "errors": [{ "reason": reason, "message": CANARY }] } })
    }

    fn disabled() -> Value {
        let details = json!([{}, { "reason": "SERVICE_DISABLED" }]);
        json!({ "error": { "status": "PERMISSION_DENIED", "message": CANARY, "details": details } })
    }

    fn refused(status: u16, message: &str) -> SheetError {
        SheetError::Refused { status, message: message.to_owned() }
    }

    #[rstest]
    #[case(401, document("UNAUTHENTICATED", CANARY), SheetError::Key("UNAUTHENTICATED".into()))]
    #[case(403, document("PERMISSION_DENIED", CANARY), SheetError::Forbidden("PERMISSION_DENIED".into()))]
    #[case(403, disabled(), SheetError::Forbidden("SERVICE_DISABLED".into()))]
    #[case(403, drive("userRateLimitExceeded"), SheetError::Quota { retry_after: None })]
    #[case(403, drive("insufficientFilePermissions"), SheetError::Forbidden("insufficientFilePermissions".into()))]
    #[case(403, Value::Null, SheetError::Forbidden("HTTP 403".into()))]
    #[case(404, document("NOT_FOUND", CANARY), SheetError::NotFound)]
    #[case(429, document("RESOURCE_EXHAUSTED", CANARY), SheetError::Quota { retry_after: None })]
    #[case(
        400,
        document("INVALID_ARGUMENT", "Invalid data[7]: You are trying to edit a protected cell or object. canary"),
        SheetError::Protected
    )]
    #[case(
        403,
        document("PERMISSION_DENIED", "You are trying to edit a protected cell or object. canary"),
        SheetError::Protected
    )]
    #[case(
        400,
        document("INVALID_ARGUMENT", "Range ('canary'!A9) exceeds grid limits. Max rows: 3, max columns: 2"),
        SheetError::OutsideGrid
    )]
    #[case(500, document("INTERNAL", CANARY), SheetError::Failed { status: 500 })]
    #[case(503, Value::Null, SheetError::Failed { status: 503 })]
    #[case(400, document("INVALID_ARGUMENT", "Unable to parse range: canary"), SheetError::NoSuchTab)]
    #[case(400, document("INVALID_ARGUMENT", "Invalid data[0]: Unable to parse range: canary"), SheetError::NoSuchTab)]
    #[case(400, document("INVALID_ARGUMENT", CANARY), refused(400, "INVALID_ARGUMENT"))]
    #[case(400, document(CANARY, CANARY), refused(400, "this is no answer of a Google API; check GOOGLE_API_BASE_URL"))]
    fn each_refusal_is_told_apart_and_quotes_nothing(
        #[case] status: u16,
        #[case] body: Value,
        #[case] expected: SheetError,
    ) {
        let error = of_api(status, None, body.to_string().as_bytes());
        assert_eq!(error, expected);
        assert!(!error.to_string().contains("canary"), "{error}");
    }

    #[rstest]
    #[case("Invalid requests[0].addSheet: A sheet with the name \"canary\" already exists.", "exists already")]
    #[case("This action would increase the number of cells above the limit of 10000000 cells.", "more cells")]
    fn sentences_that_an_operator_can_act_on_keep_their_meaning(#[case] message: &str, #[case] meaning: &str) {
        let error = of_api(400, None, document("INVALID_ARGUMENT", message).to_string().as_bytes());
        assert!(matches!(error, SheetError::Refused { status: 400, .. }));
        assert!(error.to_string().contains(meaning) && !error.to_string().contains("canary"), "{error}");
    }

    #[test]
    fn a_404_that_is_not_googles_does_not_mean_that_the_spreadsheet_is_gone() {
        assert!(matches!(of_api(404, None, b"<html>canary</html>"), SheetError::Refused { status: 404, .. }));
    }

    #[test]
    fn the_wait_that_google_asks_for_is_kept() {
        let wait = Some(Duration::from_secs(7));
        assert_eq!(of_api(429, wait, b""), SheetError::Quota { retry_after: wait });
        let headers = HeaderMap::from_iter([(RETRY_AFTER, "99999".parse().unwrap())]);
        assert_eq!(retry_after(&headers), Some(MAX_RETRY_AFTER));
    }

    #[rstest]
    #[case(400, json!({ "error": "invalid_grant", "error_description": "Invalid JWT Signature." }), "invalid_grant")]
    #[case(400, json!({ "error": "invalid_grant", "error_description": "a short-lived token" }), "clock")]
    #[case(401, json!({ "error": "deleted_client" }), "deleted_client")]
    #[case(403, json!({ "error": "access_denied", "error_description": CANARY }), "access_denied")]
    fn a_key_that_is_not_taken_is_named_as_the_reason(#[case] status: u16, #[case] body: Value, #[case] word: &str) {
        let error = of_token(status, None, body.to_string().as_bytes());
        assert!(matches!(error, SheetError::Key(_)), "{error:?}");
        assert!(error.to_string().contains(word) && !error.to_string().contains("canary"), "{error}");
    }

    #[test]
    fn a_token_server_that_fails_or_is_none_says_nothing_about_the_key() {
        assert_eq!(of_token(503, None, b""), SheetError::Failed { status: 503 });
        assert_eq!(of_token(429, None, b""), SheetError::Quota { retry_after: None });
        assert!(matches!(of_token(404, None, b"<html>"), SheetError::Refused { status: 404, .. }));
    }
}
