//! Numbers are bought: each once, none lost, whatever the carrier answers.

use std::collections::BTreeSet;

use proxycall_domain::{NumberStatus, NumberType, PhoneNumber};
use proxycall_service::{
    pool::PoolConfig,
    ports::{Ledger as _, ledger::NumberFilter},
};
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, pool_config, run_pool_test, run_test_on_both},
    reqwest::StatusCode,
    run_test,
    sandbox::{
        Fault,
        endpoints::Operation,
        world::{Bundle, Capabilities, Handset, Requirements, Shelf, Stock},
    },
};
use serde_json::{Value, json};

use crate::{
    ask::{client_body, real_number},
    support::at_once,
};

async fn provision(app: &TestApp, changes: Value) -> (StatusCode, Value) {
    let mut body = json!({ "country_iso": "FR" });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    app.post("/pool/provision", body).await
}

/// The numbers of the account, and those of the pool that were not given back: they must be the same.
async fn both_sides(app: &TestApp) -> (BTreeSet<String>, BTreeSet<String>) {
    let account = app.world.numbers().into_iter().map(|number| number.phone).collect();
    let filter = NumberFilter { limit: 10_000, ..NumberFilter::default() };
    let pool = app.store.numbers(filter).await.unwrap().items;
    let ours = pool.iter().filter(|number| !matches!(number.status, NumberStatus::Released | NumberStatus::Missing));
    (account, ours.map(|number| number.phone.expose()).collect())
}

async fn assert_same_on_both_sides(app: &TestApp, count: usize) {
    let (account, pool) = both_sides(app).await;
    assert_eq!(account, pool);
    assert_eq!(account.len(), count);
}

fn bought(body: &Value) -> Vec<String> {
    body["purchased_now"].as_array().unwrap().iter().map(|phone| phone.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_bought_is_in_the_pool_wired_and_named_as_the_original_named_it() {
    run_test_on_both(async |app| {
        let (status, body) = provision(app, json!({ "batch_size": 2, "require_sms_capability": true })).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let numbers = bought(&body);
        assert_eq!(numbers.len(), 2);
        let said = json!({
            "country_iso": "FR", "purchased_now": numbers, "number_type": "mobile", "require_sms_capability": true,
            "require_voice_capability": false, "candidates_limit": 100, "dry_run": false, "candidates": [],
            "stopped_because": null,
        });
        assert_eq!(body, said);
        assert_same_on_both_sides(app, 2).await;
        let at_carrier = app.world.numbers();
        assert_eq!(at_carrier[0].friendly_name, "Pool-FR-1");
        assert_eq!(
            at_carrier[0].voice.as_ref().unwrap().url,
            "https://proxycall.example/twilio/voice#rc=3&rp=all&ct=2000&rt=4000"
        );
        let (_, pool) = app.get("/pool").await;
        assert_eq!(pool["numbers"][0]["status"], "available");
        assert_eq!((&pool["numbers"][0]["sms"], &pool["numbers"][0]["actor"]), (&json!(true), &json!("environment")));
        // And at once it is somebody's.
        app.world.add_handset(Handset::new(CLIENT));
        let (_, client) = app.post("/clients", client_body(1, CLIENT)).await;
        app.drain_jobs().await;
        let proxy = client["client_proxy_number"].as_str().unwrap();
        let named = app.world.numbers().into_iter().find(|number| number.phone == proxy).unwrap();
        assert_eq!(named.friendly_name, "Client 1");
        assert_eq!(app.call(COURIER, proxy).await.rings(), [(CLIENT, proxy)]);
    })
    .await;
}

#[tokio::test]
async fn the_type_stored_is_the_type_bought() {
    run_test(async |app| {
        app.world.sell_out("FR", Shelf::Mobile);
        let (_, body) = provision(app, json!({ "number_type": "mobile" })).await;
        let number: PhoneNumber = bought(&body)[0].parse().unwrap();
        assert_eq!(app.store.number(number).await.unwrap().unwrap().number_type.as_str(), "local");
        // Local numbers are not replaced by mobile ones; `national` means local.
        app.world.sell_out("FR", Shelf::Local);
        app.world.sell_out("FR", Shelf::National);
        let (status, body) = provision(app, json!({ "number_type": "national" })).await;
        assert_eq!((status, bought(&body).len()), (StatusCode::OK, 0));
        assert!(body["stopped_because"].as_str().unwrap().contains("for sale"), "{body}");
        assert_same_on_both_sides(app, 1).await;
    })
    .await;
}

#[tokio::test]
async fn a_number_that_lacks_what_is_required_is_not_bought() {
    run_test(async |app| {
        let voice_only = Capabilities::VOICE;
        app.world.sell_out("FR", Shelf::Mobile);
        app.world.add_stock(Stock::new("FR", Shelf::Mobile, "+3363998", 4, voice_only));
        let (status, body) = provision(app, json!({ "require_sms_capability": "yes", "batch_size": "1" })).await;
        assert_eq!((status, bought(&body).len()), (StatusCode::OK, 0), "{body}");
        assert_same_on_both_sides(app, 0).await;
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_shows_what_is_on_offer_and_costs_nothing() {
    run_test(async |app| {
        let (status, body) = provision(app, json!({ "batch_size": 3, "dry_run": true })).await;
        assert_eq!((status, body["candidates"].as_array().unwrap().len()), (StatusCode::OK, 3), "{body}");
        assert_same_on_both_sides(app, 0).await;
        assert!(app.world.requests().iter().all(|request| request.method == "GET"));
    })
    .await;
}

#[tokio::test]
async fn a_number_sold_a_second_ago_or_of_another_regulation_is_passed_over() {
    run_test(async |app| {
        let gone = app.world.numbers_for_sale("FR", world_shelf(), 1).remove(0);
        app.world.fail_next_of(Operation::BuyNumber, Fault::Code(21_649));
        app.world.sell_to_others(&gone);
        let (status, body) = provision(app, json!({})).await;
        assert_eq!((status, bought(&body).len()), (StatusCode::OK, 1), "{body}");
        assert_ne!(bought(&body)[0], gone);
        assert_same_on_both_sides(app, 1).await;
    })
    .await;
}

fn world_shelf() -> Shelf {
    Shelf::Mobile
}

#[tokio::test]
async fn an_address_outside_the_bundle_stops_at_once_and_says_what_to_do() {
    run_test(async |app| {
        let bundle = Bundle { sid: format!("BU{}", "5e".repeat(16)), addresses: Vec::new() };
        let requirements = Requirements { address: true, bundles: vec![bundle] };
        app.world.require("FR", Shelf::Mobile, requirements);
        let (status, body) = provision(app, json!({})).await;
        assert_eq!((status, bought(&body).len()), (StatusCode::OK, 0), "{body}");
        let why = body["stopped_because"].as_str().unwrap();
        assert!(why.contains("21651") && why.contains("TWILIO_BUNDLE_SID"), "{why}");
        let asked = app.world.requests().iter().filter(|request| request.method == "POST").count();
        assert_eq!(asked, 1, "a wrong address is wrong for each candidate");
        assert_same_on_both_sides(app, 0).await;
    })
    .await;
}

#[tokio::test]
async fn a_number_whose_purchase_answer_was_lost_is_found_and_bought_once() {
    run_test_on_both(async |app| {
        app.world.fail_next_of(Operation::BuyNumber, Fault::HangUpAfterAccepting);
        let (status, body) = provision(app, json!({})).await;
        assert_eq!((status, bought(&body).len()), (StatusCode::OK, 1), "{body}");
        assert_same_on_both_sides(app, 1).await;
    })
    .await;
}

#[tokio::test]
async fn a_purchase_in_doubt_is_settled_before_anything_is_bought_again() {
    run_test(async |app| {
        // The answer is lost, and the look-up fails three times: nobody knows.
        app.world.fail_next_of(Operation::BuyNumber, Fault::HangUpAfterAccepting);
        for _ in 0..3 {
            app.world.fail_next_of(Operation::ListNumbers, Fault::Status(500));
        }
        let (status, body) = provision(app, json!({})).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
        let (account, pool) = both_sides(app).await;
        assert_eq!((account.len(), pool.len()), (1, 0));
        // Whoever buys next finds the first number first.
        let (_, body) = provision(app, json!({})).await;
        assert_eq!(bought(&body).len(), 1, "{body}");
        assert_same_on_both_sides(app, 2).await;
    })
    .await;
}

#[tokio::test]
async fn a_purchase_in_doubt_that_came_to_nothing_is_given_up_after_a_minute() {
    run_test(async |app| {
        app.world.fail_next_of(Operation::BuyNumber, Fault::HangUpBeforeAccepting);
        let (status, body) = provision(app, json!({})).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
        app.drain_jobs().await;
        assert_eq!(app.store.open_purchases().await.unwrap().len(), 1, "it is not known yet");
        app.advance(60).await;
        assert_eq!(app.store.open_purchases().await.unwrap().len(), 0);
        assert_same_on_both_sides(app, 0).await;
    })
    .await;
}

#[tokio::test]
async fn each_way_in_which_a_carrier_fails_is_a_clear_answer_and_nothing_is_bought() {
    run_test(async |app| {
        for (operation, fault, times, expected) in [
            (Operation::SearchNumbers, Fault::Status(500), 3, 503),
            (Operation::SearchNumbers, Fault::Html(503), 3, 503),
            (Operation::SearchNumbers, Fault::HalfAnAnswer, 3, 503),
            (Operation::SearchNumbers, Fault::HangUpBeforeAccepting, 3, 503),
            (Operation::SearchNumbers, Fault::StatusWithRetryAfter(429, 60), 1, 503),
            (Operation::BuyNumber, Fault::StatusWithRetryAfter(429, 60), 1, 503),
            (Operation::BuyNumber, Fault::Code(21_404), 1, 200),
            (Operation::BuyNumber, Fault::Html(400), 1, 200),
        ] {
            for _ in 0..times {
                app.world.fail_next_of(operation, fault.clone());
            }
            let (status, body) = provision(app, json!({})).await;
            assert_eq!(status.as_u16(), expected, "{operation:?} {fault:?}: {body}");
            let said = if expected == 200 { &body["stopped_because"] } else { &body["detail"] };
            assert!(said.as_str().is_some_and(|said| said.len() > 20), "{operation:?} {fault:?}: {body}");
            assert_same_on_both_sides(app, 0).await;
        }
        assert_eq!(app.store.open_purchases().await.unwrap(), []);
        app.world.change_account(|account| account.auth_token = "another".to_owned());
        let (status, body) = provision(app, json!({})).await;
        assert_eq!(status, StatusCode::BAD_GATEWAY, "{body}");
        assert!(body["detail"].as_str().unwrap().contains("TWILIO_AUTH_TOKEN"), "{body}");
    })
    .await;
}

#[tokio::test]
async fn what_was_bought_before_a_failure_is_kept_and_told() {
    run_test(async |app| {
        app.world.fail_next_of(Operation::BuyNumber, Fault::Slow(std::time::Duration::ZERO));
        app.world.fail_next_of(Operation::BuyNumber, Fault::StatusWithRetryAfter(429, 60));
        let (status, body) = provision(app, json!({ "batch_size": 3 })).await;
        assert_eq!((status, bought(&body).len()), (StatusCode::OK, 1), "{body}");
        assert!(body["stopped_because"].as_str().unwrap().contains("slow down"), "{body}");
        assert_same_on_both_sides(app, 1).await;
    })
    .await;
}

#[tokio::test]
async fn no_more_is_bought_on_a_day_than_is_allowed() {
    let pool = PoolConfig { max_purchases_per_day: 2, ..pool_config() };
    run_pool_test(pool, async |app| {
        let (_, body) = provision(app, json!({ "batch_size": 5 })).await;
        assert_eq!(bought(&body).len(), 2);
        assert!(body["stopped_because"].as_str().unwrap().contains("ceiling of 2"), "{body}");
        let (status, body) = provision(app, json!({})).await;
        assert_eq!(status, StatusCode::CONFLICT, "{body}");
        app.advance(24 * 3600).await;
        let (status, _) = provision(app, json!({})).await;
        assert_eq!(status, StatusCode::OK);
        assert_same_on_both_sides(app, 3).await;
    })
    .await;
}

#[tokio::test]
async fn many_who_buy_at_once_never_buy_one_number_twice() {
    run_test(async |app| {
        let app = &*app;
        let answers = at_once(8, || async move { provision(app, json!({ "batch_size": 2 })).await }).await;
        let numbers: Vec<String> = answers.iter().flat_map(|(_, body)| bought(body)).collect();
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
        assert_same_on_both_sides(app, numbers.len()).await;
        assert_eq!(numbers.len(), 16);
    })
    .await;
}

fn on_demand() -> PoolConfig {
    PoolConfig { buy_on_demand: true, ..pool_config() }
}

#[tokio::test]
async fn orders_that_find_the_pool_empty_have_numbers_bought_and_calls_go_through() {
    run_pool_test(on_demand(), async |app| {
        for id in 1..=3 {
            let phone = real_number(id);
            app.world.add_handset(Handset::new(&phone));
            let mut order = client_body(id, &phone);
            order["order_id"] = json!(format!("A-{id}"));
            let (status, body) = app.post("/orders", order).await;
            assert_eq!(status, StatusCode::OK, "{body}");
            app.drain_jobs().await;
            let proxy = body["client_proxy_number"].as_str().unwrap();
            assert_eq!(app.call(COURIER, proxy).await.rings(), [(phone.as_str(), proxy)]);
        }
        assert_same_on_both_sides(app, 3).await;
    })
    .await;
}

#[tokio::test]
async fn an_order_that_could_not_be_served_goes_on_when_it_is_sent_again() {
    run_pool_test(on_demand(), async |app| {
        let mut order = client_body(1, CLIENT);
        order["order_id"] = json!("A-1");
        app.world.fail_next_of(Operation::BuyNumber, Fault::HangUpAfterAccepting);
        for _ in 0..3 {
            app.world.fail_next_of(Operation::ListNumbers, Fault::Status(500));
        }
        let refused =
            crate::ask::ask(app.request(proxycall_testkit::reqwest::Method::POST, "/orders").json(&order)).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
        assert!(refused.detail().contains("send the same request again"), "{}", refused.text);
        assert_eq!(app.store.next_client_id().await.unwrap().get(), 1, "nothing half-done is left");
        let (status, body) = app.post("/orders", order).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        app.drain_jobs().await;
        assert_same_on_both_sides(app, 1).await;
    })
    .await;
}

/// Client 1, who has no number any more, asks for a mobile one.
async fn ask_for_mobile(app: &TestApp) -> (StatusCode, Value) {
    app.post("/pool/assign", json!({ "client_id": 1, "country_iso": "FR", "client_name": "Client 1" })).await
}

#[tokio::test]
async fn an_assignment_of_one_type_is_bought_in_that_type_or_refused_with_what_is_left() {
    run_pool_test(on_demand(), async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.post("/pool/quarantine", json!({ "numbers": [proxy], "force": true })).await;
        app.number("+33199009501", "FR", NumberType::Local).await;
        app.world.sell_out("FR", Shelf::Mobile);
        let before = app.world.requests().len();
        let (status, body) = ask_for_mobile(app).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(body["detail"].as_str().unwrap().contains("mobile 0, local 1"), "{body}");
        let asked = &app.world.requests()[before..];
        assert!(asked.iter().all(|request| request.method == "GET") && asked.len() < 4, "{asked:?}");
        // Where it is sold, it is bought, whatever else is there.
        app.world.add_stock(Stock::new("FR", Shelf::Mobile, "+3363998", 4, Capabilities::VOICE_AND_SMS));
        let (status, body) = ask_for_mobile(app).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let number: PhoneNumber = body["proxy"].as_str().unwrap().parse().unwrap();
        assert_eq!(app.store.number(number).await.unwrap().unwrap().number_type, NumberType::Mobile);
    })
    .await;
}

#[tokio::test]
async fn without_buying_on_demand_an_empty_pool_is_a_conflict() {
    run_test(async |app| {
        let (status, body) = app.post("/clients", client_body(1, CLIENT)).await;
        assert_eq!(status, StatusCode::CONFLICT, "{body}");
        assert_same_on_both_sides(app, 0).await;
    })
    .await;
}
