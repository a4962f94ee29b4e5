//! The audit log: who did what to whom, and how it ended.

use jiff::SignedDuration;
use proxycall_domain::ClientId;
use proxycall_service::{audit::Operator, ports::LedgerError};
use proxycall_testkit::reqwest::{Method, StatusCode, header};
use proxycall_testkit::{TestApp, app::run_test_on_both, run_test};
use serde_json::{Value, json};

use crate::{
    access::{token, with_token},
    ask::{ask, client_body, column, enrol, real_number, with},
};

async fn acts(app: &TestApp, query: &str) -> Value {
    let (status, body) = app.get(&format!("/audit?limit=500{query}")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

/// A millisecond: acts of one and the same are in no order.
fn pass(app: &TestApp) {
    app.clock.advance(SignedDuration::from_millis(1));
}

#[tokio::test]
async fn every_act_is_there_with_its_actor_subject_end_and_request() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        pass(app);
        let shop = token(app, "shop", "operate").await;
        pass(app);
        let response = app.bare_request(Method::DELETE, "/clients/1").bearer_auth(&shop).send().await.unwrap();
        let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        pass(app);
        assert_eq!(with_token(app, &shop, Method::DELETE, "/clients/77", None).await.status, StatusCode::NOT_FOUND);
        assert_eq!(with_token(app, &shop, Method::GET, "/clients", None).await.status, StatusCode::OK);

        let all = acts(app, "").await;
        assert_eq!(column(&all, "acts", "action"), ["close_client", "close_client", "add_token", "create_client"]);
        assert_eq!(column(&all, "acts", "actor"), ["shop", "shop", "environment", "environment"]);
        assert_eq!(column(&all, "acts", "subject"), ["client 77", "client 1", "token shop", "client 1"]);
        assert_eq!(column(&all, "acts", "outcome"), ["refused", "done", "done", "done"]);
        assert_eq!(all["acts"][1]["request_id"], json!(request_id));

        let found = acts(app, "&actor=shop&action=close_client&subject=client%201").await;
        assert_eq!(column(&found, "acts", "outcome"), ["done"]);
        let (_, page) = app.get("/audit?limit=3").await;
        let next = page["next"].as_str().unwrap();
        let rest = acts(app, &format!("&after={next}")).await;
        assert_eq!((column(&rest, "acts", "action"), &rest["next"]), (vec!["create_client"], &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn the_history_of_a_number_names_the_token() {
    run_test(async |app| {
        app.number("+33639989001", "FR", proxycall_domain::NumberType::Mobile).await;
        let shop = token(app, "shop", "operate").await;
        let body = client_body(1, &real_number(1));
        assert_eq!(with_token(app, &shop, Method::POST, "/clients", Some(body)).await.status, StatusCode::OK);
        let (_, history) = app.get("/pool/33639989001/history").await;
        assert_eq!(history["history"][0]["actor"], "shop", "{history}");
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_with_an_idempotency_key_is_one_act() {
    run_test(async |app| {
        app.number("+33639989001", "FR", proxycall_domain::NumberType::Mobile).await;
        for replayed in [false, true] {
            let request = app.request(Method::POST, "/clients").header("Idempotency-Key", "k-1");
            let answer = ask(request.json(&client_body(1, &real_number(1)))).await;
            assert_eq!((answer.status, answer.replayed), (StatusCode::OK, replayed));
        }
        assert_eq!(column(&acts(app, "").await, "acts", "action"), ["create_client"]);
    })
    .await;
}

/// Numbers where ids belong, in paths and bodies.
#[tokio::test]
async fn no_real_number_gets_into_the_log() {
    run_test(async |app| {
        let canary = "+33639987137";
        let spellings = [canary, "33639987137", "0033639987137", "%2B33639987137"];
        for spelling in spellings {
            app.delete(&format!("/clients/{spelling}")).await;
            app.post(&format!("/clients/{spelling}/restore"), json!({})).await;
            app.post(&format!("/confirmations/{spelling}/approve"), json!({})).await;
            app.post(&format!("/confirmations/{spelling}/cancel"), json!({})).await;
            app.post(&format!("/pool/{spelling}/assign"), json!({ "client_id": 1 })).await;
            app.delete(&format!("/tokens/{spelling}")).await;
            let numbers = json!({ "numbers": [spelling] });
            for route in ["release", "quarantine", "adopt", "restore-webhooks", "set-aside", "end-rest"] {
                app.post(&format!("/pool/{route}"), numbers.clone()).await;
            }
            app.post("/clients", with(client_body(1, canary), json!({ "client_id": spelling }))).await;
            app.post("/confirmations/resend", json!({ "pending_id": spelling, "channel": "sms" })).await;
        }
        let all = acts(app, "").await;
        assert!(all["acts"].as_array().unwrap().len() >= 13 * spellings.len(), "{all}");
        assert!(!all.to_string().contains("639987137"), "{all}");
    })
    .await;
}

#[tokio::test]
async fn what_only_looks_and_what_is_refused_at_the_door_is_no_act() {
    run_test(async |app| {
        let looker = token(app, "looker", "read").await;
        app.get("/clients").await;
        app.post("/clients/search", json!({ "text": "nobody" })).await;
        with_token(app, &looker, Method::DELETE, "/clients/1", None).await;
        ask(app.bare_request(Method::DELETE, "/clients/1")).await;
        app.request(Method::PATCH, "/clients").header(header::ACCEPT, "*/*").send().await.unwrap();
        assert_eq!(column(&acts(app, "").await, "acts", "action"), ["add_token"]);
    })
    .await;
}

#[tokio::test]
async fn who_sees_a_whole_number_is_written_down() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        let who = Operator { actor: proxycall_domain::pool::life::Actor::Cli, request_id: "r-1".to_owned() };
        let client = app.service.reveal_client(&who, ClientId::new(1).unwrap()).await.unwrap();
        assert_eq!(client.phone.expose(), real_number(1));
        pass(app);
        let nobody = app.service.reveal_client(&who, ClientId::new(2).unwrap()).await;
        assert_eq!(nobody, Err(LedgerError::ClientUnknown));
        let found = acts(app, "&action=reveal_client").await;
        assert_eq!(column(&found, "acts", "subject"), ["client 2", "client 1"]);
        assert_eq!(column(&found, "acts", "outcome"), ["failed", "done"]);
        assert_eq!(column(&found, "acts", "actor"), ["cli", "cli"]);
    })
    .await;
}

/// As after a crash between the two: that it may have been done is told.
#[tokio::test]
async fn an_act_whose_end_nobody_learnt_stays_begun() {
    run_test(async |app| {
        let id = app.service.begin_act(&Operator::at_command_line(), "close_client", "client 1").await.unwrap();
        assert_eq!(column(&acts(app, "").await, "acts", "outcome"), ["begun"]);
        app.service.end_act(id, None, proxycall_domain::ActOutcome::Done).await;
        assert_eq!(column(&acts(app, "").await, "acts", "outcome"), ["done"]);
    })
    .await;
}
