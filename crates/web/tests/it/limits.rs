//! How often somebody may ask, call or write, and what they meet then.

use jiff::SignedDuration;
use proxycall_testkit::app::{CLIENT, COURIER, OTHER_COURIER, TOKEN, twiml};
use proxycall_testkit::reqwest::{Method, StatusCode, header};
use proxycall_testkit::{TestApp, run_test};

use crate::{access::token, ask::ask};

/// How many of so many requests each status was answered to, and what was said of waiting.
async fn statuses(app: &TestApp, bearer: &str, times: usize) -> (usize, usize, usize) {
    let (mut ok, mut forbidden, mut too_many) = (0, 0, 0);
    for _ in 0..times {
        let response = app.bare_request(Method::GET, "/clients").bearer_auth(bearer).send().await.unwrap();
        match response.status() {
            StatusCode::OK => ok += 1,
            StatusCode::FORBIDDEN => forbidden += 1,
            StatusCode::TOO_MANY_REQUESTS => {
                let wait: i64 = response.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
                assert!((1..=600).contains(&wait), "{wait}");
                assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
                too_many += 1;
            }
            status => panic!("{status}"),
        }
    }
    (ok, forbidden, too_many)
}

#[tokio::test]
async fn a_token_that_asks_too_often_is_told_when_and_others_are_not_held_up() {
    run_test(async |app| {
        let shop = token(app, "shop", "read").await;
        app.setting("limits.token_burst", "10").await;
        app.setting("limits.token_per_second", "2").await;
        assert_eq!(statuses(app, &shop, 12).await, (10, 0, 2));
        assert_eq!(statuses(app, TOKEN, 1).await, (1, 0, 0));
        app.clock.advance(SignedDuration::from_secs(3));
        assert_eq!(statuses(app, &shop, 8).await, (6, 0, 2));
    })
    .await;
}

#[tokio::test]
async fn an_address_that_guesses_is_not_listened_to_for_a_while() {
    run_test(async |app| {
        let fresh = token(app, "fresh", "read").await;
        app.setting("limits.strangers", "5").await;
        assert_eq!(statuses(app, "pct_wrong", 7).await, (0, 5, 2));
        // The right one among them is not found out either.
        assert_eq!(statuses(app, &fresh, 2).await, (0, 0, 2));
        // One that was right from there before works on: the guesser may only share the address.
        assert_eq!(statuses(app, TOKEN, 20).await, (20, 0, 0));
        app.clock.advance(SignedDuration::from_mins(10));
        assert_eq!(statuses(app, &fresh, 1).await, (1, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn what_needs_no_token_is_limited_by_address_but_for_the_sign_of_life() {
    run_test(async |app| {
        let looks = |path: &'static str| app.bare_request(Method::GET, path).send();
        for _ in 0..600 {
            assert_eq!(looks("/openapi.json").await.unwrap().status(), StatusCode::OK);
            assert_eq!(looks("/health/ready").await.unwrap().status(), StatusCode::OK);
        }
        for path in ["/openapi.json", "/docs", "/health/ready"] {
            let answer = ask(app.bare_request(Method::GET, path)).await;
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        }
        assert_eq!(looks("/health/live").await.unwrap().status(), StatusCode::OK);
        assert_eq!(statuses(app, TOKEN, 1).await, (1, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_caller_who_calls_one_number_too_often_is_told_so_and_nothing_is_recorded() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let other = app.client(2, "+33639980003").await;
        app.setting("limits.caller_per_number", "3").await;
        for _ in 0..3 {
            app.call(COURIER, &proxy).await;
        }
        let fourth = app.call(COURIER, &proxy).await;
        assert!(twiml(&fourth)[0].contains("appelé ce numéro très souvent"), "{fourth:?}");
        assert_eq!(app.interactions().await.len(), 3);
        // Texts, other numbers and other callers have budgets of their own.
        app.text(COURIER, &proxy, "I am downstairs").await;
        app.call(COURIER, &other).await;
        app.call(OTHER_COURIER, &proxy).await;
        assert_eq!(app.interactions().await.len(), 6);
        app.clock.advance(SignedDuration::from_secs(201));
        app.call(COURIER, &proxy).await;
        assert_eq!(app.interactions().await.len(), 7);
    })
    .await;
}

#[tokio::test]
async fn a_caller_who_calls_everybody_is_limited_over_all_numbers() {
    run_test(async |app| {
        let numbers = [app.client(1, CLIENT).await, app.client(2, "+33639980003").await];
        app.setting("limits.caller", "4").await;
        for proxy in numbers.iter().cycle().take(7) {
            app.call(COURIER, proxy).await;
        }
        assert_eq!(app.interactions().await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn hidden_callers_are_counted_for_each_number_alone() {
    run_test(async |app| {
        let numbers = [app.client(1, CLIENT).await, app.client(2, "+33639980003").await];
        app.setting("limits.caller", "1").await;
        app.setting("limits.caller_per_number", "2").await;
        for proxy in &numbers {
            for _ in 0..3 {
                app.call("anonymous", proxy).await;
            }
        }
        assert_eq!(app.outcomes().await, ["refused_withheld"; 4]);
    })
    .await;
}

#[tokio::test]
async fn a_sender_who_writes_too_often_is_told_once_and_nobody_gets_the_text() {
    run_test(async |app| {
        app.client_with("+447700900301", "GB", 1, CLIENT).await;
        app.setting("regions.allowed", "FR GB").await;
        app.setting("limits.caller_per_number", "2").await;
        let mut answers = Vec::new();
        for n in 0..5 {
            let transcript = app.text(COURIER, "+447700900301", &format!("text {n}")).await;
            answers.push(twiml(&transcript).concat());
        }
        let told = |answer: &String| answer.contains("written to this number very often");
        assert_eq!(answers.iter().map(told).collect::<Vec<_>>(), [false, false, true, false, false], "{answers:?}");
        assert_eq!(app.interactions().await.len(), 2);
        assert_eq!(app.outcomes().await, ["delivered"; 2]);
    })
    .await;
}

/// Twilio's webhooks all come from Twilio's addresses.
#[tokio::test]
async fn signed_webhooks_are_not_limited_by_address() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.setting("limits.strangers", "1").await;
        assert_eq!(statuses(app, "pct_wrong", 3).await, (0, 1, 2));
        let params = [("CallSid", "CA1"), ("From", "anonymous"), ("To", proxy.as_str())];
        for _ in 0..1_300 {
            assert_eq!(app.webhook("/twilio/voice", &params).await.0, 200);
        }
    })
    .await;
}
