//! Promises: an answer of the REST API is either understood as a whole or called unreadable; nothing is guessed.
//!
//! Fields as in Twilio's OpenAPI document `twilio_api_v2010`; those that we do not use are ignored.

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use proxycall_service::ports::carrier::{CarrierAccount, PlacedCall};
use serde::Deserialize;

pub(crate) use numbers::{Number, NumberPage, OfferPage};
pub(crate) use texts::{Message, MessagePage};

mod numbers;
mod texts;

/// An account resource.
#[derive(Deserialize)]
pub(crate) struct Account {
    status: String,
    #[serde(rename = "type")]
    kind: String,
}

impl From<Account> for CarrierAccount {
    fn from(account: Account) -> Self {
        Self { status: account.status, kind: account.kind }
    }
}

/// A call resource.
#[derive(Deserialize)]
pub(crate) struct Call {
    sid: String,
    status: String,
}

impl From<Call> for PlacedCall {
    fn from(call: Call) -> Self {
        Self { sid: call.sid, status: call.status }
    }
}

/// The code in the body of a refusal; 0 when the body is not the JSON that Twilio documents. Twilio writes a number,
/// some that speak its API write a text.
pub(crate) fn error_code(body: &[u8]) -> i32 {
    #[derive(Deserialize)]
    struct Refusal {
        code: Code,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Code {
        Number(i32),
        Text(String),
    }
    match serde_json::from_slice(body) {
        Ok(Refusal { code: Code::Number(code) }) => code,
        Ok(Refusal { code: Code::Text(code) }) => code.parse().unwrap_or_default(),
        Err(_) => 0,
    }
}

fn parse_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(br#"{"code": 21610, "message": "no", "status": 400}"#.as_slice(), 21610)]
    #[case(br#"{"code": "21610"}"#, 21610)]
    #[case(br#"{"code": "E-7"}"#, 0)]
    #[case(br#"{"code": null}"#, 0)]
    #[case(br#"{"code": 99999999999}"#, 0)]
    #[case(b"<html>Bad gateway</html>", 0)]
    #[case(b"", 0)]
    fn the_code_of_a_refusal_is_read_or_0(#[case] body: &[u8], #[case] code: i32) {
        assert_eq!(error_code(body), code);
    }

    #[rstest]
    #[case("Thu, 30 Jul 2015 20:00:00 +0000", Some(1_438_286_400))]
    #[case("Thu, 30 Jul 2015 22:00:00 +0200", Some(1_438_286_400))]
    #[case("2015-07-30T20:00:00Z", None)]
    #[case("", None)]
    fn dates_are_those_of_rfc_2822(#[case] text: &str, #[case] seconds: Option<i64>) {
        assert_eq!(parse_date(text).map(Timestamp::as_second), seconds);
    }
}
