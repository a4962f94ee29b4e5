//! More is asked at once than can be carried out: callers hear a sentence at once, everybody else is asked to come back,
//! nothing waits, and afterwards all is as before.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use proxycall_testkit::reqwest::{Method, StatusCode};
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, run_crowded_test},
};

/// How many webhooks are carried out at once here.
const PLACES: usize = 4;
/// And other requests.
const OTHERS: usize = 2;
/// How many calls come at once.
const CALLS: usize = 12;
/// Within this time everybody who finds no place is answered. The store is silent for longer: a caller would hear that only
/// after 2.4 s.
const AT_ONCE: Duration = Duration::from_secs(1);

async fn call(app: &TestApp, proxy: &str, sid: String) -> (u16, String) {
    app.webhook("/twilio/voice", &[("CallSid", &sid), ("From", COURIER), ("To", proxy)]).await
}

/// In both languages, since nobody was looked up.
fn is_sentence_from_memory(answer: &str) -> bool {
    answer.contains("<Say language=\"fr-FR\">")
        && answer.contains("<Say language=\"en-GB\">")
        && answer.contains("<Hangup")
}

#[tokio::test]
async fn calls_without_a_place_hear_a_sentence_at_once_and_nothing_is_written_of_them() {
    run_crowded_test(PLACES, OTHERS, async |app| {
        let proxy = app.client(1, CLIENT).await;
        let lock = app.store.database().lock().await;
        let started = Instant::now();
        let mut calls: FuturesUnordered<_> = (0..CALLS).map(|n| call(app, &proxy, format!("CA{n}"))).collect();
        for _ in PLACES..CALLS {
            let (status, answer) = calls.next().await.unwrap();
            assert!(status == 200 && is_sentence_from_memory(&answer), "{status} {answer}");
        }
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
        lock.release().await;
        while let Some((status, answer)) = calls.next().await {
            assert!(status == 200 && answer.contains("<Dial"), "{status} {answer}");
        }
        drop(calls);
        assert_eq!(app.store.database().count("interaction").await, i64::try_from(PLACES).unwrap());
        assert_eq!(app.call(COURIER, &proxy).await.connected(), Some((COURIER, CLIENT)), "all is as before");
    })
    .await;
}

#[tokio::test]
async fn without_a_place_each_webhook_gets_what_the_carrier_can_do_something_with() {
    run_crowded_test(0, OTHERS, async |app| {
        let from_to = [("From", COURIER), ("To", "+33199000101"), ("CallSid", "CA1"), ("MessageSid", "SM1")];
        for path in ["/twilio/voice", "/twilio/voice/otp?call=x", "/twilio/voice/otp/gather?call=x&attempt=1"] {
            let (status, answer) = app.webhook(path, &from_to).await;
            assert!(status == 200 && is_sentence_from_memory(&answer), "{path}: {status} {answer}");
        }
        let (status, answer) = app.webhook("/twilio/voice/ended", &from_to).await;
        assert!(status == 200 && answer.contains("<Response><Hangup/></Response>"), "{answer}");
        for path in ["/twilio/sms", "/twilio/status/message", "/twilio/status/voice"] {
            assert_eq!(app.webhook(path, &from_to).await.0, 503, "{path}: it is sent again");
        }
        assert_eq!(app.store.database().count("interaction").await, 0);
        let unsigned = app.bare_request(Method::POST, "/twilio/voice").body("From=x").send().await.unwrap();
        assert_eq!(unsigned.status(), StatusCode::FORBIDDEN, "a signature is asked for all the same");
    })
    .await;
}

#[tokio::test]
async fn without_a_place_api_and_pages_ask_to_come_back_and_the_process_still_says_that_it_lives() {
    run_crowded_test(PLACES, 0, async |app| {
        for path in ["/clients", "/activate", "/openapi.json", "/health/ready", "/nobody-serves-this"] {
            let answer = app.request(Method::GET, path).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert_eq!(answer.headers()["retry-after"], "5", "{path}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
        }
        for path in ["/health/live", "/metrics"] {
            assert_eq!(app.request(Method::GET, path).send().await.unwrap().status(), StatusCode::OK, "{path}");
        }
        let (_, answer) = call(app, "+33199000101", "CA1".to_owned()).await;
        assert!(
            answer.contains("<Say") && !is_sentence_from_memory(&answer),
            "calls have places of their own: {answer}"
        );
    })
    .await;
}
