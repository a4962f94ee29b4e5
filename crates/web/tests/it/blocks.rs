//! Blocked callers and paused clients: what each side sees and hears, and what the operator sees.

use proxycall_testkit::reqwest::StatusCode;
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, OTHER_COURIER, run_test_on_both, twiml},
    run_test,
};
use serde_json::{Value, json};

use crate::ask::column;

const OTHER_CLIENT: &str = "+33639980003";

async fn block(app: &TestApp, body: Value) -> Value {
    let (status, block) = app.post("/blocks", body).await;
    assert_eq!(status, StatusCode::OK, "{block}");
    block
}

#[tokio::test]
async fn a_blocked_caller_reaches_nobody_by_call_or_text_and_learns_nothing() {
    run_test_on_both(async |app| {
        let proxies = [app.client(1, CLIENT).await, app.client(2, OTHER_CLIENT).await];
        let block = block(app, json!({ "phone": "+33 6 39 98 00 02", "reason": "rings at night" })).await;
        assert_eq!(block["phone"], COURIER);
        assert_eq!((&block["client_id"], &block["reason"], &block["actor"]), (&Value::Null, &json!("rings at night"), &json!("environment")));
        for proxy in &proxies {
            let call = app.call(COURIER, proxy).await;
            assert!(call.rings().is_empty(), "{:?}", call.rings());
            insta::allow_duplicates! {
                insta::assert_snapshot!(twiml(&call)[0], @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Votre appel ne peut pas aboutir. Au revoir.</Say><Hangup/></Response>"#);
            }
            let text = app.text(COURIER, proxy, "I am downstairs").await;
            insta::allow_duplicates! {
                insta::assert_snapshot!(twiml(&text)[0], @r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#);
            }
        }
        app.drain_jobs().await;
        assert_eq!(app.world.sent_messages(), []);
        assert_eq!(app.outcomes().await, ["refused_blocked"; 4]);
        assert_eq!(app.get("/clients/1").await.1["client_last_caller"], "");
        // Others come through, and so does this one when the block is taken away.
        assert_eq!(app.call(OTHER_COURIER, &proxies[0]).await.connected(), Some((OTHER_COURIER, CLIENT)));
        let (status, removed) = app.delete(&format!("/blocks/{}", block["id"].as_str().unwrap())).await;
        assert_eq!((status, &removed), (StatusCode::OK, &block));
        assert_eq!(app.call(COURIER, &proxies[0]).await.connected(), Some((COURIER, CLIENT)));
    })
    .await;
}

#[tokio::test]
async fn whoever_an_interaction_was_from_is_blocked_for_its_client_and_not_called_back() {
    run_test_on_both(async |app| {
        let proxies = [app.client(1, CLIENT).await, app.client(2, OTHER_CLIENT).await];
        app.call(COURIER, &proxies[0]).await;
        let id = app.latest().await["id"].clone();
        let block = block(app, json!({ "interaction_id": id, "client_id": "1" })).await;
        assert_eq!((&block["phone"], &block["client_id"]), (&json!(COURIER), &json!("1")));
        assert!(app.call(COURIER, &proxies[0]).await.rings().is_empty());
        let back = app.call(CLIENT, &proxies[0]).await;
        assert!(back.rings().is_empty(), "the client reached {:?}", back.rings());
        assert!(
            twiml(&back)[0].contains("Le numéro de votre correspondant ne peut pas être appelé."),
            "{}",
            twiml(&back)[0]
        );
        assert_eq!(app.latest().await["outcome"], "refused_blocked");
        assert_eq!(app.call(COURIER, &proxies[1]).await.connected(), Some((COURIER, OTHER_CLIENT)));
    })
    .await;
}

#[tokio::test]
async fn blocks_are_listed_newest_first_by_page_and_client() {
    run_test(async |app| {
        app.client(1, CLIENT).await;
        for (phone, client) in [("+33639980011", None), ("+33639980012", Some("1")), ("+33639980013", None)] {
            block(app, json!({ "phone": phone, "client_id": client })).await;
            app.advance(1).await;
        }
        let (_, first) = app.get("/blocks?limit=2").await;
        assert_eq!(column(&first, "blocks", "phone"), ["+33639980013", "+33639980012"]);
        let (_, rest) = app.get(&format!("/blocks?limit=2&after={}", first["next"].as_str().unwrap())).await;
        assert_eq!((column(&rest, "blocks", "phone"), &rest["next"]), (vec!["+33639980011"], &Value::Null));
        assert_eq!(column(&app.get("/blocks?client_id=1").await.1, "blocks", "phone"), ["+33639980012"]);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_blocked_is_refused_with_its_field_and_no_number() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call("anonymous", &proxy).await;
        let hidden = app.latest().await["id"].clone();
        let unknown = "int_0190a3c2f4e47cc28d3e5f6a7b8c9d0e";
        for (body, status, field) in [
            (json!({}), 422, json!("phone")),
            (json!({ "phone": COURIER, "interaction_id": unknown }), 422, json!("interaction_id")),
            (json!({ "interaction_id": "int_x" }), 422, json!("interaction_id")),
            (json!({ "interaction_id": unknown }), 404, json!("interaction_id")),
            (json!({ "interaction_id": hidden }), 409, json!("interaction_id")),
            (json!({ "phone": "0639980002" }), 422, json!("phone")),
            (json!({ "phone": COURIER, "client_id": "x" }), 422, json!("client_id")),
            (json!({ "phone": COURIER, "client_id": "9" }), 404, Value::Null),
            (json!({ "phone": CLIENT, "client_id": "1" }), 409, Value::Null),
            (json!({ "phone": COURIER, "reason": "é".repeat(201) }), 422, json!("reason")),
        ] {
            let (seen, problem) = app.post("/blocks", body.clone()).await;
            assert_eq!((seen.as_u16(), &problem["field"]), (status, &field), "{body} {problem}");
            assert!(!problem.to_string().contains("980002"), "{problem}");
        }
        for (path, status) in [("blk_x", 422), ("blk_0190a3c2f4e47cc28d3e5f6a7b8c9d0e", 404)] {
            assert_eq!(app.delete(&format!("/blocks/{path}")).await.0.as_u16(), status, "{path}");
        }
        for (query, field) in [("client_id=x", "client_id"), ("after=blk_x", "after"), ("limit=0", "limit")] {
            let (status, problem) = app.get(&format!("/blocks?{query}")).await;
            assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)), "{query}");
        }
        assert_eq!(app.get("/blocks").await.1, json!({ "blocks": [], "next": null }));
    })
    .await;
}

#[tokio::test]
async fn nobody_reaches_a_paused_client_who_still_calls_out_until_it_ends() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        app.call(COURIER, &proxy).await;
        let (status, client) = app.post("/clients/1/pause", json!({})).await;
        assert_eq!((status, &client["paused"], &client["paused_until"]), (StatusCode::OK, &json!(true), &Value::Null));
        let call = app.call(OTHER_COURIER, &proxy).await;
        assert!(call.rings().is_empty());
        insta::allow_duplicates! {
            insta::assert_snapshot!(twiml(&call)[0], @r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Votre correspondant n’est pas joignable pour le moment. Rappelez plus tard, s’il vous plaît. Au revoir.</Say><Hangup/></Response>"#);
        }
        let text = app.text(OTHER_COURIER, &proxy, "I am downstairs").await;
        assert!(twiml(&text)[0].contains("votre message n’a pas été remis"), "{}", twiml(&text)[0]);
        app.drain_jobs().await;
        assert_eq!(app.world.sent_messages(), []);
        assert_eq!(app.call(CLIENT, &proxy).await.connected(), Some((CLIENT, COURIER)));
        assert_eq!(app.outcomes().await, ["completed", "refused_paused", "refused_paused", "completed"]);
        let (status, client) = app.post("/clients/1/resume", json!({})).await;
        assert_eq!((status, &client["paused"]), (StatusCode::OK, &json!(false)));
        assert_eq!(app.call(OTHER_COURIER, &proxy).await.connected(), Some((OTHER_COURIER, CLIENT)));
    })
    .await;
}

#[tokio::test]
async fn a_pause_with_an_end_is_over_by_itself() {
    run_test(async |app| {
        let proxy = app.client_in("IE", 1, CLIENT).await;
        let (_, client) = app.post("/clients/1/pause", json!({ "until": "2026-11-23T10:00:00+01:00" })).await;
        assert_eq!(client["paused_until"], "2026-11-23T09:00:00Z");
        let call = app.call(COURIER, &proxy).await;
        assert!(twiml(&call)[0].contains("cannot be reached at the moment"), "{}", twiml(&call)[0]);
        app.advance(3600).await;
        let (_, client) = app.get("/clients/1").await;
        assert_eq!((&client["paused"], &client["paused_until"]), (&json!(false), &Value::Null));
        assert_eq!(app.call(COURIER, &proxy).await.connected(), Some((COURIER, CLIENT)));
    })
    .await;
}

#[tokio::test]
async fn a_pause_that_makes_no_sense_is_refused() {
    run_test(async |app| {
        app.client(1, CLIENT).await;
        for until in ["tomorrow", "2026-11-23", "2026-11-23T07:59:59Z"] {
            let (status, problem) = app.post("/clients/1/pause", json!({ "until": until })).await;
            assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("until")), "{until}");
        }
        for path in ["pause", "resume"] {
            assert_eq!(app.post(&format!("/clients/9/{path}"), json!({})).await.0, StatusCode::NOT_FOUND);
            assert_eq!(app.post(&format!("/clients/x/{path}"), json!({})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        }
        app.delete("/clients/1").await;
        for path in ["pause", "resume"] {
            assert_eq!(app.post(&format!("/clients/1/{path}"), json!({})).await.0, StatusCode::CONFLICT);
        }
    })
    .await;
}
