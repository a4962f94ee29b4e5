//! Texts on their way out: what the carrier refuses, puts off and reports.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use proxycall_domain::PhoneNumber;
use proxycall_service::{
    Service,
    ports::{
        Carrier, CarrierError, Clock as _, Ledger as _,
        carrier::{
            CarrierAccount, CarrierNumber, CarrierText, NumberOffer, NumberPurchase, NumberSearch, NumberUpdate,
            OutgoingCall, OutgoingText, PlacedCall,
        },
        clock::Ids as _,
        ledger::Work,
    },
};
use proxycall_testkit::sandbox::{
    Fault, TextScript, World,
    contract::RecordedRequest,
    endpoints::Operation,
    world::{Handset, Hook},
};
use proxycall_testkit::{
    app::{CLIENT, COURIER, PUBLIC_BASE_URL, TestApp, carrier_at, run_test_on_both},
    run_test,
};
use rstest::rstest;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::at_once;

/// How often the carrier was asked to send something.
pub(crate) fn sendings(app: &TestApp) -> usize {
    let texts = |request: &&RecordedRequest| request.method == "POST" && request.path.contains("/Messages");
    app.world.requests().iter().filter(texts).count()
}

/// A text comes in and nobody carries out what it causes, yet.
pub(crate) async fn waiting_text(app: &TestApp, proxy: &str, body: &str) {
    app.world.text(TextScript::new(COURIER, proxy, body)).await;
}

/// Outcome, carrier's code, and whether the carrier's message is known, of the newest text.
pub(crate) async fn state(app: &TestApp) -> (String, Value, bool) {
    let row = app.latest().await;
    (row["outcome"].as_str().unwrap().to_owned(), row["error_code"].clone(), row["outbound_sid"].is_string())
}

pub(crate) fn is(outcome: &str, error_code: impl Into<Value>, known: bool) -> (String, Value, bool) {
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

/// From now on the carrier takes nothing, whatever it is asked. What it takes again.
fn shut_out(app: &TestApp) -> String {
    let right = app.world.account().auth_token;
    app.world.change_account(|account| account.auth_token = "another".to_owned());
    right
}

#[tokio::test]
async fn a_text_waits_for_a_carrier_that_is_away_for_hours_and_its_body_is_kept_meanwhile() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        waiting_text(app, &proxy, "Bonjour").await;
        let right = shut_out(app);
        app.drain_jobs().await;
        for _ in 0..(23 * 12) {
            app.advance(300).await;
        }
        assert_eq!(state(app).await, is("queued", Value::Null, false));
        app.world.change_account(|account| account.auth_token = right);
        app.advance(300).await;
        assert_eq!(state(app).await, is("delivered", Value::Null, true));
        assert_eq!(app.world.inbox(CLIENT).pop().map(|text| text.body), Some("Bonjour".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_carrier_that_is_away_for_a_day_is_given_up_and_the_text_has_failed_and_is_erased() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        waiting_text(app, &proxy, "Bonjour").await;
        let right = shut_out(app);
        app.drain_jobs().await;
        app.advance(24 * 3600 - 1).await;
        assert_eq!(state(app).await, is("queued", Value::Null, false));
        app.advance(1).await;
        assert_eq!(state(app).await, is("failed", Value::Null, false));
        assert_eq!(app.store.database().count("interaction WHERE body IS NOT NULL").await, 0);
        app.world.change_account(|account| account.auth_token = right);
        let asked = sendings(app);
        app.advance(3600).await;
        assert_eq!(sendings(app), asked);
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

    async fn place_call(&self, call: &OutgoingCall) -> Result<PlacedCall, CarrierError> {
        self.carrier.place_call(call).await
    }

    async fn redact_message(&self, sid: &str) -> Result<bool, CarrierError> {
        self.carrier.redact_message(sid).await
    }

    async fn delete_message(&self, sid: &str) -> Result<bool, CarrierError> {
        self.carrier.delete_message(sid).await
    }

    async fn delete_call(&self, sid: &str) -> Result<bool, CarrierError> {
        self.carrier.delete_call(sid).await
    }

    async fn numbers_for_sale(&self, search: &NumberSearch) -> Result<Vec<NumberOffer>, CarrierError> {
        self.carrier.numbers_for_sale(search).await
    }

    async fn buy_number(&self, purchase: &NumberPurchase) -> Result<CarrierNumber, CarrierError> {
        self.carrier.buy_number(purchase).await
    }

    async fn find_number(&self, phone: PhoneNumber) -> Result<Option<CarrierNumber>, CarrierError> {
        self.carrier.find_number(phone).await
    }

    async fn numbers(&self) -> Result<Vec<CarrierNumber>, CarrierError> {
        self.carrier.numbers().await
    }

    async fn update_number(&self, sid: &str, update: &NumberUpdate) -> Result<CarrierNumber, CarrierError> {
        self.carrier.update_number(sid, update).await
    }

    async fn release_number(&self, sid: &str) -> Result<bool, CarrierError> {
        self.carrier.release_number(sid).await
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

/// Longer than anything here takes on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

#[tokio::test]
async fn a_text_goes_out_while_the_house_is_looked_after_however_long_that_takes() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        // Pool and account are compared, and the carrier says nothing.
        app.world.fail_next_of(Operation::ListNumbers, Fault::Silent(PATIENCE));
        let now = app.clock.now();
        app.store.ensure_job(app.service.chance.job_id(now), Work::InspectNumbers, now).await.unwrap();
        let listings = |world: &World| {
            world.requests().iter().filter(|it| it.method == "GET" && it.path.contains("IncomingPhoneNumbers")).count()
        };
        let before = listings(&app.world);
        let working = tokio::spawn(Arc::clone(&app.service).work(CancellationToken::new()));
        app.world.wait_for(PATIENCE, |world| (listings(world) > before).then_some(())).await.expect("an inspection");
        app.webhook("/twilio/sms", &[("MessageSid", "SM1"), ("From", COURIER), ("To", &proxy), ("Body", "Bonjour")])
            .await;
        let arrived = |world: &World| (!world.inbox(CLIENT).is_empty()).then_some(());
        app.world.wait_for(PATIENCE, arrived).await.expect("the text");
        // Its job ends a moment later.
        while app.store.database().count("job WHERE kind = 'send_text'").await > 0 {}
        assert_eq!(listings(&app.world), before + 1, "the inspection still waits for its first answer");
        working.abort();
        assert!(working.await.unwrap_err().is_cancelled());
        app.drain_jobs().await;
    })
    .await;
}
