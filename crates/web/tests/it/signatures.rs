//! Signatures: what Twilio's own SDK signed is taken, over HTTP and byte for byte, and nothing else leaves a trace.

use std::sync::LazyLock;

use proxycall_testkit::sandbox::{
    signature::sign,
    twiml::{parse_messaging, parse_voice},
};
use proxycall_testkit::{
    app::{AUTH_TOKEN, CLIENT, COURIER, PUBLIC_BASE_URL, TestApp, run_test_on_both},
    run_test,
};
use rstest::rstest;
use serde::Deserialize;

use crate::raw_http::{self, Answer};

const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";
/// The fixture's proxy number.
const PROXY: &str = "+33199000001";

#[derive(Deserialize)]
struct Fixture {
    auth_token: String,
    public_base_url: String,
    proxy_number: String,
    client_real_phone: String,
    courier_phone: String,
    requests: Vec<Webhook>,
}

#[derive(Clone, Deserialize)]
struct Webhook {
    name: String,
    url: String,
    method: String,
    content_type: String,
    body: String,
    signature: Option<String>,
    valid: bool,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../twilio/tests/fixtures/twilio-webhooks.json");
    let fixture: Fixture = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let ours = (AUTH_TOKEN, PUBLIC_BASE_URL, PROXY, CLIENT, COURIER);
    let theirs = (
        fixture.auth_token.as_str(),
        fixture.public_base_url.as_str(),
        fixture.proxy_number.as_str(),
        fixture.client_real_phone.as_str(),
        fixture.courier_phone.as_str(),
    );
    assert_eq!(ours, theirs, "the app under test is the fixture's");
    fixture
});

/// Path and query of an address, as written.
fn target(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap();
    &rest[rest.find('/').unwrap()..]
}

async fn replay(app: &TestApp, target: &str, webhook: &Webhook, signature: Option<&str>) -> Answer {
    let mut headers = vec![("Content-Type", webhook.content_type.as_str())];
    headers.extend(signature.map(|signature| ("X-Twilio-Signature", signature)));
    raw_http::send(&app.address, &webhook.method, target, &headers, webhook.body.as_str()).await
}

/// What the carrier can go on with: TwiML of the right kind, or any success for a status callback.
fn assert_taken(webhook: &Webhook, answer: &Answer) {
    let name = &webhook.name;
    if webhook.url.contains("/status/") {
        assert!((200..300).contains(&answer.status), "{name}: {answer:?}");
        return;
    }
    assert_eq!((answer.status, answer.media_type.as_str()), (200, "text/xml; charset=utf-8"), "{name}");
    if webhook.url.contains("/sms") {
        parse_messaging(&answer.body).unwrap_or_else(|error| panic!("{name}: {error}"));
    } else {
        assert!(!parse_voice(&answer.body).unwrap_or_else(|error| panic!("{name}: {error}")).is_empty(), "{name}");
    }
}

fn requests(valid: bool) -> impl Iterator<Item = &'static Webhook> {
    FIXTURE.requests.iter().filter(move |webhook| webhook.valid == valid)
}

/// The signature that the carrier would send for this address.
fn signature(url: &str, body: &str) -> String {
    let params: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    sign(AUTH_TOKEN, url, &params)
}

#[tokio::test]
async fn every_valid_request_of_the_fixture_is_answered_with_what_the_carrier_can_go_on_with() {
    run_test_on_both(async |app| {
        app.client_with(PROXY, "FR", 1, CLIENT).await;
        for webhook in requests(true) {
            let answer = replay(app, target(&webhook.url), webhook, webhook.signature.as_deref()).await;
            assert_taken(webhook, &answer);
        }
        app.drain_jobs().await;
        let rows = app.outcomes().await.len();
        let came_in = |webhook: &&Webhook| ["/twilio/voice", "/twilio/sms"].contains(&target(&webhook.url));
        assert_eq!(rows, requests(true).filter(came_in).count());
    })
    .await;
}

#[tokio::test]
async fn every_valid_request_is_answered_under_the_doubled_path_too_when_signed_for_it() {
    run_test(async |app| {
        app.client_with(PROXY, "FR", 1, CLIENT).await;
        for webhook in requests(true) {
            let doubled = format!("/twilio{}", target(&webhook.url));
            let form = if webhook.content_type == "application/json" { "" } else { webhook.body.as_str() };
            let signed = signature(&format!("{PUBLIC_BASE_URL}{doubled}"), form);
            let answer = replay(app, &doubled, webhook, Some(&signed)).await;
            assert_taken(webhook, &answer);
            let for_the_other = replay(app, &doubled, webhook, webhook.signature.as_deref()).await;
            assert_eq!(for_the_other.status, 403, "{}", webhook.name);
        }
        app.drain_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn no_invalid_request_of_the_fixture_leaves_a_trace() {
    run_test_on_both(async |app| {
        app.client_with(PROXY, "FR", 1, CLIENT).await;
        for webhook in requests(false) {
            for prefix in ["", "/twilio"] {
                let target = format!("{prefix}{}", target(&webhook.url));
                let answer = replay(app, &target, webhook, webhook.signature.as_deref()).await;
                assert_eq!(answer.status, 403, "{}: {answer:?}", webhook.name);
                assert_eq!(answer.media_type, "application/problem+json");
                assert!(!answer.body.contains(&COURIER[1..]), "{}: {answer:?}", webhook.name);
            }
        }
        assert_eq!(app.store.database().count("interaction").await, 0);
        assert_eq!(app.store.database().count("job").await, 0);
        assert_eq!(app.store.database().count("client WHERE last_caller IS NOT NULL").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_call_through_the_doubled_path_is_followed_to_its_end() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.add_number(
            proxycall_testkit::sandbox::world::Number::new(&proxy)
                .voice_url(format!("{PUBLIC_BASE_URL}/twilio/twilio/voice"))
                .sms_url(format!("{PUBLIC_BASE_URL}/twilio/twilio/sms")),
        );
        app.world.set_behaviour(CLIENT, proxycall_testkit::sandbox::world::Behaviour::Busy);
        assert_eq!(app.call(COURIER, &proxy).await.heard().len(), 1);
        app.text(COURIER, &proxy, "Bonjour").await;
        assert_eq!(app.outcomes().await, ["delivered", "busy"]);
    })
    .await;
}

#[rstest]
#[case::escaped_where_nothing_needs_it("?a=%41%2F%7e")]
#[case::plain_signs_that_clients_escape("?a='@:!*()[]|\\^`{}")]
#[case::out_of_order_and_repeated("?b=2&a=1&b=1&&a")]
#[case::empty_values("?a=&b&=c")]
#[case::a_lone_question_mark("?")]
#[case::broken_escapes("?a=%zz%2&b=%ff%00")]
#[case::a_plus_and_a_space("?a=b+c%20d")]
#[tokio::test]
async fn the_query_counts_as_it_was_sent(#[case] query: &str) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let body = format!("CallSid=CAquery&From=%2B33639980002&To={}", proxy.replace('+', "%2B"));
        let path = format!("/twilio/voice{query}");
        let post = async |signed_for: &str| {
            let signature = signature(&format!("{PUBLIC_BASE_URL}{signed_for}"), &body);
            let headers = [("Content-Type", FORM), ("X-Twilio-Signature", signature.as_str())];
            raw_http::send(&app.address, "POST", &path, &headers, body.as_str()).await.status
        };
        assert_eq!(post("/twilio/voice?another=1").await, 403);
        assert_eq!(post(&path).await, 200);
    })
    .await;
}

#[rstest]
#[case::twice_the_same_header(&["DTOre0VsJ+mpsAYgNmxyLcJxnLM=", "DTOre0VsJ+mpsAYgNmxyLcJxnLM="])]
#[case::not_ascii(&["é"])]
#[case::very_long(&["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg=="])]
#[case::spaces(&["   "])]
#[tokio::test]
async fn an_odd_signature_header_is_refused(#[case] signatures: &[&str]) {
    run_test(async |app| {
        let mut headers = vec![("Content-Type", FORM)];
        headers.extend(signatures.iter().map(|signature| ("X-Twilio-Signature", *signature)));
        for path in ["/twilio/voice", "/twilio/sms", "/twilio/status/voice", "/twilio/voice/otp"] {
            let answer = raw_http::send(&app.address, "POST", path, &headers, "CallSid=CAodd").await;
            assert_eq!(answer.status, 403, "{path}");
        }
    })
    .await;
}

#[rstest]
#[case::get("GET")]
#[case::head("HEAD")]
#[case::put("PUT")]
#[tokio::test]
async fn webhooks_are_posted(#[case] method: &str) {
    run_test(async |app| {
        for path in ["voice", "sms", "voice/ended", "status/message", "status/voice", "voice/otp", "voice/otp/gather"] {
            for prefix in ["/twilio", "/twilio/twilio"] {
                let target = format!("{prefix}/{path}");
                let signature = signature(&format!("{PUBLIC_BASE_URL}{target}"), "");
                let headers = [("X-Twilio-Signature", signature.as_str())];
                let answer = raw_http::send(&app.address, method, &target, &headers, "").await;
                assert_eq!(answer.status, 405, "{target}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_json_body_that_was_changed_after_signing_is_refused() {
    run_test(async |app| {
        let webhook = requests(true).find(|webhook| webhook.content_type == "application/json").unwrap();
        let changed = Webhook { body: webhook.body.replace("true", "null"), ..webhook.clone() };
        let answer = replay(app, target(&webhook.url), &changed, webhook.signature.as_deref()).await;
        assert_eq!(answer.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_its_signature_is_computed() {
    run_test(async |app| {
        let body = format!("Body={}", "a".repeat(256 * 1024));
        let signature = signature(&format!("{PUBLIC_BASE_URL}/twilio/sms"), &body);
        let headers = [("Content-Type", FORM), ("X-Twilio-Signature", signature.as_str())];
        let answer = raw_http::send(&app.address, "POST", "/twilio/sms", &headers, body).await;
        assert_eq!(answer.status, 413);
        assert_eq!(app.store.database().count("interaction").await, 0);
    })
    .await;
}
