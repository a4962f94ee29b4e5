//! Named tokens: what each scope opens, and when one opens nothing any more.

use jiff::SignedDuration;
use proxycall_service::ports::{Clock as _, ledger::AccessBook as _};
use proxycall_testkit::reqwest::{Method, StatusCode};
use proxycall_testkit::{TestApp, app::run_test_on_both, run_test};
use serde_json::{Value, json};

use crate::ask::{Answer, ask, enrol};

/// Makes a token. It.
pub(crate) async fn token(app: &TestApp, name: &str, scope: &str) -> String {
    let (status, body) = app.post("/tokens", json!({ "name": name, "scope": scope })).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["token"].as_str().unwrap().to_owned()
}

/// Asks with a token.
pub(crate) async fn with_token(app: &TestApp, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let request = app.bare_request(method, path).bearer_auth(token);
    ask(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

#[tokio::test]
async fn each_scope_opens_what_it_says_and_no_more() {
    run_test_on_both(async |app| {
        enrol(app, 1, json!({})).await;
        let tokens = [
            (token(app, "looker", "read").await, 0),
            (token(app, "worker", "operate").await, 1),
            (token(app, "chief", "admin").await, 2),
        ];
        let routes = [
            (Method::GET, "/clients/1", None, 0),
            (Method::POST, "/clients/search", Some(json!({ "text": "client" })), 0),
            (Method::PUT, "/clients/1", Some(json!({ "client_name": "Zoé" })), 1),
            (Method::POST, "/confirmations/expire", None, 1),
            (Method::POST, "/confirmations/P-1/cancel", None, 1),
            (Method::POST, "/pool/set-aside", Some(json!({ "numbers": ["+33639989009"] })), 1),
            (Method::POST, "/pool/end-rest", Some(json!({ "numbers": ["+33639989009"] })), 1),
            (Method::POST, "/pool/+33639989009/assign", Some(json!({ "client_id": 1 })), 1),
            (Method::GET, "/tokens", None, 2),
            (Method::GET, "/audit", None, 2),
            (Method::DELETE, "/tokens/nobody", None, 2),
        ];
        for (token, rank) in &tokens {
            for (method, path, body, needed) in &routes {
                let answer = with_token(app, token, method.clone(), path, body.clone()).await;
                let opens = answer.status != StatusCode::FORBIDDEN;
                assert_eq!(opens, rank >= needed, "{rank} {method} {path}: {}", answer.text);
                if !opens {
                    assert!(answer.detail().contains("scope"), "{}", answer.text);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_is_shown_once_and_kept_as_a_hash() {
    run_test_on_both(async |app| {
        let secret = token(app, "shop", "read").await;
        assert!(secret.starts_with("pct_") && secret.len() == 47, "{}", secret.len());
        assert_ne!(secret, token(app, "other", "read").await);
        let (_, list) = app.get("/tokens").await;
        assert_eq!(list["tokens"].as_array().unwrap().len(), 2);
        assert!(!list.to_string().contains(&secret));
        assert_eq!((&list["tokens"][1]["name"], &list["tokens"][1]["status"]), (&json!("shop"), &json!("active")));
        for table in ["api_token", "audit", "request"] {
            let columns = if table == "api_token" { "name || scope || CAST(hash AS TEXT)" } else { "'x'" };
            assert_eq!(app.store.database().count(&format!("{table} WHERE {columns} LIKE '%{secret}%'")).await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_with_a_token_is_not_kept_for_repetitions() {
    run_test(async |app| {
        let make = || {
            let body = json!({ "name": "shop", "scope": "read" });
            ask(app.request(Method::POST, "/tokens").header("Idempotency-Key", "k-1").json(&body))
        };
        assert_eq!(make().await.status, StatusCode::OK);
        let again = make().await;
        assert_eq!((again.status, again.replayed), (StatusCode::CONFLICT, false));
        assert_eq!(app.store.database().count("request").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_was_rotated_revoked_or_is_over_is_not_valid() {
    run_test(async |app| {
        let status = async |token: &str| with_token(app, token, Method::GET, "/clients", None).await;
        let first = token(app, "shop", "read").await;
        let (_, rotated) = app.post("/tokens/shop/rotate", json!({})).await;
        let second = rotated["token"].as_str().unwrap().to_owned();
        assert_eq!(rotated["scope"], "read");
        assert_eq!(status(&second).await.status, StatusCode::OK);
        let refused = status(&first).await;
        assert_eq!((refused.status, refused.detail()), (StatusCode::FORBIDDEN, "The token is not valid"));

        assert_eq!(app.delete("/tokens/shop").await.1["status"], "revoked");
        assert_eq!(status(&second).await.detail(), "The token is not valid");
        assert_eq!(app.post("/tokens/shop/rotate", json!({})).await.0, StatusCode::CONFLICT);
        assert_eq!(app.post("/tokens", json!({ "name": "shop", "scope": "read" })).await.0, StatusCode::CONFLICT);

        let body = json!({ "name": "guest", "scope": "read", "expires_in_days": 1 });
        let (_, made) = app.post("/tokens", body).await;
        let guest = made["token"].as_str().unwrap();
        assert_eq!(status(guest).await.status, StatusCode::OK);
        app.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(status(guest).await.detail(), "The token is not valid");
        let (_, list) = app.get("/tokens").await;
        assert_eq!(list["tokens"][0]["status"], "expired");
    })
    .await;
}

#[tokio::test]
async fn another_instance_sees_a_revocation_when_it_looks_again_and_notes_uses_once_a_minute() {
    run_test_on_both(async |app| {
        let secret = token(app, "shop", "read").await;
        let ask_it = async || with_token(app, &secret, Method::GET, "/clients", None).await.status;
        let refresh = async || app.service.tokens.refresh(app.service.ledger.as_ref()).await.unwrap();
        let last_used = async || app.store.tokens().await.unwrap()[0].last_used_at;
        assert_eq!((ask_it().await, last_used().await), (StatusCode::OK, None));
        refresh().await;
        let first = app.clock.now();
        assert_eq!(last_used().await, Some(first));
        for (seconds, noted) in [(59, first), (1, first + SignedDuration::from_secs(60))] {
            app.clock.advance(SignedDuration::from_secs(seconds));
            assert_eq!(ask_it().await, StatusCode::OK);
            refresh().await;
            assert_eq!(last_used().await, Some(noted));
        }
        // Elsewhere, so that this instance does not know of it.
        app.store
            .revoke_token(proxycall_domain::TokenName::parse("name", "shop").unwrap(), app.clock.now())
            .await
            .unwrap();
        assert_eq!(ask_it().await, StatusCode::OK);
        refresh().await;
        assert_eq!(ask_it().await, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn fields_of_a_token_that_are_not_as_they_should_be_are_named() {
    run_test(async |app| {
        for (body, field) in [
            (json!({ "name": "Shop", "scope": "read" }), "name"),
            (json!({ "name": "cli", "scope": "read" }), "name"),
            (json!({ "name": "shop", "scope": "root" }), "scope"),
            (json!({ "name": "shop", "scope": "read", "expires_in_days": 0 }), "expires_in_days"),
            (json!({ "name": "shop", "scope": "read", "expires_in_days": 4000 }), "expires_in_days"),
        ] {
            let (status, answer) = app.post("/tokens", body).await;
            assert_eq!((status, &answer["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)), "{answer}");
        }
        assert_eq!(app.delete("/tokens/nobody").await.0, StatusCode::NOT_FOUND);
        assert_eq!(app.delete("/tokens/environment").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}
