//! What operators do by API with certain numbers and confirmations, as they may in the console.

use jiff::SignedDuration;
use proxycall_domain::{NumberStatus, NumberType};
use proxycall_service::ports::Ledger as _;
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, OTHER_COURIER, run_test_on_both},
    reqwest::StatusCode,
    run_test,
    sandbox::world::Handset,
};
use serde_json::{Value, json};

use crate::{
    ask::column,
    confirmations::{PROXY, begin, code, request, status},
};

const SPARE: &str = "+33199000777";
const ABSENT: &str = "+33199000778";

async fn status_of(app: &TestApp, number: &str) -> NumberStatus {
    app.store.number(number.parse().unwrap()).await.unwrap().unwrap().status
}

async fn post(app: &TestApp, path: &str, body: Value) -> Value {
    let (status, answer) = app.post(path, body).await;
    assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    answer
}

async fn assign(app: &TestApp, number: &str, client: Value) -> (StatusCode, Value) {
    app.post(&format!("/pool/{number}/assign"), json!({ "client_id": client })).await
}

/// What the audit log has of an act, sorted: what it was done to, and how it ended.
async fn acts(app: &TestApp, action: &str) -> Vec<(String, String)> {
    let (_, acts) = app.get(&format!("/audit?action={action}&limit=50")).await;
    let subjects = column(&acts, "acts", "subject").into_iter();
    let outcomes = column(&acts, "acts", "outcome").into_iter();
    let mut acts: Vec<_> = subjects.zip(outcomes).map(|(of, end)| (of.to_owned(), end.to_owned())).collect();
    acts.sort();
    acts
}

#[tokio::test]
async fn numbers_are_set_aside_but_for_what_is_held_and_a_client_keeps_hers() {
    run_test_on_both(async |app| {
        let hers = app.client(1, CLIENT).await;
        begin_another(app).await;
        app.number(SPARE, "FR", NumberType::Local).await;
        let asked = json!({ "numbers": [SPARE, hers, PROXY, ABSENT, "nonsense", SPARE] });
        let answer = post(app, "/pool/set-aside", asked).await;
        assert_eq!(answer["set_aside"], json!([SPARE, hers]), "{answer}");
        assert_eq!(column(&answer, "failed", "phone_number"), ["nonsense", PROXY, ABSENT]);
        let why = column(&answer, "failed", "err");
        assert!(why[1].contains("held for a confirmation") && why[2].contains("not in the pool"), "{why:?}");
        assert_eq!(status_of(app, SPARE).await, NumberStatus::Error);
        assert_eq!(status_of(app, PROXY).await, NumberStatus::Reserved);
        assert_eq!(app.get("/clients/1").await.1["client_proxy_number"], hers);
        // Done again, it is done already.
        assert_eq!(post(app, "/pool/set-aside", json!({ "numbers": [SPARE] })).await["set_aside"], json!([SPARE]));
        let acts = acts(app, "set_numbers_aside").await;
        assert!(acts.contains(&("numbers +****0777".to_owned(), "done".to_owned())), "{acts:?}");
        let (empty, _) = app.post("/pool/set-aside", json!({ "numbers": [] })).await;
        assert_eq!(empty, StatusCode::BAD_REQUEST);
        app.drain_jobs().await;
    })
    .await;
}

/// Somebody else confirms with a number that is held.
async fn begin_another(app: &TestApp) {
    app.number(PROXY, "FR", NumberType::Local).await;
    app.world.add_handset(Handset::new(OTHER_COURIER));
    let body = json!({
        "pending_id": "P-1", "client_name": "Ana Silva", "client_mail": "ana@example.com",
        "client_real_phone": OTHER_COURIER, "country_iso": "FR", "number_type": "national",
    });
    let begun = post(app, "/confirmations/create", body).await;
    assert_eq!(begun["proxy_number"], PROXY);
}

#[tokio::test]
async fn a_rest_ends_early_but_not_before_the_country_allows_it_after_a_client() {
    run_test_on_both(async |app| {
        let was_hers = app.client(1, CLIENT).await;
        app.number(SPARE, "FR", NumberType::Local).await;
        post(app, "/pool/quarantine", json!({ "numbers": [SPARE, was_hers], "force": true })).await;
        let asked = json!({ "numbers": [SPARE, was_hers, ABSENT] });
        let answer = post(app, "/pool/end-rest", asked.clone()).await;
        assert_eq!(answer["available"], json!([SPARE]), "{answer}");
        let why = column(&answer, "failed", "err");
        assert!(why[0].contains("2026-11-26T08:00:00Z") && why[1].contains("not in the pool"), "{why:?}");
        assert_eq!(status_of(app, &was_hers).await, NumberStatus::Quarantined);
        app.clock.advance(SignedDuration::from_hours(72));
        let answer = post(app, "/pool/end-rest", asked).await;
        assert_eq!(answer["available"], json!([was_hers]), "{answer}");
        assert!(column(&answer, "failed", "err")[0].contains("does not rest"), "{answer}");
        let acts = acts(app, "end_rests").await;
        assert!(acts.len() == 2 && acts[0].0.starts_with("numbers +****0777"), "{acts:?}");
        let (empty, _) = app.post("/pool/end-rest", json!({ "numbers": [] })).await;
        assert_eq!(empty, StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test]
async fn a_client_without_a_number_gets_the_very_one_that_is_asked_for() {
    run_test_on_both(async |app| {
        let first = app.client(1, CLIENT).await;
        app.number(SPARE, "FR", NumberType::Local).await;
        let (has, problem) = assign(app, SPARE, json!(1)).await;
        assert_eq!(has, StatusCode::CONFLICT, "{problem}");
        assert_eq!(status_of(app, SPARE).await, NumberStatus::Available, "who has a number keeps it");
        post(app, "/pool/quarantine", json!({ "numbers": [first], "force": true })).await;
        // What rests goes back to the client who had it, and to nobody else.
        let second = app.client(2, OTHER_COURIER).await;
        post(app, "/pool/quarantine", json!({ "numbers": [second], "force": true })).await;
        let (not_free, problem) = assign(app, &first, json!(2)).await;
        assert_eq!(not_free, StatusCode::CONFLICT, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("quarantined"), "{problem}");
        let (back, answer) = assign(app, first.trim_start_matches('+'), json!("1")).await;
        assert_eq!((back, &answer["client_id"], &answer["proxy"]), (StatusCode::OK, &json!(1), &json!(first)));
        let (again, answer) = assign(app, &first, json!(1)).await;
        assert_eq!((again, &answer["proxy"]), (StatusCode::OK, &json!(first)), "the same again is the same");
        assert_eq!(app.get("/clients/1").await.1["client_proxy_number"], first);
        let ends = [("client 1", "done"), ("client 1", "done"), ("client 1", "refused"), ("client 2", "refused")];
        let expected = ends.map(|(of, end)| (of.to_owned(), end.to_owned()));
        assert_eq!(acts(app, "assign_this_number").await, expected);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_number_or_no_client_is_said_with_its_field() {
    run_test(async |app| {
        app.number(SPARE, "FR", NumberType::Local).await;
        assert_eq!(assign(app, SPARE, json!(9)).await.0, StatusCode::NOT_FOUND);
        app.client(1, CLIENT).await;
        for (number, client, field) in [("x", json!(1), "number"), (SPARE, json!(0), "client_id")] {
            let (status, problem) = assign(app, number, client).await;
            assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)), "{problem}");
        }
        let proxy = app.get("/clients/1").await.1["client_proxy_number"].as_str().unwrap().to_owned();
        post(app, "/pool/quarantine", json!({ "numbers": [proxy], "force": true })).await;
        assert_eq!(assign(app, ABSENT, json!(1)).await.0, StatusCode::NOT_FOUND);
        app.delete("/clients/1").await;
        assert_eq!(assign(app, SPARE, json!(1)).await.0, StatusCode::CONFLICT, "a closed client gets none");
    })
    .await;
}

#[tokio::test]
async fn a_confirmation_that_is_cancelled_is_over_its_number_rests_and_its_phone_is_free_again() {
    run_test_on_both(async |app| {
        begin(app, "P-1").await;
        let right = code(app, CLIENT);
        let answer = post(app, "/confirmations/P-1/cancel", json!({})).await;
        assert_eq!((&answer["pending_id"], &answer["status"]), (&json!("P-1"), &json!("EXPIRED")), "{answer}");
        assert_eq!(status_of(app, PROXY).await, NumberStatus::Quarantined, "a code was sent from it");
        app.text(CLIENT, PROXY, &right).await;
        assert_eq!(app.get("/clients/1").await.0, StatusCode::NOT_FOUND, "its code opens nothing any more");
        assert_eq!(app.post("/confirmations/P-1/cancel", json!({})).await.0, StatusCode::CONFLICT);
        assert_eq!(app.post("/confirmations/P-9/cancel", json!({})).await.0, StatusCode::NOT_FOUND);
        let ends = [("pending P-1", "done"), ("pending P-1", "refused"), ("pending P-9", "refused")];
        let expected = ends.map(|(of, end)| (of.to_owned(), end.to_owned()));
        assert_eq!(acts(app, "cancel_confirmation").await, expected);
        app.number("+33199000777", "FR", NumberType::Mobile).await;
        post(app, "/confirmations/create", request("P-2", CLIENT, "zoe@example.com")).await;
        assert_eq!(status(app, "P-2").await, "PENDING");
        app.drain_jobs().await;
    })
    .await;
}
