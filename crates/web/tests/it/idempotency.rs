//! `Idempotency-Key`: the same request is carried out once, however often it is sent.

use std::time::Duration;

use jiff::SignedDuration;
use proxycall_domain::NumberType;
use proxycall_service::ports::{
    Clock as _, Ledger as _,
    ledger::{Begun, REQUEST_PATIENCE, RequestKey},
};
use proxycall_testkit::reqwest::{Method, StatusCode};
use proxycall_testkit::{
    TestApp,
    app::{Outside, run_page_test, run_test_on_both},
    run_test,
    sandbox::{Fault, endpoints::Operation},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::ask::{Answer, ask, client_body, column, enrol, real_number, with};

async fn post(app: &TestApp, path: &str, key: &str, body: &Value) -> Answer {
    ask(app.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

async fn numbers(app: &TestApp, count: u32) {
    for number in 0..count {
        app.number(&format!("+3363998{:04}", 9000 + number), "FR", NumberType::Mobile).await;
    }
}

#[tokio::test]
async fn the_same_request_with_the_same_key_gets_the_same_answer_and_is_carried_out_once() {
    run_test_on_both(async |app| {
        numbers(app, 2).await;
        let body = client_body(1, &real_number(1));
        let first = post(app, "/clients", "key", &body).await;
        assert_eq!((first.status, first.replayed), (StatusCode::OK, false));
        app.advance(24 * 3600).await;
        let again = post(app, "/clients", "key", &body).await;
        assert_eq!((again.status, again.replayed, &again.text), (StatusCode::OK, true, &first.text));
        let (_, pool) = app.get("/pool/available?country_iso=FR").await;
        assert_eq!(column(&pool, "available", "phone_number").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_honoured_on_every_post() {
    run_test(async |app| {
        numbers(app, 2).await;
        let client = client_body(1, &real_number(1));
        let order = with(client.clone(), json!({ "order_id": "A-1" }));
        for (path, body) in [
            ("/clients", client),
            ("/orders", order),
            ("/clients/search", json!({ "text": "client" })),
            ("/clients/1/restore", json!({})),
        ] {
            let first = post(app, path, "one key for each route", &body).await;
            let again = post(app, path, "one key for each route", &body).await;
            assert_eq!((first.status, first.replayed), (StatusCode::OK, false), "{path} {}", first.text);
            assert_eq!((again.status, again.replayed, again.text), (StatusCode::OK, true, first.text), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_used_for_other_content_is_422() {
    run_test_on_both(async |app| {
        numbers(app, 2).await;
        assert_eq!(post(app, "/clients", "key", &client_body(1, &real_number(1))).await.status, StatusCode::OK);
        let other = post(app, "/clients", "key", &client_body(2, &real_number(2))).await;
        assert_eq!((other.status, &other.body["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("Idempotency-Key")));
        assert_eq!(app.get("/clients/2").await.0, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn of_twenty_equal_requests_at_once_one_is_carried_out() {
    run_test_on_both(async |app| {
        numbers(app, 20).await;
        let mut asked = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let body = client_body(1, &real_number(1));
            asked.spawn(ask(app.request(Method::POST, "/clients").header("Idempotency-Key", "key").json(&body)));
        }
        let answers = asked.join_all().await;
        let done: Vec<&Answer> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert_eq!(done.iter().filter(|answer| !answer.replayed).count(), 1);
        assert!(done.iter().all(|answer| answer.text == done[0].text));
        for waiting in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            assert_eq!(waiting.status, StatusCode::CONFLICT);
            assert!(waiting.detail().contains("still being carried out"), "{}", waiting.text);
        }
        let (_, pool) = app.get("/pool/available?country_iso=FR").await;
        assert_eq!(column(&pool, "available", "phone_number").len(), 19);
    })
    .await;
}

/// The same key as the middleware makes of a request.
fn request_key(path: &str, key: &str, body: &[u8]) -> RequestKey {
    let content = Sha256::new().chain_update(path).chain_update([0]).chain_update(body).finalize().into();
    RequestKey { route: path.to_owned(), key: key.to_owned(), content }
}

#[tokio::test]
async fn after_a_crash_before_anything_was_done_the_request_is_carried_out_once_nobody_waits_any_more() {
    run_test_on_both(async |app| {
        numbers(app, 1).await;
        let body = client_body(1, &real_number(1));
        let begun = request_key("/clients", "key", body.to_string().as_bytes());
        assert_eq!(app.store.begin_request(begun, app.clock.now()).await, Ok(Begun::Fresh));
        assert_eq!(post(app, "/clients", "key", &body).await.status, StatusCode::CONFLICT);
        app.advance(REQUEST_PATIENCE.as_secs()).await;
        let retried = post(app, "/clients", "key", &body).await;
        assert_eq!((retried.status, retried.replayed), (StatusCode::OK, false), "{}", retried.text);
    })
    .await;
}

#[tokio::test]
async fn after_a_crash_between_creating_and_answering_the_request_finds_its_client() {
    run_test_on_both(async |app| {
        numbers(app, 2).await;
        let body = client_body(1, &real_number(1));
        let first = post(app, "/clients", "key", &body).await;
        // As if the process had died with the client written and its answer not.
        let forgotten = app.store.database().execute("UPDATE request SET status = NULL, answer = NULL").await.unwrap();
        assert_eq!(forgotten, 1);
        app.advance(REQUEST_PATIENCE.as_secs()).await;
        let retried = post(app, "/clients", "key", &body).await;
        assert_eq!((retried.status, &retried.text), (StatusCode::OK, &first.text));
        let other_key = post(app, "/clients", "another key", &body).await;
        assert_eq!(other_key.status, StatusCode::BAD_REQUEST, "to anybody else the id is taken");
    })
    .await;
}

#[tokio::test]
async fn a_failure_of_ours_is_not_kept() {
    run_test_on_both(async |app| {
        numbers(app, 1).await;
        let database = app.store.database();
        database.execute("ALTER TABLE proxy_number RENAME TO hidden").await.unwrap();
        let body = client_body(1, &real_number(1));
        let failed = post(app, "/clients", "key", &body).await;
        assert!(failed.status.is_server_error(), "{}", failed.text);
        database.execute("ALTER TABLE hidden RENAME TO proxy_number").await.unwrap();
        let retried = post(app, "/clients", "key", &body).await;
        assert_eq!((retried.status, retried.replayed), (StatusCode::OK, false), "{}", retried.text);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_not_kept_so_that_the_same_request_succeeds_once_its_cause_is_gone() {
    run_test_on_both(async |app| {
        let body = client_body(1, &real_number(1));
        assert_eq!(post(app, "/clients", "key", &body).await.status, StatusCode::CONFLICT);
        numbers(app, 1).await;
        let retried = post(app, "/clients", "key", &body).await;
        assert_eq!((retried.status, retried.replayed), (StatusCode::OK, false), "{}", retried.text);
    })
    .await;
}

#[tokio::test]
async fn a_key_has_1_to_255_printable_characters() {
    run_test(async |app| {
        numbers(app, 1).await;
        let body = client_body(1, &real_number(1));
        for key in ["", "  ", "clé", &"k".repeat(256)] {
            let answer = post(app, "/clients", key, &body).await;
            assert_eq!(
                (answer.status, &answer.body["field"]),
                (StatusCode::UNPROCESSABLE_ENTITY, &json!("Idempotency-Key"))
            );
        }
        assert_eq!(post(app, "/clients", &"k".repeat(255), &body).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_key_opens_nothing_without_the_token() {
    run_test(async |app| {
        numbers(app, 1).await;
        let body = client_body(1, &real_number(1));
        assert_eq!(post(app, "/clients", "key", &body).await.status, StatusCode::OK);
        let request = app.bare_request(Method::POST, "/clients").header("Idempotency-Key", "key").json(&body);
        assert_eq!(ask(request).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn a_large_answer_is_given_whole_and_kept_whole() {
    run_test(async |app| {
        // Four bytes a character: a page that is larger than the largest body we take in.
        let (name, mail) = ("🙂".repeat(120), format!("{}@example.com", "🙂".repeat(242)));
        for id in 1..=200 {
            enrol(app, id, json!({ "client_name": format!("{}{id}", name.chars().take(116).collect::<String>()), "client_mail": mail })).await;
        }
        let body = json!({ "text": "🙂", "limit": 200 });
        let first = post(app, "/clients/search", "key", &body).await;
        assert!(first.text.len() > 256 * 1024, "{} bytes", first.text.len());
        assert_eq!(column(&first.body, "clients", "client_id").len(), 200);
        assert_eq!(post(app, "/clients/search", "key", &body).await.text, first.text);
    })
    .await;
}

/// The carrier takes longer over a purchase than anybody waits.
pub(crate) fn hurried() -> Outside {
    Outside { work_limit: Some(Duration::from_millis(50)), ..Outside::default() }
}

/// Longer than the few requests that are made meanwhile, and shorter than the client of the carrier waits.
pub(crate) const SLOW: Fault = Fault::Slow(Duration::from_secs(2));

#[tokio::test]
async fn a_purchase_that_takes_longer_than_anybody_waits_is_made_once_and_its_answer_kept() {
    run_page_test(hurried(), async |app| {
        app.world.fail_next_of(Operation::BuyNumber, SLOW);
        let body = json!({ "country_iso": "FR", "batch_size": 1 });
        let first = post(app, "/pool/provision", "key", &body).await;
        assert_eq!(first.status, StatusCode::SERVICE_UNAVAILABLE, "{}", first.text);
        // As long as a request may take at all, and more.
        app.clock.advance(SignedDuration::from_secs(120));
        let meanwhile = post(app, "/pool/provision", "key", &body).await;
        assert_eq!(meanwhile.status, StatusCode::CONFLICT, "{}", meanwhile.text);
        let last = loop {
            let again = post(app, "/pool/provision", "key", &body).await;
            if again.status != StatusCode::CONFLICT {
                break again;
            }
        };
        assert_eq!((last.status, last.replayed), (StatusCode::OK, true), "{}", last.text);
        let bought: Vec<String> = app.world.numbers().into_iter().map(|number| number.phone).collect();
        assert_eq!((last.body["purchased_now"].clone(), bought.len()), (json!(bought), 1));
    })
    .await;
}
