//! Texts on their way out: sent once, whatever the carrier, the network or a crash does meanwhile.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{Outcome, PhoneNumber};
use proxycall_sandbox::{
    Fault, TextScript, World,
    world::{Handset, Hook},
};
use proxycall_service::{
    Service,
    ports::{
        Carrier, CarrierError, Clock as _, Ledger as _,
        carrier::{CarrierAccount, CarrierText, OutgoingText},
        ledger::{ClaimedJob, OutboundText, SendStep, SentText, TextResult},
    },
};
use proxycall_testkit::{
    app::{CLIENT, COURIER, OTHER_COURIER, PUBLIC_BASE_URL, TestApp, carrier_at, run_test_on_both},
    run_test,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::at_once;

/// How often the carrier was asked to send something.
fn sendings(app: &TestApp) -> usize {
    app.world.requests().iter().filter(|request| request.method == "POST").count()
}

/// How often the carrier was asked what it has sent.
fn look_ups(app: &TestApp) -> usize {
    app.world.requests().iter().filter(|request| request.method == "GET").count()
}

/// A text comes in and nobody carries out what it causes, yet.
async fn waiting_text(app: &TestApp, proxy: &str, body: &str) {
    app.world.text(TextScript::new(COURIER, proxy, body)).await;
}

/// Outcome, carrier's code, and whether the carrier's message is known, of the newest text.
async fn state(app: &TestApp) -> (String, Value, bool) {
    let row = app.latest().await;
    (row["outcome"].as_str().unwrap().to_owned(), row["error_code"].clone(), row["outbound_sid"].is_string())
}

fn is(outcome: &str, error_code: impl Into<Value>, known: bool) -> (String, Value, bool) {
    (outcome.to_owned(), error_code.into(), known)
}

#[tokio::test]
async fn a_delivery_is_recorded() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.hold_status_callbacks(true);
        app.text(COURIER, &proxy, "Bonjour").await;
        assert_eq!(state(app).await, is("sent", Value::Null, true));
        app.world.hold_status_callbacks(false);
        app.world.settle().await;
        assert_eq!(state(app).await, is("delivered", Value::Null, true));
    })
    .await;
}

#[tokio::test]
async fn a_text_that_does_not_arrive_is_undelivered_with_its_code() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.add_handset(Handset { undeliverable: Some(30003), ..Handset::new(CLIENT) });
        app.text(COURIER, &proxy, "Bonjour").await;
        assert_eq!(state(app).await, is("undelivered", 30003, true));
        assert!(app.latest().await["error_meaning"].is_string());
    })
    .await;
}

#[rstest]
#[case::opted_out(21610)]
#[case::landline(21614)]
#[case::region_not_enabled(21408)]
#[tokio::test]
async fn a_text_that_the_carrier_refuses_has_failed_with_its_code_and_is_not_tried_again(#[case] code: i32) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        match code {
            21610 => app.world.opt_out(&proxy, CLIENT),
            21614 => app.world.add_handset(Handset { landline: true, ..Handset::new(CLIENT) }),
            _ => app.world.close_region("+33"),
        }
        app.text(COURIER, &proxy, "Bonjour").await;
        assert_eq!(state(app).await, is("failed", code, false));
        app.advance(3600).await;
        assert_eq!(sendings(app), 1);
    })
    .await;
}

#[tokio::test]
async fn a_carrier_that_asks_us_to_slow_down_is_left_alone_for_as_long() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.fail_next(Fault::StatusWithRetryAfter(429, 30));
        app.text(COURIER, &proxy, "Bonjour").await;
        app.advance(29).await;
        assert_eq!((state(app).await, sendings(app)), (is("queued", Value::Null, false), 1));
        app.advance(1).await;
        assert_eq!((state(app).await, sendings(app)), (is("delivered", Value::Null, true), 2));
    })
    .await;
}

#[rstest]
#[case::server_error(500)]
#[case::bad_gateway(502)]
#[case::overloaded(503)]
#[tokio::test]
async fn a_carrier_that_fails_is_asked_again_later_and_later(#[case] status: u16) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.fail_next(Fault::Status(status));
        app.world.fail_next(Fault::Status(status));
        app.text(COURIER, &proxy, "Bonjour").await;
        assert_eq!((state(app).await, sendings(app)), (is("queued", Value::Null, false), 1));
        app.advance(2).await;
        assert_eq!((state(app).await, sendings(app)), (is("queued", Value::Null, false), 2));
        app.advance(4).await;
        assert_eq!((state(app).await, sendings(app)), (is("delivered", Value::Null, true), 3));
    })
    .await;
}

#[tokio::test]
async fn a_carrier_that_stays_broken_is_given_up_and_the_text_has_failed() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        for _ in 0..10 {
            app.world.fail_next(Fault::Status(503));
        }
        app.text(COURIER, &proxy, "Bonjour").await;
        for _ in 0..9 {
            assert_eq!(state(app).await.0, "queued");
            app.advance(300).await;
        }
        assert_eq!((state(app).await, sendings(app)), (is("failed", Value::Null, false), 10));
    })
    .await;
}

#[tokio::test]
async fn a_carrier_that_nobody_reaches_is_asked_again() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let cut_off = app.instance(carrier_at(format!("http://{nobody}")));
        waiting_text(app, &proxy, "Bonjour").await;
        assert_eq!(cut_off.run_due_jobs().await, Ok(1));
        assert_eq!((state(app).await, sendings(app)), (is("queued", Value::Null, false), 0));
        app.advance(2).await;
        assert_eq!((state(app).await, sendings(app)), (is("delivered", Value::Null, true), 1));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_token_is_ours_to_mend_and_the_text_waits_for_that() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        waiting_text(app, &proxy, "Bonjour").await;
        let right = app.world.account().auth_token;
        app.world.change_account(|account| account.auth_token = "another".to_owned());
        app.drain_jobs().await;
        assert_eq!(state(app).await, is("queued", Value::Null, false));
        app.world.change_account(|account| account.auth_token = right);
        app.advance(2).await;
        assert_eq!(state(app).await, is("delivered", Value::Null, true));
    })
    .await;
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

#[tokio::test]
async fn a_look_up_that_fails_is_made_again() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.hold_status_callbacks(true);
        app.world.fail_next(Fault::HangUpAfterAccepting);
        app.text(COURIER, &proxy, "Bonjour").await;
        app.world.fail_next(Fault::Status(503));
        app.advance(60).await;
        assert_eq!((state(app).await, look_ups(app)), (is("sending", Value::Null, false), 1));
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
        from: text.from,
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

/// A carrier whose callbacks have all come by the time that it answers.
struct SlowToAnswer {
    carrier: Arc<dyn Carrier>,
    world: World,
}

#[async_trait]
impl Carrier for SlowToAnswer {
    async fn send_text(&self, text: &OutgoingText) -> Result<CarrierText, CarrierError> {
        let sent = self.carrier.send_text(text).await;
        self.world.settle().await;
        sent
    }

    async fn find_texts(
        &self,
        from: PhoneNumber,
        to: PhoneNumber,
        since: Timestamp,
    ) -> Result<Vec<CarrierText>, CarrierError> {
        self.carrier.find_texts(from, to, since).await
    }

    async fn account(&self) -> Result<CarrierAccount, CarrierError> {
        self.carrier.account().await
    }
}

fn slow_instance(app: &TestApp) -> Service {
    app.instance(Arc::new(SlowToAnswer { carrier: Arc::clone(&app.service.carrier), world: app.world.clone() }))
}

#[tokio::test]
async fn a_callback_that_comes_before_the_answer_counts_and_the_answer_changes_nothing() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        waiting_text(app, &proxy, "Bonjour").await;
        assert_eq!(slow_instance(app).run_due_jobs().await, Ok(1));
        assert_eq!(state(app).await, is("delivered", Value::Null, true));
        assert_eq!(sendings(app), 1);
    })
    .await;
}

#[tokio::test]
async fn a_text_reported_delivered_before_it_is_reported_sent_stays_delivered() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.hold_status_callbacks(true);
        app.text(COURIER, &proxy, "Bonjour").await;
        let message = app.world.sent_messages().remove(0);
        let Hook { url, .. } = message.status_callback.unwrap();
        let path = url.strip_prefix(PUBLIC_BASE_URL).unwrap();
        let delivered = [("MessageSid", message.sid.as_str()), ("MessageStatus", "delivered")];
        assert_eq!(app.webhook(path, &delivered).await.0, 204);
        app.world.hold_status_callbacks(false);
        app.world.settle().await;
        let reported: Vec<_> = app.world.webhooks().iter().filter_map(|hook| status_of(&hook.params)).collect();
        assert_eq!(reported, ["delivered", "queued", "sent", "delivered"]);
        assert_eq!(state(app).await, is("delivered", Value::Null, true));
    })
    .await;
}

fn status_of(params: &[(String, String)]) -> Option<String> {
    params.iter().find(|(name, _)| name == "MessageStatus").map(|(_, value)| value.clone())
}

#[tokio::test]
async fn the_same_report_50_times_at_once_is_recorded_once() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.world.hold_status_callbacks(true);
        app.text(COURIER, &proxy, "Bonjour").await;
        let sid = app.world.sent_messages().remove(0).sid;
        let failed = [("MessageSid", sid.as_str()), ("MessageStatus", "failed"), ("ErrorCode", "30005")];
        let answers = at_once(50, || app.webhook("/twilio/status/message", &failed)).await;
        assert!(answers.iter().all(|(status, _)| *status == 204), "{answers:?}");
        assert_eq!(state(app).await, is("failed", 30005, true));
    })
    .await;
}

#[tokio::test]
async fn a_report_about_a_message_that_is_not_ours_is_taken_and_changes_nothing() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.text(COURIER, &proxy, "Bonjour").await;
        let nobodys = [("MessageSid", "SMnobodys"), ("MessageStatus", "failed"), ("ErrorCode", "30005")];
        for path in ["/twilio/status/message", "/twilio/status/message?interaction=none"] {
            assert_eq!(app.webhook(path, &nobodys).await.0, 204);
        }
        assert_eq!(state(app).await, is("delivered", Value::Null, true));
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

#[tokio::test]
async fn many_workers_at_once_send_each_text_once() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        for number in 0..30 {
            waiting_text(app, &proxy, &format!("Colis {number}")).await;
        }
        let (second, third) = (slow_instance(app), slow_instance(app));
        let (a, b, c, d) = tokio::join!(
            app.service.run_due_jobs(),
            second.run_due_jobs(),
            third.run_due_jobs(),
            app.service.run_due_jobs()
        );
        for done in [a, b, c, d] {
            done.unwrap();
        }
        app.drain_jobs().await;
        let mut bodies: Vec<String> = app.world.inbox(CLIENT).into_iter().map(|text| text.body).collect();
        assert_eq!(bodies.len(), 30);
        bodies.sort();
        bodies.dedup();
        assert_eq!((bodies.len(), sendings(app)), (30, 30));
        assert_eq!(app.outcomes().await, ["delivered"; 30]);
    })
    .await;
}

#[tokio::test]
async fn texts_that_came_in_while_nobody_sent_are_sent_in_the_order_they_came() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        for number in 0..40 {
            waiting_text(app, &proxy, &number.to_string()).await;
            app.clock.advance(SignedDuration::from_secs(1));
        }
        // Sixteen go at once: the order holds between such lots, not within one.
        app.drain_jobs().await;
        let lots: Vec<usize> =
            app.world.inbox(CLIENT).iter().map(|text| text.body.parse::<usize>().unwrap() / 16).collect();
        assert!(lots.is_sorted(), "{lots:?}");
        assert_eq!(lots.len(), 40);
    })
    .await;
}
