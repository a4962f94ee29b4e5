//! `/interactions`: what passed through the numbers, filtered, paged and masked.

use proxycall_testkit::reqwest::StatusCode;
use proxycall_testkit::{
    TestApp,
    app::{CLIENT, COURIER, OTHER_COURIER, run_test_on_both},
    run_test,
};
use serde_json::{Value, json};

use crate::ask::column;

const OTHER_CLIENT: &str = "+33639980003";

/// At 08:00 a call to the first client, at 09:00 a text to the second, at 10:00 a call without caller ID to the first.
async fn morning(app: &TestApp) -> [String; 2] {
    let proxies = [app.client(1, CLIENT).await, app.client(2, OTHER_CLIENT).await];
    app.call(COURIER, &proxies[0]).await;
    app.advance(3600).await;
    app.text(OTHER_COURIER, &proxies[1], "I am downstairs").await;
    app.advance(3600).await;
    app.call("anonymous", &proxies[0]).await;
    proxies
}

async fn outcomes(app: &TestApp, query: &str) -> Vec<String> {
    let (status, page) = app.get(&format!("/interactions?{query}")).await;
    assert_eq!(status, StatusCode::OK, "{query} {page}");
    column(&page, "interactions", "outcome").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn they_are_found_by_client_proxy_number_outcome_and_time() {
    run_test_on_both(async |app| {
        let [first, second] = morning(app).await.map(|proxy| proxy.replace('+', "%2B"));
        let (call, text, refused) = ("completed", "delivered", "refused_withheld");
        for (query, expected) in [
            (String::new(), vec![refused, text, call]),
            ("client_id=1".to_owned(), vec![refused, call]),
            ("client_id=2".to_owned(), vec![text]),
            ("client_id=3".to_owned(), vec![]),
            (format!("proxy={first}"), vec![refused, call]),
            (format!("proxy={second}"), vec![text]),
            ("outcome=completed".to_owned(), vec![call]),
            ("outcome=busy".to_owned(), vec![]),
            ("from=2026-11-23T09:00:00Z".to_owned(), vec![refused, text]),
            ("to=2026-11-23T09:00:00Z".to_owned(), vec![call]),
            ("from=2026-11-23T10:00:00%2B01:00&to=2026-11-23T11:00:00%2B01:00".to_owned(), vec![text]),
            (format!("client_id=1&proxy={first}&outcome=completed&to=2027-01-01T00:00:00Z"), vec![call]),
            (format!("client_id=2&proxy={first}"), vec![]),
        ] {
            assert_eq!(outcomes(app, &query).await, expected, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_newest_first_without_gaps() {
    run_test_on_both(async |app| {
        let proxy = app.client(1, CLIENT).await;
        // All at one moment: only the ids tell them apart.
        for _ in 0..5 {
            app.call(COURIER, &proxy).await;
        }
        let whole = app.interactions().await;
        for filter in ["", "&client_id=1", "&outcome=completed"] {
            let (mut pages, mut after) = (Vec::<Value>::new(), String::new());
            loop {
                let (_, page) = app.get(&format!("/interactions?limit=2{filter}{after}")).await;
                pages.extend(page["interactions"].as_array().unwrap().iter().cloned());
                match page["next"].as_str() {
                    Some(next) => after = format!("&after={next}"),
                    None => break,
                }
            }
            assert_eq!(pages, whole, "{filter}");
        }
        assert_eq!(whole.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn no_whole_number_is_in_the_answer() {
    run_test_on_both(async |app| {
        let proxies = morning(app).await;
        app.call(CLIENT, &proxies[0]).await;
        let body = app
            .request(proxycall_testkit::reqwest::Method::GET, "/interactions")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        for number in [CLIENT, OTHER_CLIENT, COURIER, OTHER_COURIER, &proxies[0], &proxies[1]] {
            assert!(!body.contains(number.get(4..).unwrap()), "{number} is in {body}");
        }
        let masked: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(masked["interactions"][0]["proxy_number"], "+****9001");
        assert_eq!(masked["interactions"][0]["party"], "+****0002");
    })
    .await;
}

#[tokio::test]
async fn an_interaction_tells_both_legs_and_how_long_they_spoke() {
    run_test(async |app| {
        let proxy = app.client(1, CLIENT).await;
        let call = app.call(COURIER, &proxy).await;
        let shown = app.interactions().await.remove(0);
        for (field, expected) in [
            ("channel", json!("call")),
            ("direction", json!("to_client")),
            ("client_id", json!("1")),
            ("inbound_sid", json!(call.sid)),
            ("outcome", json!("completed")),
            ("duration_s", json!(30)),
            ("error_code", Value::Null),
        ] {
            assert_eq!(shown[field], expected, "{field}");
        }
        assert!(shown["started_at"].as_str().unwrap().starts_with("2026-11-23T08:00:00"));
        assert!(shown["outbound_sid"].as_str().unwrap().starts_with("CA"));
    })
    .await;
}

#[tokio::test]
async fn a_filter_that_is_none_is_422_with_its_name() {
    run_test(async |app| {
        for (query, field) in [
            ("client_id=0", "client_id"),
            ("client_id=x", "client_id"),
            ("proxy=0639980001", "proxy"),
            ("outcome=lost", "outcome"),
            ("from=yesterday", "from"),
            ("to=2026-11-23", "to"),
            ("after=int_x", "after"),
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("limit=many", "limit"),
            ("limit=", "limit"),
        ] {
            let (status, problem) = app.get(&format!("/interactions?{query}")).await;
            assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)), "{query}");
        }
    })
    .await;
}
