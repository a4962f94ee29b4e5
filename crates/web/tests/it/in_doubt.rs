//! Texts of which nobody knows whether they were sent, after a crash or a lost answer: found again, and never sent twice.

use jiff::SignedDuration;
use proxycall_domain::Outcome;
use proxycall_service::ports::{
    Clock as _, Ledger as _,
    carrier::{CarrierText, OutgoingText},
    ledger::{ClaimedJob, OutboundText, SendStep, SentText, TextResult},
};
use proxycall_testkit::sandbox::{Fault, contract::RecordedRequest, endpoints::Operation};
use proxycall_testkit::{
    app::{CLIENT, COURIER, OTHER_COURIER, PUBLIC_BASE_URL, TestApp, run_test_on_both},
    run_test,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::sending::{is, sendings, state, waiting_text};

/// How often the carrier was asked what it has sent.
fn look_ups(app: &TestApp) -> usize {
    let texts = |request: &&RecordedRequest| request.method == "GET" && request.path.contains("/Messages");
    app.world.requests().iter().filter(texts).count()
}

#[tokio::test]
async fn a_text_whose_answer_was_lost_is_found_at_the_carrier_after_a_minute_and_not_sent_twice() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.hold_status_callbacks(true);
        app.world.fail_next(Fault::HangUpAfterAccepting);
        app.text(COURIER, &proxy, "Bonjour").await;
        app.advance(59).await;
        assert_eq!((state(app).await, look_ups(app)), (is("sending", Value::Null, false), 0));
        app.advance(1).await;
        assert_eq!((state(app).await, sendings(app)), (is("sent", Value::Null, true), 1));
        app.world.hold_status_callbacks(false);
        app.world.settle().await;
        assert_eq!(state(app).await, is("delivered", Value::Null, true));
        assert_eq!(app.world.inbox(CLIENT).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_text_whose_answer_was_lost_is_settled_by_the_carriers_callback_without_a_look_up() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.fail_next(Fault::HangUpAfterAccepting);
        app.text(COURIER, &proxy, "Bonjour").await;
        assert_eq!(state(app).await, is("delivered", Value::Null, true));
        app.advance(60).await;
        assert_eq!((sendings(app), look_ups(app)), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_text_that_the_carrier_never_had_is_unknown_after_a_minute_and_not_sent_again() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.fail_next(Fault::HangUpBeforeAccepting);
        app.text(COURIER, &proxy, "Bonjour").await;
        app.advance(60).await;
        assert_eq!(state(app).await, is("unknown", Value::Null, false));
        app.advance(3600).await;
        assert_eq!((sendings(app), look_ups(app)), (1, 1));
        assert_eq!(app.world.inbox(CLIENT), []);
    })
    .await;
}

/// What stands between us and the carrier cannot say that the carrier did nothing.
#[rstest]
#[case::bad_gateway(Fault::Status(502))]
#[case::a_gateway_that_waited(Fault::Status(504))]
#[case::not_the_carriers_words(Fault::Html(503))]
#[tokio::test]
async fn a_text_that_a_gateway_answered_for_is_looked_up_and_not_sent_again(#[case] fault: Fault) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.fail_next_of(Operation::CreateMessage, fault);
        app.text(COURIER, &proxy, "Bonjour").await;
        assert_eq!(state(app).await, is("sending", Value::Null, false));
        app.advance(60).await;
        assert_eq!(state(app).await, is("unknown", Value::Null, false));
        app.advance(3600).await;
        assert_eq!((sendings(app), look_ups(app)), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_look_up_is_made_for_as_long_as_the_carrier_is_away() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.hold_status_callbacks(true);
        app.world.fail_next(Fault::HangUpAfterAccepting);
        app.text(COURIER, &proxy, "Bonjour").await;
        let right = app.world.account().auth_token;
        app.world.change_account(|account| account.auth_token = "another".to_owned());
        for _ in 0..24 {
            app.advance(300).await;
        }
        assert_eq!(state(app).await, is("sending", Value::Null, false));
        app.world.change_account(|account| account.auth_token = right);
        app.advance(300).await;
        assert_eq!((state(app).await, sendings(app)), (is("sent", Value::Null, true), 1));
    })
    .await;
}

#[tokio::test]
async fn a_look_up_that_fails_is_made_again() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.hold_status_callbacks(true);
        app.world.fail_next(Fault::HangUpAfterAccepting);
        app.text(COURIER, &proxy, "Bonjour").await;
        // The client itself asks three times before it gives up.
        for _ in 0..3 {
            app.world.fail_next(Fault::Status(503));
        }
        app.advance(60).await;
        assert_eq!((state(app).await, look_ups(app)), (is("sending", Value::Null, false), 3));
        app.advance(300).await;
        assert_eq!((state(app).await, sendings(app)), (is("sent", Value::Null, true), 1));
    })
    .await;
}

/// A look-up goes by sender, receiver, time and body: what was sent before, or says something else, is another text.
#[tokio::test]
async fn a_look_up_takes_no_other_text_for_the_one_in_doubt() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text(COURIER, &proxy, "Bonjour").await;
        app.advance(3600).await;
        app.text(OTHER_COURIER, &proxy, "Bonsoir").await;
        app.world.fail_next(Fault::HangUpBeforeAccepting);
        app.text(COURIER, &proxy, "Bonjour").await;
        app.advance(60).await;
        assert_eq!(app.outcomes().await, ["unknown", "delivered", "delivered"]);
    })
    .await;
}

/// A worker takes every job that is due and marks it, as before it asks the carrier; then it dies.
async fn crash(app: &TestApp) -> Vec<(ClaimedJob, OutboundText)> {
    let now = app.clock.now();
    let lease_until = now + SignedDuration::from_secs(30);
    let mut taken = Vec::new();
    for job in app.store.claim_jobs(16, now, lease_until).await.unwrap() {
        match app.store.start_sending(&job, now).await.unwrap() {
            SendStep::Send(text) => taken.push((job, text)),
            other => panic!("{other:?}"),
        }
    }
    taken
}

/// What a worker would have asked of the carrier.
async fn hand_over(app: &TestApp, text: &OutboundText) -> CarrierText {
    let text = OutgoingText {
        from: text.from.into(),
        to: text.to,
        body: text.body.clone(),
        status_callback: format!("{PUBLIC_BASE_URL}/twilio/status/message?interaction={}", text.interaction),
    };
    app.service.carrier.send_text(&text).await.unwrap()
}

#[tokio::test]
async fn after_a_crash_a_text_that_the_carrier_has_is_adopted() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        waiting_text(app, &proxy, "Bonjour").await;
        app.world.hold_status_callbacks(true);
        let taken = crash(app).await;
        let sent = hand_over(app, &taken[0].1).await;
        app.advance(29).await;
        assert_eq!((state(app).await.0.as_str(), look_ups(app)), ("sending", 0), "the lease has not ended");
        app.advance(1).await;
        assert_eq!((state(app).await.0.as_str(), look_ups(app)), ("sending", 0), "the callback may still come");
        app.advance(30).await;
        assert_eq!(state(app).await, is("sent", Value::Null, true));
        assert_eq!(app.latest().await["outbound_sid"], json!(sent.sid));
        assert_eq!(sendings(app), 1);
    })
    .await;
}

#[tokio::test]
async fn after_a_crash_a_text_that_the_carrier_has_not_is_unknown_and_not_sent() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        waiting_text(app, &proxy, "Bonjour").await;
        crash(app).await;
        app.advance(30).await;
        app.advance(30).await;
        assert_eq!(state(app).await, is("unknown", Value::Null, false));
        assert_eq!(sendings(app), 0);
    })
    .await;
}

#[tokio::test]
async fn after_a_crash_before_a_text_was_marked_it_is_sent() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        waiting_text(app, &proxy, "Bonjour").await;
        let now = app.clock.now();
        app.store.claim_jobs(16, now, now + SignedDuration::from_secs(30)).await.unwrap();
        app.advance(30).await;
        assert_eq!((state(app).await, sendings(app)), (is("delivered", Value::Null, true), 1));
    })
    .await;
}

#[tokio::test]
async fn what_was_given_up_as_unknown_is_delivered_when_the_carrier_says_so_after_all() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        waiting_text(app, &proxy, "Bonjour").await;
        let taken = crash(app).await;
        app.advance(30).await;
        app.advance(30).await;
        assert_eq!(state(app).await.0, "unknown");
        hand_over(app, &taken[0].1).await;
        app.world.settle().await;
        assert_eq!(state(app).await, is("delivered", Value::Null, true));
    })
    .await;
}

#[tokio::test]
async fn two_equal_texts_in_doubt_at_once_are_matched_to_different_messages() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.hold_status_callbacks(true);
        for _ in 0..2 {
            app.world.fail_next(Fault::HangUpAfterAccepting);
            waiting_text(app, &proxy, "Je suis en bas").await;
        }
        app.drain_jobs().await;
        app.advance(60).await;
        let mut adopted: Vec<Value> = app.interactions().await.iter().map(|row| row["outbound_sid"].clone()).collect();
        let mut sent: Vec<Value> = app.world.sent_messages().iter().map(|message| json!(message.sid)).collect();
        adopted.sort_by_key(Value::to_string);
        sent.sort_by_key(Value::to_string);
        assert_eq!(adopted, sent);
        assert_eq!(sent.len(), 2);
        app.world.hold_status_callbacks(false);
        app.world.settle().await;
        assert_eq!(app.outcomes().await, ["delivered"; 2]);
    })
    .await;
}

#[tokio::test]
async fn of_two_equal_texts_in_doubt_of_which_the_carrier_has_one_the_other_is_unknown() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.hold_status_callbacks(true);
        for fault in [Fault::HangUpAfterAccepting, Fault::HangUpBeforeAccepting] {
            app.world.fail_next(fault);
            waiting_text(app, &proxy, "Je suis en bas").await;
        }
        app.drain_jobs().await;
        app.advance(60).await;
        let mut outcomes = app.outcomes().await;
        outcomes.sort();
        assert_eq!(outcomes, ["sent", "unknown"]);
        assert_eq!((sendings(app), app.world.inbox(CLIENT).len()), (2, 1));
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_finishes_after_its_lease_ended_changes_nothing() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        waiting_text(app, &proxy, "Bonjour").await;
        app.world.hold_status_callbacks(true);
        let taken = crash(app).await;
        let sent = hand_over(app, &taken[0].1).await;
        app.advance(31).await;
        // Another has the job now. The first comes back to life with a failure, though its text is on its way.
        let again = TextResult::TryAgain { at: app.clock.now() };
        assert_eq!(app.store.finish_sending(&taken[0].0, again, app.clock.now()).await, Ok(false));
        app.advance(30).await;
        assert_eq!(app.latest().await["outbound_sid"], json!(sent.sid));
        let late = TextResult::Sent(SentText { sid: "SMlate".to_owned(), outcome: Outcome::Sent, error_code: None });
        assert_eq!(app.store.finish_sending(&taken[0].0, late, app.clock.now()).await, Ok(false));
        assert_eq!(app.latest().await["outbound_sid"], json!(sent.sid));
        assert_eq!(sendings(app), 1);
    })
    .await;
}
