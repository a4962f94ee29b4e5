//! Pool and account: compared, set right, adopted, rested and given back.

use proxycall_domain::{NumberStatus, NumberType, PhoneNumber};
use proxycall_service::{pool::PoolConfig, ports::Ledger as _};
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, PUBLIC_BASE_URL, pool_config, run_pool_test, run_test_on_both},
    reqwest::{Method, StatusCode},
    run_test,
    sandbox::{
        Fault,
        endpoints::Operation,
        world::{Number, Shelf},
    },
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::ask::{ask, client_body, column};

const FREE: &str = "+33639989001";
const HOTLINE: &str = "+33639989002";
const OTHER: &str = "+33639989003";

fn phone(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

async fn status_of(app: &TestApp, number: &str) -> NumberStatus {
    app.store.number(phone(number)).await.unwrap().unwrap().status
}

fn hotline(number: &str) -> Number {
    Number::new(number).voice_url("https://hotline.example/answer")
}

async fn alerts(app: &TestApp) -> Vec<(String, String)> {
    let (_, body) = app.get("/pool/summary").await;
    let alerts = body["alerts"].as_array().unwrap();
    alerts
        .iter()
        .map(|of| (of["kind"].as_str().unwrap().to_owned(), of["subject"].as_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn a_comparison_adds_what_is_free_and_sets_aside_what_is_used_elsewhere() {
    run_test_on_both(async |app| {
        app.world.add_number(Number::new(FREE));
        app.world.add_number(hotline(HOTLINE));
        let (status, looked) = app.post("/pool/sync", json!({ "apply": false })).await;
        assert_eq!(status, StatusCode::OK, "{looked}");
        assert_eq!((&looked["missing_numbers"], &looked["added_numbers"]), (&json!([FREE]), &json!([])));
        assert_eq!((&looked["total_twilio"], &looked["total_sheet"]), (&json!(2), &json!(0)));
        assert_eq!(looked["used_elsewhere"], json!([HOTLINE]));
        assert!(looked["ts"].as_str().unwrap().starts_with("2026-11-23T08:00:00."), "{looked}");
        let (_, applied) = app.post("/pool/sync", json!(true)).await;
        assert_eq!(applied["added_numbers"], json!([FREE]));
        let added = app.store.number(phone(FREE)).await.unwrap().unwrap();
        assert_eq!((added.status, added.country.to_string().as_str()), (NumberStatus::Available, "FR"));
        assert_eq!(added.number_type, NumberType::Mobile);
        assert_eq!(status_of(app, HOTLINE).await, NumberStatus::Error);
        let (_, history) = app.get(&format!("/pool/{HOTLINE}/history")).await;
        assert_eq!(history["history"][0]["reason"], "used elsewhere");
        // Done again, there is nothing to do, and the hotline still rings where it did.
        let (_, again) = app.post("/pool/sync", json!({})).await;
        assert_eq!((&again["missing_numbers"], &again["added_numbers"]), (&json!([]), &json!([])));
        let kept = app.world.numbers().into_iter().find(|number| number.phone == HOTLINE).unwrap();
        assert_eq!(kept.voice.unwrap().url, "https://hotline.example/answer");
    })
    .await;
}

#[rstest]
#[case(json!(false), Some(false))]
#[case(json!("false"), Some(false))]
#[case(json!({ "apply": "false" }), Some(false))]
#[case(json!({ "apply": 0 }), Some(false))]
#[case(json!(true), Some(true))]
#[case(json!({}), Some(true))]
#[case(json!({ "apply": true, "more": 1 }), Some(true))]
#[case(json!(null), None)]
#[case(json!([]), None)]
#[case(json!(7), None)]
#[case(json!("maybe"), None)]
#[case(json!({ "apply": "maybe" }), None)]
#[tokio::test]
async fn the_body_of_a_comparison_is_a_boolean_or_an_object(#[case] body: Value, #[case] applies: Option<bool>) {
    run_test(async |app| {
        app.world.add_number(Number::new(FREE));
        let answer = ask(app.request(Method::POST, "/pool/sync").json(&body)).await;
        let Some(applies) = applies else {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
            return;
        };
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.body["added_numbers"].as_array().unwrap().len(), usize::from(applies));
    })
    .await;
}

#[tokio::test]
async fn a_comparison_without_body_applies() {
    run_test(async |app| {
        app.world.add_number(Number::new(FREE));
        let answer = ask(app.request(Method::POST, "/pool/sync")).await;
        assert_eq!(answer.body["added_numbers"], json!([FREE]), "{}", answer.text);
    })
    .await;
}

#[tokio::test]
async fn a_number_that_is_gone_is_flagged_told_and_comes_back_to_its_client() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.drain_jobs().await;
        let gone = app.world.remove_number(&proxy).unwrap();
        let (_, report) = app.post("/pool/sync", json!(true)).await;
        assert_eq!(report["missing_on_twilio"], json!([proxy]));
        assert_eq!(status_of(app, &proxy).await, NumberStatus::Missing);
        assert_eq!(alerts(app).await, [("number_missing".to_owned(), proxy.clone())]);
        let (_, client) = app.get("/clients/1").await;
        assert_eq!(client["client_proxy_number"], json!(proxy), "nothing was dropped in silence");
        app.world.add_number(gone);
        let (_, report) = app.post("/pool/sync", json!(true)).await;
        assert_eq!(report["back_on_twilio"], json!([proxy]));
        assert_eq!(status_of(app, &proxy).await, NumberStatus::Assigned);
        assert_eq!(alerts(app).await, []);
        assert_eq!(app.call(COURIER, &proxy).await.rings(), [(CLIENT, proxy.as_str())]);
    })
    .await;
}

#[tokio::test]
async fn a_list_that_cannot_be_trusted_calls_nothing_missing() {
    run_test(async |app| {
        for n in 1..=3 {
            app.number(&format!("+3363998900{n}"), "FR", NumberType::Mobile).await;
        }
        for fault in [Fault::HalfAnAnswer, Fault::Html(200), Fault::Status(500), Fault::HangUpBeforeAccepting] {
            for _ in 0..3 {
                app.world.fail_next_of(Operation::ListNumbers, fault.clone());
            }
            let (status, body) = app.post("/pool/sync", json!(true)).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{fault:?} {body}");
        }
        let answer = app.get("/pool?status=available").await.1;
        assert_eq!(column(&answer, "numbers", "phone_number").len(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_account_with_five_thousand_numbers_is_compared_page_by_page() {
    run_test(async |app| {
        app.world.own("FR", Shelf::Mobile, 5_000);
        let (status, body) = app.post("/pool/sync", json!(true)).await;
        assert_eq!(status, StatusCode::OK, "{}", body["detail"]);
        assert_eq!((&body["total_twilio"], body["added_numbers"].as_array().unwrap().len()), (&json!(5_000), 5_000));
        app.world.fail_next_of(Operation::ListNumbers, Fault::RepeatedPage);
        let (status, body) = app.post("/pool/sync", json!(true)).await;
        assert_ne!((status, &body["total_twilio"]), (StatusCode::OK, &json!(1_000)), "a page that repeats is no list");
        let (_, body) = app.post("/pool/sync", json!(true)).await;
        assert_eq!((&body["missing_on_twilio"], &body["total_sheet"]), (&json!([]), &json!(5_000)));
    })
    .await;
}

#[tokio::test]
async fn adopting_is_an_operators_word_and_can_be_taken_back() {
    run_test(async |app| {
        app.world.add_number(hotline(HOTLINE));
        app.post("/pool/sync", json!(true)).await;
        let (_, body) = app.post("/pool/adopt", json!({ "numbers": [HOTLINE, FREE, "nonsense"] })).await;
        assert_eq!((&body["adopted"], &body["not_found"]), (&json!([HOTLINE]), &json!([FREE])), "{body}");
        assert_eq!(body["failed"][0]["phone_number"], "nonsense");
        assert_eq!(status_of(app, HOTLINE).await, NumberStatus::Available);
        let rewired = app.world.numbers().remove(0);
        assert!(rewired.voice.unwrap().url.starts_with(PUBLIC_BASE_URL));
        // Taken back, it leads where it did, and is nobody's to be given.
        let (_, body) = app.post("/pool/restore-webhooks", json!({ "numbers": [HOTLINE] })).await;
        assert_eq!(body["restored"], json!([HOTLINE]), "{body}");
        assert_eq!(app.world.numbers().remove(0).voice.unwrap().url, "https://hotline.example/answer");
        assert_eq!(status_of(app, HOTLINE).await, NumberStatus::Error);
    })
    .await;
}

/// Whoever dies in between leaves it set aside: the carrier is asked while it is so.
#[tokio::test]
async fn an_adopted_number_is_set_aside_until_the_carrier_has_taken_its_webhooks() {
    run_test_on_both(async |app| {
        app.world.add_number(hotline(HOTLINE));
        app.number(FREE, "FR", NumberType::Mobile).await;
        app.world.change_number(FREE, |number| {
            number.voice = Some(proxycall_testkit::sandbox::world::Hook::post("https://hotline.example/answer"))
        });
        for number in [HOTLINE, FREE] {
            app.world.fail_next_of(Operation::UpdateNumber, Fault::Code(20_001));
            let (_, refused) = app.post("/pool/adopt", json!({ "numbers": [number] })).await;
            assert_eq!(refused["failed"][0]["phone_number"], number, "{refused}");
            assert_eq!(status_of(app, number).await, NumberStatus::Error);
            let (_, body) = app.post("/pool/adopt", json!({ "numbers": [number] })).await;
            assert_eq!(body["adopted"], json!([number]), "{body}");
            let history = app.store.number_history(phone(number)).await.unwrap();
            let told: Vec<_> = history.iter().map(|past| (past.status, past.reason.as_str())).take(2).collect();
            let (before, after) = ("being adopted: its webhooks do not lead here yet", "adopted by an operator");
            assert_eq!(told, [(NumberStatus::Available, after), (NumberStatus::Error, before)]);
        }
    })
    .await;
}

#[tokio::test]
async fn webhooks_are_looked_at_first_and_mended_when_asked() {
    run_test(async |app| {
        app.number(FREE, "FR", NumberType::Mobile).await;
        app.number(OTHER, "GB", NumberType::Mobile).await;
        app.number(HOTLINE, "FR", NumberType::Mobile).await;
        app.world.change_number(FREE, |number| {
            number.voice = Some(proxycall_testkit::sandbox::world::Hook::post("https://old.example/twilio/voice"))
        });
        app.world.remove_number(HOTLINE);
        let (status, looked) = app.post("/pool/fix-webhooks", json!({ "only_country": "FR" })).await;
        assert_eq!(status, StatusCode::OK, "{looked}");
        assert_eq!((&looked["checked"], &looked["dry_run"]), (&json!(2), &json!(true)));
        assert_eq!(looked["target_voice_url"], "https://proxycall.example/twilio/voice#rc=3&rp=all&ct=2000&rt=4000");
        let need = json!([{ "phone_number": FREE, "current_voice_url": "https://old.example/twilio/voice" }]);
        assert_eq!((&looked["need_fix"], &looked["need_fix_voice"]), (&need, &need));
        assert_eq!((&looked["fixed"], &looked["not_found_on_twilio"]), (&json!([]), &json!([HOTLINE])));
        let asked = json!({ "dry_run": false, "only_country": "FR", "only_status": "available", "fix_sms": false });
        let (_, fixed) = app.post("/pool/fix-webhooks", asked).await;
        assert_eq!((&fixed["fixed_voice"], &fixed["target_sms_url"]), (&json!([FREE]), &json!("")), "{fixed}");
        assert_eq!((&fixed["only_status"], &fixed["only_country"]), (&json!("available"), &json!("FR")));
        let (_, again) = app.post("/pool/fix-webhooks", json!({ "only_country": "FR" })).await;
        assert_eq!(again["need_fix_voice"], json!([]), "{again}");
        let refused =
            ask(app.request(Method::POST, "/pool/fix-webhooks").json(&json!({ "only_status": "lost" }))).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn a_clients_number_is_looked_after_when_it_is_given() {
    run_test(async |app| {
        app.number(FREE, "FR", NumberType::Mobile).await;
        let (_, client) = app.post("/clients", client_body(1, CLIENT)).await;
        assert_eq!(client["client_proxy_number"], FREE);
        app.drain_jobs().await;
        let number = app.world.numbers().remove(0);
        assert_eq!(number.friendly_name, "Test", "the name that an operator gave it stays");
        assert!(number.voice.unwrap().url.ends_with("#rc=3&rp=all&ct=2000&rt=4000"), "overrides are set");
        assert!(number.voice_fallback.is_some() && number.status_callback.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_clients_number_that_leads_elsewhere_is_told_and_not_rewired_unasked() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.drain_jobs().await;
        app.world.add_number(hotline(&proxy));
        app.service.schedule_pool_care().await.unwrap();
        app.advance(301).await;
        assert_eq!(alerts(app).await, [("used_elsewhere".to_owned(), proxy.clone())]);
        assert_eq!(status_of(app, &proxy).await, NumberStatus::Assigned);
        let there = || app.world.numbers().remove(0).voice.unwrap().url;
        assert_eq!(there(), "https://hotline.example/answer");
        let (_, fixed) = app.post("/pool/fix-webhooks", json!({ "dry_run": false })).await;
        assert_eq!(fixed["fixed"], json!([proxy]), "{fixed}");
        assert!(there().starts_with(PUBLIC_BASE_URL));
        assert_eq!(alerts(app).await, []);
    })
    .await;
}

#[tokio::test]
async fn numbers_in_use_are_given_back_by_force_only_and_the_refusal_says_why() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.drain_jobs().await;
        app.number(FREE, "FR", NumberType::Mobile).await;
        app.world.add_number(hotline(HOTLINE));
        let asked = json!({ "numbers": [proxy, FREE.trim_start_matches('+'), HOTLINE, OTHER, "06 39 98"] });
        let (status, body) = app.post("/pool/release", asked).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!((&body["released"], &body["not_found"]), (&json!([FREE]), &json!([OTHER])), "{body}");
        let failed = body["failed"].as_array().unwrap();
        assert_eq!(column(&body, "failed", "number"), ["06 39 98", proxy.as_str(), HOTLINE]);
        assert!(failed[1]["error"].as_str().unwrap().contains("assigned to a client"), "{body}");
        assert!(failed[2]["error"].as_str().unwrap().contains("not in the pool"), "{body}");
        assert_eq!(app.world.numbers().len(), 2, "the client's and the hotline");
        let (_, forced) = app.post("/pool/release", json!({ "numbers": [proxy], "force": true })).await;
        assert_eq!(forced["released"], json!([proxy]), "{forced}");
        assert_eq!(app.get("/clients/1").await.1["client_proxy_number"], "");
        let (status, _) = app.post("/pool/release", json!({ "numbers": [] })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test]
async fn a_release_that_the_carrier_did_not_hear_is_told_again_and_nobody_gets_the_number() {
    run_test(async |app| {
        app.number(FREE, "FR", NumberType::Mobile).await;
        app.world.fail_next_of(Operation::ReleaseNumber, Fault::Status(500));
        let (_, body) = app.post("/pool/release", json!({ "numbers": [FREE] })).await;
        assert!(body["failed"][0]["error"].as_str().unwrap().contains("tried again"), "{body}");
        assert_eq!(status_of(app, FREE).await, NumberStatus::Released);
        // On its way out it is not taken for a number that is new in the account.
        let (_, report) = app.post("/pool/sync", json!(true)).await;
        assert_eq!((&report["missing_numbers"], &report["missing_on_twilio"]), (&json!([]), &json!([])), "{report}");
        app.advance(120).await;
        assert_eq!(app.world.numbers().len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_release_that_the_carrier_refuses_sets_the_number_aside_and_is_told() {
    run_test(async |app| {
        app.number(FREE, "FR", NumberType::Mobile).await;
        app.world.fail_next_of(Operation::ReleaseNumber, Fault::Code(20_001));
        app.post("/pool/release", json!({ "numbers": [FREE] })).await;
        assert_eq!(status_of(app, FREE).await, NumberStatus::Error);
        assert_eq!(alerts(app).await, [("release_failed".to_owned(), FREE.to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn numbers_without_texts_are_given_back_but_for_those_in_use() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.drain_jobs().await;
        app.number(FREE, "FR", NumberType::Mobile).await;
        app.number(OTHER, "FR", NumberType::Mobile).await;
        app.number(HOTLINE, "FR", NumberType::Mobile).await;
        app.world.remove_number(HOTLINE);
        for silent in [proxy.as_str(), FREE] {
            app.world.change_number(silent, |number| number.capabilities.sms = false);
        }
        let (status, body) = app.post("/pool/purge-sans-sms", json!("anything")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!((&body["checked"], &body["kept_sms_capable"]), (&json!(4), &json!([OTHER])), "{body}");
        assert_eq!((&body["removed_from_pool"], &body["released_on_twilio"]), (&json!([FREE]), &json!([FREE])));
        assert_eq!(
            (&body["missing_on_twilio"], &body["errors"][0]["phone_number"]),
            (&json!([HOTLINE]), &json!(proxy))
        );
        let (_, forced) = app.post("/pool/purge-sans-sms", json!({ "force": true })).await;
        assert_eq!(forced["released_on_twilio"], json!([proxy]), "{forced}");
    })
    .await;
}

#[tokio::test]
async fn a_number_put_to_rest_rests_as_long_as_its_country_asks_for() {
    let pool = PoolConfig { quarantine: jiff::SignedDuration::ZERO, ..pool_config() };
    run_pool_test(pool, async |app| {
        app.number(FREE, "FR", NumberType::Mobile).await;
        let (_, body) = app.post("/pool/quarantine", json!({ "numbers": [FREE, OTHER] })).await;
        // 72 hours in France, whatever the operator says.
        let resting = json!([{ "phone_number": FREE, "until": "2026-11-26T08:00:00Z" }]);
        assert_eq!(body["quarantined"], resting, "{body}");
        assert_eq!(body["failed"][0]["phone_number"], OTHER);
        let available =
            || async { app.get("/pool/available?country_iso=FR").await.1["available"].as_array().unwrap().len() };
        assert_eq!(available().await, 0);
        app.clock.advance(jiff::SignedDuration::from_hours(72));
        assert_eq!(available().await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_the_existing_script_does_to_assign_a_number_works_and_changes_nothing_twice() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.post("/pool/quarantine", json!({ "numbers": [proxy], "force": true })).await;
        assert_eq!(app.get("/clients/1").await.1["client_proxy_number"], "");
        app.number("+33199009501", "FR", NumberType::Local).await;
        let asked = json!({ "client_id": 1, "country_iso": "fr", "client_name": "Client 1", "number_type": "national",
            "friendly_name": "Client 1" });
        let (status, assigned) = app.post("/pool/assign", asked.clone()).await;
        assert_eq!(status, StatusCode::OK, "{assigned}");
        assert_eq!((&assigned["client_id"], &assigned["proxy"]), (&json!(1), &json!("+33199009501")));
        assert!(assigned["choice"].as_str().unwrap().starts_with("FR local"), "{assigned}");
        let (status, put) = app.put("/clients/1", json!({ "client_proxy_number": "33199009501" })).await;
        assert_eq!((status, &put["client_proxy_number"]), (StatusCode::OK, &json!("+33199009501")));
        let (_, again) = app.post("/pool/assign", asked).await;
        assert_eq!(again["proxy"], "+33199009501");
        let (status, _) = app.put("/clients/1", json!({ "client_proxy_number": proxy })).await;
        assert_eq!(status, StatusCode::CONFLICT);
        app.drain_jobs().await;
        let named = app.world.numbers().into_iter().find(|number| number.phone == "+33199009501").unwrap();
        assert_eq!(named.friendly_name, "Client 1");
    })
    .await;
}

#[rstest]
#[case(json!({ "client_id": 9 }), 400, "client_id")]
#[case(json!({ "client_id": 0 }), 400, "client_id")]
#[case(json!({ "country_iso": "" }), 400, "country_iso")]
#[case(json!({ "number_type": "tollfree" }), 400, "number_type")]
#[case(json!({ "number_type": "local" }), 400, "local 0")]
#[case(json!({ "client_id": "x" }), 422, "client_id")]
#[case(json!({ "client_name": null }), 422, "client_name")]
#[tokio::test]
async fn an_assignment_that_cannot_be_is_refused_as_the_original_refused_it(
    #[case] changes: Value,
    #[case] status: u16,
    #[case] says: &str,
) {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.post("/pool/quarantine", json!({ "numbers": [proxy], "force": true })).await;
        app.drain_jobs().await;
        let body = json!({ "client_id": 1, "country_iso": "FR", "client_name": "Client 1" });
        let answer = ask(app.request(Method::POST, "/pool/assign").json(&crate::ask::with(body, changes))).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert!(answer.detail().contains(says), "{}", answer.text);
    })
    .await;
}

#[tokio::test]
async fn a_low_stock_is_told_and_filled_up_within_the_ceiling() {
    let pool = PoolConfig { minimum: 2, batch: 3, max_purchases_per_day: 4, ..pool_config() };
    run_pool_test(pool, async |app| {
        app.service.schedule_pool_care().await.unwrap();
        app.drain_jobs().await;
        assert_eq!(app.world.numbers().len(), 3);
        assert_eq!(alerts(app).await, [("low_stock".to_owned(), "FR mobile".to_owned())]);
        app.advance(60).await;
        assert_eq!((app.world.numbers().len(), alerts(app).await.len()), (3, 0), "the stock is enough again");
        for id in 1..=2 {
            app.post("/clients", client_body(id, &crate::ask::real_number(id))).await;
        }
        app.advance(60).await;
        assert_eq!(app.world.numbers().len(), 4, "the ceiling holds");
        let mut told = alerts(app).await;
        told.sort();
        assert_eq!(told.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["low_stock", "purchase_failed"]);
        let (_, summary) = app.get("/pool/summary").await;
        let stock = &summary["stock"][0];
        assert_eq!(
            (&stock["available"], &stock["assigned"], &stock["days_left"]),
            (&json!(2), &json!(2), &json!(28.0))
        );
    })
    .await;
}

#[tokio::test]
async fn numbers_are_listed_by_page_and_state_with_their_story() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.drain_jobs().await;
        app.number(FREE, "FR", NumberType::Mobile).await;
        let (_, first) = app.get("/pool?limit=1").await;
        assert_eq!(column(&first, "numbers", "phone_number"), [proxy.as_str()]);
        assert_eq!(
            (&first["numbers"][0]["client_id"], &first["numbers"][0]["reason"]),
            (&json!("1"), &json!("a new client"))
        );
        let after = first["next"].as_str().unwrap().replace('+', "%2B");
        let (_, second) = app.get(&format!("/pool?limit=1&after={after}")).await;
        assert_eq!((column(&second, "numbers", "phone_number"), &second["next"]), (vec![FREE], &json!(null)));
        let (_, assigned) = app.get("/pool?status=assigned&country_iso=fr&number_type=mobile").await;
        assert_eq!(column(&assigned, "numbers", "phone_number"), [proxy.as_str()]);
        let (_, history) = app.get(&format!("/pool/{}/history", proxy.trim_start_matches('+'))).await;
        assert_eq!(column(&history, "history", "status"), ["assigned", "available"]);
        for (path, status) in [
            ("/pool?status=lost", 422),
            ("/pool?limit=0", 422),
            ("/pool/+33639989009/history", 404),
            ("/pool/x/history", 422),
        ] {
            assert_eq!(ask(app.request(Method::GET, path)).await.status.as_u16(), status, "{path}");
        }
    })
    .await;
}
