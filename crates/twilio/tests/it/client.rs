//! Promises: the carrier is asked exactly what its API documents, and each way of failing is told apart.

use std::time::Duration;

use axum::http::header;
use jiff::Timestamp;
use proxycall_domain::{PhoneNumber, TextSender};
use proxycall_service::ports::carrier::{Carrier as _, CarrierError, CarrierText, OutgoingText};
use proxycall_twilio::{Form, Patience, TwilioClient, TwilioConfig, explain};
use rstest::rstest;
use serde_json::{Value, json};

use crate::loopback::{Answer, Loopback};

pub(crate) const SID: &str = "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
/// `AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e:fixture-token` in Base64.
pub(crate) const BASIC: &str = "Basic QUM1ZTVlNWU1ZTVlNWU1ZTVlNWU1ZTVlNWU1ZTVlNWU1ZTpmaXh0dXJlLXRva2Vu";
/// Shows up in an error only if the body does.
pub(crate) const CANARY: &str = "canary-of-the-body";

/// A client that never waits before it asks again.
fn config(base_url: &str) -> TwilioConfig {
    // Whoever comes first installs it; for the others it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = TwilioConfig::new(SID, "fixture-token".into());
    TwilioConfig { api_base_url: base_url.to_owned(), patience: Patience::NO_WAIT, ..config }
}

pub(crate) fn client(base_url: &str) -> TwilioClient {
    TwilioClient::new(config(base_url)).unwrap()
}

pub(crate) fn impatient_client(base_url: &str) -> TwilioClient {
    TwilioClient::new(TwilioConfig { total_timeout: Duration::from_millis(50), ..config(base_url) }).unwrap()
}

pub(crate) fn proxy() -> PhoneNumber {
    PhoneNumber::parse("+33199000001").unwrap()
}

pub(crate) fn receiver() -> PhoneNumber {
    PhoneNumber::parse("+33639980001").unwrap()
}

fn text() -> OutgoingText {
    OutgoingText {
        from: proxy().into(),
        to: receiver(),
        body: "J'arrive à 10 h & demie".to_owned(),
        status_callback: "https://proxycall.example/twilio/status/message?interaction=int_1".to_owned(),
    }
}

/// A message resource, with more fields than are used.
fn message(sid: &str, created: &str, direction: &str) -> Value {
    json!({
        "sid": sid, "status": "queued", "body": "Bonjour", "direction": direction, "date_created": created,
        "error_code": null, "from": "+33199000001", "to": "+33639980001", "num_segments": "1", "price": null,
    })
}

fn at(second: u8) -> String {
    format!("Thu, 30 Jul 2015 20:00:{second:02} +0000")
}

fn page(messages: &[Value], next: Option<&str>) -> Answer {
    Answer::new(200, json!({ "messages": messages, "next_page_uri": next, "page": 0 }).to_string())
}

async fn failure(base_url: &str) -> CarrierError {
    client(base_url).send_text(&text()).await.unwrap_err()
}

/// Sends a text to a carrier with one answer; the error must not show what is private.
async fn failure_of(answer: Answer) -> CarrierError {
    let carrier = Loopback::answering([answer]).await;
    let error = failure(&carrier.base_url).await;
    assert_eq!(carrier.asked().len(), 1, "one question, never repeated");
    shows_nothing_private(&error);
    error
}

pub(crate) fn shows_nothing_private(error: &CarrierError) {
    for shown in [error.to_string(), format!("{error:?}")] {
        for private in [CANARY, "3998", "9900", "fixture-token", SID, "127.0.0.1"] {
            assert!(!shown.contains(private), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_text_is_handed_over_with_four_fields_and_basic_authentication() {
    let created = message("SM1", &at(0), "outbound-api");
    let carrier = Loopback::answering([Answer::new(201, created.to_string())]).await;
    let sent = client(&carrier.base_url).send_text(&text()).await.unwrap();
    assert_eq!((sent.sid.as_str(), sent.status.as_str(), sent.error_code), ("SM1", "queued", None));
    assert_eq!((sent.body.as_str(), sent.created_at.as_second()), ("Bonjour", 1_438_286_400));

    let [asked] = carrier.asked().try_into().unwrap();
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("POST", &*format!("/2010-04-01/Accounts/{SID}/Messages.json"))
    );
    assert_eq!(asked.header(header::AUTHORIZATION), BASIC);
    assert_eq!(asked.header(header::CONTENT_TYPE), "application/x-www-form-urlencoded");
    let form = Form::parse(asked.body.as_bytes());
    let expected = [
        ("From", "+33199000001"),
        ("To", "+33639980001"),
        ("Body", "J'arrive à 10 h & demie"),
        ("StatusCallback", "https://proxycall.example/twilio/status/message?interaction=int_1"),
    ];
    assert_eq!(form.iter().collect::<Vec<_>>(), expected);
}

#[rstest]
#[case("Ma Boutique", "From")]
#[case("MG5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e", "MessagingServiceSid")]
#[tokio::test]
async fn a_name_is_sent_as_the_sender_and_a_messaging_service_by_its_id(#[case] sender: &str, #[case] field: &str) {
    // As Twilio answers: a messaging service has not picked a number yet.
    let mut created = message("SM1", &at(0), "outbound-api");
    created["from"] = Value::Null;
    created["status"] = "accepted".into();
    let carrier = Loopback::answering([Answer::new(201, created.to_string())]).await;
    let from = TextSender::parse("sender", sender).unwrap();
    let sent = client(&carrier.base_url).send_text(&OutgoingText { from, ..text() }).await.unwrap();
    assert_eq!((sent.sid.as_str(), sent.status.as_str()), ("SM1", "accepted"));
    let [asked] = carrier.asked().try_into().unwrap();
    let form = Form::parse(asked.body.as_bytes());
    let names: Vec<_> = form.iter().map(|(name, _)| name).collect();
    assert_eq!(names, [field, "To", "Body", "StatusCallback"]);
    assert_eq!(form.iter().next(), Some((field, sender)));
}

#[tokio::test]
async fn the_account_is_asked_for_by_its_id() {
    let body = json!({ "sid": SID, "status": "active", "type": "Full", "auth_token": CANARY });
    let carrier = Loopback::answering([Answer::new(200, body.to_string())]).await;
    let account = client(&carrier.base_url).account().await.unwrap();
    assert_eq!((account.status.as_str(), account.kind.as_str()), ("active", "Full"));
    let [asked] = carrier.asked().try_into().unwrap();
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", &*format!("/2010-04-01/Accounts/{SID}.json")));
    assert_eq!((asked.header(header::AUTHORIZATION), asked.body.as_str()), (BASIC, ""));
}

#[rstest]
#[case(400, json!({ "code": 21610, "message": CANARY }).to_string(), 21610)]
#[case(400, json!({ "code": 21614, "message": CANARY }).to_string(), 21614)]
#[case(401, json!({ "code": 20003, "message": CANARY }).to_string(), 20003)]
#[case(403, json!({ "code": 77_777, "message": CANARY }).to_string(), 77_777)]
#[case::html(400, format!("<html>{CANARY}</html>"), 0)]
#[case::nothing(404, String::new(), 0)]
#[tokio::test]
async fn a_4xx_is_a_refusal_with_the_code_of_its_body(#[case] status: u16, #[case] body: String, #[case] code: i32) {
    let error = failure_of(Answer::new(status, body)).await;
    let words = if status == 404 { explain(20404) } else { explain(code) };
    let refused = CarrierError::Refused { status, code, meaning: words.meaning, remedy: words.remedy };
    assert_eq!(error, refused);
}

#[rstest]
#[case::with_seconds(Answer::new(429, "").with(header::RETRY_AFTER, "7"), Some(7))]
#[case::without(Answer::new(429, json!({ "code": 20429 }).to_string()), None)]
#[case::queue_full(Answer::new(400, json!({ "code": 21611 }).to_string()), None)]
#[tokio::test]
async fn too_many_requests_means_slow_down(#[case] answer: Answer, #[case] seconds: Option<u64>) {
    let retry_after = seconds.map(Duration::from_secs);
    assert_eq!(failure_of(answer).await, CarrierError::SlowDown { retry_after });
}

#[rstest]
#[case::not_its_words(Answer::new(500, CANARY), 500, None, true)]
#[case::with_seconds(Answer::new(503, CANARY).with(header::RETRY_AFTER, "30"), 503, Some(30), true)]
#[case::its_own_words(Answer::new(503, json!({ "code": 20503 }).to_string()), 503, None, false)]
#[case::a_gateway(Answer::new(502, json!({ "code": 20502 }).to_string()), 502, None, true)]
#[case::a_gateway_that_waited(Answer::new(504, json!({ "code": 20504 }).to_string()), 504, None, true)]
#[tokio::test]
async fn a_5xx_is_a_failure_of_the_carrier_and_nothing_was_done_only_if_the_carrier_itself_says_so(
    #[case] answer: Answer,
    #[case] status: u16,
    #[case] seconds: Option<u64>,
    #[case] perhaps_done: bool,
) {
    let retry_after = seconds.map(Duration::from_secs);
    assert_eq!(failure_of(answer).await, CarrierError::Failed { status, retry_after, perhaps_done });
}

#[rstest]
#[case::html(format!("<html>{CANARY}</html>"))]
#[case::other_json(json!({ "sid": CANARY }).to_string())]
#[case::wrong_type(json!({ "sid": "SM1", "status": "queued", "error_code": CANARY }).to_string())]
#[case::no_date(json!({ "sid": "SM1", "status": "queued", "date_created": CANARY }).to_string())]
#[case::cut_json(r#"{"sid": "SM1", "sta"#.to_owned())]
#[case::nothing(String::new())]
#[tokio::test]
async fn a_2xx_that_cannot_be_read_is_a_lost_answer(#[case] body: String) {
    assert!(matches!(failure_of(Answer::new(201, body)).await, CarrierError::AnswerLost(_)));
}

#[rstest]
#[case::body_cut_off(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{\"sid\": ".as_slice())]
#[case::head_cut_off(b"HTTP/1.1 201 Cre")]
#[case::closed_without_a_word(b"")]
#[case::not_http(b"SSH-2.0-canary-of-the-body\r\n")]
#[tokio::test]
async fn a_broken_answer_is_a_lost_answer(#[case] reply: &'static [u8]) {
    let error = failure(&Loopback::replying(reply).await).await;
    assert!(matches!(&error, CarrierError::AnswerLost(reason) if !reason.contains(CANARY)), "{error}");
}

#[tokio::test]
async fn a_refusal_whose_body_is_cut_off_is_still_a_refusal() {
    let reply = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\n{\"code\": ";
    let error = failure(&Loopback::replying(reply).await).await;
    assert!(matches!(error, CarrierError::Refused { status: 400, code: 0, .. }), "{error}");
}

#[tokio::test]
async fn no_answer_in_time_is_a_lost_answer() {
    let error = impatient_client(&Loopback::silent().await).send_text(&text()).await.unwrap_err();
    assert_eq!(error, CarrierError::AnswerLost("timed out".to_owned()));
}

#[tokio::test]
async fn an_answer_over_4_mib_is_a_lost_answer() {
    let mut body = message("SM1", &at(0), "outbound-api").to_string();
    body.push_str(&" ".repeat(4 * 1024 * 1024 - body.len()));
    let carrier = Loopback::answering([Answer::new(201, body.clone()), Answer::new(201, body + " ")]).await;
    let client = client(&carrier.base_url);
    assert!(client.send_text(&text()).await.is_ok(), "exactly 4 MiB");
    assert!(matches!(client.send_text(&text()).await, Err(CarrierError::AnswerLost(_))));
}

#[tokio::test]
async fn a_refused_connection_means_that_nothing_was_sent() {
    let (base_url, _socket) = Loopback::nobody();
    let error = failure(&base_url).await;
    assert!(matches!(error, CarrierError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn a_redirect_is_refused_and_not_followed() {
    let error = failure_of(Answer::new(307, "").with(header::LOCATION, "/elsewhere")).await;
    assert!(matches!(error, CarrierError::Refused { status: 307, code: 0, .. }), "{error}");
}

fn sids(texts: &[CarrierText]) -> Vec<&str> {
    texts.iter().map(|text| text.sid.as_str()).collect()
}

async fn find(carrier: &Loopback, since: &str) -> Result<Vec<CarrierText>, CarrierError> {
    let since: Timestamp = since.parse().unwrap();
    client(&carrier.base_url).find_texts(proxy(), receiver(), since).await
}

#[tokio::test]
async fn texts_are_found_page_by_page_and_given_oldest_first() {
    let next = format!("/2010-04-01/Accounts/{SID}/Messages.json?PageToken=PA1&From=%2B33199000001");
    let carrier = Loopback::answering([
        page(
            &[
                message("SM5", &at(9), "outbound-api"),
                message("SM4", &at(7), "outbound-reply"),
                message("SM3", &at(7), "outbound-api"),
            ],
            Some(&next),
        ),
        page(&[message("SM2", &at(7), "outbound-api"), message("SM1", &at(6), "outbound-api")], None),
    ])
    .await;
    // Twilio's dates are whole seconds: a text of the same second may be the one.
    let texts = find(&carrier, "2015-07-30T20:00:07.9Z").await.unwrap();
    assert_eq!(sids(&texts), ["SM2", "SM3", "SM5"]);

    let [first, second] = carrier.asked().try_into().unwrap();
    let (path, query) = first.target.split_once('?').unwrap();
    assert_eq!((first.method.as_str(), path), ("GET", &*format!("/2010-04-01/Accounts/{SID}/Messages.json")));
    assert_eq!(query, "From=%2B33199000001&To=%2B33639980001&PageSize=200");
    assert_eq!(second.target, next);
    assert_eq!((first.header(header::AUTHORIZATION), second.header(header::AUTHORIZATION)), (BASIC, BASIC));
}

#[tokio::test]
async fn no_page_is_asked_for_behind_one_that_is_too_old_as_a_whole() {
    let old = [message("SM2", &at(2), "outbound-api"), message("SM1", &at(1), "outbound-api")];
    let carrier = Loopback::answering([page(&old, Some("/next"))]).await;
    assert_eq!(sids(&find(&carrier, "2015-07-30T20:00:05Z").await.unwrap()), [""; 0]);
    assert_eq!(carrier.asked().len(), 1);
}

#[tokio::test]
async fn a_list_in_another_order_is_read_to_its_end() {
    let old = [message("SM1", &at(1), "outbound-api"), message("SM2", &at(2), "outbound-api")];
    let young = [message("SM3", &at(6), "outbound-api"), message("SM4", &at(7), "outbound-api")];
    let carrier = Loopback::answering([page(&old, Some("/next")), page(&young, None)]).await;
    assert_eq!(sids(&find(&carrier, "2015-07-30T20:00:05Z").await.unwrap()), ["SM3", "SM4"]);
}

#[tokio::test]
async fn a_list_that_never_ends_is_an_error_and_not_a_short_list() {
    let young = [message("SM3", &at(6), "outbound-api")];
    let carrier = Loopback::answering((0..30).map(|_| page(&young, Some("/next")))).await;
    let error = find(&carrier, "2015-07-30T20:00:05Z").await.unwrap_err();
    assert!(matches!(error, CarrierError::AnswerLost(_)), "{error}");
    assert_eq!(carrier.asked().len(), 20);
}

#[tokio::test]
async fn one_text_that_cannot_be_read_makes_the_list_unreadable() {
    let texts = [message("SM2", &at(6), "outbound-api"), message("SM1", "yesterday", "outbound-api")];
    let carrier = Loopback::answering([page(&texts, None)]).await;
    let error = find(&carrier, "2015-07-30T20:00:05Z").await.unwrap_err();
    assert!(matches!(error, CarrierError::AnswerLost(_)), "{error}");
}

#[tokio::test]
async fn the_token_is_not_carried_to_another_host_by_a_next_page() {
    let other = Loopback::answering([]).await;
    let young = [message("SM3", &at(6), "outbound-api")];
    let carrier = Loopback::answering([page(&young, Some(&format!("{}/next", other.base_url)))]).await;
    let error = find(&carrier, "2015-07-30T20:00:05Z").await.unwrap_err();
    assert!(matches!(error, CarrierError::AnswerLost(_)), "{error}");
    assert_eq!(other.asked().len(), 0);
}
